/*
 * The certificate record and the analyzer that makes it.
 */
#include "certificate.h"
#include "decode.h"
#include "export.h"

#include "analysis/memo.h"
#include "base/hash.h"
#include "crypto/digest.h"
#include "tls/tls.h"

#include <errno.h>

static const struct ht_field san_fields[] = {
    HT_FIELD(struct ht_subject_alternative_names, dns, HT_LIST_TEXT, "Host names.", .label = "",
             .flags = HT_ALWAYS),
    HT_FIELD(struct ht_subject_alternative_names, ip, HT_LIST_TEXT, "IP addresses.",
             .flags = HT_ALWAYS),
    HT_FIELD(struct ht_subject_alternative_names, email, HT_LIST_TEXT, "Mail addresses.",
             .flags = HT_ALWAYS),
    HT_FIELD(struct ht_subject_alternative_names, uri, HT_LIST_TEXT, "URIs.", .flags = HT_ALWAYS),
    HT_FIELD(struct ht_subject_alternative_names, directory, HT_LIST_TEXT,
             "Directory names, in the form of RFC 4514."),
    HT_FIELD(struct ht_subject_alternative_names, others, HT_UINT,
             "Number of names of other kinds."),
};

static const struct ht_struct san_struct = HT_STRUCT(
    struct ht_subject_alternative_names, "san", san_fields, "Names that the certificate is for.");

static const struct ht_field key_fields[] = {
    HT_FIELD(struct ht_public_key, type, HT_TEXT, "Algorithm of the public key.", .label = ""),
    HT_FIELD(struct ht_public_key, bits, HT_UINT, "Size of the modulus, prime or field.",
             .label = "bits"),
    HT_FIELD(struct ht_public_key, curve, HT_TEXT,
             "Elliptic curve; \"explicit\" where its parameters are given instead of a name.",
             .label = "curve"),
};

static const struct ht_struct key_struct =
    HT_STRUCT(struct ht_public_key, "public_key", key_fields, "The public key.");

static const struct ht_field certificate_fields[] = {
    HT_FIELD(struct ht_certificate, sha256, HT_HEX, "SHA-256 of the certificate's DER.",
             .flags = HT_DERIVED),
    HT_FIELD(struct ht_certificate, sha1, HT_HEX, "SHA-1 of the certificate's DER.",
             .flags = HT_DERIVED),
    HT_FIELD(struct ht_certificate, subject, HT_TEXT, "Subject, in the form of RFC 4514.",
             .label = "subject"),
    HT_FIELD(struct ht_certificate, issuer, HT_TEXT, "Issuer, in the form of RFC 4514.",
             .label = "issuer"),
    HT_FIELD(struct ht_certificate, serial, HT_HEX, "Serial number, the bytes of the DER INTEGER."),
    HT_FIELD(struct ht_certificate, not_before, HT_TEXT, "Start of the validity period.",
             .label = "from"),
    HT_FIELD(struct ht_certificate, not_after, HT_TEXT, "End of the validity period.",
             .label = "until"),
    HT_FIELD(struct ht_certificate, san, HT_OBJECT, "Subject alternative names.", .of = &san_struct,
             .label = "for"),
    HT_FIELD(struct ht_certificate, key, HT_OBJECT, "The public key.", .of = &key_struct,
             .label = "key"),
    HT_FIELD(struct ht_certificate, signature_algorithm, HT_TEXT,
             "Algorithm of the issuer's signature.", .label = "signed"),
    HT_FIELD(struct ht_certificate, is_ca, HT_BOOL,
             "The basic constraints allow it to issue certificates.", .flags = HT_ALWAYS),
    HT_FIELD(struct ht_certificate, self_signed, HT_BOOL,
             "Issuer and subject are the same and its own key verifies the signature.",
             .flags = HT_ALWAYS | HT_DERIVED),
    HT_FIELD(struct ht_certificate, self_issued, HT_BOOL, "Issuer and subject are the same name.",
             .flags = HT_DERIVED),
    HT_FIELD(struct ht_certificate, malformed, HT_BOOL,
             "It is not a certificate in DER, or bytes follow it.", .label = "malformed"),
    HT_FIELD(struct ht_certificate, version, HT_UINT, "X.509 version, 1 to 3."),
    HT_FIELD(struct ht_certificate, key_usage, HT_LIST_TEXT, "Key usage, as RFC 5280 names it."),
    HT_FIELD(struct ht_certificate, extended_key_usage, HT_LIST_TEXT,
             "Extended key usage, as RFC 5280 names it, or OIDs."),
    HT_FIELD(struct ht_certificate, subject_key_id, HT_HEX, "Subject key identifier."),
    HT_FIELD(struct ht_certificate, authority_key_id, HT_HEX, "Authority key identifier."),
    HT_FIELD(struct ht_certificate, ocsp_urls, HT_LIST_TEXT, "OCSP responders."),
    HT_FIELD(struct ht_certificate, ocsp_must_staple, HT_BOOL,
             "It demands a stapled OCSP response (RFC 7633)."),
    HT_FIELD(struct ht_certificate, scts, HT_UINT,
             "Number of embedded signed certificate timestamps (RFC 6962)."),
    HT_FIELD(struct ht_certificate, spki_sha256, HT_HEX, "SHA-256 of the SubjectPublicKeyInfo.",
             .flags = HT_DERIVED),
    HT_FIELD(struct ht_certificate, bytes, HT_UINT, "Length of the DER."),
    HT_FIELD(struct ht_certificate, first_seen_ns, HT_TIME, "When it was first seen.",
             .name = "first_seen"),
    HT_FIELD(struct ht_certificate, frame, HT_UINT, "The frame that completed its first message."),
    HT_FIELD(struct ht_certificate, source, HT_TEXT, "The file or interface of that frame."),
    HT_FIELD(struct ht_certificate, connection, HT_TEXT, "The connection that it came in first."),
};

