/*
 * The public values of key exchange, judged: whether numbers and points are in their groups, and
 * primes are what they must be. By OpenSSL's libcrypto.
 */
#ifndef HT_CRYPTO_PUBLIC_VALUE_H
#define HT_CRYPTO_PUBLIC_VALUE_H

#include "base/bytes.h"

enum { HT_PRIME_MAX_BITS = 4096 /* longer ones would take minutes */ };

enum ht_prime {
    HT_PRIME_UNKNOWN, /* too long, or no memory */
    HT_PRIME_SAFE,    /* p and (p-1)/2 are prime (RFC 7919 section 3) */
    HT_PRIME_UNSAFE,  /* p is */
    HT_PRIME_COMPOSITE
};

/* ht_prime_judge looks at a big-endian number; one that is prime, of 4096 bits, takes seconds. */
enum ht_prime ht_prime_judge(struct ht_bytes number);

/* ht_dh_value_fault is what is wrong with a public value or a generator in the field of `prime`
 * (RFC 7919 section 5.1): "0", "1", "p-1", "p or more"; NULL: nothing. Big-endian numbers. With an
 * empty prime only 0 and 1 are seen. */
const char *ht_dh_value_fault(struct ht_bytes value, struct ht_bytes prime);

/* The curves of named groups, loaded when they are first needed. */
struct ht_curves;

struct ht_curves *ht_curves_new(void); /* NULL: no memory */
void ht_curves_free(struct ht_curves *curves);

/* ht_point_fault is what is wrong with a public key of `group`, by its number in TLS (RFC 8422
 * sections 5.4 and 5.11, RFC 7748 section 6): "is not on the curve", "is of low order" …; NULL:
 * nothing, or the group is not known here. */
const char *ht_point_fault(struct ht_curves *curves, uint16_t group, struct ht_bytes point);

/* ht_point_is_judged: the group is known here. */
bool ht_point_is_judged(uint16_t group);

#endif
