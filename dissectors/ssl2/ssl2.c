/*
 * A connection that begins with an SSL 2.0 hello. The server's answer decides what is spoken: SSL
 * 2.0, in records of its own, or SSL 3.0 or TLS, whose dissector takes over from there.
 */
#include "ssl2/messages.h"
#include "tls/session.h"

enum { RANDOM_LEN = 32, HELLO_HEAD = 13 /* to the lengths of what is in it */ };

struct ssl2_state {
    struct tls_state tls; /* first: TLS's own state where it comes to that */
    struct ssl2_details details;
    const char *protocol;
    bool tls_spoken, ssl2_spoken;
    bool tls_offered;
    bool encrypted[2]; /* all that the side says from here on */
};

/* Whose records `avail` begins with: the first of SSL 2.0 have no padding. */
static bool begins_tls(const struct ssl2_state *state, struct ht_bytes avail)
{
    struct tls_record record;
    if (state->tls_spoken || state->ssl2_spoken) {
        return state->tls_spoken;
    }
    return avail.len > 0 && (avail.ptr[0] & 0x80) == 0 &&
           (avail.len < TLS_RECORD_HEADER || tls_record_header(avail, &record));
}

/* The lengths in a hello add up to that of its record. */
static bool begins_hello(struct ht_bytes head)
{
    struct ssl2_record record;
    struct ht_reader r = ht_reader(head);
    if (!ssl2_record_header(head, &record)) {
        return false;
    }
    rd_skip(&r, record.header);
    if (rd_u8(&r) == SSL2_CLIENT_HELLO) {
        uint16_t version = rd_u16(&r), specs = rd_u16(&r), id = rd_u16(&r), challenge = rd_u16(&r);
        return (version == SSL2_VERSION || (version >= SSL_30 && version <= TLS_13)) && specs > 0 &&
               specs % 3 == 0 && id <= 32 && challenge >= 16 && challenge <= 32 &&
               9U + specs + id + challenge == record.length;
    }
    uint8_t hit = rd_u8(&r), certificate_type = rd_u8(&r);
    uint16_t version = rd_u16(&r);
    uint32_t rest    = rd_u16(&r);
    uint16_t specs   = rd_u16(&r);
    uint16_t id      = rd_u16(&r);
    return hit <= 1 && certificate_type <= 3 && version == SSL2_VERSION && specs % 3 == 0 &&
           id <= 32 && 11U + rest + specs + id == record.length;
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    if (head.len > 0 && (head.ptr[0] & 0x80) == 0) {
        return HT_MATCH_NO; /* no hello has padding */
    }
    if (head.len > 2 && head.ptr[2] != SSL2_CLIENT_HELLO && head.ptr[2] != SSL2_SERVER_HELLO) {
        return HT_MATCH_NO;
    }
    if (head.len < HELLO_HEAD) {
        return HT_MATCH_MORE;
    }
    return begins_hello(head) ? HT_MATCH_YES : HT_MATCH_NO;
}

/* After a hole only TLS's records can be told from other bytes. */
static size_t resync(struct ht_bytes avail, enum ht_side side)
{
    (void)side;
    return tls_record_resync(avail);
}

static struct ht_frame_size frame(const void *opaque, struct ht_bytes avail, enum ht_side side)
{
    const struct ssl2_state *state = opaque;
    struct ssl2_record record;
    if (begins_tls(state, avail)) {
        return tls_dissector.frame(&state->tls, avail, side);
    }
    if (!ssl2_record_header(avail, &record)) {
        return (struct ht_frame_size){.len = avail.len < SSL2_HEADER_WITH_PADDING ? 0 : SIZE_MAX};
    }
    size_t len = record.header + record.length;
    return (struct ht_frame_size){.len = len, .need = state->encrypted[side] ? record.header : len};
}

static void client_hello(struct ssl2_state *state, struct ht_emitter *e, enum ht_side from,
                         struct ht_bytes message, unsigned flags)
{
    struct ssl2_client_hello hello;
    uint8_t random[RANDOM_LEN] = {0};
    unsigned bad               = ssl2_client_hello_parse(message, &hello) ? 0 : HT_EVENT_MALFORMED;
    size_t len = hello.challenge.len < RANDOM_LEN ? hello.challenge.len : RANDOM_LEN;
    if (len > 0) {
        memcpy(random + RANDOM_LEN - len, hello.challenge.ptr, len);
    }
    struct tls_client_hello tls = {
        .record_version = ht_named(SSL2_VERSION),
        .legacy_version = ht_named(hello.version),
        .random         = ht_bytes(random, hello.version != SSL2_VERSION ? RANDOM_LEN : 0),
        .session_id     = hello.session_id,
        .cipher_suites  = ssl2_tls_suites(hello.cipher_specs, e->scratch)};
    state->tls_offered |= hello.version != SSL2_VERSION;
    (void)tls_take_client_hello(&state->tls, e, from, flags | bad, &tls);
    if (state->details.cipher_kinds.len == 0) {
        state->details.cipher_kinds    = ssl2_kind_names(hello.cipher_specs, e->arena);
        state->details.challenge_bytes = (uint16_t)hello.challenge.len;
    }
}

