/*
 * Landlock, by system call: the C library has no functions for it, and the headers of older systems
 * lack what the running kernel may have. landlock(7)
 */
#include "sandbox/private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of <linux/landlock.h>, as of version 6. A kernel that knows less of the struct demands only that
 * the rest be 0. */
struct ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

enum {
    /* All of version 1: bits 0 to 12. */
    ACCESS_1     = (1 << 13) - 1,
    REFER        = 1 << 13, /* 2: rename and link between folders */
    TRUNCATE     = 1 << 14, /* 3 */
    BIND_CONNECT = 3,       /* 4: TCP */
    IOCTL_DEVICE = 1 << 15, /* 5 */
    SCOPES       = 3        /* 6: abstract UNIX sockets, signals */
};

/* ruleset_of: all that this version can refuse is refused, unless a rule allows it. */
static struct ruleset ruleset_of(int abi)
{
    struct ruleset ruleset = {.handled_access_fs = ACCESS_1};
    ruleset.handled_access_fs |= abi >= 2 ? REFER : 0U;
    ruleset.handled_access_fs |= abi >= 3 ? TRUNCATE : 0U;
    ruleset.handled_access_net = abi >= 4 ? BIND_CONNECT : 0U;
    ruleset.handled_access_fs |= abi >= 5 ? IOCTL_DEVICE : 0U;
    ruleset.scoped = abi >= 6 ? SCOPES : 0U;
    return ruleset;
}

/* allow_beneath allows `access` to the file or beneath the folder that `fd` is. */
static bool allow_beneath(int ruleset, int fd, uint64_t access)
{
    struct stat what;
    if (fstat(fd, &what) != 0) {
        return false;
    }
    if (!S_ISDIR(what.st_mode)) {
        access &= LANDLOCK_ACCESS_FS_READ_FILE; /* the rest is for folders, and would be an error */
    }
    const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

static bool allow_reading(int ruleset, const char *path, struct ht_error *error)
{
    const int fd = open(path, O_PATH | O_CLOEXEC);
    const bool done =
        fd >= 0 &&
        allow_beneath(ruleset, fd, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
    const int why = errno;
    if (fd >= 0) {
        close(fd);
    }
    return done || ht_fail(error, "%s: cannot stay readable: %s", path, strerror(why));
}

static bool allow_all(int ruleset, const struct ht_sandbox_config *config, uint64_t handled,
                      struct ht_error *error)
{
    const uint64_t write = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                           LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                           LANDLOCK_ACCESS_FS_REMOVE_FILE | (handled & TRUNCATE);
    for (size_t i = 0; i < config->num_writable; i++) {
        if (config->writable[i] >= 0 && !allow_beneath(ruleset, config->writable[i], write)) {
            return ht_fail(error, "an output's folder cannot stay writable: %s", strerror(errno));
        }
    }
    for (size_t i = 0; i < config->num_readable; i++) {
        if (!allow_reading(ruleset, config->readable[i], error)) {
            return false;
        }
    }
    return !HT_FINDS_LEAKS || allow_reading(ruleset, "/proc", error);
}

bool ht_landlock_enter(const struct ht_sandbox_config *config, int *out_abi, struct ht_error *error)
{
    const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    *out_abi       = abi > 0 ? (int)abi : 0;
    if (*out_abi == 0) { /* not built in, or not switched on */
        return true;
    }
    const struct ruleset ruleset = ruleset_of(*out_abi);
    const long fd = syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
    if (fd < 0) {
        return ht_fail(error, "cannot create a Landlock ruleset: %s", strerror(errno));
    }
    bool done = allow_all((int)fd, config, ruleset.handled_access_fs, error);
    if (done && syscall(SYS_landlock_restrict_self, (int)fd, 0) != 0) {
        done = ht_fail(error, "cannot enter Landlock: %s", strerror(errno));
    }
    close((int)fd);
    return done;
}
