/*
 * SOCKS 4 and 4a (Koblas; Lee, "SOCKS 4A: A Simple Extension to SOCKS 4 Protocol"), SOCKS 5 (RFC
 * 1928) with user names (RFC 1929). Names and passwords of users are stepped over.
 */
#include "proxy/socks.h"

enum {
    METHOD_GSSAPI = 1,
    MAX_METHOD    = 9, /* that is assigned */
    ADDRESS_IPV4  = 1,
    ADDRESS_NAME  = 3,
    ADDRESS_IPV6  = 4,
    HEADER4       = 8, /* version, command, port, address */
    MAX_STRING    = 256,
    MAX_MESSAGE   = HEADER4 + 2 * MAX_STRING,
    GRANTED4      = 0x5a,
    CONNECT       = 1
};

static struct ht_bytes string(struct ht_reader *r)
{
    const uint8_t *from = r->cur;
    size_t len          = 0;
    while (rd_more(r)) {
        if (rd_u8(r) == 0) {
            return ht_bytes(from, len);
        }
        len++;
    }
    rd_fail(r);
    return ht_bytes(from, 0);
}

/* 0.0.0.x, x not 0, stands for a name that follows (SOCKS 4a). */
static bool stands_for_name(struct ht_bytes address)
{
    return address.len == 4 && address.ptr[0] == 0 && address.ptr[1] == 0 && address.ptr[2] == 0 &&
           address.ptr[3] != 0;
}

bool socks4_request_parse(struct ht_bytes in, struct socks_message *out)
{
    struct ht_reader r      = ht_reader(in);
    *out                    = (struct socks_message){0};
    uint8_t version         = rd_u8(&r);
    out->code               = rd_u8(&r);
    out->port               = rd_u16(&r);
    struct ht_bytes address = rd_take(&r, 4);
    (void)string(&r); /* the user's name */
    if (stands_for_name(address)) {
        out->name = string(&r);
    } else if (!r.bad) {
        out->address = ht_address4(address.ptr);
    }
    return rd_done(&r) && version == SOCKS4;
}

bool socks4_reply_parse(struct ht_bytes in, struct socks_message *out)
{
    struct ht_reader r = ht_reader(in);
    *out               = (struct socks_message){0};
    uint8_t version    = rd_u8(&r);
    out->code          = rd_u8(&r);
    out->port          = rd_u16(&r);
    rd_skip(&r, 4);
    return rd_done(&r) && version == 0;
}

bool socks5_message_parse(struct ht_bytes in, struct socks_message *out)
{
    struct ht_reader r = ht_reader(in);
    *out               = (struct socks_message){0};
    uint8_t version    = rd_u8(&r);
    out->code          = rd_u8(&r);
    rd_skip(&r, 1);
    uint8_t type = rd_u8(&r);
    if (type == ADDRESS_NAME) {
        out->name = rd_vec(&r, 1);
    } else {
        struct ht_bytes address = rd_take(&r, type == ADDRESS_IPV6 ? 16 : 4);
        if (!r.bad) {
            out->address =
                type == ADDRESS_IPV6 ? ht_address6(address.ptr) : ht_address4(address.ptr);
        }
    }
    out->port  = rd_u16(&r);
    bool known = type == ADDRESS_IPV4 || type == ADDRESS_NAME || type == ADDRESS_IPV6;
    return rd_done(&r) && version == SOCKS5 && known;
}

struct socks_state {
    struct proxy_state common;
    uint8_t version;
    bool method_chosen, requested;
};

/* The length of a request of version 4: two or three strings' ends must be seen. */
static size_t length4(struct ht_bytes avail)
{
    struct ht_reader r = ht_reader(avail);
    rd_skip(&r, HEADER4 - 4);
    struct ht_bytes address = rd_take(&r, 4);
    (void)string(&r);
    if (stands_for_name(address)) {
        (void)string(&r);
    }
    if (r.bad) {
        return avail.len < MAX_MESSAGE ? 0 : SIZE_MAX;
    }
    return avail.len - rd_left(&r);
}

/* The length of a request or reply of version 5. */
static size_t length5(struct ht_bytes avail)
{
    struct ht_reader r = ht_reader(avail);
    rd_skip(&r, 3);
    uint8_t type = rd_u8(&r), first = rd_u8(&r);
    if (r.bad) {
        return 0;
    }
    switch (type) {
    case ADDRESS_IPV4:
        return 4 + 4 + 2;
    case ADDRESS_IPV6:
        return 4 + 16 + 2;
    case ADDRESS_NAME:
        return 4 + 1 + (size_t)first + 2;
    default:
        return SIZE_MAX;
    }
}

/* RFC 1929: version, user name and password, each after its length. */
static struct ht_frame_size frame_credentials(struct ht_bytes avail)
{
    struct ht_reader r = ht_reader(avail);
    rd_skip(&r, 1);
    (void)rd_vec(&r, 1);
    uint8_t password = rd_u8(&r);
    size_t header    = avail.len - rd_left(&r);
    return (struct ht_frame_size){.len = r.bad ? 0 : header + password, .need = 2};
}

