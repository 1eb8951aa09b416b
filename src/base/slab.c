#include "base/slab.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    ALIGNMENT  = 1 << 15,        /* of a slab, by which a block's is found */
    SIZE       = ALIGNMENT - 16, /* so that with what the allocator keeps slabs lie side by side */
    MOST_SPARE = 32
};

struct ht_spare_block {
    struct ht_spare_block *next;
};

struct ht_slab {
    struct ht_slab *next, *previous; /* of those with free blocks */
    struct ht_spare_block *free;     /* given back */
    uint8_t *next_fresh;             /* from here on blocks were never taken: */
    uint32_t fresh;                  /* so many */
    uint32_t taken;
    _Alignas(16) uint8_t bytes[];
};

static void link_roomy(struct ht_slabs *slabs, struct ht_slab *slab)
{
    slab->next     = slabs->roomy;
    slab->previous = NULL;
    if (slab->next != NULL) {
        slab->next->previous = slab;
    }
    slabs->roomy = slab;
}

static void unlink_roomy(struct ht_slabs *slabs, struct ht_slab *slab)
{
    *(slab->previous != NULL ? &slab->previous->next : &slabs->roomy) = slab->next;
    if (slab->next != NULL) {
        slab->next->previous = slab->previous;
    }
}

/* Not inlined, for one block in many needs one. */
__attribute__((noinline)) static struct ht_slab *new_slab(struct ht_slabs *slabs, size_t size)
{
    void *place = NULL;
    if (posix_memalign(&place, ALIGNMENT, SIZE) != 0) {
        return NULL;
    }
    struct ht_slab *slab = place;
    *slab                = (struct ht_slab){.next_fresh = slab->bytes,
                                            .fresh      = (uint32_t)((SIZE - sizeof(struct ht_slab)) / size)};
    link_roomy(slabs, slab);
    return slab;
}

static void *take_from_slab(struct ht_slabs *slabs, size_t size)
{
    struct ht_slab *slab = slabs->roomy != NULL ? slabs->roomy : new_slab(slabs, size);
    void *block          = NULL;
    if (slab == NULL) {
        return NULL;
    }
    slab->taken++;
    if (slab->free != NULL) {
        block      = slab->free;
        slab->free = slab->free->next;
    } else {
        block = slab->next_fresh;
        slab->next_fresh += size;
        slab->fresh--;
    }
    if (slab->free == NULL && slab->fresh == 0) {
        unlink_roomy(slabs, slab);
    }
    return block;
}

void *ht_slab_take(struct ht_slabs *slabs, size_t size)
{
    struct ht_spare_block *block = slabs->spare;
    if (block == NULL) {
        return take_from_slab(slabs, size);
    }
    slabs->spare = block->next;
    slabs->num_spare--;
    return block;
}

static void give_to_slab(struct ht_slabs *slabs, struct ht_spare_block *given)
{
    struct ht_slab *slab = (void *)((uintptr_t)given & ~(uintptr_t)(ALIGNMENT - 1));
    bool was_full        = slab->free == NULL && slab->fresh == 0;
    given->next          = slab->free;
    slab->free           = given;
    if (was_full) {
        link_roomy(slabs, slab);
    }
    bool is_only = slabs->roomy == slab && slab->next == NULL;
    if (--slab->taken == 0 && !is_only) {
        unlink_roomy(slabs, slab);
        free(slab);
    }
}

void ht_slab_give(struct ht_slabs *slabs, void *block)
{
    struct ht_spare_block *given = block;
    if (slabs->num_spare == MOST_SPARE) {
        give_to_slab(slabs, given);
        return;
    }
    given->next  = slabs->spare;
    slabs->spare = given;
    slabs->num_spare++;
}

void ht_slabs_free(struct ht_slabs *slabs)
{
    while (slabs->spare != NULL) {
        struct ht_spare_block *block = slabs->spare;
        slabs->spare                 = block->next;
        give_to_slab(slabs, block);
    }
    slabs->num_spare = 0;
    free(slabs->roomy);
    slabs->roomy = NULL;
}
