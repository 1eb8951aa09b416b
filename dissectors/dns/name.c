#include "dns/name.h"

enum {
    MAX_NAME     = 255, /* octets, with the root's */
    MAX_LABEL    = 63,
    MAX_POINTERS = 127,   /* as many as there can be labels; no compressor needs more */
    HEADER_SIZE  = 12,    /* no name begins before its end */
    MAX_OFFSET   = 0x3FFF /* that a pointer can name */
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

/* Steps over labels to what is none: the root or a pointer, whose first octet it puts in
 * `out_end`. */
static struct ht_bytes take_labels(struct ht_reader *at, size_t *octets, uint8_t *out_end)
{
    const uint8_t *start = at->cur;
    uint8_t len          = rd_u8(at);
    while (len != 0 && len < 0xC0 && !at->bad) {
        *octets += 1U + len;
        if (len > MAX_LABEL || *octets > MAX_NAME) {
            rd_fail(at);
        }
        rd_skip(at, len);
        len = rd_u8(at);
    }
    *out_end = len;
    return at->bad ? ht_bytes(start, 0) : ht_bytes(start, (size_t)(at->cur - start) - 1);
}

/* As it is but for dots and backslashes: "Bob’s printer" (RFC 6763 section 4.3). */
static void put_utf8(struct dns_text *out, struct ht_bytes label)
{
    for (size_t i = 0; i < label.len; i++) {
        if (label.ptr[i] == '.' || label.ptr[i] == '\\') {
            dns_text_char(out, '\\');
        }
        dns_text_char(out, (char)label.ptr[i]);
    }
}

/* Writes labels that hold what must be escaped. */
static void put_escaped(struct dns_text *out, struct ht_bytes labels, bool first)
{
    for (size_t i = 0; i < labels.len; i += 1U + labels.ptr[i]) {
        dns_text_put(out, ht_bytes(".", i == 0 && first ? 0 : 1));
        struct ht_bytes label = ht_bytes(labels.ptr + i + 1, labels.ptr[i]);
        if (out->utf8 && dns_text_is_utf8(label)) {
            put_utf8(out, label);
        } else {
            dns_text_escaped(out, label, '!', '.');
        }
    }
}

/* Nothing in the labels must be escaped. Asked of what came, not of what was just written: that
 * would wait until it is in memory. */
static bool are_plain(struct ht_bytes labels)
{
    bool plain = true;
    for (size_t i = 0; i < labels.len; i += 1U + labels.ptr[i]) {
        plain &= dns_text_is_plain(ht_bytes(labels.ptr + i + 1, labels.ptr[i]), '!', '.');
    }
    return plain;
}

/* Labels lie on the wire as they are written, but that each has its length where the text has a
 * dot. */
static void put_labels(struct dns_text *out, struct ht_bytes labels, bool first)
{
    uint8_t *text = labels.len > 0 ? dns_text_room(out, labels.len) : NULL;
    if (text == NULL) {
        return;
    }
    if (!are_plain(labels)) {
        put_escaped(out, labels, first);
        return;
    }
    memcpy(text, labels.ptr + first, labels.len - first);
    for (size_t i = first ? 1U + labels.ptr[0] : 0; i < labels.len; i += 1U + labels.ptr[i]) {
        text[i - first] = '.';
    }
    out->len += labels.len - first;
}

static bool parse(struct ht_reader *r, struct ht_bytes message, struct dns_text *out,
                  unsigned *pointers)
{
    struct ht_reader at = *r;
    size_t limit        = rd_more(r) ? (size_t)(r->cur - message.ptr) : 0;
    size_t octets       = 1;
    uint8_t end         = 0;
    *pointers           = 0;
    do {
        bool first             = octets == 1;
        struct ht_bytes labels = take_labels(&at, &octets, &end);
        put_labels(out, labels, first);
        if (end != 0) {
            limit = read_pointer(&at, end, limit);
            if (++*pointers > MAX_POINTERS) {
                rd_fail(&at);
            }
            if (*pointers == 1) {
                *r = at;
            }
            at = at.bad ? at : ht_reader(ht_bytes_from(message, limit));
        }
    } while (end != 0 && !at.bad);
    if (at.bad) {
        rd_fail(r);
        return false;
    }
    if (*pointers == 0) {
        *r = at;
    }
    if (octets == 1) {
        dns_text_char(out, '.');
    }
    return true;
}

bool dns_name_parse(struct ht_reader *r, struct ht_bytes message, struct dns_text *out)
{
    unsigned pointers = 0;
    return parse(r, message, out, &pointers);
}

void dns_name_skip(struct ht_reader *r)
{
    size_t octets = 1;
    uint8_t end   = 0;
    (void)take_labels(r, &octets, &end);
    if (end != 0) {
        rd_fail(r);
    }
}

/* Where the name at `r` is nothing but a pointer to one that is kept, steps over it. */
static const struct ht_bytes *find_kept(struct ht_reader *r, const struct dns_names *names)
{
    struct ht_reader ahead = *r;
    size_t at              = rd_u16(&ahead) ^ 0xC000U;
    for (unsigned i = 0; i < DNS_NAMES_KEPT && i < names->num; i++) {
        if (names->kept[i].at == at) {
            *r = ahead;
            return &names->kept[i].text;
        }
    }
    return NULL;
}

struct ht_bytes dns_name_read(struct ht_reader *r, struct ht_bytes message, struct dns_names *names,
                              struct dns_text *out)
{
    bool points                 = rd_more(r) && *r->cur >= 0xC0;
    const struct ht_bytes *kept = points ? find_kept(r, names) : NULL;
    if (kept != NULL) {
        return *kept;
    }
    unsigned pointers = 0;
    size_t at         = rd_more(r) ? (size_t)(r->cur - message.ptr) : 0;
    if (!parse(r, message, out, &pointers)) {
        dns_text_drop(out);
        return ht_bytes("", 0);
    }
    struct ht_bytes text = dns_text_done(out);
    if (text.len > 0 && at >= HEADER_SIZE && at <= MAX_OFFSET && pointers < MAX_POINTERS) {
        unsigned slot          = names->num++ % DNS_NAMES_KEPT;
        names->kept[slot].at   = at;
        names->kept[slot].text = text;
    }
    return text;
}
