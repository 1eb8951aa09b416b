#include "http/lines.h"

enum { CHUNK_LINE = 64, MAX_TRAILER = 4096, EMPTY_LINE_BLOCK = 64 };

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

bool http_next_line(struct ht_bytes *rest, struct ht_bytes *out)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
    if (end == NULL) {
        return false;
    }
    size_t len = (size_t)(end - rest->ptr);
    *out       = ht_bytes_head(*rest, len > 0 && end[-1] == '\r' ? len - 1 : len);
    *rest      = ht_bytes_from(*rest, len + 1);
    return true;
}

struct ht_bytes http_word(struct ht_bytes *rest)
{
    size_t from = 0;
    while (from < rest->len && is_blank(rest->ptr[from])) {
        from++;
    }
    size_t to = from;
    while (to < rest->len && !is_blank(rest->ptr[to])) {
        to++;
    }
    struct ht_bytes out = ht_bytes_from(ht_bytes_head(*rest, to), from);
    *rest               = ht_bytes_from(*rest, to);
    return out;
}

bool http_field(struct ht_bytes line, const char *lower, struct ht_bytes *out)
{
    if (!ht_begins_alike(line, lower)) {
        return false;
    }
    struct ht_bytes value = ht_bytes_from(line, strlen(lower));
    while (value.len > 0 && is_blank(value.ptr[0])) {
        value = ht_bytes_from(value, 1);
    }
    while (value.len > 0 && is_blank(value.ptr[value.len - 1])) {
        value.len--;
    }
    *out = value;
    return true;
}

bool http_number(struct ht_bytes digits, uint64_t *out)
{
    enum { MAX_DIGITS = 18 };
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9' || i == MAX_DIGITS) {
            return false;
        }
        *out = *out * 10 + digits.ptr[i] - '0';
    }
    return digits.len > 0;
}

struct ht_bytes http_scheme(struct ht_bytes value)
{
    enum { LONGEST = 20 };
    struct ht_bytes scheme = http_word(&value);
    for (size_t i = 0; i < scheme.len; i++) {
        uint8_t c   = ht_lower(scheme.ptr[i]);
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && c != '-' && (c < '0' || c > '9' || i == 0)) {
            return ht_bytes(NULL, 0);
        }
    }
    return scheme.len <= LONGEST && value.len > 0 ? scheme : ht_bytes(NULL, 0);
}

/* Of several codings it is the last (RFC 9112 section 6.1). */
static bool ends_chunked(struct ht_bytes codings)
{
    size_t len = strlen("chunked");
    return codings.len >= len &&
           ht_begins_alike(ht_bytes_from(codings, codings.len - len), "chunked");
}

void http_body_field(struct ht_bytes line, struct http_body *out)
{
    struct ht_bytes value;
    if (http_field(line, "content-length:", &value)) {
        out->has_length = http_number(value, &out->length);
    } else if (http_field(line, "transfer-encoding:", &value)) {
        out->chunked |= ends_chunked(value);
    }
    out->length = out->chunked ? 0 : out->length;
}

/* How long the line break is that `avail` begins with; 0: with none that is whole. */
static size_t line_break(struct ht_bytes avail)
{
    size_t len = avail.len > 0 && avail.ptr[0] == '\r' ? 2 : 1;
    return avail.len >= len && avail.ptr[len - 1] == '\n' ? len : 0;
}

/* Does an empty line follow one that ends in these EMPTY_LINE_BLOCK bytes, of which there are two
 * more? Without a branch: a head may have a line for every other byte, and comes byte by byte. */
static bool has_empty_line(const uint8_t *at)
{
    unsigned found = 0;
    for (size_t i = 0; i < EMPTY_LINE_BLOCK; i++) {
        unsigned lone = at[i + 1] == '\n', after_cr = (at[i + 1] == '\r') & (at[i + 2] == '\n');
        found |= (at[i] == '\n') & (lone | after_cr);
    }
    return found != 0;
}

size_t http_head_length(struct ht_bytes avail, size_t max)
{
    struct ht_bytes rest = ht_bytes_head(avail, max);
    size_t at = 0, empty = line_break(rest);
    while (empty == 0 && rest.len - at >= EMPTY_LINE_BLOCK + 2 && !has_empty_line(rest.ptr + at)) {
        at += EMPTY_LINE_BLOCK;
    }
    while (empty == 0 && at < rest.len) {
        empty = rest.ptr[at++] == '\n' ? line_break(ht_bytes_from(rest, at)) : 0;
    }
    return empty > 0 ? at + empty : 0;
}

/* What a chunk's line says of its size, before extensions; false where that is no number. */
static bool chunk_size(struct ht_bytes line, size_t *out)
{
    enum { LARGEST = 0xFFFFFFF };
    size_t i = 0;
    *out     = 0;
    for (; i < line.len && line.ptr[i] != ';' && !is_blank(line.ptr[i]); i++) {
        uint8_t c   = ht_lower(line.ptr[i]);
        bool letter = c >= 'a' && c <= 'f';
        if (*out > LARGEST >> 4 || (!letter && (c < '0' || c > '9'))) {
            return false;
        }
        *out = *out << 4 | (size_t)(letter ? c - 'a' + 10 : c - '0');
    }
    return i > 0;
}

/* Behind the last chunk's line fields may stand, as in a head, to an empty line. */
static struct ht_frame_size frame_last_chunk(struct ht_bytes avail, size_t header)
{
    struct ht_bytes trailer = ht_bytes_from(avail, header);
    size_t len              = http_head_length(trailer, MAX_TRAILER);
    if (len == 0) {
        return (struct ht_frame_size){.len = trailer.len < MAX_TRAILER ? 0 : SIZE_MAX};
    }
    return (struct ht_frame_size){.len = header + len, .need = header};
}

struct ht_frame_size http_chunk_frame(struct ht_bytes avail)
{
    struct ht_bytes rest = ht_bytes_head(avail, CHUNK_LINE), line;
    size_t size, before = rest.len;
    if (!http_next_line(&rest, &line)) {
        return (struct ht_frame_size){.len = avail.len < CHUNK_LINE ? 0 : SIZE_MAX};
    }
    size_t header = before - rest.len;
    if (!chunk_size(line, &size)) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    return size == 0 ? frame_last_chunk(avail, header)
                     : (struct ht_frame_size){.len = header + size + 2, .need = header};
}

bool http_is_last_chunk(struct ht_bytes line)
{
    size_t size;
    struct ht_bytes text;
    return !http_next_line(&line, &text) || !chunk_size(text, &size) || size == 0;
}
