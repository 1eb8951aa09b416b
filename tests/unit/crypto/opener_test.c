/*
 * Ciphers: McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", test cases 4 and 16;
 * NIST SP 800-38C example 3; RFC 8439 section 2.8.2; NIST SP 800-38A section F.2.1. Masks: RFC 9001
 * sections A.2 and A.5.
 */
#include "support.h"

#include "crypto/opener.h"

struct vector {
    enum ht_cipher cipher;
    size_t tag_len;
    const char *key, *nonce, *aad, *sealed, *text;
};

static const struct vector vectors[] = {
    {HT_AES_128_GCM, 16, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"},
    {HT_AES_256_GCM, 16, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"},
    {HT_AES_128_CCM, 8, "404142434445464748494a4b4c4d4e4f", "101112131415161718191a1b",
     "000102030405060708090a0b0c0d0e0f10111213",
     "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951",
     "202122232425262728292a2b2c2d2e2f3031323334353637"},
    {HT_CHACHA20_POLY1305, 16, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
     "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
     "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
     "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
     "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
     "637265656e20776f756c642062652069742e"},
};

static bool opens(struct ht_opener *opener, const struct vector *v, const struct ht_sealed *sealed,
                  uint8_t *out)
{
    return ht_open_sealed(opener, v->cipher, out, hex(v->key).ptr, hex(v->nonce).ptr, sealed);
}

static void test_sealed(void **state)
{
    uint8_t out[128];
    for (size_t i = 0; i < HT_ARRAY_LEN(vectors); i++) {
        const struct vector *v       = &vectors[i];
        const struct ht_sealed whole = {hex(v->sealed), hex(v->aad), v->tag_len};
        const struct ht_sealed other = {whole.bytes, hex(v->key), v->tag_len};
        const struct ht_sealed cut   = {ht_bytes_head(whole.bytes, v->tag_len - 1), whole.aad,
                                        v->tag_len};
        struct ht_bytes text         = hex(v->text);
        assert_true(opens(*state, v, &whole, out));
        assert_memory_equal(out, text.ptr, text.len);
        assert_false(opens(*state, v, &other, out));
        assert_false(opens(*state, v, &cut, out));
        assert_true(opens(*state, v, &whole, out)); /* a failure leaves nothing behind */
    }
}

static void test_blocks(void **state)
{
    uint8_t out[32];
    struct ht_bytes key = hex("2b7e151628aed2a6abf7158809cf4f3c");
    struct ht_bytes iv  = hex("000102030405060708090a0b0c0d0e0f");
    struct ht_bytes in  = hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
    assert_true(ht_open_blocks(*state, HT_AES_128_CBC, out, key.ptr, iv.ptr, in));
    assert_memory_equal(out,
                        hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51").ptr,
                        sizeof out);
    assert_false(
        ht_open_blocks(*state, HT_AES_128_CBC, out, key.ptr, iv.ptr, ht_bytes_head(in, 15)));
}

static void expect_mask(struct ht_opener *opener, enum ht_cipher cipher, const char *key,
                        const char *sample, const char *mask)
{
    uint8_t out[HT_MASK_LEN];
    assert_true(ht_open_mask(opener, cipher, out, hex(key).ptr, hex(sample).ptr));
    assert_memory_equal(out, hex(mask).ptr, 5);
}

static void test_mask(void **state)
{
    uint8_t out[HT_MASK_LEN], key[HT_CIPHER_KEY_MAX] = {0};
    expect_mask(*state, HT_AES_128_GCM, "9f50449e04a0e810283a1e9933adedd2",
                "d1b1c98dd7689fb8ec11d242b123dc9b", "437b9aec36");
    expect_mask(*state, HT_CHACHA20_POLY1305,
                "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4",
                "5e5cd55c41f69080575d7999c25a5bfb", "aefefe7d03");
    assert_false(ht_open_mask(*state, HT_3DES_CBC, out, key, key));
}

static int set_up(void **state)
{
    *state = ht_opener_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    ht_opener_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sealed), cmocka_unit_test(test_mask),
                                       cmocka_unit_test(test_blocks)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
