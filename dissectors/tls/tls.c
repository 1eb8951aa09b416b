/*
 * The record layer of a TLS connection as it passes (RFC 8446 section 5, RFC 5246 section 6): which
 * records are clear, which are encrypted, and what each tells by its type and place.
 */
#include "tls/state.h"

static bool known_handshake_type(uint8_t type)
{
    return ht_registry_find(&tls_handshake_types, type) != NULL;
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    struct tls_record record;
    (void)endpoint, (void)side;
    if (head.len > 0 && (head.ptr[0] < TLS_CHANGE_CIPHER_SPEC || head.ptr[0] > TLS_HEARTBEAT)) {
        return HT_MATCH_NO;
    }
    if (head.len > 1 && head.ptr[1] != 3) {
        return HT_MATCH_NO;
    }
    if (head.len < TLS_RECORD_HEADER + 1) {
        return HT_MATCH_MORE;
    }
    if (!tls_record_header(head, &record)) {
        return HT_MATCH_NO;
    }
    bool plausible =
        record.type != TLS_HANDSHAKE || known_handshake_type(head.ptr[TLS_RECORD_HEADER]);
    return plausible ? HT_MATCH_YES : HT_MATCH_NO;
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    struct tls_record record;
    (void)state, (void)side;
    if (avail.len < TLS_RECORD_HEADER) {
        return (struct ht_frame_size){0};
    }
    if (!tls_record_header(avail, &record)) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    size_t len = TLS_RECORD_HEADER + (size_t)record.length;
    return (struct ht_frame_size){
        .len = len, .need = record.type == TLS_APPLICATION_DATA ? TLS_RECORD_HEADER : len};
}

static size_t resync(struct ht_bytes avail, enum ht_side side)
{
    (void)side;
    return tls_record_resync(avail);
}

/* A record that begins with a ClientHello, by eleven bytes of it (RFC 8446 sections 4.1.2, 5.1). */
static bool begins_client_hello(struct ht_bytes at)
{
    struct ht_reader r      = ht_reader(at);
    uint8_t content         = rd_u8(&r);
    uint16_t record_version = rd_u16(&r), record_length = rd_u16(&r);
    uint8_t type     = rd_u8(&r);
    uint32_t length  = rd_u24(&r);
    uint16_t version = rd_u16(&r);
    return !r.bad && content == TLS_HANDSHAKE && type == TLS_CLIENT_HELLO &&
           record_version >> 8 == 3 && (record_version & 0xFF) <= 4 && version >> 8 == 3 &&
           (version & 0xFF) <= 4 && length >= 38 &&
           record_length <= length + TLS_HANDSHAKE_HEADER && record_length > TLS_HANDSHAKE_HEADER &&
           length < TLS_MAX_MESSAGE;
}

static size_t find(struct ht_bytes bytes, enum ht_side side)
{
    (void)side;
    for (struct ht_bytes left = bytes; left.len > 0; left = ht_bytes_from(left, 1)) {
        const uint8_t *at = memchr(left.ptr, TLS_HANDSHAKE, left.len);
        if (at == NULL) {
            break;
        }
        left = ht_bytes_from(left, (size_t)(at - left.ptr));
        if (begins_client_hello(left)) {
            return bytes.len - left.len;
        }
    }
    return bytes.len;
}

static void keep_record(const struct ht_emitter *e, struct tls_direction *d,
                        const struct tls_kept_record *record)
{
    size_t n = d->num_kept;
    if (n == 0 || n == TLS_FEW_RECORDS) {
        size_t room                  = n == 0 ? TLS_FEW_RECORDS : TLS_KEPT_RECORDS;
        struct tls_kept_record *more = ht_arena_alloc(e->arena, room * sizeof *more);
        if (more == NULL) {
            return;
        }
        for (size_t i = 0; i < n; i++) {
            more[i] = d->kept[i];
        }
        d->kept = more;
    }
    d->kept[d->num_kept++] = *record;
}

static void application_data(struct tls_state *state, const struct ht_emitter *e,
                             const struct ht_pdu *pdu)
{
    struct tls_direction *d = &state->direction[pdu->side];
    struct tls_place place  = {.frame = e->frame, .time_ns = e->time_ns};
    size_t len              = pdu->len - TLS_RECORD_HEADER;
    if (d->num_kept == d->records && d->records < TLS_KEPT_RECORDS) {
        keep_record(e, d, &(struct tls_kept_record){.place = place, .len = (uint32_t)len});
    }
    d->records++;
    d->bytes += len;
    d->last_data     = place;
    d->last_data_len = (uint32_t)len;
}

