/*
 * The frame that nearly all are: Ethernet, IP without options or extension headers, TCP or UDP, all
 * of it captured. Read in one go, for the layers cost three times as much; what they make of it is
 * the same.
 */
#include "packet/layers.h"

#include <netinet/in.h>

enum {
    ETHERNET_HEADER = 14,
    IPV4_HEADER     = 20,
    IPV6_HEADER     = 40,
    TCP_HEADER      = 20,
    UDP_HEADER      = 8,
    TYPE_IPV4       = 0x0800,
    TYPE_IPV6       = 0x86DD
};

/* `least` is no more than `most`. */
static inline bool is_between(size_t len, size_t least, size_t most)
{
    return len - least <= most - least;
}

/* Reads the IPv4 header that `in` begins with. Returns what it carries; empty where it is not
 * plain.
 */
static struct ht_bytes plain_ipv4(struct ht_packet *out, struct ht_bytes in)
{
    enum { PLAIN = 4 << 4 | IPV4_HEADER / 4, FRAGMENT = 0x3FFF };
    size_t total_len = ht_be16_at(in, 2);
    if (in.ptr[0] != PLAIN || (ht_be16_at(in, 6) & FRAGMENT) != 0 ||
        !is_between(total_len, IPV4_HEADER, in.len)) {
        return ht_bytes(NULL, 0);
    }
    out->protocol            = in.ptr[9];
    out->id                  = ht_be16_at(in, 4);
    out->source.address      = ht_address4(in.ptr + 12);
    out->destination.address = ht_address4(in.ptr + 16);
    out->ip                  = ht_bytes(in.ptr, total_len);
    return ht_bytes(in.ptr + IPV4_HEADER, total_len - IPV4_HEADER);
}

/* The same for IPv6. */
static struct ht_bytes plain_ipv6(struct ht_packet *out, struct ht_bytes in)
{
    size_t payload_len = ht_be16_at(in, 4);
    if (in.ptr[0] >> 4 != 6 || payload_len == 0 || IPV6_HEADER + payload_len > in.len) {
        return ht_bytes(NULL, 0);
    }
    out->protocol            = in.ptr[6];
    out->id                  = 0;
    out->source.address      = ht_address6(in.ptr + 8);
    out->destination.address = ht_address6(in.ptr + 24);
    out->ip                  = ht_bytes(in.ptr, IPV6_HEADER + payload_len);
    return ht_bytes(in.ptr + IPV6_HEADER, payload_len);
}

static bool plain_tcp(struct ht_packet *out, struct ht_bytes in)
{
    struct ht_tcp_header *tcp = &out->tcp;
    if (in.len < TCP_HEADER) {
        return false;
    }
    size_t header_len = (size_t)4 * (in.ptr[12] >> 4); /* "data offset" */
    if (!is_between(header_len, TCP_HEADER, in.len)) {
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

/* Not inlined, for the sake of TCP. */
__attribute__((noinline)) static bool plain_udp(struct ht_packet *out, struct ht_bytes in)
{
    if (in.len < UDP_HEADER) {
        return false;
    }
    size_t len = ht_be16_at(in, 4);
    if (!is_between(len, UDP_HEADER, in.len)) {
        return false;
    }
    out->source.port      = ht_be16_at(in, 0);
    out->destination.port = ht_be16_at(in, 2);
    out->tcp              = (struct ht_tcp_header){0};
    out->header           = ht_bytes(in.ptr, UDP_HEADER);
    out->payload          = ht_bytes(in.ptr + UDP_HEADER, len - UDP_HEADER);
    return !ht_is_udp_tunnel(out);
}

static bool plain_transport(struct ht_packet *out, struct ht_bytes in)
{
    return out->protocol == IPPROTO_TCP ? plain_tcp(out, in)
                                        : out->protocol == IPPROTO_UDP && plain_udp(out, in);
}

bool ht_plain_decode(struct ht_packet *out, const struct ht_frame *frame)
{
    struct ht_bytes data = frame->data;
    struct ht_bytes segment;
    if (data.len < ETHERNET_HEADER + IPV4_HEADER || data.len < frame->original_len ||
        frame->link_type != HT_LINK_ETHERNET || frame->rebuilt != 0) {
        return false;
    }
    uint16_t type = ht_be16_at(data, 12);
    data          = ht_bytes(data.ptr + ETHERNET_HEADER, data.len - ETHERNET_HEADER);
    if (type == TYPE_IPV4) {
        segment = plain_ipv4(out, data);
    } else if (type == TYPE_IPV6) {
        segment = plain_ipv6(out, data);
    } else {
        return false;
    }
    out->num_layers = 0;
    if (segment.len == 0 || !plain_transport(out, segment)) {
        return false;
    }
    out->ip_len      = (uint32_t)out->ip.len;
    out->payload_len = (uint32_t)out->payload.len;
    return true;
}
