#include "sink/fold.h"

#include "sink/utf8.h"

/* The bytes of one character, or of one colour with the character after it, at the head of `text`;
 * `*columns` is what they take. */
static size_t step(struct ht_bytes text, size_t *columns)
{
    if (text.ptr[0] == '\x1b') {
        const uint8_t *end = memchr(text.ptr, 'm', text.len);
        *columns           = 0;
        return end != NULL ? (size_t)(end - text.ptr) + 1 : text.len;
    }
    uint32_t character = 0;
    size_t len         = ht_utf8_next(text, &character);
    *columns           = 1;
    return len > 0 ? len : 1;
}

size_t ht_fold_width(struct ht_bytes text)
{
    size_t width = 0, columns = 0;
    while (text.len > 0) {
        text = ht_bytes_from(text, step(text, &columns));
        width += columns;
    }
    return width;
}

void ht_fold_put(struct ht_fold *fold, struct ht_bytes text)
{
    ht_chars_add(fold->out, text);
    fold->column += ht_fold_width(text);
    fold->begun = true;
}

void ht_fold_pad(struct ht_fold *fold, size_t column)
{
    while (fold->column < column) {
        ht_chars_add_char(fold->out, ' ');
        fold->column++;
    }
}

void ht_fold_end(struct ht_fold *fold)
{
    ht_chars_add_char(fold->out, '\n');
    fold->column = 0;
    fold->begun  = false;
}

static void new_line(struct ht_fold *fold)
{
    ht_fold_end(fold);
    ht_fold_pad(fold, fold->indent);
}

static bool fits(const struct ht_fold *fold, size_t column, size_t width)
{
    return fold->width == 0 || column + width <= fold->width;
}

/* Puts a word; one that is too long for a line fills lines up to their last column. */
static void put_word(struct ht_fold *fold, size_t gap, struct ht_bytes word)
{
    if (fold->begun && !fits(fold, fold->column + gap, ht_fold_width(word))) {
        new_line(fold);
    } else if (fold->begun) {
        ht_fold_pad(fold, fold->column + gap);
    }
    while (word.len > 0) {
        size_t columns = 0, len = step(word, &columns);
        if (fold->begun && !fits(fold, fold->column, columns)) {
            new_line(fold);
        }
        ht_chars_add(fold->out, ht_bytes(word.ptr, len));
        fold->column += columns;
        fold->begun |= columns > 0;
        word = ht_bytes_from(word, len);
    }
}

void ht_fold_unit(struct ht_fold *fold, size_t gap, struct ht_bytes unit)
{
    size_t width = ht_fold_width(unit);
    if (fits(fold, fold->column + gap, width) || fits(fold, fold->indent, width)) {
        put_word(fold, gap, unit);
        return;
    }
    if (fold->begun && fold->column > fold->indent) {
        new_line(fold);
    }
    while (unit.len > 0) {
        const uint8_t *space = memchr(unit.ptr, ' ', unit.len);
        struct ht_bytes word =
            ht_bytes_head(unit, space != NULL ? (size_t)(space - unit.ptr) : unit.len);
        if (word.len > 0) {
            put_word(fold, gap, word);
            gap = 1;
        }
        unit = ht_bytes_from(unit, word.len + 1);
    }
}
