/*
 * Cryptographic algorithms as a bill of materials names them (CycloneDX 1.7): what a cipher suite,
 * a group, a signature or a public key is made of, and how strong that is.
 */
#ifndef HT_REPORT_CBOM_ALGORITHMS_H
#define HT_REPORT_CBOM_ALGORITHMS_H

#include "base/bytes.h"

/* Words are CycloneDX's where it has a list of them; absent: "". */
struct ht_cbom_algorithm {
    char name[48]; /* "AES-128-GCM" */
    const char *primitive;
    const char *family;     /* algorithmFamily */
    const char *parameters; /* of parameterSetIdentifier; "": `bits` of them, where not 0 */
    const char *mode, *padding;
    const char *functions; /* separated by spaces */
    const char *parts[2];  /* the names of the groups that a hybrid combines; NULL: of none */
    char curve[32];        /* ellipticCurve */
    unsigned bits;         /* of a key or a parameter */
    unsigned classical;    /* security level in bits; 0: not said */
    unsigned category; /* NIST's category of strength against quantum computers, plus one; 0: not
                        * said */
};

enum { HT_CBOM_SUITE_MAX = 3 };

/* ht_cbom_suite fills in the algorithms that the suite of that name (IANA's) stands for and returns
 * how many: key exchange, cipher, hash or MAC, as far as its name says them. */
size_t ht_cbom_suite(const char *name, struct ht_cbom_algorithm out[HT_CBOM_SUITE_MAX]);

/* ht_cbom_group: key exchange in the group of that name (IANA's). False: nothing is known of it,
 * and `out` has its name only. */
bool ht_cbom_group(const char *name, struct ht_cbom_algorithm *out);

/* ht_cbom_signature: a signature scheme of TLS ("rsa_pss_rsae_sha256") or the signature algorithm
 * of a certificate ("sha256WithRSAEncryption"). False as for ht_cbom_group. */
bool ht_cbom_signature(const char *name, struct ht_cbom_algorithm *out);

/* ht_cbom_key: what a public key of that type ("RSA", "EC", "Ed25519" …), size and curve (as TLS
 * names it; "" for none) is for. False as for ht_cbom_group. */
bool ht_cbom_key(const char *type, unsigned bits, const char *curve, struct ht_cbom_algorithm *out);

#endif
