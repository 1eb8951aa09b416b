/*
 * Output that is written at once: what a file holds after each thing that can happen to it.
 */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct ht_output *open_with(struct ht_output_config config)
{
    struct ht_error error = {0};
    config.path           = config.path != NULL ? config.path : "out.jsonl";
    struct ht_output *out = ht_output_open(&config, &error);
    assert_string_equal(error.text, "");
    assert_non_null(out);
    assert_true(ht_output_start(out, &error));
    return out;
}

static void test_write(void **state)
{
    (void)state;
    scratch_write("out.jsonl", "what was there before\n");
    struct ht_output *out = open_with((struct ht_output_config){.mode = 0});
    put(out, 1, 3);
    put(out, 4, 1);
    assert_true(ht_output_write(out, ht_bytes(NULL, 0), 0));
    assert_lines(scratch_read("out.jsonl"), 1, 4);
    assert_true(ht_output_flush(out));
    struct ht_output_counts counts;
    assert_true(ht_output_close(out, &counts));
    assert_int_equal(counts.written_records, 4);
    assert_int_equal(counts.written_bytes, 4 * LINE_LEN);
    assert_int_equal(counts.dropped_records + counts.errors + counts.rotations, 0);
    assert_true(ht_output_close(NULL, NULL));
}

enum { MANY_PARTS = 150 };

/* The same lines in many parts of 13 bytes, but for one that is empty, and the rest. */
static void cut(struct ht_bytes parts[MANY_PARTS], struct ht_bytes lines)
{
    for (size_t i = 0; i < MANY_PARTS; i++) {
        parts[i] = ht_bytes_head(lines, i == 7 ? 0 : i < MANY_PARTS - 1 ? 13 : lines.len);
        lines    = ht_bytes_from(lines, parts[i].len);
    }
}

static void test_many_parts(void **state)
{
    (void)state;
    struct ht_bytes parts[MANY_PARTS];
    for (size_t queue = 0; queue <= 1 << 16; queue += 1 << 16) {
        struct ht_output *out = open_with((struct ht_output_config){.queue_bytes = queue});
        put(out, 1, 2);
        cut(parts, scratch_lines(3, 100));
        assert_true(ht_output_write_parts(out, parts, MANY_PARTS, 100));
        put(out, 103, 1);
        assert_true(ht_output_write_parts(out, parts, 0, 0));
        struct ht_output_counts counts;
        assert_true(ht_output_close(out, &counts));
        assert_int_equal(counts.written_records, 103);
        assert_int_equal(counts.written_bytes, 103 * LINE_LEN);
        assert_lines(scratch_read("out.jsonl"), 1, 103);
    }
}

static mode_t mode_of(const char *path)
{
    struct stat is;
    assert_int_equal(stat(path, &is), 0);
    return is.st_mode & 0777;
}

static void test_mode(void **state)
{
    (void)state;
    mode_t before = umask(0002);
    assert_true(ht_output_close(open_with((struct ht_output_config){.path = "a"}), NULL));
    assert_true(
        ht_output_close(open_with((struct ht_output_config){.path = "b", .mode = 0666}), NULL));
    umask(before);
    assert_int_equal(mode_of("a"), 0640);
    assert_int_equal(mode_of("b"), 0664);
}

static void test_append(void **state)
{
    (void)state;
    struct ht_output *out = open_with((struct ht_output_config){.append = true});
    put(out, 1, 2);
    assert_true(ht_output_close(out, NULL));
    out = open_with((struct ht_output_config){.append = true});
    put(out, 3, 1);
    assert_true(ht_output_close(out, NULL));
    assert_lines(scratch_read("out.jsonl"), 1, 3);
}

