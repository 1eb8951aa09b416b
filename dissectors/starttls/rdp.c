/*
 * RDP until the security protocol is chosen (MS-RDPBCGR 2.2.1.1, 2.2.1.2, 5.4.2.1): a Connection
 * Request says which the client can, the Confirm which it will be.
 */
#include "starttls/rdp.h"

enum {
    TPKT_VERSION = 3,
    TPKT_HEADER  = 4,
    X224_FIXED   = 6, /* after the length indicator */
    NEG_LENGTH   = 8,
    MAX_PACKET   = 512,
    RDP_PORT     = 3389,
    PROTOCOL_RDP = 0 /* its own security, not TLS */
};

/* The variable part of a Connection Request may begin with a routing token or a cookie, a line. */
static void skip_cookie(struct ht_reader *r)
{
    struct ht_reader ahead = *r;
    if (rd_left(r) == 0 || (r->cur[0] != 'C' && r->cur[0] != 'm' && r->cur[0] != 't')) {
        return;
    }
    while (rd_more(&ahead) && rd_u8(&ahead) != '\n') {
    }
    *r = ahead;
}

/* Type, flags, length and value, of which the last two are little-endian. */
static void negotiation(struct ht_reader *r, struct rdp_connection *out)
{
    out->negotiation = rd_u8(r);
    rd_skip(r, 1);
    uint8_t length = rd_u8(r), high = rd_u8(r);
    for (unsigned i = 0; i < sizeof out->value; i++) {
        out->value |= (uint32_t)rd_u8(r) << 8 * i;
    }
    if (length != NEG_LENGTH || high != 0 || out->negotiation < RDP_NEG_REQUEST ||
        out->negotiation > RDP_NEG_FAILURE) {
        rd_fail(r);
    }
}

bool rdp_connection_parse(struct ht_bytes in, struct rdp_connection *out)
{
    struct ht_reader r = ht_reader(in);
    *out               = (struct rdp_connection){0};
    uint8_t version    = rd_u8(&r);
    rd_skip(&r, 1);
    uint16_t length   = rd_u16(&r);
    uint8_t indicator = rd_u8(&r);
    out->code         = rd_u8(&r);
    rd_skip(&r, X224_FIXED - 1);
    if (r.bad || version != TPKT_VERSION || length != in.len ||
        indicator != length - TPKT_HEADER - 1 ||
        (out->code != RDP_CONNECTION_REQUEST && out->code != RDP_CONNECTION_CONFIRM)) {
        return false;
    }
    if (out->code == RDP_CONNECTION_REQUEST) {
        skip_cookie(&r);
    }
    if (rd_more(&r)) {
        negotiation(&r, out);
    }
    return !r.bad; /* rdpCorrelationInfo may follow */
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct starttls_state *s = state;
    enum ht_match tls              = starttls_is_tls(avail);
    (void)side;
    if (s->upgraded || tls == HT_MATCH_YES) {
        return (struct ht_frame_size){.other = true};
    }
    if (tls == HT_MATCH_MORE || avail.len < TPKT_HEADER) {
        return (struct ht_frame_size){0};
    }
    size_t len = ht_be16_at(avail, 2);
    if (avail.ptr[0] != TPKT_VERSION || len <= TPKT_HEADER) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    return (struct ht_frame_size){.len = len, .need = len};
}

/* Others that speak X.224 (ISO TSAP, S7) put parameters 0xc0 to 0xc2 where RDP has its own. Without
 * any, the port decides. */
static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    enum { SHORTEST = TPKT_HEADER + 1 + X224_FIXED };
    struct rdp_connection connection;
    (void)side;
    if ((head.len > 0 && head.ptr[0] != TPKT_VERSION) || (head.len > 1 && head.ptr[1] != 0)) {
        return HT_MATCH_NO;
    }
    if (head.len < TPKT_HEADER) {
        return HT_MATCH_MORE;
    }
    size_t len = ht_be16_at(head, 2);
    if (len < SHORTEST || len > MAX_PACKET) {
        return HT_MATCH_NO;
    }
    if (head.len < len) {
        return HT_MATCH_MORE;
    }
    bool good = rdp_connection_parse(ht_bytes_head(head, len), &connection);
    bool port = endpoint[0].port == RDP_PORT || endpoint[1].port == RDP_PORT;
    bool own  = connection.negotiation != 0 || len > SHORTEST || port;
    return good && own ? HT_MATCH_YES : HT_MATCH_NO;
}

