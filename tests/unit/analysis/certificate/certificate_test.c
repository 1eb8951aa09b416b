#include "analysis/certificate/certificate.h"

#include <stdlib.h>

#include "crypto/digest.h"
#include "support.h"
#include "tls/tls.h"

#define RFC8448 HT_SOURCE_DIR "/tests/fuzz/seeds/certificate/rfc8448.der"

/* What the analyzer recorded. */
struct recorded {
    size_t num;
    struct ht_certificate last; /* its views are valid until the arena is rewound */
};

struct fixture {
    void *analyzer;
    struct recorded recorded;
    struct ht_analysis a;
    struct ht_arena arena;
};

static struct ht_bytes connection_id(void *engine)
{
    (void)engine;
    return ht_text("c-0123456789abcdef");
}

static struct ht_bytes source_name(void *engine)
{
    (void)engine;
    return ht_text("eth0");
}

static void on_record(void *engine, const struct ht_record_type *type, void *record)
{
    struct recorded *recorded = engine;
    assert_ptr_equal(type, &ht_certificate_record);
    recorded->num++;
    recorded->last = *(struct ht_certificate *)record;
}

static void *analyzer_new_again(int64_t again_ns)
{
    void *analyzer = calloc(1, ht_certificate_analyzer.state_size);
    assert_non_null(analyzer);
    assert_true(ht_certificate_analyzer.init(
        analyzer,
        &(const struct ht_analysis_settings){.certificate_folder = -1, .again_ns = again_ns},
        NULL));
    return analyzer;
}

static void *analyzer_new(void)
{
    return analyzer_new_again(0);
}

static void analyzer_free(void *analyzer)
{
    ht_certificate_analyzer.fini(analyzer);
    free(analyzer);
}

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    f->analyzer = analyzer_new();
    f->a        = (struct ht_analysis){.arena         = &f->arena,
                                       .time_ns       = 1700000000123456789,
                                       .frame         = 8,
                                       .connection_id = connection_id,
                                       .source_name   = source_name,
                                       .engine        = &f->recorded,
                                       .record        = on_record};
    *state      = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    ht_arena_clear(&f->arena);
    analyzer_free(f->analyzer);
    free(f);
    return 0;
}

static struct ht_texts give(struct fixture *f, const struct ht_bytes *chain, size_t len)
{
    struct tls_certificate event = {.chain = {.items = chain, .len = len}};
    ht_certificate_analyzer.event(f->analyzer, &f->a, &tls_certificate_event, &event);
    return event.sha256;
}

static void recorded_once(void **state)
{
    struct fixture *f       = *state;
    struct ht_bytes der     = file_bytes(RFC8448);
    struct ht_texts digests = give(f, (struct ht_bytes[]){der, der}, 2);
    struct ht_bytes expected =
        hex("a7ef15cef43e4b67bdb158fcc13cceef9041c8a6cef762046e825543a92bdc83");
    assert_int_equal(f->recorded.num, 1);
    assert_int_equal(digests.len, 2);
    assert_true(ht_bytes_equal(digests.items[0], expected));
    assert_true(ht_bytes_equal(digests.items[1], expected));
    assert_true(ht_bytes_equal(f->recorded.last.sha256, expected));
    assert_int_equal(f->recorded.last.first_seen_ns, 1700000000123456789);
    assert_int_equal(f->recorded.last.frame, 8);
    assert_text(f->recorded.last.connection, "c-0123456789abcdef");
    assert_text(f->recorded.last.source, "eth0");
    (void)give(f, &der, 1);
    assert_int_equal(f->recorded.num, 1);
}

/* Of a chain that the dissector knows. */
static void give_known(struct fixture *f, struct ht_bytes der, struct ht_bytes digest)
{
    struct tls_certificate event = {
        .chain = {&der, 1}, .sha256 = {&digest, 1}, .shape = digest.ptr /* always the same */};
    ht_certificate_analyzer.event(f->analyzer, &f->a, &tls_certificate_event, &event);
    assert_ptr_equal(event.sha256.items, &digest);
    assert_int_equal(event.subject.len, 0);
}

