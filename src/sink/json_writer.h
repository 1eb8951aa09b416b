/*
 * The one place that knows how JSON (RFC 8259) is written. Straight into memory: no tree, no
 * formatted printing.
 *
 * Texts come from strangers. What is valid UTF-8 is kept; characters that a terminal or a reader of
 * lines could take for a command or for the end of a line (C0, DEL, C1, U+2028, U+2029) are written
 * as \u00XX. A byte that is not UTF-8 becomes the four characters \xNN, NN its lower-case
 * hexadecimal value, so that the line stays valid and no byte is lost; a backslash of the text
 * itself which stands before "xNN" becomes \x5c, so that the way back is unambiguous: after
 * parsing, replace every \xNN by the byte NN.
 */
#ifndef HT_SINK_JSON_WRITER_H
#define HT_SINK_JSON_WRITER_H

#include "base/digits.h"
#include "sink/chars.h"

/* ht_json_end ends, at `at`, the object or array that began at `start`, and returns where it
 * stopped; there must be room for two characters. Every member and item is written with a comma
 * before it, so that nobody has to ask whether it is the first; here the first comma becomes the
 * bracket. `brackets` is "{}" or "[]". */
static inline char *ht_json_end(char *at, char *start, const char brackets[2])
{
    *start = brackets[0];
    at += at == start;
    *at = brackets[1];
    return at + 1;
}

/* ht_json_add_text writes a string of any bytes. */
void ht_json_add_text(struct ht_chars *out, struct ht_bytes text);

/* ht_json_add_hex writes bytes as a string of lower-case hexadecimal digits. */
void ht_json_add_hex(struct ht_chars *out, struct ht_bytes bytes);

/*
 * Values of bounded size are written at `at`, where there is room for HT_JSON_VALUE_MAX characters;
 * each function returns where it stopped.
 */
enum { HT_JSON_VALUE_MAX = 80 };

/* NULL, and what is in the room does not matter, where the text is too long or not plain: then
 * ht_json_add_text. */
char *ht_json_put_text(char *at, struct ht_bytes text);

/* NULL where the bytes are too many: then ht_json_add_hex. */
char *ht_json_put_hex(char *at, struct ht_bytes bytes);

char *ht_json_put_bool(char *at, bool value);
char *ht_json_put_int(char *at, int64_t value);
char *ht_json_put_address(char *at, const struct ht_address *address);

/* ht_json_put_id writes a number as a string, "0x" and 2 * `width` hexadecimal digits. */
char *ht_json_put_id(char *at, uint16_t value, unsigned width);

/* The last address that was told: a server's is that which DNS gave, and comes next. Zeroed is
 * ready. */
struct ht_json_address {
    struct ht_address address;
    size_t len;                         /* of `text`; 0: none yet */
    char text[HT_ADDRESS_TEXT_MAX + 2]; /* in its JSON string, and anything behind it */
};

/* ht_json_put_same_address is ht_json_put_address, of the last address by a copy. */
char *ht_json_put_same_address(struct ht_json_address *last, char *at,
                               const struct ht_address *address);

/* The last second that was told: records come by time, so that the next is often the same.
 * Zeroed is ready. */
struct ht_json_clock {
    int64_t second, day; /* since 1970 */
    char text[24];       /* "2023-03-06T04:01:06. in its JSON string; empty: none yet */
};

/* ht_json_put_time writes RFC 3339 in UTC with nine decimals. */
char *ht_json_put_time(struct ht_json_clock *clock, char *at, int64_t time_ns);

#endif
