/*
 * Handshake messages: framed across records (RFC 8446 section 4), parsed, told as events.
 */
#include "tls/handshake.h"
#include "tls/chain.h"
#include "tls/decrypt.h"
#include "tls/inner_hello.h"
#include "tls/known_hello.h"
#include "tls/nonces.h"
#include "tls/transcript.h"

unsigned tls_flags_of(const struct tls_telling *m, bool ok)
{
    return m->flags | (ok || (m->flags & HT_EVENT_PARTIAL) != 0 ? 0 : HT_EVENT_MALFORMED);
}

/* QUIC has no records. */
static struct ht_named record_version_of(const struct tls_telling *m)
{
    return m->record_version != 0 ? ht_named(m->record_version) : (struct ht_named){0};
}

/* The version by whose rules a message is read: that negotiated, else the record's. */
static uint16_t version_of(const struct tls_telling *m)
{
    return m->state->version != 0 ? m->state->version : tls_comparable(m->record_version);
}

static void know_client(struct tls_state *state, struct ht_emitter *e, enum ht_side client,
                        const char *how)
{
    if (!state->client_known) {
        state->client       = client;
        state->client_known = true;
        ht_claim_client(e, client, how);
    }
}

/* For an audit. */
static void note_limits(struct tls_state *state, const struct ht_emitter *e,
                        const struct tls_server_hello *answer)
{
    const struct tls_client_hello *offer =
        answer != NULL && answer->choices != NULL
            ? ht_read(e, &tls_client_hello_struct, state->last_hello)
            : NULL;
    state->limits = (struct tls_record_limits){0};
    if (offer != NULL) {
        state->limits.max_fragment_length = answer->choices->max_fragment_length;
        state->limits.by_server           = answer->choices->record_size_limit;
    }
    if (offer != NULL && offer->capabilities != NULL) {
        state->limits.by_client = offer->capabilities->record_size_limit;
    }
}

/* It answers a HelloRetryRequest, though that may be stored later or not at all: only then does a
 * client say again what it said, its random too (RFC 8446 section 4.1.2). Over DTLS it does so for
 * a cookie. */
static bool is_retried(const struct tls_state *state, const struct ht_emitter *e,
                       const struct tls_client_hello *again)
{
    const struct tls_client_hello *first =
        ht_read(e, &tls_client_hello_struct, state->client_hello);
    return state->carrier == TLS_OVER_TCP && first != NULL && again->random.len > 0 &&
           ht_bytes_equal(first->random, again->random);
}

struct ht_kept *tls_take_client_hello(struct tls_state *state, struct ht_emitter *e,
                                      enum ht_side from, unsigned flags,
                                      struct tls_client_hello *hello)
{
    hello->frame = e->frame;
    know_client(state, e, from, "client_hello");
    struct ht_kept *kept = ht_emit(e, &tls_client_hello_event, from, flags, hello);
    if (kept == NULL || from != state->client) {
        return kept;
    }
    state->last_hello     = kept;
    state->hello_answered = false;
    if (e->keyring != NULL) {
        tls_keys_begin(state, e);
    }
    if (state->client_hello != NULL) {
        state->last_server_hello = NULL; /* the first one's may be there before it */
    }
    if (e->audit) {
        note_limits(state, e, ht_read(e, &tls_server_hello_struct, state->last_server_hello));
    }
    if (state->client_hello == NULL) {
        state->client_hello       = kept;
        state->client_hello_place = tls_now(state, e);
    } else if (state->client_hello_2 == NULL &&
               (state->details.hello_retry_request || is_retried(state, e, hello))) {
        state->details.hello_retry_request = true;
        state->client_hello_2              = kept;
    }
    return kept;
}

/* Where hellos are known; NULL: nowhere. Few are cut, or not of TLS over TCP. */
static struct ht_pool *pool_of_hellos(const struct tls_telling *m)
{
    bool may_be_known = m->state->carrier == TLS_OVER_TCP && (m->flags & HT_EVENT_PARTIAL) == 0;
    return may_be_known ? m->e->pool : NULL;
}

