/*
 * Memory that is needed soon, fetched into the cache while something else is done.
 */
#ifndef HT_BASE_FETCH_H
#define HT_BASE_FETCH_H

#include <stddef.h>

enum { HT_CACHE_LINE = 64 };

/* ht_fetch has the line of the cache fetched in which `at` lies, an address of any kind. Without
 * the empty statement a function that does no more than fetch is, for all that GCC sees, one
 * without effect, and it leaves out the calls of it. */
static inline void ht_fetch(const void *at)
{
    __builtin_prefetch(at);
    __asm__ volatile("");
}

/* ht_fetch_all has `len` bytes fetched. */
static inline void ht_fetch_all(const void *from, size_t len)
{
#pragma GCC unroll 16
    for (size_t at = 0; at < len; at += HT_CACHE_LINE) {
        ht_fetch((const char *)from + at);
    }
}

#endif
