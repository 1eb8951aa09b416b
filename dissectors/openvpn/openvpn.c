/*
 * OpenVPN as it passes: sessions, the TLS session in the control channel, the amount of data.
 */
#include "openvpn/state.h"

enum {
    LENGTH_SIZE  = 2, /* before each packet over TCP */
    MAX_CONTROL  = 4096,
    MAX_AHEAD    = 1024, /* a message packet id further ahead is no session's */
    OPENVPN_PORT = 1194
};

/* --- What is OpenVPN --- */

static struct openvpn_framing detect(struct ht_bytes packet, bool stream)
{
    struct openvpn_framing found = openvpn_detect(packet);
    return found.wrapping == OPENVPN_UNKNOWN && stream ? openvpn_detect_amid(packet) : found;
}

static enum ht_match match_datagram(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                    enum ht_side side)
{
    (void)endpoint, (void)side;
    bool may = head.len > 0 &&
               ((head.ptr[0] >> 3 == OPENVPN_CONTROL) || openvpn_is_hard_reset(head.ptr[0] >> 3));
    return may && detect(head, false).wrapping != OPENVPN_UNKNOWN ? HT_MATCH_YES : HT_MATCH_NO;
}

static enum ht_match match_stream(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                  enum ht_side side)
{
    (void)endpoint, (void)side;
    if (head.len > 0 && head.ptr[0] >= MAX_CONTROL >> 8) {
        return HT_MATCH_NO;
    }
    if (head.len <= LENGTH_SIZE) {
        return HT_MATCH_MORE;
    }
    uint8_t opcode = head.ptr[LENGTH_SIZE] >> 3;
    size_t len     = ht_be16_at(head, 0);
    if (opcode != OPENVPN_CONTROL && opcode != OPENVPN_ACK && !openvpn_is_hard_reset(opcode)) {
        return HT_MATCH_NO;
    }
    if (head.len < LENGTH_SIZE + len) {
        return HT_MATCH_MORE;
    }
    struct ht_bytes packet = ht_bytes_head(ht_bytes_from(head, LENGTH_SIZE), len);
    return detect(packet, true).wrapping != OPENVPN_UNKNOWN ? HT_MATCH_YES : HT_MATCH_NO;
}

/* Of data packets only the opcode is needed. */
static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    (void)state, (void)side;
    if (avail.len <= LENGTH_SIZE) {
        return (struct ht_frame_size){0};
    }
    size_t len     = LENGTH_SIZE + (size_t)ht_be16_at(avail, 0);
    uint8_t opcode = avail.ptr[LENGTH_SIZE] >> 3;
    if (len == LENGTH_SIZE || opcode < OPENVPN_SOFT_RESET || opcode > OPENVPN_CONTROL_WKC) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    return (struct ht_frame_size){.len  = len,
                                  .need = openvpn_is_data(opcode) ? LENGTH_SIZE + 1 : len};
}

/* A packet plausibly begins where another one follows it, or the end. */
static size_t resync(struct ht_bytes avail, enum ht_side side)
{
    for (size_t at = 0; at + LENGTH_SIZE < avail.len; at++) {
        struct ht_bytes rest      = ht_bytes_from(avail, at);
        struct ht_frame_size size = frame(NULL, rest, side);
        if (size.len == SIZE_MAX || size.len > rest.len) {
            continue;
        }
        struct ht_frame_size next = frame(NULL, ht_bytes_from(rest, size.len), side);
        if (size.len == rest.len || (next.len != SIZE_MAX && next.len != 0)) {
            return at;
        }
    }
    return avail.len;
}

/* --- The control channel --- */

static bool is_stream(const struct ht_emitter *e)
{
    return strcmp(e->transport, "tcp") == 0;
}

static bool may_tell(struct openvpn_state *state)
{
    return state->asides < OPENVPN_MAX_ASIDES && ++state->asides > 0;
}

static bool is_known(const struct openvpn_direction *d, const struct openvpn_packet *packet)
{
    return d->session_known &&
           memcmp(d->session_id, packet->session_id.ptr, OPENVPN_SESSION_ID) == 0;
}

/* A client that got no answer begins anew: so does what is told of its TLS session. */
static void begin_anew(struct openvpn_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct openvpn_packet *packet)
{
    struct openvpn_control *control = &state->direction[from].control;
    ht_buffer_free(ht_hold(e, from));
    *control         = (struct openvpn_control){.waiting     = control->waiting,
                                                .record      = control->record,
                                                .record_room = control->record_room,
                                                .lost        = control->lost};
    state->key_known = false;
    state->renewal   = NULL;
    if (packet->opcode != OPENVPN_HARD_RESET_SERVER) {
        state->tls = (struct tls_state){.carrier = TLS_OVER_TCP};
    }
}

