/*
 * The queue and who reads behind it: what fits, what is dropped, a FIFO that is not read.
 */
#include "queued.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_write(void **state)
{
    (void)state;
    struct ht_output *out = open_queued((struct ht_output_config){.append = true});
    put(out, 1, 2); /* waits for the thread */
    assert_int_equal(scratch_read("out.jsonl").len, 0);
    assert_int_equal(ht_output_counts(out).queue_peak_bytes, 2 * LINE_LEN);
    assert_true(ht_output_start(out, NULL));
    for (unsigned n = 3; n <= 500; n++) {
        put(out, n, 1);
    }
    assert_true(ht_output_flush(out));
    assert_lines(scratch_read("out.jsonl"), 1, 500);
    for (unsigned n = 501; n <= 1000; n++) {
        put(out, n, 1);
    }
    struct ht_output_counts counts;
    assert_true(ht_output_close(out, &counts));
    assert_lines(scratch_read("out.jsonl"), 1, 1000);
    assert_int_equal(counts.written_records, 1000);
    assert_int_equal(counts.written_bytes, 1000 * LINE_LEN);
    assert_int_equal(counts.errors + counts.dropped_records, 0);
    assert_int_equal(told.num, 0);
}

static void test_close_before_start(void **state)
{
    (void)state;
    struct ht_output *out = open_queued((struct ht_output_config){.mode = 0});
    assert_true(ht_output_flush(out));
    put(out, 1, 3);
    assert_false(ht_output_flush(out));
    struct ht_output_counts counts;
    assert_false(ht_output_close(out, &counts));
    assert_int_equal(counts.dropped_records, 3);
    assert_int_equal(counts.dropped_bytes, 3 * LINE_LEN);
    assert_int_equal(told.num, 1);
}

/* What does not fit is dropped whole; one that is larger than the queue always is. */
static void test_bound(void **state)
{
    (void)state;
    const size_t capacity = 10 * LINE_LEN + 7;
    struct ht_output *out = open_queued((struct ht_output_config){.queue_bytes = capacity});
    put(out, 1, 8);
    put(out, 9, 3);
    put(out, 12, 2);
    put(out, 14, 1);
    struct ht_output_counts counts = ht_output_counts(out);
    assert_int_equal(counts.dropped_records, 4);
    assert_int_equal(counts.dropped_bytes, 4 * LINE_LEN);
    assert_int_equal(counts.queue_peak_bytes, 10 * LINE_LEN);
    assert_int_equal(told.num, 1);
    assert_non_null(strstr(told.last, "out.jsonl: too slow"));
    assert_true(ht_output_start(out, NULL));
    assert_true(ht_output_flush(out));
    put(out, 15, 11);
    put(out, 26, 1);
    assert_false(ht_output_close(out, &counts)); /* something was lost */
    assert_int_equal(counts.dropped_records, 15);
    struct ht_bytes got = scratch_read("out.jsonl");
    assert_int_equal(count_lines(got), 11);
    assert_lines(ht_bytes_head(got, 8 * LINE_LEN), 1, 8);
    assert_lines(ht_bytes(got.ptr + 8 * LINE_LEN, 2 * LINE_LEN), 12, 2);
    assert_lines(ht_bytes_from(got, 10 * LINE_LEN), 26, 1);
}

static void test_end_of_slowness_is_told(void **state)
{
    (void)state;
    struct ht_output *out = open_queued(
        (struct ht_output_config){.queue_bytes = (size_t)10 * LINE_LEN, .retry_ns = MS});
    put(out, 1, 10);
    put(out, 11, 4);
    assert_non_null(strstr(told.last, "too slow"));
    usleep(20 * 1000); /* not its end, as it is still full */
    ht_output_tell(out);
    assert_int_equal(told.num, 1);
    assert_true(ht_output_start(out, NULL));
    wait_for_word(out, "out.jsonl: fast enough again; 4 records were dropped");
    assert_false(ht_output_close(out, NULL));
    assert_int_equal(told.num, 2);
}

static int open_fifo(void)
{
    if (!scratch_exists("fifo")) {
        assert_int_equal(mkfifo("fifo", 0600), 0);
    }
    int reader = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    return reader;
}

/* Reads what is there. */
static void read_some(int reader, struct ht_buffer *got)
{
    uint8_t block[4096];
    ssize_t len;
    while ((len = read(reader, block, sizeof block)) > 0) {
        assert_true(ht_buffer_append(got, ht_bytes(block, (size_t)len)));
    }
}