/* Once a day, where that was asked for; a clock that is set back tells nothing twice. */
static void recorded_again(void **state)
{
    const int64_t day_ns = INT64_C(86400000000000);
    struct fixture *f    = *state;
    struct ht_bytes der  = file_bytes(RFC8448);
    analyzer_free(f->analyzer);
    f->analyzer            = analyzer_new_again(day_ns);
    f->a.time_ns           = 20000 * day_ns + 1;
    struct ht_bytes digest = give(f, &der, 1).items[0];
    for (int i = 0; i < 3; i++) {
        give_known(f, der, digest);
    }
    f->a.time_ns += day_ns - 2;
    give_known(f, der, digest);
    assert_int_equal(f->recorded.num, 1);
    f->a.time_ns += 1;
    give_known(f, der, digest);
    assert_int_equal(f->recorded.num, 2);
    f->a.time_ns -= 1;
    give_known(f, der, digest);
    assert_int_equal(f->recorded.num, 2);
}

/* What the dissector knows of a chain stays as it is. */
static void known_already(void **state)
{
    struct fixture *f      = *state;
    struct ht_bytes der    = file_bytes(RFC8448);
    struct ht_bytes digest = give(f, &der, 1).items[0];
    give_known(f, der, digest);
    assert_int_equal(f->recorded.num, 1);
}

enum { OTHERS_AT_ONCE = 8 };

/* Gives what is no certificate, but has a digest that begins with the 13 bits 07ef as RFC 8448's
 * does: so many as are seen at once of those there are. */
static void give_other(struct fixture *f, size_t i)
{
    static const uint16_t others[OTHERS_AT_ONCE] = {22477, 26801, 34838, 38725,
                                                    39862, 55712, 55930, 56225};
    const uint8_t number[]      = {0, 0, (uint8_t)(others[i] >> 8), (uint8_t)others[i]};
    const struct ht_bytes other = ht_bytes(number, sizeof number);
    (void)give(f, &other, 1);
}

/* Gives them all. Between them comes `der`, known, if it is not empty. */
static void give_others(struct fixture *f, struct ht_bytes der, struct ht_bytes digest)
{
    for (size_t i = 0; i < OTHERS_AT_ONCE; i++) {
        give_other(f, i);
        if (der.len > 0) {
            give_known(f, der, digest);
        }
    }
}

/* What comes often is recorded once, also if the dissector knows it. */
static void known_is_not_forgotten(void **state)
{
    struct fixture *f      = *state;
    struct ht_bytes der    = file_bytes(RFC8448);
    struct ht_bytes digest = give(f, &der, 1).items[0];
    give_others(f, der, digest);
    assert_int_equal(f->recorded.num, 1 + 8);
    (void)give(f, &der, 1);
    assert_int_equal(f->recorded.num, 1 + 8);
    give_others(f, ht_bytes(NULL, 0), digest); /* they take its place */
    size_t before = f->recorded.num;
    (void)give(f, &der, 1);
    assert_int_equal(f->recorded.num, before + 1);
}

/* So it is where all others of its set were seen after it, and none of them was new. */
static void known_among_known(void **state)
{
    struct fixture *f      = *state;
    struct ht_bytes der    = file_bytes(RFC8448);
    struct ht_bytes digest = give(f, &der, 1).items[0];
    for (size_t time = 0; time < 2; time++) {
        for (size_t i = 0; i < OTHERS_AT_ONCE - 1; i++) {
            give_other(f, i);
        }
        give_known(f, der, digest);
    }
    give_other(f, OTHERS_AT_ONCE - 1);
    give_known(f, der, digest);
    assert_int_equal(f->recorded.num, 1 + 8);
}

/* RFC 8448 section 3: the issuer and the subject are rsa. Of a certificate that is cut no name is
 * guessed. */
static void leaf_names(void **state)
{
    struct fixture *f   = *state;
    struct ht_bytes der = file_bytes(RFC8448);
    for (size_t len = 0; len <= der.len; len++) {
        uint8_t *exact = malloc(len + (len == 0));
        assert_non_null(exact);
        memcpy(exact, der.ptr, len);
        struct ht_bytes cut          = ht_bytes(exact, len);
        struct tls_certificate event = {.chain = {.items = &cut, .len = 1}};
        ht_certificate_analyzer.event(f->analyzer, &f->a, &tls_certificate_event, &event);
        assert_text(event.subject, len < der.len ? "" : "CN=rsa");
        assert_text(event.issuer, len < der.len ? "" : "CN=rsa");
        ht_arena_rewind(&f->arena);
        free(exact);
    }
}

