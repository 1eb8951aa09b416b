/*
 * How handshakes fail, each by hand.
 */
#include "analysis/failure/failure.h"

#include "support.h"
#include "tls/tls.h"

static const struct tls_client_hello client_hello = {.frame = 4};
static const struct tls_server_hello server_hello = {.frame = 6};

struct scene {
    struct tls_details tls;
    struct ht_tcp_summary tcp;
    struct ht_party client, server;
    struct ht_capture_quality quality;
    bool udp;
    uint64_t duration_ns;
    struct ht_arena arena;
};

static struct scene scene(const char *close, const char *by)
{
    return (struct scene){.tls    = {.client_hello = &client_hello},
                          .tcp    = {.state         = "closed",
                                     .syn_frame     = 1,
                                     .syn_ack_frame = 2,
                                     .ack_frame     = 3,
                                     .close         = close,
                                     .closed_by     = by},
                          .client = {.packets = 4, .payload_bytes = 200},
                          .server = {.packets = 4, .payload_bytes = 7}};
}

/* NULL: nothing is said. */
static const struct tls_failure *failure_of(struct scene *s)
{
    struct ht_connection c = {.transport   = s->udp ? "udp" : "tcp",
                              .client      = &s->client,
                              .server      = &s->server,
                              .tcp         = s->udp ? NULL : &s->tcp,
                              .capture     = &s->quality,
                              .duration_ns = s->duration_ns,
                              .details     = {&tls_details_struct, &s->tls}};
    ht_arena_rewind(&s->arena);
    ht_failure_analyzer.connection(NULL, &(struct ht_analysis){.arena = &s->arena}, &c);
    return ((const struct tls_details *)c.details.object)->failure;
}

static void assert_failure(struct scene *s, const char *how, const char *alert, const char *by)
{
    const struct tls_failure *failure = failure_of(s);
    assert_non_null(failure);
    assert_string_equal(failure->how, how);
    assert_text(failure->alert, alert);
    assert_true((failure->by == NULL) == (by == NULL));
    if (by != NULL) {
        assert_string_equal(failure->by, by);
    }
    ht_arena_clear(&s->arena);
}

/* A warning is not the last word, an alert is it before FIN and RST, and needs no whole capture. */
static void by_an_alert(void **unused)
{
    const struct tls_alert alerts[] = {
        {.from = "client", .level = "warning", .description = ht_text("no_renegotiation")},
        {.from        = "server",
         .level       = "fatal",
         .description = ht_text("handshake_failure"),
         .code        = 40},
        {.from = "client", .level = "fatal", .description = ht_text("unknown_ca"), .code = 48}};
    (void)unused;
    struct scene s          = scene("fin", "client");
    s.tls.alerts            = (struct ht_objects){alerts, 3};
    s.quality.missing_bytes = 1;
    assert_int_equal(failure_of(&s)->code, 40);
    assert_failure(&s, "alert", "handshake_failure", "server");
    s.tls.alerts.len = 1;
    assert_null(failure_of(&s));
    s.quality.missing_bytes = 0;
    assert_failure(&s, "closed", "", "client");
}

static void by_an_alert_that_cannot_be_read(void **unused)
{
    const struct tls_alert alerts[] = {{.from = "client", .encrypted = true}};
    (void)unused;
    struct scene s = scene("rst", "server");
    s.tls.alerts   = (struct ht_objects){alerts, 1};
    assert_failure(&s, "encrypted_alert", "", "client");
    assert_false(failure_of(&s)->inferred);
    const struct tls_alert judged[] = {{.from = "server", .encrypted = true, .inferred = true}};
    s.tls.alerts                    = (struct ht_objects){judged, 1};
    assert_true(failure_of(&s)->inferred);
    ht_arena_clear(&s.arena);
}

/* It may be close_notify, after a Finished that the capture lacks. */
static void not_by_an_alert_after_a_hole(void **unused)
{
    const struct tls_alert alerts[] = {{.from = "client", .encrypted = true}};
    (void)unused;
    struct scene s          = scene("fin", "client");
    s.tls.alerts            = (struct ht_objects){alerts, 1};
    s.quality.missing_bytes = 1;
    assert_null(failure_of(&s));
    s.quality.missing_bytes = 0;
    s.udp                   = true;
    assert_null(failure_of(&s));
}

static void not_by_the_end_of_the_capture(void **unused)
{
    (void)unused;
    struct scene s         = scene(NULL, NULL);
    s.server.payload_bytes = 0;
    s.duration_ns          = 30000000;
    assert_null(failure_of(&s));
    s.duration_ns = 7000000000;
    assert_failure(&s, "no_answer", "", NULL);
}

static void by_the_end_of_tcp(void **unused)
{
    (void)unused;
    struct scene s = scene("rst", "server");
    assert_failure(&s, "reset", "", "server");
    s.server.payload_bytes = 0; /* who resets has answered */
    assert_failure(&s, "reset", "", "server");
    s = scene("fin", "client");
    assert_failure(&s, "closed", "", "client");
    s.server.payload_bytes = 0;
    assert_failure(&s, "no_answer", "", NULL);
    s.tls.server_hello = &server_hello; /* over what was not counted as payload */
    assert_failure(&s, "closed", "", "client");
}

static void nothing_is_known(void **unused)
{
    (void)unused;
    struct scene s = scene(NULL, NULL);
    assert_null(failure_of(&s));
    s                   = scene("fin", "client");
    s.quality.one_sided = true;
    assert_null(failure_of(&s));
    s     = scene("fin", "client");
    s.udp = true;
    assert_null(failure_of(&s));
    s                  = scene("fin", "client");
    s.tls.client_hello = NULL;
    assert_null(failure_of(&s));
    s                 = scene("fin", "client");
    s.tls.established = true;
    assert_null(failure_of(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_an_alert),
                                       cmocka_unit_test(by_an_alert_that_cannot_be_read),
                                       cmocka_unit_test(not_by_an_alert_after_a_hole),
                                       cmocka_unit_test(not_by_the_end_of_the_capture),
                                       cmocka_unit_test(by_the_end_of_tcp),
                                       cmocka_unit_test(nothing_is_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
