/*
 * Budgets, arenas and buffers: bounds hold, refusals are counted, all is given back.
 */
#include "support.h"

static void test_budget(void **state)
{
    (void)state;
    struct ht_budget b = {.max = 100};
    assert_true(ht_budget_take(&b, 60));
    assert_false(ht_budget_take(&b, 41));
    assert_false(ht_budget_take(&b, SIZE_MAX));
    assert_true(ht_budget_take(&b, 40));
    assert_int_equal(b.used, 100);
    ht_budget_give(&b, 60);
    assert_int_equal(b.used, 40);
    assert_int_equal(b.peak, 100);
    assert_int_equal(b.refused, 2);
    assert_true(ht_budget_take(NULL, SIZE_MAX));
    ht_budget_give(NULL, 1);
}

static void test_arena_memory(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    uint8_t *all[200];
    for (size_t i = 0; i < HT_ARRAY_LEN(all); i++) {
        size_t len = i * 7 % 300;
        all[i]     = ht_arena_alloc(&arena, len);
        assert_non_null(all[i]);
        assert_int_equal((uintptr_t)all[i] % _Alignof(uint64_t), 0);
        for (size_t j = 0; j < len; j++) {
            assert_int_equal(all[i][j], 0);
        }
        memset(all[i], (int)i, len);
    }
    /* Nobody's memory was somebody else's. */
    for (size_t i = 0; i < HT_ARRAY_LEN(all); i++) {
        for (size_t j = 0; j < i * 7 % 300; j++) {
            assert_int_equal(all[i][j], (uint8_t)i);
        }
    }
    ht_arena_clear(&arena);
    assert_null(arena.blocks);
    ht_arena_clear(&arena);
}

/* What was taken last is cut, to the alignment; nothing that lies before it, or in another block.
 */
static void test_arena_cut(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    ht_arena_cut(&arena, &arena, 8);
    uint8_t *first = ht_arena_alloc(&arena, 20);
    uint8_t *last  = ht_arena_alloc(&arena, 99);
    uint32_t used  = arena.blocks->used;
    ht_arena_cut(&arena, first + 4, 16);
    ht_arena_cut(&arena, last + 10, 50);
    assert_int_equal(arena.blocks->used, used);
    ht_arena_cut(&arena, last + 10, 89);
    assert_ptr_equal(ht_arena_take(&arena, 8), last + 16);
    uint8_t *large = ht_arena_alloc(&arena, 5000);
    used           = arena.blocks->used;
    ht_arena_cut(&arena, large, 5000);
    assert_int_equal(arena.blocks->used, used);
    ht_arena_clear(&arena);
}

static void test_arena_is_zeroed_when_used_again(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    memset(ht_arena_alloc(&arena, 64), 0xFF, 64);
    ht_arena_rewind(&arena);
    const uint8_t *again = ht_arena_alloc(&arena, 64);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(again[i], 0);
    }
    ht_arena_clear(&arena);
}

static void test_arena_reserves(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    (void)ht_arena_alloc(&arena, 8);
    ht_arena_reserve(&arena, 1000);
    const uint8_t *first = ht_arena_alloc(&arena, 600);
    assert_ptr_equal(ht_arena_alloc(&arena, 400), first + 600);
    ht_arena_reserve(&arena, 2000);
    const uint8_t *second = ht_arena_alloc(&arena, 1000);
    ht_arena_reserve(&arena, 2000); /* there is room for half of it */
    assert_ptr_equal(ht_arena_alloc(&arena, 8), second + 1000);
    ht_arena_reserve(&arena, 2000); /* not any more */
    assert_ptr_not_equal(ht_arena_alloc(&arena, 8), second + 1008);
    ht_arena_fetch(&arena); /* changes nothing that can be seen */
    ht_arena_fetch_more(&arena);
    ht_arena_clear(&arena);
    ht_arena_fetch_more(&arena);
}

