/*
 * What threads of one run hand to each other, round by round: batches of frames to a worker,
 * lessons from worker to worker, harvests of rendered records back.
 */
#ifndef HT_RUN_BATCH_H
#define HT_RUN_BATCH_H

#include "base/arena.h"
#include "base/shared.h"
#include "run/engine.h"
#include "sink/chars.h"

enum {
    HT_HARVEST_BYTES = 56 << 10,                      /* of records, handed on together, */
    HT_HARVEST_ROOM  = HT_HARVEST_BYTES + (76 << 10), /* and what a sink wants before the last */
    HT_ROOM_BYTES    = 512 << 10                      /* for several harvests */
};

/* A decryption secrets block; its bytes are the source's. */
struct ht_batch_secret {
    uint32_t type;
    struct ht_bytes bytes;
};

/* Frames for one worker in one round. Owns all but what is the source's. */
struct ht_batch {
    uint64_t last_number;           /* of the last frame of the round, whosever it was */
    int64_t now_ns;                 /* live, where no frames came: the time it is; 0: not told */
    const struct ht_source *source; /* a new source begins with this round; NULL: none */
    /* No frames are in it, and none come any more: */
    uint64_t flush_until; /* flows end that began before this one; 0: not yet */
    bool flush;           /* all flows end, and the source */
    struct ht_frame *frames;
    size_t num_frames, max_frames;
    struct ht_bytes held;      /* the last of `blocks`; empty: none */
    struct ht_shared **blocks; /* of a file's frames, in the order of reading, each held once */
    size_t num_blocks, max_blocks;
    struct ht_arena copies;          /* the data of other frames */
    struct ht_batch_secret *secrets; /* that came before the frames */
    size_t num_secrets, max_secrets;
};

/* ht_batch_add_held keeps a frame whose data lie in the block that is held last. False: they do
 * not, or it is full; then ht_batch_add. */
static inline bool ht_batch_add_held(struct ht_batch *batch, const struct ht_frame *frame)
{
    size_t at = (uintptr_t)frame->data.ptr - (uintptr_t)batch->held.ptr;
    if (at >= batch->held.len || frame->data.len > batch->held.len - at ||
        batch->num_frames == batch->max_frames) {
        return false;
    }
    batch->frames[batch->num_frames++] = *frame;
    return true;
}

/* ht_batch_add keeps any frame: holds `block` (which may be NULL) where its data lie there or,
 * where they do not or it is larger than HT_INPUT_LARGE, copies them. False: no memory. */
bool ht_batch_add(struct ht_batch *batch, const struct ht_frame *frame, struct ht_shared *block);

/* ht_batch_add_secret adds a view; without memory it is lost. */
void ht_batch_add_secret(struct ht_batch *batch, const struct ht_batch_secret *secret);

/* ht_batch_fetch_after has the headers of frames soon after the i'th fetched into the cache:
 * another thread wrote them. */
void ht_batch_fetch_after(const struct ht_batch *batch, size_t i);

/* ht_batch_clear makes it empty, for the next round; ht_batch_free frees what it holds, and so with
 * the others here. */
void ht_batch_clear(struct ht_batch *batch);
void ht_batch_free(struct ht_batch *batch);

/* What flows of one worker taught in one round, in order. Owns all. */
struct ht_lesson {
    struct ht_order order;
    size_t analyzer; /* by its place in the list */
    size_t offset, len;
};

struct ht_lessons {
    struct ht_lesson *items;
    size_t len, capacity;
    struct ht_chars bytes;
};

/* ht_lessons_add copies a lesson; without memory it is lost. */
void ht_lessons_add(struct ht_lessons *lessons, struct ht_order order, size_t analyzer,
                    struct ht_bytes bytes);

void ht_lessons_clear(struct ht_lessons *lessons);
void ht_lessons_free(struct ht_lessons *lessons);

/* A record rendered, or a flow whose record is still to be rendered. */
struct ht_yield {
    struct ht_order order;
    const struct ht_record_type *type;
    uint64_t
        identity[2];   /* where several workers may have made the same record: of what it tells */
    size_t len;        /* of its bytes, which follow those of the one before */
    const char *early; /* where they are if they were rendered before the others; else NULL */
    struct ht_flow *flow; /* of which the record is to come; NULL: it is here */
};

/* Memory that harvests are rendered into one behind the other, for a sink wants to have much more
 * than most need. A harvest that needs even more has it elsewhere. */
struct ht_room;

/* A worker's. Zeroed at first; outlives its harvests. */
struct ht_rooms {
    struct ht_room *filled; /* now; NULL: none */
    struct ht_room *spare;  /* a list */
};

/* A worker's records of a round or, of a large one, a part of them, in order. Owns all but what is
 * `early`. */
struct ht_harvest {
    struct ht_room *room; /* where `bytes` are, or were before there was too little; NULL: none */
    bool last;            /* of its round */
    struct ht_yield *items;
    size_t len, capacity;
    struct ht_chars bytes;
    struct ht_stats stats; /* the worker's counters, at the end of the round */
};

/* ht_harvest_add appends an item; NULL: no memory. */
struct ht_yield *ht_harvest_add(struct ht_harvest *harvest);
/* ht_harvest_begin makes it empty, with room for one, unless there is no memory for that; then
 * there may be for less. ht_harvest_end leaves the rest of it to the next that begins: of those
 * with the same `rooms` one at a time is between the two. */
void ht_harvest_begin(struct ht_harvest *harvest, struct ht_rooms *rooms);
void ht_harvest_end(const struct ht_harvest *harvest);
void ht_harvest_free(struct ht_harvest *harvest, struct ht_rooms *rooms);

/* ht_rooms_free frees the memory when all harvests were freed. */
void ht_rooms_free(struct ht_rooms *rooms);

#endif
