/*
 * Which of many RSA moduli share a prime with another (Heninger et al., "Mining Your Ps and Qs",
 * 2012; Bernstein, "How to find smooth parts of integers", 2004).
 */
#ifndef HT_REPORT_BATCH_GCD_H
#define HT_REPORT_BATCH_GCD_H

#include "base/bytes.h"

enum {
    HT_BATCH_GCD_MAX   = 1024,     /* moduli */
    HT_BATCH_GCD_BYTES = 256 << 10 /* that they should have in all: that takes 3 s */
};

/* ht_batch_gcd sets `shares[i]` where moduli[i], big-endian, has a factor in common with another of
 * the `num` (up to HT_BATCH_GCD_MAX), which are all different. False: no memory. */
bool ht_batch_gcd(const struct ht_bytes *moduli, size_t num, bool *shares);

/* ht_common_factor: two moduli have a factor in common. */
bool ht_common_factor(struct ht_bytes a, struct ht_bytes b);

#endif
