/*
 * SYNs that wait for an answer. Until a connection's second packet comes, all that is kept of it is
 * the frame that held its SYN, so that a flood of SYNs costs little and pushes nothing else out:
 * when there are too many the oldest goes first.
 */
#ifndef HT_FLOW_OPENINGS_H
#define HT_FLOW_OPENINGS_H

#include "base/arena.h"
#include "base/fetch.h"
#include "packet/packet.h"

enum {
    HT_OPENING_MAX_FRAME = 120,   /* bytes: a SYN with all options, over IPv6, behind VLAN tags */
    HT_MAX_OPENINGS      = 196608 /* at a million SYNs a second, a fifth of a second */
};

struct ht_opening {
    uint64_t hash; /* of its flow's key; 0: it was taken out */
    uint64_t number;
    int64_t time_ns;
    uint32_t original_len;
    uint32_t interface;
    uint16_t link_type;
    uint16_t len;
    uint8_t bytes[HT_OPENING_MAX_FRAME];
};

struct ht_opening_slot {
    uint32_t tag;   /* the lower half of the hash */
    uint32_t place; /* in the ring, plus one; 0: free */
};

/* A ring of frames by age, and where in it a flow's frame is. Owns both; zeroed but for `budget` is
 * empty. */
struct ht_openings {
    struct ht_opening *ring;
    struct ht_opening_slot *slots;
    struct ht_budget *budget;
    uint32_t capacity;       /* of the ring, a power of two; there are twice as many slots */
    uint32_t oldest, newest; /* counters that wrap; the ring's places between them are in use */
    uint32_t len;            /* of these, how many were not taken out */
    bool stuck;              /* there was no memory for a larger ring */
};

/* ht_openings_keep keeps the frame of a SYN. False where it cannot: too long, no memory, or full.
 */
bool ht_openings_keep(struct ht_openings *openings, uint64_t hash, const struct ht_frame *frame);

/* ht_openings_full: HT_MAX_OPENINGS wait, or as many as there is memory for; for another one the
 * oldest must be taken out. */
bool ht_openings_full(const struct ht_openings *openings);

/* ht_openings_fetch has fetched into the cache what a search for `hash` begins with. */
static inline void ht_openings_fetch(const struct ht_openings *openings, uint64_t hash)
{
    if (openings->capacity > 0) {
        ht_fetch(&openings->slots[(uint32_t)hash & (2 * openings->capacity - 1)]);
    }
}

/* ht_openings_find is the frame that waits under `hash`, or NULL. Lives until the next call but
 * find. */
struct ht_opening *ht_openings_find(const struct ht_openings *openings, uint64_t hash);

/* ht_openings_oldest is the oldest that waits, or NULL. */
struct ht_opening *ht_openings_oldest(struct ht_openings *openings);

/* ht_openings_remove takes one out. */
void ht_openings_remove(struct ht_openings *openings, struct ht_opening *opening);

/* ht_opening_frame is the frame as it came; a view into the opening. */
struct ht_frame ht_opening_frame(const struct ht_opening *opening);

void ht_openings_free(struct ht_openings *openings);

#endif
