/*
 * Keys of all kinds, in certificates made here. What is told of each must be what libcrypto says
 * after it decoded the key.
 */
#include "analysis/certificate/certificate.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "support.h"

static struct ht_arena arena;
static struct ht_certificate_decoder *decoder;
static EVP_PKEY *issuer_key;

static int start(void **state)
{
    (void)state;
    decoder    = ht_certificate_decoder_new();
    issuer_key = EVP_EC_gen("P-256");
    return decoder != NULL && issuer_key != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    ht_certificate_decoder_free(decoder);
    EVP_PKEY_free(issuer_key);
    return 0;
}

static X509 *certificate_of(EVP_PKEY *key)
{
    X509 *x509         = X509_new();
    X509_NAME *subject = X509_get_subject_name(x509);
    assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"subject", -1, -1, 0),
                     1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 0));
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    return x509;
}

/* Signs it and compares; frees it. Returns whether libcrypto could decode the key. */
static bool compare(X509 *x509)
{
    uint8_t *der = NULL;
    assert_true(X509_sign(x509, issuer_key, EVP_sha256()) > 0);
    int len = i2d_X509(x509, &der);
    assert_true(len > 0);
    X509_free(x509);

    struct ht_certificate c;
    assert_true(ht_certificate_decode(decoder, &arena, ht_bytes(der, (size_t)len), &c));
    const uint8_t *at   = der;
    X509 *again         = d2i_X509(NULL, &at, len);
    const EVP_PKEY *key = X509_get0_pubkey(again);
    char curve[64]      = "";
    bool is_ec          = key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC;
    if (is_ec) {
        (void)EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL);
    }
    assert_int_equal(c.key->bits, key != NULL ? EVP_PKEY_get_bits(key) : 0);
    assert_text(c.key->curve, strcmp(curve, "prime256v1") == 0 ? "secp256r1" : curve);
    bool decoded = key != NULL;
    X509_free(again);
    OPENSSL_free(der);
    ht_arena_clear(&arena);
    ERR_clear_error();
    return decoded;
}

static void compare_key(EVP_PKEY *key)
{
    assert_non_null(key);
    assert_true(compare(certificate_of(key)));
    EVP_PKEY_free(key);
}

static void rsa(void **state)
{
    (void)state;
    static const size_t sizes[] = {512, 513, 1023, 1024, 1031, 1032, 2048};
    for (size_t i = 0; i < HT_ARRAY_LEN(sizes); i++) {
        compare_key(EVP_RSA_gen(sizes[i]));
    }
}

static void curves(void **state)
{
    (void)state;
    static const char *const names[] = {"P-224", "P-256",     "P-384",
                                        "P-521", "secp256k1", "brainpoolP256r1"};
    for (size_t i = 0; i < HT_ARRAY_LEN(names); i++) {
        compare_key(EVP_EC_gen(names[i]));
    }
}

static void other_kinds(void **state)
{
    (void)state;
    static const char *const names[] = {"ED25519", "ED448", "X25519"};
    for (size_t i = 0; i < HT_ARRAY_LEN(names); i++) {
        compare_key(EVP_PKEY_Q_keygen(NULL, NULL, names[i]));
    }
}

static void compressed_point(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_int_equal(
        EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED),
        1);
    compare_key(key);
}

/* A certificate whose key is these bytes. */
static bool compare_bytes(int algorithm, int parameters_type, void *parameters, const char *digits)
{
    struct ht_bytes key = hex(digits);
    uint8_t *copy       = OPENSSL_malloc(key.len + 1);
    X509 *x509          = certificate_of(issuer_key);
    memcpy(copy, key.ptr, key.len);
    assert_int_equal(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x509), OBJ_nid2obj(algorithm),
                                            parameters_type, parameters, copy, (int)key.len),
                     1);
    return compare(x509);
}

/* RSAPublicKey in DER and in what only resembles it, of which libcrypto takes some. */
static void rsa_of_any_form(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "3007 0202 0123 0201 03",
        "3006 0201 7f 0201 03",
        "3007 0202 00ff 0201 03",
        "3006 0201 ff 0201 03",         /* negative */
        "3006 0201 00 0201 03",         /* zero */
        "3006 0201 7f 0201 ff",         /* negative exponent */
        "3007 0202 007f 0201 03",       /* longer than need be */
        "3007 0202 ffff 0201 03",       /* likewise, negative */
        "3005 0200 0201 03",            /* empty */
        "3003 0201 7f",                 /* no exponent */
        "3009 0201 7f 0201 03 0201 01", /* a third number */
        "3006 0201 7f 0201 03 00",      /* a byte follows */
        "308106 0201 7f 0201 03",       /* its length longer than need be */
        "30820006 0201 7f 0201 03",     /* likewise */
        "3080 0201 7f 0201 03 0000",    /* of no definite length */
        "3007 0201 7f 0201 03",         /* cut */
        "3106 0201 7f 0201 03",         /* no SEQUENCE */
        "3006 0301 7f 0201 03",         /* no INTEGER */
        "",
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(keys); i++) {
        bool with_null = compare_bytes(NID_rsaEncryption, V_ASN1_NULL, NULL, keys[i]);
        bool without   = compare_bytes(NID_rsaEncryption, V_ASN1_UNDEF, NULL, keys[i]);
        assert_true((with_null && without) || i >= 3);
    }
}

/* Points that are not as long as the curve asks for, or in a form that there is none of; the point
 * at infinity. */
static void points_of_any_form(void **state)
{
    (void)state;
    static const char *const points[] = {
        "",
        "00",
        "04",
        "04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51",
        "05 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        "04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f500",
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(points); i++) {
        (void)compare_bytes(NID_X9_62_id_ecPublicKey, V_ASN1_OBJECT,
                            OBJ_nid2obj(NID_X9_62_prime256v1), points[i]);
    }
    (void)compare_bytes(NID_X9_62_id_ecPublicKey, V_ASN1_NULL, NULL, "04");
    /* P-256's base point, SEC 2 section 2.4.2; in P-384 too short */
    static const char base[] = "04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                               "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    assert_true(compare_bytes(NID_X9_62_id_ecPublicKey, V_ASN1_OBJECT,
                              OBJ_nid2obj(NID_X9_62_prime256v1), base));
    assert_false(
        compare_bytes(NID_X9_62_id_ecPublicKey, V_ASN1_OBJECT, OBJ_nid2obj(NID_secp384r1), base));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa),
        cmocka_unit_test(curves),
        cmocka_unit_test(other_kinds),
        cmocka_unit_test(compressed_point),
        cmocka_unit_test(rsa_of_any_form),
        cmocka_unit_test(points_of_any_form),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
