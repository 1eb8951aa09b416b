/*
 * Views and the reader: big-endian reads, bounds, stickiness.
 */
#include "support.h"

static void test_views(void **state)
{
    (void)state;
    struct ht_bytes b = ht_text("hello");
    assert_int_equal(b.len, 5);
    assert_text(ht_bytes_head(b, 2), "he");
    assert_text(ht_bytes_head(b, 5), "hello");
    assert_text(ht_bytes_head(b, SIZE_MAX), "hello");
    assert_text(ht_bytes_from(b, 0), "hello");
    assert_text(ht_bytes_from(b, 4), "o");
    assert_int_equal(ht_bytes_from(b, 5).len, 0);
    assert_int_equal(ht_bytes_from(b, SIZE_MAX).len, 0);
    assert_int_equal(ht_text("").len, 0);
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(ht_bytes_equal(ht_text("abc"), hex("616263")));
    assert_false(ht_bytes_equal(ht_text("abc"), ht_text("abd")));
    assert_false(ht_bytes_equal(ht_text("abc"), ht_text("ab")));
    assert_true(ht_bytes_equal(ht_bytes(NULL, 0), ht_text("")));
}

/* Only ASCII's letters have a case, in names too (RFC 4343 section 3.2). */
static void test_alike(void **state)
{
    (void)state;
    assert_true(ht_bytes_alike(ht_text("Www.EXAMPLE.com"), ht_text("wWW.example.COM")));
    assert_false(ht_bytes_alike(ht_text("www.example.com"), ht_text("www.example.co")));
    assert_true(ht_bytes_alike(ht_text("AZ"), ht_text("az")));
    assert_false(ht_bytes_alike(ht_text("@"), ht_text("`")));
    assert_false(ht_bytes_alike(ht_text("a["), ht_text("a{")));
    assert_false(ht_bytes_alike(hex("c4"), hex("e4")));
    assert_true(ht_bytes_alike(ht_bytes(NULL, 0), ht_text("")));
    assert_true(ht_begins_alike(ht_text("HTTP/1.1"), "http/1."));
    assert_true(ht_begins_alike(ht_text("http/1."), "HTTP/1."));
    assert_false(ht_begins_alike(ht_text("HTTP/1"), "HTTP/1."));
    assert_true(ht_begins_alike(ht_text("any"), ""));
    assert_true(ht_contains_alike(ht_text("-ERR Unknown"), "UNKNOWN"));
    assert_true(ht_contains_alike(ht_text("abab!"), "AB!"));
    assert_false(ht_contains_alike(ht_text("unknow"), "unknown"));
    assert_false(ht_contains_alike(ht_bytes(NULL, 0), "a"));
}

static void test_integers(void **state)
{
    (void)state;
    struct ht_reader r = ht_reader(hex("01 0203 040506 0708090a 0b0c0d0e0f101112 ffffffffff"));
    assert_int_equal(rd_u8(&r), 0x01);
    assert_int_equal(rd_u16(&r), 0x0203);
    assert_int_equal(rd_u24(&r), 0x040506);
    assert_int_equal(rd_u32(&r), 0x0708090A);
    assert_true(rd_u64(&r) == UINT64_C(0x0B0C0D0E0F101112));
    assert_false(rd_done(&r));
    assert_true(rd_uint(&r, 5) == UINT64_C(0xFFFFFFFFFF));
    assert_true(rd_done(&r));
    assert_false(rd_more(&r));
}

static void test_largest_integers(void **state)
{
    (void)state;
    struct ht_reader r = ht_reader(hex("ffffffff ffffffffffffffff"));
    assert_true(rd_u32(&r) == UINT32_MAX);
    assert_true(rd_u64(&r) == UINT64_MAX);
    assert_true(rd_done(&r));
}

