/*
 * pcap files. What their bytes mean: draft-ietf-opsawg-pcap, and pcap-savefile(5).
 */
#include "base/time.h"
#include "captures.h"

#define HELLO ht_text("hello, world")

static void reads_every_variant(void **state)
{
    (void)state;
    static const struct {
        uint32_t magic;
        int64_t time_ns; /* of 1700000000 s and 123456 */
        size_t more_file_header, more_header;
    } variants[] = {
        {0xA1B2C3D4, 1700000000123456000, 0, 0},
        {0xA1B23C4D, 1700000000000123456, 0, 0},
        /* Kuznetsov's and IXIA's, as tshark 4.0.17 reads them. */
        {0xA1B2CD34, 1700000000123456000, 0, 8},
        {0x1C0001AC, 1700000000123456000, 4, 0},
        {0x1C0001AB, 1700000000123456000, 4, 0},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(variants) * 2; i++) {
        struct writer w = writer(i % 2 == 1);
        put_pcap(&w, variants[i / 2].magic, 65535, 113);
        put(&w, ht_bytes("\xAA\xAA\xAA\xAA", variants[i / 2].more_file_header));
        for (int n = 0; n < 2; n++) {
            put32(&w, 1700000000);
            put32(&w, 123456);
            put32(&w, 12);
            put32(&w, 1500);
            put(&w, ht_bytes("\xBB\xBB\xBB\xBB\xBB\xBB\xBB\xBB", variants[i / 2].more_header));
            put(&w, HELLO);
        }
        struct story story = read_memory(ht_buffer_view(&w.bytes));
        assert_int_equal(story.end, HT_READ_END);
        assert_int_equal(story.num_frames, 2);
        for (int n = 0; n < 2; n++) {
            const struct ht_frame *frame = &story.frames[n];
            assert_int_equal(frame->number, n + 1);
            assert_true(frame->time_ns == variants[i / 2].time_ns);
            assert_text(frame->data, "hello, world");
            assert_int_equal(frame->original_len, 1500);
            assert_int_equal(frame->link_type, 113);
            assert_int_equal(frame->interface, 0);
        }
        forget(&story);
        ht_buffer_free(&w.bytes);
    }
}

/* Bits 26 to 31 of the link type are about frame check sequences. */
static void ignores_the_rest_of_the_link_type(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 65535, 0x24000000 | 276);
    put_record(&w, 1, 0, HELLO);
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    assert_int_equal(story.frames[0].link_type, 276);
    forget(&story);
    ht_buffer_free(&w.bytes);
}

/* Seconds have no sign: 2106 is the end, not 1969. A fraction of more than a second is carried. */
static void reads_late_times(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    put_record(&w, UINT32_MAX, 1500000, HELLO);
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    assert_true(story.frames[0].time_ns == INT64_C(4294967296500000000));
    forget(&story);
    ht_buffer_free(&w.bytes);
}

/* Before version 2.3 the original length came first, in 2.3 either may. */
static void reads_old_versions(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    w.bytes.ptr[6] = 2; /* the minor version, little-endian */
    put32(&w, 1);
    put32(&w, 0);
    put32(&w, 1500);
    put32(&w, 12);
    put(&w, HELLO);
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    assert_int_equal(story.end, HT_READ_END);
    assert_text(story.frames[0].data, "hello, world");
    assert_int_equal(story.frames[0].original_len, 1500);
    forget(&story);
    ht_buffer_free(&w.bytes);
}

/* More bytes captured than there were: a frame is at least as long as what is there of it. */
static void mends_an_original_length(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    put32(&w, 1);
    put32(&w, 0);
    put32(&w, 12);
    put32(&w, 5);
    put(&w, HELLO);
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    assert_int_equal(story.num_frames, 1);
    assert_int_equal(story.frames[0].original_len, 12);
    forget(&story);
    ht_buffer_free(&w.bytes);
}

/* As cat(1) joins them: of other byte orders, units and link types, one of them without a frame. */
static void reads_joined_files(void **state)
{
    (void)state;
    struct writer w = writer(false), other = writer(true);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    put_record(&w, 1, 2, HELLO);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    put_pcap(&other, 0xA1B23C4D, 65535, 113);
    put_record(&other, 3, 4, ht_text("goodbye"));
    put_record(&other, 5, 6, ht_bytes("", 0));
    put(&w, ht_buffer_view(&other.bytes));
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    assert_int_equal(story.end, HT_READ_END);
    assert_int_equal(story.num_frames, 3);
    assert_int_equal(story.frames[1].number, 2);
    assert_int_equal(story.frames[1].time_ns, 3 * HT_SECOND_NS + 4);
    assert_int_equal(story.frames[1].link_type, 113);
    assert_text(story.frames[1].data, "goodbye");
    struct story cut = read_memory(ht_bytes(w.bytes.ptr, 24 + 28 + 20));
    assert_string_equal(cut.error.text,
                        "test: cut short at byte 72, in the file header before that of frame 2");
    forget(&story);
    forget(&cut);
    ht_buffer_free(&w.bytes);
    ht_buffer_free(&other.bytes);
}

/* A frame without data, of the second that is a magic number: 2055-12-18. */
static void takes_no_frame_for_a_file(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    put_record(&w, 0xA1B2C3D4, 1, ht_bytes("", 0));
    put_record(&w, 0xA1B2C3D4, 0x40002, HELLO);
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    assert_int_equal(story.end, HT_READ_END);
    assert_int_equal(story.num_frames, 2);
    forget(&story);
    ht_buffer_free(&w.bytes);
}

