/*
 * Copies from mirror ports, and what is none. Packets as Linux, which numbers segments anew when it
 * sends them again, and as hosts that send everything with the id 0.
 */
#include "support.h"

#include "flow/copies.h"

#include <netinet/in.h>

#define MS INT64_C(1000000)

static struct ht_recent recent;

static int reset(void **unused)
{
    (void)unused;
    recent = (struct ht_recent){0};
    return 0;
}

static struct ht_packet segment(uint16_t id, uint32_t seq)
{
    return (struct ht_packet){.protocol    = IPPROTO_TCP,
                              .id          = id,
                              .checksum    = (uint16_t)(seq * 31),
                              .payload_len = 100,
                              .tcp = {.seq = seq, .ack = 7, .window = 500, .flags = HT_TCP_ACK}};
}

static bool is_copy(struct ht_packet packet, int64_t time_ns)
{
    return ht_recent_is_copy(&recent, &packet, time_ns, false);
}

static void the_same_packet_again(void **unused)
{
    (void)unused;
    assert_false(is_copy(segment(1, 100), 0));
    assert_true(is_copy(segment(1, 100), 20000));
    assert_true(is_copy(segment(1, 100), 40000)); /* three taps */
    assert_int_equal(recent.copies, 2);
}

/* Copies of several packets that follow them together, as where each port has its buffer. */
static void a_burst_and_its_copies(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < HT_RECENT_PACKETS; i++) {
        assert_false(is_copy(segment((uint16_t)i, i * 100), i * INT64_C(1000)));
    }
    for (unsigned i = 0; i < HT_RECENT_PACKETS; i++) {
        assert_true(is_copy(segment((uint16_t)i, i * 100), 9000 + i * INT64_C(1000)));
    }
}

static void a_retransmission_has_another_id(void **unused)
{
    (void)unused;
    assert_false(is_copy(segment(1, 100), 0));
    assert_false(is_copy(segment(2, 100), MS));
    assert_int_equal(recent.copies, 0);
}

/* Without an id: by time, or by what the timestamp option says. */
static void a_retransmission_without_id(void **unused)
{
    static const uint8_t sent[]  = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 9};
    static const uint8_t again[] = {1, 1, 8, 10, 0, 0, 0, 3, 0, 0, 0, 9};
    struct ht_packet first = segment(0, 100), second = first;
    (void)unused;
    assert_false(is_copy(first, 0));
    assert_false(is_copy(first, 201 * MS)); /* the shortest timer of Linux */
    assert_false(is_copy(segment(0, 200), 400 * MS));
    assert_false(is_copy(first, 400 * MS + 1)); /* the one before was long ago */
    /* Checksums not computed yet, as in a capture of one's own packets. */
    first.tcp.options  = ht_bytes(sent, sizeof sent);
    second.tcp.options = ht_bytes(again, sizeof again);
    assert_false(is_copy(first, 500 * MS));
    assert_false(is_copy(second, 502 * MS));
    assert_true(is_copy(second, 502 * MS + 1));
}

/* RFC 2018 section 4: the block that changes comes first, behind a timestamp that may stay the same
 * for milliseconds. Two acknowledgements of a host that captures itself, over IPv6. */
static void selective_acknowledgements(void **unused)
{
    static const uint8_t one[]   = {1, 1, 8, 10, 0, 0, 0, 1,  0, 0, 0, 9,  1, 1, 5, 18,
                                    0, 0, 0, 40, 0, 0, 0, 50, 0, 0, 0, 20, 0, 0, 0, 30};
    static const uint8_t other[] = {1, 1, 8, 10, 0, 0, 0, 1,  0, 0, 0, 9,  1, 1, 5, 18,
                                    0, 0, 0, 40, 0, 0, 0, 60, 0, 0, 0, 20, 0, 0, 0, 30};
    struct ht_packet first       = {
              .protocol = IPPROTO_TCP, .checksum = 9, .tcp = {.seq = 5, .ack = 7, .flags = HT_TCP_ACK}};
    struct ht_packet second = first;
    (void)unused;
    first.tcp.options  = ht_bytes(one, sizeof one);
    second.tcp.options = ht_bytes(other, sizeof other);
    assert_false(is_copy(first, 0));
    assert_false(is_copy(second, 100000));
    assert_true(is_copy(second, 200000));
}

