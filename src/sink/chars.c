#include "sink/chars.h"

#include "base/digits.h"

#include <stdlib.h>

char *ht_chars_grow(struct ht_chars *chars, size_t more)
{
    size_t capacity = chars->capacity + chars->capacity / 2 + more + 256;
    char *own       = chars->lent ? NULL : chars->ptr;
    char *ptr       = chars->failed ? NULL : realloc(own, capacity);
    if (ptr == NULL) {
        chars->failed = true;
        return NULL;
    }
    if (chars->lent && chars->ptr != NULL) {
        memcpy(ptr, chars->ptr, chars->len);
    }
    chars->lent     = false;
    chars->ptr      = ptr;
    chars->capacity = capacity;
    return ptr + chars->len;
}

void ht_chars_free(struct ht_chars *chars)
{
    if (!chars->lent) {
        free(chars->ptr);
    }
    *chars = (struct ht_chars){0};
}

void ht_chars_add_uint(struct ht_chars *chars, uint64_t value, unsigned digits)
{
    char *at = ht_chars_room(chars, HT_UINT_MAX_DIGITS);
    if (at == NULL) {
        return;
    }
    char *end = ht_put_uint(at, value);
    if (end - at < (ptrdiff_t)digits) {
        end = ht_put_digits(at, value, digits);
    }
    ht_chars_end(chars, end);
}

void ht_chars_add_hex(struct ht_chars *chars, struct ht_bytes bytes)
{
    char *at = ht_chars_room(chars, 2 * bytes.len);
    if (at != NULL) {
        ht_chars_end(chars, ht_put_hex(at, bytes));
    }
}

void ht_chars_add_address(struct ht_chars *chars, const struct ht_address *address)
{
    char *at = ht_chars_room(chars, HT_ADDRESS_TEXT_MAX);
    if (at != NULL) {
        ht_chars_end(chars, ht_put_address(at, address));
    }
}
