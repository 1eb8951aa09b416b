/*
 * Initial packets: the keys of each side, and what is in the packets. The keys come from the
 * client's first Initial, which a capture may hold late or not at all, and change when the server
 * sends a Retry or the sides agree on another version (RFC 9001 section 5.2, RFC 9368).
 */
#include "quic/state.h"
#include "quic/told.h"

/* The protection of the packet's version; for a version that has none, that which was found. */
static const struct quic_protection *protection_of(const struct quic_state *state,
                                                   const struct quic_packet *packet)
{
    return packet->known->protection != NULL ? packet->known->protection : state->protection;
}

/* Without its tag a packet proves nothing; but noise does not look like a ClientHello, nor like a
 * ServerHello. */
static bool plausible(const struct quic_packet *packet, struct ht_bytes frames, uint8_t hello)
{
    struct ht_reader r = ht_reader(frames);
    struct quic_frame frame;
    bool more = true;
    while (more && packet->cut && rd_more(&r)) {
        more        = quic_frame_next(&r, &frame);
        bool begins = frame.offset == 0;
        if (frame.type == QUIC_FRAME_CRYPTO && frame.data.len > 1 &&
            (begins ? frame.data.ptr[0] == hello && frame.data.ptr[1] == 0
                    : frame.offset < QUIC_MAX_CRYPTO)) {
            return true;
        }
    }
    return !packet->cut;
}

static struct ht_bytes open_by_known(struct quic_state *state, struct ht_emitter *e,
                                     enum ht_side from, const struct quic_packet *packet)
{
    struct quic_side *side                   = &state->side[from];
    const struct quic_protection *protection = protection_of(state, packet);
    if (!state->keyed || protection == NULL) {
        return ht_bytes(NULL, 0);
    }
    if (side->keys_for != protection) {
        bool derived   = quic_initial_keys(&side->keys, protection, quic_id_view(&state->key_id),
                                           from == state->client);
        side->keys_for = derived ? protection : NULL;
    }
    if (side->keys_for == NULL) {
        return ht_bytes(NULL, 0);
    }
    struct ht_bytes frames = quic_open(&side->keys, packet, &side->next_number, e->scratch);
    uint8_t hello          = from == state->client ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO;
    return plausible(packet, frames, hello) ? frames : ht_bytes(NULL, 0);
}

/* Tries the packet as one by which a client begins: keys from its own destination. */
static struct ht_bytes open_as_first(struct quic_state *state, struct ht_emitter *e,
                                     enum ht_side from, const struct quic_packet *packet,
                                     const struct quic_protection *protection)
{
    struct quic_side *side = &state->side[from];
    struct quic_keys keys;
    uint64_t next = 0;
    if (!quic_initial_keys(&keys, protection, packet->destination_id, true)) {
        return ht_bytes(NULL, 0);
    }
    struct ht_bytes frames = quic_open(&keys, packet, &next, e->scratch);
    if (frames.len == 0 || !plausible(packet, frames, TLS_CLIENT_HELLO)) {
        return ht_bytes(NULL, 0);
    }
    side->keys                           = keys;
    side->keys_for                       = protection;
    side->next_number                    = next;
    state->side[ht_other(from)].keys_for = NULL;
    state->protection                    = protection;
    return frames;
}

/* Forgets what was gathered: the side begins anew, at offset 0. */
static void restart(struct quic_state *state, struct ht_emitter *e, enum ht_side side)
{
    if (state->side[side].waiting == 0) {
        ht_buffer_free(ht_hold(e, side));
    }
    state->side[side].crypto = (struct quic_crypto_stream){0};
}

/* The packet began a connection, or went on with it after a Retry or after Version Negotiation; or
 * it is the first once more, late. */
static void begin(struct quic_state *state, struct ht_emitter *e, enum ht_side client,
                  const struct quic_packet *packet)
{
    bool retried =
        state->retried && ht_bytes_equal(quic_id_view(&state->retry_id), packet->destination_id);
    bool first = ht_bytes_equal(quic_id_view(&state->first_id), packet->destination_id);
    if (state->keyed && !retried && !first) {
        restart(state, e, client);
        restart(state, e, ht_other(client));
        state->side[ht_other(client)].next_number = 0;
        state->retried                            = false;
        state->restarted                          = true;
    }
    if (!retried) {
        quic_id_set(&state->first_id, packet->destination_id);
        quic_tell_id(state, e, ht_other(client), packet->destination_id);
    }
    quic_id_set(&state->key_id, packet->destination_id);
    state->keyed        = true;
    state->client       = client;
    state->client_known = true;
    if (state->details.original_destination_connection_id.len == 0) {
        state->details.original_destination_connection_id =
            ht_arena_copy(e->arena, packet->destination_id);
    }
}