static void test_arena_large(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    uint8_t *large        = ht_arena_alloc(&arena, 1000000);
    assert_non_null(large);
    large[999999] = 1;
    assert_non_null(ht_arena_alloc(&arena, 10));
    assert_null(ht_arena_take(&arena, SIZE_MAX));
    assert_null(ht_arena_take(&arena, SIZE_MAX / 2 + 1));
    ht_arena_clear(&arena);
}

static void test_arena_budget(void **state)
{
    (void)state;
    struct ht_budget budget = {.max = 10000};
    struct ht_arena arena   = {.budget = &budget};
    size_t given            = 0;
    while (ht_arena_alloc(&arena, 100) != NULL) {
        given += 100;
        assert_true(budget.used <= budget.max);
        assert_true(given <= budget.used);
    }
    assert_true(given > budget.max / 4);
    assert_int_equal(budget.refused, 1);
    ht_arena_clear(&arena);
    assert_int_equal(budget.used, 0);
    assert_non_null(ht_arena_alloc(&arena, 100));
    ht_arena_clear(&arena);
    assert_int_equal(budget.used, 0);
}

static void test_arena_rewind_keeps_one_block(void **state)
{
    (void)state;
    struct ht_budget budget = {.max = 1 << 20};
    struct ht_arena arena   = {.budget = &budget};
    ht_arena_rewind(&arena);
    size_t first = 0;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 100; i++) {
            assert_non_null(ht_arena_alloc(&arena, 500));
        }
        ht_arena_rewind(&arena);
        first = round == 0 ? budget.peak : first;
    }
    assert_true(budget.used > 0);
    assert_true(budget.used <= first);
    assert_true(budget.peak <= 2 * first);
    ht_arena_clear(&arena);
    assert_int_equal(budget.used, 0);
}

/* What one round took in pieces is one block for the next. */
static void test_arena_rewind_makes_one_of_all(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    for (int i = 0; i < 20; i++) {
        assert_non_null(ht_arena_alloc(&arena, 100));
    }
    ht_arena_rewind(&arena);
    size_t size = arena.size;
    assert_true(size >= 2000);
    const char *first = ht_arena_alloc(&arena, 100);
    for (int i = 1; i < 18; i++) {
        const char *next = ht_arena_alloc(&arena, 100);
        assert_true(next > first && (size_t)(next - first) < size);
    }
    assert_int_equal(arena.size, size);
    ht_arena_clear(&arena);
}

static void test_arena_copy(void **state)
{
    (void)state;
    struct ht_arena arena = {0};
    struct ht_bytes from  = hex("0102030405");
    struct ht_bytes copy  = ht_arena_copy(&arena, from);
    assert_true(ht_bytes_equal(copy, from));
    assert_ptr_not_equal(copy.ptr, from.ptr);
    assert_int_equal(ht_arena_copy(&arena, ht_bytes(NULL, 0)).len, 0);
    ht_arena_clear(&arena);

    struct ht_budget none = {0};
    arena.budget          = &none;
    assert_int_equal(ht_arena_copy(&arena, from).len, 0);
    assert_int_equal(none.refused, 1);
}

/* A few bytes may be kept for long; a segment's are kept for a moment, and more follow. */
static void test_buffer_room(void **state)
{
    struct ht_budget budget = {.max = SIZE_MAX};
    struct ht_buffer b      = {.max = 16384, .budget = &budget};
    uint8_t segment[1460]   = {0};
    (void)state;
    assert_true(ht_buffer_append(&b, ht_text("fifteen bytes..")));
    assert_int_equal(budget.used, 32);
    assert_true(ht_buffer_append(&b, ht_bytes(segment, 100)));
    assert_int_equal(budget.used, 115);
    ht_buffer_free(&b);
    assert_true(ht_buffer_append(&b, ht_bytes(segment, sizeof segment)));
    assert_int_equal(budget.used, HT_BUFFER_FIRST);
    assert_true(ht_buffer_append(&b, ht_bytes(segment, sizeof segment)));
    assert_int_equal(budget.used, (size_t)2 * HT_BUFFER_FIRST);
    ht_buffer_free(&b);
    assert_int_equal(budget.used, 0);
    ht_budget_free(&budget);
}

