#include "base/arena.h"

#include "base/fetch.h"

#include <stdlib.h>

enum {
    FIRST_BLOCK = 336, /* holds how most connections open */
    /* The next two are small, so that of connections that stay open little is left over; a story
     * that comes further takes more at once, so that it lies in few places. Of a long one they are
     * a quarter of what there is. */
    SMALL_STEP       = 128,
    OPENING          = 560, /* bytes of blocks up to which the next one is small */
    NEXT_STEP        = 352,
    FURTHER          = 1024, /* bytes of blocks from which on one is no smaller than */
    FURTHER_STEP     = 880,
    STEP_PART        = 4,
    LARGEST_STEP     = 16384,
    LARGEST_KEPT     = 65536, /* by a rewind */
    LARGEST_IN_SLABS = HT_BLOCK_SIZES * HT_BLOCK_SIZE_STEP,
    FETCHED          = 1536 /* bytes of a block: with one DNS transaction no more are used */
};

void ht_budget_claim(struct ht_budget *budget, size_t len)
{
    if (budget != NULL) {
        budget->used += len;
        budget->peak = budget->used > budget->peak ? budget->used : budget->peak;
    }
}

bool ht_budget_take(struct ht_budget *budget, size_t len)
{
    if (budget != NULL && (budget->used > budget->max || len > budget->max - budget->used)) {
        budget->refused++;
        return false;
    }
    ht_budget_claim(budget, len);
    return true;
}

void ht_budget_give(struct ht_budget *budget, size_t len)
{
    if (budget != NULL) {
        budget->used -= len;
    }
}

void ht_budget_free(struct ht_budget *budget)
{
    for (int i = 0; i < HT_BLOCK_SIZES; i++) {
        ht_slabs_free(&budget->blocks[i]);
    }
    ht_slabs_free(&budget->buffers);
}

/* Where blocks of `len` bytes come from and go; NULL: from the allocator. */
static struct ht_slabs *slabs_of(struct ht_budget *budget, size_t len)
{
    if (!HT_SLABS || budget == NULL) {
        return NULL;
    }
    return len - 1 < LARGEST_IN_SLABS ? &budget->blocks[(len - 1) / HT_BLOCK_SIZE_STEP]
           : len == HT_BUFFER_FIRST   ? &budget->buffers
                                      : NULL;
}

void *ht_block_take(struct ht_budget *budget, size_t len)
{
    struct ht_slabs *slabs = slabs_of(budget, len);
    return slabs != NULL ? ht_slab_take(slabs, ht_slab_size(len)) : malloc(len);
}

void ht_block_give(struct ht_budget *budget, void *block, size_t len)
{
    struct ht_slabs *slabs = slabs_of(budget, len);
    if (slabs != NULL) {
        ht_slab_give(slabs, block);
    } else {
        free(block);
    }
}

static struct ht_arena_block *take_block(struct ht_budget *budget, size_t size)
{
    size_t all                   = sizeof(struct ht_arena_block) + size;
    struct ht_arena_block *block = NULL;
    if (ht_budget_take(budget, all)) {
        block = ht_block_take(budget, all);
        if (block == NULL) {
            ht_budget_give(budget, all);
        }
    }
    return block;
}

static void give_block(struct ht_budget *budget, struct ht_arena_block *block)
{
    size_t all = sizeof *block + block->size;
    ht_budget_give(budget, all);
    ht_block_give(budget, block, all);
}

/* A block of `size` bytes becomes the newest one; `beside`: the one before it, since that has room
 * still, and this one will not. */
static struct ht_arena_block *add_block(struct ht_arena *arena, size_t size, bool beside)
{
    struct ht_arena_block *block = take_block(arena->budget, size);
    if (block != NULL) {
        struct ht_arena_block **place = beside ? &arena->blocks->next : &arena->blocks;
        *block = (struct ht_arena_block){.next = *place, .size = (uint32_t)size};
        *place = block;
        arena->size += sizeof *block + size;
    }
    return block;
}

static size_t step(const struct ht_arena *arena)
{
    size_t part = arena->size / STEP_PART & ~(size_t)(HT_ARENA_ALIGNMENT - 1);
    if (arena->blocks == NULL) {
        return FIRST_BLOCK;
    }
    if (arena->size < FURTHER) {
        return arena->size <= OPENING ? SMALL_STEP : NEXT_STEP;
    }
    return part <= FURTHER_STEP ? FURTHER_STEP : part < LARGEST_STEP ? part : LARGEST_STEP;
}

static struct ht_arena_block *new_block(struct ht_arena *arena, size_t len)
{
    size_t size = step(arena);
    return size < len ? add_block(arena, len, arena->blocks != NULL)
                      : add_block(arena, size, false);
}

void ht_arena_reserve(struct ht_arena *arena, size_t len)
{
    struct ht_arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < len / 2) {
        (void)add_block(arena, ht_arena_rounded(len), false);
    }
}

