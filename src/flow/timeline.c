#include "flow/timeline.h"

#include "base/pack.h"

enum {
    CHUNK_BYTES = 95, /* with what stands around them 104: how a connection opens, in most flows */
    NUMBERS     = 4,  /* of an entry */
    LARGEST     = 2 + 2 + NUMBERS * sizeof(uint64_t),
    STEP        = _Alignof(struct ht_event_type) /* divides what lies in arenas, too */
};

/* The first byte of an entry: side, whether something is pointed at, and the event's flags, as far
 * as six bits go; else that they follow in a byte of their own, or that what is pointed at is the
 * reason of an absence. Then two bytes with how long its numbers are, four bits each, and these.
 * Pointers are numbers too: counted from where such lie, and all but reasons by STEP. */
enum { SIDE = 1, POINTS = 2, FLAGS_SHIFT = 2, FLAGS_FOLLOW = 0x3E, ABSENT = 0x3F };

struct ht_timeline_chunk {
    struct ht_timeline_chunk *next;
    uint8_t len;
    uint8_t bytes[CHUNK_BYTES];
};

/* Near to event types and to the reasons of absences, which are the program's own. */
static const struct ht_event_type program = {.name = ""};

/* The sign is the lowest bit, so that small numbers are short. */
static uint8_t *put_number(uint8_t *at, int64_t number, unsigned index, unsigned *lens)
{
    uint64_t zigzag = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
    unsigned len    = ht_word_len(zigzag);
    *lens |= len << 4 * index;
    return ht_put_word(at, zigzag, len);
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

static bool add_chunk(struct ht_timeline *timeline, struct ht_arena *arena)
{
    struct ht_timeline_chunk *chunk = ht_arena_alloc(arena, sizeof *chunk);
    if (chunk != NULL) {
        *(timeline->last != NULL ? &timeline->last->next : &timeline->first) = chunk;
        timeline->last                                                       = chunk;
    }
    return chunk != NULL;
}

/* What was kept lies in the arena where the first chunk is. */
static size_t encode(uint8_t out[LARGEST + HT_PACK_SLACK], const struct ht_timeline *timeline,
                     const struct ht_happening *h)
{
    int64_t pointed = h->absent != NULL ? distance(&program, h->absent)
                      : h->kept != NULL ? distance(timeline->first, h->kept) / STEP
                                        : 0;
    bool points     = h->absent != NULL || h->kept != NULL;
    uint8_t *at     = out;
    bool follow     = h->absent == NULL && h->flags >= FLAGS_FOLLOW;
    unsigned flags  = h->absent != NULL ? ABSENT : follow ? FLAGS_FOLLOW : h->flags;
    unsigned lens   = 0;
    *at++           = (uint8_t)(h->side | (points ? POINTS : 0) | flags << FLAGS_SHIFT);
    if (follow) {
        *at++ = h->flags;
    }
    uint8_t *numbers = at + 2;
    numbers          = put_number(numbers, distance(&program, h->type) / STEP, 0, &lens);
    numbers = put_number(numbers, (int64_t)((uint64_t)h->time_ns - (uint64_t)timeline->time_ns), 1,
                         &lens);
    numbers = put_number(numbers, (int64_t)(h->frame - timeline->frame), 2, &lens);
    numbers = put_number(numbers, pointed, 3, &lens);
    at[0]   = (uint8_t)lens;
    at[1]   = (uint8_t)(lens >> 8);
    return (size_t)(numbers - out);
}

bool ht_timeline_add(struct ht_timeline *timeline, struct ht_arena *arena,
                     const struct ht_happening *h)
{
    uint8_t entry[LARGEST + HT_PACK_SLACK];
    if (timeline->first == NULL && !add_chunk(timeline, arena)) {
        return false;
    }
    size_t len = encode(entry, timeline, h);
    if (timeline->last->len + len > CHUNK_BYTES && !add_chunk(timeline, arena)) {
        return false;
    }
    struct ht_timeline_chunk *chunk = timeline->last;
    memcpy(chunk->bytes + chunk->len, entry, len);
    chunk->len        = (uint8_t)(chunk->len + len);
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
    struct ht_happening previous               = {0};
    uint8_t bytes[CHUNK_BYTES + HT_PACK_SLACK] = {0};
    for (const struct ht_timeline_chunk *c = timeline->first; c != NULL; c = c->next) {
        memcpy(bytes, c->bytes, c->len);
        for (const uint8_t *at = bytes; at < bytes + c->len;) {
            at       = read_entry(at, timeline->first, &previous, out);
            previous = *out++;
        }
    }
}
