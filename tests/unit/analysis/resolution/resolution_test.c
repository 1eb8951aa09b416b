/*
 * Which DNS answer led to a connection. The expected verdicts follow from the thresholds that
 * resolution.h states.
 */
#include "support.h"

#include "analysis/resolution/resolution.h"
#include "base/time.h"
#include "dns/dns.h"

#include <stdio.h>
#include <stdlib.h>

#define MS INT64_C(1000000)

static const struct dns_party alice = {.ip = {.bytes = {10, 0, 0, 1}, .version = 4}, .port = 40000};
static const struct dns_party bob   = {.ip = {.bytes = {10, 0, 0, 2}, .version = 4}, .port = 40001};
static const uint8_t web[4]         = {192, 0, 2, 80};

enum { MAX_LESSON = 512 };

struct scene {
    void *state;
    void *other; /* the state of another engine, which only learns */
    uint8_t lesson[MAX_LESSON];
    size_t lesson_len; /* of the last one; of all, their number: */
    unsigned lessons;
    uint64_t flooded;
    struct ht_arena arena;
    struct ht_analysis analysis;
    struct ht_connection connection;
};

/* To every state of the run, in memory that does not last. */
static void teach(void *engine, const struct ht_analyzer *analyzer, struct ht_bytes lesson)
{
    struct scene *scene = engine;
    assert_ptr_equal(analyzer, &ht_resolution_analyzer);
    scene->lessons++;
    scene->lesson_len = lesson.len;
    memcpy(scene->lesson, lesson.ptr, lesson.len < MAX_LESSON ? lesson.len : MAX_LESSON);
    analyzer->learn(scene->state, lesson);
    analyzer->learn(scene->other, lesson);
}

static struct ht_bytes source_name(void *engine)
{
    (void)engine;
    return ht_text("eth0");
}

static void *new_state(void)
{
    struct ht_error error;
    void *state = calloc(1, ht_resolution_analyzer.state_size);
    assert_non_null(state);
    assert_true(ht_resolution_analyzer.init(
        state, &(const struct ht_analysis_settings){.certificate_folder = -1}, &error));
    return state;
}

static void free_state(void *state)
{
    ht_resolution_analyzer.fini(state);
    free(state);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->state    = new_state();
    scene->other    = new_state();
    scene->analysis = (struct ht_analysis){
        .arena = &scene->arena, .engine = scene, .source_name = source_name, .teach = teach};
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    free_state(scene->state);
    free_state(scene->other);
    ht_arena_clear(&scene->arena);
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
    ht_arena_rewind(&scene->arena);
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

/* That no answer led to a connection says nothing of a client whose DNS is not in the capture, and
 * of one whose look-ups came later. */
static void whose_dns_is_known(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &bob, "www.example", 300, 1000 * MS, 1);
    assert_false(connect(scene, "www.example", 2000 * MS, (struct ht_any){0})->client_asks);
    say_a(scene, &alice, "other.example", 300, 3000 * MS, 3);
    assert_false(connect(scene, "www.example", 2500 * MS, (struct ht_any){0})->client_asks);
    assert_true(connect(scene, "www.example", 4000 * MS, (struct ht_any){0})->client_asks);
}

/* Under which other name the client was given the address; not where its own name led there. */
static void another_name_led_there(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &alice, "front.example", 300, 1000 * MS, 1);
    const struct ht_resolution *r = connect(scene, "www.example", 2000 * MS, (struct ht_any){0});
    assert_string_equal(r->verdict, "none_seen");
    assert_text(r->led_there, "front.example");
    r = connect(scene, "front.example", 2000 * MS, (struct ht_any){0});
    assert_int_equal(r->led_there.len, 0);
}

