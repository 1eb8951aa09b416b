/* What a cipher suite is made of, for rules of one connection and across them. */
#ifndef HT_ANALYSIS_AUDIT_SUITE_H
#define HT_ANALYSIS_AUDIT_SUITE_H

#include "base/bytes.h"

/* What a client should not offer, a bit each. */
enum {
    AUDIT_SUITE_NULL       = 1,
    AUDIT_SUITE_ANONYMOUS  = 2,
    AUDIT_SUITE_EXPORT     = 4,
    AUDIT_SUITE_WEAK       = 8, /* RC4, DES, 3DES, RC2, IDEA, or HMAC-MD5 */
    AUDIT_SUITE_STATIC_RSA = 16
};

/* Words as in the registry: "ECDHE", "RSA", "anon", "AES", "CBC", "HMAC-SHA1" … ; "" where there is
 * none. */
struct audit_suite {
    uint16_t id;
    const char *name;
    const char *key_exchange, *authentication, *cipher, *mode, *mac;
    const char *grade;      /* recommended, acceptable, legacy, weak, insecure */
    uint16_t strength_bits; /* of the cipher, effective */
    uint8_t block_bits;     /* 0: a stream cipher */
    uint8_t tag_bits;       /* of an AEAD */
    bool aead, forward_secrecy, export_grade;
    bool registered;  /* by IANA */
    char recommended; /* by IANA: Y, N, D */
    uint8_t kinds;    /* AUDIT_SUITE_NULL … */
};

/* audit_suite_find is the suite with this number; NULL: none that is known. From registry/
 * cipher_suites.csv, which has what IANA registers, and what others use without asking. */
const struct audit_suite *audit_suite_find(uint16_t id);

/* audit_suite_kinds is of what kinds those in a list of uint16 are: all their bits. */
unsigned audit_suite_kinds(struct ht_bytes suites);

/* audit_suite_rank is how good its grade is, from 0 for insecure to 4 for recommended; -1: it has
 * no grade, or `suite` is NULL. */
int audit_suite_rank(const struct audit_suite *suite);

#endif
