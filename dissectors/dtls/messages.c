/*
 * Handshake messages: gathered from their fragments, told in the order of their numbers.
 */
#include "dtls/decrypt.h"
#include "tls/decrypt.h"

/* A hello opens its flight: what has a lower number belongs to flights that were answered. */
static bool is_hello(uint8_t type)
{
    return type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO ||
           type == DTLS_HELLO_VERIFY_REQUEST;
}

/*
 * struct {
 *     ProtocolVersion server_version;
 *     opaque cookie<0..2^8-1>;
 * } HelloVerifyRequest;                              (RFC 6347 section 4.2.1)
 */
static void hello_verify_request(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                                 struct ht_bytes body, unsigned flags)
{
    struct ht_reader r                       = ht_reader(body);
    struct dtls_hello_verify_request message = {.version = ht_named(rd_u16(&r))};
    message.cookie_bytes                     = rd_vec(&r, 1).len;
    flags |= rd_done(&r) || (flags & HT_EVENT_PARTIAL) != 0 ? 0 : HT_EVENT_MALFORMED;
    if (!state->tls.client_known) {
        state->tls.client_known = true;
        state->tls.client       = ht_other(from);
        ht_claim_client(e, state->tls.client, "hello_verify_request");
    }
    tls_hello_answer(&state->tls, true);
    state->details.hello_verify_request = true;
    state->details.cookie_bytes         = message.cookie_bytes;
    (void)ht_emit(e, &dtls_hello_verify_request_event, from, flags, &message);
}

/* There may be any number of hellos: each takes the room of the one before it. */
static void keep_connection_id(struct dtls_direction *d, struct ht_arena *arena, struct ht_bytes id)
{
    if (d->connection_id_room == NULL && id.len > 0) {
        d->connection_id_room = ht_arena_alloc(arena, UINT8_MAX);
    }
    d->connection_id = ht_bytes(d->connection_id_room, d->connection_id_room != NULL ? id.len : 0);
    if (d->connection_id.len > 0) {
        memcpy(d->connection_id_room, id.ptr, id.len);
    }
}

static void note_hello(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
                       uint8_t type, struct ht_bytes body)
{
    struct dtls_direction *d = &state->direction[from];
    struct ht_bytes id;
    if (type == TLS_CLIENT_HELLO && body.len >= 2 + DTLS_RANDOM) {
        memcpy(state->random, body.ptr + 2, DTLS_RANDOM);
        state->hello_seen = true;
    }
    if ((type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO) &&
        dtls_hello_connection_id(type, body, &id)) {
        keep_connection_id(d, e->arena, id);
        state->connection_ids_chosen |= type == TLS_SERVER_HELLO;
    }
}

static void put_number(uint8_t *out, uint32_t number, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        out[i] = (uint8_t)(number >> (8 * (width - 1 - i)));
    }
}

/* Counts a message for what is signed and hashed, as if it had come in one fragment (RFC 6347
 * section 4.2.6). */
static void remember(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                     const struct dtls_waiting *message, struct ht_bytes body)
{
    if (!e->verify && !tls_keys_found(&state->tls)) {
        return;
    }
    uint8_t *whole = ht_arena_alloc(e->scratch, DTLS_HANDSHAKE_HEADER + body.len);
    if (whole == NULL) {
        tls_handshake_missed(&state->tls, from);
        return;
    }
    state->tls.joined |= state->direction[from].late;
    whole[0] = message->type;
    put_number(whole + 1, message->length, 3);
    put_number(whole + 4, message->message_seq, 2);
    put_number(whole + 6, 0, 3);
    put_number(whole + 9, message->length, 3);
    if (body.len > 0) {
        memcpy(whole + DTLS_HANDSHAKE_HEADER, body.ptr, body.len);
    }
    tls_message_said(&state->tls, e, from, message->type,
                     ht_bytes(whole, DTLS_HANDSHAKE_HEADER + body.len));
}