static void client_hello(struct tls_telling *m, uint8_t type)
{
    struct tls_client_hello hello;
    struct ht_pool *pool = pool_of_hellos(m);
    bool known           = pool != NULL && tls_known_hello(m->body, pool, m->e->scratch, &hello);
    bool ok              = known || tls_client_hello_parse(m->body, m->e->scratch, &hello);
    (void)type;
    hello.record_version = record_version_of(m);
    struct ht_kept *kept =
        tls_take_client_hello(m->state, m->e, m->from, tls_flags_of(m, ok), &hello);
    if (pool != NULL && ok && !known) {
        tls_know_hello(m->body, pool, &hello, kept);
    }
    if (m->e->keyring != NULL && m->state->keys != NULL) {
        tls_inner_hello_take(m, &hello);
    }
}

struct ht_bytes tls_client_random(const struct tls_state *state, const struct ht_emitter *e)
{
    const struct tls_client_hello *hello = ht_read(e, &tls_client_hello_struct, state->last_hello);
    return hello != NULL ? hello->random : ht_bytes("", 0);
}

struct ht_bytes tls_server_random(const struct tls_state *state, const struct ht_emitter *e)
{
    const struct tls_server_hello *hello =
        ht_read(e, &tls_server_hello_struct, state->last_server_hello);
    return hello != NULL ? hello->random : ht_bytes("", 0);
}

static const char *suite_note(struct ht_named suite)
{
    const struct ht_registry_entry *entry =
        suite.set ? ht_registry_find(&tls_cipher_suites, suite.id) : NULL;
    return entry != NULL ? entry->note : "";
}

/* Until ServerHello comes its place is that of the HelloRetryRequest. */
static void tell_retry_cost(struct tls_state *state, const struct ht_emitter *e)
{
    struct tls_inferred *inferred = ht_arena_alloc(e->arena, sizeof *inferred);
    int64_t cost                  = e->time_ns - state->server_hello_place.time_ns;
    if (inferred != NULL && cost > 0) {
        *inferred               = (struct tls_inferred){.retry_cost_ns = (uint64_t)cost};
        state->details.inferred = inferred;
    }
}

static bool is_raw_key(struct ht_named certificate_type)
{
    enum { RAW_PUBLIC_KEY = 2 };
    return certificate_type.set && certificate_type.id == RAW_PUBLIC_KEY;
}

void tls_note_raw_keys(struct tls_state *state, const struct tls_server_choices *choices)
{
    state->client_raw_key = choices != NULL && is_raw_key(choices->client_certificate_type);
    state->server_raw_key = choices != NULL && is_raw_key(choices->server_certificate_type);
}

static void negotiated(struct tls_state *state, struct ht_emitter *e,
                       const struct tls_server_hello *hello)
{
    if (state->details.hello_retry_request && state->server_hello_place.frame != 0) {
        tell_retry_cost(state, e);
    }
    tls_note_raw_keys(state, hello->choices);
    state->details.version      = hello->version;
    state->details.cipher_suite = hello->cipher_suite;
    state->suite                = hello->suite;
    state->details.group        = hello->key_share_group;
    state->version              = tls_comparable(hello->version.id);
    state->server_hello_place   = tls_now(state, e);
}

/* Whose session gets an id of its own, by which it can be resumed; NULL: no such one. */
static const struct tls_client_hello *offer_of_new_id(const struct tls_state *state,
                                                      const struct ht_emitter *e,
                                                      const struct tls_server_hello *answer)
{
    if (answer->session_id.len == 0 || answer->supported_version.set) {
        return NULL;
    }
    const struct tls_client_hello *offer = ht_read(e, &tls_client_hello_struct, state->last_hello);
    bool is_new = offer != NULL && !ht_bytes_equal(answer->session_id, offer->session_id);
    return is_new ? offer : NULL;
}

static void note_answer(struct tls_state *state, const struct ht_emitter *e, bool retry)
{
    if (retry && state->server_hello == NULL) {
        state->server_hello_place = tls_now(state, e);
    }
    state->details.hello_retry_request |= retry;
    tls_hello_answer(state, retry);
}

