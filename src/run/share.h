/*
 * What flows are shared out by among several workers: a symmetric hash of addresses and ports, of a
 * packet or of a plain frame of which no more is read than that.
 */
#ifndef HT_RUN_SHARE_H
#define HT_RUN_SHARE_H

#include "base/hash.h"
#include "packet/plain.h"

/* An end of a flow over IPv6. Each by itself, for who knows no seed must not choose what collides.
 */
static inline uint64_t ht_share_end6(const uint8_t *address, uint16_t port, uint64_t seed)
{
    uint64_t words[2];
    memcpy(words, address, sizeof words);
    return ht_mix(words[0] ^ seed, words[1] ^ port ^ (seed << 32 | seed >> 32));
}

/* An end of a flow over IPv4 is a word; the seed makes it one that strangers do not know. */
static inline uint64_t ht_share_end4(const uint8_t *address, uint16_t port, uint64_t seed)
{
    uint32_t word;
    memcpy(&word, address, sizeof word);
    return ((uint64_t)port << 32 | word) ^ seed;
}

static inline uint64_t ht_share_ends(const uint8_t *source, uint16_t source_port,
                                     const uint8_t *destination, uint16_t destination_port,
                                     bool is_ipv6, uint64_t seed)
{
    return is_ipv6 ? ht_share_end6(source, source_port, seed) +
                         ht_share_end6(destination, destination_port, seed)
                   : ht_mix_either(ht_share_end4(source, source_port, seed),
                                   ht_share_end4(destination, destination_port, seed));
}

/* ht_share_packet is a hash of the packet's flow, the same for both directions. */
static inline uint64_t ht_share_packet(const struct ht_packet *packet, uint64_t seed)
{
    const struct ht_endpoint *from = &packet->source, *to = &packet->destination;
    return ht_share_ends(from->address.bytes, from->port, to->address.bytes, to->port,
                         from->address.version == 6, seed);
}

/* ht_share_plain is the same of a frame. False: it is not plain, and has to be decoded. */
__attribute__((always_inline)) static inline bool ht_share_plain(const struct ht_frame *frame,
                                                                 uint64_t seed, uint64_t *out)
{
    uint16_t type;
    const uint8_t *at = ht_plain_ports(frame, &type);
    if (at == NULL) {
        return false;
    }
    bool is_ipv6        = type == HT_PLAIN_TYPE_IPV6;
    size_t len          = is_ipv6 ? 16 : 4;
    struct ht_bytes end = ht_bytes(at, 4);
    *out = ht_share_ends(at - 2 * len, ht_be16_at(end, 0), at - len, ht_be16_at(end, 2), is_ipv6,
                         seed);
    return true;
}

#endif
