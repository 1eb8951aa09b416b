#include "crypto/digest.h"

#include <openssl/evp.h>

static const EVP_MD *algorithm(enum ht_digest digest)
{
    switch (digest) {
    case HT_MD5:
        return EVP_md5();
    case HT_SHA1:
        return EVP_sha1();
    case HT_SHA256:
        return EVP_sha256();
    }
    return NULL;
}

size_t ht_digest(enum ht_digest digest, uint8_t out[HT_DIGEST_MAX], struct ht_bytes in)
{
    unsigned len = 0;
    return EVP_Digest(in.ptr, in.len, out, &len, algorithm(digest), NULL) == 1 ? len : 0;
}

struct ht_bytes ht_digest_hex(enum ht_digest digest, struct ht_arena *arena, struct ht_bytes in)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t raw[HT_DIGEST_MAX];
    size_t len = ht_digest(digest, raw, in);
    char *out  = ht_arena_alloc(arena, 2 * len);
    for (size_t i = 0; out != NULL && i < len; i++) {
        out[2 * i]     = digits[raw[i] >> 4];
        out[2 * i + 1] = digits[raw[i] & 15];
    }
    return ht_bytes(out, out != NULL ? 2 * len : 0);
}
