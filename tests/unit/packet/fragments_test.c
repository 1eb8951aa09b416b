/*
 * Fragments to datagrams: RFC 791 section 3.2, RFC 8200 section 4.5, RFC 5722 (overlaps), RFC 6946
 * (atomic fragments). What comes out is compared with the datagram that was cut up here.
 */
#include "packets.h"

#include "packet/fragments.h"

#include <stdio.h>

enum {
    DATA      = 68, /* a UDP datagram of 60 bytes */
    PIECES    = 4,
    MAX_FRAME = 2000,
    SECOND    = 1000000000
};

static struct ht_fragments fragments;
static struct ht_packet packet;
static uint64_t number;
static int64_t now_ns;

static int reset(void **unused)
{
    (void)unused;
    ht_fragments_free(&fragments);
    ht_fragments_init(&fragments, 1);
    number = 0;
    now_ns = 0;
    return 0;
}

/* The UDP datagram that is cut up: ports 49152 and 53, and bytes that are all different. */
static struct ht_bytes datagram(void)
{
    static uint8_t room[DATA];
    memcpy(room, hex(UDP("0044")).ptr, 8);
    for (size_t i = 8; i < DATA; i++) {
        room[i] = (uint8_t)i;
    }
    return ht_bytes(room, DATA);
}

struct cut {
    size_t from, to; /* of the datagram */
    bool more;
};

/* In pieces of 24, 16, 16 and 12 bytes. */
static const struct cut cuts[PIECES] = {
    {0, 24, true}, {24, 40, true}, {40, 56, true}, {56, DATA, false}};

/* A frame: `before`, then an IP header of which the last 4 (IPv4: at 4) or 8 bytes (IPv6) are about
 * fragments and are written here, then a part of `data`. */
static struct ht_frame fragment(const char *before, const char *header, struct ht_bytes data,
                                const struct cut *cut)
{
    static uint8_t room[70000];
    struct ht_bytes start = hex(before);
    memcpy(room, start.ptr, start.len);
    size_t at          = start.len;
    struct ht_bytes ip = hex(header);
    memcpy(room + at, ip.ptr, ip.len);
    bool ipv4       = ip.ptr[0] >> 4 == 4;
    size_t len      = cut->to - cut->from;
    size_t told     = ipv4 ? ip.len + len : ip.len - 40 + len;
    size_t offset   = ipv4 ? cut->from / 8 | (size_t)cut->more << 13 : cut->from | cut->more;
    uint8_t *length = room + at + (ipv4 ? 2 : 4);
    uint8_t *where  = room + at + (ipv4 ? 6 : ip.len - 6);
    length[0]       = (uint8_t)(told >> 8);
    length[1]       = (uint8_t)told;
    where[0]        = (uint8_t)(offset >> 8);
    where[1]        = (uint8_t)offset;
    at += ip.len;
    memcpy(room + at, data.ptr + cut->from, len);
    return (struct ht_frame){.number       = ++number,
                             .time_ns      = now_ns,
                             .data         = ht_bytes(room, at + len),
                             .original_len = (uint32_t)(at + len),
                             .link_type    = start.len > 0 ? HT_LINK_ETHERNET : HT_LINK_RAW};
}

static enum ht_decode take(struct ht_frame frame)
{
    enum ht_decode decoded = ht_packet_decode(&packet, &frame);
    if (decoded == HT_DECODE_FRAGMENT) {
        decoded = ht_fragments_take(&fragments, &frame, &packet);
    }
    return decoded;
}

static enum ht_decode take_cut(const char *header, size_t from, size_t to, bool more)
{
    const struct cut cut = {from, to, more};
    return take(fragment("", header, datagram(), &cut));
}

static void assert_whole(void)
{
    assert_int_equal(packet.source.port, 49152);
    assert_int_equal(packet.destination.port, 53);
    assert_int_equal(packet.payload_len, DATA - 8);
    assert_true(ht_bytes_equal(packet.payload, ht_bytes_from(datagram(), 8)));
}

