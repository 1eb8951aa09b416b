/*
 * Which DNS answer led to a connection. The expected verdicts follow from the thresholds that
 * resolution.h states.
 */
#include "support.h"

#include "analysis/resolution/resolution.h"
#include "base/time.h"
#include "dns/dns.h"

#include <stdlib.h>

#define MS INT64_C(1000000)

static const struct dns_party alice = {.ip = {.bytes = {10, 0, 0, 1}, .version = 4}, .port = 40000};
static const struct dns_party bob   = {.ip = {.bytes = {10, 0, 0, 2}, .version = 4}, .port = 40001};
static const uint8_t web[4]         = {192, 0, 2, 80};

struct scene {
    void *state;
    struct ht_arena arena;
    struct ht_analysis analysis;
    struct ht_connection connection;
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct ht_error error;
    assert_non_null(scene);
    scene->state          = calloc(1, ht_resolution_analyzer.state_size);
    scene->analysis.arena = &scene->arena;
    assert_non_null(scene->state);
    assert_true(ht_resolution_analyzer.init(scene->state, &error));
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    ht_resolution_analyzer.fini(scene->state);
    ht_arena_clear(&scene->arena);
    free(scene->state);
    free(scene);
    return 0;
}

static struct dns_answer a_record(const char *name, uint64_t ttl_s)
{
    return (struct dns_answer){.name    = ht_text(name),
                               .type    = ht_text("A"),
                               .ttl_s   = ttl_s,
                               .data    = ht_text("192.0.2.80"),
                               .address = ht_address4(web)};
}

static struct dns_answer alias(const char *name, const char *target, uint64_t ttl_s)
{
    return (struct dns_answer){.name  = ht_text(name),
                               .type  = ht_text("CNAME"),
                               .ttl_s = ttl_s,
                               .data  = ht_text(target),
                               .alias = true};
}

/* An answer at `time_ns` to a query 20 ms before. */
static struct dns_transaction answered(const struct dns_party *client,
                                       const struct dns_question *question, int64_t time_ns,
                                       uint64_t frame, const struct dns_answer *answers, size_t num)
{
    return (struct dns_transaction){.client         = client,
                                    .question       = question,
                                    .query_frame    = frame - 1,
                                    .answer_frame   = frame,
                                    .query_time_ns  = time_ns - 20 * MS,
                                    .answer_time_ns = time_ns,
                                    .rtt_ns         = 20 * MS,
                                    .rcode          = ht_text("NOERROR"),
                                    .answers        = {.items = answers, .len = num}};
}

static void say(struct scene *scene, struct dns_transaction t)
{
    ht_resolution_analyzer.event(scene->state, &scene->analysis, &dns_answer_event, &t);
}

static void say_a(struct scene *scene, const struct dns_party *client, const char *name,
                  uint64_t ttl_s, int64_t time_ns, uint64_t frame)
{
    struct dns_question question = {.name = ht_text(name)};
    struct dns_answer record     = a_record(name, ttl_s);
    say(scene, answered(client, &question, time_ns, frame, &record, 1));
}

static const struct ht_resolution *connect(struct scene *scene, const char *server_name,
                                           int64_t start_ns, struct ht_any details)
{
    const struct ht_party client = {.ip = alice.ip, .port = 50000};
    const struct ht_party server = {.ip = ht_address4(web), .port = 443};
    scene->connection            = (struct ht_connection){.client      = &client,
                                                          .server      = &server,
                                                          .start_ns    = start_ns,
                                                          .server_name = ht_text(server_name),
                                                          .details     = details};
    ht_resolution_analyzer.connection(scene->state, &scene->analysis, &scene->connection);
    assert_non_null(scene->connection.dns);
    assert_true(ht_address_equal(&scene->connection.dns->address, &server.ip));
    return scene->connection.dns;
}

static const struct ht_resolution *connect_plain(struct scene *scene, const char *server_name,
                                                 int64_t start_ns)
{
    return connect(scene, server_name, start_ns, (struct ht_any){0});
}

