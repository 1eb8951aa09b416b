/*
 * The files behind a queue, with real things in their way: a limit on their size, a file system
 * that is full, a directory that may not be written, SIGKILL.
 */
#include "queued.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A disk that is full, and that somebody makes room on. Records of three lines, so that a line's
 * end is not enough. */
static void test_full_and_recovered(void **state)
{
    (void)state;
    struct ht_output *out = open_queued((struct ht_output_config){.append = true});
    for (unsigned n = 1; n <= 60; n += 3) {
        assert_true(ht_output_write(out, scratch_lines(n, 3), 1));
    }
    limit_files(31 * LINE_LEN + 10);
    assert_true(ht_output_start(out, NULL));
    wait_for_error(out, 0);
    assert_lines(scratch_read("out.jsonl"), 1, 30);
    assert_int_equal(ht_output_counts(out).written_records, 10);
    put(out, 61, 3);
    put(out, 64, 3);
    assert_int_equal(told.num, 1);
    assert_non_null(strstr(told.last, "out.jsonl: File too large; tried again"));
    limit_files(0);
    assert_true(ht_output_reopen(out)); /* which also ends the pause */
    assert_true(ht_output_flush(out));
    assert_lines(scratch_read("out.jsonl"), 1, 66);
    struct ht_output_counts counts;
    assert_true(ht_output_close(out, &counts));
    assert_int_equal(counts.written_records, 20 + 6);
    assert_int_equal(counts.errors, 1);
    assert_int_equal(counts.dropped_records, 0);
}

static void test_full_is_told_once_and_its_end_too(void **state)
{
    (void)state;
    limit_files(10 * LINE_LEN + 1);
    struct ht_output *out = start_queued((struct ht_output_config){.retry_ns = MS});
    put(out, 1, 11);
    wait_for_error(out, 5);
    for (unsigned n = 0; n < 5000; n++) {
        put(out, 12 + n, 1);
    }
    wait_for_error(out, ht_output_counts(out).errors + 5);
    ht_output_tell(out);
    assert_int_equal(told.num, 1);
    assert_non_null(strstr(told.last, "File too large"));
    limit_files(0);
    wait_for_word(out, "out.jsonl: written again");
    struct ht_output_counts counts = ht_output_counts(out);
    char said[64];
    (void)snprintf(said, sizeof said, "%d records were dropped", (int)counts.dropped_records);
    assert_true(counts.dropped_records > 0);
    assert_non_null(strstr(told.last, said));
    assert_false(ht_output_close(out, &counts)); /* for those */
    assert_int_equal(told.num, 2);
    assert_int_equal(count_lines(scratch_read("out.jsonl")), counts.written_records);
    assert_int_equal(counts.written_records + counts.dropped_records, 5011);
}

static void test_close_while_full(void **state)
{
    (void)state;
    limit_files(3 * LINE_LEN + 1);
    struct ht_output *out = start_queued((struct ht_output_config){.mode = 0});
    for (unsigned n = 1; n <= 10; n++) {
        put(out, n, 1);
    }
    struct ht_output_counts counts;
    bool closed = ht_output_close(out, &counts);
    limit_files(0);
    assert_false(closed);
    assert_int_equal(counts.written_records, 3);
    assert_int_equal(counts.dropped_records, 7);
    assert_int_equal(counts.dropped_bytes, 7 * LINE_LEN);
    assert_lines(scratch_read("out.jsonl"), 1, 3);
    assert_non_null(strstr(told.last, "the last 7 records"));
    assert_non_null(strstr(told.last, "File too large"));
}

static void test_rotation_by_size(void **state)
{
    (void)state;
    enum { LIMIT = 10 * LINE_LEN };
    struct ht_output *out = start_queued(
        (struct ht_output_config){.rotate_bytes = LIMIT, .queue_bytes = (size_t)1 << 20});
    for (unsigned n = 1; n <= 1001; n++) {
        put(out, n, 1);
    }
    struct ht_output_counts counts;
    assert_true(ht_output_close(out, &counts));
    assert_int_equal(counts.rotations, 100);
    assert_int_equal(counts.written_records, 1001);
    assert_lines(scratch_read("out.jsonl"), 1001, 1);
    assert_int_equal(scratch_files(), 101);
    assert_lines(scratch_join(LIMIT), 1, 1001);
}

/* Also when nothing more is written; and an empty file is left where it is. */
static void test_rotation_by_time_when_idle(void **state)
{
    (void)state;
    struct ht_output *out = start_queued((struct ht_output_config){.rotate_ns = MS});
    put(out, 1, 1);
    assert_true(ht_output_flush(out));
    while (ht_output_counts(out).rotations == 0 || !scratch_exists("out.jsonl")) {
        usleep(1000);
    }
    usleep(5000);
    assert_int_equal(scratch_read("out.jsonl").len, 0);
    put(out, 2, 1);
    assert_true(ht_output_close(out, NULL));
    assert_true(scratch_files() <= 3);
    assert_lines(scratch_join(LINE_LEN), 1, 2);
}

