#include "crypto/public_value.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <stdlib.h>
#include <string.h>

/*
 * Finite fields
 */

static BIGNUM *number_of(struct ht_bytes bytes)
{
    return BN_bin2bn(bytes.ptr, (int)bytes.len, NULL);
}

/* 2^(n-1) = 1 (mod n), as of all primes but 2: costs a hundredth of a proof. */
static bool passes_fermat(const BIGNUM *n, BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *two = BN_CTX_get(ctx), *exponent = BN_CTX_get(ctx), *power = BN_CTX_get(ctx);
    bool passes = power != NULL && BN_set_word(two, 2) == 1 && BN_copy(exponent, n) != NULL &&
                  BN_sub_word(exponent, 1) == 1 && BN_mod_exp(power, two, exponent, n, ctx) == 1 &&
                  BN_is_one(power);
    BN_CTX_end(ctx);
    return passes;
}

static enum ht_prime judge(const BIGNUM *p, BN_CTX *ctx)
{
    enum { SMALLEST_BITS = 3 };
    BN_CTX_start(ctx);
    BIGNUM *half      = BN_CTX_get(ctx);
    enum ht_prime out = HT_PRIME_COMPOSITE;
    if (half == NULL || BN_rshift1(half, p) != 1) {
        out = HT_PRIME_UNKNOWN;
    } else if (BN_num_bits(p) < SMALLEST_BITS) {
        out = BN_is_word(p, 2) || BN_is_word(p, 3) ? HT_PRIME_UNSAFE : HT_PRIME_COMPOSITE;
    } else if (BN_is_odd(p) && passes_fermat(p, ctx)) {
        /* By Pocklington p is prime where (p-1)/2 is, and p passes. */
        bool safe = (BN_is_word(half, 2) || passes_fermat(half, ctx)) &&
                    BN_check_prime(half, ctx, NULL) == 1;
        out = safe                                ? HT_PRIME_SAFE
              : BN_check_prime(p, ctx, NULL) == 1 ? HT_PRIME_UNSAFE
                                                  : HT_PRIME_COMPOSITE;
    }
    BN_CTX_end(ctx);
    return out;
}

enum ht_prime ht_prime_judge(struct ht_bytes number)
{
    enum { LONGEST = 2 * HT_PRIME_MAX_BITS / 8 /* with zeros before it */ };
    BIGNUM *p         = number.len <= LONGEST ? number_of(number) : NULL;
    BN_CTX *ctx       = p != NULL ? BN_CTX_new() : NULL;
    enum ht_prime out = HT_PRIME_UNKNOWN;
    if (ctx != NULL && BN_num_bits(p) <= HT_PRIME_MAX_BITS) {
        out = judge(p, ctx);
    }
    BN_CTX_free(ctx);
    BN_free(p);
    return out;
}

static struct ht_bytes without_zeros(struct ht_bytes number)
{
    while (number.len > 0 && number.ptr[0] == 0) {
        number = ht_bytes_from(number, 1);
    }
    return number;
}

/* Of numbers without zeros before them. */
static int compare(struct ht_bytes a, struct ht_bytes b)
{
    return a.len != b.len ? (a.len < b.len ? -1 : 1) : memcmp(a.ptr, b.ptr, a.len);
}

const char *ht_dh_value_fault(struct ht_bytes value, struct ht_bytes prime)
{
    value = without_zeros(value);
    prime = without_zeros(prime);
    if (value.len == 0) {
        return "0";
    }
    if (value.len == 1 && value.ptr[0] == 1) {
        return "1";
    }
    if (prime.len == 0) {
        return NULL;
    }
    if (compare(value, prime) >= 0) {
        return "p or more";
    }
    /* An odd number's predecessor is it but for the last bit. */
    size_t last = prime.len - 1;
    bool same   = value.len == prime.len && memcmp(value.ptr, prime.ptr, last) == 0;
    return same && value.ptr[last] + 1 == prime.ptr[last] ? "p-1" : NULL;
}

/*
 * Curves
 */

enum { X25519 = 29, X448 = 30, X25519_LEN = 32, X448_LEN = 56 };

/* By their numbers in TLS (RFC 8422 section 5.1.1, RFC 7027, RFC 8734); those that are given by
 * points. */
