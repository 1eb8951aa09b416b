/*
 * Handshake messages: framed across records (RFC 8446 section 4), parsed, told as events.
 */
#include "tls/state.h"

/* One message and what it is judged with. */
struct message {
    struct tls_state *state;
    struct ht_emitter *e;
    enum ht_side from;
    struct ht_bytes body;
    uint16_t record_version;
    unsigned flags; /* HT_EVENT_PARTIAL */
};

/* The flags of an event whose parser said `ok`; a message that is whole but contradicts itself is
 * malformed, one that was cut is partial. */
static unsigned flags_of(const struct message *m, bool ok)
{
    return m->flags | (ok || (m->flags & HT_EVENT_PARTIAL) != 0 ? 0 : HT_EVENT_MALFORMED);
}

/* QUIC has no records. */
static struct ht_named record_version_of(const struct message *m)
{
    return m->record_version != 0 ? ht_named(m->record_version) : (struct ht_named){0};
}

/* The version by whose rules a message is read: that negotiated, else the record's. */
static uint16_t version_of(const struct message *m)
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

static void client_hello(struct message *m, uint8_t type)
{
    struct tls_state *state       = m->state;
    struct tls_client_hello hello = {0};
    bool ok                       = tls_client_hello_parse(m->body, m->e->scratch, &hello);
    const struct tls_client_hello *kept;
    (void)type;
    hello.frame          = m->e->frame;
    hello.record_version = record_version_of(m);
    know_client(state, m->e, m->from, "client_hello");
    kept = ht_emit(m->e, &tls_client_hello_event, m->from, flags_of(m, ok), &hello);
    if (kept == NULL || m->from != state->client) {
        return;
    }
    state->last_hello = kept;
    if (state->details.client_hello == NULL) {
        state->details.client_hello = kept;
        state->server_name          = kept->server_name;
        state->client_hello_place   = (struct tls_place){m->e->frame, m->e->time_ns};
    } else if (state->details.hello_retry_request && state->details.client_hello_2 == NULL) {
        state->details.client_hello_2 = kept;
    }
}

static const char *suite_note(struct ht_named suite)
{
    const struct ht_registry_entry *entry =
        suite.set ? ht_registry_find(&tls_cipher_suites, suite.id) : NULL;
    return entry != NULL ? entry->note : "";
}

static void negotiated(struct tls_state *state, struct ht_emitter *e,
                       const struct tls_server_hello *hello)
{
    state->details.server_hello = hello;
    state->details.version      = hello->version;
    state->details.cipher_suite = hello->cipher_suite;
    state->details.group        = hello->key_share_group;
    state->details.alpn         = hello->alpn;
    state->version              = tls_comparable(hello->version.id);
    state->server_hello_place   = (struct tls_place){e->frame, e->time_ns};
}

static void tell_server_hello(struct message *m, struct tls_server_hello *hello, bool ok)
{
    struct tls_state *state = m->state;
    hello->frame            = m->e->frame;
    hello->record_version   = record_version_of(m);
    know_client(state, m->e, ht_other(m->from), "server_hello");
    if ((m->flags & HT_EVENT_PARTIAL) != 0 && !hello->supported_version.set &&
        hello->cipher_suite.set && hello->cipher_suite.id >> 8 == 0x13) {
        /* What says TLS 1.3 was cut off, but its suites are its own (RFC 8446 appendix B.4). */
        hello->version = ht_named(TLS_13);
    }
    const struct ht_event_type *type =
        hello->retry_request ? &tls_hello_retry_request_event : &tls_server_hello_event;
    const struct tls_server_hello *kept = ht_emit(m->e, type, m->from, flags_of(m, ok), hello);
    state->details.hello_retry_request |= hello->retry_request && m->from != state->client;
    if (kept != NULL && !hello->retry_request && state->details.server_hello == NULL &&
        m->from != state->client) {
        negotiated(state, m->e, kept);
    }
}

static void server_hello(struct message *m, uint8_t type)
{
    struct tls_server_hello hello = {0};
    bool ok                       = type == TLS_SERVER_HELLO
                                        ? tls_server_hello_parse(m->body, m->e->scratch, &hello)
                                        : tls_draft_retry_request_parse(m->body, m->e->scratch, &hello);
    hello.retry_request |= type == TLS_HELLO_RETRY_REQUEST;
    tell_server_hello(m, &hello, ok);
}

