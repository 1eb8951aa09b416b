/*
 * The shortcut for usual frames against the way through the layers, on frames of all kinds: a few
 * good ones with bytes of their headers changed at random, cut and padded.
 */
#include "packets.h"

#include "packet/layers.h"
#include "packet/plain.h"

#define ETHERNET(type) "020000000001 020000000002" type
#define SEGMENT "c00001bb 00000001 00000002 8018 1000 abcd 0000 0101080a 00000001 00000002 61626364"

static uint32_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*random >> 33);
}

static void assert_same_bytes(struct ht_bytes a, struct ht_bytes b)
{
    assert_int_equal(a.len, b.len);
    assert_true(a.len == 0 || a.ptr == b.ptr);
}

static void assert_same_endpoint(const struct ht_endpoint *a, const struct ht_endpoint *b)
{
    assert_true(ht_address_equal(&a->address, &b->address));
    assert_int_equal(a->port, b->port);
}

static void assert_same(const struct ht_packet *a, const struct ht_packet *b)
{
    assert_same_endpoint(&a->source, &b->source);
    assert_same_endpoint(&a->destination, &b->destination);
    assert_int_equal(a->protocol, b->protocol);
    assert_int_equal(a->num_layers, b->num_layers);
    assert_int_equal(a->ip_len, b->ip_len);
    assert_same_bytes(a->ip, b->ip);
    assert_same_bytes(a->payload, b->payload);
    assert_int_equal(a->payload_len, b->payload_len);
    assert_int_equal(a->id, b->id);
    assert_same_bytes(a->header, b->header);
    assert_int_equal(a->tcp.seq, b->tcp.seq);
    assert_int_equal(a->tcp.ack, b->tcp.ack);
    assert_int_equal(a->tcp.window, b->tcp.window);
    assert_int_equal(a->tcp.flags, b->tcp.flags);
}

/* What is inlined takes all that is TCP, and nothing else. */
static void compare_segment(const struct ht_frame *frame, const struct ht_packet *plain)
{
    struct ht_packet segment;
    uint16_t type = ht_plain_type(frame);
    bool is_ip    = type == HT_PLAIN_TYPE_IPV4 || type == HT_PLAIN_TYPE_IPV6;
    memset(&segment, 0xA5, sizeof segment);
    bool taken = is_ip && ht_plain_segment(&segment, frame, type);
    assert_int_equal(taken, plain != NULL && plain->protocol == IPPROTO_TCP);
    if (taken && plain != NULL) {
        assert_same(&segment, plain);
    }
}

static void assert_is_end(const struct ht_endpoint *end, const uint8_t *address, bool is_ipv6,
                          const uint8_t *port)
{
    assert_int_equal(end->address.version, is_ipv6 ? 6 : 4);
    assert_memory_equal(end->address.bytes, address, is_ipv6 ? 16 : 4);
    assert_int_equal(end->port, port[0] << 8 | port[1]);
}

/* Where ports are found without more of it being read the layers find no others; they are found
 * wherever the shortcut `took` the frame. */
static void compare_ports(const struct ht_frame *frame, bool took)
{
    struct ht_packet layers;
    uint16_t type;
    const uint8_t *at = ht_plain_ports(frame, &type);
    assert_true(at != NULL || !took);
    if (at == NULL) {
        return;
    }
    bool is_ipv6          = type == HT_PLAIN_TYPE_IPV6;
    size_t len            = is_ipv6 ? 16 : 4;
    enum ht_decode result = ht_layers_decode(&layers, frame);
    assert_true(result != HT_DECODE_FRAGMENT && result != HT_DECODE_AGGREGATE);
    if (result == HT_DECODED) {
        assert_int_equal(layers.num_layers, 0);
        assert_is_end(&layers.source, at - 2 * len, is_ipv6, at);
        assert_is_end(&layers.destination, at - len, is_ipv6, at + 2);
    }
}

