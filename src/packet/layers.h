/*
 * The steps of packet decoding: each layer reads its header and hands the rest to the next.
 * Included only within packet/.
 */
#ifndef HT_PACKET_LAYERS_H
#define HT_PACKET_LAYERS_H

#include "packet/packet.h"

/* A frame on its way through the layers. */
struct ht_decoder {
    struct ht_reader in;     /* what was captured and is not yet decoded */
    size_t cut;              /* bytes that followed on the wire but were not captured */
    struct ht_bytes rebuilt; /* the datagram that was put together from fragments; empty: none */
    size_t rebuilt_cut;
    struct ht_packet *out;
    unsigned depth; /* of the nesting: decoder_descend */
};

/* decoder_wire_left counts the bytes not yet decoded, captured or not. */
static inline size_t decoder_wire_left(const struct ht_decoder *d)
{
    return rd_left(&d->in) + d->cut;
}

/* decoder_ended says why the bytes ran out inside a header. */
static inline enum ht_decode decoder_ended(const struct ht_decoder *d)
{
    return d->cut > 0 ? HT_DECODE_TRUNCATED : HT_DECODE_MALFORMED;
}

/* decoder_bound ends the packet `len` bytes of the wire from here: what follows, padding or a
 * trailer, is not its own. A `len` past the end changes nothing: what the wire did not carry is
 * not there to be missed. */
static inline void decoder_bound(struct ht_decoder *d, size_t len)
{
    size_t captured = rd_left(&d->in);
    if (len < captured) {
        d->in.end = d->in.cur + len;
        d->cut    = 0;
    } else if (len - captured < d->cut) {
        d->cut = len - captured;
    }
}

/* decoder_payload makes all that is left the packet's payload. */
static inline void decoder_payload(struct ht_decoder *d)
{
    d->out->payload_len = (uint32_t)decoder_wire_left(d);
    d->out->payload     = rd_rest(&d->in);
}

/* decoder_descend is asked by every layer that may come again inside of itself; false past what
 * anybody nests, so that a hostile frame costs no more stack. */
static inline bool decoder_descend(struct ht_decoder *d)
{
    enum { MAX_DEPTH = 16 };
    return ++d->depth <= MAX_DEPTH;
}

/* decoder_add_layer tells of a layer without addresses of its own; no id where `has_id` is false.
 */
static inline void decoder_add_layer(struct ht_decoder *d, enum ht_layer_type type, bool has_id,
                                     uint32_t id)
{
    struct ht_packet *out = d->out;
    if (out->num_layers < HT_MAX_LAYERS) {
        out->layers[out->num_layers++] =
            (struct ht_layer){.type = (uint8_t)type, .has_id = has_id, .id = id};
    }
}

/* rd_little16 and rd_little32 read little-endian numbers, as IEEE 802.11 and most machines have
 * them.
 */
static inline uint16_t rd_little16(struct ht_reader *in)
{
    return __builtin_bswap16(rd_u16(in));
}

static inline uint32_t rd_little32(struct ht_reader *in)
{
    return __builtin_bswap32(rd_u32(in));
}

/* ht_link_decode starts at the frame's first byte. */
enum ht_decode ht_link_decode(struct ht_decoder *d, uint16_t link_type);

/* link.c: an Ethernet frame, from its destination address. */
enum ht_decode ht_ethernet_decode(struct ht_decoder *d);

/* link.c: an IP packet behind a header that ends at its version, or what is no IP packet. */
enum ht_decode ht_ip_or_nothing_decode(struct ht_decoder *d);

/* ethertype.c: what follows an EtherType; tags are among it. */
enum ht_decode ht_ethertype_decode(struct ht_decoder *d, uint16_t type);

/* ht_type_decode: what follows a field that is an EtherType or the length of an 802.3 frame. */
enum ht_decode ht_type_decode(struct ht_decoder *d, uint16_t type);

