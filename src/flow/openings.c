#include "flow/openings.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 256, LARGEST_CAPACITY = 1 << 18 };

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)hash;
}

static uint32_t num_slots(const struct ht_openings *o)
{
    return o->capacity * 2;
}

static struct ht_opening *at(const struct ht_openings *o, uint32_t counter)
{
    return &o->ring[counter & (o->capacity - 1)];
}

/* The slot of the frame at `place`, or, with 0, the first that is free for `hash`. */
static uint32_t slot_of(const struct ht_openings *o, uint64_t hash, uint32_t place)
{
    uint32_t i = tag_of(hash) & (num_slots(o) - 1);
    while (o->slots[i].place != place) {
        i = (i + 1) & (num_slots(o) - 1);
    }
    return i;
}

static void fill_slot(struct ht_openings *o, const struct ht_opening *opening)
{
    o->slots[slot_of(o, opening->hash, 0)] = (struct ht_opening_slot){
        .tag = tag_of(opening->hash), .place = (uint32_t)(opening - o->ring) + 1};
}

static size_t size_of(const struct ht_openings *o)
{
    return o->capacity * sizeof *o->ring + num_slots(o) * sizeof *o->slots;
}

static uint32_t next_capacity(const struct ht_openings *o)
{
    bool crowded = o->len >= o->capacity / 4 * 3 && o->capacity < LARGEST_CAPACITY;
    return o->capacity == 0 ? FIRST_CAPACITY : crowded ? o->capacity * 2 : o->capacity;
}

/* Moves up to the oldest what stands behind places that were taken out. */
static void compact(struct ht_openings *o)
{
    uint32_t to = o->oldest;
    for (uint32_t i = o->oldest; i != o->newest; i++) {
        if (at(o, i)->hash != 0) {
            *at(o, to++) = *at(o, i);
        }
    }
    o->newest = to;
    memset(o->slots, 0, num_slots(o) * sizeof *o->slots);
    for (uint32_t i = o->oldest; i != o->newest; i++) {
        fill_slot(o, at(o, i));
    }
}

/* A larger ring, in the order of age from its first place on. */
static bool grow(struct ht_openings *o)
{
    struct ht_openings next = {.budget = o->budget, .capacity = next_capacity(o)};
    if (!ht_budget_take(o->budget, size_of(&next))) {
        return false;
    }
    next.ring  = malloc(next.capacity * sizeof *next.ring);
    next.slots = calloc(num_slots(&next), sizeof *next.slots);
    if (next.ring == NULL || next.slots == NULL) {
        ht_openings_free(&next);
        return false;
    }
    for (uint32_t i = o->oldest; i != o->newest; i++) {
        if (at(o, i)->hash != 0) {
            *at(&next, next.len) = *at(o, i);
            fill_slot(&next, at(&next, next.len));
            next.newest = ++next.len;
        }
    }
    struct ht_openings old = *o;
    *o                     = next;
    ht_openings_free(&old);
    return true;
}

/* What a ring that cannot grow holds at most: with places left over, so that it seldom moves. */
static uint32_t most(const struct ht_openings *o)
{
    return o->capacity - o->capacity / 8;
}

static bool make_room(struct ht_openings *o)
{
    if (next_capacity(o) > o->capacity && !o->stuck && grow(o)) {
        return true;
    }
    o->stuck = o->capacity == 0 || o->len > most(o);
    if (!o->stuck) {
        compact(o);
    }
    return !o->stuck;
}

bool ht_openings_full(const struct ht_openings *o)
{
    return o->len >= HT_MAX_OPENINGS || (o->stuck && o->len > 0 && o->len >= most(o));
}

bool ht_openings_keep(struct ht_openings *o, uint64_t hash, const struct ht_frame *frame)
{
    if (frame->data.len > HT_OPENING_MAX_FRAME || hash == 0 || ht_openings_full(o)) {
        return false;
    }
    if (o->newest - o->oldest >= o->capacity && !make_room(o)) {
        return false;
    }
    struct ht_opening *opening = at(o, o->newest++);
    opening->hash              = hash;
    opening->number            = frame->number;
    opening->time_ns           = frame->time_ns;
    opening->original_len      = frame->original_len;
    opening->interface         = frame->interface;
    opening->link_type         = frame->link_type;
    opening->len               = (uint16_t)frame->data.len;
    memcpy(opening->bytes, frame->data.ptr, frame->data.len);
    o->len++;
    fill_slot(o, opening);
    return true;
}

struct ht_opening *ht_openings_find(const struct ht_openings *o, uint64_t hash)
{
    if (o->len == 0) {
        return NULL;
    }
    uint32_t i = tag_of(hash) & (num_slots(o) - 1);
    for (; o->slots[i].place != 0; i = (i + 1) & (num_slots(o) - 1)) {
        struct ht_opening *opening = &o->ring[o->slots[i].place - 1];
        if (o->slots[i].tag == tag_of(hash) && opening->hash == hash) {
            return opening;
        }
    }
    return NULL;
}

struct ht_opening *ht_openings_oldest(struct ht_openings *o)
{
    while (o->oldest != o->newest && at(o, o->oldest)->hash == 0) {
        o->oldest++;
    }
    return o->oldest != o->newest ? at(o, o->oldest) : NULL;
}

/* Knuth's algorithm R (The Art of Computer Programming 6.4): what comes after the free slot moves
 * up, where it may stand before its present place. */
static void clear_slot(struct ht_openings *o, uint32_t hole)
{
    uint32_t mask = num_slots(o) - 1;
    for (uint32_t i = (hole + 1) & mask; o->slots[i].place != 0; i = (i + 1) & mask) {
        uint32_t home = o->slots[i].tag & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            o->slots[hole] = o->slots[i];
            hole           = i;
        }
    }
    o->slots[hole].place = 0;
}

void ht_openings_remove(struct ht_openings *o, struct ht_opening *opening)
{
    clear_slot(o, slot_of(o, opening->hash, (uint32_t)(opening - o->ring) + 1));
    opening->hash = 0;
    o->len--;
    if (opening == at(o, o->oldest)) {
        o->oldest++;
    }
}

struct ht_frame ht_opening_frame(const struct ht_opening *opening)
{
    return (struct ht_frame){.number       = opening->number,
                             .time_ns      = opening->time_ns,
                             .data         = ht_bytes(opening->bytes, opening->len),
                             .original_len = opening->original_len,
                             .interface    = opening->interface,
                             .link_type    = opening->link_type};
}

void ht_openings_free(struct ht_openings *o)
{
    ht_budget_give(o->budget, size_of(o));
    free(o->ring);
    free(o->slots);
    *o = (struct ht_openings){.budget = o->budget};
}
