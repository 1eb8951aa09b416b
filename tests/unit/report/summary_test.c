/*
 * Summaries of made-up connections: what they count, that they do not depend on how connections are
 * spread over collectors, and what is found across connections.
 */
#include "support.h"

#include "analysis/certificate/certificate.h"
#include "analysis/failure/failure.h"
#include "report/audit_report.h"
#include "report/collector.h"
#include "starttls/starttls.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND_NS INT64_C(1000000000)

enum { MAX_COLLECTORS = 4 };

static const struct ht_analysis_settings settings = {.certificate_folder = -1};

struct scene {
    void *collector[MAX_COLLECTORS];
    size_t num_collectors;
    struct ht_arena arena;
};

/* What a connection of a test is like; the rest is as of an ordinary one of TLS 1.3. */
struct given {
    unsigned number;        /* of the connection: its id and when it began, in seconds */
    uint8_t client, server; /* last byte of the address */
    const char *name, *ja4, *client_random, *server_random, *share, *server_share, *dh, *alert;
    uint16_t version, suite, offered;
    bool unanswered, reset, starttls, offers_starttls, no_protocol, large;
    const uint8_t *certificate;
    uint64_t handshake_ms;
    const char *rule; /* found in it */
};

static void set_up_collectors(struct scene *scene, size_t num)
{
    struct ht_error error;
    for (size_t i = 0; i < num; i++) {
        scene->collector[i] = calloc(1, ht_collector_analyzer.state_size);
        assert_non_null(scene->collector[i]);
        assert_true(ht_collector_analyzer.init(scene->collector[i], &settings, &error));
    }
    scene->num_collectors = num;
}

static void tear_down_collectors(struct scene *scene)
{
    for (size_t i = 0; i < scene->num_collectors; i++) {
        ht_collector_analyzer.fini(scene->collector[i]);
        free(scene->collector[i]);
    }
    ht_arena_clear(&scene->arena);
}

/* 32 bytes that repeat a word; without one, the number of the connection. */
static struct ht_bytes bytes_of(struct scene *scene, const char *word, unsigned number, size_t len)
{
    char own[24];
    (void)snprintf(own, sizeof own, "%u", number);
    word         = word != NULL ? word : own;
    uint8_t *out = ht_arena_alloc(&scene->arena, len);
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)((uint8_t)word[i % strlen(word)] + i / strlen(word));
    }
    return ht_bytes(out, len);
}

static void make_hellos(struct scene *scene, const struct given *g, struct tls_client_hello *hello,
                        struct tls_server_hello *answer)
{
    static const uint8_t suites[] = {0x13, 0x01, 0xC0, 0x2F, 0x00, 0x0A}, group[] = {0, 29};
    static uint8_t versions[2];
    versions[0] = (uint8_t)(g->offered >> 8);
    versions[1] = (uint8_t)g->offered;
    *hello =
        (struct tls_client_hello){.frame          = 4,
                                  .legacy_version = ht_named(TLS_12),
                                  .random = bytes_of(scene, g->client_random, 2 * g->number, 32),
                                  .cipher_suites      = ht_bytes(suites, sizeof suites),
                                  .supported_versions = ht_bytes(versions, g->offered != 0 ? 2 : 0),
                                  .key_share_groups   = ht_bytes(group, sizeof group),
                                  .key_share_ends = bytes_of(scene, g->share, 5000 + g->number, 16),
                                  .body_bytes     = g->large ? 1700 : 300,
                                  .ja4            = ht_text(g->ja4 != NULL ? g->ja4 : "t13d_a_b")};
    *answer = (struct tls_server_hello){
        .frame           = 5,
        .random          = bytes_of(scene, g->server_random, 2 * g->number + 1, 32),
        .version         = ht_named(g->version != 0 ? g->version : TLS_13),
        .key_share_group = ht_named(29),
        .key_share_end   = bytes_of(scene, g->server_share, 9000 + g->number, 16)};
}

