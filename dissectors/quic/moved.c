/*
 * Flows that may be what a QUIC connection goes on in after a side changed its address or port (RFC
 * 9000 section 9): only packets with a short header, which say nothing but a connection id whose
 * length is not known. Whether a connection somewhere else has such an id is for an analyzer to
 * say.
 */
#include "quic/state.h"

enum {
    LEAST_LEN = 1 + 4 + 16 /* what hides the header needs so much to sample (RFC 9001 5.4.2) */
};

struct moved_side {
    struct quic_packet_counts packets;
    struct quic_counted counted;
    struct quic_id head; /* of the first packet: it begins with the connection id */
};

struct moved_state {
    struct quic_details details;
    const char *protocol;
    struct moved_side side[2]; /* by who sent it */
};

/* Not even the fixed bit has to be set (RFC 9287). */
static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    enum { FORM = 0x80 };
    (void)endpoint, (void)side;
    bool is_short = head.len >= LEAST_LEN && (head.ptr[0] & FORM) == 0;
    return is_short ? HT_MATCH_MAYBE : HT_MATCH_NO;
}

static enum ht_verdict pdu(void *opaque, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct moved_state *state = opaque;
    struct moved_side *side   = &state->side[pdu->side];
    state->protocol           = "quic";
    if (match(pdu->bytes, e->endpoint, pdu->side) != HT_MATCH_MAYBE) {
        return HT_CONTINUE;
    }
    if (side->packets.one_rtt++ == 0) {
        side->counted.first = tls_here(e);
        quic_id_set(&side->head, ht_bytes_from(pdu->bytes, 1));
    }
    side->counted.bytes += pdu->len;
    return HT_CONTINUE;
}

static void finish(void *opaque, struct ht_emitter *e, const struct ht_end *end)
{
    struct moved_state *state    = opaque;
    struct quic_details *details = &state->details;
    struct moved_side *client    = &state->side[e->client];
    struct moved_side *server    = &state->side[ht_other(e->client)];
    (void)end;
    details->to_client      = quic_id_view(&server->head);
    details->to_server      = quic_id_view(&client->head);
    details->client_packets = client->packets.one_rtt > 0 ? &client->packets : NULL;
    details->server_packets = server->packets.one_rtt > 0 ? &server->packets : NULL;
    quic_tell_data(e, e->client, client->packets.one_rtt, &client->counted);
    quic_tell_data(e, ht_other(e->client), server->packets.one_rtt, &server->counted);
}

static const struct ht_event_type *const events[] = {&tls_application_data_event, NULL};

extern const struct ht_dissector quic_moved_dissector;
const struct ht_dissector quic_moved_dissector = {
    .name            = "quic_moved",
    .title           = "QUIC connections that go on from another address",
    .udp             = true,
    .state_size      = sizeof(struct moved_state),
    .max_need        = UINT16_MAX,
    .match           = match,
    .pdu             = pdu,
    .finish          = finish,
    .details_struct  = &quic_details_struct,
    .details_offset  = offsetof(struct moved_state, details),
    .protocol_offset = offsetof(struct moved_state, protocol),
    .events          = events,
};
