/*
 * Tunnels over UDP. A port alone proves nothing: a datagram is a tunnel's where the header reads
 * and what it carries decodes, up to the transport header or to where the capture ends; any other
 * is the plain UDP datagram that it looks like. Each header is judged before what it says is
 * stepped over: else any datagram that is cut would seem to be a tunnel's that is cut.
 */
#include "packet/layers.h"

/* Where nothing but its version says that it is an IP packet, it must fill the datagram. */
static enum ht_decode enter_ip(struct ht_decoder *d, enum ht_layer_type type, bool has_id,
                               uint32_t id)
{
    if (!rd_more(&d->in)) {
        rd_fail(&d->in);
        return HT_DECODE_MALFORMED;
    }
    bool entered = ht_is_all_ip(d) && ht_tunnel_enter(d, type, has_id, id);
    return entered ? ht_ip_decode(d) : HT_DECODE_MALFORMED;
}

/* RFC 7348 section 5: flags, of which one says that the identifier is valid, 24 bits reserved,
 * identifier, 8 bits reserved. */
static enum ht_decode vxlan_decode(struct ht_decoder *d)
{
    enum { VALID = 0x08 };
    uint8_t flags = rd_u8(&d->in);
    rd_skip(&d->in, 3);
    uint32_t id = rd_u32(&d->in) >> 8;
    if ((flags & VALID) == 0 || !ht_tunnel_enter(d, HT_LAYER_VXLAN, true, id)) {
        return HT_DECODE_MALFORMED;
    }
    return ht_ethernet_decode(d);
}

/* draft-ietf-nvo3-vxlan-gpe: as VXLAN, with a next protocol in the last reserved byte. There is a
 * flag for it too, which some leave out. */
static enum ht_decode vxlan_gpe_decode(struct ht_decoder *d)
{
    enum { VALID = 0x08, ETHERNET = 3 };
    uint8_t flags = rd_u8(&d->in);
    rd_skip(&d->in, 2);
    uint8_t next = rd_u8(&d->in);
    uint32_t id  = rd_u32(&d->in) >> 8;
    if ((flags & VALID) == 0 || !ht_tunnel_enter(d, HT_LAYER_VXLAN, true, id)) {
        return HT_DECODE_MALFORMED;
    }
    return ht_next_protocol_decode(d, next != 0 ? next : ETHERNET);
}

/* RFC 8926 section 3.4: version of 2 bits, length of options in words, flags, EtherType,
 * identifier, 8 bits reserved, options. */
static enum ht_decode geneve_decode(struct ht_decoder *d)
{
    uint8_t first = rd_u8(&d->in);
    if (first >> 6 != 0) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, 1);
    uint16_t type = rd_u16(&d->in);
    uint32_t id   = rd_u32(&d->in) >> 8;
    rd_skip(&d->in, (size_t)first * 4);
    if (d->in.bad || !ht_tunnel_enter(d, HT_LAYER_GENEVE, true, id)) {
        return HT_DECODE_MALFORMED;
    }
    return ht_ethertype_decode(d, type);
}

/* TS 29.281 section 5.2: { length in words, content, type of the next, 0 for none }. */
static void skip_gtp_extensions(struct ht_decoder *d, uint8_t next)
{
    while (next != 0 && !d->in.bad) {
        size_t words = rd_u8(&d->in);
        if (words == 0) {
            rd_fail(&d->in);
            return;
        }
        rd_skip(&d->in, words * 4 - 2);
        next = rd_u8(&d->in);
    }
}

/* What a tunnel carries was agreed elsewhere: IP, PPP, or Ethernet. */
static enum ht_decode gtp_content_decode(struct ht_decoder *d)
{
    enum { PPP_ADDRESS = 0xFF, ENOUGH = 14 + 40 }; /* to tell that it is nothing */
    if (ht_is_ip(d)) {
        return ht_ip_decode(d);
    }
    if (ht_is_ethernet(d)) {
        return ht_ethernet_decode(d);
    }
    if (rd_more(&d->in) && *d->in.cur != PPP_ADDRESS) {
        rd_skip(&d->in, ENOUGH);
        return HT_DECODE_MALFORMED;
    }
    return ht_ppp_decode(d);
}