/* Each file of a run has frames of its own, and may be of another time or network. */
static void another_source_accuses_nobody(void **state)
{
    struct scene *scene    = *state;
    scene->analysis.source = 1;
    say_a(scene, &alice, "www.example", 10, 1000 * MS, 2);
    assert_true(connect_plain(scene, "www.example", 60000 * MS)->client_asks);
    scene->analysis.source          = 2;
    const struct ht_resolution *dns = connect_plain(scene, "www.example", 60000 * MS);
    assert_string_equal(dns->verdict, "beyond_ttl");
    assert_text(dns->name, "www.example");
    assert_int_equal(dns->answer_frame, 0);
    assert_true(dns->elsewhere);
    assert_false(dns->client_asks);
    dns = connect_plain(scene, "shop.example", 60000 * MS);
    assert_text(dns->led_there, "www.example");
    assert_true(dns->elsewhere);
    say_a(scene, &alice, "www.example", 10, 50000 * MS, 7);
    dns = connect_plain(scene, "www.example", 60000 * MS);
    assert_int_equal(dns->answer_frame, 7);
    assert_false(dns->elsewhere);
    assert_true(dns->client_asks);
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
    assert_int_equal(scene->lessons, 1); /* the event's: the record brings nothing new */
    t.late_query = true;
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

static void use_port(struct scene *scene, const uint8_t address[4], uint16_t port, bool is_tcp)
{
    const struct ht_endpoint client = {.address = alice.ip, .port = 50000};
    const struct ht_endpoint server = {.address = ht_address4(address), .port = port};
    ht_resolution_analyzer.connection_start(scene->state, &scene->analysis, &client, &server,
                                            is_tcp);
}

static void use(struct scene *scene, const uint8_t address[4])
{
    use_port(scene, address, 443, true);
}

/* As many answers as a generation has, but `less`, of addresses of their own. */
static void flood(struct scene *scene, uint32_t less)
{
    struct dns_question question = {.name = ht_text("flood.example.com")};
    for (uint32_t i = 0; i < HT_RESOLUTION_MAX_ANSWERS / 2 - less; i++) {
        struct dns_answer record = a_record("flood.example.com", 300);
        const uint8_t bytes[4]   = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        record.address           = ht_address4(bytes);
        scene->flooded++;
        say(scene, answered(&bob, &question, i, 100 + scene->flooded, &record, 1));
    }
}

/* The older half is forgotten, but not the first time what led to a connection. */
static void what_is_forgotten(void **state)
{
    struct scene *scene    = *state;
    const uint8_t other[4] = {192, 0, 2, 81};
    say_a(scene, &alice, "first.example.com", 300, 0, 2);
    say_a(scene, &alice, "second.example.com", 300, 1, 4);
    say_a(scene, &alice, "third.example.com", 300, 3 * MS, 6);
    use(scene, other); /* to an address that nobody was given */
    flood(scene, 3);
    use(scene, web); /* by the latest answer: third.example.com */
    flood(scene, 2);
    assert_int_equal(connect_plain(scene, "first.example.com", MS)->answer_frame, 2);
    assert_int_equal(connect_plain(scene, "second.example.com", MS)->answer_frame, 4);
    say_a(scene, &bob, "one-more.example.com", 300, 0, 8);
    assert_string_equal(connect_plain(scene, "first.example.com", MS)->verdict, "none_seen");
    assert_string_equal(connect_plain(scene, "second.example.com", MS)->verdict, "none_seen");
    assert_int_equal(connect_plain(scene, "third.example.com", 4 * MS)->answer_frame, 6);
    use(scene, web); /* from the generation before this into this */
    use(scene, web); /* it is there already */
    flood(scene, 1);
    assert_int_equal(connect_plain(scene, "third.example.com", 4 * MS)->answer_frame, 6);
    flood(scene, 0);
    assert_int_equal(connect_plain(scene, "third.example.com", 4 * MS)->answer_frame, 0);
}

/* A connection to a DNS server is one as any other (RFC 7766), a query by UDP is not. */
static void uses_of_a_dns_server(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &alice, "resolver.example.com", 300, 0, 2);
    flood(scene, 1);
    use_port(scene, web, 53, true);
    flood(scene, 0);
    assert_int_equal(connect_plain(scene, "resolver.example.com", MS)->answer_frame, 2);
    use_port(scene, web, 53, false);
    flood(scene, 0);
    assert_string_equal(connect_plain(scene, "resolver.example.com", MS)->verdict, "none_seen");
}

