/*
 * Whom a summary lays findings to, and what becomes of those for which there is no room.
 */
#include "support.h"

#include "dns/dns.h"
#include "report/across.h"
#include "report/audit_report.h"
#include "report/collector.h"
#include "report/summary.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

static const struct ht_analysis_settings settings = {.certificate_folder = -1};

static void *make_collector(void)
{
    struct ht_error error;
    void *collector = calloc(1, ht_collector_analyzer.state_size);
    assert_non_null(collector);
    assert_true(ht_collector_analyzer.init(collector, &settings, &error));
    return collector;
}

/* Lets the collector see a connection of the client `ja4` with one of two hosts, 10.0.1.0 where its
 * number is even, and this finding, or none. */
static void see_in(void *collector, const char *source, unsigned number, uint16_t port,
                   const char *ja4, const struct ht_finding *finding)
{
    char id[24];
    struct tls_client_hello hello         = {.frame = 4, .ja4 = ht_text(ja4)};
    struct tls_details tls                = {.client_hello = &hello};
    const struct ht_party client          = {.ip = ht_address4((const uint8_t[]){10, 0, 0, 1})};
    const uint8_t ip[]                    = {10, 0, 1, (uint8_t)(number % 2)};
    const struct ht_party server          = {.ip = ht_address4(ip), .port = port};
    const struct ht_capture_quality whole = {0};
    struct ht_arena arena                 = {0};
    struct ht_analysis a                  = {.arena = &arena};
    (void)snprintf(id, sizeof id, "c-%016x", number + 1);
    struct ht_connection c = {.id        = ht_text(id),
                              .source    = ht_text(source),
                              .start_ns  = number,
                              .transport = "udp",
                              .protocol  = ht_text("tls"),
                              .client    = &client,
                              .server    = &server,
                              .capture   = &whole,
                              .details   = {&tls_details_struct, &tls},
                              .findings  = {finding, finding != NULL ? 1 : 0}};
    ht_collector_analyzer.judge(collector, &a, &c);
    ht_arena_clear(&arena);
}

static void see_at(void *collector, unsigned number, uint16_t port, const char *ja4,
                   const struct ht_finding *finding)
{
    see_in(collector, "a.pcap", number, port, ja4, finding);
}

static void see(void *collector, unsigned number, const char *ja4, const struct ht_finding *finding)
{
    see_at(collector, number, 443, ja4, finding);
}

static struct ht_summary *finish_all(void *const *collectors, size_t num)
{
    struct ht_summary *summary = ht_summary_new(&settings);
    assert_non_null(summary);
    for (size_t i = 0; i < num; i++) {
        ht_summary_take(summary, collectors[i]);
        ht_collector_analyzer.fini(collectors[i]);
        free(collectors[i]);
    }
    assert_true(ht_summary_finish(summary));
    return summary;
}

static struct ht_summary *finish(void *collector)
{
    return finish_all(&collector, 1);
}

static const struct ht_finding_summary *find(const struct ht_summary *summary, const char *rule)
{
    const struct ht_objects *list             = &ht_summary_data(summary)->findings;
    const struct ht_finding_summary *findings = list->items;
    for (size_t i = 0; i < list->len; i++) {
        if (strcmp(findings[i].id, rule) == 0) {
            return &findings[i];
        }
    }
    fail_msg("%s was not found", rule);
    return NULL;
}

static uint64_t count_among(struct ht_objects tallies, const char *name)
{
    const struct ht_tally *items = tallies.items;
    for (size_t i = 0; i < tallies.len; i++) {
        if (ht_bytes_equal(items[i].name, ht_text(name))) {
            return items[i].connections;
        }
    }
    return 0;
}

static void a_finding_is_laid_to_whose_fault_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *scope;
        size_t of_server, of_client;
    } cases[] = {{"server", 1, 0}, {"client", 0, 1}, {NULL, 1, 1}};
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        void *collector                 = make_collector();
        const struct ht_finding finding = {
            .id = "bad", .severity = "high", .scope = cases[i].scope};
        see(collector, 1, "t13d_x_x", &finding);
        struct ht_summary *summary             = finish(collector);
        const struct ht_server_summary *server = ht_summary_data(summary)->servers.items;
        const struct ht_client_summary *client = ht_summary_data(summary)->clients.items;
        assert_int_equal(count_among(server->findings, "bad"), cases[i].of_server);
        assert_int_equal(count_among(client->findings, "bad"), cases[i].of_client);
        /* Who was party to it is told of the finding all the same. */
        assert_int_equal(find(summary, "bad")->num_servers, 1);
        assert_int_equal(find(summary, "bad")->num_clients, 1);
        ht_summary_free(summary);
    }
}

