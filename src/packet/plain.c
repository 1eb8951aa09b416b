#include "packet/plain.h"

#include "packet/layers.h"

bool ht_plain_is_datagram(const uint8_t *ports)
{
    struct ht_bytes in = ht_bytes(ports, 4);
    return !ht_is_udp_tunnel(ht_be16_at(in, 0), ht_be16_at(in, 2));
}

/* Not inlined, for the sake of TCP. */
__attribute__((noinline)) static bool plain_udp(struct ht_packet *out, struct ht_bytes in)
{
    enum { UDP_HEADER = 8 };
    if (in.len < UDP_HEADER) {
        return false;
    }
    size_t len = ht_be16_at(in, 4);
    if (!ht_plain_is_between(len, UDP_HEADER, in.len)) {
        return false;
    }
    out->source.port      = ht_be16_at(in, 0);
    out->destination.port = ht_be16_at(in, 2);
    out->tcp              = (struct ht_tcp_header){0};
    out->header           = ht_bytes(in.ptr, UDP_HEADER);
    out->payload          = ht_bytes(in.ptr + UDP_HEADER, len - UDP_HEADER);
    return ht_plain_is_datagram(in.ptr);
}

static bool plain_transport(struct ht_packet *out, struct ht_bytes in)
{
    return out->protocol == IPPROTO_TCP ? ht_plain_tcp(out, in)
                                        : out->protocol == IPPROTO_UDP && plain_udp(out, in);
}

bool ht_plain_decode(struct ht_packet *out, const struct ht_frame *frame)
{
    uint16_t type   = ht_plain_type(frame);
    out->num_layers = 0;
    if ((type != HT_PLAIN_TYPE_IPV4 && type != HT_PLAIN_TYPE_IPV6) ||
        !plain_transport(out, ht_plain_ip(out, frame, type))) {
        return false;
    }
    out->ip_len      = (uint32_t)out->ip.len;
    out->payload_len = (uint32_t)out->payload.len;
    return true;
}