static void make_tls(struct scene *scene, const struct given *g, struct tls_details *tls)
{
    struct tls_client_hello *hello  = ht_arena_alloc(&scene->arena, sizeof *hello);
    struct tls_server_hello *answer = ht_arena_alloc(&scene->arena, sizeof *answer);
    struct tls_alert *alert         = ht_arena_alloc(&scene->arena, sizeof *alert);
    struct tls_chains *chains       = ht_arena_alloc(&scene->arena, sizeof *chains);
    struct ht_bytes *leaf           = ht_arena_alloc(&scene->arena, sizeof *leaf);
    make_hellos(scene, g, hello, answer);
    *alert = (struct tls_alert){
        .level = "fatal", .code = 70, .from = "server", .description = ht_text("protocol_version")};
    *leaf   = ht_bytes(g->certificate, 32);
    *chains = (struct tls_chains){.server = {.items = leaf, .len = g->certificate != NULL}};
    *tls    = (struct tls_details){.established  = !g->unanswered && g->alert == NULL,
                                   .client_hello = hello,
                                   .server_hello = g->unanswered ? NULL : answer,
                                   .certificates = chains,
                                   .alerts       = {.items = alert, .len = g->alert != NULL}};
    if (!g->unanswered) {
        tls->version      = answer->version;
        tls->cipher_suite = ht_named(g->suite != 0 ? g->suite : 0x1301);
        tls->group        = ht_named(29);
        tls->key_exchange = "ECDHE";
    }
}

static struct ht_timeline_entry *make_timeline(struct scene *scene, const struct given *g,
                                               const struct tls_details *tls)
{
    struct ht_timeline_entry *entries        = ht_arena_alloc(&scene->arena, 3 * sizeof *entries);
    struct tls_server_key_exchange *exchange = ht_arena_alloc(&scene->arena, sizeof *exchange);
    *exchange  = (struct tls_server_key_exchange){.key_exchange = "ECDHE",
                                                  .group        = ht_named(29),
                                                  .public_end   = bytes_of(scene, g->dh, 0, 16)};
    entries[0] = (struct ht_timeline_entry){
        .frame = 4, .from = "client", .type = &tls_client_hello_event, .object = tls->client_hello};
    entries[1] = (struct ht_timeline_entry){
        .frame = 5, .from = "server", .type = &tls_server_hello_event, .object = tls->server_hello};
    entries[2] = (struct ht_timeline_entry){.frame  = 7,
                                            .from   = "server",
                                            .type   = &tls_server_key_exchange_event,
                                            .object = g->dh != NULL ? exchange : NULL};
    return entries;
}

