/*
 * The rarer link types. Their headers are written by hand from
 * https://www.tcpdump.org/linktypes.html and the documents named there.
 */
#include "packets.h"

static void check(uint16_t link_type, const char *digits)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(digits);
    assert_int_equal(decode(&packet, link_type, frame), HT_DECODED);
    assert_syn(&packet);
    every_cut(link_type, frame, (size_t)(packet.ip.ptr - frame.ptr) + packet.ip_len, 0);
}

/* Prefix "eth0" (type 10) before the payload (type 9), in either byte order. */
static void test_nflog(void **state)
{
    (void)state;
    check(HT_LINK_NFLOG, "02 00 0000 0900 0a00 6574683000 000000 5000 0900" SYN4);
    check(HT_LINK_NFLOG, "0a 00 0001 0064 0009" SYN6);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_NFLOG, "02 00 0000 0900 0a00 6574683000 000000");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_NFLOG, "02 00 0000 0000 0000");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_NFLOG, "02 00 0000 ff00 0a00 65");
}

static void test_bsd(void **state)
{
    (void)state;
    check(HT_LINK_ENC, "00000002 00001000 00000000" SYN4);
    check(HT_LINK_ENC, "18000000 00001000 00000000" SYN6);
    /* 61 bytes and three of padding: the interface's name from the fifth on. */
    check(HT_LINK_PFLOG,
          "3d020000 656d3000 000000000000000000000000 00000000000000000000000000000000"
          "00000000 00000000 00000000 00000000 00000000 00000000 01000000" SYN4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_PFLOG, "01020000");
}

static void test_pktap(void **state)
{
    (void)state;
    check(HT_LINK_PKTAP, "10000000 01000000 01000000 00000000" MACS "0800" SYN4);
    check(HT_LINK_PKTAP, "0c000000 01000000 0c000000" SYN6);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_PKTAP, "0b000000 01000000 01000000" SYN4);
    assert_decode(HT_DECODE_LINK_TYPE, HT_LINK_PKTAP, "0c000000 01000000 93000000" SYN4);
}

static void test_serial(void **state)
{
    (void)state;
    check(HT_LINK_SLIP, "00 80 0000000000000000000000000000" SYN4);
    assert_decode(HT_DECODED, HT_LINK_SLIP, SYN4); /* by a system that writes no header */
    check(HT_LINK_PPP_DIRECTION, "00 ff03 0021" SYN4);
    check(HT_LINK_PPP_DIRECTION, "01 57" SYN6);
}

/* RFC 2427 section 4.1 and 6; Cisco's with an EtherType; an address of four bytes. */
static void test_frame_relay(void **state)
{
    (void)state;
    check(HT_LINK_FRAME_RELAY, "1841 03 cc" SYN4);
    check(HT_LINK_FRAME_RELAY, "1841 03 8e" SYN6);
    check(HT_LINK_FRAME_RELAY, "1841 03 00 80 000000 0800" SYN4);
    check(HT_LINK_FRAME_RELAY, "1841 0800" SYN4);
    check(HT_LINK_FRAME_RELAY, "18400041 86dd" SYN6);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_FRAME_RELAY, "0001 03 08 00 75");
}

/* RFC 1042 on FDDI (RFC 1390) and token ring, with a route of six bytes too; RFC 2684. */
static void test_other_networks(void **state)
{
    (void)state;
    check(HT_LINK_FDDI, "50 00005e0053af 00005e005301 aaaa03 000000 0800" SYN4);
    check(HT_LINK_TOKEN_RING, "10 40 00005e0053af 00005e005301 aaaa03 000000 0800" SYN4);
    check(HT_LINK_TOKEN_RING,
          "10 40 00005e0053af 80005e005301 0630 0011 0020 aaaa03 000000 0800" SYN4);
    check(HT_LINK_ATM_RFC1483, "aaaa03 000000 86dd" SYN6);
    check(HT_LINK_ARCNET_LINUX, "be50 c308 d4 00 0169" SYN4); /* RFC 1201 */
    check(HT_LINK_ARCNET, "be50 d4 ff ffff d4 00 0169" SYN4);
    check(HT_LINK_ARCNET_LINUX, "be50 c600 f0" SYN4); /* RFC 1051 */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ARCNET, "be50 d4 03 0169" SYN4);
    check(HT_LINK_SUNATM, "82 00 0064 aaaa03 000000 0800" SYN4);
    check(HT_LINK_IPOIB,
          "00000000000000000000000000000000 00000000000000000000000000000000 0000000000000000"
          "0800 0000" SYN4);
    check(HT_LINK_DOCSIS, "00 00 0064 0000" MACS "0800" SYN4);
    check(HT_LINK_DOCSIS, "01 04 0068 01020304 0000" MACS "0800" SYN4);
    assert_decode(HT_DECODED, HT_LINK_ATM_CLIP, SYN4);
    assert_decode(HT_DECODED, HT_LINK_ATM_CLIP, "aaaa03 000000 0800" SYN4);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_FDDI, "41 00005e0053af 00005e005301 00");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_SUNATM, "85 00 0064 00");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_DOCSIS, "c2 00 0012 0000 00");
}

static void test_switch_tags(void **state)
{
    (void)state;
    check(HT_LINK_BROADCOM, "00005e0053af 00005e005301 20000001 0800" SYN4);
    check(HT_LINK_BROADCOM_BEFORE, "20000001" MACS "0800" SYN4);
    check(HT_LINK_DSA, "00005e0053af 00005e005301 c0080001 86dd" SYN6);
    check(HT_LINK_EDSA, "00005e0053af 00005e005301 dada 0000 c0080001 0800" SYN4);
}

/* A wireless device in a cooked capture (ARPHRD_IEEE80211_RADIOTAP and ARPHRD_IEEE80211). */
static void test_cooked_wifi(void **state)
{
    (void)state;
    check(HT_LINK_LINUX_SLL,
          "0004 0323 0006 00005e0053af 0000 0003 00 00 0800 00000000 0801 0000 020000000001"
          "020000000002 020000000003 1000 aaaa03 000000 0800" SYN4);
    check(HT_LINK_LINUX_SLL, "0004 0321 0006 00005e0053af 0000 0003 0801 0000 020000000001"
                             "020000000002 020000000003 1000 aaaa03 000000 0800" SYN4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nflog),       cmocka_unit_test(test_bsd),
        cmocka_unit_test(test_pktap),       cmocka_unit_test(test_serial),
        cmocka_unit_test(test_frame_relay), cmocka_unit_test(test_other_networks),
        cmocka_unit_test(test_switch_tags), cmocka_unit_test(test_cooked_wifi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
