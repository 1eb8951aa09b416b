/*
 * TLS 1.3 encrypts its handshake from ServerHello on (RFC 8446 section 2). What can be known of it
 * from outside: which records went which way, when, and how large they were.
 */
#include "base/time.h"
#include "tls/ending.h"

/* What an encrypted record has beside its content: the content type and the cipher's tag, 16 bytes
 * but for CCM_8 (RFC 8446 section 5.2, RFC 6655 section 4). */
static uint32_t overhead(const struct tls_state *state)
{
    return 1 + (state->suite.short_tag ? 8 : 16);
}

/* The size of a record that holds an alert and nothing else. */
static uint32_t alert_len(const struct tls_state *state)
{
    return 2 + overhead(state);
}

/* The client's Finished in TLS 1.3 is in its first encrypted records after ServerHello (RFC 8446
 * section 2); early data come before it. NULL: there are none. */
static const struct tls_place *client_finished_place(const struct tls_ending *x)
{
    const struct tls_direction *d = &x->state->direction[x->client];
    for (size_t i = 0; i < d->num_kept; i++) {
        if (tls_before(x->state->server_hello_place, d->kept.place[i])) {
            bool refuses = i + 1 == d->records && d->kept.len[i] == alert_len(x->state);
            return refuses ? NULL : &d->kept.place[i];
        }
    }
    return NULL;
}

/* The server's Finished is in the last encrypted record before the client's. */
static const struct tls_place *server_finished_place(const struct tls_ending *x,
                                                     const struct tls_place *client_finished)
{
    const struct tls_direction *d = &x->state->direction[x->server];
    const struct tls_place *place = NULL;
    for (size_t i = 0; i < d->num_kept; i++) {
        if (client_finished == NULL || tls_before(d->kept.place[i], *client_finished)) {
            place = &d->kept.place[i];
        }
    }
    return place;
}

static bool ends_with_alert(const struct tls_ending *x, enum ht_side from)
{
    const struct tls_direction *d = &x->state->direction[from];
    return d->records > 0 && d->last_data_len == alert_len(x->state);
}

enum {
    EMPTY_CERTIFICATE     = 1 + 3, /* no context, no chain */
    LONGEST_CLIENT_FLIGHT = 3      /* Certificate, CertificateVerify, Finished */
};

/* RFC 8446 section 4, RFC 9147 section 5.2. */
static uint32_t handshake_header(const struct tls_state *state)
{
    enum { DTLS_HANDSHAKE_HEADER = 12 };
    return state->carrier == TLS_OVER_DTLS ? DTLS_HANDSHAKE_HEADER : TLS_HANDSHAKE_HEADER;
}

/* The size of a record that holds Finished alone: a header and a hash (RFC 8446 section 4.4.4). */
static uint32_t finished_record_len(const struct tls_state *state)
{
    return handshake_header(state) + (state->suite.sha384 ? 48U : 32U) + overhead(state);
}

/* Of one of the places kept; NULL: behind them. */
static size_t index_of(const struct tls_direction *d, const struct tls_place *place)
{
    return place != NULL ? (size_t)(place - d->kept.place) : d->num_kept;
}

/* How many of the records kept came before `place`, or with it. */
static size_t records_until(const struct tls_direction *d, struct tls_place place)
{
    size_t i = 0;
    while (i < d->num_kept && !tls_before(place, d->kept.place[i])) {
        i++;
    }
    return i;
}

/* EndOfEarlyData is in a record of its own because keys change there (RFC 8446 section 4.5).
 * Returns where, from `first` on, what follows it begins; `first` where there is none. */
static size_t after_early_data(const struct tls_ending *x, size_t first)
{
    const struct tls_client_hello *hello = x->state->details.client_hello;
    const struct tls_direction *d        = &x->state->direction[x->client];
    uint32_t len                         = handshake_header(x->state) + overhead(x->state);
    for (size_t i = first; hello != NULL && hello->early_data && i < d->num_kept; i++) {
        if (d->kept.len[i] == len) {
            return i + 1;
        }
    }
    return first;
}

/* Where, among the records kept, what follows the client's flight begins: behind a record of the
 * size of Finished, in whatever segments they came; where there is none, for it is padded or shares
 * a record with what comes before it, behind the first. */
static size_t client_flight_end(const struct tls_ending *x, const struct tls_place *finished)
{
    const struct tls_direction *d = &x->state->direction[x->client];
    size_t begin                  = after_early_data(x, index_of(d, finished));
    for (size_t i = begin; i < d->num_kept && i < begin + LONGEST_CLIENT_FLIGHT; i++) {
        if (d->kept.len[i] == finished_record_len(x->state)) {
            return i + 1;
        }
    }
    return begin < d->num_kept ? begin + 1 : begin;
}

