/*
 * What is in Initial packets: CRYPTO frames, from which TLS's handshake messages are put together,
 * and CONNECTION_CLOSE.
 */
#include "quic/told.h"

const struct quic_named *quic_named(struct ht_arena *arena, struct ht_bytes id,
                                    struct ht_bytes name)
{
    struct quic_named *named = ht_arena_alloc(arena, sizeof *named);
    if (named != NULL) {
        *named = (struct quic_named){.id = id, .name = name};
    }
    return named;
}

void quic_tell_version(struct quic_state *state, struct ht_emitter *e, uint32_t version)
{
    bool known = state->details.version != NULL;
    if ((known && state->version == version) || state->version_changes > QUIC_MAX_VERSIONS) {
        return;
    }
    if (state->details.original_version == NULL) {
        state->details.original_version = state->details.version;
    }
    state->version_changes++;
    state->version = version;
    state->details.version =
        quic_named(e->arena, quic_hex(e->arena, version, 8), quic_version_name(e->arena, version));
}

void quic_know_client(struct quic_state *state, struct ht_emitter *e, enum ht_side client,
                      const char *how)
{
    if (!state->client_known) {
        state->client       = client;
        state->client_known = true;
    }
    if (!state->client_claimed && !state->tls.client_known) {
        ht_claim_client(e, state->client, how);
    }
    state->client_claimed = true;
}

static unsigned flags_of(const struct quic_side *side)
{
    return side->sealed != NULL && side->sealed->opened ? HT_EVENT_DECRYPTED : 0;
}

/* The extension's content in a block of extensions (RFC 9001 section 8.2); empty where it is not
 * there. */
static struct ht_bytes find_extension(struct ht_bytes extensions)
{
    enum { TRANSPORT_PARAMETERS = 57, OF_DRAFTS = 0xFFA5 };
    struct ht_reader r = ht_reader(extensions);
    while (rd_more(&r)) {
        uint16_t type           = rd_u16(&r);
        struct ht_bytes content = rd_vec(&r, 2);
        if (type == TRANSPORT_PARAMETERS || type == OF_DRAFTS) {
            return content;
        }
    }
    return ht_bytes(NULL, 0);
}

/* The extension's content in a ClientHello (RFC 8446 section 4.1.2), or in EncryptedExtensions
 * (section 4.3.1); empty where it is not there. */
static struct ht_bytes parameters_in(const struct tls_handshake *message)
{
    struct ht_reader r = ht_reader(message->body);
    switch (message->type) {
    case TLS_CLIENT_HELLO:
        rd_skip(&r, 2 + 32);
        (void)rd_vec(&r, 1);
        (void)rd_vec(&r, 2);
        (void)rd_vec(&r, 1);
        break;
    case TLS_ENCRYPTED_EXTENSIONS:
        break;
    default:
        return ht_bytes(NULL, 0);
    }
    return find_extension(rd_vec(&r, 2));
}

/* Tells them where they are the first of that side. */
static void tell_parameters(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                            const struct quic_packet *packet, struct ht_bytes content)
{
    struct quic_transport_parameters parameters;
    bool by_client = from == state->client;
    const struct quic_transport_parameters **told =
        by_client ? &state->details.client_transport_parameters
                  : &state->details.server_transport_parameters;
    if (content.len == 0 || *told != NULL) {
        return;
    }
    bool good            = quic_transport_parameters_parse(content, e->scratch, &parameters);
    unsigned flags       = flags_of(&state->side[from]) | (good ? 0U : HT_EVENT_MALFORMED);
    struct ht_kept *kept = ht_emit(e, &quic_transport_parameters_event, from, flags, &parameters);
    *told                = ht_recall(e, quic_transport_parameters_event.data, kept);
    if (good) {
        quic_check_ids(state, e, from, packet, &parameters);
    }
    if (!by_client && parameters.preferred_address != NULL) {
        quic_tell_preferred(state, e, from, parameters.preferred_address);
    }
}

