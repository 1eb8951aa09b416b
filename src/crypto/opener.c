#include "crypto/opener.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/evp.h>

enum { MAX_TAG = 16 };

static const char *const names[HT_NUM_CIPHERS] = {
    [HT_AES_128_GCM]       = "AES-128-GCM",
    [HT_AES_256_GCM]       = "AES-256-GCM",
    [HT_AES_128_CCM]       = "AES-128-CCM",
    [HT_AES_256_CCM]       = "AES-256-CCM",
    [HT_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
    [HT_ARIA_128_GCM]      = "ARIA-128-GCM",
    [HT_ARIA_256_GCM]      = "ARIA-256-GCM",
    [HT_AES_128_CBC]       = "AES-128-CBC",
    [HT_AES_256_CBC]       = "AES-256-CBC",
    [HT_3DES_CBC]          = "DES-EDE3-CBC",
    [HT_CAMELLIA_128_CBC]  = "CAMELLIA-128-CBC",
    [HT_CAMELLIA_256_CBC]  = "CAMELLIA-256-CBC",
};

/* A context for each cipher: one that changes its cipher allocates anew. */
struct ht_opener {
    EVP_CIPHER *ciphers[HT_NUM_CIPHERS]; /* NULL: libcrypto does not offer it */
    EVP_CIPHER_CTX *contexts[HT_NUM_CIPHERS];
    EVP_CIPHER_CTX *masks;
};

struct ht_opener *ht_opener_new(void)
{
    struct ht_opener *opener = calloc(1, sizeof *opener);
    bool made                = opener != NULL && (opener->masks = EVP_CIPHER_CTX_new()) != NULL;
    for (size_t i = 0; made && i < HT_NUM_CIPHERS; i++) {
        opener->ciphers[i]  = EVP_CIPHER_fetch(NULL, names[i], NULL);
        opener->contexts[i] = EVP_CIPHER_CTX_new();
        made                = opener->contexts[i] != NULL;
    }
    if (!made) {
        ht_opener_free(opener);
        return NULL;
    }
    return opener;
}

void ht_opener_free(struct ht_opener *opener)
{
    for (size_t i = 0; opener != NULL && i < HT_NUM_CIPHERS; i++) {
        EVP_CIPHER_CTX_free(opener->contexts[i]);
        EVP_CIPHER_free(opener->ciphers[i]);
    }
    if (opener != NULL) {
        EVP_CIPHER_CTX_free(opener->masks);
    }
    free(opener);
}

static bool is_ccm(enum ht_cipher cipher)
{
    return cipher == HT_AES_128_CCM || cipher == HT_AES_256_CCM;
}

static bool set_tag(EVP_CIPHER_CTX *context, struct ht_bytes tag)
{
    uint8_t copy[MAX_TAG]; /* libcrypto takes no constant */
    memcpy(copy, tag.ptr, tag.len);
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)tag.len, copy) == 1;
}

static bool add_aad(EVP_CIPHER_CTX *context, struct ht_bytes aad)
{
    int len = 0;
    return aad.len == 0 || EVP_DecryptUpdate(context, NULL, &len, aad.ptr, (int)aad.len) == 1;
}

/* What libcrypto is given, taken apart. */
struct parts {
    const uint8_t *key, *nonce;
    struct ht_bytes aad, text, tag;
};

/* CCM must know the tag and the length first, and is proven by the one call that decrypts (NIST SP
 * 800-38C). */
static bool open_ccm(EVP_CIPHER_CTX *context, uint8_t *out, const struct parts *p)
{
    int len = 0;
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, HT_NONCE_LEN, NULL) == 1 &&
           set_tag(context, p->tag) &&
           EVP_DecryptInit_ex2(context, NULL, p->key, p->nonce, NULL) == 1 &&
           EVP_DecryptUpdate(context, NULL, &len, NULL, (int)p->text.len) == 1 &&
           add_aad(context, p->aad) &&
           EVP_DecryptUpdate(context, out, &len, p->text.ptr, (int)p->text.len) == 1;
}

