/*
 * Tunnels right over IP: IP in IP, GRE and its kin, EtherIP, L2TPv3, MPLS.
 */
#include "packet/layers.h"

#include <netinet/in.h>

bool ht_tunnel_enter(struct ht_decoder *d, enum ht_layer_type type, bool has_id, uint32_t id)
{
    struct ht_packet *out = d->out;
    if (!decoder_descend(d)) {
        return false;
    }
    if (out->num_layers < HT_MAX_LAYERS) {
        out->layers[out->num_layers++] = (struct ht_layer){.type        = (uint8_t)type,
                                                           .has_id      = has_id,
                                                           .id          = id,
                                                           .source      = out->source,
                                                           .destination = out->destination};
    }
    out->source.port = out->destination.port = 0;
    return true;
}

/* RFC 2003, RFC 2473, RFC 4213 section 3.5. */
static enum ht_decode ip_in_ip_decode(struct ht_decoder *d)
{
    return ht_tunnel_enter(d, HT_LAYER_IP_IN_IP, false, 0) ? ht_ip_decode(d)
                                                           : HT_DECODE_NOT_TCP_UDP;
}

/* What a GRE header says of what follows it. */
struct gre {
    uint16_t flags;
    uint16_t protocol;
    uint32_t key;
};

enum {
    GRE_CHECKSUM       = 0x8000,
    GRE_ROUTING        = 0x4000,
    GRE_KEY            = 0x2000,
    GRE_SEQUENCE       = 0x1000,
    GRE_ACKNOWLEDGMENT = 0x0080, /* of version 1 */
    GRE_VERSION        = 0x0007
};

enum {
    GRE_ERSPAN3 = 0x22EB,
    GRE_EOIP    = 0x6400,
    GRE_ARUBA   = 0x8200, /* to 0x82FF, */
    GRE_ARUBA_2 = 0x9000,
    GRE_PPP     = 0x880B,
    GRE_WCCP    = 0x883E,
    GRE_ERSPAN  = 0x88BE
};

/* Type I has no header; type II: version, VLAN, class, encapsulation, truncated, session id of 10
 * bits, index (draft-foschiano-erspan). A sequence number is what tells them apart. */
static enum ht_decode erspan_decode(struct ht_decoder *d, bool type_1)
{
    uint32_t session = 0;
    if (!type_1) {
        session = rd_u32(&d->in) & 0x3FF;
        rd_skip(&d->in, 4);
    }
    decoder_add_layer(d, HT_LAYER_ERSPAN, !type_1, session);
    return ht_ethernet_decode(d);
}

/* Type III: as type II, timestamp, security group, then 16 bits with the frame's type and, as the
 * last of them, whether eight bytes of the platform's follow. */
static enum ht_decode erspan3_decode(struct ht_decoder *d)
{
    enum { TYPE_ETHERNET = 0, TYPE_IP = 2, PLATFORM = 1 };
    uint32_t session = rd_u32(&d->in) & 0x3FF;
    rd_skip(&d->in, 4 + 2);
    uint16_t last = rd_u16(&d->in);
    rd_skip(&d->in, (last & PLATFORM) != 0 ? 8 : 0);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    decoder_add_layer(d, HT_LAYER_ERSPAN, true, session);
    switch (last >> 10 & 0x1F) {
    case TYPE_ETHERNET:
        return ht_ethernet_decode(d);
    case TYPE_IP:
        return ht_ip_decode(d);
    default:
        return HT_DECODE_NOT_IP;
    }
}

/* Web Cache Communication Protocol: version 2 has a redirect header of four bytes before IP. */
static enum ht_decode wccp_decode(struct ht_decoder *d)
{
    if (rd_more(&d->in) && *d->in.cur >> 4 != 4) {
        rd_skip(&d->in, 4);
    }
    return ht_ip_or_nothing_decode(d);
}

static enum ht_decode gre_content_decode(struct ht_decoder *d, const struct gre *gre)
{
    switch (gre->protocol) {
    case GRE_ERSPAN:
        return erspan_decode(d, (gre->flags & GRE_SEQUENCE) == 0);
    case GRE_ERSPAN3:
        return erspan3_decode(d);
    case GRE_WCCP:
        return wccp_decode(d);
    case GRE_ARUBA_2:
        return ht_wifi_decode(d, false);
    default:
        return (gre->protocol & 0xFF00) == GRE_ARUBA ? ht_wifi_decode(d, false)
                                                     : ht_ethertype_decode(d, gre->protocol);
    }
}

/* RFC 1701: entries { family, offset, length, information }, ended by one that is all zero. */
static void skip_routing(struct ht_decoder *d)
{
    bool more = true;
    while (more && !d->in.bad) {
        uint16_t family = rd_u16(&d->in);
        rd_skip(&d->in, 1);
        uint8_t len = rd_u8(&d->in);
        rd_skip(&d->in, len);
        more = family != 0 || len != 0;
    }
}

