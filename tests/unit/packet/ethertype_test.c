/*
 * What stands between Ethernet and IP: tags, labels, sessions, frames in frames. The headers are
 * written by hand from the documents that are named, and tshark reads them the same.
 */
#include "packets.h"

#define ETHERNET4 MACS "0800" SYN4
#define ETHERNET6 MACS "86dd" SYN6

static void check(const char *digits, const char *layer)
{
    check_tunnel(HT_LINK_ETHERNET, digits, layer);
}

/* RFC 2516 section 4; RFC 1661 section 2. */
static void test_pppoe(void **state)
{
    (void)state;
    check(MACS "8864 1100 0a2b 004e 0021" SYN4, "pppoe 2603 -");
    check(MACS "8864 1100 0000 0062 0057" SYN6, "pppoe 0 -");
    check_tunnel(HT_LINK_PPPOE, "1100 0a2b 004d 21" SYN4, "pppoe 2603 -");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "8864 1100 0a2b 0008 c021 01010004");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "8864 1109 0a2b 0000");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "8864 2200 0a2b 004e 0021" SYN4);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "8863 1109 0000 0000");
}

/* RFC 3032 section 2.1: label 16, bottom of stack, time to live 255. */
static void test_mpls(void **state)
{
    (void)state;
    struct ht_packet packet;
    check(MACS "8847 000101ff" SYN4, "mpls 16 -");
    check(MACS "8848 000101ff" SYN6, "mpls 16 -");
    check_tunnel(HT_LINK_MPLS, "fffff1ff" SYN4, "mpls 1048575 -");
    check_tunnel(HT_LINK_PPP, "ff03 0281 000101ff" SYN4, "mpls 16 -");
    assert_int_equal(decode(&packet, HT_LINK_MPLS, hex("000100ff 000201ff" SYN4)), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.num_layers, 2);
    assert_layer(&packet.layers[0], "mpls 16 -");
    assert_layer(&packet.layers[1], "mpls 32 -");
    /* RFC 5586: the associated channel. The stack has no bottom. */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_MPLS, "000101ff 10000007 00000000");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_MPLS, "000100ff 000200ff");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_MPLS, "000101ff");
}

/* RFC 4448 section 4: Ethernet, with a control word and without; an address may begin with the four
 * bits of a control word or of an IP header. */
static void test_pseudowire(void **state)
{
    (void)state;
    struct ht_packet packet;
    static const char *const frames[] = {"000101ff 00000000" ETHERNET4, "000101ff" ETHERNET4,
                                         "000101ff 450000000001 020000000002 86dd" SYN6,
                                         "000101ff 620000000001 020000000002 0800" SYN4,
                                         "000101ff a20000000001 020000000002 0800" SYN4};
    for (size_t i = 0; i < HT_ARRAY_LEN(frames); i++) {
        assert_int_equal(decode(&packet, HT_LINK_MPLS, hex(frames[i])), HT_DECODED);
        assert_syn(&packet);
        assert_int_equal(packet.num_layers, 1);
    }
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_MPLS, "000101ff 00000000" MACS "0806 00010800");
}

/* RFC 8300 section 2: MD type 1 has 16 bytes of context, type 2 here none. */
static void test_nsh(void **state)
{
    (void)state;
    check(MACS "894f 0fc60101 00002aff 00000000000000000000000000000000" SYN4, "nsh 42 -");
    check(MACS "894f 0fc20202 00002aff" SYN6, "nsh 42 -");
    check(MACS "894f 0fc20203 ffffffff" ETHERNET4, "nsh 16777215 -");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "894f 0fc20207 00002aff" SYN4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_ETHERNET, MACS "894f 0fc10201 00002aff" SYN4);
}

static void test_frames_in_frames(void **state)
{
    (void)state;
    check(MACS "88e7 0a012345" ETHERNET4, "pbb 74565 -");     /* 802.1ah: I-SID 0x012345 */
    check(MACS "8903 0047" ETHERNET4, "fabricpath 1 -");      /* FTAG 1, time to live 7 */
    check(MACS "22f3 003f 0001 0002" ETHERNET6, "trill - -"); /* RFC 6325 section 3 */
    check(MACS "22f3 007f 0001 0002 00000000" ETHERNET4, "trill - -");
    /* To one of two addresses; SNAP of Cisco's; VLAN 10 and the bit of bridge protocol clear. */
    check("01000c000000 00005e005301 0074 aaaa03 00000c 0014 0001 0000" ETHERNET4, "isl 10 -");
}

static void test_other_tags(void **state)
{
    (void)state;
    check(MACS "8926 00000001 0800" SYN4, "vntag - -");
    check(MACS "893f 0000 0065 0000 86dd" SYN6, "etag 101 -"); /* 802.1BR: E-CID 101 */
    assert_decode(HT_DECODED, HT_LINK_ETHERNET, MACS "6558" ETHERNET4);
    assert_decode(HT_DECODED, HT_LINK_ETHERNET, MACS "880b 0021" SYN4);
    assert_decode(HT_DECODED, HT_LINK_ETHERNET, MACS "8909 01 01 0001 0064 0800" SYN4);
}

/* RFC 2684 section 5.2: a bridged frame in SNAP. */
static void test_bridged(void **state)
{
    (void)state;
    assert_decode(HT_DECODED, HT_LINK_ATM_RFC1483, "aaaa03 0080c2 0007 0000" ETHERNET4);
    assert_decode(HT_DECODED, HT_LINK_ATM_RFC1483, "aaaa03 0080c2 0001 0000" ETHERNET4);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ATM_RFC1483, "aaaa03 0080c2 000e 0000" ETHERNET4);
}

/* However deep somebody nests, it ends, and what is kept of it is bounded. */
static void test_nested_too_deep(void **state)
{
    (void)state;
    static char text[20000];
    struct ht_packet packet;
    for (int depth = 1; depth < 400; depth++) {
        char *at = text;
        for (int i = 0; i < depth; i++) {
            at += sprintf(at, "0f00 880b ");
        }
        (void)sprintf(at, "0f00 0800" SYN4);
        enum ht_decode got = decode(&packet, HT_LINK_CISCO_HDLC, hex(text));
        assert_int_equal(got, depth <= 16 ? HT_DECODED : HT_DECODE_NOT_IP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pppoe),
        cmocka_unit_test(test_mpls),
        cmocka_unit_test(test_pseudowire),
        cmocka_unit_test(test_nsh),
        cmocka_unit_test(test_frames_in_frames),
        cmocka_unit_test(test_other_tags),
        cmocka_unit_test(test_bridged),
        cmocka_unit_test(test_nested_too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
