#include "flow/timeline.h"

#include "base/fetch.h"
#include "base/pack.h"

enum {
    CHUNK_BYTES = 87, /* with what stands around them 96: how a connection opens, in most flows */
    HEAD_LEN    = sizeof(uint64_t),
    FAR_LEN     = 4 * HEAD_LEN,
    FORM_BITS   = 2,
    KIND_BITS   = 15,
    FRAME_SHIFT = FORM_BITS + KIND_BITS,
    FRAME_BITS  = 16,
    TIME_SHIFT  = FRAME_SHIFT + FRAME_BITS,
    TIME_BITS   = 64 - TIME_SHIFT,
    NEAR_BITS   = 16,
    STEP_SHIFT  = 3,
    FETCHED     = 256 /* bytes from the first chunk on: the hellos are behind it */
};

/* What an entry has behind its head. */
enum form { ALONE, NEAR, ELSEWHERE, FAR };

/* An entry begins with a word: its form, its kind and side, and how many frames and nanoseconds it
 * is after the one before it. Then, in as many pieces of NEAR_BITS as `form` says, where what was
 * kept lies: counted from the first chunk by steps of the arena's alignment, for most of it is in
 * the same one. Of an entry that is FAR from the one before it three words say all of that.
 *
 * Words are written and read whole: what is too much of the last one falls on `next`, which as
 * `len` is written when the chunk is no longer the last one. */
struct ht_timeline_chunk {
    uint8_t len;
    uint8_t bytes[CHUNK_BYTES];
    struct ht_timeline_chunk *next;
};

_Static_assert(sizeof(struct ht_timeline_chunk *) >= HT_PACK_SLACK, "room for what is too much");
_Static_assert(HT_ARENA_ALIGNMENT == 1 << STEP_SHIFT, "what is kept is so aligned");
_Static_assert(HT_ENTRY_KINDS_MAX * 2 + 1 < 1 << KIND_BITS, "kind and side");

/* Where an entry is, seen from the one before it, and what was kept, from the first chunk. */
struct distance {
    int64_t time_ns, frames, steps;
};

static bool add_chunk(struct ht_timeline *timeline, struct ht_arena *arena)
{
    struct ht_timeline_chunk *chunk = ht_arena_take(arena, sizeof *chunk);
    if (chunk == NULL) {
        return false;
    }
    if (timeline->last == NULL) {
        timeline->first = chunk;
    } else {
        timeline->last->next = chunk;
        timeline->last->len  = (uint8_t)(CHUNK_BYTES - timeline->left);
    }
    timeline->last = chunk;
    timeline->left = CHUNK_BYTES;
    return true;
}

/* How many steps of the arena's alignment behind the first chunk it is. */
static inline int64_t steps_to(const struct ht_timeline *timeline, const struct ht_kept *kept)
{
    uintptr_t bytes = kept != NULL ? (uintptr_t)kept - (uintptr_t)timeline->first : 0;
    return (int64_t)bytes >> STEP_SHIFT;
}

/* As a number with a sign. */
static inline bool fits(int64_t number, unsigned bits)
{
    return (uint64_t)number + (UINT64_C(1) << (bits - 1)) < UINT64_C(1) << bits;
}

static inline enum form form_of(struct distance d)
{
    if (!fits(d.time_ns, TIME_BITS) || !fits(d.frames, FRAME_BITS)) {
        return FAR;
    }
    return d.steps == 0                   ? ALONE
           : fits(d.steps, NEAR_BITS)     ? NEAR
           : fits(d.steps, 2 * NEAR_BITS) ? ELSEWHERE
                                          : FAR;
}

static inline unsigned entry_len(enum form form)
{
    return form == FAR ? FAR_LEN : HEAD_LEN + NEAR_BITS / 8 * form;
}

/* Appends to the last chunk, which has room. */
static inline void append(struct ht_timeline *timeline, unsigned kind_side, enum form form,
                          struct distance d)
{
    uint64_t frames = (uint64_t)d.frames & ((UINT64_C(1) << FRAME_BITS) - 1);
    uint64_t head   = (uint64_t)form | (uint64_t)kind_side << FORM_BITS | frames << FRAME_SHIFT |
                    (uint64_t)d.time_ns << TIME_SHIFT;
    uint8_t *at = ht_put_word(timeline->last->bytes + CHUNK_BYTES - timeline->left, head, HEAD_LEN);
    if (form == FAR) {
        at = ht_put_word(at, (uint64_t)d.time_ns, HEAD_LEN);
        at = ht_put_word(at, (uint64_t)d.frames, HEAD_LEN);
    }
    (void)ht_put_word(at, (uint64_t)d.steps, HEAD_LEN);
    timeline->left    = (uint8_t)(timeline->left - entry_len(form));
    timeline->time_ns = (int64_t)((uint64_t)timeline->time_ns + (uint64_t)d.time_ns);
    timeline->frame += (uint64_t)d.frames;
    timeline->len++;
}

