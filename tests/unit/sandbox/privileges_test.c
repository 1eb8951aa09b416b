/*
 * Giving up privileges, in children, as /proc/self/status tells it (proc(5), capabilities(7)).
 */
#include "sandbox/sandbox.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAP_SETPCAP_BIT = 8, MAX_GROUPS = 64 };

/* CHECK is for children, where cmocka's assertions cannot be: it ends them. */
#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);               \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void in_child(void (*body)(void))
{
    int status      = 0;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void only_as_root(void)
{
    if (geteuid() != 0) {
        print_message("skipped: only root has privileges to give up\n");
        skip();
    }
}

/* status_line copies what /proc/self/status says after `name` and a colon. */
static void status_line(const char *name, char out[static 1024])
{
    FILE *status     = fopen("/proc/self/status", "re");
    const size_t len = strlen(name);
    bool found       = false;
    CHECK(status != NULL);
    while (!found && fgets(out, 1024, status) != NULL) {
        found = strncmp(out, name, len) == 0 && out[len] == ':';
    }
    (void)fclose(status);
    CHECK(found);
    memmove(out, out + len + 1, strlen(out + len + 1) + 1);
}

static unsigned long long status_hex(const char *name)
{
    char line[1024];
    status_line(name, line);
    return strtoull(line, NULL, 16);
}

static void check_ids(const char *name, unsigned id)
{
    char line[1024];
    char expected[128];
    status_line(name, line);
    (void)snprintf(expected, sizeof expected, "\t%u\t%u\t%u\t%u\n", id, id, id, id);
    CHECK(strcmp(line, expected) == 0);
}

static void check_no_capabilities(void)
{
    CHECK(status_hex("CapInh") == 0);
    CHECK(status_hex("CapPrm") == 0);
    CHECK(status_hex("CapEff") == 0);
    CHECK(status_hex("CapAmb") == 0);
    CHECK(status_hex("NoNewPrivs") == 1);
    CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

static int by_number(const void *a, const void *b)
{
    const gid_t x = *(const gid_t *)a;
    const gid_t y = *(const gid_t *)b;
    return (x > y) - (x < y);
}

/* The groups that the system's databases give the user, no more and no less. */
static void check_groups(const struct passwd *user)
{
    gid_t expected[MAX_GROUPS];
    gid_t got[MAX_GROUPS];
    int num = MAX_GROUPS;
    CHECK(getgrouplist(user->pw_name, user->pw_gid, expected, &num) > 0);
    CHECK(getgroups(MAX_GROUPS, got) == num);
    qsort(expected, (size_t)num, sizeof expected[0], by_number);
    qsort(got, (size_t)num, sizeof got[0], by_number);
    CHECK(memcmp(expected, got, (size_t)num * sizeof got[0]) == 0);
}

static void check_no_way_back(void)
{
    CHECK(setuid(0) == -1 && errno == EPERM);
    CHECK(seteuid(0) == -1 && errno == EPERM);
    CHECK(setresuid(0, 0, 0) == -1 && errno == EPERM);
    CHECK(setgid(0) == -1 && errno == EPERM);
    CHECK(setgroups(0, NULL) == -1 && errno == EPERM);
    CHECK(open("/etc/shadow", O_RDONLY | O_CLOEXEC) == -1 && errno == EACCES);
}

static void become_nobody(void)
{
    const gid_t before[]     = {0, 1, 2};
    const bool may_bound     = (status_hex("CapEff") >> CAP_SETPCAP_BIT & 1) != 0;
    const struct passwd user = *getpwnam("nobody");
    CHECK(setgroups(3, before) == 0);
    CHECK(ht_privileges_drop("nobody", NULL));
    check_ids("Uid", user.pw_uid);
    check_ids("Gid", user.pw_gid);
    check_groups(&user);
    check_no_capabilities();
    CHECK(!may_bound || status_hex("CapBnd") == 0);
    check_no_way_back();
}

static void root_becomes_the_user_for_good(void **state)
{
    (void)state;
    only_as_root();
    in_child(become_nobody);
}

/* A file of another user that has no rights for others is open to root by CAP_DAC_OVERRIDE only. It
 * has no name any more, but one in /proc, so that it need not be cleaned up. */
static void remain_root(void)
{
    char path[]  = "/tmp/hellotap-privileges-XXXXXX";
    const int fd = mkstemp(path);
    CHECK(fd >= 0 && unlink(path) == 0 && fchown(fd, 1, 1) == 0 && fchmod(fd, 0600) == 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(open(path, O_RDONLY | O_CLOEXEC) >= 0);
    CHECK(ht_privileges_drop(NULL, NULL));
    CHECK(open(path, O_RDONLY | O_CLOEXEC) == -1 && errno == EACCES);
    check_ids("Uid", 0);
    check_no_capabilities();
    CHECK(setuid(1) == -1 && errno == EPERM);
    CHECK(setgroups(0, NULL) == -1 && errno == EPERM);
}

static void root_without_a_user_keeps_its_number_only(void **state)
{
    (void)state;
    only_as_root();
    in_child(remain_root);
}

static void run_set_user_id(void)
{
    CHECK(setresuid(1, 0, 0) == 0);
    CHECK(ht_privileges_drop(NULL, NULL));
    check_ids("Uid", 1);
    check_no_capabilities();
    CHECK(seteuid(0) == -1);
}

static void a_set_user_id_program_becomes_who_started_it(void **state)
{
    (void)state;
    only_as_root();
    in_child(run_set_user_id);
}

static void refuse_unknown(void)
{
    struct ht_error error;
    CHECK(!ht_privileges_drop("no-such-user", &error));
    CHECK(strcmp(error.text, "unknown user no-such-user") == 0);
}

static void an_unknown_user_is_refused(void **state)
{
    (void)state;
    in_child(refuse_unknown);
}

/* An ordinary user: whoever runs the tests, or else user 1 ("daemon" everywhere). */
static void as_ordinary_user(void)
{
    if (geteuid() == 0) {
        CHECK(setgroups(0, NULL) == 0 && setresgid(1, 1, 1) == 0 && setresuid(1, 1, 1) == 0);
    }
}

static void stay_ordinary(void)
{
    as_ordinary_user();
    const unsigned uid = getuid();
    CHECK(ht_privileges_default_user() == NULL);
    CHECK(ht_privileges_drop(NULL, NULL));
    check_ids("Uid", uid);
    check_no_capabilities();
}

static void stay_ordinary_by_name(void)
{
    as_ordinary_user();
    const struct passwd *self = getpwuid(getuid());
    if (self != NULL) { /* not in every container */
        CHECK(ht_privileges_drop(self->pw_name, NULL));
        check_no_capabilities();
    }
}

static void refuse_to_become_root(void)
{
    struct ht_error error;
    as_ordinary_user();
    CHECK(!ht_privileges_drop("root", &error));
    CHECK(strcmp(error.text, "cannot become user root: only root can") == 0);
}

static void an_ordinary_user_remains_one(void **state)
{
    (void)state;
    in_child(stay_ordinary);
    in_child(stay_ordinary_by_name);
    in_child(refuse_to_become_root);
}

static void *wait_for_lock(void *lock)
{
    (void)pthread_mutex_lock(lock);
    return NULL;
}

static void drop_beside_thread(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    struct ht_error error;
    (void)pthread_mutex_lock(&lock);
    CHECK(pthread_create(&thread, NULL, wait_for_lock, &lock) == 0);
    CHECK(!ht_privileges_drop(NULL, &error));
    CHECK(strstr(error.text, "before threads are started") != NULL);
    CHECK(!ht_sandbox_enter(&(struct ht_sandbox_config){0}, NULL, &error));
    CHECK(strstr(error.text, "before threads are started") != NULL);
}

static void other_threads_would_keep_theirs(void **state)
{
    (void)state;
    in_child(drop_beside_thread);
}

static void the_default_user_exists(void **state)
{
    (void)state;
    only_as_root();
    const char *name = ht_privileges_default_user();
    assert_non_null(name);
    assert_non_null(getpwnam(name));
    assert_int_not_equal(getpwnam(name)->pw_uid, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_becomes_the_user_for_good),
        cmocka_unit_test(root_without_a_user_keeps_its_number_only),
        cmocka_unit_test(a_set_user_id_program_becomes_who_started_it),
        cmocka_unit_test(an_unknown_user_is_refused),
        cmocka_unit_test(an_ordinary_user_remains_one),
        cmocka_unit_test(other_threads_would_keep_theirs),
        cmocka_unit_test(the_default_user_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