static const struct curve {
    uint16_t group;
    int nid;
} known[] = {
    {18, NID_secp192k1},       {19, NID_X9_62_prime192v1}, {20, NID_secp224k1},
    {21, NID_secp224r1},       {22, NID_secp256k1},        {23, NID_X9_62_prime256v1},
    {24, NID_secp384r1},       {25, NID_secp521r1},        {26, NID_brainpoolP256r1},
    {27, NID_brainpoolP384r1}, {28, NID_brainpoolP512r1},  {31, NID_brainpoolP256r1},
    {32, NID_brainpoolP384r1}, {33, NID_brainpoolP512r1},
};

struct ht_curves {
    EC_GROUP *groups[HT_ARRAY_LEN(known)]; /* NULL: not loaded, or libcrypto has it not */
    BN_CTX *ctx;
};

struct ht_curves *ht_curves_new(void)
{
    struct ht_curves *curves = calloc(1, sizeof *curves);
    if (curves != NULL && (curves->ctx = BN_CTX_new()) == NULL) {
        free(curves);
        return NULL;
    }
    return curves;
}

void ht_curves_free(struct ht_curves *curves)
{
    for (size_t i = 0; curves != NULL && i < HT_ARRAY_LEN(known); i++) {
        EC_GROUP_free(curves->groups[i]);
    }
    if (curves != NULL) {
        BN_CTX_free(curves->ctx);
    }
    free(curves);
}

static const struct curve *find_curve(uint16_t group)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(known); i++) {
        if (known[i].group == group) {
            return &known[i];
        }
    }
    return NULL;
}

bool ht_point_is_judged(uint16_t group)
{
    return group == X25519 || group == X448 || find_curve(group) != NULL;
}

/* All u-coordinates below 2^255 of points of order 1, 2, 4 and 8, little-endian: 0, 1, two of order
 * 8, and p-1, p, p+1 (RFC 7748 section 6.1; "May the Fourth Be With You", Cremers and Jackson
 * 2019). */
static const uint8_t low_25519[][X25519_LEN] = {
    {0},
    {1},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

static bool is_low_25519(const uint8_t u[X25519_LEN])
{
    uint8_t masked[X25519_LEN]; /* "implementations … MUST mask the most significant bit" */
    memcpy(masked, u, sizeof masked);
    masked[X25519_LEN - 1] &= 0x7F;
    for (size_t i = 0; i < HT_ARRAY_LEN(low_25519); i++) {
        if (memcmp(masked, low_25519[i], X25519_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* 0, 1, and p-1, p, p+1 with p = 2^448 - 2^224 - 1 (RFC 7748 section 6.2). */
static bool is_low_448(const uint8_t u[X448_LEN])
{
    enum { HALF = X448_LEN / 2 };
    uint8_t low[5][X448_LEN] = {{0}, {1}};
    memset(low[2], 0xFF, sizeof low[2]);
    low[2][HALF] = 0xFE;
    memcpy(low[3], low[2], sizeof low[3]);
    low[3][0] = 0xFE;
    memset(low[4] + HALF, 0xFF, HALF);
    for (size_t i = 0; i < HT_ARRAY_LEN(low); i++) {
        if (memcmp(u, low[i], X448_LEN) == 0) {
            return true;
        }
    }
    return false;
}

static const EC_GROUP *load(struct ht_curves *curves, const struct curve *curve)
{
    EC_GROUP **group = &curves->groups[curve - known];
    if (*group == NULL) {
        *group = EC_GROUP_new_by_curve_name(curve->nid);
    }
    return *group;
}

static const char *point_fault(struct ht_curves *curves, const EC_GROUP *group,
                               struct ht_bytes bytes)
{
    EC_POINT *point = EC_POINT_new(group);
    if (point == NULL) {
        return NULL;
    }
    bool on       = EC_POINT_oct2point(group, point, bytes.ptr, bytes.len, curves->ctx) == 1;
    bool infinity = on && EC_POINT_is_at_infinity(group, point) == 1;
    EC_POINT_free(point);
    return infinity ? "is the point at infinity" : on ? NULL : "is not on the curve";
}

const char *ht_point_fault(struct ht_curves *curves, uint16_t group, struct ht_bytes point)
{
    if (group == X25519 || group == X448) {
        size_t len = group == X25519 ? X25519_LEN : X448_LEN;
        if (point.len != len) {
            return "has not the group's length";
        }
        bool low = group == X25519 ? is_low_25519(point.ptr) : is_low_448(point.ptr);
        return low ? "is of low order" : NULL;
    }
    const struct curve *curve = find_curve(group);
    const EC_GROUP *loaded    = curve != NULL ? load(curves, curve) : NULL;
    return loaded != NULL ? point_fault(curves, loaded, point) : NULL;
}
