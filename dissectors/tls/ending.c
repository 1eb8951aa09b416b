/*
 * When the flow ends: completes the details, infers what is encrypted in TLS 1.3 from the places of
 * records, and says of every message that was expected and not seen why.
 */
#include "tls/state.h"

/* What the judgements below are made with. */
struct ending {
    struct tls_state *state;
    struct ht_emitter *e;
    const struct ht_end *end;
    enum ht_side client, server;
};

static bool before(struct tls_place a, struct tls_place b)
{
    return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.frame < b.frame;
}

/* Says at `place` in the timeline that a message was not seen. */
static void absent_at(const struct ending *x, const struct ht_event_type *type, enum ht_side from,
                      const char *reason, struct tls_place place)
{
    x->e->frame   = place.frame;
    x->e->time_ns = place.time_ns;
    ht_absent(x->e, type, from, reason);
}

static void emit_at(const struct ending *x, const struct ht_event_type *type, enum ht_side from,
                    unsigned flags, void *event, struct tls_place place)
{
    (void)ht_emit_at(x->e, type, from, flags, event, place.frame, place.time_ns);
}

/* The client's Finished in TLS 1.3 is in its first encrypted records after ServerHello (RFC 8446
 * section 2); early data come before it. NULL: there are none. */
static const struct tls_place *client_finished_place(const struct ending *x)
{
    const struct tls_direction *d = &x->state->direction[x->client];
    for (size_t i = 0; i < d->records && i < TLS_KEPT_RECORDS; i++) {
        if (before(x->state->server_hello_place, d->kept[i].place)) {
            return &d->kept[i].place;
        }
    }
    return NULL;
}

/* The server's Finished is in the last encrypted record before the client's. */
static const struct tls_place *server_finished_place(const struct ending *x,
                                                     const struct tls_place *client_finished)
{
    const struct tls_direction *d = &x->state->direction[x->server];
    const struct tls_place *place = NULL;
    for (size_t i = 0; i < d->records && i < TLS_KEPT_RECORDS; i++) {
        if (client_finished == NULL || before(d->kept[i].place, *client_finished)) {
            place = &d->kept[i].place;
        }
    }
    return place;
}

static void application_data(const struct ending *x, enum ht_side from, unsigned flags,
                             struct tls_place place)
{
    const struct tls_direction *d    = &x->state->direction[from];
    struct tls_application_data data = {.records = d->records, .bytes = d->bytes};
    emit_at(x, &tls_application_data_event, from, flags | HT_EVENT_SYNTHETIC, &data, place);
}

/* An encrypted record of this size, the last of its direction, holds an alert and nothing else:
 * level, description, content type and a 16-byte tag (RFC 8446 section 5.2). */
enum { TLS13_ALERT_RECORD = 2 + 1 + 16 };

static void infer_close_notify(const struct ending *x, enum ht_side from)
{
    const struct tls_direction *d = &x->state->direction[from];
    if (d->records > 1 && d->last_data_len == TLS13_ALERT_RECORD) {
        x->e->frame            = d->last_data.frame;
        struct tls_alert alert = tls_close_notify_inferred(x->state, x->e, from);
        emit_at(x, &tls_close_notify_event, from, HT_EVENT_INFERRED | HT_EVENT_ENCRYPTED, &alert,
                d->last_data);
        tls_keep_alert(x->state, x->e, &alert);
    }
}

/* Data after the Finished, as far as that can be told from outside. */
static void infer_data(const struct ending *x, enum ht_side from, struct tls_place finished)
{
    const struct tls_direction *d = &x->state->direction[from];
    for (size_t i = 0; i < d->records && i < TLS_KEPT_RECORDS; i++) {
        if (before(finished, d->kept[i].place)) {
            application_data(x, from, HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED, d->kept[i].place);
            break;
        }
    }
}

static void encrypted_flight(const struct ending *x, bool seen)
{
    const char *reason   = seen ? HT_ABSENT_ENCRYPTED : ht_absent_reason(x->end, x->server);
    struct tls_place at  = x->state->server_hello_place;
    bool psk             = x->state->details.server_hello->pre_shared_key;
    const char *no_chain = psk ? HT_ABSENT_NOT_SENT : reason;
    absent_at(x, &tls_encrypted_extensions_event, x->server, reason, at);
    absent_at(x, &tls_certificate_event, x->server, no_chain, at);
    absent_at(x, &tls_certificate_verify_event, x->server, no_chain, at);
}

