/*
 * Digests: RFC 1321 appendix A.5 (MD5), FIPS 180-4's examples (SHA-1, SHA-256).
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
        cmocka_unit_test(test_md5),          cmocka_unit_test(test_sha1),
        cmocka_unit_test(test_sha256),       cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_free_of_none),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
