#include "analysis/chain/path.h"

#include "analysis/certificate/decode.h"
#include "analysis/chain/times.h"
#include "base/time.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* The same words as X509_verify_cert_error_string has, which may change with its version. */
static const struct {
    int code;
    const char *name;
} error_names[] = {
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unable_to_get_issuer_certificate"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "unable_to_decrypt_certificate_signature"},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "unable_to_decode_issuer_public_key"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "certificate_signature_failure"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "certificate_is_not_yet_valid"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "certificate_has_expired"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "format_error_in_not_before"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "format_error_in_not_after"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self_signed_certificate"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "self_signed_certificate_in_certificate_chain"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unable_to_get_local_issuer_certificate"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "unable_to_verify_the_first_certificate"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "certificate_chain_too_long"},
    {X509_V_ERR_INVALID_CA, "invalid_ca_certificate"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "path_length_constraint_exceeded"},
    {X509_V_ERR_INVALID_PURPOSE, "unsuitable_certificate_purpose"},
    {X509_V_ERR_CERT_UNTRUSTED, "certificate_not_trusted"},
    {X509_V_ERR_CERT_REJECTED, "certificate_rejected"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "key_usage_does_not_include_certificate_signing"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "unhandled_critical_extension"},
    {X509_V_ERR_INVALID_NON_CA, "invalid_non_ca_certificate"},
    {X509_V_ERR_INVALID_EXTENSION, "invalid_or_inconsistent_certificate_extension"},
    {X509_V_ERR_PERMITTED_VIOLATION, "permitted_subtree_violation"},
    {X509_V_ERR_EXCLUDED_VIOLATION, "excluded_subtree_violation"},
    {X509_V_ERR_SUBTREE_MINMAX, "name_constraints_minimum_and_maximum_not_supported"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, "unsupported_name_constraint_type"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "unsupported_or_invalid_name_constraint_syntax"},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, "unsupported_or_invalid_name_syntax"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "ee_certificate_key_too_weak"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "ca_certificate_key_too_weak"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "ca_signature_digest_algorithm_too_weak"},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "certificate_public_key_has_explicit_ecc_parameters"},
};

/* A static word, such as "certificate_has_expired". */
static const char *error_name(int code)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(error_names); i++) {
        if (error_names[i].code == code) {
            return error_names[i].name;
        }
    }
    return "other_error";
}

static void add_error(struct chain_answer *answer, int code, int depth)
{
    for (size_t i = 0; i < answer->num_errors; i++) {
        if (answer->errors[i].code == code && answer->errors[i].depth == depth) {
            return;
        }
    }
    if (answer->num_errors < CHAIN_MAX_ERRORS) {
        answer->errors[answer->num_errors++] = (struct chain_error){code, depth};
    }
}

/* A question while libcrypto is at it. */
struct inquiry {
    const struct chain_question *question;
    struct chain_answer *answer;
    unsigned num_refused;
    time_t now_s;
    int (*verify)(X509_STORE_CTX *context); /* libcrypto's own, of what it has for a path */
};

/* Goes on after an error, to hear of all. */
static int on_verified(int ok, X509_STORE_CTX *context)
{
    if (ok == 0) {
        struct inquiry *inquiry = X509_STORE_CTX_get_app_data(context);
        inquiry->num_refused++;
        add_error(inquiry->answer, X509_STORE_CTX_get_error(context),
                  X509_STORE_CTX_get_error_depth(context));
    }
    return 1;
}

/* All anchors that libcrypto may look for are there before it does. */
static void prepare(const struct chain_question *q, struct chain_span *span)
{
    for (int i = -1; i < sk_X509_num(q->untrusted); i++) {
        X509 *x509 = i < 0 ? q->leaf : sk_X509_value(q->untrusted, i);
        chain_span_add(span, x509);
        chain_anchors_lend(q->anchors, X509_get_subject_name(x509), span);
        chain_anchors_lend(q->anchors, X509_get_issuer_name(x509), span);
    }
}

/* In whole seconds, rounded down. */
static time_t seconds_of(int64_t time_ns)
{
    int64_t seconds = time_ns / HT_SECOND_NS;
    return (time_t)(time_ns % HT_SECOND_NS < 0 ? seconds - 1 : seconds);
}

