/*
 * pcapng files. What their bytes mean: draft-ietf-opsawg-pcapng; the section numbers are its.
 */
#include "captures.h"

#define HELLO ht_text("hello, world")

enum {
    NAME_RESOLUTION = 4,
    STATISTICS      = 5,
    OLD_PACKET      = 2,
    SIMPLE_PACKET   = 3,
    SECRETS         = 10,
    TLS_KEY_LOG     = 0x544C534B
};

static void assert_hello(const struct ht_frame *frame, uint32_t interface, uint16_t link_type,
                         int64_t time_ns)
{
    assert_text(frame->data, "hello, world");
    assert_int_equal(frame->original_len, 12);
    assert_int_equal(frame->interface, interface);
    assert_int_equal(frame->link_type, link_type);
    assert_true(frame->time_ns == time_ns);
}

static struct story read_writer(struct writer *w)
{
    struct story story = read_memory(ht_buffer_view(&w->bytes));
    ht_buffer_free(&w->bytes);
    return story;
}

static void put_resolution(struct writer *w, uint8_t resolution)
{
    put_option(w, 9, ht_bytes(&resolution, 1));
}

static void put_nano_interface(struct writer *w, uint16_t link_type)
{
    begin_interface(w, link_type, 262144);
    put_option(w, 2, ht_text("eth0"));
    put_resolution(w, 9);
    put_option(w, 0, ht_bytes("", 0));
    end_block(w);
}

/* A tick of 2^-20 s is 953.67 ns; 1572865 ticks are 1.5 s and one. */
static void put_binary_interface(struct writer *w, uint16_t link_type, int64_t offset_s)
{
    begin_interface(w, link_type, 0);
    put_resolution(w, 0x80 | 20);
    put_option64(w, 14, (uint64_t)offset_s);
    end_block(w); /* without the end of the options, which is optional in practice */
}

static void reads_each_interface_by_its_description(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct writer w = writer(big_endian != 0);
        put_section(&w);
        put_nano_interface(&w, 1);
        put_binary_interface(&w, 101, 1700000000);
        put_packet(&w, 1, 1572865, HELLO);
        put_packet(&w, 0, UINT64_C(1700000000123456789), HELLO);
        put_interface(&w, 113);
        put_packet(&w, 2, UINT64_C(1700000000123456), HELLO);
        struct story story = read_writer(&w);
        assert_int_equal(story.end, HT_READ_END);
        assert_int_equal(story.num_frames, 3);
        assert_hello(&story.frames[0], 1, 101, INT64_C(1700000001500000953));
        assert_hello(&story.frames[1], 0, 1, INT64_C(1700000000123456789));
        assert_hello(&story.frames[2], 2, 113, INT64_C(1700000000123456000));
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(story.frames[i].number, i + 1);
        }
        forget(&story);
    }
}

static int64_t time_of(uint8_t resolution, int64_t offset_s, uint64_t ticks)
{
    struct writer w = writer(false);
    put_section(&w);
    begin_interface(&w, 1, 0);
    put_resolution(&w, resolution);
    put_option64(&w, 14, (uint64_t)offset_s);
    end_block(&w);
    put_packet(&w, 0, ticks, HELLO);
    struct story story = read_writer(&w);
    assert_int_equal(story.end, HT_READ_END);
    assert_int_equal(story.num_frames, 1);
    forget(&story);
    return story.frames[0].time_ns;
}

static void reads_times_of_any_resolution(void **state)
{
    (void)state;
    assert_true(time_of(0, 0, 1700000000) == INT64_C(1700000000000000000));
    assert_true(time_of(3, 0, 1700000000123) == INT64_C(1700000000123000000));
    assert_true(time_of(12, 0, UINT64_C(1700000000123456)) == INT64_C(1700000000123));
    assert_true(time_of(0x80, 0, 1700000000) == INT64_C(1700000000000000000));
    assert_true(time_of(0x80 | 32, 0, UINT64_C(3) << 31) == INT64_C(1500000000));
    assert_true(time_of(6, -2, 1500000) == INT64_C(-500000000));
    /* Ticks too short for 64 bits of them to be a nanosecond. */
    assert_true(time_of(127, 0, UINT64_MAX) == 0);
    assert_true(time_of(0xFF, 0, UINT64_MAX) == 0);
}

