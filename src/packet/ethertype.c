/*
 * What follows an EtherType (IEEE 802 numbers): tags, and what carries further frames.
 */
#include "packet/layers.h"

enum {
    TYPE_MIN            = 0x0600, /* below it the field is the length of an 802.3 frame */
    TYPE_IPV4           = 0x0800,
    TYPE_ARP            = 0x0806,
    TYPE_TRILL          = 0x22F3,
    TYPE_BRIDGED        = 0x6558, /* transparent Ethernet bridging */
    TYPE_VLAN           = 0x8100, /* 802.1Q */
    TYPE_IPV6           = 0x86DD,
    TYPE_PPP            = 0x880B,
    TYPE_MPLS           = 0x8847,
    TYPE_MPLS_MULTICAST = 0x8848, /* or with an upstream-assigned label (RFC 5332) */
    TYPE_PPPOE          = 0x8864, /* session stage */
    TYPE_QINQ           = 0x88A8, /* 802.1ad */
    TYPE_PBB            = 0x88E7, /* 802.1ah */
    TYPE_FABRICPATH     = 0x8903,
    TYPE_CISCO_METADATA = 0x8909, /* Cisco TrustSec's inline tagging */
    TYPE_VNTAG          = 0x8926,
    TYPE_ETAG           = 0x893F, /* 802.1BR */
    TYPE_NSH            = 0x894F,
    TYPE_QINQ_OLD       = 0x9100 /* before 802.1ad */
};

/* IEEE 802.2 logical link control, and the OUIs behind which an EtherType stands (RFC 1042;
 * 802.1H for the tunnelled). */
enum {
    SAP_IP        = 0x06,
    SAP_SNAP      = 0xAA,
    LLC_UI        = 0x03,
    OUI_ETHERTYPE = 0x000000,
    OUI_BRIDGED   = 0x0080C2, /* RFC 2684: the whole frame follows */
    OUI_TUNNELLED = 0x0000F8
};

static enum ht_decode snap_decode(struct ht_decoder *d)
{
    enum { ETHERNET_WITH_FCS = 1, ETHERNET = 7 };
    uint32_t oui  = rd_u24(&d->in);
    uint16_t type = rd_u16(&d->in);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    switch (oui) {
    case OUI_ETHERTYPE:
    case OUI_TUNNELLED:
        return ht_ethertype_decode(d, type);
    case OUI_BRIDGED:
        if (type != ETHERNET && type != ETHERNET_WITH_FCS) {
            return HT_DECODE_NOT_IP;
        }
        rd_skip(&d->in, 2); /* pad */
        return decoder_descend(d) ? ht_ethernet_decode(d) : HT_DECODE_NOT_IP;
    default:
        return HT_DECODE_NOT_IP;
    }
}

enum ht_decode ht_llc_decode(struct ht_decoder *d)
{
    uint8_t destination = rd_u8(&d->in);
    uint8_t source      = rd_u8(&d->in);
    uint8_t control     = rd_u8(&d->in);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if (destination != source || control != LLC_UI) {
        return HT_DECODE_NOT_IP;
    }
    if (destination == SAP_IP) {
        return ht_ip_decode(d);
    }
    return destination == SAP_SNAP ? snap_decode(d) : HT_DECODE_NOT_IP;
}

/* Cisco metadata: version, length in words, then options: { length and type, value }. */
static void skip_metadata(struct ht_decoder *d)
{
    rd_skip(&d->in, 1);
    rd_skip(&d->in, (size_t)rd_u8(&d->in) * 4);
}

/* Steps over the tag that `type` announces; false where it announces none. The type of what follows
 * stands behind the tag. */
static bool skip_tag(struct ht_decoder *d, uint16_t type)
{
    switch (type) {
    case TYPE_VLAN:
    case TYPE_QINQ:
    case TYPE_QINQ_OLD:
        decoder_add_layer(d, HT_LAYER_VLAN, true, rd_u16(&d->in) & 0x0FFF);
        return true;
    case TYPE_VNTAG: /* direction, pointer, destination; looped, version, source */
        decoder_add_layer(d, HT_LAYER_VNTAG, false, 0);
        rd_skip(&d->in, 4);
        return true;
    case TYPE_ETAG: /* priority, ingress E-CID; E-CID of 14 bits with its group; extensions */
        rd_skip(&d->in, 2);
        decoder_add_layer(d, HT_LAYER_ETAG, true, rd_u16(&d->in) & 0x3FFF);
        rd_skip(&d->in, 2);
        return true;
    case TYPE_CISCO_METADATA:
        skip_metadata(d);
        return true;
    default:
        return false;
    }
}