void quic_tell_google(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                      struct ht_bytes bytes)
{
    struct quic_google_message message;
    bool good   = quic_google_message_parse(bytes, e->scratch, &message);
    bool client = ht_bytes_equal(message.message, ht_text("CHLO"));
    bool server = ht_bytes_equal(message.message, ht_text("REJ")) ||
                  ht_bytes_equal(message.message, ht_text("SHLO"));
    if (!client && !server) {
        return;
    }
    state->google = true;
    quic_know_client(state, e, client ? from : ht_other(from), "client_hello");
    const struct quic_google_message *kept = ht_read(
        e, quic_google_handshake_event.data,
        ht_emit(e, &quic_google_handshake_event, from, good ? 0 : HT_EVENT_PARTIAL, &message));
    if (kept != NULL && client && state->tls.server_name.len == 0) {
        state->tls.server_name    = kept->server_name;
        state->details.user_agent = kept->user_agent;
    }
}

/* Q050 has its messages in CRYPTO frames; they fit into a packet, and only the first is read. */
static bool tell_google_messages(struct quic_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct ht_buffer *held = ht_hold(e, from);
    struct ht_bytes ready  = quic_crypto_ready(&state->side[from].crypto, held);
    if (ready.len == 0 || state->side[from].crypto.taken > 0 || ready.ptr[0] < ' ') {
        return state->google;
    }
    quic_tell_google(state, e, from, ready);
    quic_crypto_take(&state->side[from].crypto, held, ready.len);
    return true;
}

/* Tells the messages that are whole (RFC 8446 section 4), of all that came until now. */
static void tell_messages(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                          const struct quic_packet *packet)
{
    struct quic_crypto_stream *stream = &state->side[from].crypto;
    struct ht_buffer *held            = ht_hold(e, from);
    struct ht_bytes ready             = quic_crypto_ready(stream, held);
    struct ht_bytes left              = ready;
    struct tls_handshake message;
    while (left.len > 0 && tls_handshake_frame(left, &message)) {
        size_t len = TLS_HANDSHAKE_HEADER + message.body.len;
        tls_whole_message(&state->tls, e, from, &message, ht_bytes_head(left, len),
                          flags_of(&state->side[from]));
        tell_parameters(state, e, from, packet, parameters_in(&message));
        left = ht_bytes_from(left, len);
    }
    if (left.len < ready.len) {
        quic_crypto_take(stream, held, ready.len - left.len);
    }
}

void quic_cut_messages(struct quic_state *state, struct ht_emitter *e)
{
    for (int i = 0; i < 2; i++) {
        struct quic_side *side = &state->side[i];
        struct tls_place now   = tls_here(e);
        struct ht_bytes ready  = quic_crypto_ready(&side->crypto, ht_hold(e, (enum ht_side)i));
        struct tls_handshake message = {0};
        (void)tls_handshake_frame(ready, &message);
        if (side->waiting > 0 || ready.len <= TLS_HANDSHAKE_HEADER ||
            message.length > QUIC_MAX_CRYPTO) {
            continue;
        }
        e->frame   = side->crypto_place.frame;
        e->time_ns = side->crypto_place.time_ns;
        tls_message(&state->tls, e, (enum ht_side)i, message.type,
                    ht_bytes_from(ready, TLS_HANDSHAKE_HEADER), 0,
                    HT_EVENT_PARTIAL | flags_of(side));
        e->frame   = now.frame;
        e->time_ns = now.time_ns;
    }
}

static struct ht_bytes registry_name(const struct ht_registry *registry, uint64_t value)
{
    const struct ht_registry_entry *entry =
        value <= UINT16_MAX ? ht_registry_find(registry, (uint32_t)value) : NULL;
    return entry != NULL ? ht_text(entry->name) : ht_bytes(NULL, 0);
}

/* A CRYPTO_ERROR is TLS's alert, which QUIC does not send otherwise (RFC 9001 section 4.8). */
static void tell_alert(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                       uint64_t code)
{
    enum { FATAL = 2 };
    uint8_t alert[]          = {FATAL, (uint8_t)code};
    struct tls_record record = {
        .type = TLS_ALERT, .length = sizeof alert, .fragment = ht_bytes(alert, sizeof alert)};
    (void)tls_take_record(&state->tls, e, from, &record, sizeof alert, false);
}

static void keep_close(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct quic_close *close)
{
    size_t n = state->details.closes.len;
    if (state->closes == NULL) {
        state->closes = ht_arena_alloc(e->arena, QUIC_MAX_CLOSES * sizeof *state->closes);
    }
    if (close != NULL && state->closes != NULL && n < QUIC_MAX_CLOSES) {
        state->closes[n]      = *close;
        state->closes[n].side = (uint8_t)from;
        state->details.closes = (struct ht_objects){.items = state->closes, .len = n + 1};
    }
}