/* The size of an encrypted record that holds Finished alone: a header, a hash, the content type and
 * a 16-byte tag (RFC 8446 sections 4.4.4 and 5.2). */
static uint32_t finished_record_len(const struct tls_state *state)
{
    const struct ht_registry_entry *suite =
        ht_registry_find(&tls_cipher_suites, state->details.cipher_suite.id);
    bool sha384 = suite != NULL && strstr(suite->name, "SHA384") != NULL;
    return TLS_HANDSHAKE_HEADER + (sha384 ? 48 : 32) + 1 + 16;
}

enum { END_OF_EARLY_DATA_RECORD = TLS_HANDSHAKE_HEADER + 1 + 16, LONGEST_CLIENT_FLIGHT = 3 };

/* A client that was not asked for a certificate answers with Finished alone. One that was sends
 * Certificate, CertificateVerify (not after an empty Certificate) and Finished: where each is in a
 * record of its own, the second or third has the size of Finished. */
static bool client_was_asked(const struct ending *x, const struct tls_place *client_finished)
{
    const struct tls_direction *d = &x->state->direction[x->client];
    size_t num                    = d->records < TLS_KEPT_RECORDS ? d->records : TLS_KEPT_RECORDS;
    size_t i                      = 0;
    while (i < num && &d->kept[i].place != client_finished) {
        i++;
    }
    i += i < num && d->kept[i].len == END_OF_EARLY_DATA_RECORD;
    uint32_t alone = finished_record_len(x->state);
    for (size_t k = 0; i + k < num && k < LONGEST_CLIENT_FLIGHT; k++) {
        if (d->kept[i + k].len == alone) {
            return k > 0;
        }
    }
    return false;
}

static void infer_client_authentication(const struct ending *x, struct tls_place finished)
{
    const unsigned hidden = HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED;
    emit_at(x, &tls_certificate_request_event, x->server, hidden, NULL,
            x->state->server_hello_place);
    emit_at(x, &tls_certificate_event, x->client, hidden, NULL, finished);
    x->state->details.client_authentication = true;
}