/* What a program that was killed in the middle of a line leaves. */
static void test_append_after_half_a_line(void **state)
{
    (void)state;
    static const int halves[] = {5, 6, 16 * 1024, 16 * 1024 + 1, 100000};
    static char zeros[100001];
    memset(zeros, '0', sizeof zeros - 1);
    for (size_t i = 0; i < HT_ARRAY_LEN(halves); i++) {
        for (unsigned whole = 0; whole < 3; whole++) {
            FILE *file = fopen("out.jsonl", "wb");
            assert_non_null(file);
            (void)fwrite(scratch_lines(1, whole).ptr, LINE_LEN, whole, file);
            fprintf(file, "{\"n\":%.*s", halves[i] - 5, zeros);
            fclose(file);
            struct ht_output *out =
                open_with((struct ht_output_config){.append = true, .record_start = "{\"n\":"});
            assert_lines(scratch_read("out.jsonl"), 1, whole);
            put(out, whole + 1, 1);
            assert_true(ht_output_close(out, NULL));
            assert_lines(scratch_read("out.jsonl"), 1, whole + 1);
        }
    }
}

/* What is no record of ours is somebody's, and stays; only its line is ended. */
static void test_append_after_anothers_text(void **state)
{
    (void)state;
    static const struct {
        const char *before, *start, *after;
    } files[] = {{"precious text, no newline", "{\"n\":", "precious text, no newline\n"},
                 {"a line\nprecious", "{\"n\":", "a line\nprecious\n"},
                 {"{\"m\":1}", "{\"n\":", "{\"m\":1}\n"},
                 {"{\"n\":1", NULL, "{\"n\":1\n"},
                 {"a line\n{\"n\":", "{\"n\":", "a line\n"},
                 {"{\"", "{\"n\":", ""},
                 {"a line\n", "{\"n\":", "a line\n"}};
    for (size_t i = 0; i < HT_ARRAY_LEN(files); i++) {
        scratch_write("out.jsonl", files[i].before);
        assert_true(ht_output_close(
            open_with((struct ht_output_config){.append = true, .record_start = files[i].start}),
            NULL));
        assert_text(scratch_read("out.jsonl"), files[i].after);
    }
}

static void test_rotation_by_size(void **state)
{
    (void)state;
    const uint64_t limit  = 10 * LINE_LEN + 7;
    struct ht_output *out = open_with((struct ht_output_config){.rotate_bytes = limit});
    for (unsigned n = 1; n <= 95; n++) {
        put(out, n, 1);
    }
    struct ht_output_counts counts = ht_output_counts(out);
    assert_int_equal(counts.rotations, 9);
    assert_int_equal(counts.written_records, 95);
    assert_true(ht_output_close(out, NULL));
    assert_lines(scratch_read("out.jsonl"), 91, 5);
    assert_int_equal(scratch_files(), 10);
    assert_lines(scratch_join(limit), 1, 95);
}

/* The lines of one write stay together, and more than fit have a file of their own. */
static void test_rotation_splits_no_record(void **state)
{
    (void)state;
    struct ht_output *out = open_with((struct ht_output_config){.rotate_bytes = 10 * LINE_LEN});
    put(out, 1, 6);
    put(out, 7, 5); /* does not fit */
    assert_lines(scratch_read("out.jsonl"), 7, 5);
    put(out, 12, 5); /* just fits */
    assert_lines(scratch_read("out.jsonl"), 7, 10);
    put(out, 17, 40);
    assert_lines(scratch_read("out.jsonl"), 17, 40);
    put(out, 57, 1);
    assert_lines(scratch_read("out.jsonl"), 57, 1);
    assert_true(ht_output_close(out, NULL));
    assert_int_equal(scratch_files(), 4);
    assert_lines(scratch_join(40 * LINE_LEN), 1, 57);
}

/* "out-" or "out.d-", the time, and what follows, for each second in which the test may run. */
static void stamp(char out[64], const char *format, time_t when)
{
    struct tm tm;
    assert_int_not_equal(strftime(out, 64, format, gmtime_r(&when, &tm)), 0);
}

/* time() may lag behind the clock by a tick, and so by a second. */
static time_t now_s(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    return now.tv_sec;
}

