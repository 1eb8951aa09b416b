/*
 * A hash of bytes for tables in memory. Fast, and without a secret as `seed` easy to collide on
 * purpose: what strangers fill needs a seed they do not know, or a bound on its chains.
 */
#ifndef HT_BASE_HASH_H
#define HT_BASE_HASH_H

#include "base/bytes.h"

/* ht_mix multiplies and folds: every bit of the input reaches every bit of the result. Unless a
 * factor is zero: where strangers choose both `a` and `b`, each needs a part that they do not know.
 */
static inline uint64_t ht_mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product =
        (unsigned __int128)(a ^ UINT64_C(0x9E3779B97F4A7C15)) * (b ^ UINT64_C(0xE7037ED1A0B428DB));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t ht_hash(struct ht_bytes bytes, uint64_t seed)
{
    uint64_t hash = seed ^ bytes.len, other = seed << 32 | seed >> 32, word[2];
    while (bytes.len > sizeof word) {
        memcpy(word, bytes.ptr, sizeof word);
        hash  = ht_mix(hash ^ word[0], other ^ word[1]);
        bytes = ht_bytes(bytes.ptr + sizeof word, bytes.len - sizeof word);
    }
    word[0] = word[1] = 0;
    if (bytes.len > 0) {
        memcpy(word, bytes.ptr, bytes.len);
    }
    return ht_mix(hash ^ word[0], other ^ word[1]);
}

#endif
