/*
 * A line of text written into memory of a known size. What does not fit is dropped and marks the
 * text as cut, so a caller sizes it once, writes freely and never overruns.
 */
#ifndef HT_ANALYSIS_FINGERPRINT_TEXT_H
#define HT_ANALYSIS_FINGERPRINT_TEXT_H

#include "base/arena.h"

struct text {
    uint8_t *start;
    size_t len, size;
    bool cut;
};

/* text_new has room for `size` characters; for none where the arena has no room. */
static inline struct text text_new(struct ht_arena *arena, size_t size)
{
    uint8_t *start = ht_arena_alloc(arena, size);
    return (struct text){.start = start, .size = start != NULL ? size : 0};
}

static inline struct ht_bytes text_view(const struct text *text)
{
    return ht_bytes(text->start, text->len);
}

static inline void text_add(struct text *text, struct ht_bytes more)
{
    if (more.len > text->size - text->len) {
        text->cut = true;
        return;
    }
    if (more.len > 0) {
        memcpy(text->start + text->len, more.ptr, more.len);
        text->len += more.len;
    }
}

static inline void text_char(struct text *text, char c)
{
    if (text->len < text->size) {
        text->start[text->len++] = (uint8_t)c;
    } else {
        text->cut = true;
    }
}

/* text_decimal writes 1 to 5 digits. */
static inline void text_decimal(struct text *text, uint16_t value)
{
    char digits[5];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value        = (uint16_t)(value / 10);
    } while (value != 0);
    text_add(text, ht_bytes(digits + at, sizeof digits - at));
}

/* text_hex16 writes 4 lower-case digits. */
static inline void text_hex16(struct text *text, uint16_t value)
{
    static const char hex[] = "0123456789abcdef";
    const char digits[4]    = {hex[value >> 12], hex[value >> 8 & 15], hex[value >> 4 & 15],
                               hex[value & 15]};
    text_add(text, ht_bytes(digits, sizeof digits));
}

#endif