static void test_rotated_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *rotated;
    } names[] = {{"out.jsonl", "out-%Y%m%dT%H%M%SZ.jsonl"},
                 {"plain", "plain-%Y%m%dT%H%M%SZ"},
                 {".hidden", ".hidden-%Y%m%dT%H%M%SZ"},
                 {"a.b.log", "a.b-%Y%m%dT%H%M%SZ.log"}};
    for (size_t i = 0; i < HT_ARRAY_LEN(names); i++) {
        time_t from = now_s();
        struct ht_output *out =
            open_with((struct ht_output_config){.path = names[i].name, .rotate_bytes = LINE_LEN});
        put(out, 1, 1);
        put(out, 2, 1);
        assert_true(ht_output_close(out, NULL));
        unsigned found = 0;
        for (time_t when = from; when <= now_s(); when++) {
            char name[64];
            stamp(name, names[i].rotated, when);
            found += scratch_exists(name);
        }
        assert_int_equal(found, 1);
    }
}

/* Files of those names that are another's are left alone: a minute of them, and then -1. */
static void test_rotation_overwrites_nothing(void **state)
{
    (void)state;
    time_t from = now_s();
    char name[64];
    for (time_t when = from; when < from + 60; when++) {
        stamp(name, "out-%Y%m%dT%H%M%SZ.jsonl", when);
        scratch_write(name, "another's\n");
        stamp(name, "out-%Y%m%dT%H%M%SZ-2.jsonl", when);
        scratch_write(name, "another's\n");
    }
    struct ht_output *out = open_with((struct ht_output_config){.rotate_bytes = LINE_LEN});
    for (unsigned n = 1; n <= 50; n++) {
        put(out, n, 1);
    }
    assert_true(ht_output_close(out, NULL));
    assert_int_equal(scratch_files(), 120 + 50);
    for (time_t when = from; when < from + 60; when++) {
        stamp(name, "out-%Y%m%dT%H%M%SZ.jsonl", when);
        assert_text(scratch_read(name), "another's\n");
        assert_int_equal(unlink(name), 0);
        stamp(name, "out-%Y%m%dT%H%M%SZ-2.jsonl", when);
        assert_text(scratch_read(name), "another's\n");
        assert_int_equal(unlink(name), 0);
    }
    assert_lines(scratch_join(LINE_LEN), 1, 50);
}

static void test_rotation_by_time(void **state)
{
    (void)state;
    struct ht_output *out = open_with((struct ht_output_config){.rotate_ns = 1});
    for (unsigned n = 1; n <= 20; n++) {
        put(out, n, 1);
    }
    assert_true(ht_output_close(out, NULL));
    assert_int_equal(scratch_files(), 20);
    assert_lines(scratch_join(LINE_LEN), 1, 20);
}

/* A file goes on after a restart, unless its time is over. */
static void test_rotation_by_time_of_an_older_file(void **state)
{
    (void)state;
    const int64_t ten_years              = INT64_C(10) * 365 * 86400 * 1000000000;
    const struct ht_output_config config = {.append = true, .rotate_ns = ten_years};
    struct ht_output *out                = open_with(config);
    put(out, 1, 1);
    assert_true(ht_output_close(out, NULL));
    out = open_with(config);
    put(out, 2, 1);
    assert_true(ht_output_close(out, NULL));
    assert_int_equal(scratch_files(), 1);

    const struct timespec in_1985[2] = {{.tv_sec = 15 * 365 * 86400}, {.tv_sec = 15 * 365 * 86400}};
    assert_int_equal(utimensat(AT_FDCWD, "out.jsonl", in_1985, 0), 0);
    out = open_with(config);
    assert_lines(scratch_read("out.jsonl"), 1, 2);
    put(out, 3, 1);
    put(out, 4, 1);
    assert_lines(scratch_read("out.jsonl"), 3, 2);
    assert_true(ht_output_close(out, NULL));
    assert_int_equal(scratch_files(), 2);
    assert_lines(scratch_join(2 * LINE_LEN), 1, 4);
}

