/*
 * Every link type, around the packets of RFC 9235. The link headers are written by hand from
 * https://www.tcpdump.org/linktypes.html and the documents named there.
 */
#include "packets.h"

static void check_syn4(uint16_t link_type, const char *digits)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(digits);
    assert_int_equal(decode(&packet, link_type, frame), HT_DECODED);
    assert_address(&packet.source.address, "10.11.12.13");
    assert_address(&packet.destination.address, "172.27.28.29");
    assert_int_equal(packet.source.port, 59863);
    assert_int_equal(packet.destination.port, 179);
    assert_int_equal(packet.tcp.seq, 0xFBFBAB5A);
    assert_int_equal(packet.ip_len, 76);
    every_cut(link_type, frame, (size_t)(packet.ip.ptr - frame.ptr) + 76, 0);
}

static void check_syn6(uint16_t link_type, const char *digits)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(digits);
    assert_int_equal(decode(&packet, link_type, frame), HT_DECODED);
    assert_address(&packet.source.address, "fd00::1");
    assert_address(&packet.destination.address, "fd00::2");
    assert_int_equal(packet.source.port, 63460);
    assert_int_equal(packet.tcp.seq, 0x176A833F);
    every_cut(link_type, frame, (size_t)(packet.ip.ptr - frame.ptr) + 96, 0);
}

static void test_ethernet(void **state)
{
    (void)state;
    check_syn4(HT_LINK_ETHERNET, MACS "0800" SYN4);
    check_syn6(HT_LINK_ETHERNET, MACS "86dd" SYN6);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "0806 0001080006040001");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "88cc 0207");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_ETHERNET, MACS "08");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_ETHERNET, "");
}

/* A length instead of a type: LLC, with SNAP (RFC 1042) or IP's own service access point. */
static void test_ethernet_with_length(void **state)
{
    (void)state;
    check_syn4(HT_LINK_ETHERNET, MACS "0054 aaaa03 000000 0800" SYN4);
    check_syn4(HT_LINK_ETHERNET, MACS "0054 aaaa03 0000f8 0800" SYN4);
    check_syn4(HT_LINK_ETHERNET, MACS "004f 060603" SYN4);
    check_syn6(HT_LINK_ETHERNET, MACS "8100 0001 0068 aaaa03 000000 86dd" SYN6);
    /* spanning tree; Cisco's OUI; SNAP in an information frame; NetWare */
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "0026 424203 0000000000");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "0054 aaaa03 00000c 2000");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "0054 aaaa00 000000 0800" SYN4);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "0054 ffff0054");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_ETHERNET, MACS "0054 aaaa03 000000");
}

static void check_tags(const char *frame, size_t num, const uint16_t *tags)
{
    struct ht_packet packet;
    check_syn4(HT_LINK_ETHERNET, frame);
    (void)decode(&packet, HT_LINK_ETHERNET, hex(frame));
    assert_int_equal(packet.num_layers, num);
    for (size_t i = 0; i < num; i++) {
        assert_int_equal(packet.layers[i].id, tags[i]);
    }
}

static void test_tags(void **state)
{
    (void)state;
    /* The id is the low 12 bits: priority and drop eligibility stand before it. */
    check_tags(MACS "8100 f00c 0800" SYN4, 1, (uint16_t[]){12});
    check_tags(MACS "88a8 0064 8100 0fff 0800" SYN4, 2, (uint16_t[]){100, 4095});
    check_tags(MACS
               "9100 0001 9100 0002 8100 0003 8100 0004 8100 0005 8100 0006 8100 0007 8100 0008 "
               "8100 0009 0800" SYN4,
               HT_MAX_LAYERS, (uint16_t[]){1, 2, 3, 4, 5, 6, 7, 8});
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_ETHERNET, MACS "8100 000c 0806");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_ETHERNET, MACS "8100 000c 8100");
}

static void test_null_and_loop(void **state)
{
    (void)state;
    check_syn4(HT_LINK_NULL, "02000000" SYN4);
    check_syn4(HT_LINK_NULL, "00000002" SYN4);
    check_syn4(HT_LINK_LOOP, "00000002" SYN4);
    check_syn6(HT_LINK_NULL, "18000000" SYN6);
    check_syn6(HT_LINK_NULL, "1c000000" SYN6);
    check_syn6(HT_LINK_NULL, "0000001e" SYN6);
    check_syn6(HT_LINK_LOOP, "00000018" SYN6);
    check_syn4(HT_LINK_NULL, "0f000800" SYN4);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_NULL, "07000000 00");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_NULL, "0f008035 00");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_NULL, "020000");
}