/* ht_llc_decode: IEEE 802.2 logical link control. */
enum ht_decode ht_llc_decode(struct ht_decoder *d);

/* ht_nsh_decode: RFC 8300, the Network Service Header. */
enum ht_decode ht_nsh_decode(struct ht_decoder *d);

/* ht_next_protocol_decode: what a header of NSH or VXLAN-GPE calls its next protocol. */
enum ht_decode ht_next_protocol_decode(struct ht_decoder *d, uint8_t protocol);

/* ht_is_ethernet: the bytes from here are an Ethernet frame, judged by its type and what follows
 * it; for where nothing says so. */
bool ht_is_ethernet(const struct ht_decoder *d);

/* mpls.c: a stack of labels and what it carries. */
enum ht_decode ht_mpls_decode(struct ht_decoder *d);

/* ppp.c: PPP, with or without address and control; PPPoE; frame relay. */
enum ht_decode ht_ppp_decode(struct ht_decoder *d);
enum ht_decode ht_cisco_hdlc_decode(struct ht_decoder *d);
enum ht_decode ht_pppoe_decode(struct ht_decoder *d);
enum ht_decode ht_frame_relay_decode(struct ht_decoder *d);

/* wifi.c: IEEE 802.11. `padded`: the body begins at a multiple of four bytes. */
enum ht_decode ht_wifi_decode(struct ht_decoder *d, bool padded);

/* ht_wifi_swapped_decode: the same, where the frame control field may have its bytes swapped. */
enum ht_decode ht_wifi_swapped_decode(struct ht_decoder *d);

/* ht_radio_decode: what a capture puts before 802.11: radiotap, PPI, Prism, AVS. */
enum ht_decode ht_radio_decode(struct ht_decoder *d, uint16_t link_type);

/* capture_header.c: link types that are a header written by the capturing system and then a
 * packet. HT_DECODE_LINK_TYPE where it is none of them. */
enum ht_decode ht_capture_header_decode(struct ht_decoder *d, uint16_t link_type);

/* ht_ip_decode starts at an IP header of either version. */
enum ht_decode ht_ip_decode(struct ht_decoder *d);

/* ip.c: the bytes from here begin with an IP header whose lengths fit what there is; for where
 * nothing else says so. */
bool ht_is_ip(const struct ht_decoder *d);

/* ht_is_all_ip: nor does anything follow it. */
bool ht_is_all_ip(const struct ht_decoder *d);

/* ht_transport_decode starts at what the IP protocol `protocol` put into the IP packet. */
enum ht_decode ht_transport_decode(struct ht_decoder *d, uint8_t protocol);

/* esp.c: ESP, where it is not encrypted; else HT_DECODE_NOT_TCP_UDP, and nothing changed. */
enum ht_decode ht_esp_decode(struct ht_decoder *d);

/* tunnel.c: what IP protocols other than TCP and UDP carry. */
enum ht_decode ht_tunnel_decode(struct ht_decoder *d, uint8_t protocol);

/* ht_tunnel_enter tells of a tunnel between the addresses that were read last, and leaves them:
 * false where it is nested too deep. */
bool ht_tunnel_enter(struct ht_decoder *d, enum ht_layer_type type, bool has_id, uint32_t id);

/* ht_gre_decode: a GRE header and what follows. */
enum ht_decode ht_gre_decode(struct ht_decoder *d);

/* ht_l2tp3_session_decode: the session id of a data message of L2TPv3 and what follows. */
enum ht_decode ht_l2tp3_session_decode(struct ht_decoder *d);

/* tunnel_udp.c: the datagram from here, between the ports just read, is a tunnel's, and `inner` is
 * what became of its content. False, and nothing changed, where it is not. */
bool ht_udp_tunnel_decode(struct ht_decoder *d, enum ht_decode *inner);

/* ht_is_udp_tunnel: one of the ports is a tunnel's. */
bool ht_is_udp_tunnel(uint16_t source, uint16_t destination);

#endif
