/*
 * Packets of RFC 9235 (the test vectors of the TCP Authentication Option), which are whole IP
 * packets with TCP options, and what the tests of packet/ do with frames.
 */
#ifndef HT_TEST_PACKETS_H
#define HT_TEST_PACKETS_H

#include "support.h"

#include "packet/packet.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* Section 4.1.1: IPv4, 10.11.12.13:59863 to 172.27.28.29:179, SYN, 36 bytes of options. */
#define SYN4                                                                                       \
    "45e0004c dd0f4000 ff06bf6b 0a0b0c0d ac1b1c1d e9d700b3 fbfbab5a 00000000 e002ffff cac40000"    \
    "020405b4 01030308 0402080a 00155ab7 00000000 1d103d54 2ee437c6 f8ede6d7 c4d602e7"

/* Section 4.1.3: the same connection, 59 bytes of BGP. */
#define DATA4                                                                                      \
    "45e00087 36a14000 ff06659f 0a0b0c0d ac1b1c1d e9d700b3 fbfbab5b 11c14262 c0180104 a1620000"    \
    "0101080a 00155ac1 84a50beb 1d103d54 7064cf99 8cc6c315 c2c2e2bf" BGP

#define BGP                                                                                        \
    "ffffffff ffffffff ffffffff ffffffff 00430104 dabf00b4 0a0b0c0d 26020601 04000100"             \
    "01020280 00020202 00020242 00020641 040000da bf020840 06006400 010100"

/* Section 6.1.1: IPv6, fd00::1 port 63460 to fd00::2 port 179, SYN. */
#define SYN6                                                                                       \
    "6e0891dc 00380640 fd000000 00000000 00000000 00000001 fd000000 00000000 00000000 00000002"    \
    "f7e400b3 176a833f 00000000 e002ffff 47210000 020405a0 01030308 0402080a 0041d087 00000000"    \
    "1d103d54 9033ec3d 7334b64c 5edd039f"

/* Addresses of RFC 7042 section 2.1.2, for documentation. */
#define MACS "00005e0053af 00005e005301"

/* An IPv4 header of 20 bytes, 192.0.2.1 to 198.51.100.2: total length, flags and offset,
 * protocol in hexadecimal. */
#define IPV4(total, fragment, protocol)                                                            \
    "4500" total "0001" fragment "40" protocol "0000 c0000201 c6336402 "

/* An IPv6 header, 2001:db8::1 to 2001:db8::2. */
#define IPV6(length, next)                                                                         \
    "60000000" length next "40 20010db8000000000000000000000001 20010db8000000000000000000000002 "

/* A TCP header of 20 bytes, 49152 to 443, PSH and ACK. */
#define TCP "c00001bb 00000001 00000002 5018 1000 00000000 "

/* A UDP header, 49152 to 53. */
#define UDP(length) "c0000035" length "0000 "

/* Room for digits. The bytes live until the program ends. */
static inline void *hex_room(size_t len)
{
    char digits[4096];
    assert_true(2 * len < sizeof digits);
    memset(digits, '0', 2 * len);
    digits[2 * len] = '\0';
    return (void *)(uintptr_t)hex(digits).ptr;
}

/* A copy in memory of exactly that size, to be freed. */
static inline uint8_t *exact_copy(struct ht_bytes bytes)
{
    uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    return copy;
}

static inline enum ht_decode decode_cut(struct ht_packet *out, uint16_t link_type,
                                        struct ht_bytes captured, size_t original_len)
{
    struct ht_frame frame = {.number       = 1,
                             .data         = captured,
                             .original_len = (uint32_t)original_len,
                             .link_type    = link_type};
    return ht_packet_decode(out, &frame);
}

static inline enum ht_decode decode(struct ht_packet *out, uint16_t link_type,
                                    struct ht_bytes frame)
{
    return decode_cut(out, link_type, frame, frame.len);
}

static inline void assert_decode(enum ht_decode expected, uint16_t link_type, const char *frame)
{
    struct ht_packet packet;
    assert_string_equal(ht_decode_name(decode(&packet, link_type, hex(frame))),
                        ht_decode_name(expected));
}

static inline void assert_address(const struct ht_address *address, const char *expected)
{
    char text[HT_ADDRESS_TEXT_MAX];
    assert_string_equal(ht_address_print(text, address), expected);
}

/* Whatever else happened: no view of the packet leaves the captured bytes. */
static inline void assert_inside(const struct ht_packet *packet, struct ht_bytes captured)
{
    struct ht_bytes views[] = {packet->ip, packet->payload, packet->header};
    for (size_t i = 0; i < HT_ARRAY_LEN(views); i++) {
        if (views[i].len > 0) {
            assert_true(views[i].ptr >= captured.ptr);
            assert_true(views[i].ptr + views[i].len <= captured.ptr + captured.len);
        }
    }
    assert_true(packet->payload.len <= packet->payload_len);
    assert_true(packet->ip.len <= packet->ip_len || packet->ip_len == 0);
    assert_true(packet->num_layers <= HT_MAX_LAYERS);
}

