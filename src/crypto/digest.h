/*
 * Message digests, by OpenSSL's libcrypto.
 */
#ifndef HT_CRYPTO_DIGEST_H
#define HT_CRYPTO_DIGEST_H

#include "base/arena.h"

enum ht_digest { HT_MD5, HT_SHA1, HT_SHA256, HT_SHA384, HT_SHA512 };

enum { HT_DIGEST_MAX = 64 };

/* What libcrypto else looks up and allocates for each digest anew, which for a short text costs
 * more than the digest. Not for use by two threads at once. */
struct ht_digester;

/* ht_digester_new is NULL where there is no memory. */
struct ht_digester *ht_digester_new(void);
void ht_digester_free(struct ht_digester *digester);

/* ht_digest writes the digest of `in` to `out`, which has room for it, and returns its length: 16,
 * 20, 32, 48 or 64 bytes; 0 where libcrypto refuses it. Without a digester (NULL) it is the same
 * but slower. */
size_t ht_digest(struct ht_digester *digester, enum ht_digest digest, uint8_t *out,
                 struct ht_bytes in);

/* ht_digest_hex is the digest of `in` in lower-case hexadecimal, allocated from `arena`; empty
 * where there is no room or libcrypto refuses it. */
struct ht_bytes ht_digest_hex(struct ht_digester *digester, enum ht_digest digest,
                              struct ht_arena *arena, struct ht_bytes in);

/* ht_digest_len is the length of what it makes. */
size_t ht_digest_len(enum ht_digest digest);

/* ht_hmac writes HMAC (RFC 2104) of `message` to `out`; false where libcrypto refuses it. */
bool ht_hmac(enum ht_digest digest, uint8_t out[HT_DIGEST_MAX], struct ht_bytes key,
             struct ht_bytes message);

#endif
