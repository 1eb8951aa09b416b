/*
 * Numbers, bytes and addresses as characters, written into room that the caller has made: each
 * function writes at `at` and returns where it stopped. No formatted printing.
 */
#ifndef HT_BASE_DIGITS_H
#define HT_BASE_DIGITS_H

#include "base/address.h"
#include "base/pack.h"

enum {
    HT_UINT_MAX_DIGITS = 20, /* of UINT64_MAX */
    HT_EIGHT_DIGITS    = 100000000
};

/* ht_split_eight has the eight decimal digits as the bytes of a word, the first one in the lowest:
 * divided into fours, twos and ones. Each step has one multiplication for the quotients q of all
 * parts x by d, and one to put the rests beside them: (x << shift) - q * ((d << shift) - 1) is q in
 * the low bits and x - d * q in those from `shift` on. */
static inline uint64_t ht_split_eight(uint32_t below_100000000)
{
    uint64_t high     = below_100000000 / 10000;
    uint64_t fours    = ((uint64_t)below_100000000 << 32) - high * ((UINT64_C(10000) << 32) - 1);
    uint64_t hundreds = fours * 5243 >> 19 & UINT64_C(0x0000007F0000007F);
    uint64_t twos     = (fours << 16) - hundreds * ((100 << 16) - 1);
    uint64_t tens     = twos * 103 >> 10 & UINT64_C(0x000F000F000F000F);
    return (twos << 8) - tens * ((10 << 8) - 1);
}

/* ht_put_eight writes eight such digits. */
static inline void ht_put_eight(char *at, uint64_t digits)
{
    uint64_t text = ht_little_endian(digits | UINT64_C(0x3030303030303030));
    memcpy(at, &text, sizeof text);
}

/* ht_put_large_uint: ht_put_uint, of HT_EIGHT_DIGITS and more. */
char *ht_put_large_uint(char *at, uint64_t value);

/* ht_put_uint writes decimal digits, 1 to HT_UINT_MAX_DIGITS. There is room for so many whatever
 * the value: what is in the rest of it does not matter. No branch asks for the number of digits. */
static inline char *ht_put_uint(char *at, uint64_t value)
{
    if (value >= HT_EIGHT_DIGITS) {
        return ht_put_large_uint(at, value);
    }
    uint64_t digits = ht_split_eight((uint32_t)value);
    unsigned zeros  = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) & 56U; /* their bits */
    ht_put_eight(at, digits >> zeros);
    return at + 8 - zeros / 8;
}

/* ht_put_digits writes the last `digits` decimal digits of `value`, zeros before it. */
char *ht_put_digits(char *at, uint64_t value, unsigned digits);

/* ht_put_nanoseconds writes the nine decimals of a second. */
char *ht_put_nanoseconds(char *at, uint32_t below_1000000000);

/* ht_put_hex writes two lower-case hexadecimal digits for each byte. */
char *ht_put_hex(char *at, struct ht_bytes bytes);

/* ht_put_address writes dotted decimal, or RFC 5952 for IPv6, below HT_ADDRESS_TEXT_MAX
 * characters; none where the address is absent. */
char *ht_put_address(char *at, const struct ht_address *address);

#endif