/* every_cut decodes each prefix of a good frame whose payload of `payload_len` bytes begins after
 * `headers` bytes: as a frame that the snapshot length cut there, and as one that ended there. */
static inline void every_cut(uint16_t link_type, struct ht_bytes frame, size_t headers,
                             size_t payload_len)
{
    for (size_t len = 0; len <= frame.len; len++) {
        struct ht_packet packet;
        uint8_t *exact           = exact_copy(ht_bytes_head(frame, len));
        struct ht_bytes captured = ht_bytes(exact, len);
        enum ht_decode got       = decode_cut(&packet, link_type, captured, frame.len);
        assert_inside(&packet, captured);
        if (got != (len < headers ? HT_DECODE_TRUNCATED : HT_DECODED)) {
            fail_msg("%zu of %zu bytes: %s", len, frame.len, ht_decode_name(got));
        }
        if (got == HT_DECODED) {
            size_t present = len - headers < payload_len ? len - headers : payload_len;
            assert_int_equal(packet.payload_len, payload_len);
            assert_int_equal(packet.payload.len, present);
        }
        got = decode(&packet, link_type, captured);
        assert_inside(&packet, captured);
        assert_true((got == HT_DECODED) == (len >= headers));
        free(exact);
    }
}

/* in_ip is an IPv4 packet, 192.0.2.1 to 198.51.100.2, around `content`; as digits, as that is. */
static inline const char *in_ip(unsigned protocol, const char *content)
{
    size_t len = hex(content).len;
    char *text = hex_room(strlen(content) + 64);
    assert_non_null(text);
    (void)sprintf(text, "4500%04zx0001000040%02x0000c0000201c6336402 %s", 20 + len, protocol,
                  content);
    return text;
}

/* in_udp is a UDP datagram around `content`, in such a packet. */
static inline const char *in_udp(unsigned source, unsigned destination, const char *content)
{
    size_t len = hex(content).len;
    char *text = hex_room(strlen(content) + 32);
    assert_non_null(text);
    (void)sprintf(text, "%04x%04x%04zx0000 %s", source, destination, 8 + len, content);
    return in_ip(17, text);
}

/* A layer as "vxlan 42", "vxlan 42 4789" with the destination port, "teredo - 3544", "ah 1 -"
 * without addresses. */
static inline void assert_layer(const struct ht_layer *layer, const char *expected)
{
    char text[96], id[16] = "-", port[16] = "-";
    if (layer->has_id) {
        (void)sprintf(id, "%u", layer->id);
    }
    if (layer->destination.address.version != 0) {
        assert_address(&layer->source.address, "192.0.2.1");
        assert_address(&layer->destination.address, "198.51.100.2");
        assert_int_equal(layer->source.port != 0, layer->destination.port != 0);
        (void)sprintf(port, "%u", layer->destination.port);
    }
    (void)sprintf(text, "%s %s %s", ht_layer_name(layer->type), id, port);
    assert_string_equal(text, expected);
}

/* Whatever the frame is wrapped in, it is SYN4 or SYN6 that comes out. */
static inline void assert_syn(const struct ht_packet *packet)
{
    bool ipv4 = packet->source.address.version == 4;
    assert_address(&packet->source.address, ipv4 ? "10.11.12.13" : "fd00::1");
    assert_address(&packet->destination.address, ipv4 ? "172.27.28.29" : "fd00::2");
    assert_int_equal(packet->source.port, ipv4 ? 59863 : 63460);
    assert_int_equal(packet->destination.port, 179);
    assert_int_equal(packet->tcp.seq, ipv4 ? 0xFBFBAB5A : 0x176A833F);
    assert_int_equal(packet->ip_len, ipv4 ? 76 : 96);
    assert_int_equal(packet->payload_len, 0);
}

/* check_tunnel decodes a frame that holds SYN4 or SYN6 and looks at its only layer, then cuts it
 * everywhere: where the rest was not captured it is truncated; where the frame ends it is no such
 * packet, though it may be a UDP datagram. */
static inline void check_tunnel(uint16_t link_type, const char *digits, const char *layer)
{
    struct ht_packet packet;
    struct ht_bytes frame = hex(digits);
    assert_int_equal(decode(&packet, link_type, frame), HT_DECODED);
    assert_syn(&packet);
    assert_int_equal(packet.num_layers, 1);
    assert_layer(&packet.layers[0], layer);
    for (size_t len = 0; len < (size_t)(packet.ip.ptr - frame.ptr) + packet.ip_len; len++) {
        struct ht_packet part;
        uint8_t *exact           = exact_copy(ht_bytes_head(frame, len));
        struct ht_bytes captured = ht_bytes(exact, len);
        assert_int_equal(decode_cut(&part, link_type, captured, frame.len), HT_DECODE_TRUNCATED);
        if (decode(&part, link_type, captured) == HT_DECODED) {
            assert_int_equal(part.num_layers, 0);
            assert_int_equal(part.protocol, IPPROTO_UDP);
        }
        assert_inside(&part, captured);
        free(exact);
    }
}

#endif
