/*
 * A hash of bytes for tables in memory. Fast, and without a secret as `seed` easy to collide on
 * purpose: what strangers fill needs a seed they do not know, or a bound on its chains.
 */
#ifndef HT_BASE_HASH_H
#define HT_BASE_HASH_H

#include "base/bytes.h"

static inline uint64_t ht_fold_product(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* ht_mix multiplies and folds: every bit of the input reaches every bit of the result. Unless a
 * factor is zero: where strangers choose both `a` and `b`, each needs a part that they do not know.
 * ht_mix_either does not depend on which of the two comes first. */
static inline uint64_t ht_mix(uint64_t a, uint64_t b)
{
    return ht_fold_product(a ^ UINT64_C(0x9E3779B97F4A7C15), b ^ UINT64_C(0xE7037ED1A0B428DB));
}

static inline uint64_t ht_mix_either(uint64_t a, uint64_t b)
{
    return ht_fold_product(a ^ UINT64_C(0x9E3779B97F4A7C15), b ^ UINT64_C(0x9E3779B97F4A7C15));
}

/* Less than two words, each byte in one of them at least. By loads of a few sizes: what was just
 * copied by bytes cannot be loaded as a whole before it is in the cache. */
static inline void ht_hash_short(struct ht_bytes bytes, uint64_t word[2])
{
    const uint8_t *at = bytes.ptr;
    size_t len        = bytes.len;
    word[0] = word[1] = 0;
    if (len >= sizeof(uint64_t)) {
        memcpy(&word[0], at, sizeof(uint64_t));
        memcpy(&word[1], at + len - sizeof(uint64_t), sizeof(uint64_t));
    } else if (len >= sizeof(uint32_t)) {
        memcpy(&word[0], at, sizeof(uint32_t));
        memcpy(&word[1], at + len - sizeof(uint32_t), sizeof(uint32_t));
    } else if (len > 0) {
        word[0] = at[0];
        word[1] = (uint64_t)at[len / 2] << 8 | at[len - 1];
    }
}

static inline uint64_t ht_hash(struct ht_bytes bytes, uint64_t seed)
{
    uint64_t hash = seed ^ bytes.len, other = seed << 32 | seed >> 32, word[2];
    if (bytes.len < sizeof word) {
        ht_hash_short(bytes, word);
        return ht_mix(hash ^ word[0], other ^ word[1]);
    }
    const uint8_t *last = bytes.ptr + bytes.len - sizeof word;
    for (const uint8_t *at = bytes.ptr; at < last; at += sizeof word) {
        memcpy(word, at, sizeof word);
        hash = ht_mix(hash ^ word[0], other ^ word[1]);
    }
    memcpy(word, last, sizeof word);
    return ht_mix(hash ^ word[0], other ^ word[1]);
}

#endif