/* The next permutation in the order of a dictionary; false after the last. */
static bool permute(int order[PIECES])
{
    int i = PIECES - 2, k = PIECES - 1;
    while (i >= 0 && order[i] > order[i + 1]) {
        i--;
    }
    if (i < 0) {
        return false;
    }
    while (order[k] < order[i]) {
        k--;
    }
    int swap = order[i];
    order[i] = order[k];
    order[k] = swap;
    for (int low = i + 1, high = PIECES - 1; low < high; low++, high--) {
        swap        = order[low];
        order[low]  = order[high];
        order[high] = swap;
    }
    return true;
}

#define HEADER4 IPV4("0000", "0000", "11")
#define OTHER4 "45000000 00020000 40110000 c0000201 c6336402 "
#define OPTIONS4 "46000000 00010000 40110000 c0000201 c6336402 01010101 "
#define FRAGMENT6(id) "11000000" id
#define HEADER6 IPV6("0000", "2c") FRAGMENT6("00010203")
/* Hop-by-hop options and a routing header with no segments left, each of 8 bytes (RFC 8200). */
#define EXTENDED6 IPV6("0000", "00") "2b00010400000000 2c00000000000000" FRAGMENT6("00010203")
/* Of 6in4 (RFC 4213). */
#define OUTER4_OF_6 "45000000 00090000 40290000 c0000201 c6336402 "
#define VLAN MACS "8100000c 0800"

static void in_every_order(const char *before, const char *header)
{
    int order[PIECES] = {0, 1, 2, 3};
    uint64_t expected = 0;
    do {
        for (int i = 0; i < PIECES; i++) {
            struct ht_frame frame = fragment(before, header, datagram(), &cuts[order[i]]);
            assert_int_equal(take(frame), i < PIECES - 1 ? HT_DECODE_FRAGMENT : HT_DECODED);
        }
        assert_whole();
        assert_int_equal(fragments.counts.datagrams, ++expected);
        now_ns += 40 * (int64_t)SECOND; /* the next is another with the same id */
    } while (permute(order));
    assert_int_equal(expected, 24);
    assert_int_equal(fragments.counts.incomplete, 0);
    assert_int_equal(fragments.counts.duplicates, 0);
}

static void every_order(void **unused)
{
    (void)unused;
    in_every_order("", HEADER4);
    reset(unused);
    in_every_order("", HEADER6);
    reset(unused);
    in_every_order("", EXTENDED6);
    reset(unused);
    in_every_order(VLAN, OPTIONS4);
    assert_int_equal(packet.num_layers, 1);
    assert_int_equal(packet.layers[0].id, 12);
}

/* The frame that is made has the number and the time of the one that completed it. */
static void the_frame_that_completes(void **unused)
{
    (void)unused;
    struct ht_frame first = fragment(VLAN, HEADER4, datagram(), &(struct cut){0, 24, true});
    assert_int_equal(take(first), HT_DECODE_FRAGMENT);
    now_ns                 = 5;
    struct ht_frame second = fragment(VLAN, HEADER4, datagram(), &(struct cut){24, DATA, false});
    assert_int_equal(ht_packet_decode(&packet, &second), HT_DECODE_FRAGMENT);
    assert_int_equal(ht_fragments_take(&fragments, &second, &packet), HT_DECODED);
    assert_int_equal(second.number, 2);
    assert_int_equal(second.time_ns, 5);
    assert_int_equal(second.link_type, HT_LINK_ETHERNET);
    assert_int_equal(second.rebuilt, 20 + DATA);
    assert_int_equal(packet.ip_len, 20 + DATA);
    assert_whole();
}

/* Another source, identification or, in IPv4, protocol: another datagram. */
static void datagrams_are_not_mixed(void **unused)
{
    static const char *const others[] = {
        OTHER4,
        "45000000 00010000 40110000 c0000202 c6336402 ",
        "45000000 00010000 40110000 c0000201 c6336403 ",
        IPV4("0000", "0000", "06"),
    };
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        assert_int_equal(take_cut(others[i], 24, DATA, false), HT_DECODE_FRAGMENT);
    }
    assert_int_equal(take_cut(IPV6("0000", "2c") FRAGMENT6("00000001"), 24, DATA, false),
                     HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 0, 24, true), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER6, 0, 24, true), HT_DECODE_FRAGMENT);
    assert_int_equal(fragments.waiting.len, 7);
    assert_int_equal(take_cut(HEADER4, 24, DATA, false), HT_DECODED);
    assert_whole();
    assert_int_equal(take_cut(OTHER4, 0, 24, true), HT_DECODED);
    assert_whole();
    ht_fragments_flush(&fragments);
    assert_int_equal(fragments.counts.incomplete, 5);
    assert_int_equal(fragments.budget.used, 0);
}

