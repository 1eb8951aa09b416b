/*
 * Chains judged, by the private authority of samples/make/pki.sh. Errors and depths are those of
 * `openssl verify -attime … -purpose …` of OpenSSL 3.0; tests/chain compares all of the samples.
 */
#include "support.h"

#include "analysis/chain/parts.h"
#include "crypto/digest.h"

#include <stdio.h>
#include <stdlib.h>

#define FOLDER "tests/unit/analysis/chain/certificates/"
#define NOW (INT64_C(1795269000) * INT64_C(1000000000)) /* 2026-11-21T13:50:00Z */
#define DAY (INT64_C(86400) * INT64_C(1000000000))

enum { MAX_CHAIN = 6, MAX_WORDS = 6 };

struct scene {
    void *state;
    unsigned lessons;
    struct ht_arena arena;
    struct ht_analysis analysis;
    struct ht_analysis_settings settings;
    struct ht_trust *trust;
    const struct tls_chain_verdict *server, *client; /* of the last connection */
};

static void teach(void *engine, const struct ht_analyzer *analyzer, struct ht_bytes lesson)
{
    struct scene *scene = engine;
    assert_ptr_equal(analyzer, &ht_chain_analyzer);
    scene->lessons++;
    analyzer->learn(scene->state, lesson);
}

static void start(struct scene *scene, struct ht_trust *trust, int64_t as_of_ns)
{
    struct ht_error error;
    assert_non_null(trust);
    scene->trust    = trust;
    scene->settings = (struct ht_analysis_settings){
        .trust = trust, .as_of_ns = as_of_ns, .certificate_folder = -1};
    scene->state    = calloc(1, ht_chain_analyzer.state_size);
    scene->analysis = (struct ht_analysis){.engine = scene, .teach = teach, .arena = &scene->arena};
    assert_non_null(scene->state);
    assert_true(ht_chain_analyzer.init(scene->state, &scene->settings, &error));
}

static void stop(struct scene *scene)
{
    ht_chain_analyzer.fini(scene->state);
    free(scene->state);
    ht_arena_clear(&scene->arena);
    ht_trust_free(scene->trust);
}

static struct ht_trust *root(void)
{
    struct ht_error error;
    return ht_trust_open(HT_SOURCE_DIR "/samples/pki/root.pem", &error);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    start(scene, root(), 0);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    stop(*state);
    free(*state);
    return 0;
}

/* The digests of a chain that comes. */
static struct ht_texts see(struct scene *scene, struct ht_texts ders)
{
    struct ht_bytes *digests = ht_arena_alloc(&scene->arena, (ders.len + 1) * sizeof *digests);
    for (size_t i = 0; i < ders.len; i++) {
        uint8_t digest[HT_DIGEST_MAX];
        size_t len = ht_digest(NULL, HT_SHA256, digest, ders.items[i]);
        digests[i] = ht_arena_copy(&scene->arena, ht_bytes(digest, len));
    }
    struct tls_certificate event = {.chain = ders, .sha256 = {.items = digests, .len = ders.len}};
    ht_chain_analyzer.event(scene->state, &scene->analysis, &tls_certificate_event, &event);
    return event.sha256;
}

/* The files of a chain, without folder and ".der". */
static struct ht_texts see_files(struct scene *scene, const char *const names[MAX_CHAIN])
{
    struct ht_bytes ders[MAX_CHAIN];
    size_t num = 0;
    for (; num < MAX_CHAIN && names[num] != NULL; num++) {
        char path[128];
        (void)snprintf(path, sizeof path, FOLDER "%s.der", names[num]);
        ders[num] = file_bytes(path);
    }
    return see(scene, (struct ht_texts){.items = ders, .len = num});
}

static const struct ht_party somebody = {.ip = {.version = 4, .bytes = {10, 9, 0, 2}}};

