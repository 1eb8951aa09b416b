/*
 * ESP without encryption: RFC 4303 around packets of RFC 9235, by hand;
 * tshark reads them the same where it is told to try (esp.enable_null_encryption_decode_heuristic).
 */
#include "packets.h"

#define ESP "00001000 00000001 "
#define ICV_12 "a0a1a2a3a4a5a6a7a8a9aaab"
#define ICV_16 ICV_12 "acadaeaf"
#define IPV4_TRAILER "0102 02 04"
#define IPV6_TRAILER "0102 02 29"

/* The SYN of RFC 9235 section 6.1.1 in transport mode: its IP header but for length and protocol;
 * its TCP header. */
#define TRANSPORT                                                                                  \
    "6e0891dc 0050 32 40 fd000000 00000000 00000000 00000001 fd000000 00000000 00000000 "          \
    "00000002" ESP
#define SYN                                                                                        \
    "f7e400b3 176a833f 00000000 e002ffff 47210000 020405a0 01030308 0402080a 0041d087 00000000"    \
    "1d103d54 9033ec3d 7334b64c 5edd039f"

/* Every prefix of a frame that holds a packet of ESP's: none is read past its end, and without the
 * trailer none is taken for anything. */
static void check_prefixes(struct ht_bytes frame, size_t trailer_end)
{
    for (size_t len = 0; len < frame.len; len++) {
        struct ht_packet part;
        uint8_t *exact           = exact_copy(ht_bytes_head(frame, len));
        struct ht_bytes captured = ht_bytes(exact, len);
        assert_int_not_equal(decode_cut(&part, HT_LINK_RAW, captured, frame.len), HT_DECODED);
        assert_inside(&part, captured);
        bool decoded = decode(&part, HT_LINK_RAW, captured) == HT_DECODED;
        assert_true(!decoded || len >= trailer_end + 12);
        assert_inside(&part, captured);
        free(exact);
    }
}

static void check_in_tunnel(const char *content, size_t check)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(in_ip(50, content));
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.num_layers, 2);
    assert_layer(&packet.layers[0], "esp 4096 -");
    assert_layer(&packet.layers[1], "ip_in_ip - 0");
    check_prefixes(frame, frame.len - check);
}

static void test_tunnel_mode(void **state)
{
    (void)state;
    check_in_tunnel(ESP SYN4 IPV4_TRAILER ICV_12, 12);
    check_in_tunnel(ESP SYN4 IPV4_TRAILER ICV_16, 16);
    check_in_tunnel(ESP SYN4 IPV4_TRAILER ICV_12 ICV_12, 24);
    check_in_tunnel(ESP SYN6 IPV6_TRAILER ICV_16 ICV_16, 32);
    check_in_tunnel(ESP "0102030405060708" SYN6 IPV6_TRAILER ICV_16, 16); /* RFC 4543 */
    check_in_tunnel(ESP SYN4 "010203040506 06 04" ICV_12, 12);            /* more padding */
}

static void test_transport_mode(void **state)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(TRANSPORT SYN "0102 02 06" ICV_12);
    (void)state;
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_int_equal(packet.destination.port, 179);
    assert_int_equal(packet.tcp.seq, 0x176A833F);
    assert_int_equal(packet.payload_len, 0);
    assert_int_equal(packet.num_layers, 1);
    assert_layer(&packet.layers[0], "esp 4096 -");
    check_prefixes(frame, frame.len - 12);
}

/* A query of RFC 1035's form, with no checksum of UDP's, which IPv4 allows: then its length
 * decides.
 */
#define QUERY "0007 0100 0001 0000 0000 0000 03777777 00 0001 0001"

static void test_udp(void **state)
{
    struct ht_packet packet;
    (void)state;
    struct ht_bytes frame = hex(in_ip(50, ESP UDP("001d") QUERY "01 01 11" ICV_12));
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_int_equal(packet.destination.port, 53);
    assert_int_equal(packet.payload_len, 21);
    assert_decode(HT_DECODE_NOT_TCP_UDP, HT_LINK_RAW,
                  in_ip(50, ESP UDP("001c") QUERY "01 01 11" ICV_12));
}

