/*
 * The PROXY protocol, versions 1 and 2 (haproxy, "The PROXY protocol", sections 2.1, 2.2): before
 * all else a proxy says whose connection it passes on.
 */
#include "proxy/proxy_protocol.h"

#include "http/lines.h"

enum {
    MAX_V1           = 107, /* bytes of the line, with its end */
    SIGNATURE_LEN    = 12,
    V2_HEADER        = 16,
    KEPT_V2          = 2048,
    TYPE_ALPN        = 0x01,
    TYPE_AUTHORITY   = 0x02,
    TYPE_SSL         = 0x20,
    SUBTYPE_VERSION  = 0x21,
    SUBTYPE_CN       = 0x22,
    SUBTYPE_CIPHER   = 0x23,
    SSL_CLIENT_BYTES = 5 /* flags and verify result, before the TLVs in PP2_TYPE_SSL */
};

static const char v1_begin[]     = "PROXY ";
static const uint8_t signature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                    0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

/* The next word of a line, each after one space. */
static struct ht_bytes word(struct ht_bytes *rest)
{
    size_t to = 0;
    while (to < rest->len && rest->ptr[to] != ' ') {
        to++;
    }
    struct ht_bytes out = ht_bytes_head(*rest, to);
    *rest               = ht_bytes_from(*rest, to + 1);
    return out;
}

static bool port(struct ht_bytes digits, uint16_t *out)
{
    uint64_t value;
    bool good = http_number(digits, &value) && value <= UINT16_MAX;
    *out      = good ? (uint16_t)value : 0;
    return good;
}

bool proxy_v1_parse(struct ht_bytes in, struct proxy_details *out)
{
    *out          = (struct proxy_details){.protocol = "proxy_v1", .command = "proxy"};
    size_t prefix = strlen(v1_begin);
    if (in.len < prefix + 2 || in.len > MAX_V1 || memcmp(in.ptr, v1_begin, prefix) != 0 ||
        memcmp(in.ptr + in.len - 2, "\r\n", 2) != 0) {
        return false;
    }
    struct ht_bytes rest   = ht_bytes_from(ht_bytes_head(in, in.len - 2), prefix);
    struct ht_bytes family = word(&rest);
    if (ht_bytes_equal(family, ht_text("UNKNOWN"))) {
        return true; /* what follows is to be ignored */
    }
    bool four              = ht_bytes_equal(family, ht_text("TCP4"));
    struct ht_bytes client = word(&rest), server = word(&rest);
    out->transport = "tcp";
    bool addresses =
        proxy_address(client, &out->client_address) && proxy_address(server, &out->server_address);
    bool ports      = port(word(&rest), &out->client_port) && port(word(&rest), &out->server_port);
    uint8_t version = four ? 4 : 6;
    return (four || ht_bytes_equal(family, ht_text("TCP6"))) && addresses && ports &&
           out->client_address.version == version && out->server_address.version == version;
}

/* Where a value of the type is kept; NULL: it is of no interest. */
static struct ht_bytes *room_for(uint8_t type, struct proxy_details *out, struct ht_bytes *ssl)
{
    switch (type) {
    case TYPE_SSL:
        return ssl;
    case TYPE_ALPN:
        return &out->alpn;
    case TYPE_AUTHORITY:
        return &out->authority;
    case SUBTYPE_VERSION:
        return &out->tls_version;
    case SUBTYPE_CN:
        return &out->client_common_name;
    case SUBTYPE_CIPHER:
        return &out->tls_cipher;
    default:
        return NULL;
    }
}

/* Type, length and value (section 2.2). Returns what PP2_TYPE_SSL holds: flags, the result of a
 * verification, and more of the kind (section 2.2.6). */
static struct ht_bytes read_tlvs(struct ht_reader *r, struct proxy_details *out)
{
    struct ht_bytes ssl = {0};
    while (rd_more(r)) {
        uint8_t type          = rd_u8(r);
        struct ht_bytes value = rd_vec(r, 2);
        struct ht_bytes *room = room_for(type, out, &ssl);
        if (room != NULL && !r->bad) {
            *room = value;
        }
    }
    return ssl;
}

static void read_addresses(struct ht_reader *r, uint8_t family, struct proxy_details *out)
{
    enum { INET = 1, INET6 = 2, UNIX = 3, UNIX_BYTES = 216 };
    struct ht_bytes client = rd_take(r, family == INET ? 4 : family == INET6 ? 16 : 0);
    struct ht_bytes server = rd_take(r, client.len);
    if (client.len == 4 && server.len == 4) {
        out->client_address = ht_address4(client.ptr);
        out->server_address = ht_address4(server.ptr);
    } else if (client.len == 16 && server.len == 16) {
        out->client_address = ht_address6(client.ptr);
        out->server_address = ht_address6(server.ptr);
    }
    if (client.len > 0) {
        out->client_port = rd_u16(r);
        out->server_port = rd_u16(r);
    } else if (family == UNIX) {
        rd_skip(r, UNIX_BYTES);
    }
}