/* 4.1: a section has its own byte order and its own interfaces; ours are counted through. */
static void reads_sections_of_mixed_byte_order(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_section(&w);
    put_interface(&w, 1);
    put_interface(&w, 101);
    put_packet(&w, 1, 1, HELLO);
    w.big_endian = true;
    put_section(&w);
    put_interface(&w, 113);
    put_packet(&w, 0, 2, HELLO);
    w.big_endian = false;
    put_section(&w);
    put_nano_interface(&w, 276);
    put_packet(&w, 0, 3, HELLO);
    struct story story = read_writer(&w);
    assert_int_equal(story.end, HT_READ_END);
    assert_int_equal(story.num_frames, 3);
    assert_hello(&story.frames[0], 1, 101, 1000);
    assert_hello(&story.frames[1], 2, 113, 2000);
    assert_hello(&story.frames[2], 3, 276, 3);
    assert_int_equal(story.frames[2].number, 3);
    forget(&story);
}

static void forgets_interfaces_at_a_new_section(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_section(&w);
    put_interface(&w, 1);
    put_packet(&w, 0, 1, HELLO);
    put_section(&w);
    size_t at = w.bytes.len;
    put_packet(&w, 0, 2, HELLO);
    struct story story = read_writer(&w);
    char expected[128];
    (void)snprintf(expected, sizeof expected,
                   "test: damaged at byte %zu, after frame 1: "
                   "a packet of an interface that was not described",
                   at);
    assert_int_equal(story.num_frames, 1);
    assert_int_equal(story.end, HT_READ_ERROR);
    assert_string_equal(story.error.text, expected);
    forget(&story);
}

/* 4.3: the wire may have had more than was captured. */
static void keeps_the_original_length(void **state)
{
    (void)state;
    struct writer w = writer(true);
    put_section(&w);
    put_interface(&w, 1);
    begin_block(&w, 6);
    put32(&w, 0);
    put64(&w, 7);
    put32(&w, 5);
    put32(&w, 1500);
    put(&w, ht_text("hello"));
    end_block(&w);
    struct story story = read_writer(&w);
    assert_int_equal(story.num_frames, 1);
    assert_text(story.frames[0].data, "hello");
    assert_int_equal(story.frames[0].original_len, 1500);
    forget(&story);
}

static void put_simple(struct writer *w, uint32_t original_len, struct ht_bytes data)
{
    begin_block(w, SIMPLE_PACKET);
    put32(w, original_len);
    put(w, data);
    end_block(w);
}

/* 4.4: of the first interface, without a time, cut at that interface's snapshot length. */
static void reads_simple_packets(void **state)
{
    (void)state;
    static const uint32_t snaplens[] = {0, 12, 9};
    for (size_t i = 0; i < HT_ARRAY_LEN(snaplens); i++) {
        bool snapped    = snaplens[i] == 9;
        struct writer w = writer(i == 1);
        put_section(&w);
        begin_interface(&w, 101, snaplens[i]);
        end_block(&w);
        put_interface(&w, 1);
        put_simple(&w, 12, snapped ? ht_text("hello, wo") : HELLO);
        struct story story = read_writer(&w);
        assert_int_equal(story.end, HT_READ_END);
        assert_int_equal(story.num_frames, 1);
        assert_text(story.frames[0].data, snapped ? "hello, wo" : "hello, world");
        assert_int_equal(story.frames[0].original_len, 12);
        assert_int_equal(story.frames[0].link_type, 101);
        assert_int_equal(story.frames[0].interface, 0);
        assert_true(story.frames[0].time_ns == 0);
        forget(&story);
    }
}

static void put_old_packet(struct writer *w, uint16_t interface, uint16_t drops, uint64_t ticks)
{
    begin_block(w, OLD_PACKET);
    put16(w, interface);
    put16(w, drops);
    put32(w, (uint32_t)(ticks >> 32));
    put32(w, (uint32_t)ticks);
    put32(w, 12);
    put32(w, 12);
    put(w, HELLO);
    end_block(w);
}

/* Appendix A. A count of 0xFFFF lost packets says that it is not known. */
static void reads_obsolete_packet_blocks(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct writer w = writer(big_endian != 0);
        put_section(&w);
        put_interface(&w, 1);
        put_interface(&w, 101);
        put_old_packet(&w, 1, 2, UINT64_C(1700000000123456));
        put_old_packet(&w, 0, 0xFFFF, 5);
        struct story story = read_writer(&w);
        assert_int_equal(story.end, HT_READ_END);
        assert_int_equal(story.num_frames, 2);
        assert_hello(&story.frames[0], 1, 101, INT64_C(1700000000123456000));
        assert_hello(&story.frames[1], 0, 1, 5000);
        assert_int_equal(story.dropped, 2);
        forget(&story);
    }
}

