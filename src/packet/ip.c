/*
 * IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200), up to the transport header.
 */
#include "packet/layers.h"

#include <netinet/in.h>

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* Ends the packet where its own length says. `header` is the fixed header, just read; `len`, all
 * that follows it. */
static void bound_packet(struct ht_decoder *d, struct ht_bytes header, size_t len)
{
    decoder_bound(d, len);
    d->out->ip     = ht_bytes(header.ptr, header.len + rd_left(&d->in));
    d->out->ip_len = (uint32_t)(header.len + len);
}

/* RFC 4302 section 2: steps over an Authentication Header and returns what follows it. Unlike in
 * other extension headers the length counts 4-byte words, less two. */
static uint8_t skip_authentication(struct ht_decoder *d)
{
    uint8_t next = rd_u8(&d->in);
    size_t words = rd_u8(&d->in);
    rd_skip(&d->in, 2); /* reserved */
    uint32_t index = rd_u32(&d->in);
    decoder_add_layer(d, HT_LAYER_AH, true, index);
    rd_skip(&d->in, words * 4); /* sequence number, integrity check value */
    return next;
}

/* RFC 8200 sections 4.3, 4.4 and 4.6: hop-by-hop options, routing and destination options. */
static uint8_t skip_extension(struct ht_decoder *d)
{
    uint8_t next = rd_u8(&d->in);
    size_t words = rd_u8(&d->in);
    rd_skip(&d->in, (words + 1) * 8 - 2);
    return next;
}

/* What it carries can only be read once the others are there: packet/fragments.h. */
static enum ht_decode fragment_decode(struct ht_decoder *d, uint8_t protocol)
{
    d->out->protocol = protocol;
    decoder_payload(d);
    return HT_DECODE_FRAGMENT;
}

static enum ht_decode ipv4_decode(struct ht_decoder *d)
{
    enum { FRAGMENT = 0x3FFF }; /* more fragments, or an offset */
    struct ht_packet *out  = d->out;
    struct ht_bytes header = rd_take(&d->in, IPV4_HEADER);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    size_t header_len        = (size_t)4 * (header.ptr[0] & 0x0F);
    size_t total_len         = ht_be16_at(header, 2);
    bool fragment            = (ht_be16_at(header, 6) & FRAGMENT) != 0;
    uint8_t protocol         = header.ptr[9];
    out->id                  = ht_be16_at(header, 4);
    out->source.address      = ht_address4(header.ptr + 12);
    out->destination.address = ht_address4(header.ptr + 16);
    if (total_len == 0) { /* captured before the network card cut it into segments */
        total_len = IPV4_HEADER + decoder_wire_left(d);
    }
    if (header_len < IPV4_HEADER || total_len < header_len) {
        return HT_DECODE_MALFORMED;
    }
    bound_packet(d, header, total_len - IPV4_HEADER);
    rd_skip(&d->in, header_len - IPV4_HEADER); /* options */
    if (protocol == IPPROTO_AH && !fragment) {
        protocol = skip_authentication(d);
    }
    if (d->in.bad) {
        return decoder_ended(d);
    }
    return fragment ? fragment_decode(d, protocol) : ht_transport_decode(d, protocol);
}

/* RFC 8200 section 4.5: a fragment header with no offset and nothing to follow (RFC 6946) is a
 * whole packet. */
static bool is_fragment(struct ht_decoder *d, uint8_t *next)
{
    *next = rd_u8(&d->in);
    rd_skip(&d->in, 1);
    bool fragment = (rd_u16(&d->in) & 0xFFF9) != 0;
    rd_skip(&d->in, 4); /* identification */
    return fragment;
}

static enum ht_decode extensions_decode(struct ht_decoder *d, uint8_t next)
{
    while (!d->in.bad) {
        switch (next) {
        case IPPROTO_HOPOPTS:
        case IPPROTO_ROUTING:
        case IPPROTO_DSTOPTS:
            next = skip_extension(d);
            break;
        case IPPROTO_AH:
            next = skip_authentication(d);
            break;
        case IPPROTO_FRAGMENT:
            if (is_fragment(d, &next)) {
                return d->in.bad ? decoder_ended(d) : fragment_decode(d, next);
            }
            break;
        default:
            return ht_transport_decode(d, next);
        }
    }
    return decoder_ended(d);
}

static enum ht_decode ipv6_decode(struct ht_decoder *d)
{
    struct ht_packet *out  = d->out;
    struct ht_bytes header = rd_take(&d->in, IPV6_HEADER);
    if (d->in.bad) {
        return decoder_ended(d);
    }
    size_t payload_len       = ht_be16_at(header, 4);
    uint8_t next             = header.ptr[6];
    out->id                  = 0; /* not that of a tunnel's outer packet */
    out->source.address      = ht_address6(header.ptr + 8);
    out->destination.address = ht_address6(header.ptr + 24);
    if (payload_len == 0) { /* a jumbogram (RFC 2675), or as in IPv4 */
        payload_len = decoder_wire_left(d);
    }
    bound_packet(d, header, payload_len);
    return extensions_decode(d, next);
}

/* The length of the IP packet that begins here, if it is one: 0 where it cannot be. */
static size_t ip_len_of(const struct ht_decoder *d)
{
    struct ht_reader ahead = d->in;
    uint8_t first          = rd_u8(&ahead);
    rd_skip(&ahead, 1);
    size_t len        = rd_u16(&ahead);
    size_t header_len = (size_t)4 * (first & 0x0F);
    size_t more       = rd_u16(&ahead);
    bool is_4 = first >> 4 == 4, is_6 = first >> 4 == 6;
    bool unread = ahead.bad && d->cut > 0;
    if ((is_4 || is_6) && (unread || (d->rebuilt.len > 0 && d->in.cur == d->rebuilt.ptr))) {
        return decoder_wire_left(d);
    }
    if (is_4 && header_len >= IPV4_HEADER && len >= header_len) {
        return len;
    }
    return is_6 && !ahead.bad ? IPV6_HEADER + more : 0;
}

bool ht_is_ip(const struct ht_decoder *d)
{
    size_t len = ip_len_of(d);
    return len > 0 && len <= decoder_wire_left(d);
}

bool ht_is_all_ip(const struct ht_decoder *d)
{
    size_t len = ip_len_of(d);
    return len > 0 && len == decoder_wire_left(d);
}

enum ht_decode ht_ip_decode(struct ht_decoder *d)
{
    if (d->rebuilt.len > 0 && d->in.cur == d->rebuilt.ptr) {
        d->in  = ht_reader(d->rebuilt);
        d->cut = d->rebuilt_cut;
    }
    if (!rd_more(&d->in)) {
        return decoder_ended(d);
    }
    switch (*d->in.cur >> 4) { /* the version; the header begins with it */
    case 4:
        return ipv4_decode(d);
    case 6:
        return ipv6_decode(d);
    default:
        return HT_DECODE_MALFORMED;
    }
}