static void change_cipher_spec(struct tls_state *state, struct ht_emitter *e, enum ht_side from)
{
    tls_handshake_cut(state, e, from);
    state->direction[from].change_cipher_spec = true;
    (void)ht_emit(e, &tls_change_cipher_spec_event, from, 0, NULL);
}

void tls_keep_alert(struct tls_state *state, struct ht_emitter *e, const struct tls_alert *alert)
{
    size_t n = state->details.alerts.len;
    if (state->alerts == NULL) {
        state->alerts = ht_arena_alloc(e->arena, TLS_MAX_ALERTS * sizeof *state->alerts);
    }
    if (state->alerts != NULL && n < TLS_MAX_ALERTS) {
        state->alerts[n]             = *alert;
        state->alerts[n].description = ht_arena_copy(e->arena, alert->description);
        state->details.alerts        = (struct ht_objects){.items = state->alerts, .len = n + 1};
    }
}

unsigned tls_hidden(const struct tls_state *state)
{
    const struct ht_registry_entry *suite =
        state->details.cipher_suite.set
            ? ht_registry_find(&tls_cipher_suites, state->details.cipher_suite.id)
            : NULL;
    return suite != NULL && strstr(suite->name, "_NULL_") != NULL ? 0 : HT_EVENT_ENCRYPTED;
}

static const char *role_of(const struct tls_state *state, const struct ht_emitter *e,
                           enum ht_side side)
{
    return side == (state->client_known ? state->client : e->client) ? "client" : "server";
}

struct tls_alert tls_close_notify_inferred(const struct tls_state *state,
                                           const struct ht_emitter *e, enum ht_side from)
{
    return (struct tls_alert){.frame       = e->frame,
                              .from        = role_of(state, e, from),
                              .side        = (uint8_t)from,
                              .level       = "warning",
                              .description = ht_text("close_notify"),
                              .inferred    = true};
}

/* After both Finished an alert that cannot be read is in all likelihood close_notify (RFC 8446
 * section 6.1); before that it is a failure. */
static void encrypted_alert(struct tls_state *state, struct ht_emitter *e, enum ht_side from)
{
    const struct tls_direction *me   = &state->direction[from];
    const struct tls_direction *peer = &state->direction[ht_other(from)];
    bool established                 = me->finished && (peer->finished || peer->records > 0);
    struct tls_alert alert           = tls_close_notify_inferred(state, e, from);
    unsigned flags                   = HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED;
    if (!established) {
        alert = (struct tls_alert){.frame     = e->frame,
                                   .from      = role_of(state, e, from),
                                   .side      = (uint8_t)from,
                                   .encrypted = true};
        flags = HT_EVENT_ENCRYPTED;
    }
    (void)ht_emit(e, established ? &tls_close_notify_event : &tls_alert_event, from, flags, &alert);
    tls_keep_alert(state, e, &alert);
}

static void alert(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                  const struct tls_record *record)
{
    struct tls_alert alert = {0};
    /* Where nothing is encrypted a MAC follows the two bytes. */
    size_t len = tls_hidden(state) == 0 ? 2 : record->fragment.len;
    if (!tls_alert_parse(ht_bytes_head(record->fragment, len), e->scratch, &alert)) {
        encrypted_alert(state, e, from);
        return;
    }
    alert.frame = e->frame;
    alert.from  = role_of(state, e, from);
    alert.side  = (uint8_t)from;
    tls_keep_alert(state, e, &alert);
    bool closes = alert.code == 0;
    (void)ht_emit(e, closes ? &tls_close_notify_event : &tls_alert_event, from, 0, &alert);
}

/* After ChangeCipherSpec only the hellos that follow a HelloRetryRequest are still clear (RFC 8446
 * appendix D.4). They are told by a version at the head of their body. */
