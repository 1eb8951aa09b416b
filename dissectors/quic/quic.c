/*
 * A QUIC connection as its datagrams pass (RFC 9000 section 12): packets by their headers.
 */
#include "quic/state.h"

enum {
    MAX_COALESCED = 8, /* packets read of a datagram: one of each type, and some more */
    FINISHED_LEN  = 1 + 2 + 1 + 4 + 32 + 16 /* packet number, CRYPTO frame, Finished, tag */
};

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    return quic_begins(head) || quic_google_begins(head) ? HT_MATCH_YES : HT_MATCH_NO;
}

static void count(uint64_t *packets, struct quic_counted *counted, const struct ht_emitter *e,
                  size_t len)
{
    if (*packets == 0) {
        counted->first = tls_here(e);
    }
    ++*packets;
    counted->bytes += len;
}

static void version_negotiation(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                                const struct quic_packet *packet)
{
    enum { MAX_TOLD = 64 };
    struct quic_version_negotiation event = {0};
    size_t num = packet->versions.len / 4 < MAX_TOLD ? packet->versions.len / 4 : MAX_TOLD;
    struct ht_bytes *names = ht_arena_alloc(e->scratch, num * sizeof *names);
    for (size_t i = 0; names != NULL && i < num; i++) {
        names[i] = quic_version_name(e->scratch, ht_be32_at(packet->versions, 4 * i));
    }
    event.versions = (struct ht_texts){.items = names, .len = names != NULL ? num : 0};
    state->side[from].packets.version_negotiation++;
    state->negotiated = true;
    quic_know_client(state, e, ht_other(from), "version_negotiation");
    const struct quic_version_negotiation *kept =
        ht_read(e, quic_version_negotiation_event.data,
                ht_emit(e, &quic_version_negotiation_event, from, 0, &event));
    if (kept != NULL && state->details.offered_versions.len == 0) {
        state->details.offered_versions = kept->versions;
    }
}

static void retry(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                  const struct quic_packet *packet)
{
    const struct quic_protection *protection = packet->known->protection;
    struct quic_retry event                  = {.frame         = e->frame,
                                                .connection_id = packet->source_id,
                                                .token_bytes   = packet->token.len,
                                                .unchecked     = "unchecked"};
    if (protection != NULL && protection->has_retry_key && state->keyed && !packet->cut) {
        event.unchecked = NULL;
        event.authentic =
            quic_retry_authentic(protection, packet, quic_id_view(&state->first_id), e->scratch);
    }
    state->side[from].packets.retry++;
    quic_know_client(state, e, ht_other(from), "retry");
    struct ht_kept *kept = ht_emit(e, &quic_retry_event, from, 0, &event);
    if (!state->retried) { /* a client heeds the first alone (RFC 9000 section 17.2.5.2) */
        state->retried       = true;
        state->details.retry = ht_recall(e, quic_retry_event.data, kept);
        quic_id_set(&state->retry_id, packet->source_id);
        quic_tell_id(state, e, from, packet->source_id);
    }
}

static void tell_id(struct quic_state *state, struct ht_emitter *e, enum ht_side owner,
                    struct quic_connection_id event)
{
    if (event.id.len > 0 && state->num_ids < QUIC_MAX_IDS) {
        state->num_ids++;
        (void)ht_emit(e, &quic_connection_id_event, owner, 0, &event);
    }
}

void quic_tell_id(struct quic_state *state, struct ht_emitter *e, enum ht_side owner,
                  struct ht_bytes id)
{
    tell_id(state, e, owner,
            (struct quic_connection_id){
                .id = id, .owner = e->endpoint[owner], .peer = e->endpoint[ht_other(owner)]});
}

void quic_tell_preferred(struct quic_state *state, struct ht_emitter *e, enum ht_side server,
                         const struct quic_preferred_address *preferred)
{
    struct quic_connection_id event = {
        .id = preferred->connection_id, .peer = e->endpoint[server], .preferred = true};
    if (preferred->ipv4_port != 0) {
        event.owner = (struct ht_endpoint){preferred->ipv4, (uint16_t)preferred->ipv4_port};
        tell_id(state, e, server, event);
    }
    if (preferred->ipv6_port != 0) {
        event.owner = (struct ht_endpoint){preferred->ipv6, (uint16_t)preferred->ipv6_port};
        tell_id(state, e, server, event);
    }
}

/* By which connection id the other side is addressed. A packet under an id that was left is late:
 * an id that is no longer used is retired (RFC 9000 section 5.1.2). */