/* RFC 8200 section 4.5: only the first fragment's next header counts. */
static void next_header_of_the_first(void **unused)
{
    (void)unused;
    assert_int_equal(take_cut(IPV6("0000", "2c") "3b000000 00010203", 24, DATA, false),
                     HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER6, 0, 24, true), HT_DECODED);
    assert_whole();
}

static void exact_duplicates(void **unused)
{
    static const char *const headers[] = {HEADER4, HEADER6};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(headers); i++) {
        reset(unused);
        assert_int_equal(take_cut(headers[i], 0, 24, true), HT_DECODE_FRAGMENT);
        assert_int_equal(take_cut(headers[i], 0, 24, true), HT_DECODE_FRAGMENT);
        assert_int_equal(take_cut(headers[i], 24, DATA, false), HT_DECODED);
        assert_whole();
        /* A mirror port's copy of the last one, too, is not the begin of another. */
        assert_int_equal(take_cut(headers[i], 24, DATA, false), HT_DECODE_FRAGMENT);
        assert_int_equal(fragments.counts.duplicates, 2);
        assert_int_equal(fragments.counts.datagrams, 1);
        ht_fragments_flush(&fragments);
        assert_int_equal(fragments.counts.incomplete, 0);
    }
}

/* After a datagram is complete its id may be used again. */
static void an_id_used_again(void **unused)
{
    uint8_t other[DATA];
    (void)unused;
    memcpy(other, datagram().ptr, DATA);
    other[30] ^= 1;
    assert_int_equal(take_cut(HEADER4, 0, 24, true), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 24, DATA, false), HT_DECODED);
    struct ht_frame frame =
        fragment("", HEADER4, ht_bytes(other, DATA), &(struct cut){24, DATA, false});
    assert_int_equal(take(frame), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 0, 24, true), HT_DECODED);
    assert_true(ht_bytes_equal(packet.payload, ht_bytes(other + 8, DATA - 8)));
    assert_int_equal(fragments.counts.datagrams, 2);
}

/* IPv4 fragments that overlap and say the same. */
static void overlaps_that_agree(void **unused)
{
    (void)unused;
    assert_int_equal(take_cut(HEADER4, 16, 32, true), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 40, 48, true), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 8, DATA, false), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 0, 24, true), HT_DECODED);
    assert_whole();
    assert_int_equal(fragments.counts.overlaps, 0);
}

/* What differs, by one bit, drops the datagram and what else comes of it. */
static void overlaps_that_differ(void **unused)
{
    uint8_t other[DATA];
    (void)unused;
    memcpy(other, datagram().ptr, DATA);
    other[31] ^= 1;
    assert_int_equal(take_cut(HEADER4, 16, 32, true), HT_DECODE_FRAGMENT);
    struct ht_frame frame =
        fragment("", HEADER4, ht_bytes(other, DATA), &(struct cut){24, DATA, false});
    assert_int_equal(take(frame), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 0, 24, true), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 24, DATA, false), HT_DECODE_FRAGMENT);
    assert_int_equal(fragments.counts.overlaps, 1);
    ht_fragments_flush(&fragments);
    assert_int_equal(fragments.counts.datagrams, 0);
    assert_int_equal(fragments.counts.incomplete, 0); /* counted once */
}

