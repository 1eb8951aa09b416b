/*
 * Views of bytes, and the one bounded reader through which all wire bytes are read.
 *
 * A view never owns and is never NUL-terminated; it lives as long as what it looks at.
 * The reader is sticky: a failed read sets `bad`, moves to the end and yields zero or an empty
 * view, and so does every later read. A parser reads like the RFC and asks once, at the end,
 * whether it is done; what it read before the failure stays.
 */
#ifndef HT_BASE_BYTES_H
#define HT_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HT_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A view of `len` bytes; `ptr` may be NULL only where `len` is 0. */
struct ht_bytes {
    const uint8_t *ptr;
    size_t len;
};

/* A list of views; the array and what it views belong to somebody else. */
struct ht_texts {
    const struct ht_bytes *items;
    size_t len;
};

struct ht_reader {
    const uint8_t *cur;
    const uint8_t *end;
    bool bad;
};

static inline struct ht_bytes ht_bytes(const void *ptr, size_t len)
{
    return (struct ht_bytes){.ptr = ptr, .len = len};
}

/* ht_text views the characters of a C string, without its NUL. */
static inline struct ht_bytes ht_text(const char *text)
{
    return ht_bytes(text, strlen(text));
}

static inline bool ht_bytes_equal(struct ht_bytes a, struct ht_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ht_lower is a letter of ASCII in lower case, whatever the locale; any other byte as it is. */
static inline uint8_t ht_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

/* ht_bytes_alike is ht_bytes_equal without regard to the case of ASCII's letters. */
static inline bool ht_bytes_alike(struct ht_bytes a, struct ht_bytes b)
{
    size_t same = 0;
    while (a.len == b.len && same < a.len && ht_lower(a.ptr[same]) == ht_lower(b.ptr[same])) {
        same++;
    }
    return a.len == b.len && same == a.len;
}

/* ht_bytes_head views the first `len` bytes, or all where there are fewer. */
static inline struct ht_bytes ht_bytes_head(struct ht_bytes b, size_t len)
{
    return ht_bytes(b.ptr, len < b.len ? len : b.len);
}

/* ht_begins_alike: `b` begins with `word`, in either case. */
static inline bool ht_begins_alike(struct ht_bytes b, const char *word)
{
    return ht_bytes_alike(ht_bytes_head(b, strlen(word)), ht_text(word));
}

/* ht_bytes_from views what follows the first `skip` bytes; empty where there are fewer. */
static inline struct ht_bytes ht_bytes_from(struct ht_bytes b, size_t skip)
{
    return skip < b.len ? ht_bytes(b.ptr + skip, b.len - skip) : ht_bytes(b.ptr, 0);
}

/* ht_contains_alike: `word` stands somewhere in `b`, in either case. */
static inline bool ht_contains_alike(struct ht_bytes b, const char *word)
{
    size_t len = strlen(word), at = 0;
    while (at + len <= b.len && !ht_begins_alike(ht_bytes_from(b, at), word)) {
        at++;
    }
    return at + len <= b.len;
}

/* ht_reader starts a reader at the first byte of `in`. */
static inline struct ht_reader ht_reader(struct ht_bytes in)
{
    return (struct ht_reader){.cur = in.ptr, .end = in.len > 0 ? in.ptr + in.len : in.ptr};
}

static inline size_t rd_left(const struct ht_reader *r)
{
    return (size_t)(r->end - r->cur);
}

/* rd_more: nothing failed and bytes are left; loops over lists end by it. */
static inline bool rd_more(const struct ht_reader *r)
{
    return !r->bad && r->cur != r->end;
}

/* rd_done: nothing failed and nothing is left. The success test of a parser. */
static inline bool rd_done(const struct ht_reader *r)
{
    return !r->bad && r->cur == r->end;
}

/* rd_fail makes the reader bad, for a value that the specification forbids. */
static inline void rd_fail(struct ht_reader *r)
{
    r->bad = true;
    r->cur = r->end;
}

/* rd_take views the next `len` bytes and steps over them. */
static inline struct ht_bytes rd_take(struct ht_reader *r, size_t len)
{
    if (len > rd_left(r)) {
        rd_fail(r);
        return ht_bytes(r->end, 0);
    }
    struct ht_bytes out = ht_bytes(r->cur, len);
    if (len > 0) {
        r->cur += len;
    }
    return out;
}

/* rd_rest views all that is left and steps over it. */
static inline struct ht_bytes rd_rest(struct ht_reader *r)
{
    return rd_take(r, rd_left(r));
}

/* rd_skip steps over `len` bytes. */
static inline void rd_skip(struct ht_reader *r, size_t len)
{
    (void)rd_take(r, len);
}

/* rd_uint reads a big-endian integer of `width` bytes, 1 to 8. */
static inline uint64_t rd_uint(struct ht_reader *r, unsigned width)
{
    struct ht_bytes b = rd_take(r, width);
    uint64_t value    = 0;
    for (size_t i = 0; i < b.len; i++) {
        value = value << 8 | b.ptr[i];
    }
    return value;
}

static inline uint8_t rd_u8(struct ht_reader *r)
{
    struct ht_bytes b = rd_take(r, 1);
    return b.len != 0 ? b.ptr[0] : 0;
}

static inline uint16_t rd_u16(struct ht_reader *r)
{
    struct ht_bytes b = rd_take(r, 2);
    return (uint16_t)(b.len != 0 ? b.ptr[0] << 8 | b.ptr[1] : 0);
}

static inline uint32_t rd_u24(struct ht_reader *r)
{
    return (uint32_t)rd_uint(r, 3);
}

static inline uint32_t rd_u32(struct ht_reader *r)
{
    struct ht_bytes b = rd_take(r, 4);
    return b.len == 0 ? 0
                      : (uint32_t)b.ptr[0] << 24 | (uint32_t)b.ptr[1] << 16 |
                            (uint32_t)b.ptr[2] << 8 | b.ptr[3];
}

static inline uint64_t rd_u64(struct ht_reader *r)
{
    return rd_uint(r, 8);
}

/* rd_len reads a length of `width` bytes, which most often are one or two. */
static inline size_t rd_len(struct ht_reader *r, unsigned width)
{
    return width == 1 ? rd_u8(r) : width == 2 ? rd_u16(r) : (size_t)rd_uint(r, width);
}

/* rd_vec reads a length of `width` bytes, then views that many: `opaque x<0..2^(8*width)-1>`. */
static inline struct ht_bytes rd_vec(struct ht_reader *r, unsigned width)
{
    return rd_take(r, rd_len(r, width));
}

/* ht_be16 is the big-endian number at index `i` of a packed list of 16-bit values. */
static inline uint16_t ht_be16(struct ht_bytes list, size_t i)
{
    return (uint16_t)(list.ptr[2 * i] << 8 | list.ptr[2 * i + 1]);
}

/* ht_be32_at and ht_be16_at read a big-endian number at byte `at` of a view whose length was
 * checked: of a header of fixed size, taken as one. */
static inline uint16_t ht_be16_at(struct ht_bytes header, size_t at)
{
    return (uint16_t)(header.ptr[at] << 8 | header.ptr[at + 1]);
}

static inline uint32_t ht_be32_at(struct ht_bytes header, size_t at)
{
    return (uint32_t)ht_be16_at(header, at) << 16 | ht_be16_at(header, at + 2);
}

#endif
