/*
 * UTF-8 (RFC 3629): which of the bytes that strangers sent are characters, and which of those are
 * safe to show.
 */
#ifndef HT_SINK_UTF8_H
#define HT_SINK_UTF8_H

#include "base/bytes.h"

/* ht_utf8_next reads the character at the head of `text` and returns how many bytes it has; 0 where
 * they are none: a stray or missing continuation byte, an overlong form, a surrogate, beyond
 * U+10FFFF, or the end. */
size_t ht_utf8_next(struct ht_bytes text, uint32_t *character);

/* ht_utf8_is_control: a control character of C0 or C1, or DEL. */
static inline bool ht_utf8_is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

/* ht_utf8_is_invisible: a character that shows nothing or reorders what others show (directional
 * marks, zero-width characters, line separators, tags, variation selectors, soft hyphen), by
 * which one text can be made to look like another. */
bool ht_utf8_is_invisible(uint32_t character);

#endif