static void an_answer_just_before(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &alice, "www.example.com", 300, 1000 * MS, 2);
    const struct ht_resolution *dns = connect_plain(scene, "WWW.example.com", 1001 * MS);
    assert_string_equal(dns->verdict, "fresh");
    assert_string_equal(dns->type, "A");
    assert_text(dns->name, "www.example.com");
    assert_int_equal(dns->query_frame, 1);
    assert_int_equal(dns->answer_frame, 2);
    assert_int_equal(dns->rtt_ns, 20 * MS);
    assert_int_equal(dns->ttl_s, 300);
    assert_int_equal(dns->age_ns, MS);
    assert_int_equal(dns->query_time_ns, 980 * MS);
    assert_int_equal(dns->answer_time_ns, 1000 * MS);
    assert_text(scene->connection.server_name, "WWW.example.com");
}

static void verdicts_by_age(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &alice, "www.example.com", 10, 0, 2);
    assert_string_equal(connect_plain(scene, "", HT_SECOND_NS)->verdict, "fresh");
    assert_string_equal(connect_plain(scene, "", HT_SECOND_NS + 1)->verdict, "within_ttl");
    assert_string_equal(connect_plain(scene, "", 10 * HT_SECOND_NS)->verdict, "within_ttl");
    assert_string_equal(connect_plain(scene, "", 10 * HT_SECOND_NS + 1)->verdict, "beyond_ttl");
    assert_text(scene->connection.server_name, "www.example.com");
}

static void a_zero_ttl_serves_for_what_follows(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &alice, "www.example.com", 0, 0, 2);
    assert_string_equal(connect_plain(scene, "", HT_SECOND_NS)->verdict, "fresh");
    assert_string_equal(connect_plain(scene, "", HT_SECOND_NS + 1)->verdict, "beyond_ttl");
}

static void aliases_are_followed(void **state)
{
    struct scene *scene          = *state;
    struct dns_question question = {.name = ht_text("shop.example.com")};
    struct dns_answer records[]  = {
         a_record("unrelated.example.com", 1), alias("edge.example.net", "host.example.net", 30),
         alias("shop.example.com", "EDGE.example.net", 60), a_record("host.example.net", 90)};
    say(scene, answered(&alice, &question, 0, 2, records, HT_ARRAY_LEN(records)));
    const struct ht_resolution *dns = connect_plain(scene, "", MS);
    assert_text(dns->name, "shop.example.com");
    assert_int_equal(dns->cnames.len, 2);
    assert_text(dns->cnames.items[0], "EDGE.example.net");
    assert_text(dns->cnames.items[1], "host.example.net");
    assert_int_equal(dns->ttl_s, 30);
}

static void an_alias_loop_ends(void **state)
{
    struct scene *scene          = *state;
    struct dns_question question = {.name = ht_text("a.example")};
    struct dns_answer records[]  = {alias("a.example", "b.example", 1),
                                    alias("b.example", "a.example", 1), a_record("c.example", 1)};
    say(scene, answered(&alice, &question, 0, 2, records, HT_ARRAY_LEN(records)));
    assert_string_equal(connect_plain(scene, "", MS)->verdict, "none_seen");
}

static void the_latest_before_the_start(void **state)
{
    struct scene *scene = *state;
    /* The file holds them out of order, and one that came too late. */
    say_a(scene, &alice, "www.example.com", 300, 30 * MS, 6);
    say_a(scene, &alice, "www.example.com", 300, 10 * MS, 2);
    say_a(scene, &alice, "www.example.com", 300, 20 * MS, 4);
    assert_int_equal(connect_plain(scene, "", 25 * MS)->answer_frame, 4);
    assert_string_equal(connect_plain(scene, "", 5 * MS)->verdict, "none_seen");
}

