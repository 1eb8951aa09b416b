/*
 * Text that grows: presentation forms (RFC 1035 section 5.1) are written through this, one after
 * another into the same memory.
 */
#ifndef HT_DNS_TEXT_H
#define HT_DNS_TEXT_H

#include "base/address.h"
#include "base/arena.h"
#include "base/registry.h"

/* Begun by dns_text_start. `ptr` to `len` is the text being written; what was done lies before it.
 */
struct dns_text {
    struct ht_arena *arena; /* for more memory; NULL: there is none */
    uint8_t *ptr;
    size_t len, capacity;
    size_t block; /* bytes that were last asked of the arena */
    bool utf8;    /* names are UTF-8 (RFC 6762 section 16), and spaces in them are usual */
    bool full;    /* there was no room: what is written from now on is lost */
};

/* dns_text_start readies an empty text; it and those that follow it will lie in `arena`. */
void dns_text_start(struct dns_text *text, struct ht_arena *arena);

/* dns_text_start_in readies an empty text that lies in `room`, and has no more. */
void dns_text_start_in(struct dns_text *text, uint8_t *room, size_t size);

/* dns_text_grow makes room for `len` more bytes; false where there is none. */
bool dns_text_grow(struct dns_text *text, size_t len);

/* dns_text_room is where `len` bytes can be written, to be added to `text->len` once they are;
 * NULL where there is no room. */
static inline uint8_t *dns_text_room(struct dns_text *text, size_t len)
{
    bool room = len <= text->capacity - text->len && !text->full;
    return room || dns_text_grow(text, len) ? text->ptr + text->len : NULL;
}

static inline void dns_text_put(struct dns_text *text, struct ht_bytes more)
{
    uint8_t *room = more.len > 0 ? dns_text_room(text, more.len) : NULL;
    if (room != NULL) {
        memcpy(room, more.ptr, more.len);
        text->len += more.len;
    }
}

static inline void dns_text_char(struct dns_text *text, char c)
{
    uint8_t *room = dns_text_room(text, 1);
    if (room != NULL) {
        *room = (uint8_t)c;
        text->len++;
    }
}

void dns_text_uint(struct dns_text *text, uint64_t value);

/* dns_text_named returns the name of `value`; without one, `prefix` and its number, which is done.
 */
struct ht_bytes dns_text_named(struct dns_text *text, const struct ht_registry *registry,
                               uint16_t value, const char *prefix);

/* dns_text_address writes dotted decimal, or RFC 5952 for IPv6. */
void dns_text_address(struct dns_text *text, const struct ht_address *address);

/* dns_text_escaped writes bytes of a label or of a character-string: each as it is from `first` to
 * '~', else \DDD; a backslash and `special` get a backslash before them. */
void dns_text_escaped(struct dns_text *text, struct ht_bytes bytes, char first, char special);

/* dns_text_is_utf8: well-formed UTF-8 (RFC 3629 section 4) without control characters. */
bool dns_text_is_utf8(struct ht_bytes bytes);

/* dns_text_quoted writes a character-string in quotes. */
void dns_text_quoted(struct dns_text *text, struct ht_bytes string);

void dns_text_hex(struct dns_text *text, struct ht_bytes bytes);
void dns_text_base64(struct dns_text *text, struct ht_bytes bytes);    /* RFC 4648 section 4 */
void dns_text_base32hex(struct dns_text *text, struct ht_bytes bytes); /* section 7, unpadded */

/* dns_text_drop forgets what was written since the last text was done. */
static inline void dns_text_drop(struct dns_text *text)
{
    text->len  = 0;
    text->full = false;
}

/* dns_text_done returns what was written, which stays, and begins the next text behind it; empty
 * where there was no room. */
struct ht_bytes dns_text_done(struct dns_text *text);

/* dns_text_end gives the arena back what is not used of its memory; no text follows. */
static inline void dns_text_end(struct dns_text *text)
{
    if (text->capacity > text->len) {
        ht_arena_cut(text->arena, text->ptr + text->len, text->capacity - text->len);
    }
}

#endif
