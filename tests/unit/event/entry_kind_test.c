#include "support.h"

#include "event/entry_kind.h"

static const struct ht_event_type one = {.name = "one"}, two = {.name = "two"};

static void what_is_alike_is_one_kind(void **unused)
{
    struct ht_entry_kinds kinds      = {0};
    const struct ht_entry_kind *kind = ht_entry_kind(&kinds, &one, 0, NULL);
    (void)unused;
    assert_ptr_equal(ht_entry_kind(&kinds, &one, 0, NULL), kind);
    assert_ptr_not_equal(ht_entry_kind(&kinds, &two, 0, NULL), kind);
    assert_ptr_not_equal(ht_entry_kind(&kinds, &one, HT_EVENT_PARTIAL, NULL), kind);
    assert_ptr_not_equal(ht_entry_kind(&kinds, &one, 0, "why"), kind);
    assert_int_equal(kinds.len, 4);
    ht_entry_kinds_free(&kinds);
}

static void an_entry_says_what_its_kind_says(void **unused)
{
    struct ht_entry_kinds kinds = {0};
    const struct ht_entry_kind *kind =
        ht_entry_kind(&kinds, &one, HT_EVENT_INFERRED | HT_EVENT_REFUTED, NULL);
    const struct ht_timeline_entry *server = &kind->from[1];
    (void)unused;
    assert_string_equal(kind->from[0].from, "client");
    assert_string_equal(server->from, "server");
    assert_string_equal(server->event, "one");
    assert_ptr_equal(server->type, &one);
    assert_null(server->absent);
    assert_true(server->inferred);
    assert_false(server->encrypted || server->decrypted || server->partial || server->malformed);
    assert_int_equal(server->verified, 1);
    assert_string_equal(ht_entry_kind(&kinds, &two, 0, "why")->from[0].absent, "why");
    ht_entry_kinds_free(&kinds);
}

static void assert_kind(struct ht_entry_kinds *kinds, const struct ht_event_type *type,
                        unsigned flags, unsigned number)
{
    const struct ht_entry_kind *kind = ht_entry_kind(kinds, type, flags, NULL);
    assert_non_null(kind);
    assert_int_equal(kind->number, number);
    assert_ptr_equal(kind->type, type);
    assert_int_equal(kind->flags, flags);
    assert_ptr_equal(ht_entry_kind_numbered(kinds, number), kind);
    assert_int_equal(kind->from[0].kind, 2 * number);
    assert_int_equal(kind->from[1].kind, 2 * number + 1);
}

/* All flags of many types: more than there are buckets, each found again by its number. */
static void there_may_be_many(void **unused)
{
    enum { TYPES = 20, FLAGS = 128 };
    static const struct ht_event_type types[TYPES];
    static struct ht_entry_kinds kinds;
    (void)unused;
    for (unsigned again = 0; again < 2; again++) {
        for (unsigned i = 0; i < TYPES * FLAGS; i++) {
            assert_kind(&kinds, &types[i / FLAGS], i % FLAGS, i + 1);
        }
    }
    ht_entry_kinds_free(&kinds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_alike_is_one_kind),
                                       cmocka_unit_test(an_entry_says_what_its_kind_says),
                                       cmocka_unit_test(there_may_be_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
