#include "run/batch.h"

#include "base/fetch.h"
#include "capture/input.h"

#include <stdlib.h>

enum { FIRST_BYTES = 4096 };

/* Room for one more in an array that doubles; NULL: no memory. */
static void *grown(void *items, size_t len, size_t *capacity, size_t size)
{
    if (len < *capacity) {
        return items;
    }
    size_t more  = *capacity != 0 ? *capacity * 2 : FIRST_BYTES / size;
    void *larger = reallocarray(items, more, size);
    if (larger != NULL) {
        *capacity = more;
    }
    return larger;
}

/* Holds the block if it has the frame's data and is not memory that grew for one long record. False
 * where it is not held then. */
static bool hold_block(struct ht_batch *batch, const struct ht_frame *frame,
                       struct ht_shared *block)
{
    if (block == NULL || (block->capacity > HT_INPUT_LARGE && !block->is_map) ||
        !ht_shared_has(block, frame->data)) {
        return false;
    }
    if (block->bytes == batch->held.ptr) {
        return true;
    }
    struct ht_shared **blocks =
        grown(batch->blocks, batch->num_blocks, &batch->max_blocks, sizeof(struct ht_shared *));
    if (blocks == NULL) {
        return false;
    }
    ht_shared_hold(block);
    batch->held                 = ht_bytes(block->bytes, block->capacity);
    batch->blocks               = blocks;
    blocks[batch->num_blocks++] = block;
    return true;
}

bool ht_batch_add(struct ht_batch *batch, const struct ht_frame *frame, struct ht_shared *block)
{
    struct ht_frame *frames =
        grown(batch->frames, batch->num_frames, &batch->max_frames, sizeof *frames);
    if (frames == NULL) {
        return false;
    }
    struct ht_frame *added = &frames[batch->num_frames];
    *added                 = *frame;
    batch->frames          = frames;
    if (!hold_block(batch, frame, block)) {
        added->data = ht_arena_copy(&batch->copies, frame->data);
    }
    bool added_all = added->data.len == frame->data.len;
    batch->num_frames += added_all;
    return added_all;
}

void ht_batch_add_secret(struct ht_batch *batch, const struct ht_batch_secret *secret)
{
    struct ht_batch_secret *secrets =
        grown(batch->secrets, batch->num_secrets, &batch->max_secrets, sizeof *secrets);
    if (secrets != NULL) {
        batch->secrets                = secrets;
        secrets[batch->num_secrets++] = *secret;
    }
}

void ht_batch_fetch_after(const struct ht_batch *batch, size_t i)
{
    enum { DATA_AHEAD = 4, FRAMES_AHEAD = 8, MOST = 512 };
    if (i + FRAMES_AHEAD < batch->num_frames) {
        struct ht_bytes soon = batch->frames[i + DATA_AHEAD].data;
        ht_fetch_all(soon.ptr, soon.len < MOST ? soon.len : MOST);
        ht_fetch(&batch->frames[i + FRAMES_AHEAD]);
    }
}

static void drop_blocks(struct ht_batch *batch)
{
    while (batch->num_blocks > 0) {
        ht_shared_drop(batch->blocks[--batch->num_blocks]);
    }
    batch->held = ht_bytes(NULL, 0);
}

void ht_batch_clear(struct ht_batch *batch)
{
    drop_blocks(batch);
    ht_arena_rewind(&batch->copies);
    *batch = (struct ht_batch){.frames      = batch->frames,
                               .max_frames  = batch->max_frames,
                               .blocks      = batch->blocks,
                               .max_blocks  = batch->max_blocks,
                               .copies      = batch->copies,
                               .secrets     = batch->secrets,
                               .max_secrets = batch->max_secrets};
}

void ht_batch_free(struct ht_batch *batch)
{
    drop_blocks(batch);
    free(batch->frames);
    free(batch->blocks);
    free(batch->secrets);
    ht_arena_clear(&batch->copies);
}

void ht_lessons_add(struct ht_lessons *lessons, struct ht_order order, size_t analyzer,
                    struct ht_bytes bytes)
{
    struct ht_lesson *items =
        grown(lessons->items, lessons->len, &lessons->capacity, sizeof *items);
    if (items == NULL) {
        return;
    }
    lessons->items      = items;
    items[lessons->len] = (struct ht_lesson){
        .order = order, .analyzer = analyzer, .offset = lessons->bytes.len, .len = bytes.len};
    ht_chars_add(&lessons->bytes, bytes);
    lessons->len += !lessons->bytes.failed;
    lessons->bytes.failed = false;
}

void ht_lessons_clear(struct ht_lessons *lessons)
{
    lessons->len       = 0;
    lessons->bytes.len = 0;
}

void ht_lessons_free(struct ht_lessons *lessons)
{
    free(lessons->items);
    ht_chars_free(&lessons->bytes);
}

struct ht_yield *ht_harvest_add(struct ht_harvest *harvest)
{
    struct ht_yield *items = grown(harvest->items, harvest->len, &harvest->capacity, sizeof *items);
    if (items == NULL) {
        return NULL;
    }
    harvest->items               = items;
    harvest->items[harvest->len] = (struct ht_yield){0};
    return &harvest->items[harvest->len++];
}

struct ht_room {
    struct ht_room *next; /* spare */
    size_t holders;       /* harvests */
    size_t used;
    char bytes[HT_ROOM_BYTES];
};

static void leave_room(struct ht_harvest *harvest, struct ht_rooms *rooms)
{
    struct ht_room *room = harvest->room;
    harvest->room        = NULL;
    if (room == NULL || --room->holders > 0) {
        return;
    }
    room->used = 0;
    if (room != rooms->filled) {
        room->next   = rooms->spare;
        rooms->spare = room;
    }
}

/* A room with enough for a whole harvest; NULL: no memory. */
static struct ht_room *room_for_one(struct ht_rooms *rooms)
{
    struct ht_room *room = rooms->filled;
    if (room != NULL && HT_ROOM_BYTES - room->used >= HT_HARVEST_ROOM) {
        return room;
    }
    room = rooms->spare != NULL ? rooms->spare : realloc(NULL, sizeof *room);
    if (room != NULL) {
        rooms->spare  = rooms->spare != NULL ? room->next : NULL;
        rooms->filled = room;
        room->holders = room->used = 0;
    }
    return room;
}

void ht_harvest_begin(struct ht_harvest *harvest, struct ht_rooms *rooms)
{
    ht_chars_free(&harvest->bytes);
    leave_room(harvest, rooms);
    harvest->last = false;
    harvest->len  = 0;
    harvest->room = room_for_one(rooms);
    if (harvest->room != NULL) {
        harvest->room->holders++;
        harvest->bytes = (struct ht_chars){.ptr      = harvest->room->bytes + harvest->room->used,
                                           .capacity = HT_ROOM_BYTES - harvest->room->used,
                                           .lent     = true};
    }
}

void ht_harvest_end(const struct ht_harvest *harvest)
{
    if (harvest->bytes.lent) {
        harvest->room->used += harvest->bytes.len;
    }
}

void ht_harvest_free(struct ht_harvest *harvest, struct ht_rooms *rooms)
{
    free(harvest->items);
    ht_chars_free(&harvest->bytes);
    leave_room(harvest, rooms);
}

void ht_rooms_free(struct ht_rooms *rooms)
{
    free(rooms->filled);
    while (rooms->spare != NULL) {
        struct ht_room *room = rooms->spare;
        rooms->spare         = room->next;
        free(room);
    }
}
