/*
 * The three streams are "hellotap " forty times, as python's zlib, libbrotlienc and zstd (level 19,
 * no checksum) compressed it.
 */
#include "support.h"

#include "compress/compress.h"

#include <stdio.h>

static const char zlib_stream[]   = "78dacb48cdc9c92f492c50c81865d092010021c28ae9";
static const char zstd_stream[]   = "28b52ffd00688500004868656c6c6f7461702001005c54cb11";
static const char brotli_stream[] = "e22c00bf2375ea7317aecad0920d8eae41c2d8de046fc1c08cf406";

enum { LEN = 9 * 40 };

struct stream {
    uint16_t algorithm;
    size_t len;
};

static bool passes(struct ht_bytes in, void *arg)
{
    const struct stream *stream = arg;
    uint8_t out[LEN + 2]        = {0};
    return ht_decompress(stream->algorithm, in, out, stream->len);
}

static void check(uint16_t algorithm, const char *digits)
{
    uint8_t out[LEN];
    struct ht_bytes in = hex(digits);
    assert_true(ht_decompress(algorithm, in, out, LEN));
    for (size_t i = 0; i < LEN; i++) {
        assert_int_equal(out[i], "hellotap "[i % 9]);
    }
    every_prefix(in, passes, &(struct stream){algorithm, LEN});
    assert_false(passes(in, &(struct stream){algorithm, LEN - 1}));
    assert_false(passes(in, &(struct stream){algorithm, LEN + 1}));
}

static void test_zlib(void **state)
{
    (void)state;
    check(HT_COMPRESSION_ZLIB, zlib_stream);
}

static void test_brotli(void **state)
{
    (void)state;
#ifdef HT_WITH_BROTLI
    check(HT_COMPRESSION_BROTLI, brotli_stream);
#else
    assert_false(passes(hex(brotli_stream), &(struct stream){HT_COMPRESSION_BROTLI, LEN}));
#endif
}

static void test_zstd(void **state)
{
    (void)state;
    check(HT_COMPRESSION_ZSTD, zstd_stream);
}

static void test_what_follows_the_stream(void **state)
{
    char digits[200];
    (void)state;
    (void)snprintf(digits, sizeof digits, "%s00", zlib_stream);
    assert_false(passes(hex(digits), &(struct stream){HT_COMPRESSION_ZLIB, LEN}));
    (void)snprintf(digits, sizeof digits, "%s00", brotli_stream);
    assert_false(passes(hex(digits), &(struct stream){HT_COMPRESSION_BROTLI, LEN}));
    (void)snprintf(digits, sizeof digits, "%s00", zstd_stream);
    assert_false(passes(hex(digits), &(struct stream){HT_COMPRESSION_ZSTD, LEN}));
}

static void test_other_algorithm(void **state)
{
    (void)state;
    assert_false(passes(hex(zlib_stream), &(struct stream){4, LEN}));
    assert_false(passes(hex(""), &(struct stream){HT_COMPRESSION_ZSTD, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zlib), cmocka_unit_test(test_brotli), cmocka_unit_test(test_zstd),
        cmocka_unit_test(test_what_follows_the_stream), cmocka_unit_test(test_other_algorithm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