const struct ht_struct ht_certificate_struct =
    HT_STRUCT(struct ht_certificate, "certificate", certificate_fields,
              "An X.509 certificate, when it is first seen.");

static const struct ht_field first_seen =
    HT_FIELD(struct ht_certificate, first_seen_ns, HT_TIME, "When it was first seen.");

const struct ht_record_type ht_certificate_record = {
    .name          = "certificate",
    .data          = &ht_certificate_struct,
    .identity      = &certificate_fields[0], /* sha256 */
    .identity_time = &first_seen,
};

/*
 * Certificates seen: digests in sets, the latest used first in each. A digest picks its set by its
 * first bytes, so all sets fill evenly and one set's order is as good as one order of all.
 */
enum { SETS = 8192, SET_LEN = 8, SHA256_LEN = 32 };

struct seen_set {
    uint8_t digests[SET_LEN][SHA256_LEN]; /* all zero: none */
};

/* Chains that the dissector knows, whose certificates were all seen since one was that was new or
 * not among the first of its set: until then these are among the first of theirs. */
enum { FRESH_CHAINS = 1024, FIRST_LEN = SET_LEN / 2 };

struct fresh_chain {
    const void *shape; /* of the event; NULL: none is here */
    uint64_t num_late; /* of the state, then */
};

/* Certificates whose digest is known, by their DER: most are of 1 to 2 KiB; 8 MiB at worst. */
enum { KNOWN_SETS = 512, KNOWN_MAX = 4096 };

struct state {
    struct ht_digester *digester;
    struct ht_certificate_decoder *decoder;
    struct ht_memo known; /* the digest by DER */
    int folder;           /* where new ones are written; -1: nowhere */
    struct ht_certificates_lost lost;
    int64_t again_ns;  /* of the settings */
    int64_t span;      /* of so long, the latest */
    uint64_t num_late; /* times that one was not among the first of its set */
    struct fresh_chain fresh[FRESH_CHAINS];
    struct seen_set seen[SETS];
};

/* Whether the digest was there; it is now, and is the set's first. */
static bool seen_before(struct state *state, const uint8_t digest[SHA256_LEN])
{
    struct seen_set *set = &state->seen[(digest[0] << 8 | digest[1]) % SETS];
    size_t at            = 0;
    while (at < SET_LEN && memcmp(set->digests[at], digest, SHA256_LEN) != 0) {
        at++;
    }
    bool found = at < SET_LEN;
    state->num_late += at >= FIRST_LEN;
    size_t later = found ? at : SET_LEN - 1;
    memmove(set->digests[1], set->digests[0], later * SHA256_LEN);
    memcpy(set->digests[0], digest, SHA256_LEN);
    return found;
}

/* In each span of time all are told anew: who keeps records for some weeks only has them too. */
static void enter_span(struct state *state, int64_t time_ns)
{
    int64_t span = state->again_ns != 0 ? time_ns / state->again_ns : 0;
    if (span > state->span) {
        memset(state->seen, 0, sizeof state->seen);
        state->num_late++;
        state->span = span;
    }
}

/* A known certificate costs a comparison. */
static void digest_of(struct state *state, uint8_t out[SHA256_LEN], struct ht_bytes der)
{
    const uint8_t *known = ht_memo_find(&state->known, der);
    if (known != NULL) {
        memcpy(out, known, SHA256_LEN);
        return;
    }
    uint8_t digest[HT_DIGEST_MAX];
    bool digested = ht_digest(state->digester, HT_SHA256, digest, der) == SHA256_LEN;
    void *kept    = digested ? ht_memo_add(&state->known, der, SHA256_LEN) : NULL;
    memcpy(out, digest, digested ? SHA256_LEN : 0);
    if (kept != NULL) {
        memcpy(kept, out, SHA256_LEN);
    }
}

