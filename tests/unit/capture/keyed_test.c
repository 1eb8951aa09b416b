/*
 * A key log that grows while frames wait for it. The interface is one that the test makes up: it
 * hands out what it is told to.
 */
#include "support.h"

#include "capture/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LATE_NS = 200000000, MAX_FRAMES = 4096 };

struct made_up {
    struct ht_source source;
    size_t num, given, len; /* frames of so many bytes */
    enum ht_read then;
    bool *closed;
    struct ht_shared *block;
    uint8_t bytes[1 << 16];
};

static enum ht_read made_up_next(struct ht_source *source, struct ht_frame *out,
                                 struct ht_error *error)
{
    struct made_up *m = (struct made_up *)source;
    if (m->given == m->num) {
        (void)usleep(m->then == HT_READ_AGAIN ? 10000 : 0);
        (void)ht_fail(error, "over");
        return m->then;
    }
    memset(m->bytes, (int)(m->given & 0xFF), m->len); /* what was handed out before is gone */
    *out = (struct ht_frame){.number = ++m->given, .data = ht_bytes(m->bytes, m->len)};
    return HT_READ_FRAME;
}

static void made_up_close(struct ht_source *source)
{
    *((struct made_up *)source)->closed = true;
    free(source);
}

static const struct ht_source_ops made_up_ops = {.next = made_up_next, .close = made_up_close};

static struct made_up *make_up(size_t num, size_t len, enum ht_read then, bool *closed)
{
    struct made_up *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->source.ops   = &made_up_ops;
    m->source.name  = "made0";
    m->source.block = &m->block;
    m->num          = num;
    m->len          = len;
    m->then         = then;
    m->closed       = closed;
    return m;
}

static int temporary(char *path)
{
    int file = mkstemp(path);
    assert_true(file >= 0);
    return file;
}

static void say(int file, const char *text)
{
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
}

static void assert_secrets(const struct ht_source *source, size_t num, const char *text)
{
    uint32_t type;
    assert_text(ht_source_secrets(source, num, &type), text);
    assert_int_equal(type, 0x544C534B); /* pcapng: TLS key log */
}

static void assert_frame(const struct ht_frame *frame, uint64_t number, size_t len)
{
    assert_int_equal(frame->number, number);
    assert_int_equal(frame->data.len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(frame->data.ptr[i], (number - 1) & 0xFF);
    }
}

static void count_notice(void *context, const char *text)
{
    assert_non_null(strstr(text, "replaced"));
    (*(int *)context)++;
}

static struct ht_source *follow(struct ht_source *live, const char *path, int64_t late_ns,
                                int *notices, struct ht_error *error)
{
    const struct ht_growing_keys keys = {.descriptor =
                                             open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC),
                                         .path           = path,
                                         .notice         = notices != NULL ? count_notice : NULL,
                                         .notice_context = notices};
    struct ht_source *source          = ht_keyed_open(live, &keys, late_ns, error);
    assert_true(source == NULL || source->block == NULL); /* frames wait as copies */
    return source;
}

/* Nothing can be read by a descriptor of what is written to another file of that name. */
static void a_file_that_is_replaced(void **state)
{
    char path[] = "/tmp/keyed-test-XXXXXX", other[] = "/tmp/keyed-test-XXXXXX";
    bool closed = false;
    int notices = 0, writer = temporary(path);
    struct ht_frame frame;
    struct ht_error error;
    (void)state;
    (void)close(temporary(other));
    struct ht_source *source =
        follow(&make_up(0, 60, HT_READ_AGAIN, &closed)->source, path, LATE_NS, &notices, &error);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_AGAIN);
    assert_int_equal(notices, 0);
    assert_int_equal(rename(other, path), 0);
    say(writer, "CLIENT_RANDOM aa bb\n"); /* by who has it open still */
    for (int i = 0; i < 25; i++) {
        (void)usleep(100000);
        assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_AGAIN);
    }
    assert_int_equal(notices, 1);
    assert_secrets(source, 0, "CLIENT_RANDOM aa bb\n");
    ht_source_close(source);
    (void)close(writer);
    (void)unlink(path);
}

/* A line that is written after the frame was captured is there before it; one that is not whole is
 * waited for. */