static void the_name_in_the_hello_decides(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &alice, "one.example.com", 300, 10 * MS, 2);
    say_a(scene, &alice, "two.example.com", 300, 20 * MS, 4);
    assert_int_equal(connect_plain(scene, "one.example.com", 30 * MS)->answer_frame, 2);
    assert_int_equal(connect_plain(scene, "", 30 * MS)->answer_frame, 4);
    assert_string_equal(connect_plain(scene, "three.example.com", 30 * MS)->verdict, "none_seen");
    assert_int_equal(scene->connection.dns->name.len, 0);
}

static void another_client(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &bob, "www.example.com", 300, 10 * MS, 2);
    assert_string_equal(connect_plain(scene, "www.example.com", 30 * MS)->verdict, "other_client");
    say_a(scene, &alice, "www.example.com", 300, 5 * MS, 4);
    const struct ht_resolution *dns = connect_plain(scene, "www.example.com", 30 * MS);
    assert_string_equal(dns->verdict, "fresh");
    assert_int_equal(dns->answer_frame, 4);
}

static void multicast_is_for_everybody(void **state)
{
    struct scene *scene      = *state;
    struct dns_answer record = a_record("printer.local", 120);
    struct dns_transaction t = answered(&bob, NULL, 0, 2, &record, 1);
    t.protocol               = "mdns";
    t.query_frame            = 0;
    say(scene, t);
    const struct ht_resolution *dns = connect_plain(scene, "", MS);
    assert_string_equal(dns->verdict, "fresh");
    assert_text(dns->name, "printer.local");
}

static void errors_teach_nothing(void **state)
{
    struct scene *scene          = *state;
    struct dns_question question = {.name = ht_text("www.example.com")};
    struct dns_answer record     = a_record("www.example.com", 300);
    struct dns_transaction t     = answered(&alice, &question, 0, 2, &record, 1);
    t.rcode                      = ht_text("SERVFAIL");
    say(scene, t);
    assert_string_equal(connect_plain(scene, "www.example.com", MS)->verdict, "none_seen");
}

static void the_record_completes_what_the_event_said(void **state)
{
    struct scene *scene          = *state;
    struct dns_question question = {.name = ht_text("www.example.com")};
    struct dns_answer record     = a_record("www.example.com", 300);
    struct dns_transaction t     = answered(&alice, &question, 0, 2, &record, 1);
    struct dns_transaction early = t;
    early.query_frame            = 0;
    early.rtt_ns                 = 0;
    say(scene, early);
    assert_int_equal(connect_plain(scene, "", MS)->query_frame, 0);
    ht_resolution_analyzer.record(scene->state, &scene->analysis, &dns_transaction_record, &t);
    assert_int_equal(connect_plain(scene, "", MS)->query_frame, 1);
    assert_int_equal(scene->connection.dns->rtt_ns, 20 * MS);
}

/* Details like TLS's, of which only these fields matter. */
struct hello {
    bool encrypted_client_hello;
};
struct details {
    const struct hello *client_hello;
};
static const struct ht_field hello_fields[] = {
    HT_FIELD(struct hello, encrypted_client_hello, HT_BOOL, "")};
static const struct ht_struct hello_struct =
    HT_STRUCT(struct hello, "client_hello", hello_fields, "");
static const struct ht_field details_fields[] = {
    HT_FIELD(struct details, client_hello, HT_OBJECT, "", .of = &hello_struct)};
static const struct ht_struct details_struct = HT_STRUCT(struct details, "tls", details_fields, "");

static const struct ht_resolution *connect_tls(struct scene *scene, const char *server_name,
                                               int64_t start_ns, const struct hello *hello)
{
    const struct details details = {.client_hello = hello};
    return connect(scene, server_name, start_ns,
                   (struct ht_any){.type = &details_struct, .object = &details});
}

