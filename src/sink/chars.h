/*
 * Characters that grow: what a sink writes into before it writes out. Where the system has no more
 * memory, `failed` is set, and all that is added then is dropped.
 */
#ifndef HT_SINK_CHARS_H
#define HT_SINK_CHARS_H

#include "base/address.h"

/* Owns its memory, but what is lent; zeroed is empty. */
struct ht_chars {
    char *ptr;
    size_t len;
    size_t capacity;
    bool failed;
    bool lent; /* somebody else's memory, until it is too small: then its own */
};

/* ht_chars_grow makes room for `more` characters after `len`; NULL where there is none. */
char *ht_chars_grow(struct ht_chars *chars, size_t more);

/* ht_chars_free gives the memory back; empty and usable again. */
void ht_chars_free(struct ht_chars *chars);

/* ht_chars_room is where up to `more` characters can be written; then ht_chars_end.
 * NULL where there is no memory. */
static inline char *ht_chars_room(struct ht_chars *chars, size_t more)
{
    if (chars->capacity - chars->len >= more && chars->ptr != NULL) {
        return chars->ptr + chars->len;
    }
    return ht_chars_grow(chars, more);
}

/* ht_chars_end adds what was written into the room, up to `end`. */
static inline void ht_chars_end(struct ht_chars *chars, const char *end)
{
    chars->len = (size_t)(end - chars->ptr);
}

static inline void ht_chars_add(struct ht_chars *chars, struct ht_bytes text)
{
    char *at = ht_chars_room(chars, text.len);
    if (at != NULL && text.len > 0) {
        memcpy(at, text.ptr, text.len);
        chars->len += text.len;
    }
}

static inline void ht_chars_add_char(struct ht_chars *chars, char c)
{
    char *at = ht_chars_room(chars, 1);
    if (at != NULL) {
        *at = c;
        chars->len++;
    }
}

/* ht_chars_add_text adds a C string. */
static inline void ht_chars_add_text(struct ht_chars *chars, const char *text)
{
    ht_chars_add(chars, ht_text(text));
}

/* ht_chars_add_uint adds decimal digits, at least `digits` (up to 20) of them. */
void ht_chars_add_uint(struct ht_chars *chars, uint64_t value, unsigned digits);

/* ht_chars_add_hex adds two lower-case hexadecimal digits for each byte. */
void ht_chars_add_hex(struct ht_chars *chars, struct ht_bytes bytes);

/* ht_chars_add_address adds dotted decimal or RFC 5952; nothing where the address is absent. */
void ht_chars_add_address(struct ht_chars *chars, const struct ht_address *address);

static inline struct ht_bytes ht_chars_view(const struct ht_chars *chars)
{
    return ht_bytes(chars->ptr, chars->len);
}

#endif
