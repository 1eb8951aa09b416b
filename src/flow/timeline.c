#include "flow/timeline.h"

enum {
    CHUNK_BYTES = 135, /* with what stands before them 144: an opening and both hellos */
    LARGEST     = 2 + 2 * sizeof(void *) + 20 /* of an entry: two pointers, two numbers */
};

/* The first byte of an entry: side, whether something is pointed at, and the event's flags, as far
 * as six bits go; else that they follow in a byte of their own, or that what is pointed at is the
 * reason of an absence. */
enum { SIDE = 1, POINTS = 2, FLAGS_SHIFT = 2, FLAGS_FOLLOW = 0x3E, ABSENT = 0x3F };

struct ht_timeline_chunk {
    struct ht_timeline_chunk *next;
    uint8_t len;
    uint8_t bytes[CHUNK_BYTES];
};

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

/* Seven bits a byte, the lowest first; the sign is the lowest bit, so that small numbers are short.
 */
static uint8_t *put_number(uint8_t *at, int64_t number)
{
    uint64_t rest = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
    for (; rest >= 0x80; rest >>= 7) {
        *at++ = (uint8_t)(rest | 0x80);
    }
    *at++ = (uint8_t)rest;
    return at;
}

static const uint8_t *get_number(const uint8_t *at, int64_t *out)
{
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        number |= (uint64_t)(*at & 0x7F) << shift;
        if ((*at++ & 0x80) == 0) {
            break;
        }
    }
    *out = (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
    return at;
}

/* The chunk with room for `len` bytes. */
static struct ht_timeline_chunk *room(struct ht_timeline *timeline, struct ht_arena *arena,
                                      size_t len)
{
    struct ht_timeline_chunk *last = timeline->last;
    if (last != NULL && last->len + len <= CHUNK_BYTES) {
        return last;
    }
    struct ht_timeline_chunk *chunk = ht_arena_alloc(arena, sizeof *chunk);
    if (chunk != NULL) {
        *(last != NULL ? &last->next : &timeline->first) = chunk;
        timeline->last                                   = chunk;
    }
    return chunk;
}

static size_t encode(uint8_t out[LARGEST], const struct ht_timeline *timeline,
                     const struct ht_happening *h)
{
    const void *pointed = h->absent != NULL ? (const void *)h->absent : h->kept;
    uint8_t *at         = out;
    bool follow         = h->absent == NULL && h->flags >= FLAGS_FOLLOW;
    unsigned flags      = h->absent != NULL ? ABSENT : follow ? FLAGS_FOLLOW : h->flags;
    *at++ = (uint8_t)(h->side | (pointed != NULL ? POINTS : 0) | flags << FLAGS_SHIFT);
    if (follow) {
        *at++ = h->flags;
    }
    at = put(at, &h->type, sizeof h->type);
    at = put_number(at, (int64_t)((uint64_t)h->time_ns - (uint64_t)timeline->time_ns));
    at = put_number(at, (int64_t)(h->frame - timeline->frame));
    if (pointed != NULL) {
        at = put(at, &pointed, sizeof pointed);
    }
    return (size_t)(at - out);
}

bool ht_timeline_add(struct ht_timeline *timeline, struct ht_arena *arena,
                     const struct ht_happening *h)
{
    uint8_t entry[LARGEST];
    size_t len                      = encode(entry, timeline, h);
    struct ht_timeline_chunk *chunk = room(timeline, arena, len);
    if (chunk == NULL) {
        return false;
    }
    memcpy(chunk->bytes + chunk->len, entry, len);
    chunk->len        = (uint8_t)(chunk->len + len);
    timeline->time_ns = h->time_ns;
    timeline->frame   = h->frame;
    timeline->len++;
    return true;
}

/* Reads the entry after `previous`. */
static const uint8_t *read_entry(const uint8_t *at, const struct ht_happening *previous,
                                 struct ht_happening *out)
{
    int64_t time = 0, frame = 0;
    void *pointed = NULL;
    uint8_t first = *at++;
    bool absent   = first >> FLAGS_SHIFT == ABSENT;
    uint8_t flags = first >> FLAGS_SHIFT == FLAGS_FOLLOW ? *at++ : first >> FLAGS_SHIFT;
    memcpy(&out->type, at, sizeof out->type);
    at = get_number(at + sizeof out->type, &time);
    at = get_number(at, &frame);
    if ((first & POINTS) != 0) {
        memcpy(&pointed, at, sizeof pointed);
        at += sizeof pointed;
    }
    out->side    = first & SIDE;
    out->flags   = absent ? 0 : flags;
    out->kept    = absent ? NULL : pointed;
    out->absent  = absent ? pointed : NULL;
    out->time_ns = (int64_t)((uint64_t)previous->time_ns + (uint64_t)time);
    out->frame   = previous->frame + (uint64_t)frame;
    return at;
}

void ht_timeline_read(const struct ht_timeline *timeline, struct ht_happening *out)
{
    struct ht_happening previous = {0};
    for (const struct ht_timeline_chunk *c = timeline->first; c != NULL; c = c->next) {
        for (const uint8_t *at = c->bytes; at < c->bytes + c->len;) {
            at       = read_entry(at, &previous, out);
            previous = *out++;
        }
    }
}
