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

/* Labels that lie side by side. */
struct labels {
    struct ht_bytes octets; /* each with its length before it */
    size_t num;
    uint8_t lengths; /* the bits that any length has */
    uint8_t end;     /* the octet behind them: 0, the root, or the first one of a pointer */
};

/* Steps over labels and what ends them. `octets`: of the name, the root's among them, which these
 * are added to. */
static inline struct labels take_labels(struct ht_reader *at, uint16_t *octets)
{
    const uint8_t *from = at->cur;
    size_t left = rd_left(at), most = left < MAX_NAME ? left : MAX_NAME, len = 0;
    struct labels out = {0};
    while (len < most && from[len] - 1U < MAX_LABEL) { /* a label's length is not zero */
        out.lengths |= from[len];
        len += 1U + from[len];
        out.num++;
    }
    *octets = (uint16_t)(*octets + len);
    if (len >= left || *octets > MAX_NAME || (from[len] > MAX_LABEL && from[len] < 0xC0)) {
        rd_fail(at);
        return (struct labels){0};
    }
    out.octets = ht_bytes(from, len);
    out.end    = from[len];
    at->cur += len + 1;
    return out;
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
static __attribute__((noinline)) void put_escaped(struct dns_text *out, struct ht_bytes labels,
                                                  bool first)
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
 * dot. A length below ' ' is no character that is written as it is: where there are no others but
 * these, they become dots and the rest is the text. Returns how many octets that is so of: all of
 * them or, where something had to be escaped, none. */
static uint16_t put_labels(struct dns_text *out, struct ht_bytes message,
                           const struct labels *labels, bool first)
{
    struct ht_bytes octets = ht_bytes_from(labels->octets, first);
    uint8_t *text          = octets.len > 0 ? dns_text_room(out, octets.len + DNS_CHUNK) : NULL;
    const uint8_t *end     = message.ptr + message.len;
    dns_chunk count        = {first};
    if (text == NULL) {
        return 0;
    }
    for (size_t i = 0; i < octets.len; i += DNS_CHUNK) {
        const uint8_t *at = octets.ptr + i;
        dns_chunk chunk   = dns_load(at, (size_t)(end - at));
        dns_chunk found   = dns_not_plain(chunk, octets.len - i, '!', '.');
        count -= found;
        chunk = (chunk & ~found) | ('.' & found);
        memcpy(text + i, &chunk, DNS_CHUNK);
    }
    size_t before = out->len;
    if (dns_sum(count) == labels->num && labels->lengths < ' ') {
        out->len += octets.len;
    } else {
        put_escaped(out, labels->octets, first);
    }
    return (uint16_t)(out->len - before == octets.len ? labels->octets.len : 0);
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

/* Goes on where a pointer, of which `first` was read, leads, until the root. */
static void follow(struct ht_reader *at, uint8_t first, const struct dns_names *names,
                   struct dns_text *out, struct dns_name *name)
{
    size_t limit = name->at;
    while (first != 0 && name->pointers <= MAX_POINTERS) {
        limit = read_pointer(at, first, limit);
        name->pointers++;
        if (at->bad || put_kept(names, limit, out, name)) {
            return;
        }
        bool begins          = name->octets == 1;
        *at                  = ht_reader(ht_bytes_from(names->message, limit));
        struct labels labels = take_labels(at, &name->octets);
        (void)put_labels(out, names->message, &labels, begins);
        first = labels.end;
    }
}

/* Writes a name. What it fills in `name` is without the text. */
static bool parse(struct ht_reader *r, const struct dns_names *names, struct dns_text *out,
                  struct dns_name *name)
{
    struct ht_reader at  = *r;
    size_t offset        = rd_more(r) ? (size_t)(r->cur - names->message.ptr) : 0;
    uint16_t octets      = 1;
    struct labels labels = take_labels(&at, &octets);
    uint16_t plain       = put_labels(out, names->message, &labels, true);
    *r                   = at;
    *name                = (struct dns_name){.at = offset, .plain = plain, .octets = octets};
    if (labels.end != 0) {
        rd_skip(r, 1);
        follow(&at, labels.end, names, out, name);
    }
    if (at.bad || name->pointers > MAX_POINTERS || name->octets > MAX_NAME) {
        rd_fail(r);
        return false;
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
    if (take_labels(r, &octets).end != 0) {
        rd_fail(r);
    }
}
