/*
 * The record layer of a TLS connection as it passes (RFC 8446 section 5, RFC 5246 section 6): which
 * records are clear, which are encrypted, and what each tells by its type and place.
 */
#include "tls/decrypt.h"
#include "tls/nonces.h"

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

/* What is behind the header is wanted, of application data too. */
static bool is_content_wanted(const struct tls_state *tls, struct ht_bytes avail, enum ht_side side)
{
    struct tls_record record;
    return avail.ptr[0] != TLS_APPLICATION_DATA ||
           (tls->keys != NULL && tls_record_header(avail, &record) &&
            tls_keys_want(tls, side, &record));
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct tls_state *tls = state;
    if (avail.len < TLS_RECORD_HEADER) {
        return (struct ht_frame_size){0};
    }
    if (!tls_begins_record(avail)) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    size_t length = ht_be16_at(avail, 3);
    size_t nonce  = tls->nonces == NULL ? 0 : TLS_EXPLICIT_NONCE;
    bool all      = length <= nonce || is_content_wanted(tls, avail, side);
    return (struct ht_frame_size){.len  = TLS_RECORD_HEADER + length,
                                  .need = TLS_RECORD_HEADER + (all ? length : nonce)};
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

/* Of a connection joined in its middle the first record may be encrypted, though nothing says so: a
 * hello too short to be one (RFC 8446 section 4.1.3) is none. */
static bool joined_at_ciphertext(const struct tls_state *state, struct ht_emitter *e,
                                 enum ht_side from, struct ht_bytes fragment)
{
    enum { SHORTEST_HELLO = 2 + 32 + 1 + 2 + 1 };
    struct ht_reader r = ht_reader(fragment);
    uint8_t type       = rd_u8(&r);
    uint32_t length    = rd_u24(&r);
    bool is_first      = state->last_hello == NULL && state->server_hello == NULL;
    return is_first && !r.bad && (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO) &&
           length < SHORTEST_HELLO && length + TLS_HANDSHAKE_HEADER < fragment.len &&
           ht_hold(e, from)->len == 0;
}

/* How many bytes behind the messages of a record are a MAC, where a suite that encrypts nothing is
 * in use. */
static size_t mac_behind(const struct tls_state *state, const struct tls_direction *d)
{
    bool in_use = d->change_cipher_spec && d->num_changes == 1 && state->version != 0;
    return in_use && tls_hidden(state) == 0 ? tls_mac_len(state) : 0;
}

/* Not inlined, for most records of handshakes are clear beyond doubt. */
__attribute__((noinline)) static void maybe_encrypted(struct tls_state *state, struct ht_emitter *e,
                                                      enum ht_side from,
                                                      const struct tls_record *record, bool partial)
{
    const struct tls_direction *d = &state->direction[from];
    size_t mac_len                = mac_behind(state, d);
    if (mac_len > 0 && !partial && record->fragment.len > mac_len) {
        struct tls_record clear = *record;
        clear.fragment          = ht_bytes_head(record->fragment, record->fragment.len - mac_len);
        tls_handshake_fragment(state, e, from, &clear, partial);
    } else if ((d->change_cipher_spec && !clear_after_change_cipher_spec(record->fragment)) ||
               joined_at_ciphertext(state, e, from, record->fragment)) {
        tls_encrypted_handshake(state, e, from);
    } else {
        tls_handshake_fragment(state, e, from, record, partial);
    }
}

static inline void handshake(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                             const struct tls_record *record, bool partial)
{
    bool hello_seen = state->last_hello != NULL || state->server_hello != NULL;
    if (hello_seen && !state->direction[from].change_cipher_spec) {
        tls_handshake_fragment(state, e, from, record, partial);
    } else {
        maybe_encrypted(state, e, from, record, partial);
    }
}

/* How long a record of `from` may be. RFC 6066 section 4 bounds what is not encrypted too, RFC 8449
 * section 4 does not; what encryption adds is taken as the most that is allowed. */
static uint32_t longest_allowed(const struct tls_state *state, enum ht_side from,
                                const struct tls_record *record)
{
    enum { MOST = 1 << 14, MORE_12 = 2048, MORE_13 = 256 };
    const struct tls_record_limits *agreed = &state->limits;
    bool encrypted =
        record->type == TLS_APPLICATION_DATA || state->direction[from].change_cipher_spec;
    uint32_t most = agreed->max_fragment_length != 0 ? agreed->max_fragment_length : MOST;
    if (encrypted && agreed->by_client != 0 && agreed->by_server != 0) {
        most = from == state->client ? agreed->by_server : agreed->by_client;
    }
    return most + (!encrypted ? 0 : state->version == TLS_13 ? MORE_13 : MORE_12);
}

static void note_oversize(struct tls_odd_records *odd, const struct ht_emitter *e,
                          enum ht_side from, uint32_t length, uint32_t limit)
{
    if (odd->oversize++ == 0) {
        odd->oversize_frame  = e->frame;
        odd->oversize_side   = (uint8_t)from;
        odd->oversize_length = length;
        odd->oversize_limit  = limit;
    }
}

static void note_empty(struct tls_odd_records *odd, const struct ht_emitter *e, enum ht_side from,
                       uint8_t type)
{
    if (type == TLS_APPLICATION_DATA) {
        odd->run[from]++;
        if (odd->run[from] > odd->longest_run) {
            odd->longest_run = odd->run[from];
            odd->run_frame   = e->frame;
            odd->run_side    = (uint8_t)from;
        }
    } else if (type != TLS_HEARTBEAT && odd->empty++ == 0) {
        odd->empty_frame = e->frame;
        odd->empty_side  = (uint8_t)from;
    }
}

static void note_size(struct tls_state *state, const struct ht_emitter *e, enum ht_side from,
                      const struct tls_record *record)
{
    struct tls_odd_records *odd = state->details.odd_records;
    uint32_t limit              = longest_allowed(state, from, record);
    bool is_odd                 = record->length == 0 || record->length > limit;
    if (is_odd && odd == NULL) {
        state->details.odd_records = odd = ht_arena_alloc(e->arena, sizeof *odd);
    }
    if (odd == NULL) {
        return;
    }
    if (record->length > limit) {
        note_oversize(odd, e, from, record->length, limit);
    }
    if (record->length == 0) {
        note_empty(odd, e, from, record->type);
    } else {
        odd->run[from] = 0;
    }
}

/* An encrypted ChangeCipherSpec is still under the old keys. */
static void note_nonce(struct tls_state *state, const struct ht_emitter *e, enum ht_side from,
                       const struct tls_record *record)
{
    struct tls_nonce_side *side = &state->nonces->side[from];
    tls_nonces_note(side, e->frame, record->fragment, record->length);
    if (record->type == TLS_CHANGE_CIPHER_SPEC) {
        tls_nonces_begin(side, 0);
    }
}

/* More is asked of records than what they tell by themselves. */
static bool is_looked_at(const struct tls_state *state, const struct ht_emitter *e)
{
    return e->audit || state->nonces != NULL || state->keys != NULL;
}

/* Returns whether all that it tells was told. */
__attribute__((noinline)) static bool look_at(struct tls_state *state, struct ht_emitter *e,
                                              enum ht_side from, const struct tls_record *record,
                                              bool partial)
{
    if (e->audit) {
        note_size(state, e, from, record);
    }
    if (state->nonces != NULL) {
        note_nonce(state, e, from, record);
    }
    return state->keys != NULL && tls_keys_take(state, e, from, record, partial);
}

static inline void take_record(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                               const struct tls_record *record, size_t len, bool partial)
{
    if (is_looked_at(state, e) && look_at(state, e, from, record, partial)) {
        return;
    }
    if (record->type == TLS_HANDSHAKE) {
        handshake(state, e, from, record, partial);
        return;
    }
    if (record->type == TLS_CHANGE_CIPHER_SPEC) {
        tls_handshake_cut(state, e, from);
        tls_keys_changed(state, from);
    }
    (void)tls_take_record(state, e, from, record, len, partial);
}

void tls_take_wire_record(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                          struct ht_bytes bytes, size_t len, bool partial)
{
    struct tls_record record;
    if (tls_record_header(bytes, &record)) {
        take_record(state, e, from, &record, len - TLS_RECORD_HEADER, partial);
    }
}

static void count_record(struct tls_state *state)
{
    state->order = (uint16_t)(state->order + (state->order < UINT16_MAX));
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    count_record(state);
    tls_take_wire_record(state, e, pdu->side, pdu->bytes, pdu->len, pdu->partial);
    return HT_CONTINUE;
}

/* Most records are data into which nobody looks: those need not even be there. */
static size_t take(void *opaque, struct ht_emitter *e, struct ht_bytes avail, enum ht_side side)
{
    struct tls_state *state = opaque;
    struct tls_record record;
    size_t taken = 0;
    while (tls_record_header(ht_bytes_from(avail, taken), &record)) {
        bool data = record.type == TLS_APPLICATION_DATA && !is_looked_at(state, e);
        if (!data && record.fragment.len < record.length) {
            break;
        }
        count_record(state);
        if (data) {
            tls_take_data(state, e, side, record.length);
        } else {
            take_record(state, e, side, &record, record.length, false);
        }
        taken += TLS_RECORD_HEADER + (size_t)record.length;
    }
    return taken;
}

static void gap(void *opaque, struct ht_emitter *e, enum ht_side side, uint64_t missing)
{
    struct tls_state *state = opaque;
    (void)missing;
    tls_handshake_cut(state, e, side);
    tls_handshake_missed(state, side);
    state->direction[side].missed |= !state->direction[side].change_cipher_spec;
    tls_keys_gap(state, side);
    tls_nonces_gap(state->nonces, side);
}

static void finish(void *opaque, struct ht_emitter *e, const struct ht_end *end)
{
    struct tls_state *state = opaque;
    tls_handshake_cut(state, e, HT_SIDE_A);
    tls_handshake_cut(state, e, HT_SIDE_B);
    tls_end(state, e, end);
}

static const struct ht_event_type *const events[] = {TLS_SESSION_EVENTS, NULL};

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
    .take               = take,
    .gap                = gap,
    .finish             = finish,
    .details_struct     = &tls_details_struct,
    .details_offset     = offsetof(struct tls_state, details),
    .server_name_offset = offsetof(struct tls_state, server_name),
    .events             = events,
};
