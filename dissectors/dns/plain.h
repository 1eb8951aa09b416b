/*
 * Which bytes of labels and character-strings are written as they are (RFC 1035 section 5.1),
 * sixteen at once.
 */
#ifndef HT_DNS_PLAIN_H
#define HT_DNS_PLAIN_H

#include "base/bytes.h"

enum { DNS_CHUNK = 16 };

typedef int8_t dns_chunk __attribute__((vector_size(DNS_CHUNK)));

/* The bytes from `at` on, of which `len` can be read; zeros behind these. */
static inline dns_chunk dns_load(const uint8_t *at, size_t len)
{
    dns_chunk chunk = {0};
    if (len >= DNS_CHUNK) {
        memcpy(&chunk, at, DNS_CHUNK);
    } else {
        memcpy(&chunk, at, len);
    }
    return chunk;
}

/* Of the first `len` bytes each that is below `first`, above '~' (signed, one above 0x7F is below
 * `first`), a backslash or `special` has all its bits set; the others are zero. */
static inline dns_chunk dns_not_plain(dns_chunk chunk, size_t len, char first, char special)
{
    static const int8_t heads[2 * DNS_CHUNK] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                -1, -1, -1, -1, -1, -1, -1, -1};
    dns_chunk head;
    memcpy(&head, heads + DNS_CHUNK - (len < DNS_CHUNK ? len : DNS_CHUNK), DNS_CHUNK);
    return head & ((chunk < (int8_t)first) | (chunk == 0x7F) | (chunk == '\\') |
                   (chunk == (int8_t)special));
}

/* The sum of the bytes, which is below 256. */
static inline unsigned dns_sum(dns_chunk chunk)
{
    uint64_t halves[2];
    memcpy(halves, &chunk, sizeof halves);
    return (unsigned)((halves[0] + halves[1]) * UINT64_C(0x0101010101010101) >> 56);
}

/* dns_is_plain: all bytes are from `first` to '~', none is a backslash or `special`. */
static inline bool dns_is_plain(struct ht_bytes bytes, char first, char special)
{
    dns_chunk found = {0};
    for (size_t i = 0; i < bytes.len; i += DNS_CHUNK) {
        size_t left = bytes.len - i;
        found |= dns_not_plain(dns_load(bytes.ptr + i, left), left, first, special);
    }
    uint64_t halves[2];
    memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

#endif
