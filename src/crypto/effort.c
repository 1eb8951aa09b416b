#include "crypto/effort.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <string.h>

enum {
    RSA_BITS_MAX          = 8192,
    RSA_EXPONENT_BITS_MAX = 64,
    DSA_BITS_MAX          = 3072,
    EXPLICIT_BITS_MAX     = 384
};

static bool rsa_is_cheap(const EVP_PKEY *key)
{
    BIGNUM *exponent = NULL;
    bool cheap       = EVP_PKEY_get_bits(key) <= RSA_BITS_MAX &&
                 EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
                 BN_num_bits(exponent) <= RSA_EXPONENT_BITS_MAX;
    BN_free(exponent);
    return cheap;
}

static bool says(const EVP_PKEY *key, const char *parameter, const char *expected)
{
    char value[64];
    size_t len;
    return EVP_PKEY_get_utf8_string_param(key, parameter, value, sizeof value, &len) == 1 &&
           strcmp(value, expected) == 0;
}

static bool curve_is_cheap(const EVP_PKEY *key)
{
    bool is_named = says(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_GROUP);
    return says(key, OSSL_PKEY_PARAM_EC_FIELD_TYPE, SN_X9_62_prime_field) &&
           (is_named || EVP_PKEY_get_bits(key) <= EXPLICIT_BITS_MAX);
}

bool ht_key_is_cheap(const EVP_PKEY *key)
{
    switch (key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
    case EVP_PKEY_NONE:
        return false;
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return rsa_is_cheap(key);
    case EVP_PKEY_DSA:
        return EVP_PKEY_get_bits(key) <= DSA_BITS_MAX;
    case EVP_PKEY_EC:
        return curve_is_cheap(key);
    default:
        return true;
    }
}
