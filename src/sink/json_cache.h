/*
 * What repeats is rendered once: the same client offers the same cipher suites in every hello. The
 * cache maps the content of a field to the characters that it became.
 *
 * It owns copies of both and compares the content, so that neither the lifetime of an event nor a
 * collision of hashes matters. It is bounded: HT_JSON_CACHE_SETS sets of two fragments, none larger
 * than HT_JSON_FRAGMENT_MAX. A fragment is kept when its content comes the second time in a row of
 * its set, so that what never repeats (a browser that shuffles its extensions) costs no copy and
 * drives nothing out.
 */
#ifndef HT_SINK_JSON_CACHE_H
#define HT_SINK_JSON_CACHE_H

#include "base/bytes.h"
#include "base/fetch.h"
#include "base/hash.h"

#include <string.h>

enum { HT_JSON_CACHE_SETS = 1024, HT_JSON_FRAGMENT_MAX = 4096 };

struct ht_json_fragment {
    const void *owner;
    uint64_t hash;
    uint8_t *bytes; /* the content, then its rendering; NULL: empty */
    uint16_t content_len, rendered_len;
    struct ht_json_fragment *next; /* where what was found after this one was, last */
};

struct ht_json_set {
    struct ht_json_fragment fragments[2]; /* the newer one first */
    uint64_t missed;                      /* the hash that was looked for last in vain */
};

/* Zeroed but for `sets` is empty. */
struct ht_json_cache {
    struct ht_json_set *sets;      /* HT_JSON_CACHE_SETS of them */
    struct ht_json_fragment *last; /* that was found */
};

/* ht_json_cache_open returns false where there is no memory. */
bool ht_json_cache_open(struct ht_json_cache *cache);
void ht_json_cache_close(struct ht_json_cache *cache);

/* ht_json_cache_forget forgets all that it holds. */
void ht_json_cache_forget(struct ht_json_cache *cache);

/* ht_json_cache_hash is the hash of a content, for the two functions below: of its head, middle and
 * end, for the content is compared anyway. Not keyed: who makes contents collide only has them
 * rendered anew. */
static inline uint64_t ht_json_cache_hash(const void *owner, struct ht_bytes content)
{
    uint64_t head, middle, end;
    if (content.len < sizeof head) {
        return ht_hash(content, (uintptr_t)owner);
    }
    size_t last = content.len - sizeof head;
    memcpy(&head, content.ptr, sizeof head);
    memcpy(&middle, content.ptr + last / 2, sizeof middle);
    memcpy(&end, content.ptr + last, sizeof end);
    return ht_mix(head ^ content.len ^ (uintptr_t)owner,
                  end ^ middle * UINT64_C(0x9E3779B97F4A7C15));
}

static inline bool ht_json_fragment_is(const struct ht_json_fragment *f, const void *owner,
                                       struct ht_bytes content)
{
    return f->owner == owner && f->content_len == content.len &&
           memcmp(f->bytes, content.ptr, content.len) == 0;
}

static inline struct ht_bytes ht_json_fragment_rendered(const struct ht_json_fragment *f)
{
    return ht_bytes(f->bytes + f->content_len, f->rendered_len);
}

/* ht_json_cache_find returns the rendering of the content; empty where it is not held. `owner`
 * tells fields with equal contents apart. The view holds until the next ht_json_cache_offer. */
struct ht_bytes ht_json_cache_find(struct ht_json_cache *cache, const void *owner,
                                   struct ht_bytes content, uint64_t hash);

/* ht_json_cache_next is ht_json_cache_find where the fragment is the one that came after the last
 * one before, too, as those of a hello do; else empty. The one after it is fetched ahead. */
static inline struct ht_bytes ht_json_cache_next(struct ht_json_cache *cache, const void *owner,
                                                 struct ht_bytes content)
{
    struct ht_json_fragment *f = cache->last != NULL ? cache->last->next : NULL;
    if (f == NULL || !ht_json_fragment_is(f, owner, content)) {
        return ht_bytes(NULL, 0);
    }
    cache->last = f;
    if (f->next != NULL) {
        ht_fetch(f->next->bytes);
    }
    return ht_json_fragment_rendered(f);
}

/* ht_json_cache_offer tells of a content that was not found, and of its rendering. */
void ht_json_cache_offer(struct ht_json_cache *cache, const void *owner, struct ht_bytes content,
                         uint64_t hash, struct ht_bytes rendered);

#endif
