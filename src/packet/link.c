/*
 * Link layers: what stands before the IP header, for each link type
 * (https://www.tcpdump.org/linktypes.html).
 */
#include "packet/layers.h"

/* EtherTypes (IEEE 802 numbers). */
enum {
    TYPE_MIN            = 0x0600, /* below it the field is the length of an 802.3 frame */
    TYPE_IPV4           = 0x0800,
    TYPE_VLAN           = 0x8100, /* 802.1Q */
    TYPE_IPV6           = 0x86DD,
    TYPE_QINQ           = 0x88A8, /* 802.1ad */
    TYPE_QINQ_OLD       = 0x9100, /* before 802.1ad */
    TYPE_CISCO_METADATA = 0x8909  /* Cisco TrustSec's inline tagging */
};

/* IEEE 802.2 logical link control, and the OUIs behind which an EtherType stands (RFC 1042;
 * 802.1H for the tunnelled). */
enum {
    SAP_IP        = 0x06,
    SAP_SNAP      = 0xAA,
    LLC_UI        = 0x03,
    OUI_ETHERTYPE = 0x000000,
    OUI_TUNNELLED = 0x0000F8
};

static enum ht_decode ethertype_decode(struct ht_decoder *d, uint16_t type)
{
    switch (type) {
    case TYPE_IPV4:
    case TYPE_IPV6:
        return ht_ip_decode(d);
    default:
        return HT_DECODE_NOT_IP;
    }
}

static enum ht_decode llc_decode(struct ht_decoder *d)
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
    if (destination != SAP_SNAP) {
        return HT_DECODE_NOT_IP;
    }
    uint32_t oui  = rd_u24(&d->in);
    uint16_t type = rd_u16(&d->in);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return oui == OUI_ETHERTYPE || oui == OUI_TUNNELLED ? ethertype_decode(d, type)
                                                        : HT_DECODE_NOT_IP;
}

static bool is_tag(uint16_t type)
{
    return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD;
}

/* Cisco metadata: version, length in words, then options: { length and type, value }. */
static void skip_metadata(struct ht_decoder *d)
{
    rd_skip(&d->in, 1);
    rd_skip(&d->in, (size_t)rd_u8(&d->in) * 4);
}

/* After a type field that held `type`, which may announce tags: { tci, type }. */
static enum ht_decode type_decode(struct ht_decoder *d, uint16_t type)
{
    struct ht_packet *out = d->out;
    while (is_tag(type) || type == TYPE_CISCO_METADATA) {
        if (type == TYPE_CISCO_METADATA) {
            skip_metadata(d);
            type = rd_u16(&d->in);
            continue;
        }
        uint16_t tci = rd_u16(&d->in);
        type         = rd_u16(&d->in);
        if (!d->in.bad && out->num_tags < HT_MAX_TAGS) {
            out->tags[out->num_tags++] = tci & 0x0FFF;
        }
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return type < TYPE_MIN ? llc_decode(d) : ethertype_decode(d, type);
}

static enum ht_decode ethernet_decode(struct ht_decoder *d)
{
    enum { ETHERNET_HEADER = 14 };
    struct ht_bytes header = rd_take(&d->in, ETHERNET_HEADER);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    uint16_t type = ht_be16_at(header, 12);
    return type == TYPE_IPV4 || type == TYPE_IPV6 ? ht_ip_decode(d) : type_decode(d, type);
}

/* BSD null: the address family in the byte order of the machine that captured; loop: in network
 * byte order. Some drivers write two bytes of their own and an EtherType instead. */
static enum ht_decode family_decode(struct ht_decoder *d)
{
    uint16_t high = rd_u16(&d->in);
    uint16_t low  = rd_u16(&d->in);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if (high != 0 && low != 0) {
        return ethertype_decode(d, low);
    }
    switch (low != 0 ? low : high >> 8 | (high & 0xFF) << 8) {
    case 2:
    case 10: /* AF_INET6 of Linux, */
    case 23: /* Windows, */
    case 24: /* NetBSD and OpenBSD, */
    case 28: /* FreeBSD, */
    case 30: /* Darwin */
        return ht_ip_decode(d);
    default:
        return HT_DECODE_NOT_IP;
    }
}

/* Linux cooked frames of most devices hold an EtherType; by ARPHRD_ type, these do not. */
static bool has_ethertype(uint16_t hardware)
{
    enum { FRAME_RELAY = 770, RADIOTAP = 803, NETLINK = 824 };
    return hardware != FRAME_RELAY && hardware != RADIOTAP && hardware != NETLINK;
}

static enum ht_decode cooked_decode(struct ht_decoder *d)
{
    rd_skip(&d->in, 2); /* direction */
    uint16_t hardware = rd_u16(&d->in);
    rd_skip(&d->in, 10); /* link-layer address */
    uint16_t type = rd_u16(&d->in);
    return has_ethertype(hardware) ? type_decode(d, type) : HT_DECODE_NOT_IP;
}

static enum ht_decode cooked2_decode(struct ht_decoder *d)
{
    uint16_t type = rd_u16(&d->in);
    rd_skip(&d->in, 6); /* interface */
    uint16_t hardware = rd_u16(&d->in);
    rd_skip(&d->in, 10); /* direction, link-layer address */
    return has_ethertype(hardware) ? type_decode(d, type) : HT_DECODE_NOT_IP;
}

/* Cisco HDLC, which is what a "PPP" link is too when its first byte says so. */
static enum ht_decode cisco_decode(struct ht_decoder *d)
{
    rd_skip(&d->in, 2); /* address, control */
    return type_decode(d, rd_u16(&d->in));
}

/* RFC 1661 section 2, RFC 1662 section 3.1. Address and control, and the first byte of a protocol
 * number below 256, may have been left out by negotiation. */
static enum ht_decode ppp_decode(struct ht_decoder *d)
{
    enum { ADDRESS = 0xFF, CISCO_UNICAST = 0x0F, CISCO_BROADCAST = 0x8F, IPV4 = 0x21, IPV6 = 0x57 };
    struct ht_reader unread = d->in;
    uint16_t protocol       = rd_u8(&d->in);
    if (protocol == CISCO_UNICAST || protocol == CISCO_BROADCAST) {
        d->in = unread;
        return cisco_decode(d);
    }
    if (protocol == ADDRESS) {
        rd_skip(&d->in, 1); /* control */
        protocol = rd_u8(&d->in);
    }
    if (protocol % 2 == 0) { /* only the last byte of a protocol number is odd */
        protocol = (uint16_t)(protocol << 8 | rd_u8(&d->in));
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return protocol == IPV4 || protocol == IPV6 ? ht_ip_decode(d) : HT_DECODE_NOT_IP;
}

enum ht_decode ht_link_decode(struct ht_decoder *d, uint16_t link_type)
{
    switch (link_type) {
    case HT_LINK_ETHERNET:
        return ethernet_decode(d);
    case HT_LINK_NULL:
    case HT_LINK_LOOP:
        return family_decode(d);
    case HT_LINK_LINUX_SLL:
        return cooked_decode(d);
    case HT_LINK_LINUX_SLL2:
        return cooked2_decode(d);
    case HT_LINK_PPP:
    case HT_LINK_PPP_HDLC:
        return ppp_decode(d);
    case HT_LINK_CISCO_HDLC:
        return cisco_decode(d);
    case HT_LINK_RAW_BSD:
    case HT_LINK_RAW_OPENBSD:
    case HT_LINK_RAW:
    case HT_LINK_IPV4:
    case HT_LINK_IPV6:
        return ht_ip_decode(d);
    default:
        return HT_DECODE_LINK_TYPE;
    }
}