static const struct {
    uint32_t bit;
    const char *name;
} protocols[] = {{1, "PROTOCOL_SSL "},
                 {2, "PROTOCOL_HYBRID "},
                 {4, "PROTOCOL_RDSTLS "},
                 {8, "PROTOCOL_HYBRID_EX "},
                 {16, "PROTOCOL_RDSAAD "}};

static const char *const failures[] = {"",
                                       "SSL_REQUIRED_BY_SERVER",
                                       "SSL_NOT_ALLOWED_BY_SERVER",
                                       "SSL_CERT_NOT_ON_SERVER",
                                       "INCONSISTENT_FLAGS",
                                       "HYBRID_REQUIRED_BY_SERVER",
                                       "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"};

/* "PROTOCOL_SSL PROTOCOL_HYBRID", in the scratch memory. */
static struct ht_bytes protocol_names(struct ht_emitter *e, uint32_t bits)
{
    uint8_t *room = ht_arena_alloc(e->scratch, STARTTLS_MAX_TEXT);
    size_t len    = 0;
    if (bits == PROTOCOL_RDP || room == NULL) {
        return ht_text("PROTOCOL_RDP");
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(protocols); i++) {
        struct ht_bytes name = ht_text(protocols[i].name);
        if ((bits & protocols[i].bit) != 0 && len + name.len <= STARTTLS_MAX_TEXT) {
            memcpy(room + len, name.ptr, name.len);
            len += name.len;
        }
    }
    return ht_bytes(room, len);
}

static void confirm(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                    const struct rdp_connection *c)
{
    struct ht_bytes text = ht_text("PROTOCOL_RDP"); /* where there is no negotiation */
    if (c->negotiation == RDP_NEG_FAILURE) {
        text = ht_text(c->value < HT_ARRAY_LEN(failures) ? failures[c->value] : "");
    } else if (c->negotiation == RDP_NEG_RESPONSE) {
        text = protocol_names(e, c->value);
    }
    bool tls = c->negotiation == RDP_NEG_RESPONSE && c->value != PROTOCOL_RDP;
    starttls_answer(s, e, from, text, tls ? STARTTLS_ACCEPTED : STARTTLS_REFUSED);
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct starttls_state *s = state;
    struct rdp_connection c;
    s->details.protocol = "rdp";
    if (pdu->partial || !rdp_connection_parse(pdu->bytes, &c)) {
        return HT_DONE; /* RDP's own security, or none */
    }
    if (c.code == RDP_CONNECTION_REQUEST) {
        starttls_client(s, e, pdu->side, "command");
        if (c.negotiation == RDP_NEG_REQUEST && c.value != PROTOCOL_RDP) {
            starttls_request(s, e, pdu->side, protocol_names(e, c.value));
        }
    } else {
        starttls_client(s, e, ht_other(pdu->side), "greeting");
        confirm(s, e, pdu->side, &c);
    }
    return starttls_count(s);
}

extern const struct ht_dissector rdp_dissector;
const struct ht_dissector rdp_dissector = {
    .name           = "rdp",
    .title          = "RDP until TLS",
    .tcp            = true,
    .ports          = {RDP_PORT},
    .state_size     = sizeof(struct starttls_state),
    .max_need       = MAX_PACKET,
    .match          = match,
    .frame          = frame,
    .resync         = starttls_resync,
    .pdu            = pdu,
    .gap            = starttls_gap,
    .finish         = starttls_finish,
    .details_struct = &starttls_details_struct,
    .events         = starttls_events,
};
