/*
 * TCP (RFC 9293) and UDP (RFC 768) headers.
 */
#include "packet/layers.h"

#include <netinet/in.h>

enum { TCP_HEADER = 20, UDP_HEADER = 8 };

static enum ht_decode payload_decode(struct ht_decoder *d)
{
    decoder_payload(d);
    return HT_DECODED;
}

static enum ht_decode tcp_decode(struct ht_decoder *d)
{
    struct ht_packet *out     = d->out;
    struct ht_tcp_header *tcp = &out->tcp;
    size_t wire_len           = decoder_wire_left(d);
    struct ht_bytes header    = rd_take(&d->in, TCP_HEADER);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    out->source.port      = ht_be16_at(header, 0);
    out->destination.port = ht_be16_at(header, 2);
    tcp->seq              = ht_be32_at(header, 4);
    tcp->ack              = ht_be32_at(header, 8);
    size_t header_len     = (size_t)4 * (header.ptr[12] >> 4); /* "data offset" */
    tcp->flags            = header.ptr[13];
    tcp->window           = ht_be16_at(header, 14);
    if (header_len < TCP_HEADER || header_len > wire_len) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, header_len - TCP_HEADER);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    out->header = ht_bytes(header.ptr, header_len);
    return payload_decode(d);
}

/* The length includes the header; zero in an IPv6 jumbogram (RFC 2675 section 4). A receiver drops
 * a datagram longer than its IP packet, but what it says can still be read. */
static enum ht_decode udp_decode(struct ht_decoder *d)
{
    struct ht_packet *out  = d->out;
    struct ht_bytes header = rd_take(&d->in, UDP_HEADER);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    out->source.port      = ht_be16_at(header, 0);
    out->destination.port = ht_be16_at(header, 2);
    size_t len            = ht_be16_at(header, 4);
    out->header           = header;
    if (len == 0 && out->source.address.version == 6) {
        len = UDP_HEADER + decoder_wire_left(d);
    }
    if (len < UDP_HEADER) {
        return HT_DECODE_MALFORMED;
    }
    decoder_bound(d, len - UDP_HEADER);
    enum ht_decode inner;
    return ht_udp_tunnel_decode(d, &inner) ? inner : payload_decode(d);
}

enum ht_decode ht_transport_decode(struct ht_decoder *d, uint8_t protocol)
{
    d->out->protocol = protocol;
    switch (protocol) {
    case IPPROTO_TCP:
        return tcp_decode(d);
    case IPPROTO_UDP:
        return udp_decode(d);
    default:
        return ht_tunnel_decode(d, protocol);
    }
}