static void judge(struct scene *scene, const struct tls_details *tls,
                  const struct ht_resolution *dns, int64_t time_ns)
{
    struct ht_connection c = {.start_ns = time_ns,
                              .client   = &somebody,
                              .server   = &somebody,
                              .dns      = dns,
                              .details  = {.type = &tls_details_struct, .object = tls}};
    ht_chain_analyzer.connection(scene->state, &scene->analysis, &c);
    const struct tls_details *after = c.details.object;
    assert_ptr_equal(after->client_hello, tls->client_hello);
    scene->server = after->certificates->server_verdict;
    scene->client = after->certificates->client_verdict;
}

static void connect_to(struct scene *scene, const char *sni, const struct ht_texts *chain,
                       int64_t time_ns)
{
    struct tls_client_hello hello = {.server_name = ht_text(sni)};
    struct tls_chains chains      = {.server = *chain};
    struct tls_details tls        = {.client_hello = &hello, .certificates = &chains};
    judge(scene, &tls, NULL, time_ns);
}

static void assert_words(struct ht_texts words, const char *const expected[MAX_WORDS])
{
    for (size_t i = 0; i < words.len; i++) {
        assert_non_null(expected[i]);
        assert_text(words.items[i], expected[i]);
    }
    assert_null(expected[words.len]);
}

struct expected {
    const char *chain[MAX_CHAIN];
    const char *error; /* NULL: trusted */
    unsigned depth;
    size_t path_len;
    const char *order;
    const char *faults[MAX_WORDS];
};

static void assert_verdict(const struct tls_chain_verdict *verdict, const struct expected *expected)
{
    assert_non_null(verdict);
    assert_int_equal(verdict->as_sent->trusted, expected->error == NULL);
    assert_int_equal(verdict->as_sent->sha256.len, expected->path_len);
    if (expected->error != NULL) {
        assert_string_equal(verdict->as_sent->error, expected->error);
        assert_int_equal(verdict->as_sent->error_depth, expected->depth + 1);
    } else {
        assert_text(verdict->as_sent->anchor, "CN=Sample PKI Root,O=Sample PKI");
    }
    assert_string_equal(verdict->order, expected->order);
    assert_words(verdict->faults, expected->faults);
}

static const struct expected samples[] = {
    {{"good", "issuing-ca"}, NULL, 0, 3, "in_order", {NULL}},
    {{"good", "issuing-ca", "root"}, NULL, 0, 3, "in_order", {NULL}},
    {{"gap", "root"}, "unable_to_get_local_issuer_certificate", 0, 1, "incomplete", {NULL}},
    {{"misordered", "middle-ca", "low-ca"}, NULL, 0, 4, "misordered", {NULL}},
    {{"superfluous", "middle-ca", "issuing-ca"}, NULL, 0, 3, "superfluous", {NULL}},
    {{"expired-issuer", "expired-ca"},
     "certificate_has_expired",
     1,
     3,
     "in_order",
     {"issuer_expired"}},
    {{"path-length", "deep-ca", "shallow-ca"},
     "path_length_constraint_exceeded",
     2,
     4,
     "in_order",
     {"path_length"}},
    {{"name-constraints", "constrained-ca"},
     "permitted_subtree_violation",
     0,
     3,
     "in_order",
     {"name_constraints"}},
    {{"issued-by-leaf", "good", "issuing-ca"},
     "invalid_ca_certificate",
     1,
     4,
     "in_order",
     {"not_a_ca", "extended_key_usage"}},
    {{"unknown-root", "elsewhere-root"},
     "self_signed_certificate_in_certificate_chain",
     1,
     2,
     "in_order",
     {NULL}},
    {{"self-signed"}, "self_signed_certificate", 0, 1, "in_order", {"self_signed"}},
    {{"ca-as-leaf"}, NULL, 0, 2, "in_order", {"ca_as_leaf"}},
    {{"expired", "issuing-ca"}, "certificate_has_expired", 0, 3, "in_order", {"expired"}},
    {{"not-yet-valid", "issuing-ca"},
     "certificate_is_not_yet_valid",
     0,
     3,
     "in_order",
     {"not_yet_valid"}},
    {{"rsa1024", "issuing-ca"}, NULL, 0, 3, "in_order", {"weak_key"}},
    {{"sha1", "issuing-ca"}, NULL, 0, 3, "in_order", {"weak_signature"}},
    {{"client-only", "issuing-ca"},
     "unsuitable_certificate_purpose",
     0,
     3,
     "in_order",
     {"extended_key_usage"}},
    {{"common-name", "issuing-ca"}, NULL, 0, 3, "in_order", {"no_subject_alternative_name"}},
};

