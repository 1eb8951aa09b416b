/*
 * What flows are shared out by: the same of both directions, and however a frame was read.
 */
#include "support.h"

#include "run/share.h"

enum { FLOWS = 4096, SEED = 12345 };

static void put_ethernet(uint8_t *at, uint16_t type)
{
    memset(at, 2, 12);
    at[12] = (uint8_t)(type >> 8);
    at[13] = (uint8_t)type;
}

static void put_ports(uint8_t *at, uint16_t from, uint16_t to)
{
    const uint8_t ports[] = {(uint8_t)(from >> 8), (uint8_t)from, (uint8_t)(to >> 8), (uint8_t)to};
    memcpy(at, ports, sizeof ports);
    at[12] = 5 << 4; /* the length of a TCP header */
}

static struct ht_frame frame_of(const uint8_t *room, size_t len)
{
    return (struct ht_frame){
        .data = ht_bytes(room, len), .original_len = (uint32_t)len, .link_type = HT_LINK_ETHERNET};
}

static struct ht_frame ipv4(uint8_t room[static 54], uint8_t from, uint8_t to, uint16_t from_port,
                            uint16_t to_port)
{
    const uint8_t header[] = {0x45, 0, 0,  40, 0, 0,    0,  0, 64, 6,
                              0,    0, 10, 0,  0, from, 10, 0, 0,  to};
    memset(room, 0, 54);
    put_ethernet(room, HT_PLAIN_TYPE_IPV4);
    memcpy(room + 14, header, sizeof header);
    put_ports(room + 34, from_port, to_port);
    return frame_of(room, 54);
}

static struct ht_frame ipv6(uint8_t room[static 74], uint8_t from, uint8_t to, uint16_t from_port,
                            uint16_t to_port)
{
    memset(room, 0, 74);
    put_ethernet(room, HT_PLAIN_TYPE_IPV6);
    room[14] = 0x60;
    room[19] = 20;
    room[20] = IPPROTO_TCP;
    room[22] = room[38] = 0x20;
    room[37]            = from;
    room[53]            = to;
    put_ports(room + 54, from_port, to_port);
    return frame_of(room, 74);
}

/* By a plain frame, and by the packet that it is. */
static uint64_t hash_of(const struct ht_frame *frame)
{
    uint64_t hash;
    struct ht_packet packet;
    assert_true(ht_share_plain(frame, SEED, &hash));
    assert_int_equal(ht_packet_decode(&packet, frame), HT_DECODED);
    assert_int_equal(ht_share_packet(&packet, SEED), hash);
    return hash;
}

/* Flows that differ in a port, of which each half of the hashes is to have about half. */
static void of_both_directions(struct ht_frame (*make)(uint8_t *, uint8_t, uint8_t, uint16_t,
                                                       uint16_t))
{
    uint8_t room[74];
    unsigned upper = 0;
    for (unsigned i = 0; i < FLOWS; i++) {
        struct ht_frame there = make(room, 1, 2, (uint16_t)(1024 + i), 443);
        uint64_t hash         = hash_of(&there);
        struct ht_frame back  = make(room, 2, 1, 443, (uint16_t)(1024 + i));
        assert_int_equal(hash_of(&back), hash);
        struct ht_frame other = make(room, 1, 2, 443, (uint16_t)(1024 + i));
        assert_int_not_equal(hash_of(&other), hash);
        upper += (unsigned)(hash >> 63);
    }
    assert_in_range(upper, FLOWS * 2 / 5, FLOWS * 3 / 5);
}

static void test_ipv4(void **state)
{
    (void)state;
    of_both_directions(ipv4);
}

static void test_ipv6(void **state)
{
    (void)state;
    of_both_directions(ipv6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ipv4), cmocka_unit_test(test_ipv6)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
