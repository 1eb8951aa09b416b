#include "analysis/memo.h"

#include "support.h"

enum { MANY = 10000, MAX_LEN = 64 };

static struct ht_memo memo;

static int start(void **state)
{
    (void)state;
    return ht_memo_init(&memo, 4, MAX_LEN) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    ht_memo_fini(&memo);
    return 0;
}

static uint32_t *find(uint32_t number)
{
    return ht_memo_find(&memo, ht_bytes(&number, sizeof number));
}

/* Keeps twice the number as its value. */
static void add(uint32_t number)
{
    uint32_t *value = ht_memo_add(&memo, ht_bytes(&number, sizeof number), sizeof *value);
    assert_non_null(value);
    assert_int_equal(*value, 0);
    *value = 2 * number;
}

static void found_by_its_key_only(void **state)
{
    (void)state;
    assert_null(find(7));
    add(7);
    assert_null(find(8));
    assert_non_null(find(7));
    assert_int_equal(*find(7), 14);
    assert_null(ht_memo_find(&memo, ht_bytes("", 0)));
}

/* Keys of all lengths up to those that are too long, each a prefix of the next. */
static void keys_of_all_lengths(void **state)
{
    (void)state;
    enum { FOR_KEY = MAX_LEN - 1 };
    static const uint8_t zeros[MAX_LEN];
    for (size_t len = 0; len <= FOR_KEY; len++) {
        assert_null(ht_memo_find(&memo, ht_bytes(zeros, len)));
        uint8_t *value = ht_memo_add(&memo, ht_bytes(zeros, len), 1);
        assert_non_null(value);
        *value               = (uint8_t)len;
        const uint8_t *found = ht_memo_find(&memo, ht_bytes(zeros, len));
        assert_ptr_equal(found, value);
    }
    assert_null(ht_memo_add(&memo, ht_bytes(zeros, FOR_KEY + 1), 1));
    assert_null(ht_memo_add(&memo, ht_bytes(zeros, 1), MAX_LEN));
    assert_null(ht_memo_add(&memo, ht_bytes(zeros, 1), SIZE_MAX));
}

/* Whoever only looks changes nothing of what is forgotten next; whoever finds does. */
static void a_look_keeps_nothing(void **state)
{
    (void)state;
    uint32_t oldest = 0, number = 0;
    const struct ht_bytes key = ht_bytes(&oldest, sizeof oldest);
    while (ht_memo_displaced(&memo, key) == NULL) {
        add(number++);
    }
    while (ht_memo_look(&memo, key) != ht_memo_displaced(&memo, key)) {
        oldest++;
        assert_in_range(oldest, 1, number);
    }
    assert_int_equal(*(const uint32_t *)ht_memo_look(&memo, key), 2 * oldest);
    assert_ptr_equal(ht_memo_look(&memo, key), ht_memo_displaced(&memo, key));
    const void *found = find(oldest);
    assert_ptr_equal(ht_memo_look(&memo, key), found);
    assert_ptr_not_equal(ht_memo_displaced(&memo, key), found);
    assert_null(ht_memo_look(&memo, ht_bytes("", 0)));
}

/* It holds no more than its sets do, and what it holds is right. */
static void bounded(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        add(i);
    }
    size_t held = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        const uint32_t *value = find(i);
        held += value != NULL;
        assert_true(value == NULL || *value == 2 * i);
    }
    assert_int_equal(held, 4 * HT_MEMO_WAYS);
}

/* What was asked for again stays, however many others come once. */
static void what_repeats_stays(void **state)
{
    (void)state;
    const uint32_t asked_again = MANY;
    for (uint32_t i = 0; i < 4 * HT_MEMO_WAYS; i++) {
        add(i); /* the set is full, or nearly */
    }
    add(asked_again);
    assert_non_null(find(asked_again));
    for (uint32_t i = 100; i < MANY; i++) {
        add(i);
        assert_non_null(find(asked_again));
    }
}

/* Of those that are in it each has one place, and what is displaced next is told before. */
static void places(void **state)
{
    (void)state;
    size_t held = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        const uint32_t *displaced = ht_memo_displaced(&memo, ht_bytes(&i, sizeof i));
        uint32_t forgotten        = displaced != NULL ? *displaced / 2 : MANY;
        add(i);
        assert_true(forgotten == MANY || find(forgotten) == NULL);
    }
    for (size_t place = 0; place < 4 * HT_MEMO_WAYS; place++) {
        const uint32_t *value = ht_memo_at(&memo, place);
        assert_non_null(value);
        held += *value % 2 == 0;
    }
    assert_int_equal(held, 4 * HT_MEMO_WAYS);
}

static void nothing_in_free_places(void **state)
{
    (void)state;
    const uint32_t number = 7;
    size_t held           = 0;
    assert_null(ht_memo_displaced(&memo, ht_bytes(&number, sizeof number)));
    add(number);
    assert_null(ht_memo_displaced(&memo, ht_bytes(&number, sizeof number)));
    for (size_t place = 0; place < 4 * HT_MEMO_WAYS; place++) {
        const uint32_t *value = ht_memo_at(&memo, place);
        held += value != NULL && *value == 2 * number;
    }
    assert_int_equal(held, 1);
}

static void fini_of_nothing(void **state)
{
    (void)state;
    struct ht_memo none = {0};
    ht_memo_fini(&none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(found_by_its_key_only),  TEST(keys_of_all_lengths),
        TEST(a_look_keeps_nothing),   TEST(bounded),
        TEST(what_repeats_stays),     TEST(places),
        TEST(nothing_in_free_places), TEST(fini_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
