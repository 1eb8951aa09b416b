/*
 * Tunnels right over IP. The headers are written by hand from the documents that are named, and
 * tshark reads them the same.
 */
#include "packets.h"

#define ETHERNET4 MACS "0800" SYN4
#define ETHERNET6 MACS "86dd" SYN6

static void check(unsigned protocol, const char *content, const char *layer)
{
    check_tunnel(HT_LINK_RAW, in_ip(protocol, content), layer);
}

static void check_result(enum ht_decode expected, unsigned protocol, const char *content)
{
    assert_decode(expected, HT_LINK_RAW, in_ip(protocol, content));
}

/* RFC 2003, RFC 4213; RFC 2473 in IPv6. */
static void test_ip_in_ip(void **state)
{
    (void)state;
    struct ht_packet packet;
    check(4, SYN4, "ip_in_ip - 0");
    check(41, SYN6, "ip_in_ip - 0");
    assert_int_equal(decode(&packet, HT_LINK_RAW, hex(IPV6("004c", "04") SYN4)), HT_DECODED);
    assert_syn(&packet);
    assert_address(&packet.layers[0].source.address, "2001:db8::1");
    assert_address(&packet.layers[0].destination.address, "2001:db8::2");
    assert_int_equal(decode(&packet, HT_LINK_RAW, hex(IPV6("0060", "29") SYN6)), HT_DECODED);
    assert_syn(&packet);
    check_result(HT_DECODE_NOT_TCP_UDP, 4, in_ip(1, "0800"));
    check_result(HT_DECODE_MALFORMED, 4, "0800");
}

/* A fragment inside a tunnel is a fragment; the layers around it are known. */
static void test_inner_fragment(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame = hex(in_ip(4, IPV4("0028", "2000", "06") TCP));
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODE_FRAGMENT);
    assert_int_equal(packet.num_layers, 1);
    assert_int_equal(packet.ip.len, 40);
    assert_ptr_equal(packet.ip.ptr, frame.ptr + 20);
}

/* RFC 2784 section 2.1, RFC 2890 section 2, RFC 7637 section 3.2, RFC 1701. */
static void test_gre(void **state)
{
    (void)state;
    check(47, "0000 0800" SYN4, "gre - 0");
    check(47, "0000 86dd" SYN6, "gre - 0");
    check(47, "8000 0800 12340000" SYN4, "gre - 0");
    check(47, "2000 0800 0000002a" SYN4, "gre 42 0");
    check(47, "3000 0800 00000000 00000007" SYN4, "gre 0 0");
    check(47, "b000 0800 12340000 0000002a 00000007" SYN4, "gre 42 0");
    check(47, "0000 6558" ETHERNET4, "gre - 0");
    check(47, "2000 6558 00138901" ETHERNET6, "gre 1280257 0"); /* NVGRE: VSID 0x1389, flow 1 */
    check(47, "0000 880b ff03 0021" SYN4, "gre - 0");
    check(47, "4000 0800 00000000 0800 00 04 c0000201 0000 00 00" SYN4, "gre - 0");
    check_result(HT_DECODE_NOT_IP, 47, "0000 0806 00010800");
    check_result(HT_DECODE_NOT_IP, 47, "0000 0000");         /* a keepalive */
    check_result(HT_DECODE_MALFORMED, 47, "0002 0800" SYN4); /* of a version that nobody defined */
    check_result(HT_DECODE_MALFORMED, 47, "0000 08");
    check_result(HT_DECODE_MALFORMED, 47, "4000 0800 00000000 0800 00 ff c0000201");
}

/* RFC 2637 section 4.1; MikroTik's EoIP, whose tunnel id is little-endian. */
static void test_gre_version_1(void **state)
{
    (void)state;
    check(47, "2001 880b 0050 0005 ff03 0021" SYN4, "pptp 5 0");
    check(47, "3001 880b 004d 0005 00000001 21" SYN4, "pptp 5 0");
    check(47, "3081 880b 0062 0005 00000001 00000002 0057" SYN6, "pptp 5 0");
    check_result(HT_DECODE_NOT_TCP_UDP, 47, "2081 880b 0000 0005 00000002");
    check(47, "2001 6400 005a 2a00" ETHERNET4, "eoip 42 0");
}

static void check_erspan(const char *content, const char *layer)
{
    struct ht_packet packet;
    assert_int_equal(decode(&packet, HT_LINK_RAW, hex(in_ip(47, content))), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.num_layers, 2);
    assert_layer(&packet.layers[0], "gre - 0");
    assert_layer(&packet.layers[1], layer);
}