/* Lets a collector see the connection. */
static void see(struct scene *scene, size_t collector, const struct given *g)
{
    char id[24];
    struct tls_details tls;
    struct starttls_details starttls = {.protocol      = g->no_protocol ? NULL : "smtp",
                                        .offered       = g->offers_starttls,
                                        .offer_unknown = g->no_protocol ? "unknown" : NULL};
    make_tls(scene, g, &tls);
    (void)snprintf(id, sizeof id, "c-%016x", g->number + 1);
    const struct ht_party client    = {.ip   = ht_address4((const uint8_t[]){10, 0, 0, g->client}),
                                       .port = (uint16_t)(40000 + g->number),
                                       .payload_bytes = 500,
                                       .bytes         = 900};
    const struct ht_party server    = {.ip   = ht_address4((const uint8_t[]){10, 0, 1, g->server}),
                                       .port = 443,
                                       .payload_bytes = g->unanswered ? 0 : 5000,
                                       .bytes         = 6000};
    const struct ht_tcp_summary tcp = {.state         = "closed",
                                       .syn_frame     = 1,
                                       .syn_ack_frame = 2,
                                       .closed_by     = "server",
                                       .close         = g->reset ? "rst" : "fin"};
    const struct ht_timing timing   = {.server_hello_ns = 1,
                                       .handshake_ns    = g->handshake_ms * 1000000};
    const struct ht_capture_quality whole = {0};
    const uint64_t frames[]               = {5};
    static const char *const references[] = {"RFC 1", NULL};
    const struct ht_finding finding       = {.id         = g->rule,
                                             .severity   = "high",
                                             .title      = "Bad",
                                             .evidence   = ht_text(id),
                                             .frames     = {frames, 1},
                                             .references = references};
    struct ht_connection c                = {.id          = ht_text(id),
                                             .source      = ht_text("a.pcap"),
                                             .start_ns    = (int64_t)g->number * SECOND_NS,
                                             .end_ns      = (int64_t)g->number * SECOND_NS + 100,
                                             .transport   = "tcp",
                                             .protocol    = ht_text("tls"),
                                             .client      = &client,
                                             .server      = &server,
                                             .server_name = ht_text(g->name != NULL ? g->name : ""),
                                             .tcp         = &tcp,
                                             .timing      = &timing,
                                             .capture     = &whole,
                                             .timeline    = {make_timeline(scene, g, &tls), 3},
                                             .findings    = {&finding, g->rule != NULL ? 1 : 0}};
    if (g->starttls) {
        c.details  = (struct ht_any){&starttls_details_struct, &starttls};
        c.protocol = ht_text("smtp");
    } else {
        c.details = (struct ht_any){&tls_details_struct, &tls};
    }
    struct ht_analysis a = {.arena = &scene->arena};
    ht_failure_analyzer.connection(NULL, &a, &c);
    ht_collector_analyzer.judge(scene->collector[collector], &a, &c);
}

/* A summary of the collectors, taken in the order that `order` gives. */
static struct ht_summary *finish(struct scene *scene, const size_t *order)
{
    struct ht_summary *summary = ht_summary_new(&settings);
    assert_non_null(summary);
    for (size_t i = 0; i < scene->num_collectors; i++) {
        ht_summary_take(summary, scene->collector[order != NULL ? order[i] : i]);
    }
    assert_true(ht_summary_finish(summary));
    return summary;
}

/* All that the connections show, each seen by one collector. */
static struct ht_summary *summary_of(struct scene *scene, const struct given *given, size_t num)
{
    set_up_collectors(scene, 1);
    for (size_t i = 0; i < num; i++) {
        see(scene, 0, &given[i]);
    }
    return finish(scene, NULL);
}

static const struct ht_finding_summary *find(const struct ht_summary *summary, const char *rule)
{
    const struct ht_summary_data *data        = ht_summary_data(summary);
    const struct ht_finding_summary *findings = data->findings.items;
    for (size_t i = 0; i < data->findings.len; i++) {
        if (strcmp(findings[i].id, rule) == 0) {
            return &findings[i];
        }
    }
    return NULL;
}

/* What the connections show of one rule: how often; 0: not found. */
static uint64_t count_of(const char *rule, const struct given *given, size_t num)
{
    struct scene scene                       = {0};
    struct ht_summary *summary               = summary_of(&scene, given, num);
    const struct ht_finding_summary *finding = find(summary, rule);
    uint64_t count                           = finding != NULL ? finding->count : 0;
    assert_true(finding == NULL || finding->examples.len >= (count > 1 ? 2 : 1));
    ht_summary_free(summary);
    tear_down_collectors(&scene);
    return count;
}

#define COUNT_OF(rule, given) count_of(rule, given, HT_ARRAY_LEN(given))

static char *json_of(const struct ht_summary *summary)
{
    struct ht_sink *sink  = ht_json_sink.open(&(const struct ht_sink_config){0});
    struct ht_arena arena = {0};
    struct ht_chars out   = {0};
    struct ht_audit audit;
    ht_audit_record(summary, &arena, &audit);
    assert_true(ht_json_sink.record(sink, &ht_audit_record_type, &audit, &out));
    ht_chars_add_char(&out, '\0');
    ht_json_sink.close(sink);
    ht_arena_clear(&arena);
    return out.ptr;
}

