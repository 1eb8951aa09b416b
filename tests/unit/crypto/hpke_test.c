/*
 * HPKE: RFC 9180 appendix A.1.1 (DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM) and A.4.1
 * (DHKEM(P-256, HKDF-SHA256), HKDF-SHA512, AES-128-GCM), base mode, from the shared secret on.
 */
#include "support.h"

#include "crypto/hpke.h"

static const struct ht_hpke_suite suite = {.kem = 0x20, .kdf = 1, .aead = 1};

static bool schedule(struct ht_hpke *out)
{
    return ht_hpke_schedule(out, &suite,
                            hex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc"),
                            hex("4f6465206f6e2061204772656369616e2055726e"));
}

static void test_schedule(void **state)
{
    struct ht_hpke hpke;
    (void)state;
    assert_true(schedule(&hpke));
    assert_int_equal(hpke.cipher, HT_AES_128_GCM);
    assert_memory_equal(hpke.key, hex("4531685d41d65f03dc48f6b8302c05b0").ptr, 16);
    assert_memory_equal(hpke.base_nonce, hex("56d890e5accaaf011cff4b7d").ptr, HT_NONCE_LEN);
}

static void test_schedule_sha512(void **state)
{
    const struct ht_hpke_suite sha512 = {.kem = 0x10, .kdf = 3, .aead = 1};
    struct ht_hpke hpke;
    (void)state;
    assert_true(ht_hpke_schedule(
        &hpke, &sha512, hex("02f584736390fc93f5b4ad039826a3fa08e9911bd1215a3db8e8791ba533cafd"),
        hex("4f6465206f6e2061204772656369616e2055726e")));
    assert_memory_equal(hpke.key, hex("090ca96e5f8aa02b69fac360da50ddf9").ptr, 16);
    assert_memory_equal(hpke.base_nonce, hex("9c995e621bf9a20c5ca45546").ptr, HT_NONCE_LEN);
}

static void expect(struct ht_opener *opener, uint64_t sequence, const char *aad, const char *sealed)
{
    const struct ht_bytes text = hex("4265617574792069732074727574682c20747275746820626561757479");
    struct ht_hpke hpke;
    uint8_t out[64];
    assert_true(schedule(&hpke));
    assert_true(ht_hpke_open(&hpke, opener, sequence, out, hex(aad), hex(sealed)));
    assert_memory_equal(out, text.ptr, text.len);
    assert_false(ht_hpke_open(&hpke, opener, sequence + 1, out, hex(aad), hex(sealed)));
    assert_false(ht_hpke_open(&hpke, opener, sequence, out, hex("00"), hex(sealed)));
}

static void test_open(void **state)
{
    struct ht_opener *opener = ht_opener_new();
    (void)state;
    expect(opener, 0, "436f756e742d30",
           "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
           "6d8770ac83d07bea87e13c512a");
    expect(opener, 1, "436f756e742d31",
           "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab25"
           "1c03d0c22a56b8ca42c2063b84");
    ht_opener_free(opener);
}

static void test_refused(void **state)
{
    static const uint8_t info[HT_HPKE_INFO_MAX + 1];
    const struct ht_hpke_suite no_kdf = {0x20, 4, 1}, no_aead = {0x20, 1, 0xffff};
    struct ht_bytes secret = hex("00112233");
    struct ht_hpke hpke;
    (void)state;
    assert_false(ht_hpke_schedule(&hpke, &no_kdf, secret, ht_bytes(NULL, 0)));
    assert_false(ht_hpke_schedule(&hpke, &no_aead, secret, ht_bytes(NULL, 0)));
    assert_false(ht_hpke_schedule(&hpke, &suite, secret, ht_bytes(info, sizeof info)));
    assert_false(ht_hpke_schedule(&hpke, &suite, ht_bytes(NULL, 0), ht_bytes(NULL, 0)));
    assert_true(ht_hpke_schedule(&hpke, &suite, secret, ht_bytes(info, HT_HPKE_INFO_MAX)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_schedule_sha512),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