static void test_buffer(void **state)
{
    (void)state;
    struct ht_buffer b = {.max = 10};
    assert_int_equal(ht_buffer_view(&b).len, 0);
    assert_true(ht_buffer_append(&b, ht_text("hello")));
    assert_true(ht_buffer_append(&b, ht_bytes(NULL, 0)));
    assert_true(ht_buffer_append(&b, ht_text("worl")));
    assert_false(ht_buffer_append(&b, ht_text("d!")));
    assert_text(ht_buffer_view(&b), "helloworl");
    assert_true(ht_buffer_append(&b, ht_text("d")));
    ht_buffer_drop(&b, 0);
    assert_text(ht_buffer_view(&b), "helloworld");
    ht_buffer_drop(&b, 5);
    assert_text(ht_buffer_view(&b), "world");
    assert_true(ht_buffer_append(&b, ht_text("hello")));
    ht_buffer_drop(&b, SIZE_MAX);
    assert_int_equal(ht_buffer_view(&b).len, 0);
    ht_buffer_free(&b);
    assert_true(ht_buffer_append(&b, ht_text("again")));
    ht_buffer_free(&b);
    ht_buffer_free(&b);
}

static void test_buffer_budget(void **state)
{
    (void)state;
    struct ht_budget budget = {.max = 5000};
    struct ht_buffer a      = {.max = 100000, .budget = &budget};
    struct ht_buffer b      = {.max = 100000, .budget = &budget};
    uint8_t block[1000]     = {1};
    size_t a_len = 0, b_len = 0;
    for (int i = 0; i < 20; i++) {
        a_len += ht_buffer_append(&a, ht_bytes(block, sizeof block)) ? sizeof block : 0;
        b_len += ht_buffer_append(&b, ht_bytes(block, sizeof block)) ? sizeof block : 0;
        assert_true(budget.used <= budget.max);
    }
    assert_int_equal(a.len, a_len);
    assert_int_equal(b.len, b_len);
    assert_true(a_len + b_len <= budget.max);
    assert_true(budget.refused > 0);
    ht_buffer_free(&a);
    ht_buffer_free(&b);
    assert_int_equal(budget.used, 0);
}

/* What was refused once may be had when somebody else gave his back. */
static void test_buffer_after_refusal(void **state)
{
    (void)state;
    struct ht_budget budget = {.max = 2048};
    struct ht_buffer a      = {.max = 4096, .budget = &budget};
    struct ht_buffer b      = {.max = 4096, .budget = &budget};
    uint8_t segment[1460]   = {0};
    assert_true(ht_buffer_append(&a, ht_bytes(segment, sizeof segment)));
    assert_false(ht_buffer_append(&b, ht_text("two")));
    assert_int_equal(b.len, 0);
    ht_buffer_free(&a);
    assert_true(ht_buffer_append(&b, ht_text("two")));
    assert_text(ht_buffer_view(&b), "two");
    ht_buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_arena_memory),
        cmocka_unit_test(test_arena_cut),
        cmocka_unit_test(test_arena_is_zeroed_when_used_again),
        cmocka_unit_test(test_arena_reserves),
        cmocka_unit_test(test_arena_large),
        cmocka_unit_test(test_arena_budget),
        cmocka_unit_test(test_arena_rewind_keeps_one_block),
        cmocka_unit_test(test_arena_rewind_makes_one_of_all),
        cmocka_unit_test(test_arena_copy),
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_buffer_room),
        cmocka_unit_test(test_buffer_budget),
        cmocka_unit_test(test_buffer_after_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