/* A datagram inside that was put together from fragments, whose trailers are gone. */
static void test_rebuilt(void **state)
{
    static const char *const heads[] = {ESP, ESP "0102030405060708"};
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(heads); i++) {
        char digits[1024];
        (void)sprintf(digits, "%s %s", in_ip(50, heads[i]), SYN4);
        struct ht_packet packet;
        struct ht_frame frame = {
            .number = 1, .data = hex(digits), .link_type = HT_LINK_RAW, .rebuilt = 76};
        frame.original_len = (uint32_t)frame.data.len;
        assert_int_equal(ht_packet_decode(&packet, &frame), HT_DECODED);
        assert_syn(&packet);
        assert_layer(&packet.layers[0], "esp 4096 -");
        assert_layer(&packet.layers[1], "ip_in_ip - 0");
    }
}

/* RFC 3948: the same in UDP; IKE, a keepalive and what is encrypted stay datagrams. */
static void test_in_udp(void **state)
{
    struct ht_packet packet;
    (void)state;
    struct ht_bytes frame = hex(in_udp(4500, 4500, ESP SYN4 IPV4_TRAILER ICV_16));
    assert_int_equal(decode(&packet, HT_LINK_RAW, frame), HT_DECODED);
    assert_syn(&packet);
    assert_layer(&packet.layers[0], "esp 4096 -");
    assert_layer(&packet.layers[1], "ip_in_ip - 4500");
    static const char *const others[] = {"ff", "00000000 0102030405060708",
                                         ESP "0102030405060708090a0b0c0d0e0f10 " ICV_12, ""};
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        assert_int_equal(decode(&packet, HT_LINK_RAW, hex(in_udp(4500, 4500, others[i]))),
                         HT_DECODED);
        assert_int_equal(packet.num_layers, 0);
        assert_int_equal(packet.destination.port, 4500);
    }
}

/* Any bit that is checked and not as it should be: the packet could be an encrypted one. */
static void test_what_does_not_fit(void **state)
{
    struct ht_bytes frame = hex(in_ip(50, ESP SYN4 IPV4_TRAILER ICV_12));
    struct ht_bytes other = hex(TRANSPORT SYN "0102 02 06" ICV_12);
    uint8_t copy[256];
    struct ht_packet packet;
    (void)state;
    for (size_t bit = 28 * 8; bit < 48 * 8; bit++) { /* of the inner IPv4 header */
        memcpy(copy, frame.ptr, frame.len);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(decode(&packet, HT_LINK_RAW, ht_bytes(copy, frame.len)),
                         HT_DECODE_NOT_TCP_UDP);
    }
    for (size_t bit = 48 * 8; bit < (other.len - 12) * 8; bit++) { /* of TCP and the trailer */
        memcpy(copy, other.ptr, other.len);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(decode(&packet, HT_LINK_RAW, ht_bytes(copy, other.len)),
                         HT_DECODE_NOT_TCP_UDP);
    }
    assert_decode(HT_DECODE_NOT_TCP_UDP, HT_LINK_RAW, in_ip(50, ESP SYN4 "0102 03 04" ICV_12));
    assert_decode(HT_DECODE_NOT_TCP_UDP, HT_LINK_RAW, in_ip(50, ESP SYN4 "0103 02 04" ICV_12));
    assert_decode(HT_DECODE_NOT_TCP_UDP, HT_LINK_RAW, in_ip(50, ESP SYN4 IPV4_TRAILER));
    assert_decode(HT_DECODE_NOT_TCP_UDP, HT_LINK_RAW, in_ip(50, ESP));
    assert_decode(HT_DECODE_NOT_TCP_UDP, HT_LINK_RAW, in_ip(50, "00001000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tunnel_mode),
        cmocka_unit_test(test_transport_mode),
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_in_udp),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_rebuilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