static void test_chains(void **state)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(samples); i++) {
        struct ht_texts chain = see_files(*state, samples[i].chain);
        connect_to(*state, "www.example.test", &chain, NOW);
        assert_verdict(((struct scene *)*state)->server, &samples[i]);
        assert_null(((struct scene *)*state)->server->repaired);
    }
}

/* A certificate that is missing here was seen there, and from then on its like is not. */
static void test_repaired(void **state)
{
    struct scene *scene                = *state;
    const char *const whole[MAX_CHAIN] = {"good", "issuing-ca"};
    const char *const cut[MAX_CHAIN]   = {"incomplete"};
    struct ht_texts chain              = see_files(scene, cut);
    connect_to(scene, "incomplete.example.test", &chain, NOW);
    assert_false(scene->server->as_sent->trusted);
    assert_null(scene->server->repaired);
    assert_text(scene->server->facts->missing_issuer, "CN=Sample Issuing CA,O=Sample PKI");
    assert_null(scene->server->facts->parts->issuer.x509);
    (void)see_files(scene, whole);
    (void)see_files(scene, whole);
    assert_int_equal(scene->lessons, 1);
    connect_to(scene, "incomplete.example.test", &chain, NOW);
    assert_false(scene->server->as_sent->trusted);
    assert_true(scene->server->repaired->trusted);
    assert_int_equal(scene->server->repaired->sha256.len, 3);
    assert_string_equal(scene->server->order, "incomplete");
    assert_text(scene->server->facts->parts->issuer.decoded->subject,
                "CN=Sample Issuing CA,O=Sample PKI");
}

/* An issuer that the chain does not lack leaves the verdict as it is. */
static void test_another_issuer_repairs_nothing(void **state)
{
    struct scene *scene                  = *state;
    const char *const whole[MAX_CHAIN]   = {"good", "issuing-ca"};
    const char *const strange[MAX_CHAIN] = {"ca-as-leaf", "ca-as-leaf"};
    const char *const cut[MAX_CHAIN]     = {"incomplete"};
    struct ht_texts chain                = see_files(scene, cut);
    connect_to(scene, "incomplete.example.test", &chain, NOW);
    const struct ht_chain_facts *facts = scene->server->facts;
    (void)see_files(scene, strange);
    assert_int_equal(scene->lessons, 1);
    connect_to(scene, "incomplete.example.test", &chain, NOW);
    assert_ptr_equal(scene->server->facts, facts);
    (void)see_files(scene, whole);
    assert_int_equal(scene->lessons, 2);
    connect_to(scene, "incomplete.example.test", &chain, NOW);
    assert_true(scene->server->repaired->trusted);
}

/* That a CA's own signature is known to be good says nothing of what it signed: a bit of the
 * signature, in the last byte of the DER, makes the difference, before and after. */
