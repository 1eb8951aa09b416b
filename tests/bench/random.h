/*
 * Numbers that look random and depend on a seed alone, so that a capture can be made again.
 */
#ifndef HT_BENCH_RANDOM_H
#define HT_BENCH_RANDOM_H

#include <stdint.h>

/* mix scatters the bits of `x`: a bijection (splitmix64's finisher, Steele et al. 2014). */
static inline uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *r)
{
    return mix(r->state++);
}

/* random_below is a number from 0 to `bound` - 1; 0 where `bound` is 0. */
static inline uint32_t random_below(struct random *r, uint32_t bound)
{
    return (uint32_t)((random_next(r) >> 32) * bound >> 32);
}

#endif
