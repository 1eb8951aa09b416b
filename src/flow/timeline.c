#include "flow/timeline.h"

#include "base/fetch.h"
#include "base/pack.h"

enum {
    CHUNK_BYTES = 79, /* with what stands around them 88: how a connection opens, in most flows */
    HEAD_LEN    = 4,
    LEN_BITS    = 4,
    KIND_SHIFT  = 16,
    STEP        = HT_ARENA_ALIGNMENT,
    FETCHED     = 256 /* bytes from the first chunk on: the hellos are behind it */
};

/* An entry begins with a word of HEAD_LEN bytes: how long its three numbers are, LEN_BITS each, and
 * from KIND_SHIFT on its kind and side. Then these: time and frame as differences from the entry
 * before it, and where what was kept lies, counted from the first chunk by STEP, for most of it is
 * in the same arena.
 *
 * Words are written and read whole: what is too much of the last one falls on `next`, which is NULL
 * as long as there are entries to be added. */
struct ht_timeline_chunk {
    uint8_t len;
    uint8_t bytes[CHUNK_BYTES];
    struct ht_timeline_chunk *next;
};

_Static_assert(sizeof(struct ht_timeline_chunk *) >= HT_PACK_SLACK, "room for what is too much");

/* A number as it is written: the sign is the lowest bit, so that small ones are short. */
struct number {
    uint64_t word;
    unsigned len;
};

static inline struct number number_of(int64_t number)
{
    uint64_t word = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
    return (struct number){word, ht_word_len(word)};
}

/* Not inlined, for one in seven entries needs one. */
__attribute__((noinline)) static bool add_chunk(struct ht_timeline *timeline,
                                                struct ht_arena *arena)
{
    struct ht_timeline_chunk *chunk = ht_arena_alloc(arena, sizeof *chunk);
    if (chunk != NULL) {
        *(timeline->last != NULL ? &timeline->last->next : &timeline->first) = chunk;
        timeline->last                                                       = chunk;
        timeline->used                                                       = 0;
    }
    return chunk != NULL;
}

/* Where what was kept lies, as seen from `home`. */
static inline struct number place_of(const struct ht_timeline_chunk *home,
                                     const struct ht_kept *kept)
{
    return number_of(kept != NULL ? (int64_t)((uintptr_t)kept - (uintptr_t)home) / STEP : 0);
}

static inline struct ht_kept *kept_at(const struct ht_timeline_chunk *home, int64_t place)
{
    uintptr_t at = (uintptr_t)home + (uintptr_t)(place * STEP);
    return place != 0 ? (struct ht_kept *)at : NULL; /* NOLINT(performance-no-int-to-ptr) */
}

static inline uint8_t *put(uint8_t *at, struct number number)
{
    return ht_put_word(at, number.word, number.len);
}

bool ht_timeline_add(struct ht_timeline *timeline, struct ht_arena *arena,
                     const struct ht_happening *h)
{
    if (timeline->first == NULL && !add_chunk(timeline, arena)) {
        return false;
    }
    struct number time  = number_of((int64_t)((uint64_t)h->time_ns - (uint64_t)timeline->time_ns));
    struct number frame = number_of((int64_t)(h->frame - timeline->frame));
    struct number place = place_of(timeline->first, h->kept);
    unsigned len        = HEAD_LEN + time.len + frame.len + place.len;
    if (timeline->used + len > CHUNK_BYTES && !add_chunk(timeline, arena)) {
        return false;
    }
    struct ht_timeline_chunk *chunk = timeline->last;
    uint32_t lens                   = time.len | frame.len << LEN_BITS | place.len << 2 * LEN_BITS;
    uint32_t kind                   = h->kind->number * 2U + h->side;
    uint8_t *at = ht_put_word(chunk->bytes + timeline->used, lens | kind << KIND_SHIFT, HEAD_LEN);
    (void)put(put(put(at, time), frame), place);
    timeline->used    = (uint8_t)(timeline->used + len);
    chunk->next       = NULL;
    chunk->len        = timeline->used;
    timeline->time_ns = h->time_ns;
    timeline->frame   = h->frame;
    timeline->len++;
    return true;
}

void ht_timeline_fetch(const struct ht_timeline *timeline)
{
    if (timeline->first != NULL) {
        ht_fetch_all(timeline->first, FETCHED);
    }
}

/* Takes the next number, whose length is the lowest bits of `*lens`. */
static inline int64_t take(const uint8_t **at, uint32_t *lens)
{
    unsigned len  = *lens & ((1U << LEN_BITS) - 1);
    uint64_t word = ht_get_word(*at, len);
    *at += len;
    *lens >>= LEN_BITS;
    return (int64_t)(word >> 1) ^ -(int64_t)(word & 1);
}

/* Reads the entry after `previous`. */
static inline const uint8_t *read_entry(const uint8_t *at, const struct ht_timeline_chunk *home,
                                        const struct ht_entry_kinds *kinds,
                                        const struct ht_happening *previous,
                                        struct ht_happening *out)
{
    uint32_t head = (uint32_t)ht_get_word(at, HEAD_LEN);
    uint32_t kind = head >> KIND_SHIFT;
    at += HEAD_LEN;
    out->kind    = ht_entry_kind_numbered(kinds, kind / 2);
    out->side    = kind % 2;
    out->time_ns = (int64_t)((uint64_t)previous->time_ns + (uint64_t)take(&at, &head));
    out->frame   = previous->frame + (uint64_t)take(&at, &head);
    out->kept    = kept_at(home, take(&at, &head));
    ht_fetch(out->kept);
    return at;
}

void ht_timeline_read(const struct ht_timeline *timeline, const struct ht_entry_kinds *kinds,
                      struct ht_happening *out)
{
    static const struct ht_happening start = {0};
    const struct ht_happening *previous    = &start;
    for (const struct ht_timeline_chunk *c = timeline->first; c != NULL; c = c->next) {
        for (const uint8_t *at = c->bytes, *end = at + c->len; at < end;) {
            at       = read_entry(at, timeline->first, kinds, previous, out);
            previous = out++;
        }
    }
}