static void a_hello_without_a_name(void **state)
{
    struct scene *scene      = *state;
    const struct hello hello = {0};
    assert_string_equal(connect_tls(scene, "", MS, NULL)->verdict, "none_seen");
    assert_string_equal(connect_tls(scene, "", MS, &hello)->verdict, "literal_address");
    assert_string_equal(connect_tls(scene, "a.example", MS, &hello)->verdict, "none_seen");
    say_a(scene, &bob, "www.example.com", 300, 0, 2);
    assert_string_equal(connect_tls(scene, "", MS, &hello)->verdict, "literal_address");
    assert_int_equal(scene->connection.server_name.len, 0);
    say_a(scene, &alice, "www.example.com", 300, 0, 4);
    assert_string_equal(connect_tls(scene, "", MS, &hello)->verdict, "fresh");
}

static void a_name_that_may_be_a_front(void **state)
{
    struct scene *scene      = *state;
    const struct hello hello = {.encrypted_client_hello = true};
    say_a(scene, &bob, "other.example.com", 300, 0, 2);
    assert_string_equal(connect_tls(scene, "front.example", MS, &hello)->verdict, "none_seen");
    say_a(scene, &alice, "secret.example.com", 300, 0, 4);
    assert_string_equal(connect_tls(scene, "front.example", MS, &hello)->verdict, "fresh");
    assert_text(scene->connection.dns->name, "secret.example.com");
    assert_text(scene->connection.server_name, "front.example");
    assert_string_equal(connect_tls(scene, "front.example", 6 * HT_SECOND_NS, &hello)->verdict,
                        "none_seen");
}

/* An answer that led to a connection outlives a flood of others with the same address. */
static void what_was_used_is_kept(void **state)
{
    struct scene *scene               = *state;
    const struct ht_endpoint client   = {.address = alice.ip, .port = 50000};
    const struct ht_endpoint endpoint = {.address = ht_address4(web), .port = 443};
    say_a(scene, &alice, "www.example.com", 300, 0, 2);
    ht_resolution_analyzer.connection_start(scene->state, &client, &endpoint);
    for (uint64_t i = 1; i < UINT64_C(3) * HT_RESOLUTION_PER_SET; i++) {
        say_a(scene, &bob, "flood.example.com", 300, (int64_t)i * HT_SECOND_NS, 2 + 2 * i);
    }
    assert_int_equal(connect_plain(scene, "www.example.com", MS)->answer_frame, 2);
}

/* Bounded, and the newest are there, however many addresses are answered. */
static void a_flood_of_addresses(void **state)
{
    struct scene *scene             = *state;
    struct dns_question question    = {.name = ht_text("www.example.com")};
    const struct ht_endpoint client = {.address = alice.ip};
    for (uint32_t i = 0; i < HT_RESOLUTION_MAX_ANSWERS + 5000; i++) {
        struct dns_answer record = a_record("www.example.com", 300);
        const uint8_t bytes[4]   = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        record.address           = ht_address4(bytes);
        say(scene, answered(&alice, &question, i, 2 + 2 * (uint64_t)i, &record, 1));
        if (i % 2 == 0) {
            const struct ht_endpoint server = {.address = record.address};
            ht_resolution_analyzer.connection_start(scene->state, &client, &server);
        }
    }
    say_a(scene, &alice, "www.example.com", 300, 0, 2);
    assert_string_equal(connect_plain(scene, "www.example.com", MS)->verdict, "fresh");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_just_before),
        TEST(verdicts_by_age),
        TEST(a_zero_ttl_serves_for_what_follows),
        TEST(aliases_are_followed),
        TEST(an_alias_loop_ends),
        TEST(the_latest_before_the_start),
        TEST(the_name_in_the_hello_decides),
        TEST(another_client),
        TEST(multicast_is_for_everybody),
        TEST(errors_teach_nothing),
        TEST(the_record_completes_what_the_event_said),
        TEST(a_hello_without_a_name),
        TEST(a_name_that_may_be_a_front),
        TEST(what_was_used_is_kept),
        TEST(a_flood_of_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
