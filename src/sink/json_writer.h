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

#include "sink/chars.h"

/* Zeroed is ready. `out` belongs to it: ht_chars_free gives it back. */
struct ht_json_writer {
    struct ht_chars out;
    int64_t day; /* whose date is in `date` */
    char date[16];
    size_t date_len; /* 0: none yet */
};

/* ht_json_open begins an object with '{' or an array with '['; ht_json_close ends it with '}' or
 * ']'. Commas are put where they belong. */
void ht_json_open(struct ht_json_writer *w, char bracket);
void ht_json_close(struct ht_json_writer *w, char bracket);

/* ht_json_key begins a member. `name` is ours, and holds nothing that needs an escape. */
void ht_json_key(struct ht_json_writer *w, const char *name);

/* ht_json_line ends the record's line. */
void ht_json_line(struct ht_json_writer *w);

void ht_json_bool(struct ht_json_writer *w, bool value);
void ht_json_uint(struct ht_json_writer *w, uint64_t value);
void ht_json_int(struct ht_json_writer *w, int64_t value);

/* ht_json_text writes a string of any bytes. */
void ht_json_text(struct ht_json_writer *w, struct ht_bytes text);

/* ht_json_hex writes bytes as a string of lower-case hexadecimal digits. */
void ht_json_hex(struct ht_json_writer *w, struct ht_bytes bytes);

/* ht_json_id writes a number as a string, "0x" and 2 * `width` hexadecimal digits. */
void ht_json_id(struct ht_json_writer *w, uint16_t value, unsigned width);

/* ht_json_time writes RFC 3339 in UTC with nine decimals. */
void ht_json_time(struct ht_json_writer *w, int64_t time_ns);

void ht_json_address(struct ht_json_writer *w, const struct ht_address *address);

#endif
