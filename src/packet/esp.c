/*
 * IPsec's ESP (RFC 4303) without encryption (RFC 2410). No packet says so of itself: what was
 * agreed on is known to its two ends alone. So the packet is tried as one (RFC 5879 section 8), and
 * taken for one only where everything fits: the trailer, its padding, and a checksum or the length
 * of what is inside.
 */
#include "packet/layers.h"

#include <netinet/in.h>

enum { ESP_HEADER = 8, GMAC_IV = 8, TRAILER = 2 };

/* The Internet checksum's sum (RFC 1071), continued; `bytes` begin at an even place. */
static uint32_t add_words(uint32_t sum, struct ht_bytes bytes)
{
    struct ht_reader r = ht_reader(bytes);
    while (rd_left(&r) > 1) {
        sum += rd_u16(&r);
    }
    sum += (uint32_t)rd_u8(&r) << 8; /* 0 where none is left */
    return (sum & 0xFFFF) + (sum >> 16);
}

static bool is_whole_sum(uint32_t sum)
{
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (sum & 0xFFFF) + (sum >> 16) == 0xFFFF;
}

/* A TCP segment or UDP datagram between the addresses that were read last. */
static bool is_transport(const struct ht_decoder *d, uint8_t protocol, struct ht_bytes content)
{
    enum { TCP_HEADER = 20, UDP_HEADER = 8, UDP_LENGTH = 4, UDP_CHECKSUM = 6 };
    bool udp = protocol == IPPROTO_UDP;
    if (content.len < (udp ? UDP_HEADER : TCP_HEADER) ||
        (udp && ht_be16_at(content, UDP_LENGTH) != content.len)) {
        return false;
    }
    if (udp && ht_be16_at(content, UDP_CHECKSUM) == 0) {
        return d->out->source.address.version == 4;
    }
    uint32_t sum = protocol + (uint32_t)content.len;
    sum          = add_words(sum, ht_address_bytes(&d->out->source.address));
    sum          = add_words(sum, ht_address_bytes(&d->out->destination.address));
    return is_whole_sum(add_words(sum, content));
}

/* An IPv4 or IPv6 packet and nothing else. */
static bool is_packet(uint8_t protocol, struct ht_bytes content)
{
    enum { IPV4_HEADER = 20, IPV6_HEADER = 40, IPV6_LENGTH = 4 };
    if (protocol == IPPROTO_IPV6) {
        return content.len >= IPV6_HEADER && content.ptr[0] >> 4 == 6 &&
               ht_be16_at(content, IPV6_LENGTH) == content.len - IPV6_HEADER;
    }
    size_t header = content.len > 0 ? (size_t)4 * (content.ptr[0] & 0x0F) : 0;
    return header >= IPV4_HEADER && header <= content.len && content.ptr[0] >> 4 == 4 &&
           ht_be16_at(content, 2) == content.len &&
           is_whole_sum(add_words(0, ht_bytes_head(content, header)));
}

/* Section 2.4: padding is 1, 2, 3 … */
static bool is_padding(struct ht_bytes padding)
{
    for (size_t i = 0; i < padding.len; i++) {
        if (padding.ptr[i] != (uint8_t)(i + 1)) {
            return false;
        }
    }
    return true;
}

/* What is inside of `body`, an ESP packet between its initialization vector and its integrity check
 * value: `*content` of the protocol that is returned; 0: this is not how it was made. */
static uint8_t open_body(const struct ht_decoder *d, struct ht_bytes body, struct ht_bytes *content)
{
    if (body.len < TRAILER || body.len % 4 != 0) {
        return 0;
    }
    uint8_t next = body.ptr[body.len - 1];
    size_t pad   = body.ptr[body.len - TRAILER];
    if (pad > body.len - TRAILER) {
        return 0;
    }
    *content  = ht_bytes_head(body, body.len - TRAILER - pad);
    bool good = false;
    if (is_padding(ht_bytes_head(ht_bytes_from(body, content->len), pad))) {
        good = next == IPPROTO_IPIP || next == IPPROTO_IPV6 ? is_packet(next, *content)
               : next == IPPROTO_TCP || next == IPPROTO_UDP ? is_transport(d, next, *content)
                                                            : false;
    }
    return good ? next : 0;
}

/* Tries what is agreed on: the lengths of the integrity check value, and of the vector that
 * AES-GMAC has (RFC 4543). */
static uint8_t find_content(const struct ht_decoder *d, struct ht_bytes sealed,
                            struct ht_bytes *content)
{
    static const struct {
        uint8_t vector, check;
    } ways[]     = {{0, 12}, {0, 16}, {GMAC_IV, 16}, {0, 24}, {0, 32}};
    uint8_t next = 0;
    for (size_t i = 0; i < HT_ARRAY_LEN(ways) && next == 0; i++) {
        struct ht_bytes body = ht_bytes_from(sealed, ways[i].vector);
        body = ht_bytes_head(body, body.len > ways[i].check ? body.len - ways[i].check : 0);
        next = open_body(d, body, content);
    }
    return next;
}

/* Where a datagram inside was put together from fragments there is no trailer any more: it stands
 * right behind the header, or behind GMAC's vector. */
static bool is_rebuilt(const struct ht_decoder *d, struct ht_bytes sealed)
{
    return d->rebuilt.len > 0 &&
           (d->rebuilt.ptr == sealed.ptr || d->rebuilt.ptr == sealed.ptr + GMAC_IV);
}

enum ht_decode ht_esp_decode(struct ht_decoder *d)
{
    struct ht_reader ahead = d->in;
    uint32_t index         = rd_u32(&ahead);
    rd_skip(&ahead, ESP_HEADER - 4); /* sequence number */
    struct ht_bytes sealed = rd_rest(&ahead), content = {0};
    if (ahead.bad) {
        return HT_DECODE_NOT_TCP_UDP;
    }
    bool rebuilt = is_rebuilt(d, sealed);
    uint8_t next = rebuilt || d->cut > 0 ? 0 : find_content(d, sealed, &content);
    if ((!rebuilt && next == 0) || !decoder_descend(d)) {
        return HT_DECODE_NOT_TCP_UDP;
    }
    decoder_add_layer(d, HT_LAYER_ESP, true, index);
    if (rebuilt) {
        d->in = ht_reader(d->rebuilt);
        return ht_transport_decode(d, IPPROTO_IPIP);
    }
    d->in = ht_reader(content);
    return ht_transport_decode(d, next);
}
