/*
 * IEEE 802.11 data frames (section 9.3.2) and the headers of captures before them. Written by hand
 * from the standard and https://www.radiotap.org; tshark reads them the same.
 */
#include "packets.h"

#define ADDRESSES "020000000001 020000000002 020000000003 "
#define SNAP4 "aaaa03 000000 0800" SYN4
#define SNAP6 "aaaa03 000000 86dd" SYN6
#define DATA_FRAME "0801 0000" ADDRESSES "1000 "

static void check(uint16_t link_type, const char *digits)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(digits);
    assert_int_equal(decode(&packet, link_type, frame), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.num_layers, 0);
    every_cut(link_type, frame, (size_t)(packet.ip.ptr - frame.ptr) + packet.ip_len, 0);
}

static void test_data(void **state)
{
    (void)state;
    check(HT_LINK_WIFI, DATA_FRAME SNAP4);
    check(HT_LINK_WIFI, DATA_FRAME SNAP6 "01020304"); /* with a check sequence behind it */
    check(HT_LINK_WIFI, "0802 0000" ADDRESSES "1000" SNAP4);
    check(HT_LINK_WIFI, "0803 0000" ADDRESSES "1000 020000000004" SNAP4);  /* four addresses */
    check(HT_LINK_WIFI, "8801 0000" ADDRESSES "1000 0000" SNAP4);          /* QoS */
    check(HT_LINK_WIFI, "8881 0000" ADDRESSES "1000 0000 00000000" SNAP4); /* HT control */
    check(HT_LINK_WIFI, "8803 0000" ADDRESSES "1000 020000000004 0000" SNAP6);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_WIFI, "8000 0000" ADDRESSES "1000"); /* beacon */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_WIFI, "d400 0000 020000000001"); /* acknowledgment */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_WIFI, "4801 0000" ADDRESSES "1000"); /* null */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_WIFI, "c801 0000" ADDRESSES "1000 0000");
}

#define AGGREGATE "8801 0000" ADDRESSES "1000 8000"
#define SUBFRAME(length) "020000000005 020000000006" length

#define PART_84 SUBFRAME("0054") SNAP4 "0000" /* padded by 2, 3, and not */
#define PART_35                                                                                    \
    SUBFRAME("0023")                                                                               \
    "aaaa03 000000 86dd 000000000000000000000000000000000000000000000000000000 000000"
#define PART_104 SUBFRAME("0068") SNAP6

/* Decodes the next part, of which the wire has `wire` bytes. */
static enum ht_decode decode_part(struct ht_packet *aggregate, struct ht_frame *frame, size_t wire,
                                  struct ht_packet *out)
{
    unsigned before = frame->part;
    assert_true(ht_packet_part(aggregate, frame));
    assert_int_equal(frame->part, before + 1);
    assert_int_equal(frame->original_len, wire);
    return ht_packet_decode(out, frame);
}

/* Section 9.3.2.2.2: subframes, each a packet; of three lengths, so that paddings differ. The last
 * has none, but the frame's check sequence behind it. */
static void test_aggregate(void **state)
{
    struct ht_packet aggregate, packet;
    struct ht_frame frame = {.number = 1, .link_type = HT_LINK_WIFI};
    (void)state;
    frame.data         = hex(AGGREGATE PART_84 PART_35 PART_104 "01020304");
    frame.original_len = (uint32_t)frame.data.len;
    assert_int_equal(ht_packet_decode(&aggregate, &frame), HT_DECODE_AGGREGATE);
    assert_string_equal(ht_decode_name(HT_DECODE_AGGREGATE), "aggregate");
    assert_int_equal(decode_part(&aggregate, &frame, 84, &packet), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.source.address.version, 4);
    assert_int_equal(decode_part(&aggregate, &frame, 35, &packet), HT_DECODE_MALFORMED);
    assert_int_equal(decode_part(&aggregate, &frame, 8 + 40 + 56, &packet), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.source.address.version, 6);
    assert_false(ht_packet_part(&aggregate, &frame));
}

/* Wherever the snapshot length cuts it, parts are cut, none is made up, and none is read past its
 * end. */
static void test_aggregate_cut(void **state)
{
    struct ht_bytes whole = hex(AGGREGATE PART_84 PART_84);
    (void)state;
    for (size_t len = 0; len < whole.len; len++) {
        struct ht_packet aggregate, packet;
        struct ht_frame frame = {.number = 1,
                                 .data   = ht_bytes(exact_copy(ht_bytes_head(whole, len)), len),
                                 .original_len = (uint32_t)whole.len,
                                 .link_type    = HT_LINK_WIFI};
        void *copy            = (void *)(uintptr_t)frame.data.ptr;
        size_t header = 26, each = 14 + 84 + 2, parts = 0;
        if (ht_packet_decode(&aggregate, &frame) == HT_DECODE_AGGREGATE) {
            while (ht_packet_part(&aggregate, &frame)) {
                assert_int_equal(frame.original_len, 84);
                (void)ht_packet_decode(&packet, &frame);
                parts++;
            }
        } else {
            assert_true(len < header);
        }
        assert_int_equal(parts, len < header + 14 ? 0 : len < header + each + 14 ? 1 : 2);
        free(copy);
    }
}

