/*
 * IPv4 and IPv6 headers (RFC 791, RFC 8200): lengths, options, extension headers, fragments.
 */
#include "packets.h"

static void check(const char *digits, size_t headers, const char *payload, uint32_t ip_len)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(digits);
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_true(ht_bytes_equal(packet.payload, hex(payload)));
    assert_int_equal(packet.payload_len, hex(payload).len);
    assert_int_equal(packet.ip_len, ip_len);
    assert_ptr_equal(packet.ip.ptr, frame.ptr);
    assert_int_equal(packet.ip.len, ip_len);
    every_cut(HT_LINK_RAW, frame, headers, hex(payload).len);
}

static void check_result(enum ht_decode expected, const char *frame)
{
    assert_decode(expected, HT_LINK_RAW, frame);
}

static void test_ipv4(void **state)
{
    (void)state;
    check(DATA4, 135 - 67, BGP, 135);
    check(IPV4("002b", "0000", "06") TCP "616263", 40, "616263", 43);
    check(IPV4("002b", "4000", "06") TCP "616263", 40, "616263", 43); /* don't fragment */
}

/* Timestamp option of 8 bytes: IHL 7. */
static void test_ipv4_options(void **state)
{
    (void)state;
    check("47000033 00010000 40060000 c0000201 c6336402 4408050000000000" TCP "616263", 48,
          "616263", 51);
    check_result(HT_DECODE_MALFORMED, "44000028 00010000 40060000 c0000201 c6336402" TCP);
    /* The header reaches beyond the packet. */
    check_result(HT_DECODE_MALFORMED, IPV4("0013", "0000", "06") TCP);
    check_result(HT_DECODE_MALFORMED, "46000014 00010000 40060000 c0000201 c6336402 00000000" TCP);
    check_result(HT_DECODE_MALFORMED, "4f000028 00010000 40060000 c0000201 c6336402" TCP);
}

/* Ethernet pads to 60 bytes and some switches append a trailer: neither is payload. */
static void test_padding_is_no_payload(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame = hex(MACS "0800" IPV4("0028", "0000", "06") TCP "000000000000 deadbeef");
    assert_int_equal(decode(&packet, HT_LINK_ETHERNET, frame), HT_DECODED);
    assert_int_equal(packet.payload.len, 0);
    assert_int_equal(packet.payload_len, 0);
    assert_int_equal(packet.ip.len, 40);
    every_cut(HT_LINK_ETHERNET, frame, 54, 0);
    every_cut(HT_LINK_ETHERNET, hex(MACS "86dd" IPV6("0016", "06") TCP "6162 00000000"), 74, 2);
}

/* The snapshot length cut the frame: the rest is known to be missing by the IP length. */
static void test_snapshot_length(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame = hex(IPV4("05dc", "4000", "06") TCP "16030105a0");
    assert_int_equal(decode_cut(&packet, HT_LINK_RAW, frame, 1500), HT_DECODED);
    assert_int_equal(packet.payload.len, 5);
    assert_int_equal(packet.payload_len, 1460);
    assert_int_equal(packet.ip_len, 1500);
    assert_int_equal(packet.ip.len, 45);
    /* Nothing is missing where the frame was that short on the wire: the IP length is wrong. */
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_int_equal(packet.payload_len, 5);
    assert_int_equal(packet.ip_len, 1500);
}

/* Captured before the network card cut it (TCP segmentation offload): length zero. */
static void test_zero_length(void **state)
{
    (void)state;
    struct ht_packet packet;
    struct ht_bytes frame = hex(IPV4("0000", "4000", "06") TCP "616263");
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_text(packet.payload, "abc");
    assert_int_equal(packet.ip_len, 43);
    assert_int_equal(decode_cut(&packet, HT_LINK_RAW, frame, 70000), HT_DECODED);
    assert_int_equal(packet.payload.len, 3);
    assert_int_equal(packet.payload_len, 70000 - 40);
    frame = hex(IPV6("0000", "06") TCP "616263");
    assert_int_equal(decode_cut(&packet, HT_LINK_RAW, frame, 70000), HT_DECODED);
    assert_int_equal(packet.payload_len, 70000 - 60);
    /* RFC 2675 section 2: a jumbo payload option. */
    frame = hex(IPV6("0000", "00") "0600 c204 00011170" TCP "616263");
    assert_int_equal(decode_cut(&packet, HT_LINK_RAW, frame, 70040), HT_DECODED);
    assert_int_equal(packet.payload_len, 70000 - 28);
}