/* Whether the packet is of the session that is followed: that of the first packet, or where no
 * ServerHello was seen, of the last hard reset. */
static bool of_session(struct openvpn_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct openvpn_packet *packet)
{
    struct openvpn_direction *d = &state->direction[from];
    bool answered               = state->tls.server_hello != NULL;
    if (is_known(d, packet)) {
        return true;
    }
    if (d->session_known && (!openvpn_is_hard_reset(packet->opcode) || answered)) {
        return false;
    }
    if (d->session_known) {
        begin_anew(state, e, from, packet);
    }
    memcpy(d->session_id, packet->session_id.ptr, OPENVPN_SESSION_ID);
    d->session_known = true;
    return true;
}

static void hard_reset(struct openvpn_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct openvpn_packet *packet)
{
    struct openvpn_hard_reset data = {.session_id = packet->session_id};
    bool by_client                 = packet->opcode != OPENVPN_HARD_RESET_SERVER;
    data.client_key                = packet->opcode == OPENVPN_HARD_RESET_CLIENT_V3;
    state->client_key |= data.client_key;
    state->reset_place = tls_here(e);
    ht_claim_client(e, by_client ? from : ht_other(from), "hard_reset");
    if (may_tell(state)) {
        (void)ht_emit(e, &openvpn_hard_reset_event, from, 0, &data);
    }
}

/* The TLS session that is followed. */
static struct tls_state *tls_of(struct openvpn_state *state)
{
    return state->renewal != NULL ? &state->renewal->tls : &state->tls;
}

static struct openvpn_control *control_of(struct openvpn_state *state, enum ht_side side)
{
    return state->renewal != NULL ? &state->renewal->control[side]
                                  : &state->direction[side].control;
}

/* Ends the control channel of the session that was followed until now. */
static void end_control(struct openvpn_state *state, struct ht_emitter *e)
{
    for (int side = 0; side < 2; side++) {
        openvpn_control_end(control_of(state, (enum ht_side)side), tls_of(state), e,
                            (enum ht_side)side);
        ht_buffer_free(ht_hold(e, (enum ht_side)side));
    }
}

/* New keys are agreed on by another TLS session, whose control channel counts its packets anew.
 * What comes of the session before is not looked at any more. Since OpenVPN 2.6 the two may encrypt
 * the channel with keys of the session before; then a soft reset is not as it should be. */
static void renew(struct openvpn_state *state, struct ht_emitter *e,
                  const struct openvpn_packet *packet)
{
    bool plain = state->framing.wrapping != OPENVPN_TLS_CRYPT && packet->message_id == 0 &&
                 packet->payload.len == 0;
    bool begins = plain && state->key_known && packet->key_id != state->key_id &&
                  state->details.renewals < OPENVPN_MAX_RENEWALS;
    struct openvpn_renewal *renewal = begins ? ht_arena_alloc(e->arena, sizeof *renewal) : NULL;
    if (renewal == NULL) {
        return;
    }
    end_control(state, e);
    renewal->before      = state->renewal;
    renewal->tls.carrier = TLS_OVER_TCP;
    state->renewal       = renewal;
    state->key_id        = packet->key_id;
    state->details.renewals++;
}

static void soft_reset(struct openvpn_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct openvpn_packet *packet)
{
    struct openvpn_direction *d    = &state->direction[from];
    struct openvpn_soft_reset data = {.key_id = packet->key_id};
    bool again                     = d->soft_reset == packet->key_id;
    d->soft_reset                  = packet->key_id;
    d->packets.retransmitted += again;
    if (!again && may_tell(state)) {
        (void)ht_emit(e, &openvpn_soft_reset_event, from, 0, &data);
    }
    if (!again) {
        renew(state, e, packet);
    }
}

/* A piece of the TLS stream, or the hard reset before the first. */
static void reliable(struct openvpn_state *state, struct ht_emitter *e, enum ht_side from,
                     const struct openvpn_packet *packet, bool cut)
{
    struct openvpn_direction *d          = &state->direction[from];
    struct openvpn_control *control      = control_of(state, from);
    bool resets                          = openvpn_is_hard_reset(packet->opcode);
    const struct openvpn_message message = {.id      = packet->message_id,
                                            .payload = resets ? ht_bytes(NULL, 0) : packet->payload,
                                            .cut     = cut,
                                            .in_order = is_stream(e)};
    if (!resets && control->next == 0) {
        openvpn_control_join(control, &message);
    }
    if (message.id > control->next && message.id - control->next > MAX_AHEAD) {
        d->packets.other++;
    } else if (!openvpn_control_take(control, tls_of(state), e, from, &message)) {
        d->packets.retransmitted++;
    }
}