static void test_take(void **state)
{
    (void)state;
    struct ht_bytes in = hex("0102030405");
    struct ht_reader r = ht_reader(in);
    assert_int_equal(rd_left(&r), 5);
    rd_skip(&r, 1);
    struct ht_bytes taken = rd_take(&r, 2);
    assert_ptr_equal(taken.ptr, in.ptr + 1);
    assert_int_equal(taken.len, 2);
    assert_int_equal(rd_take(&r, 0).len, 0);
    assert_true(rd_more(&r));
    assert_int_equal(rd_rest(&r).len, 2);
    assert_int_equal(rd_rest(&r).len, 0);
    assert_true(rd_done(&r));
}

static void test_vectors(void **state)
{
    (void)state;
    struct ht_reader r = ht_reader(hex("02 6162 0003 636465 000001 66 00"));
    assert_text(rd_vec(&r, 1), "ab");
    assert_text(rd_vec(&r, 2), "cde");
    assert_text(rd_vec(&r, 3), "f");
    assert_int_equal(rd_vec(&r, 1).len, 0);
    assert_true(rd_done(&r));
}

static void assert_stuck(struct ht_reader *r)
{
    assert_true(r->bad);
    assert_false(rd_done(r));
    assert_false(rd_more(r));
    assert_int_equal(rd_left(r), 0);
    assert_int_equal(rd_u8(r), 0);
    assert_int_equal(rd_u16(r), 0);
    assert_int_equal(rd_u24(r), 0);
    assert_int_equal(rd_u32(r), 0);
    assert_true(rd_u64(r) == 0);
    assert_int_equal(rd_take(r, 1).len, 0);
    assert_int_equal(rd_vec(r, 2).len, 0);
    assert_int_equal(rd_rest(r).len, 0);
    rd_skip(r, 1);
    assert_true(r->bad);
}

/* After a failed read nothing is read any more, though bytes were left. */
static void test_sticky(void **state)
{
    (void)state;
    struct ht_bytes in = hex("010203");
    struct ht_reader r = ht_reader(in);
    assert_int_equal(rd_u8(&r), 1);
    assert_int_equal(rd_u32(&r), 0);
    assert_stuck(&r);

    r = ht_reader(in);
    assert_int_equal(rd_take(&r, SIZE_MAX).len, 0);
    assert_stuck(&r);

    r = ht_reader(in);
    assert_int_equal(rd_vec(&r, 2).len, 0); /* 0x0102 bytes of one */
    assert_stuck(&r);

    r = ht_reader(in);
    rd_fail(&r);
    assert_stuck(&r);
}

/* An eight-byte length of all ones must not wrap. */
static void test_huge_vector(void **state)
{
    (void)state;
    struct ht_reader r = ht_reader(hex("ffffffffffffffff 00"));
    assert_int_equal(rd_vec(&r, 8).len, 0);
    assert_stuck(&r);
}

static void test_empty(void **state)
{
    (void)state;
    struct ht_reader r = ht_reader(ht_bytes(NULL, 0));
    assert_true(rd_done(&r));
    assert_int_equal(rd_take(&r, 0).len, 0);
    assert_true(rd_done(&r));
    assert_int_equal(rd_u8(&r), 0);
    assert_stuck(&r);
}

static bool parse_pair(struct ht_bytes message, void *arg)
{
    (void)arg;
    struct ht_reader r = ht_reader(message);
    (void)rd_u16(&r);
    (void)rd_vec(&r, 1);
    return rd_done(&r);
}

static void test_no_prefix_passes(void **state)
{
    (void)state;
    every_prefix(hex("0303 04 01020304"), parse_pair, NULL);
    assert_false(parse_pair(hex("0303 04 01020304 00"), NULL));
}

static void test_packed_list(void **state)
{
    (void)state;
    struct ht_bytes list = hex("1301 c02f ffff");
    assert_int_equal(ht_be16(list, 0), 0x1301);
    assert_int_equal(ht_be16(list, 1), 0xC02F);
    assert_int_equal(ht_be16(list, 2), 0xFFFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_alike),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_largest_integers),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_sticky),
        cmocka_unit_test(test_huge_vector),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_no_prefix_passes),
        cmocka_unit_test(test_packed_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
