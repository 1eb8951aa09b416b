/*
 * Captures read from files and pipes: their sizes, records longer than what is read at once, bytes
 * that come slowly, signals.
 */
#include "capture/input.h"

#include "captures.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NUM_RECORDS = 40 };

struct test {
    char folder[64];
    char path[96];
    struct writer capture; /* some records of a few bytes and of a hundred thousand */
    struct story expected;
};

/* Bytes that do not compress well, and no two records' alike. */
static struct ht_bytes noise(uint8_t *room, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed    = seed * 1664525 + 1013904223;
        room[i] = (uint8_t)(seed >> 24);
    }
    return ht_bytes(room, len);
}

static int set_up(void **state)
{
    struct test *test = calloc(1, sizeof *test);
    uint8_t *room     = malloc(100000);
    assert_non_null(test);
    assert_non_null(room);
    (void)snprintf(test->folder, sizeof test->folder, "/tmp/hellotap-file-test-XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    (void)snprintf(test->path, sizeof test->path, "%s/capture", test->folder);
    test->capture = writer(false);
    put_pcap(&test->capture, 0xA1B2C3D4, 65535, 1);
    for (uint32_t i = 0; i < NUM_RECORDS; i++) {
        put_record(&test->capture, i, i, noise(room, i % 4 == 3 ? 100000 : i, i));
    }
    test->expected = read_memory(ht_buffer_view(&test->capture.bytes));
    assert_int_equal(test->expected.num_frames, NUM_RECORDS);
    free(room);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;
    (void)unlink(test->path);
    (void)rmdir(test->folder);
    forget(&test->expected);
    ht_buffer_free(&test->capture.bytes);
    free(test);
    return 0;
}

static void write_file(const struct test *test, struct ht_bytes bytes)
{
    FILE *out = fopen(test->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, out), bytes.len);
    assert_int_equal(fclose(out), 0);
}

static void assert_whole(const struct test *test, const struct story *story)
{
    assert_int_equal(story->end, HT_READ_END);
    assert_frames(story, &test->expected, NUM_RECORDS);
}

static void reads_a_file(void **state)
{
    struct test *test = *state;
    write_file(test, ht_buffer_view(&test->capture.bytes));
    struct story story = read_path(test->path);
    assert_whole(test, &story);
    assert_int_equal(story.size_bytes, test->capture.bytes.len);
    assert_int_equal(story.read_bytes, test->capture.bytes.len);
    forget(&story);
}

/* Each frame's block is held by itself, as threads do that are behind. */
static void keeps_blocks_that_are_held(void **state)
{
    struct test *test = *state;
    struct ht_frame frames[NUM_RECORDS], frame;
    struct ht_shared *blocks[NUM_RECORDS];
    struct ht_error error;
    struct ht_source *source = ht_memory_open(ht_buffer_view(&test->capture.bytes), "test", &error);
    assert_non_null(source);
    size_t num = 0, num_blocks = 1;
    while (ht_source_next(source, &frame, &error) == HT_READ_FRAME) {
        assert_true(num < NUM_RECORDS && ht_shared_has(*source->block, frame.data));
        blocks[num] = *source->block;
        ht_shared_hold(blocks[num]);
        num_blocks += num > 0 && blocks[num] != blocks[num - 1];
        frames[num++] = frame;
    }
    ht_source_close(source);
    assert_int_equal(num, NUM_RECORDS);
    assert_true(num_blocks >= 4); /* a megabyte, read a quarter at a time */
    for (size_t i = 0; i < num; i++) {
        assert_int_equal(frames[i].data.len, test->expected.frames[i].data.len);
        assert_memory_equal(frames[i].data.ptr, test->expected.frames[i].data.ptr,
                            frames[i].data.len);
        ht_shared_drop(blocks[i]);
    }
}

/* A record of 3 MiB lies in one piece too. */
static void reads_a_long_record(void **state)
{
    struct test *test = *state;
    uint8_t *room     = malloc(3 << 20);
    struct writer w   = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 4 << 20, 1);
    put_record(&w, 1, 0, ht_text("before"));
    put_record(&w, 1, 0, noise(room, 3 << 20, 1));
    put_record(&w, 1, 0, ht_text("behind"));
    write_file(test, ht_buffer_view(&w.bytes));
    struct story story = read_path(test->path);
    assert_int_equal(story.num_frames, 3);
    assert_memory_equal(story.frames[1].data.ptr, room, 3 << 20);
    assert_text(story.frames[2].data, "behind");
    forget(&story);
    free(room);
    ht_buffer_free(&w.bytes);
}