struct ht_kept *tls_take_server_hello(struct tls_state *state, struct ht_emitter *e,
                                      enum ht_side from, unsigned flags,
                                      struct tls_server_hello *hello)
{
    hello->frame = e->frame;
    know_client(state, e, ht_other(from), "server_hello");
    if ((flags & HT_EVENT_PARTIAL) != 0 && !hello->supported_version.set &&
        hello->cipher_suite.set && hello->cipher_suite.id >> 8 == 0x13) {
        /* What says TLS 1.3 was cut off, but its suites are its own (RFC 8446 appendix B.4). */
        hello->version = ht_named(TLS_13);
    }
    hello->suite = hello->shape != NULL ? hello->suite : tls_suite_traits(hello);
    hello->offer = offer_of_new_id(state, e, hello);
    const struct ht_event_type *type =
        hello->retry_request ? &tls_hello_retry_request_event : &tls_server_hello_event;
    struct ht_kept *kept = ht_emit(e, type, from, flags, hello);
    if (from != state->client) {
        note_answer(state, e, hello->retry_request);
    }
    if (kept != NULL && !hello->retry_request && from != state->client) {
        state->last_server_hello = kept;
        if (e->audit) {
            note_limits(state, e, hello);
        }
        if (state->proof != NULL) {
            state->proof->signer[0] = state->proof->signer[1] = ht_bytes(NULL, 0);
        }
    }
    if (kept != NULL && !hello->retry_request && state->server_hello == NULL &&
        from != state->client) {
        state->server_hello = kept;
        negotiated(state, e, hello);
    }
    if (e->audit && kept != NULL && state->nonces == NULL &&
        tls_nonces_are_explicit(state->version, hello->cipher_suite)) {
        state->nonces = ht_arena_alloc(e->arena, sizeof *state->nonces);
    }
    return kept;
}

static void server_hello(struct tls_telling *m, uint8_t type)
{
    struct tls_server_hello hello;
    struct ht_pool *pool = pool_of_hellos(m);
    bool known = pool != NULL && tls_known_server_hello(m->body, pool, m->e->scratch, &hello);
    bool ok    = known || tls_server_hello_parse(m->body, m->e->scratch, &hello);
    (void)type;
    hello.record_version = record_version_of(m);
    const struct ht_kept *kept =
        tls_take_server_hello(m->state, m->e, m->from, tls_flags_of(m, ok), &hello);
    if (pool != NULL && ok && !known) {
        tls_know_server_hello(m->body, pool, &hello, kept);
    }
}

static void draft_retry_request(struct tls_telling *m, uint8_t type)
{
    struct tls_server_hello hello;
    bool ok = tls_draft_retry_request_parse(m->body, m->e->scratch, &hello);
    (void)type;
    hello.record_version = record_version_of(m);
    (void)tls_take_server_hello(m->state, m->e, m->from, tls_flags_of(m, ok), &hello);
}

static void certificate(struct tls_telling *m, uint8_t type)
{
    struct tls_certificate certificate = {0};
    bool tls13                         = m->state->version >= TLS_13;
    bool raw = m->from == m->state->client ? m->state->client_raw_key : m->state->server_raw_key;
    bool ok  = raw && !tls13 ? tls_raw_public_key_parse(m->body, &certificate)
                             : tls_certificate_parse(m->body, tls13, m->e->scratch, &certificate);
    (void)type;
    if (raw && tls13 && certificate.chain.len > 0) {
        certificate.raw_public_key = certificate.chain.items[0];
        certificate.chain          = (struct ht_texts){0};
    }
    bool may_be_known    = ok && !raw && !tls13 && m->state->carrier == TLS_OVER_TCP;
    struct ht_pool *pool = may_be_known ? m->e->pool : NULL;
    tls_known_chain(pool, m->body, &certificate);
    const struct ht_kept *kept =
        tls_take_certificate(m->state, m->e, m->from, tls_flags_of(m, ok), &certificate);
    tls_know_chain(pool, m->body, &certificate, kept);
    if (certificate.staple.len > 0) {
        tls_tell_staple(m, certificate.staple);
    }
}

