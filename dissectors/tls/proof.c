/*
 * What both sides said, and by whose key: kept for signatures and Finished, which are over all of
 * it.
 */
#include "tls/decrypt.h"
#include "tls/inner_hello.h"
#include "tls/transcript.h"

/* What signatures and Finished are checked with; NULL where they are not. */
static struct tls_proof *proof_of(struct tls_state *state, struct ht_emitter *e)
{
    if (state->proof == NULL && (e->verify || tls_keys_found(state))) {
        state->proof = ht_arena_alloc(e->arena, sizeof *state->proof);
        if (state->proof != NULL) {
            state->proof->open = true;
        }
    }
    return state->proof;
}

/* What has the key that signs the handshake: the leaf; or the key that stands in place of
 * certificates (RFC 7250), or of the leaf's (RFC 9345). */
static struct ht_bytes signs(const struct tls_certificate *certificate)
{
    if (certificate->delegated_credential != NULL) {
        return certificate->delegated_credential->public_key;
    }
    return certificate->chain.len > 0 ? certificate->chain.items[0] : certificate->raw_public_key;
}

/* The leaf's was computed by an analyzer; a key's was not. */
static struct ht_bytes digest_of(const struct ht_emitter *e, const struct tls_certificate *shown,
                                 const struct ht_texts *sha256, struct ht_bytes der)
{
    uint8_t digest[HT_DIGEST_MAX];
    if (shown->chain.len > 0 && shown->delegated_credential == NULL) {
        return sha256->len > 0 ? sha256->items[0] : ht_bytes(NULL, 0);
    }
    return ht_arena_copy(e->arena, ht_bytes(digest, ht_digest(NULL, HT_SHA256, digest, der)));
}

void tls_take_signer(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                     const struct tls_certificate *certificate, const struct ht_texts *sha256)
{
    struct tls_proof *proof = proof_of(state, e);
    if (proof == NULL || !e->verify) {
        return;
    }
    struct ht_bytes der = signs(certificate);
    if (proof->leaf[from].len == 0) {
        proof->leaf[from] = ht_arena_copy(e->arena, der);
    }
    bool kept           = der.len > 0 && ht_bytes_equal(der, proof->leaf[from]);
    proof->signer[from] = kept ? digest_of(e, certificate, sha256, der) : ht_bytes(NULL, 0);
}

void tls_add_signer(const struct tls_telling *m, struct tls_material *material)
{
    struct tls_proof *proof = m->state->proof;
    if (proof != NULL && proof->signer[m->from].len > 0 && proof->checked < TLS_MAX_CHECKED) {
        proof->checked++;
        material->signer      = proof->signer[m->from];
        material->certificate = proof->leaf[m->from];
    }
}

void tls_hello_answer(struct tls_state *state, bool again)
{
    if (!again) {
        state->hello_missed = state->last_hello != NULL && state->hello_answered;
    }
    state->hello_answered = true;
}

/* Of TLS 1.3 a first ClientHello and HelloRetryRequest may be missing without a trace. */
bool tls_hello_missed(const struct tls_state *state, const struct ht_emitter *e)
{
    bool joined = e->joined || state->joined;
    return state->hello_missed ||
           (joined && state->version >= TLS_13 && !state->details.hello_retry_request);
}

/* Both hellos were seen, and whoever speaks first before the other goes on: up to ServerHelloDone,
 * or where there is none (TLS 1.3, resumption) up to Finished. What is lost may not be known to be
 * lost yet. */
static bool all_was_said(const struct tls_state *state, enum ht_side from)
{
    const struct tls_transcript *transcript = &state->proof->transcript;
    enum ht_side client = state->client, server = ht_other(client);
    bool full   = tls_transcript_has(transcript, server, TLS_SERVER_HELLO_DONE);
    bool second = full ? from == server : from == client;
    return tls_transcript_has(transcript, client, TLS_CLIENT_HELLO) &&
           tls_transcript_has(transcript, server, TLS_SERVER_HELLO) &&
           (!second || tls_transcript_has(transcript, ht_other(from), TLS_FINISHED));
}

/* DTLS keeps messages with its own header: number, offset and length of the fragment, as if there
 * were one, count up to DTLS 1.2 (RFC 6347 section 4.2.6), and no more (RFC 9147 section 5.2). */
