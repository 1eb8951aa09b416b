/*
 * Lists of revoked certificates (RFC 5280 section 5). libcrypto finds the list that is for a
 * certificate, by issuer, scope and time, and checks its signature (section 6.3).
 */
#include "analysis/revocation/parts.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

struct ht_crl_list {
    STACK_OF(X509_CRL) * lists;
};

/* False where the list is cut or is none; at the end of the file `*out` is NULL. */
static bool next_pem(BIO *file, X509_CRL **out)
{
    *out = PEM_read_bio_X509_CRL(file, NULL, NULL, NULL);
    return *out != NULL || ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static bool read_lists(BIO *file, STACK_OF(X509_CRL) * lists)
{
    X509_CRL *list = d2i_X509_CRL_bio(file, NULL);
    if (list != NULL) {
        return sk_X509_CRL_push(lists, list) > 0;
    }
    bool good = BIO_reset(file) == 0 && next_pem(file, &list);
    while (list != NULL && good) {
        good = sk_X509_CRL_push(lists, list) > 0 && next_pem(file, &list);
    }
    return good && sk_X509_CRL_num(lists) > 0;
}

static bool is_folder(const char *path)
{
    struct stat is;
    return stat(path, &is) == 0 && S_ISDIR(is.st_mode);
}

struct ht_crl_list *ht_crl_list_open(const char *path, struct ht_error *error)
{
    struct ht_crl_list *out = calloc(1, sizeof *out);
    BIO *file               = BIO_new_file(path, "r");
    if (file == NULL) {
        (void)ht_fail(error, "%s: %s", path, strerror(errno));
        free(out);
        return NULL;
    }
    (void)ERR_set_mark();
    if (out != NULL) {
        out->lists = sk_X509_CRL_new_null();
    }
    bool good = out != NULL && out->lists != NULL &&
                (read_lists(file, out->lists) ||
                 ht_fail(error,
                         is_folder(path)
                             ? "%s: Is a directory"
                             : "%s: no certificate revocation list in PEM or DER is in it, or a "
                               "damaged one",
                         path));
    (void)BIO_free(file);
    (void)ERR_pop_to_mark();
    if (!good) {
        ht_crl_list_free(out);
        return NULL;
    }
    return out;
}

void ht_crl_list_free(struct ht_crl_list *list)
{
    if (list != NULL) {
        sk_X509_CRL_pop_free(list->lists, X509_CRL_free);
        free(list);
    }
}

/* Why a list does not count; NULL: the error is not of that kind. */
static const char *fault_of(int error)
{
    switch (error) {
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return "expired";
    case X509_V_ERR_CRL_NOT_YET_VALID:
        return "not_yet_valid";
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
        return "signature";
    default:
        return NULL;
    }
}

/* Called for all that libcrypto has against a certificate; here only what concerns lists matters.
 */
static int on_error(int ok, X509_STORE_CTX *ctx)
{
    struct tls_revocation *out = X509_STORE_CTX_get_app_data(ctx);
    int error                  = X509_STORE_CTX_get_error(ctx);
    if (ok != 0) {
        return 1;
    }
    if (error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_DIFFERENT_CRL_SCOPE) {
        return 0; /* no list is for this certificate */
    }
    const char *fault = fault_of(error);
    out->fault        = out->fault == NULL ? fault : out->fault;
    return 1;
}

/* There is a critical extension that neither libcrypto nor we process; a delta alone, which has one
 * too, says nothing of what is not in it. */
static bool has_unsupported_extension(const X509_CRL *list)
{
    int at = -1;
    while ((at = X509_CRL_get_ext_by_critical(list, 1, at)) >= 0) {
        int id = OBJ_obj2nid(X509_EXTENSION_get_object(X509_CRL_get_ext(list, at)));
        if (id != NID_issuing_distribution_point && id != NID_authority_key_identifier) {
            return true;
        }
    }
    return false;
}

/* Looks the certificate up in the list that libcrypto found for it, in place of libcrypto's own
 * look-up, which is what minds critical extensions (RFC 5280 section 5.2). */
static int look_up(X509_STORE_CTX *ctx, X509_CRL *list, X509 *certificate)
{
    struct tls_revocation *out = X509_STORE_CTX_get_app_data(ctx);
    X509_REVOKED *entry        = NULL;
    out->this_update_ns        = revocation_time(X509_CRL_get0_lastUpdate(list));
    out->next_update_ns        = revocation_time(X509_CRL_get0_nextUpdate(list));
    out->status                = "good";
    if (out->fault == NULL && has_unsupported_extension(list)) {
        out->fault = "unsupported";
    }
    if (X509_CRL_get0_by_cert(list, &entry, certificate) == 1) {
        ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
        out->status             = "revoked";
        out->revoked_ns         = revocation_time(X509_REVOKED_get0_revocationDate(entry));
        out->reason = reason != NULL ? revocation_reason(ASN1_ENUMERATED_get(reason)) : NULL;
        ASN1_ENUMERATED_free(reason);
    }
    return 1;
}

/* A store that trusts the issuer alone. */
static X509_STORE *store_of(X509 *issuer)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL || X509_STORE_add_cert(store, issuer) != 1 ||
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK) != 1) {
        X509_STORE_free(store);
        return NULL;
    }
    X509_STORE_set_verify_cb(store, on_error);
    X509_STORE_set_cert_crl(store, look_up);
    return store;
}

