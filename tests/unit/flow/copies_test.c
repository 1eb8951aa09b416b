/*
 * Copies from mirror ports, and what is none. Packets as Linux, which numbers segments anew when it
 * sends them again, and as hosts that send everything with the id 0.
 */
#include "support.h"

#include "flow/copies.h"

#include <netinet/in.h>

#define MS INT64_C(1000000)

/* Where in a header they stand (RFC 9293 section 3.1). */
enum { SEQ = 4, ACK = 8, DATA_OFFSET = 12, FLAGS = 13, WINDOW = 14, CHECKSUM = 16 };

static struct ht_recent recent;

static int reset(void **unused)
{
    (void)unused;
    recent = (struct ht_recent){0};
    return 0;
}

/* A packet with its header. */
struct packet {
    struct ht_packet fields;
    uint8_t header[60];
};

static struct packet of(uint16_t id, uint8_t flags, uint32_t payload_len)
{
    struct packet p = {
        .fields = {.protocol    = IPPROTO_TCP,
                   .id          = id,
                   .header.len  = 20,
                   .payload_len = payload_len,
                   .tcp.flags   = flags},
        .header = {
            [ACK + 3] = 7, [DATA_OFFSET] = 5 << 4, [FLAGS] = flags, [WINDOW] = 2, [CHECKSUM] = 9}};
    return p;
}

static struct packet segment(uint16_t id, uint8_t seq)
{
    struct packet p        = of(id, HT_TCP_ACK, 100);
    p.header[SEQ + 3]      = seq;
    p.header[CHECKSUM + 1] = (uint8_t)(seq * 31);
    return p;
}

static struct packet with_options(struct packet p, struct ht_bytes options)
{
    p.header[DATA_OFFSET] = (uint8_t)((20 + options.len) / 4 << 4);
    p.fields.header.len   = 20 + options.len;
    memcpy(p.header + 20, options.ptr, options.len);
    return p;
}

static bool is_copy(struct packet p, int64_t time_ns)
{
    p.fields.header.ptr = p.header;
    return ht_recent_is_copy(&recent, &p.fields, time_ns);
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
        assert_false(is_copy(segment((uint16_t)i, (uint8_t)i), i * INT64_C(1000)));
    }
    for (unsigned i = 0; i < HT_RECENT_PACKETS; i++) {
        assert_true(is_copy(segment((uint16_t)i, (uint8_t)i), 9000 + i * INT64_C(1000)));
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
    struct packet first = segment(0, 100), second = first;
    (void)unused;
    assert_false(is_copy(first, 0));
    assert_false(is_copy(first, 201 * MS)); /* the shortest timer of Linux */
    assert_false(is_copy(segment(0, 200), 400 * MS));
    assert_false(is_copy(first, 400 * MS + 1)); /* the one before was long ago */
    /* Checksums not computed yet, as in a capture of one's own packets. */
    first  = with_options(first, ht_bytes(sent, sizeof sent));
    second = with_options(second, ht_bytes(again, sizeof again));
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
    struct packet first          = with_options(of(0, HT_TCP_ACK, 0), ht_bytes(one, sizeof one));
    struct packet second = with_options(of(0, HT_TCP_ACK, 0), ht_bytes(other, sizeof other));
    (void)unused;
    assert_false(is_copy(first, 0));
    assert_false(is_copy(second, 100000));
    assert_true(is_copy(second, 200000));
}

/* A host that has closed sends a RST for each packet that still comes. */
static void resets_without_id(void **unused)
{
    struct packet reset_packet = of(0, HT_TCP_RST, 0);
    (void)unused;
    assert_false(is_copy(reset_packet, 0));
    assert_false(is_copy(reset_packet, 100000));
    reset_packet.fields.id = 1;
    assert_false(is_copy(reset_packet, 0));
    assert_true(is_copy(reset_packet, 1));
}

/* Each of these is another packet. */
static void any_difference_counts(void **unused)
{
    struct packet base = with_options(segment(1, 100), ht_bytes("\1\1\1\1\1\1\1", 8)), others[12];
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        others[i] = base;
    }
    others[0].fields.id++;
    others[1].fields.payload_len++;
    others[2].header[SEQ]++;
    others[3].header[SEQ + 3]++;
    others[4].header[ACK]++;
    others[5].header[ACK + 3]++;
    others[6].header[FLAGS] |= HT_TCP_PSH;
    others[7].header[WINDOW]++;
    others[8].header[WINDOW + 1]++;
    others[9].header[CHECKSUM]++;
    others[10].header[20]++;
    others[11].header[27]++;
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
    struct packet first  = {.fields = {.protocol    = IPPROTO_UDP,
                                       .header.len  = 8,
                                       .payload     = ht_bytes(a, sizeof a),
                                       .payload_len = sizeof a}};
    struct packet second = first, third = first;
    (void)unused;
    second.fields.payload.ptr = aaaa;
    third.header[6]++;
    assert_false(is_copy(first, 0));
    assert_false(is_copy(second, 0));
    assert_false(is_copy(third, 0)); /* another checksum */
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
    struct packet p = segment(1, 100);
    (void)unused;
    p.fields.header.ptr = p.header;
    ht_recent_note(&recent, &p.fields, 0);
    ht_recent_note(&recent, &p.fields, 1000);
    assert_int_equal(recent.copies, 0);
    assert_true(is_copy(p, 2000));
    assert_int_equal(recent.copies, 1);
}

static void what_is_forgotten_has_no_copies(void **unused)
{
    const struct ht_recent forgotten = {.copies = 1};
    (void)unused;
    assert_false(is_copy(segment(1, 100), 1000 * MS));
    assert_true(is_copy(segment(1, 100), 1010 * MS));
    recent.copies = 1;
    ht_recent_forget(&recent);
    assert_memory_equal(&recent, &forgotten, sizeof forgotten);
    assert_false(is_copy(segment(1, 100), 1010 * MS));
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
        cmocka_unit_test_setup(what_is_forgotten_has_no_copies, reset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