/* RFC 5722 section 4: in IPv6 any overlap, "including those not yet received". */
static void overlaps_in_ipv6(void **unused)
{
    static const struct cut overlapping[] = {
        {16, 32, true}, {24, DATA, false}, {0, 32, true}, {32, 40, true}, {24, 32, true}};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(overlapping); i++) {
        const struct cut *cut = &overlapping[i];
        reset(unused);
        assert_int_equal(take_cut(HEADER6, 24, 40, true), HT_DECODE_FRAGMENT);
        assert_int_equal(take_cut(HEADER6, cut->from, cut->to, cut->more), HT_DECODE_FRAGMENT);
        assert_int_equal(take_cut(HEADER6, 0, 24, true), HT_DECODE_FRAGMENT);
        assert_int_equal(take_cut(HEADER6, 40, DATA, false), HT_DECODE_FRAGMENT);
        assert_int_equal(fragments.counts.overlaps, 1);
        assert_int_equal(fragments.counts.datagrams, 0);
    }
}

/* Two ends, or data behind the end. */
static void ends_that_differ(void **unused)
{
    (void)unused;
    assert_int_equal(take_cut(HEADER4, 24, 40, false), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER4, 40, DATA, false), HT_DECODE_FRAGMENT);
    assert_int_equal(fragments.counts.overlaps, 1);
    assert_int_equal(take_cut(OTHER4, 40, 56, true), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(OTHER4, 24, 40, false), HT_DECODE_FRAGMENT);
    assert_int_equal(fragments.counts.overlaps, 2);
}

static void fragments_of_no_datagram(void **unused)
{
    static uint8_t large[70000];
    struct ht_bytes data = ht_bytes(large, sizeof large);
    (void)unused;
    assert_int_equal(take_cut(HEADER4, 0, 23, true), HT_DECODE_FRAGMENT);  /* not in units of 8 */
    assert_int_equal(take_cut(HEADER4, 24, 24, true), HT_DECODE_FRAGMENT); /* empty */
    /* RFC 791: 65,535 bytes with the header are the most that a datagram can have. */
    assert_int_equal(take(fragment("", HEADER4, data, &(struct cut){65512, 65516, false})),
                     HT_DECODE_FRAGMENT);
    assert_int_equal(take(fragment("", HEADER6, data, &(struct cut){65528, 65536, false})),
                     HT_DECODE_FRAGMENT);
    /* A frame that is shorter on the wire than its IP header says. */
    struct ht_frame frame = fragment("", HEADER4, datagram(), &cuts[0]);
    frame.data.len -= 8;
    frame.original_len -= 8;
    assert_int_equal(take(frame), HT_DECODE_FRAGMENT);
    assert_int_equal(fragments.counts.malformed, 5);
    assert_int_equal(fragments.waiting.len, 0);
}

/* The largest datagrams, cut for Ethernet; the first fragment comes last. */
static void the_largest(const char *header, size_t largest)
{
    static uint8_t large[65535];
    memcpy(large, hex(UDP("0000")).ptr, 8);
    large[4] = (uint8_t)(largest >> 8);
    large[5] = (uint8_t)largest;
    for (size_t i = 8; i < largest; i++) {
        large[i] = (uint8_t)(i ^ i >> 8);
    }
    size_t from = (largest - 1) / 1480 * 1480;
    for (;; from -= 1480) {
        size_t to      = from + 1480 < largest ? from + 1480 : largest;
        struct cut cut = {from, to, to < largest};
        assert_int_equal(take(fragment("", header, ht_bytes(large, largest), &cut)),
                         from > 0 ? HT_DECODE_FRAGMENT : HT_DECODED);
        if (from == 0) {
            break;
        }
    }
    assert_int_equal(packet.payload_len, largest - 8);
    assert_true(ht_bytes_equal(packet.payload, ht_bytes(large + 8, largest - 8)));
}

static void the_largest_datagrams(void **unused)
{
    (void)unused;
    the_largest(HEADER4, 65535 - 20);
    the_largest(HEADER6, 65535);
    the_largest(EXTENDED6, 65535 - 16);
}

/* Fragments in a tunnel: the outer packets' lengths are not the datagram's. The tunnel, IP in IP
 * (RFC 2003) or GRE with a key (RFC 2890), stays in the layers; another is not mixed with it. */
