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
static struct ht_bytes take_labels(struct ht_reader *at, uint16_t *octets, uint8_t *out_end)
{
    struct ht_bytes rest = ht_bytes_head(ht_bytes(at->cur, rd_left(at)), MAX_NAME);
    size_t len           = 0;
    while (len < rest.len && rest.ptr[len] - 1U < MAX_LABEL) { /* a label's length is not zero */
        len += 1U + rest.ptr[len];
    }
    struct ht_bytes labels = rd_take(at, len);
    uint8_t end            = rd_u8(at);
    *octets                = (uint16_t)(*octets + len);
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
static uint16_t put_labels(struct dns_text *out, struct ht_bytes labels, bool first)
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
    return (uint16_t)labels.len;
}

/* The name that begins at `offset`, or has a label that does; `*out_skipped` is how many octets of
 * it lie before. NULL: none that is kept. */
static const struct dns_name *find_kept(const struct dns_names *names, size_t offset,
                                        size_t *out_skipped)
{
    for (unsigned i = 0; i < DNS_NAMES_KEPT && i < names->num; i++) {
        const struct dns_name *name = &names->kept[i];
        size_t skipped              = offset - name->at; /* huge, where it begins later */
        *out_skipped                = skipped;
        if (skipped == 0 || (skipped < name->plain && name->text.ptr[skipped - 1] == '.')) {
            return name;
        }
    }
    return NULL;
}

/* The name goes on as one that is kept does: false where there is none. */
static bool put_kept(const struct dns_names *names, size_t offset, struct dns_text *out,
                     struct dns_name *name)
{
    size_t skipped              = 0;
    const struct dns_name *kept = find_kept(names, offset, &skipped);
    if (kept == NULL) {
        return false;
    }
    if (name->octets > 1) {
        dns_text_char(out, '.');
    }
    dns_text_put(out, ht_bytes_from(kept->text, skipped));
    name->octets   = (uint16_t)(name->octets + kept->octets - skipped - 1);
    name->pointers = (uint16_t)(name->pointers + kept->pointers);
    return true;
}

/* Writes a name. What it fills in `name` is without the text. */
static bool parse(struct ht_reader *r, const struct dns_names *names, struct dns_text *out,
                  struct dns_name *name)
{
    struct ht_reader at = *r;
    size_t limit        = rd_more(r) ? (size_t)(r->cur - names->message.ptr) : 0;
    uint8_t end         = 0;
    *name               = (struct dns_name){.at = limit, .octets = 1};
    do {
        bool first             = name->octets == 1;
        struct ht_bytes labels = take_labels(&at, &name->octets, &end);
        uint16_t plain         = put_labels(out, labels, first);
        if (name->pointers == 0) {
            name->plain = plain;
        }
        if (end != 0) {
            limit = read_pointer(&at, end, limit);
            *r    = name->pointers++ == 0 ? at : *r;
            if (!at.bad && put_kept(names, limit, out, name)) {
                end = 0;
            } else if (!at.bad) {
                at = ht_reader(ht_bytes_from(names->message, limit));
            }
        }
    } while (end != 0 && !at.bad && name->pointers <= MAX_POINTERS);
    if (at.bad || name->pointers > MAX_POINTERS || name->octets > MAX_NAME) {
        rd_fail(r);
        return false;
    }
    if (name->pointers == 0) {
        *r = at;
    }
    if (name->octets == 1) {
        dns_text_char(out, '.');
    }
    return true;
}

bool dns_name_parse(struct ht_reader *r, const struct dns_names *names, struct dns_text *out)
{
    struct dns_name name;
    return parse(r, names, out, &name);
}

/* Where the name at `r` is nothing but a pointer to one that is kept, steps over it and returns its
 * text; else empty. */
static struct ht_bytes reuse(struct ht_reader *r, const struct dns_names *names)
{
    struct ht_reader ahead      = *r;
    size_t skipped              = 0;
    const struct dns_name *kept = find_kept(names, rd_u16(&ahead) ^ 0xC000U, &skipped);
    if (kept == NULL) {
        return ht_bytes("", 0);
    }
    *r = ahead;
    return ht_bytes_from(kept->text, skipped);
}

struct ht_bytes dns_name_read(struct ht_reader *r, struct dns_names *names, struct dns_text *out)
{
    struct dns_name name;
    bool points          = rd_more(r) && *r->cur >= 0xC0;
    struct ht_bytes text = points ? reuse(r, names) : ht_bytes("", 0);
    if (text.len > 0) {
        return text;
    }
    if (!parse(r, names, out, &name)) {
        dns_text_drop(out);
        return text;
    }
    name.text = dns_text_done(out);
    if (name.text.len > 0 && name.octets > 1 && name.at >= HEADER_SIZE && name.at <= MAX_OFFSET &&
        name.pointers < MAX_POINTERS) {
        names->kept[names->num++ % DNS_NAMES_KEPT] = name;
    }
    return name.text;
}

void dns_name_skip(struct ht_reader *r)
{
    uint16_t octets = 1;
    uint8_t end     = 0;
    (void)take_labels(r, &octets, &end);
    if (end != 0) {
        rd_fail(r);
    }
}