/* TS 29.281 section 5.1: version and flags, message type, length of what follows the identifier,
 * identifier; where one of three flags is set, sequence number, N-PDU number, type of extension. */
static enum ht_decode gtp_decode(struct ht_decoder *d)
{
    enum { VERSION_AND_TYPE = 0xF0, VERSION_1_GTP = 0x30, OPTIONAL = 0x07, EXTENDED = 0x04 };
    enum { G_PDU = 255 };
    uint8_t flags = rd_u8(&d->in);
    uint8_t type  = rd_u8(&d->in);
    size_t len    = rd_u16(&d->in);
    uint32_t id   = rd_u32(&d->in);
    if ((flags & VERSION_AND_TYPE) != VERSION_1_GTP || type != G_PDU || d->in.bad ||
        len > decoder_wire_left(d)) {
        return HT_DECODE_MALFORMED;
    }
    decoder_bound(d, len);
    if ((flags & OPTIONAL) != 0) {
        rd_skip(&d->in, 3);
        uint8_t next = rd_u8(&d->in);
        skip_gtp_extensions(d, (flags & EXTENDED) != 0 ? next : 0);
    }
    if (d->in.bad || !ht_tunnel_enter(d, HT_LAYER_GTP_U, true, id)) {
        return HT_DECODE_MALFORMED;
    }
    return gtp_content_decode(d);
}

/* RFC 4380 section 5.1.1: an authentication and an origin indication may stand before IPv6. */
static enum ht_decode teredo_decode(struct ht_decoder *d)
{
    enum { ORIGIN = 0, AUTHENTICATION = 1 };
    struct ht_reader unread = d->in;
    uint16_t indicator      = rd_u16(&d->in);
    if (indicator == AUTHENTICATION) {
        size_t id_len = rd_u8(&d->in);
        size_t len    = rd_u8(&d->in);
        rd_skip(&d->in, id_len + len + 8 + 1); /* nonce, confirmation */
        unread    = d->in;
        indicator = rd_u16(&d->in);
    }
    if (indicator == ORIGIN) {
        rd_skip(&d->in, 6);
    } else {
        d->in = unread;
    }
    if (rd_more(&d->in) && (*d->in.cur >> 4 != 6 || !ht_is_ip(d))) {
        return HT_DECODE_MALFORMED; /* a trailer (RFC 6081 section 4) may follow */
    }
    return ht_tunnel_enter(d, HT_LAYER_TEREDO, false, 0) ? ht_ip_decode(d) : HT_DECODE_MALFORMED;
}

/* RFC 2661 section 3.1: flags and version; length, where flagged; tunnel and session id; sequence
 * numbers, where flagged; offset, where flagged. RFC 3931 section 4.1.2 for version 3. */
static enum ht_decode l2tp_decode(struct ht_decoder *d)
{
    enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, OFFSET = 0x0200, VERSION = 0x0F };
    uint16_t flags   = rd_u16(&d->in);
    unsigned version = flags & VERSION;
    if ((flags & CONTROL) != 0 || (version != 2 && version != 3)) {
        return HT_DECODE_MALFORMED;
    }
    if (version == 3) {
        rd_skip(&d->in, 2);
        return ht_l2tp3_session_decode(d);
    }
    if ((flags & LENGTH) != 0) {
        size_t len = rd_u16(&d->in);
        if (len < 4) { /* or not captured */
            return HT_DECODE_MALFORMED;
        }
        decoder_bound(d, len - 4);
    }
    rd_skip(&d->in, 2);
    uint16_t session = rd_u16(&d->in);
    rd_skip(&d->in, (flags & SEQUENCE) != 0 ? 4 : 0);
    if ((flags & OFFSET) != 0) {
        rd_skip(&d->in, rd_u16(&d->in));
    }
    return ht_tunnel_enter(d, HT_LAYER_L2TP, true, session) ? ht_ppp_decode(d)
                                                            : HT_DECODE_MALFORMED;
}

