/*
 * What paths are left under the sandbox, by Landlock and without; and all of it, as the program
 * does it.
 */
#include "under.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <seccomp.h>

/* A folder with three in it, "in/file", "out" and "other/file"; the working directory of the
 * tests. The configuration of an offline run with outputs: */
static const char *const readable[] = {"in"};

struct ground {
    char path[64];
    int out; /* O_PATH */
    struct ht_sandbox_config offline, live, nothing;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int prepare(void **state)
{
    static struct ground ground;
    (void)snprintf(ground.path, sizeof ground.path, "/tmp/hellotap-sandbox-XXXXXX");
    assert_non_null(mkdtemp(ground.path));
    assert_int_equal(chdir(ground.path), 0);
    assert_int_equal(mkdir("in", 0755) | mkdir("out", 0755) | mkdir("other", 0755), 0);
    write_file("in/file", "inside");
    write_file("other/file", "outside");
    ground.out     = open("out", O_PATH | O_CLOEXEC);
    ground.nothing = (struct ht_sandbox_config){0};
    ground.live    = (struct ht_sandbox_config){
           .writable = &ground.out, .num_writable = 1, .may_start_threads = true};
    ground.offline              = ground.live;
    ground.offline.readable     = readable;
    ground.offline.num_readable = 1;
    *state                      = &ground;
    return 0;
}

static int clean_up(void **state)
{
    const struct ground *ground = *state;
    const char *const files[]   = {"in/file", "other/file", "out/a", "out/b", "other/a"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)unlink(files[i]);
    }
    (void)close(ground->out);
    return rmdir("in") | rmdir("out") | rmdir("other") | rmdir(ground->path);
}

/* Files. */

static int open_and_close(const char *path, int flags)
{
    const int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd < 0 ? errno : result(close(fd));
}

static int do_read_inside(void)
{
    char text[16];
    const int fd = open("in/file", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    return read(fd, text, sizeof text) == 6 && memcmp(text, "inside", 6) == 0 ? 0 : 1;
}

static int do_list_inside(void)
{
    DIR *folder = opendir("in");
    return folder != NULL && readdir(folder) != NULL && closedir(folder) == 0 ? 0 : 1;
}

static int do_read_outside(void)
{
    return open_and_close("other/file", O_RDONLY);
}

static int do_read_passwords(void)
{
    return open_and_close("/etc/passwd", O_RDONLY);
}

static int do_write_inside(void)
{
    return open_and_close("in/file", O_WRONLY);
}

static int do_create_outside(void)
{
    return open_and_close("other/a", O_WRONLY | O_CREAT | O_EXCL);
}

static int do_remove_outside(void)
{
    return result(unlink("other/file"));
}

static int do_move_out(void)
{
    const int created = open_and_close("out/a", O_WRONLY | O_CREAT);
    const int why     = created != 0 ? NOT_ENTERED : result(rename("out/a", "other/a"));
    return why == EXDEV ? EACCES : why; /* the first Landlock says the former */
}

/* As an output does: append, look at the end, rename, begin anew, remove. */
static int do_rotate(void)
{
    char last   = 0;
    const int a = openat(AT_FDCWD, "out/a", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (a < 0) {
        return errno;
    }
    const int b     = openat(AT_FDCWD, "out/a", O_RDONLY | O_CLOEXEC);
    const bool done = write(a, "line\n", 5) == 5 && pread(b, &last, 1, 4) == 1 && last == '\n' &&
                      ftruncate(a, 5) == 0 && fsync(a) == 0 &&
                      renameat2(AT_FDCWD, "out/a", AT_FDCWD, "out/b", RENAME_NOREPLACE) == 0 &&
                      open_and_close("out/a", O_WRONLY | O_CREAT | O_TRUNC) == 0 &&
                      unlink("out/a") == 0 && unlinkat(AT_FDCWD, "out/b", 0) == 0;
    return done ? 0 : errno;
}

static void offline_reads_its_captures_and_writes_its_outputs(void **state)
{
    const struct ground *ground = *state;
    assert_result(run_under(&ground->offline, do_read_inside), 0);
    assert_result(run_under(&ground->offline, do_list_inside), 0);
    assert_result(run_under(&ground->offline, do_rotate), 0);
}

static void other_paths_are_closed_by_landlock(void **state)
{
    const struct ground *ground = *state;
    only_with_landlock();
    assert_result(run_under(&ground->offline, do_read_outside), EACCES);
    assert_result(run_under(&ground->offline, do_read_passwords), EACCES);
    assert_result(run_under(&ground->offline, do_write_inside), EACCES);
    assert_result(run_under(&ground->offline, do_create_outside), EACCES);
    assert_result(run_under(&ground->offline, do_remove_outside), EACCES);
    assert_result(run_under(&ground->offline, do_move_out), EACCES);
}

/* Without outputs no file is written, without captures none is read, Landlock or not. */
static void what_is_not_needed_is_closed_by_seccomp(void **state)
{
    const struct ground *ground     = *state;
    struct ht_sandbox_config no_out = ground->offline;
    no_out.num_writable             = 0;
    assert_result(run_under(&no_out, do_read_inside), 0);
    assert_result(run_under(&no_out, do_create_outside), EPERM);
    assert_result(run_under(&no_out, do_rotate), EPERM);
    assert_result(run_under(&no_out, do_remove_outside), EPERM);
    assert_result(run_under(&ground->nothing, do_create_outside), EPERM);
    not_with_leak_search(); /* which reads /proc */
    assert_result(run_under(&ground->nothing, do_read_inside), EPERM);
    assert_result(run_under(&ground->nothing, do_read_passwords), EPERM);
}

static void live_looks_at_its_outputs_only(void **state)
{
    const struct ground *ground = *state;
    assert_result(run_under(&ground->live, do_rotate), 0);
    only_with_landlock();
    assert_result(run_under(&ground->live, do_read_inside), EACCES);
    assert_result(run_under(&ground->live, do_read_passwords), EACCES);
}

/* A path that is a file is allowed alone, and one that is not there is an error. */
static void a_path_is_a_file_or_an_error(void **state)
{
    const struct ground *ground     = *state;
    const char *const file[]        = {"in/file"};
    const char *const missing[]     = {"in/none"};
    struct ht_sandbox_config config = {.readable = file, .num_readable = 1};
    struct ht_error error;
    (void)ground;
    only_with_landlock();
    assert_result(run_under(&config, do_read_inside), 0);
    assert_result(run_under(&config, do_list_inside), 1);
    config.readable = missing;
    if (fork() == 0) {
        _exit(!ht_sandbox_enter(&config, NULL, &error) &&
                      strcmp(error.text, "in/none: cannot stay readable: "
                                         "No such file or directory") == 0
                  ? 0
                  : 1);
    }
    int status = 0;
    assert_true(wait(&status) > 0);
    assert_result(status, 0);
}

/* Kernels that have less. */

static int lack(const char *call)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    const int number       = seccomp_syscall_resolve_name(call);
    return filter != NULL && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0) == 0 &&
                   seccomp_load(filter) == 0
               ? 0
               : 1;
}