/* Returns whether the shortcut took it. */
static bool compare(const struct ht_frame *frame)
{
    struct ht_packet plain, layers;
    memset(&plain, 0xA5, sizeof plain); /* all is to be set */
    if (!ht_plain_decode(&plain, frame)) {
        compare_segment(frame, NULL);
        compare_ports(frame, false);
        return false;
    }
    compare_segment(frame, &plain);
    assert_int_equal(ht_layers_decode(&layers, frame), HT_DECODED);
    assert_same(&plain, &layers);
    compare_ports(frame, true);
    return true;
}

static struct ht_frame change(uint8_t room[static 128], struct ht_bytes good, uint64_t *random)
{
    size_t len = good.len + next_random(random) % 2 * (next_random(random) % 8);
    memset(room, 0, 128);
    memcpy(room, good.ptr, good.len);
    for (uint32_t n = next_random(random) % 3; n > 0; n--) {
        uint8_t *at = &room[12 + next_random(random) % (good.len - 12)];
        *at         = (uint8_t)(*at ^ 1U << next_random(random) % 8);
    }
    len -= next_random(random) % 4 == 0 ? next_random(random) % (len + 1) : 0;
    return (struct ht_frame){
        .data         = ht_bytes(room, len),
        .original_len = (uint32_t)(len + next_random(random) % 8 / 7 * 10),
        .link_type    = next_random(random) % 16 == 0 ? HT_LINK_RAW : HT_LINK_ETHERNET,
        .rebuilt      = next_random(random) % 16 == 0 ? (uint32_t)(len > 14 ? len - 14 : 0) : 0};
}

static void test_as_the_layers(void **state)
{
    const struct ht_bytes good[] = {
        hex(ETHERNET("0800") IPV4("0038", "4000", "06") SEGMENT),
        hex(ETHERNET("0800") IPV4("0038", "0000", "06") SEGMENT "000000"),
        hex(ETHERNET("86dd") IPV6("0024", "06") SEGMENT),
        hex(ETHERNET("0800") IPV4("0020", "0000", "11") UDP("000c") "61626364"),
        hex(ETHERNET("86dd") IPV6("0014", "11") UDP("0012") "61626364656667686970"
                                                            "0000"),
    };
    uint64_t random = 1;
    unsigned taken  = 0;
    uint8_t room[128];
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(good); i++) {
        struct ht_frame frame = {
            .data = good[i], .original_len = (uint32_t)good[i].len, .link_type = HT_LINK_ETHERNET};
        assert_true(compare(&frame));
    }
    for (unsigned i = 0; i < 200000; i++) {
        struct ht_frame frame = change(room, good[i % HT_ARRAY_LEN(good)], &random);
        taken += compare(&frame);
    }
    assert_in_range(taken, 20000, 180000);
}

/* A tunnel's packet is in another flow than the datagrams that carry it, a fragment in one that it
 * does not tell. */
static void test_others_have_no_ports(void **state)
{
    const struct ht_bytes others[] = {
        hex(ETHERNET("0800") IPV4("0020", "0000", "11") "c00012b5000c0000"
                                                        "61626364"),
        hex(ETHERNET("0800") IPV4("0020", "0000", "11") "12b50035000c0000"
                                                        "61626364"),
        hex(ETHERNET("0800") IPV4("0038", "2000", "06") SEGMENT),
        hex(ETHERNET("0800") IPV4("0038", "0001", "06") SEGMENT),
        hex(ETHERNET("8100") "00010800" IPV4("0038", "4000", "06") SEGMENT),
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        struct ht_frame frame = {.data         = others[i],
                                 .original_len = (uint32_t)others[i].len,
                                 .link_type    = HT_LINK_ETHERNET};
        uint16_t type;
        assert_null(ht_plain_ports(&frame, &type));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_the_layers),
                                       cmocka_unit_test(test_others_have_no_ports)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