static struct ht_bytes open_by_own(struct quic_state *state, struct ht_emitter *e,
                                   enum ht_side from, const struct quic_packet *packet)
{
    const struct quic_protection *known = packet->known->protection;
    struct ht_bytes frames              = ht_bytes(NULL, 0);
    bool may_be_client                  = !state->client_known || from == state->client;
    if (!may_be_client || state->side[from].key_tries >= QUIC_MAX_KEY_TRIES) {
        return frames;
    }
    for (size_t i = 0; frames.len == 0 && quic_protections[i] != NULL; i++) {
        if (known == NULL || i == 0) {
            frames =
                open_as_first(state, e, from, packet, known != NULL ? known : quic_protections[i]);
        }
    }
    if (frames.len > 0) {
        begin(state, e, from, packet);
    } else {
        state->side[from].key_tries++;
    }
    return frames;
}

/* After Version Negotiation the client begins anew with the same connection ids, which for two
 * drafts can mean the same keys. */
static void note_version(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                         const struct quic_packet *packet)
{
    if (from == state->client && state->negotiated && packet->version != state->version) {
        restart(state, e, from);
        state->negotiated = false;
    }
    quic_tell_version(state, e, packet->version);
}

/* A packet that waits, in the buffer of its side: this, then its bytes. */
struct pending {
    uint64_t frame;
    int64_t time_ns;
    uint32_t len;
    uint32_t datagram_len;
    bool cut;
};

static bool keep(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                 const struct quic_packet *packet)
{
    struct quic_side *side = &state->side[from];
    struct ht_buffer *held = ht_hold(e, from);
    struct pending header  = {.frame        = e->frame,
                              .time_ns      = e->time_ns,
                              .len          = (uint32_t)packet->bytes.len,
                              .datagram_len = state->datagram_len,
                              .cut          = packet->cut};
    uint32_t before        = held->len;
    if (before + sizeof header + packet->bytes.len > QUIC_MAX_PENDING ||
        !ht_buffer_append(held, ht_bytes(&header, sizeof header))) {
        return false;
    }
    if (!ht_buffer_append(held, packet->bytes)) {
        held->len = before;
        return false;
    }
    side->waiting++;
    return true;
}

/* Takes the packets that wait out of the buffer, which is for CRYPTO frames from now on. */
static struct ht_bytes detach_pending(struct quic_state *state, struct ht_emitter *e,
                                      enum ht_side from)
{
    struct ht_bytes waiting = ht_bytes(NULL, 0);
    if (state->side[from].waiting > 0) {
        waiting = ht_arena_copy(e->scratch, ht_buffer_view(ht_hold(e, from)));
        ht_buffer_free(ht_hold(e, from));
        state->side[from].waiting = 0;
    }
    return waiting;
}

/* Opens a packet and tells what is in it; false where it cannot be opened. */
static bool take_packet(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                        const struct quic_packet *packet, struct ht_bytes out_waiting[2])
{
    struct ht_bytes frames = open_by_known(state, e, from, packet);
    if (frames.len == 0) {
        frames = open_by_own(state, e, from, packet);
    }
    if (frames.len == 0) {
        return false;
    }
    state->side[from].opened++;
    out_waiting[HT_SIDE_A] = detach_pending(state, e, HT_SIDE_A);
    out_waiting[HT_SIDE_B] = detach_pending(state, e, HT_SIDE_B);
    note_version(state, e, from, packet);
    quic_tell_frames(state, e, from, packet, frames);
    quic_know_client(state, e, state->client, "quic_initial");
    return true;
}

/* The packets of a side that waited, in the order in which they came, each in its frame. */
static void take_waiting(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                         struct ht_bytes waiting)
{
    struct ht_reader r   = ht_reader(waiting);
    struct tls_place now = tls_here(e);
    uint32_t len         = state->datagram_len;
    while (rd_left(&r) > sizeof(struct pending)) {
        struct pending header;
        struct quic_packet packet;
        struct ht_bytes none[2];
        memcpy(&header, rd_take(&r, sizeof header).ptr, sizeof header);
        bool whole          = quic_packet_parse(rd_take(&r, header.len), &packet);
        e->frame            = header.frame;
        e->time_ns          = header.time_ns;
        state->datagram_len = header.datagram_len;
        if (!(whole || header.cut) || !take_packet(state, e, from, &packet, none)) {
            state->details.undecryptable_initials++;
        }
    }
    e->frame            = now.frame;
    e->time_ns          = now.time_ns;
    state->datagram_len = len;
}

void quic_take_initial(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct quic_packet *packet)
{
    struct ht_bytes waiting[2];
    if (take_packet(state, e, from, packet, waiting)) {
        take_waiting(state, e, HT_SIDE_A, waiting[HT_SIDE_A]);
        take_waiting(state, e, HT_SIDE_B, waiting[HT_SIDE_B]);
    } else if (state->keyed || !keep(state, e, from, packet)) {
        state->details.undecryptable_initials++;
    }
}