static void put_statistics(struct writer *w, uint32_t interface, uint64_t by_interface,
                           uint64_t by_system)
{
    begin_block(w, STATISTICS);
    put32(w, interface);
    put64(w, 0);
    put_option64(w, 4, 1000000); /* received */
    put_option64(w, 5, by_interface);
    put_option64(w, 7, by_system);
    put_option64(w, 8, 1000000); /* delivered */
    end_block(w);
}

static void put_packet_after_losses(struct writer *w, uint32_t interface, uint64_t losses)
{
    begin_packet(w, interface, 1, HELLO);
    put_option64(w, 4, losses);
    end_block(w);
}

static uint64_t dropped(struct writer *w)
{
    struct story story = read_writer(w);
    assert_int_equal(story.end, HT_READ_END);
    forget(&story);
    return story.dropped;
}

/* 4.6: statistics count from the start of the capture, so that the latest of them hold. */
static void counts_what_statistics_say_was_lost(void **state)
{
    (void)state;
    struct writer w = writer(true);
    put_section(&w);
    put_interface(&w, 1);
    put_interface(&w, 1);
    put_statistics(&w, 0, 2, 3);
    put_statistics(&w, 1, 10, 0);
    put_statistics(&w, 0, 4, 3);
    put_statistics(&w, 9, 100, 100); /* of no interface */
    assert_int_equal(dropped(&w), 17);
}

/* 4.3: epb_dropcount counts since the packet before. Statistics tell of the same losses. */
static void counts_losses_once(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_section(&w);
    put_interface(&w, 1);
    put_packet_after_losses(&w, 0, 3);
    put_packet_after_losses(&w, 0, 4);
    put_statistics(&w, 0, 5, 0);
    assert_int_equal(dropped(&w), 7);
    w = writer(false);
    put_section(&w);
    put_interface(&w, 1);
    put_packet_after_losses(&w, 0, 3);
    put_statistics(&w, 0, 5, 0);
    put_section(&w); /* and the next section's come on top */
    put_interface(&w, 1);
    put_packet_after_losses(&w, 0, 1);
    assert_int_equal(dropped(&w), 6);
}

static void counts_comments(void **state)
{
    (void)state;
    struct writer w = writer(false);
    begin_block(&w, 0x0A0D0D0A);
    put32(&w, 0x1A2B3C4D);
    put32(&w, 1);
    put64(&w, UINT64_MAX);
    put_option(&w, 1, ht_text("of the section"));
    end_block(&w);
    begin_interface(&w, 1, 0);
    put_option(&w, 1, ht_text("of the interface"));
    put_option(&w, 0, ht_bytes("", 0));
    put_option(&w, 1, ht_text("behind the end"));
    end_block(&w);
    begin_packet(&w, 0, 1, HELLO);
    put_option(&w, 1, ht_text("of the packet"));
    put_option(&w, 1, ht_text("and another"));
    end_block(&w);
    struct story story = read_writer(&w);
    assert_int_equal(story.end, HT_READ_END);
    assert_int_equal(story.num_comments, 4);
    forget(&story);
}

static void put_secrets(struct writer *w, uint32_t type, const char *text)
{
    begin_block(w, SECRETS);
    put32(w, type);
    put32(w, (uint32_t)strlen(text));
    put(w, ht_text(text));
    end_block(w);
}

/* 4.7 */
static void keeps_decryption_secrets(void **state)
{
    (void)state;
    struct writer w = writer(true);
    put_section(&w);
    put_interface(&w, 1);
    put_secrets(&w, TLS_KEY_LOG, "CLIENT_RANDOM 00 11\n");
    put_packet(&w, 0, 1, HELLO);
    put_secrets(&w, 0x57474B4C, "wireguard"); /* WGKL */
    struct ht_error error    = {0};
    struct ht_source *source = ht_memory_open(ht_buffer_view(&w.bytes), "test", &error);
    assert_non_null(source);
    uint32_t type = 0;
    assert_int_equal(ht_source_secrets(source, 0, &type).len, 0);
    struct ht_frame frame;
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
    assert_int_equal(source->num_secrets, 1);
    struct ht_bytes first = ht_source_secrets(source, 0, &type);
    assert_text(first, "CLIENT_RANDOM 00 11\n");
    assert_int_equal(type, TLS_KEY_LOG);
    assert_int_equal(ht_source_secrets(source, 1, &type).len, 0);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_END);
    assert_text(ht_source_secrets(source, 1, &type), "wireguard");
    assert_int_equal(type, 0x57474B4C);
    assert_text(first, "CLIENT_RANDOM 00 11\n"); /* lives as long as the source */
    assert_int_equal(source->num_secrets, 2);
    ht_source_close(source);
    ht_buffer_free(&w.bytes);
}

