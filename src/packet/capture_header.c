/*
 * Link types that are no link: a header that the capturing system wrote, then a packet
 * (https://www.tcpdump.org/linktypes.html). Numbers in the byte order of that machine are taken as
 * little-endian unless they make no sense so.
 */
#include "packet/layers.h"

/* Family, version, resource id; then { length with its header, type, value, padding to four }. */
static enum ht_decode nflog_decode(struct ht_decoder *d)
{
    enum { PAYLOAD = 9, TYPE = 0x7FFF, HEADER = 4 };
    rd_skip(&d->in, 4);
    while (rd_more(&d->in)) {
        struct ht_reader as_big = d->in;
        size_t len              = rd_little16(&d->in);
        unsigned type           = rd_little16(&d->in) & TYPE;
        if (len < HEADER || len - HEADER > decoder_wire_left(d)) {
            d->in = as_big;
            len   = rd_u16(&d->in);
            type  = rd_u16(&d->in) & TYPE;
        }
        if (!d->in.bad && len < HEADER) {
            return HT_DECODE_MALFORMED;
        }
        if (type == PAYLOAD) {
            return ht_ip_or_nothing_decode(d);
        }
        rd_skip(&d->in, (len - HEADER + 3) / 4 * 4);
    }
    return d->in.bad || d->cut > 0 ? decoder_ended(d) : HT_DECODE_NOT_IP;
}

/* OpenBSD's IPsec interface: family, security parameters index, flags. */
static enum ht_decode enc_decode(struct ht_decoder *d)
{
    rd_skip(&d->in, 12);
    return ht_ip_or_nothing_decode(d);
}

/* BSD's packet filter: the header's length without its padding, family, … */
static enum ht_decode pflog_decode(struct ht_decoder *d)
{
    size_t len = rd_u8(&d->in);
    if (!d->in.bad && len < 4) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, (len + 3) / 4 * 4 - 1);
    return ht_ip_or_nothing_decode(d);
}

/* Darwin: the header's length, record type, link type, … */
static enum ht_decode pktap_decode(struct ht_decoder *d)
{
    size_t len = rd_little32(&d->in);
    rd_skip(&d->in, 4);
    uint32_t link_type = rd_little32(&d->in);
    if (!d->in.bad && (len < 12 || link_type > UINT16_MAX)) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, len - 12);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return decoder_descend(d) ? ht_link_decode(d, (uint16_t)link_type) : HT_DECODE_NOT_IP;
}

/* Direction, type of the packet, compressed header; some systems write none of it. */
static enum ht_decode slip_decode(struct ht_decoder *d)
{
    if (!ht_is_ip(d)) {
        rd_skip(&d->in, 16);
    }
    return ht_ip_or_nothing_decode(d);
}

/* IP over InfiniBand (RFC 4391): pseudo-header of 40 bytes, EtherType, two bytes. */
static enum ht_decode ipoib_decode(struct ht_decoder *d)
{
    rd_skip(&d->in, 40);
    uint16_t type = rd_u16(&d->in);
    rd_skip(&d->in, 2);
    return d->in.bad ? decoder_ended(d) : ht_ethertype_decode(d, type);
}

/* SunATM: what it is, virtual path, virtual circuit. */
static enum ht_decode sunatm_decode(struct ht_decoder *d)
{
    enum { LLC = 2, TYPE = 0x0F };
    uint8_t flags = rd_u8(&d->in);
    rd_skip(&d->in, 3);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return (flags & TYPE) == LLC ? ht_llc_decode(d) : HT_DECODE_NOT_IP;
}

/* Linux's classical IP over ATM: LLC, or IP alone. */
static enum ht_decode atm_clip_decode(struct ht_decoder *d)
{
    return ht_is_ip(d) ? ht_ip_decode(d) : ht_llc_decode(d);
}

/* DOCSIS: frame control, parameter, length, extended header of the parameter's length, check
 * sequence; then, where the control says packet, Ethernet. */
static enum ht_decode docsis_decode(struct ht_decoder *d)
{
    enum { TYPE = 0xC0, EXTENDED = 0x01 };
    uint8_t control = rd_u8(&d->in);
    size_t extended = rd_u8(&d->in);
    rd_skip(&d->in, 2 + ((control & EXTENDED) != 0 ? extended : 0) + 2);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return (control & TYPE) == 0 ? ht_ethernet_decode(d) : HT_DECODE_NOT_IP;
}

/* RFC 1201: protocol, whether it is a piece, sequence number; a short packet in a long frame has
 * them twice. RFC 1051: protocol. */
static enum ht_decode arcnet_decode(struct ht_decoder *d, size_t addresses)
{
    enum { IP_1051 = 240, IP_1201 = 212, IPV6 = 196, WHOLE = 0, EXCEPTION = 0xFF };
    rd_skip(&d->in, addresses);
    uint8_t protocol = rd_u8(&d->in);
    uint8_t piece    = WHOLE;
    if (protocol == IP_1201 || protocol == IPV6) {
        piece = rd_u8(&d->in);
        rd_skip(&d->in, 2);
        if (piece == EXCEPTION) {
            rd_skip(&d->in, 1);
            piece = rd_u8(&d->in);
            rd_skip(&d->in, 2);
        }
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    bool ip = protocol == IP_1051 || protocol == IP_1201 || protocol == IPV6;
    return ip && piece == WHOLE ? ht_ip_decode(d) : HT_DECODE_NOT_IP;
}

enum ht_decode ht_capture_header_decode(struct ht_decoder *d, uint16_t link_type)
{
    switch (link_type) {
    case HT_LINK_NFLOG:
        return nflog_decode(d);
    case HT_LINK_ENC:
        return enc_decode(d);
    case HT_LINK_PFLOG:
        return pflog_decode(d);
    case HT_LINK_PKTAP:
    case HT_LINK_USER2:
        return pktap_decode(d);
    case HT_LINK_ARCNET:
        return arcnet_decode(d, 2);
    case HT_LINK_ARCNET_LINUX:
        return arcnet_decode(d, 4);
    case HT_LINK_SLIP:
        return slip_decode(d);
    case HT_LINK_IPOIB:
        return ipoib_decode(d);
    case HT_LINK_SUNATM:
        return sunatm_decode(d);
    case HT_LINK_ATM_CLIP:
        return atm_clip_decode(d);
    case HT_LINK_DOCSIS:
        return docsis_decode(d);
    default:
        return HT_DECODE_LINK_TYPE;
    }
}