static void server_hello(struct ssl2_state *state, struct ht_emitter *e, enum ht_side from,
                         struct ht_bytes message, unsigned flags)
{
    struct ssl2_server_hello hello;
    unsigned bad                = ssl2_server_hello_parse(message, &hello) ? 0 : HT_EVENT_MALFORMED;
    struct tls_server_hello tls = {.record_version = ht_named(SSL2_VERSION),
                                   .legacy_version = ht_named(SSL2_VERSION),
                                   .version        = ht_named(SSL2_VERSION)};
    struct tls_certificate certificate = {.chain       = {.items = &hello.certificate, .len = 1},
                                          .chain_bytes = hello.certificate.len};
    state->ssl2_spoken                 = true;
    state->tls.details.resumed         = hello.session_id_hit;
    state->tls.details.resumption      = hello.session_id_hit ? "session_id" : NULL;
    (void)tls_take_server_hello(&state->tls, e, from, flags | bad, &tls);
    if (hello.certificate.len > 0) {
        (void)tls_take_certificate(&state->tls, e, from, flags | bad, &certificate);
    }
    state->details.session_id_hit      = hello.session_id_hit;
    state->details.server_cipher_kinds = ssl2_kind_names(hello.cipher_specs, e->arena);
    state->details.connection_id       = ht_arena_copy(e->arena, hello.connection_id);
    state->encrypted[ht_other(from)] |= hello.session_id_hit; /* no CLIENT-MASTER-KEY follows */
    state->encrypted[from] |= hello.session_id_hit;
}

static void client_master_key(struct ssl2_state *state, struct ht_emitter *e, enum ht_side from,
                              struct ht_bytes message, unsigned flags)
{
    struct ssl2_client_master_key key;
    unsigned bad = ssl2_client_master_key_parse(message, e->scratch, &key) ? 0 : HT_EVENT_MALFORMED;
    state->ssl2_spoken             = true;
    state->encrypted[0]            = true;
    state->encrypted[1]            = true;
    state->details.cipher_kind     = ht_arena_copy(e->arena, key.cipher_kind);
    state->details.export_strength = key.export_strength;
    state->details.clear_key_bytes = key.clear_key_bytes;
    (void)ht_emit(e, &ssl2_client_master_key_event, from, flags | bad, &key);
}

static void error(struct ht_emitter *e, enum ht_side from, struct ht_bytes message, unsigned flags)
{
    struct ssl2_error error;
    unsigned bad = ssl2_error_parse(message, e->scratch, &error) ? 0 : HT_EVENT_MALFORMED;
    (void)ht_emit(e, &ssl2_error_event, from, flags | bad, &error);
}

/* The hellos, CLIENT-MASTER-KEY and errors before it are all that is in clear. */
static void clear_message(struct ssl2_state *state, struct ht_emitter *e, const struct ht_pdu *pdu,
                          struct ht_bytes message)
{
    unsigned flags = pdu->partial ? HT_EVENT_PARTIAL : 0;
    switch (message.len > 0 ? message.ptr[0] : -1) {
    case SSL2_CLIENT_HELLO:
        client_hello(state, e, pdu->side, message, flags);
        break;
    case SSL2_SERVER_HELLO:
        server_hello(state, e, pdu->side, message, flags);
        break;
    case SSL2_CLIENT_MASTER_KEY:
        client_master_key(state, e, pdu->side, message, flags);
        break;
    case SSL2_ERROR:
        error(e, pdu->side, message, flags);
        break;
    default:
        break;
    }
}

static enum ht_verdict pdu(void *opaque, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct ssl2_state *state = opaque;
    struct ssl2_record record;
    if (begins_tls(state, pdu->bytes)) {
        state->tls_spoken = true;
        return tls_dissector.pdu(&state->tls, e, pdu);
    }
    if (!ssl2_record_header(pdu->bytes, &record)) {
        return HT_CONTINUE;
    }
    if (state->encrypted[pdu->side]) {
        const struct tls_record hidden = {.type = TLS_APPLICATION_DATA};
        (void)tls_take_record(&state->tls, e, pdu->side, &hidden, record.length, pdu->partial);
    } else {
        clear_message(state, e, pdu, ht_bytes_from(pdu->bytes, record.header));
    }
    return HT_CONTINUE;
}