static void certificate(struct message *m, uint8_t type)
{
    struct tls_state *state            = m->state;
    struct tls_direction *d            = &state->direction[m->from];
    struct tls_certificate certificate = {0};
    bool ok = tls_certificate_parse(m->body, state->version >= TLS_13, m->e->scratch, &certificate);
    (void)type;
    const struct tls_certificate *kept =
        ht_emit(m->e, &tls_certificate_event, m->from, flags_of(m, ok), &certificate);
    if (state->chains == NULL) {
        state->chains               = ht_arena_alloc(m->e->arena, sizeof *state->chains);
        state->details.certificates = state->chains;
    }
    if (kept != NULL && state->chains != NULL && !d->certificate) {
        *(m->from == state->client ? &state->chains->client : &state->chains->server) =
            kept->sha256;
    }
    d->certificate |= certificate.chain.len > 0;
    d->certificate_told = true;
}

static void certificate_status(struct message *m, uint8_t type)
{
    struct tls_certificate_status status = {0};
    bool ok                              = tls_certificate_status_parse(m->body, &status);
    (void)type;
    m->state->direction[m->from].certificate_status = true;
    (void)ht_emit(m->e, &tls_certificate_status_event, m->from, flags_of(m, ok), &status);
}

static void server_key_exchange(struct message *m, uint8_t type)
{
    struct tls_details *details             = &m->state->details;
    struct tls_server_key_exchange exchange = {0};
    uint16_t version                        = version_of(m);
    bool ok = tls_server_key_exchange_parse(m->body, version, suite_note(details->cipher_suite),
                                            &exchange);
    (void)type;
    m->state->direction[m->from].server_key_exchange = true;
    (void)ht_emit(m->e, &tls_server_key_exchange_event, m->from, flags_of(m, ok), &exchange);
    if (!details->group.set) {
        details->group = exchange.group;
    }
    details->dh_bits          = exchange.dh_bits;
    details->signature_scheme = exchange.signature_scheme;
}

static void certificate_request(struct message *m, uint8_t type)
{
    struct tls_certificate_request request = {0};
    uint16_t version                       = version_of(m);
    bool ok = tls_certificate_request_parse(m->body, version, m->e->scratch, &request);
    (void)type;
    m->state->certificate_request = true;
    (void)ht_emit(m->e, &tls_certificate_request_event, m->from, flags_of(m, ok), &request);
}

static void client_key_exchange(struct message *m, uint8_t type)
{
    struct tls_client_key_exchange exchange = {.length = m->body.len};
    (void)type;
    m->state->direction[m->from].key_exchange_done = true;
    know_client(m->state, m->e, m->from, "client_key_exchange");
    (void)ht_emit(m->e, &tls_client_key_exchange_event, m->from, m->flags, &exchange);
}

static void certificate_verify(struct message *m, uint8_t type)
{
    struct tls_certificate_verify verify = {0};
    uint16_t version                     = version_of(m);
    bool ok                              = tls_certificate_verify_parse(m->body, version, &verify);
    (void)type;
    m->state->direction[m->from].certificate_verify = true;
    (void)ht_emit(m->e, &tls_certificate_verify_event, m->from, flags_of(m, ok), &verify);
}

static void new_session_ticket(struct message *m, uint8_t type)
{
    struct tls_new_session_ticket ticket = {0};
    bool ok                              = tls_new_session_ticket_parse(m->body, &ticket);
    (void)type;
    (void)ht_emit(m->e, &tls_new_session_ticket_event, m->from, flags_of(m, ok), &ticket);
}

static void server_hello_done(struct message *m, uint8_t type)
{
    (void)type;
    m->state->direction[m->from].key_exchange_done = true;
    (void)ht_emit(m->e, &tls_server_hello_done_event, m->from, m->flags, NULL);
}

static void hello_request(struct message *m, uint8_t type)
{
    (void)type;
    (void)ht_emit(m->e, &tls_hello_request_event, m->from, m->flags, NULL);
}

/* In clear only where the suite encrypts nothing, or the ChangeCipherSpec was lost. */
static void finished(struct message *m, uint8_t type)
{
    (void)type;
    m->state->direction[m->from].finished = true;
    (void)ht_emit(m->e, &tls_finished_event, m->from, m->flags, NULL);
}

static void other(struct message *m, uint8_t type)
{
    struct tls_other_handshake data = {.message = ht_named(type), .length = m->body.len};
    (void)ht_emit(m->e, &tls_other_handshake_event, m->from, m->flags, &data);
}

