#include "dns/edns.h"

#include "dns/name.h"

enum {
    NSID           = 3,
    CLIENT_SUBNET  = 8,
    EXPIRE         = 9,
    COOKIE         = 10,
    TCP_KEEPALIVE  = 11,
    PADDING        = 12,
    EXTENDED_ERROR = 15,
    REPORT_CHANNEL = 18,
    CLIENT_COOKIE  = 8, /* octets (RFC 7873 section 4) */
    MIN_COOKIE     = 8,
    MAX_COOKIE     = 32,
    MAX_ERRORS     = 8,  /* told of one message */
    KEEPALIVE_UNIT = 100 /* milliseconds */
};

struct parser {
    struct ht_arena *arena;
    struct dns_text *text;
    struct dns_edns *out;
    struct dns_error *errors;
};

/* The option list's views lie in the message, which ends sooner than what is told of it. */
static struct ht_bytes keep(struct dns_text *text, struct ht_bytes bytes)
{
    dns_text_put(text, bytes);
    return dns_text_done(text);
}

/* RFC 7871 section 6: as many octets as the prefix needs. */
static const struct dns_client_subnet *read_subnet(struct ht_reader *r, struct ht_arena *arena)
{
    enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };
    uint8_t bytes[16]      = {0};
    uint16_t family        = rd_u16(r);
    uint8_t source         = rd_u8(r);
    uint8_t scope          = rd_u8(r);
    struct ht_bytes prefix = rd_rest(r);
    unsigned bits          = family == FAMILY_IPV4 ? 32 : 128;
    bool known             = family == FAMILY_IPV4 || family == FAMILY_IPV6;
    if (!known || source > bits || scope > bits || prefix.len > bits / 8) {
        rd_fail(r);
        return NULL;
    }
    if (prefix.len != (source + 7U) / 8) {
        rd_fail(r); /* what it says can be read all the same */
    }
    struct dns_client_subnet *out = ht_arena_alloc(arena, sizeof *out);
    if (out != NULL) {
        if (prefix.len > 0) {
            memcpy(bytes, prefix.ptr, prefix.len);
        }
        *out = (struct dns_client_subnet){.address =
                                              bits == 32 ? ht_address4(bytes) : ht_address6(bytes),
                                          .source_prefix = source,
                                          .scope_prefix  = scope};
    }
    return out;
}

/* RFC 7873 section 4: the client's 8 octets, then none or 8 to 32 of the server's. */
static void read_cookie(struct ht_reader *r, struct dns_text *text, struct dns_edns *out)
{
    struct ht_bytes client = rd_take(r, CLIENT_COOKIE), server = rd_rest(r);
    if (server.len != 0 && (server.len < MIN_COOKIE || server.len > MAX_COOKIE)) {
        rd_fail(r);
    }
    if (!r->bad) {
        out->client_cookie = keep(text, client);
        out->server_cookie = keep(text, server);
    }
}

/* RFC 8914 section 2. */
static void read_error(struct parser *p, struct ht_reader *r)
{
    uint16_t code        = rd_u16(r);
    struct ht_bytes text = rd_rest(r);
    if (p->errors == NULL) {
        p->errors            = ht_arena_alloc(p->arena, MAX_ERRORS * sizeof *p->errors);
        p->out->errors.items = p->errors;
    }
    if (!r->bad && p->errors != NULL && p->out->errors.len < MAX_ERRORS) {
        p->errors[p->out->errors.len++] =
            (struct dns_error){.code = ht_named(code), .text = keep(p->text, text)};
    }
}

/* A name that is not compressed (RFC 9567 section 5). */
static struct ht_bytes read_domain(struct ht_reader *r, struct dns_text *text)
{
    const struct dns_names option = {.message = ht_bytes(r->cur, rd_left(r))};
    (void)dns_name_parse(r, &option, text);
    if (!rd_done(r)) {
        dns_text_drop(text);
        rd_fail(r);
    }
    return dns_text_done(text);
}

/* RFC 7828 section 3.1 and RFC 7314 section 2: a client says nothing, a server a time. One more
 * than `unit` times what is there, so that zero is nothing. */
static uint64_t read_time(struct ht_reader *r, unsigned width, uint64_t unit)
{
    uint64_t time = rd_more(r) ? 1 + unit * rd_uint(r, width) : 0;
    return r->bad ? 0 : time;
}

/* What a person asks of it. Others are named only. */
static bool read_option(struct parser *p, uint16_t code, struct ht_bytes value)
{
    struct ht_reader r   = ht_reader(value);
    struct dns_edns *out = p->out;
    switch (code) {
    case NSID:
        out->nsid = keep(p->text, rd_rest(&r));
        break;
    case CLIENT_SUBNET:
        out->client_subnet = read_subnet(&r, p->arena);
        break;
    case EXPIRE:
        out->expire_s = read_time(&r, 4, 1);
        break;
    case COOKIE:
        read_cookie(&r, p->text, out);
        break;
    case TCP_KEEPALIVE:
        out->tcp_keepalive_ms = read_time(&r, 2, KEEPALIVE_UNIT);
        break;
    case PADDING:
        out->padding = 1 + rd_rest(&r).len;
        break;
    case EXTENDED_ERROR:
        read_error(p, &r);
        break;
    case REPORT_CHANNEL:
        out->report_channel = read_domain(&r, p->text);
        break;
    default:
        return true;
    }
    return rd_done(&r);
}

bool dns_edns_parse(const struct dns_opt *opt, struct ht_arena *arena, struct dns_text *text,
                    struct dns_edns *out)
{
    struct parser p    = {.arena = arena, .text = text, .out = out};
    struct ht_reader r = ht_reader(opt->rdata);
    uint8_t *codes     = NULL;
    size_t num         = 0;
    bool good          = true;
    *out               = (struct dns_edns){.udp_size  = opt->class,
                                           .version   = opt->ttl >> 16 & 0xFF,
                                           .dnssec_ok = (opt->ttl & 0x8000) != 0};
    if (opt->rdata.len > 0) {
        codes = ht_arena_alloc(arena, opt->rdata.len / 2 + 2);
    }
    while (rd_more(&r) && codes != NULL) {
        struct ht_bytes code  = rd_take(&r, 2);
        struct ht_bytes value = rd_vec(&r, 2);
        if (!r.bad) {
            struct ht_reader number = ht_reader(code);
            memcpy(codes + 2 * num++, code.ptr, 2);
            good &= read_option(&p, rd_u16(&number), value);
        }
    }
    out->options = ht_bytes(codes, 2 * num);
    return good && !r.bad;
}