/* Tells a message to those who read it. Of an incomplete hello after which a whole one came, or of
 * which nothing but its end is there, only its size is of use. */
static void tell_body(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct dtls_waiting *message, struct ht_bytes body)
{
    bool partial = message->have < message->length;
    unsigned flags =
        (partial ? HT_EVENT_PARTIAL : 0) | (message->decrypted ? HT_EVENT_DECRYPTED : 0);
    bool superseded = state->direction[from].messages.num_waiting > 1;
    if (partial && (body.len == 0 || (is_hello(message->type) && superseded))) {
        struct tls_other_handshake data = {.message = ht_named(message->type),
                                           .length  = message->length};
        (void)ht_emit(e, &tls_other_handshake_event, from, flags, &data);
    } else if (message->type == DTLS_HELLO_VERIFY_REQUEST) {
        hello_verify_request(state, e, from, body, flags);
    } else {
        note_hello(state, e, from, message->type, body);
        tls_message(&state->tls, e, from, message->type, body, message->record_version, flags);
        if (!partial) {
            remember(state, e, from, message, body);
        }
    }
    if (message->type == TLS_CLIENT_HELLO && from == state->tls.client) {
        /* It is the last that a ServerHello answers. */
        state->tls.client_hello_place = tls_here(e);
    }
}

static void tell(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                 const struct dtls_waiting *message, struct ht_bytes body)
{
    struct tls_place now     = tls_here(e);
    struct dtls_direction *d = &state->direction[from];
    if (d->messages.next > 0) {
        d->lost_messages += message->message_seq - d->messages.next;
    }
    d->late |= d->messages.next == 0 && message->message_seq > 0;
    bool partial = message->have < message->length;
    d->hole |= d->lost_messages > 0 || partial;
    if (partial || (d->messages.next > 0 && message->message_seq > d->messages.next)) {
        tls_handshake_missed(&state->tls, from);
    }
    d->messages.next = message->message_seq + 1U;
    state->details.fragmented_messages += message->fragments > 1;
    state->details.fragments += message->fragments > 1 ? message->fragments : 0;
    e->frame   = message->frame;
    e->time_ns = message->time_ns;
    tell_body(state, e, from, message, body);
    e->frame   = now.frame;
    e->time_ns = now.time_ns;
}

static void tell_first(struct dtls_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct dtls_reassembly *r         = &state->direction[from].messages;
    struct ht_buffer *held            = ht_hold(e, from);
    const struct dtls_waiting message = *dtls_reassembly_first(r);
    tell(state, e, from, &message, dtls_reassembly_body(r, held, e->scratch));
    dtls_reassembly_drop(r, held);
}

static bool is_ready(const struct dtls_reassembly *r)
{
    bool ready = r->num_waiting > 0 && r->waiting[0].message_seq == r->next &&
                 r->waiting[0].have == r->waiting[0].length;
    for (size_t i = 0; i < r->num_waiting && !ready; i++) {
        ready = is_hello(r->waiting[i].type) && r->waiting[i].have == r->waiting[i].length;
    }
    return ready;
}

/* Tells what is whole and in turn, and all before a hello that is whole. */
static void tell_ready(struct dtls_state *state, struct ht_emitter *e, enum ht_side from)
{
    while (is_ready(&state->direction[from].messages)) {
        tell_first(state, e, from);
    }
}

void dtls_flush(struct dtls_state *state, struct ht_emitter *e, enum ht_side from)
{
    while (dtls_reassembly_first(&state->direction[from].messages) != NULL) {
        tell_first(state, e, from);
    }
}

static void malformed(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct dtls_fragment *fragment)
{
    struct tls_malformed data = {.content_type = ht_named(TLS_HANDSHAKE),
                                 .message      = ht_named(fragment->type),
                                 .length       = fragment->length};
    if (dtls_tell_aside(state)) {
        (void)ht_emit(e, &tls_malformed_event, from, HT_EVENT_MALFORMED, &data);
    }
}