/* A capture of `num` records of 100,000 bytes: 2 of them are read before the rest can be mapped. */
static struct writer long_capture(uint32_t num)
{
    uint8_t *room   = malloc(100000);
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 262144, 1);
    for (uint32_t i = 0; i < num; i++) {
        put_record(&w, i, i, noise(room, 100000, i));
    }
    free(room);
    return w;
}

static struct ht_source *open_in_turns(const struct test *test, struct ht_ways *ways,
                                       struct ht_error *error)
{
    struct ht_source *source = ht_file_open(test->path, error);
    assert_non_null(source);
    ht_file_map(source, ways);
    return source;
}

static struct ht_source *open_mapped(const struct test *test, struct ht_error *error)
{
    return open_in_turns(test, NULL, error);
}

/* The last record is longer than what is mapped at once; blocks outlive the source. */
static void maps_a_file(void **state)
{
    struct test *test = *state;
    uint8_t *room     = malloc(3 << 20);
    struct writer w   = long_capture(60);
    put_record(&w, 60, 0, noise(room, 3 << 20, 1));
    w.bytes.ptr[24 - 8 + 2] = 0x40; /* the longest record, 4 MiB */
    write_file(test, ht_buffer_view(&w.bytes));
    struct story expected = read_memory(ht_buffer_view(&w.bytes));
    assert_int_equal(expected.num_frames, 61);
    struct ht_error error;
    struct ht_frame frame;
    struct ht_source *source = open_mapped(test, &error);
    struct ht_shared *blocks[61];
    struct ht_bytes data[61];
    for (size_t i = 0; i < 61; i++) {
        assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
        assert_true(ht_shared_has(*source->block, frame.data));
        assert_int_equal((*source->block)->is_map, i >= 2);
        ht_shared_hold(*source->block);
        blocks[i] = *source->block;
        data[i]   = frame.data;
    }
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_END);
    assert_int_equal(source->read_bytes, w.bytes.len);
    assert_true(ht_source_check(source, false, &error));
    assert_int_equal(truncate(test->path, 4 << 20), 0);
    assert_false(ht_source_check(source, false, &error)); /* of what is held the end has gone */
    write_file(test, ht_buffer_view(&w.bytes));
    ht_source_close(source);
    for (size_t i = 0; i < 61; i++) {
        assert_int_equal(data[i].len, expected.frames[i].data.len);
        assert_memory_equal(data[i].ptr, expected.frames[i].data.ptr, data[i].len);
        ht_shared_drop(blocks[i]);
    }
    forget(&expected);
    free(room);
    ht_buffer_free(&w.bytes);
}

/* A capture of 60 such records, mapped. */
static struct ht_source *open_long(const struct test *test, struct ht_error *error)
{
    struct writer w = long_capture(60);
    write_file(test, ht_buffer_view(&w.bytes));
    ht_buffer_free(&w.bytes);
    return open_mapped(test, error);
}

static void take_frames(struct ht_source *source, int num)
{
    struct ht_error error;
    struct ht_frame frame;
    for (int i = 0; i < num; i++) {
        assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
    }
}

/* What others may write is copied before it is looked at. */
static void maps_no_file_of_others(void **state)
{
    struct test *test = *state;
    struct writer w   = long_capture(4);
    write_file(test, ht_buffer_view(&w.bytes));
    for (mode_t mode = 0600; mode <= 0622; mode++) {
        struct ht_error error;
        struct ht_frame frame;
        assert_int_equal(chmod(test->path, mode), 0);
        struct ht_source *source = open_mapped(test, &error);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
        }
        assert_int_equal((*source->block)->is_map, (mode & 022) == 0);
        ht_source_close(source);
    }
    ht_buffer_free(&w.bytes);
}

/* The capture with its records so many times. */
static void write_capture_often(const struct test *test, struct ht_bytes capture, unsigned times)
{
    struct ht_bytes records = ht_bytes_from(capture, 24);
    write_file(test, capture);
    FILE *out = fopen(test->path, "ab");
    assert_non_null(out);
    for (unsigned i = 1; i < times; i++) {
        assert_int_equal(fwrite(records.ptr, 1, records.len, out), records.len);
    }
    assert_int_equal(fclose(out), 0);
}

