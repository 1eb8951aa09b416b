#include "support.h"

#include "analysis/chain/cache.h"

#include <stdlib.h>

static unsigned forgotten;

static void forget(struct chain_entry *entry)
{
    forgotten++;
    free(entry);
}

static void add(struct chain_cache *cache, const char *key, size_t cost)
{
    struct chain_entry *entry = calloc(1, sizeof *entry);
    assert_non_null(entry);
    entry->key  = ht_text(key);
    entry->cost = cost;
    chain_cache_add(cache, entry);
}

static bool has(struct chain_cache *cache, const char *key)
{
    return chain_cache_find(cache, ht_text(key)) != NULL;
}

static void test_what_was_used_longest_ago_goes(void **state)
{
    struct chain_cache cache;
    (void)state;
    forgotten = 0;
    assert_true(chain_cache_init(&cache, 2, 4, forget)); /* so buckets hold several */
    add(&cache, "one", 1);
    add(&cache, "two", 1);
    add(&cache, "three", 2);
    assert_true(has(&cache, "one"));
    add(&cache, "four", 1); /* in place of two */
    assert_int_equal(forgotten, 1);
    assert_false(has(&cache, "two"));
    assert_true(has(&cache, "one") && has(&cache, "three") && has(&cache, "four"));
    chain_cache_drop(&cache, chain_cache_find(&cache, ht_text("three")));
    assert_false(has(&cache, "three"));
    assert_int_equal(cache.cost, 2);
    chain_cache_fini(&cache);
    assert_int_equal(forgotten, 4);
}

static void test_the_two_newest_stay_whatever_they_cost(void **state)
{
    struct chain_cache cache;
    (void)state;
    forgotten = 0;
    assert_true(chain_cache_init(&cache, 2, 4, forget));
    add(&cache, "one", 100);
    add(&cache, "two", 100);
    assert_true(has(&cache, "one") && has(&cache, "two"));
    add(&cache, "three", 100);
    assert_false(has(&cache, "one"));
    assert_true(has(&cache, "two") && has(&cache, "three"));
    chain_cache_fini(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_used_longest_ago_goes),
        cmocka_unit_test(test_the_two_newest_stay_whatever_they_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
