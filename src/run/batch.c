#include "run/batch.h"

#include <stdlib.h>

/* Room for one more in an array that doubles; NULL: no memory. */
static void *grown(void *items, size_t len, size_t *capacity, size_t size)
{
    if (len < *capacity) {
        return items;
    }
    size_t more  = *capacity != 0 ? *capacity * 2 : 256;
    void *larger = reallocarray(items, more, size);
    if (larger != NULL) {
        *capacity = more;
    }
    return larger;
}

bool ht_batch_add(struct ht_batch *batch, const struct ht_frame *frame)
{
    struct ht_batch_frame *frames =
        grown(batch->frames, batch->num_frames, &batch->max_frames, sizeof *frames);
    if (frames == NULL) {
        return false;
    }
    batch->frames = frames;
    frames[batch->num_frames] =
        (struct ht_batch_frame){.frame = *frame, .offset = batch->bytes.len};
    ht_chars_add(&batch->bytes, frame->data);
    if (batch->bytes.failed) {
        batch->bytes.failed = false;
        return false;
    }
    batch->num_frames++;
    return true;
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

struct ht_frame ht_batch_frame_at(const struct ht_batch *batch, size_t i)
{
    struct ht_frame frame = batch->frames[i].frame;
    frame.data            = ht_bytes(batch->bytes.ptr + batch->frames[i].offset, frame.data.len);
    return frame;
}

void ht_batch_fetch_after(const struct ht_batch *batch, size_t i)
{
    enum { DATA_AHEAD = 4, FRAMES_AHEAD = 8 };
    if (i + FRAMES_AHEAD < batch->num_frames) {
        const char *data = batch->bytes.ptr + batch->frames[i + DATA_AHEAD].offset;
        __builtin_prefetch(data);
        __builtin_prefetch(data + 64);
        __builtin_prefetch(&batch->frames[i + FRAMES_AHEAD].offset);
    }
}

void ht_batch_clear(struct ht_batch *batch)
{
    *batch           = (struct ht_batch){.frames      = batch->frames,
                                         .max_frames  = batch->max_frames,
                                         .bytes       = batch->bytes,
                                         .secrets     = batch->secrets,
                                         .max_secrets = batch->max_secrets};
    batch->bytes.len = 0;
}

void ht_batch_free(struct ht_batch *batch)
{
    if (batch != NULL) {
        free(batch->frames);
        free(batch->secrets);
        ht_chars_free(&batch->bytes);
        free(batch);
    }
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

struct ht_lessons *ht_lessons_copy(const struct ht_lessons *lessons)
{
    struct ht_lessons *copy = calloc(1, sizeof *copy);
    if (copy == NULL || lessons->len == 0) {
        return copy;
    }
    copy->items = calloc(lessons->len, sizeof *copy->items);
    if (copy->items == NULL) {
        ht_lessons_free(copy);
        return NULL;
    }
    memcpy(copy->items, lessons->items, lessons->len * sizeof *copy->items);
    ht_chars_add(&copy->bytes, ht_chars_view(&lessons->bytes));
    copy->len = copy->capacity = copy->bytes.failed ? 0 : lessons->len;
    return copy;
}

void ht_lessons_clear(struct ht_lessons *lessons)
{
    lessons->len       = 0;
    lessons->bytes.len = 0;
}

void ht_lessons_free(struct ht_lessons *lessons)
{
    if (lessons != NULL) {
        free(lessons->items);
        ht_chars_free(&lessons->bytes);
        free(lessons);
    }
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

void ht_harvest_clear(struct ht_harvest *harvest)
{
    harvest->last      = false;
    harvest->len       = 0;
    harvest->bytes.len = 0;
}

void ht_harvest_free(struct ht_harvest *harvest)
{
    if (harvest != NULL) {
        free(harvest->items);
        ht_chars_free(&harvest->bytes);
        free(harvest);
    }
}
