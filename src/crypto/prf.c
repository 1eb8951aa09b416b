#include "crypto/prf.h"

enum { MAX_SEED = 128, MAX_SECRET = 512 };

/* P_hash(secret, seed), folded into `out` by exclusive or. A(1) = HMAC(seed), A(i) = HMAC(A(i-1));
 * the i'th block is HMAC(A(i) + seed). */
static bool fold(enum ht_digest digest, uint8_t *out, size_t len, struct ht_bytes secret,
                 struct ht_bytes seed)
{
    uint8_t text[HT_DIGEST_MAX + MAX_SEED], block[HT_DIGEST_MAX];
    size_t size       = ht_digest_len(digest);
    struct ht_bytes a = seed;
    for (size_t at = 0; at < len; at += size) {
        if (!ht_hmac(digest, block, secret, a)) {
            return false;
        }
        memcpy(text, block, size);
        memcpy(text + size, seed.ptr, seed.len);
        a = ht_bytes(text, size);
        if (!ht_hmac(digest, block, secret, ht_bytes(text, size + seed.len))) {
            return false;
        }
        for (size_t i = 0; i < size && at + i < len; i++) {
            out[at + i] ^= block[i];
        }
    }
    return true;
}

bool ht_prf(enum ht_prf prf, uint8_t *out, size_t len, struct ht_bytes secret, const char *label,
            struct ht_bytes seed)
{
    uint8_t text[MAX_SEED];
    size_t label_len = strlen(label);
    if (label_len > sizeof text || seed.len > sizeof text - label_len || secret.len > MAX_SECRET) {
        return false;
    }
    memcpy(text, label, label_len);
    if (seed.len > 0) {
        memcpy(text + label_len, seed.ptr, seed.len);
    }
    struct ht_bytes whole = ht_bytes(text, label_len + seed.len);
    memset(out, 0, len);
    if (prf != HT_PRF_MD5_SHA1) {
        return fold(prf == HT_PRF_SHA384 ? HT_SHA384 : HT_SHA256, out, len, secret, whole);
    }
    size_t half = (secret.len + 1) / 2; /* of an odd number of bytes both have the middle one */
    return fold(HT_MD5, out, len, ht_bytes_head(secret, half), whole) &&
           fold(HT_SHA1, out, len, ht_bytes_from(secret, secret.len - half), whole);
}

size_t ht_prf_hash(struct ht_digester *digester, enum ht_prf prf, uint8_t out[HT_DIGEST_MAX],
                   struct ht_bytes messages)
{
    if (prf != HT_PRF_MD5_SHA1) {
        return ht_digest(digester, prf == HT_PRF_SHA384 ? HT_SHA384 : HT_SHA256, out, messages);
    }
    uint8_t sha1[HT_DIGEST_MAX];
    size_t md5_len  = ht_digest(digester, HT_MD5, out, messages);
    size_t sha1_len = ht_digest(digester, HT_SHA1, sha1, messages);
    memcpy(out + md5_len, sha1, sha1_len);
    return md5_len > 0 && sha1_len > 0 ? md5_len + sha1_len : 0;
}