/* Of an address with many answers, learnt in any order, the right one is found by all ways. */
static void many_answers_of_one_address(void **state)
{
    enum { MANY = 20011 }; /* prime, so that the steps below come to all */
    struct scene *scene = *state;
    for (uint32_t i = 0; i < MANY; i++) {
        uint64_t n = (uint64_t)i * 7919 % MANY;
        char name[32];
        (void)snprintf(name, sizeof name, "N%u.example.com", (unsigned)(n % 100));
        say_a(scene, n % 1000 == 7 ? &alice : &bob, name, 300, (int64_t)n * MS, 1 + n);
    }
    for (uint32_t i = 8; i < MANY; i += 97) {
        int64_t now    = (int64_t)i * MS + 1;
        uint32_t seven = i % 100 >= 7 ? i - i % 100 + 7 : i - i % 100 - 93;
        assert_int_equal(connect_plain(scene, "", now)->answer_frame,
                         1 + (i % 1000 >= 7 ? i - i % 1000 + 7 : i - i % 1000 - 993));
        char name[32];
        (void)snprintf(name, sizeof name, "n%u.EXAMPLE.com", i % 100);
        const struct ht_resolution *dns = connect_plain(scene, name, now);
        if (i % 100 == 7) {
            assert_string_equal(dns->verdict, i % 1000 == 7 ? "fresh" : dns->verdict);
        } else {
            assert_int_equal(dns->answer_frame, 1 + i);
            assert_string_equal(dns->verdict, "other_client");
        }
        dns = connect_plain(scene, "n7.example.com", now);
        assert_int_equal(dns->answer_frame,
                         1 + (i % 1000 >= 7 ? i - i % 1000 + 7 : i - i % 1000 - 993));
        assert_true(dns->answer_frame <= 1 + seven);
        ht_arena_rewind(&scene->arena);
    }
}

/* What one engine's flows teach, another knows: it says the same of every connection. */
static void lessons_reach_other_engines(void **state)
{
    struct scene *scene          = *state;
    struct dns_question question = {.name = ht_text("shop.example.com")};
    struct dns_answer records[]  = {alias("shop.example.com", "edge.example.net", 60),
                                    a_record("edge.example.net", 90),
                                    a_record("edge.example.net", 30)};
    const uint8_t second[4]      = {192, 0, 2, 81};
    records[2].address           = ht_address4(second);
    say(scene, answered(&alice, &question, 0, 2, records, HT_ARRAY_LEN(records)));
    assert_int_equal(scene->lessons, 1);
    say_a(scene, &bob, "www.example.com", 300, MS, 4);
    use(scene, web);
    void *mine                      = scene->state;
    scene->state                    = scene->other;
    const struct ht_resolution *dns = connect_plain(scene, "", 2 * MS);
    assert_text(dns->name, "shop.example.com");
    assert_text(dns->cnames.items[0], "edge.example.net");
    assert_int_equal(dns->ttl_s, 60);
    assert_int_equal(dns->query_frame, 1);
    assert_string_equal(connect_plain(scene, "www.example.com", 2 * MS)->verdict, "other_client");
    flood(scene, 1); /* what was used in one engine was used in all */
    assert_int_equal(connect_plain(scene, "shop.example.com", 2 * MS)->answer_frame, 2);
    scene->state = mine;
    assert_int_equal(connect_plain(scene, "shop.example.com", 2 * MS)->answer_frame, 2);
}

/* A lesson that is cut teaches nothing that it does not hold. */
static void lessons_are_whole(void **state)
{
    struct scene *scene = *state;
    say_a(scene, &alice, "www.example.com", 300, 0, 2);
    void *taught = scene->state;
    scene->state = new_state();
    for (size_t len = 0; len < scene->lesson_len; len++) {
        uint8_t *exact = malloc(len + 1);
        assert_non_null(exact);
        memcpy(exact, scene->lesson, len);
        ht_resolution_analyzer.learn(scene->state, ht_bytes(exact, len));
        free(exact);
    }
    assert_string_equal(connect_plain(scene, "", MS)->verdict, "none_seen");
    ht_resolution_analyzer.learn(scene->state, ht_bytes(scene->lesson, scene->lesson_len));
    assert_string_equal(connect_plain(scene, "", MS)->verdict, "fresh");
    free_state(scene->state);
    scene->state = taught;
}

/* Bounded, and the newest are there, however many addresses are answered and used. */
static void a_flood_of_addresses(void **state)
{
    struct scene *scene = *state;
    for (uint32_t i = 0; i < 2; i++) {
        flood(scene, 0);
        for (uint32_t j = 0; j < 5000; j++) {
            const uint8_t bytes[4] = {10, 0, (uint8_t)(j >> 8), (uint8_t)j};
            use(scene, bytes);
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
        TEST(whose_dns_is_known),
        TEST(another_name_led_there),
        TEST(another_source_accuses_nobody),
        TEST(multicast_is_for_everybody),
        TEST(errors_teach_nothing),
        TEST(the_record_completes_what_the_event_said),
        TEST(a_hello_without_a_name),
        TEST(a_name_that_may_be_a_front),
        TEST(what_is_forgotten),
        TEST(uses_of_a_dns_server),
        TEST(many_answers_of_one_address),
        TEST(lessons_reach_other_engines),
        TEST(lessons_are_whole),
        TEST(a_flood_of_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
