#include "analysis/service/records.h"

#include "crypto/digest.h"

/* RFC 9460 section 14.3.2 */
enum { MANDATORY, ALPN, NO_DEFAULT_ALPN, PORT, IPV4HINT, ECH, IPV6HINT };

bool ht_service_lists(const uint8_t *list, size_t len, struct ht_bytes id)
{
    struct ht_reader r = ht_reader(ht_bytes(list, len));
    while (rd_more(&r)) {
        if (ht_bytes_equal(rd_vec(&r, 1), id)) {
            return true;
        }
    }
    return false;
}

/* Adds to a list of such; false where it does not fit. */
static bool add(uint8_t *list, uint16_t *len, size_t max, struct ht_bytes id)
{
    if (id.len == 0 || id.len > UINT8_MAX || ht_service_lists(list, *len, id)) {
        return true;
    }
    if (1 + id.len > max - *len) {
        return false;
    }
    list[(*len)++] = (uint8_t)id.len;
    memcpy(list + *len, id.ptr, id.len);
    *len = (uint16_t)(*len + id.len);
    return true;
}

/* What one HTTPS record says. */
struct https_record {
    bool alpn, no_default, port, ech;
};

static bool read_alpn(struct ht_bytes value, struct ht_https_records *out)
{
    struct ht_reader r = ht_reader(value);
    bool good          = true;
    while (rd_more(&r) && good) {
        good = add(out->alpn, &out->alpn_len, sizeof out->alpn, rd_vec(&r, 1));
    }
    return good && !r.bad;
}

static bool read_mandatory(struct ht_bytes value)
{
    struct ht_reader r = ht_reader(value);
    bool known         = true;
    while (rd_more(&r)) {
        known &= rd_u16(&r) <= IPV6HINT;
    }
    return known && !r.bad;
}

static bool read_port(struct ht_bytes value, struct ht_https_records *out)
{
    if (value.len != 2 || out->num_ports == HT_SERVICE_PORTS) {
        return false;
    }
    out->ports[out->num_ports++] = ht_be16_at(value, 0);
    return true;
}

static bool read_parameter(uint16_t key, struct ht_bytes value, struct https_record *record,
                           struct ht_https_records *out)
{
    switch (key) {
    case MANDATORY:
        return read_mandatory(value);
    case ALPN:
        record->alpn = true;
        return read_alpn(value, out);
    case NO_DEFAULT_ALPN:
        record->no_default = true;
        return true;
    case PORT:
        record->port = true;
        return read_port(value, out);
    case ECH:
        record->ech = value.len > 0;
        return true;
    default:
        return true;
    }
}

/* The name of the target, which is never compressed (RFC 9460 section 2.2). */
static void skip_name(struct ht_reader *r)
{
    uint8_t len = rd_u8(r);
    while (len != 0 && !r->bad) {
        rd_skip(r, len);
        len = rd_u8(r);
    }
}

static bool read_https_record(struct ht_bytes rdata, struct ht_https_records *out)
{
    struct https_record record = {0};
    struct ht_reader r         = ht_reader(rdata);
    bool good                  = rd_u16(&r) != 0; /* 0: AliasMode */
    skip_name(&r);
    while (rd_more(&r) && good) {
        uint16_t key          = rd_u16(&r);
        struct ht_bytes value = rd_vec(&r, 2);
        good                  = !r.bad && read_parameter(key, value, &record, out);
    }
    out->all_alpn &= record.alpn;
    out->all_ports &= record.port;
    out->all_ech &= record.ech;
    out->default_alpn |= !record.no_default;
    return good && !r.bad;
}

bool service_read_https(const struct ht_objects *answers, struct ht_https_records *out)
{
    const struct dns_answer *records = answers->items;
    size_t num                       = 0;
    memset(out, 0, sizeof *out);
    out->all_alpn = out->all_ports = out->all_ech = true;
    for (size_t i = 0; i < answers->len; i++) {
        if (records[i].type_id != TYPE_HTTPS) {
            continue;
        }
        if (!read_https_record(records[i].rdata, out)) {
            return false;
        }
        num++;
    }
    return num > 0;
}

/* RFC 6698 section 2.1 */
static bool read_tlsa_record(struct ht_bytes rdata, struct ht_tlsa_record *out)
{
    struct ht_reader r   = ht_reader(rdata);
    out->usage           = rd_u8(&r);
    out->selector        = rd_u8(&r);
    out->matching        = rd_u8(&r);
    struct ht_bytes data = rd_rest(&r);
    if (r.bad || data.len == 0) {
        return false;
    }
    if (out->matching == 0) {
        out->digest_len = (uint8_t)ht_digest(NULL, HT_SHA256, out->digest, data);
        return true;
    }
    out->digest_len = (uint8_t)(data.len < sizeof out->digest ? data.len : sizeof out->digest);
    memcpy(out->digest, data.ptr, out->digest_len);
    return data.len <= sizeof out->digest;
}

bool service_read_tlsa(const struct ht_objects *answers, struct ht_tlsa_records *out)
{
    const struct dns_answer *records = answers->items;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < answers->len; i++) {
        if (records[i].type_id != TYPE_TLSA) {
            continue;
        }
        if (out->num == HT_SERVICE_TLSA ||
            !read_tlsa_record(records[i].rdata, &out->items[out->num])) {
            return false;
        }
        out->num++;
    }
    return out->num > 0;
}

/* The issuer's domain is before the parameters (RFC 8659 section 4.2). */
static bool add_issuer(struct ht_bytes value, struct ht_caa_records *out)
{
    uint8_t domain[UINT8_MAX];
    size_t len = 0;
    for (size_t i = 0; i < value.len && value.ptr[i] != ';'; i++) {
        uint8_t c = value.ptr[i];
        if (c == ' ' || c == '\t') {
            continue;
        }
        if (len == sizeof domain) {
            return false;
        }
        domain[len++] = ht_lower(c);
    }
    return add(out->domains, &out->len, sizeof out->domains, ht_bytes(domain, len));
}

/* "issuewild" is about other certificates than most; where both are there, either's issuers are
 * taken for good. */
bool service_read_caa(const struct ht_objects *answers, struct ht_caa_records *out)
{
    const struct dns_answer *records = answers->items;
    bool good                        = true;
    size_t num                       = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < answers->len && good; i++) {
        if (records[i].type_id != TYPE_CAA) {
            continue;
        }
        struct ht_reader r = ht_reader(records[i].rdata);
        rd_skip(&r, 1); /* the flags */
        struct ht_bytes tag = rd_vec(&r, 1);
        bool issue          = ht_bytes_alike(tag, ht_text("issue"));
        out->issue |= issue;
        if (issue || ht_bytes_alike(tag, ht_text("issuewild"))) {
            good = add_issuer(rd_rest(&r), out);
        }
        good &= !r.bad;
        num++;
    }
    return good && num > 0;
}