/* What has the name by now may be somebody else's file. */
static void test_rotation_after_a_rename(void **state)
{
    (void)state;
    struct ht_output *out = open_with((struct ht_output_config){.rotate_bytes = 2 * LINE_LEN});
    put(out, 1, 2);
    assert_int_equal(rename("out.jsonl", "out.jsonl.1"), 0);
    put(out, 3, 2);
    assert_int_equal(unlink("out.jsonl"), 0);
    put(out, 5, 1);
    assert_true(ht_output_close(out, NULL));
    assert_lines(scratch_read("out.jsonl.1"), 1, 2);
    assert_lines(scratch_read("out.jsonl"), 5, 1);
    assert_int_equal(scratch_files(), 2);
}

static void test_rotation_behind_a_link(void **state)
{
    (void)state;
    scratch_write("real.jsonl", "");
    assert_int_equal(symlink("real.jsonl", "out.jsonl"), 0);
    struct ht_output *out = open_with((struct ht_output_config){.rotate_bytes = LINE_LEN});
    put(out, 1, 1);
    put(out, 2, 1);
    assert_true(ht_output_close(out, NULL));
    assert_lines(scratch_read("out.jsonl"), 2, 1);
    assert_lines(scratch_read("real.jsonl"), 2, 1);
    assert_int_equal(unlink("out.jsonl"), 0);
    assert_lines(scratch_join(LINE_LEN), 1, 2);
}

/* A link whose file is not there yet is one like others, at rotation and when opened anew. */
static void test_a_link_to_nothing(void **state)
{
    (void)state;
    struct told told = {0};
    assert_int_equal(symlink("real.jsonl", "out.jsonl"), 0);
    struct ht_output *out = open_with((struct ht_output_config){
        .rotate_bytes = 2 * LINE_LEN, .complain = scratch_tell, .context = &told});
    put(out, 1, 1);
    assert_int_equal(rename("real.jsonl", "moved.jsonl"), 0);
    assert_true(ht_output_reopen(out));
    put(out, 2, 2);
    put(out, 4, 1);
    assert_true(ht_output_close(out, NULL));
    assert_int_equal(told.num, 0);
    assert_lines(scratch_read("moved.jsonl"), 1, 1);
    assert_lines(scratch_read("out.jsonl"), 4, 1);
    assert_int_equal(unlink("out.jsonl"), 0);
    assert_int_equal(scratch_files(), 3);
    assert_lines(scratch_join(2 * LINE_LEN), 1, 4);
}

/* As logrotate does it: renames, with `create` makes an empty file, sends SIGHUP. */
static void test_reopen(void **state)
{
    (void)state;
    struct ht_output *out = open_with((struct ht_output_config){.mode = 0});
    put(out, 1, 2);
    assert_int_equal(rename("out.jsonl", "out.jsonl.1"), 0);
    put(out, 3, 1);
    assert_true(ht_output_reopen(out));
    put(out, 4, 1);
    assert_lines(scratch_read("out.jsonl.1"), 1, 3);
    assert_lines(scratch_read("out.jsonl"), 4, 1);

    assert_int_equal(rename("out.jsonl", "out.jsonl.2"), 0);
    scratch_write("out.jsonl", "");
    assert_true(ht_output_reopen(out));
    put(out, 5, 1);
    assert_lines(scratch_read("out.jsonl.2"), 4, 1);
    assert_lines(scratch_read("out.jsonl"), 5, 1);

    assert_int_equal(unlink("out.jsonl"), 0);
    assert_true(ht_output_reopen(out));
    put(out, 6, 1);
    assert_lines(scratch_read("out.jsonl"), 6, 1);

    assert_true(ht_output_reopen(out)); /* for nothing */
    put(out, 7, 1);
    assert_true(ht_output_close(out, NULL));
    assert_lines(scratch_read("out.jsonl"), 6, 2);
}

