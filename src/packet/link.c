/*
 * Link layers: what stands before the IP header, for each link type
 * (https://www.tcpdump.org/linktypes.html).
 */
#include "packet/layers.h"

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD };

/* Cisco's inter-switch link: a frame of 802.3 to one of two addresses, SNAP with Cisco's OUI, the
 * VLAN id with a bit for bridge protocol, a port's index, two bytes; then the original frame. */
static bool is_isl(struct ht_bytes header)
{
    static const uint8_t address[] = {0x00, 0x0C, 0x00, 0x00};
    return (header.ptr[0] == 0x01 || header.ptr[0] == 0x03) &&
           memcmp(header.ptr + 1, address, sizeof address) == 0 && header.ptr[12] < 6;
}

static enum ht_decode isl_decode(struct ht_decoder *d)
{
    rd_skip(&d->in, 6); /* SNAP, the upper bytes of the source address */
    uint16_t vlan = rd_u16(&d->in) >> 1;
    rd_skip(&d->in, 4);
    decoder_add_layer(d, HT_LAYER_ISL, true, vlan & 0x0FFF);
    return decoder_descend(d) ? ht_ethernet_decode(d) : HT_DECODE_NOT_IP;
}

/* Destination, source, type; `tag` bytes of a switch's own stand before the type. */
static enum ht_decode tagged_ethernet_decode(struct ht_decoder *d, size_t tag)
{
    rd_skip(&d->in, 12 + tag);
    return ht_type_decode(d, rd_u16(&d->in));
}

