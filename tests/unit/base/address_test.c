/*
 * Addresses in text: RFC 5952 for IPv6.
 */
#include "support.h"

#include "base/address.h"

static void assert_printed4(const char *bytes, const char *expected)
{
    char text[HT_ADDRESS_TEXT_MAX];
    struct ht_address address = ht_address4(hex(bytes).ptr);
    assert_string_equal(ht_address_print(text, &address), expected);
}

static void assert_printed6(const char *bytes, const char *expected)
{
    char text[HT_ADDRESS_TEXT_MAX];
    struct ht_address address = ht_address6(hex(bytes).ptr);
    assert_ptr_equal(ht_address_print(text, &address), text);
    assert_string_equal(text, expected);
}

static void test_ipv4(void **state)
{
    (void)state;
    assert_printed4("c0000201", "192.0.2.1");
    assert_printed4("00000000", "0.0.0.0");
    assert_printed4("ffffffff", "255.255.255.255");
}

static void test_rfc5952(void **state)
{
    (void)state;
    /* Section 1, and 4.1: no leading zeros. */
    assert_printed6("20010db8 0000 0000 0001 0000 0000 0001", "2001:db8::1:0:0:1");
    assert_printed6("20010db8 0000 0000 0000 0000 0002 0001", "2001:db8::2:1");
    /* 4.2.2: one zero field is not shortened. */
    assert_printed6("20010db8 0000 0001 0001 0001 0001 0001", "2001:db8:0:1:1:1:1:1");
    /* 4.2.3: the longest run, of equal ones the first. */
    assert_printed6("20010000 0000 0001 0000 0000 0000 0001", "2001:0:0:1::1");
    /* 4.3: lower case. */
    assert_printed6("2001 0db8 aaaa bbbb cccc dddd eeee 0aaa",
                    "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaa");
    assert_printed6("00000000000000000000000000000000", "::");
    assert_printed6("00000000000000000000000000000001", "::1");
    /* 5: an embedded IPv4 address is recognised by its well-known prefix. */
    assert_printed6("00000000000000000000ffff c0000201", "::ffff:192.0.2.1");
    assert_printed6("ffffffffffffffffffffffffffffffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void test_absent(void **state)
{
    (void)state;
    char text[HT_ADDRESS_TEXT_MAX] = "x";
    struct ht_address none         = {0};
    assert_string_equal(ht_address_print(text, &none), "");
    assert_int_equal(ht_address_bytes(&none).len, 0);
}

static void test_values(void **state)
{
    (void)state;
    struct ht_address a = ht_address4(hex("c0000201").ptr);
    struct ht_address b = ht_address4(hex("c0000201").ptr);
    struct ht_address c = ht_address4(hex("c0000202").ptr);
    struct ht_address d = ht_address6(hex("c0000201000000000000000000000000").ptr);
    assert_true(ht_address_equal(&a, &b));
    assert_memory_equal(&a, &b, sizeof a);
    assert_false(ht_address_equal(&a, &c));
    assert_false(ht_address_equal(&a, &d));
    assert_true(ht_bytes_equal(ht_address_bytes(&a), hex("c0000201")));
    assert_int_equal(ht_address_bytes(&d).len, 16);
}

static bool network_has(const char *network, const char *address, bool v6)
{
    struct ht_network read;
    struct ht_address a = v6 ? ht_address6(hex(address).ptr) : ht_address4(hex(address).ptr);
    assert_true(ht_network_read(network, &read));
    return ht_network_has(&read, &a);
}

static void test_networks(void **state)
{
    (void)state;
    const char *link_local = "fe800000000000000000000000000001";
    assert_true(network_has("10.0.0.0/8", "0aff0001", false));
    assert_true(network_has("10.9.8.7/8", "0aff0001", false));
    assert_false(network_has("10.0.0.0/8", "0b000001", false));
    assert_true(network_has("192.0.2.0/23", "c0000301", false));
    assert_false(network_has("192.0.2.0/24", "c0000301", false));
    assert_true(network_has("192.0.2.1/32", "c0000201", false));
    assert_false(network_has("192.0.2.1/32", "c0000202", false));
    assert_true(network_has("0.0.0.0/0", "c0000202", false));
    assert_false(network_has("::/0", "c0000202", false));
    assert_true(network_has("fe80::/10", link_local, true));
    assert_true(network_has("fe80::1/128", link_local, true));
    assert_false(network_has("fe80::/128", link_local, true));
    assert_false(network_has("fec0::/10", link_local, true));
    assert_true(network_has("FE80:0::0:1", link_local, true));
    assert_false(network_has("fe80::", link_local, true));
    assert_true(network_has("192.0.2.1", "c0000201", false));
    assert_false(network_has("192.0.2.1", "c0000202", false));
    static const char *const bad[] = {
        "",           "10.0.0.0/", "10.0.0.0/33", "10.0.0/8", "10.0.0",      "fe80::/129",
        "fe80::/10x", "/8",        "10.0.0.0/-1", "a/8",      "10.0.0.0/ 8", "10.0.0.0x"};
    for (size_t i = 0; i < HT_ARRAY_LEN(bad); i++) {
        struct ht_network read;
        if (ht_network_read(bad[i], &read)) {
            fail_msg("%s", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),     cmocka_unit_test(test_rfc5952),
        cmocka_unit_test(test_absent),   cmocka_unit_test(test_values),
        cmocka_unit_test(test_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