static void count(struct openvpn_packets *packets, const struct openvpn_packet *packet)
{
    packets->hard_resets += openvpn_is_hard_reset(packet->opcode);
    packets->soft_resets += packet->opcode == OPENVPN_SOFT_RESET;
    packets->acks += packet->opcode == OPENVPN_ACK;
    packets->control += packet->opcode == OPENVPN_CONTROL || packet->opcode == OPENVPN_CONTROL_WKC;
}

static void take_control(struct openvpn_state *state, struct ht_emitter *e, enum ht_side from,
                         const struct openvpn_packet *packet, bool cut)
{
    struct openvpn_direction *d = &state->direction[from];
    bool begins                 = openvpn_is_hard_reset(packet->opcode);
    bool known                  = is_known(d, packet);
    if (!of_session(state, e, from, packet)) {
        d->packets.other++;
        return;
    }
    count(&d->packets, packet);
    if (begins && !known) {
        hard_reset(state, e, from, packet);
    }
    if (packet->opcode == OPENVPN_SOFT_RESET) {
        soft_reset(state, e, from, packet);
        return;
    }
    if (!state->key_known) {
        state->key_id    = packet->key_id;
        state->key_known = true;
    }
    bool encrypted = state->framing.wrapping == OPENVPN_TLS_CRYPT;
    if (encrypted || packet->opcode == OPENVPN_ACK) {
        d->packets.retransmitted += encrypted && begins && known;
    } else if (packet->key_id == state->key_id) {
        reliable(state, e, from, packet, cut);
    } else {
        d->packets.other++;
    }
}

/* --- The flow --- */

static void take_data(struct openvpn_direction *d, const struct ht_emitter *e, size_t len)
{
    if (d->packets.data++ == 0) {
        d->first_data = tls_here(e);
    }
    d->packets.data_bytes += len;
}

static void take_packet(struct openvpn_state *state, struct ht_emitter *e, const struct ht_pdu *pdu,
                        struct ht_bytes bytes, size_t len)
{
    struct openvpn_packet packet;
    struct openvpn_direction *d = &state->direction[pdu->side];
    if (state->framing.wrapping == OPENVPN_UNKNOWN) {
        state->framing = detect(bytes, is_stream(e));
    }
    if (state->framing.wrapping == OPENVPN_UNKNOWN ||
        !openvpn_packet_read(bytes, state->framing, &packet)) {
        d->packets.other++;
    } else if (openvpn_is_data(packet.opcode)) {
        take_data(d, e, len - 1);
    } else {
        take_control(state, e, pdu->side, &packet, pdu->partial);
    }
}

static enum ht_verdict datagram(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    if (pdu->len > 0) {
        take_packet(state, e, pdu, pdu->bytes, pdu->len);
    }
    return HT_CONTINUE;
}

static enum ht_verdict stream_pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    if (pdu->len > LENGTH_SIZE) {
        take_packet(state, e, pdu, ht_bytes_from(pdu->bytes, LENGTH_SIZE), pdu->len - LENGTH_SIZE);
    }
    return HT_CONTINUE;
}

static void tell_data(const struct openvpn_state *state, struct ht_emitter *e, enum ht_side from)
{
    const struct openvpn_direction *d = &state->direction[from];
    struct openvpn_data data = {.packets = d->packets.data, .bytes = d->packets.data_bytes};
    if (data.packets > 0) {
        (void)ht_emit_at(e, &openvpn_data_event, from, HT_EVENT_ENCRYPTED, &data,
                         d->first_data.frame, d->first_data.time_ns);
    }
}

static const char *wrapping_name(const struct openvpn_state *state)
{
    switch (state->framing.wrapping) {
    case OPENVPN_PLAIN:
        return "none";
    case OPENVPN_TLS_AUTH:
        return "tls_auth";
    case OPENVPN_TLS_CRYPT:
        return state->client_key ? "tls_crypt_v2" : "tls_crypt";
    case OPENVPN_UNKNOWN:
        break;
    }
    return NULL;
}

static struct ht_bytes session_of(const struct openvpn_direction *d)
{
    return ht_bytes(d->session_id, d->session_known ? OPENVPN_SESSION_ID : 0);
}

/* Absent where nothing was counted. */
static const struct openvpn_packets *packets_of(struct openvpn_state *state, enum ht_side side)
{
    static const struct openvpn_packets none = {0};
    struct openvpn_direction *d              = &state->direction[side];
    d->packets.lost                          = d->control.lost;
    for (const struct openvpn_renewal *r = state->renewal; r != NULL; r = r->before) {
        d->packets.lost += r->control[side].lost;
    }
    return memcmp(&d->packets, &none, sizeof none) != 0 ? &d->packets : NULL;
}

