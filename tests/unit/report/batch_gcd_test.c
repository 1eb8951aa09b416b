/*
 * Moduli with factors that are known: Mersenne primes (OEIS A000043: 2^p - 1 is prime for p of 61,
 * 89, 107, 127, 521, 607, 1279, 2203, 2281).
 */
#include "support.h"

#include "report/batch_gcd.h"

#include <openssl/bn.h>
#include <stdlib.h>

/* (2^p - 1) (2^q - 1), big-endian; lives until the program ends. */
static struct ht_bytes product(int p, int q)
{
    BIGNUM *a = BN_new(), *b = BN_new(), *n = BN_new();
    BN_CTX *context = BN_CTX_new();
    assert_true(BN_set_bit(a, p) && BN_sub_word(a, 1) && BN_set_bit(b, q) && BN_sub_word(b, 1));
    assert_true(BN_mul(n, a, b, context));
    size_t len = (size_t)BN_num_bytes(n);
    static uint8_t room[8192];
    static size_t used;
    assert_true(used + len <= sizeof room);
    uint8_t *bytes = room + used;
    used += len;
    assert_int_equal(BN_bn2bin(n, bytes), len);
    BN_free(a);
    BN_free(b);
    BN_free(n);
    BN_CTX_free(context);
    return ht_bytes(bytes, len);
}

static void two_share_a_prime(void **state)
{
    (void)state;
    const struct ht_bytes moduli[] = {product(521, 607), product(1279, 2203), product(127, 521),
                                      product(61, 89), product(107, 2281)};
    const bool expected[]          = {true, false, true, false, false};
    bool shares[HT_ARRAY_LEN(moduli)];
    assert_true(ht_batch_gcd(moduli, HT_ARRAY_LEN(moduli), shares));
    for (size_t i = 0; i < HT_ARRAY_LEN(moduli); i++) {
        assert_int_equal(shares[i], expected[i]);
    }
    assert_true(ht_common_factor(moduli[0], moduli[2]));
    assert_false(ht_common_factor(moduli[0], moduli[1]));
}

/* As where one device's generator made all: each prime in two moduli. */
static void all_share(void **state)
{
    (void)state;
    const struct ht_bytes moduli[] = {product(521, 607), product(607, 1279), product(1279, 521)};
    bool shares[HT_ARRAY_LEN(moduli)];
    assert_true(ht_batch_gcd(moduli, HT_ARRAY_LEN(moduli), shares));
    assert_true(shares[0] && shares[1] && shares[2]);
}

/* For each number of moduli the tree has another shape. */
static void in_any_number(void **state)
{
    (void)state;
    static const int exponents[] = {61, 89, 107, 127, 521, 607, 1279, 2203};
    struct ht_bytes moduli[HT_ARRAY_LEN(exponents)];
    bool shares[HT_ARRAY_LEN(exponents)];
    for (size_t i = 0; i < HT_ARRAY_LEN(exponents); i++) {
        moduli[i] = product(exponents[i], 2281); /* a prime that all have */
    }
    for (size_t num = 0; num <= HT_ARRAY_LEN(moduli); num++) {
        memset(shares, 0, sizeof shares);
        assert_true(ht_batch_gcd(moduli, num, shares));
        for (size_t i = 0; i < num; i++) {
            assert_int_equal(shares[i], num > 1);
        }
    }
}

static void nothing_in_common(void **state)
{
    (void)state;
    const struct ht_bytes moduli[] = {product(61, 89), product(107, 127), product(521, 607)};
    bool shares[]                  = {true, true, true};
    assert_true(ht_batch_gcd(moduli, HT_ARRAY_LEN(moduli), shares));
    assert_false(shares[0] || shares[1] || shares[2]);
}

/* Zero, from a certificate that is nonsense, is refused, and does not end the program. */
static void zero_is_no_modulus(void **state)
{
    (void)state;
    static const uint8_t zero[4];
    const struct ht_bytes moduli[] = {product(61, 89), ht_bytes(zero, sizeof zero)};
    bool shares[2];
    assert_false(ht_batch_gcd(moduli, 2, shares));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_share_a_prime),  cmocka_unit_test(all_share),
        cmocka_unit_test(in_any_number),      cmocka_unit_test(nothing_in_common),
        cmocka_unit_test(zero_is_no_modulus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
