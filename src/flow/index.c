#include "flow/index.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 256 };

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}

bool ht_flow_index_init(struct ht_flow_index *index)
{
    *index = (struct ht_flow_index){.tags      = calloc(FIRST_SLOTS, sizeof *index->tags),
                                    .flows     = calloc(FIRST_SLOTS, sizeof(struct ht_flow *)),
                                    .num_slots = FIRST_SLOTS};
    return index->tags != NULL && index->flows != NULL;
}

void ht_flow_index_fini(struct ht_flow_index *index)
{
    free(index->tags);
    free(index->flows);
    *index = (struct ht_flow_index){0};
}

struct ht_flow *ht_flow_index_find(const struct ht_flow_index *index, const struct ht_flow_key *key,
                                   uint64_t hash)
{
    size_t mask  = index->num_slots - 1;
    uint32_t tag = tag_of(hash);
    for (size_t i = tag & mask; index->tags[i] != 0; i = (i + 1) & mask) {
        struct ht_flow *flow = index->flows[i];
        if (index->tags[i] == tag &&
            (flow->packed_len != 0 || ht_flow_key_equal(&flow->key, key))) {
            return flow;
        }
    }
    return NULL;
}

static void put(struct ht_flow_index *index, uint32_t tag, struct ht_flow *flow)
{
    size_t mask = index->num_slots - 1, i = tag & mask;
    while (index->tags[i] != 0) {
        i = (i + 1) & mask;
    }
    index->tags[i]  = tag;
    index->flows[i] = flow;
}

static bool grow(struct ht_flow_index *index)
{
    size_t num                  = index->num_slots * 2;
    struct ht_flow_index larger = {.tags      = calloc(num, sizeof *larger.tags),
                                   .flows     = malloc(num * sizeof(struct ht_flow *)),
                                   .num_slots = num,
                                   .len       = index->len};
    if (larger.tags == NULL || larger.flows == NULL) {
        ht_flow_index_fini(&larger);
        return false;
    }
    for (size_t i = 0; i < index->num_slots; i++) {
        if (index->tags[i] != 0) {
            put(&larger, index->tags[i], index->flows[i]);
        }
    }
    ht_flow_index_fini(index);
    *index = larger;
    return true;
}

/* One slot stays free, at which searches end. */
bool ht_flow_index_make_room(struct ht_flow_index *index)
{
    return index->len < index->num_slots / 4 * 3 || grow(index) ||
           index->len + 1 < index->num_slots;
}

void ht_flow_index_add(struct ht_flow_index *index, struct ht_flow *flow, uint64_t hash)
{
    put(index, tag_of(hash), flow);
    index->len++;
}

struct ht_flow **ht_flow_index_place(const struct ht_flow_index *index, const struct ht_flow *flow,
                                     uint64_t hash)
{
    size_t mask  = index->num_slots - 1;
    uint32_t tag = tag_of(hash);
    size_t i     = tag & mask;
    while (index->tags[i] != tag || index->flows[i] != flow) {
        i = (i + 1) & mask;
    }
    return &index->flows[i];
}

/* Knuth's algorithm R (The Art of Computer Programming 6.4): what comes after a slot that becomes
 * free moves up, where it may stand before its present place. */
void ht_flow_index_remove(struct ht_flow_index *index, const struct ht_flow *flow, uint64_t hash)
{
    size_t mask = index->num_slots - 1;
    size_t hole = (size_t)(ht_flow_index_place(index, flow, hash) - index->flows);
    for (size_t i = (hole + 1) & mask; index->tags[i] != 0; i = (i + 1) & mask) {
        if (((i - index->tags[i]) & mask) >= ((i - hole) & mask)) {
            index->tags[hole]  = index->tags[i];
            index->flows[hole] = index->flows[i];
            hole               = i;
        }
    }
    index->tags[hole] = 0;
    index->len--;
}

void ht_flow_index_clear(struct ht_flow_index *index)
{
    struct ht_flow_index empty;
    if (ht_flow_index_init(&empty)) {
        ht_flow_index_fini(index);
        *index = empty;
    } else { /* no memory even for that */
        ht_flow_index_fini(&empty);
        memset(index->tags, 0, index->num_slots * sizeof *index->tags);
        index->len = 0;
    }
}