static struct ht_frame_size whole(size_t len)
{
    return (struct ht_frame_size){.len = len, .need = len};
}

static struct ht_frame_size frame_client(const struct socks_state *s, struct ht_bytes avail)
{
    uint8_t first = avail.ptr[0];
    if (s->requested) {
        return whole(SIZE_MAX); /* it does not wait for the reply: only TLS is of interest */
    }
    if (s->version == 0 && first == SOCKS4) {
        return whole(length4(avail));
    }
    if (s->version == 0 && first == SOCKS5) {
        return whole(avail.len < 2 ? 0 : 2 + (size_t)avail.ptr[1]);
    }
    if (s->version == SOCKS5 && first == SOCKS_AUTH_VERSION) {
        return frame_credentials(avail);
    }
    return whole(s->version == SOCKS5 && first == SOCKS5 ? length5(avail) : SIZE_MAX);
}

static struct ht_frame_size frame_server(const struct socks_state *s, struct ht_bytes avail)
{
    if (s->version == SOCKS4) {
        return whole(HEADER4);
    }
    if (!s->method_chosen || avail.ptr[0] == SOCKS_AUTH_VERSION) {
        return whole(2);
    }
    if (!s->requested) {
        return (struct ht_frame_size){0}; /* no reply before the request */
    }
    return whole(avail.ptr[0] == SOCKS5 ? length5(avail) : SIZE_MAX);
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct socks_state *s = state;
    enum ht_match tls           = starttls_is_tls(avail);
    if (s->common.through || tls == HT_MATCH_YES) {
        return (struct ht_frame_size){.other = true};
    }
    if (tls == HT_MATCH_MORE) {
        return (struct ht_frame_size){0};
    }
    bool client = !s->common.claimed || side == s->common.client;
    return client ? frame_client(s, avail) : frame_server(s, avail);
}

/* Version, number of methods, methods: each once, and assigned. */
static enum ht_match match5(struct ht_bytes head)
{
    uint32_t seen = 0;
    if (head.len > 1 && (head.ptr[1] == 0 || head.ptr[1] > MAX_METHOD + 1)) {
        return HT_MATCH_NO;
    }
    for (size_t i = 2; i < head.len && i < 2 + (size_t)head.ptr[1]; i++) {
        uint8_t method = head.ptr[i];
        if (method > MAX_METHOD || (seen & 1U << method) != 0) {
            return HT_MATCH_NO;
        }
        seen |= 1U << method;
    }
    return head.len > 1 && head.len >= 2 + (size_t)head.ptr[1] ? HT_MATCH_YES : HT_MATCH_MORE;
}

/* Version, connect or bind, a port and an address, then names that are printable up to their NUL.
 */
static enum ht_match match4(struct ht_bytes head)
{
    if (head.len > 1 && head.ptr[1] != 1 && head.ptr[1] != 2) {
        return HT_MATCH_NO;
    }
    if (head.len > 3 && head.ptr[2] == 0 && head.ptr[3] == 0) {
        return HT_MATCH_NO;
    }
    for (size_t i = HEADER4; i < head.len && i < HEADER4 + MAX_STRING; i++) {
        if (head.ptr[i] == 0) {
            return HT_MATCH_YES;
        }
        if (head.ptr[i] < ' ' || head.ptr[i] > '~') {
            return HT_MATCH_NO;
        }
    }
    return head.len < HEADER4 + MAX_STRING ? HT_MATCH_MORE : HT_MATCH_NO;
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    if (head.len == 0) {
        return HT_MATCH_MORE;
    }
    return head.ptr[0] == SOCKS5   ? match5(head)
           : head.ptr[0] == SOCKS4 ? match4(head)
                                   : HT_MATCH_NO;
}

static const char *command_name(uint8_t code)
{
    static const char *const names[] = {NULL, "connect", "bind", "udp_associate"};
    return code < HT_ARRAY_LEN(names) ? names[code] : NULL;
}

/* RFC 1928 section 6; SOCKS 4 counts on from 0x5a. */
static const char *reply_name(const struct socks_state *s, uint8_t code)
{
    static const char *const names5[] = {
        "succeeded",           "general_failure",       "not_allowed",
        "network_unreachable", "host_unreachable",      "connection_refused",
        "ttl_expired",         "command_not_supported", "address_type_not_supported"};
    static const char *const names4[] = {"granted", "rejected", "no_identd", "other_user"};
    if (s->version == SOCKS5) {
        return code < HT_ARRAY_LEN(names5) ? names5[code] : NULL;
    }
    return code >= GRANTED4 && code < GRANTED4 + HT_ARRAY_LEN(names4) ? names4[code - GRANTED4]
                                                                      : NULL;
}

static struct ht_bytes method_name(uint8_t method)
{
    static const char *const names[] = {
        "none", "gssapi", "username", "challenge_handshake", "", "challenge_response", "ssl",
        "nds",  "multi",  "json"};
    return ht_text(method < HT_ARRAY_LEN(names) ? names[method]
                   : method == 0xff             ? "none_acceptable"
                                                : "");
}