/* IEEE 802.1ah: priority and flags, 24 bits of service instance, the customer's frame. */
static enum ht_decode pbb_decode(struct ht_decoder *d)
{
    decoder_add_layer(d, HT_LAYER_PBB, true, rd_u32(&d->in) & 0xFFFFFF);
    return ht_ethernet_decode(d);
}

/* 10 bits of forwarding tag, 6 of time to live, the original frame. */
static enum ht_decode fabricpath_decode(struct ht_decoder *d)
{
    decoder_add_layer(d, HT_LAYER_FABRICPATH, true, rd_u16(&d->in) >> 6);
    return ht_ethernet_decode(d);
}

/* RFC 6325 section 3: version, multicast, length of options in words, hop count; two nicknames. */
static enum ht_decode trill_decode(struct ht_decoder *d)
{
    size_t words = rd_u16(&d->in) >> 6 & 0x1F;
    rd_skip(&d->in, 4 + words * 4);
    decoder_add_layer(d, HT_LAYER_TRILL, false, 0);
    return ht_ethernet_decode(d);
}

/* Carriers of whole frames or of other links. */
static enum ht_decode carrier_decode(struct ht_decoder *d, uint16_t type)
{
    if (!decoder_descend(d)) {
        return HT_DECODE_NOT_IP;
    }
    switch (type) {
    case TYPE_MPLS:
    case TYPE_MPLS_MULTICAST:
        return ht_mpls_decode(d);
    case TYPE_PPPOE:
        return ht_pppoe_decode(d);
    case TYPE_PPP:
        return ht_ppp_decode(d);
    case TYPE_BRIDGED:
        return ht_ethernet_decode(d);
    case TYPE_NSH:
        return ht_nsh_decode(d);
    case TYPE_PBB:
        return pbb_decode(d);
    case TYPE_FABRICPATH:
        return fabricpath_decode(d);
    case TYPE_TRILL:
        return trill_decode(d);
    default:
        return HT_DECODE_NOT_IP;
    }
}

enum ht_decode ht_type_decode(struct ht_decoder *d, uint16_t type)
{
    while (skip_tag(d, type)) {
        type = rd_u16(&d->in);
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if (type == TYPE_IPV4 || type == TYPE_IPV6) {
        return ht_ip_decode(d);
    }
    return type < TYPE_MIN ? ht_llc_decode(d) : carrier_decode(d, type);
}

enum ht_decode ht_ethertype_decode(struct ht_decoder *d, uint16_t type)
{
    return type < TYPE_MIN ? HT_DECODE_NOT_IP : ht_type_decode(d, type);
}

enum ht_decode ht_next_protocol_decode(struct ht_decoder *d, uint8_t protocol)
{
    enum { IPV4 = 1, IPV6, ETHERNET, NSH, MPLS };
    switch (protocol) {
    case IPV4:
    case IPV6:
        return ht_ip_decode(d);
    case ETHERNET:
        return ht_ethernet_decode(d);
    case NSH:
        return ht_nsh_decode(d);
    case MPLS:
        return ht_mpls_decode(d);
    default:
        return HT_DECODE_NOT_IP;
    }
}

/* RFC 8300 section 2: version, flags, time to live, length in words; metadata type; next protocol;
 * service path identifier and index; context. */
enum ht_decode ht_nsh_decode(struct ht_decoder *d)
{
    enum { BASE_WORDS = 2 };
    if (!decoder_descend(d)) {
        return HT_DECODE_NOT_IP;
    }
    size_t words = rd_u16(&d->in) & 0x3F;
    rd_skip(&d->in, 1);
    uint8_t protocol = rd_u8(&d->in);
    uint32_t path    = rd_u32(&d->in) >> 8;
    if (!d->in.bad && words < BASE_WORDS) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, (words - BASE_WORDS) * 4);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    decoder_add_layer(d, HT_LAYER_NSH, true, path);
    return ht_next_protocol_decode(d, protocol);
}

bool ht_is_ethernet(const struct ht_decoder *d)
{
    enum { ARP_OF_IPV4 = 0x00010800, PPPOE_SESSION = 0x1100 };
    struct ht_decoder ahead = *d;
    rd_skip(&ahead.in, 12);
    uint16_t type = rd_u16(&ahead.in);
    while (type == TYPE_VLAN || type == TYPE_QINQ) {
        rd_skip(&ahead.in, 2);
        type = rd_u16(&ahead.in);
    }
    switch (type) {
    case TYPE_IPV4:
    case TYPE_IPV6:
        return ht_is_ip(&ahead);
    case TYPE_ARP:
        return rd_u32(&ahead.in) == ARP_OF_IPV4;
    case TYPE_PPPOE:
        return rd_u16(&ahead.in) == PPPOE_SESSION;
    default:
        return false;
    }
}