/* Lengths that lie: nothing past the frame is a part's. In a tunnel the first is all. */
static void test_aggregate_odd(void **state)
{
    struct ht_packet aggregate, packet;
    struct ht_frame frame = {.number = 1, .link_type = HT_LINK_WIFI};
    (void)state;
    frame.data         = hex(AGGREGATE SUBFRAME("0000") "0000" SUBFRAME("ffff") SNAP4);
    frame.original_len = (uint32_t)frame.data.len;
    assert_int_equal(ht_packet_decode(&aggregate, &frame), HT_DECODE_AGGREGATE);
    assert_int_equal(decode_part(&aggregate, &frame, 0, &packet), HT_DECODE_MALFORMED);
    assert_int_equal(decode_part(&aggregate, &frame, 84, &packet), HT_DECODED);
    assert_syn(&packet);
    assert_false(ht_packet_part(&aggregate, &frame));
    /* Deciphered, but still marked. */
    assert_decode(HT_DECODE_AGGREGATE, HT_LINK_WIFI,
                  "8841 0000" ADDRESSES "1000 8000" SUBFRAME("0054") SNAP4);
    assert_decode(HT_DECODE_ENCRYPTED, HT_LINK_WIFI,
                  "8841 0000" ADDRESSES "1000 8000" SUBFRAME("0054") "0102030405060708");
}

/* A frame longer than any can be: its parts come to an end before their number does. */
static void test_aggregate_of_many(void **state)
{
    enum { HEADER = 26, EMPTY = 16, MANY = 1 << 17, LONGEST = 11454 };
    static uint8_t bytes[HEADER + MANY * EMPTY];
    struct ht_bytes header = hex(AGGREGATE);
    struct ht_packet aggregate;
    struct ht_frame frame = {.number = 1, .link_type = HT_LINK_WIFI};
    size_t parts          = 0;
    (void)state;
    memcpy(bytes, header.ptr, header.len);
    frame.data         = ht_bytes(bytes, sizeof bytes);
    frame.original_len = sizeof bytes;
    assert_int_equal(ht_packet_decode(&aggregate, &frame), HT_DECODE_AGGREGATE);
    while (ht_packet_part(&aggregate, &frame)) {
        parts++;
    }
    assert_in_range(parts, LONGEST / EMPTY, UINT16_MAX);
}

static void test_protected(void **state)
{
    (void)state;
    assert_decode(HT_DECODE_ENCRYPTED, HT_LINK_WIFI,
                  "0841 0000" ADDRESSES "1000 0100002000000000 0102030405060708");
    /* Deciphered, but still marked. */
    assert_decode(HT_DECODED, HT_LINK_WIFI, "0841 0000" ADDRESSES "1000" SNAP4);
}

static void test_radiotap(void **state)
{
    (void)state;
    check(HT_LINK_RADIOTAP, "00 00 0800 00000000" DATA_FRAME SNAP4);
    check(HT_LINK_RADIOTAP, "00 00 0900 02000000 10" DATA_FRAME SNAP4);
    /* Time and flags, behind one word and behind two, which moves the time by its alignment. */
    check(HT_LINK_RADIOTAP, "00 00 1100 03000000 0102030405060708 10" DATA_FRAME SNAP4);
    /* Flags say that the body is aligned to four bytes: QoS control makes the header 26. */
    check(HT_LINK_RADIOTAP, "00 00 0900 02000000 30 8801 0000" ADDRESSES "1000 0000 0000" SNAP4);
    check(HT_LINK_RADIOTAP, "00 00 1900 03000080 00000000 00000000 0102030405060708 20"
                            "8801 0000" ADDRESSES "1000 0000 0000" SNAP4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RADIOTAP, "00 00 0700 00000000" DATA_FRAME SNAP4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RADIOTAP, "00 00 ff00 00000000" DATA_FRAME SNAP4);
}

static void test_other_headers(void **state)
{
    (void)state;
    char prism[144 * 2 + 1];
    memset(prism, '0', sizeof prism - 1);
    prism[sizeof prism - 1] = '\0';
    memcpy(prism, "4400000090000000", 16);
    char frame[1024];
    (void)sprintf(frame, "%s %s", prism, DATA_FRAME SNAP4);
    check(HT_LINK_PRISM, frame);
    memcpy(prism, "8021100100000040", 16); /* AVS: a length of 64 */
    (void)sprintf(frame, "%.128s %s", prism, DATA_FRAME SNAP4);
    check(HT_LINK_AVS, frame);
    check(HT_LINK_PRISM, frame);
    /* Per-Packet Information before 802.11 and before Ethernet. */
    check(HT_LINK_PPI, "00 00 0800 69000000" DATA_FRAME SNAP4);
    check(HT_LINK_PPI, "00 00 0c00 01000000 00000000" MACS "0800" SYN4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_PPI, "00 00 0700 69000000" DATA_FRAME SNAP4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_aggregate),
        cmocka_unit_test(test_aggregate_cut),
        cmocka_unit_test(test_aggregate_odd),
        cmocka_unit_test(test_aggregate_of_many),
        cmocka_unit_test(test_protected),
        cmocka_unit_test(test_radiotap),
        cmocka_unit_test(test_other_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