/* Who tells which message. */
static const struct {
    uint8_t type;
    void (*tell)(struct message *m, uint8_t type);
} tellers[] = {
    {TLS_HELLO_REQUEST, hello_request},
    {TLS_CLIENT_HELLO, client_hello},
    {TLS_SERVER_HELLO, server_hello},
    {TLS_NEW_SESSION_TICKET, new_session_ticket},
    {TLS_HELLO_RETRY_REQUEST, server_hello},
    {TLS_CERTIFICATE, certificate},
    {TLS_SERVER_KEY_EXCHANGE, server_key_exchange},
    {TLS_CERTIFICATE_REQUEST, certificate_request},
    {TLS_SERVER_HELLO_DONE, server_hello_done},
    {TLS_CERTIFICATE_VERIFY, certificate_verify},
    {TLS_CLIENT_KEY_EXCHANGE, client_key_exchange},
    {TLS_FINISHED, finished},
    {TLS_CERTIFICATE_STATUS, certificate_status},
};

static void tell(struct message *m, uint8_t type)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(tellers); i++) {
        if (tellers[i].type == type) {
            tellers[i].tell(m, type);
            return;
        }
    }
    other(m, type);
}

void tls_message(struct tls_state *state, struct ht_emitter *e, enum ht_side from, uint8_t type,
                 struct ht_bytes body, uint16_t record_version, unsigned flags)
{
    struct message m = {.state          = state,
                        .e              = e,
                        .from           = from,
                        .body           = body,
                        .record_version = record_version,
                        .flags          = flags};
    tell(&m, type);
}

/* Tells all whole messages at the head of `avail`; returns what is left. */
static struct ht_bytes tell_whole(struct message *m, struct ht_bytes avail)
{
    struct tls_handshake handshake;
    while (avail.len > 0 && tls_handshake_frame(avail, &handshake)) {
        m->body = handshake.body;
        tell(m, handshake.type);
        avail = ht_bytes_from(avail, TLS_HANDSHAKE_HEADER + handshake.body.len);
    }
    return avail;
}

/* A message that says it is longer than what can be kept: its beginning is told, its rest stepped
 * over. */
static bool too_long(struct message *m, struct ht_bytes rest)
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
    m->state->direction[m->from].skip_message = len - rest.len;
    return true;
}

void tls_handshake_fragment(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                            const struct tls_record *record, bool partial)
{
    struct tls_direction *d = &state->direction[from];
    struct ht_buffer *held  = ht_hold(e, from);
    struct message m = {.state = state, .e = e, .from = from, .record_version = record->version};
    size_t skipped =
        d->skip_message < record->fragment.len ? d->skip_message : record->fragment.len;
    struct ht_bytes fragment = ht_bytes_from(record->fragment, skipped);
    d->skip_message -= skipped;
    d->record_version = record->version;
    d->held_place     = (struct tls_place){e->frame, e->time_ns};
    if (held->len > 0) {
        if (!ht_buffer_append(held, fragment)) {
            tls_handshake_cut(state, e, from);
            return;
        }
        struct ht_bytes rest = tell_whole(&m, ht_buffer_view(held));
        ht_buffer_drop(held, too_long(&m, rest) ? held->len : held->len - rest.len);
    } else {
        struct ht_bytes rest = tell_whole(&m, fragment);
        if (rest.len > 0 && !too_long(&m, rest)) {
            (void)ht_buffer_append(held, rest);
        }
    }
    if (held->len == 0) {
        ht_buffer_free(held);
    }
    if (partial) {
        tls_handshake_cut(state, e, from);
    }
}

void tls_handshake_cut(struct tls_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct ht_buffer *held         = ht_hold(e, from);
    struct tls_handshake handshake = {0};
    struct message m               = {.state          = state,
                                      .e              = e,
                                      .from           = from,
                                      .record_version = state->direction[from].record_version,
                                      .flags          = HT_EVENT_PARTIAL};
    if (held->len > TLS_HANDSHAKE_HEADER) {
        (void)tls_handshake_frame(ht_buffer_view(held), &handshake);
        struct tls_place now = {e->frame, e->time_ns};
        e->frame             = state->direction[from].held_place.frame;
        e->time_ns           = state->direction[from].held_place.time_ns;
        m.body               = ht_bytes_from(ht_buffer_view(held), TLS_HANDSHAKE_HEADER);
        tell(&m, handshake.type);
        e->frame   = now.frame;
        e->time_ns = now.time_ns;
    }
    state->direction[from].skip_message = 0;
    ht_buffer_free(held);
}