void ht_arena_fetch(const struct ht_arena *arena)
{
    if (arena->blocks != NULL) {
        ht_fetch_all(arena->blocks, FETCHED);
    }
}

void ht_arena_fetch_more(const struct ht_arena *arena)
{
    if (arena->blocks != NULL) {
        ht_arena_fetch(&(struct ht_arena){.blocks = arena->blocks->next});
    }
}

void *ht_arena_take_elsewhere(struct ht_arena *arena, size_t len)
{
    size_t size                  = ht_arena_rounded(len);
    struct ht_arena_block *block = len <= UINT32_MAX / 2 ? new_block(arena, size) : NULL;
    if (block == NULL) {
        return NULL;
    }
    block->used = (uint32_t)size;
    return block->bytes;
}

struct ht_bytes ht_arena_copy(struct ht_arena *arena, struct ht_bytes from)
{
    uint8_t *to = from.len > 0 ? ht_arena_take(arena, from.len) : NULL;
    if (to == NULL) {
        return ht_bytes("", 0);
    }
    memcpy(to, from.ptr, from.len);
    return ht_bytes(to, from.len);
}

static void free_blocks(struct ht_arena *arena, struct ht_arena_block *block)
{
    while (block != NULL) {
        struct ht_arena_block *next = block->next;
        arena->size -= sizeof *block + block->size;
        give_block(arena->budget, block);
        block = next;
    }
}

void ht_arena_clear(struct ht_arena *arena)
{
    free_blocks(arena, arena->blocks);
    arena->blocks = NULL;
}

void ht_arena_join(struct ht_arena *arena)
{
    size_t all = arena->size;
    ht_arena_clear(arena);
    (void)add_block(arena, all < LARGEST_KEPT ? all : LARGEST_KEPT, false);
}

/* The buffer's bytes in room for `capacity`; NULL: no memory. Most buffers are filled once, a
 * little, and freed soon: the first room is a block. */
static uint8_t *resize(const struct ht_buffer *buffer, size_t capacity)
{
    if (buffer->capacity == 0) {
        return ht_block_take(buffer->budget, capacity);
    }
    if (slabs_of(buffer->budget, buffer->capacity) == NULL &&
        slabs_of(buffer->budget, capacity) == NULL) {
        return realloc(buffer->ptr, capacity);
    }
    uint8_t *ptr = ht_block_take(buffer->budget, capacity);
    if (ptr != NULL) {
        memcpy(ptr, buffer->ptr, buffer->len);
        ht_block_give(buffer->budget, buffer->ptr, buffer->capacity);
    }
    return ptr;
}

/* Most buffers hold a part of a hello for a moment; some a few bytes for as long as the flow. */
static size_t first_room(size_t need)
{
    enum { LEAST = 32 };
    size_t room = need > HT_BUFFER_FIRST / 2 ? HT_BUFFER_FIRST : LEAST;
    while (room < need && room < HT_BUFFER_FIRST) {
        room *= 2;
    }
    return room;
}

static bool grow(struct ht_buffer *buffer, size_t need)
{
    size_t capacity = buffer->capacity != 0 ? (size_t)buffer->capacity * 2 : first_room(need);
    if (capacity < need) {
        capacity = need;
    }
    if (capacity > buffer->max) {
        capacity = buffer->max;
    }
    if (!ht_budget_take(buffer->budget, capacity - buffer->capacity)) {
        return false;
    }
    uint8_t *ptr = resize(buffer, capacity);
    if (ptr == NULL) {
        ht_budget_give(buffer->budget, capacity - buffer->capacity);
        return false;
    }
    buffer->ptr      = ptr;
    buffer->capacity = (uint32_t)capacity;
    return true;
}

bool ht_buffer_append(struct ht_buffer *buffer, struct ht_bytes more)
{
    if (more.len > buffer->max - buffer->len) {
        return false;
    }
    if (more.len > buffer->capacity - buffer->len && !grow(buffer, buffer->len + more.len)) {
        return false;
    }
    if (more.len > 0) {
        memcpy(buffer->ptr + buffer->len, more.ptr, more.len);
        buffer->len += (uint32_t)more.len;
    }
    return true;
}

void ht_buffer_drop(struct ht_buffer *buffer, size_t len)
{
    if (len >= buffer->len) {
        buffer->len = 0;
    } else if (len > 0) {
        memmove(buffer->ptr, buffer->ptr + len, buffer->len - len);
        buffer->len -= (uint32_t)len;
    }
}

void ht_buffer_free(struct ht_buffer *buffer)
{
    if (buffer->capacity > 0) {
        ht_budget_give(buffer->budget, buffer->capacity);
        ht_block_give(buffer->budget, buffer->ptr, buffer->capacity);
    }
    buffer->ptr = NULL;
    buffer->len = buffer->capacity = 0;
}
