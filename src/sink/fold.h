/*
 * Lines of text, folded: units (a label and its value) follow each other with gaps between, and one
 * that does not fit begins a new line at a hanging indent.
 *
 * Units are printable text (see text_value.h); only our own colours are in them, as sequences from
 * ESC '[' to 'm', which take no column. A character counts as one column.
 */
#ifndef HT_SINK_FOLD_H
#define HT_SINK_FOLD_H

#include "sink/chars.h"

struct ht_fold {
    struct ht_chars *out;
    size_t width;  /* columns of a line; 0: do not fold */
    size_t indent; /* columns before what follows a fold */
    size_t column; /* of the next character */
    bool begun;    /* something stands in this line; else units need no gap before them */
};

/* ht_fold_width is the number of columns that `text` takes. */
size_t ht_fold_width(struct ht_bytes text);

/* ht_fold_put adds text where the line stands, without asking whether it fits. */
void ht_fold_put(struct ht_fold *fold, struct ht_bytes text);

/* ht_fold_pad adds spaces up to `column`. */
void ht_fold_pad(struct ht_fold *fold, size_t column);

/* ht_fold_unit adds a unit after `gap` spaces, or on a new line; one that is longer than a line is
 * broken between words, and a word that is longer than a line is broken too. */
void ht_fold_unit(struct ht_fold *fold, size_t gap, struct ht_bytes unit);

/* ht_fold_end ends the line. */
void ht_fold_end(struct ht_fold *fold);

#endif
