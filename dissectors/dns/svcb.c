/*
 * Service parameters (RFC 9460 section 14.3.2): length-prefixed values by key, in rising order.
 */
#include "dns/dns.h"
#include "dns/rdata.h"

enum {
    MANDATORY,
    ALPN,
    NO_DEFAULT_ALPN,
    PORT,
    IPV4HINT,
    ECH,
    IPV6HINT,
    DOHPATH,
    OHTTP,
    TLS_SUPPORTED_GROUPS,
    DOCPATH,
    INVALID = 65535
};

static void put_key(struct dns_text *out, uint16_t key)
{
    const struct ht_registry_entry *known = ht_registry_find(&dns_svc_params, key);
    if (known != NULL && key != INVALID) {
        dns_text_put(out, ht_text(known->name));
    } else {
        dns_text_put(out, ht_text("key"));
        dns_text_uint(out, key);
    }
}

/* The separator before each value of a list but the first. */
static void put_comma(struct dns_text *out, bool *first)
{
    if (!*first) {
        dns_text_char(out, ',');
    }
    *first = false;
}

static void put_mandatory(struct dns_text *out, struct ht_reader *r)
{
    bool first = true;
    while (rd_more(r)) {
        put_comma(out, &first);
        put_key(out, rd_u16(r));
    }
}

static void put_numbers(struct dns_text *out, struct ht_reader *r)
{
    bool first = true;
    while (rd_more(r)) {
        put_comma(out, &first);
        dns_text_uint(out, rd_u16(r));
    }
}

/* A comma or backslash within a value is escaped once for the list and once more for the
 * character-string (RFC 9460 appendix A.1). */
static void put_list(struct dns_text *out, struct ht_reader *r)
{
    bool first = true;
    dns_text_char(out, '"');
    while (rd_more(r)) {
        struct ht_bytes id = rd_vec(r, 1);
        if (id.len == 0) {
            rd_fail(r);
        }
        put_comma(out, &first);
        for (size_t i = 0; i < id.len; i++) {
            if (id.ptr[i] == ',' || id.ptr[i] == '\\') {
                dns_text_put(out, ht_text("\\\\"));
            }
            dns_text_escaped(out, ht_bytes(id.ptr + i, 1), ' ', '"');
        }
    }
    dns_text_char(out, '"');
}

static void put_hints(struct dns_text *out, struct ht_reader *r, size_t size)
{
    bool first = true;
    while (rd_more(r)) {
        struct ht_bytes raw = rd_take(r, size);
        if (raw.len == size) {
            struct ht_address address = size == 4 ? ht_address4(raw.ptr) : ht_address6(raw.ptr);
            put_comma(out, &first);
            dns_text_address(out, &address);
        }
    }
}

static void put_value(struct dns_text *out, uint16_t key, struct ht_reader *r)
{
    switch (key) {
    case MANDATORY:
        put_mandatory(out, r);
        break;
    case ALPN:
    case DOCPATH:
        put_list(out, r);
        break;
    case TLS_SUPPORTED_GROUPS:
        put_numbers(out, r);
        break;
    case PORT:
        dns_text_uint(out, rd_u16(r));
        break;
    case IPV4HINT:
        put_hints(out, r, 4);
        break;
    case IPV6HINT:
        put_hints(out, r, 16);
        break;
    case ECH:
        dns_text_base64(out, rd_rest(r));
        break;
    default:
        dns_text_quoted(out, rd_rest(r));
        break;
    }
}

/* These have a value that is not empty. */
static bool needs_value(uint16_t key)
{
    return key == MANDATORY || key == ALPN || key == PORT || key == IPV4HINT || key == ECH ||
           key == IPV6HINT || key == TLS_SUPPORTED_GROUPS;
}

/* RFC 9460 section 7.1, RFC 9540 section 3. */
static bool has_no_value(uint16_t key)
{
    return key == NO_DEFAULT_ALPN || key == OHTTP;
}

static bool put_param(struct dns_text *out, uint16_t key, struct ht_bytes value)
{
    struct ht_reader r = ht_reader(value);
    dns_text_char(out, ' ');
    put_key(out, key);
    if (value.len == 0) {
        return !needs_value(key);
    }
    dns_text_char(out, '=');
    put_value(out, key, &r);
    return rd_done(&r) && !has_no_value(key);
}

bool dns_svc_params_print(struct dns_text *out, struct ht_reader *r)
{
    int32_t last = -1;
    while (rd_more(r)) {
        uint16_t key          = rd_u16(r);
        struct ht_bytes value = rd_vec(r, 2);
        if (r->bad || key <= last || !put_param(out, key, value)) {
            rd_fail(r);
        }
        last = key;
    }
    return !r->bad;
}
