/*
 * Bytes that several hold, threads among them: freed by the last of them. They are memory, which
 * whoever made it writes while nobody else holds it, or a part of a file, which nobody does.
 */
#ifndef HT_BASE_SHARED_H
#define HT_BASE_SHARED_H

#include "base/bytes.h"

#include <stdatomic.h>

struct ht_shared {
    atomic_uint holders;
    size_t capacity;
    uint8_t *bytes;
    bool is_map; /* of a file; false: memory, right behind this */
};

/* ht_shared_new returns `capacity` bytes of any content, held once. NULL: no memory. */
struct ht_shared *ht_shared_new(size_t capacity);

/* ht_shared_map returns `len` bytes of a file from `offset` on, a multiple of the page's size, held
 * once. NULL where not all of them can be had now. A file that is made shorter later takes its end
 * out of the memory: reading there raises SIGBUS. */
struct ht_shared *ht_shared_map(int fd, uint64_t offset, size_t len);

/* ht_shared_hold is for whoever will drop it: each holds it as often as he drops it. */
void ht_shared_hold(struct ht_shared *shared);

/* ht_shared_drop frees it where nobody else holds it; NULL is nothing. */
void ht_shared_drop(struct ht_shared *shared);

/* ht_shared_is_mine: it is memory and nobody else holds it, so that it may be written again. */
bool ht_shared_is_mine(const struct ht_shared *shared);

/* ht_shared_has: does `bytes` lie in it? */
static inline bool ht_shared_has(const struct ht_shared *shared, struct ht_bytes bytes)
{
    uintptr_t at = (uintptr_t)bytes.ptr - (uintptr_t)shared->bytes;
    return at <= shared->capacity && bytes.len <= shared->capacity - at;
}

#endif
