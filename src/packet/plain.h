/*
 * The frame that nearly all are: Ethernet, IP without options or extension headers, TCP or UDP, all
 * of it captured. Read in one go, for the layers cost three times as much; what they make of it is
 * the same. Inlined where frames come by the million.
 */
#ifndef HT_PACKET_PLAIN_H
#define HT_PACKET_PLAIN_H

#include "packet/packet.h"

#include <netinet/in.h>

enum {
    HT_PLAIN_ETHERNET  = 14, /* bytes of its header, and so on */
    HT_PLAIN_IPV4      = 20,
    HT_PLAIN_IPV6      = 40,
    HT_PLAIN_TCP       = 20,
    HT_PLAIN_TYPE_IPV4 = 0x0800,
    HT_PLAIN_TYPE_IPV6 = 0x86DD
};

/* `least` is no more than `most`. */
static inline bool ht_plain_is_between(size_t len, size_t least, size_t most)
{
    return len - least <= most - least;
}

/* ht_plain_address4 and ht_plain_address6 write an address where it is to be: a copy of it would
 * wait for what was just written. */
static inline void ht_plain_address4(struct ht_address *out, const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    const uint64_t word = htole64(le32toh(value)), zero = 0;
    memcpy(out->bytes, &word, sizeof word);
    memcpy(out->bytes + sizeof word, &zero, sizeof zero);
    out->version = 4;
}

static inline void ht_plain_address6(struct ht_address *out, const uint8_t *at)
{
    memcpy(out->bytes, at, sizeof out->bytes);
    out->version = 6;
}

/* ht_plain_is_ipv4: an IPv4 header lies there, without options, of a packet that is no fragment. */
static inline bool ht_plain_is_ipv4(struct ht_bytes in)
{
    enum { PLAIN = 4 << 4 | HT_PLAIN_IPV4 / 4, FRAGMENT = 0x3FFF };
    return in.ptr[0] == PLAIN && (ht_be16_at(in, 6) & FRAGMENT) == 0;
}

/* ht_plain_ipv4 reads the header that `in` begins with. Returns what it carries; empty, and of no
 * protocol, where it is not plain. So does ht_plain_ipv6. */
__attribute__((always_inline)) static inline struct ht_bytes ht_plain_ipv4(struct ht_packet *out,
                                                                           struct ht_bytes in)
{
    size_t total_len = ht_be16_at(in, 2);
    if (!ht_plain_is_ipv4(in) || !ht_plain_is_between(total_len, HT_PLAIN_IPV4, in.len)) {
        out->protocol = 0;
        return ht_bytes(NULL, 0);
    }
    out->protocol = in.ptr[9];
    out->id       = ht_be16_at(in, 4);
    ht_plain_address4(&out->source.address, in.ptr + 12);
    ht_plain_address4(&out->destination.address, in.ptr + 16);
    out->ip = ht_bytes(in.ptr, total_len);
    return ht_bytes(in.ptr + HT_PLAIN_IPV4, total_len - HT_PLAIN_IPV4);
}

__attribute__((always_inline)) static inline struct ht_bytes ht_plain_ipv6(struct ht_packet *out,
                                                                           struct ht_bytes in)
{
    size_t payload_len = ht_be16_at(in, 4);
    if (in.ptr[0] >> 4 != 6 || payload_len == 0 || HT_PLAIN_IPV6 + payload_len > in.len) {
        out->protocol = 0;
        return ht_bytes(NULL, 0);
    }
    out->protocol = in.ptr[6];
    out->id       = 0;
    ht_plain_address6(&out->source.address, in.ptr + 8);
    ht_plain_address6(&out->destination.address, in.ptr + 24);
    out->ip = ht_bytes(in.ptr, HT_PLAIN_IPV6 + payload_len);
    return ht_bytes(in.ptr + HT_PLAIN_IPV6, payload_len);
}

__attribute__((always_inline)) static inline bool ht_plain_tcp(struct ht_packet *out,
                                                               struct ht_bytes in)
{
    struct ht_tcp_header *tcp = &out->tcp;
    if (in.len < HT_PLAIN_TCP) {
        return false;
    }
    size_t header_len = (size_t)4 * (in.ptr[12] >> 4); /* "data offset" */
    if (!ht_plain_is_between(header_len, HT_PLAIN_TCP, in.len)) {
        return false;
    }
    out->source.port      = ht_be16_at(in, 0);
    out->destination.port = ht_be16_at(in, 2);
    tcp->seq              = ht_be32_at(in, 4);
    tcp->ack              = ht_be32_at(in, 8);
    tcp->flags            = in.ptr[13];
    tcp->window           = ht_be16_at(in, 14);
    out->header           = ht_bytes(in.ptr, header_len);
    out->payload          = ht_bytes(in.ptr + header_len, in.len - header_len);
    return true;
}

