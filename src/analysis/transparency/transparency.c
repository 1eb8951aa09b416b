/*
 * SCTs of RFC 6962 and what is signed in them, by libcrypto's certificates and signatures.
 */
#include "analysis/transparency/transparency.h"

#include "tls/sct.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

enum {
    V1             = 0,
    X509_ENTRY     = 0, /* LogEntryType */
    PRECERT_ENTRY  = 1,
    ECDSA_SHA256   = 0x0403,
    RSA_SHA256     = 0x0401,
    MILLISECOND_NS = 1000000
};

struct ht_bytes ht_sct_list_unwrap(struct ht_bytes extension_value)
{
    enum { OCTET_STRING = 0x04, LONG_FORM = 0x80 };
    struct ht_reader r = ht_reader(extension_value);
    uint8_t tag        = rd_u8(&r);
    size_t len         = rd_u8(&r);
    if (len > LONG_FORM && len <= LONG_FORM + sizeof(uint32_t)) {
        len = (size_t)rd_uint(&r, (unsigned)len - LONG_FORM);
    }
    struct ht_bytes list = rd_take(&r, len);
    return tag == OCTET_STRING && rd_done(&r) ? list : ht_bytes(NULL, 0);
}

/* What a log took in: the certificate, or what becomes of it without its SCTs. */
struct entry {
    uint8_t head[2 + SHA256_DIGEST_LENGTH + 3]; /* LogEntryType, issuer_key_hash, length */
    size_t head_len;
    struct ht_bytes body;
    uint8_t *owned; /* the body, where libcrypto made it */
};

static void put(struct entry *entry, uint64_t value, unsigned width)
{
    while (width-- > 0) {
        entry->head[entry->head_len++] = (uint8_t)(value >> 8 * width);
    }
}

static bool put_key_hash(struct entry *entry, X509 *issuer)
{
    uint8_t *der    = NULL;
    unsigned digest = 0;
    int len         = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(issuer), &der);
    bool done = len > 0 && EVP_Digest(der, (size_t)len, entry->head + entry->head_len, &digest,
                                      EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    entry->head_len += digest;
    return done;
}

/* The TBSCertificate that the log saw: as issued, but for the SCTs. */
static bool strip_scts(X509 *leaf, struct entry *entry)
{
    X509 *copy = X509_dup(leaf);
    int at     = copy != NULL ? X509_get_ext_by_NID(copy, NID_ct_precert_scts, -1) : -1;
    int len    = -1;
    if (at >= 0) {
        X509_EXTENSION_free(X509_delete_ext(copy, at));
        len = i2d_re_X509_tbs(copy, &entry->owned);
    }
    X509_free(copy);
    entry->body = ht_bytes(entry->owned, len > 0 ? (size_t)len : 0);
    return len > 0;
}

/* False where it cannot be made: of an embedded SCT the issuer must be known. */
static bool make_entry(const struct ht_sct_subject *subject, struct entry *out)
{
    *out = (struct entry){.body = subject->leaf->der};
    put(out, subject->embedded ? PRECERT_ENTRY : X509_ENTRY, 2);
    if (subject->embedded &&
        (subject->leaf->x509 == NULL || subject->issuer->x509 == NULL ||
         !put_key_hash(out, subject->issuer->x509) || !strip_scts(subject->leaf->x509, out))) {
        return false;
    }
    put(out, out->body.len, 3);
    return out->body.len > 0;
}