static void complete_details(struct openvpn_state *state, const struct ht_emitter *e)
{
    enum ht_side side = state->tls.client_known ? state->tls.client : e->client;
    uint64_t renewals = state->details.renewals;
    const struct openvpn_direction *client = &state->direction[side];
    const struct openvpn_direction *server = &state->direction[ht_other(side)];
    state->details =
        (struct openvpn_details){.wrapping          = wrapping_name(state),
                                 .tls_crypt         = state->framing.wrapping == OPENVPN_TLS_CRYPT,
                                 .hmac_bytes        = state->framing.hmac_len,
                                 .client_session_id = session_of(client),
                                 .server_session_id = session_of(server),
                                 .renewals          = renewals,
                                 .client_packets    = packets_of(state, side),
                                 .server_packets    = packets_of(state, ht_other(side))};
}

/* Of an encrypted control channel it is known that it ended well where both sides have the keys of
 * the data channel. */
static void end_encrypted(struct openvpn_state *state, struct ht_emitter *e)
{
    enum ht_side client = e->client;
    e->frame            = state->reset_place.frame;
    e->time_ns          = state->reset_place.time_ns;
    ht_absent(e, &tls_client_hello_event, client, HT_ABSENT_ENCRYPTED);
    ht_absent(e, &tls_server_hello_event, ht_other(client), HT_ABSENT_ENCRYPTED);
    state->tls.details.established =
        state->direction[0].packets.data > 0 && state->direction[1].packets.data > 0;
}

/* A TLS session ends; what is missing of it is, where its control channel has a hole. */
static void end_session(struct ht_emitter *e, const struct ht_end *end, struct tls_state *tls,
                        const struct openvpn_control *const control[2])
{
    struct ht_end judged = *end;
    for (int side = 0; side < 2; side++) {
        judged.side[side].hole |= control[side]->hole;
        judged.side[side].started_late |= control[side]->late;
        tls->direction[side].missed |= judged.side[side].hole || judged.side[side].truncated;
    }
    tls_end(tls, e, &judged);
}

static void finish(void *opaque, struct ht_emitter *e, const struct ht_end *end)
{
    struct openvpn_state *state = opaque;
    end_control(state, e);
    tell_data(state, e, HT_SIDE_A);
    tell_data(state, e, HT_SIDE_B);
    if (state->framing.wrapping == OPENVPN_TLS_CRYPT) {
        end_encrypted(state, e);
    } else {
        end_session(e, end, &state->tls,
                    (const struct openvpn_control *[]){&state->direction[0].control,
                                                       &state->direction[1].control});
    }
    for (struct openvpn_renewal *each = state->renewal; each != NULL; each = each->before) {
        end_session(e, end, &each->tls,
                    (const struct openvpn_control *[]){&each->control[0], &each->control[1]});
    }
    complete_details(state, e);
}

static const struct ht_event_type *const events[] = {TLS_SESSION_EVENTS, &openvpn_hard_reset_event,
                                                     &openvpn_soft_reset_event, &openvpn_data_event,
                                                     NULL};

extern const struct ht_dissector openvpn_dissector, openvpn_stream_dissector;

const struct ht_dissector openvpn_dissector = {
    .name               = "openvpn",
    .title              = "OpenVPN",
    .udp                = true,
    .ports              = {OPENVPN_PORT},
    .state_size         = sizeof(struct openvpn_state),
    .max_need           = LENGTH_SIZE + MAX_CONTROL,
    .max_held           = TLS_MAX_MESSAGE,
    .match              = match_datagram,
    .pdu                = datagram,
    .finish             = finish,
    .details_struct     = &tls_details_struct,
    .details_offset     = offsetof(struct openvpn_state, tls.details),
    .carrier_struct     = &openvpn_details_struct,
    .carrier_offset     = offsetof(struct openvpn_state, details),
    .server_name_offset = offsetof(struct openvpn_state, tls.server_name),
    .events             = events,
};

/* Over TCP each packet has its length before it. */
const struct ht_dissector openvpn_stream_dissector = {
    .name               = "openvpn",
    .title              = "OpenVPN over TCP",
    .tcp                = true,
    .ports              = {OPENVPN_PORT},
    .state_size         = sizeof(struct openvpn_state),
    .max_need           = LENGTH_SIZE + MAX_CONTROL,
    .max_held           = TLS_MAX_MESSAGE,
    .match              = match_stream,
    .frame              = frame,
    .resync             = resync,
    .resync_reach       = LENGTH_SIZE + MAX_CONTROL,
    .pdu                = stream_pdu,
    .finish             = finish,
    .details_struct     = &tls_details_struct,
    .details_offset     = offsetof(struct openvpn_state, tls.details),
    .carrier_struct     = &openvpn_details_struct,
    .carrier_offset     = offsetof(struct openvpn_state, details),
    .server_name_offset = offsetof(struct openvpn_state, tls.server_name),
    .events             = events,
};