/* Many connections, of some servers and clients, with randoms that come again, alerts, findings. */
static struct given various(unsigned i)
{
    static const char *const names[]   = {"a.test", "b.test", NULL, "c.test", "d.test"};
    static const char *const stacks[]  = {"t13d_x_x", "t13d_y_y", "t12d_z_z"};
    static const uint8_t leaves[3][32] = {{1}, {2}, {3}};
    static const uint16_t versions[]   = {TLS_13, TLS_12, TLS_13};
    static const char *const randoms[] = {"same", "again", "thrice"};
    struct given g                     = {.number        = i,
                                          .client        = (uint8_t)(1 + i % 7),
                                          .server        = (uint8_t)(1 + i % 3),
                                          .name          = names[i % 5],
                                          .ja4           = stacks[i % 3],
                                          .version       = versions[i % 3],
                                          .offered       = i % 4 == 0 ? TLS_12 : TLS_13,
                                          .suite         = i % 11 == 0 ? 0x000A : 0xC02F,
                                          .server_random = i % 10 == 0 ? randoms[i / 10 % 3] : NULL,
                                          .dh            = i % 3 == 1 ? randoms[i % 2] : NULL,
                                          .certificate   = leaves[i % 3],
                                          .alert         = i % 6 == 0 ? "yes" : NULL,
                                          .unanswered    = i % 13 == 0,
                                          .reset         = i % 2 == 0,
                                          .handshake_ms  = 10 + i % 90,
                                          .rule          = i % 4 == 0 ? "bad" : NULL};
    return g;
}

enum { VARIOUS = 240 };

static void see_various(struct scene *scene, size_t collectors)
{
    set_up_collectors(scene, collectors);
    for (unsigned i = 0; i < VARIOUS; i++) {
        /* Not in order of time either. */
        struct given g = various((unsigned)(i * 7 % VARIOUS));
        see(scene, (size_t)(i * i % 31) % collectors, &g);
    }
}

static void spreading_changes_nothing(void **state)
{
    (void)state;
    static const size_t orders[][MAX_COLLECTORS] = {
        {0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}};
    char *expected = NULL;
    for (size_t collectors = 1; collectors <= MAX_COLLECTORS; collectors++) {
        /* All four are named by an order. */
        size_t num = collectors < MAX_COLLECTORS ? 1 : HT_ARRAY_LEN(orders);
        for (size_t i = 0; i < num; i++) {
            struct scene scene = {0};
            see_various(&scene, collectors);
            struct ht_summary *summary = finish(&scene, num > 1 ? orders[i] : NULL);
            char *json                 = json_of(summary);
            expected                   = expected != NULL ? expected : strdup(json);
            assert_string_equal(json, expected);
            free(json);
            ht_summary_free(summary);
            tear_down_collectors(&scene);
        }
    }
    free(expected);
}

