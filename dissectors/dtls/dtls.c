/*
 * The records of a DTLS association as they pass: what is in clear is told, what is not is counted
 * by epoch.
 */
#include "dtls/decrypt.h"
#include "tls/decrypt.h"
#include "tls/nonces.h"

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    const char *within;
    (void)endpoint, (void)side;
    if (head.len < DTLS_RECORD_HEADER) {
        return HT_MATCH_NO;
    }
    return dtls_begins(dtls_unwrap(head, &within)) ? HT_MATCH_YES : HT_MATCH_NO;
}

static struct dtls_epoch *find_epoch(struct dtls_direction *d, uint16_t epoch)
{
    size_t i = 0;
    while (i < d->num_epochs && d->epochs[i].epoch != epoch) {
        i++;
    }
    if (i == DTLS_KEPT_EPOCHS) {
        if (epoch > d->epoch) {
            d->epochs[i - 1].window = 0; /* its sequence numbers begin anew */
        }
        return &d->epochs[i - 1];
    }
    if (i == d->num_epochs) {
        d->epochs[d->num_epochs++].epoch = epoch;
    }
    return &d->epochs[i];
}

/* Notes the sequence number; false where it was there before (RFC 6347 section 4.1.2.6). */
static bool note_sequence(struct dtls_details *details, struct dtls_epoch *epoch, uint64_t sequence)
{
    if (epoch->window == 0) {
        epoch->first  = sequence;
        epoch->last   = sequence;
        epoch->window = 1;
        return true;
    }
    if (sequence > epoch->last) {
        uint64_t ahead = sequence - epoch->last;
        epoch->window  = (ahead < 64 ? epoch->window << ahead : 0) | 1;
        epoch->last    = sequence;
        return true;
    }
    uint64_t behind = epoch->last - sequence;
    uint64_t bit    = behind < 64 ? UINT64_C(1) << behind : 0;
    bool repeated   = (epoch->window & bit) != 0;
    epoch->window |= bit;
    epoch->first = sequence < epoch->first ? sequence : epoch->first;
    details->repeated_records += repeated && epoch->epoch > 0;
    details->late_records += !repeated && epoch->epoch > 0;
    return !repeated;
}

/* Counts a record. False where the same one was seen before. In epoch 0 a server that keeps no
 * state until the cookie is back uses numbers twice; its messages have their own. */
static bool count(struct dtls_state *state, enum ht_side from, const struct dtls_record *record,
                  uint16_t number)
{
    struct dtls_direction *d = &state->direction[from];
    struct dtls_epoch *epoch = find_epoch(d, number);
    d->epoch                 = number > d->epoch ? number : d->epoch;
    if (record->numbered && !note_sequence(&state->details, epoch, record->sequence) &&
        number > 0) {
        return false;
    }
    epoch->records++;
    epoch->bytes += record->length;
    return true;
}

/* ChangeCipherSpec has no number of its own: in an epoch, one after the first is the first again.
 */
static void change_cipher_spec(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                               const struct dtls_record *record)
{
    struct dtls_direction *d = &state->direction[from];
    uint32_t bit             = record->epoch < 32 ? UINT32_C(1) << record->epoch : 0;
    if ((d->ccs_epochs & bit) == 0) {
        dtls_take_as_tls(state, e, from, record, TLS_CHANGE_CIPHER_SPEC);
    }
    d->ccs_epochs |= bit;
}

/* The first is Finished, even where the ChangeCipherSpec before it is late or lost: the epoch says
 * so. One of the same size is the same again. */
static void encrypted_handshake(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                                const struct dtls_record *record)
{
    struct dtls_direction *d  = &state->direction[from];
    struct tls_direction *tls = &state->tls.direction[from];
    if (tls->finished && record->length == d->finished_len) {
        state->again++;
        return;
    }
    d->finished_len         = tls->finished ? d->finished_len : (uint32_t)record->length;
    bool change_cipher_spec = tls->change_cipher_spec;
    tls->change_cipher_spec = true;
    tls_encrypted_handshake(&state->tls, e, from);
    tls->change_cipher_spec = change_cipher_spec;
}

