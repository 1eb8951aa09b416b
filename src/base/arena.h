/*
 * Memory with a bound. A budget counts the bytes that a set of holders may have together; an
 * arena hands out memory that is freed all at once; a buffer grows to a maximum.
 * All of them answer a request past the bound with NULL or false and count it in the budget.
 */
#ifndef HT_BASE_ARENA_H
#define HT_BASE_ARENA_H

#include "base/bytes.h"
#include "base/slab.h"

/* Blocks of so many sizes come from slabs, each so much larger than the one before it. */
enum { HT_BLOCK_SIZES = 112, HT_BLOCK_SIZE_STEP = 16 };

enum { HT_BUFFER_FIRST = 2048 /* bytes that a buffer has at first */ };

struct ht_budget {
    size_t used;                            /* bytes held now */
    size_t max;                             /* bytes that may be held */
    size_t peak;                            /* the most ever held */
    uint64_t refused;                       /* requests that did not fit */
    struct ht_slabs blocks[HT_BLOCK_SIZES]; /* the smaller ones, by their size */
    struct ht_slabs buffers;                /* of HT_BUFFER_FIRST bytes */
};

/* ht_budget_take reserves `len` bytes, or counts a refusal and returns false. */
bool ht_budget_take(struct ht_budget *budget, size_t len);

/* ht_budget_claim takes `len` bytes past the bound even, for what must not be refused. */
void ht_budget_claim(struct ht_budget *budget, size_t len);

/* ht_budget_give gives bytes back. */
void ht_budget_give(struct ht_budget *budget, size_t len);

/* ht_budget_free frees what the budget keeps for blocks to come; all were given back. */
void ht_budget_free(struct ht_budget *budget);

/* ht_block_take returns a block of `len` bytes, aligned to 16, of any content, that counts nowhere:
 * from slabs that all have in common whose budget it is (which may be NULL: none have), unless it
 * is large. NULL: no memory. */
void *ht_block_take(struct ht_budget *budget, size_t len);

/* ht_block_give gives one of `len` bytes back. */
void ht_block_give(struct ht_budget *budget, void *block, size_t len);

enum { HT_ARENA_ALIGNMENT = 8 };

struct ht_arena_block {
    struct ht_arena_block *next;
    uint32_t used, size; /* of `bytes`; multiples of the alignment */
    _Alignas(HT_ARENA_ALIGNMENT) uint8_t bytes[];
};

/* Owns its blocks. Zeroed but for `budget` (which may be NULL: no bound) is a valid, empty arena.
 */
struct ht_arena {
    struct ht_arena_block *blocks;
    size_t size; /* bytes of its blocks */
    struct ht_budget *budget;
};

/* ht_arena_rounded is how many bytes of a block `len` bytes take. */
static inline size_t ht_arena_rounded(size_t len)
{
    return (len + HT_ARENA_ALIGNMENT - 1) & ~(size_t)(HT_ARENA_ALIGNMENT - 1);
}

/* ht_arena_take_elsewhere is ht_arena_take where the newest block has no room. */
void *ht_arena_take_elsewhere(struct ht_arena *arena, size_t len);

/* ht_arena_take returns `len` bytes of any content, for what is written whole, aligned to 8, which
 * live until the arena is cleared; NULL where the budget or the system has no more, or `len` is
 * beyond 2 GB. */
static inline void *ht_arena_take(struct ht_arena *arena, size_t len)
{
    struct ht_arena_block *block = arena->blocks;
    if (block == NULL || len > block->size - block->used) {
        return ht_arena_take_elsewhere(arena, len);
    }
    void *out = block->bytes + block->used;
    block->used += (uint32_t)ht_arena_rounded(len);
    return out;
}

/* ht_arena_alloc returns such bytes zeroed. */
static inline void *ht_arena_alloc(struct ht_arena *arena, size_t len)
{
    void *out = ht_arena_take(arena, len);
    return out != NULL ? memset(out, 0, len) : NULL;
}

/* ht_arena_cut gives back the last `len` bytes, from `from` on, of what was taken last; nothing
 * where more was taken since. */
static inline void ht_arena_cut(struct ht_arena *arena, const void *from, size_t len)
{
    struct ht_arena_block *block = arena->blocks;
    size_t at                    = block != NULL ? (uintptr_t)from - (uintptr_t)block->bytes : 0;
    if (block != NULL && at < block->used && ht_arena_rounded(at + len) == block->used) {
        block->used = (uint32_t)ht_arena_rounded(at);
    }
}

/* ht_arena_reserve has what is allocated next, up to `len` bytes together, lie side by side: behind
 * what was allocated last where there is room for half of it at least, else in a block of its own;
 * where there is no memory for that, it may not. */
void ht_arena_reserve(struct ht_arena *arena, size_t len);

/* ht_arena_copy copies `from` into the arena; an empty view where there is no room. */
struct ht_bytes ht_arena_copy(struct ht_arena *arena, struct ht_bytes from);

/* ht_arena_fetch has the newest block fetched into the cache; ht_arena_fetch_more the one before
 * it, once the newest is there. */
void ht_arena_fetch(const struct ht_arena *arena);
void ht_arena_fetch_more(const struct ht_arena *arena);

/* ht_arena_clear frees all that the arena handed out; the arena can be used again. */
void ht_arena_clear(struct ht_arena *arena);

/* ht_arena_join makes one block of several, as ht_arena_rewind does. */
void ht_arena_join(struct ht_arena *arena);

/* ht_arena_rewind makes all that was handed out invalid but keeps one block for what comes next:
 * as large as all there were, up to a bound. For scratch memory that is used and dropped many
 * times. */
static inline void ht_arena_rewind(struct ht_arena *arena)
{
    struct ht_arena_block *block = arena->blocks;
    if (block != NULL && block->next != NULL) {
        ht_arena_join(arena);
    } else if (block != NULL) {
        block->used = 0;
    }
}

/* Owns its bytes. Zeroed but for `max` and `budget` is a valid, empty buffer. */
struct ht_buffer {
    uint8_t *ptr;
    uint32_t len;
    uint32_t capacity;
    uint32_t max; /* bytes it may hold */
    struct ht_budget *budget;
};

/* ht_buffer_append adds a copy of `more`; false, and nothing added, where it does not fit. */
bool ht_buffer_append(struct ht_buffer *buffer, struct ht_bytes more);

/* ht_buffer_drop removes the first `len` bytes (all, where there are fewer). */
void ht_buffer_drop(struct ht_buffer *buffer, size_t len);

/* ht_buffer_free gives its memory back; the buffer is empty and can be used again. */
void ht_buffer_free(struct ht_buffer *buffer);

static inline struct ht_bytes ht_buffer_view(const struct ht_buffer *buffer)
{
    return ht_bytes(buffer->ptr, buffer->len);
}

#endif