static void what_is_counted(void **state)
{
    (void)state;
    static const uint8_t leaf[32] = {0xAB};
    const struct given given[]    = {
           {.number      = 1,
            .client      = 1,
            .server      = 1,
            .name        = "a.test",
            .certificate = leaf,
            .rule        = "bad"},
           {.number = 2, .client = 2, .server = 1, .name = "a.test", .version = TLS_12, .rule = "bad"},
           {.number = 3, .client = 1, .server = 1, .name = "a.test", .alert = "yes", .reset = true},
           {.number = 4, .client = 1, .server = 2, .ja4 = "t12d_c_c"}};
    struct scene scene                       = {0};
    struct ht_summary *summary               = summary_of(&scene, given, HT_ARRAY_LEN(given));
    const struct ht_summary_data *data       = ht_summary_data(summary);
    const struct ht_server_summary *servers  = data->servers.items;
    const struct ht_tally *versions          = servers[0].profile->versions.items;
    const struct ht_tally *leaves            = servers[0].certificates.items;
    const struct ht_finding_summary *finding = find(summary, "bad");
    const struct ht_example *examples        = finding->examples.items;
    assert_int_equal(data->servers.len, 2);
    assert_int_equal(data->clients.len, 2);
    assert_int_equal(data->certificates.len, 1);
    assert_text(servers[0].label, "10.0.1.1:443 a.test");
    assert_int_equal(servers[0].profile->connections, 3);
    assert_int_equal(servers[0].profile->established, 2);
    assert_int_equal(servers[0].profile->failed, 1);
    assert_int_equal(servers[0].profile->first_seen_ns, SECOND_NS);
    assert_int_equal(servers[0].profile->last_seen_ns, 3 * SECOND_NS + 100);
    assert_int_equal(servers[0].profile->versions.len, 2);
    assert_text(versions[0].name, "TLS 1.3");
    assert_int_equal(versions[0].connections, 2);
    assert_int_equal(servers[0].certificates.len, 1);
    assert_memory_equal(leaves[0].name.ptr, "ab000000", 8);
    assert_int_equal(finding->count, 2);
    assert_int_equal(finding->examples.len, 2);
    assert_text(examples[0].connection, "c-0000000000000002");
    assert_text(examples[0].evidence, "c-0000000000000002");
    assert_int_equal(examples[0].frames.items[0], 5);
    assert_int_equal(ht_summary_worst(summary), HT_HIGH);
    assert_int_equal(data->coverage->connections, 4);
    ht_summary_free(summary);
    tear_down_collectors(&scene);
}

static void randoms(void **state)
{
    (void)state;
    const struct given again[] = {{.number = 1, .server_random = "r"},
                                  {.number = 2},
                                  {.number = 3, .server = 9, .server_random = "r"}};
    /* The same session, captured at two places: its randoms are both the same. */
    const struct given copied[] = {{.number = 1, .client_random = "c", .server_random = "r"},
                                   {.number = 2, .client_random = "c", .server_random = "r"}};
    /* Nobody answered: it may be one hello, captured twice. */
    const struct given unanswered[] = {{.number = 1, .client_random = "c", .unanswered = true},
                                       {.number = 2, .client_random = "c", .unanswered = true}};
    assert_int_equal(COUNT_OF("random-reuse", again), 2);
    assert_int_equal(COUNT_OF("random-reuse", copied), 0);
    assert_int_equal(COUNT_OF("random-reuse", unanswered), 0);
}

static void key_shares(void **state)
{
    (void)state;
    const struct given by_client[] = {{.number = 1, .share = "s"}, {.number = 2, .share = "s"}};
    const struct given by_server[] = {{.number = 1, .server_share = "s"},
                                      {.number = 2, .server_share = "s"}};
    const struct given fresh[]     = {{.number = 1}, {.number = 2}};
    const struct given by_dh[]     = {{.number = 1, .dh = "y", .version = TLS_12},
                                      {.number = 2, .dh = "y", .version = TLS_12},
                                      {.number = 3, .dh = "y", .version = TLS_12}};
    assert_int_equal(COUNT_OF("tls13-keyshare-reuse", by_client), 2);
    assert_int_equal(COUNT_OF("tls13-keyshare-reuse", by_server), 2);
    assert_int_equal(COUNT_OF("tls13-keyshare-reuse", fresh), 0);
    assert_int_equal(COUNT_OF("dh-server-key-reuse", by_dh), 3);
    assert_int_equal(COUNT_OF("dh-server-key-reuse", fresh), 0);
}

/* 0x000A is TLS_RSA_WITH_3DES_EDE_CBC_SHA, 0xC02F one with AES-GCM; the client offers both. */
static void weaker_suites(void **state)
{
    (void)state;
    const struct given weaker[] = {{.number = 1, .version = TLS_12, .suite = 0xC02F},
                                   {.number = 2, .version = TLS_12, .suite = 0x000A}};
    const struct given always[] = {{.number = 1, .version = TLS_12, .suite = 0x000A},
                                   {.number = 2, .server = 2, .version = TLS_12, .suite = 0xC02F}};
    assert_int_equal(COUNT_OF("server-picks-weaker-suite", weaker), 1);
    assert_int_equal(COUNT_OF("server-picks-weaker-suite", always), 0);
}