static bool clear_after_change_cipher_spec(struct ht_bytes fragment)
{
    struct ht_reader r = ht_reader(fragment);
    uint8_t type       = rd_u8(&r);
    uint32_t length    = rd_u24(&r);
    uint16_t version   = rd_u16(&r);
    return !r.bad && (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO) &&
           length < TLS_MAX_MESSAGE && version == TLS_12;
}

/* The first message after ChangeCipherSpec is Finished (RFC 5246 section 7.4.9). */
static void encrypted_handshake(struct tls_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct tls_direction *d          = &state->direction[from];
    struct tls_other_handshake other = {0};
    if (d->change_cipher_spec && !d->finished) {
        d->finished = true;
        (void)ht_emit(e, &tls_finished_event, from, tls_hidden(state), NULL);
    } else {
        (void)ht_emit(e, &tls_other_handshake_event, from, tls_hidden(state), &other);
    }
}

static void handshake(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct tls_record *record, bool partial)
{
    bool encrypted = state->direction[from].change_cipher_spec &&
                     !clear_after_change_cipher_spec(record->fragment);
    if (encrypted) {
        encrypted_handshake(state, e, from);
    } else {
        tls_handshake_fragment(state, e, from, record, partial);
    }
}

static enum ht_verdict pdu(void *opaque, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct tls_state *state = opaque;
    struct tls_record record;
    if (!tls_record_header(pdu->bytes, &record)) {
        return HT_CONTINUE;
    }
    record.fragment = ht_bytes_from(pdu->bytes, TLS_RECORD_HEADER);
    switch (record.type) {
    case TLS_APPLICATION_DATA:
        application_data(state, e, pdu);
        break;
    case TLS_CHANGE_CIPHER_SPEC:
        change_cipher_spec(state, e, pdu->side);
        break;
    case TLS_ALERT:
        if (!pdu->partial) {
            alert(state, e, pdu->side, &record);
        }
        break;
    case TLS_HANDSHAKE:
        handshake(state, e, pdu->side, &record, pdu->partial);
        break;
    default: /* heartbeat: of no interest here */
        break;
    }
    return HT_CONTINUE;
}

static void gap(void *opaque, struct ht_emitter *e, enum ht_side side, uint64_t missing)
{
    (void)missing;
    tls_handshake_cut(opaque, e, side);
}

static void finish(void *opaque, struct ht_emitter *e, const struct ht_end *end)
{
    struct tls_state *state = opaque;
    tls_handshake_cut(state, e, HT_SIDE_A);
    tls_handshake_cut(state, e, HT_SIDE_B);
    tls_end(state, e, end);
}

static const struct ht_event_type *const events[] = {&tls_client_hello_event,
                                                     &tls_server_hello_event,
                                                     &tls_hello_retry_request_event,
                                                     &tls_encrypted_extensions_event,
                                                     &tls_certificate_event,
                                                     &tls_certificate_status_event,
                                                     &tls_server_key_exchange_event,
                                                     &tls_certificate_request_event,
                                                     &tls_server_hello_done_event,
                                                     &tls_client_key_exchange_event,
                                                     &tls_certificate_verify_event,
                                                     &tls_change_cipher_spec_event,
                                                     &tls_finished_event,
                                                     &tls_new_session_ticket_event,
                                                     &tls_hello_request_event,
                                                     &tls_key_update_event,
                                                     &tls_end_of_early_data_event,
                                                     &tls_application_data_event,
                                                     &tls_alert_event,
                                                     &tls_close_notify_event,
                                                     &tls_malformed_event,
                                                     &tls_other_handshake_event,
                                                     NULL};

extern const struct ht_dissector tls_dissector;
const struct ht_dissector tls_dissector = {
    .name               = "tls",
    .title              = "TLS 1.0 to 1.3",
    .tcp                = true,
    .ports              = {443, 853, 993, 995, 465, 636, 8443},
    .state_size         = sizeof(struct tls_state),
    .max_need           = TLS_RECORD_HEADER + TLS_MAX_RECORD,
    .max_held           = TLS_MAX_MESSAGE,
    .match              = match,
    .frame              = frame,
    .resync             = resync,
    .find               = find,
    .pdu                = pdu,
    .gap                = gap,
    .finish             = finish,
    .details_struct     = &tls_details_struct,
    .details_offset     = offsetof(struct tls_state, details),
    .server_name_offset = offsetof(struct tls_state, server_name),
    .events             = events,
};