static int do_enter_without_landlock(const struct ground *ground)
{
    struct ht_sandbox_status status;
    char text[64];
    if (lack("landlock_create_ruleset") != 0 ||
        !ht_sandbox_enter(&ground->offline, &status, NULL) || !status.seccomp ||
        status.landlock_abi != 0) {
        return 1;
    }
    ht_sandbox_describe(&status, text);
    if (strcmp(text, "seccomp; this kernel has no Landlock") != 0) {
        return 2;
    }
    return do_read_inside() + do_rotate();
}

static int do_enter(const struct ground *ground)
{
    struct ht_sandbox_status status;
    char text[64];
    char expected[64];
    const long abi = syscall(CREATE_RULESET, NULL, 0, 1);
    if (!ht_sandbox_enter(&ground->offline, &status, NULL)) {
        return 1;
    }
    (void)snprintf(expected, sizeof expected, "seccomp, Landlock %ld", abi);
    ht_sandbox_describe(&status, text);
    return status.seccomp && status.landlock_abi == abi && strcmp(text, expected) == 0 ? 0 : 2;
}

static void assert_child(const struct ground *ground, int (*action)(const struct ground *ground))
{
    int status      = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(action(ground));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_result(status, 0);
}

static void without_landlock_seccomp_protects(void **state)
{
    assert_child(*state, do_enter_without_landlock);
}

static void the_status_is_told(void **state)
{
    only_with_landlock();
    assert_child(*state, do_enter);
}

/* All of it, as the program does: root gives up what it has, enters, rotates in a folder that is
 * the user's, and ends by exit, where leaks are looked for. */
static int do_all(const struct ground *ground)
{
    const struct passwd *nobody = getpwnam("nobody");
    if (nobody == NULL || chown("out", nobody->pw_uid, nobody->pw_gid) != 0 ||
        !ht_privileges_drop("nobody", NULL) || !ht_sandbox_enter(&ground->live, NULL, NULL)) {
        return 1;
    }
    const int file = openat(ground->out, "a", O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    const bool done =
        file >= 0 && renameat(ground->out, "a", ground->out, "b") == 0 && close(file) == 0;
    exit(done ? 0 : 2);
}

static void root_drops_then_enters(void **state)
{
    if (geteuid() != 0) {
        print_message("skipped: only root has privileges to give up\n");
        skip();
    }
    assert_child(*state, do_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offline_reads_its_captures_and_writes_its_outputs),
        cmocka_unit_test(other_paths_are_closed_by_landlock),
        cmocka_unit_test(what_is_not_needed_is_closed_by_seccomp),
        cmocka_unit_test(live_looks_at_its_outputs_only),
        cmocka_unit_test(a_path_is_a_file_or_an_error),
        cmocka_unit_test(without_landlock_seccomp_protects),
        cmocka_unit_test(the_status_is_told),
        cmocka_unit_test(root_drops_then_enters),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