#define SLL(hardware, protocol) "0004" hardware "0006 00005e0053af 0000" protocol
#define SLL2(hardware, protocol) protocol "0000 00000002" hardware "04 06 00005e0053af 0000"

static void test_linux_cooked(void **state)
{
    (void)state;
    check_syn4(HT_LINK_LINUX_SLL, SLL("0001", "0800") SYN4);
    check_syn6(HT_LINK_LINUX_SLL, SLL("fffe", "86dd") SYN6);
    check_syn4(HT_LINK_LINUX_SLL, SLL("0001", "8100") "0005 0800" SYN4);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_LINUX_SLL, SLL("0001", "0806") "00010800");
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_LINUX_SLL, SLL("0338", "0800") SYN4); /* netlink */
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_LINUX_SLL, "0004");
}

static void test_linux_cooked_2(void **state)
{
    (void)state;
    struct ht_packet packet;
    check_syn4(HT_LINK_LINUX_SLL2, SLL2("0304", "0800") SYN4);
    check_syn6(HT_LINK_LINUX_SLL2, SLL2("0001", "86dd") SYN6);
    check_syn4(HT_LINK_LINUX_SLL2, SLL2("0001", "8100") "0005 0800" SYN4);
    (void)decode(&packet, HT_LINK_LINUX_SLL2, hex(SLL2("0001", "8100") "0005 0800" SYN4));
    assert_int_equal(packet.num_layers, 1);
    assert_int_equal(packet.layers[0].id, 5);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_LINUX_SLL2, SLL2("0001", "88cc"));
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_LINUX_SLL2, SLL2("0338", "0000"));
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_LINUX_SLL2, "0800 0000 00000002 0001");
}

static void test_ppp(void **state)
{
    (void)state;
    static const uint16_t types[] = {HT_LINK_PPP, HT_LINK_PPP_HDLC};
    for (size_t i = 0; i < HT_ARRAY_LEN(types); i++) {
        check_syn4(types[i], "ff03 0021" SYN4);
        check_syn4(types[i], "ff03 21" SYN4);
        check_syn4(types[i], "0021" SYN4);
        check_syn4(types[i], "21" SYN4);
        check_syn6(types[i], "ff03 0057" SYN6);
        check_syn6(types[i], "57" SYN6);
        check_syn4(types[i], "0f00 0800" SYN4);                      /* Cisco HDLC */
        assert_decode(HT_DECODE_NOT_IP, types[i], "ff03 c021 0101"); /* LCP */
        assert_decode(HT_DECODE_NOT_IP, types[i], "8021 0101");      /* IPCP */
        assert_decode(HT_DECODE_MALFORMED, types[i], "ff03 00");
    }
}

static void test_cisco_hdlc(void **state)
{
    (void)state;
    check_syn4(HT_LINK_CISCO_HDLC, "0f00 0800" SYN4);
    check_syn6(HT_LINK_CISCO_HDLC, "8f00 86dd" SYN6);
    assert_decode(HT_DECODE_NOT_IP, HT_LINK_CISCO_HDLC, "8f00 8035 00000002");
}

static void test_raw(void **state)
{
    (void)state;
    static const uint16_t types[] = {HT_LINK_RAW, HT_LINK_RAW_BSD, HT_LINK_RAW_OPENBSD};
    for (size_t i = 0; i < HT_ARRAY_LEN(types); i++) {
        check_syn4(types[i], SYN4);
        check_syn6(types[i], SYN6);
    }
    check_syn4(HT_LINK_IPV4, SYN4);
    check_syn6(HT_LINK_IPV6, SYN6);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, "5500");
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, "");
}

static void test_unknown_link_type(void **state)
{
    (void)state;
    assert_decode(HT_DECODE_LINK_TYPE, 195, SYN4); /* IEEE 802.15.4 */
    assert_decode(HT_DECODE_LINK_TYPE, 0xFFFF, "");
}

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < HT_NUM_DECODES; i++) {
        assert_non_null(ht_decode_name((enum ht_decode)i));
    }
    assert_string_equal(ht_decode_name(HT_DECODE_NOT_IP), "not_ip");
    assert_string_equal(ht_decode_name(HT_DECODE_FRAGMENT), "fragment");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ethernet),     cmocka_unit_test(test_ethernet_with_length),
        cmocka_unit_test(test_tags),         cmocka_unit_test(test_null_and_loop),
        cmocka_unit_test(test_linux_cooked), cmocka_unit_test(test_linux_cooked_2),
        cmocka_unit_test(test_ppp),          cmocka_unit_test(test_cisco_hdlc),
        cmocka_unit_test(test_raw),          cmocka_unit_test(test_unknown_link_type),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