enum { MANY = 40000, SERVERS = 72000 };

/* How often is exact, and some examples are there, also of a rule that comes when all is full. */
static void assert_counts(struct ht_summary *summary, uint64_t num, uint64_t num_late)
{
    const struct ht_coverage *coverage    = ht_summary_data(summary)->coverage;
    const struct ht_finding_summary *bad  = find(summary, "bad");
    const struct ht_finding_summary *late = find(summary, "late");
    assert_int_equal(bad->count, num);
    assert_int_equal(late->count, num_late);
    assert_true(bad->left_out > 0 && bad->left_out < num);
    assert_true(late->left_out > 0);
    assert_string_equal(late->severity, "critical");
    assert_int_equal(late->last_seen_ns, num + num_late - 1);
    assert_true(late->examples.len > 0);
    assert_int_equal(coverage->connections, num + num_late);
    assert_int_equal(count_among(coverage->protocols, "tls"), num + num_late);
    ht_summary_free(summary);
}

static void see_many(void *const *collectors, unsigned num_collectors)
{
    const struct ht_finding bad  = {.id = "bad", .severity = "high"};
    const struct ht_finding late = {.id = "late", .severity = "critical"};
    for (unsigned i = 0; i < MANY + 10; i++) {
        char ja4[24];
        (void)snprintf(ja4, sizeof ja4, "t13d_x_%u", i);
        see(collectors[i % num_collectors], i, ja4, i < MANY ? &bad : &late);
    }
}

static void what_has_no_room_is_counted(void **state)
{
    (void)state;
    void *collectors[] = {make_collector(), make_collector()};
    see_many(collectors, 1);
    assert_counts(finish(collectors[0]), MANY, 10);
    collectors[0] = make_collector();
    see_many(collectors, 2);
    assert_counts(finish_all(collectors, 2), MANY, 10);
}

/* Strangers can fill the table of names; a rule that is first broken then is told all the same. */
static void a_rule_needs_no_room_among_names(void **state)
{
    (void)state;
    enum { NAMES = 270000 };
    const struct ht_finding bad  = {.id = "bad", .severity = "high"};
    const struct ht_finding late = {.id = "late", .severity = "critical"};
    void *collector              = make_collector();
    for (unsigned i = 0; i < NAMES + 10; i++) {
        char ja4[24];
        (void)snprintf(ja4, sizeof ja4, "t13d_x_%u", i);
        see(collector, i, ja4, i < NAMES ? &bad : &late);
    }
    struct ht_summary *summary = finish(collector);
    assert_int_equal(find(summary, "bad")->count, NAMES);
    assert_int_equal(find(summary, "late")->count, 10);
    ht_summary_free(summary);
}

/* More servers than there is room for. */
static void what_has_no_server_is_counted(void **state)
{
    (void)state;
    const struct ht_finding bad = {.id = "bad", .severity = "high"};
    void *collector             = make_collector();
    for (unsigned i = 0; i < SERVERS; i++) {
        see_at(collector, i, (uint16_t)(1 + i / 2), "t13d_x_x", &bad);
    }
    struct ht_summary *summary         = finish(collector);
    const struct ht_coverage *coverage = ht_summary_data(summary)->coverage;
    assert_int_equal(find(summary, "bad")->count, SERVERS);
    assert_int_equal(coverage->tls_connections, SERVERS);
    assert_true(coverage->servers < SERVERS);
    assert_true(coverage->left_out >= SERVERS - coverage->servers);
    assert_int_equal(count_among(coverage->protocols, "tls"), SERVERS);
    ht_summary_free(summary);
}

