/*
 * What a signature costs to check is up to whoever chose the key: from 20 µs to many milliseconds.
 */
#ifndef HT_CRYPTO_EFFORT_H
#define HT_CRYPTO_EFFORT_H

#include <stdbool.h>

/* OpenSSL's EVP_PKEY, by the name that needs no header of its. */
struct evp_pkey_st;

/* ht_key_is_cheap tells whether checking a signature by `key` takes at most a millisecond or so: no
 * RSA key of more than 8192 bits or with a public exponent of more than 64, no DSA key of more than
 * 3072, no elliptic curve over a binary field, or by explicit parameters of more than 384 bits.
 * NULL, a key that nobody knows, is not cheap. Whoever sees what strangers sent checks by no other.
 */
bool ht_key_is_cheap(const struct evp_pkey_st *key);

#endif