/*
 * struct {
 *     RecordNumber record_numbers<0..2^16-1>;        (16 bytes each)
 * } ACK;                                             (RFC 9147 section 7)
 */
static void ack(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                const struct dtls_record *record)
{
    struct ht_reader r   = ht_reader(record->fragment);
    struct dtls_ack data = {.records = rd_vec(&r, 2).len / 16};
    unsigned flags       = record->decrypted ? HT_EVENT_DECRYPTED : 0;
    if (dtls_tell_aside(state)) {
        flags |= rd_done(&r) ? 0 : HT_EVENT_MALFORMED;
        (void)ht_emit(e, &dtls_ack_event, from, flags, &data);
    }
}

/* Of DTLS 1.2. A datagram that is late may be the same once more, so only the newest count; nor is
 * the nonce found behind a connection id of unknown length. */
static void note_nonce(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
                       const struct dtls_record *record)
{
    struct tls_nonce_side *side    = &state->tls.nonces->side[from];
    const struct dtls_epoch *epoch = find_epoch(&state->direction[from], record->epoch);
    bool found = record->type != DTLS_TLS12_CID || record->connection_id.len > 0;
    if (record->epoch == 0 || record->sequence != epoch->last || !found) {
        return;
    }
    if (!side->begun || record->epoch > side->epoch) {
        tls_nonces_begin(side, record->epoch);
    }
    if (record->epoch == side->epoch) {
        tls_nonces_note(side, e->frame, record->fragment, record->length);
    }
}

/* Neither hello came this way: the handshake was before, or elsewhere. */
static bool is_joined(const struct dtls_state *state)
{
    return !state->hello_seen && state->tls.version == 0;
}

/* A record with its content type: of DTLS up to 1.2, or in clear, or decrypted. */
static void take_typed(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct dtls_record *record, bool cut)
{
    bool finished = state->tls.direction[from].finished;
    switch (record->type) {
    case TLS_HANDSHAKE:
        if (record->epoch == 0 || record->decrypted) {
            dtls_take_fragments(state, e, from, record, cut);
        } else {
            encrypted_handshake(state, e, from, record);
        }
        break;
    case TLS_CHANGE_CIPHER_SPEC:
        change_cipher_spec(state, e, from, record);
        break;
    case DTLS_TLS12_CID: /* what it really is, is encrypted */
        if (finished || (is_joined(state) && record->sequence > 0)) {
            dtls_take_as_tls(state, e, from, record, TLS_APPLICATION_DATA);
        } else {
            encrypted_handshake(state, e, from, record);
        }
        break;
    case DTLS_ACK:
        ack(state, e, from, record);
        break;
    default:
        dtls_take_as_tls(state, e, from, record, record->type);
        break;
    }
}

/* DTLS 1.3 was chosen, or may have been. */
static bool may_be_unified(const struct dtls_state *state)
{
    return state->tls.version >= TLS_13 || (state->tls.version == 0 && state->hello_seen);
}

/* A record that was opened: `clear` is what was in it. Of data, what is counted is as long as they
 * are encrypted. */
static void take_opened(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                        uint16_t epoch, const struct dtls_record *record,
                        const struct dtls_record *clear)
{
    if (clear->type == TLS_APPLICATION_DATA) {
        dtls_note_data(state, e, from, epoch, record);
        dtls_take_as_tls(state, e, from, record, TLS_APPLICATION_DATA);
    } else {
        take_typed(state, e, from, clear, false);
    }
}

static void take_record(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                        struct dtls_record *record, bool cut)
{
    uint16_t epoch = record->unified ? dtls_whole_epoch(state->direction[from].epoch, record->epoch)
                                     : record->epoch;
    struct dtls_record clear;
    if (state->tls.keys != NULL && epoch > 0 && dtls_hold(state, e, from, record)) {
        return;
    }
    bool opened =
        state->tls.keys != NULL && epoch > 0 && dtls_open(state, e, from, epoch, record, &clear);
    if (!count(state, from, record, epoch)) {
        return;
    }
    if (state->tls.nonces != NULL && !record->unified) {
        note_nonce(state, e, from, record);
    }
    if (opened) {
        take_opened(state, e, from, epoch, record, &clear);
    } else if (record->unified) {
        dtls_take_ciphertext(state, e, from, epoch, record);
    } else {
        take_typed(state, e, from, record, cut && record->fragment.len < record->length);
    }
}