void tls_tell_staple(struct tls_telling *m, struct ht_bytes body)
{
    struct tls_certificate_status status            = {0};
    bool ok                                         = tls_certificate_status_parse(body, &status);
    m->state->direction[m->from].certificate_status = true;
    struct ht_kept *kept =
        ht_emit(m->e, &tls_certificate_status_event, m->from, tls_flags_of(m, ok), &status);
    if (m->from != m->state->client && m->state->certificate_status == NULL &&
        tls_saw_certificate(m->state)) {
        m->state->certificate_status = kept;
    }
}

static void certificate_status(struct tls_telling *m, uint8_t type)
{
    (void)type;
    know_client(m->state, m->e, ht_other(m->from), "certificate_status");
    tls_tell_staple(m, m->body);
}

/* RFC 5246 section 7.4.3: the randoms are signed with the parameters; in a renegotiation that can
 * be read, its own. */
static void add_randoms(const struct tls_telling *m, struct tls_material *material)
{
    const struct tls_state *state = m->state;
    if (m->e->verify && state->last_hello != NULL && state->last_server_hello != NULL) {
        material->part[0]  = tls_client_random(state, m->e);
        material->part[1]  = tls_server_random(state, m->e);
        material->doubtful = tls_hello_missed(state, m->e);
        tls_add_signer(m, material);
    }
}

static void server_key_exchange(struct tls_telling *m, uint8_t type)
{
    struct tls_details *details             = &m->state->details;
    struct tls_material material            = {0};
    struct tls_server_key_exchange exchange = {0};
    uint16_t version                        = version_of(m);
    bool ok = tls_server_key_exchange_parse(m->body, version, suite_note(details->cipher_suite),
                                            &exchange, &material);
    (void)type;
    add_randoms(m, &material);
    exchange.material                                = &material;
    m->state->direction[m->from].server_key_exchange = true;
    (void)ht_emit(m->e, &tls_server_key_exchange_event, m->from, tls_flags_of(m, ok), &exchange);
    details->dh_group = exchange.dh_group;
    if (!details->group.set) {
        details->group = exchange.group;
    }
    if (m->e->audit) {
        m->state->dh_prime = ht_arena_copy(m->e->arena, material.dh_prime);
    }
    details->dh_bits          = exchange.dh_bits;
    details->signature_scheme = exchange.signature_scheme;
}

static void certificate_request(struct tls_telling *m, uint8_t type)
{
    struct tls_certificate_request request = {0};
    uint16_t version                       = version_of(m);
    bool ok = tls_certificate_request_parse(m->body, version, m->e->scratch, &request);
    (void)type;
    know_client(m->state, m->e, ht_other(m->from), "certificate_request");
    m->state->certificate_request = true;
    (void)ht_emit(m->e, &tls_certificate_request_event, m->from, tls_flags_of(m, ok), &request);
}

static void client_key_exchange(struct tls_telling *m, uint8_t type)
{
    struct tls_client_key_exchange exchange = {.length = m->body.len};
    struct tls_material material            = {0};
    (void)type;
    if (m->e->audit && (m->flags & HT_EVENT_PARTIAL) == 0) {
        const struct tls_details *details = &m->state->details;
        material.public_value = tls_client_public_value(m->body, suite_note(details->cipher_suite));
        material.dh_prime     = m->state->dh_prime;
        material.group        = details->group;
        exchange.material     = &material;
    }
    m->state->direction[m->from].key_exchange_done = true;
    know_client(m->state, m->e, m->from, "client_key_exchange");
    (void)ht_emit(m->e, &tls_client_key_exchange_event, m->from, m->flags, &exchange);
}

static void certificate_verify(struct tls_telling *m, uint8_t type)
{
    struct tls_material material         = {0};
    struct tls_certificate_verify verify = {0};
    bool ok = tls_certificate_verify_parse(m->body, version_of(m), &verify, &material);
    (void)type;
    tls_add_signed(m, &material);
    verify.material                                 = &material;
    m->state->direction[m->from].certificate_verify = true;
    (void)ht_emit(m->e, &tls_certificate_verify_event, m->from, tls_flags_of(m, ok), &verify);
}

