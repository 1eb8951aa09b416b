/*
 * The command line, as --help has it.
 */
#include "support.h"

#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_WORDS = 16 };

/* read_words reads "hellotap" and then `words`, which end with NULL. */
static bool read_words(struct cli_options *out, const char *const *words, struct ht_error *error)
{
    static char copies[MAX_WORDS][64];
    static char *argv[MAX_WORDS + 1]; /* `out` points into it */
    int argc = 1;
    argv[0]  = copies[0];
    (void)snprintf(copies[0], sizeof copies[0], "hellotap");
    for (; words[argc - 1] != NULL; argc++) {
        assert_in_range(argc, 1, MAX_WORDS - 1);
        (void)snprintf(copies[argc], sizeof copies[argc], "%s", words[argc - 1]);
        argv[argc] = copies[argc];
    }
    argv[argc] = NULL;
    optind     = 0; /* glibc: begin anew */
    return cli_options_read(out, argc, argv, error);
}

#define READ(out, error, ...) read_words(out, (const char *const[]){__VA_ARGS__, NULL}, error)

static void files(void **state)
{
    (void)state;
    struct cli_options o;
    struct ht_error error;
    assert_true(READ(&o, &error, "-f", "json", "a", "-q", "b"));
    assert_false(cli_options_live(&o));
    assert_string_equal(o.files[0], "a");
    assert_string_equal(o.files[1], "b");
    assert_null(o.files[2]);
    assert_string_equal(o.format->name, "json");
    assert_true(o.quiet);
    assert_false(o.no_sandbox);
    assert_int_equal(o.workers, 0);
}

static void interfaces_add_up(void **state)
{
    (void)state;
    struct cli_options o;
    struct ht_error error;
    assert_true(READ(&o, &error, "-i", "eth0", "-i", "eth1,eth2", "--immediate", "-p"));
    assert_true(cli_options_live(&o));
    assert_string_equal(o.interfaces, "eth0,eth1,eth2");
    assert_true(o.immediate && o.no_promiscuous);
    static const char *const bad[] = {"", ",", "eth0,", ",eth0", "eth0,,eth1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(READ(&o, &error, "-i", bad[i]));
        assert_non_null(strstr(error.text, "a name is missing"));
    }
}

static void an_interface_is_named_once(void **state)
{
    (void)state;
    static const char *const bad[] = {"eth0", "eth0,eth1", "eth1,eth0", "eth1,eth1,eth2"};
    struct cli_options o;
    struct ht_error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(READ(&o, &error, "-i", "eth0", "-i", bad[i]));
        assert_non_null(strstr(error.text, "named twice"));
    }
    assert_true(READ(&o, &error, "-i", "eth0,eth", "-i", "eth00"));
    assert_string_equal(o.interfaces, "eth0,eth,eth00");
}

static void sizes_and_times(void **state)
{
    (void)state;
    struct cli_options o;
    struct ht_error error;
    assert_true(READ(&o, &error, "-i", "eth0", "--buffer", "128", "--queue", "8M", "--max-memory",
                     "1G", "--max-flows=5000", "--workers", "4"));
    assert_true(o.buffer_bytes == 128 << 20 && o.queue_bytes == 8 << 20);
    assert_true(o.max_bytes == 1 << 30 && o.max_flows == 5000 && o.workers == 4);
    assert_true(READ(&o, &error, "-i", "eth0", "-o", "out", "--rotate-size", "100M",
                     "--rotate-time", "1h", "--stats-interval", "5m", "--user", "nobody",
                     "--sandbox=off"));
    assert_true(o.rotate_bytes == 100 << 20 && o.rotate_ns == 3600 * 1000000000LL);
    assert_true(o.stats_interval_ns == 300 * 1000000000LL);
    assert_string_equal(o.user, "nobody");
    assert_true(o.no_sandbox);
}

static void a_dash_is_standard_output(void **state)
{
    (void)state;
    struct cli_options o;
    struct ht_error error;
    assert_true(READ(&o, &error, "-o", "-", "file"));
    assert_null(o.output);
    assert_true(READ(&o, &error, "-o", "-f", "file"));
    assert_string_equal(o.output, "-f");
}

static void reports(void **state)
{
    (void)state;
    struct cli_options o;
    struct ht_error error;
    assert_true(READ(&o, &error, "--audit", "file"));
    assert_true(o.audit && o.policy == NULL && o.fail_on == HT_NUM_SEVERITIES);
    assert_true(cli_options_report(&o) && !cli_options_stories(&o));
    assert_true(READ(&o, &error, "--audit=modern", "--fail-on", "high", "-f", "json", "--as-of",
                     "2026-03-15", "file"));
    assert_string_equal(o.policy, "modern");
    assert_int_equal(o.fail_on, HT_HIGH);
    assert_true(o.as_of_ns == 1773532800 * 1000000000LL);
    assert_true(cli_options_report(&o) && cli_options_stories(&o));
    assert_true(READ(&o, &error, "--audit=modern", "--fail-on", "warn", "file"));
    assert_int_equal(o.fail_on, HT_NUM_SEVERITIES);
    assert_int_equal(o.fail_on_verdict, HT_POLICY_WARN);
    assert_true(READ(&o, &error, "--audit", "--as-of", "1970-01-01", "file"));
    assert_true(o.as_of_ns == 1); /* 0 would be packet time */
    assert_true(READ(&o, &error, "--inventory", "-f", "csv", "file"));
    assert_true(o.inventory && o.csv && !cli_options_stories(&o));
    assert_true(READ(&o, &error, "--cbom", "bill.json", "file"));
    assert_true(cli_options_report(&o) && cli_options_stories(&o));
}