/* ht_plain_is_datagram: neither of the two ports of UDP that lie there is a tunnel's. */
bool ht_plain_is_datagram(const uint8_t *ports);

/* ht_plain_type is the Ethernet type of a frame that may be plain: HT_PLAIN_TYPE_IPV4 or another;
 * 0: it is not plain. */
__attribute__((always_inline)) static inline uint16_t ht_plain_type(const struct ht_frame *frame)
{
    bool can_be = frame->data.len >= HT_PLAIN_ETHERNET + HT_PLAIN_IPV4 &&
                  frame->data.len >= frame->original_len && frame->link_type == HT_LINK_ETHERNET &&
                  frame->rebuilt == 0;
    return can_be ? ht_be16_at(frame->data, 12) : 0;
}

/* ht_plain_ip reads the IP header of a frame of that type, and returns what it carries; empty where
 * it is not plain. */
__attribute__((always_inline)) static inline struct ht_bytes
ht_plain_ip(struct ht_packet *out, const struct ht_frame *frame, uint16_t type)
{
    struct ht_bytes in =
        ht_bytes(frame->data.ptr + HT_PLAIN_ETHERNET, frame->data.len - HT_PLAIN_ETHERNET);
    return type == HT_PLAIN_TYPE_IPV4 ? ht_plain_ipv4(out, in) : ht_plain_ipv6(out, in);
}

/* ht_plain_segment fills `out` from a plain frame of TCP over IP of that type. False, and `out`
 * undefined, where it is any other. */
__attribute__((always_inline)) static inline bool
ht_plain_segment(struct ht_packet *out, const struct ht_frame *frame, uint16_t type)
{
    struct ht_bytes segment = ht_plain_ip(out, frame, type);
    if (out->protocol != IPPROTO_TCP || !ht_plain_tcp(out, segment)) {
        return false;
    }
    out->num_layers  = 0;
    out->ip_len      = (uint32_t)out->ip.len;
    out->payload_len = (uint32_t)out->payload.len;
    return true;
}

/* ht_plain_ports is where the ports lie of a frame of TCP or UDP over IP of `out_type` whose
 * headers are plain, if the packet is in no tunnel and carries none: its endpoints are these ports
 * and the addresses right before them, if it is a packet of a flow at all. NULL: it is any other
 * frame. */
__attribute__((always_inline)) static inline const uint8_t *
ht_plain_ports(const struct ht_frame *frame, uint16_t *out_type)
{
    enum { PORTS = 4 };
    struct ht_bytes in = frame->data;
    if (in.len < HT_PLAIN_ETHERNET + HT_PLAIN_IPV4 + PORTS ||
        frame->link_type != HT_LINK_ETHERNET || frame->rebuilt != 0) {
        return NULL;
    }
    struct ht_bytes ip = ht_bytes(in.ptr + HT_PLAIN_ETHERNET, in.len - HT_PLAIN_ETHERNET);
    const uint8_t *ports;
    uint8_t protocol;
    *out_type = ht_be16_at(in, 12);
    if (*out_type == HT_PLAIN_TYPE_IPV4 && ht_plain_is_ipv4(ip)) {
        protocol = ip.ptr[9];
        ports    = ip.ptr + HT_PLAIN_IPV4;
    } else if (*out_type == HT_PLAIN_TYPE_IPV6 && ip.ptr[0] >> 4 == 6 &&
               ip.len >= HT_PLAIN_IPV6 + PORTS) {
        protocol = ip.ptr[6];
        ports    = ip.ptr + HT_PLAIN_IPV6;
    } else {
        return NULL;
    }
    return protocol == IPPROTO_TCP || (protocol == IPPROTO_UDP && ht_plain_is_datagram(ports))
               ? ports
               : NULL;
}

/* ht_plain_decode fills `out` from a frame of the most usual kind. False, and `out` undefined,
 * where it is of any other. */
bool ht_plain_decode(struct ht_packet *out, const struct ht_frame *frame);

/* ht_layers_decode fills `out` from any frame, layer by layer: ht_packet_decode without the
 * shortcut. */
enum ht_decode ht_layers_decode(struct ht_packet *out, const struct ht_frame *frame);

#endif