static void new_session_ticket(struct tls_telling *m, uint8_t type)
{
    struct tls_new_session_ticket ticket = {0};
    bool ok                              = tls_new_session_ticket_parse(m->body, &ticket);
    (void)type;
    know_client(m->state, m->e, ht_other(m->from), "new_session_ticket");
    tls_take_ticket(m, ok, &ticket);
}

static void server_hello_done(struct tls_telling *m, uint8_t type)
{
    (void)type;
    m->state->direction[m->from].key_exchange_done = true;
    know_client(m->state, m->e, ht_other(m->from), "server_hello_done");
    (void)ht_emit(m->e, &tls_server_hello_done_event, m->from, m->flags, NULL);
}

static void hello_request(struct tls_telling *m, uint8_t type)
{
    (void)type;
    know_client(m->state, m->e, ht_other(m->from), "hello_request");
    (void)ht_emit(m->e, &tls_hello_request_event, m->from, m->flags, NULL);
}

/* In clear only where the suite encrypts nothing, or the ChangeCipherSpec was lost. */
static void finished(struct tls_telling *m, uint8_t type)
{
    (void)type;
    unsigned verified = 0;
    if ((m->flags & HT_EVENT_PARTIAL) == 0) {
        verified = tls_finished_check(m->state, m->e, m->from, m->body);
    }
    m->state->direction[m->from].finished = true;
    (void)ht_emit(m->e, &tls_finished_event, m->from, m->flags | verified, NULL);
}

static void other(struct tls_telling *m, uint8_t type)
{
    struct tls_other_handshake data = {.message = ht_named(type), .length = m->body.len};
    (void)ht_emit(m->e, &tls_other_handshake_event, m->from, m->flags, &data);
}

/* Who tells which message. */
static void (*const tellers[])(struct tls_telling *m, uint8_t type) = {
    [TLS_HELLO_REQUEST]       = hello_request,
    [TLS_CLIENT_HELLO]        = client_hello,
    [TLS_SERVER_HELLO]        = server_hello,
    [TLS_NEW_SESSION_TICKET]  = new_session_ticket,
    [TLS_HELLO_RETRY_REQUEST] = draft_retry_request,
    [TLS_CERTIFICATE]         = certificate,
    [TLS_SERVER_KEY_EXCHANGE] = server_key_exchange,
    [TLS_CERTIFICATE_REQUEST] = certificate_request,
    [TLS_SERVER_HELLO_DONE]   = server_hello_done,
    [TLS_CERTIFICATE_VERIFY]  = certificate_verify,
    [TLS_CLIENT_KEY_EXCHANGE] = client_key_exchange,
    [TLS_FINISHED]            = finished,
    [TLS_CERTIFICATE_STATUS]  = certificate_status,
};

static void tell(struct tls_telling *m, uint8_t type)
{
    if (m->state->version >= TLS_13 && tls_tell13(m, type)) {
        return;
    }
    if (type < HT_ARRAY_LEN(tellers) && tellers[type] != NULL) {
        tellers[type](m, type);
    } else {
        other(m, type);
    }
}

void tls_message(struct tls_state *state, struct ht_emitter *e, enum ht_side from, uint8_t type,
                 struct ht_bytes body, uint16_t record_version, unsigned flags)
{
    struct tls_telling m = {.state          = state,
                            .e              = e,
                            .from           = from,
                            .body           = body,
                            .record_version = record_version,
                            .flags          = flags};
    tell(&m, type);
}

void tls_whole_message(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct tls_handshake *message, struct ht_bytes bytes, unsigned flags)
{
    struct tls_telling m = {
        .state = state, .e = e, .from = from, .body = message->body, .flags = flags};
    tell(&m, message->type);
    tls_remember(&m, message->type, bytes);
}

void tls_message_said(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                      uint8_t type, struct ht_bytes bytes)
{
    const struct tls_telling m = {.state = state, .e = e, .from = from};
    tls_remember(&m, type, bytes);
}