/* MikroTik's Ethernet over IP, in the form of version 1: length, tunnel id, frame. */
static enum ht_decode eoip_decode(struct ht_decoder *d)
{
    size_t len  = rd_u16(&d->in);
    uint16_t id = __builtin_bswap16(rd_u16(&d->in));
    if (d->in.bad) {
        return decoder_ended(d);
    }
    decoder_bound(d, len);
    return ht_tunnel_enter(d, HT_LAYER_EOIP, true, id) ? ht_ethernet_decode(d)
                                                       : HT_DECODE_NOT_TCP_UDP;
}

/* RFC 2637 section 4.1: enhanced GRE, whose key is the payload's length and the call id. */
static enum ht_decode gre_1_decode(struct ht_decoder *d, const struct gre *gre)
{
    if (gre->protocol == GRE_EOIP) {
        return eoip_decode(d);
    }
    size_t len    = rd_u16(&d->in);
    uint16_t call = rd_u16(&d->in);
    rd_skip(&d->in, (gre->flags & GRE_SEQUENCE) != 0 ? 4 : 0);
    rd_skip(&d->in, (gre->flags & GRE_ACKNOWLEDGMENT) != 0 ? 4 : 0);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if (gre->protocol != GRE_PPP || len == 0 || !ht_tunnel_enter(d, HT_LAYER_PPTP, true, call)) {
        return HT_DECODE_NOT_TCP_UDP; /* an acknowledgment alone, for one */
    }
    decoder_bound(d, len);
    return ht_ppp_decode(d);
}

/* RFC 2784 section 2, RFC 2890 section 2. */
enum ht_decode ht_gre_decode(struct ht_decoder *d)
{
    struct gre gre = {.flags = rd_u16(&d->in)};
    gre.protocol   = rd_u16(&d->in);
    if ((gre.flags & GRE_VERSION) == 1) {
        return gre_1_decode(d, &gre);
    }
    rd_skip(&d->in, (gre.flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0 ? 4 : 0);
    bool has_key = (gre.flags & GRE_KEY) != 0;
    gre.key      = has_key ? rd_u32(&d->in) : 0;
    rd_skip(&d->in, (gre.flags & GRE_SEQUENCE) != 0 ? 4 : 0);
    if ((gre.flags & GRE_ROUTING) != 0) {
        skip_routing(d);
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if ((gre.flags & GRE_VERSION) != 0) { /* none but 0 and 1 is defined */
        return HT_DECODE_MALFORMED;
    }
    return ht_tunnel_enter(d, HT_LAYER_GRE, has_key, gre.key) ? gre_content_decode(d, &gre)
                                                              : HT_DECODE_NOT_TCP_UDP;
}

/* RFC 3378 section 3: version 3, twelve reserved bits. */
static enum ht_decode etherip_decode(struct ht_decoder *d)
{
    uint16_t version = rd_u16(&d->in) >> 12;
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return version == 3 && ht_tunnel_enter(d, HT_LAYER_ETHERIP, false, 0) ? ht_ethernet_decode(d)
                                                                          : HT_DECODE_NOT_TCP_UDP;
}

/* RFC 3931 section 4.1: a cookie of 0, 4 or 8 bytes and a sublayer of 0 or 4 follow the session id,
 * as was agreed elsewhere; so does what the session carries. What makes sense is taken. */
enum ht_decode ht_l2tp3_session_decode(struct ht_decoder *d)
{
    enum { CONTROL = 0, MAX_SKIP = 12 };
    uint32_t session = rd_u32(&d->in);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    if (session == CONTROL || !ht_tunnel_enter(d, HT_LAYER_L2TP, true, session)) {
        return HT_DECODE_NOT_TCP_UDP;
    }
    for (size_t skip = 0; skip <= MAX_SKIP && !d->in.bad; skip += 4) {
        if (ht_is_ethernet(d)) {
            return ht_ethernet_decode(d);
        }
        if (ht_is_ip(d)) {
            return ht_ip_decode(d);
        }
        rd_skip(&d->in, 4);
    }
    return HT_DECODE_NOT_IP;
}

/* RFC 4023. */
static enum ht_decode mpls_in_ip_decode(struct ht_decoder *d)
{
    return ht_tunnel_enter(d, HT_LAYER_MPLS_IN_IP, false, 0) ? ht_mpls_decode(d)
                                                             : HT_DECODE_NOT_TCP_UDP;
}

enum ht_decode ht_tunnel_decode(struct ht_decoder *d, uint8_t protocol)
{
    enum { L2TP3 = 115, ETHERIP = 97 };
    switch (protocol) {
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
        return ip_in_ip_decode(d);
    case IPPROTO_GRE:
        return ht_gre_decode(d);
    case IPPROTO_ESP:
        return ht_esp_decode(d);
    case ETHERIP:
        return etherip_decode(d);
    case L2TP3:
        return ht_l2tp3_session_decode(d);
    case IPPROTO_MPLS:
        return mpls_in_ip_decode(d);
    default:
        return HT_DECODE_NOT_TCP_UDP;
    }
}
