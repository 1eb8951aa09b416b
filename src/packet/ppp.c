/*
 * PPP (RFC 1661, 1662), PPP over Ethernet (RFC 2516), Cisco HDLC and frame relay (RFC 2427).
 */
#include "packet/layers.h"

/* Cisco HDLC, which is what a "PPP" link is too when its first byte says so. */
enum ht_decode ht_cisco_hdlc_decode(struct ht_decoder *d)
{
    rd_skip(&d->in, 2); /* address, control */
    uint16_t type = rd_u16(&d->in);
    return d->in.bad ? decoder_ended(d) : ht_type_decode(d, type);
}

static enum ht_decode protocol_decode(struct ht_decoder *d, uint16_t protocol)
{
    enum { IPV4 = 0x21, IPV6 = 0x57, MPLS = 0x281, MPLS_MULTICAST = 0x283 };
    switch (protocol) {
    case IPV4:
    case IPV6:
        return ht_ip_decode(d);
    case MPLS:
    case MPLS_MULTICAST:
        return ht_mpls_decode(d);
    default:
        return HT_DECODE_NOT_IP;
    }
}

/* RFC 1661 section 2, RFC 1662 section 3.1. Address and control, and the first byte of a protocol
 * number below 256, may have been left out by negotiation. */
enum ht_decode ht_ppp_decode(struct ht_decoder *d)
{
    enum { ADDRESS = 0xFF, CISCO_UNICAST = 0x0F, CISCO_BROADCAST = 0x8F };
    struct ht_reader unread = d->in;
    uint16_t protocol       = rd_u8(&d->in);
    if (protocol == CISCO_UNICAST || protocol == CISCO_BROADCAST) {
        d->in = unread;
        return ht_cisco_hdlc_decode(d);
    }
    if (protocol == ADDRESS) {
        rd_skip(&d->in, 1); /* control */
        protocol = rd_u8(&d->in);
    }
    if (protocol % 2 == 0) { /* only the last byte of a protocol number is odd */
        protocol = (uint16_t)(protocol << 8 | rd_u8(&d->in));
    }
    return d->in.bad ? decoder_ended(d) : protocol_decode(d, protocol);
}

/* RFC 2516 section 4: version and type, code, session id, length. */
enum ht_decode ht_pppoe_decode(struct ht_decoder *d)
{
    enum { VERSION_1_TYPE_1 = 0x11, SESSION_DATA = 0 };
    uint8_t version  = rd_u8(&d->in);
    uint8_t code     = rd_u8(&d->in);
    uint16_t session = rd_u16(&d->in);
    size_t len       = rd_u16(&d->in);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if (version != VERSION_1_TYPE_1 || code != SESSION_DATA) {
        return HT_DECODE_NOT_IP;
    }
    decoder_bound(d, len);
    decoder_add_layer(d, HT_LAYER_PPPOE, true, session);
    return ht_ppp_decode(d);
}

/* RFC 2427: an address of two to four bytes, of which the last is odd; then control and NLPID
 * (section 4.1), or, as Cisco has it, an EtherType. */
enum ht_decode ht_frame_relay_decode(struct ht_decoder *d)
{
    enum { UI = 0x03, PAD = 0x00, NLPID_SNAP = 0x80, NLPID_IPV6 = 0x8E, NLPID_IPV4 = 0xCC };
    uint8_t address = 0;
    for (size_t len = 0; len < 4 && (address & 1) == 0; len++) {
        address = rd_u8(&d->in);
    }
    if (rd_more(&d->in) && *d->in.cur != UI) {
        uint16_t type = rd_u16(&d->in);
        return d->in.bad ? decoder_ended(d) : ht_ethertype_decode(d, type);
    }
    rd_skip(&d->in, 1);
    uint8_t nlpid = rd_u8(&d->in);
    nlpid         = nlpid == PAD ? rd_u8(&d->in) : nlpid;
    if (nlpid == NLPID_SNAP) {
        rd_skip(&d->in, 3); /* OUI */
        uint16_t type = rd_u16(&d->in);
        return d->in.bad ? decoder_ended(d) : ht_ethertype_decode(d, type);
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return nlpid == NLPID_IPV4 || nlpid == NLPID_IPV6 ? ht_ip_decode(d) : HT_DECODE_NOT_IP;
}
