/*
 * Bounds of control groups, in trees as Linux shows them (cgroups(7), "/proc/pid/cgroup").
 */
#include "support.h"

#include "cli/machine.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void path_of(char out[256], const char *name)
{
    (void)snprintf(out, 256, "%s%s", root, name);
}

static void make(const char *name)
{
    char path[256];
    path_of(path, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void put(const char *name, const char *text)
{
    char path[256];
    path_of(path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static uint64_t bound(const char *groups)
{
    char path[256];
    put("/groups", groups);
    path_of(path, "/groups");
    return cli_cgroup_memory(path, root);
}

static int start(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "/tmp/hellotap-machine-XXXXXX");
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int erase(const char *path, const struct stat *is, int type, struct FTW *walk)
{
    (void)is, (void)type, (void)walk;
    return remove(path);
}

static int stop(void **state)
{
    (void)state;
    return nftw(root, erase, 8, FTW_DEPTH | FTW_PHYS);
}

static void test_second_version(void **state)
{
    (void)state;
    make("/system.slice");
    make("/system.slice/hellotap.service");
    put("/system.slice/memory.max", "4096000\n");
    put("/system.slice/hellotap.service/memory.max", "max\n");
    assert_int_equal(bound("0::/system.slice/hellotap.service\n"), 4096000);
    put("/system.slice/hellotap.service/memory.max", "1024000\n");
    assert_int_equal(bound("0::/system.slice/hellotap.service\n"), 1024000);
    assert_int_equal(bound("0::/system.slice\n"), 4096000);
    assert_int_equal(bound("0::/\n"), UINT64_MAX);
    put("/memory.max", "77\n"); /* as in a container, whose own group is the root */
    assert_int_equal(bound("0::/\n"), 77);
}

static void test_first_version(void **state)
{
    (void)state;
    make("/memory");
    make("/memory/one");
    put("/memory/one/memory.limit_in_bytes", "5000\n");
    put("/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(bound("8:pids:/\n4:hugetlb,memory:/one\n0::/\n"), 5000);
    assert_int_equal(bound("4:memoryless:/one\n"), UINT64_MAX);
}

static void test_nothing_to_read(void **state)
{
    (void)state;
    assert_int_equal(cli_cgroup_memory("/nowhere", root), UINT64_MAX);
    assert_int_equal(bound("junk\n0:\n"), UINT64_MAX);
    assert_int_equal(bound("0::/gone/away\n"), UINT64_MAX);
}

static void test_this_machine(void **state)
{
    (void)state;
    assert_true(cli_machine_memory() > 0);
    assert_true(cli_machine_processors() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_second_version, start, stop),
        cmocka_unit_test_setup_teardown(test_first_version, start, stop),
        cmocka_unit_test_setup_teardown(test_nothing_to_read, start, stop),
        cmocka_unit_test(test_this_machine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
