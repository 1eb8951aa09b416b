/* The analyzer, between the event of a staple and the end of its connection. */
#include "data.h"

#include "analysis/revocation/revocation.h"
#include "crypto/digest.h"
#include "policy/ct_logs.h"

struct fixture {
    struct ht_ct_logs *logs;
    struct ht_analysis_settings settings;
    void *analyzer;
    struct ht_arena arena;
    struct ht_analysis a;
    /* A connection with a chain, judged. */
    struct ht_chain_link leaf, issuer;
    struct ht_certificate decoded[2];
    struct ht_chain_parts parts;
    struct ht_chain_facts facts;
    struct tls_chain_verdict verdict;
    struct tls_chains chains;
    struct tls_server_choices choices;
    struct tls_server_hello hello;
    struct tls_details details;
};

static int start(void **state)
{
    struct fixture *f     = calloc(1, sizeof *f);
    struct ht_error error = {{0}};
    assert_non_null(f);
    f->logs     = ht_ct_logs_open(DATA "logs.json", &error);
    f->settings = (struct ht_analysis_settings){.ct_logs = f->logs, .certificate_folder = -1};
    f->analyzer = calloc(1, ht_revocation_analyzer.state_size);
    assert_true(f->analyzer != NULL && f->logs != NULL);
    assert_true(ht_revocation_analyzer.init(f->analyzer, &f->settings, &error));
    f->a   = (struct ht_analysis){.arena = &f->arena, .time_ns = when("2026-03-02")};
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    ht_revocation_analyzer.fini(f->analyzer);
    free(f->analyzer);
    ht_ct_logs_free(f->logs);
    link_free(&f->leaf);
    link_free(&f->issuer);
    ht_arena_clear(&f->arena);
    free(f);
    return 0;
}

static void decode(struct fixture *f, struct ht_chain_link *link, struct ht_certificate *decoded,
                   const char *name)
{
    uint8_t digest[HT_DIGEST_MAX];
    link_free(link);
    *link           = link_of(name);
    size_t len      = ht_digest(NULL, HT_SHA256, digest, link->der);
    decoded->sha256 = ht_arena_copy(&f->arena, ht_bytes(digest, len));
    link->decoded   = decoded;
}

/* A server has shown `leaf`, of which the lists say `crl` (NULL: nothing). */
static void judge(struct fixture *f, const char *leaf, const struct tls_revocation *crl)
{
    decode(f, &f->leaf, &f->decoded[0], leaf);
    decode(f, &f->issuer, &f->decoded[1], "issuer");
    f->parts = (struct ht_chain_parts){
        .settings = &f->settings, .leaf = f->leaf, .issuer = f->issuer, .verdict = &f->verdict};
    f->facts   = (struct ht_chain_facts){.parts = &f->parts};
    f->verdict = (struct tls_chain_verdict){.facts = &f->facts, .revocation = crl};
    f->chains  = (struct tls_chains){.server_verdict = &f->verdict};
    f->hello   = (struct tls_server_hello){.choices = &f->choices};
    f->details = (struct tls_details){.certificates = &f->chains, .server_hello = &f->hello};
}

/* The event, as it is kept. */
static const struct tls_certificate_status *staple(struct fixture *f, struct ht_bytes response)
{
    struct tls_certificate_status event = {
        .status_type = 1, .response_bytes = response.len, .response = response};
    ht_revocation_analyzer.event(f->analyzer, &f->a, &tls_certificate_status_event, &event);
    return ht_object_copy(&f->arena, &tls_certificate_status_struct, &event);
}

/* The server's verdict at the connection's end. */
static const struct tls_chain_verdict *end(struct fixture *f)
{
    struct ht_connection c = {.details = {&tls_details_struct, &f->details}};
    ht_revocation_analyzer.connection(f->analyzer, &f->a, &c);
    return ((const struct tls_details *)c.details.object)->certificates->server_verdict;
}

static const struct tls_revocation *judged(struct fixture *f, const char *leaf, const char *file)
{
    judge(f, leaf, NULL);
    f->chains.staple = staple(f, data_file(file));
    return end(f)->revocation;
}

static void says_in_the_event(void **state)
{
    struct fixture *f                            = *state;
    const struct tls_certificate_status *revoked = staple(f, data_file("revoked.ocsp"));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(revoked->status_type, 1);
        assert_int_equal(revoked->response_bytes, data_file("revoked.ocsp").len);
        assert_string_equal(revoked->response_status, "successful");
        assert_string_equal(revoked->certificate_status, "revoked");
        assert_string_equal(revoked->reason, "keyCompromise");
        assert_text(revoked->responder, "CN=Test Issuer,O=Test");
        assert_true(ht_bytes_equal(revoked->serial, hex("008002")));
        revoked = staple(f, data_file("revoked.ocsp"));
    }
    const struct tls_certificate_status *none = staple(f, ht_bytes(NULL, 0));
    assert_null(none->response_status);
    assert_int_equal(none->digest.len, 0);
}

