#include "flow/timeline.h"

#include "base/fetch.h"
#include "base/pack.h"

enum {
    CHUNK_BYTES = 95, /* with what stands around them 104: how a connection opens, in most flows */
    STEP        = _Alignof(struct ht_event_type), /* divides what lies in arenas, too */
    FETCHED     = 256 /* bytes from the first chunk on: the hellos are behind it */
};

/* The first byte of an entry: side, whether something is pointed at, and the event's flags, as far
 * as six bits go; else that they follow in a byte of their own, or that what is pointed at is the
 * reason of an absence. Then two bytes with how long its numbers are, four bits each, and these.
 * Pointers are numbers too: counted from where such lie, and all but reasons by STEP. */
enum { SIDE = 1, POINTS = 2, FLAGS_SHIFT = 2, FLAGS_FOLLOW = 0x3E, ABSENT = 0x3F };

/* Words are written and read whole: what is too much of the last one falls on `next`, which is NULL
 * as long as there are entries to be added. */
struct ht_timeline_chunk {
    uint8_t len;
    uint8_t bytes[CHUNK_BYTES];
    struct ht_timeline_chunk *next;
};

_Static_assert(sizeof(struct ht_timeline_chunk *) >= HT_PACK_SLACK, "room for what is too much");

/* Near to event types and to the reasons of absences, which are the program's own. */
static const struct ht_event_type program = {.name = ""};

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

static const uint8_t *get_number(const uint8_t *at, unsigned index, unsigned lens, int64_t *out)
{
    unsigned len  = lens >> 4 * index & 15;
    uint64_t word = ht_get_word(at, len);
    *out          = (int64_t)(word >> 1) ^ -(int64_t)(word & 1);
    return at + len;
}

static int64_t distance(const void *from, const void *to)
{
    return (int64_t)((uintptr_t)to - (uintptr_t)from);
}

static void *at_distance(const void *from, int64_t distance)
{
    return (void *)((uintptr_t)from + (uintptr_t)distance); /* NOLINT(performance-no-int-to-ptr) */
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

/* What an entry points at. What was kept lies in the arena where the first chunk is. */
static inline struct number pointed_at(const struct ht_timeline *timeline,
                                       const struct ht_happening *h)
{
    return number_of(h->absent != NULL ? distance(&program, h->absent)
                     : h->kept != NULL ? distance(timeline->first, h->kept) / STEP
                                       : 0);
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
    struct number type  = number_of(distance(&program, h->type) / STEP);
    struct number time  = number_of((int64_t)((uint64_t)h->time_ns - (uint64_t)timeline->time_ns));
    struct number frame = number_of((int64_t)(h->frame - timeline->frame));
    struct number pointed = pointed_at(timeline, h);
    bool follow           = h->absent == NULL && h->flags >= FLAGS_FOLLOW;
    unsigned flags        = h->absent != NULL ? ABSENT : follow ? FLAGS_FOLLOW : h->flags;
    unsigned len          = 3U + follow + type.len + time.len + frame.len + pointed.len;
    if (timeline->used + len > CHUNK_BYTES && !add_chunk(timeline, arena)) {
        return false;
    }
    struct ht_timeline_chunk *chunk = timeline->last;
    bool points                     = h->absent != NULL || h->kept != NULL;
    uint8_t *at                     = chunk->bytes + timeline->used;
    *at++ = (uint8_t)(h->side | (points ? POINTS : 0) | flags << FLAGS_SHIFT);
    if (follow) {
        *at++ = h->flags;
    }
    *at++ = (uint8_t)(type.len | time.len << 4);
    *at++ = (uint8_t)(frame.len | pointed.len << 4);
    (void)put(put(put(put(at, type), time), frame), pointed);
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

/* Reads the entry after `previous`. */
static const uint8_t *read_entry(const uint8_t *at, const struct ht_timeline_chunk *home,
                                 const struct ht_happening *previous, struct ht_happening *out)
{
    int64_t type = 0, time = 0, frame = 0, pointed = 0;
    uint8_t first = *at++;
    bool absent   = first >> FLAGS_SHIFT == ABSENT;
    uint8_t flags = first >> FLAGS_SHIFT == FLAGS_FOLLOW ? *at++ : first >> FLAGS_SHIFT;
    unsigned lens = at[0] | (unsigned)at[1] << 8;
    at            = get_number(at + 2, 0, lens, &type);
    at            = get_number(at, 1, lens, &time);
    at            = get_number(at, 2, lens, &frame);
    at            = get_number(at, 3, lens, &pointed);
    bool points   = (first & POINTS) != 0;
    out->type     = at_distance(&program, type * STEP);
    out->side     = first & SIDE;
    out->flags    = absent ? 0 : flags;
    out->kept     = points && !absent ? at_distance(home, pointed * STEP) : NULL;
    ht_fetch(out->kept);
    out->absent  = points && absent ? at_distance(&program, pointed) : NULL;
    out->time_ns = (int64_t)((uint64_t)previous->time_ns + (uint64_t)time);
    out->frame   = previous->frame + (uint64_t)frame;
    return at;
}

void ht_timeline_read(const struct ht_timeline *timeline, struct ht_happening *out)
{
    static const struct ht_happening start = {0};
    const struct ht_happening *previous    = &start;
    for (const struct ht_timeline_chunk *c = timeline->first; c != NULL; c = c->next) {
        for (const uint8_t *at = c->bytes, *end = at + c->len; at < end;) {
            at       = read_entry(at, timeline->first, previous, out);
            previous = out++;
        }
    }
}