static void fragments_in_a_tunnel(void **unused)
{
#define OUTER4(total) MACS "8100000c 0800 45000" total "00070000 40040000 cb007101 cb007102 "
#define OUTER6(length) MACS "86dd 60000000 0" length "2f40" A B
#define A "20010db8000000000000000000000001 "
#define B "20010db8000000000000000000000002 "
#define GRE(key) "20000800 " key
    static const struct {
        const char *first, *last;
        enum ht_layer_type type;
    } tunnels[] = {{OUTER4("040"), OUTER4("054"), HT_LAYER_IP_IN_IP},
                   {OUTER6("034") GRE("00001234"), OUTER6("048") GRE("00001234"), HT_LAYER_GRE}};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(tunnels); i++) {
        struct cut first = {0, 24, true}, last = {24, DATA, false};
        assert_int_equal(take_cut(HEADER4, 24, DATA, false), HT_DECODE_FRAGMENT);
        assert_int_equal(take(fragment(tunnels[i].last, HEADER4, datagram(), &last)),
                         HT_DECODE_FRAGMENT);
        assert_int_equal(take(fragment(OUTER6("034") GRE("00004321"), HEADER4, datagram(), &first)),
                         HT_DECODE_FRAGMENT);
        assert_int_equal(take(fragment(tunnels[i].first, HEADER4, datagram(), &first)), HT_DECODED);
        assert_whole();
        assert_address(&packet.source.address, "192.0.2.1");
        assert_int_equal(packet.ip_len, 20 + DATA);
        assert_int_equal(packet.layers[packet.num_layers - 1].type, tunnels[i].type);
        reset(NULL);
    }
}