static void test_a_bad_signature_below_a_known_one(void **state)
{
    struct scene *scene         = *state;
    const struct ht_bytes sound = file_bytes(FOLDER "good.der");
    uint8_t copy[1024];
    struct ht_bytes sent[] = {sound, file_bytes(FOLDER "issuing-ca.der")};
    assert_true(sound.len <= sizeof copy);
    memcpy(copy, sound.ptr, sound.len);
    for (uint8_t flip = 0; flip < 4; flip++) {
        copy[sound.len - 1]   = sound.ptr[sound.len - 1] ^ (flip ^ 1);
        sent[0]               = ht_bytes(copy, sound.len);
        struct ht_texts chain = see(scene, (struct ht_texts){.items = sent, .len = 2});
        connect_to(scene, "good.example.test", &chain, NOW);
        const struct tls_path *path = scene->server->as_sent;
        assert_int_equal(path->trusted, flip == 1);
        assert_int_equal(path->error_depth, flip == 1 ? 0 : 1);
        assert_text(ht_text(path->error != NULL ? path->error : ""),
                    flip == 1 ? "" : "certificate_signature_failure");
        assert_text(path->anchor, "CN=Sample PKI Root,O=Sample PKI");
    }
}

/* What was a leaf first is as good an issuer: other engines may not have seen it as one. */
static void test_repaired_by_what_was_a_leaf(void **state)
{
    struct scene *scene                = *state;
    const char *const alone[MAX_CHAIN] = {"issuing-ca"};
    const char *const whole[MAX_CHAIN] = {"good", "issuing-ca"};
    (void)see_files(scene, alone);
    assert_int_equal(scene->lessons, 0);
    (void)see_files(scene, whole);
    assert_int_equal(scene->lessons, 1);
}

static void test_a_verdict_is_made_once(void **state)
{
    struct scene *scene                = *state;
    const char *const good[MAX_CHAIN]  = {"good", "issuing-ca"};
    const char *const other[MAX_CHAIN] = {"rsa2048", "issuing-ca"};
    struct ht_texts chain              = see_files(scene, good);
    connect_to(scene, "good.example.test", &chain, NOW);
    const struct ht_chain_facts *facts = scene->server->facts;
    assert_string_equal(scene->server->name->verdict, "match");
    (void)see_files(scene, other);
    connect_to(scene, "wrong-name.example.test", &chain, NOW + DAY);
    assert_ptr_equal(scene->server->facts, facts);
    assert_string_equal(scene->server->name->verdict, "mismatch");
}

/* Valid for 90 days: the verdict holds up to the last of them. */
static void test_a_verdict_holds_for_a_time(void **state)
{
    struct scene *scene               = *state;
    const char *const good[MAX_CHAIN] = {"good", "issuing-ca"};
    struct ht_texts chain             = see_files(scene, good);
    connect_to(scene, "good.example.test", &chain, NOW);
    int64_t last_ns = scene->server->facts->not_after_ns;
    assert_true(last_ns > NOW + 89 * DAY && last_ns < NOW + 90 * DAY);
    connect_to(scene, "good.example.test", &chain, last_ns - 1);
    assert_true(scene->server->as_sent->trusted);
    connect_to(scene, "good.example.test", &chain, last_ns);
    assert_string_equal(scene->server->as_sent->error, "certificate_has_expired");
    connect_to(scene, "good.example.test", &chain, NOW - DAY);
    assert_string_equal(scene->server->as_sent->error, "certificate_is_not_yet_valid");
    connect_to(scene, "good.example.test", &chain, NOW);
    assert_true(scene->server->as_sent->trusted);
}

static void test_as_of(void **state)
{
    struct scene scene                = {.lessons = 0};
    const char *const good[MAX_CHAIN] = {"good", "issuing-ca"};
    (void)state;
    start(&scene, root(), NOW + 100 * DAY);
    struct ht_texts chain = see_files(&scene, good);
    connect_to(&scene, "good.example.test", &chain, NOW);
    assert_string_equal(scene.server->as_sent->error, "certificate_has_expired");
    stop(&scene);
}

