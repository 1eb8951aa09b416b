#include "analysis/chain/cache.h"

#include "base/hash.h"

#include <stdlib.h>

bool chain_cache_init(struct chain_cache *cache, size_t num_buckets, size_t max_cost,
                      void (*forget)(struct chain_entry *entry))
{
    *cache = (struct chain_cache){.buckets     = calloc(num_buckets, sizeof(struct chain_entry *)),
                                  .num_buckets = num_buckets,
                                  .max_cost    = max_cost,
                                  .forget      = forget};
    return cache->buckets != NULL;
}

void chain_cache_fini(struct chain_cache *cache)
{
    while (cache->oldest != NULL) {
        chain_cache_drop(cache, cache->oldest);
    }
    free(cache->buckets);
    *cache = (struct chain_cache){0};
}

static struct chain_entry **bucket_of(const struct chain_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & (cache->num_buckets - 1)];
}

/* Out of the order of use. */
static void unlink_entry(struct chain_cache *cache, struct chain_entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct chain_cache *cache, struct chain_entry *entry)
{
    entry->newer                                                      = NULL;
    entry->older                                                      = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest                                                     = entry;
}

struct chain_entry *chain_cache_find(struct chain_cache *cache, struct ht_bytes key)
{
    uint64_t hash             = ht_hash(key, 0);
    struct chain_entry *entry = *bucket_of(cache, hash);
    while (entry != NULL && (entry->hash != hash || !ht_bytes_equal(entry->key, key))) {
        entry = entry->next;
    }
    if (entry != NULL && entry != cache->newest) {
        unlink_entry(cache, entry);
        link_newest(cache, entry);
    }
    return entry;
}

void chain_cache_add(struct chain_cache *cache, struct chain_entry *entry)
{
    entry->hash                 = ht_hash(entry->key, 0);
    struct chain_entry **bucket = bucket_of(cache, entry->hash);
    entry->next                 = *bucket;
    *bucket                     = entry;
    link_newest(cache, entry);
    cache->cost += entry->cost;
    while (cache->cost > cache->max_cost && cache->oldest != entry &&
           cache->oldest != entry->older) {
        chain_cache_drop(cache, cache->oldest);
    }
}

void chain_cache_drop(struct chain_cache *cache, struct chain_entry *entry)
{
    struct chain_entry **at = bucket_of(cache, entry->hash);
    while (*at != entry) {
        at = &(*at)->next;
    }
    *at = entry->next;
    unlink_entry(cache, entry);
    cache->cost -= entry->cost;
    cache->forget(entry);
}
