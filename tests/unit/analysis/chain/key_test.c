/*
 * Keys that are wrong by themselves. The moduli were made by a few lines of Python: that with
 * ROCA's fingerprint from two primes of the form that Nemec et al. found (The Return of
 * Coppersmith's Attack, CCS 2017): k * M + (65537^a mod M), M the product of the primes up to 167;
 * those with close factors from primes whose distance makes Fermat's method take the rounds that
 * are given.
 */
#include "support.h"

#include "analysis/chain/key.h"

#include <openssl/bn.h>
#include <openssl/x509.h>

#define ROCA                                                                                       \
    "768ab5a013d7707c903578c4ebad43685e954a672d6fa845afcb022289b7ce0a"                             \
    "1ed3ed7315e1153b6b57c41a69004658cac1bbbfe0d2b883c1adfb6d88505997"

static void test_roca(void **state)
{
    (void)state;
    assert_true(chain_key_has_roca(hex(ROCA)));
    /* The next odd number; and a product of two primes as anybody finds them. */
    struct ht_bytes modulus = hex(ROCA);
    ((uint8_t *)(uintptr_t)modulus.ptr)[modulus.len - 1] += 2;
    assert_false(chain_key_has_roca(modulus));
    assert_false(chain_key_has_roca(
        hex("4089332a561ed27476fbaf1fcc500766f1b7a0a3a36f08ab7f29554fb49e1015")));
    assert_false(chain_key_has_roca(hex("")));
}

static void test_close_primes(void **state)
{
    static const struct {
        const char *modulus;
        bool close;
    } cases[] = {
        {"4089332a561ed27476fbaf1fcc500766f1b7a0a3a36f08ab7f29554fb49e1015", true},  /* 1 round */
        {"4089332a561ed27e01250c01a2c4dccb93cb212ab11d3d3fdd0b8a215167fdf5", true},  /* 100 */
        {"4089332a561ed281045a87a744cecf6057820692533cb92c48c7d0bb85013bb1", false}, /* 169 */
        {ROCA, false},
        {"", false},
        {"00", false},
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        assert_int_equal(chain_key_has_close_primes(hex(cases[i].modulus)), cases[i].close);
    }
}

/* Of (a + b)(a - b) Fermat's method starts at its root and comes to `a` after about b * b / 2a
 * rounds: with a = 2^n + 1 and b = 2^(n/2 + j) these are 2^(2j - 1). */
static void test_close_primes_of_any_size(void **state)
{
    (void)state;
    BIGNUM *a = BN_new(), *b = BN_new(), *modulus = BN_new(), *sum = BN_new();
    for (int n = 30; n <= 2048; n += n < 128 ? 2 : 62) {
        for (int j = 0; j <= 4; j++) {
            uint8_t bytes[1024];
            assert_true(BN_set_word(a, 1) && BN_set_bit(a, n));
            assert_true(BN_set_word(b, 0) && BN_set_bit(b, n / 2 + j));
            assert_true(BN_add(sum, a, b) && BN_sub(b, a, b));
            BN_CTX *scratch = BN_CTX_new();
            assert_true(BN_mul(modulus, sum, b, scratch));
            BN_CTX_free(scratch);
            int len = BN_bn2bin(modulus, bytes);
            assert_int_equal(chain_key_has_close_primes(ht_bytes(bytes, (size_t)len)), j < 4);
        }
    }
    BN_free(a);
    BN_free(b);
    BN_free(modulus);
    BN_free(sum);
}

static void look(struct chain_key *out, const char *path)
{
    struct ht_bytes der = file_bytes(path);
    const uint8_t *end  = der.ptr;
    X509 *x509          = d2i_X509(NULL, &end, (long)der.len);
    assert_non_null(x509);
    chain_key_look(out, x509);
    assert_int_equal(chain_key_is_weak(x509), out->weak);
    X509_free(x509);
}

#define FOLDER "tests/unit/analysis/chain/certificates/"

static void test_keys_of_certificates(void **state)
{
    struct chain_key key;
    (void)state;
    look(&key, FOLDER "rsa1024.der");
    assert_true(key.weak && !key.roca && !key.close_primes);
    assert_int_equal(key.rsa_exponent, 65537);
    look(&key, FOLDER "rsa2048.der");
    assert_false(key.weak || key.roca || key.close_primes);
    look(&key, FOLDER "good.der"); /* P-256 */
    assert_false(key.weak);
    assert_int_equal(key.rsa_exponent, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roca),
        cmocka_unit_test(test_close_primes),
        cmocka_unit_test(test_close_primes_of_any_size),
        cmocka_unit_test(test_keys_of_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
