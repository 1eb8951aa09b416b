/* A bounded cache: what was used longest ago is forgotten. Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_CACHE_H
#define HT_ANALYSIS_CHAIN_CACHE_H

#include "base/bytes.h"

/* The head of what is kept. */
struct chain_entry {
    struct chain_entry *next; /* of its bucket */
    struct chain_entry *newer, *older;
    struct ht_bytes key; /* the owner's, as long as the entry is kept */
    uint64_t hash;
    size_t cost;
};

struct chain_cache {
    struct chain_entry **buckets;
    size_t num_buckets; /* a power of two */
    struct chain_entry *newest, *oldest;
    size_t cost, max_cost;
    void (*forget)(struct chain_entry *entry); /* frees it */
};

/* chain_cache_init makes a cache of entries whose costs together are up to `max_cost`, but of the
 * two newest at least. False where there is no memory. */
bool chain_cache_init(struct chain_cache *cache, size_t num_buckets, size_t max_cost,
                      void (*forget)(struct chain_entry *entry));

/* chain_cache_fini forgets all; of a cache that is all zero, too. */
void chain_cache_fini(struct chain_cache *cache);

/* chain_cache_find is the entry with this key, now the newest; NULL: there is none. */
struct chain_entry *chain_cache_find(struct chain_cache *cache, struct ht_bytes key);

/* chain_cache_add adds an entry whose key, which is not there yet, and cost are set. */
void chain_cache_add(struct chain_cache *cache, struct chain_entry *entry);

/* chain_cache_drop forgets one. */
void chain_cache_drop(struct chain_cache *cache, struct chain_entry *entry);

#endif
