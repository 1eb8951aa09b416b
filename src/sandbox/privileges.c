#include "sandbox/private.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *ht_privileges_default_user(void)
{
    if (geteuid() != 0) {
        return NULL;
    }
    if (getpwnam("hellotap") != NULL) {
        return "hellotap";
    }
    return getpwnam("nobody") != NULL ? "nobody" : NULL;
}

/* forbid_capabilities empties what capabilities could come from. Only who may may: without
 * CAP_SETPCAP the bounding set stays, which gives nothing to a process that cannot exec. */
static void forbid_capabilities(void)
{
    for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
        (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    }
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static bool become(const struct passwd *user, struct ht_error *error)
{
    if (geteuid() != 0) {
        return (geteuid() == user->pw_uid && getuid() == user->pw_uid) ||
               ht_fail(error, "cannot become user %s: only root can", user->pw_name);
    }
    if (initgroups(user->pw_name, user->pw_gid) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0) {
        return ht_fail(error, "cannot become user %s: %s", user->pw_name, strerror(errno));
    }
    return true;
}

/* stay remains who started the program, for good. */
static bool stay(struct ht_error *error)
{
    const uid_t uid = getuid();
    const gid_t gid = getgid();
    if (setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) {
        return ht_fail(error, "cannot give up the program's own user: %s", strerror(errno));
    }
    return true;
}

static bool change_user(const char *name, struct ht_error *error)
{
    if (name == NULL) {
        return stay(error);
    }
    errno                     = 0;
    const struct passwd *user = getpwnam(name);
    if (user == NULL) {
        return ht_fail(error, "unknown user %s%s%s", name, errno != 0 ? ": " : "",
                       errno != 0 ? strerror(errno) : "");
    }
    return become(user, error);
}

static bool clear_capabilities(struct ht_error *error)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capset, &header, none) != 0) {
        return ht_fail(error, "cannot give up capabilities: %s", strerror(errno));
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return ht_fail(error, "cannot set no_new_privs: %s", strerror(errno));
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return ht_fail(error, "cannot refuse to be traced: %s", strerror(errno));
    }
    return true;
}

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3];
    uint32_t any = 0;
    if (syscall(SYS_capget, &header, held) != 0) {
        return true;
    }
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        any |= held[i].permitted | held[i].effective | held[i].inheritable;
    }
    return any != 0;
}

/* is_dropped tries what must not work any more. */
static bool is_dropped(void)
{
    uid_t uid, euid, saved_uid;
    gid_t gid, egid, saved_gid;
    if (getresuid(&uid, &euid, &saved_uid) != 0 || getresgid(&gid, &egid, &saved_gid) != 0) {
        return false;
    }
    return uid == euid && uid == saved_uid && gid == egid && gid == saved_gid &&
           (uid == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) != 0) &&
           (gid == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) != 0) && !has_capabilities();
}

bool ht_privileges_drop(const char *user, struct ht_error *error)
{
    if (!ht_alone(error)) {
        return false;
    }
    forbid_capabilities(); /* first: it takes a capability */
    if (!change_user(user, error) || !clear_capabilities(error)) {
        return false;
    }
    return is_dropped() || ht_fail(error, "privileges were given up, but are still to be had");
}
