#include "sink/chars.h"

#include <stdlib.h>

char *ht_chars_grow(struct ht_chars *chars, size_t more)
{
    size_t capacity = chars->capacity + chars->capacity / 2 + more + 256;
    char *ptr       = chars->failed ? NULL : realloc(chars->ptr, capacity);
    if (ptr == NULL) {
        chars->failed = true;
        return NULL;
    }
    chars->ptr      = ptr;
    chars->capacity = capacity;
    return ptr + chars->len;
}

void ht_chars_free(struct ht_chars *chars)
{
    free(chars->ptr);
    *chars = (struct ht_chars){0};
}

bool ht_chars_write(struct ht_chars *chars, FILE *out)
{
    bool written = chars->len == 0 || fwrite(chars->ptr, 1, chars->len, out) == chars->len;
    chars->len   = 0;
    return fflush(out) == 0 && written;
}

void ht_chars_add_uint(struct ht_chars *chars, uint64_t value, unsigned digits)
{
    enum { MAX_DIGITS = 20 };
    char text[MAX_DIGITS];
    unsigned at = MAX_DIGITS;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (at > 0 && (value > 0 || MAX_DIGITS - at < digits));
    ht_chars_add(chars, ht_bytes(text + at, MAX_DIGITS - at));
}

void ht_chars_add_hex(struct ht_chars *chars, struct ht_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *at                   = ht_chars_room(chars, 2 * bytes.len);
    if (at == NULL) {
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        *at++ = digits[bytes.ptr[i] >> 4];
        *at++ = digits[bytes.ptr[i] & 0xF];
    }
    chars->len += 2 * bytes.len;
}

void ht_chars_add_address(struct ht_chars *chars, const struct ht_address *address)
{
    if (address->version == 4) {
        for (unsigned i = 0; i < 4; i++) {
            if (i > 0) {
                ht_chars_add_char(chars, '.');
            }
            ht_chars_add_uint(chars, address->bytes[i], 1);
        }
        return;
    }
    char text[HT_ADDRESS_TEXT_MAX];
    ht_chars_add_text(chars, ht_address_print(text, address));
}
