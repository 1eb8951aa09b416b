/*
 * Signatures: RFC 8448 section 3's CertificateVerify, and signatures made by the openssl command
 * (OpenSSL 3.0.19: req -x509, dgst -sign, pkeyutl -sign) with keys of its own.
 */
#include "crypto/signature.h"
#include "support.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define RFC8448 HT_SOURCE_DIR "/tests/fuzz/seeds/certificate/rfc8448.der"

static const char rsa_certificate[] =
    "308201f63082015fa00302010202147c43c6b61465fdfab2f4e5f59e88afc5bdc2496a300d06092a8648"
    "86f70d01010b0500300c310a300806035504030c01783020170d3236313132313130323230315a180f32"
    "303531303731333130323230315a300c310a300806035504030c017830819f300d06092a864886f70d01"
    "0101050003818d0030818902818100cf8a527ca0d27ea97878e5cb29c0027e7d6f293101bf221fdb9192"
    "6a41d72f82ae87ca60b1fde042f6b9d4bb0fab5d887784fed5330b5ddeb1b53c0a0ba96c466e061f1bc9"
    "ea768036cd24da2ef4c01d14460928d70347b4eadbff8e9c91f7f45f55e1deadb526fa8cd0e59effedca"
    "800262c55ebe66204b6a6b34b3be7000ed0203010001a3533051301d0603551d0e04160414e87a348632"
    "fa56c49eb89824664023ade01f196d301f0603551d23041830168014e87a348632fa56c49eb898246640"
    "23ade01f196d300f0603551d130101ff040530030101ff300d06092a864886f70d01010b050003818100"
    "a249024cdbc1e94660d3cee00f28f08b7f86c39b7bfd7f9dd449c466731439410209a1bddfc69252468e"
    "b32e3c0628cc8e45d1c9034024ed441614d598614eb2d5409626eb2b171f3f249d46fbd95af07583e42e"
    "f522b811eea627df7672ae0823bd435f5476f4b6da58f597e62c63a1c65864bcf7137b73a9e1affae53b"
    "dd66";
static const char ec_certificate[] =
    "3082016f30820115a00302010202142c46336c657c7958af28558af27c1f8056793567300a06082a8648"
    "ce3d040302300c310a300806035504030c01783020170d3236313132313130323230315a180f32303531"
    "303731333130323230315a300c310a300806035504030c01783059301306072a8648ce3d020106082a86"
    "48ce3d030107034200043009f5dca3253f7971bca013cab85552f87598aca718c806b2d083fedff8e9b3"
    "68aff71117cd6ad2f77f4e5ff9405ad0e3061302fc7be23b6236d126f680a4d2a3533051301d0603551d"
    "0e04160414a6e9142eccec68b19450bdea7d67ad82c25c27c2301f0603551d23041830168014a6e9142e"
    "ccec68b19450bdea7d67ad82c25c27c2300f0603551d130101ff040530030101ff300a06082a8648ce3d"
    "0403020348003045022100c54ab0faa0c2854d0adf2652df0876d2472b010ae2ea51b3e8f36e1616fb1a"
    "e202202b59b74ca6c34ce26f3e6351fe1326bda39d261ec6af24bca17836dda6141d06";
static const char ed25519_certificate[] =
    "3082012e3081e1a003020102021448c5f6d289c49dc461c72a05f37f2f609be4c9d8300506032b657030"
    "0c310a300806035504030c01783020170d3236313132313130323230315a180f32303531303731333130"
    "323230315a300c310a300806035504030c0178302a300506032b6570032100f676dbd9c398eda5cf1cdb"
    "0bea1d7ce531411bddd04e899ba5aa62caf87f2863a3533051301d0603551d0e04160414c4a149f16c5d"
    "b3c750b3244120b6b385dc8f56db301f0603551d23041830168014c4a149f16c5db3c750b3244120b6b3"
    "85dc8f56db300f0603551d130101ff040530030101ff300506032b6570034100b07378caff7b0f215d06"
    "944c851434a2f0bb94653a0be8b9c0103cc3843a056df337f72df284aec5aec485bc76f6a3e669b14709"
    "6294b3187928752556bbdd09";
