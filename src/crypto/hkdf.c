#include "crypto/hkdf.h"

#include <openssl/evp.h>

static bool hmac(uint8_t out[HT_SECRET_LEN], struct ht_bytes key, struct ht_bytes message)
{
    size_t len = 0;
    return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key.ptr, key.len, message.ptr, message.len,
                     out, HT_SECRET_LEN, &len) != NULL &&
           len == HT_SECRET_LEN;
}

bool ht_hkdf_extract(uint8_t out[HT_SECRET_LEN], struct ht_bytes salt, struct ht_bytes input)
{
    return hmac(out, salt, input);
}

/* What HKDF-Expand hashes for its first block, all that is ever asked for: HkdfLabel, then 1. */
bool ht_hkdf_expand_label(uint8_t *out, size_t len, const uint8_t secret[HT_SECRET_LEN],
                          const char *label)
{
    enum { MAX_LABEL = 32 };
    static const char prefix[] = "tls13 ";
    uint8_t info[2 + 1 + sizeof prefix - 1 + MAX_LABEL + 1 + 1];
    uint8_t block[HT_SECRET_LEN];
    size_t label_len = strlen(label), n = 0;
    if (label_len > MAX_LABEL || len > sizeof block) {
        return false;
    }
    info[n++] = 0;
    info[n++] = (uint8_t)len;
    info[n++] = (uint8_t)(sizeof prefix - 1 + label_len);
    memcpy(info + n, prefix, sizeof prefix - 1);
    n += sizeof prefix - 1;
    memcpy(info + n, label, label_len);
    n += label_len;
    info[n++] = 0; /* no context */
    info[n++] = 1;
    if (!hmac(block, ht_bytes(secret, HT_SECRET_LEN), ht_bytes(info, n))) {
        return false;
    }
    memcpy(out, block, len);
    return true;
}