static uint8_t left_out(const struct tls_state *state)
{
    enum { NUMBER_AND_FRAGMENT = 2 + 3 + 3 };
    return state->carrier == TLS_OVER_DTLS && state->version >= TLS_13 ? NUMBER_AND_FRAGMENT : 0;
}

struct ht_bytes tls_said_before(const struct tls_state *state, const struct ht_emitter *e,
                                enum ht_side from)
{
    const struct tls_speaker speaker = {.client   = state->client,
                                        .side     = from,
                                        .retry    = state->details.hello_retry_request,
                                        .digest   = state->suite.sha384 ? HT_SHA384 : HT_SHA256,
                                        .left_out = left_out(state)};
    return all_was_said(state, from)
               ? tls_transcript_join(&state->proof->transcript, e->scratch, &speaker)
               : ht_bytes(NULL, 0);
}

/* Before TLS 1.3 only a client says CertificateVerify; and there, after its Finished, it is under
 * another transcript (RFC 8446 section 4.4.3). */
void tls_add_signed(const struct tls_telling *m, struct tls_material *material)
{
    struct tls_state *state = m->state;
    struct tls_proof *proof = state->proof;
    bool tls13              = state->version >= TLS_13;
    if (proof == NULL || !m->e->verify) {
        return;
    }
    bool first = tls13 ? !tls_transcript_has(&proof->transcript, m->from, TLS_FINISHED)
                       : m->from == state->client && state->version >= TLS_10;
    if (!proof->open || !first) {
        return;
    }
    struct ht_bytes said = tls_said_before(state, m->e, m->from);
    material->part[0]    = tls13 ? tls_signed13(m, said) : said;
    material->doubtful   = tls_hello_missed(state, m->e);
    if (material->part[0].len > 0) {
        tls_add_signer(m, material);
    }
    proof->open = tls_keys_found(state);
}

/* HelloRequest is no part of a transcript, nor is what TLS 1.3 says after the handshake. */
static bool is_counted(const struct tls_state *state, uint8_t type)
{
    bool later = type == TLS_NEW_SESSION_TICKET || type == TLS_KEY_UPDATE;
    return type != TLS_HELLO_REQUEST && !(later && state->version >= TLS_13);
}

/* A second ClientHello is of a renegotiation; over datagrams, before the server answered it, of one
 * that Retry, Version Negotiation or HelloVerifyRequest made begin again. Otherwise there was a
 * HelloRetryRequest, though perhaps it was not seen. */
static bool begins_anew(const struct tls_state *state)
{
    bool answered = state->version != 0;
    bool again    = state->carrier != TLS_OVER_TCP && !answered;
    return again ? !state->details.hello_retry_request : answered && state->version < TLS_13;
}

void tls_handshake_anew(struct tls_state *state)
{
    struct tls_proof *proof = state->proof;
    if (proof == NULL) {
        return;
    }
    proof->transcript = (struct tls_transcript){0};
    if (proof->begun_anew <= TLS_MAX_BEGUN_ANEW) {
        proof->begun_anew++;
    }
    if (state->details
            .hello_retry_request) { /* of another handshake: how this one went is unknown */
        tls_transcript_break(&proof->transcript, state->client);
    }
}

void tls_remember(const struct tls_telling *m, uint8_t type, struct ht_bytes message)
{
    struct tls_state *state = m->state;
    struct tls_proof *proof = proof_of(state, m->e);
    tls_inner_hello_answered(m, type, message);
    if (proof == NULL) {
        return;
    }
    bool keyed = tls_keys_found(state);
    if ((keyed || state->carrier == TLS_OVER_DTLS) && type == TLS_CLIENT_HELLO &&
        begins_anew(state) && tls_transcript_has(&proof->transcript, m->from, TLS_CLIENT_HELLO)) {
        tls_handshake_anew(state);
    }
    proof->open = keyed || (proof->open && state->version < TLS_13 &&
                            (type != TLS_SERVER_HELLO_DONE || state->certificate_request));
    if (proof->open && is_counted(state, type) && proof->begun_anew <= TLS_MAX_BEGUN_ANEW) {
        tls_transcript_add(&proof->transcript, m->e->arena, m->from,
                           tls_inner_hello_spoken(state, type, message));
    }
}

void tls_handshake_missed(struct tls_state *state, enum ht_side from)
{
    if (state->proof != NULL) {
        tls_transcript_break(&state->proof->transcript, from);
    }
}
