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

/* ht_flow_key_side is which side, 0 or 1, sent the packet; ht_flow_key_of fills `out` and returns
 * that. */
unsigned ht_flow_key_side(const struct ht_packet *packet);
unsigned ht_flow_key_of(struct ht_flow_key *out, const struct ht_packet *packet);

bool ht_flow_key_equal(const struct ht_flow_key *a, const struct ht_flow_key *b);

/* ht_flow_key_is_of: is this the key of `packet`, and `side` the one that sent it? */
bool ht_flow_key_is_of(const struct ht_flow_key *key, const struct ht_packet *packet,
                       unsigned side);

/* ht_flow_key_hash mixes the key with a seed; with a seed that is secret nobody can choose keys
 * that collide. */
uint64_t ht_flow_key_hash(const struct ht_flow_key *key, uint64_t seed);

enum { HT_COMMUNITY_ID_MAX = 32 };

/* ht_community_id writes the Community ID, version 1, seed 0, of the flow, with a NUL, and
 * returns `out`. */
const char *ht_community_id(struct ht_digester *digester, char out[HT_COMMUNITY_ID_MAX],
                            const struct ht_flow_key *key);

#endif
