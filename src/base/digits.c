#include "base/digits.h"

/* Two digits at a time halve the divisions. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static const char hex_pairs[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                                "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                                "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                                "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                                "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                                "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

static char *put_pair(char *at, unsigned below_100)
{
    memcpy(at, pairs + (size_t)2 * below_100, 2);
    return at + 2;
}

static char *put_four(char *at, unsigned below_10000)
{
    at = put_pair(at, below_10000 / 100);
    return put_pair(at, below_10000 % 100);
}

static char *put_eight(char *at, uint32_t below_100000000)
{
    at = put_four(at, below_100000000 / 10000);
    return put_four(at, below_100000000 % 10000);
}

/* Without leading zeros, as the next two. */
static char *put_up_to_two(char *at, unsigned below_100)
{
    if (below_100 >= 10) {
        return put_pair(at, below_100);
    }
    *at = (char)('0' + below_100);
    return at + 1;
}

static char *put_up_to_four(char *at, unsigned below_10000)
{
    if (below_10000 < 100) {
        return put_up_to_two(at, below_10000);
    }
    at = put_up_to_two(at, below_10000 / 100);
    return put_pair(at, below_10000 % 100);
}

static char *put_up_to_eight(char *at, uint32_t below_100000000)
{
    if (below_100000000 < 10000) {
        return put_up_to_four(at, below_100000000);
    }
    at = put_up_to_four(at, below_100000000 / 10000);
    return put_four(at, below_100000000 % 10000);
}

char *ht_put_uint(char *at, uint64_t value)
{
    enum { EIGHT_DIGITS = 100000000 };
    if (value < EIGHT_DIGITS) {
        return put_up_to_eight(at, (uint32_t)value);
    }
    at = ht_put_uint(at, value / EIGHT_DIGITS);
    return put_eight(at, (uint32_t)(value % EIGHT_DIGITS));
}

char *ht_put_digits(char *at, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + digits;
}

char *ht_put_nanoseconds(char *at, uint32_t below_1000000000)
{
    *at = (char)('0' + below_1000000000 / 100000000);
    return put_eight(at + 1, below_1000000000 % 100000000);
}

char *ht_put_hex(char *at, struct ht_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        memcpy(at + 2 * i, hex_pairs + (size_t)2 * bytes.ptr[i], 2);
    }
    return at + 2 * bytes.len;
}

static char *put_octet(char *at, unsigned octet)
{
    if (octet < 100) {
        return put_up_to_two(at, octet);
    }
    *at = (char)('0' + octet / 100);
    return put_pair(at + 1, octet % 100);
}

static char *put_dotted(char *at, const uint8_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        at    = put_octet(at, bytes[i]);
        *at++ = '.';
    }
    return at - 1;
}

/* A group of an IPv6 address, without leading zeros. */
static char *put_group(char *at, unsigned group)
{
    char four[4];
    unsigned zeros = group > 0xFFF ? 0 : group > 0xFF ? 1 : group > 0xF ? 2 : 3;
    memcpy(four, hex_pairs + (size_t)2 * (group >> 8), 2);
    memcpy(four + 2, hex_pairs + (size_t)2 * (group & 0xFF), 2);
    memcpy(at, four + zeros, 4 - zeros);
    return at + (4 - zeros);
}

enum { GROUPS = 8 };

/* Groups that are zero, one after another. */
struct run {
    unsigned first, len;
};

/* What "::" stands for: the first longest run of two or more (RFC 5952 section 4.2). */
static struct run longest_zeros(struct ht_bytes address)
{
    struct run longest = {0, 1};
    for (unsigned i = 0; i < GROUPS; i++) {
        struct run run = {i, 0};
        while (i < GROUPS && ht_be16(address, i) == 0) {
            i++;
            run.len++;
        }
        if (run.len > longest.len) {
            longest = run;
        }
    }
    return longest.len > 1 ? longest : (struct run){GROUPS, 0};
}

/* IPv4-compatible (::a.b.c.d) and IPv4-mapped (::ffff:a.b.c.d) addresses show the IPv4 address. */
static bool ends_dotted(struct ht_bytes address, struct run zeros)
{
    return zeros.first == 0 &&
           (zeros.len == 6 || (zeros.len == 5 && ht_be16(address, 5) == 0xFFFF));
}

static char *put_address6(char *at, struct ht_bytes address)
{
    struct run zeros = longest_zeros(address);
    unsigned groups  = ends_dotted(address, zeros) ? GROUPS - 2 : GROUPS;
    for (unsigned i = 0; i < groups;) {
        if (i == zeros.first) {
            *at++ = ':';
            i += zeros.len;
            if (i == GROUPS) {
                *at++ = ':';
            }
            continue;
        }
        if (i > 0) {
            *at++ = ':';
        }
        at = put_group(at, ht_be16(address, i++));
    }
    if (groups < GROUPS) {
        *at++ = ':';
        at    = put_dotted(at, address.ptr + 12);
    }
    return at;
}

char *ht_put_address(char *at, const struct ht_address *address)
{
    if (address->version == 4) {
        return put_dotted(at, address->bytes);
    }
    return address->version == 6 ? put_address6(at, ht_bytes(address->bytes, 16)) : at;
}