/* Not inlined, for most entries are near the one before them, and their chunk has room. */
__attribute__((noinline)) static bool append_unusual(struct ht_timeline *timeline,
                                                     struct ht_arena *arena, unsigned kind_side,
                                                     const struct ht_kept *kept, int64_t time_ns,
                                                     int64_t frames)
{
    if (timeline->last == NULL && !add_chunk(timeline, arena)) {
        return false;
    }
    const struct distance d = {time_ns, frames, steps_to(timeline, kept)};
    enum form form          = form_of(d);
    if (entry_len(form) > timeline->left && !add_chunk(timeline, arena)) {
        return false;
    }
    append(timeline, kind_side, form, d);
    return true;
}

/* What it is given gives way to what is made of it, so that hardly a register need be saved. */
bool ht_timeline_append(struct ht_timeline *timeline, struct ht_arena *arena, unsigned kind_side,
                        const struct ht_kept *kept, int64_t time_ns, uint64_t frame)
{
    time_ns                 = (int64_t)((uint64_t)time_ns - (uint64_t)timeline->time_ns);
    const int64_t frames    = (int64_t)(frame - timeline->frame);
    const struct distance d = {time_ns, frames, steps_to(timeline, kept)};
    enum form form          = form_of(d);
    if (form == FAR || entry_len(form) > timeline->left) {
        return append_unusual(timeline, arena, kind_side, kept, time_ns, frames);
    }
    append(timeline, kind_side, form, d);
    return true;
}

void ht_timeline_fetch(const struct ht_timeline *timeline)
{
    if (timeline->first != NULL) {
        ht_fetch_all(timeline->first, FETCHED);
    }
}

/* The signed number of `bits` whose lowest one is at `shift`. */
static inline int64_t signed_at(uint64_t word, unsigned shift, unsigned bits)
{
    return (int64_t)(word << (64 - shift - bits)) >> (64 - bits);
}

static inline struct ht_kept *kept_at(const struct ht_timeline_chunk *home, int64_t steps)
{
    uintptr_t at = (uintptr_t)home + ((uintptr_t)steps << STEP_SHIFT);
    return (struct ht_kept *)at; /* NOLINT(performance-no-int-to-ptr) */
}

static inline int64_t take_word(const uint8_t **at)
{
    uint64_t word = ht_get_word(*at, HEAD_LEN);
    *at += HEAD_LEN;
    return (int64_t)word;
}

/* What is behind the head of an entry; returns where it ends. */
static inline const uint8_t *read_rest(const uint8_t *at, enum form form, struct distance *d)
{
    if (form == FAR) {
        d->time_ns = take_word(&at);
        d->frames  = take_word(&at);
        d->steps   = take_word(&at);
        return at;
    }
    if (form != ALONE) {
        d->steps = signed_at(ht_get_word(at, HEAD_LEN), 0, NEAR_BITS * form);
    }
    return at + entry_len(form) - HEAD_LEN;
}

/* Reads the entry after `previous`. */
static inline const uint8_t *read_entry(const uint8_t *at, const struct ht_timeline_chunk *home,
                                        const struct ht_entry_kinds *kinds,
                                        const struct ht_happening *previous,
                                        struct ht_happening *out)
{
    uint64_t head      = ht_get_word(at, HEAD_LEN);
    enum form form     = head & ((1U << FORM_BITS) - 1);
    unsigned kind      = head >> FORM_BITS & ((1U << KIND_BITS) - 1);
    struct distance d  = {.time_ns = signed_at(head, TIME_SHIFT, TIME_BITS),
                          .frames  = signed_at(head, FRAME_SHIFT, FRAME_BITS)};
    const uint8_t *end = read_rest(at + HEAD_LEN, form, &d);
    out->kind          = ht_entry_kind_numbered(kinds, kind / 2);
    out->side          = kind % 2;
    out->time_ns       = (int64_t)((uint64_t)previous->time_ns + (uint64_t)d.time_ns);
    out->frame         = previous->frame + (uint64_t)d.frames;
    out->kept          = d.steps != 0 ? kept_at(home, d.steps) : NULL;
    ht_fetch(out->kept);
    return end;
}

void ht_timeline_read(const struct ht_timeline *timeline, int64_t begin_ns, uint64_t begin_frame,
                      const struct ht_entry_kinds *kinds, struct ht_happening *out)
{
    const struct ht_happening begin     = {.time_ns = begin_ns, .frame = begin_frame};
    const struct ht_happening *previous = &begin;
    const struct ht_timeline_chunk *c   = timeline->first;
    while (c != NULL) {
        bool is_last = c == timeline->last;
        size_t len   = is_last ? CHUNK_BYTES - (size_t)timeline->left : c->len;
        for (const uint8_t *at = c->bytes, *end = at + len; at < end;) {
            at       = read_entry(at, timeline->first, kinds, previous, out);
            previous = out++;
        }
        c = is_last ? NULL : c->next;
    }
}
