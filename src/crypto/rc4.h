/*
 * RC4, which old records are encrypted with (RFC 6229 has its vectors); libcrypto no longer brings
 * it along.
 */
#ifndef HT_CRYPTO_RC4_H
#define HT_CRYPTO_RC4_H

#include "base/bytes.h"

/* ht_rc4 decrypts `in` to `out` by the key stream from its byte `offset` on; takes time for these
 * bytes too. `key`: 1 to 256 bytes. */
void ht_rc4(uint8_t *out, struct ht_bytes key, size_t offset, struct ht_bytes in);

#endif
