/*
 * When the flow ends: completes the details, and says of every message that was expected and not
 * seen why.
 */
#include "tls/ending.h"
#include "tls/decrypt.h"
#include "tls/inner_hello.h"
#include "tls/nonces.h"

void tls_absent_at(const struct tls_ending *x, const struct ht_event_type *type, enum ht_side from,
                   const char *reason, struct tls_place place)
{
    x->e->frame   = place.frame;
    x->e->time_ns = place.time_ns;
    ht_absent(x->e, type, from, reason);
}

void tls_emit_at(const struct tls_ending *x, const struct ht_event_type *type, enum ht_side from,
                 unsigned flags, void *event, struct tls_place place)
{
    (void)ht_emit_at(x->e, type, from, flags, event, place.frame, place.time_ns);
}

struct tls_place tls_standstill(const struct tls_ending *x)
{
    struct tls_place latest = x->state->server_hello_place;
    for (size_t i = 0; i < 2 && !x->state->direction[x->server].change_cipher_spec; i++) {
        struct tls_place place = x->state->direction[i].held_place;
        latest                 = tls_before(latest, place) ? place : latest;
    }
    return latest;
}

bool tls_is_unasked(const struct tls_ending *x, enum ht_side from, struct tls_place place)
{
    const struct ht_side_quality *peer = &x->end->side[ht_other(from)];
    return !peer->fin || x->end->side[from].closed_first || place.time_ns <= x->end->close_ns;
}

static bool has_alert(const struct tls_state *state, enum ht_side from)
{
    bool found = false;
    for (size_t i = 0; i < state->details.alerts.len; i++) {
        found |= state->alerts[i].side == from;
    }
    return found;
}

/* Alerts after both Finished that could not be read: close_notify, unless one answers a FIN without
 * one, to which any may be the answer. */
static void tell_alerts(const struct tls_ending *x)
{
    for (size_t i = 0; i < x->state->details.alerts.len; i++) {
        struct tls_alert *alert = &x->state->alerts[i];
        enum ht_side from       = (enum ht_side)alert->side;
        struct tls_place place  = tls_place_at(alert->frame, alert->time_ns);
        bool closes       = tls_is_unasked(x, from, place) || has_alert(x->state, ht_other(from));
        unsigned inferred = closes ? HT_EVENT_INFERRED : 0;
        if (!alert->untold) {
            continue;
        }
        if (closes) {
            x->e->frame = alert->frame;
            *alert      = tls_close_notify_inferred(x->state, x->e, from);
        }
        tls_emit_at(x, closes ? &tls_close_notify_event : &tls_alert_event, from,
                    HT_EVENT_ENCRYPTED | inferred, alert, place);
    }
}

