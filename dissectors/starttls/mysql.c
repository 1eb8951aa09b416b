/*
 * MySQL and MariaDB until TLS (MySQL documentation, "Connection Phase", "Protocol::HandshakeV10",
 * "Protocol::SSLRequest"). The client's request has no answer: TLS follows it.
 */
#include "starttls/mysql.h"

enum {
    PACKET_HEADER    = 4, /* length, little-endian, 3 bytes; sequence number */
    PROTOCOL_VERSION = 10,
    MAX_GREETING     = 512,
    MIN_GREETING     = 32,
    MAX_VERSION      = 64,
    SSL_REQUEST_LEN  = 32,
    KEPT_BYTES       = PACKET_HEADER + MAX_GREETING
};

static uint32_t little_endian(struct ht_reader *r, unsigned width)
{
    struct ht_bytes b = rd_take(r, width);
    uint32_t value    = 0;
    for (size_t i = b.len; i > 0; i--) {
        value = value << 8 | b.ptr[i - 1];
    }
    return value;
}

/* Characters up to a NUL, which is stepped over. */
static struct ht_bytes string(struct ht_reader *r)
{
    const uint8_t *from = r->cur;
    size_t len          = 0;
    while (rd_more(r) && rd_u8(r) != 0) {
        len++;
    }
    return ht_bytes(from, len);
}

bool mysql_greeting_parse(struct ht_bytes payload, struct mysql_greeting *out)
{
    enum {
        THREAD_ID      = 4,
        SALT           = 8,
        FILLER         = 1,
        CHARSET_STATUS = 3,
        RESERVED       = 10,
        MIN_SALT_2     = 13
    };
    struct ht_reader r = ht_reader(payload);
    *out               = (struct mysql_greeting){0};
    if (rd_u8(&r) != PROTOCOL_VERSION) {
        return false;
    }
    out->version = string(&r);
    rd_skip(&r, THREAD_ID + SALT + FILLER);
    out->capabilities = little_endian(&r, 2);
    if (r.bad || !rd_more(&r)) {
        return !r.bad; /* servers before 4.1 */
    }
    rd_skip(&r, CHARSET_STATUS);
    out->capabilities |= little_endian(&r, 2) << 16;
    uint8_t salt = rd_u8(&r);
    rd_skip(&r, RESERVED);
    if (rd_more(&r)) {
        size_t rest = salt > SALT + MIN_SALT_2 ? (size_t)salt - SALT : MIN_SALT_2;
        rd_skip(&r, rest < rd_left(&r) ? rest : rd_left(&r));
        out->plugin = string(&r);
    }
    return !r.bad;
}

bool mysql_capabilities_parse(struct ht_bytes payload, uint32_t *out)
{
    enum { CAPABILITIES = 4 };
    struct ht_reader r = ht_reader(payload);
    *out               = little_endian(&r, 2);
    if ((*out & MYSQL_CLIENT_PROTOCOL_41) != 0) {
        *out |= little_endian(&r, CAPABILITIES - 2) << 16;
    }
    return !r.bad;
}

/* Only from a whole header. */
static size_t payload_length(struct ht_bytes header)
{
    struct ht_reader r = ht_reader(header);
    return little_endian(&r, 3);
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct starttls_state *s = state;
    (void)side;
    if (s->upgraded) {
        return (struct ht_frame_size){.other = true};
    }
    if (avail.len < PACKET_HEADER) {
        return (struct ht_frame_size){0};
    }
    size_t len = PACKET_HEADER + payload_length(avail);
    return (struct ht_frame_size){.len = len, .need = len < KEPT_BYTES ? len : KEPT_BYTES};
}

/* The server's packet 0 with a version in characters. */
static enum ht_match match_greeting(struct ht_bytes head)
{
    size_t len = payload_length(head);
    if (len < MIN_GREETING || len > MAX_GREETING ||
        (head.len > PACKET_HEADER && head.ptr[PACKET_HEADER] != PROTOCOL_VERSION)) {
        return HT_MATCH_NO;
    }
    struct ht_bytes version = ht_bytes_from(head, PACKET_HEADER + 1);
    for (size_t i = 0; i < version.len && i < MAX_VERSION; i++) {
        if (version.ptr[i] == 0) {
            return i > 0 ? HT_MATCH_YES : HT_MATCH_NO;
        }
        if (version.ptr[i] <= ' ' || version.ptr[i] > '~') {
            return HT_MATCH_NO;
        }
    }
    return version.len < MAX_VERSION ? HT_MATCH_MORE : HT_MATCH_NO;
}

