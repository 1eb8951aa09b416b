/* Which truncated answer a connection was opened for (RFC 7766 section 5); the bounds are those
 * that truncation.h states. */
#include "support.h"

#include "analysis/dns_transport/truncation.h"
#include "base/time.h"
#include "dns/dns.h"

#include <stdlib.h>

static const struct dns_party alice  = {.ip = {.bytes = {10, 0, 0, 1}, .version = 4}, .port = 4000};
static const struct dns_party server = {.ip = {.bytes = {10, 0, 0, 53}, .version = 4}, .port = 53};

struct scene {
    void *state;
    unsigned lessons;
    struct ht_party client, server;
    struct ht_tcp_summary tcp;
    struct ht_connection connection;
};

static void teach(void *engine, const struct ht_analyzer *analyzer, struct ht_bytes lesson)
{
    struct scene *scene = engine;
    assert_ptr_equal(analyzer, &ht_truncation_analyzer);
    scene->lessons++;
    analyzer->learn(scene->state, lesson);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->state      = calloc(1, ht_truncation_analyzer.state_size);
    scene->client     = (struct ht_party){.ip = alice.ip, .port = 5000};
    scene->server     = (struct ht_party){.ip = server.ip, .port = 53};
    scene->connection = (struct ht_connection){.protocol = ht_text("dns"),
                                               .client   = &scene->client,
                                               .server   = &scene->server,
                                               .tcp      = &scene->tcp};
    *state            = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    free(scene->state);
    free(scene);
    return 0;
}

static const struct dns_question big    = {.name = {(const uint8_t *)"big.test", 8}, .type_id = 16};
static const struct dns_question BIG    = {.name = {(const uint8_t *)"bIg.Test", 8}, .type_id = 16};
static const struct dns_question bigger = {.name = {(const uint8_t *)"big.test", 8}, .type_id = 1};

static void say(struct scene *scene, uint64_t frame, int64_t time_ns,
                const struct ht_event_type *type, struct dns_transaction t)
{
    struct ht_analysis a = {.engine = scene, .teach = teach, .frame = frame, .time_ns = time_ns};
    t.server             = &server;
    ht_truncation_analyzer.event(scene->state, &a, type, &t);
}

static void answer(struct scene *scene, uint64_t frame, int64_t time_ns, bool truncated)
{
    say(scene, frame, time_ns, &dns_answer_event,
        (struct dns_transaction){
            .transport = "udp", .client = &alice, .question = &big, .truncated = truncated});
}

static void ask(struct scene *scene, int64_t time_ns, const struct dns_question *question)
{
    static const struct dns_party again = {.ip   = {.bytes = {10, 0, 0, 1}, .version = 4},
                                           .port = 5000};
    say(scene, 99, time_ns, &dns_query_event,
        (struct dns_transaction){.transport = "tcp", .client = &again, .question = question});
}

static uint64_t led_by(struct scene *scene, int64_t start_ns, int64_t end_ns)
{
    scene->connection.start_ns               = start_ns;
    scene->connection.end_ns                 = end_ns;
    scene->connection.truncated_answer_frame = 0;
    ht_truncation_analyzer.connection(scene->state, NULL, &scene->connection);
    return scene->connection.truncated_answer_frame;
}

static void the_latest_before(void **state)
{
    struct scene *scene = *state;
    answer(scene, 2, 1 * HT_SECOND_NS, true);
    answer(scene, 4, 2 * HT_SECOND_NS, true);
    answer(scene, 6, 2 * HT_SECOND_NS, false);
    ask(scene, 3 * HT_SECOND_NS, &BIG); /* names do not differ by case */
    answer(scene, 8, 5 * HT_SECOND_NS, true);
    assert_int_equal(scene->lessons, 4);
    assert_int_equal(led_by(scene, 3 * HT_SECOND_NS, 4 * HT_SECOND_NS), 4);
    assert_int_equal(led_by(scene, 4 * HT_SECOND_NS, 5 * HT_SECOND_NS), 0); /* another connection */
    assert_int_equal(led_by(scene, 0, 2 * HT_SECOND_NS), 0);
}

static void too_late(void **state)
{
    struct scene *scene = *state;
    answer(scene, 2, 0, true);
    ask(scene, HT_TRUNCATION_MAX_AGE_S * HT_SECOND_NS + 1, &big);
    assert_int_equal(led_by(scene, 0, INT64_MAX), 0);
    ask(scene, HT_TRUNCATION_MAX_AGE_S * HT_SECOND_NS, &big);
    assert_int_equal(led_by(scene, 0, INT64_MAX), 2);
}

static void others(void **state)
{
    struct scene *scene = *state;
    answer(scene, 2, 1, true);
    ask(scene, 2, &bigger); /* another type */
    assert_int_equal(led_by(scene, 2, 3), 0);
    ask(scene, 2, &big);
    scene->client.port = 5001;
    assert_int_equal(led_by(scene, 2, 3), 0);
    scene->client.port        = 5000;
    scene->client.ip.bytes[3] = 2;
    assert_int_equal(led_by(scene, 2, 3), 0);
    scene->client.ip.bytes[3]  = 1;
    scene->connection.protocol = ht_text("tls");
    assert_int_equal(led_by(scene, 2, 3), 0);
    scene->connection.protocol = ht_text("dns");
    assert_int_equal(led_by(scene, 2, 3), 2);
}

static void old_ones_go(void **state)
{
    struct scene *scene = *state;
    answer(scene, 1, 1, true);
    for (unsigned i = 0; i < HT_TRUNCATION_KEPT; i++) {
        answer(scene, 2 + i, HT_SECOND_NS, true);
    }
    ask(scene, 2, &big);
    assert_int_equal(led_by(scene, 0, HT_SECOND_NS), 0);
    ask(scene, HT_SECOND_NS, &big);
    assert_int_equal(led_by(scene, 0, HT_SECOND_NS), 1 + HT_TRUNCATION_KEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_latest_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_ones_go, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
