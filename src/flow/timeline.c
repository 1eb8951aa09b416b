#include "flow/timeline.h"

#include "base/pack.h"

enum {
    CHUNK_BYTES = 95, /* with what stands around them 104: how a connection opens, in most flows */
    NUMBERS     = 4,  /* of an entry */
    STEP        = _Alignof(struct ht_event_type) /* divides what lies in arenas, too */
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

/* An entry before it is written. */
struct encoded {
    uint64_t numbers[NUMBERS];
    unsigned lens; /* of the numbers, four bits each */
    unsigned len;  /* of the entry */
    uint8_t first, flags;
    bool follow; /* the flags stand in a byte of their own */
};

/* The sign is the lowest bit, so that small numbers are short. */
static inline void add_number(struct encoded *e, unsigned index, int64_t number)
{
    uint64_t zigzag   = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
    unsigned len      = ht_word_len(zigzag);
    e->numbers[index] = zigzag;
    e->lens |= len << 4 * index;
    e->len += len;
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
    }
    return chunk != NULL;
}

/* What was kept lies in the arena where the first chunk is. */
static inline struct encoded encode(const struct ht_timeline *timeline,
                                    const struct ht_happening *h)
{
    int64_t pointed  = h->absent != NULL ? distance(&program, h->absent)
                       : h->kept != NULL ? distance(timeline->first, h->kept) / STEP
                                         : 0;
    bool points      = h->absent != NULL || h->kept != NULL;
    bool follow      = h->absent == NULL && h->flags >= FLAGS_FOLLOW;
    unsigned flags   = h->absent != NULL ? ABSENT : follow ? FLAGS_FOLLOW : h->flags;
    struct encoded e = {.first  = (uint8_t)(h->side | (points ? POINTS : 0) | flags << FLAGS_SHIFT),
                        .follow = follow,
                        .flags  = h->flags,
                        .len    = 1U + follow + 2U};
    add_number(&e, 0, distance(&program, h->type) / STEP);
    add_number(&e, 1, (int64_t)((uint64_t)h->time_ns - (uint64_t)timeline->time_ns));
    add_number(&e, 2, (int64_t)(h->frame - timeline->frame));
    add_number(&e, 3, pointed);
    return e;
}

/* Writes an entry for which there is room. */
static inline void put_entry(struct ht_timeline_chunk *chunk, const struct encoded *e)
{
    uint8_t *at = chunk->bytes + chunk->len;
    *at++       = e->first;
    if (e->follow) {
        *at++ = e->flags;
    }
    *at++ = (uint8_t)e->lens;
    *at++ = (uint8_t)(e->lens >> 8);
    for (unsigned i = 0; i < NUMBERS; i++) {
        at = ht_put_word(at, e->numbers[i], e->lens >> 4 * i & 15);
    }
    chunk->next = NULL;
    chunk->len  = (uint8_t)(chunk->len + e->len);
}

bool ht_timeline_add(struct ht_timeline *timeline, struct ht_arena *arena,
                     const struct ht_happening *h)
{
    if (timeline->first == NULL && !add_chunk(timeline, arena)) {
        return false;
    }
    struct encoded entry = encode(timeline, h);
    if (timeline->last->len + entry.len > CHUNK_BYTES && !add_chunk(timeline, arena)) {
        return false;
    }
    put_entry(timeline->last, &entry);
    timeline->time_ns = h->time_ns;
    timeline->frame   = h->frame;
    timeline->len++;
    return true;
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
    out->absent   = points && absent ? at_distance(&program, pointed) : NULL;
    out->time_ns  = (int64_t)((uint64_t)previous->time_ns + (uint64_t)time);
    out->frame    = previous->frame + (uint64_t)frame;
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