bool proxy_v2_parse(struct ht_bytes in, struct proxy_details *out)
{
    enum { VERSION = 2, LOCAL = 0, PROXY = 1, STREAM = 1, DATAGRAM = 2, UNIX = 3 };
    struct ht_reader r   = ht_reader(in);
    *out                 = (struct proxy_details){.protocol = "proxy_v2"};
    struct ht_bytes sign = rd_take(&r, SIGNATURE_LEN);
    uint8_t version = rd_u8(&r), family = rd_u8(&r);
    struct ht_bytes rest   = rd_vec(&r, 2);
    struct ht_reader inner = ht_reader(rest);
    if (!rd_done(&r) || !ht_bytes_equal(sign, ht_bytes(signature, sizeof signature)) ||
        version >> 4 != VERSION || (version & 0xf) > PROXY) {
        return false;
    }
    out->command = (version & 0xf) == LOCAL ? "local" : "proxy";
    if ((version & 0xf) == LOCAL) {
        return true; /* its addresses are to be ignored */
    }
    out->transport = family >> 4 == UNIX          ? "unix"
                     : (family & 0xf) == STREAM   ? "tcp"
                     : (family & 0xf) == DATAGRAM ? "udp"
                                                  : NULL;
    read_addresses(&inner, family >> 4, out);
    struct ht_bytes ssl  = read_tlvs(&inner, out);
    struct ht_reader tls = ht_reader(ht_bytes_from(ssl, SSL_CLIENT_BYTES));
    (void)read_tlvs(&tls, out);
    return !inner.bad;
}

static enum ht_match begins(struct ht_bytes head, struct ht_bytes with)
{
    if (!ht_bytes_equal(ht_bytes_head(head, with.len), ht_bytes_head(with, head.len))) {
        return HT_MATCH_NO;
    }
    return head.len < with.len ? HT_MATCH_MORE : HT_MATCH_YES;
}

static struct ht_frame_size frame_v1(struct ht_bytes avail)
{
    struct ht_bytes line = ht_bytes_head(avail, MAX_V1);
    const uint8_t *end   = memchr(line.ptr, '\n', line.len);
    size_t len           = end != NULL ? (size_t)(end - line.ptr) + 1 : 0;
    if (len == 0 && avail.len >= MAX_V1) {
        len = SIZE_MAX;
    }
    return (struct ht_frame_size){.len = len, .need = len};
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct proxy_state *s = state;
    (void)side;
    if (s->through) {
        return (struct ht_frame_size){.other = true};
    }
    if (begins(avail, ht_text(v1_begin)) == HT_MATCH_YES) {
        return frame_v1(avail);
    }
    bool v2 = begins(avail, ht_bytes(signature, sizeof signature)) == HT_MATCH_YES;
    if (!v2 || avail.len < V2_HEADER) {
        return (struct ht_frame_size){0}; /* the other side waits for the header */
    }
    size_t len = V2_HEADER + (size_t)ht_be16_at(avail, V2_HEADER - 2);
    return (struct ht_frame_size){.len = len, .need = len};
}

/* A whole line: others may begin with that word. */
static enum ht_match match_v1(struct ht_bytes head)
{
    struct proxy_details unused;
    enum ht_match match = begins(head, ht_text(v1_begin));
    if (match != HT_MATCH_YES) {
        return match;
    }
    size_t len = frame_v1(head).len;
    if (len == 0) {
        return HT_MATCH_MORE;
    }
    return len != SIZE_MAX && proxy_v1_parse(ht_bytes_head(head, len), &unused) ? HT_MATCH_YES
                                                                                : HT_MATCH_NO;
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    enum ht_match v1 = match_v1(head);
    return v1 != HT_MATCH_NO ? v1 : begins(head, ht_bytes(signature, sizeof signature));
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct proxy_state *s = state;
    struct proxy_details d;
    struct ht_bytes *const texts[] = {&d.authority, &d.alpn, &d.tls_version, &d.tls_cipher,
                                      &d.client_common_name};
    bool good = proxy_v2_parse(pdu->bytes, &d) || proxy_v1_parse(pdu->bytes, &d);
    if (!good && !pdu->partial) {
        return HT_DONE;
    }
    s->through = true;
    if (!good) {
        return HT_CONTINUE; /* too long a header to be looked at */
    }
    proxy_client(s, e, pdu->side);
    d.request_frame = e->frame;
    for (size_t i = 0; i < HT_ARRAY_LEN(texts); i++) {
        *texts[i] = proxy_keep(e, *texts[i]);
    }
    s->details = d;
    (void)ht_emit(e, &proxy_header_event, pdu->side, 0, &d);
    return HT_CONTINUE;
}

static const struct ht_event_type *const events[] = {&proxy_header_event, NULL};

extern const struct ht_dissector proxy_protocol_dissector;
const struct ht_dissector proxy_protocol_dissector = {
    .name           = "proxy_protocol",
    .title          = "PROXY protocol, versions 1 and 2",
    .tcp            = true,
    .state_size     = sizeof(struct proxy_state),
    .max_need       = KEPT_V2,
    .match          = match,
    .frame          = frame,
    .pdu            = pdu,
    .details_struct = &proxy_protocol_details_struct,
    .events         = events,
};
