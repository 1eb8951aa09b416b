/*
 * What is the same in many flows is kept once: lists of cipher suites, fingerprints, names of
 * protocols. A pool holds such bytes until no flow that used it is left, within a bound; what does
 * not fit, the caller keeps for itself.
 */
#ifndef HT_EVENT_POOL_H
#define HT_EVENT_POOL_H

#include "base/arena.h"

enum {
    HT_POOL_GENERATIONS = 2,
    HT_POOL_MAX_BYTES   = 8 << 20, /* of a generation */
    HT_POOL_TYPES       = 32,      /* places for plans, by the type's address */
    HT_POOL_WAYS        = 4,       /* shapes of one hash */
    HT_POOL_SOURCES     = 8        /* sources of one hash */
};

struct ht_pool_slot {
    uint64_t hash; /* 0: free */
    struct ht_bytes bytes;
};

struct ht_shape_plan;
struct ht_struct;

/* A shape (event/shape.h) that was kept lately. */
struct ht_pool_shape {
    uint64_t hash;
    const struct ht_shape_plan *plan; /* NULL: none */
    const void *shape;                /* of this generation, with all that it points at */
};

/* Bytes from which an object of that shape was read, or what they have in common with others. */
struct ht_pool_source {
    uint64_t hash;
    const struct ht_struct *type;
    struct ht_bytes bytes; /* of this generation, as the shape is; empty: none */
    const void *shape;
};

/* What was kept between two times. */
struct ht_pool_generation {
    struct ht_arena arena;
    struct ht_pool_slot *slots;
    struct ht_pool_shape *shapes;
    struct ht_pool_source *sources;
    size_t len;
    size_t num_sources; /* that were remembered: each takes room, though another takes its place */
    size_t sourced;     /* bytes of them */
    uint64_t users;     /* flows that hold something of it */
};

/* Owns what it keeps. When the present generation is full the other one takes its place, if nobody
 * uses that any more; until then nothing new is kept. Zeroed but for the arenas' budget is empty.
 */
struct ht_pool {
    struct ht_pool_generation generation[HT_POOL_GENERATIONS];
    unsigned present;
    uint64_t seed;       /* of hashes: one that strangers do not know */
    uint64_t num_shapes; /* that were numbered */
    struct ht_arena plans_arena;
    struct ht_shape_plan *plans[HT_POOL_TYPES];
};

/* Which generations a user holds something of: a bit each. Zero at first. */
typedef uint8_t ht_pool_use;

/* ht_pool_keep returns the pool's copy of `bytes`, which lives until `*use` is released; an empty
 * view where it has none and no room for it. */
struct ht_bytes ht_pool_keep(struct ht_pool *pool, ht_pool_use *use, struct ht_bytes bytes);

/* ht_pool_hold makes the present generation live until `*use` is released. */
void ht_pool_hold(struct ht_pool *pool, ht_pool_use *use);

/* ht_pool_shapes are the present generation's HT_POOL_WAYS places for shapes of this hash; NULL: no
 * memory. */
struct ht_pool_shape *ht_pool_shapes(struct ht_pool *pool, uint64_t hash);

/* ht_pool_hash is a hash by which bytes are found: of long ones, which are chains of certificates,
 * a hash of their ends. */
uint64_t ht_pool_hash(const struct ht_pool *pool, struct ht_bytes bytes);

/* ht_pool_remember says that from `source`, or what it stands for, an object of this type and shape
 * was read, which the present generation has, and no other shape that it was remembered with
 * before; nothing where there is no room. */
void ht_pool_remember(struct ht_pool *pool, const struct ht_struct *type, uint64_t hash,
                      struct ht_bytes source, const void *shape);

/* ht_pool_sources are the present generation's HT_POOL_SOURCES places for sources of this hash, the
 * latest first; NULL: no memory. Their shapes are of the same generation. */
const struct ht_pool_source *ht_pool_sources(struct ht_pool *pool, uint64_t hash);

/* ht_pool_recognise is the shape of the type that was read from `source`, which was remembered by
 * its ht_pool_hash; NULL: it is not known. */
const void *ht_pool_recognise(struct ht_pool *pool, const struct ht_struct *type,
                              struct ht_bytes source);

/* ht_pool_release ends what a user held. */
void ht_pool_release(struct ht_pool *pool, ht_pool_use use);

void ht_pool_free(struct ht_pool *pool);

#endif
