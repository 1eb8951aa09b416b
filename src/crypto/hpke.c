#include "crypto/hpke.h"

#include "crypto/digest.h"

enum { SUITE_ID_LEN = 4 + 3 * 2, LABEL_MAX = 16, CONTEXT_LEN = 1 + 2 * HT_DIGEST_MAX };

static const char version[] = "HPKE-v1";

/* RFC 9180 section 7.3. */
static const struct {
    uint16_t aead;
    enum ht_cipher cipher;
    uint8_t key_len;
} aeads[] = {
    {1, HT_AES_128_GCM, 16},
    {2, HT_AES_256_GCM, 32},
    {3, HT_CHACHA20_POLY1305, 32},
};

/* A key schedule at work. */
struct schedule {
    enum ht_digest digest;
    uint8_t suite_id[SUITE_ID_LEN];
};

static bool begin(struct schedule *out, const struct ht_hpke_suite *suite)
{
    static const enum ht_digest kdfs[] = {HT_SHA256, HT_SHA384, HT_SHA512}; /* section 7.2 */
    const uint16_t ids[]               = {suite->kem, suite->kdf, suite->aead};
    if (suite->kdf == 0 || suite->kdf > HT_ARRAY_LEN(kdfs)) {
        return false;
    }
    out->digest = kdfs[suite->kdf - 1];
    memcpy(out->suite_id, "HPKE", 4);
    for (size_t i = 0; i < HT_ARRAY_LEN(ids); i++) {
        out->suite_id[4 + 2 * i] = (uint8_t)(ids[i] >> 8);
        out->suite_id[5 + 2 * i] = (uint8_t)ids[i];
    }
    return true;
}

static size_t put(uint8_t *to, size_t at, struct ht_bytes bytes)
{
    if (bytes.len > 0) {
        memcpy(to + at, bytes.ptr, bytes.len);
    }
    return at + bytes.len;
}

/* What LabeledExtract and LabeledExpand hash (section 4), from `at` on; returns its end. */
static size_t put_labeled(const struct schedule *s, uint8_t *to, size_t at, const char *label,
                          struct ht_bytes last)
{
    at = put(to, at, ht_text(version));
    at = put(to, at, ht_bytes(s->suite_id, sizeof s->suite_id));
    at = put(to, at, ht_text(label));
    return put(to, at, last);
}

static bool extract(const struct schedule *s, uint8_t out[HT_DIGEST_MAX], struct ht_bytes salt,
                    const char *label, struct ht_bytes input)
{
    uint8_t message[sizeof version + SUITE_ID_LEN + LABEL_MAX + HT_HPKE_INFO_MAX];
    size_t len = put_labeled(s, message, 0, label, input);
    return ht_hmac(s->digest, out, salt, ht_bytes(message, len));
}

/* `len` up to that of the digest, so that the first block of HKDF-Expand is enough. */
static bool expand(const struct schedule *s, uint8_t *out, size_t len, struct ht_bytes secret,
                   const char *label, struct ht_bytes context)
{
    uint8_t message[2 + sizeof version + SUITE_ID_LEN + LABEL_MAX + CONTEXT_LEN + 1];
    uint8_t block[HT_DIGEST_MAX];
    message[0]     = 0;
    message[1]     = (uint8_t)len;
    size_t end     = put_labeled(s, message, 2, label, context);
    message[end++] = 1;
    bool good      = ht_hmac(s->digest, block, secret, ht_bytes(message, end));
    memcpy(out, block, len);
    return good;
}

bool ht_hpke_schedule(struct ht_hpke *out, const struct ht_hpke_suite *suite,
                      struct ht_bytes shared_secret, struct ht_bytes info)
{
    static const uint8_t zeros[HT_DIGEST_MAX]; /* HKDF's salt where there is none */
    struct schedule s;
    uint8_t context[CONTEXT_LEN] = {0 /* mode_base */}, secret[HT_DIGEST_MAX];
    size_t i                     = 0;
    while (i < HT_ARRAY_LEN(aeads) && aeads[i].aead != suite->aead) {
        i++;
    }
    *out = (struct ht_hpke){0};
    if (!begin(&s, suite) || i == HT_ARRAY_LEN(aeads) || info.len > HT_HPKE_INFO_MAX ||
        shared_secret.len == 0 || shared_secret.len > HT_HPKE_SECRET_MAX) {
        return false;
    }
    size_t len                  = ht_digest_len(s.digest);
    const struct ht_bytes none  = ht_bytes(NULL, 0);
    const struct ht_bytes salt  = ht_bytes(zeros, len);
    const struct ht_bytes whole = ht_bytes(context, 1 + 2 * len);
    const struct ht_bytes key   = ht_bytes(secret, len);
    out->cipher                 = aeads[i].cipher;
    return extract(&s, context + 1, salt, "psk_id_hash", none) &&
           extract(&s, context + 1 + len, salt, "info_hash", info) &&
           extract(&s, secret, shared_secret, "secret", none) &&
           expand(&s, out->key, aeads[i].key_len, key, "key", whole) &&
           expand(&s, out->base_nonce, HT_NONCE_LEN, key, "base_nonce", whole);
}

bool ht_hpke_open(const struct ht_hpke *hpke, struct ht_opener *opener, uint64_t sequence,
                  uint8_t *out, struct ht_bytes aad, struct ht_bytes sealed)
{
    const struct ht_sealed what = {sealed, aad, HT_HPKE_TAG_LEN};
    uint8_t nonce[HT_NONCE_LEN];
    memcpy(nonce, hpke->base_nonce, sizeof nonce);
    for (size_t i = 0; i < sizeof sequence; i++) {
        nonce[HT_NONCE_LEN - 1 - i] ^= (uint8_t)(sequence >> (8 * i));
    }
    return ht_open_sealed(opener, hpke->cipher, out, hpke->key, nonce, &what);
}