static const char md5_sha1_by_rsa[] =
    "a01dde14dd721c8279a9d177ba029900d81805ec57e4751755f2c9cd43a93d3408fbe9893057eda76114"
    "b840c07728c9566da43eb52083e4674ef91eddf4c69956d4738ccb83268c0882bfb033232e581d9041ac"
    "9ee08604d4efccb7ff5e008f5bb146dba88ebe1a0792915dad830cf4b0417ce0e85d302ff99d26d75ae6"
    "ac7d";
static const char sha384_by_rsa[] =
    "136491b6f36a4a458832ab9fee14abbc8cfd42ef64523ada2603fc5b7b597179df2bf141e194c610169f"
    "5e4290aa096677c5b8cb3f4e3b4b328b3c69b8f6d5673eb6be377b09753eebd9d3a15a099e1a413e197e"
    "a8f9746bff0df7f9f99d594f91b166c6d1010114d7739f0390b37e34d3aa1a2da75caa11ac6dd5193a6c"
    "e9e3";
static const char sha256_by_ec[] =
    "3045022049f5ea6c7d5ce2aaf3196eb2c90730f9a3a7f18148e0a68f69e400ea18588bf7022100de6163"
    "08462949deb3091de2e60311f9143cab2e81f79c0004efb1712111e8f4";
static const char by_ed25519[] =
    "0f243a8a6afd2b6d7d8e253c94d5c2b726de0400dd7ace79ff5423c546627058a3db258c903892bcdf28"
    "56db40c054893d1bba0df1e14459efb32f694934a007";
static const char rfc8448_signature[] =
    "5a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c"
    "141a078653fa6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac02767145"
    "9e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53dfacd42f"
    "74f3";

/* SHA-256 of ClientHello to Certificate of RFC 8448 section 3. */
static const char rfc8448_transcript[] =
    "764d6632b3c35c3f3205e3499ac3edbaabb88295fba751461d3678e2e5ea0687";

/* What was signed by the openssl command: the bytes 0 to 63 and a word, cut as a hello's randoms
 * and the parameters are. */
struct content {
    uint8_t bytes[64];
    struct ht_signed parts;
};

static const struct ht_signed *content(struct content *room)
{
    for (uint8_t i = 0; i < 64; i++) {
        room->bytes[i] = i;
    }
    room->parts = (struct ht_signed){
        .part = {ht_bytes(room->bytes, 32), ht_bytes(room->bytes + 32, 32), ht_text("parameters")}};
    return &room->parts;
}

static void assert_signature(const char *certificate, uint16_t scheme, const char *signature,
                             enum ht_signature expected)
{
    struct content room;
    const struct ht_signed *parts = content(&room);
    struct ht_verifier *verifier  = ht_verifier_new(hex(certificate));
    assert_non_null(verifier);
    assert_int_equal(ht_signature_check(verifier, scheme, parts, hex(signature)), expected);
    room.bytes[40] ^= 1;
    if (expected == HT_SIGNATURE_GOOD) {
        assert_int_equal(ht_signature_check(verifier, scheme, parts, hex(signature)),
                         HT_SIGNATURE_BAD);
    }
    ht_verifier_free(verifier);
}

static void signatures_of_each_kind(void **state)
{
    (void)state;
    assert_signature(rsa_certificate, 0, md5_sha1_by_rsa, HT_SIGNATURE_GOOD);
    assert_signature(rsa_certificate, 0x0501, sha384_by_rsa, HT_SIGNATURE_GOOD);
    assert_signature(ec_certificate, 0x0403, sha256_by_ec, HT_SIGNATURE_GOOD);
    assert_signature(ed25519_certificate, 0x0807, by_ed25519, HT_SIGNATURE_GOOD);
}