/* `failed` of 30 handshakes fail. */
static uint64_t failures(unsigned failed)
{
    struct given given[30];
    for (unsigned i = 0; i < HT_ARRAY_LEN(given); i++) {
        given[i] = (struct given){.number = i, .alert = i < failed ? "yes" : NULL};
    }
    return COUNT_OF("high-failure-rate", given);
}

static void failure_rate(void **state)
{
    (void)state;
    assert_int_equal(failures(7), 7);
    assert_int_equal(failures(6), 0); /* a fifth is not more than a fifth */
}

static void slow_handshakes(void **state)
{
    (void)state;
    struct given given[40];
    for (unsigned i = 0; i < HT_ARRAY_LEN(given); i++) {
        given[i] = (struct given){.number = i, .handshake_ms = 20 + i % 10};
    }
    assert_int_equal(COUNT_OF("handshake-latency-outlier", given), 0);
    given[11].handshake_ms = 499; /* slow, but nobody waits for it */
    assert_int_equal(COUNT_OF("handshake-latency-outlier", given), 0);
    given[11].handshake_ms = 900;
    assert_int_equal(COUNT_OF("handshake-latency-outlier", given), 1);
}

static void intolerance(void **state)
{
    (void)state;
    struct given given[] = {
        {.number = 1, .offered = TLS_13, .unanswered = true, .reset = true, .large = true},
        {.number = 2, .offered = TLS_12, .version = TLS_12, .large = true}};
    assert_int_equal(COUNT_OF("server-version-intolerant", given), 1);
    assert_int_equal(COUNT_OF("version-fallback-dance", given), 1);
    assert_int_equal(COUNT_OF("server-hello-size-intolerant", given), 0);
    given[1].offered = TLS_13, given[1].large = false;
    assert_int_equal(COUNT_OF("server-hello-size-intolerant", given), 1);
    assert_int_equal(COUNT_OF("server-version-intolerant", given), 0);
    given[1].client = 9; /* somebody else */
    assert_int_equal(COUNT_OF("server-hello-size-intolerant", given), 0);
}

/* Of the third no message was whole before TLS began. */
static void stripping(void **state)
{
    (void)state;
    struct given given[] = {{.number = 1, .starttls = true, .offers_starttls = true},
                            {.number = 2, .starttls = true, .offers_starttls = false},
                            {.number = 3, .starttls = true, .no_protocol = true}};
    assert_int_equal(COUNT_OF("starttls-stripped", given), 1);
    given[0].server = 7; /* another server */
    assert_int_equal(COUNT_OF("starttls-stripped", given), 0);
}

static void certificate_changes(void **state)
{
    (void)state;
    static const uint8_t before[32] = {1}, after[32] = {2};
    const struct given changed[] = {{.number = 1, .certificate = before},
                                    {.number = 2, .certificate = after}};
    const struct given kept[]    = {{.number = 1, .certificate = before},
                                    {.number = 2, .certificate = before},
                                    {.number = 3, .server = 3, .certificate = after}};
    assert_int_equal(COUNT_OF("cert-changed", changed), 1);
    assert_int_equal(COUNT_OF("cert-changed", kept), 0);
}

static void resumption(void **state)
{
    (void)state;
    struct given given[5];
    for (unsigned i = 0; i < HT_ARRAY_LEN(given); i++) {
        given[i] = (struct given){.number = i};
    }
    assert_int_equal(COUNT_OF("no-resumption", given), 5);
    given[2].client = 8;
    assert_int_equal(COUNT_OF("no-resumption", given), 0);
}

static void decoded(struct scene *scene, struct ht_certificate *c, const struct ht_public_key *key)
{
    struct ht_analysis a = {.arena = &scene->arena};
    c->key               = key;
    ht_collector_analyzer.record(scene->collector[0], &a, &ht_certificate_record, c);
}

