/*
 * Tables of a report: what is added is there, wherever memory lies.
 */
#include "support.h"

#include "report/table.h"

enum { SERVERS = 102, RULES = 10, PROGRAM = 97, STATES = 2000, PAGE = 4096 };

/* As of a finding. */
struct key {
    uint32_t rule, server, program;
};

struct entry {
    struct key key;
    uint32_t number;
};

static void fill(struct report_table *table)
{
    for (uint32_t server = 1; server <= SERVERS; server++) {
        for (uint32_t rule = 1; rule <= RULES; rule++) {
            const struct key key = {rule, server, PROGRAM};
            struct entry *entry  = report_table_add(table, &key);
            assert_non_null(entry);
            entry->number = server * RULES + rule;
        }
    }
}

static void expect_all(const struct report_table *table)
{
    assert_int_equal(table->len, SERVERS * RULES);
    assert_int_equal(table->refused, 0);
    for (uint32_t server = 1; server <= SERVERS; server++) {
        for (uint32_t rule = 1; rule <= RULES; rule++) {
            const struct key key      = {rule, server, PROGRAM};
            const struct entry *entry = report_table_find(table, &key);
            assert_non_null(entry);
            assert_int_equal(entry->number, server * RULES + rule);
        }
    }
}

/* The seed is an address: all that differs from run to run is the number of a page. */
static void none_is_refused_wherever_the_state_lies(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < STATES; i++) {
        struct report_table table = {.key_size   = sizeof(struct key),
                                     .entry_size = sizeof(struct entry),
                                     .seed       = UINT64_C(0x55c865534cb0) + i * 11 * PAGE,
                                     .max_bytes  = 1 << 20};
        fill(&table);
        expect_all(&table);
        report_table_free(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_refused_wherever_the_state_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
