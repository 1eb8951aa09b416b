/*
 * How what an event said is kept until its flow's story is told. Of a million hellos most are alike
 * but for their randoms, names and numbers: what they have in common, their shape, is kept once,
 * and for each only what is its own.
 */
#ifndef HT_EVENT_KEPT_H
#define HT_EVENT_KEPT_H

#include "event/event.h"

/* In the keeper's arena. */
struct ht_kept;

/* ht_keep keeps a copy of `object`, as ht_object_copy would; NULL where there is no room. */
struct ht_kept *ht_keep(const struct ht_keeper *keeper, const struct ht_struct *type,
                        const void *object);

/* ht_kept_read makes the object again, in `arena`; what it points at lies there or where it was
 * kept. NULL where there is no room. */
const void *ht_kept_read(const struct ht_kept *kept, const struct ht_struct *type,
                         struct ht_arena *arena);

/* ht_kept_recall is ht_kept_read the first time it is called, and gives the same object each time
 * after: `arena` lives as long as the keeper's. */
const void *ht_kept_recall(struct ht_kept *kept, const struct ht_struct *type,
                           struct ht_arena *arena);

/* ht_kept_remember says that what was kept last was read from `source`: bytes from which all of it
 * follows that counts to its shape, so that it is found among ht_pool_sources of `hash`. Nothing is
 * remembered of a shape that was met for the first time. */
void ht_kept_remember(struct ht_pool *pool, const struct ht_struct *type,
                      const struct ht_kept *kept, uint64_t hash, struct ht_bytes source);

#endif
