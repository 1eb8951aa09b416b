/*
 * Times added up by hand.
 */
#include "analysis/timing/timing.h"

#include "support.h"
#include "tls/tls.h"

static const int64_t MS = 1000000;

static uint64_t state[1024];
static uint64_t kind; /* of the timelines */

static const struct ht_timing *timing_of(struct ht_arena *arena,
                                         const struct ht_timeline_entry *entries, size_t num,
                                         uint64_t rtt_server_ns)
{
    const struct ht_tcp_summary tcp = {.rtt_server_ns = rtt_server_ns};
    struct ht_connection c          = {
                 .tcp = &tcp, .timeline = {.items = entries, .len = num}, .timeline_kind = kind};
    struct ht_analysis a = {.arena = arena};
    assert_true(ht_timing_analyzer.state_size <= sizeof state);
    ht_timing_analyzer.judge(state, &a, &c);
    return c.timing;
}

static void a_whole_handshake(void **unused)
{
    const struct ht_timeline_entry entries[] = {
        {.t_ns = 20 * MS, .type = &tls_client_hello_event, .from = "client"},
        {.t_ns = 45 * MS, .type = &tls_server_hello_event, .from = "server"},
        {.t_ns = 46 * MS, .type = &tls_finished_event, .from = "server"},
        {.t_ns = 48 * MS, .type = &tls_finished_event, .from = "client"},
        {.t_ns = 90 * MS, .type = &tls_finished_event, .from = "client"}};
    struct ht_arena arena = {0};
    (void)unused;
    const struct ht_timing *timing = timing_of(&arena, entries, 5, 10 * MS);
    assert_int_equal(timing->server_hello_ns, 25 * MS);
    assert_int_equal(timing->server_think_ns, 15 * MS);
    assert_int_equal(timing->handshake_ns, 28 * MS);
    ht_arena_clear(&arena);
}

/* Nothing is said of what was not seen, nor of a clock that went back. */
static void half_a_handshake(void **unused)
{
    const struct ht_timeline_entry entries[] = {
        {.t_ns = 20 * MS, .type = &tls_client_hello_event, .from = "client"},
        {.t_ns = 45 * MS, .type = &tls_server_hello_event, .from = "server"},
        {.t_ns = 46 * MS, .type = &tls_finished_event, .from = "server"},
        {.type = &tls_finished_event, .from = "client", .absent = "one_sided"}};
    struct ht_arena arena = {0};
    (void)unused;
    const struct ht_timing *timing = timing_of(&arena, entries, 4, 30 * MS);
    assert_int_equal(timing->server_hello_ns, 25 * MS);
    assert_int_equal(timing->server_think_ns, 0);
    assert_int_equal(timing->handshake_ns, 0);
    assert_null(timing_of(&arena, entries, 1, 0));
    assert_null(timing_of(&arena, entries + 1, 2, 0));
    ht_arena_clear(&arena);
}

/* RFC 8446 section 4.1.4: the server's answer to the first ClientHello is the HelloRetryRequest. */
static void a_hello_that_is_asked_again(void **unused)
{
    const struct ht_timeline_entry entries[] = {
        {.t_ns = 20 * MS, .type = &tls_client_hello_event, .from = "client"},
        {.t_ns = 32 * MS, .type = &tls_hello_retry_request_event, .from = "server"},
        {.t_ns = 33 * MS, .type = &tls_client_hello_event, .from = "client"},
        {.t_ns = 45 * MS, .type = &tls_server_hello_event, .from = "server"},
        {.t_ns = 46 * MS, .type = &tls_finished_event, .from = "server"},
        {.t_ns = 48 * MS, .type = &tls_finished_event, .from = "client"}};
    struct ht_arena arena = {0};
    (void)unused;
    const struct ht_timing *timing = timing_of(&arena, entries, 6, 10 * MS);
    assert_int_equal(timing->server_hello_ns, 12 * MS);
    assert_int_equal(timing->server_think_ns, 2 * MS);
    assert_int_equal(timing->handshake_ns, 28 * MS);
    ht_arena_clear(&arena);
}

/* In a timeline of a kind that came before, nothing is looked for: the same is where it was. */
static void a_kind_that_is_known(void **unused)
{
    struct ht_timeline_entry entries[] = {
        {.t_ns = 20 * MS, .type = &tls_client_hello_event, .from = "client"},
        {.t_ns = 45 * MS, .type = &tls_server_hello_event, .from = "server"}};
    struct ht_arena arena = {0};
    (void)unused;
    kind = 7;
    assert_int_equal(timing_of(&arena, entries, 2, 0)->server_hello_ns, 25 * MS);
    entries[0].t_ns = 30 * MS;
    entries[1].type = &tls_alert_event; /* cannot be */
    assert_int_equal(timing_of(&arena, entries, 2, 0)->server_hello_ns, 15 * MS);
    kind = 8;
    assert_null(timing_of(&arena, entries, 2, 0));
    kind = 0;
    assert_null(timing_of(&arena, entries, 2, 0));
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kind_that_is_known), cmocka_unit_test(a_whole_handshake),
        cmocka_unit_test(half_a_handshake), cmocka_unit_test(a_hello_that_is_asked_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
