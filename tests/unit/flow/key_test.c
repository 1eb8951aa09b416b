#include "support.h"

#include "flow/key.h"

#include <arpa/inet.h>

static struct ht_address address(const char *text)
{
    uint8_t bytes[16];
    bool v6 = strchr(text, ':') != NULL;
    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes), 1);
    return v6 ? ht_address6(bytes) : ht_address4(bytes);
}

static struct ht_packet packet(const char *from, uint16_t from_port, const char *to,
                               uint16_t to_port, uint8_t protocol)
{
    struct ht_packet p = {.source      = {address(from), from_port},
                          .destination = {address(to), to_port},
                          .protocol    = protocol};
    return p;
}

static void assert_community_id(struct ht_packet p, const char *expected)
{
    struct ht_flow_key key;
    char id[HT_COMMUNITY_ID_MAX];
    (void)ht_flow_key_of(&key, &p);
    struct ht_digester *digester = ht_digester_new();
    assert_string_equal(ht_community_id(digester, id, &key), expected);
    ht_digester_free(digester);
}

/* The specification's own examples (Community ID flow hashing, seed 0). */
static void community_id_baseline(void **unused)
{
    (void)unused;
    assert_community_id(packet("128.232.110.120", 34855, "66.35.250.204", 80, IPPROTO_TCP),
                        "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    assert_community_id(packet("66.35.250.204", 80, "128.232.110.120", 34855, IPPROTO_TCP),
                        "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    assert_community_id(packet("192.168.1.52", 54585, "8.8.8.8", 53, IPPROTO_UDP),
                        "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
}

static void both_directions_are_one_flow(void **unused)
{
    struct ht_packet there = packet("2001:db8::1", 1, "2001:db8::2", 2, IPPROTO_TCP);
    struct ht_packet back  = packet("2001:db8::2", 2, "2001:db8::1", 1, IPPROTO_TCP);
    struct ht_packet other = packet("2001:db8::2", 2, "2001:db8::1", 1, IPPROTO_UDP);
    struct ht_flow_key a, b, c;
    (void)unused;
    assert_int_not_equal(ht_flow_key_of(&a, &there), ht_flow_key_of(&b, &back));
    (void)ht_flow_key_of(&c, &other);
    assert_true(ht_flow_key_equal(&a, &b));
    assert_false(ht_flow_key_equal(&a, &c));
    assert_int_equal(ht_flow_key_hash(&a, 7), ht_flow_key_hash(&b, 7));
    assert_int_not_equal(ht_flow_key_hash(&a, 7), ht_flow_key_hash(&a, 8));
    assert_int_not_equal(ht_flow_key_hash(&a, 7), ht_flow_key_hash(&c, 7));
}

/* Whatever lies between the members of one, copies of equal keys are the same bytes. */
static void copies_are_the_same(void **unused)
{
    struct ht_packet p   = packet("192.168.1.52", 54585, "8.8.8.8", 53, IPPROTO_UDP);
    struct ht_flow_key a = {0}, b = {0}, key;
    (void)unused;
    memset(&key, 0xA5, sizeof key);
    (void)ht_flow_key_of(&key, &p);
    ht_flow_key_copy(&a, &key);
    memset(&key, 0x5A, sizeof key);
    (void)ht_flow_key_of(&key, &p);
    ht_flow_key_copy(&b, &key);
    assert_true(ht_flow_key_equal(&a, &key));
    assert_memory_equal(&a, &b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(community_id_baseline),
                                       cmocka_unit_test(both_directions_are_one_flow),
                                       cmocka_unit_test(copies_are_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