static void gap(void *opaque, struct ht_emitter *e, enum ht_side side, uint64_t missing)
{
    struct ssl2_state *state = opaque;
    if (state->tls_spoken) {
        tls_dissector.gap(&state->tls, e, side, missing);
    }
}

/* Of what is encrypted only the order is known: SERVER-VERIFY and SERVER-FINISHED, CLIENT-FINISHED,
 * then data (the draft's section 5.3). Where the server asked for the client's certificate, its
 * Finished came one record later. */
static bool tell_side(const struct ssl2_state *state, struct ht_emitter *e,
                      const struct ht_end *end, enum ht_side from, size_t finished)
{
    const unsigned hidden         = HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED;
    const struct tls_direction *d = &state->tls.direction[from];
    if (d->num_kept <= finished) {
        ht_absent(e, &tls_finished_event, from, ht_absent_reason(end, from));
        return false;
    }
    struct tls_place place = d->kept.place[finished];
    (void)ht_emit_at(e, &tls_finished_event, from, hidden, NULL, place.frame, place.time_ns);
    struct tls_application_data data = {.records = d->records, .bytes = d->bytes};
    for (size_t i = 0; i <= finished; i++) {
        data.records--;
        data.bytes -= d->kept.len[i];
    }
    if (data.records > 0 && d->num_kept > finished + 1) {
        place = d->kept.place[finished + 1];
        (void)ht_emit_at(e, &tls_application_data_event, from, hidden, &data, place.frame,
                         place.time_ns);
    }
    return true;
}

static void finish_ssl2(struct ssl2_state *state, struct ht_emitter *e, const struct ht_end *end)
{
    struct tls_details *details = &state->tls.details;
    enum ht_side client         = state->tls.client_known ? state->tls.client : e->client;
    enum ht_side server         = ht_other(client);
    tls_recall(&state->tls, e);
    if (details->client_hello == NULL) {
        ht_absent(e, &tls_client_hello_event, client, ht_absent_reason(end, client));
    }
    if (details->server_hello == NULL) {
        ht_absent(e, &tls_server_hello_event, server, ht_absent_reason(end, server));
    }
    if (!state->details.session_id_hit && state->details.cipher_kind.len == 0) {
        ht_absent(e, &ssl2_client_master_key_event, client, ht_absent_reason(end, client));
    }
    bool client_done = tell_side(state, e, end, client, 0);
    bool server_done = tell_side(state, e, end, server, 1);
    details->established =
        (client_done || !end->side[client].seen) && (server_done || !end->side[server].seen);
    details->key_exchange      = "RSA";
    details->client_records    = state->tls.direction[client].records;
    details->client_data_bytes = state->tls.direction[client].bytes;
    details->server_records    = state->tls.direction[server].records;
    details->server_data_bytes = state->tls.direction[server].bytes;
    if (details->server_hello != NULL && details->resumption == NULL) {
        details->resumption = "none";
    }
}

/* A hello that offers TLS, and has no answer, is TLS's in an old form. */
static void finish(void *opaque, struct ht_emitter *e, const struct ht_end *end)
{
    struct ssl2_state *state = opaque;
    if (state->tls_spoken || (state->tls_offered && !state->ssl2_spoken)) {
        state->protocol = tls_dissector.name;
        tls_dissector.finish(&state->tls, e, end);
    } else {
        finish_ssl2(state, e, end);
    }
}

static const struct ht_event_type *const events[] = {
    TLS_SESSION_EVENTS, &ssl2_client_master_key_event, &ssl2_error_event, NULL};

extern const struct ht_dissector ssl2_dissector;
const struct ht_dissector ssl2_dissector = {
    .name            = "ssl2",
    .title           = "SSL 2.0, and its hello that leads to TLS",
    .tcp             = true,
    .ports           = {443},
    .state_size      = sizeof(struct ssl2_state),
    .max_need        = SSL2_MAX_RECORD + SSL2_HEADER,
    .max_held        = TLS_MAX_MESSAGE,
    .match           = match,
    .frame           = frame,
    .resync          = resync,
    .pdu             = pdu,
    .gap             = gap,
    .finish          = finish,
    .details_struct  = &tls_details_struct,
    .details_offset  = offsetof(struct ssl2_state, tls.details),
    .carrier_struct  = &ssl2_details_struct,
    .carrier_offset  = offsetof(struct ssl2_state, details),
    .protocol_offset = offsetof(struct ssl2_state, protocol),
    .events          = events,
};