/* Two collectors have room for their servers, all together there is none. */
static void what_loses_its_server_is_left_out(void **state)
{
    (void)state;
    enum { CASES = 10 };
    const struct ht_finding bad = {.id = "bad", .severity = "high"};
    void *collectors[]          = {make_collector(), make_collector()};
    for (unsigned i = 0; i < SERVERS; i++) {
        see_at(collectors[i % 2], i, (uint16_t)(1 + i / 2), "t13d_x_x",
               i % 2 == 1 && i >= SERVERS - 2 * CASES ? &bad : NULL);
    }
    struct ht_summary *summary            = finish_all(collectors, 2);
    const struct ht_finding_summary *told = find(summary, "bad");
    assert_int_equal(told->count, CASES);
    assert_int_equal(told->num_servers, 0);
    assert_int_equal(told->left_out, CASES);
    assert_true(ht_summary_data(summary)->coverage->findings_left_out >= CASES);
    ht_summary_free(summary);
}

static void each_example_is_with_its_own_server(void **state)
{
    (void)state;
    const struct ht_finding finding = {.id = "bad", .severity = "high"};
    void *collector                 = make_collector();
    see(collector, 2, "t13d_x_x", &finding);
    see(collector, 1, "t13d_x_x", &finding);
    struct ht_summary *summary             = finish(collector);
    const struct ht_client_summary *client = ht_summary_data(summary)->clients.items;
    const struct ht_example *examples      = client->examples.items;
    assert_int_equal(client->examples.len, 2);
    assert_true(ht_bytes_equal(examples[0].server, ht_text("10.0.1.1:443/udp")));
    assert_true(ht_bytes_equal(examples[1].server, ht_text("10.0.1.0:443/udp")));
    ht_summary_free(summary);
}

/* Of what two files have of one connection; and before their worker's findings are merged come
 * those of another, who saw nothing in the first file. */
static void an_example_is_of_the_file_read_first(void **state)
{
    (void)state;
    static const char *const files[] = {"z.pcap", "a.pcap"};
    const struct ht_finding finding  = {.id = "bad", .severity = "high"};
    void *collectors[]               = {make_collector(), make_collector()};
    for (size_t i = 0; i < 2; i++) {
        ht_collector_analyzer.source(collectors[0], ht_text(files[i]));
        ht_collector_analyzer.source(collectors[1], ht_text(files[i]));
        see_in(collectors[1], files[i], 4, 443, i == 0 ? "t13d_x_x" : "t13d_y_y", &finding);
    }
    see_in(collectors[0], files[1], 8, 443, "t13d_y_y", &finding);
    struct ht_summary *summary        = finish_all(collectors, 2);
    const struct ht_objects *examples = &find(summary, "bad")->examples;
    const struct ht_example *first    = examples->items;
    assert_int_equal(examples->len, 2);
    assert_true(ht_bytes_equal(first->source, ht_text("z.pcap")));
    const struct ht_server_summary *server = ht_summary_data(summary)->servers.items;
    first                                  = server->examples.items;
    assert_true(ht_bytes_equal(first->source, ht_text("z.pcap")));
    ht_summary_free(summary);
}

/* In another file the same address may be another client's. */
static void the_next_step_is_in_the_same_file(void **state)
{
    enum { A = 1, B = 2 };
    const struct report_session first = {
        .sights = {.items = {{.time_ns = 1, .id = 1, .source = A}}}};
    struct report_session next = {.sights = {.items = {{.time_ns = 5, .id = 2, .source = A}}}};
    struct report_sight pair[2];
    (void)state;
    assert_true(across_follows(&first, &next, 4, pair));
    assert_int_equal(pair[0].id, 1);
    assert_int_equal(pair[1].id, 2);
    assert_false(across_follows(&first, &next, 3, pair));
    assert_false(across_follows(&next, &first, 4, pair));
    next.sights.items[0].source = B;
    assert_false(across_follows(&first, &next, 4, pair));
}