/* The caller and the reader are one thread: if the one were held up, the other would never come. */
static void test_slow_reader(void **state)
{
    (void)state;
    enum { RECORDS = 20000, QUEUE = 256 * 1024 }; /* more than the FIFO's 64 KiB */
    int reader            = open_fifo();
    struct ht_buffer got  = {.max = (size_t)RECORDS * LINE_LEN};
    struct ht_output *out = start_queued(
        (struct ht_output_config){.path = "fifo", .queue_bytes = QUEUE, .drain_ns = MS});
    struct ht_bytes lines = scratch_lines(1, RECORDS);
    for (unsigned n = 0; n < RECORDS; n++) {
        assert_true(ht_output_write(out, ht_bytes(lines.ptr + (size_t)n * LINE_LEN, LINE_LEN), 1));
    }
    assert_int_equal(told.num, 1);
    assert_non_null(
        strstr(told.last, "fifo: too slow: the queue is full, and records are dropped"));
    assert_true(ht_output_counts(out).queue_peak_bytes <= QUEUE);
    assert_true(ht_output_counts(out).queue_peak_bytes > QUEUE - LINE_LEN);
    while (!ht_output_flush(out)) {
        read_some(reader, &got);
    }
    assert_int_equal(told.num, 1);
    struct ht_output_counts counts;
    assert_false(ht_output_close(out, &counts));
    read_some(reader, &got);
    assert_true(counts.dropped_records > 0);
    assert_int_equal(counts.written_records + counts.dropped_records, RECORDS);
    assert_int_equal(counts.written_bytes + counts.dropped_bytes, RECORDS * LINE_LEN);
    assert_int_equal(count_lines(ht_buffer_view(&got)), counts.written_records);
    assert_int_equal(counts.errors, 0);
    ht_buffer_free(&got);
    close(reader);
}

static void test_close_with_a_stuck_reader(void **state)
{
    (void)state;
    enum { RECORDS = 1500 }; /* more than the FIFO's 64 KiB, less than the queue */
    int reader            = open_fifo();
    struct ht_output *out = start_queued((struct ht_output_config){
        .path = "fifo", .queue_bytes = (size_t)1 << 20, .drain_ns = 20 * MS, .retry_ns = MS});
    for (unsigned n = 1; n <= RECORDS; n++) {
        put(out, n, 1);
    }
    struct ht_output_counts counts;
    assert_false(ht_output_close(out, &counts));
    assert_true(counts.dropped_records > 0);
    assert_int_equal(counts.written_records + counts.dropped_records, RECORDS);
    assert_non_null(strstr(told.last, "fifo: the last "));
    assert_non_null(strstr(told.last, "are lost"));
    close(reader);
}

/* At the end of a capture thousands of connections are told at once: they wait for room. */
static void test_patience(void **state)
{
    (void)state;
    struct ht_output *out =
        start_queued((struct ht_output_config){.queue_bytes = (size_t)10 * LINE_LEN});
    ht_output_be_patient(out);
    for (unsigned n = 1; n <= 2000; n++) {
        put(out, n, 1);
    }
    struct ht_output_counts counts;
    assert_true(ht_output_close(out, &counts));
    assert_int_equal(counts.dropped_records, 0);
    assert_lines(scratch_read("out.jsonl"), 1, 2000);
}

/* Not for what never takes anything, nor for what does not fit at all. */
static void test_patience_ends(void **state)
{
    (void)state;
    enum { RECORDS = 3000 }; /* more than the FIFO's 64 KiB and the queue */
    int reader            = open_fifo();
    struct ht_output *out = start_queued((struct ht_output_config){
        .path = "fifo", .queue_bytes = (size_t)10 * LINE_LEN, .drain_ns = 20 * MS});
    ht_output_be_patient(out);
    put(out, 1, 11);
    assert_int_equal(ht_output_counts(out).dropped_records, 11);
    for (unsigned n = 12; n <= RECORDS; n++) {
        put(out, n, 1);
    }
    struct ht_output_counts counts;
    assert_false(ht_output_close(out, &counts));
    assert_true(counts.dropped_records > 11);
    assert_int_equal(counts.written_records + counts.dropped_records, RECORDS);
    close(reader);
}