static const struct quic_named *frame_name(const struct ht_emitter *e, uint64_t type)
{
    return quic_named(e->scratch, quic_hex(e->scratch, type, 2),
                      registry_name(&quic_frame_types, type));
}

static void tell_close(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct quic_frame *frame)
{
    enum { CRYPTO_ERROR = 0x0100 };
    bool crypto = frame->error_code >> 8 == 1;
    struct ht_bytes name =
        crypto ? ht_text("CRYPTO_ERROR") : registry_name(&quic_error_codes, frame->error_code);
    struct quic_close close = {
        .frame  = e->frame,
        .from   = from == state->client ? "client" : "server",
        .error  = quic_named(e->scratch, quic_hex(e->scratch, frame->error_code, 2), name),
        .reason = frame->data};
    if (crypto) {
        close.alert = registry_name(&tls_alerts, frame->error_code - CRYPTO_ERROR);
    }
    if (frame->frame_type != 0) {
        close.frame_type = frame_name(e, frame->frame_type);
    }
    struct ht_kept *kept = ht_emit(e, &quic_connection_close_event, from, 0, &close);
    keep_close(state, e, from, ht_read(e, quic_connection_close_event.data, kept));
    if (crypto) {
        tell_alert(state, e, from, frame->error_code);
    }
}

/* Frames that elicit no acknowledgement (RFC 9000 section 13.2). */
static bool is_quiet(const struct quic_frame *frame)
{
    return frame->type == QUIC_FRAME_PADDING || frame->type == QUIC_FRAME_ACK ||
           frame->type == QUIC_FRAME_ACK + 1 || frame->type == QUIC_FRAME_CLOSE ||
           frame->type == QUIC_FRAME_CLOSE_APPLICATION;
}

static void tell_frame(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct quic_packet *packet, const struct quic_frame *frame)
{
    struct quic_side *side = &state->side[from];
    bool late              = packet->type == QUIC_INITIAL && flags_of(side) != 0;
    if (frame->type == QUIC_FRAME_CRYPTO && late) {
        return; /* repeated: Handshake packets came after it */
    }
    if (frame->type == QUIC_FRAME_CRYPTO) {
        side->crypto_place = tls_here(e);
        (void)quic_crypto_add(&side->crypto, ht_hold(e, from), frame->offset, frame->data);
    } else if ((frame->type == QUIC_FRAME_CLOSE || frame->type == QUIC_FRAME_CLOSE_APPLICATION) &&
               !frame->cut) {
        tell_close(state, e, from, frame);
    }
}

/* A frame that is malformed, of a type that nobody knows, or not permitted in such a packet is an
 * error of the connection (RFC 9000 section 12.4): extensions are agreed on by the handshake. */
static void tell_malformed(struct ht_emitter *e, enum ht_side from, const struct quic_frame *frame,
                           size_t unread)
{
    struct quic_malformed malformed = {.bytes = unread};
    if (frame->type != QUIC_FRAME_PADDING) {
        malformed.frame_type = frame_name(e, frame->type);
    }
    (void)ht_emit(e, &quic_malformed_event, from, HT_EVENT_MALFORMED, &malformed);
}

void quic_tell_frames(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct quic_packet *packet, struct ht_bytes frames)
{
    struct ht_reader r      = ht_reader(frames);
    struct quic_frame frame = {0}, odd = {0};
    bool good = true, elicits = false;
    size_t unread = 0; /* from the first frame on that breaks the rules */
    while (good && rd_more(&r)) {
        size_t left = rd_left(&r);
        good        = packet->known->google ? quic_google_frame_next(&r, &frame)
                                            : quic_frame_next(&r, &frame);
        if (unread == 0 && !(good && quic_frame_permitted(&frame))) {
            unread = left;
            odd    = frame;
        }
        if (good || frame.cut) {
            elicits |= !is_quiet(&frame);
            tell_frame(state, e, from, packet, &frame);
        }
    }
    if (elicits) {
        quic_check_datagram(state, e, from, packet);
    }
    if (!packet->known->google || !tell_google_messages(state, e, from)) {
        tell_messages(state, e, from, packet);
    }
    if (unread > 0 && !packet->cut) {
        tell_malformed(e, from, &odd, unread);
    }
}