/* Queries to a resolver near by are all that two collectors saw. */
static void lookups_are_counted_without_connections(void **state)
{
    (void)state;
    struct ht_arena arena        = {0};
    void *collectors[]           = {make_collector(), make_collector()};
    const struct dns_party party = {.ip = ht_address4((const uint8_t[]){10, 0, 0, 1})};
    struct dns_transaction query = {
        .client = &party, .server = &party, .query_frame = 1, .recursion_desired = true};
    struct ht_analysis a = {.arena = &arena};
    struct ht_audit audit;
    for (size_t i = 0; i < 5; i++) {
        ht_collector_analyzer.record(collectors[i % 2], &a, &dns_transaction_record, &query);
    }
    struct ht_summary *summary = finish_all(collectors, 2);
    ht_audit_record(summary, &arena, &audit);
    struct ht_sink *sink = ht_json_sink.open(&(const struct ht_sink_config){0});
    struct ht_chars out  = {0};
    assert_true(ht_json_sink.record(sink, &ht_audit_record_type, &audit, &out));
    ht_chars_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, "\"dns-plaintext\",\"judged\":5,"));
    ht_json_sink.close(sink);
    ht_chars_free(&out);
    ht_summary_free(summary);
    ht_arena_clear(&arena);
}

static void a_basis_is_that_of_the_least_certain_case(void **state)
{
    (void)state;
    static const char *const bases[] = {"observed", "inferred", "derived"};
    for (size_t first = 0; first < 3; first++) {
        struct report_state *kept       = calloc(1, sizeof *kept);
        uint32_t rule                   = 0;
        const struct report_sight sight = {.id = 1};
        assert_non_null(kept);
        report_state_init(kept, &settings);
        for (size_t i = 0; i < 3; i++) {
            const struct ht_finding words = {.id = "some-rule", .basis = bases[(first + i) % 3]};
            rule                          = report_rule_of(kept, &words, &sight);
        }
        const struct report_rule *found = report_table_at(&kept->rules, rule - 1);
        assert_string_equal(found->basis, "inferred");
        report_state_free(kept);
        free(kept);
    }
}

/* Of the first case, whoever saw it; and a case without one changes nothing. */
static void a_clause_is_that_of_the_first_case(void **state)
{
    (void)state;
    static const char *const clauses[] = {"section 3", NULL, "appendix C"};
    static const size_t orders[][3]    = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t at = 0; at < HT_ARRAY_LEN(orders) * 8; at++) {
        struct report_state *states = calloc(2, sizeof *states);
        assert_non_null(states);
        report_state_init(&states[0], &settings);
        report_state_init(&states[1], &settings);
        for (size_t i = 0; i < 3; i++) {
            const size_t which              = orders[at / 8][i];
            const struct ht_finding words   = {.id = "some-rule", .clause = clauses[which]};
            const struct report_sight sight = {.id = which + 1, .time_ns = 10 - (int64_t)which};
            states[at >> which & 1].totals.connections++;
            assert_int_not_equal(report_rule_of(&states[at >> which & 1], &words, &sight), 0);
        }
        report_state_merge(&states[0], &states[1]);
        assert_int_equal(states[0].rules.len, 1);
        const struct report_rule *found = report_table_at(&states[0].rules, 0);
        assert_string_equal(found->clause, "appendix C");
        report_state_free(&states[0]);
        report_state_free(&states[1]);
        free(states);
    }
}

enum { MOST_SEEN = 5 };

/* Sights of one value, and what is told of it. */
struct scene {
    size_t num;
    struct {
        uint64_t session;
        int64_t time_ns;
    } seen[MOST_SEEN];
    uint64_t count;
    int64_t examples_ns[REPORT_REPEATS]; /* 0: no more */
    struct report_span span;
};

static const struct scene scenes[] = {
    /* Two sessions, one of which was captured at three places. */
    {4, {{1, 100}, {1, 20}, {1, 300}, {2, 200}}, 2, {20, 200}, {20, 300}},
    /* One is captured again, and is none of those that are kept as examples. */
    {5, {{1, 20}, {2, 200}, {3, 100}, {4, 400}, {4, 500}}, 4, {20, 100, 200}, {20, 500}},
};

static void add_seen(struct report_state *state, const struct scene *scene, size_t i)
{
    struct report_values values     = {.len = 0};
    const struct report_value value = {.key     = {.value = {1}, .kind = REPORT_SERVER_RANDOM},
                                       .session = scene->seen[i].session,
                                       .sight   = {.time_ns = scene->seen[i].time_ns, .id = i + 1},
                                       .last_ns = scene->seen[i].time_ns};
    report_values_seek(state, &values, &value);
    report_values_add(state, &values);
}

