#include "event/pool.h"

#include "base/hash.h"

#include <stdlib.h>

enum {
    SLOTS       = 1 << 16,
    MAX_LEN     = SLOTS / 4 * 3,
    SHAPE_SETS  = 256,
    SOURCE_SETS = 128,
    MAX_SOURCES = 1024,
    MAX_SOURCED = HT_POOL_MAX_BYTES / 4, /* bytes of them */
    SOURCE_END  = 256                    /* bytes at either end, by which one is found */
};

static bool has_room(const struct ht_pool_generation *g, size_t len)
{
    return g->len < MAX_LEN && g->arena.size + len <= HT_POOL_MAX_BYTES;
}

/* The slot of `bytes`, or the free one where it would be. */
static struct ht_pool_slot *slot_of(const struct ht_pool_generation *g, uint64_t hash,
                                    struct ht_bytes bytes)
{
    size_t i = hash % SLOTS;
    while (g->slots[i].hash != 0 &&
           (g->slots[i].hash != hash || !ht_bytes_equal(g->slots[i].bytes, bytes))) {
        i = (i + 1) % SLOTS;
    }
    return &g->slots[i];
}

static void clear(struct ht_pool_generation *g)
{
    ht_arena_clear(&g->arena);
    free(g->slots);
    free(g->shapes);
    free(g->sources);
    g->slots   = NULL;
    g->shapes  = NULL;
    g->sources = NULL;
    g->len = g->num_sources = g->sourced = 0;
}

static bool start(struct ht_pool_generation *g)
{
    g->slots   = calloc(SLOTS, sizeof *g->slots);
    g->shapes  = calloc((size_t)SHAPE_SETS * HT_POOL_WAYS, sizeof *g->shapes);
    g->sources = calloc((size_t)SOURCE_SETS * HT_POOL_SOURCES, sizeof *g->sources);
    return g->slots != NULL;
}

static inline bool is_started(struct ht_pool_generation *g)
{
    return g->slots != NULL || start(g);
}

/* Room for `len` bytes in the present generation, which may become the other one. */
static bool make_room(struct ht_pool *pool, size_t len)
{
    unsigned other = (pool->present + 1) % HT_POOL_GENERATIONS;
    if (has_room(&pool->generation[pool->present], len)) {
        return true;
    }
    if (pool->generation[other].users > 0) {
        return false;
    }
    clear(&pool->generation[other]);
    pool->present = other;
    return is_started(&pool->generation[other]) && has_room(&pool->generation[other], len);
}

static struct ht_bytes keep_new(struct ht_pool *pool, uint64_t hash, struct ht_bytes bytes)
{
    if (!make_room(pool, bytes.len)) {
        return ht_bytes("", 0);
    }
    struct ht_pool_generation *g = &pool->generation[pool->present];
    struct ht_bytes copy         = ht_arena_copy(&g->arena, bytes);
    if (copy.len > 0) {
        *slot_of(g, hash, bytes) = (struct ht_pool_slot){.hash = hash, .bytes = copy};
        g->len++;
    }
    return copy;
}

void ht_pool_hold(struct ht_pool *pool, ht_pool_use *use)
{
    if ((*use >> pool->present & 1) == 0) {
        *use |= (ht_pool_use)(1U << pool->present);
        pool->generation[pool->present].users++;
    }
}

struct ht_bytes ht_pool_keep(struct ht_pool *pool, ht_pool_use *use, struct ht_bytes bytes)
{
    struct ht_pool_generation *present = &pool->generation[pool->present];
    uint64_t hash                      = ht_hash(bytes, pool->seed) | 1;
    if (bytes.len == 0 || !is_started(present)) {
        return ht_bytes("", 0);
    }
    struct ht_bytes kept = slot_of(present, hash, bytes)->bytes;
    if (kept.len == 0) {
        kept = keep_new(pool, hash, bytes);
    }
    if (kept.len > 0) {
        ht_pool_hold(pool, use);
    }
    return kept;
}