static void test_clients(void **state)
{
    struct scene *scene                 = *state;
    const char *const client[MAX_CHAIN] = {"client-only", "issuing-ca"};
    const char *const server[MAX_CHAIN] = {"good", "issuing-ca"};
    struct tls_chains chains            = {.client = see_files(scene, client)};
    const struct tls_details tls        = {.certificates = &chains};
    judge(scene, &tls, NULL, NOW);
    assert_null(scene->server);
    assert_true(scene->client->as_sent->trusted);
    assert_null(scene->client->name);
    assert_int_equal(scene->client->faults.len, 0);
    chains.client = see_files(scene, server);
    chains.server = chains.client;
    judge(scene, &tls, NULL, NOW);
    assert_true(scene->server->as_sent->trusted);
    assert_string_equal(scene->client->as_sent->error, "unsuitable_certificate_purpose");
}

/*
 * Names.
 */

static void test_name_by_dns_or_address(void **state)
{
    struct scene *scene                  = *state;
    const char *const good[MAX_CHAIN]    = {"good", "issuing-ca"};
    const char *const address[MAX_CHAIN] = {"address", "issuing-ca"};
    const char *const other[MAX_CHAIN]   = {"other-address", "issuing-ca"};
    struct tls_chains chains             = {.server = see_files(scene, good)};
    const struct tls_details tls         = {.certificates = &chains};
    struct ht_resolution dns = {.name = ht_text("good.example.test"), .verdict = "fresh"};
    judge(scene, &tls, &dns, NOW);
    assert_string_equal(scene->server->name->from, "dns");
    assert_string_equal(scene->server->name->verdict, "match");
    dns.verdict = "other_client";
    judge(scene, &tls, &dns, NOW);
    assert_null(scene->server->name); /* nor is the address one of its names */
    chains.server = see_files(scene, address);
    judge(scene, &tls, NULL, NOW);
    assert_string_equal(scene->server->name->from, "address");
    assert_string_equal(scene->server->name->verdict, "match");
    assert_text(scene->server->name->name, "10.9.0.2");
    chains.server = see_files(scene, other);
    judge(scene, &tls, NULL, NOW);
    assert_string_equal(scene->server->name->verdict, "mismatch");
}

/* Behind the name that is shown there may be another. */
static void test_name_with_encrypted_hello(void **state)
{
    struct scene *scene                   = *state;
    const char *const good[MAX_CHAIN]     = {"good", "issuing-ca"};
    struct tls_chains chains              = {.server = see_files(scene, good)};
    struct tls_encrypted_client_hello ech = {.type = "outer", .verdict = "unknown"};
    struct tls_client_hello hello         = {.server_name            = ht_text("cover.example.test"),
                                             .encrypted_client_hello = &ech};
    const struct tls_details tls          = {.client_hello = &hello, .certificates = &chains};
    judge(scene, &tls, NULL, NOW);
    assert_null(scene->server->name);
    ech.verdict = "grease_likely";
    judge(scene, &tls, NULL, NOW);
    assert_string_equal(scene->server->name->verdict, "mismatch");
    ech.verdict       = "config_match";
    hello.server_name = ht_text("good.example.test");
    judge(scene, &tls, NULL, NOW);
    assert_string_equal(scene->server->name->verdict, "match");
}

/*
 * Odd chains.
 */

static void test_what_is_no_certificate(void **state)
{
    struct scene *scene             = *state;
    const struct ht_bytes garbage[] = {hex("3003020100"), hex("ff")};
    struct ht_bytes followed        = ht_bytes(NULL, 0);
    struct ht_bytes good            = file_bytes(FOLDER "good.der");
    uint8_t *longer                 = malloc(good.len + 1);
    struct ht_texts chain           = see(scene, (struct ht_texts){.items = garbage, .len = 2});
    connect_to(scene, "good.example.test", &chain, NOW);
    assert_null(scene->server->as_sent);
    assert_null(scene->server->name);
    assert_words(scene->server->faults, (const char *const[MAX_WORDS]){"malformed"});
    assert_non_null(longer);
    memcpy(longer, good.ptr, good.len);
    longer[good.len] = 0;
    followed         = ht_bytes(longer, good.len + 1);
    chain            = see(scene, (struct ht_texts){.items = &followed, .len = 1});
    connect_to(scene, "good.example.test", &chain, NOW);
    assert_null(scene->server->as_sent);
    free(longer);
}