static void test_reopen(void **state)
{
    (void)state;
    struct ht_output *out = start_queued((struct ht_output_config){.mode = 0});
    put(out, 1, 2);
    assert_true(ht_output_flush(out));
    assert_int_equal(rename("out.jsonl", "out.jsonl.1"), 0);
    assert_true(ht_output_reopen(out));
    assert_true(ht_output_flush(out)); /* it is there though nothing was written */
    assert_int_equal(scratch_read("out.jsonl").len, 0);
    put(out, 3, 2);
    assert_true(ht_output_flush(out));
    assert_int_equal(unlink("out.jsonl"), 0);
    assert_true(ht_output_reopen(out));
    put(out, 5, 2);
    assert_true(ht_output_close(out, NULL));
    assert_lines(scratch_read("out.jsonl.1"), 1, 2);
    assert_lines(scratch_read("out.jsonl"), 5, 2);
}

/* Lines go on into the file that was renamed, and nothing is lost. */
static void test_reopen_that_fails(void **state)
{
    (void)state;
    struct ht_output *out = start_queued((struct ht_output_config){.retry_ns = MS});
    put(out, 1, 2);
    assert_true(ht_output_flush(out));
    assert_int_equal(rename("out.jsonl", "out.jsonl.1"), 0);
    assert_int_equal(mkdir("out.jsonl", 0700), 0);
    assert_true(ht_output_reopen(out));
    put(out, 3, 2);
    wait_for_word(out, "cannot be opened anew: Is a directory; written on in the old file");
    for (unsigned n = 5; n < 15; n++) { /* each a new try */
        put(out, n, 1);
        assert_true(ht_output_flush(out));
        usleep(2000);
    }
    assert_int_equal(told.num, 1);
    assert_int_equal(ht_output_counts(out).errors, 1);
    assert_lines(scratch_read("out.jsonl.1"), 1, 14);
    assert_int_equal(rmdir("out.jsonl"), 0);
    assert_true(ht_output_reopen(out));
    put(out, 15, 2);
    wait_for_word(out, "out.jsonl: opened anew; 0 records were dropped");
    assert_true(ht_output_close(out, NULL));
    assert_lines(scratch_read("out.jsonl.1"), 1, 14);
    assert_lines(scratch_read("out.jsonl"), 15, 2);
}

/* What is written to a file that was removed would be gone, so lines wait until there is another.
 */
static void test_reopen_that_fails_of_a_removed_file(void **state)
{
    (void)state;
    struct ht_output *out = start_queued((struct ht_output_config){.retry_ns = MS});
    put(out, 1, 2);
    assert_true(ht_output_flush(out));
    assert_int_equal(unlink("out.jsonl"), 0);
    assert_int_equal(mkdir("out.jsonl", 0700), 0);
    assert_true(ht_output_reopen(out));
    put(out, 3, 2);
    wait_for_error(out, 2);
    put(out, 5, 2);
    assert_int_equal(told.num, 1);
    assert_non_null(strstr(told.last, "Is a directory; tried again"));
    assert_int_equal(rmdir("out.jsonl"), 0);
    wait_for_word(out, "written again");
    assert_true(ht_output_close(out, NULL));
    assert_lines(scratch_read("out.jsonl"), 3, 4);
}

/* The same at rotation, where somebody else renamed the file; and nothing is lost at the end. */
static void test_rotation_without_a_new_file(void **state)
{
    (void)state;
    struct ht_output *out = start_queued((struct ht_output_config){.rotate_bytes = 3 * LINE_LEN});
    put(out, 1, 2);
    assert_true(ht_output_flush(out));
    assert_int_equal(rename("out.jsonl", "moved.jsonl"), 0);
    assert_int_equal(mkdir("out.jsonl", 0700), 0);
    for (unsigned n = 3; n < 13; n++) {
        put(out, n, 1);
    }
    assert_true(ht_output_flush(out));
    ht_output_tell(out);
    assert_int_equal(told.num, 1);
    assert_non_null(strstr(told.last, "cannot be opened anew: Is a directory"));
    struct ht_output_counts counts;
    assert_true(ht_output_close(out, &counts));
    assert_int_equal(counts.written_records, 12);
    assert_int_equal(counts.dropped_records, 0);
    assert_lines(scratch_read("moved.jsonl"), 1, 12);
    assert_int_equal(rmdir("out.jsonl"), 0);
}

