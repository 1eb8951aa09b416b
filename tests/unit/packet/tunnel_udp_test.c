/*
 * Tunnels over UDP, and datagrams to their ports that are none. The headers are written by hand
 * from the documents that are named, and tshark reads them the same.
 */
#include "packets.h"

#define ETHERNET4 MACS "0800" SYN4
#define ETHERNET6 MACS "86dd" SYN6

static void check(unsigned port, const char *content, const char *layer)
{
    check_tunnel(HT_LINK_RAW, in_udp(49152, port, content), layer);
}

/* It is the datagram that it looks like. */
static void check_plain(unsigned source, unsigned destination, const char *content)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(in_udp(source, destination, content));
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_int_equal(packet.protocol, IPPROTO_UDP);
    assert_int_equal(packet.num_layers, 0);
    assert_int_equal(packet.source.port, source);
    assert_int_equal(packet.destination.port, destination);
    assert_address(&packet.source.address, "192.0.2.1");
    assert_true(ht_bytes_equal(packet.payload, hex(content)));
    assert_int_equal(packet.ip_len, frame.len);
}

/* RFC 7348 section 5. What the other bits are is nobody's business (section 5: ignored). */
static void test_vxlan(void **state)
{
    (void)state;
    check(4789, "08000000 00002a00" ETHERNET4, "vxlan 42 4789");
    check(8472, "08000000 ffffff00" ETHERNET6, "vxlan 16777215 8472");
    check(4789, "88000042 00002a01" ETHERNET4, "vxlan 42 4789");
    check_plain(49152, 4789, "00000000 00002a00" ETHERNET4);
    check_plain(49152, 4789, "08000000 00002a00" MACS "0806 0001080006040001");
    check_tunnel(HT_LINK_RAW, in_udp(4789, 49152, "08000000 00002a00" ETHERNET4), "vxlan 42 49152");
    check_plain(49152, 4789, "08000000");
    /* draft-ietf-nvo3-vxlan-gpe section 3 */
    check(4790, "0c000001 00002a00" SYN4, "vxlan 42 4790");
    check(4790, "0c000002 00002a00" SYN6, "vxlan 42 4790");
    check(4790, "08000001 00002a00" SYN4, "vxlan 42 4790"); /* the flag left out */
    check(4790, "0c000003 00002a00" ETHERNET4, "vxlan 42 4790");
    check_plain(49152, 4790, "0c000007 00002a00" ETHERNET4);
}

/* RFC 8926 section 3.4, with an option of eight bytes too. */
static void test_geneve(void **state)
{
    (void)state;
    check(6081, "0000 6558 00002a00" ETHERNET4, "geneve 42 6081");
    check(6081, "0240 6558 00002a00 0102 80 01 00000001" ETHERNET4, "geneve 42 6081");
    check(6081, "0000 0800 00002a00" SYN4, "geneve 42 6081");
    check(6081, "0000 86dd 00002a00" SYN6, "geneve 42 6081");
    check_plain(49152, 6081, "4000 6558 00002a00" ETHERNET4);
    check_plain(49152, 6081, "3f00 6558 00002a00" ETHERNET4);
}

/* 3GPP TS 29.281 section 5: plain; with a sequence number; with a PDU session container (TS 38.415)
 * as its extension. */
static void test_gtp(void **state)
{
    (void)state;
    check(2152, "30 ff 004c 0000002a" SYN4, "gtpu 42 2152");
    check(2152, "30 ff 0060 ffffffff" SYN6, "gtpu 4294967295 2152");
    check(2152, "32 ff 0050 0000002a 00010000" SYN4, "gtpu 42 2152");
    check(2152, "34 ff 0054 0000002a 00000085 01000900" SYN4, "gtpu 42 2152");
    check(2152, "30 ff 005a 0000002a" ETHERNET4, "gtpu 42 2152");
    check(2152, "30 ff 0050 0000002a ff03 0021" SYN4, "gtpu 42 2152");
    check_tunnel(HT_LINK_RAW, in_udp(2152, 49152, "30 ff 004c 0000002a" SYN4), "gtpu 42 49152");
    check_plain(49152, 2152, "30 01 0004 00000000 00010000"); /* echo request */
    check_plain(49152, 2152, "50 ff 004c 0000002a" SYN4);
    check_plain(49152, 2152, "30 ff 004d 0000002a" SYN4); /* longer than the datagram */
    check_plain(49152, 2152, "34 ff 0054 0000002a 00000085 00000900" SYN4);
    /* A DNS message: RFC 1035 section 4.1.1. */
    check_plain(53, 2152, "30ff 8180 0001 0000 0000 0000 00 0001 0001");
}