/* What the lists say of a certificate; its status is NULL where none is for it. */
static struct tls_revocation ask(const struct ht_crl_list *crls, X509 *certificate, X509 *issuer,
                                 int64_t now_ns)
{
    struct tls_revocation out = {.source = "crl"};
    X509_STORE *store         = store_of(issuer);
    X509_STORE_CTX *ctx       = store != NULL ? X509_STORE_CTX_new() : NULL;
    (void)ERR_set_mark();
    if (ctx != NULL && X509_STORE_CTX_init(ctx, store, certificate, NULL) == 1) {
        X509_STORE_CTX_set_time(ctx, 0, (time_t)(now_ns / HT_SECOND_NS));
        X509_STORE_CTX_set0_crls(ctx, crls->lists);
        (void)X509_STORE_CTX_set_app_data(ctx, &out);
        (void)X509_verify_cert(ctx);
    }
    (void)ERR_pop_to_mark();
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return out;
}

static void hold_until(struct ht_chain_parts *parts, int64_t change_ns)
{
    if (change_ns == 0) {
        return;
    }
    if (change_ns <= parts->now_ns) {
        ht_chain_holds_between(parts, change_ns, INT64_MAX);
    } else {
        ht_chain_holds_between(parts, INT64_MIN, change_ns - 1);
    }
}

/* Where a list of the certificate's issuer begins or ceases to be in time, another may be the one
 * for it. */
static void narrow(struct ht_chain_parts *parts, const struct ht_crl_list *crls,
                   const X509 *certificate)
{
    for (int i = 0; i < sk_X509_CRL_num(crls->lists); i++) {
        const X509_CRL *list = sk_X509_CRL_value(crls->lists, i);
        if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(certificate)) == 0) {
            hold_until(parts, revocation_time(X509_CRL_get0_lastUpdate(list)));
            hold_until(parts, revocation_time(X509_CRL_get0_nextUpdate(list)));
        }
    }
}

/* What is said of certificate number `depth` of the path; true where it is to be told: of the leaf
 * whatever it is, of others that they are revoked. */
static bool judge_link(struct ht_chain_parts *parts, const struct ht_chain_link *link,
                       const struct ht_chain_link *issuer, size_t depth, struct tls_revocation *out)
{
    const struct ht_crl_list *crls = parts->settings->crls;
    if (link->x509 == NULL || issuer->x509 == NULL) {
        return false;
    }
    *out = ask(crls, link->x509, issuer->x509, parts->now_ns);
    narrow(parts, crls, link->x509);
    if (out->status == NULL) {
        return false;
    }
    revocation_weigh(out);
    out->certificate = (uint8_t)(depth + 1);
    return depth == 0 || strcmp(out->status, "revoked") == 0;
}

void ht_revocation_judge(struct ht_chain_parts *parts)
{
    enum { DEEPEST = 16 };
    struct tls_revocation said = {0}, one;
    bool done                  = parts->settings->crls == NULL;
    for (size_t i = 0; !done && i + 1 < parts->path_len && i < DEEPEST; i++) {
        if (judge_link(parts, &parts->path[i], &parts->path[i + 1], i, &one)) {
            said = one;
            done = strcmp(one.status, "revoked") == 0;
        }
    }
    struct tls_revocation *kept =
        said.status != NULL ? ht_arena_alloc(parts->arena, sizeof *kept) : NULL;
    if (kept != NULL) {
        *kept                      = said;
        parts->verdict->revocation = kept;
    }
}