static void test_no_chain(void **state)
{
    struct scene *scene         = *state;
    const struct ht_bytes never = hex("00112233");
    struct ht_texts chain       = {.items = &never, .len = 1}; /* whose certificate did not come */
    connect_to(scene, "good.example.test", &chain, NOW);
    assert_null(scene->server);
    struct ht_connection c = {.start_ns = NOW};
    ht_chain_analyzer.connection(scene->state, &scene->analysis, &c);
    assert_null(c.details.object);
}

static void test_long_chain(void **state)
{
    struct scene *scene      = *state;
    struct ht_bytes ders[64] = {file_bytes(FOLDER "good.der"), file_bytes(FOLDER "issuing-ca.der")};
    for (size_t i = 2; i < HT_ARRAY_LEN(ders); i++) {
        ders[i] = ders[1];
    }
    struct ht_texts chain = see(scene, (struct ht_texts){.items = ders, .len = 64});
    connect_to(scene, "good.example.test", &chain, NOW);
    assert_true(scene->server->as_sent->trusted);
    assert_string_equal(scene->server->order, "superfluous");
}

static void test_nobody_is_trusted(void **state)
{
    struct scene scene                = {.lessons = 0};
    const char *const good[MAX_CHAIN] = {"good", "issuing-ca"};
    (void)state;
    start(&scene, ht_trust_none(), 0);
    struct ht_texts chain = see_files(&scene, good);
    connect_to(&scene, "good.example.test", &chain, NOW);
    assert_string_equal(scene.server->as_sent->error, "unable_to_get_local_issuer_certificate");
    assert_int_equal(scene.server->as_sent->error_depth, 2);
    assert_false(scene.server->facts->trust_known);
    stop(&scene);
}

static void test_facts(void **state)
{
    struct scene *scene                 = *state;
    const char *const staple[MAX_CHAIN] = {"must-staple", "issuing-ca"};
    const char *const rsa[MAX_CHAIN]    = {"rsa2048", "issuing-ca"};
    struct ht_texts chain               = see_files(scene, staple);
    connect_to(scene, "must-staple.example.test", &chain, NOW);
    const struct ht_chain_facts *facts = scene->server->facts;
    assert_int_equal(facts->num, 2);
    assert_text(facts->certificates[1].subject, "CN=Sample Issuing CA,O=Sample PKI");
    assert_text(facts->common_name, "must-staple.example.test");
    assert_true(facts->trust_known && facts->must_staple);
    assert_false(facts->public_anchor || facts->leaf_is_ca || facts->signature_mismatch);
    assert_int_equal(facts->validity_limit_days, 200);
    assert_int_equal(facts->not_after_ns - facts->not_before_ns, 90 * DAY);
    chain = see_files(scene, rsa);
    connect_to(scene, "rsa2048.example.test", &chain, NOW);
    assert_int_equal(scene->server->facts->rsa_exponent, 65537);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_chains),
        TEST(test_repaired),
        TEST(test_a_bad_signature_below_a_known_one),
        TEST(test_another_issuer_repairs_nothing),
        TEST(test_repaired_by_what_was_a_leaf),
        TEST(test_a_verdict_is_made_once),
        TEST(test_a_verdict_holds_for_a_time),
        TEST(test_as_of),
        TEST(test_clients),
        TEST(test_name_by_dns_or_address),
        TEST(test_name_with_encrypted_hello),
        TEST(test_what_is_no_certificate),
        TEST(test_no_chain),
        TEST(test_long_chain),
        TEST(test_nobody_is_trusted),
        TEST(test_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