/* Subject and issuer are told apart: another certificate's, made up to the validity by hand. */
static void names_in_order(void **state)
{
    struct fixture *f            = *state;
    struct ht_bytes der          = hex("30273025"
                                                "020101"
                                                "3000"
                                                "300d310b300906035504030c026361"
                                                "3000"
                                                "300d310b300906035504030c026565");
    struct tls_certificate event = {.chain = {.items = &der, .len = 1}};
    ht_certificate_analyzer.event(f->analyzer, &f->a, &tls_certificate_event, &event);
    assert_text(event.subject, "CN=ee");
    assert_text(event.issuer, "CN=ca");
}

static void not_a_certificate(void **state)
{
    struct fixture *f       = *state;
    struct ht_bytes der     = hex("3003020101");
    struct ht_texts digests = give(f, &der, 1);
    assert_int_equal(f->recorded.num, 1);
    assert_true(f->recorded.last.malformed);
    assert_int_equal(f->recorded.last.sha256.len, 32);
    assert_int_equal(f->recorded.last.bytes, 5);
    assert_int_equal(digests.len, 1);
}

static void empty_chain(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(give(f, NULL, 0).len, 0);
    assert_int_equal(f->recorded.num, 0);
}

/* Number `i` as a "certificate". */
static void give_number(struct fixture *f, uint32_t i)
{
    uint8_t bytes[4]    = {(uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
    struct ht_bytes der = ht_bytes(bytes, sizeof bytes);
    (void)give(f, &der, 1);
    ht_arena_rewind(&f->arena);
}

/* What is used again and again is remembered however many others pass; what was seen once is
 * forgotten in the end. */
static void remembers_the_latest(void **state)
{
    enum { OTHERS = 200000, EVERY = 1000 };
    struct fixture *f        = *state;
    const uint32_t used_anew = UINT32_MAX;
    give_number(f, used_anew);
    for (uint32_t i = 0; i < OTHERS; i++) {
        give_number(f, i);
        if (i % EVERY == 0) {
            give_number(f, used_anew);
        }
    }
    assert_int_equal(f->recorded.num, OTHERS + 1);
    size_t recorded = f->recorded.num;
    give_number(f, OTHERS - 1);
    assert_int_equal(f->recorded.num, recorded);
    give_number(f, 0);
    assert_int_equal(f->recorded.num, recorded + 1);
}

/* One that comes many times in a row takes the place of one. */
static void repetition_costs_no_room(void **state)
{
    enum { DISTINCT = 5000, TIMES = 10 };
    struct fixture *f = *state;
    for (uint32_t i = 0; i < DISTINCT * TIMES; i++) {
        give_number(f, i / TIMES);
    }
    for (uint32_t i = 0; i < DISTINCT; i++) {
        give_number(f, i);
    }
    assert_int_equal(f->recorded.num, DISTINCT);
}

/* Two analyzers side by side know nothing of each other. */
static void no_shared_state(void **state)
{
    struct fixture *f   = *state;
    struct ht_bytes der = file_bytes(RFC8448);
    (void)give(f, &der, 1);
    void *first = f->analyzer;
    f->analyzer = analyzer_new();
    (void)give(f, &der, 1);
    assert_int_equal(f->recorded.num, 2);
    analyzer_free(first);
}

/* Bytes as a "certificate", whose digest must be what libcrypto says. */
static void assert_digested(struct fixture *f, const uint8_t *bytes, size_t len)
{
    struct ht_bytes der = ht_bytes(bytes, len);
    uint8_t expected[HT_DIGEST_MAX];
    size_t expected_len     = ht_digest(NULL, HT_SHA256, expected, der);
    struct ht_texts digests = give(f, &der, 1);
    assert_int_equal(digests.len, 1);
    assert_true(ht_bytes_equal(digests.items[0], ht_bytes(expected, expected_len)));
}

/* Certificates that differ in one byte, wherever it is, are never taken for each other: not when
 * they are new, nor when all are known. */
static void one_byte_differs(void **state)
{
    struct fixture *f   = *state;
    struct ht_bytes der = file_bytes(RFC8448);
    uint8_t *bytes      = test_malloc(der.len);
    memcpy(bytes, der.ptr, der.len);
    for (int round = 0; round < 2; round++) {
        assert_digested(f, bytes, der.len);
        for (size_t i = 0; i < der.len; i++) {
            bytes[i] ^= 1;
            assert_digested(f, bytes, der.len);
            bytes[i] ^= 1;
        }
        assert_int_equal(f->recorded.num, 1 + der.len);
    }
    test_free(bytes);
}

/* All of one chain are right though there are more than are remembered, also the second time. */
static void longer_than_the_memory(void **state)
{
    enum { NUM = 5000, LEN = 2 };
    struct fixture *f      = *state;
    uint8_t(*bytes)[LEN]   = test_malloc(sizeof(uint8_t[NUM][LEN]));
    struct ht_bytes *chain = test_malloc(NUM * sizeof *chain);
    for (size_t i = 0; i < NUM; i++) {
        bytes[i][0] = (uint8_t)(i >> 8);
        bytes[i][1] = (uint8_t)i;
        chain[i]    = ht_bytes(bytes[i], LEN);
    }
    for (int round = 0; round < 2; round++) {
        struct ht_texts digests = give(f, chain, NUM);
        assert_int_equal(digests.len, NUM);
        for (size_t i = 0; i < NUM; i++) {
            uint8_t expected[HT_DIGEST_MAX];
            size_t len = ht_digest(NULL, HT_SHA256, expected, chain[i]);
            assert_true(ht_bytes_equal(digests.items[i], ht_bytes(expected, len)));
        }
    }
    assert_int_equal(f->recorded.num, NUM);
    test_free(chain);
    test_free(bytes);
}

/* What is too long to be kept is digested each time. */
static void too_long_to_keep(void **state)
{
    enum { LEN = 100000 };
    struct fixture *f = *state;
    uint8_t *bytes    = test_calloc(1, LEN);
    for (int round = 0; round < 2; round++) {
        assert_digested(f, bytes, LEN);
        bytes[LEN - 1] = 1;
        assert_digested(f, bytes, LEN);
        bytes[LEN - 1] = 0;
    }
    assert_int_equal(f->recorded.num, 2);
    assert_digested(f, bytes, 0);
    test_free(bytes);
}

static void no_room(void **state)
{
    struct fixture *f     = *state;
    struct ht_budget none = {0};
    struct ht_arena full  = {.budget = &none};
    struct ht_bytes der   = file_bytes(RFC8448);
    f->a.arena            = &full;
    assert_int_equal(give(f, &der, 1).len, 0);
    assert_int_equal(f->recorded.num, 0);
}

/* A name as OpenSSL wrote it into a CertificateRequest, and as `openssl x509 -nameopt rfc2253`
 * shows it. What is no name is an empty text in its place; and all again from what is known. */
static void names_authorities(void **state)
{
    struct fixture *f            = *state;
    const struct ht_bytes ders[] = {
        hex("302d31153013060355040a0c0c53616d706c65205472757374311430120603"
            "5504030c0b53616d706c6520526f6f74"),
        hex("30020100")};
    struct tls_client_particulars own = {.authorities = {.items = ders, .len = 1}};
    struct tls_client_hello hello     = {.particulars = &own};
    for (int i = 0; i < 2; i++) {
        struct tls_certificate_request request = {.authorities = {.items = ders, .len = 2}};
        ht_certificate_analyzer.event(f->analyzer, &f->a, &tls_certificate_request_event, &request);
        assert_int_equal(request.authority_names.len, 2);
        assert_text(request.authority_names.items[0], "CN=Sample Root,O=Sample Trust");
        assert_int_equal(request.authority_names.items[1].len, 0);
    }
    ht_certificate_analyzer.event(f->analyzer, &f->a, &tls_client_hello_event, &hello);
    assert_int_equal(own.authority_names.len, 1);
    assert_text(own.authority_names.items[0], "CN=Sample Root,O=Sample Trust");
    ht_certificate_analyzer.event(f->analyzer, &f->a, &tls_certificate_request_event, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(recorded_once),
        TEST(recorded_again),
        TEST(known_already),
        TEST(known_is_not_forgotten),
        TEST(known_among_known),
        TEST(leaf_names),
        TEST(names_in_order),
        TEST(not_a_certificate),
        TEST(empty_chain),
        TEST(remembers_the_latest),
        TEST(repetition_costs_no_room),
        TEST(no_shared_state),
        TEST(one_byte_differs),
        TEST(longer_than_the_memory),
        TEST(too_long_to_keep),
        TEST(no_room),
        TEST(names_authorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
