/*
 * Which bytes of labels and character-strings are written as they are (RFC 1035 section 5.1), eight
 * at once.
 */
#ifndef HT_DNS_PLAIN_H
#define HT_DNS_PLAIN_H

#include "base/bytes.h"

static inline uint64_t dns_each(uint64_t byte)
{
    return byte * UINT64_C(0x0101010101010101);
}

/* Nonzero where one of the eight bytes of `word` is zero. */
static inline uint64_t dns_has_zero(uint64_t word)
{
    return (word - dns_each(1)) & ~word & dns_each(0x80);
}

/* Nonzero where one of the eight is below `first` (which is below 0x80), above '~', a backslash or
 * `special`. */
static inline uint64_t dns_not_plain(uint64_t word, uint8_t first, char special)
{
    uint64_t below = (word - dns_each(first)) & ~word & dns_each(0x80);
    uint64_t above = ((word + dns_each(1)) | word) & dns_each(0x80);
    return below | above | dns_has_zero(word ^ dns_each('\\')) |
           dns_has_zero(word ^ dns_each((uint8_t)special));
}

static inline uint64_t dns_load8(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t dns_load4(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* The last up to eight bytes, some of them twice. */
static inline uint64_t dns_last_word(struct ht_bytes b)
{
    if (b.len >= 8) {
        return dns_load8(b.ptr + b.len - 8);
    }
    if (b.len >= 4) {
        return (uint64_t)dns_load4(b.ptr) << 32 | dns_load4(b.ptr + b.len - 4);
    }
    uint64_t pair = (uint64_t)b.ptr[0] << 8 | b.ptr[b.len / 2];
    return dns_each(b.ptr[b.len - 1]) << 16 | pair;
}

/* dns_is_plain: all bytes are from `first` to '~', none is a backslash or `special`. */
static inline bool dns_is_plain(struct ht_bytes bytes, uint8_t first, char special)
{
    uint64_t found = bytes.len > 0 ? dns_not_plain(dns_last_word(bytes), first, special) : 0;
    for (size_t i = 0; i + 8 < bytes.len; i += 8) {
        found |= dns_not_plain(dns_load8(bytes.ptr + i), first, special);
    }
    return found == 0;
}

#endif