static bool has_error(const struct chain_answer *answer, int code)
{
    for (size_t i = 0; i < answer->num_errors; i++) {
        if (answer->errors[i].code == code) {
            return true;
        }
    }
    return false;
}

static void take_path(struct chain_answer *out, X509_STORE_CTX *context)
{
    sk_X509_pop_free(out->path, X509_free);
    out->path          = X509_STORE_CTX_get1_chain(context);
    int num_untrusted  = X509_STORE_CTX_get_num_untrusted(context);
    out->num_untrusted = num_untrusted > 0 ? (size_t)num_untrusted : 0;
    out->lacks_issuer  = has_error(out, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT) ||
                        has_error(out, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    bool self_signed = has_error(out, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) ||
                       has_error(out, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
    out->anchored = sk_X509_num(out->path) > 0 && !out->lacks_issuer && !self_signed;
}

bool chain_is_better(const struct chain_answer *answer, const struct chain_answer *than)
{
    return answer->anchored || sk_X509_num(answer->path) > sk_X509_num(than->path);
}

/*
 * Signatures that are known.
 */

static struct chain_signature *slot_of(struct chain_signatures *good, const X509 *subject)
{
    return &good->slots[((uintptr_t)subject >> 4) % CHAIN_MAX_SIGNATURES];
}

static void release(struct chain_signature *slot)
{
    X509_free(slot->subject);
    X509_free(slot->issuer);
    *slot = (struct chain_signature){.subject = NULL};
}

void chain_signatures_fini(struct chain_signatures *signatures)
{
    for (size_t i = 0; i < CHAIN_MAX_SIGNATURES; i++) {
        release(&signatures->slots[i]);
    }
}

/* But for the leaf's, which is of this chain only. */
static void learn_signatures(struct chain_signatures *good, const STACK_OF(X509) * path)
{
    for (int i = 1; i + 1 < sk_X509_num(path); i++) {
        X509 *subject = sk_X509_value(path, i), *issuer = sk_X509_value(path, i + 1);
        struct chain_signature *slot = slot_of(good, subject);
        if ((slot->subject != subject || slot->issuer != issuer) && X509_up_ref(subject) == 1 &&
            X509_up_ref(issuer) == 1) {
            release(slot);
            *slot = (struct chain_signature){.subject = subject, .issuer = issuer};
        }
    }
}

/* That `path[at]` is signed by the next. */
static bool is_known(const struct chain_question *q, const STACK_OF(X509) * path, int at)
{
    const X509 *subject = sk_X509_value(path, at), *issuer = sk_X509_value(path, at + 1);
    const struct chain_answer *before  = q->before;
    const struct chain_signature *slot = slot_of(q->good, subject);
    return (slot->subject == subject && slot->issuer == issuer) ||
           (before != NULL && before->signed_well && at + 1 < sk_X509_num(before->path) &&
            sk_X509_value(before->path, at) == subject &&
            sk_X509_value(before->path, at + 1) == issuer);
}

/* Nothing is to be said of it as an issuer. */
static bool may_sign(X509 *x509)
{
    uint32_t flags = X509_get_extension_flags(x509);
    return (flags & EXFLAG_PROXY) == 0 &&
           ((flags & EXFLAG_KUSAGE) == 0 || (X509_get_key_usage(x509) & KU_KEY_CERT_SIGN) != 0);
}

static bool is_valid(const X509 *x509, time_t now_s)
{
    return X509_cmp_time(X509_get0_notBefore(x509), &now_s) < 0 &&
           X509_cmp_time(X509_get0_notAfter(x509), &now_s) > 0;
}

/* Whether it is known that libcrypto has nothing to say of the signatures and times of a path, but
 * for the leaf's signature. Where it may have, it is asked. */
static bool is_sound_but_leaf(const struct inquiry *inquiry, const STACK_OF(X509) * path)
{
    int num    = sk_X509_num(path);
    bool sound = num > 1 && (X509_get_extension_flags(sk_X509_value(path, 0)) & EXFLAG_PROXY) == 0;
    for (int i = 0; sound && i < num; i++) {
        bool known = i == 0 || i == num - 1 || is_known(inquiry->question, path, i);
        X509 *x509 = sk_X509_value(path, i);
        sound      = known && (i == 0 || may_sign(x509)) && is_valid(x509, inquiry->now_s);
    }
    return sound;
}

/* What libcrypto does at the end of a path of which all else is known to be sound. */
static int verify_leaf(X509_STORE_CTX *context, X509 *leaf, EVP_PKEY *key)
{
    if (X509_verify(leaf, key) > 0) {
        return 1;
    }
    X509_STORE_CTX_set_error_depth(context, 0);
    X509_STORE_CTX_set_current_cert(context, leaf);
    X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_SIGNATURE_FAILURE);
    return on_verified(0, context);
}

static int verify_signatures(X509_STORE_CTX *context, const struct inquiry *inquiry,
                             const STACK_OF(X509) * path)
{
    EVP_PKEY *key = sk_X509_num(path) > 1 ? X509_get0_pubkey(sk_X509_value(path, 1)) : NULL;
    if (key == NULL || !is_sound_but_leaf(inquiry, path)) {
        return inquiry->verify(context);
    }
    bool known = is_known(inquiry->question, path, 0);
    return known ? 1 : verify_leaf(context, sk_X509_value(path, 0), key);
}

/* Called by libcrypto when there is a path, for what it costs to look at: signatures, and times. */
static int verify_path(X509_STORE_CTX *context)
{
    struct inquiry *inquiry        = X509_STORE_CTX_get_app_data(context);
    const struct chain_question *q = inquiry->question;
    struct chain_answer *answer    = inquiry->answer;
    const STACK_OF(X509) *path     = X509_STORE_CTX_get0_chain(context);
    unsigned num_refused           = inquiry->num_refused;
    take_path(answer, context);
    if (q->before != NULL && !chain_is_better(answer, q->before)) {
        return 0;
    }
    int ok = verify_signatures(context, inquiry, path);
    if (ok == 1 && inquiry->num_refused == num_refused) {
        answer->signed_well = true;
        learn_signatures(q->good, path);
    }
    return ok;
}

bool chain_verify(struct chain_answer *out, const struct chain_question *q, struct chain_span *span)
{
    *out                    = (struct chain_answer){0};
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    struct inquiry inquiry  = {.question = q, .answer = out, .now_s = seconds_of(span->now_ns)};
    (void)ERR_set_mark();
    prepare(q, span);
    bool made =
        context != NULL &&
        X509_STORE_CTX_init(context, chain_anchors_store(q->anchors), q->leaf, q->untrusted) == 1 &&
        X509_STORE_CTX_set_purpose(context, q->client ? X509_PURPOSE_SSL_CLIENT
                                                      : X509_PURPOSE_SSL_SERVER) == 1 &&
        X509_STORE_CTX_set_app_data(context, &inquiry) == 1;
    if (made) {
        inquiry.verify = X509_STORE_CTX_get_verify(context);
        X509_STORE_CTX_set_time(context, 0, inquiry.now_s);
        X509_STORE_CTX_set_verify_cb(context, on_verified);
        X509_STORE_CTX_set_verify(context, verify_path);
        /* What it refuses without asking the callback is an error all the same. */
        if (X509_verify_cert(context) != 1) {
            add_error(out, X509_STORE_CTX_get_error(context),
                      X509_STORE_CTX_get_error_depth(context));
        }
        take_path(out, context);
    }
    X509_STORE_CTX_free(context);
    (void)ERR_pop_to_mark();
    return made;
}

void chain_answer_free(struct chain_answer *answer)
{
    sk_X509_pop_free(answer->path, X509_free);
    *answer = (struct chain_answer){0};
}

const struct tls_path *chain_tell_path(const struct chain_answer *answer, struct ht_texts sha256,
                                       struct ht_arena *arena)
{
    struct tls_path *path = ht_arena_alloc(arena, sizeof *path);
    if (path == NULL) {
        return NULL;
    }
    path->trusted = answer->num_errors == 0 && answer->anchored;
    path->sha256  = sha256;
    if (answer->num_errors > 0) {
        int depth         = answer->errors[0].depth;
        path->error       = error_name(answer->errors[0].code);
        path->error_depth = (uint8_t)(depth >= 0 && depth < UINT8_MAX ? depth + 1 : 0);
    }
    if (answer->anchored) {
        X509 *anchor = sk_X509_value(answer->path, sk_X509_num(answer->path) - 1);
        path->anchor = certificate_name(arena, X509_get_subject_name(anchor));
    }
    return path;
}
