/*
 * OCSP responses (RFC 6960) by libcrypto. What it allocates is freed here; what is returned lies in
 * the arena.
 */
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "analysis/certificate/decode.h"
#include "analysis/revocation/parts.h"
#include "analysis/transparency/transparency.h"
#include "crypto/effort.h"

/* A response, and what it is about where it was successful. */
struct response {
    OCSP_RESPONSE *outer;
    OCSP_BASICRESP *basic; /* NULL: it says nothing of certificates */
    const char *status;
};

static const char *status_of(OCSP_RESPONSE *outer)
{
    static const char *const names[] = {
        "successful", "malformed_request", "internal_error", "try_later",
        NULL,         "sig_required",      "unauthorized"};
    int status = OCSP_response_status(outer);
    bool named = status >= 0 && (size_t)status < HT_ARRAY_LEN(names) && names[status] != NULL;
    return named ? names[status] : "malformed";
}

static struct response decode(struct ht_bytes der)
{
    struct response out = {.status = "malformed"};
    const uint8_t *at   = der.ptr;
    if (der.len > OCSP_MAX_BYTES) {
        out.status = "too_large";
        return out;
    }
    out.outer = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
    if (out.outer == NULL || at != der.ptr + der.len) {
        return out;
    }
    out.status = status_of(out.outer);
    if (OCSP_response_status(out.outer) == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        out.basic  = OCSP_response_get1_basic(out.outer);
        out.status = out.basic != NULL ? out.status : "malformed";
    }
    return out;
}

static void release(struct response *response)
{
    OCSP_BASICRESP_free(response->basic);
    OCSP_RESPONSE_free(response->outer);
}

static struct ht_bytes copy_string(struct ht_arena *arena, const ASN1_STRING *string)
{
    return ht_arena_copy(
        arena, ht_bytes(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)));
}

/* RFC 6962 section 3.3. */
static struct ht_bytes sct_list(struct ht_arena *arena, OCSP_SINGLERESP *single)
{
    int at                    = OCSP_SINGLERESP_get_ext_by_NID(single, NID_ct_cert_scts, -1);
    X509_EXTENSION *extension = at >= 0 ? OCSP_SINGLERESP_get_ext(single, at) : NULL;
    return extension != NULL
               ? ht_sct_list_unwrap(copy_string(arena, X509_EXTENSION_get_data(extension)))
               : ht_bytes(NULL, 0);
}

static struct ocsp_answer answer_of(OCSP_BASICRESP *basic, OCSP_SINGLERESP *single)
{
    int reason                    = -1;
    ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
    int status = OCSP_single_get0_status(single, &reason, &revoked, &this_update, &next_update);
    struct ocsp_answer out = {.status         = "unknown",
                              .reason         = revocation_reason(reason),
                              .produced_at_ns = revocation_time(OCSP_resp_get0_produced_at(basic)),
                              .this_update_ns = revocation_time(this_update),
                              .next_update_ns = revocation_time(next_update),
                              .revoked_ns     = revocation_time(revoked)};
    if (status == V_OCSP_CERTSTATUS_GOOD) {
        out.status = "good";
    } else if (status == V_OCSP_CERTSTATUS_REVOKED) {
        out.status = "revoked";
    }
    return out;
}

/* The content of the DER INTEGER, as it was sent. */
static struct ht_bytes serial_of(struct ht_arena *arena, const OCSP_SINGLERESP *single)
{
    ASN1_INTEGER *serial = NULL;
    OCSP_CERTID *id      = OCSP_CERTID_dup(OCSP_SINGLERESP_get0_id(single));
    struct ht_bytes out  = {0};
    if (id != NULL && OCSP_id_get0_info(NULL, NULL, NULL, &serial, id) == 1) {
        out = certificate_serial(arena, serial);
    }
    OCSP_CERTID_free(id);
    return out;
}

static void read_responder(struct ht_arena *arena, const OCSP_BASICRESP *basic,
                           struct tls_certificate_status *out)
{
    const ASN1_OCTET_STRING *key = NULL;
    const X509_NAME *name        = NULL;
    if (OCSP_resp_get0_id(basic, &key, &name) != 1) {
        return;
    }
    if (name != NULL) {
        out->responder = certificate_name(arena, name);
    } else {
        out->responder_key = copy_string(arena, key);
    }
}

