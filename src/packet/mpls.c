/*
 * MPLS label stacks (RFC 3032). Nothing in them says what they carry: the first four bits after the
 * last label do, where they can (RFC 4928, RFC 4385).
 */
#include "packet/layers.h"

/* RFC 4448: Ethernet, behind a control word where the four bits are zero. An address may begin with
 * them too. */
static enum ht_decode pseudowire_decode(struct ht_decoder *d)
{
    struct ht_decoder behind = *d;
    rd_skip(&behind.in, 4);
    bool control_word = rd_more(&d->in) && *d->in.cur >> 4 == 0;
    if (control_word && (ht_is_ethernet(&behind) || !ht_is_ethernet(d))) {
        *d = behind;
    }
    return d->in.bad ? decoder_ended(d) : ht_ethernet_decode(d);
}

enum ht_decode ht_mpls_decode(struct ht_decoder *d)
{
    enum { BOTTOM = 0x100, ASSOCIATED_CHANNEL = 1 };
    uint32_t entry = 0; /* label of 20 bits, traffic class of 3, bottom of stack, time to live */
    while (!d->in.bad && (entry & BOTTOM) == 0) {
        entry = rd_u32(&d->in);
        if (!d->in.bad) {
            decoder_add_layer(d, HT_LAYER_MPLS, true, entry >> 12);
        }
    }
    if (!rd_more(&d->in)) {
        return decoder_ended(d);
    }
    unsigned first = *d->in.cur >> 4;
    if (first == ASSOCIATED_CHANNEL) {
        return HT_DECODE_NOT_IP;
    }
    if ((first == 4 || first == 6) && !ht_is_ethernet(d)) {
        return ht_ip_decode(d);
    }
    return decoder_descend(d) ? pseudowire_decode(d) : HT_DECODE_NOT_IP;
}