static void hands_out_what_is_whole(void **state)
{
    (void)state;
    struct writer w = writer(true);
    put_pcap(&w, 0xA1B23C4D, 65535, 1);
    put_record(&w, 1, 2, HELLO);
    put_record(&w, 3, 4, ht_bytes("", 0));
    put_record(&w, 5, 6, ht_text("goodbye"));
    assert_cuts(&w, records_before);
    ht_buffer_free(&w.bytes);
}

static void says_where_a_file_is_cut(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    put_record(&w, 1, 2, HELLO);
    put_record(&w, 3, 4, HELLO);
    struct story data = read_memory(ht_bytes(w.bytes.ptr, 24 + 28 + 20));
    assert_string_equal(data.error.text, "test: cut short at byte 72, in the data of frame 2");
    struct story header = read_memory(ht_bytes(w.bytes.ptr, 24 + 28 + 7));
    assert_string_equal(header.error.text, "test: cut short at byte 59, in the header of frame 2");
    struct story file = read_memory(ht_bytes(w.bytes.ptr, 23));
    assert_string_equal(file.error.text, "test: cut short at byte 23, in the file header");
    assert_false(file.opened);
    forget(&data);
    forget(&header);
    ht_buffer_free(&w.bytes);
}

/* A file whose second record claims `length` bytes; they are there, up to a MiB. */
static struct story read_length(uint32_t snaplen, uint32_t length)
{
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, snaplen, 1);
    put_record(&w, 1, 2, HELLO);
    put32(&w, 3);
    put32(&w, 4);
    put32(&w, length);
    put32(&w, length);
    size_t len    = length < 1 << 20 ? length : 1 << 20;
    uint8_t *data = calloc(1, len);
    assert_non_null(data);
    put(&w, ht_bytes(data, len));
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    free(data);
    ht_buffer_free(&w.bytes);
    return story;
}

/* Longer records than the snapshot length are common; a length that no frame has is damage. */
static void bounds_a_record(void **state)
{
    (void)state;
    static const struct {
        uint32_t snaplen, length;
        size_t frames;
    } cases[] = {
        {96, 262144, 2},          {96, 262145, 1},          {1 << 20, 1 << 20, 2},
        {UINT32_MAX, 1 << 20, 2}, {UINT32_MAX, 1 << 24, 1}, {UINT32_MAX, UINT32_MAX, 1},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct story story = read_length(cases[i].snaplen, cases[i].length);
        assert_int_equal(story.num_frames, cases[i].frames);
        assert_int_equal(story.end, cases[i].frames == 2 ? HT_READ_END : HT_READ_ERROR);
        forget(&story);
    }
}

static void says_what_is_damaged(void **state)
{
    (void)state;
    struct story story = read_length(96, 1 << 24);
    assert_int_equal(story.end, HT_READ_ERROR);
    assert_string_equal(story.error.text,
                        "test: damaged at byte 52: frame 2 claims 16777216 bytes");
    forget(&story);
}

static void assert_no_capture(struct ht_bytes file, const char *message)
{
    struct story story = read_memory(file);
    assert_false(story.opened);
    assert_true(story.error.unknown_format);
    assert_string_equal(story.error.text, message);
}

/* The magic number of zip is PKWARE's (APPNOTE 4.3.7). */
static void says_what_is_no_capture(void **state)
{
    (void)state;
    assert_no_capture(ht_bytes("", 0), "test: empty file");
    assert_no_capture(ht_text("GET / HTTP/1.1"),
                      "test: not a capture file (pcap, pcapng or snoop)");
    assert_no_capture(ht_text("x"), "test: not a capture file (pcap, pcapng or snoop)");
    assert_no_capture(ht_bytes("PK\3\4", 4),
                      "test: not a pcap, pcapng or snoop file but a zip archive; "
                      "gzip, zstd and lz4 are known here");
}

static void says_why_a_file_cannot_be_opened(void **state)
{
    (void)state;
    struct story none = read_path(HT_SOURCE_DIR "/no-such-file");
    assert_false(none.opened);
    assert_string_equal(none.error.text, HT_SOURCE_DIR "/no-such-file: No such file or directory");
    struct story folder = read_path(HT_SOURCE_DIR);
    assert_false(folder.opened);
    assert_string_equal(folder.error.text, HT_SOURCE_DIR ": Is a directory");
}

/* After the end, and after an error, a source stays where it is. */
static void stays_at_its_end(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B2C3D4, 65535, 1);
    put_record(&w, 1, 2, HELLO);
    for (size_t cut = 0; cut < 2; cut++) {
        struct ht_error error = {0};
        struct ht_source *source =
            ht_memory_open(ht_bytes(w.bytes.ptr, w.bytes.len - cut), "test", &error);
        struct ht_frame frame;
        for (int i = 0; i < 4; i++) {
            enum ht_read read = ht_source_next(source, &frame, &error);
            assert_int_equal(read, cut == 1 ? HT_READ_ERROR : i == 0 ? HT_READ_FRAME : HT_READ_END);
        }
        assert_int_equal(source->read_bytes, w.bytes.len - cut);
        ht_source_close(source);
    }
    ht_buffer_free(&w.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_variant),
        cmocka_unit_test(ignores_the_rest_of_the_link_type),
        cmocka_unit_test(reads_late_times),
        cmocka_unit_test(reads_old_versions),
        cmocka_unit_test(mends_an_original_length),
        cmocka_unit_test(reads_joined_files),
        cmocka_unit_test(takes_no_frame_for_a_file),
        cmocka_unit_test(hands_out_what_is_whole),
        cmocka_unit_test(says_where_a_file_is_cut),
        cmocka_unit_test(bounds_a_record),
        cmocka_unit_test(says_what_is_damaged),
        cmocka_unit_test(says_what_is_no_capture),
        cmocka_unit_test(says_why_a_file_cannot_be_opened),
        cmocka_unit_test(stays_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