/* The run goes on in the old file, and that is told once. */
static void test_reopen_that_fails(void **state)
{
    (void)state;
    struct told told      = {0};
    struct ht_output *out = open_with((struct ht_output_config){
        .rotate_bytes = 4 * LINE_LEN, .retry_ns = 1, .complain = scratch_tell, .context = &told});
    put(out, 1, 2);
    assert_int_equal(rename("out.jsonl", "moved.jsonl"), 0);
    assert_int_equal(mkdir("out.jsonl", 0700), 0);
    assert_true(ht_output_reopen(out));
    for (unsigned n = 3; n < 8; n++) {
        put(out, n, 1);
    }
    assert_int_equal(told.num, 1);
    assert_non_null(
        strstr(told.last, "out.jsonl: cannot be opened anew: Is a directory; written "));
    assert_lines(scratch_read("moved.jsonl"), 1, 7);
    assert_int_equal(rmdir("out.jsonl"), 0);
    put(out, 8, 1);
    struct ht_output_counts counts;
    assert_true(ht_output_close(out, &counts));
    assert_int_equal(counts.errors, 1);
    assert_lines(scratch_read("out.jsonl"), 8, 1);
}

/* logrotate's copytruncate: the file is emptied under us. */
static void test_copytruncate(void **state)
{
    (void)state;
    struct ht_output *out = open_with((struct ht_output_config){.rotate_bytes = 3 * LINE_LEN});
    put(out, 1, 3);
    assert_int_equal(truncate("out.jsonl", 0), 0);
    put(out, 4, 3);
    assert_lines(scratch_read("out.jsonl"), 4, 3);
    assert_true(ht_output_close(out, NULL));
    assert_int_equal(scratch_files(), 1);
}

static void test_failure_is_final(void **state)
{
    (void)state;
    struct ht_output *out = open_with((struct ht_output_config){.mode = 0});
    put(out, 1, 5);
    limit_files(7 * LINE_LEN + 10);
    bool wrote = ht_output_write(out, scratch_lines(6, 5), 5);
    int why    = errno;
    limit_files(0);
    assert_false(wrote);
    assert_int_equal(why, EFBIG);
    assert_lines(scratch_read("out.jsonl"), 1, 5);
    assert_false(ht_output_write(out, scratch_lines(6, 1), 1));
    assert_int_equal(errno, EFBIG);
    assert_false(ht_output_write(out, ht_bytes(NULL, 0), 0));
    assert_false(ht_output_reopen(out));
    assert_false(ht_output_flush(out));
    struct ht_output_counts counts;
    (void)ht_output_close(out, &counts);
    assert_int_equal(counts.written_records, 5);
    assert_int_equal(counts.errors, 1);
    assert_lines(scratch_read("out.jsonl"), 1, 5);
}

/* As much as there was room for is taken back, wherever the parts were cut. */
static void test_parts_that_fail(void **state)
{
    (void)state;
    struct ht_bytes parts[MANY_PARTS];
    struct ht_output *out = open_with((struct ht_output_config){.mode = 0});
    put(out, 1, 5);
    cut(parts, scratch_lines(6, 100));
    limit_files(70 * LINE_LEN + 10);
    bool wrote = ht_output_write_parts(out, parts, MANY_PARTS, 100);
    int why    = errno;
    limit_files(0);
    assert_false(wrote);
    assert_int_equal(why, EFBIG);
    assert_lines(scratch_read("out.jsonl"), 1, 5);
    (void)ht_output_close(out, NULL);
}

static void test_standard_output(void **state)
{
    (void)state;
    int pipes[2], before = dup(STDOUT_FILENO);
    assert_int_equal(pipe(pipes), 0);
    fflush(stdout);
    assert_true(dup2(pipes[1], STDOUT_FILENO) >= 0);
    struct ht_error error;
    struct ht_output *out = ht_output_open(&(struct ht_output_config){.rotate_bytes = 1}, &error);
    char got[3 * LINE_LEN];
    bool wrote    = ht_output_write(out, scratch_lines(1, 2), 2) && ht_output_reopen(out);
    ssize_t len   = read(pipes[0], got, sizeof got);
    int directory = ht_output_directory(out);
    close(pipes[0]);
    bool wrote_more = ht_output_write(out, scratch_lines(3, 1), 1);
    int why         = errno;
    struct ht_output_counts counts;
    (void)ht_output_close(out, &counts);
    assert_true(dup2(before, STDOUT_FILENO) >= 0);
    close(pipes[1]);
    close(before);
    assert_true(wrote);
    assert_lines(ht_bytes(got, (size_t)len), 1, 2);
    assert_int_equal(directory, -1);
    assert_false(wrote_more);
    assert_int_equal(why, EPIPE);
    assert_true(counts.reader_gone);
    assert_int_equal(counts.written_records, 2);
}

