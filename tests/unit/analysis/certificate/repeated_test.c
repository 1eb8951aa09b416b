#include "analysis/certificate/repeated.h"
#include "support.h"

#include <stdio.h>

/* "3 1 2" … by place. */
static void joined(char out[64], const struct ht_bytes *items, size_t len)
{
    char *at = out;
    for (size_t i = 0; i < len; i++) {
        at += sprintf(at, "%.*s ", (int)items[i].len, (const char *)items[i].ptr);
    }
}

static void equal_ones_stand_side_by_side(void **state)
{
    (void)state;
    struct certificate_place places[] = {
        {ht_text("b"), 0}, {ht_text("aa"), 1}, {ht_text("b"), 2}, {ht_bytes(NULL, 0), 3},
        {ht_text("a"), 4}, {ht_text("aa"), 5}, {ht_text("b"), 6}, {ht_bytes(NULL, 0), 7},
    };
    size_t found = 0;
    certificate_sort(places, HT_ARRAY_LEN(places));
    for (size_t i = 1; i < HT_ARRAY_LEN(places); i++) {
        if (ht_bytes_equal(places[i - 1].bytes, places[i].bytes)) {
            found++;
            assert_true(places[i - 1].index < places[i].index);
        }
    }
    assert_int_equal(found, 4);
    certificate_sort(NULL, 0);
}

static void the_first_of_each_stays_where_it_is(void **state)
{
    (void)state;
    char text[64];
    struct ht_bytes items[] = {ht_text("c"), ht_text("a"), ht_text("c"), ht_text("bb"),
                               ht_text("a"), ht_text("b"), ht_text("a")};
    joined(text, items, certificate_drop_repeated(items, HT_ARRAY_LEN(items)));
    assert_string_equal(text, "c a bb b ");
    assert_int_equal(certificate_drop_repeated(items, 1), 1);
    assert_int_equal(certificate_drop_repeated(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_ones_stand_side_by_side),
        cmocka_unit_test(the_first_of_each_stays_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
