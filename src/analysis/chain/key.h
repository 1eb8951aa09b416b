/* What is wrong with a public key by itself. Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_KEY_H
#define HT_ANALYSIS_CHAIN_KEY_H

#include "base/bytes.h"

struct x509_st;

struct chain_key {
    bool weak;             /* RSA or DSA of less than 2048 bits, elliptic curves of less than 224 */
    bool roca;             /* its modulus has the fingerprint of Infineon's RSALib */
    bool close_primes;     /* its modulus falls to 100 rounds of Fermat's method */
    uint64_t rsa_exponent; /* 0: no RSA key; UINT64_MAX: more than 64 bits */
};

/* chain_key_is_weak is chain_key_look's `weak` alone. */
bool chain_key_is_weak(const struct x509_st *x509);

/* chain_key_look looks at the certificate's key. */
void chain_key_look(struct chain_key *out, const struct x509_st *x509);

/* chain_key_has_roca: a modulus, big-endian, has the fingerprint that Nemec, Sys, Svenda, Klinec
 * and Matyas describe (CCS 2017): the primes are k * M + (65537^a mod M), M the product of the
 * first primes, so that modulo each of these the modulus is a power of 65537. Of other moduli fewer
 * than one in a hundred million looks so. */
bool chain_key_has_roca(struct ht_bytes modulus);

/* chain_key_has_close_primes: the modulus is a square less than a hundred steps from its root. */
bool chain_key_has_close_primes(struct ht_bytes modulus);

#endif