/* Tells all whole messages at the head of `avail`; returns what is left. */
static struct ht_bytes tell_whole(struct tls_telling *m, struct ht_bytes avail)
{
    struct tls_handshake handshake;
    while (avail.len > 0 && tls_handshake_frame(avail, &handshake)) {
        size_t len = TLS_HANDSHAKE_HEADER + handshake.body.len;
        m->body    = handshake.body;
        tell(m, handshake.type);
        if (tls_remembers(m)) {
            tls_remember(m, handshake.type, ht_bytes_head(avail, len));
        }
        avail = ht_bytes_from(avail, len);
    }
    return avail;
}

/* A message that says it is longer than what can be kept: its beginning is told, its rest stepped
 * over. */
static bool too_long(struct tls_telling *m, struct ht_bytes rest)
{
    struct tls_handshake handshake = {0};
    (void)tls_handshake_frame(rest, &handshake);
    size_t len = TLS_HANDSHAKE_HEADER + (size_t)handshake.length;
    if (rest.len < TLS_HANDSHAKE_HEADER || len <= TLS_MAX_MESSAGE) {
        return false;
    }
    struct tls_malformed malformed = {.content_type = ht_named(TLS_HANDSHAKE),
                                      .message      = ht_named(handshake.type),
                                      .length       = handshake.length};
    (void)ht_emit(m->e, &tls_malformed_event, m->from, HT_EVENT_MALFORMED, &malformed);
    tls_handshake_missed(m->state, m->from);
    m->state->direction[m->from].skip_message = (uint32_t)(len - rest.len);
    return true;
}

/* Holds what is left of whole messages: the end of what is held already, or of a record. */
static void hold(struct ht_buffer *held, bool joined, struct ht_bytes rest)
{
    if (joined) {
        ht_buffer_drop(held, held->len - rest.len);
    } else if (rest.len > 0) {
        (void)ht_buffer_append(held, rest);
    }
    if (held->len == 0) {
        ht_buffer_free(held);
    }
}

void tls_handshake_fragment(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                            const struct tls_record *record, bool partial)
{
    struct tls_direction *d = &state->direction[from];
    struct ht_buffer *held  = ht_hold(e, from);
    struct tls_telling m    = {.state          = state,
                               .e              = e,
                               .from           = from,
                               .record_version = record->version,
                               .flags          = record->decrypted ? HT_EVENT_DECRYPTED : 0};
    size_t skipped =
        d->skip_message < record->fragment.len ? d->skip_message : record->fragment.len;
    struct ht_bytes avail = ht_bytes_from(record->fragment, skipped);
    bool joined           = held->len > 0;
    d->skip_message -= (uint32_t)skipped;
    d->record_version = record->version;
    d->decrypted      = record->decrypted;
    d->held_place     = tls_now(state, e);
    if (joined && !ht_buffer_append(held, avail)) {
        tls_handshake_cut(state, e, from);
        return;
    }
    struct ht_bytes rest = tell_whole(&m, joined ? ht_buffer_view(held) : avail);
    if (joined || rest.len > 0) {
        hold(held, joined, too_long(&m, rest) ? ht_bytes(NULL, 0) : rest);
    }
    if (partial) {
        tls_handshake_cut(state, e, from);
    }
}

void tls_tell_held(struct tls_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct ht_buffer *held         = ht_hold(e, from);
    const struct tls_direction *d  = &state->direction[from];
    struct tls_handshake handshake = {0};
    struct tls_telling m           = {.state          = state,
                                      .e              = e,
                                      .from           = from,
                                      .record_version = d->record_version,
                                      .flags = HT_EVENT_PARTIAL | (d->decrypted ? HT_EVENT_DECRYPTED : 0)};
    tls_handshake_missed(state, from);
    if (held->len > TLS_HANDSHAKE_HEADER) {
        (void)tls_handshake_frame(ht_buffer_view(held), &handshake);
        struct tls_place now = tls_here(e);
        e->frame             = d->held_place.frame;
        e->time_ns           = d->held_place.time_ns;
        m.body               = ht_bytes_from(ht_buffer_view(held), TLS_HANDSHAKE_HEADER);
        tell(&m, handshake.type);
        e->frame   = now.frame;
        e->time_ns = now.time_ns;
    }
    ht_buffer_free(held);
}
