#include "sink/json_cache.h"

#include <stdlib.h>

bool ht_json_cache_open(struct ht_json_cache *cache)
{
    cache->sets = calloc(HT_JSON_CACHE_SETS, sizeof *cache->sets);
    return cache->sets != NULL;
}

void ht_json_cache_forget(struct ht_json_cache *cache)
{
    for (size_t i = 0; cache->sets != NULL && i < HT_JSON_CACHE_SETS; i++) {
        free(cache->sets[i].fragments[0].bytes);
        free(cache->sets[i].fragments[1].bytes);
        cache->sets[i] = (struct ht_json_set){0};
    }
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

static bool holds(const struct ht_json_fragment *f, const void *owner, struct ht_bytes content,
                  uint64_t hash)
{
    return f->hash == hash && f->owner == owner && f->content_len == content.len &&
           memcmp(f->bytes, content.ptr, content.len) == 0;
}

struct ht_bytes ht_json_cache_find(const struct ht_json_cache *cache, const void *owner,
                                   struct ht_bytes content, uint64_t hash)
{
    const struct ht_json_set *set = set_of(cache, hash);
    for (unsigned i = 0; i < HT_ARRAY_LEN(set->fragments); i++) {
        const struct ht_json_fragment *f = &set->fragments[i];
        if (holds(f, owner, content, hash)) {
            return ht_bytes(f->bytes + f->content_len, f->rendered_len);
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