/* The next reader begins with a whole line, and has all that the first did not take. */
static void test_reader_that_goes_and_comes(void **state)
{
    (void)state;
    int reader           = open_fifo();
    struct ht_buffer got = {.max = (size_t)1 << 20};
    struct ht_output *out =
        start_queued((struct ht_output_config){.path = "fifo", .retry_ns = MS, .drain_ns = MS});
    uint8_t part[LINE_LEN / 2];
    put(out, 1, 1);
    while (!ht_output_flush(out)) {
    }
    assert_int_equal(read(reader, part, sizeof part), sizeof part);
    close(reader);
    put(out, 2, 10);
    wait_for_error(out, 3);
    put(out, 12, 10);
    wait_for_word(out, "Broken pipe");
    assert_int_equal(told.num, 1);
    assert_false(ht_output_counts(out).reader_gone);
    reader = open_fifo();
    while (!ht_output_flush(out)) {
        read_some(reader, &got);
    }
    wait_for_word(out, "written again; 0 records were dropped");
    assert_true(ht_output_close(out, NULL));
    read_some(reader, &got);
    assert_lines(ht_buffer_view(&got), 2, 20);
    assert_int_equal(told.num, 2);
    ht_buffer_free(&got);
    close(reader);
}

/* Nobody has to be there at the start; the lines wait. */
static void test_reader_that_comes_later(void **state)
{
    (void)state;
    struct ht_buffer got = {.max = (size_t)1 << 20};
    assert_int_equal(mkfifo("fifo", 0600), 0);
    struct ht_output *out =
        start_queued((struct ht_output_config){.path = "fifo", .retry_ns = MS, .drain_ns = MS});
    put(out, 1, 10);
    wait_for_word(out, "fifo: Broken pipe; tried again");
    put(out, 11, 10);
    int reader = open_fifo();
    while (!ht_output_flush(out)) {
        read_some(reader, &got);
    }
    wait_for_word(out, "written again; 0 records were dropped");
    assert_true(ht_output_close(out, NULL));
    read_some(reader, &got);
    assert_lines(ht_buffer_view(&got), 1, 20);
    ht_buffer_free(&got);
    close(reader);
}

/* As in a sandbox: the FIFO, without its name, is kept, with what lies in it. */
static void test_reader_that_comes_to_a_fifo_that_cannot_be_opened_anew(void **state)
{
    (void)state;
    struct ht_buffer got = {.max = (size_t)1 << 20};
    int reader           = open_fifo();
    struct ht_output *out =
        start_queued((struct ht_output_config){.path = "fifo", .retry_ns = MS, .drain_ns = MS});
    assert_int_equal(rename("fifo", "moved"), 0);
    assert_int_equal(symlink("fifo", "fifo"), 0); /* ELOOP */
    close(reader);
    put(out, 1, 10);
    wait_for_error(out, 3);
    reader = open("moved", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    while (!ht_output_flush(out)) {
        read_some(reader, &got);
    }
    assert_true(ht_output_close(out, NULL));
    read_some(reader, &got);
    assert_lines(ht_buffer_view(&got), 1, 10);
    ht_buffer_free(&got);
    close(reader);
}

static void ignore(int signal)
{
    (void)signal;
}

/* A signal to the process stays for the one thread that wants it. */
static void test_signals_are_not_the_threads(void **state)
{
    (void)state;
    sigset_t one, pending, before;
    (void)signal(SIGUSR1, ignore);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    struct ht_output *out = start_queued((struct ht_output_config){.mode = 0});
    assert_int_equal(sigprocmask(SIG_BLOCK, &one, &before), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    put(out, 1, 1);
    assert_true(ht_output_flush(out));
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(sigismember(&pending, SIGUSR1), 1);
    assert_true(ht_output_close(out, NULL));
}

int main(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_write),
        IN_SCRATCH(test_close_before_start),
        IN_SCRATCH(test_bound),
        IN_SCRATCH(test_end_of_slowness_is_told),
        IN_SCRATCH(test_slow_reader),
        IN_SCRATCH(test_close_with_a_stuck_reader),
        IN_SCRATCH(test_patience),
        IN_SCRATCH(test_patience_ends),
        IN_SCRATCH(test_reader_that_goes_and_comes),
        IN_SCRATCH(test_reader_that_comes_later),
        IN_SCRATCH(test_reader_that_comes_to_a_fifo_that_cannot_be_opened_anew),
        IN_SCRATCH(test_signals_are_not_the_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