/* Takes what was held, as of where it was. */
static void release(struct dtls_state *state, struct ht_emitter *e)
{
    struct tls_place now = tls_here(e);
    state->released      = true;
    for (size_t i = 0; i < state->num_held; i++) {
        struct dtls_held *held = &state->held[i];
        e->frame               = held->place.frame;
        e->time_ns             = held->place.time_ns;
        take_record(state, e, held->from, &held->record, false);
    }
    state->num_held = 0;
    e->frame        = now.frame;
    e->time_ns      = now.time_ns;
}

static void tell_retransmission(struct dtls_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct dtls_retransmission data = {.messages = state->again};
    state->direction[from].retransmissions += state->again;
    if (state->again > 0 && dtls_tell_aside(state)) {
        (void)ht_emit(e, &dtls_retransmission_event, from, 0, &data);
    }
    state->again = 0;
}

/* An association goes on where its client is, by the id in the records (RFC 9146 section 6): both
 * flows say which one. */
static void note_id(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct dtls_record *record)
{
    enum { LONGEST_FOLLOWED = 20 };
    struct dtls_direction *d = &state->direction[from];
    if (record->connection_id.len > 0 && !d->id_told) {
        struct dtls_connection_id told = {.id    = record->connection_id,
                                          .owner = e->endpoint[ht_other(from)],
                                          .peer  = e->endpoint[from]};
        (void)ht_emit(e, &dtls_connection_id_event, ht_other(from), 0, &told);
        d->id_told = true;
    } else if (record->type == DTLS_TLS12_CID && !state->connection_ids_chosen &&
               d->head.len == 0) {
        d->head = ht_arena_copy(e->arena, ht_bytes_head(record->fragment, LONGEST_FOLLOWED));
    }
}

/* Datagrams of one side are stored as they were sent, but for a little: one that is earlier than
 * the one before it by more was captured by a clock that was set back. */
static void note_time(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from)
{
    enum { REORDERED_NS = 100 * 1000 * 1000 };
    struct dtls_direction *d = &state->direction[from];
    state->clock_set_back |= d->last_ns != 0 && e->time_ns < d->last_ns - REORDERED_NS;
    d->last_ns = e->time_ns;
}

static enum ht_verdict pdu(void *opaque, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct dtls_state *state = opaque;
    struct dtls_record record;
    const char *within;
    struct ht_reader datagram = ht_reader(dtls_unwrap(pdu->bytes, &within));
    bool any                  = false;
    state->tls.carrier        = TLS_OVER_DTLS;
    note_time(state, e, pdu->side);
    const struct ht_bytes *id = &state->direction[ht_other(pdu->side)].connection_id;
    while (rd_more(&datagram) &&
           dtls_record_read(&datagram, state->connection_ids_chosen ? id->len : 0, pdu->partial,
                            &record) &&
           (!record.unified || may_be_unified(state))) {
        any = true;
        if (state->tls.order < UINT16_MAX) {
            state->tls.order++;
        }
        note_id(state, e, pdu->side, &record);
        take_record(state, e, pdu->side, &record, pdu->partial);
        if (state->num_held > 0 && state->tls.version != 0) {
            release(state, e);
        }
    }
    if (any && within != NULL) {
        state->details.within = within;
    }
    state->details.other_datagrams += !any;
    tell_retransmission(state, e, pdu->side);
    return HT_CONTINUE;
}

static uint64_t missing_records(const struct dtls_epoch *epoch)
{
    uint64_t span = epoch->window != 0 ? epoch->last - epoch->first + 1 : 0;
    return span > epoch->records ? span - epoch->records : 0;
}

