#include "dns/text.h"

#include "base/digits.h"
#include "dns/plain.h"

enum {
    FIRST_BLOCK  = 160, /* the texts of an ordinary message */
    LARGEST_STEP = 16384,
    ESCAPE       = 4 /* characters that a byte may become */
};

void dns_text_start(struct dns_text *text, struct ht_arena *arena)
{
    *text = (struct dns_text){.arena = arena};
}

void dns_text_start_in(struct dns_text *text, uint8_t *room, size_t size)
{
    *text = (struct dns_text){.ptr = room, .capacity = size};
}

bool dns_text_grow(struct dns_text *text, size_t len)
{
    size_t block = text->block == 0 ? FIRST_BLOCK : 2 * text->block;
    block        = block < LARGEST_STEP ? block : LARGEST_STEP;
    if (block < 2 * (text->len + len)) {
        block = 2 * (text->len + len);
    }
    uint8_t *ptr = NULL;
    if (text->arena != NULL && !text->full) {
        ptr = ht_arena_take(text->arena, block);
    }
    if (ptr == NULL) {
        text->full = true;
        return false;
    }
    if (text->len > 0) {
        memcpy(ptr, text->ptr, text->len);
    }
    text->ptr      = ptr;
    text->capacity = block;
    text->block    = block;
    return true;
}

void dns_text_uint(struct dns_text *text, uint64_t value)
{
    char *room = (char *)dns_text_room(text, HT_UINT_MAX_DIGITS);
    if (room != NULL) {
        text->len += (size_t)(ht_put_uint(room, value) - room);
    }
}

struct ht_bytes dns_text_named(struct dns_text *text, const struct ht_registry *registry,
                               uint16_t value, const char *prefix)
{
    const struct ht_registry_entry *entry = ht_registry_find(registry, value);
    if (entry != NULL) {
        return ht_text(entry->name);
    }
    dns_text_put(text, ht_text(prefix));
    dns_text_uint(text, value);
    return dns_text_done(text);
}

void dns_text_address(struct dns_text *text, const struct ht_address *address)
{
    char *room = (char *)dns_text_room(text, HT_ADDRESS_TEXT_MAX);
    if (room != NULL) {
        text->len += (size_t)(ht_put_address(room, address) - room);
    }
}

/* Writes one byte, escaped where it must be, and returns how many characters it became. */
static size_t put_escaped(uint8_t *out, uint8_t byte, char first, char special)
{
    if (byte < (uint8_t)first || byte > '~') {
        out[0] = '\\';
        out[1] = (uint8_t)('0' + byte / 100);
        out[2] = (uint8_t)('0' + byte / 10 % 10);
        out[3] = (uint8_t)('0' + byte % 10);
        return ESCAPE;
    }
    out[0]       = '\\';
    bool escaped = byte == '\\' || byte == (uint8_t)special;
    out[escaped] = byte;
    return 1U + escaped;
}

void dns_text_escaped(struct dns_text *text, struct ht_bytes bytes, char first, char special)
{
    if (dns_is_plain(bytes, first, special)) {
        dns_text_put(text, bytes);
        return;
    }
    uint8_t *room = dns_text_room(text, ESCAPE * bytes.len);
    size_t len    = 0;
    for (size_t i = 0; room != NULL && i < bytes.len; i++) {
        len += put_escaped(room + len, bytes.ptr[i], first, special);
    }
    text->len += len;
}

/* One character: how many octets follow the first, and from which number on it needs so many. */
static bool read_character(struct ht_reader *r)
{
    static const uint32_t smallest[] = {0x20, 0x80, 0x800, 0x10000};
    uint8_t first                    = rd_u8(r);
    unsigned follow                  = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    uint32_t character               = follow == 0 ? first : first & (0x3FU >> follow);
    bool good                        = first < 0x80 || (first >= 0xC2 && first < 0xF5);
    for (unsigned i = 0; i < follow && good; i++) {
        uint8_t next = rd_u8(r);
        good         = (next & 0xC0) == 0x80;
        character    = character << 6 | (next & 0x3FU);
    }
    bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    bool control   = character < 0x20 || (character >= 0x7F && character < 0xA0);
    return good && !surrogate && !control && character >= smallest[follow] && character <= 0x10FFFF;
}

bool dns_text_is_utf8(struct ht_bytes bytes)
{
    struct ht_reader r = ht_reader(bytes);
    while (rd_more(&r)) {
        if (!read_character(&r)) {
            return false;
        }
    }
    return !r.bad;
}

void dns_text_quoted(struct dns_text *text, struct ht_bytes string)
{
    dns_text_char(text, '"');
    dns_text_escaped(text, string, ' ', '"');
    dns_text_char(text, '"');
}

void dns_text_hex(struct dns_text *text, struct ht_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *room              = dns_text_room(text, 2 * bytes.len);
    if (room == NULL) {
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        room[2 * i]     = (uint8_t)digits[bytes.ptr[i] >> 4];
        room[2 * i + 1] = (uint8_t)digits[bytes.ptr[i] & 15];
    }
    text->len += 2 * bytes.len;
}

/* Writes `bytes` in groups of `width` bits, by the characters of `alphabet`. */
static void put_base(struct dns_text *text, struct ht_bytes bytes, unsigned width,
                     const char *alphabet)
{
    uint8_t *room = dns_text_room(text, 2 * bytes.len + 1);
    uint32_t held = 0;
    unsigned bits = 0;
    size_t len    = 0;
    for (size_t i = 0; room != NULL && i < bytes.len; i++) {
        held = held << 8 | bytes.ptr[i];
        for (bits += 8; bits >= width; bits -= width) {
            room[len++] = (uint8_t)alphabet[held >> (bits - width) & ((1U << width) - 1)];
        }
        held &= (1U << bits) - 1;
    }
    if (bits > 0) {
        room[len++] = (uint8_t)alphabet[held << (width - bits) & ((1U << width) - 1)];
    }
    text->len += len;
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
    struct ht_bytes done = ht_bytes(text->full ? NULL : text->ptr, text->full ? 0 : text->len);
    if (done.len == 0) {
        dns_text_drop(text);
        return ht_bytes("", 0);
    }
    text->ptr += text->len;
    text->capacity -= text->len;
    text->len = 0;
    return done;
}