/* Five of 4 MiB: 16 MiB are the most that are kept, and the packets go on. */
static void refuses_too_many_secrets(void **state)
{
    (void)state;
    char *text = malloc((4 << 20) + 1);
    assert_non_null(text);
    memset(text, 'x', 4 << 20);
    text[4 << 20]   = '\0';
    struct writer w = writer(false);
    put_section(&w);
    put_interface(&w, 1);
    for (int i = 0; i < 5; i++) {
        put_secrets(&w, TLS_KEY_LOG, text);
    }
    put_packet(&w, 0, 1, HELLO);
    struct ht_error error    = {0};
    struct ht_source *source = ht_memory_open(ht_buffer_view(&w.bytes), "test", &error);
    assert_non_null(source);
    struct ht_frame frame;
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
    assert_int_equal(source->num_secrets + source->refused_secrets, 5);
    assert_true(source->refused_secrets > 0);
    assert_true(source->num_secrets > 0);
    ht_source_close(source);
    ht_buffer_free(&w.bytes);
    free(text);
}

static void put_unknown(struct writer *w, uint32_t type, const char *body)
{
    begin_block(w, type);
    put(w, ht_text(body));
    end_block(w);
}

/* 4.5 name resolution, 4.8 custom, and what nobody knows yet; also of an empty body. */
static void steps_over_other_blocks(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_section(&w);
    put_interface(&w, 1);
    begin_block(&w, NAME_RESOLUTION);
    put16(&w, 1);
    put16(&w, 8);
    put(&w, ht_bytes("\x0A\0\0\1a.b", 8));
    put32(&w, 0);
    end_block(&w);
    put_packet(&w, 0, 1, HELLO);
    put_unknown(&w, 0x00000BAD, "\1\1\1\1custom");
    put_unknown(&w, 0x40000BAD, "\1\1\1\1custom");
    put_unknown(&w, 9, "MESSAGE=journal");
    put_unknown(&w, 0x80000001, "");
    put_unknown(&w, UINT32_MAX, "whatever");
    put_packet(&w, 0, 2, HELLO);
    struct story story = read_writer(&w);
    assert_int_equal(story.end, HT_READ_END);
    assert_int_equal(story.num_frames, 2);
    assert_hello(&story.frames[1], 0, 1, 2000);
    forget(&story);
}

/* A block of every kind. */
static void put_all(struct writer *w)
{
    put_section(w);
    put_nano_interface(w, 1);
    put_binary_interface(w, 101, 5);
    put_packet(w, 1, 1572865, HELLO);
    put_secrets(w, TLS_KEY_LOG, "secret");
    put_old_packet(w, 0, 0, 3);
    put_section(w);
    put_interface(w, 113);
    put_simple(w, 12, HELLO);
    put_statistics(w, 0, 1, 1);
}

static size_t packets_before(const struct writer *w, size_t len)
{
    static const size_t packets[] = {3, 5, 8}; /* put_all's 4th, 6th and 9th block */
    size_t num                    = 0;
    while (num < HT_ARRAY_LEN(packets) && w->ends[packets[num]] <= len) {
        num++;
    }
    return num;
}

static void hands_out_what_is_whole(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct writer w = writer(big_endian != 0);
        put_all(&w);
        assert_cuts(&w, packets_before);
        ht_buffer_free(&w.bytes);
    }
}

static void says_where_a_file_is_cut(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_section(&w);             /* 28 bytes */
    put_interface(&w, 1);        /* 20 */
    put_packet(&w, 0, 1, HELLO); /* 44 */
    put_packet(&w, 0, 1, HELLO);
    struct story story = read_memory(ht_bytes(w.bytes.ptr, 28 + 20 + 44 + 43));
    assert_string_equal(story.error.text,
                        "test: cut short at byte 135, in the block at 92 after frame 1");
    assert_int_equal(story.num_frames, 1);
    forget(&story);
    ht_buffer_free(&w.bytes);
}