/* Root may do everything, so it is somebody else who may not. */
static void test_rotation_that_fails(void **state)
{
    (void)state;
    const bool root = geteuid() == 0;
    if (root) {
        assert_int_equal(chown(".", 65534, 65534), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    struct ht_output *out =
        start_queued((struct ht_output_config){.rotate_bytes = 2 * LINE_LEN, .retry_ns = MS});
    put(out, 1, 2);
    assert_true(ht_output_flush(out));
    assert_int_equal(chmod(".", 0500), 0);
    put(out, 3, 1);
    put(out, 4, 1);
    assert_true(ht_output_flush(out));
    wait_for_word(out, "cannot be rotated: Permission denied; written on");
    assert_lines(scratch_read("out.jsonl"), 1, 4);
    assert_int_equal(chmod(".", 0700), 0);
    unsigned n = 5;
    while (ht_output_counts(out).rotations == 0) {
        put(out, n++, 1);
        assert_true(ht_output_flush(out));
    }
    wait_for_word(out, "rotated again; 0 records");
    assert_true(ht_output_close(out, NULL));
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_lines(scratch_join((size_t)n * LINE_LEN), 1, n - 1);
}

static void test_owner(void **state)
{
    (void)state;
    struct stat is;
    if (geteuid() != 0) {
        skip();
    }
    struct ht_output *out = open_queued((struct ht_output_config){.owner = 65534, .group = 65534});
    assert_true(ht_output_close(out, NULL));
    assert_int_equal(stat("out.jsonl", &is), 0);
    assert_int_equal(is.st_uid, 65534);
    assert_int_equal(is.st_gid, 65534);
}

static void write_for_ever(void)
{
    struct ht_bytes lines = scratch_lines(1, 10000);
    struct ht_output *out = start_queued((struct ht_output_config){.append = true});
    for (size_t at = 0;; at = (at + LINE_LEN) % lines.len) {
        (void)!ht_output_write(out, ht_bytes(lines.ptr + at, LINE_LEN), 1);
    }
}

/* Killed at any moment, it leaves whole lines but for the last; the next run goes on after them. */
static void test_killed(void **state)
{
    (void)state;
    for (unsigned round = 1; round <= 5; round++) {
        struct stat is = {0};
        pid_t child    = fork();
        assert_true(child >= 0);
        if (child == 0) {
            write_for_ever();
        }
        while (stat("out.jsonl", &is) != 0 || is.st_size < (off_t)round * 200000) {
            usleep(100);
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        struct ht_bytes got = scratch_read("out.jsonl");
        for (size_t at = 0; at + LINE_LEN <= got.len; at += LINE_LEN) {
            (void)scratch_number(ht_bytes_from(got, at));
        }
        assert_true(ht_output_close(open_queued((struct ht_output_config){.append = true}), NULL));
        assert_int_equal(scratch_read("out.jsonl").len, got.len - got.len % LINE_LEN);
    }
}

/* A file system of our own, of 64 KiB; false where the system lets us have none. */
static bool mount_small(void)
{
    char uid_map[64], gid_map[64];
    const bool root = geteuid() == 0;
    (void)snprintf(uid_map, sizeof uid_map, "0 %u 1", (unsigned)geteuid());
    (void)snprintf(gid_map, sizeof gid_map, "0 %u 1", (unsigned)getegid());
    if (mkdir("full", 0700) != 0 || unshare(CLONE_NEWNS | (root ? 0 : CLONE_NEWUSER)) != 0) {
        return false;
    }
    if (!root) {
        scratch_write("/proc/self/uid_map", uid_map);
        scratch_write("/proc/self/setgroups", "deny");
        scratch_write("/proc/self/gid_map", gid_map);
    }
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", "full", "tmpfs", 0, "size=64k") == 0;
}

static void fill_and_make_room(void)
{
    int ballast = open("full/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(ballast >= 0);
    assert_int_equal(posix_fallocate(ballast, 0, (off_t)32 * 1024), 0);
    struct ht_output *out = start_queued((struct ht_output_config){
        .path = "full/out.jsonl", .queue_bytes = (size_t)256 * 1024, .retry_ns = MS});
    for (unsigned n = 1; n <= 800; n++) { /* 50 KiB into 32 */
        put(out, n, 1);
    }
    wait_for_error(out, 3);
    wait_for_word(out, "No space left on device");
    assert_int_equal(ftruncate(ballast, 0), 0);
    close(ballast);
    assert_true(ht_output_flush(out));
    assert_lines(scratch_read("full/out.jsonl"), 1, 800);
    wait_for_word(out, "written again; 0 records");
    assert_true(ht_output_close(out, NULL));
}

/* In a process of its own, for what it does to be undone with it. */
static void test_full_file_system(void **state)
{
    (void)state;
    enum { DONE = 0, NOT_HERE = 77 };
    int status  = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!mount_small()) {
            _exit(NOT_HERE);
        }
        fill_and_make_room();
        _exit(DONE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(rmdir("full"), 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_HERE) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), DONE);
}

int main(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_full_and_recovered),
        IN_SCRATCH(test_full_is_told_once_and_its_end_too),
        IN_SCRATCH(test_close_while_full),
        IN_SCRATCH(test_rotation_by_size),
        IN_SCRATCH(test_rotation_by_time_when_idle),
        IN_SCRATCH(test_reopen),
        IN_SCRATCH(test_reopen_that_fails),
        IN_SCRATCH(test_reopen_that_fails_of_a_removed_file),
        IN_SCRATCH(test_rotation_without_a_new_file),
        IN_SCRATCH(test_rotation_that_fails),
        IN_SCRATCH(test_owner),
        IN_SCRATCH(test_killed),
        IN_SCRATCH(test_full_file_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
