#include "base/shared.h"

#include <stdlib.h>

struct ht_shared *ht_shared_new(size_t capacity)
{
    struct ht_shared *shared = malloc(sizeof *shared + capacity);
    if (shared != NULL) {
        atomic_init(&shared->holders, 1);
        shared->capacity = capacity;
        shared->bytes    = (uint8_t *)(shared + 1);
    }
    return shared;
}

void ht_shared_hold(struct ht_shared *shared)
{
    atomic_fetch_add_explicit(&shared->holders, 1, memory_order_relaxed);
}

void ht_shared_drop(struct ht_shared *shared)
{
    /* Whoever frees it, or writes it again, does so after all that the others read. */
    if (shared != NULL &&
        atomic_fetch_sub_explicit(&shared->holders, 1, memory_order_acq_rel) == 1) {
        free(shared);
    }
}

bool ht_shared_is_mine(const struct ht_shared *shared)
{
    return atomic_load_explicit(&shared->holders, memory_order_acquire) == 1;
}

bool ht_shared_has(const struct ht_shared *shared, struct ht_bytes bytes)
{
    uintptr_t first = (uintptr_t)shared->bytes, at = (uintptr_t)bytes.ptr;
    return at >= first && at - first <= shared->capacity &&
           bytes.len <= shared->capacity - (at - first);
}