/* In this order, by two workers of which the second has those of the mask. */
static void assert_repeat(const struct scene *scene, const size_t order[MOST_SEEN], unsigned mask)
{
    struct report_state *states = calloc(2, sizeof *states);
    assert_non_null(states);
    report_state_init(&states[0], &settings);
    report_state_init(&states[1], &settings);
    for (size_t i = 0; i < scene->num; i++) {
        add_seen(&states[mask >> order[i] & 1], scene, order[i]);
    }
    report_state_merge(&states[0], &states[1]);
    assert_int_equal(states[0].repeats.len, 1);
    const struct report_repeat *repeat = report_table_at(&states[0].repeats, 0);
    assert_int_equal(repeat->count, scene->count);
    assert_int_equal(repeat->unknown, 0);
    assert_int_equal(repeat->span.first_ns, scene->span.first_ns);
    assert_int_equal(repeat->span.last_ns, scene->span.last_ns);
    for (size_t i = 0; i < REPORT_REPEATS; i++) {
        assert_int_equal(repeat->values[i].sight.time_ns, scene->examples_ns[i]);
    }
    report_state_free(&states[0]);
    report_state_free(&states[1]);
    free(states);
}

static void assert_repeat_in_any_order(const struct scene *scene)
{
    const unsigned all = (1U << scene->num) - 1;
    for (size_t code = 0; code < (size_t)1 << 3 * scene->num; code++) { /* three bits a place */
        size_t order[MOST_SEEN] = {0};
        unsigned met            = 0;
        for (size_t i = 0; i < scene->num; i++) {
            order[i] = code >> 3 * i & 7;
            met |= 1U << order[i];
        }
        for (unsigned mask = 0; met == all && mask <= all; mask++) {
            assert_repeat(scene, order, mask);
        }
    }
}

static void a_repeat_is_the_same_in_any_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(scenes); i++) {
        assert_repeat_in_any_order(&scenes[i]);
    }
}

/* TLS began with one server in two protocols, each of which a worker of its own saw. */
static void assert_begins(const char *first, const char *second)
{
    const char *const protocols[]      = {first, second};
    const struct report_server_key key = {.version = 4, .port = 25};
    struct report_state *states        = calloc(2, sizeof *states);
    assert_non_null(states);
    for (size_t i = 0; i < 2; i++) {
        report_state_init(&states[i], &settings);
        struct report_server *server = report_table_add(&states[i].servers, &key);
        assert_non_null(server);
        report_server_begins(&states[i], server, report_label_of(&states[i], protocols[i]));
        report_server_begins(&states[i], server, 0);
    }
    report_state_merge(&states[0], &states[1]);
    assert_int_equal(states[0].servers.len, 1);
    struct report_server *server = report_server_at(&states[0], 1);
    assert_true(
        ht_bytes_equal(report_names_text(&states[0].names, server->starttls), ht_text("imap")));
    report_server_begins(&states[0], server, report_label_of(&states[0], "ftp"));
    assert_true(
        ht_bytes_equal(report_names_text(&states[0].names, server->starttls), ht_text("ftp")));
    report_state_free(&states[0]);
    report_state_free(&states[1]);
    free(states);
}

static void a_server_begins_the_same_in_any_order(void **state)
{
    (void)state;
    assert_begins("imap", "smtp");
    assert_begins("smtp", "imap");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookups_are_counted_without_connections),
        cmocka_unit_test(a_repeat_is_the_same_in_any_order),
        cmocka_unit_test(a_server_begins_the_same_in_any_order),
        cmocka_unit_test(a_basis_is_that_of_the_least_certain_case),
        cmocka_unit_test(a_clause_is_that_of_the_first_case),
        cmocka_unit_test(a_finding_is_laid_to_whose_fault_it_is),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(what_has_no_server_is_counted),
        cmocka_unit_test(a_rule_needs_no_room_among_names),
        cmocka_unit_test(what_loses_its_server_is_left_out),
        cmocka_unit_test(each_example_is_with_its_own_server),
        cmocka_unit_test(an_example_is_of_the_file_read_first),
        cmocka_unit_test(the_next_step_is_in_the_same_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