/* What DTLS's own numbers say of how well a side was captured, and of how it ended: datagrams have
 * no FIN. */
static void judge_side(const struct dtls_state *state, enum ht_side side, struct ht_end *end)
{
    const struct dtls_direction *d = &state->direction[side];
    const struct dtls_epoch *first = &d->epochs[0];
    end->side[side].hole |= d->hole || (d->num_epochs > 0 && missing_records(first) > 0);
    end->side[side].started_late |= d->late || (d->num_epochs > 0 && first->epoch > 0);
    for (size_t i = 0; i < state->tls.details.alerts.len; i++) {
        end->side[side].fin |= (state->tls.version < TLS_13 || tls_keys_found(&state->tls)) &&
                               state->tls.alerts[i].side == (uint8_t)side;
    }
}

static void list_epochs(struct dtls_state *state, struct ht_emitter *e)
{
    size_t num               = state->direction[0].num_epochs + state->direction[1].num_epochs;
    struct dtls_epoch *items = ht_arena_alloc(e->arena, num * sizeof *items);
    size_t n                 = 0;
    for (int role = 0; role < 2 && items != NULL; role++) {
        enum ht_side side        = role == 0 ? state->tls.client : ht_other(state->tls.client);
        struct dtls_direction *d = &state->direction[side];
        for (size_t i = 0; i < d->num_epochs; i++) {
            items[n]         = d->epochs[i];
            items[n].from    = role == 0 ? "client" : "server";
            items[n].missing = missing_records(&items[n]);
            n++;
        }
    }
    state->details.epochs = (struct ht_objects){.items = items, .len = n};
}

static void complete_details(struct dtls_state *state, struct ht_emitter *e)
{
    struct dtls_details *details        = &state->details;
    const struct dtls_direction *client = &state->direction[state->tls.client];
    const struct dtls_direction *server = &state->direction[ht_other(state->tls.client)];
    details->version                    = state->tls.details.version;
    details->connection_ids             = state->connection_ids_chosen;
    details->client_connection_id       = client->connection_id;
    details->server_connection_id       = server->connection_id;
    details->to_server                  = client->head;
    details->client_retransmissions     = client->retransmissions;
    details->server_retransmissions     = server->retransmissions;
    details->lost_messages              = client->lost_messages + server->lost_messages;
    list_epochs(state, e);
}

static void finish(void *opaque, struct ht_emitter *e, const struct ht_end *end)
{
    struct dtls_state *state = opaque;
    struct ht_end judged     = *end;
    release(state, e);
    for (int side = 0; side < 2; side++) {
        dtls_flush(state, e, (enum ht_side)side);
        dtls_end_flight(state, e, (enum ht_side)side);
        judge_side(state, (enum ht_side)side, &judged);
        /* One may be stored after the other. */
        judged.side[side].ran_ahead = !state->clock_set_back;
        state->tls.direction[side].missed |= judged.side[side].hole || judged.side[side].truncated;
    }
    tls_end(&state->tls, e, &judged);
    complete_details(state, e);
}

static const struct ht_event_type *const events[] = {
    TLS_SESSION_EVENTS, &dtls_hello_verify_request_event, &dtls_retransmission_event,
    &dtls_ack_event,    &dtls_connection_id_event,        NULL};

extern const struct ht_dissector dtls_dissector;
const struct ht_dissector dtls_dissector = {
    .name               = "dtls",
    .title              = "DTLS 1.0 to 1.3",
    .udp                = true,
    .ports              = {443, 4433, 5684, 5349, 5246, 853, 4740},
    .state_size         = sizeof(struct dtls_state),
    .max_held           = TLS_MAX_MESSAGE,
    .match              = match,
    .pdu                = pdu,
    .finish             = finish,
    .details_struct     = &tls_details_struct,
    .details_offset     = offsetof(struct dtls_state, tls.details),
    .carrier_struct     = &dtls_details_struct,
    .carrier_offset     = offsetof(struct dtls_state, details),
    .server_name_offset = offsetof(struct dtls_state, tls.server_name),
    .events             = events,
};