/* A host that has closed sends a RST for each packet that still comes. */
static void resets_without_id(void **unused)
{
    struct ht_packet reset_packet = {
        .protocol = IPPROTO_TCP, .checksum = 9, .tcp = {.seq = 5, .flags = HT_TCP_RST}};
    (void)unused;
    assert_false(is_copy(reset_packet, 0));
    assert_false(is_copy(reset_packet, 100000));
    reset_packet.id = 1;
    assert_false(is_copy(reset_packet, 0));
    assert_true(is_copy(reset_packet, 1));
}

/* Each of these is another packet. */
static void any_difference_counts(void **unused)
{
    struct ht_packet base = segment(1, 100), others[7];
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        others[i] = base;
    }
    others[0].id++;
    others[1].checksum++;
    others[2].payload_len++;
    others[3].tcp.seq++;
    others[4].tcp.ack++;
    others[5].tcp.window++;
    others[6].tcp.flags |= HT_TCP_PSH;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        reset(NULL);
        assert_false(is_copy(base, 0));
        assert_false(is_copy(others[i], 0));
        assert_true(is_copy(base, 0));
    }
}

/* A resolver that asks for A and AAAA at once, over IPv6, before checksums are computed. */
static void datagrams_by_their_content(void **unused)
{
    static const uint8_t a[] = "\x12\x34query for A", aaaa[] = "\x56\x78query for B";
    struct ht_packet first = {
        .protocol = IPPROTO_UDP, .payload = ht_bytes(a, sizeof a), .payload_len = sizeof a};
    struct ht_packet second = first;
    (void)unused;
    second.payload.ptr = aaaa;
    assert_false(is_copy(first, 0));
    assert_false(is_copy(second, 0));
    assert_true(is_copy(second, 1));
    assert_false(is_copy(first, 1000 * MS)); /* it asks again */
}

/* A file that has the copies of one direction before what they are copies of. */
static void time_that_goes_back(void **unused)
{
    (void)unused;
    assert_false(is_copy(segment(1, 100), 5 * MS));
    assert_true(is_copy(segment(1, 100), 0));
    assert_false(is_copy(segment(1, 100), -500 * MS));
    assert_false(is_copy(segment(2, 100), INT64_MIN));
    assert_false(is_copy(segment(2, 100), INT64_MAX - 1000 * MS));
}

/* Two segments made to look alike: the second has the bytes that come next. */
static void what_brings_new_bytes_is_no_copy(void **unused)
{
    struct ht_packet packet = segment(1, 100);
    (void)unused;
    assert_false(ht_recent_is_copy(&recent, &packet, 0, true));
    assert_false(ht_recent_is_copy(&recent, &packet, 1000, true));
    assert_true(ht_recent_is_copy(&recent, &packet, 2000, false));
    assert_int_equal(recent.copies, 1);
}

/* Nothing is kept of what is long past, but how many copies there were. */
static void what_rests_forgets_what_is_past(void **unused)
{
    const struct ht_recent rested = {.copies = 1};
    (void)unused;
    assert_false(is_copy(segment(1, 100), 1000 * MS));
    assert_true(is_copy(segment(1, 100), 1010 * MS));
    ht_recent_rest(&recent, 1029 * MS);
    ht_recent_rest(&recent, 991 * MS); /* captures are not always in order */
    assert_true(is_copy(segment(1, 100), 1010 * MS));
    recent.copies = 1;
    ht_recent_rest(&recent, 1031 * MS);
    assert_memory_equal(&recent, &rested, sizeof rested);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_same_packet_again, reset),
        cmocka_unit_test_setup(a_burst_and_its_copies, reset),
        cmocka_unit_test_setup(a_retransmission_has_another_id, reset),
        cmocka_unit_test_setup(a_retransmission_without_id, reset),
        cmocka_unit_test_setup(selective_acknowledgements, reset),
        cmocka_unit_test_setup(resets_without_id, reset),
        cmocka_unit_test_setup(any_difference_counts, reset),
        cmocka_unit_test_setup(datagrams_by_their_content, reset),
        cmocka_unit_test_setup(what_brings_new_bytes_is_no_copy, reset),
        cmocka_unit_test_setup(time_that_goes_back, reset),
        cmocka_unit_test_setup(what_rests_forgets_what_is_past, reset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