/* draft-foschiano-erspan-03 section 4: session 100 on VLAN 10. */
static void test_erspan(void **state)
{
    (void)state;
    check_erspan("0000 88be" ETHERNET4, "erspan - -");
    check_erspan("1000 88be 00000001 100a0064 00000001" ETHERNET4, "erspan 100 -");
    check_erspan("1000 22eb 00000001 200a0064 01020304 0000 0000" ETHERNET4, "erspan 100 -");
    check_erspan("1000 22eb 00000001 200a0064 01020304 0000 0001 0000000000000000" ETHERNET6,
                 "erspan 100 -");
    check_erspan("1000 22eb 00000001 200a0064 01020304 0000 0800" SYN4, "erspan 100 -");
    check_result(HT_DECODE_NOT_IP, 47, "1000 22eb 00000001 200a0064 01020304 0000 0400" SYN4);
}

static void test_gre_of_others(void **state)
{
    (void)state;
    check(47, "0000 883e" SYN4, "gre - 0"); /* WCCP, without the redirect header and with it */
    check(47, "0000 883e 00000000" SYN4, "gre - 0");
    check(47,
          "0000 8200 0801 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800" SYN4,
          "gre - 0"); /* Aruba: 802.11 */
}

/* RFC 4302 section 2, in transport mode and in tunnel mode. */
static void test_authentication_header(void **state)
{
    (void)state;
    struct ht_packet packet;
    const char *ah = "0404 0000 00000100 00000001 000102030405060708090a0b" SYN4;
    assert_int_equal(decode(&packet, HT_LINK_RAW, hex(in_ip(51, ah))), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.num_layers, 2);
    assert_layer(&packet.layers[0], "ah 256 -");
    assert_layer(&packet.layers[1], "ip_in_ip - 0");
}

static void test_etherip(void **state)
{
    (void)state;
    check(97, "3000" ETHERNET4, "etherip - 0"); /* RFC 3378 section 3 */
    check_result(HT_DECODE_NOT_TCP_UDP, 97, "4000" ETHERNET4);
}

/* RFC 3931 section 4.1.1: no cookie, four bytes, eight; with and without the sublayer. */
static void test_l2tp_version_3(void **state)
{
    (void)state;
    struct ht_packet packet;
    static const char *const contents[] = {"0000002a" ETHERNET4, "0000002a 40000001" ETHERNET4,
                                           "0000002a 11223344 55667788 40000001" ETHERNET6,
                                           "0000002a" SYN4};
    for (size_t i = 0; i < HT_ARRAY_LEN(contents); i++) {
        assert_int_equal(decode(&packet, HT_LINK_RAW, hex(in_ip(115, contents[i]))), HT_DECODED);
        assert_syn(&packet);
        assert_layer(&packet.layers[0], "l2tp 42 0");
    }
    check_result(HT_DECODE_NOT_TCP_UDP, 115, "00000000 c8030014"); /* control */
    check_result(HT_DECODE_NOT_IP, 115, "0000002a 0102030405060708");
}

static void test_mpls_in_ip(void **state)
{
    (void)state;
    struct ht_packet packet;
    assert_int_equal(decode(&packet, HT_LINK_RAW, hex(in_ip(137, "000101ff" SYN4))), HT_DECODED);
    assert_syn(&packet);
    assert_layer(&packet.layers[0], "mpls_in_ip - 0");
    assert_layer(&packet.layers[1], "mpls 16 -");
}

/* Tunnels in tunnels: eight layers are kept, sixteen followed. */
static void test_nesting(void **state)
{
    (void)state;
    struct ht_packet packet;
    const char *frame = SYN4;
    for (int depth = 1; depth <= 20; depth++) {
        frame              = in_ip(4, frame);
        enum ht_decode got = decode(&packet, HT_LINK_RAW, hex(frame));
        assert_int_equal(got, depth <= 16 ? HT_DECODED : HT_DECODE_NOT_TCP_UDP);
        assert_int_equal(packet.num_layers, depth < HT_MAX_LAYERS ? depth : HT_MAX_LAYERS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ip_in_ip),
        cmocka_unit_test(test_inner_fragment),
        cmocka_unit_test(test_gre),
        cmocka_unit_test(test_gre_version_1),
        cmocka_unit_test(test_erspan),
        cmocka_unit_test(test_gre_of_others),
        cmocka_unit_test(test_authentication_header),
        cmocka_unit_test(test_etherip),
        cmocka_unit_test(test_l2tp_version_3),
        cmocka_unit_test(test_mpls_in_ip),
        cmocka_unit_test(test_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
