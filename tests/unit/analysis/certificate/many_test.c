/*
 * Certificates made here, as nobody has them: with more of something, or by keys that are slow.
 */
#include "analysis/certificate/certificate.h"
#include "support.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>

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
    ht_arena_clear(&arena);
    return 0;
}

static X509 *certificate_new(void)
{
    X509 *x509 = X509_new();
    assert_int_equal(X509_set_version(x509, X509_VERSION_3), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 0));
    assert_int_equal(X509_set_pubkey(x509, issuer_key), 1);
    return x509;
}

/* Adds extension 1.2.3.`number`, of nobody. */
static void add(X509 *x509, int number, bool critical)
{
    char oid[32];
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    (void)snprintf(oid, sizeof oid, "1.2.3.%d", number);
    ASN1_OBJECT *object       = OBJ_txt2obj(oid, 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(object);
    ASN1_OCTET_STRING_free(value);
}

/* Signs it and decodes it; frees it. */
static struct ht_certificate decoded_anyhow(X509 *x509)
{
    struct ht_certificate certificate;
    uint8_t *der = NULL;
    assert_true(X509_sign(x509, issuer_key, EVP_sha256()) > 0);
    int len = i2d_X509(x509, &der);
    assert_true(len > 0);
    (void)ht_certificate_decode(decoder, &arena, ht_bytes(der, (size_t)len), &certificate);
    OPENSSL_free(der);
    X509_free(x509);
    return certificate;
}

static struct ht_certificate decoded(X509 *x509)
{
    struct ht_certificate certificate = decoded_anyhow(x509);
    assert_false(certificate.malformed);
    return certificate;
}

static X509 *with_extensions(int num)
{
    X509 *x509 = certificate_new();
    for (int i = 0; i < num; i++) {
        add(x509, i, false);
    }
    return x509;
}

static void the_first_fault_of_the_extensions_is_told(void **state)
{
    (void)state;
    static const int nums[] = {3, 32, 33, 500};
    for (size_t i = 0; i < HT_ARRAY_LEN(nums); i++) {
        assert_int_equal(decoded(with_extensions(nums[i])).fault.len, 0);
        X509 *x509 = with_extensions(nums[i]);
        add(x509, 2, false);
        add(x509, 1, false);
        add(x509, 2, false);
        assert_text(decoded(x509).fault, "extension 1.2.3.1 is there twice");
        x509 = certificate_new();
        add(x509, 501, true);
        for (int j = 0; j < 2 * nums[i]; j++) {
            add(x509, j % nums[i], false);
        }
        assert_text(decoded(x509).fault, "extension 1.2.3.501 is critical, and nobody knows it");
        x509 = with_extensions(nums[i]);
        add(x509, 501, true);
        add(x509, 2, false);
        assert_text(decoded(x509).fault, "extension 1.2.3.2 is there twice");
    }
}

/* By RFC 5280 section 4.2.2.1 in the order of preference; libcrypto's X509_get1_ocsp would say
 * another. */
static void responders_are_told_in_order_and_once(void **state)
{
    (void)state;
    X509 *x509                = certificate_new();
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(
        NULL, NULL, NID_info_access,
        "OCSP;URI:http://c,OCSP;URI:http://b,caIssuers;URI:http://d,OCSP;DNS:e,OCSP;URI:http://c,"
        "OCSP;URI:http://aa,OCSP;URI:http://b");
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
    struct ht_certificate certificate = decoded(x509);
    assert_int_equal(certificate.ocsp_urls.len, 3);
    assert_text(certificate.ocsp_urls.items[0], "http://c");
    assert_text(certificate.ocsp_urls.items[1], "http://b");
    assert_text(certificate.ocsp_urls.items[2], "http://aa");
}

/* With so many names in its issuer and distribution points relative to that. */
static X509 *with_points(int names, int num)
{
    X509 *x509               = certificate_new();
    X509_NAME *issuer        = X509_get_issuer_name(x509);
    CRL_DIST_POINTS *points  = CRL_DIST_POINTS_new();
    const unsigned char *one = (const unsigned char *)"n";
    for (int i = 0; i < names; i++) {
        assert_int_equal(X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_ASC, one, 1, -1, 0), 1);
    }
    for (int i = 0; i < num; i++) {
        DIST_POINT *point              = DIST_POINT_new();
        X509_NAME_ENTRY *entry         = NULL;
        point->distpoint               = DIST_POINT_NAME_new();
        point->distpoint->type         = 1;
        STACK_OF(X509_NAME_ENTRY) *own = sk_X509_NAME_ENTRY_new_null();
        entry = X509_NAME_ENTRY_create_by_txt(NULL, "CN", MBSTRING_ASC, one, 1);
        assert_true(entry != NULL && sk_X509_NAME_ENTRY_push(own, entry) == 1);
        point->distpoint->name.relativename = own;
        assert_true(sk_DIST_POINT_push(points, point) > 0);
    }
    assert_int_equal(X509_add1_ext_i2d(x509, NID_crl_distribution_points, points, 0, 0), 1);
    CRL_DIST_POINTS_free(points);
    return x509;
}

/* libcrypto would complete each of them with the whole name. */
static void points_relative_to_a_long_name_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decoded(with_points(20, 15)).fault.len, 0);
    assert_int_equal(decoded(with_points(1, 250)).fault.len, 0);
    struct ht_certificate certificate = decoded_anyhow(with_points(200, 200));
    assert_true(certificate.malformed);
    assert_text(certificate.fault, "too many names are relative to its issuer's");
    assert_int_equal(certificate.sha256.len, 32);
}

/* Of a certificate by a new key on that curve. */
static struct ht_certificate by_key_on(const char *curve)
{
    EVP_PKEY *usual = issuer_key;
    issuer_key      = EVP_EC_gen(curve);
    assert_non_null(issuer_key);
    struct ht_certificate certificate = decoded(certificate_new());
    EVP_PKEY_free(issuer_key);
    issuer_key = usual;
    assert_true(certificate.self_issued);
    assert_false(certificate.malformed);
    return certificate;
}

static void of_slow_keys_nobody_asks_whether_they_verify_themselves(void **state)
{
    (void)state;
    assert_true(by_key_on("P-384").self_signed);
    assert_true(by_key_on("brainpoolP512r1").self_signed);
    assert_false(by_key_on("sect163k1").self_signed);
    assert_false(by_key_on("sect571r1").self_signed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_fault_of_the_extensions_is_told),
        cmocka_unit_test(responders_are_told_in_order_and_once),
        cmocka_unit_test(points_relative_to_a_long_name_are_refused),
        cmocka_unit_test(of_slow_keys_nobody_asks_whether_they_verify_themselves),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
