/*
 * Digests: RFC 1321 appendix A.5 (MD5), FIPS 180-4's examples (SHA-1, SHA-256); HMAC: RFC 4231
 * section 4.
 */
#include "support.h"

#include "crypto/digest.h"

/* One for all tests, so that each finds it used before by others. */
static struct ht_digester *digester;

static int start(void **state)
{
    (void)state;
    digester = ht_digester_new();
    return digester != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    ht_digester_free(digester);
    return 0;
}

static void assert_digest_by(struct ht_digester *by, enum ht_digest digest, const char *text,
                             const char *expected)
{
    struct ht_arena arena = {0};
    uint8_t raw[HT_DIGEST_MAX];
    assert_text(ht_digest_hex(by, digest, &arena, ht_text(text)), expected);
    size_t len = ht_digest(by, digest, raw, ht_text(text));
    assert_true(ht_bytes_equal(ht_bytes(raw, len), hex(expected)));
    ht_arena_clear(&arena);
}

static void assert_digest(enum ht_digest digest, const char *text, const char *expected)
{
    assert_digest_by(NULL, digest, text, expected);
    assert_digest_by(digester, digest, text, expected);
}

static void test_md5(void **state)
{
    (void)state;
    assert_digest(HT_MD5, "", "d41d8cd98f00b204e9800998ecf8427e");
    assert_digest(HT_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72");
    assert_digest(HT_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0");
    assert_digest(HT_MD5,
                  "1234567890123456789012345678901234567890123456789012345678901234567890123456"
                  "7890",
                  "57edf4a22be3c955ac49da2e2107b67a");
}

#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

static void test_sha1(void **state)
{
    (void)state;
    assert_digest(HT_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_digest(HT_SHA1, TWO_BLOCKS, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

static void test_sha256(void **state)
{
    (void)state;
    assert_digest(HT_SHA256, "",
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(HT_SHA256, "abc",
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(HT_SHA256, TWO_BLOCKS,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void assert_hmac(const char *key, const char *message, const char *sha256,
                        const char *sha384)
{
    uint8_t out[HT_DIGEST_MAX];
    struct ht_bytes key_bytes = hex(key), text = hex(message);
    assert_true(ht_hmac(HT_SHA256, out, key_bytes, text));
    assert_true(ht_bytes_equal(ht_bytes(out, 32), hex(sha256)));
    assert_true(ht_hmac(HT_SHA384, out, key_bytes, text));
    assert_true(ht_bytes_equal(ht_bytes(out, 48), hex(sha384)));
}

/* Test cases 1, 2, 3 and 6: a short key, a shorter one, bytes that are no text, and a key that is
 * longer than a block. */
static void test_hmac(void **state)
{
    char key[2 * 131 + 1], message[2 * 50 + 1];
    (void)state;
    assert_hmac("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
                "faea9ea9076ede7f4af152e8b2fa9cb6");
    assert_hmac("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                "8e2240ca5e69e2c78b3239ecfab21649");
    memset(key, 'a', sizeof key);
    key[40] = '\0';
    for (size_t i = 0; i < 50; i++) {
        memcpy(message + 2 * i, "dd", 3);
    }
    assert_hmac(key, message, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
                "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
                "2a5ab39dc13814b94e3ab6e101a34f27");
    memset(key, 'a', sizeof key);
    key[2 * 131] = '\0';
    assert_hmac(key,
                "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
                "65204b6579202d2048617368204b6579204669727374",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
                "0c2ef6ab4030fe8296248df163f44952");
}

static void test_no_room(void **state)
{
    (void)state;
    struct ht_budget none = {0};
    struct ht_arena arena = {.budget = &none};
    assert_int_equal(ht_digest_hex(digester, HT_SHA256, &arena, ht_text("abc")).len, 0);
    assert_int_equal(none.refused, 1);
    ht_arena_clear(&arena);
}

static void test_free_of_none(void **state)
{
    (void)state;
    ht_digester_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_md5),     cmocka_unit_test(test_sha1),
        cmocka_unit_test(test_sha256),  cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_no_room), cmocka_unit_test(test_free_of_none),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