static void record(struct state *state, struct ht_analysis *a, struct ht_bytes sha256,
                   struct ht_bytes der)
{
    struct ht_certificate *certificate = ht_arena_alloc(a->arena, sizeof *certificate);
    if (certificate == NULL) {
        return;
    }
    (void)certificate_decode_der(state->decoder, a->arena, der, sha256, certificate);
    certificate->first_seen_ns = a->time_ns;
    certificate->frame         = a->frame;
    certificate->source        = a->source_name(a->engine);
    certificate->connection    = a->connection_id(a->engine);
    a->record(a->engine, &ht_certificate_record, certificate);
}

/* A full disk costs the certificate, not the run. */
static void export(struct state *state, struct ht_bytes sha256, struct ht_bytes der)
{
    if (state->folder >= 0 && !certificate_export(state->folder, sha256, der)) {
        state->lost.error = state->lost.num == 0 ? errno : state->lost.error;
        state->lost.num++;
    }
}

struct ht_certificates_lost ht_certificates_lost(const void *state)
{
    return ((const struct state *)state)->lost;
}

static void see(struct state *state, struct ht_analysis *a, struct ht_bytes sha256,
                struct ht_bytes der)
{
    if (!seen_before(state, sha256.ptr)) {
        record(state, a, sha256, der);
        export(state, sha256, der);
    }
}

static void on_chain(struct state *state, struct ht_analysis *a, struct tls_certificate *event)
{
    size_t len               = event->chain.len;
    struct ht_bytes *digests = ht_arena_alloc(a->arena, len * sizeof *digests);
    uint8_t *at              = ht_arena_alloc(a->arena, len * SHA256_LEN);
    if (digests == NULL || at == NULL) {
        return;
    }
    for (size_t i = 0; i < len; i++, at += SHA256_LEN) {
        digest_of(state, at, event->chain.items[i]);
        digests[i] = ht_bytes(at, SHA256_LEN);
        see(state, a, digests[i], event->chain.items[i]);
    }
    event->sha256 = (struct ht_texts){.items = digests, .len = len};
    if (len > 0) {
        certificate_leaf_names(certificate_decoder_names(state->decoder), a->arena,
                               event->chain.items[0], &event->subject, &event->issuer);
    }
}

/* Whether the chain is fresh; it is now, for its certificates are seen next. */
static bool was_fresh(struct state *state, const struct tls_certificate *event)
{
    uint64_t hash             = ht_mix((uintptr_t)event->shape, 0);
    struct fresh_chain *place = &state->fresh[hash % FRESH_CHAINS];
    bool fresh =
        event->shape != NULL && place->shape == event->shape && place->num_late == state->num_late;
    *place = (struct fresh_chain){event->shape, state->num_late};
    return fresh;
}

/* A chain that the dissector knows (tls/chain.h) has its digests: they are only seen again, lest
 * what comes often be forgotten and recorded twice. */
static void on_certificate(struct state *state, struct ht_analysis *a,
                           struct tls_certificate *event)
{
    enter_span(state, a->time_ns);
    if (event->sha256.len == 0) {
        on_chain(state, a, event);
        return;
    }
    bool fresh = was_fresh(state, event);
    for (size_t i = 0; !fresh && i < event->sha256.len; i++) {
        see(state, a, event->sha256.items[i], event->chain.items[i]);
    }
}

/* The authorities that a client trusts. */
static void on_client_hello(struct state *state, struct ht_analysis *a,
                            const struct tls_client_hello *event)
{
    struct tls_client_particulars *own = event->particulars;
    if (own != NULL && own->authorities.len > 0) {
        own->authority_names = certificate_names(certificate_decoder_names(state->decoder),
                                                 a->arena, own->authorities);
    }
}

/* The authorities that a server takes. */
static void on_request(struct state *state, struct ht_analysis *a,
                       struct tls_certificate_request *event)
{
    event->authority_names =
        certificate_names(certificate_decoder_names(state->decoder), a->arena, event->authorities);
}

static void on_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                     void *event)
{
    if (type == &tls_certificate_event) {
        on_certificate(state, a, event);
    } else if (type == &tls_client_hello_event && event != NULL) {
        on_client_hello(state, a, event);
    } else if (type == &tls_certificate_request_event && event != NULL) {
        on_request(state, a, event);
    }
}

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *self = state;
    self->folder       = settings->certificate_folder;
    self->again_ns     = settings->again_ns;
    self->digester     = ht_digester_new();
    self->decoder      = ht_certificate_decoder_new();
    bool made          = self->digester != NULL && self->decoder != NULL &&
                ht_memo_init(&self->known, KNOWN_SETS, KNOWN_MAX);
    return made || ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    struct state *self = state;
    ht_memo_fini(&self->known);
    ht_certificate_decoder_free(self->decoder);
    ht_digester_free(self->digester);
}

static const struct ht_record_type *const records[] = {&ht_certificate_record, NULL};

static const struct ht_event_type *const events[] = {
    &tls_certificate_event, &tls_client_hello_event, &tls_certificate_request_event, NULL};

const struct ht_analyzer ht_certificate_analyzer = {
    .name       = "certificate",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .event      = on_event,
    .events     = events,
    .records    = records,
};
