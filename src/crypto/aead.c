#include "crypto/aead.h"

#include <limits.h>

#include <openssl/evp.h>

static bool decrypt(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *key, const uint8_t *nonce,
                    struct ht_bytes aad, struct ht_bytes in)
{
    int len = 0;
    return EVP_DecryptInit_ex2(context, EVP_aes_128_gcm(), key, nonce, NULL) == 1 &&
           (aad.len == 0 || EVP_DecryptUpdate(context, NULL, &len, aad.ptr, (int)aad.len) == 1) &&
           (in.len == 0 || EVP_DecryptUpdate(context, out, &len, in.ptr, (int)in.len) == 1);
}

bool ht_aes128_gcm_open(uint8_t *out, const uint8_t key[HT_AES_KEY_LEN],
                        const uint8_t nonce[HT_GCM_NONCE_LEN], struct ht_bytes aad,
                        struct ht_bytes sealed)
{
    uint8_t tag[HT_GCM_TAG_LEN], none;
    int len = 0;
    if (sealed.len < sizeof tag || sealed.len > INT_MAX || aad.len > INT_MAX) {
        return false;
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    struct ht_bytes text    = ht_bytes_head(sealed, sealed.len - sizeof tag);
    memcpy(tag, sealed.ptr + text.len, sizeof tag);
    bool opened = context != NULL && decrypt(context, out, key, nonce, aad, text) &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1 &&
                  EVP_DecryptFinal_ex(context, &none, &len) == 1;
    EVP_CIPHER_CTX_free(context);
    return opened;
}

bool ht_aes128_gcm_decrypt(uint8_t *out, const uint8_t key[HT_AES_KEY_LEN],
                           const uint8_t nonce[HT_GCM_NONCE_LEN], struct ht_bytes cut)
{
    if (cut.len > INT_MAX) {
        return false;
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done = context != NULL && decrypt(context, out, key, nonce, ht_bytes(NULL, 0), cut);
    EVP_CIPHER_CTX_free(context);
    return done;
}

bool ht_aes128_block(uint8_t out[HT_AES_BLOCK_LEN], const uint8_t key[HT_AES_KEY_LEN],
                     const uint8_t in[HT_AES_BLOCK_LEN])
{
    uint8_t block[2 * HT_AES_BLOCK_LEN]; /* libcrypto may write one block more than it is given */
    int len                 = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done               = context != NULL &&
                EVP_EncryptInit_ex2(context, EVP_aes_128_ecb(), key, NULL, NULL) == 1 &&
                EVP_EncryptUpdate(context, block, &len, in, HT_AES_BLOCK_LEN) == 1 &&
                len == HT_AES_BLOCK_LEN;
    EVP_CIPHER_CTX_free(context);
    if (done) {
        memcpy(out, block, HT_AES_BLOCK_LEN);
    }
    return done;
}