/* RFC 9300 section 5.1: flags and nonce; instance id of 24 bits, where flagged, and status bits. */
static enum ht_decode lisp_decode(struct ht_decoder *d)
{
    enum { INSTANCE = 0x08000000 };
    bool has_id = (rd_u32(&d->in) & INSTANCE) != 0;
    uint32_t id = rd_u32(&d->in) >> 8;
    return enter_ip(d, HT_LAYER_LISP, has_id, id);
}

/* RFC 8086: GRE of RFC 2784 and 2890, of whose first 16 bits all but three flags are zero. Of what
 * it carries NOT_TCP_UDP is accepted, so nothing else would tell that a datagram is none. */
static enum ht_decode gre_in_udp_decode(struct ht_decoder *d)
{
    enum { CHECKSUM_KEY_SEQUENCE = 0xB000 };
    struct ht_reader ahead = d->in;
    return (rd_u16(&ahead) & ~CHECKSUM_KEY_SEQUENCE) == 0 ? ht_gre_decode(d) : HT_DECODE_MALFORMED;
}

/* RFC 7510. Only IP can be told from what is none. */
static enum ht_decode mpls_in_udp_decode(struct ht_decoder *d)
{
    enum { BOTTOM = 0x100 };
    struct ht_decoder behind = *d;
    while (!behind.in.bad && (rd_u32(&behind.in) & BOTTOM) == 0) {
    }
    if (!ht_is_all_ip(&behind) || !ht_tunnel_enter(d, HT_LAYER_MPLS_IN_IP, false, 0)) {
        return HT_DECODE_MALFORMED;
    }
    return ht_mpls_decode(d);
}

/* RFC 5415 section 4.3: version and type; then, in bits: header length of 5 in words, radio of 5,
 * binding of 5, native frame, fragment, last, four others, 3 reserved; fragment id, offset. Some
 * controllers write a native frame's control field with its bytes swapped, and say so nowhere. */
static enum ht_decode capwap_decode(struct ht_decoder *d)
{
    enum { NATIVE = 0x100, FRAGMENT = 0x80, HEADER = 8 };
    uint32_t first = rd_u32(&d->in);
    rd_skip(&d->in, 4);
    size_t header_len = (size_t)(first >> 19 & 0x1F) * 4;
    if (first >> 24 != 0 || (first & FRAGMENT) != 0 || header_len < HEADER) {
        return HT_DECODE_MALFORMED; /* of another version, encrypted, in pieces */
    }
    rd_skip(&d->in, header_len - HEADER);
    if (d->in.bad || !ht_tunnel_enter(d, HT_LAYER_CAPWAP, false, 0)) {
        return HT_DECODE_MALFORMED;
    }
    return (first & NATIVE) != 0 ? ht_wifi_swapped_decode(d) : ht_ethernet_decode(d);
}

/* draft-massar-v6ops-ayiya section 3: lengths of identity (as a power of two) and signature (in
 * words), methods, next header, time; identity, signature. */
static enum ht_decode ayiya_decode(struct ht_decoder *d)
{
    enum { FORWARD = 1, IPV4 = 4, IPV6 = 41 };
    size_t identity  = (size_t)1 << (rd_u8(&d->in) >> 4);
    size_t signature = (size_t)(rd_u8(&d->in) >> 4) * 4;
    uint8_t opcode   = rd_u8(&d->in) & 0x0F;
    uint8_t next     = rd_u8(&d->in);
    if (opcode != FORWARD || (next != IPV4 && next != IPV6)) {
        return HT_DECODE_MALFORMED;
    }
    rd_skip(&d->in, 4 + identity + signature);
    return enter_ip(d, HT_LAYER_AYIYA, false, 0);
}

/* Version, type, protocol of what is carried; tags { type, length, value }, those of padding and
 * end being the type alone. */
