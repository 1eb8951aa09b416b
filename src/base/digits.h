/*
 * Numbers, bytes and addresses as characters, written into room that the caller has made: each
 * function writes at `at` and returns where it stopped, which is never NULL. No formatted printing.
 */
#ifndef HT_BASE_DIGITS_H
#define HT_BASE_DIGITS_H

#include "base/address.h"

enum { HT_UINT_MAX_DIGITS = 20 /* of UINT64_MAX */ };

/* ht_put_uint writes decimal digits, 1 to HT_UINT_MAX_DIGITS. There is room for so many whatever
 * the value: what is in the rest of it does not matter. */
__attribute__((returns_nonnull)) char *ht_put_uint(char *at, uint64_t value);

/* ht_put_digits writes the last `digits` decimal digits of `value`, zeros before it. */
__attribute__((returns_nonnull)) char *ht_put_digits(char *at, uint64_t value, unsigned digits);

/* ht_put_nanoseconds writes the nine decimals of a second. */
__attribute__((returns_nonnull)) char *ht_put_nanoseconds(char *at, uint32_t below_1000000000);

/* ht_put_hex writes two lower-case hexadecimal digits for each byte. */
__attribute__((returns_nonnull)) char *ht_put_hex(char *at, struct ht_bytes bytes);

/* ht_put_address writes dotted decimal, or RFC 5952 for IPv6, below HT_ADDRESS_TEXT_MAX
 * characters; none where the address is absent. */
__attribute__((returns_nonnull)) char *ht_put_address(char *at, const struct ht_address *address);

#endif
