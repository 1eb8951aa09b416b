#include "dns/text.h"

#include <inttypes.h>
#include <stdio.h>

void dns_text_start(struct dns_text *text, struct ht_arena *arena)
{
    text->arena    = arena;
    text->ptr      = text->room;
    text->len      = 0;
    text->capacity = sizeof text->room;
    text->full     = false;
}

static void grow(struct dns_text *text, size_t need)
{
    size_t capacity = 2 * text->capacity > need ? 2 * text->capacity : need;
    uint8_t *ptr    = ht_arena_alloc(text->arena, capacity);
    if (ptr == NULL) {
        text->full = true;
        return;
    }
    memcpy(ptr, text->ptr, text->len);
    text->ptr      = ptr;
    text->capacity = capacity;
}

void dns_text_put(struct dns_text *text, struct ht_bytes more)
{
    if (more.len > text->capacity - text->len && !text->full) {
        grow(text, text->len + more.len);
    }
    if (!text->full && more.len > 0) {
        memcpy(text->ptr + text->len, more.ptr, more.len);
        text->len += more.len;
    }
}

void dns_text_char(struct dns_text *text, char c)
{
    dns_text_put(text, ht_bytes(&c, 1));
}

void dns_text_uint(struct dns_text *text, uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    dns_text_put(text, ht_bytes(digits, (size_t)n));
}

void dns_text_escaped(struct dns_text *text, uint8_t byte, uint8_t first, char special)
{
    if (byte < first || byte > '~') {
        const char ddd[4] = {'\\', (char)('0' + byte / 100), (char)('0' + byte / 10 % 10),
                             (char)('0' + byte % 10)};
        dns_text_put(text, ht_bytes(ddd, sizeof ddd));
        return;
    }
    if (byte == '\\' || byte == (uint8_t)special) {
        dns_text_char(text, '\\');
    }
    dns_text_char(text, (char)byte);
}

void dns_text_quoted(struct dns_text *text, struct ht_bytes string)
{
    dns_text_char(text, '"');
    for (size_t i = 0; i < string.len; i++) {
        dns_text_escaped(text, string.ptr[i], ' ', '"');
    }
    dns_text_char(text, '"');
}

void dns_text_hex(struct dns_text *text, struct ht_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        const char two[2] = {digits[bytes.ptr[i] >> 4], digits[bytes.ptr[i] & 15]};
        dns_text_put(text, ht_bytes(two, sizeof two));
    }
}

/* Writes `bytes` in groups of `width` bits, by the characters of `alphabet`. */
static void put_base(struct dns_text *text, struct ht_bytes bytes, unsigned width,
                     const char *alphabet)
{
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        held = held << 8 | bytes.ptr[i];
        for (bits += 8; bits >= width; bits -= width) {
            dns_text_char(text, alphabet[held >> (bits - width) & ((1U << width) - 1)]);
        }
        held &= (1U << bits) - 1;
    }
    if (bits > 0) {
        dns_text_char(text, alphabet[held << (width - bits) & ((1U << width) - 1)]);
    }
}

void dns_text_base64(struct dns_text *text, struct ht_bytes bytes)
{
    put_base(text, bytes, 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    dns_text_put(text, ht_bytes("==", (3 - bytes.len % 3) % 3));
}

void dns_text_base32hex(struct dns_text *text, struct ht_bytes bytes)
{
    put_base(text, bytes, 5, "0123456789ABCDEFGHIJKLMNOPQRSTUV");
}

struct ht_bytes dns_text_done(struct dns_text *text)
{
    if (text->full) {
        return ht_bytes("", 0);
    }
    bool inside = text->ptr == text->room;
    return inside ? ht_arena_copy(text->arena, ht_bytes(text->ptr, text->len))
                  : ht_bytes(text->ptr, text->len);
}