struct ht_pool_shape *ht_pool_shapes(struct ht_pool *pool, uint64_t hash)
{
    struct ht_pool_generation *present = &pool->generation[pool->present];
    bool ready                         = is_started(present) && present->shapes != NULL;
    return ready ? &present->shapes[hash % SHAPE_SETS * HT_POOL_WAYS] : NULL;
}

static struct ht_pool_source *sources_of(struct ht_pool *pool, uint64_t hash)
{
    struct ht_pool_generation *present = &pool->generation[pool->present];
    bool ready                         = is_started(present) && present->sources != NULL;
    return ready ? &present->sources[hash % SOURCE_SETS * HT_POOL_SOURCES] : NULL;
}

const struct ht_pool_source *ht_pool_sources(struct ht_pool *pool, uint64_t hash)
{
    return sources_of(pool, hash);
}

/* What is between the ends of a long one is compared alone: long ones are chains of certificates,
 * which begin with the leaf's serial number. */
uint64_t ht_pool_hash(const struct ht_pool *pool, struct ht_bytes bytes)
{
    if (bytes.len <= (size_t)2 * SOURCE_END) {
        return ht_hash(bytes, pool->seed);
    }
    uint64_t hash = ht_hash(ht_bytes(bytes.ptr, SOURCE_END), pool->seed ^ bytes.len);
    return ht_hash(ht_bytes(bytes.ptr + bytes.len - SOURCE_END, SOURCE_END), hash);
}

static struct ht_pool_source *find_source(struct ht_pool *pool, const struct ht_struct *type,
                                          uint64_t hash, struct ht_bytes source)
{
    struct ht_pool_source *known = sources_of(pool, hash);
    for (size_t i = 0; known != NULL && i < HT_POOL_SOURCES; i++) {
        if (known[i].type == type && known[i].hash == hash &&
            ht_bytes_equal(known[i].bytes, source)) {
            return &known[i];
        }
    }
    return NULL;
}

const void *ht_pool_recognise(struct ht_pool *pool, const struct ht_struct *type,
                              struct ht_bytes source)
{
    uint64_t hash                      = ht_pool_hash(pool, source);
    const struct ht_pool_source *known = find_source(pool, type, hash, source);
    return known != NULL ? known->shape : NULL;
}

/* Of a source that was remembered, as what is known of it did not fit, only the shape is another
 * now: what comes in turns does not take all room. */
void ht_pool_remember(struct ht_pool *pool, const struct ht_struct *type, uint64_t hash,
                      struct ht_bytes source, const void *shape)
{
    struct ht_pool_generation *present = &pool->generation[pool->present];
    struct ht_pool_source *known       = sources_of(pool, hash);
    struct ht_pool_source *again       = find_source(pool, type, hash, source);
    struct ht_bytes copy               = {0};
    if (again != NULL) {
        again->shape = shape;
        return;
    }
    bool few = present->num_sources < MAX_SOURCES && source.len <= MAX_SOURCED - present->sourced;
    if (known != NULL && few && has_room(present, source.len)) {
        copy = ht_arena_copy(&present->arena, source);
        present->num_sources++;
        present->sourced += source.len;
    }
    if (copy.len > 0) {
        memmove(&known[1], &known[0], (HT_POOL_SOURCES - 1) * sizeof known[0]);
        known[0] =
            (struct ht_pool_source){.hash = hash, .type = type, .bytes = copy, .shape = shape};
    }
}

void ht_pool_release(struct ht_pool *pool, ht_pool_use use)
{
    for (unsigned i = 0; i < HT_POOL_GENERATIONS; i++) {
        pool->generation[i].users -= use >> i & 1;
    }
}

void ht_pool_free(struct ht_pool *pool)
{
    for (unsigned i = 0; i < HT_POOL_GENERATIONS; i++) {
        clear(&pool->generation[i]);
    }
    ht_arena_clear(&pool->plans_arena);
    memset(pool->plans, 0, sizeof pool->plans);
}