/* Three primes of 16 bits: 65521, 65519, 65497; two moduli of them have one in common. */
static void shared_primes_and_keys(void **state)
{
    (void)state;
    static const uint8_t one[32] = {1}, two[32] = {2}, three[32] = {3};
    const struct ht_public_key keys[] = {
        {.type = ht_text("RSA"), .modulus = hex("ffe000ff")},  /* 65521 * 65519 */
        {.type = ht_text("RSA"), .modulus = hex("ffca0249")}}; /* 65521 * 65497 */
    const struct given given[]    = {{.number = 1, .name = "www.one.test", .certificate = one},
                                     {.number = 2, .server = 2, .certificate = two},
                                     {.number = 3, .server = 3, .certificate = three}};
    const struct ht_bytes names[] = {ht_text("www.one.test"), ht_text("b.one.test"),
                                     ht_text("www.two.test")};
    const struct ht_subject_alternative_names sans[] = {
        {.dns = {&names[0], 1}}, {.dns = {&names[1], 1}}, {.dns = {&names[2], 1}}};
    struct scene scene = {0};
    set_up_collectors(&scene, 1);
    for (size_t i = 0; i < HT_ARRAY_LEN(given); i++) {
        struct ht_certificate c = {.sha256      = ht_bytes(given[i].certificate, 32),
                                   .spki_sha256 = hex("aa"),
                                   .san         = &sans[i]};
        decoded(&scene, &c, &keys[i % 2]);
        see(&scene, 0, &given[i]);
    }
    struct ht_summary *summary = finish(&scene, NULL);
    assert_non_null(find(summary, "cert-shared-prime"));
    const struct ht_finding_summary *reuse = find(summary, "cert-key-reuse-across-names");
    assert_non_null(reuse);
    assert_int_equal(reuse->count, 1); /* b.one.test is of the same domain as www.one.test */
    assert_int_equal(ht_summary_worst(summary), HT_CRITICAL);
    ht_summary_free(summary);
    tear_down_collectors(&scene);
}

static void text_is_folded(void **state)
{
    (void)state;
    const struct given given[]         = {{.number = 1, .name = "\x1b[2Jx", .rule = "bad"}};
    struct scene scene                 = {0};
    struct ht_summary *summary         = summary_of(&scene, given, 1);
    struct ht_chars out                = {0};
    const struct ht_sink_config config = {.width = 80};
    assert_true(ht_audit_text(summary, &out, &config));
    size_t column = 0;
    for (size_t i = 0; i < out.len; i++) {
        bool begins = ((uint8_t)out.ptr[i] & 0xC0) != 0x80; /* a character of UTF-8 */
        column      = out.ptr[i] == '\n' ? 0 : column + (begins ? 1 : 0);
        assert_true(column <= 80);
        assert_true(out.ptr[i] != '\x1b');
    }
    ht_chars_free(&out);
    ht_summary_free(summary);
    tear_down_collectors(&scene);
}

static void nothing_at_all(void **state)
{
    (void)state;
    struct scene scene         = {0};
    struct ht_summary *summary = summary_of(&scene, NULL, 0);
    struct ht_chars out        = {0};
    assert_true(ht_audit_text(summary, &out, &(const struct ht_sink_config){0}));
    assert_int_equal(ht_summary_worst(summary), HT_NUM_SEVERITIES);
    free(json_of(summary));
    ht_chars_free(&out);
    ht_summary_free(summary);
    tear_down_collectors(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spreading_changes_nothing),
        cmocka_unit_test(what_is_counted),
        cmocka_unit_test(randoms),
        cmocka_unit_test(key_shares),
        cmocka_unit_test(weaker_suites),
        cmocka_unit_test(failure_rate),
        cmocka_unit_test(slow_handshakes),
        cmocka_unit_test(intolerance),
        cmocka_unit_test(stripping),
        cmocka_unit_test(certificate_changes),
        cmocka_unit_test(resumption),
        cmocka_unit_test(shared_primes_and_keys),
        cmocka_unit_test(text_is_folded),
        cmocka_unit_test(nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