static void reports_that_make_no_sense(void **state)
{
    (void)state;
    struct cli_options o;
    struct ht_error error;
    assert_false(READ(&o, &error, "--fail-on", "high", "file"));
    assert_non_null(strstr(error.text, "--audit"));
    assert_false(READ(&o, &error, "--audit", "--fail-on", "fail", "file"));
    assert_non_null(strstr(error.text, "--audit=POLICY"));
    assert_false(READ(&o, &error, "--audit", "--inventory", "file"));
    assert_false(READ(&o, &error, "-f", "csv", "file"));
    assert_non_null(strstr(error.text, "--inventory"));
    assert_false(READ(&o, &error, "--audit", "modern", "file"));
    assert_non_null(strstr(error.text, "--audit=modern"));
}

static void events_come_where_connections_do(void **state)
{
    (void)state;
    struct cli_options o;
    struct ht_error error;
    assert_true(READ(&o, &error, "-e", "--audit", "-f", "json", "file"));
    assert_true(READ(&o, &error, "-e", "--cbom", "bill.json", "file"));
    assert_false(READ(&o, &error, "-e", "--inventory", "-f", "json", "file"));
    assert_non_null(strstr(error.text, "--inventory"));
    assert_false(READ(&o, &error, "-e", "--audit", "file"));
    assert_non_null(strstr(error.text, "-f json"));
}

static void conditions_add_up(void **state)
{
    (void)state;
    struct cli_options o;
    struct ht_error error;
    assert_true(READ(&o, &error, "--only", "server.port!=443", "--only", "tls.alerts", "a"));
    assert_int_equal(o.num_only, 2);
    assert_text(o.only[0].field, "server.port");
    assert_text(o.only[0].value, "443");
    assert_true(o.only[0].negated);
    assert_text(o.only[1].field, "tls.alerts");
    assert_int_equal(o.only[1].relation, HT_IS_THERE);
    assert_true(READ(&o, &error, "--only", "id=a or id=b or start>c", "--only", "id=d or e", "a"));
    assert_int_equal(o.num_only, 5);
    assert_true(o.only[0].or_next);
    assert_true(o.only[1].or_next);
    assert_text(o.only[1].value, "b");
    assert_false(o.only[2].or_next);
    assert_text(o.only[2].field, "start");
    assert_false(READ(&o, &error, "--only", "id=a or ", "a"));
    assert_false(READ(&o, &error, "--only", "=443", "a"));
    assert_false(READ(&o, &error, "--only", "id=c-*", "--inventory", "a"));
    assert_false(READ(&o, &error, "--only", "id=c-*", "--audit", "a"));
    assert_true(READ(&o, &error, "--only", "id=c-*", "--audit", "-f", "json", "a"));
}

static void what_has_no_effect_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][4] = {
        {"-s", "128", "a"},
        {"--buffer", "8", "a"},
        {"--queue", "1M", "a"},
        {"--immediate", "a"},
        {"-p", "a"},
        {"--as-of", "2026-01-01", "a"},
        {"-q", "diff", "old", "new"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *words[5] = {bad[i][0], bad[i][1], bad[i][2], bad[i][3]};
        struct cli_options o;
        struct ht_error error;
        assert_false(read_words(&o, words, &error));
    }
    struct cli_options o;
    struct ht_error error;
    assert_true(READ(&o, &error, "--as-of", "2026-01-01", "--crl", "list", "a"));
}

static void what_makes_no_sense_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"--buffer", "0"},        {"--buffer", "2048"},       {"--queue", "much"},
        {"--rotate-size", "-1"},  {"--rotate-time", "1y"},    {"--stats-interval", "0"},
        {"--workers", "0"},       {"--workers", "257"},       {"--max-flows", "1k"},
        {"--max-memory", "lots"}, {"--sandbox", "perhaps"},   {"-s", "262145"},
        {"--width", "0"},         {"--color", "sometimes"},   {"-f", "xml"},
        {"--fail-on", "fatal"},   {"--as-of", "tomorrow"},    {"--fail-on", "report"},
        {"--max-memory", "10"},   {"--max-memory", "16383k"}, {"--queue", "1023k"},
    };
    struct cli_options o;
    struct ht_error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(READ(&o, &error, bad[i][0], bad[i][1], "file"));
        assert_memory_equal(error.text, bad[i][0], strlen(bad[i][0]));
        assert_non_null(strstr(error.text, bad[i][1]));
    }
    assert_false(READ(&o, &error, "-i", "eth0", "file"));
    assert_false(READ(&o, &error, "--rotate-size", "1M", "file"));
    assert_non_null(strstr(error.text, "-o"));
    assert_false(READ(&o, &error, "-q"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(interfaces_add_up),
        cmocka_unit_test(an_interface_is_named_once),
        cmocka_unit_test(sizes_and_times),
        cmocka_unit_test(a_dash_is_standard_output),
        cmocka_unit_test(reports),
        cmocka_unit_test(reports_that_make_no_sense),
        cmocka_unit_test(events_come_where_connections_do),
        cmocka_unit_test(conditions_add_up),
        cmocka_unit_test(what_has_no_effect_is_refused),
        cmocka_unit_test(what_makes_no_sense_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
