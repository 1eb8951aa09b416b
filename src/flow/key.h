/*
 * What makes packets one flow: addresses, ports and protocol, the same in both directions.
 */
#ifndef HT_FLOW_KEY_H
#define HT_FLOW_KEY_H

#include "crypto/digest.h"
#include "packet/packet.h"

/* The lower endpoint (address, then port) is the first: side 0. */
struct ht_flow_key {
    struct ht_endpoint endpoint[2];
    uint8_t protocol;
};

static inline uint64_t ht_flow_key_load(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline bool ht_flow_key_is_lower(const struct ht_endpoint *a, const struct ht_endpoint *b)
{
    uint64_t x = be64toh(ht_flow_key_load(a->address.bytes));
    uint64_t y = be64toh(ht_flow_key_load(b->address.bytes));
    if (x == y) {
        x = be64toh(ht_flow_key_load(a->address.bytes + 8));
        y = be64toh(ht_flow_key_load(b->address.bytes + 8));
    }
    return x != y ? x < y : a->port < b->port;
}

/* ht_flow_key_side is which side, 0 or 1, sent the packet; ht_flow_key_of fills `out` and returns
 * that. */
static inline unsigned ht_flow_key_side(const struct ht_packet *packet)
{
    return ht_flow_key_is_lower(&packet->destination, &packet->source) ? 1 : 0;
}

unsigned ht_flow_key_of(struct ht_flow_key *out, const struct ht_packet *packet);

/* ht_flow_key_copy copies a key to one that is zeroed, and not what lies between its members. */
void ht_flow_key_copy(struct ht_flow_key *to, const struct ht_flow_key *from);

bool ht_flow_key_equal(const struct ht_flow_key *a, const struct ht_flow_key *b);

/* ht_flow_key_is_of: is this the key of `packet`, and `side` the one that sent it? Both addresses
 * of either are of one version. */
static inline bool ht_flow_key_is_of(const struct ht_flow_key *key, const struct ht_packet *packet,
                                     unsigned side)
{
    const struct ht_endpoint *from = &key->endpoint[side], *to = &key->endpoint[1 - side];
    const uint8_t *source      = packet->source.address.bytes;
    const uint8_t *destination = packet->destination.address.bytes;
    uint64_t low = (ht_flow_key_load(source) ^ ht_flow_key_load(from->address.bytes)) |
                   (ht_flow_key_load(destination) ^ ht_flow_key_load(to->address.bytes));
    uint64_t high = (ht_flow_key_load(source + 8) ^ ht_flow_key_load(from->address.bytes + 8)) |
                    (ht_flow_key_load(destination + 8) ^ ht_flow_key_load(to->address.bytes + 8));
    return (low | high) == 0 && from->port == packet->source.port &&
           to->port == packet->destination.port && key->protocol == packet->protocol &&
           from->address.version == packet->source.address.version;
}

/* ht_flow_key_hash mixes the key with a seed; with a seed that is secret nobody can choose keys
 * that collide. */
uint64_t ht_flow_key_hash(const struct ht_flow_key *key, uint64_t seed);

enum { HT_COMMUNITY_ID_MAX = 32 };

/* ht_community_id writes the Community ID, version 1, seed 0, of the flow, with a NUL, and
 * returns `out`. */
const char *ht_community_id(struct ht_digester *digester, char out[HT_COMMUNITY_ID_MAX],
                            const struct ht_flow_key *key);

#endif