static bool open_other(EVP_CIPHER_CTX *context, uint8_t *out, const struct parts *p)
{
    uint8_t none[HT_CIPHER_BLOCK_MAX];
    int len = 0;
    return EVP_DecryptInit_ex2(context, NULL, p->key, p->nonce, NULL) == 1 &&
           add_aad(context, p->aad) &&
           (p->text.len == 0 ||
            EVP_DecryptUpdate(context, out, &len, p->text.ptr, (int)p->text.len) == 1) &&
           set_tag(context, p->tag) && EVP_DecryptFinal_ex(context, none, &len) == 1;
}

bool ht_open_sealed(struct ht_opener *opener, enum ht_cipher cipher, uint8_t *out,
                    const uint8_t *key, const uint8_t nonce[HT_NONCE_LEN],
                    const struct ht_sealed *sealed)
{
    EVP_CIPHER_CTX *context = opener->contexts[cipher];
    if (opener->ciphers[cipher] == NULL || sealed->bytes.len < sealed->tag_len ||
        sealed->tag_len > MAX_TAG || sealed->bytes.len > INT_MAX || sealed->aad.len > INT_MAX ||
        EVP_DecryptInit_ex2(context, opener->ciphers[cipher], NULL, NULL, NULL) != 1) {
        return false;
    }
    size_t len           = sealed->bytes.len - sealed->tag_len;
    const struct parts p = {.key   = key,
                            .nonce = nonce,
                            .aad   = sealed->aad,
                            .text  = ht_bytes_head(sealed->bytes, len),
                            .tag   = ht_bytes_from(sealed->bytes, len)};
    return is_ccm(cipher) ? open_ccm(context, out, &p) : open_other(context, out, &p);
}

bool ht_open_blocks(struct ht_opener *opener, enum ht_cipher cipher, uint8_t *out,
                    const uint8_t *key, const uint8_t *iv, struct ht_bytes in)
{
    EVP_CIPHER_CTX *context = opener->contexts[cipher];
    int len                 = 0;
    return opener->ciphers[cipher] != NULL && in.len <= INT_MAX &&
           EVP_DecryptInit_ex2(context, opener->ciphers[cipher], key, iv, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
           EVP_DecryptUpdate(context, out, &len, in.ptr, (int)in.len) == 1 && (size_t)len == in.len;
}

static const EVP_CIPHER *mask_cipher(enum ht_cipher cipher)
{
    bool aes128 = cipher == HT_AES_128_GCM || cipher == HT_AES_128_CCM;
    bool aes256 = cipher == HT_AES_256_GCM || cipher == HT_AES_256_CCM;
    if (cipher == HT_CHACHA20_POLY1305) {
        return EVP_chacha20();
    }
    return aes128 ? EVP_aes_128_ecb() : aes256 ? EVP_aes_256_ecb() : NULL;
}

/* For ChaCha20 the sample is counter and nonce, as libcrypto takes them, and zeros are encrypted.
 */
bool ht_open_mask(struct ht_opener *opener, enum ht_cipher cipher, uint8_t out[HT_MASK_LEN],
                  const uint8_t *key, const uint8_t sample[HT_MASK_LEN])
{
    static const uint8_t zeros[HT_MASK_LEN];
    uint8_t block[2 * HT_MASK_LEN]; /* libcrypto may write one block more than it is given */
    const EVP_CIPHER *by = mask_cipher(cipher);
    bool stream          = cipher == HT_CHACHA20_POLY1305;
    int len              = 0;
    if (by == NULL ||
        EVP_EncryptInit_ex2(opener->masks, by, key, stream ? sample : NULL, NULL) != 1 ||
        EVP_EncryptUpdate(opener->masks, block, &len, stream ? zeros : sample, HT_MASK_LEN) != 1 ||
        len != HT_MASK_LEN) {
        return false;
    }
    memcpy(out, block, HT_MASK_LEN);
    return true;
}
