/*
 * The flows that are being followed: found by key, in an order by last packet for the open ones and
 * by end for the closed ones.
 */
#ifndef HT_FLOW_TABLE_H
#define HT_FLOW_TABLE_H

#include "base/hash.h"
#include "flow/flow.h"
#include "flow/index.h"

struct ht_flow_list {
    struct ht_flow *oldest, *newest;
    struct ht_flow *awake; /* the oldest that did not sleep yet since it was last moved; or NULL */
    size_t len;
    uint64_t touch_frames; /* for so many after it became the newest a flow is not moved up again */
};

enum { HT_RECALLED_PAIRS = 2048 };

/* A flow, at the place of its packets. */
struct ht_flow_recall {
    struct ht_flow *flow; /* NULL: none */
    uint32_t check;       /* so that no flow is touched for the packets of another one */
};

/* Owns its flows. Each is in one of five lists. */
struct ht_flow_table {
    struct ht_flow_index index; /* those that can be found */
    size_t len;
    uint64_t lost;                 /* flows that could not be woken: there was no memory */
    struct ht_flow_list half_open; /* TCP whose handshake is not complete, by last packet */
    struct ht_flow_list tcp;       /* open, by last packet */
    struct ht_flow_list udp;       /* by last packet */
    struct ht_flow_list settled;   /* live: UDP's of which nothing is awaited, by last packet */
    struct ht_flow_list closed;    /* what only stragglers can follow, by when it closed */
    uint64_t seed;
    struct ht_flow_sleepers sleepers;
    struct ht_flow_recall recalled[HT_RECALLED_PAIRS][2]; /* some of those that can be found */
};

/* How often a flow is moved up in its list: less often is an order less exact, for a fraction of
 * the memory traffic. */
struct ht_flow_touches {
    uint64_t frames;      /* once in so many */
    uint64_t open_frames; /* the same for open connections */
};

/* ht_flow_table_init makes an empty table; its flows count in `budget`. False: no memory. */
bool ht_flow_table_init(struct ht_flow_table *table, uint64_t seed, struct ht_budget *budget,
                        struct ht_flow_touches touches);

/* ht_flow_table_find returns the flow of `key`, awake, or NULL. */
struct ht_flow *ht_flow_table_find(struct ht_flow_table *table, const struct ht_flow_key *key,
                                   uint64_t hash);

/* ht_flow_table_rest puts the open connections to sleep that became the newest of their list more
 * than `frames` before `place`: of no pointer to one of them anything is left. */
void ht_flow_table_rest(struct ht_flow_table *table, uint64_t place, uint64_t frames);

/* ht_flow_table_wake returns the flow awake, elsewhere if it slept; NULL where there is no memory,
 * and then it is gone, and counted. */
struct ht_flow *ht_flow_table_wake(struct ht_flow_table *table, struct ht_flow *flow);

/* ht_flow_table_remember makes a flow that can be found one to be recalled by its next packets.
 * Others are forgotten for it. */
void ht_flow_table_remember(struct ht_flow_table *table, struct ht_flow *flow);

static inline uint64_t ht_flow_recall_fold(const struct ht_address *address)
{
    uint64_t words[2];
    memcpy(words, address->bytes, sizeof words);
    return words[0] ^ words[1];
}

/* What packets between these two are recalled by, in either direction. Who makes such collide makes
 * us look for flows, no more. */
static inline uint64_t ht_flow_recall_mix(const struct ht_endpoint *a, const struct ht_endpoint *b)
{
    return ht_mix_either(ht_flow_recall_fold(&a->address) ^ (uint64_t)a->port << 40,
                         ht_flow_recall_fold(&b->address) ^ (uint64_t)b->port << 40);
}

static inline size_t ht_flow_recall_place(uint64_t mixed)
{
    return (size_t)(mixed >> 48) % HT_RECALLED_PAIRS;
}

/* What tells most others of the same place apart. */
static inline uint32_t ht_flow_recall_check(uint64_t mixed)
{
    return (uint32_t)(mixed >> 16);
}

/* ht_flow_table_recall returns the flow of `packet`, and the side that sent it, where that is
 * remembered: for less than half of what it costs to find it. NULL: it is to be looked for. */
__attribute__((always_inline)) static inline struct ht_flow *
ht_flow_table_recall(const struct ht_flow_table *table, const struct ht_packet *packet,
                     unsigned *out_side)
{
    uint64_t mixed                    = ht_flow_recall_mix(&packet->source, &packet->destination);
    const struct ht_flow_recall *pair = table->recalled[ht_flow_recall_place(mixed)];
    /* Not a branch, for nobody can tell which it will be. */
    const struct ht_flow_recall *known = &pair[pair[1].check == ht_flow_recall_check(mixed)];
    *out_side                          = ht_flow_key_side(packet);
    return known->flow != NULL && known->check == ht_flow_recall_check(mixed) &&
                   ht_flow_key_is_of(&known->flow->key, packet, *out_side)
               ? known->flow
               : NULL;
}

/* ht_flow_table_add makes a flow, zeroed but for key, hash and arena, as the newest of the
 * half-open ones, or of UDP's; `place` is ht_frame_place of the frame at hand, here and below.
 * NULL: no memory. */
struct ht_flow *ht_flow_table_add(struct ht_flow_table *table, const struct ht_flow_key *key,
                                  uint64_t hash, uint64_t place);

/* ht_flow_table_touch makes a flow the newest of its list, unless it became that in the list's last
 * `touch_frames` frames. */
void ht_flow_table_touch(struct ht_flow *flow, uint64_t place);

/* ht_flow_table_move makes a flow the newest of another list. */
void ht_flow_table_move(struct ht_flow *flow, struct ht_flow_list *list, uint64_t place);

/* ht_flow_table_retire closes a flow and makes it unfindable, so that another can have its key. */
void ht_flow_table_retire(struct ht_flow_table *table, struct ht_flow *flow, uint64_t place);

/* ht_flow_table_hide_all makes all flows unfindable, at once, before they are removed; until they
 * were, none is to be added. */
void ht_flow_table_hide_all(struct ht_flow_table *table);

/* ht_flow_table_take takes a flow that is awake out of its list and makes it unfindable: it can
 * only be removed. */
void ht_flow_table_take(struct ht_flow_table *table, struct ht_flow *flow);

/* ht_flow_fetch has the flow's memory fetched into the cache, for one that is needed soon and was
 * not touched for long (NULL: none is); ht_flow_fetch_content what hangs in it, by pointers that
 * must be there by now; ht_flow_table_fetch that and where it is found, for one that ends. */
void ht_flow_fetch(const struct ht_flow *flow);
void ht_flow_fetch_content(const struct ht_flow *flow);
void ht_flow_table_fetch(const struct ht_flow_table *table, const struct ht_flow *flow);

/* ht_flow_table_remove takes a flow out, if it was not, and frees it and all it owns. */
void ht_flow_table_remove(struct ht_flow_table *table, struct ht_flow *flow);

/* ht_flow_table_fini frees the table; its flows must have been removed. */
void ht_flow_table_fini(struct ht_flow_table *table);

#endif