static void lines_come_before_their_frames(void **state)
{
    char path[] = "/tmp/keyed-test-XXXXXX";
    int writer  = temporary(path);
    bool closed = false;
    struct ht_frame frame;
    struct ht_error error;
    (void)state;
    struct ht_source *source =
        follow(&make_up(2, 60, HT_READ_AGAIN, &closed)->source, path, LATE_NS, NULL, &error);
    assert_non_null(source);
    assert_string_equal(source->name, "made0");
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_AGAIN);
    assert_int_equal(source->num_secrets, 0);
    say(writer, "CLIENT_RANDOM aa bb\nCLIENT_RANDOM c");
    while (ht_source_next(source, &frame, &error) == HT_READ_AGAIN) {
    }
    assert_frame(&frame, 1, 60);
    assert_int_equal(source->num_secrets, 1);
    assert_secrets(source, 0, "CLIENT_RANDOM aa bb\n");
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
    assert_frame(&frame, 2, 60);
    say(writer, "c dd\n");
    (void)usleep(100000);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_AGAIN);
    assert_secrets(source, 1, "CLIENT_RANDOM cc dd\n");
    assert_int_equal(ftruncate(writer, 0), 0); /* another program begins it anew */
    assert_int_equal(lseek(writer, 0, SEEK_SET), 0);
    say(writer, "# new\n");
    (void)usleep(100000);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_AGAIN);
    assert_secrets(source, 2, "# new\n");
    ht_source_close(source);
    assert_true(closed);
    (void)close(writer);
    (void)unlink(path);
}

/* A FIFO to which nobody writes yet holds up nothing. */
static void a_fifo(void **state)
{
    char path[] = "/tmp/keyed-test-XXXXXX";
    bool closed = false;
    struct ht_frame frame;
    struct ht_error error;
    (void)state;
    (void)close(temporary(path));
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct ht_source *source =
        follow(&make_up(1, 60, HT_READ_AGAIN, &closed)->source, path, LATE_NS, NULL, &error);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_AGAIN);
    int writer = open(path, O_WRONLY | O_CLOEXEC);
    say(writer, "CLIENT_RANDOM aa bb\n");
    (void)close(writer);
    while (ht_source_next(source, &frame, &error) == HT_READ_AGAIN) {
    }
    assert_frame(&frame, 1, 60);
    assert_secrets(source, 0, "CLIENT_RANDOM aa bb\n");
    ht_source_close(source);
    (void)unlink(path);
}

/* A writer who is as fast as we are does not keep us from the frames. */
static void a_writer_without_end(void **state)
{
    bool closed = false;
    struct ht_frame frame;
    struct ht_error error;
    (void)state;
    struct ht_source *source =
        follow(&make_up(1, 60, HT_READ_AGAIN, &closed)->source, "/dev/zero", LATE_NS, NULL, &error);
    while (ht_source_next(source, &frame, &error) == HT_READ_AGAIN) {
    }
    assert_frame(&frame, 1, 60);
    assert_int_equal(source->num_secrets, 0);
    ht_source_close(source);
}

/* More than there is room for: the first ones wait no longer, none is lost or changed, and what
 * ended is told after all that came before. */
static void more_than_may_wait(void **state)
{
    static const size_t lengths[] = {65535, 65536 - 100, 40001, 0};
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(lengths); i++) {
        bool closed = false;
        struct ht_frame frame;
        struct ht_error error;
        struct ht_source *source =
            follow(&make_up(MAX_FRAMES, lengths[i], HT_READ_ERROR, &closed)->source, "/dev/null",
                   INT64_C(3600000000000), NULL, &error);
        for (uint64_t number = 1; number <= MAX_FRAMES; number++) {
            enum ht_read read;
            while ((read = ht_source_next(source, &frame, &error)) == HT_READ_AGAIN) {
            }
            assert_int_equal(read, HT_READ_FRAME);
            assert_int_equal(frame.number, number);
            assert_int_equal(frame.data.len, lengths[i]);
            if (lengths[i] > 0) {
                assert_int_equal(frame.data.ptr[0], (number - 1) & 0xFF);
                assert_int_equal(frame.data.ptr[lengths[i] - 1], (number - 1) & 0xFF);
            }
        }
        assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_ERROR);
        assert_string_equal(error.text, "over");
        ht_source_close(source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_before_their_frames), cmocka_unit_test(a_fifo),
        cmocka_unit_test(a_writer_without_end), cmocka_unit_test(a_file_that_is_replaced),
        cmocka_unit_test(more_than_may_wait)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
