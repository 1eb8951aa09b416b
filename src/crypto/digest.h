/*
 * Message digests, by OpenSSL's libcrypto.
 */
#ifndef HT_CRYPTO_DIGEST_H
#define HT_CRYPTO_DIGEST_H

#include "base/arena.h"

enum ht_digest { HT_MD5, HT_SHA1, HT_SHA256 };

enum { HT_DIGEST_MAX = 32 };

/* ht_digest writes the digest of `in` to `out` and returns its length: 16, 20 or 32 bytes; 0 where
 * libcrypto refuses it. */
size_t ht_digest(enum ht_digest digest, uint8_t out[HT_DIGEST_MAX], struct ht_bytes in);

/* ht_digest_hex is the digest of `in` in lower-case hexadecimal, allocated from `arena`; empty
 * where there is no room or libcrypto refuses it. */
struct ht_bytes ht_digest_hex(enum ht_digest digest, struct ht_arena *arena, struct ht_bytes in);

#endif
