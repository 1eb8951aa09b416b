#include "dns/name.h"

#include "dns/plain.h"

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
    struct ht_bytes rest = ht_bytes(at->cur, rd_left(at));
    size_t len           = 0;
    while (len < rest.len && len < MAX_NAME && rest.ptr[len] != 0 && rest.ptr[len] <= MAX_LABEL) {
        len += 1U + rest.ptr[len];
    }
    struct ht_bytes labels = rd_take(at, len);
    uint8_t end            = rd_u8(at);
    *octets += len;
    if (*octets > MAX_NAME || (end > MAX_LABEL && end < 0xC0)) {
        rd_fail(at);
    }
    *out_end = at->bad ? 0 : end;
    return at->bad ? ht_bytes("", 0) : labels;
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

/* Labels lie on the wire as they are written, but that each has its length where the text has a
 * dot. What must be escaped is looked for in what came, not in what was just written: that would
 * wait until it is in memory. Returns how many octets were written as they are. */
static size_t put_labels(struct dns_text *out, struct ht_bytes labels, bool first)
{
    uint8_t *text = labels.len > 0 ? dns_text_room(out, labels.len) : NULL;
    bool plain    = true;
    if (text == NULL) {
        return 0;
    }
    memcpy(text, labels.ptr + first, labels.len - first);
    for (size_t i = 0; i < labels.len; i += 1U + labels.ptr[i]) {
        plain &= dns_is_plain(ht_bytes(labels.ptr + i + 1, labels.ptr[i]), '!', '.');
        if (i >= first) {
            text[i - first] = '.';
        }
    }
    if (!plain) {
        put_escaped(out, labels, first);
        return 0;
    }
    out->len += labels.len - first;
    return labels.len;
}

/* What is known of a name when it was read. */
struct reading {
    unsigned pointers;
    size_t plain; /* octets of its first labels that were written as they are */
};

static bool parse(struct ht_reader *r, struct ht_bytes message, struct dns_text *out,
                  struct reading *reading)
{
    struct ht_reader at = *r;
    size_t limit        = rd_more(r) ? (size_t)(r->cur - message.ptr) : 0;
    size_t octets       = 1;
    uint8_t end         = 0;
    *reading            = (struct reading){0};
    do {
        bool first             = octets == 1;
        struct ht_bytes labels = take_labels(&at, &octets, &end);
        size_t plain           = put_labels(out, labels, first);
        reading->plain         = reading->pointers == 0 ? plain : reading->plain;
        if (end != 0) {
            limit = read_pointer(&at, end, limit);
            if (++reading->pointers > MAX_POINTERS) {
                rd_fail(&at);
            }
            if (reading->pointers == 1) {
                *r = at;
            }
            at = at.bad ? at : ht_reader(ht_bytes_from(message, limit));
        }
    } while (end != 0 && !at.bad);
    if (at.bad) {
        rd_fail(r);
        return false;
    }
    if (reading->pointers == 0) {
        *r = at;
    }
    if (octets == 1) {
        dns_text_char(out, '.');
    }
    return true;
}

bool dns_name_parse(struct ht_reader *r, struct ht_bytes message, struct dns_text *out)
{
    struct reading reading;
    return parse(r, message, out, &reading);
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

/* Where the name at `r` is nothing but a pointer to one that is kept, or to a later label of it,
 * steps over it and returns its text; else empty. */
static struct ht_bytes find_kept(struct ht_reader *r, const struct dns_names *names)
{
    struct ht_reader ahead = *r;
    size_t at              = rd_u16(&ahead) ^ 0xC000U;
    for (unsigned i = 0; i < DNS_NAMES_KEPT && i < names->num; i++) {
        struct ht_bytes text = names->kept[i].text;
        size_t skipped       = at - names->kept[i].at; /* more than any name has, where before it */
        bool later = skipped > 0 && skipped < names->kept[i].octets && text.ptr[skipped - 1] == '.';
        if (skipped == 0 || later) {
            *r = ahead;
            return ht_bytes_from(text, skipped);
        }
    }
    return ht_bytes("", 0);
}

struct ht_bytes dns_name_read(struct ht_reader *r, struct ht_bytes message, struct dns_names *names,
                              struct dns_text *out)
{
    struct ht_bytes text = ht_bytes("", 0);
    if (rd_more(r) && *r->cur >= 0xC0) {
        text = find_kept(r, names);
    }
    if (text.len > 0) {
        return text;
    }
    struct reading reading;
    size_t at = rd_more(r) ? (size_t)(r->cur - message.ptr) : 0;
    if (!parse(r, message, out, &reading)) {
        dns_text_drop(out);
        return text;
    }
    text = dns_text_done(out);
    if (text.len > 0 && at >= HEADER_SIZE && at <= MAX_OFFSET && reading.pointers < MAX_POINTERS) {
        unsigned slot            = names->num++ % DNS_NAMES_KEPT;
        names->kept[slot].at     = at;
        names->kept[slot].text   = text;
        names->kept[slot].octets = reading.plain;
    }
    return text;
}
