/*
 * TCP (RFC 9293) and UDP (RFC 768) headers.
 */
#include "packets.h"

/* RFC 9235 sections 4.1.1 and 4.1.3, whose text gives addresses, ports and sequence numbers. */
static void test_tcp(void **state)
{
    (void)state;
    struct ht_packet packet;
    assert_int_equal(decode(&packet, HT_LINK_RAW, hex(SYN4)), HT_DECODED);
    assert_int_equal(packet.protocol, IPPROTO_TCP);
    assert_int_equal(packet.tcp.seq, 0xFBFBAB5A);
    assert_int_equal(packet.tcp.ack, 0);
    assert_int_equal(packet.tcp.flags, HT_TCP_SYN);
    assert_int_equal(packet.tcp.window, 65535);
    assert_int_equal(packet.header.len, 20 + 36);
    assert_int_equal(ht_be32_at(packet.header, 20), 0x020405B4);
    assert_int_equal(packet.payload.len, 0);
    assert_int_equal(packet.num_layers, 0);

    assert_int_equal(decode(&packet, HT_LINK_RAW, hex(DATA4)), HT_DECODED);
    assert_int_equal(packet.tcp.seq, 0xFBFBAB5B);
    assert_int_equal(packet.tcp.ack, 0x11C14262);
    assert_int_equal(packet.tcp.flags, HT_TCP_PSH | HT_TCP_ACK);
    assert_int_equal(packet.tcp.window, 260);
    assert_int_equal(packet.header.len, 20 + 28);
    assert_true(ht_bytes_equal(packet.payload, hex(BGP)));
}

static void test_tcp_flags(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame =
        hex(IPV4("0028", "0000", "06") "c00001bb 00000001 00000002 50ff 1000 00000000");
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_int_equal(packet.tcp.flags, 0xFF);
    assert_int_equal(packet.header.len, 20);
}

#define TCP_OFFSET(offset) "c00001bb 00000001 00000002" offset "18 1000 00000000"

static void test_tcp_data_offset(void **state)
{
    (void)state;
    /* Below the 20 bytes that a header has; beyond the end of the packet. */
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, IPV4("0028", "0000", "06") TCP_OFFSET("40"));
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, IPV4("0028", "0000", "06") TCP_OFFSET("00"));
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, IPV4("0028", "0000", "06") TCP_OFFSET("60"));
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW,
                  IPV4("0028", "0000", "06") TCP_OFFSET("60") "00000000");
    assert_decode(HT_DECODED, HT_LINK_RAW, IPV4("002c", "0000", "06") TCP_OFFSET("60") "00000000");
    /* The packet ends inside the header, though the frame goes on. */
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, IPV4("0027", "0000", "06") TCP);
}

/* Truncated and malformed are two things: only the wire's length tells them apart. */
static void test_cut_inside_options(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame = hex(IPV4("05dc", "0000", "06") TCP_OFFSET("80") "0101");
    assert_int_equal(decode_cut(&packet, HT_LINK_RAW, frame, 1500), HT_DECODE_TRUNCATED);
    assert_int_equal(packet.destination.port, 443);
    frame = hex(IPV4("002c", "0000", "06") TCP_OFFSET("80") "0101");
    assert_int_equal(decode_cut(&packet, HT_LINK_RAW, frame, 1500), HT_DECODE_MALFORMED);
}

static void test_udp(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame = hex(IPV4("0020", "0000", "11") UDP("000c") "61626364");
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_int_equal(packet.protocol, IPPROTO_UDP);
    assert_int_equal(packet.source.port, 49152);
    assert_int_equal(packet.destination.port, 53);
    assert_text(packet.payload, "abcd");
    every_cut(HT_LINK_RAW, frame, 28, 4);
}

/* The UDP length may be less than what IP carries; the rest is nobody's (RFC 768). */
static void test_udp_length(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame = hex(IPV4("0020", "0000", "11") UDP("000a") "61626364");
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_text(packet.payload, "ab");
    assert_int_equal(packet.payload_len, 2);
    every_cut(HT_LINK_RAW, frame, 28, 2);
    assert_decode(HT_DECODED, HT_LINK_RAW, IPV4("001c", "0000", "11") UDP("0008"));
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, IPV4("001c", "0000", "11") UDP("0007"));
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, IPV4("001c", "0000", "11") UDP("0000"));
    /* Longer than the IP packet: what is there can be read. */
    frame = hex(IPV4("0020", "0000", "11") UDP("0100") "61626364 7879");
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_text(packet.payload, "abcd");
    assert_int_equal(packet.payload_len, 4);
    assert_decode(HT_DECODE_MALFORMED, HT_LINK_RAW, IPV4("001b", "0000", "11") UDP("0008"));
}

/* RFC 2675 section 4: zero where the datagram is longer than the field can say. */
static void test_udp_jumbogram(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame = hex(IPV6("0000", "00") "1100 c204 00011170" UDP("0000") "616263");
    assert_int_equal(decode_cut(&packet, HT_LINK_RAW, frame, 70040), HT_DECODED);
    assert_int_equal(packet.payload.len, 3);
    assert_int_equal(packet.payload_len, 70000 - 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_tcp_flags),
        cmocka_unit_test(test_tcp_data_offset),
        cmocka_unit_test(test_cut_inside_options),
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_udp_length),
        cmocka_unit_test(test_udp_jumbogram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
