/*
 * AES-128 as QUIC's Initial packets use it: GCM to open what was sealed, one block to make a mask.
 * By OpenSSL's libcrypto.
 */
#ifndef HT_CRYPTO_AEAD_H
#define HT_CRYPTO_AEAD_H

#include "base/bytes.h"

enum { HT_AES_KEY_LEN = 16, HT_AES_BLOCK_LEN = 16, HT_GCM_NONCE_LEN = 12, HT_GCM_TAG_LEN = 16 };

/* ht_aes128_gcm_open decrypts `sealed` (NIST SP 800-38D, its tag in its last 16 bytes) to `out`,
 * which has room for `sealed.len` minus the tag. False where the tag does not prove key, nonce,
 * `aad` and `sealed`; what is in `out` then means nothing. */
bool ht_aes128_gcm_open(uint8_t *out, const uint8_t key[HT_AES_KEY_LEN],
                        const uint8_t nonce[HT_GCM_NONCE_LEN], struct ht_bytes aad,
                        struct ht_bytes sealed);

/* ht_aes128_gcm_decrypt decrypts the first bytes of what was sealed, without any proof: for what
 * was cut before its tag. `out` has room for `cut.len`. */
bool ht_aes128_gcm_decrypt(uint8_t *out, const uint8_t key[HT_AES_KEY_LEN],
                           const uint8_t nonce[HT_GCM_NONCE_LEN], struct ht_bytes cut);

/* ht_aes128_block encrypts one block (FIPS 197). */
bool ht_aes128_block(uint8_t out[HT_AES_BLOCK_LEN], const uint8_t key[HT_AES_KEY_LEN],
                     const uint8_t in[HT_AES_BLOCK_LEN]);

#endif
