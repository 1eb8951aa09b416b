#include "crypto/hkdf.h"

bool ht_hkdf_extract(uint8_t out[HT_SECRET_LEN], struct ht_bytes salt, struct ht_bytes input)
{
    uint8_t secret[HT_DIGEST_MAX];
    if (!ht_hmac(HT_SHA256, secret, salt, input)) {
        return false;
    }
    memcpy(out, secret, HT_SECRET_LEN);
    return true;
}

enum { PREFIX_LEN = 6, MAX_LABEL = 32 };

/* HkdfLabel without its length. */
struct label {
    const char *prefix, *text;
    struct ht_bytes context;
};

/* What HKDF-Expand hashes for its first block, all that is ever asked for: HkdfLabel, then 1. */
static bool expand(enum ht_digest digest, uint8_t *out, size_t len, struct ht_bytes secret,
                   const struct label *label)
{
    uint8_t info[2 + 1 + PREFIX_LEN + MAX_LABEL + 1 + HT_DIGEST_MAX + 1];
    uint8_t block[HT_DIGEST_MAX];
    size_t label_len = strlen(label->text), n = 0;
    if (label_len > MAX_LABEL || label->context.len > HT_DIGEST_MAX ||
        len > ht_digest_len(digest)) {
        return false;
    }
    info[n++] = 0;
    info[n++] = (uint8_t)len;
    info[n++] = (uint8_t)(PREFIX_LEN + label_len);
    memcpy(info + n, label->prefix, PREFIX_LEN);
    n += PREFIX_LEN;
    memcpy(info + n, label->text, label_len);
    n += label_len;
    info[n++] = (uint8_t)label->context.len;
    if (label->context.len > 0) {
        memcpy(info + n, label->context.ptr, label->context.len);
    }
    n += label->context.len;
    info[n++] = 1;
    if (!ht_hmac(digest, block, secret, ht_bytes(info, n))) {
        return false;
    }
    memcpy(out, block, len);
    return true;
}

bool ht_hkdf_expand_label(enum ht_digest digest, uint8_t *out, size_t len, struct ht_bytes secret,
                          const char *label)
{
    return ht_hkdf_expand_label_context(digest, out, len, secret, label, ht_bytes(NULL, 0));
}

bool ht_hkdf_expand_label_context(enum ht_digest digest, uint8_t *out, size_t len,
                                  struct ht_bytes secret, const char *label,
                                  struct ht_bytes context)
{
    const struct label whole = {"tls13 ", label, context};
    return expand(digest, out, len, secret, &whole);
}

bool ht_hkdf_expand_label_dtls(enum ht_digest digest, uint8_t *out, size_t len,
                               struct ht_bytes secret, const char *label)
{
    const struct label whole = {"dtls13", label, ht_bytes(NULL, 0)};
    return expand(digest, out, len, secret, &whole);
}
