/*
 * The values of key exchange judged, where an audit asks: key shares have the length of their group
 * and are in it, points are on their curve, Diffie-Hellman's numbers and primes are what they must
 * be. What is wrong is written into the events' `faults`.
 */
#ifndef HT_ANALYSIS_VALUES_H
#define HT_ANALYSIS_VALUES_H

#include "analysis/analyzer.h"

extern const struct ht_analyzer ht_values_analyzer; /* after ht_key_exchange_analyzer */

/* ht_values_has_point: a share or public value of this group has a point that is judged. */
bool ht_values_has_point(uint16_t group);

/* ht_values_is_finite_field: the group is one of RFC 7919. */
static inline bool ht_values_is_finite_field(uint16_t group)
{
    enum { FFDHE2048 = 0x0100, FFDHE8192 = 0x0104 };
    return group >= FFDHE2048 && group <= FFDHE8192;
}

#endif