/* Turns of 8 MiB or a window more, mapped and read; in a mapped one more of the file lies at hand.
 */
static void maps_and_reads_in_turns(void **state)
{
    enum { ONCE = 60, NUM = 240, LEN = 100016 };
    struct test *test = *state;
    struct writer w   = long_capture(ONCE);
    write_capture_often(test, ht_buffer_view(&w.bytes), NUM / ONCE);
    struct ht_error error;
    struct ht_frame frame;
    struct ht_ways ways      = {0};
    struct ht_source *source = open_in_turns(test, &ways, &error);
    int turns[4] = {0}, turn = 0;
    for (uint32_t i = 0; i < NUM; i++) {
        assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
        assert_int_equal(frame.data.len, 100000);
        assert_memory_equal(frame.data.ptr, w.bytes.ptr + 40 + (size_t)(i % ONCE) * LEN, 100000);
        turn += (*source->block)->is_map != (turn % 2 == 1);
        assert_in_range(turn, 0, 3);
        turns[turn] += LEN;
    }
    assert_int_equal(turn, 3);
    assert_in_range(turns[1], HT_WAYS_TURN - LEN, HT_WAYS_TURN + HT_INPUT_WINDOW + LEN);
    assert_in_range(turns[2], HT_WAYS_TURN - LEN, HT_WAYS_TURN + HT_INPUT_WINDOW + LEN);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_END);
    assert_int_equal(source->read_bytes, source->size_bytes);
    assert_true(ht_source_check(source, false, &error));
    ht_source_close(source);
    ht_buffer_free(&w.bytes);
}

/* What is appended while the file is read belongs to it, also to a record that was not whole. */
static void maps_a_file_that_grows(void **state)
{
    struct test *test = *state;
    struct writer w   = long_capture(60);
    size_t first      = 24 + 40 * 100016 + 5000;
    write_file(test, ht_bytes_head(ht_buffer_view(&w.bytes), first));
    struct ht_error error;
    struct ht_frame frame;
    struct ht_source *source = open_mapped(test, &error);
    for (uint32_t i = 0; i < 60; i++) {
        if (i == 39) {
            write_file(test, ht_buffer_view(&w.bytes));
        }
        assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
        assert_int_equal(frame.data.len, 100000);
        assert_memory_equal(frame.data.ptr, w.bytes.ptr + 24 + (size_t)i * 100016 + 16, 100000);
    }
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_END);
    ht_source_close(source);
    ht_buffer_free(&w.bytes);
}

/* Two megabytes are mapped from the third record's page on, up to byte 2,293,760: all but the end
 * of the record that begins at byte 2,200,376. */
static void says_that_a_mapped_file_became_shorter(void **state)
{
    struct test *test = *state;
    struct ht_error error;
    struct ht_frame frame;
    struct ht_source *source = open_long(test, &error);
    take_frames(source, 3);
    assert_int_equal(truncate(test->path, 2290000), 0);
    take_frames(source, 19);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_ERROR);
    char expected[256];
    (void)snprintf(expected, sizeof expected, "%s: became shorter while it was read", test->path);
    assert_string_equal(error.text, expected);
    assert_true(ht_source_check(source, false, &error)); /* told once */
    ht_source_close(source);
}

/* A file that was mapped in a turn and became shorter in one in which it is read. */
static void says_that_a_file_became_shorter_between_turns(void **state)
{
    struct test *test = *state;
    struct writer w   = long_capture(60);
    write_capture_often(test, ht_buffer_view(&w.bytes), 4);
    struct ht_error error;
    struct ht_frame frame;
    struct ht_ways ways      = {0};
    struct ht_source *source = open_in_turns(test, &ways, &error);
    take_frames(source, 3);
    while ((*source->block)->is_map) {
        take_frames(source, 1);
    }
    assert_int_equal(truncate(test->path, 1 << 20), 0);
    enum ht_read read;
    while ((read = ht_source_next(source, &frame, &error)) == HT_READ_FRAME) {
    }
    assert_int_equal(read, HT_READ_ERROR);
    assert_non_null(strstr(error.text, ": became shorter while it was read"));
    assert_true(ht_source_check(source, false, &error)); /* told once */
    ht_source_close(source);
    ht_buffer_free(&w.bytes);
}

