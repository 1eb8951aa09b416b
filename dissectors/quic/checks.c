/*
 * What a passive observer can hold against RFC 9000: the size of the client's first datagrams
 * (section 14.1), how much a server sends to an address that it does not know yet (section 8.1),
 * and whether the connection ids that the sides vouch for are those in their headers (section 7.3).
 */
#include "quic/told.h"

enum {
    SMALLEST_DATAGRAM = 1200, /* that may carry a client's Initial */
    AMPLIFICATION     = 3,
    UNGUESSABLE       = 8 /* bytes of a connection id: who knows it has seen it */
};

/* Drafts and Google's versions had rules of their own. */
static bool is_standard(uint32_t version)
{
    return version == QUIC_V1 || version == QUIC_V2;
}

void quic_check_datagram(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                         const struct quic_packet *packet)
{
    struct quic_details *details = &state->details;
    bool small = state->datagram_len > 0 && state->datagram_len < SMALLEST_DATAGRAM;
    if (small && from == state->client && packet->type == QUIC_INITIAL && !packet->known->google &&
        details->small_initial_frame == 0) {
        details->small_initial_frame = e->frame;
        details->small_initial_len   = state->datagram_len;
    }
}

bool quic_shows_address(const struct quic_state *state, const struct quic_packet *packet)
{
    const struct quic_id *chosen = &state->side[ht_other(state->client)].id;
    bool answers =
        chosen->len >= UNGUESSABLE && ht_bytes_equal(quic_id_view(chosen), packet->destination_id);
    return answers || packet->type == QUIC_HANDSHAKE || packet->type == QUIC_ONE_RTT ||
           packet->token.len > 0;
}

/* Initial packets of the client that the capture lacks; some clients number them from 1. */
static bool lacks_initials(const struct quic_side *client)
{
    return client->next_number > client->opened + 1;
}

void quic_check_amplification(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                              size_t len, bool shown)
{
    struct quic_path *path       = &state->path;
    struct quic_details *details = &state->details;
    enum ht_side server          = ht_other(state->client);
    if (path->done) {
        return;
    }
    path->bytes[from] += len;
    bool late    = e->time_ns < path->last_ns; /* what came between may be stored later still */
    bool unknown = !state->keyed || !is_standard(state->version) || state->retried ||
                   state->restarted || lacks_initials(&state->side[state->client]);
    path->done    = late || unknown || (from == state->client && shown);
    path->last_ns = e->time_ns;
    if (unknown) {
        details->amplified_frame = 0;
    } else if (!path->done && path->bytes[server] > AMPLIFICATION * path->bytes[state->client]) {
        bool first                      = details->amplified_frame == 0;
        details->amplified_frame        = first ? e->frame : details->amplified_frame;
        details->amplified_client_bytes = path->bytes[state->client];
        details->amplified_server_bytes = path->bytes[server];
    }
}

/* A copy, where it is not what was seen. `said` without a pointer: it is not there at all. */
static void compare(struct quic_state *state, struct ht_emitter *e, const char *parameter,
                    struct ht_bytes said, struct ht_bytes seen)
{
    struct quic_id_mismatch *out = NULL;
    if (state->details.id_mismatch == NULL && !ht_bytes_equal(said, seen)) {
        out = ht_arena_alloc(e->arena, sizeof *out);
    }
    if (out != NULL) {
        *out                       = (struct quic_id_mismatch){.parameter = parameter,
                                                               .frame     = e->frame,
                                                               .absent    = said.ptr == NULL,
                                                               .said      = ht_arena_copy(e->arena, said),
                                                               .seen      = ht_arena_copy(e->arena, seen)};
        state->details.id_mismatch = out;
    }
}

void quic_check_ids(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct quic_packet *packet,
                    const struct quic_transport_parameters *parameters)
{
    struct ht_bytes initial = parameters->initial_source_connection_id;
    if (!is_standard(packet->version)) {
        return;
    }
    if (from == state->client) {
        compare(state, e, "initial_source_connection_id", initial, packet->source_id);
        return;
    }
    if (state->restarted) { /* one of several connections, or after a Retry that was lost */
        return;
    }
    struct ht_bytes retry = parameters->retry_source_connection_id;
    compare(state, e, "initial_source_connection_id", initial, quic_id_view(&state->side[from].id));
    bool is_first = state->retried || retry.ptr == NULL; /* else the Retry is not in the capture */
    if (is_first && state->first_id.len > 0) {
        compare(state, e, "original_destination_connection_id",
                parameters->original_destination_connection_id, quic_id_view(&state->first_id));
    }
    if (state->retried) {
        compare(state, e, "retry_source_connection_id", retry, quic_id_view(&state->retry_id));
    }
}