/* RFC 4380 section 5.1.1. */
static void test_teredo(void **state)
{
    (void)state;
    check(3544, SYN6, "teredo - 3544");
    check(3544, "0000 3fff 3ffffefd" SYN6, "teredo - 3544");
    check(3544, "0001 00 00 0102030405060708 00" SYN6, "teredo - 3544");
    check(3544, "0001 02 01 6161 00 0102030405060708 00 0000 3fff 3ffffefd" SYN6, "teredo - 3544");
    check_tunnel(HT_LINK_RAW, in_udp(3544, 49152, SYN6), "teredo - 49152");
    check_plain(49152, 3544, SYN4);
    check_plain(49152, 3544, "6e0891dc 00390640 fd00"); /* longer than the datagram */
}

/* RFC 2661 section 3.1: tunnel 1, session 42. */
static void test_l2tp(void **state)
{
    (void)state;
    check(1701, "0002 0001 002a ff03 0021" SYN4, "l2tp 42 1701");
    check(1701, "4002 0058 0001 002a ff03 0021" SYN4, "l2tp 42 1701");
    check(1701, "0802 0001 002a 0005 0006 0057" SYN6, "l2tp 42 1701");
    check(1701, "0202 0001 002a 0002 0000 21" SYN4, "l2tp 42 1701");
    check_tunnel(HT_LINK_RAW, in_udp(1701, 49152, "0002 0001 002a 0021" SYN4), "l2tp 42 49152");
    check_plain(49152, 1701, "c802 000c 0001 0000 0000 0000"); /* control */
    check_plain(49152, 1701, "0002 0001 002a ff03 c021 01010004");
    /* RFC 3931 section 4.1.2.1 */
    struct ht_packet packet;
    struct ht_bytes frame = hex(in_udp(49152, 1701, "0003 0000 0000002a 00000000" ETHERNET4));
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_syn(&packet);
    assert_layer(&packet.layers[0], "l2tp 42 1701");
}

/* RFC 9300 section 5.1: with a nonce; with an instance id. */
static void test_lisp(void **state)
{
    (void)state;
    check(4341, "80123456 00000001" SYN4, "lisp - 4341");
    check(4341, "88123456 00002a01" SYN6, "lisp 42 4341");
    check_plain(49152, 4341, "80123456 00000001" ETHERNET4);
    check_plain(49152, 4341, "80123456 00000001" SYN4 "00"); /* something follows */
}

static void test_gre_and_mpls(void **state)
{
    (void)state;
    struct ht_packet packet;
    check(4754, "2000 0800 0000002a" SYN4, "gre 42 4754"); /* RFC 8086 */
    check_plain(49152, 4754, "0000 0806" SYN4);
    struct ht_bytes frame = hex(in_udp(49152, 6635, "000101ff" SYN4)); /* RFC 7510 */
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_syn(&packet);
    assert_layer(&packet.layers[0], "mpls_in_ip - 6635");
    assert_layer(&packet.layers[1], "mpls 16 -");
    check_plain(49152, 6635, "000101ff" SYN4 "00");
    check_plain(49152, 6635, "000101ff 00000000" ETHERNET4);
    check_plain(49152, 6635, "000100ff 000100ff");
}

#define WIFI "0801 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800"

/* RFC 5415 section 4.3: header of two words; 802.11 (T); 802.3. */
static void test_capwap(void **state)
{
    (void)state;
    check(5247, "00 100300 00000000" WIFI SYN4, "capwap - 5247");
    check(5247,
          "00 100300 00000000 0108 0000 020000000001 020000000002 020000000003 0000"
          "aaaa03 000000 0800" SYN4,
          "capwap - 5247"); /* as some controllers swap it */
    check(5247, "00 100200 00000000" ETHERNET4, "capwap - 5247");
    check(5247, "00 180210 00000000 00000000" ETHERNET4, "capwap - 5247");
    check_plain(49152, 5247, "01 000000 16feff 0000");        /* DTLS */
    check_plain(49152, 5247, "00 100280 00000000" ETHERNET4); /* a fragment */
}