static EVP_PKEY *key_of(const struct ht_ct_log *log, const struct tls_sct *sct)
{
    const uint8_t *at = log->key.ptr;
    EVP_PKEY *key     = d2i_PUBKEY(NULL, &at, (long)log->key.len);
    int type          = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    bool fits         = (type == EVP_PKEY_EC && sct->signature_scheme.id == ECDSA_SHA256) ||
                (type == EVP_PKEY_RSA && sct->signature_scheme.id == RSA_SHA256);
    if (!fits) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* digitally-signed struct {
 *     Version sct_version;                           v1
 *     SignatureType signature_type;                  certificate_timestamp (0)
 *     uint64 timestamp;
 *     LogEntryType entry_type;
 *     select (entry_type) {
 *         case x509_entry: ASN.1Cert;                opaque<1..2^24-1>
 *         case precert_entry: PreCert;               opaque issuer_key_hash[32],
 *     } signed_entry;                                opaque TBSCertificate<1..2^24-1>
 *     CtExtensions extensions;                       opaque<0..2^16-1>
 * };                                                 (RFC 6962 section 3.2)
 */
static bool is_signed(const struct ht_ct_log *log, const struct tls_sct *sct,
                      const struct entry *entry)
{
    uint8_t start[10] = {V1, 0};
    uint8_t length[2] = {(uint8_t)(sct->extensions.len >> 8), (uint8_t)sct->extensions.len};
    uint64_t time_ms  = (uint64_t)(sct->time_ns / MILLISECOND_NS);
    for (unsigned i = 0; i < 8; i++) {
        start[2 + i] = (uint8_t)(time_ms >> (56 - 8 * i));
    }
    EVP_PKEY *key   = key_of(log, sct);
    EVP_MD_CTX *ctx = key != NULL ? EVP_MD_CTX_new() : NULL;
    bool good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerifyUpdate(ctx, start, sizeof start) == 1 &&
                EVP_DigestVerifyUpdate(ctx, entry->head, entry->head_len) == 1 &&
                EVP_DigestVerifyUpdate(ctx, entry->body.ptr, entry->body.len) == 1 &&
                EVP_DigestVerifyUpdate(ctx, length, sizeof length) == 1 &&
                EVP_DigestVerifyUpdate(ctx, sct->extensions.ptr, sct->extensions.len) == 1 &&
                EVP_DigestVerifyFinal(ctx, sct->signature.ptr, sct->signature.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

static const char *judge(const struct ht_ct_logs *logs, const struct tls_sct *sct,
                         const struct entry *entry)
{
    const struct ht_ct_log *log = ht_ct_log_find(logs, sct->log_id);
    if (log == NULL) {
        return "unknown_log";
    }
    return is_signed(log, sct, entry) ? "valid" : "invalid";
}

size_t ht_scts_check(const struct ht_ct_logs *logs, struct ht_bytes list,
                     const struct ht_sct_subject *subject, struct ht_sct_outcome *out, size_t max)
{
    struct ht_arena scratch = {0};
    struct ht_objects scts  = {0};
    struct entry entry      = {0};
    size_t num              = 0;
    (void)ERR_set_mark();
    (void)tls_sct_list_parse(list, &scratch, &scts);
    bool checked = logs != NULL && scts.len > 0 && make_entry(subject, &entry);
    for (size_t i = 0; i < scts.len && num < max; i++) {
        const struct tls_sct *sct = (const struct tls_sct *)scts.items + i;
        if (sct->log_id.len != HT_SCT_LOG_ID_LEN) {
            continue;
        }
        out[num] = (struct ht_sct_outcome){.time_ns = sct->time_ns,
                                           .verdict = checked ? judge(logs, sct, &entry) : NULL};
        memcpy(out[num++].log_id, sct->log_id.ptr, HT_SCT_LOG_ID_LEN);
    }
    OPENSSL_free(entry.owned);
    ht_arena_clear(&scratch);
    (void)ERR_pop_to_mark();
    return num;
}

struct ht_objects ht_scts_add(const struct ht_ct_logs *logs, struct ht_arena *arena,
                              struct ht_objects before, const struct ht_sct_outcome *outcomes,
                              size_t num, const char *source)
{
    struct tls_sct_verdict *all =
        num > 0 ? ht_arena_alloc(arena, (before.len + num) * sizeof *all) : NULL;
    if (all == NULL) {
        return before;
    }
    if (before.len > 0) {
        memcpy(all, before.items, before.len * sizeof *all);
    }
    for (size_t i = 0; i < num; i++) {
        struct ht_bytes id = ht_arena_copy(arena, ht_bytes(outcomes[i].log_id, HT_SCT_LOG_ID_LEN));
        const struct ht_ct_log *log = ht_ct_log_find(logs, id);
        all[before.len + i]         = (struct tls_sct_verdict){.log_id  = id,
                                                               .source  = source,
                                                               .verdict = outcomes[i].verdict,
                                                               .time_ns = outcomes[i].time_ns};
        if (log != NULL) {
            all[before.len + i].log          = log->name;
            all[before.len + i].log_operator = log->log_operator;
            all[before.len + i].log_state    = log->state;
        }
    }
    return (struct ht_objects){.items = all, .len = before.len + num};
}

void ht_transparency_judge(struct ht_chain_parts *parts)
{
    struct ht_sct_outcome outcomes[TLS_MAX_SCTS];
    const struct ht_sct_subject subject = {&parts->leaf, &parts->issuer, true};
    const struct ht_ct_logs *logs       = parts->settings->ct_logs;
    X509 *leaf                          = parts->leaf.x509;
    int at = leaf != NULL ? X509_get_ext_by_NID(leaf, NID_ct_precert_scts, -1) : -1;
    if (at < 0) {
        return;
    }
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(leaf, at));
    struct ht_bytes list           = ht_sct_list_unwrap(
                  ht_bytes(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
    size_t num = ht_scts_check(logs, list, &subject, outcomes, HT_ARRAY_LEN(outcomes));
    parts->verdict->scts =
        ht_scts_add(logs, parts->arena, parts->verdict->scts, outcomes, num, "certificate");
}
