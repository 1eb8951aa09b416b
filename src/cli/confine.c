#include "cli/confine.h"

#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Paths, each owned. */
struct paths {
    char **items;
    size_t num;
    bool failed;
};

static void add_path(struct paths *paths, const char *path)
{
    char **items = reallocarray(paths->items, paths->num + 1, sizeof *items);
    char *copy   = strdup(path);
    if (items != NULL) {
        paths->items = items;
    }
    if (items == NULL || copy == NULL) {
        paths->failed = true;
        free(copy);
        return;
    }
    paths->items[paths->num++] = copy;
}

static void free_paths(struct paths *paths)
{
    for (size_t i = 0; i < paths->num; i++) {
        free(paths->items[i]);
    }
    free(paths->items);
}

static bool lies_in(const char *path, const char *top)
{
    size_t len = strlen(top);
    return strncmp(path, top, len) == 0 &&
           (path[len] == '/' || path[len] == '\0' || strcmp(top, "/") == 0);
}

/* What a link brought into a directory lies elsewhere. */
static void add_input(struct paths *paths, const struct cli_input *input, const char *top)
{
    char *real = realpath(input->path, NULL);
    if (real != NULL && !lies_in(real, top)) {
        add_path(paths, real);
    }
    free(real);
}

/* What cannot be reached is left out: reading it will say why. The empty file stands for all of it,
 * as without any path opening a file is refused altogether. */
static void add_inputs(struct paths *paths, const struct cli_inputs *inputs)
{
    const char *named = NULL;
    char *top         = NULL; /* what was named, as its real path */
    for (size_t i = 0; i < inputs->num; i++) {
        const struct cli_input *input = &inputs->items[i];
        if (input->named != named) {
            free(top);
            named = input->named;
            top   = strcmp(named, "-") != 0 ? realpath(named, NULL) : NULL;
            if (top != NULL) {
                add_path(paths, top);
            }
        }
        if (top != NULL) {
            add_input(paths, input, top);
        }
    }
    free(top);
    if (paths->num == 0) {
        add_path(paths, "/dev/null");
    }
}

/* libpcap reads there how many frames the interfaces lost. */
static void add_interfaces(struct paths *paths, const struct ht_source *source)
{
    for (size_t i = 0; i < source->num_interfaces; i++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, "/sys/class/net/%s/statistics", source->interfaces[i]);
        if (access(path, X_OK) == 0) {
            add_path(paths, path);
        }
    }
}

/* May we rename what we write? Not another's file in a folder such as /tmp. */
static bool may_rename(const struct cli_options *o, int folder)
{
    struct stat file, in;
    uid_t we = geteuid();
    return we == 0 || fstat(folder, &in) != 0 || (in.st_mode & S_ISVTX) == 0 || in.st_uid == we ||
           stat(o->output, &file) != 0 || file.st_uid == we;
}

/* May the output be rotated and begun anew? Only then its folder stays open to us. */
static bool check_output(const struct cli_options *o, struct cli_confinement *confinement,
                         struct ht_error *error)
{
    int folder              = confinement->folder;
    const char *user        = confinement->user != NULL ? confinement->user : "this user";
    confinement->may_reopen = folder >= 0 && faccessat(folder, ".", W_OK | X_OK, 0) == 0;
    if (folder < 0 || (o->rotate_bytes == 0 && o->rotate_ns == 0)) {
        return true;
    }
    if (!confinement->may_reopen) {
        return ht_fail(
            error,
            "%s cannot be rotated: %s may not make files in its folder (%s): hand it over "
            "to that user, or say --user",
            o->output, user, strerror(errno));
    }
    return may_rename(o, folder) ||
           ht_fail(error,
                   "%s cannot be rotated: it is not the file of %s, and in its folder only a "
                   "file's owner may rename it: hand it over to that user, or say --user",
                   o->output, user);
}

/* May whom we have become write certificates? */
static bool check_folder(const struct cli_options *o, const struct cli_confinement *confinement,
                         struct ht_error *error)
{
    int folder = confinement->certificate_folder;
    return folder < 0 || faccessat(folder, ".", W_OK | X_OK, 0) == 0 ||
           ht_fail(error, "%s: %s may not make files there: %s", o->certificate_folder,
                   confinement->user != NULL ? confinement->user : "this user", strerror(errno));
}

static bool enter(struct cli_confinement *confinement, struct ht_error *error)
{
    struct paths readable = {0};
    struct ht_sandbox_status status;
    if (confinement->source != NULL) {
        add_interfaces(&readable, confinement->source);
    } else {
        add_inputs(&readable, confinement->inputs);
    }
    int writable[2];
    size_t num_writable = 0;
    if (confinement->may_reopen) {
        writable[num_writable++] = confinement->folder;
    }
    if (confinement->certificate_folder >= 0) {
        writable[num_writable++] = confinement->certificate_folder;
    }
    const struct ht_sandbox_config config = {.readable      = (const char *const *)readable.items,
                                             .num_readable  = readable.num,
                                             .writable      = writable,
                                             .num_writable  = num_writable,
                                             .notify_socket = confinement->notify_socket,
                                             .may_start_threads = true};
    bool entered                          = readable.failed ? ht_fail(error, "out of memory")
                                                            : ht_sandbox_enter(&config, &status, error);
    if (entered) {
        ht_sandbox_describe(&status, confinement->description);
    }
    free_paths(&readable);
    return entered;
}

/* Whom we shall become: whom the options name, else, where root listens, one that is there for
 * that.
 */
static const char *find_user(const struct cli_options *o)
{
    bool named = o->user != NULL || !cli_options_live(o) || o->no_sandbox;
    return named ? o->user : ht_privileges_default_user();
}

const char *cli_confine_owner(const struct cli_options *options)
{
    const char *user = find_user(options);
    return user != NULL && (options->user != NULL || strcmp(user, "nobody") != 0) ? user : NULL;
}

bool cli_confine_give(const struct cli_options *options, int file)
{
    struct stat is;
    const char *name           = cli_confine_owner(options);
    const struct passwd *owner = name != NULL ? getpwnam(name) : NULL;
    return owner == NULL || fstat(file, &is) != 0 || is.st_uid != 0 ||
           !(S_ISREG(is.st_mode) || S_ISDIR(is.st_mode)) ||
           fchown(file, owner->pw_uid, owner->pw_gid) == 0;
}

/* Root reads files as root, unless told otherwise: nobody else may be able to. */
static bool drop_privileges(const struct cli_options *o, const char *user, struct ht_error *error)
{
    bool wanted = user != NULL || (cli_options_live(o) && !o->no_sandbox);
    return !wanted || ht_privileges_drop(user, error);
}

bool cli_confine(const struct cli_options *options, struct cli_confinement *confinement,
                 struct ht_error *error)
{
    confinement->user = find_user(options);
    (void)snprintf(confinement->description, sizeof confinement->description, "nothing");
    return drop_privileges(options, confinement->user, error) &&
           check_output(options, confinement, error) && check_folder(options, confinement, error) &&
           (options->no_sandbox || enter(confinement, error));
}