/* It is as long as it was when somebody looks, but what was read meanwhile was not there. */
static void says_that_a_mapped_file_was_shorter(void **state)
{
    struct ht_error error;
    struct ht_source *source = open_long(*state, &error);
    take_frames(source, 60);
    assert_true(ht_source_check(source, false, &error));
    assert_false(ht_source_check(source, true, &error));
    assert_non_null(strstr(error.text, ": became shorter while it was read"));
    assert_true(ht_source_check(source, true, &error)); /* told once */
    ht_source_close(source);
}

/* Writes to the pipe a few bytes at a time, in another process. */
static void write_slowly(int fd, struct ht_bytes bytes)
{
    for (size_t chunk = 1; bytes.len > 0; chunk = chunk % 4999 + 7) {
        struct ht_bytes part = ht_bytes_head(bytes, chunk);
        if (write(fd, part.ptr, part.len) != (ssize_t)part.len) {
            _exit(1);
        }
        bytes = ht_bytes_from(bytes, part.len);
    }
    _exit(0);
}

static void reads_a_slow_pipe(void **state)
{
    struct test *test = *state;
    assert_int_equal(mkfifo(test->path, 0600), 0);
    pid_t writer = fork();
    if (writer == 0) {
        write_slowly(open(test->path, O_WRONLY), ht_buffer_view(&test->capture.bytes));
    }
    struct story story = read_path(test->path);
    assert_whole(test, &story);
    assert_int_equal(story.size_bytes, 0);
    assert_int_equal(story.read_bytes, test->capture.bytes.len);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    forget(&story);
}

static void do_nothing(int number)
{
    (void)number;
}

/* A signal while the pipe is silent gives the caller a turn; nothing is lost by it. */
static void gives_way_to_a_signal(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    put_record(&w, 1, 2, ht_text("hello, world"));
    int ends[2];
    char path[32];
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    /* All but the last byte, which comes after the signal. */
    assert_int_equal(write(ends[1], w.bytes.ptr, w.bytes.len - 1), w.bytes.len - 1);
    struct ht_error error    = {0};
    struct ht_source *source = ht_file_open(path, &error);
    assert_non_null(source);
    const struct sigaction action = {.sa_handler = do_nothing};
    const struct itimerval soon   = {.it_value.tv_usec = 20000};
    struct sigaction before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    struct ht_frame frame;
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_AGAIN);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_int_equal(write(ends[1], w.bytes.ptr + w.bytes.len - 1, 1), 1);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
    assert_text(frame.data, "hello, world");
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_END);
    ht_source_close(source);
    assert_int_equal(close(ends[0]), 0);
    ht_buffer_free(&w.bytes);
}

/* Formats that somebody might take for one of ours, by their first bytes: Network Monitor 2 writes
 * GMBU. */
static void says_what_is_like_a_capture(void **state)
{
    (void)state;
    struct story monitor = read_memory(ht_bytes("GMBU\0\2\1\0\0\0\0\0", 12));
    assert_false(monitor.opened);
    assert_string_equal(monitor.error.text,
                        "test: not a pcap, pcapng or snoop file but a Network Monitor capture; "
                        "editcap makes a pcapng file of it");
    struct story order = read_memory(hex("0a0d0d0a 1c000000 11223344"));
    assert_false(order.opened);
    assert_string_equal(order.error.text, "test: not a capture file (pcap, pcapng or snoop)");
}

#define with_capture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_capture(reads_a_file),
        with_capture(keeps_blocks_that_are_held),
        with_capture(reads_a_long_record),
        with_capture(maps_a_file),
        with_capture(maps_no_file_of_others),
        with_capture(maps_and_reads_in_turns),
        with_capture(maps_a_file_that_grows),
        with_capture(says_that_a_mapped_file_became_shorter),
        with_capture(says_that_a_mapped_file_was_shorter),
        with_capture(says_that_a_file_became_shorter_between_turns),
        with_capture(reads_a_slow_pipe),
        cmocka_unit_test(gives_way_to_a_signal),
        cmocka_unit_test(says_what_is_like_a_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
