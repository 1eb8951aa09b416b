#include "base/arena.h"

#include <stdlib.h>

enum {
    ALIGNMENT   = 8,
    FIRST_BLOCK = 528, /* holds how a connection opens */
    /* Blocks then are a quarter of what there is, so that a long story needs few, and of the many
     * short ones little is left over. */
    STEP_PART     = 4,
    SMALLEST_STEP = 256,
    LARGEST_STEP  = 16384,
    LARGEST_KEPT  = 65536 /* by a rewind */
};

struct ht_arena_block {
    struct ht_arena_block *next;
    uint32_t used, size;
    _Alignas(ALIGNMENT) uint8_t bytes[];
};

bool ht_budget_take(struct ht_budget *budget, size_t len)
{
    if (budget == NULL) {
        return true;
    }
    if (len > budget->max - budget->used) {
        budget->refused++;
        return false;
    }
    budget->used += len;
    if (budget->used > budget->peak) {
        budget->peak = budget->used;
    }
    return true;
}

void ht_budget_give(struct ht_budget *budget, size_t len)
{
    if (budget != NULL) {
        budget->used -= len;
    }
}

/* A block of `size` bytes becomes the newest one; `beside`: the one before it, since that has room
 * still, and this one will not. */
static struct ht_arena_block *add_block(struct ht_arena *arena, size_t size, bool beside)
{
    if (!ht_budget_take(arena->budget, sizeof(struct ht_arena_block) + size)) {
        return NULL;
    }
    struct ht_arena_block *block = malloc(sizeof *block + size);
    if (block == NULL) {
        ht_budget_give(arena->budget, sizeof *block + size);
        return NULL;
    }
    struct ht_arena_block **place = beside ? &arena->blocks->next : &arena->blocks;
    *block                        = (struct ht_arena_block){.next = *place, .size = (uint32_t)size};
    *place                        = block;
    arena->size += sizeof *block + size;
    return block;
}

static struct ht_arena_block *new_block(struct ht_arena *arena, size_t len)
{
    size_t size =
        arena->blocks != NULL ? arena->size / STEP_PART & ~(size_t)(ALIGNMENT - 1) : FIRST_BLOCK;
    size = size < SMALLEST_STEP ? SMALLEST_STEP : size;
    size = size > LARGEST_STEP ? LARGEST_STEP : size;
    return size < len ? add_block(arena, len, arena->blocks != NULL)
                      : add_block(arena, size, false);
}

/* `len` bytes of any content. */
static void *take(struct ht_arena *arena, size_t len)
{
    if (len > UINT32_MAX / 2) {
        return NULL;
    }
    uint32_t rounded             = ((uint32_t)len + ALIGNMENT - 1) & ~(uint32_t)(ALIGNMENT - 1);
    struct ht_arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < rounded) {
        block = new_block(arena, rounded);
    }
    if (block == NULL) {
        return NULL;
    }
    void *out = block->bytes + block->used;
    block->used += rounded;
    return out;
}

void *ht_arena_alloc(struct ht_arena *arena, size_t len)
{
    void *out = take(arena, len);
    return out != NULL ? memset(out, 0, len) : NULL;
}

struct ht_bytes ht_arena_copy(struct ht_arena *arena, struct ht_bytes from)
{
    uint8_t *to = from.len > 0 ? take(arena, from.len) : NULL;
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
        ht_budget_give(arena->budget, sizeof *block + block->size);
        arena->size -= sizeof *block + block->size;
        free(block);
        block = next;
    }
}

void ht_arena_clear(struct ht_arena *arena)
{
    free_blocks(arena, arena->blocks);
    arena->blocks = NULL;
}

void ht_arena_rewind(struct ht_arena *arena)
{
    struct ht_arena_block *block = arena->blocks;
    if (block != NULL && block->next != NULL) {
        size_t all = arena->size;
        ht_arena_clear(arena);
        block = add_block(arena, all < LARGEST_KEPT ? all : LARGEST_KEPT, false);
    }
    if (block != NULL) {
        block->used = 0;
    }
}

static bool grow(struct ht_buffer *buffer, size_t need)
{
    size_t capacity = buffer->capacity != 0 ? (size_t)buffer->capacity * 2 : 2048;
    if (capacity < need) {
        capacity = need;
    }
    if (capacity > buffer->max) {
        capacity = buffer->max;
    }
    if (!ht_budget_take(buffer->budget, capacity - buffer->capacity)) {
        return false;
    }
    uint8_t *ptr = realloc(buffer->ptr, capacity);
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
    ht_budget_give(buffer->budget, buffer->capacity);
    free(buffer->ptr);
    buffer->ptr = NULL;
    buffer->len = buffer->capacity = 0;
}
