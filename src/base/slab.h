/*
 * Blocks of one small size, many at a time: less is kept beside each than the allocator does, and
 * one is taken or given back in a few instructions. What was taken together lies together.
 */
#ifndef HT_BASE_SLAB_H
#define HT_BASE_SLAB_H

#include <stddef.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { HT_SLABS = 0 }; /* not to be used: each block is to be seen by itself */
#else
enum { HT_SLABS = 1 };
#endif

struct ht_slab;

struct ht_spare_block;

/* Zeroed is empty. Once all blocks were given back it owns a few slabs still, for the next ones. */
struct ht_slabs {
    struct ht_slab *roomy;        /* those with free blocks */
    struct ht_spare_block *spare; /* given back last, and taken first: they are in the cache, as the
                                   * slabs that they are of may not be */
    unsigned num_spare;
};

/* ht_slab_size is the size that a block needs for `len` bytes. */
static inline size_t ht_slab_size(size_t len)
{
    return (len + 15) & ~(size_t)15;
}

/* ht_slab_take returns a block of `size` bytes, aligned to 16, of any content; `size` is the same
 * for all of `slabs`, a multiple of 16. NULL: no memory. */
void *ht_slab_take(struct ht_slabs *slabs, size_t size);

/* ht_slab_give gives one back. */
void ht_slab_give(struct ht_slabs *slabs, void *block);

/* ht_slabs_free frees what is owned when all blocks were given back. */
void ht_slabs_free(struct ht_slabs *slabs);

#endif