static void take_request(struct socks_state *s, struct ht_emitter *e, enum ht_side from,
                         const struct socks_message *m)
{
    struct proxy_details *d = &s->common.details;
    d->command              = command_name(m->code);
    d->target_name          = proxy_keep(e, m->name);
    d->target_address       = m->address;
    d->target_port          = m->port;
    d->request_frame        = e->frame;
    s->requested            = true;
    (void)ht_emit(e, &proxy_connect_event, from, 0, d);
}

static void take_methods(struct socks_state *s, struct ht_emitter *e, enum ht_side from,
                         struct ht_bytes methods)
{
    struct proxy_details m            = {.offered_methods = methods};
    s->common.details.offered_methods = ht_arena_copy(e->arena, methods);
    (void)ht_emit(e, &proxy_methods_event, from, 0, &m);
}

static void take_from_client(struct socks_state *s, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct socks_message m;
    bool first = s->version == 0;
    proxy_client(&s->common, e, pdu->side);
    if (first) {
        s->version                 = pdu->bytes.ptr[0];
        s->common.details.protocol = s->version == SOCKS4 ? "socks4" : "socks5";
    }
    if (s->version == SOCKS4) {
        if (socks4_request_parse(pdu->bytes, &m)) {
            take_request(s, e, pdu->side, &m);
        }
    } else if (first) {
        take_methods(s, e, pdu->side, ht_bytes_from(pdu->bytes, 2));
    } else if (pdu->bytes.ptr[0] == SOCKS_AUTH_VERSION) {
        struct proxy_details event = {.authentication = ht_text("username")};
        (void)ht_emit(e, &proxy_authentication_event, pdu->side, 0, &event);
    } else if (socks5_message_parse(pdu->bytes, &m)) {
        take_request(s, e, pdu->side, &m);
    }
}

static enum ht_verdict take_reply(struct socks_state *s, struct ht_emitter *e,
                                  const struct ht_pdu *pdu)
{
    struct proxy_details *d = &s->common.details;
    struct socks_message m;
    bool good = s->version == SOCKS4 ? socks4_reply_parse(pdu->bytes, &m)
                                     : socks5_message_parse(pdu->bytes, &m);
    if (!good) {
        return HT_DONE;
    }
    d->accepted     = m.code == (s->version == SOCKS4 ? GRANTED4 : 0);
    d->refused      = !d->accepted;
    d->answer_code  = (uint64_t)m.code + 1;
    d->answer       = reply_name(s, m.code);
    d->answer_frame = e->frame;
    bool connect    = d->command == NULL || strcmp(d->command, command_name(CONNECT)) == 0;
    (void)ht_emit(e, &proxy_answer_event, pdu->side, 0, d);
    s->common.through = d->accepted && connect;
    return s->common.through ? HT_CONTINUE : HT_DONE;
}

/* The choice of a method, or the judgement of a user's name and password. */
static enum ht_verdict take_short(struct socks_state *s, struct ht_emitter *e,
                                  const struct ht_pdu *pdu)
{
    uint8_t value           = pdu->bytes.ptr[1];
    struct proxy_details *d = &s->common.details;
    if (!s->method_chosen) {
        struct proxy_details chosen = {.authentication = method_name(value)};
        s->method_chosen            = true;
        d->authentication           = chosen.authentication;
        (void)ht_emit(e, &proxy_methods_event, pdu->side, 0, &chosen);
        return value == METHOD_GSSAPI || value > MAX_METHOD ? HT_DONE : HT_CONTINUE;
    }
    struct proxy_details judged = {
        .authentication = d->authentication, .accepted = value == 0, .refused = value != 0};
    (void)ht_emit(e, &proxy_authentication_event, pdu->side, 0, &judged);
    return value == 0 ? HT_CONTINUE : HT_DONE;
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct socks_state *s = state;
    if (pdu->partial || pdu->bytes.len < 2) {
        return HT_CONTINUE;
    }
    if (!s->common.claimed || pdu->side == s->common.client) {
        take_from_client(s, e, pdu);
        return HT_CONTINUE;
    }
    bool brief = s->version == SOCKS5 && pdu->len == 2;
    return brief ? take_short(s, e, pdu) : take_reply(s, e, pdu);
}

static const struct ht_event_type *const events[] = {&proxy_connect_event, &proxy_methods_event,
                                                     &proxy_authentication_event,
                                                     &proxy_answer_event, NULL};

extern const struct ht_dissector socks_dissector;
const struct ht_dissector socks_dissector = {
    .name           = "socks",
    .title          = "SOCKS 4, 4a and 5",
    .tcp            = true,
    .ports          = {1080, 9050},
    .state_size     = sizeof(struct socks_state),
    .max_need       = MAX_MESSAGE,
    .match          = match,
    .frame          = frame,
    .resync         = starttls_resync,
    .pdu            = pdu,
    .details_struct = &proxy_details_struct,
    .events         = events,
};