/* How many of the first records kept of `from` belong to the handshake. What shares a datagram with
 * Finished does so whoever reads it; what shares a segment need not. */
static size_t handshake_records(const struct tls_ending *x, enum ht_side from,
                                const struct tls_place *finished)
{
    return from == x->client && x->state->carrier != TLS_OVER_DTLS
               ? client_flight_end(x, finished)
               : records_until(&x->state->direction[from], *finished);
}

/* `finished`: the client's Finished; NULL: it was not seen. The alert is close_notify where the
 * handshake was done, data went this way, and it was not the answer to a FIN without one; or where
 * both sides sent one, since an error's is not answered (RFC 8446 section 6.2), and the server had
 * no certificate of the client's to refuse meanwhile. Else it can be any (an error's looks the same
 * from outside). */
static void infer_alert(const struct tls_ending *x, enum ht_side from,
                        const struct tls_place *finished, bool asked)
{
    const struct tls_direction *d = &x->state->direction[from];
    if (!ends_with_alert(x, from)) {
        return;
    }
    bool first  = tls_is_unasked(x, from, d->last_data);
    bool quiet  = finished == NULL || handshake_records(x, from, finished) + 1 >= d->records;
    bool both   = ends_with_alert(x, ht_other(from));
    bool closes = quiet ? both && finished != NULL && !asked : first || both;
    x->e->frame = d->last_data.frame;
    struct tls_alert alert = tls_close_notify_inferred(x->state, x->e, from);
    if (!closes) {
        alert = (struct tls_alert){.frame     = alert.frame,
                                   .from      = alert.from,
                                   .side      = alert.side,
                                   .encrypted = true,
                                   .inferred  = true};
    }
    tls_emit_at(x, closes ? &tls_close_notify_event : &tls_alert_event, from,
                HT_EVENT_INFERRED | HT_EVENT_ENCRYPTED, &alert, d->last_data);
    (void)tls_keep_alert(x->state, x->e, &alert);
}

/* In the order in which they came. */
static void infer_alerts(const struct tls_ending *x, const struct tls_place *finished, bool asked)
{
    const struct tls_direction *d = x->state->direction;
    if (!ends_with_alert(x, x->client) && !ends_with_alert(x, x->server)) {
        return;
    }
    bool server_first = tls_before(d[x->server].last_data, d[x->client].last_data);
    infer_alert(x, server_first ? x->server : x->client, finished, asked);
    infer_alert(x, server_first ? x->client : x->server, finished, asked);
}

/* Data after the Finished, as far as that can be told from outside. */
static void infer_data(const struct tls_ending *x, enum ht_side from,
                       const struct tls_place *finished)
{
    const struct tls_direction *d    = &x->state->direction[from];
    size_t i                         = handshake_records(x, from, finished);
    struct tls_application_data data = {.records = d->records - i, .bytes = d->bytes};
    for (size_t k = 0; k < i; k++) {
        data.bytes -= d->kept.len[k];
    }
    if (data.records > 0 && ends_with_alert(x, from)) {
        data.records--;
        data.bytes -= d->last_data_len;
    }
    if (data.records > 0 && i < d->num_kept) {
        tls_emit_at(x, &tls_application_data_event, from, HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED,
                    &data, d->kept.place[i]);
    }
}

static void encrypted_flight(const struct tls_ending *x, bool seen)
{
    const char *reason   = seen ? HT_ABSENT_ENCRYPTED : ht_absent_reason(x->end, x->server);
    struct tls_place at  = x->state->server_hello_place;
    bool psk             = x->state->details.server_hello->pre_shared_key;
    const char *no_chain = psk ? HT_ABSENT_NOT_SENT : reason;
    tls_absent_at(x, &tls_encrypted_extensions_event, x->server, reason, at);
    tls_absent_at(x, &tls_certificate_event, x->server, no_chain, at);
    tls_absent_at(x, &tls_certificate_verify_event, x->server, no_chain, at);
}

/* A client that was not asked for a certificate answers with Finished alone. One that was sends
 * Certificate, CertificateVerify (not after an empty Certificate) and Finished: where each is in a
 * record of its own, the second or third has the size of Finished. */
static bool client_was_asked(const struct tls_ending *x, const struct tls_place *client_finished)
{
    const struct tls_direction *d = &x->state->direction[x->client];
    size_t num                    = d->num_kept;
    size_t i                      = index_of(d, client_finished);
    i += i < num && d->kept.len[i] == handshake_header(x->state) + overhead(x->state);
    uint32_t alone = finished_record_len(x->state);
    for (size_t k = 0; i + k < num && k < LONGEST_CLIENT_FLIGHT; k++) {
        if (d->kept.len[i + k] == alone) {
            return k > 0;
        }
    }
    return false;
}

