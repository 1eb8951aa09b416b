/*
 * Text that grows: presentation forms (RFC 1035 section 5.1) are written through this.
 */
#ifndef HT_DNS_TEXT_H
#define HT_DNS_TEXT_H

#include "base/arena.h"

/* Begun by dns_text_start; not to be copied, since it may point into itself. */
struct dns_text {
    struct ht_arena *arena;
    uint8_t *ptr;
    size_t len, capacity;
    bool full; /* the arena had no room: what is written from now on is lost */
    uint8_t room[512];
};

/* dns_text_start readies an empty text, whose result will lie in `arena`. */
void dns_text_start(struct dns_text *text, struct ht_arena *arena);

void dns_text_put(struct dns_text *text, struct ht_bytes more);
void dns_text_char(struct dns_text *text, char c);
void dns_text_uint(struct dns_text *text, uint64_t value);

/* dns_text_escaped writes a byte of a label or of a character-string: as it is from `first` to '~',
 * else \DDD; a backslash and `special` get a backslash before them. */
void dns_text_escaped(struct dns_text *text, uint8_t byte, uint8_t first, char special);

/* dns_text_quoted writes a character-string in quotes. */
void dns_text_quoted(struct dns_text *text, struct ht_bytes string);

void dns_text_hex(struct dns_text *text, struct ht_bytes bytes);
void dns_text_base64(struct dns_text *text, struct ht_bytes bytes);    /* RFC 4648 section 4 */
void dns_text_base32hex(struct dns_text *text, struct ht_bytes bytes); /* section 7, unpadded */

/* dns_text_done returns what was written, in the arena; empty where there was no room. */
struct ht_bytes dns_text_done(struct dns_text *text);

#endif