static void completes_the_verdict(void **state)
{
    struct fixture *f = *state;
    for (int again = 0; again < 2; again++) {
        const struct tls_revocation *good = judged(f, "good", "good.ocsp");
        assert_string_equal(good->status, "good");
        assert_string_equal(good->source, "staple");
        assert_null(good->fault);
        assert_int_equal(good->certificate, 1);
        assert_int_equal(good->produced_at_ns, when("2026-03-01T12:00:00Z"));
        assert_text(good->responder, "CN=Test Issuer,O=Test");
    }
    assert_null(f->verdict.revocation); /* which is the chain's own */
    assert_string_equal(judged(f, "revoked", "revoked.ocsp")->status, "revoked");
    const struct tls_revocation *other = judged(f, "revoked", "good.ocsp");
    assert_string_equal(other->status, "not_judged");
    assert_string_equal(other->fault, "other_certificate");
    assert_string_equal(judged(f, "good", "good.ocsp")->status, "good");
    assert_string_equal(judged(f, "good", "logs.json")->fault, "malformed");
}

static void at_packet_time(void **state)
{
    static const struct {
        const char *file, *leaf, *time, *status, *fault;
    } cases[] = {
        {"good.ocsp", "good", "2026-02-28", "not_judged", "not_yet_valid"},
        {"good.ocsp", "good", "2026-03-01T11:56:00Z", "good", NULL}, /* clocks differ */
        {"good.ocsp", "good", "2026-03-08T12:04:00Z", "good", NULL},
        {"good.ocsp", "good", "2026-03-08T12:06:00Z", "not_judged", "expired"},
        {"revoked.ocsp", "revoked", "2026-04-01", "revoked", "expired"},
        {"brief.ocsp", "good", "2026-03-02", "not_judged", "responder_expired"},
        {"delegated.ocsp", "good", "2026-03-02", "good", NULL},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        f->a.time_ns                     = when(cases[i].time);
        const struct tls_revocation *got = judged(f, cases[i].leaf, cases[i].file);
        assert_string_equal(got->status, cases[i].status);
        if (cases[i].fault == NULL) {
            assert_null(got->fault);
        } else {
            assert_string_equal(got->fault, cases[i].fault);
        }
    }
}

static void as_of(void **state)
{
    struct fixture *f    = *state;
    f->settings.as_of_ns = when("2026-05-01");
    assert_string_equal(judged(f, "good", "good.ocsp")->fault, "expired");
}

/* Whoever says that it is revoked is heard; else whose word counts. */
static void staple_and_list(void **state)
{
    static const struct {
        const char *list, *file, *source;
    } cases[] = {
        {"revoked", "good.ocsp", "crl"},
        {"good", "good.ocsp", "staple"},
        {"good", "unfit.ocsp", "crl"},
        {"not_judged", "unfit.ocsp", "staple"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        const struct tls_revocation list = {.status = cases[i].list, .source = "crl"};
        judge(f, "good", &list);
        f->chains.staple                        = staple(f, data_file(cases[i].file));
        const struct tls_chain_verdict *verdict = end(f);
        assert_string_equal(verdict->revocation->source, cases[i].source);
        assert_string_equal(verdict->staple->source, "staple");
    }
}

static void scts(void **state)
{
    struct fixture *f                     = *state;
    const struct tls_sct_verdict embedded = {.source = "certificate"};
    for (int again = 0; again < 2; again++) {
        judge(f, "logged", NULL);
        f->verdict.scts                         = (struct ht_objects){&embedded, 1};
        f->choices.sct_list                     = data_file("extension.scts");
        f->chains.staple                        = staple(f, data_file("logged.ocsp"));
        const struct tls_chain_verdict *verdict = end(f);
        const struct tls_sct_verdict *all       = verdict->scts.items;
        assert_int_equal(verdict->scts.len, 4);
        assert_string_equal(all[0].source, "certificate");
        assert_string_equal(all[1].source, "extension");
        assert_string_equal(all[1].verdict, "valid");
        assert_string_equal(all[2].verdict, "invalid");
        assert_string_equal(all[3].source, "ocsp");
        assert_string_equal(all[3].verdict, "valid");
        assert_text(all[3].log, "Example 2026");
        assert_string_equal(verdict->revocation->status, "good");
    }
    assert_int_equal(f->verdict.scts.len, 1);
}

/* Nothing to add: the connection stays as it is. */
static void nothing(void **state)
{
    struct fixture *f = *state;
    judge(f, "good", NULL);
    struct ht_connection c = {.details = {&tls_details_struct, &f->details}};
    ht_revocation_analyzer.connection(f->analyzer, &f->a, &c);
    assert_ptr_equal(c.details.object, &f->details);
    f->chains.staple         = staple(f, data_file("good.ocsp"));
    f->chains.server_verdict = NULL; /* nobody judged the chain */
    ht_revocation_analyzer.connection(f->analyzer, &f->a, &c);
    assert_ptr_equal(c.details.object, &f->details);
    c = (struct ht_connection){0};
    ht_revocation_analyzer.connection(f->analyzer, &f->a, &c);
    assert_null(c.details.object);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(says_in_the_event), TEST(completes_the_verdict),
        TEST(at_packet_time),    TEST(as_of),
        TEST(staple_and_list),   TEST(scts),
        TEST(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