static void test_full_device(void **state)
{
    (void)state;
    struct ht_output *out = open_with((struct ht_output_config){.path = "/dev/full"});
    assert_false(ht_output_write(out, scratch_lines(1, 1), 1));
    assert_int_equal(errno, ENOSPC);
    assert_true(ht_output_close(out, NULL));
    out = open_with(
        (struct ht_output_config){.path = "/dev/null", .rotate_bytes = 1, .rotate_ns = 1});
    put(out, 1, 1);
    put(out, 2, 1);
    assert_true(ht_output_close(out, NULL));
}

/* Who is waited for is told; the reader comes only then. */
static void read_fifo(void *context, const char *text)
{
    assert_string_equal(text, "fifo: waits for somebody to read it");
    if (fork() == 0) {
        int reader = open("fifo", O_RDONLY | O_CLOEXEC);
        char got[LINE_LEN];
        _exit(reader >= 0 && read(reader, got, sizeof got) == LINE_LEN ? 7 : 1);
    }
    *(bool *)context = true;
}

static void test_a_fifo_that_nobody_reads_yet(void **state)
{
    (void)state;
    bool told  = false;
    int status = 0;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    struct ht_output *out = open_with(
        (struct ht_output_config){.path = "fifo", .complain = read_fifo, .context = &told});
    assert_true(told);
    put(out, 1, 1);
    assert_true(ht_output_close(out, NULL));
    assert_true(wait(&status) > 0);
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void assert_refused(struct ht_output_config config, int why)
{
    struct ht_error error = {0};
    assert_null(ht_output_open(&config, &error));
    assert_memory_equal(error.text, config.path, strlen(config.path));
    assert_non_null(strstr(error.text, strerror(why)));
}

static void test_what_cannot_be_opened(void **state)
{
    (void)state;
    char name[256] = {0};
    memset(name, 'n', 250);
    assert_refused((struct ht_output_config){.path = "nowhere/out.jsonl"}, ENOENT);
    assert_refused((struct ht_output_config){.path = "nowhere/"}, EISDIR);
    assert_refused((struct ht_output_config){.path = "/"}, EISDIR);
    assert_refused((struct ht_output_config){.path = "."}, EISDIR);
    assert_refused((struct ht_output_config){.path = ""}, ENOENT);
    assert_refused((struct ht_output_config){.path = name, .rotate_bytes = 1}, ENAMETOOLONG);
    assert_true(ht_output_close(open_with((struct ht_output_config){.path = name}), NULL));
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_write),
        IN_SCRATCH(test_many_parts),
        IN_SCRATCH(test_parts_that_fail),
        IN_SCRATCH(test_mode),
        IN_SCRATCH(test_append),
        IN_SCRATCH(test_append_after_half_a_line),
        IN_SCRATCH(test_append_after_anothers_text),
        IN_SCRATCH(test_rotation_by_size),
        IN_SCRATCH(test_rotation_splits_no_record),
        IN_SCRATCH(test_rotated_names),
        IN_SCRATCH(test_rotation_overwrites_nothing),
        IN_SCRATCH(test_rotation_by_time),
        IN_SCRATCH(test_rotation_by_time_of_an_older_file),
        IN_SCRATCH(test_rotation_after_a_rename),
        IN_SCRATCH(test_rotation_behind_a_link),
        IN_SCRATCH(test_a_link_to_nothing),
        IN_SCRATCH(test_reopen),
        IN_SCRATCH(test_reopen_that_fails),
        IN_SCRATCH(test_copytruncate),
        IN_SCRATCH(test_failure_is_final),
        IN_SCRATCH(test_standard_output),
        IN_SCRATCH(test_full_device),
        IN_SCRATCH(test_a_fifo_that_nobody_reads_yet),
        IN_SCRATCH(test_what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