/* A ClientHello with another random than the last begins a new association on the same ports (RFC
 * 6347 section 4.2.8), or a renegotiation. */
static bool begins_anew(const struct dtls_state *state, const struct dtls_fragment *fragment)
{
    return fragment->type == TLS_CLIENT_HELLO && fragment->offset == 0 && state->hello_seen &&
           fragment->bytes.len >= 2 + DTLS_RANDOM &&
           memcmp(fragment->bytes.ptr + 2, state->random, DTLS_RANDOM) != 0;
}

static void restart_epochs(struct dtls_direction *d)
{
    d->epoch        = 0;
    d->ccs_epochs   = 0;
    d->finished_len = 0;
    dtls_forget_keys(d);
    for (size_t i = 0; i < d->num_epochs; i++) {
        d->epochs[i].window = 0;
    }
}

/* Messages are numbered from 0 again; epochs too, but in a renegotiation, which is encrypted. */
static void begin_anew(struct dtls_state *state, struct ht_emitter *e, bool renegotiation)
{
    for (int side = 0; side < 2; side++) {
        struct dtls_direction *d = &state->direction[side];
        dtls_flush(state, e, (enum ht_side)side);
        d->messages.next = 0;
        if (!renegotiation) {
            restart_epochs(d);
        }
    }
    if (!renegotiation) {
        tls_handshake_anew(&state->tls);
    }
}

static void keep(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                 const struct dtls_fragment *fragment, const struct dtls_record *record)
{
    struct dtls_reassembly *r = &state->direction[from].messages;
    struct dtls_waiting *waiting;
    enum dtls_fate fate = dtls_reassembly_take(r, fragment, ht_hold(e, from), e->arena, &waiting);
    if (fate == DTLS_NO_ROOM) {
        dtls_flush(state, e, from);
        if (fragment->message_seq < r->next) {
            return;
        }
        fate = dtls_reassembly_take(r, fragment, ht_hold(e, from), e->arena, &waiting);
    }
    if (fate == DTLS_TAKEN) {
        waiting->record_version = record->version;
        waiting->decrypted      = record->decrypted;
        waiting->frame          = e->frame;
        waiting->time_ns        = e->time_ns;
    } else if (fate == DTLS_REPEATED) {
        state->again += fragment->offset == 0;
    } else if (fate == DTLS_CONFLICTING) {
        malformed(state, e, from, fragment);
    }
}

static void take(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                 const struct dtls_fragment *fragment, const struct dtls_record *record)
{
    struct dtls_reassembly *r = &state->direction[from].messages;
    if (fragment->length > TLS_MAX_MESSAGE) {
        malformed(state, e, from, fragment);
        return;
    }
    if (fragment->message_seq < r->next) {
        if (!begins_anew(state, fragment)) {
            state->again += fragment->offset == 0;
            return;
        }
        begin_anew(state, e, record->decrypted);
    }
    bool whole = fragment->bytes.len == fragment->length;
    if (whole && dtls_reassembly_first(r) == NULL &&
        (fragment->message_seq == r->next || is_hello(fragment->type))) {
        const struct dtls_waiting message = {.message_seq    = fragment->message_seq,
                                             .record_version = record->version,
                                             .type           = fragment->type,
                                             .decrypted      = record->decrypted,
                                             .length         = fragment->length,
                                             .have           = fragment->length,
                                             .frame          = e->frame,
                                             .time_ns        = e->time_ns};
        tell(state, e, from, &message, fragment->bytes);
        return;
    }
    keep(state, e, from, fragment, record);
    tell_ready(state, e, from);
}

void dtls_take_fragments(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                         const struct dtls_record *record, bool cut)
{
    struct ht_reader r = ht_reader(record->fragment);
    struct dtls_fragment fragment;
    while (rd_more(&r)) {
        if (!dtls_fragment_read(&r, cut, &fragment)) {
            malformed(state, e, from, &fragment);
            return;
        }
        take(state, e, from, &fragment, record);
    }
}
