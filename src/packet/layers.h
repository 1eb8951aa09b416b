/*
 * The steps of packet decoding: each layer reads its header and hands the rest to the next.
 * Included only within packet/.
 */
#ifndef HT_PACKET_LAYERS_H
#define HT_PACKET_LAYERS_H

#include "packet/packet.h"

/* A frame on its way through the layers. */
struct ht_decoder {
    struct ht_reader in; /* what was captured and is not yet decoded */
    size_t cut;          /* bytes that followed on the wire but were not captured */
    struct ht_packet *out;
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

/* ht_link_decode starts at the frame's first byte. */
enum ht_decode ht_link_decode(struct ht_decoder *d, uint16_t link_type);

/* ht_ip_decode starts at an IP header of either version. */
enum ht_decode ht_ip_decode(struct ht_decoder *d);

/* ht_transport_decode starts at what the IP protocol `protocol` put into the IP packet. */
enum ht_decode ht_transport_decode(struct ht_decoder *d, uint8_t protocol);

#endif
