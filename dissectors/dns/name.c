#include "dns/name.h"

enum {
    MAX_NAME     = 255, /* octets, with the root's */
    MAX_POINTERS = 127, /* as many as there can be labels; no compressor needs more */
    HEADER_SIZE  = 12   /* no name begins before its end */
};

/* Follows a pointer whose first octet was read. Returns the offset that it leads to, which must lie
 * before `limit`: then the offsets fall with each pointer and there is no loop. */
static size_t read_pointer(struct ht_reader *at, uint8_t first, size_t limit)
{
    size_t offset = (size_t)(first & 0x3F) << 8 | rd_u8(at);
    if (offset < HEADER_SIZE || offset >= limit) {
        rd_fail(at);
    }
    return offset;
}

static void put_label(struct dns_text *out, struct ht_bytes label, bool first)
{
    if (!first) {
        dns_text_char(out, '.');
    }
    for (size_t i = 0; i < label.len; i++) {
        dns_text_escaped(out, label.ptr[i], '!', '.');
    }
}

bool dns_name_parse(struct ht_reader *r, struct ht_bytes message, struct dns_text *out)
{
    struct ht_reader at = *r;
    size_t limit        = rd_more(r) ? (size_t)(r->cur - message.ptr) : 0;
    size_t octets       = 1;
    unsigned pointers   = 0;
    for (uint8_t len = rd_u8(&at); len != 0 && !at.bad; len = rd_u8(&at)) {
        if (len >= 0xC0) {
            limit = read_pointer(&at, len, limit);
            if (at.bad || ++pointers > MAX_POINTERS) {
                rd_fail(&at);
                break;
            }
            if (pointers == 1) {
                *r = at;
            }
            at = ht_reader(ht_bytes_from(message, limit));
            continue;
        }
        struct ht_bytes label = rd_take(&at, len);
        if (len > 63 || octets + 1 + len > MAX_NAME) {
            rd_fail(&at);
            break;
        }
        put_label(out, label, octets == 1);
        octets += 1U + len;
    }
    if (at.bad) {
        rd_fail(r);
        return false;
    }
    if (pointers == 0) {
        *r = at;
    }
    if (octets == 1) {
        dns_text_char(out, '.');
    }
    return true;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

bool dns_names_equal(struct ht_bytes a, struct ht_bytes b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}