/* draft-massar-v6ops-ayiya section 3: an identity of 16 bytes, a signature of 20 (SHA-1). */
static void test_ayiya(void **state)
{
    (void)state;
    check(5072,
          "41 52 11 29 4fb36c3c 20010db8000000000000000000000001"
          "000102030405060708090a0b0c0d0e0f10111213" SYN6,
          "ayiya - 5072");
    check_plain(49152, 5072,
                "41 52 10 3b 4fb36c3c 20010db8000000000000000000000001"
                "000102030405060708090a0b0c0d0e0f10111213");
}

static void test_tzsp(void **state)
{
    (void)state;
    check(37008, "01 00 0001 01" ETHERNET4, "tzsp - 37008");
    check(37008, "01 01 0012 00 0a01ce 01" WIFI SYN4, "tzsp - 37008");
    check_plain(49152, 37008, "01 04 0000 01");
    check_plain(49152, 37008, "01 00 0001 0a");
}

/* What a peer sends to a port of its choice: the port may be a tunnel's. Content of QUIC packets
 * (RFC 9000 section 17.3), whose second byte is as good as random, and of DNS messages. */
static void test_ports_of_clients(void **state)
{
    (void)state;
    check_plain(443, 4754, "4001 1234 56789abc def01234");
    check_plain(4754, 443, "4001 880b 0000 9abc def01234");
    check_plain(4754, 53, "0001 0100 0001 0000 0000 0000 00 0001 0001");
}

/* The same with the end cut: a header that says "no tunnel" says it there too. */
static void test_ports_of_clients_cut(void **state)
{
    (void)state;
    static const uint16_t ports[]       = {1701, 2152, 3544, 4341, 4754, 4789, 4790,
                                           5072, 5247, 6081, 6635, 8472, 37008};
    static const char *const contents[] = {
        "7f00 1234 56789abc def01234 56789abc def01234 56789abc def01234 56789abc def01234 5678",
        "4211 ffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffff",
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(ports) * HT_ARRAY_LEN(contents); i++) {
        struct ht_packet packet;
        unsigned port         = ports[i / HT_ARRAY_LEN(contents)];
        const char *content   = contents[i % HT_ARRAY_LEN(contents)];
        struct ht_bytes frame = hex(in_udp(443, port, content));
        assert_int_equal(decode_cut(&packet, HT_LINK_RAW, ht_bytes_head(frame, 60), frame.len),
                         HT_DECODED);
        assert_int_equal(packet.destination.port, port);
        assert_int_equal(packet.payload_len, 38);
        assert_int_equal(packet.payload.len, 60 - 28);
    }
}

/* Ethernet in VXLAN in GRE with ERSPAN, behind a VLAN tag. */
static void test_nested(void **state)
{
    (void)state;
    struct ht_packet packet;
    char text[1024];
    (void)sprintf(text, "1000 88be 00000001 100a0064 00000001" MACS "0800 %s",
                  in_udp(49152, 4789, "08000000 00002a00" ETHERNET6));
    const char *outer = in_ip(47, text);
    char frame[2048];
    (void)sprintf(frame, MACS "8100 000c 0800 %s", outer);
    assert_int_equal(decode(&packet, HT_LINK_ETHERNET, hex(frame)), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.num_layers, 4);
    assert_layer(&packet.layers[0], "vlan 12 -");
    assert_layer(&packet.layers[1], "gre - 0");
    assert_layer(&packet.layers[2], "erspan 100 -");
    assert_layer(&packet.layers[3], "vxlan 42 4789");
}

/* A tunnel in which something else lies that only looks like one is what it was before. */
static void test_inner_datagram_is_plain(void **state)
{
    (void)state;
    struct ht_packet packet;
    char text[1024];
    (void)sprintf(text, "08000000 00002a00" MACS "0800 %s", in_udp(49152, 4789, "616263"));
    struct ht_bytes frame = hex(in_udp(49152, 4789, text));
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_int_equal(packet.num_layers, 1);
    assert_text(packet.payload, "abc");
    assert_int_equal(packet.destination.port, 4789);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vxlan),
        cmocka_unit_test(test_geneve),
        cmocka_unit_test(test_gtp),
        cmocka_unit_test(test_teredo),
        cmocka_unit_test(test_l2tp),
        cmocka_unit_test(test_lisp),
        cmocka_unit_test(test_capwap),
        cmocka_unit_test(test_gre_and_mpls),
        cmocka_unit_test(test_ayiya),
        cmocka_unit_test(test_tzsp),
        cmocka_unit_test(test_ports_of_clients),
        cmocka_unit_test(test_ports_of_clients_cut),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_inner_datagram_is_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