static void note_destination(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                             struct ht_bytes id)
{
    struct quic_side *to  = &state->side[ht_other(from)];
    struct quic_id *known = &to->addressed_by;
    if (ht_bytes_equal(quic_id_view(known), id) || ht_bytes_equal(quic_id_view(&to->left), id)) {
        return;
    }
    if (known->len > 0 && state->details.connection_id_changes++ < QUIC_MAX_CHANGES) {
        struct quic_connection_id_change event = {.connection_id = id};
        (void)ht_emit(e, &quic_connection_id_change_event, from, 0, &event);
    }
    to->left = *known;
    quic_id_set(known, id);
    quic_tell_id(state, e, ht_other(from), id);
}

/* What a side chose for itself, in its first packet that is neither Retry nor Version Negotiation.
 */
static void note_source(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                        const struct quic_packet *packet)
{
    struct quic_side *side = &state->side[from];
    if (!side->id_known) {
        side->id_known = true;
        quic_id_set(&side->id, packet->source_id);
        quic_id_set(&side->addressed_by, packet->source_id);
        quic_id_set(&side->first_to, packet->destination_id);
        quic_tell_id(state, e, from, packet->source_id);
    }
}

static void initial(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct quic_packet *packet)
{
    state->side[from].packets.initial++;
    if (state->details.token_bytes == 0) {
        state->details.token_bytes = packet->token.len;
    }
    quic_take_initial(state, e, from, packet);
}

static void handshake(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct quic_packet *packet)
{
    struct quic_side *side = &state->side[from];
    count(&side->packets.handshake, &side->handshake, e, packet->bytes.len);
    note_destination(state, e, from, packet->destination_id);
    quic_take_handshake(state, e, from, packet);
    bool room = packet->bytes.len - packet->header_len >= FINISHED_LEN;
    /* The server's Finished ends a flight; the client's is all of one but for a certificate. */
    bool later = from != state->client && state->side[ht_other(from)].finished.frame == 0;
    if (room && (side->finished.frame == 0 || later)) {
        side->finished = tls_here(e);
    }
}

/* A short header says little. With the fixed bit it is taken for one; without (RFC 9287), where the
 * connection id is that in use, or where there is none and the client allows it. */
static bool is_one_rtt(const struct quic_state *state, enum ht_side from,
                       const struct quic_packet *packet)
{
    const struct quic_side *receiver                   = &state->side[ht_other(from)];
    const struct quic_transport_parameters *parameters = state->details.client_transport_parameters;
    struct ht_bytes id                                 = quic_id_view(&receiver->addressed_by);
    if ((packet->first & QUIC_FIXED_BIT) != 0) {
        return true;
    }
    if (id.len == 0) {
        return parameters != NULL && parameters->grease_quic_bit;
    }
    return ht_bytes_equal(ht_bytes_head(ht_bytes_from(packet->bytes, 1), id.len), id);
}

static void one_rtt(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct quic_packet *packet)
{
    struct quic_side *side = &state->side[from];
    size_t len             = state->side[ht_other(from)].id.len;
    if (!is_one_rtt(state, from, packet)) {
        return;
    }
    count(&side->packets.one_rtt, &side->one_rtt, e, packet->bytes.len);
    if (len > 0 && packet->bytes.len > len) {
        note_destination(state, e, from, ht_bytes_head(ht_bytes_from(packet->bytes, 1), len));
    }
    quic_take_data(state, e, from, packet);
}

static void zero_rtt(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                     const struct quic_packet *packet)
{
    struct quic_side *side = &state->side[from];
    count(&side->packets.zero_rtt, &side->zero_rtt, e, packet->bytes.len);
    quic_know_client(state, e, from, "zero_rtt");
}

static void take_packet(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                        const struct quic_packet *packet)
{
    static void (*const takers[])(struct quic_state * state, struct ht_emitter * e,
                                  enum ht_side from, const struct quic_packet *packet) = {
        [QUIC_INITIAL]             = initial,
        [QUIC_ZERO_RTT]            = zero_rtt,
        [QUIC_HANDSHAKE]           = handshake,
        [QUIC_RETRY]               = retry,
        [QUIC_VERSION_NEGOTIATION] = version_negotiation,
        [QUIC_ONE_RTT]             = one_rtt,
    };
    bool begins = packet->type <= QUIC_HANDSHAKE;
    if (begins) {
        note_source(state, e, from, packet);
    }
    takers[packet->type](state, e, from, packet);
    if (begins && state->details.version == NULL) {
        quic_tell_version(state, e, packet->version); /* though it could not be opened */
    }
}

