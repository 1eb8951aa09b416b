/*
 * The pseudorandom function of TLS 1.0 to 1.2 (RFC 2246 section 5, RFC 5246 section 5).
 */
#ifndef HT_CRYPTO_PRF_H
#define HT_CRYPTO_PRF_H

#include "crypto/digest.h"

enum ht_prf {
    HT_PRF_MD5_SHA1, /* of TLS 1.0 and 1.1 */
    HT_PRF_SHA256,
    HT_PRF_SHA384
};

/* ht_prf writes the first `len` bytes of PRF(secret, label, seed) to `out`. False where `label` and
 * `seed` are more than 128 bytes together, the secret more than 512, or libcrypto refuses. */
bool ht_prf(enum ht_prf prf, uint8_t *out, size_t len, struct ht_bytes secret, const char *label,
            struct ht_bytes seed);

/* ht_prf_hash writes what Finished says of a handshake's messages before the PRF: their digest, or
 * with HT_PRF_MD5_SHA1 both digests. Returns its length; 0 where libcrypto refuses. `digester` may
 * be NULL. */
size_t ht_prf_hash(struct ht_digester *digester, enum ht_prf prf, uint8_t out[HT_DIGEST_MAX],
                   struct ht_bytes messages);

#endif
