/*
 * What all messages of HTTP/1 are made of: lines, words, fields, chunks (RFC 9112). For this
 * folder, and for ../proxy.
 */
#ifndef HT_HTTP_LINES_H
#define HT_HTTP_LINES_H

#include "dissect/dissector.h"

/* http_next_line takes a line from `rest`, its end (LF, or CR LF) left out; false where it does not
 * end. */
bool http_next_line(struct ht_bytes *rest, struct ht_bytes *out);

/* http_word takes the next word of a line, by spaces; empty at its end. */
struct ht_bytes http_word(struct ht_bytes *rest);

/* http_field: the line is the field `lower` (its name with the colon, "host:"); `*out` is its
 * value, without white space around it. */
bool http_field(struct ht_bytes line, const char *lower, struct ht_bytes *out);

/* http_number reads decimal digits, at most 18 of them; false where there is anything else. */
bool http_number(struct ht_bytes digits, uint64_t *out);

/* http_scheme is the scheme of an Authorization field (RFC 9110 section 11.4), a word of letters,
 * digits and '-'; empty where it is none, since what is no name may be a secret. */
struct ht_bytes http_scheme(struct ht_bytes value);

/* What follows a head (RFC 9112 section 6.3). */
struct http_body {
    uint64_t length; /* by Content-Length; 0 where it is chunked */
    bool has_length;
    bool chunked; /* whatever its length is said to be */
};

/* http_body_field takes note of a field of a head that says how long its content is. */
void http_body_field(struct ht_bytes line, struct http_body *out);

/* http_head_length is the length of the head at the beginning of `avail`, with the empty line that
 * ends it; 0 where that is not in its first `max` bytes. */
size_t http_head_length(struct ht_bytes avail, size_t max);

/* http_chunk_frame is the size of the chunk at the head of `avail`: the line before it, its data
 * and the line break behind them, or of the last one, which is empty, the fields behind it; only
 * the line is needed (RFC 9112 section 7.1). http_is_last_chunk says of such a line whether it is
 * the last one's, or none. */
struct ht_frame_size http_chunk_frame(struct ht_bytes avail);
bool http_is_last_chunk(struct ht_bytes line);

#endif