static void application_data(const struct tls_ending *x, enum ht_side from, unsigned flags,
                             struct tls_place place)
{
    const struct tls_direction *d    = &x->state->direction[from];
    struct tls_application_data data = {.records = d->records, .bytes = d->bytes};
    tls_emit_at(x, &tls_application_data_event, from, flags, &data, place);
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

static void absent_server_flight(const struct tls_ending *x)
{
    const struct tls_direction *d = &x->state->direction[x->server];
    bool no_status = x->state->details.server_hello->status_request && !d->certificate_status;
    if (d->certificate_told && !no_status && d->server_key_exchange && d->key_exchange_done) {
        return;
    }
    const char *kind    = suite_kind(x->state);
    const char *reason  = ht_absent_reason(x->end, x->server);
    struct tls_place at = x->state->server_hello_place;
    bool no_certificate = strstr(kind, "anon") != NULL || starts_with(kind, "PSK") ||
                          starts_with(kind, "DHE_PSK") || starts_with(kind, "ECDHE_PSK") ||
                          starts_with(kind, "ECJPAKE") || strcmp(kind, "SRP/SRP") == 0;
    bool ephemeral = starts_with(kind, "DHE") || starts_with(kind, "ECDHE") ||
                     strstr(kind, "anon") != NULL || starts_with(kind, "SRP") ||
                     starts_with(kind, "ECJPAKE");
    if (!d->certificate_told) {
        tls_absent_at(x, &tls_certificate_event, x->server,
                      no_certificate ? HT_ABSENT_NOT_NEGOTIATED : reason, at);
    }
    if (no_status) {
        tls_absent_at(x, &tls_certificate_status_event, x->server, reason, at);
    }
    if (!d->server_key_exchange && !starts_with(kind, "PSK") && !starts_with(kind, "RSA_PSK")) {
        tls_absent_at(x, &tls_server_key_exchange_event, x->server,
                      ephemeral ? reason : HT_ABSENT_NOT_NEGOTIATED, at);
    }
    if (!d->key_exchange_done) {
        tls_absent_at(x, &tls_server_hello_done_event, x->server, reason, at);
    }
}

static void absent_client_flight(const struct tls_ending *x, struct tls_place at)
{
    const struct tls_direction *d = &x->state->direction[x->client];
    bool no_certificate           = x->state->certificate_request && !d->certificate_told;
    if (!no_certificate && d->key_exchange_done) {
        return;
    }
    const char *reason = ht_absent_reason(x->end, x->client);
    if (no_certificate) {
        tls_absent_at(x, &tls_certificate_event, x->client, reason, at);
    }
    if (!d->key_exchange_done) {
        tls_absent_at(x, &tls_client_key_exchange_event, x->client, reason, at);
    }
}

static void absent_finish(const struct tls_ending *x, enum ht_side from, struct tls_place at)
{
    const struct tls_direction *d = &x->state->direction[from];
    if (d->change_cipher_spec && d->finished) {
        return;
    }
    const char *reason = ht_absent_reason(x->end, from);
    if (!d->change_cipher_spec) {
        tls_absent_at(x, &tls_change_cipher_spec_event, from, reason, at);
    }
    if (!d->finished) {
        tls_absent_at(x, &tls_finished_event, from, reason, at);
    }
}

/* An abbreviated handshake goes from ServerHello to ChangeCipherSpec (RFC 5246 section 7.3). */
static bool is_abbreviated(const struct tls_ending *x)
{
    const struct tls_direction *server = &x->state->direction[x->server];
    const struct tls_direction *client = &x->state->direction[x->client];
    return !server->missed && !x->end->side[x->server].limit && !server->certificate &&
           !server->key_exchange_done && !server->server_key_exchange &&
           !client->key_exchange_done && server->change_cipher_spec;
}

static void say_resumed(const struct tls_ending *x)
{
    const struct tls_client_hello *hello = x->state->details.client_hello;
    struct tls_details *details          = &x->state->details;
    bool ticket                          = hello != NULL && hello->session_ticket_bytes > 0;
    const char *reason                   = HT_ABSENT_NOT_SENT;
    details->resumed                     = true;
    details->resumption                  = ticket ? "ticket" : "session_id";
    tls_absent_at(x, &tls_certificate_event, x->server, reason, x->state->server_hello_place);
    tls_absent_at(x, &tls_server_hello_done_event, x->server, reason, x->state->server_hello_place);
    tls_absent_at(x, &tls_client_key_exchange_event, x->client, reason,
                  x->state->server_hello_place);
}

static void end_tls12(const struct tls_ending *x)
{
    const struct tls_direction *client = &x->state->direction[x->client];
    const struct tls_direction *server = &x->state->direction[x->server];
    const struct tls_place at          = tls_standstill(x);
    if (is_abbreviated(x)) {
        say_resumed(x);
    } else {
        absent_server_flight(x);
        absent_client_flight(x, at);
    }
    absent_finish(x, x->client, at);
    absent_finish(x, x->server, at);
    for (int side = 0; side < 2; side++) {
        const struct tls_direction *d = &x->state->direction[side];
        if (d->records > 0) {
            application_data(x, (enum ht_side)side, tls_hidden(x->state), tls_first_data(d));
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
static void end_unanswered(const struct tls_ending *x)
{
    const struct tls_details *details = &x->state->details;
    struct tls_place at               = x->state->client_hello_place;
    const struct tls_direction *c     = &x->state->direction[x->client];
    const struct tls_direction *s     = &x->state->direction[x->server];
    if (details->client_hello == NULL) {
        at = tls_first_data(c->records > 0 ? c : s);
        tls_absent_at(x, &tls_client_hello_event, x->client, ht_absent_reason(x->end, x->client),
                      at);
    }
    tls_absent_at(x, &tls_server_hello_event, x->server, ht_absent_reason(x->end, x->server), at);
    for (int side = 0; side < 2; side++) {
        if (x->state->direction[side].records > 0) {
            application_data(x, (enum ht_side)side, HT_EVENT_ENCRYPTED,
                             tls_first_data(&x->state->direction[side]));
        }
    }
    x->state->details.established = c->records + s->records > 0 &&
                                    (c->records > 0 || !x->end->side[x->client].seen) &&
                                    (s->records > 0 || !x->end->side[x->server].seen);
}

static const char *role_of_side(const struct tls_state *state, uint8_t side)
{
    return side == state->client ? "client" : "server";
}

static void complete_details(struct tls_state *state)
{
    struct tls_details *details = &state->details;
    details->key_exchange       = tls_exchange_name(state);
    if (details->server_hello != NULL && details->server_hello->pre_shared_key) {
        details->resumed    = true;
        details->resumption = "psk";
    } else if (details->server_hello != NULL && details->resumption == NULL) {
        details->resumption = "none";
    }
    details->client_records    = state->direction[state->client].records;
    details->client_data_bytes = state->direction[state->client].bytes;
    details->server_records    = state->direction[ht_other(state->client)].records;
    details->server_data_bytes = state->direction[ht_other(state->client)].bytes;
    details->client_first      = &state->direction[state->client].kept;
    details->num_client_first  = state->direction[state->client].num_kept;
    if (state->nonces != NULL) {
        details->client_nonces = &state->nonces->side[state->client];
        details->server_nonces = &state->nonces->side[ht_other(state->client)];
    }
    for (size_t i = 0; i < details->alerts.len; i++) {
        state->alerts[i].from = role_of_side(state, state->alerts[i].side);
    }
    struct tls_odd_records *odd = details->odd_records;
    if (odd != NULL) {
        odd->oversize_from = role_of_side(state, odd->oversize_side);
        odd->empty_from    = role_of_side(state, odd->empty_side);
        odd->run_from      = role_of_side(state, odd->run_side);
    }
}

static void recall_chain(const struct tls_state *state, const struct ht_emitter *e, bool client,
                         struct tls_chains *out)
{
    const struct tls_certificate *kept =
        ht_recall(e, &tls_certificate_struct, state->certificate[client]);
    if (kept != NULL) {
        *(client ? &out->client : &out->server)                 = kept->sha256;
        *(client ? &out->client_subject : &out->server_subject) = kept->subject;
        *(client ? &out->client_issuer : &out->server_issuer)   = kept->issuer;
        *(client ? &out->client_raw_key : &out->server_raw_key) = kept->raw_public_key;
        out->sct_list = client ? out->sct_list : kept->sct_list;
    }
}

static void recall_chains(struct tls_state *state, const struct ht_emitter *e)
{
    struct tls_chains *chains =
        tls_saw_certificate(state) ? ht_arena_alloc(e->arena, sizeof *chains) : NULL;
    if (chains != NULL) {
        recall_chain(state, e, false, chains);
        recall_chain(state, e, true, chains);
        chains->staple = ht_recall(e, &tls_certificate_status_struct, state->certificate_status);
    }
    state->details.certificates = chains;
}

/* Room for most of what is recalled, in one piece. */
static void make_room(const struct tls_state *state, const struct ht_emitter *e)
{
    size_t hello  = state->client_hello != NULL ? tls_client_hello_struct.size : 0;
    size_t answer = state->server_hello != NULL ? tls_server_hello_struct.size : 0;
    size_t chains =
        tls_saw_certificate(state) ? tls_certificate_struct.size + sizeof(struct tls_chains) : 0;
    if (hello + answer + chains > 0) {
        ht_arena_reserve(e->arena, hello + answer + chains);
    }
}

void tls_recall(struct tls_state *state, const struct ht_emitter *e)
{
    make_room(state, e);
    struct tls_details *details = &state->details;
    const struct tls_server_hello *extensions =
        ht_recall(e, &tls_encrypted_extensions_struct, state->encrypted_extensions);
    details->client_hello   = ht_recall(e, &tls_client_hello_struct, state->client_hello);
    details->client_hello_2 = ht_recall(e, &tls_client_hello_struct, state->client_hello_2);
    details->server_hello   = ht_recall(e, &tls_server_hello_struct, state->server_hello);
    if (details->client_hello != NULL) {
        state->server_name = details->client_hello->server_name;
    }
    if (details->server_hello != NULL) {
        details->alpn = details->server_hello->alpn;
    }
    if (extensions != NULL && details->alpn.len == 0) {
        details->alpn = extensions->alpn;
    }
    recall_chains(state, e);
    if (state->keys != NULL) {
        tls_inner_hello_end(state, e);
    }
}

/* What is lost behind whole records of a side may be too little for a handshake message: an alert,
 * say. */
static bool lacks_messages(const struct tls_state *state, const struct ht_end *end,
                           enum ht_side side)
{
    enum { SHORTEST_MESSAGE = TLS_RECORD_HEADER + TLS_HANDSHAKE_HEADER };
    const struct tls_direction *d = &state->direction[side];
    uint64_t lost                 = end->side[side].lost_bytes;
    bool behind                   = !d->missed && !d->change_cipher_spec && !end->side[side].cut;
    return end->side[side].hole && !(behind && lost > 0 && lost < SHORTEST_MESSAGE);
}

/* All that TLS expects comes after the ClientHello: where that was captured it was not too early
 * for the capture. Of a server that is first seen with data, what came before them was lost. */
static struct ht_end what_is_known(const struct tls_state *state, const struct ht_end *end)
{
    struct ht_end known            = *end;
    struct ht_side_quality *server = &known.side[ht_other(state->client)];
    known.side[0].hole             = lacks_messages(state, end, HT_SIDE_A);
    known.side[1].hole             = lacks_messages(state, end, HT_SIDE_B);
    if (state->details.client_hello != NULL) {
        server->hole |= server->started_late && state->details.server_hello == NULL &&
                        state->direction[ht_other(state->client)].records > 0;
        known.side[0].started_late = known.side[1].started_late = false;
    }
    return known;
}

/* Nothing but time tells then what came first. */
static void forget_order(struct tls_state *state)
{
    state->client_hello_place.order = state->server_hello_place.order = 0;
    for (int side = 0; side < 2; side++) {
        struct tls_direction *d = &state->direction[side];
        d->held_place.order = d->last_data.order = 0;
        for (size_t i = 0; i < d->num_kept; i++) {
            d->kept.place[i].order = 0;
        }
    }
}

void tls_end(struct tls_state *state, struct ht_emitter *e, const struct ht_end *end)
{
    if (!state->client_known) {
        state->client = e->client;
    }
    if (end->side[0].ran_ahead || end->side[1].ran_ahead) {
        forget_order(state);
    }
    tls_recall(state, e);
    struct ht_end known       = what_is_known(state, end);
    const struct tls_ending x = {.state  = state,
                                 .e      = e,
                                 .end    = &known,
                                 .client = state->client,
                                 .server = ht_other(state->client)};
    struct tls_place at       = state->server_hello_place;
    tell_alerts(&x);
    if (state->details.server_hello == NULL) {
        end_unanswered(&x);
    } else {
        if (state->details.client_hello == NULL) {
            tls_absent_at(&x, &tls_client_hello_event, x.client, ht_absent_reason(end, x.client),
                          (struct tls_place){.frame = 0, .time_ns = at.time_ns});
        }
        bool decrypted = state->keys != NULL && state->keys->use.records > 0;
        if (state->version >= TLS_13 && decrypted) {
            tls13_end_decrypted(&x);
        } else if (state->version >= TLS_13 && state->carrier == TLS_OVER_QUIC) {
            tls13_end_quic(&x);
        } else if (state->version >= TLS_13) {
            tls13_infer(&x);
        } else {
            end_tls12(&x);
        }
    }
    complete_details(state);
}