static void test_ipv4_fragments(void **state)
{
    (void)state;
    check_result(HT_DECODE_FRAGMENT, IPV4("0028", "2000", "06") TCP);        /* the first */
    check_result(HT_DECODE_FRAGMENT, IPV4("0028", "2001", "06") TCP);        /* in the middle */
    check_result(HT_DECODE_FRAGMENT, IPV4("0028", "0001", "06") TCP);        /* the last */
    check_result(HT_DECODE_FRAGMENT, IPV4("0018", "2000", "33") "06ff0000"); /* whatever it holds */
}

/* RFC 3602 section 4, case 5 before encryption: an echo request. */
static void test_other_protocols(void **state)
{
    (void)state;
    check_result(HT_DECODE_NOT_TCP_UDP, "45000054 08f20000 4001f9fe c0a87b03 c0a87b64"
                                        "08000ebd a70a0000 8e9c083d b95b0700 08090a0b 0c0d0e0f");
    check_result(HT_DECODE_NOT_TCP_UDP, IPV4("0018", "0000", "32") "00000800");
    check_result(HT_DECODE_NOT_TCP_UDP, IPV6("0008", "3a") "8000000000000000");
    check_result(HT_DECODE_NOT_TCP_UDP, IPV6("0000", "3b")); /* no next header */
}

static void test_ipv6(void **state)
{
    (void)state;
    check(IPV6("0017", "06") TCP "616263", 60, "616263", 63);
    check(IPV6("000b", "11") UDP("000b") "616263", 48, "616263", 51);
}

/* Router alert (RFC 2711), an empty destination options header, a type 0 routing header of one
 * address. */
#define HOP_BY_HOP(next) next "00 0502 0000 0100 "
#define DESTINATION(next) next "00 0104 00000000 "
#define ROUTING(next) next "02 00 00 00000000 20010db8000000000000000000000003 "
#define FRAGMENT(next, offset) next "00" offset "00000001 "

static void test_ipv6_extension_headers(void **state)
{
    (void)state;
    check(IPV6("001f", "00") HOP_BY_HOP("06") TCP "616263", 68, "616263", 71);
    check(IPV6("004f", "00") HOP_BY_HOP("3c") DESTINATION("2b") ROUTING("2c") FRAGMENT("3c", "0000")
              DESTINATION("06") TCP "616263",
          60 + 8 + 8 + 24 + 8 + 8, "616263", 40 + 79);
}

static void test_ipv6_broken_extension_headers(void **state)
{
    (void)state;
    /* The header says 2048 bytes, the packet has eight. */
    check_result(HT_DECODE_MALFORMED, IPV6("0008", "00") "06ff 050200000100");
    check_result(HT_DECODE_MALFORMED, IPV6("0004", "3c") "0600 0100");
    check_result(HT_DECODE_MALFORMED, IPV6("0004", "2c") "0600 0000");
}

static void test_ipv6_fragments(void **state)
{
    (void)state;
    check_result(HT_DECODE_FRAGMENT, IPV6("001c", "2c") FRAGMENT("06", "0001") TCP);
    check_result(HT_DECODE_FRAGMENT, IPV6("001c", "2c") FRAGMENT("06", "0008") TCP);
    /* RFC 6946: atomic. The two reserved bits say nothing. */
    check(IPV6("001f", "2c") FRAGMENT("06", "0000") TCP "616263", 68, "616263", 71);
    check(IPV6("001f", "2c") FRAGMENT("06", "0006") TCP "616263", 68, "616263", 71);
}

/* RFC 4302: payload length 4 means 24 bytes. */
#define AH(next) next "04 0000 00000001 00000001 000102030405060708090a0b "

static void test_authentication_header(void **state)
{
    (void)state;
    check(IPV4("0043", "0000", "33") AH("06") TCP "616263", 64, "616263", 67);
    check(IPV6("002f", "33") AH("06") TCP "616263", 84, "616263", 87);
    check_result(HT_DECODE_MALFORMED, IPV4("001c", "0000", "33") "0604 0000 00000001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv4_options),
        cmocka_unit_test(test_padding_is_no_payload),
        cmocka_unit_test(test_snapshot_length),
        cmocka_unit_test(test_zero_length),
        cmocka_unit_test(test_ipv4_fragments),
        cmocka_unit_test(test_other_protocols),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_ipv6_extension_headers),
        cmocka_unit_test(test_ipv6_broken_extension_headers),
        cmocka_unit_test(test_ipv6_fragments),
        cmocka_unit_test(test_authentication_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
