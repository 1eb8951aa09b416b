/*
 * The PRF of TLS 1.0 to 1.2: the vectors for SHA-256 and SHA-384 that went over the mailing list of
 * the TLS working group; those of TLS 1.0 made by "openssl kdf TLS1-PRF".
 */
#include "support.h"

#include "crypto/prf.h"

#define COUNTED                                                                                    \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"                             \
    "202122232425262728292a2b2c2d2e2f"

static void expect(enum ht_prf prf, const char *secret, const char *label, const char *seed,
                   const char *output)
{
    uint8_t out[256];
    struct ht_bytes expected = hex(output);
    assert_true(ht_prf(prf, out, expected.len, hex(secret), label, hex(seed)));
    assert_memory_equal(out, expected.ptr, expected.len);
}

static void test_tls12(void **state)
{
    (void)state;
    expect(
        HT_PRF_SHA256, "9bbe436ba940f017b17652849a71db35", "test label",
        "a0ba9f936cda311827a6f796ffd5198c",
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e"
        "14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5"
        "a72e5a5110fff70187347b66");
    expect(
        HT_PRF_SHA384, "b80b733d6ceefcdc71566ea48e5567df", "test label",
        "cd665cf6a8447dd6ff8b27555edb7465",
        "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b123"
        "3c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd"
        "4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a2"
        "6854308d5eaa3be85e0990703d73e56f");
}

static void test_tls10(void **state)
{
    (void)state;
    expect(
        HT_PRF_MD5_SHA1, COUNTED, "key expansion", COUNTED "303132333435363738393a3b3c3d3e3f",
        "023d49a0cea8ad8071bf64519dc8f45bd302c1db3e33d39d1f21c548d05194aafa865f78d84b4651d9a6b09a"
        "35da0b679ff676ad640549b5992c5bdd53100729ed84a24bfa6ed554d95085de8cb5781f1d5902ba0aa26301"
        "6c42b00a130e0a3b53f1de1482f7cd45");
}

/* The halves of a secret of an odd length share a byte (RFC 2246 section 5). */
static void test_odd_secret(void **state)
{
    (void)state;
    expect(
        HT_PRF_MD5_SHA1, "0102030405060708090a0b0c0d0e0f", "key expansion",
        COUNTED "303132333435363738393a3b3c3d3e3f",
        "51d971bd6291b5ab7d4775936ba8faafff1eb59ddc7852e58dab7301ef58cfb3aa9d1ac8aab01912dc0ef493"
        "dab62c98ce63397436cbec3e27fd4d970b48a291b7d62a54b5b51cec5b2f1482dd2deff065a2e143e4adc650"
        "b61bf6b09ed3e147c23e5628f9d49cf9");
}

static void test_refused(void **state)
{
    uint8_t out[16], seed[128] = {0}, secret[513] = {0};
    (void)state;
    assert_false(ht_prf(HT_PRF_SHA256, out, sizeof out, hex("00"), "l", ht_bytes(seed, 128)));
    assert_false(ht_prf(HT_PRF_SHA256, out, sizeof out, ht_bytes(secret, 513), "l", hex("00")));
}

/* FIPS 180-2 appendix B.1 ("abc"), RFC 1321 and RFC 3174 likewise. */
static void test_hash(void **state)
{
    uint8_t out[HT_DIGEST_MAX];
    struct ht_digester *digester = ht_digester_new();
    struct ht_bytes both =
        hex("900150983cd24fb0d6963f7d28e17f72 a9993e364706816aba3e25717850c26c9cd0d89d");
    struct ht_bytes sha256 =
        hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    (void)state;
    assert_int_equal(ht_prf_hash(digester, HT_PRF_MD5_SHA1, out, ht_text("abc")), 36);
    assert_memory_equal(out, both.ptr, 36);
    assert_int_equal(ht_prf_hash(NULL, HT_PRF_SHA256, out, ht_text("abc")), 32);
    assert_memory_equal(out, sha256.ptr, 32);
    assert_int_equal(ht_prf_hash(digester, HT_PRF_SHA384, out, ht_text("abc")), 48);
    ht_digester_free(digester);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tls12), cmocka_unit_test(test_tls10),
                                       cmocka_unit_test(test_odd_secret),
                                       cmocka_unit_test(test_refused), cmocka_unit_test(test_hash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