bool ocsp_read(struct ht_arena *arena, struct ht_bytes der, struct tls_certificate_status *out)
{
    (void)ERR_set_mark();
    struct response response = decode(der);
    out->response_status     = response.status;
    if (response.basic != NULL) {
        out->produced_at_ns = revocation_time(OCSP_resp_get0_produced_at(response.basic));
        read_responder(arena, response.basic, out);
    }
    OCSP_SINGLERESP *single = response.basic != NULL ? OCSP_resp_get0(response.basic, 0) : NULL;
    if (single != NULL) {
        struct ocsp_answer answer = answer_of(response.basic, single);
        out->certificate_status   = answer.status;
        out->serial               = serial_of(arena, single);
        out->this_update_ns       = answer.this_update_ns;
        out->next_update_ns       = answer.next_update_ns;
        out->revoked_ns           = answer.revoked_ns;
        out->reason               = answer.reason;
    }
    release(&response);
    (void)ERR_pop_to_mark();
    return single != NULL;
}

/* What the response says of the certificate, whichever digest names it; NULL: nothing. */
static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, const X509 *leaf, const X509 *issuer)
{
    const EVP_MD *const digests[] = {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
    int at                        = -1;
    for (size_t i = 0; at < 0 && i < HT_ARRAY_LEN(digests); i++) {
        OCSP_CERTID *id = OCSP_cert_to_id(digests[i], leaf, issuer);
        at              = id != NULL ? OCSP_resp_find(basic, id, -1) : -1;
        OCSP_CERTID_free(id);
    }
    return at >= 0 ? OCSP_resp_get0(basic, at) : NULL;
}

/* A store that trusts the issuer alone, and those whom it certified directly. Time is for the
 * caller to judge. */
static X509_STORE *store_of(X509 *issuer)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL || X509_STORE_add_cert(store, issuer) != 1 ||
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) != 1 ||
        X509_STORE_set_depth(store, 0) != 1) {
        X509_STORE_free(store);
        return NULL;
    }
    return store;
}

/* Whatever certificates came with it libcrypto looks at, to find who signed. */
static bool may_be_verified(const OCSP_BASICRESP *basic)
{
    const STACK_OF(X509) *sent = OCSP_resp_get0_certs(basic);
    for (int i = 0; i < sk_X509_num(sent); i++) {
        if (!certificate_may_be_asked(sk_X509_value(sent, i))) {
            return false;
        }
    }
    return true;
}

static bool verify(OCSP_BASICRESP *basic, X509 *issuer, struct ocsp_answer *out)
{
    X509 *signer            = NULL;
    X509_STORE *store       = store_of(issuer);
    STACK_OF(X509) *issuers = sk_X509_new_null();
    bool ready              = store != NULL && sk_X509_push(issuers, issuer) > 0;
    bool verified           = ready && may_be_verified(basic) &&
                    OCSP_resp_get0_signer(basic, &signer, issuers) == 1 &&
                    ht_key_is_cheap(X509_get0_pubkey(signer)) &&
                    OCSP_basic_verify(basic, issuers, store, OCSP_NOEXPLICIT) == 1;
    if (verified && X509_cmp(signer, issuer) != 0) {
        out->responder_from_ns  = revocation_time(X509_get0_notBefore(signer));
        out->responder_until_ns = revocation_time(X509_get0_notAfter(signer));
    }
    sk_X509_free(issuers);
    X509_STORE_free(store);
    return verified;
}

static struct ocsp_answer judge(struct ht_arena *arena, const struct response *response,
                                const X509 *leaf, X509 *issuer)
{
    struct ocsp_answer none = {0};
    if (response->basic == NULL) {
        bool refused = response->outer != NULL && strcmp(response->status, "malformed") != 0;
        none.fault   = refused ? "unsuccessful" : response->status;
        return none;
    }
    if (leaf == NULL || issuer == NULL) {
        none.fault = "issuer_unknown";
        return none;
    }
    OCSP_SINGLERESP *single = find_single(response->basic, leaf, issuer);
    if (single == NULL) {
        none.fault = "other_certificate";
        return none;
    }
    struct ocsp_answer out = answer_of(response->basic, single);
    out.sct_list           = sct_list(arena, single);
    if (!verify(response->basic, issuer, &out)) {
        out.status = NULL;
        out.fault  = "signature";
    }
    return out;
}

struct ocsp_answer ocsp_judge(struct ht_arena *arena, struct ht_bytes der,
                              const struct ht_chain_link *leaf, const struct ht_chain_link *issuer)
{
    (void)ERR_set_mark();
    struct response response  = decode(der);
    struct ocsp_answer answer = judge(arena, &response, leaf->x509, issuer->x509);
    release(&response);
    (void)ERR_pop_to_mark();
    return answer;
}