/* The sum of the fragments of `num` records kept, from the one at `first`. */
static uint64_t bytes_of(const struct tls_direction *d, size_t first, size_t num)
{
    uint64_t bytes = 0;
    for (size_t i = first; i < d->num_kept && i < first + num; i++) {
        bytes += d->kept.len[i];
    }
    return bytes;
}

/* What became of early data that were offered. They need a pre-shared key and no HelloRetryRequest;
 * where they are accepted the client says EndOfEarlyData, in a record of its own because keys
 * change there (RFC 8446 sections 4.2.10 and 4.5). NULL: none, or nobody knows. */
static const char *judge_early_data(const struct tls_ending *x, size_t first)
{
    const struct tls_details *details = &x->state->details;
    const struct tls_direction *d     = &x->state->direction[x->client];
    if (details->client_hello == NULL || !details->client_hello->early_data) {
        return NULL;
    }
    if (details->hello_retry_request || !details->server_hello->pre_shared_key) {
        return "rejected";
    }
    for (size_t i = first; i < d->num_kept; i++) {
        if (d->kept.len[i] == handshake_header(x->state) + overhead(x->state)) {
            return "accepted";
        }
    }
    return d->records <= d->num_kept && d->num_kept > first ? "rejected" : NULL;
}

/* Tickets are what a server says by itself after the client's Finished: before the client sends any
 * more, or several of one size in a row. The smallest has a lifetime, an age, a nonce and itself
 * (RFC 8446 section 4.6.1); records larger than LARGEST_PAIR are of one size because data fill
 * them. */
static uint8_t count_tickets(const struct tls_ending *x, struct tls_place finished, size_t flight)
{
    enum { SMALLEST = 80, LARGEST = 4096, LARGEST_PAIR = 1200 };
    const struct tls_direction *server = &x->state->direction[x->server];
    const struct tls_direction *client = &x->state->direction[x->client];
    const struct tls_place *asked = flight < client->num_kept ? &client->kept.place[flight] : NULL;
    size_t first = records_until(server, finished), i = first;
    for (; i < server->num_kept; i++) {
        uint32_t len       = server->kept.len[i];
        uint32_t before_it = i > first ? server->kept.len[i - 1] : 0;
        uint32_t after_it  = i + 1U < server->num_kept ? server->kept.len[i + 1] : 0;
        bool alike         = len <= LARGEST_PAIR && (len == before_it || len == after_it);
        bool unasked       = asked == NULL || tls_before(server->kept.place[i], *asked);
        if (len < SMALLEST || len > LARGEST || (!alike && !unasked)) {
            break;
        }
    }
    return (uint8_t)(i - first);
}

static void summarise(const struct tls_ending *x, const struct tls_place *client_finished,
                      const struct tls_place *server_finished, const char *client_certificate,
                      bool by_data)
{
    const struct tls_direction *client = &x->state->direction[x->client];
    const struct tls_direction *server = &x->state->direction[x->server];
    size_t first                       = index_of(client, client_finished);
    size_t num_server                  = index_of(server, server_finished) + 1;
    size_t flight_end = client_finished != NULL ? client_flight_end(x, client_finished) : 0;
    struct tls_inferred *inferred = ht_arena_alloc(x->e->arena, sizeof *inferred);
    if (inferred == NULL) {
        return;
    }
    const struct tls_inferred *told = x->state->details.inferred;
    *inferred = (struct tls_inferred){.retry_cost_ns      = told != NULL ? told->retry_cost_ns : 0,
                                      .early_data         = judge_early_data(x, first),
                                      .client_certificate = client_certificate,
                                      .established        = by_data};
    if (server_finished != NULL &&
        (num_server < server->num_kept || server->records == server->num_kept)) {
        inferred->server_flight_bytes = bytes_of(server, 0, num_server);
    }
    if (client_finished != NULL) {
        inferred->client_flight_bytes = bytes_of(client, first, flight_end - first);
        inferred->tickets             = count_tickets(x, *client_finished, flight_end);
    }
    x->state->details.inferred = inferred;
}

