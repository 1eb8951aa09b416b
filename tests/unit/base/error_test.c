/*
 * Messages for the operator.
 */
#include "support.h"

#include "base/error.h"

static void test_message(void **state)
{
    (void)state;
    struct ht_error error;
    assert_false(ht_fail(&error, "%s: byte %d", "a.pcap", 24));
    assert_string_equal(error.text, "a.pcap: byte 24");
    assert_false(ht_fail(NULL, "nobody listens: %d", 1));
}

static void test_long_message_is_cut(void **state)
{
    (void)state;
    struct ht_error error;
    assert_false(ht_fail(&error, "%01000d", 7));
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_long_message_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
