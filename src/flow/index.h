/*
 * Where flows are, by key: a hash table of open addressing. Tags lie beside each other, apart from
 * the flows, so that a look-up reads a line of the cache or two, and hardly ever a flow that is not
 * the one sought.
 */
#ifndef HT_FLOW_INDEX_H
#define HT_FLOW_INDEX_H

#include "base/fetch.h"
#include "flow/flow.h"

/* Does not own the flows. */
struct ht_flow_index {
    uint32_t *tags;         /* a part of the hash; 0: free */
    struct ht_flow **flows; /* at the places of their tags */
    size_t num_slots;       /* a power of two */
    size_t len;
};

/* ht_flow_index_init makes an empty one; false: no memory. */
bool ht_flow_index_init(struct ht_flow_index *index);

void ht_flow_index_fini(struct ht_flow_index *index);

/* ht_flow_index_find returns the flow of `key`, or one that sleeps, whose key is packed, and that
 * may be it, or NULL; `hash` is the key's, here and below, of ht_flow_key_hash with always the same
 * seed. */
struct ht_flow *ht_flow_index_find(const struct ht_flow_index *index, const struct ht_flow_key *key,
                                   uint64_t hash);

/* ht_flow_index_fetch has fetched into the cache what a search for `hash` begins with. */
static inline void ht_flow_index_fetch(const struct ht_flow_index *index, uint64_t hash)
{
    size_t first = hash & (index->num_slots - 1);
    ht_fetch(&index->tags[first]);
    ht_fetch(&index->flows[first]);
}

/* ht_flow_index_make_room grows it where another flow needs that; false: there is no memory, and no
 * room. */
bool ht_flow_index_make_room(struct ht_flow_index *index);

/* ht_flow_index_add adds a flow of whose key it has none, into room that was made. */
void ht_flow_index_add(struct ht_flow_index *index, struct ht_flow *flow, uint64_t hash);

/* ht_flow_index_place is what points at a flow that it has; until the next call but find. */
struct ht_flow **ht_flow_index_place(const struct ht_flow_index *index, const struct ht_flow *flow,
                                     uint64_t hash);

/* ht_flow_index_remove takes a flow out that it has. */
void ht_flow_index_remove(struct ht_flow_index *index, const struct ht_flow *flow, uint64_t hash);

/* ht_flow_index_clear takes all flows out, and frees the room that it had for many. */
void ht_flow_index_clear(struct ht_flow_index *index);

#endif
