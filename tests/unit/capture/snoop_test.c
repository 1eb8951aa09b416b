/*
 * snoop files. What their bytes mean: RFC 1761.
 */
#include "captures.h"

enum { ETHERNET = 4 };

static void put_header(struct writer *w, uint32_t version, uint32_t data_link)
{
    put(w, ht_bytes("snoop\0\0\0", 8));
    put32(w, version);
    put32(w, data_link);
    put_end(w);
}

/* A packet record, filled up to a multiple of four bytes (section 3). */
static void put_packet_record(struct writer *w, uint32_t original, uint32_t dropped, uint32_t at,
                              struct ht_bytes data)
{
    uint32_t fill = (4 - data.len % 4) % 4;
    put32(w, original);
    put32(w, (uint32_t)data.len);
    put32(w, 24 + (uint32_t)data.len + fill);
    put32(w, dropped);
    put32(w, at);
    put32(w, 123456);
    put(w, data);
    put(w, ht_bytes("\0\0\0", fill));
    put_end(w);
}

static void reads_records(void **state)
{
    (void)state;
    struct writer w = writer(true);
    put_header(&w, 2, ETHERNET);
    put_packet_record(&w, 1500, 0, 1700000000, ht_text("hello, world"));
    put_packet_record(&w, 7, 9, 4000000000, ht_text("goodbye"));
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    assert_int_equal(story.end, HT_READ_END);
    assert_int_equal(story.num_frames, 2);
    assert_text(story.frames[0].data, "hello, world");
    assert_int_equal(story.frames[0].number, 1);
    assert_true(story.frames[0].time_ns == 1700000000123456000);
    assert_int_equal(story.frames[0].original_len, 1500);
    assert_int_equal(story.frames[0].link_type, 1);
    assert_text(story.frames[1].data, "goodbye");
    assert_int_equal(story.frames[1].number, 2);
    assert_true(story.frames[1].time_ns == 4000000000123456000);
    assert_int_equal(story.frames[1].original_len, 7);
    assert_int_equal(story.dropped, 9);
    forget(&story);
    ht_buffer_free(&w.bytes);
}

/* Section 4, and the link types of pcap files. */
static void knows_data_links(void **state)
{
    (void)state;
    static const struct {
        uint32_t data_link;
        uint16_t link_type;
    } known[] = {{0, 1}, {2, 6}, {4, 1}, {8, 10}, {18, 123}};
    for (size_t i = 0; i < HT_ARRAY_LEN(known); i++) {
        struct writer w = writer(true);
        put_header(&w, 2, known[i].data_link);
        put_packet_record(&w, 5, 0, 1, ht_text("hello"));
        struct story story = read_memory(ht_buffer_view(&w.bytes));
        assert_int_equal(story.num_frames, 1);
        assert_int_equal(story.frames[0].link_type, known[i].link_type);
        forget(&story);
        ht_buffer_free(&w.bytes);
    }
}

static void assert_refused(uint32_t version, uint32_t data_link, const char *message)
{
    struct writer w = writer(true);
    put_header(&w, version, data_link);
    struct story story = read_memory(ht_buffer_view(&w.bytes));
    assert_false(story.opened);
    assert_string_equal(story.error.text, message);
    ht_buffer_free(&w.bytes);
}

static void says_what_it_does_not_read(void **state)
{
    (void)state;
    assert_refused(1, ETHERNET, "test: a snoop capture of version 1; version 2 is read here");
    assert_refused(2, 5, "test: a snoop capture of data link type 5, which is not read");
}

static void hands_out_what_is_whole(void **state)
{
    (void)state;
    struct writer w = writer(true);
    put_header(&w, 2, ETHERNET);
    put_packet_record(&w, 12, 0, 1, ht_text("hello, world"));
    put_packet_record(&w, 0, 0, 2, ht_bytes("", 0));
    put_packet_record(&w, 7, 0, 3, ht_text("goodbye"));
    assert_cuts(&w, records_before);
    ht_buffer_free(&w.bytes);
}

/* Lengths of the second record that cannot be: of the record, shorter than its header or than what
 * it holds, or longer than any; of the data. */
static void says_what_is_damaged(void **state)
{
    (void)state;
    static const struct {
        uint32_t captured, record;
    } lengths[] = {{0, 23}, {5, 28}, {8, UINT32_MAX}, {UINT32_MAX, 64}};
    for (size_t i = 0; i < HT_ARRAY_LEN(lengths); i++) {
        struct writer w = writer(true);
        char message[96];
        put_header(&w, 2, ETHERNET);
        put_packet_record(&w, 12, 0, 1, ht_text("hello, world"));
        put32(&w, 12);
        put32(&w, lengths[i].captured);
        put32(&w, lengths[i].record);
        put(&w, ht_bytes("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
        struct story story = read_memory(ht_buffer_view(&w.bytes));
        assert_int_equal(story.end, HT_READ_ERROR);
        assert_int_equal(story.num_frames, 1);
        (void)snprintf(message, sizeof message, "test: damaged at byte 52: frame 2 claims %u bytes",
                       lengths[i].captured);
        assert_string_equal(story.error.text, message);
        forget(&story);
        ht_buffer_free(&w.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_records),
        cmocka_unit_test(knows_data_links),
        cmocka_unit_test(says_what_it_does_not_read),
        cmocka_unit_test(hands_out_what_is_whole),
        cmocka_unit_test(says_what_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
