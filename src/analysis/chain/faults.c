#include "analysis/chain/faults.h"

#include "analysis/chain/key.h"
#include "base/time.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

enum { MAX_FAULTS = 24, DAY_S = 86400, FIRST_EXACT = 398 /* days */ };

struct words {
    const char *list[MAX_FAULTS];
    size_t num;
};

static void add(struct words *words, const char *word)
{
    for (size_t i = 0; i < words->num; i++) {
        if (strcmp(words->list[i], word) == 0) {
            return;
        }
    }
    if (words->num < MAX_FAULTS) {
        words->list[words->num++] = word;
    }
}

static void add_if(struct words *words, bool is, const char *word)
{
    if (is) {
        add(words, word);
    }
}

/*
 * What libcrypto said.
 */

static const struct {
    int code;
    const char *of_leaf, *of_issuer; /* NULL: see below */
} words_of_errors[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "expired", "issuer_expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "not_yet_valid", "issuer_not_yet_valid"},
    {X509_V_ERR_INVALID_PURPOSE, NULL, "extended_key_usage"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "signature", "signature"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "signature", "signature"},
    {X509_V_ERR_INVALID_CA, "not_a_ca", "not_a_ca"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "not_a_ca", "not_a_ca"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "path_length", "path_length"},
    {X509_V_ERR_PERMITTED_VIOLATION, "name_constraints", "name_constraints"},
    {X509_V_ERR_EXCLUDED_VIOLATION, "name_constraints", "name_constraints"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "unknown_critical_extension",
     "unknown_critical_extension"},
};

/* libcrypto has one error for key usage and extended key usage; here they are two words. */
static bool lacks_purpose(X509 *x509, bool client)
{
    uint32_t wanted = client ? XKU_SSL_CLIENT : XKU_SSL_SERVER | XKU_SGC;
    bool limited    = (X509_get_extension_flags(x509) & EXFLAG_XKUSAGE) != 0;
    return limited && (X509_get_extended_key_usage(x509) & (wanted | XKU_ANYEKU)) == 0;
}

static void look_at_errors(struct words *words, const struct chain_answer *answer)
{
    for (size_t i = 0; i < answer->num_errors; i++) {
        const struct chain_error *error = &answer->errors[i];
        for (size_t k = 0; k < HT_ARRAY_LEN(words_of_errors); k++) {
            const char *word =
                error->depth > 0 ? words_of_errors[k].of_issuer : words_of_errors[k].of_leaf;
            add_if(words, words_of_errors[k].code == error->code && word != NULL, word);
        }
    }
}

/*
 * Keys and signatures.
 */

static bool has_weak_signature(X509 *x509)
{
    int digest = NID_undef;
    (void)X509_get_signature_info(x509, &digest, NULL, NULL, NULL);
    return digest == NID_md2 || digest == NID_md4 || digest == NID_md5 || digest == NID_md5_sha1 ||
           digest == NID_sha1;
}

/* What signs itself proves nothing by it. */
static bool is_self_issued(X509 *x509)
{
    return (X509_get_extension_flags(x509) & EXFLAG_SI) != 0;
}

static void look_at_path(struct words *words, const struct chain_answer *answer)
{
    int num = sk_X509_num(answer->path);
    for (int i = 0; i < num; i++) {
        X509 *x509  = sk_X509_value(answer->path, i);
        bool anchor = answer->anchored && i == num - 1;
        bool weak   = !anchor && !is_self_issued(x509) && has_weak_signature(x509);
        add_if(words, weak, i == 0 ? "weak_signature" : "issuer_weak_signature");
        add_if(words, i > 0 && chain_key_is_weak(x509), "issuer_weak_key");
    }
}

/*
 * Validity.
 */

static const struct {
    int64_t from_s; /* issued since */
    uint64_t days;
} limits[] = {
    /* Newest first. 39 months and 60 months are counted in the longest way. */
    {INT64_C(1868227200), 47},   /* 2029-03-15 */
    {INT64_C(1805068800), 100},  /* 2027-03-15 */
    {INT64_C(1773532800), 200},  /* 2026-03-15 */
    {INT64_C(1598918400), 398},  /* 2020-09-01 */
    {INT64_C(1519862400), 825},  /* 2018-03-01 */
    {INT64_C(1427846400), 1188}, /* 2015-04-01 */
    {INT64_C(1341100800), 1827}, /* 2012-07-01 */
};

uint64_t chain_validity_limit_days(int64_t not_before_ns)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(limits); i++) {
        if (not_before_ns >= limits[i].from_s * HT_SECOND_NS) {
            return limits[i].days;
        }
    }
    return 0;
}

/* Both its first and its last second are part of it. What a day is was only said with the limit of
 * 398 (ballot SC31): before, one that was begun is free. */
static bool is_valid_too_long(const struct ht_chain_facts *facts)
{
    int64_t from_ns = facts->not_before_ns, until_ns = facts->not_after_ns;
    uint64_t limit = facts->validity_limit_days;
    uint64_t days  = limit > FIRST_EXACT ? limit + 1 : limit;
    if (!facts->public_anchor || days == 0 || from_ns == INT64_MIN || until_ns < from_ns) {
        return false;
    }
    return (uint64_t)until_ns - (uint64_t)from_ns > (days * DAY_S - 1) * (uint64_t)HT_SECOND_NS;
}

/*
 * The leaf.
 */

static bool lacks_key_usage(X509 *leaf)
{
    const uint32_t any = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
    bool limited       = (X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) != 0;
    return limited && (X509_get_key_usage(leaf) & any) == 0;
}

static void look_at_leaf(struct words *words, const struct chain_look *look)
{
    const struct ht_chain_facts *facts   = look->facts;
    const struct ht_certificate *decoded = &facts->certificates[0];
    add_if(words, is_valid_too_long(facts), "validity_too_long");
    add_if(words, decoded->self_signed, "self_signed");
    add_if(words, look->weak_key, "weak_key");
    add_if(words, facts->roca, "roca");
    add_if(words, facts->close_primes, "close_primes");
    add_if(words, facts->leaf_is_ca, "ca_as_leaf");
    add_if(words, lacks_key_usage(look->leaf), "key_usage");
    add_if(words, lacks_purpose(look->leaf, look->client), "extended_key_usage");
    add_if(words, !look->client && decoded->san == NULL, "no_subject_alternative_name");
}

static bool any_malformed(const struct ht_chain_facts *facts)
{
    for (size_t i = 0; i < facts->num; i++) {
        if (facts->certificates[i].malformed) {
            return true;
        }
    }
    return false;
}

struct ht_texts chain_faults(const struct chain_look *look, struct ht_arena *arena)
{
    struct words words = {.num = 0};
    look_at_errors(&words, look->answer);
    if (look->leaf != NULL) {
        look_at_leaf(&words, look);
    }
    look_at_path(&words, look->answer);
    add_if(&words, any_malformed(look->facts), "malformed");
    struct ht_bytes *items = ht_arena_alloc(arena, words.num * sizeof *items);
    for (size_t i = 0; items != NULL && i < words.num; i++) {
        items[i] = ht_text(words.list[i]);
    }
    return (struct ht_texts){.items = items, .len = items != NULL ? words.num : 0};
}