/* Overwrites 32 bits of a block, and reads. The block of the packet lies at 48, of 44 bytes. */
static void assert_damage(size_t at, uint32_t value, const char *what)
{
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct writer w = writer(big_endian != 0);
        put_section(&w);
        put_interface(&w, 1);
        put_packet(&w, 0, 1, HELLO);
        struct writer number = writer(w.big_endian);
        put32(&number, value);
        memcpy(w.bytes.ptr + at, number.bytes.ptr, 4);
        ht_buffer_free(&number.bytes);
        struct story story = read_writer(&w);
        assert_int_equal(story.num_frames, 0);
        assert_int_equal(story.end, HT_READ_ERROR);
        assert_memory_equal(story.error.text, "test: damaged at ", 17);
        assert_string_equal(story.error.text + 17, what);
    }
}

static void says_what_is_damaged(void **state)
{
    (void)state;
    assert_damage(48 + 4, 0, "byte 48, after frame 0: a block with a length of 0");
    assert_damage(48 + 4, 8, "byte 48, after frame 0: a block with a length of 8");
    assert_damage(48 + 4, 43, "byte 48, after frame 0: a block with a length of 43");
    assert_damage(48 + 4, 4294967292,
                  "byte 48, after frame 0: a block with a length of 4294967292");
    assert_damage(48 + 40, 40, "byte 48, after frame 0: a block whose two lengths differ");
    assert_damage(28 + 4, 12, "byte 28, after frame 0: a block whose two lengths differ");
    assert_damage(48 + 20, 13, "byte 48, after frame 0: a packet that is longer than its block");
    assert_damage(48 + 20, UINT32_MAX,
                  "byte 48, after frame 0: a packet that is longer than its block");
    assert_damage(48 + 8, 1,
                  "byte 48, after frame 0: a packet of an interface that was not described");
    assert_damage(28, 3, "byte 28, after frame 0: a packet of an interface that was not described");
    assert_damage(48, 0x0A0D0D0A, "byte 48, after frame 0: a section of unknown byte order");
}

/* The version is the first number of the section's body behind the magic number. */
static void refuses_an_unknown_version(void **state)
{
    (void)state;
    struct writer w = writer(true);
    put_section(&w);
    w.bytes.ptr[13]    = 2;
    struct story story = read_writer(&w);
    assert_int_equal(story.end, HT_READ_ERROR);
    assert_string_equal(
        story.error.text,
        "test: damaged at byte 0, after frame 0: a section of an unknown version of pcapng");
}

/* Options are notes: where their lengths are wrong, the packet before them stands. */
static void bears_damaged_options(void **state)
{
    (void)state;
    struct writer w = writer(false);
    put_section(&w);
    put_interface(&w, 1);
    begin_packet(&w, 0, 1, HELLO);
    put16(&w, 1);
    put16(&w, 0xFFFF);
    put32(&w, 0);
    end_block(&w);
    struct story story = read_writer(&w);
    assert_int_equal(story.end, HT_READ_END);
    assert_int_equal(story.num_frames, 1);
    assert_int_equal(story.num_comments, 0);
    forget(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_interface_by_its_description),
        cmocka_unit_test(reads_times_of_any_resolution),
        cmocka_unit_test(reads_sections_of_mixed_byte_order),
        cmocka_unit_test(forgets_interfaces_at_a_new_section),
        cmocka_unit_test(keeps_the_original_length),
        cmocka_unit_test(reads_simple_packets),
        cmocka_unit_test(reads_obsolete_packet_blocks),
        cmocka_unit_test(counts_what_statistics_say_was_lost),
        cmocka_unit_test(counts_losses_once),
        cmocka_unit_test(counts_comments),
        cmocka_unit_test(keeps_decryption_secrets),
        cmocka_unit_test(refuses_too_many_secrets),
        cmocka_unit_test(steps_over_other_blocks),
        cmocka_unit_test(hands_out_what_is_whole),
        cmocka_unit_test(says_where_a_file_is_cut),
        cmocka_unit_test(says_what_is_damaged),
        cmocka_unit_test(refuses_an_unknown_version),
        cmocka_unit_test(bears_damaged_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
