#include "base/shared.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { POPULATE_READ = 22 }; /* MADV_POPULATE_READ (Linux 5.14), which not every C library names */

struct ht_shared *ht_shared_new(size_t capacity)
{
    struct ht_shared *shared = malloc(sizeof *shared + capacity);
    if (shared != NULL) {
        *shared = (struct ht_shared){
            .holders = 1, .capacity = capacity, .bytes = (uint8_t *)(shared + 1)};
    }
    return shared;
}

/* All pages at once, which costs less than one after the other and shows which cannot be read. */
static uint8_t *map(int fd, uint64_t offset, size_t len)
{
    uint8_t *bytes = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, (off_t)offset);
    if (bytes == MAP_FAILED) {
        return NULL;
    }
    if (madvise(bytes, len, POPULATE_READ) != 0) {
        (void)munmap(bytes, len);
        return NULL;
    }
    return bytes;
}

struct ht_shared *ht_shared_map(int fd, uint64_t offset, size_t len)
{
    struct ht_shared *shared = malloc(sizeof *shared);
    uint8_t *bytes           = shared != NULL ? map(fd, offset, len) : NULL;
    if (bytes == NULL) {
        free(shared);
        return NULL;
    }
    *shared = (struct ht_shared){.holders = 1, .capacity = len, .bytes = bytes, .is_map = true};
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
        if (shared->is_map) {
            (void)munmap(shared->bytes, shared->capacity);
        }
        free(shared);
    }
}

bool ht_shared_is_mine(const struct ht_shared *shared)
{
    return !shared->is_map && atomic_load_explicit(&shared->holders, memory_order_acquire) == 1;
}