enum ht_decode ht_ethernet_decode(struct ht_decoder *d)
{
    enum { ETHERNET_HEADER = 14 };
    struct ht_bytes header = rd_take(&d->in, ETHERNET_HEADER);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    uint16_t type = ht_be16_at(header, 12);
    if (type == TYPE_IPV4 || type == TYPE_IPV6) {
        return ht_ip_decode(d);
    }
    return is_isl(header) ? isl_decode(d) : ht_type_decode(d, type);
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
        return ht_ethertype_decode(d, low);
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

/* Linux cooked frames hold an EtherType, or what the device's ARPHRD_ type makes of it. */
static enum ht_decode cooked_content_decode(struct ht_decoder *d, uint16_t hardware, uint16_t type)
{
    enum { FRAME_RELAY = 770, WIFI = 801, PRISM = 802, RADIOTAP = 803, NETLINK = 824 };
    switch (hardware) {
    case FRAME_RELAY:
    case NETLINK:
        return HT_DECODE_NOT_IP;
    case WIFI:
        return ht_wifi_decode(d, false);
    case PRISM:
        return ht_radio_decode(d, HT_LINK_PRISM);
    case RADIOTAP:
        return ht_radio_decode(d, HT_LINK_RADIOTAP);
    default:
        return ht_type_decode(d, type);
    }
}

static enum ht_decode cooked_decode(struct ht_decoder *d)
{
    rd_skip(&d->in, 2); /* direction */
    uint16_t hardware = rd_u16(&d->in);
    rd_skip(&d->in, 10); /* link-layer address */
    return cooked_content_decode(d, hardware, rd_u16(&d->in));
}

static enum ht_decode cooked2_decode(struct ht_decoder *d)
{
    uint16_t type = rd_u16(&d->in);
    rd_skip(&d->in, 6); /* interface */
    uint16_t hardware = rd_u16(&d->in);
    rd_skip(&d->in, 10); /* direction, link-layer address */
    return cooked_content_decode(d, hardware, type);
}

/* RFC 1390: frame control, addresses, LLC. */
static enum ht_decode fddi_decode(struct ht_decoder *d)
{
    enum { LLC_FRAME = 0x50, CLASS = 0xF8 };
    uint8_t control = rd_u8(&d->in);
    rd_skip(&d->in, 12);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return (control & CLASS) == LLC_FRAME ? ht_llc_decode(d) : HT_DECODE_NOT_IP;
}

/* IEEE 802.5: access and frame control, addresses, and where the source address has its first bit
 * set the way that the frame took, whose first byte has its length. */
static enum ht_decode token_ring_decode(struct ht_decoder *d)
{
    enum { LLC_FRAME = 0x40, CLASS = 0xC0, ROUTED = 0x80 };
    rd_skip(&d->in, 1);
    uint8_t control = rd_u8(&d->in);
    rd_skip(&d->in, 6);
    uint8_t source = rd_u8(&d->in);
    rd_skip(&d->in, 5);
    if ((source & ROUTED) != 0) {
        size_t len = rd_u8(&d->in) & 0x1F;
        rd_skip(&d->in, len > 0 ? len - 1 : 0);
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return (control & CLASS) == LLC_FRAME ? ht_llc_decode(d) : HT_DECODE_NOT_IP;
}

static enum ht_decode ppp_direction_decode(struct ht_decoder *d)
{
    rd_skip(&d->in, 1);
    return ht_ppp_decode(d);
}

enum ht_decode ht_ip_or_nothing_decode(struct ht_decoder *d)
{
    if (rd_more(&d->in) && *d->in.cur >> 4 != 4 && *d->in.cur >> 4 != 6) {
        return HT_DECODE_NOT_IP;
    }
    return ht_ip_decode(d);
}

static enum ht_decode switch_tag_decode(struct ht_decoder *d, uint16_t link_type)
{
    switch (link_type) {
    case HT_LINK_BROADCOM_BEFORE:
        rd_skip(&d->in, 4);
        return ht_ethernet_decode(d);
    case HT_LINK_EDSA: /* an EtherType of its own, two bytes, then as DSA */
        return tagged_ethernet_decode(d, 8);
    default:
        return tagged_ethernet_decode(d, 4);
    }
}

/* The rarer ones. */
static enum ht_decode other_link_decode(struct ht_decoder *d, uint16_t link_type)
{
    switch (link_type) {
    case HT_LINK_PPP_DIRECTION:
        return ppp_direction_decode(d);
    case HT_LINK_PPPOE:
        return ht_pppoe_decode(d);
    case HT_LINK_MPLS:
        return ht_mpls_decode(d);
    case HT_LINK_FRAME_RELAY:
        return ht_frame_relay_decode(d);
    case HT_LINK_FDDI:
        return fddi_decode(d);
    case HT_LINK_TOKEN_RING:
        return token_ring_decode(d);
    case HT_LINK_ATM_RFC1483:
        return ht_llc_decode(d);
    case HT_LINK_WIFI:
        return ht_wifi_decode(d, false);
    case HT_LINK_RADIOTAP:
    case HT_LINK_PPI:
    case HT_LINK_PRISM:
    case HT_LINK_AVS:
        return ht_radio_decode(d, link_type);
    case HT_LINK_BROADCOM:
    case HT_LINK_BROADCOM_BEFORE:
    case HT_LINK_DSA:
    case HT_LINK_EDSA:
        return switch_tag_decode(d, link_type);
    default:
        return ht_capture_header_decode(d, link_type);
    }
}

enum ht_decode ht_link_decode(struct ht_decoder *d, uint16_t link_type)
{
    switch (link_type) {
    case HT_LINK_ETHERNET:
        return ht_ethernet_decode(d);
    case HT_LINK_NULL:
    case HT_LINK_LOOP:
        return family_decode(d);
    case HT_LINK_LINUX_SLL:
        return cooked_decode(d);
    case HT_LINK_LINUX_SLL2:
        return cooked2_decode(d);
    case HT_LINK_PPP:
    case HT_LINK_PPP_HDLC:
        return ht_ppp_decode(d);
    case HT_LINK_CISCO_HDLC:
        return ht_cisco_hdlc_decode(d);
    case HT_LINK_RAW_BSD:
    case HT_LINK_RAW_OPENBSD:
    case HT_LINK_RAW:
    case HT_LINK_IPV4:
    case HT_LINK_IPV6:
        return ht_ip_decode(d);
    default:
        return other_link_decode(d, link_type);
    }
}