static enum ht_decode tzsp_decode(struct ht_decoder *d)
{
    enum { VERSION = 1, RECEIVED = 0, TRANSMIT = 1, TAG_PADDING = 0, TAG_END = 1 };
    enum { ETHERNET = 1, WIFI = 18 };
    uint8_t version   = rd_u8(&d->in);
    uint8_t type      = rd_u8(&d->in);
    uint16_t protocol = rd_u16(&d->in);
    uint8_t tag       = TAG_PADDING;
    if (version != VERSION || (type != RECEIVED && type != TRANSMIT) ||
        (protocol != ETHERNET && protocol != WIFI)) {
        return HT_DECODE_MALFORMED;
    }
    while (tag != TAG_END && !d->in.bad) {
        tag = rd_u8(&d->in);
        if (tag > TAG_END) {
            rd_skip(&d->in, rd_u8(&d->in));
        }
    }
    if (d->in.bad || !ht_tunnel_enter(d, HT_LAYER_TZSP, false, 0)) {
        return HT_DECODE_MALFORMED;
    }
    return protocol == ETHERNET ? ht_ethernet_decode(d) : ht_wifi_decode(d, false);
}

/* RFC 3948: without the four zero bytes that mark IKE. */
static enum ht_decode esp_in_udp_decode(struct ht_decoder *d)
{
    enum ht_decode inner = ht_esp_decode(d);
    return inner != HT_DECODE_NOT_TCP_UDP ? inner : HT_DECODE_MALFORMED;
}

enum tunnel {
    NO_TUNNEL,
    VXLAN,
    VXLAN_GPE,
    GENEVE,
    GTP,
    TEREDO,
    L2TP,
    LISP,
    GRE,
    MPLS,
    CAPWAP,
    AYIYA,
    TZSP,
    ESP,
    NUM_TUNNELS
};

static enum tunnel tunnel_of(uint16_t port)
{
    switch (port) {
    case 1701:
        return L2TP;
    case 2152:
        return GTP;
    case 3544:
        return TEREDO;
    case 4341:
        return LISP;
    case 4500:
        return ESP;
    case 4754:
        return GRE;
    case 4789:
    case 8472: /* Linux, before there was a number */
        return VXLAN;
    case 4790:
        return VXLAN_GPE;
    case 5072:
        return AYIYA;
    case 5247:
        return CAPWAP;
    case 6081:
        return GENEVE;
    case 6635:
        return MPLS;
    case 37008:
        return TZSP;
    default:
        return NO_TUNNEL;
    }
}

/* A port of either side tells; the destination's first. */
static enum tunnel tunnel_between(uint16_t source, uint16_t destination)
{
    enum tunnel tunnel = tunnel_of(destination);
    return tunnel != NO_TUNNEL ? tunnel : tunnel_of(source);
}

bool ht_is_udp_tunnel(uint16_t source, uint16_t destination)
{
    return tunnel_between(source, destination) != NO_TUNNEL;
}

bool ht_udp_tunnel_decode(struct ht_decoder *d, enum ht_decode *inner)
{
    static enum ht_decode (*const decodings[NUM_TUNNELS])(struct ht_decoder *) = {
        [VXLAN] = vxlan_decode,    [VXLAN_GPE] = vxlan_gpe_decode, [GENEVE] = geneve_decode,
        [GTP] = gtp_decode,        [TEREDO] = teredo_decode,       [L2TP] = l2tp_decode,
        [LISP] = lisp_decode,      [GRE] = gre_in_udp_decode,      [MPLS] = mpls_in_udp_decode,
        [CAPWAP] = capwap_decode,  [AYIYA] = ayiya_decode,         [TZSP] = tzsp_decode,
        [ESP] = esp_in_udp_decode,
    };
    enum tunnel tunnel = tunnel_between(d->out->source.port, d->out->destination.port);
    if (tunnel == NO_TUNNEL) {
        return false;
    }
    size_t head              = offsetof(struct ht_packet, layers);
    struct ht_decoder before = *d;
    struct ht_packet packet;
    memcpy(&packet, d->out, head);
    *inner = decodings[tunnel](d);
    if (d->in.bad && d->cut > 0) {
        *inner = HT_DECODE_TRUNCATED;
    }
    if (*inner != HT_DECODE_MALFORMED && *inner != HT_DECODE_NOT_IP) {
        return true;
    }
    memcpy(d->out, &packet, head);
    *d = before;
    return false;
}
