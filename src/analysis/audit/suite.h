/* What a cipher suite is made of, for the rules. Not for use outside this folder. */
#ifndef HT_ANALYSIS_AUDIT_SUITE_H
#define HT_ANALYSIS_AUDIT_SUITE_H

#include <stdbool.h>
#include <stdint.h>

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
};

/* audit_suite_find is the suite with this number; NULL: none that is known. */
const struct audit_suite *audit_suite_find(uint16_t id);

#endif
