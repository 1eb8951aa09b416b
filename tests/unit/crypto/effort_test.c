#include "crypto/effort.h"
#include "support.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

static bool is_cheap(EVP_PKEY *key)
{
    assert_non_null(key);
    bool cheap = ht_key_is_cheap(key);
    EVP_PKEY_free(key);
    return cheap;
}

/* Whose modulus is nobody's. */
static EVP_PKEY *rsa(int bits, int exponent_bits)
{
    EVP_PKEY *key   = NULL;
    BIGNUM *modulus = BN_new(), *exponent = BN_new();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context   = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    assert_true(BN_set_bit(modulus, bits - 1) == 1 && BN_set_bit(modulus, 0) == 1);
    assert_true(BN_set_bit(exponent, exponent_bits - 1) == 1 && BN_set_bit(exponent, 0) == 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent), 1);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

static EVP_PKEY *on_curve(const char *curve, const char *encoding)
{
    EVP_PKEY *key = EVP_EC_gen(curve);
    assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding), 1);
    return key;
}

static void rsa_is_by_length_and_exponent(void **state)
{
    (void)state;
    assert_true(is_cheap(rsa(2048, 17)));
    assert_true(is_cheap(rsa(3072, 64)));
    assert_false(is_cheap(rsa(3072, 65)));
    assert_false(is_cheap(rsa(3072, 3071)));
    assert_true(is_cheap(rsa(8192, 17)));
    assert_false(is_cheap(rsa(8193, 17)));
}

static void curves_are_prime_and_named_or_short(void **state)
{
    static const struct {
        const char *name;
        bool named, explicit;
    } curves[] = {
        {"P-256", true, true},
        {"P-384", true, true},
        {"P-521", true, false},
        {"secp256k1", true, true},
        {"brainpoolP512r1", true, false},
        {"sect163k1", false, false},
        {"sect571r1", false, false},
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(curves); i++) {
        assert_int_equal(is_cheap(on_curve(curves[i].name, OSSL_PKEY_EC_ENCODING_GROUP)),
                         curves[i].named);
        assert_int_equal(is_cheap(on_curve(curves[i].name, OSSL_PKEY_EC_ENCODING_EXPLICIT)),
                         curves[i].explicit);
    }
}

static void others_are_what_they_are(void **state)
{
    (void)state;
    assert_true(is_cheap(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")));
    assert_true(is_cheap(EVP_PKEY_Q_keygen(NULL, NULL, "ED448")));
    assert_false(ht_key_is_cheap(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_is_by_length_and_exponent),
        cmocka_unit_test(curves_are_prime_and_named_or_short),
        cmocka_unit_test(others_are_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