static void another_scheme_does_not_hold(void **state)
{
    (void)state;
    assert_signature(rsa_certificate, 0x0401, sha384_by_rsa, HT_SIGNATURE_BAD);
    assert_signature(ec_certificate, 0x0503, sha256_by_ec, HT_SIGNATURE_BAD);
    assert_signature(ec_certificate, 0x0403, "30", HT_SIGNATURE_BAD);
}

/* A scheme of another kind of key, and one that nobody knows: no verdict. */
static void what_does_not_fit_is_not_judged(void **state)
{
    (void)state;
    assert_signature(ec_certificate, 0x0401, sha256_by_ec, HT_SIGNATURE_UNKNOWN);
    assert_signature(rsa_certificate, 0x4242, sha384_by_rsa, HT_SIGNATURE_UNKNOWN);
    assert_signature(ed25519_certificate, 0, by_ed25519, HT_SIGNATURE_UNKNOWN);
}

/* RFC 8446 section 4.4.3: 64 spaces, the context, a zero, the transcript's hash. */
static void rfc8448_pss(void **state)
{
    static const char context[] = "                                                                "
                                  "TLS 1.3, server CertificateVerify";
    struct ht_arena arena       = {0};
    struct ht_bytes der         = file_bytes(RFC8448);
    struct ht_bytes hash        = ht_arena_copy(&arena, hex(rfc8448_transcript));
    struct ht_verifier *by      = ht_verifier_new(der);
    const struct ht_signed parts = {.part = {ht_bytes(context, sizeof context), hash}};
    (void)state;
    assert_non_null(by);
    assert_int_equal(ht_signature_check(by, 0x0804, &parts, hex(rfc8448_signature)),
                     HT_SIGNATURE_GOOD);
    const struct ht_signed other = {.part = {ht_bytes(context, sizeof context - 1), hash}};
    assert_int_equal(ht_signature_check(by, 0x0804, &other, hex(rfc8448_signature)),
                     HT_SIGNATURE_BAD);
    ht_verifier_free(by);
    ht_arena_clear(&arena);
}

/* Here that of ec_certificate. */
static void a_key_may_stand_alone(void **state)
{
    static const char ec_key[] =
        "3059301306072a8648ce3d020106082a8648ce3d030107034200043009f5dca3253f7971bca013cab85552f8"
        "7598aca718c806b2d083fedff8e9b368aff71117cd6ad2f77f4e5ff9405ad0e3061302fc7be23b6236d126f6"
        "80a4d2";
    (void)state;
    assert_signature(ec_key, 0x0403, sha256_by_ec, HT_SIGNATURE_GOOD);
    assert_null(ht_verifier_new(ht_bytes_head(hex(ec_key), 90)));
}

static void what_is_no_certificate_has_no_key(void **state)
{
    (void)state;
    assert_null(ht_verifier_new(hex("3003020101")));
    assert_null(ht_verifier_new(ht_bytes("", 0)));
}

static void a_slow_key_is_not_taken(void **state)
{
    static const char *const curves[] = {"brainpoolP256r1", "sect571r1"};
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(curves); i++) {
        EVP_PKEY *key = EVP_EC_gen(curves[i]);
        uint8_t *der  = NULL;
        int len       = i2d_PUBKEY(key, &der);
        assert_true(len > 0);
        struct ht_verifier *verifier = ht_verifier_new(ht_bytes(der, (size_t)len));
        assert_int_equal(verifier != NULL, i == 0);
        ht_verifier_free(verifier);
        OPENSSL_free(der);
        EVP_PKEY_free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signatures_of_each_kind),
                                       cmocka_unit_test(another_scheme_does_not_hold),
                                       cmocka_unit_test(what_does_not_fit_is_not_judged),
                                       cmocka_unit_test(rfc8448_pss),
                                       cmocka_unit_test(a_key_may_stand_alone),
                                       cmocka_unit_test(what_is_no_certificate_has_no_key),
                                       cmocka_unit_test(a_slow_key_is_not_taken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
