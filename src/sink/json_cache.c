#include "sink/json_cache.h"

#include <stdlib.h>

bool ht_json_cache_open(struct ht_json_cache *cache)
{
    *cache = (struct ht_json_cache){.sets = calloc(HT_JSON_CACHE_SETS, sizeof *cache->sets)};
    return cache->sets != NULL;
}

void ht_json_cache_forget(struct ht_json_cache *cache)
{
    for (size_t i = 0; cache->sets != NULL && i < HT_JSON_CACHE_SETS; i++) {
        free(cache->sets[i].fragments[0].bytes);
        free(cache->sets[i].fragments[1].bytes);
        cache->sets[i] = (struct ht_json_set){0};
    }
    cache->last = NULL;
}

void ht_json_cache_close(struct ht_json_cache *cache)
{
    ht_json_cache_forget(cache);
    free(cache->sets);
    cache->sets = NULL;
}

/* The high bits are the best mixed ones. */
static struct ht_json_set *set_of(const struct ht_json_cache *cache, uint64_t hash)
{
    return &cache->sets[(hash >> 40) % HT_JSON_CACHE_SETS];
}

struct ht_bytes ht_json_cache_find(struct ht_json_cache *cache, const void *owner,
                                   struct ht_bytes content, uint64_t hash)
{
    struct ht_json_set *set = set_of(cache, hash);
    for (unsigned i = 0; i < HT_ARRAY_LEN(set->fragments); i++) {
        struct ht_json_fragment *f = &set->fragments[i];
        if (f->hash == hash && ht_json_fragment_is(f, owner, content)) {
            if (cache->last != NULL) {
                cache->last->next = f;
            }
            cache->last = f;
            return ht_json_fragment_rendered(f);
        }
    }
    return ht_bytes(NULL, 0);
}

void ht_json_cache_offer(struct ht_json_cache *cache, const void *owner, struct ht_bytes content,
                         uint64_t hash, struct ht_bytes rendered)
{
    struct ht_json_set *set = set_of(cache, hash);
    bool again              = set->missed == hash;
    set->missed             = hash;
    if (!again || content.len + rendered.len > HT_JSON_FRAGMENT_MAX) {
        return;
    }
    uint8_t *bytes = malloc(content.len + rendered.len);
    if (bytes == NULL) {
        return; /* it is rendered anew, that is all */
    }
    memcpy(bytes, content.ptr, content.len);
    memcpy(bytes + content.len, rendered.ptr, rendered.len);
    free(set->fragments[1].bytes);
    set->fragments[1] = set->fragments[0];
    set->fragments[0] = (struct ht_json_fragment){.owner        = owner,
                                                  .hash         = hash,
                                                  .bytes        = bytes,
                                                  .content_len  = (uint16_t)content.len,
                                                  .rendered_len = (uint16_t)rendered.len};
}
