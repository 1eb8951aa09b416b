/*
 * When the flow ends: what can be known of the encrypted part of the handshake from which packets
 * went which way, and when. All of it is marked inferred.
 */
#include "quic/state.h"

struct ending {
    struct quic_state *state;
    struct ht_emitter *e;
    const struct ht_end *end;
    enum ht_side client, server;
};

static const unsigned hidden = HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED;

static void emit_at(const struct ending *x, const struct ht_event_type *type, enum ht_side from,
                    unsigned flags, void *event, struct tls_place place)
{
    (void)ht_emit_at(x->e, type, from, flags, event, place.frame, place.time_ns);
}

static void absent_at(const struct ending *x, const struct ht_event_type *type, enum ht_side from,
                      struct tls_place place)
{
    x->e->frame   = place.frame;
    x->e->time_ns = place.time_ns;
    ht_absent(x->e, type, from, ht_absent_reason(x->end, from));
}

static void tell_counted(const struct ending *x, const struct ht_event_type *type,
                         enum ht_side from, uint64_t packets, const struct quic_counted *counted)
{
    struct quic_encrypted data = {.packets = packets, .bytes = counted->bytes};
    if (packets > 0) {
        emit_at(x, type, from, HT_EVENT_ENCRYPTED, &data, counted->first);
    }
}

void quic_tell_data(struct ht_emitter *e, enum ht_side from, uint64_t packets,
                    const struct quic_counted *counted)
{
    struct tls_application_data data = {.records = packets, .bytes = counted->bytes};
    if (packets > 0) {
        (void)ht_emit_at(e, &tls_application_data_event, from, hidden, &data, counted->first.frame,
                         counted->first.time_ns);
    }
}

/* Finished is in a Handshake packet that is large enough for it; a client that sends 1-RTT packets
 * has sent it, and a server that sends Handshake packets will. Frame 0: it was not seen. */
static struct tls_place finished_place(const struct ending *x, enum ht_side from)
{
    const struct quic_side *side = &x->state->side[from];
    if (side->finished.frame != 0) {
        return side->finished;
    }
    return side->packets.one_rtt > 0 ? side->one_rtt.first : (struct tls_place){0};
}

static bool tell_finished(const struct ending *x, enum ht_side from)
{
    struct tls_place place = finished_place(x, from);
    if (x->state->tls.direction[from].finished) {
        return true; /* it was decrypted */
    }
    if (place.frame != 0) {
        emit_at(x, &tls_finished_event, from, hidden, NULL, place);
    } else if (x->state->tls.server_hello != NULL) {
        absent_at(x, &tls_finished_event, from, x->state->tls.server_hello_place);
    }
    return place.frame != 0;
}

/* A client sends 1-RTT packets when it has the server's Finished; a server can before it has the
 * client's (RFC 9001 section 5.7). */
static bool established(const struct ending *x, bool client_finished)
{
    bool client_data = x->state->side[x->client].packets.one_rtt > 0;
    bool server_data = x->state->side[x->server].packets.one_rtt > 0;
    bool server_said = server_data || x->state->side[x->server].packets.handshake > 0;
    if (!x->end->side[x->client].seen) {
        return server_data;
    }
    return (client_data && (server_said || !x->end->side[x->server].seen)) ||
           (client_finished && server_data);
}

static void name_parties(struct quic_state *state)
{
    for (size_t i = 0; i < state->details.closes.len; i++) {
        state->closes[i].from = state->closes[i].side == state->client ? "client" : "server";
    }
}

/* Absent where nothing was counted. */
static struct quic_packet_counts *counts_of(struct quic_side *side)
{
    static const struct quic_packet_counts none = {0};
    return memcmp(&side->packets, &none, sizeof none) != 0 ? &side->packets : NULL;
}

static void complete_details(const struct ending *x)
{
    struct quic_state *state      = x->state;
    struct quic_details *details  = &state->details;
    const struct quic_id *client  = &state->side[x->client].id;
    const struct quic_id *server  = &state->side[x->server].id;
    details->client_packets       = counts_of(&state->side[x->client]);
    details->server_packets       = counts_of(&state->side[x->server]);
    details->client_connection_id = quic_id_view(client);
    details->server_connection_id = quic_id_view(server);
    details->undecryptable_initials += state->side[0].waiting + state->side[1].waiting;
    name_parties(state);
    if (state->tls.client_hello == NULL && !state->google) {
        details->to_server = quic_id_view(&state->side[x->client].first_to);
    }
}

/* UDP has no end; but a side that closed, or that did not know the version, sends no more. Nor has
 * it a beginning; but one that goes on without an Initial packet began before. */
static struct ht_end end_of(const struct quic_state *state, const struct ht_end *end)
{
    struct ht_end out = *end;
    for (int i = 0; i < 2; i++) {
        const struct quic_packet_counts *packets = &state->side[i].packets;
        out.side[i].fin |= packets->version_negotiation > 0 && packets->initial == 0;
        out.side[i].started_late |=
            packets->initial == 0 && packets->handshake + packets->one_rtt > 0;
    }
    for (size_t i = 0; i < state->details.closes.len; i++) {
        out.side[state->closes[i].side].fin = true;
    }
    return out;
}

void quic_end(struct quic_state *state, struct ht_emitter *e, const struct ht_end *flow_end)
{
    const struct ht_end end = end_of(state, flow_end);
    if (!state->client_known) {
        state->client = state->tls.client_known ? state->tls.client : e->client;
    }
    const struct ending x          = {.state  = state,
                                      .e      = e,
                                      .end    = &end,
                                      .client = state->client,
                                      .server = ht_other(state->client)};
    const struct quic_side *client = &state->side[x.client];
    complete_details(&x);
    if (state->google) {
        return; /* its handshake is not TLS: nothing is missing */
    }
    tls_end(&state->tls, e, &end);
    tell_counted(&x, &quic_zero_rtt_event, x.client, client->packets.zero_rtt, &client->zero_rtt);
    for (int side = 0; side < 2; side++) {
        const struct quic_side *s = &state->side[side];
        tell_counted(&x, &quic_handshake_event, (enum ht_side)side, s->packets.handshake,
                     &s->handshake);
    }
    (void)tell_finished(&x, x.server);
    bool finished = tell_finished(&x, x.client);
    for (int i = 0; i < 2; i++) {
        enum ht_side side = i == 0 ? x.client : x.server;
        quic_tell_data(e, side, state->side[side].packets.one_rtt, &state->side[side].one_rtt);
    }
    state->tls.details.established = established(&x, finished);
}