static void end_tls13(const struct ending *x)
{
    const unsigned hidden          = HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED;
    const struct tls_place at      = x->state->server_hello_place;
    const struct tls_place *client = client_finished_place(x);
    const struct tls_place *server = server_finished_place(x, client);
    encrypted_flight(x, server != NULL);
    if (server != NULL) {
        emit_at(x, &tls_finished_event, x->server, hidden, NULL, *server);
    } else {
        absent_at(x, &tls_finished_event, x->server, ht_absent_reason(x->end, x->server), at);
    }
    if (client != NULL && client_was_asked(x, client)) {
        infer_client_authentication(x, *client);
    }
    if (client != NULL) {
        emit_at(x, &tls_finished_event, x->client, hidden, NULL, *client);
        infer_data(x, x->client, *client);
        infer_data(x, x->server, *client);
    } else {
        absent_at(x, &tls_finished_event, x->client, ht_absent_reason(x->end, x->client), at);
    }
    infer_close_notify(x, x->client);
    infer_close_notify(x, x->server);
    x->state->details.established =
        client != NULL && (server != NULL || !x->end->side[x->server].seen);
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The server says nothing of a certificate or of its key exchange where the suite needs none. */
static const char *suite_kind(const struct tls_state *state)
{
    const struct ht_registry_entry *suite =
        state->details.cipher_suite.set
            ? ht_registry_find(&tls_cipher_suites, state->details.cipher_suite.id)
            : NULL;
    return suite != NULL ? suite->note : "";
}

static void absent_server_flight(const struct ending *x)
{
    const struct tls_direction *d = &x->state->direction[x->server];
    const char *kind              = suite_kind(x->state);
    const char *reason            = ht_absent_reason(x->end, x->server);
    struct tls_place at           = x->state->server_hello_place;
    bool no_certificate           = strstr(kind, "anon") != NULL || starts_with(kind, "PSK") ||
                          starts_with(kind, "DHE_PSK") || starts_with(kind, "ECDHE_PSK");
    bool ephemeral = starts_with(kind, "DHE") || starts_with(kind, "ECDHE") ||
                     strstr(kind, "anon") != NULL || starts_with(kind, "SRP");
    if (!d->certificate) {
        absent_at(x, &tls_certificate_event, x->server,
                  no_certificate ? HT_ABSENT_NOT_NEGOTIATED : reason, at);
    }
    if (x->state->details.server_hello->status_request && !d->certificate_status) {
        absent_at(x, &tls_certificate_status_event, x->server, reason, at);
    }
    if (!d->server_key_exchange && !starts_with(kind, "PSK") && !starts_with(kind, "RSA_PSK")) {
        absent_at(x, &tls_server_key_exchange_event, x->server,
                  ephemeral ? reason : HT_ABSENT_NOT_NEGOTIATED, at);
    }
    if (!d->key_exchange_done) {
        absent_at(x, &tls_server_hello_done_event, x->server, reason, at);
    }
}

static void absent_client_flight(const struct ending *x)
{
    const struct tls_direction *d = &x->state->direction[x->client];
    const char *reason            = ht_absent_reason(x->end, x->client);
    struct tls_place at           = x->state->server_hello_place;
    if (x->state->certificate_request && !d->certificate) {
        absent_at(x, &tls_certificate_event, x->client, reason, at);
    }
    if (!d->key_exchange_done) {
        absent_at(x, &tls_client_key_exchange_event, x->client, reason, at);
    }
}

static void absent_finish(const struct ending *x, enum ht_side from)
{
    const struct tls_direction *d = &x->state->direction[from];
    const char *reason            = ht_absent_reason(x->end, from);
    if (!d->change_cipher_spec) {
        absent_at(x, &tls_change_cipher_spec_event, from, reason, x->state->server_hello_place);
    }
    if (!d->finished) {
        absent_at(x, &tls_finished_event, from, reason, x->state->server_hello_place);
    }
}

/* An abbreviated handshake goes from ServerHello to ChangeCipherSpec (RFC 5246 section 7.3). */
static bool is_abbreviated(const struct ending *x)
{
    const struct tls_direction *server = &x->state->direction[x->server];
    const struct tls_direction *client = &x->state->direction[x->client];
    return !server->certificate && !server->key_exchange_done && !server->server_key_exchange &&
           !client->key_exchange_done && server->change_cipher_spec &&
           !x->end->side[x->server].hole;
}

static void say_resumed(const struct ending *x)
{
    const struct tls_client_hello *hello = x->state->details.client_hello;
    struct tls_details *details          = &x->state->details;
    bool ticket                          = hello != NULL && hello->session_ticket_bytes > 0;
    const char *reason                   = HT_ABSENT_NOT_SENT;
    details->resumed                     = true;
    details->resumption                  = ticket ? "ticket" : "session_id";
    absent_at(x, &tls_certificate_event, x->server, reason, x->state->server_hello_place);
    absent_at(x, &tls_server_hello_done_event, x->server, reason, x->state->server_hello_place);
    absent_at(x, &tls_client_key_exchange_event, x->client, reason, x->state->server_hello_place);
}

static void end_tls12(const struct ending *x)
{
    const struct tls_direction *client = &x->state->direction[x->client];
    const struct tls_direction *server = &x->state->direction[x->server];
    if (is_abbreviated(x)) {
        say_resumed(x);
    } else {
        absent_server_flight(x);
        absent_client_flight(x);
    }
    absent_finish(x, x->client);
    absent_finish(x, x->server);
    for (int side = 0; side < 2; side++) {
        const struct tls_direction *d = &x->state->direction[side];
        if (d->records > 0) {
            application_data(x, (enum ht_side)side, HT_EVENT_ENCRYPTED, d->first_data);
        }
    }
    bool server_done = server->finished || !x->end->side[x->server].seen;
    bool client_done = client->finished || !x->end->side[x->client].seen;
    x->state->details.established =
        (client_done && server_done && (client->finished || server->finished)) ||
        (client->records > 0 && server->records > 0);
    x->state->details.client_authentication = client->certificate && client->certificate_verify;
}

/* Neither side's version is known: the connection was joined in its middle, or never answered. */
static void end_unanswered(const struct ending *x)
{
    const struct tls_details *details = &x->state->details;
    struct tls_place at               = x->state->client_hello_place;
    const struct tls_direction *c     = &x->state->direction[x->client];
    const struct tls_direction *s     = &x->state->direction[x->server];
    if (details->client_hello == NULL) {
        at = c->records > 0 ? c->first_data : s->first_data;
        absent_at(x, &tls_client_hello_event, x->client, ht_absent_reason(x->end, x->client), at);
    }
    absent_at(x, &tls_server_hello_event, x->server, ht_absent_reason(x->end, x->server), at);
    for (int side = 0; side < 2; side++) {
        if (x->state->direction[side].records > 0) {
            application_data(x, (enum ht_side)side, HT_EVENT_ENCRYPTED,
                             x->state->direction[side].first_data);
        }
    }
    x->state->details.established = c->records > 0 && s->records > 0;
}

static const char *group_exchange(struct ht_named group, bool psk)
{
    const struct ht_registry_entry *entry =
        group.set ? ht_registry_find(&tls_groups, group.id) : NULL;
    if (entry == NULL) {
        return psk ? "PSK" : NULL;
    }
    if (starts_with(entry->note, "hybrid")) {
        return "ECDHE+ML-KEM";
    }
    if (strcmp(entry->note, "pq-kem") == 0) {
        return "ML-KEM";
    }
    return strcmp(entry->note, "ffdhe") == 0 ? "DHE" : "ECDHE";
}

/* The words of the registry's note, "ECDHE/RSA", that stand for the key exchange. */
static const char *suite_exchange(const char *kind)
{
    static const char *const known[] = {"ECDHE_PSK", "ECDHE",   "ECDH_anon", "ECDH",      "DHE_PSK",
                                        "DHE",       "DH_anon", "DH",        "RSA_PSK",   "RSA",
                                        "PSK",       "SRP",     "KRB5",      "VKO_GOST12"};
    for (size_t i = 0; i < HT_ARRAY_LEN(known); i++) {
        size_t len = strlen(known[i]);
        if (starts_with(kind, known[i]) && (kind[len] == '/' || kind[len] == '\0')) {
            return known[i];
        }
    }
    return NULL;
}

static void complete_details(struct tls_state *state)
{
    struct tls_details *details = &state->details;
    bool psk              = details->server_hello != NULL && details->server_hello->pre_shared_key;
    details->key_exchange = state->version >= TLS_13 ? group_exchange(details->group, psk)
                                                     : suite_exchange(suite_kind(state));
    if (psk) {
        details->resumed    = true;
        details->resumption = "psk";
    } else if (details->server_hello != NULL && details->resumption == NULL) {
        details->resumption = "none";
    }
    details->client_records    = state->direction[state->client].records;
    details->client_data_bytes = state->direction[state->client].bytes;
    details->server_records    = state->direction[ht_other(state->client)].records;
    details->server_data_bytes = state->direction[ht_other(state->client)].bytes;
    for (size_t i = 0; i < details->alerts.len; i++) {
        state->alerts[i].from = state->alerts[i].side == state->client ? "client" : "server";
    }
}

void tls_end(struct tls_state *state, struct ht_emitter *e, const struct ht_end *end)
{
    if (!state->client_known) {
        state->client = e->client;
    }
    const struct ending x = {.state  = state,
                             .e      = e,
                             .end    = end,
                             .client = state->client,
                             .server = ht_other(state->client)};
    struct tls_place at   = state->server_hello_place;
    if (state->details.server_hello == NULL) {
        end_unanswered(&x);
    } else {
        if (state->details.client_hello == NULL) {
            absent_at(&x, &tls_client_hello_event, x.client, ht_absent_reason(end, x.client),
                      (struct tls_place){.frame = 0, .time_ns = at.time_ns});
        }
        if (state->version >= TLS_13) {
            end_tls13(&x);
        } else {
            end_tls12(&x);
        }
    }
    complete_details(state);
}
