/*
 * Opens what was sealed with a key that is known: the ciphers of TLS's records. By OpenSSL's
 * libcrypto.
 */
#ifndef HT_CRYPTO_OPENER_H
#define HT_CRYPTO_OPENER_H

#include "base/bytes.h"

enum ht_cipher {
    HT_AES_128_GCM,
    HT_AES_256_GCM,
    HT_AES_128_CCM,
    HT_AES_256_CCM,
    HT_CHACHA20_POLY1305,
    HT_ARIA_128_GCM,
    HT_ARIA_256_GCM,
    HT_AES_128_CBC,
    HT_AES_256_CBC,
    HT_3DES_CBC,
    HT_CAMELLIA_128_CBC,
    HT_CAMELLIA_256_CBC,
    HT_NUM_CIPHERS
};

enum { HT_NONCE_LEN = 12, HT_CIPHER_KEY_MAX = 32, HT_CIPHER_BLOCK_MAX = 16 };

/* What libcrypto keeps for each cipher, made once. Not for use by two threads at once. */
struct ht_opener;

/* ht_opener_new is NULL where there is no memory. */
struct ht_opener *ht_opener_new(void);
void ht_opener_free(struct ht_opener *opener);

/* What was sealed by an AEAD. */
struct ht_sealed {
    struct ht_bytes bytes; /* the last `tag_len` of them are the tag */
    struct ht_bytes aad;   /* proven with them */
    size_t tag_len;
};

/* ht_open_sealed decrypts `sealed` to `out`, which has room for all but its tag; `key` is as long
 * as the cipher's are. False where the tag does not prove key, nonce and all of `sealed`; what is
 * in `out` then means nothing. */
bool ht_open_sealed(struct ht_opener *opener, enum ht_cipher cipher, uint8_t *out,
                    const uint8_t *key, const uint8_t nonce[HT_NONCE_LEN],
                    const struct ht_sealed *sealed);

/* ht_open_blocks decrypts whole blocks of CBC to `out`, padding and all; `iv` is a block long.
 * False where these are no whole blocks, or libcrypto refuses. It proves nothing. */
bool ht_open_blocks(struct ht_opener *opener, enum ht_cipher cipher, uint8_t *out,
                    const uint8_t *key, const uint8_t *iv, struct ht_bytes in);

enum { HT_MASK_LEN = 16 };

/* ht_open_mask makes the mask that hides a packet number (RFC 9001 section 5.4): a block of the
 * AEAD's own block cipher, or of ChaCha20's key stream. False for other ciphers, or where libcrypto
 * refuses. */
bool ht_open_mask(struct ht_opener *opener, enum ht_cipher cipher, uint8_t out[HT_MASK_LEN],
                  const uint8_t *key, const uint8_t sample[HT_MASK_LEN]);

#endif
