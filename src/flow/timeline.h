/*
 * What happened in a flow, in the order in which it was told: a log of a few bytes an entry, for
 * there may be a million flows.
 */
#ifndef HT_FLOW_TIMELINE_H
#define HT_FLOW_TIMELINE_H

#include "event/entry_kind.h"
#include "event/kept.h"

/* A thing that happened, or that was expected and did not. */
struct ht_happening {
    const struct ht_entry_kind *kind;
    struct ht_kept *kept; /* the event's data, in an arena; NULL: none */
    int64_t time_ns;      /* of an absent one: of what it would have followed */
    uint64_t frame;
    uint8_t side;
};

struct ht_timeline_chunk;

/* Zeroed but for when it begins, `time_ns` and `frame`, it is empty. Its chunks lie in the arena
 * that it is given, always the same. */
struct ht_timeline {
    struct ht_timeline_chunk *first, *last;
    int64_t time_ns; /* of the last entry, from which the next one is counted */
    uint64_t frame;
    uint8_t left; /* bytes of the last chunk, which so need not be at hand to be written to */
    uint32_t len;
};

/* ht_timeline_append is ht_timeline_add of a happening whose kind and side are one number. */
bool ht_timeline_append(struct ht_timeline *timeline, struct ht_arena *arena, unsigned kind_side,
                        const struct ht_kept *kept, int64_t time_ns, uint64_t frame);

/* ht_timeline_add appends; what it points at must live as long as the arena. False: no memory. */
static inline bool ht_timeline_add(struct ht_timeline *timeline, struct ht_arena *arena,
                                   const struct ht_happening *h)
{
    return ht_timeline_append(timeline, arena, h->kind->number * 2U + h->side, h->kept, h->time_ns,
                              h->frame);
}

/* ht_timeline_fetch has the first entries, and what was kept with them, fetched into the cache. */
void ht_timeline_fetch(const struct ht_timeline *timeline);

/* ht_timeline_read writes the `len` entries, whose kinds are of `kinds`, to `out`; `begin_ns` and
 * `begin_frame` say when it began. */
void ht_timeline_read(const struct ht_timeline *timeline, int64_t begin_ns, uint64_t begin_frame,
                      const struct ht_entry_kinds *kinds, struct ht_happening *out);

#endif
