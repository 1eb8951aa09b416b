#include "support.h"

#include "event/pool.h"

#include "event/field.h"

#include <stdio.h>

static const struct ht_struct thing_struct, other_struct;

static void the_same_bytes_are_kept_once(void **unused)
{
    struct ht_pool pool = {0};
    ht_pool_use first = 0, second = 0;
    char again[] = "the same";
    (void)unused;
    struct ht_bytes a = ht_pool_keep(&pool, &first, ht_text("the same"));
    struct ht_bytes b = ht_pool_keep(&pool, &second, ht_text(again));
    struct ht_bytes c = ht_pool_keep(&pool, &second, ht_text("another"));
    assert_true(ht_bytes_equal(a, ht_text("the same")));
    assert_ptr_equal(a.ptr, b.ptr);
    assert_ptr_not_equal(a.ptr, c.ptr);
    assert_int_equal(pool.generation[0].users, 2);
    ht_pool_release(&pool, first);
    ht_pool_release(&pool, second);
    assert_int_equal(pool.generation[0].users, 0);
    ht_pool_free(&pool);
}

static struct ht_bytes numbered(char room[32], unsigned number)
{
    return ht_bytes(room, (size_t)snprintf(room, 32, "number %u", number));
}

/* Full, it keeps nothing new while two generations are used, and what was kept stays as it was. */
static void memory_is_bounded(void **unused)
{
    enum { MANY = 200000 };
    struct ht_pool pool = {0};
    ht_pool_use old = 0, later = 0, last = 0;
    char room[32];
    (void)unused;
    struct ht_bytes first = ht_pool_keep(&pool, &old, ht_text("first"));
    unsigned kept         = 0;
    for (unsigned i = 0; i < MANY; i++) {
        kept += ht_pool_keep(&pool, &later, numbered(room, i)).len > 0;
    }
    assert_true(kept < MANY);
    assert_true(pool.generation[0].arena.size <= HT_POOL_MAX_BYTES + 32768);
    assert_true(ht_bytes_equal(first, ht_text("first")));
    /* The later user holds both generations; when all are gone there is room again. */
    assert_int_equal(later, 3);
    assert_int_equal(ht_pool_keep(&pool, &last, ht_text("new")).len, 0);
    ht_pool_release(&pool, old);
    ht_pool_release(&pool, later);
    assert_int_equal(ht_pool_keep(&pool, &last, ht_text("new")).len, 3);
    ht_pool_release(&pool, last);
    ht_pool_free(&pool);
}

/* The latest are known, for as long as their generation is the present one; and of those that never
 * come again no more is kept than some. */
static void sources_are_recognised(void **unused)
{
    enum { MANY = 5000 };
    struct ht_pool pool = {0};
    const int shapes[2] = {0};
    char room[32];
    (void)unused;
    assert_null(ht_pool_recognise(&pool, &thing_struct, ht_text("one")));
    ht_pool_remember(&pool, &thing_struct, ht_pool_hash(&pool, ht_text("one")), ht_text("one"),
                     &shapes[0]);
    ht_pool_remember(&pool, &thing_struct, ht_pool_hash(&pool, ht_text("two")), ht_text("two"),
                     &shapes[1]);
    assert_ptr_equal(ht_pool_recognise(&pool, &thing_struct, ht_text("one")), &shapes[0]);
    assert_ptr_equal(ht_pool_recognise(&pool, &thing_struct, ht_text("two")), &shapes[1]);
    assert_null(ht_pool_recognise(&pool, &thing_struct, ht_text("on")));
    assert_null(ht_pool_recognise(&pool, &other_struct, ht_text("one")));
    pool.present = 1;
    assert_null(ht_pool_recognise(&pool, &thing_struct, ht_text("one")));
    pool.present   = 0;
    unsigned known = 0;
    for (unsigned i = 0; i < MANY; i++) {
        ht_pool_remember(&pool, &thing_struct, ht_pool_hash(&pool, numbered(room, i)),
                         numbered(room, i), &shapes[0]);
        known += ht_pool_recognise(&pool, &thing_struct, numbered(room, i)) != NULL;
    }
    assert_in_range(known, 1000, MANY - 1);
    ht_pool_free(&pool);
}

/* Of what is remembered in turns the latest is known, and it takes no more room. */
static void a_source_may_change_its_shape(void **unused)
{
    enum { MANY = 5000 };
    struct ht_pool pool = {0};
    const int shapes[2] = {0};
    (void)unused;
    for (unsigned i = 0; i < MANY; i++) {
        ht_pool_remember(&pool, &thing_struct, ht_pool_hash(&pool, ht_text("one")), ht_text("one"),
                         &shapes[i % 2]);
        assert_ptr_equal(ht_pool_recognise(&pool, &thing_struct, ht_text("one")), &shapes[i % 2]);
    }
    ht_pool_remember(&pool, &thing_struct, ht_pool_hash(&pool, ht_text("two")), ht_text("two"),
                     &shapes[0]);
    assert_ptr_equal(ht_pool_recognise(&pool, &thing_struct, ht_text("two")), &shapes[0]);
    ht_pool_free(&pool);
}

/* Long ones take no more than their part of a generation, and are found by their ends. */
static void long_sources_are_bounded(void **unused)
{
    enum { MANY = 600, LEN = 8000 };
    struct ht_pool pool = {0};
    const int shape     = 0;
    char bytes[LEN]     = {0};
    unsigned known      = 0;
    (void)unused;
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(bytes, sizeof bytes, "number %u", i);
        struct ht_bytes source = ht_bytes(bytes, sizeof bytes);
        ht_pool_remember(&pool, &thing_struct, ht_pool_hash(&pool, source), source, &shape);
        known += ht_pool_recognise(&pool, &thing_struct, source) != NULL;
        bytes[LEN / 2] = 1;
        assert_null(ht_pool_recognise(&pool, &thing_struct, source));
        bytes[LEN / 2] = 0;
    }
    assert_int_equal(known, HT_POOL_MAX_BYTES / 4 / LEN);
    ht_pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_are_kept_once), cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(sources_are_recognised), cmocka_unit_test(a_source_may_change_its_shape),
        cmocka_unit_test(long_sources_are_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