/* The outer packet in fragments, and in it a fragment again. */
static void fragments_of_fragments(void **unused)
{
    static uint8_t inner[2][128];
    size_t len[2];
    (void)unused;
    for (int i = 0; i < 2; i++) {
        const struct cut cut  = {i == 0 ? 0 : 24, i == 0 ? 24 : DATA, i == 0};
        struct ht_frame frame = fragment("", HEADER6, datagram(), &cut);
        len[i]                = frame.data.len;
        memcpy(inner[i], frame.data.ptr, len[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        const char *outer = i == 0 ? IPV4("0000", "0000", "29") : OUTER4_OF_6;
        for (size_t from = 0; from < len[i]; from += 32) {
            size_t to      = from + 32 < len[i] ? from + 32 : len[i];
            struct cut cut = {from, to, to < len[i]};
            bool is_last   = i == 1 && to == len[i];
            assert_int_equal(take(fragment("", outer, ht_bytes(inner[i], len[i]), &cut)),
                             is_last ? HT_DECODED : HT_DECODE_FRAGMENT);
        }
    }
    assert_whole();
    assert_int_equal(packet.num_layers, 1);
    assert_int_equal(packet.layers[0].type, HT_LAYER_IP_IN_IP);
    assert_int_equal(fragments.counts.datagrams, 3);
}

/* RFC 6946: a datagram in one fragment is whole, whatever waits under its id. */
static void atomic_fragments(void **unused)
{
    (void)unused;
    assert_int_equal(take_cut(HEADER6, 24, DATA, false), HT_DECODE_FRAGMENT);
    assert_int_equal(take_cut(HEADER6, 0, DATA, false), HT_DECODED);
    assert_whole();
    assert_int_equal(take_cut(HEADER6, 0, 24, true), HT_DECODED);
    assert_whole();
}

/* Nothing is kept for ever, and what comes half a minute later is another's, as is what comes half
 * a minute earlier: files are not always in order. */
static void what_takes_too_long(void **unused)
{
    (void)unused;
    now_ns = 100 * (int64_t)SECOND;
    assert_int_equal(take_cut(HEADER4, 0, 24, true), HT_DECODE_FRAGMENT);
    now_ns += 31 * (int64_t)SECOND;
    assert_int_equal(take_cut(HEADER4, 24, DATA, false), HT_DECODE_FRAGMENT);
    assert_int_equal(fragments.counts.incomplete, 1);
    now_ns -= 31 * (int64_t)SECOND;
    assert_int_equal(take_cut(HEADER4, 0, 24, true), HT_DECODE_FRAGMENT);
    assert_int_equal(fragments.counts.incomplete, 2);
    now_ns -= 29 * (int64_t)SECOND;
    assert_int_equal(take_cut(HEADER4, 24, DATA, false), HT_DECODED);
    now_ns = INT64_MAX;
    assert_int_equal(take_cut(OTHER4, 0, 24, true), HT_DECODE_FRAGMENT);
    now_ns = INT64_MIN;
    assert_int_equal(take_cut(OTHER4, 24, 32, true), HT_DECODE_FRAGMENT);
}

/* A first fragment with the `i`th id. */
static struct ht_frame numbered(size_t i, struct ht_bytes data, const struct cut *cut)
{
    char header[64];
    (void)snprintf(header, sizeof header, "45000000 %04zx0000 40110000 c0000201 c6336402", i);
    return fragment("", header, data, cut);
}

/* The oldest goes where there are too many, or too many bytes. */
static void bounds(void **unused)
{
    static uint8_t large[60000];
    struct cut most   = {0, sizeof large, true};
    struct cut second = {24, DATA, false};
    (void)unused;
    for (size_t i = 0; i < HT_MAX_FRAGMENTED + 10; i++) {
        assert_int_equal(take(numbered(i, datagram(), &cuts[0])), HT_DECODE_FRAGMENT);
        assert_true(fragments.waiting.len <= HT_MAX_FRAGMENTED);
    }
    assert_int_equal(fragments.counts.evicted, 10);
    assert_int_equal(fragments.counts.incomplete, 10);
    assert_int_equal(take(numbered(9, datagram(), &second)), HT_DECODE_FRAGMENT);
    assert_int_equal(take(numbered(HT_MAX_FRAGMENTED, datagram(), &second)), HT_DECODED);
    reset(unused);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(take(numbered(i, ht_bytes(large, sizeof large), &most)),
                         HT_DECODE_FRAGMENT);
        assert_true(fragments.budget.used <= HT_MAX_FRAGMENT_BYTES);
    }
    assert_true(fragments.counts.evicted > 400);
    assert_true(fragments.waiting.len > 100);
}

/* Cut by the snapshot length: what is known is told up to the first byte that is missing. */
static void snapshot_length(void **unused)
{
    (void)unused;
    struct ht_frame frame = fragment("", HEADER4, datagram(), &cuts[0]);
    assert_int_equal(take(frame), HT_DECODE_FRAGMENT);
    frame = fragment("", HEADER4, datagram(), &(struct cut){40, DATA, false});
    assert_int_equal(take(frame), HT_DECODE_FRAGMENT);
    frame = fragment("", HEADER4, datagram(), &cuts[1]);
    frame.data.len -= 6;
    assert_int_equal(take(frame), HT_DECODED);
    assert_int_equal(packet.payload_len, DATA - 8);
    assert_true(ht_bytes_equal(packet.payload, ht_bytes_head(ht_bytes_from(datagram(), 8), 26)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_order, reset),
        cmocka_unit_test_setup(the_frame_that_completes, reset),
        cmocka_unit_test_setup(datagrams_are_not_mixed, reset),
        cmocka_unit_test_setup(next_header_of_the_first, reset),
        cmocka_unit_test_setup(exact_duplicates, reset),
        cmocka_unit_test_setup(an_id_used_again, reset),
        cmocka_unit_test_setup(overlaps_that_agree, reset),
        cmocka_unit_test_setup(overlaps_that_differ, reset),
        cmocka_unit_test_setup(overlaps_in_ipv6, reset),
        cmocka_unit_test_setup(ends_that_differ, reset),
        cmocka_unit_test_setup(fragments_of_no_datagram, reset),
        cmocka_unit_test_setup(the_largest_datagrams, reset),
        cmocka_unit_test_setup(fragments_in_a_tunnel, reset),
        cmocka_unit_test_setup(fragments_of_fragments, reset),
        cmocka_unit_test_setup(atomic_fragments, reset),
        cmocka_unit_test_setup(what_takes_too_long, reset),
        cmocka_unit_test_setup(bounds, reset),
        cmocka_unit_test_setup_teardown(snapshot_length, reset, reset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
