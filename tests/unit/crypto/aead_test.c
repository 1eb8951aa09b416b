/*
 * AES-128: FIPS 197 appendix C.1 (a block); McGrew and Viega, "The Galois/Counter Mode of Operation
 * (GCM)", appendix B, test cases 1, 2 and 4.
 */
#include "support.h"

#include "crypto/aead.h"

static const char key_4[]    = "feffe9928665731c6d6a8f9467308308";
static const char nonce_4[]  = "cafebabefacedbaddecaf888";
static const char aad_4[]    = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
static const char text_4[]   = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                               "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
static const char sealed_4[] = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                               "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
                               "5bc94fbc3221a5db94fae95ae7121a47";

static void test_block(void **state)
{
    uint8_t out[HT_AES_BLOCK_LEN];
    (void)state;
    assert_true(ht_aes128_block(out, hex("000102030405060708090a0b0c0d0e0f").ptr,
                                hex("00112233445566778899aabbccddeeff").ptr));
    assert_true(ht_bytes_equal(ht_bytes(out, sizeof out), hex("69c4e0d86a7b0430d8cdb78070b4c55a")));
}

static void test_open(void **state)
{
    uint8_t out[64];
    (void)state;
    assert_true(
        ht_aes128_gcm_open(out, hex(key_4).ptr, hex(nonce_4).ptr, hex(aad_4), hex(sealed_4)));
    assert_true(ht_bytes_equal(ht_bytes(out, 60), hex(text_4)));
}

/* Cases 1 and 2: no text, and one block of zeros; both without data beside. */
static void test_open_little(void **state)
{
    uint8_t out[16], zeros[16] = {0};
    struct ht_bytes none = ht_bytes(NULL, 0);
    (void)state;
    assert_true(
        ht_aes128_gcm_open(out, zeros, zeros, none, hex("58e2fccefa7e3061367f1d57a4e7455a")));
    assert_true(ht_aes128_gcm_open(
        out, zeros, zeros, none,
        hex("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf")));
    assert_memory_equal(out, zeros, 16);
}

/* Any bit changed, and any byte missing. */
static void test_not_proven(void **state)
{
    uint8_t out[64], sealed[76];
    struct ht_bytes good = hex(sealed_4);
    (void)state;
    for (size_t i = 0; i < good.len; i++) {
        memcpy(sealed, good.ptr, good.len);
        sealed[i] ^= 1;
        assert_false(ht_aes128_gcm_open(out, hex(key_4).ptr, hex(nonce_4).ptr, hex(aad_4),
                                        ht_bytes(sealed, good.len)));
        assert_false(ht_aes128_gcm_open(out, hex(key_4).ptr, hex(nonce_4).ptr, hex(aad_4),
                                        ht_bytes_head(good, i)));
    }
    assert_false(ht_aes128_gcm_open(out, hex(key_4).ptr, hex(nonce_4).ptr,
                                    ht_bytes_head(hex(aad_4), 19), good));
}

static void test_decrypt_cut(void **state)
{
    uint8_t out[64];
    (void)state;
    assert_true(ht_aes128_gcm_decrypt(out, hex(key_4).ptr, hex(nonce_4).ptr,
                                      ht_bytes_head(hex(sealed_4), 21)));
    assert_memory_equal(out, hex(text_4).ptr, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block),       cmocka_unit_test(test_open),
        cmocka_unit_test(test_open_little), cmocka_unit_test(test_not_proven),
        cmocka_unit_test(test_decrypt_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
