/*
 * The PROXY protocol. Lines are those of its specification, sections 2.1 and 2.2; binary headers
 * are put together from it.
 */
#include "recorder.h"
#include "support.h"

#include "proxy/proxy_protocol.h"

#include <stdlib.h>

extern const struct ht_dissector proxy_protocol_dissector;

#define SIGNATURE "0d0a0d0a000d0a515549540a"

static bool v1(struct ht_bytes in, void *arg)
{
    return proxy_v1_parse(in, arg);
}

static bool v2(struct ht_bytes in, void *arg)
{
    return proxy_v2_parse(in, arg);
}

static const char *print(const struct ht_address *address)
{
    static char room[HT_ADDRESS_TEXT_MAX];
    return ht_address_print(room, address);
}

static void test_version1(void **state)
{
    (void)state;
    struct proxy_details d;
    assert_true(proxy_v1_parse(ht_text("PROXY TCP4 255.255.255.255 192.0.2.7 65535 443\r\n"), &d));
    assert_string_equal(d.transport, "tcp");
    assert_string_equal(print(&d.client_address), "255.255.255.255");
    assert_string_equal(print(&d.server_address), "192.0.2.7");
    assert_int_equal(d.client_port, 65535);
    assert_int_equal(d.server_port, 443);
    assert_true(proxy_v1_parse(ht_text("PROXY TCP6 2001:db8::1 ffff::1 1 2\r\n"), &d));
    assert_string_equal(print(&d.client_address), "2001:db8::1");
    assert_true(proxy_v1_parse(ht_text("PROXY UNKNOWN\r\n"), &d));
    assert_int_equal(d.client_address.version, 0);
    assert_true(proxy_v1_parse(ht_text("PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n"), &d));
    assert_int_equal(d.client_address.version, 0);
    every_prefix(ht_text("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), v1, &d);
}

static void test_not_version1(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",       "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
        "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",   "PROXY TCP4\r\n"};
    struct proxy_details d;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        if (proxy_v1_parse(ht_text(cases[i]), &d)) {
            fail_msg("%s", cases[i]);
        }
    }
}

static void test_version2(void **state)
{
    (void)state;
    struct proxy_details d;
    assert_true(proxy_v2_parse(hex(SIGNATURE "21 11 000c c0000201 c0000202 9c40 01bb"), &d));
    assert_string_equal(d.command, "proxy");
    assert_string_equal(d.transport, "tcp");
    assert_string_equal(print(&d.client_address), "192.0.2.1");
    assert_string_equal(print(&d.server_address), "192.0.2.2");
    assert_int_equal(d.client_port, 40000);
    assert_int_equal(d.server_port, 443);
    assert_true(proxy_v2_parse(hex(SIGNATURE "20 00 0000"), &d));
    assert_string_equal(d.command, "local");
    assert_null(d.transport);
    every_prefix(hex(SIGNATURE "21 11 000c c0000201 c0000202 9c40 01bb"), v2, &d);
    assert_false(proxy_v2_parse(hex(SIGNATURE "11 11 000c c0000201 c0000202 9c40 01bb"), &d));
    assert_false(proxy_v2_parse(hex(SIGNATURE "22 11 000c c0000201 c0000202 9c40 01bb"), &d));
    assert_false(proxy_v2_parse(hex(SIGNATURE "21 11 000b c0000201 c0000202 9c40 01"), &d));
}

/* AUTHORITY, ALPN, and SSL with version, common name and cipher in it. */
static void test_version2_values(void **state)
{
    (void)state;
    struct proxy_details d;
    assert_true(proxy_v2_parse(
        hex(SIGNATURE "21 21 0054"
                      "20010db8000000000000000000000001"
                      "20010db8000000000000000000000002 9c40 01bb"
                      "02 0009 612e6578616d706c65"
                      "01 0002 6832"
                      "20 001c 01 00000000 21 0007 544c5376312e33 22 0001 62 23 0006 414245424142"),
        &d));
    assert_string_equal(print(&d.server_address), "2001:db8::2");
    assert_text(d.authority, "a.example");
    assert_text(d.alpn, "h2");
    assert_text(d.tls_version, "TLSv1.3");
    assert_text(d.client_common_name, "b");
    assert_text(d.tls_cipher, "ABEBAB");
}

static enum ht_match match(struct ht_bytes head)
{
    const struct ht_endpoint endpoint[2] = {0};
    return proxy_protocol_dissector.match(head, endpoint, HT_SIDE_A);
}

/* Section 2.1: a line of 107 bytes at most, with its CR LF; others may begin with its first word.
 */
static void test_match(void **state)
{
    (void)state;
    char line[108];
    memset(line, '1', sizeof line);
    memcpy(line, "PROXY ", strlen("PROXY "));
    assert_int_equal(match(ht_text("PRO")), HT_MATCH_MORE);
    assert_int_equal(match(ht_text("PROXY TCP4 192.0.2.1")), HT_MATCH_MORE);
    assert_int_equal(match(ht_text("PROXY UNKNOWN\r\n")), HT_MATCH_YES);
    assert_int_equal(match(ht_text("PROXY now\r\n")), HT_MATCH_NO);
    assert_int_equal(match(ht_text("PROXIES")), HT_MATCH_NO);
    assert_int_equal(match(ht_bytes(line, 106)), HT_MATCH_MORE);
    assert_int_equal(match(ht_bytes(line, 107)), HT_MATCH_NO);
    assert_int_equal(match(hex("0d0a0d0a00")), HT_MATCH_MORE);
    assert_int_equal(match(hex(SIGNATURE)), HT_MATCH_YES);
    assert_int_equal(match(hex("0d0a0d0a01")), HT_MATCH_NO);
}

static void test_header_then_tls(void **state)
{
    (void)state;
    const struct utterance said[] = {
        {HT_SIDE_A, ht_text("PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r\n\x16\x03\x01\x02")},
        {HT_SIDE_B, ht_text("\x16\x03\x03\x01")}};
    char *text = every_split(&proxy_protocol_dissector, said, HT_ARRAY_LEN(said), 443);
    assert_string_equal(text, "client is A by command\n"
                              "A proxy.header { protocol=proxy_v1 command=proxy transport=tcp "
                              "client_address=192.0.2.1 client_port=40000 "
                              "server_address=192.0.2.2 server_port=443 }\n");
    free(text);
    const struct utterance binary[] = {
        {HT_SIDE_A, hex(SIGNATURE "21 11 000c c0000201 c0000202 9c40 01bb 160301")}};
    text = every_split(&proxy_protocol_dissector, binary, HT_ARRAY_LEN(binary), 443);
    assert_string_equal(text, "client is A by command\n"
                              "A proxy.header { protocol=proxy_v2 command=proxy transport=tcp "
                              "client_address=192.0.2.1 client_port=40000 "
                              "server_address=192.0.2.2 server_port=443 }\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version1), cmocka_unit_test(test_not_version1),
        cmocka_unit_test(test_version2), cmocka_unit_test(test_version2_values),
        cmocka_unit_test(test_match),    cmocka_unit_test(test_header_then_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
