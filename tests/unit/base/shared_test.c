/*
 * Shared bytes: whose they are, and what lies in them. That they are freed once, and not before the
 * last dropped them, the sanitizers see.
 */
#include "support.h"

#include "base/shared.h"

static void are_mine_while_nobody_else_holds_them(void **unused)
{
    struct ht_shared *shared = ht_shared_new(64);
    (void)unused;
    assert_non_null(shared);
    assert_true(ht_shared_is_mine(shared));
    ht_shared_hold(shared);
    ht_shared_hold(shared);
    assert_false(ht_shared_is_mine(shared));
    ht_shared_drop(shared);
    assert_false(ht_shared_is_mine(shared));
    ht_shared_drop(shared);
    assert_true(ht_shared_is_mine(shared));
    memset(shared->bytes, 1, shared->capacity);
    ht_shared_drop(shared);
    ht_shared_drop(NULL);
}

static void say_what_lies_in_them(void **unused)
{
    struct ht_shared *shared = ht_shared_new(64);
    (void)unused;
    assert_non_null(shared);
    const uint8_t *first = shared->bytes;
    const struct {
        struct ht_bytes bytes;
        bool has;
    } rows[] = {
        {ht_bytes(first, 64), true},           {ht_bytes(first + 63, 1), true},
        {ht_bytes(first + 64, 0), true},       {ht_bytes(first, 65), false},
        {ht_bytes(first + 63, 2), false},      {ht_bytes(first + 65, 0), false},
        {ht_bytes(first - 1, 1), false},       {ht_bytes(first + 1, SIZE_MAX), false},
        {ht_bytes((uint8_t[1]){0}, 1), false},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(rows); i++) {
        assert_int_equal(ht_shared_has(shared, rows[i].bytes), rows[i].has);
    }
    ht_shared_drop(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(are_mine_while_nobody_else_holds_them),
                                       cmocka_unit_test(say_what_lies_in_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