static const char *infer_client_authentication(const struct tls_ending *x,
                                               struct tls_place finished)
{
    const unsigned hidden = HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED;
    tls_emit_at(x, &tls_certificate_request_event, x->server, hidden, NULL,
                x->state->server_hello_place);
    tls_emit_at(x, &tls_certificate_event, x->client, hidden, NULL, finished);
    const struct tls_direction *d = &x->state->direction[x->client];
    size_t i                      = 0;
    while (i + 1U < d->num_kept && tls_before(d->kept.place[i], finished)) {
        i++;
    }
    bool sent =
        d->kept.len[i] != handshake_header(x->state) + EMPTY_CERTIFICATE + overhead(x->state);
    x->state->details.client_authentication = sent;
    return sent ? "sent" : "refused";
}

/* Encrypted records between ClientHello and ServerHello are early data (RFC 8446 section 2.3). */
static void tell_early_data(const struct tls_ending *x)
{
    const struct tls_direction *d    = &x->state->direction[x->client];
    struct tls_application_data data = {.records = records_until(d, x->state->server_hello_place)};
    for (size_t i = 0; i < data.records; i++) {
        data.bytes += d->kept.len[i];
    }
    if (data.records > 0) {
        tls_emit_at(x, &tls_application_data_event, x->client,
                    HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED, &data, tls_first_data(d));
    }
}

/* A server that takes what it asked for goes on with tickets or data, or is quiet until the client
 * has closed. Of this one nothing came after the client's flight but what has an alert's size, soon
 * (RFC 8446 sections 4.4.2.4 and 6.2). */
static bool is_refused(const struct tls_ending *x, struct tls_place finished)
{
    const struct tls_direction *server = &x->state->direction[x->server];
    const struct tls_direction *client = &x->state->direction[x->client];
    const struct ht_side_quality *q    = &x->end->side[x->server];
    int64_t after                      = server->last_data.time_ns - finished.time_ns;
    bool whole                         = !q->hole && !q->truncated && !q->limit;
    bool left = ends_with_alert(x, x->client) && tls_before(client->last_data, server->last_data);
    return whole && q->closed_first && !left && after <= HT_SECOND_NS &&
           ends_with_alert(x, x->server) && server->records == records_until(server, finished) + 1;
}

bool tls13_data_was_answered(const struct tls_ending *x, size_t flight)
{
    const struct tls_direction *client = &x->state->direction[x->client];
    const struct tls_direction *server = &x->state->direction[x->server];
    uint64_t said                      = client->records - ends_with_alert(x, x->client);
    uint64_t told                      = server->records - ends_with_alert(x, x->server);
    return flight < client->num_kept && flight < said &&
           told > records_until(server, client->kept.place[flight]);
}

/* May all that the client said be early data? A server may answer these before the client's
 * Finished; EndOfEarlyData comes behind them (RFC 8446 sections 2.3 and 4.5). */
static bool may_be_early(const struct tls_ending *x, const struct tls_place *finished)
{
    const struct tls_details *details = &x->state->details;
    size_t first                      = index_of(&x->state->direction[x->client], finished);
    return details->client_hello != NULL && details->client_hello->early_data &&
           !details->hello_retry_request && details->server_hello->pre_shared_key &&
           after_early_data(x, first) == first;
}

void tls13_end_quic(const struct tls_ending *x)
{
    encrypted_flight(x, x->end->side[x->server].seen);
}

void tls13_infer(const struct tls_ending *x)
{
    const unsigned hidden          = HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED;
    const struct tls_place at      = x->state->server_hello_place;
    const struct tls_place *client = client_finished_place(x);
    const struct tls_place *server = server_finished_place(x, client);
    tell_early_data(x);
    encrypted_flight(x, server != NULL);
    if (server != NULL) {
        tls_emit_at(x, &tls_finished_event, x->server, hidden, NULL, *server);
    } else {
        tls_absent_at(x, &tls_finished_event, x->server, ht_absent_reason(x->end, x->server), at);
    }
    const char *certificate = NULL;
    if (client != NULL && client_was_asked(x, client)) {
        certificate = infer_client_authentication(x, *client);
    }
    if (client != NULL) {
        tls_emit_at(x, &tls_finished_event, x->client, hidden, NULL, *client);
        infer_data(x, x->client, client);
        infer_data(x, x->server, client);
    } else {
        tls_absent_at(x, &tls_finished_event, x->client, ht_absent_reason(x->end, x->client),
                      server != NULL ? *server : at);
    }
    infer_alerts(x, client, certificate != NULL);
    bool by_data = client != NULL && server == NULL && !may_be_early(x, client) &&
                   tls13_data_was_answered(x, client_flight_end(x, client));
    summarise(x, client, server, certificate, by_data);
    bool refused                  = certificate != NULL && is_refused(x, *client);
    bool agreed                   = server != NULL || !x->end->side[x->server].seen || by_data;
    x->state->details.established = client != NULL && agreed && !refused;
}