/* The client's SSLRequest: packet 1, its capabilities, and nothing but zeros at its end; MariaDB
 * has its own capabilities in the last four bytes. */
static enum ht_match match_request(struct ht_bytes head)
{
    enum { ZEROS_FROM = PACKET_HEADER + 9, ZEROS_TO = PACKET_HEADER + SSL_REQUEST_LEN - 4 };
    uint32_t capabilities;
    if (payload_length(head) != SSL_REQUEST_LEN || head.ptr[3] != 1) {
        return HT_MATCH_NO;
    }
    if (head.len < ZEROS_TO) {
        return HT_MATCH_MORE;
    }
    for (size_t i = ZEROS_FROM; i < ZEROS_TO; i++) {
        if (head.ptr[i] != 0) {
            return HT_MATCH_NO;
        }
    }
    const uint32_t both = MYSQL_CLIENT_SSL | MYSQL_CLIENT_PROTOCOL_41;
    return mysql_capabilities_parse(ht_bytes_from(head, PACKET_HEADER), &capabilities) &&
                   (capabilities & both) == both
               ? HT_MATCH_YES
               : HT_MATCH_NO;
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    if (head.len > 2 && head.ptr[2] != 0) {
        return HT_MATCH_NO;
    }
    if (head.len < PACKET_HEADER) {
        return HT_MATCH_MORE;
    }
    return head.ptr[3] == 0 ? match_greeting(head) : match_request(head);
}

struct mysql_state {
    struct starttls_state common;
    struct ht_bytes plugin; /* of authentication, that the server prefers */
};

static enum ht_verdict take_greeting(struct mysql_state *state, struct ht_emitter *e,
                                     enum ht_side from, struct ht_bytes payload)
{
    struct starttls_state *s = &state->common;
    struct mysql_greeting greeting;
    if (!mysql_greeting_parse(payload, &greeting)) {
        return HT_DONE;
    }
    starttls_client(s, e, ht_other(from), "greeting");
    state->plugin = ht_arena_copy(e->arena, ht_bytes_head(greeting.plugin, MAX_VERSION));
    starttls_greet(s, e, from, greeting.version);
    starttls_offer(
        s, e, from,
        &(struct starttls_message){.offered = (greeting.capabilities & MYSQL_CLIENT_SSL) != 0});
    return HT_CONTINUE;
}

static enum ht_verdict take_response(struct mysql_state *state, struct ht_emitter *e,
                                     const struct ht_pdu *pdu, struct ht_bytes payload)
{
    struct starttls_state *s = &state->common;
    uint32_t capabilities;
    starttls_client(s, e, pdu->side, "command");
    if (!mysql_capabilities_parse(payload, &capabilities)) {
        return HT_DONE;
    }
    if ((capabilities & MYSQL_CLIENT_SSL) != 0 && payload.len <= SSL_REQUEST_LEN) {
        starttls_request(s, e, pdu->side, ht_text("SSLRequest"));
        s->upgraded = true;
        return HT_CONTINUE;
    }
    starttls_authenticate(s, e, pdu->side, "HandshakeResponse", state->plugin);
    return HT_DONE;
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct mysql_state *s      = state;
    struct ht_bytes payload    = ht_bytes_from(pdu->bytes, PACKET_HEADER);
    s->common.details.protocol = "mysql";
    if (pdu->partial) {
        return HT_CONTINUE;
    }
    return pdu->bytes.ptr[3] == 0 ? take_greeting(s, e, pdu->side, payload)
                                  : take_response(s, e, pdu, payload);
}

/* Where packets begin is not known any more; what is found after the hole is a TLS record. */
static void gap(void *state, struct ht_emitter *e, enum ht_side side, uint64_t missing)
{
    struct mysql_state *s = state;
    (void)e, (void)side, (void)missing;
    s->common.upgraded = true;
}

extern const struct ht_dissector mysql_dissector;
const struct ht_dissector mysql_dissector = {
    .name           = "mysql",
    .title          = "MySQL until TLS",
    .tcp            = true,
    .ports          = {3306},
    .state_size     = sizeof(struct mysql_state),
    .max_need       = KEPT_BYTES,
    .match          = match,
    .frame          = frame,
    .resync         = starttls_resync,
    .pdu            = pdu,
    .gap            = gap,
    .finish         = starttls_finish,
    .details_struct = &starttls_details_struct,
    .events         = starttls_events,
};
