/*
 * Signed certificate timestamps, put together by RFC 6962 section 3.2.
 */
#include "helpers.h"
#include "support.h"
#include "tls/sct.h"

#define LOG_ID "a577ac9ced7548dd8f025b67a241089df86e0f476ec203c2ecbedb185f282638"

/* 1577836800123 ms: 2020-01-01T00:00:00.123Z, as GNU date counts. */
#define SCT "0032 00 " LOG_ID " 0000016f5e66e87b 0000 0403 0003 300100"

static bool passes(struct ht_bytes list, void *arena)
{
    struct ht_objects scts;
    return tls_sct_list_parse(list, arena, &scts);
}

static void test_list(void **state)
{
    struct ht_objects list;
    struct ht_bytes bytes = hex("0068" SCT SCT);
    assert_true(tls_sct_list_parse(bytes, *state, &list));
    assert_int_equal(list.len, 2);
    const struct tls_sct *sct = list.items;
    assert_int_equal(sct->version, 0 + 1);
    assert_hex(sct->log_id, LOG_ID);
    assert_true(sct->time_ns == INT64_C(1577836800123000000));
    assert_named(sct->signature_scheme, 0x0403);
    assert_int_equal(sct->signature_bytes, 3);
    assert_int_equal(sct->extensions_bytes, 0);
    assert_hex(sct->signature, "300100");
    assert_int_equal(sct->extensions.len, 0);
    every_prefix(bytes, passes, *state);
}

/* Of another version only that is known. */
static void test_other_version(void **state)
{
    struct ht_objects list;
    assert_true(tls_sct_list_parse(hex("0005 0003 01 abcd"), *state, &list));
    assert_int_equal(((const struct tls_sct *)list.items)->version, 1 + 1);
    assert_int_equal(((const struct tls_sct *)list.items)->log_id.len, 0);
}

static void test_malformed(void **state)
{
    struct ht_objects list;
    assert_false(tls_sct_list_parse(hex("0000"), *state, &list));
    assert_false(tls_sct_list_parse(hex("0002 0000"), *state, &list));
    assert_false(tls_sct_list_parse(hex("0034" SCT "00"), *state, &list));
    assert_int_equal(list.len, 1);
    /* A time past what fits is none. */
    struct ht_bytes late = hex("0034 0032 00" LOG_ID "ffffffffffffffff 0000 0403 0003 300100");
    assert_true(tls_sct_list_parse(late, *state, &list));
    assert_true(((const struct tls_sct *)list.items)->time_ns == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_malformed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
