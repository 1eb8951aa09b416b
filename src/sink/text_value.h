/*
 * Values for people: units of text, by the fields' kinds, names and labels. No protocol is known
 * here, only the conventions of the records: a name that ends in _ns is a duration, in _s a number
 * of seconds, in bytes a size; an object with `ip` and `port` is an endpoint.
 *
 * Nothing that a stranger sent reaches the terminal as a command: control characters, invisible and
 * reordering characters and bytes that are not UTF-8 are shown as \xNN or \u{NNNN}.
 */
#ifndef HT_SINK_TEXT_VALUE_H
#define HT_SINK_TEXT_VALUE_H

#include "event/event.h"
#include "sink/fold.h"

enum ht_style { HT_PLAIN, HT_BOLD, HT_DIM, HT_RED, HT_YELLOW, HT_GREEN, HT_CYAN };

/* Where units are written; zeroed but for `color` is ready. */
struct ht_text {
    struct ht_chars out;
    bool color;
};

/* ht_text_style begins a style; HT_PLAIN ends it. Nothing without colour. */
void ht_text_style(struct ht_text *text, enum ht_style style);

/* ht_text_styled adds a C string of ours in a style. */
void ht_text_styled(struct ht_text *text, enum ht_style style, const char *word);

/* ht_text_safe adds bytes of any origin. */
void ht_text_safe(struct ht_text *text, struct ht_bytes bytes);

/* ht_text_words adds one of our words, its underscores as spaces; a name with a dot,
 * "tls.server_hello", is for looking up and stays as it is. */
void ht_text_words(struct ht_text *text, const char *word);

/* ht_text_duration adds "18.2 ms", "13.790 s", "2m 03s"; "0" for none. */
void ht_text_duration(struct ht_text *text, int64_t ns);

/* ht_text_size adds "993 B", "1.8 kB". */
void ht_text_size(struct ht_text *text, uint64_t bytes);

/* ht_text_time adds date and time in UTC with as many decimals as `decimals`, without the zone. */
void ht_text_time(struct ht_text *text, int64_t time_ns, unsigned decimals);

/* ht_text_endpoint adds "10.0.0.5:443" or "[2001:db8::1]:443". */
void ht_text_endpoint(struct ht_text *text, const struct ht_address *address, uint16_t port);

/* ht_text_unit adds a field's label, if it has one, and its value; nothing where the field is not
 * meant for text or has no value. Long lists end with "+12 more". */
void ht_text_unit(struct ht_text *text, const struct ht_field *field, const void *object);

/* ht_text_parties adds "10.0.0.5 → 10.0.0.1" where the object has a client and a server, each with
 * an `ip`, whose rows have no labels of their own; else nothing. */
void ht_text_parties(struct ht_text *text, const struct ht_struct *type, const void *object);

/* ht_text_fields puts a unit for each field of the object into lines; the fields of an object of
 * run-time type too. `room` is used for one unit at a time. */
void ht_text_fields(struct ht_text *room, struct ht_fold *lines, const struct ht_struct *type,
                    const void *object);

/* ht_text_put puts what `room` holds into lines as a unit, and empties it. */
void ht_text_put(struct ht_text *room, struct ht_fold *lines, size_t gap);

enum { HT_TEXT_GAP = 2 }; /* columns between units */

#endif