/* Google's versions before IETF's have one packet in a datagram; once the keys are there nothing of
 * it can be read. False where this is not one. */
static bool take_google(struct quic_state *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct quic_google_packet packet;
    if (!state->google_wire && !quic_google_begins(pdu->bytes)) {
        return false;
    }
    if (!quic_google_packet_parse(pdu->bytes, state->version, &packet)) {
        return state->google_wire;
    }
    state->google      = true;
    state->google_wire = true;
    if (packet.version != 0) {
        quic_tell_version(state, e, packet.version);
        quic_know_client(state, e, pdu->side, "quic_initial");
        if (state->details.original_destination_connection_id.len == 0) {
            state->details.original_destination_connection_id =
                ht_arena_copy(e->arena, packet.connection_id);
        }
    }
    if (packet.crypto.len > 0) {
        quic_tell_google(state, e, pdu->side, packet.crypto);
    }
    return true;
}

/* All packets of a datagram have the same destination (RFC 9000 section 12.2); what does not is
 * padding. */
static bool same_destination(const struct quic_packet *first, const struct quic_packet *packet)
{
    struct ht_bytes id = packet->destination_id;
    if (packet->type == QUIC_ONE_RTT) {
        id = ht_bytes_head(ht_bytes_from(packet->bytes, 1), first->destination_id.len);
    }
    return ht_bytes_equal(first->destination_id, id) && packet->first != 0;
}

static enum ht_verdict pdu(void *opaque, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct quic_state *state = opaque;
    struct ht_bytes rest     = pdu->bytes;
    struct quic_packet first, packet;
    size_t num          = 0;
    bool checked        = e->audit && !state->path.done;
    bool shown          = false;
    state->tls.carrier  = TLS_OVER_QUIC;
    state->datagram_len = (uint32_t)pdu->len;
    if (take_google(state, e, pdu)) {
        return HT_CONTINUE;
    }
    while (num < MAX_COALESCED && rest.len > 0) {
        bool whole = quic_packet_parse(rest, &packet);
        packet.cut |= pdu->partial && (packet.type == QUIC_ONE_RTT || packet.type == QUIC_RETRY);
        if (!(whole || (packet.cut && pdu->partial)) ||
            (num > 0 && !same_destination(&first, &packet))) {
            break;
        }
        if (num++ == 0) {
            first = packet;
        }
        take_packet(state, e, pdu->side, &packet);
        shown = shown || (checked && quic_shows_address(state, &packet));
        rest  = ht_bytes_from(rest, packet.bytes.len);
    }
    state->details.coalesced_datagrams += num > 1;
    if (checked && num > 0) {
        quic_check_amplification(state, e, pdu->side, pdu->len, shown);
    }
    return HT_CONTINUE;
}

static void finish(void *opaque, struct ht_emitter *e, const struct ht_end *end)
{
    struct quic_state *state = opaque;
    quic_cut_messages(state, e);
    quic_end(state, e, end);
}

static const struct ht_event_type *const events[] = {TLS_SESSION_EVENTS,
                                                     &quic_version_negotiation_event,
                                                     &quic_retry_event,
                                                     &quic_transport_parameters_event,
                                                     &quic_zero_rtt_event,
                                                     &quic_handshake_event,
                                                     &quic_connection_close_event,
                                                     &quic_connection_id_event,
                                                     &quic_connection_id_change_event,
                                                     &quic_malformed_event,
                                                     &quic_google_handshake_event,
                                                     NULL};

extern const struct ht_dissector quic_dissector;
const struct ht_dissector quic_dissector = {
    .name               = "quic",
    .title              = "QUIC v1, v2, drafts and Google's",
    .udp                = true,
    .ports              = {443, 853, 8443, 4433},
    .state_size         = sizeof(struct quic_state),
    .max_need           = UINT16_MAX,
    .max_held           = QUIC_MAX_CRYPTO,
    .match              = match,
    .pdu                = pdu,
    .finish             = finish,
    .details_struct     = &tls_details_struct,
    .details_offset     = offsetof(struct quic_state, tls.details),
    .carrier_struct     = &quic_details_struct,
    .carrier_offset     = offsetof(struct quic_state, details),
    .server_name_offset = offsetof(struct quic_state, tls.server_name),
    .events             = events,
};
