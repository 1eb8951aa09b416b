/*
 * Texts of any origin in reports that programs read: whole, where ht_text_safe shortens for people.
 * Not for use outside this folder.
 */
#ifndef HT_REPORT_PRINTABLE_H
#define HT_REPORT_PRINTABLE_H

#include "sink/text_value.h"
#include "sink/utf8.h"

/* report_put_printable adds all of `text`, what is not printable as ht_text_safe shows it. */
static inline void report_put_printable(struct ht_text *out, struct ht_bytes text)
{
    while (text.len > 0) {
        uint32_t character;
        size_t len = ht_utf8_next(text, &character);
        len        = len > 0 ? len : 1;
        ht_text_safe(out, ht_bytes_head(text, len));
        text = ht_bytes_from(text, len);
    }
}

#endif
