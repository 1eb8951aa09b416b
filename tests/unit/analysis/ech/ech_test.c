/*
 * Encrypted ClientHello judged by ECHConfigs. The lists were put together by RFC 9849 section 4;
 * the key in them is any 32 bytes.
 */
#include "support.h"

#include "analysis/ech/ech.h"
#include "dns/dns.h"
#include "tls/tls.h"

#include <stdlib.h>

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Config 7 of "Cover.example": DHKEM(X25519), HKDF-SHA256 with AES-128-GCM or ChaCha20-Poly1305;
 * and before it one of another version. */
static const char config_list[] = "004c fabc 0004 01020304"
                                  "fe0d 0040 07 0020 0020" KEY "0008 00010001 00010003"
                                  "00 0d 436f7665722e6578616d706c65 0000";

enum { MAX_LESSON = 256 };

struct scene {
    void *state;
    unsigned lessons;
    struct ht_analysis analysis;
};

static void teach(void *engine, const struct ht_analyzer *analyzer, struct ht_bytes lesson)
{
    struct scene *scene = engine;
    uint8_t copy[MAX_LESSON];
    assert_ptr_equal(analyzer, &ht_ech_analyzer);
    assert_true(lesson.len <= MAX_LESSON);
    memcpy(copy, lesson.ptr, lesson.len);
    scene->lessons++;
    analyzer->learn(scene->state, ht_bytes(copy, lesson.len));
}

static int set_up(void **state)
{
    struct ht_error error;
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->state = calloc(1, ht_ech_analyzer.state_size);
    assert_true(ht_ech_analyzer.init(
        scene->state, &(const struct ht_analysis_settings){.certificate_folder = -1}, &error));
    scene->analysis = (struct ht_analysis){.engine = scene, .teach = teach};
    *state          = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    ht_ech_analyzer.fini(scene->state);
    free(scene->state);
    free(scene);
    return 0;
}

/* An HTTPS record with this ECHConfigList comes. */
static void answer(struct scene *scene, struct ht_bytes list)
{
    const struct dns_ech ech           = {.list = list};
    const struct dns_answer records[]  = {{.ech = NULL}, {.ech = &ech}};
    struct dns_transaction transaction = {.answers = {.items = records, .len = 2}};
    ht_ech_analyzer.event(scene->state, &scene->analysis, &dns_answer_event, &transaction);
}

static struct tls_encrypted_client_hello outer(uint8_t config_id, uint16_t aead, uint16_t enc_bytes)
{
    return (struct tls_encrypted_client_hello){.type          = "outer",
                                               .config_id     = (uint16_t)(config_id + 1),
                                               .kdf           = ht_named(1),
                                               .aead          = ht_named(aead),
                                               .enc_bytes     = enc_bytes,
                                               .payload_bytes = 144};
}

static struct tls_encrypted_client_hello judge(struct scene *scene, const char *server_name,
                                               struct tls_encrypted_client_hello ech,
                                               const struct ht_resolution *dns)
{
    struct tls_client_hello hello   = {.server_name            = ht_text(server_name),
                                       .encrypted_client_hello = &ech};
    struct tls_details details      = {.client_hello = &hello};
    struct ht_connection connection = {.details = {&tls_details_struct, &details}, .dns = dns};
    ht_ech_analyzer.connection(scene->state, &scene->analysis, &connection);
    return ech;
}

static void test_match(void **state)
{
    struct scene *scene = *state;
    answer(scene, hex(config_list));
    assert_int_equal(scene->lessons, 1);
    struct tls_encrypted_client_hello got = judge(scene, "cover.example", outer(7, 1, 32), NULL);
    assert_string_equal(got.verdict, "config_match");
    assert_text(got.public_name, "cover.example");
    assert_true(got.server_name_is_cover);
    /* The hello after a HelloRetryRequest has no key. */
    got = judge(scene, "cover.example", outer(7, 3, 0), NULL);
    assert_string_equal(got.verdict, "config_match");
}

static void assert_no_match(struct tls_encrypted_client_hello got)
{
    assert_string_equal(got.verdict, "unknown");
    assert_int_equal(got.public_name.len, 0);
    assert_false(got.server_name_is_cover);
}

static void test_each_difference_is_no_match(void **state)
{
    struct scene *scene = *state;
    assert_no_match(judge(scene, "cover.example", outer(7, 1, 32), NULL));
    answer(scene, hex(config_list));
    assert_no_match(judge(scene, "cover.example", outer(8, 1, 32), NULL));
    assert_no_match(judge(scene, "cover.example", outer(7, 2, 32), NULL));
    assert_no_match(judge(scene, "cover.example", outer(7, 1, 65), NULL));
    assert_no_match(judge(scene, "other.example", outer(7, 1, 32), NULL));
    assert_no_match(judge(scene, "", outer(7, 1, 32), NULL));
}

static void test_grease(void **state)
{
    const struct ht_resolution same  = {.name = ht_text("www.example"), .verdict = "fresh"};
    const struct ht_resolution other = {.name = ht_text("www.example"), .verdict = "other_client"};
    const struct ht_resolution none  = {.verdict = "none_seen"};
    struct tls_encrypted_client_hello got;
    got = judge(*state, "WWW.example", outer(9, 1, 32), &same);
    assert_string_equal(got.verdict, "grease_likely");
    assert_false(got.server_name_is_cover);
    assert_no_match(judge(*state, "cover.example", outer(9, 1, 32), &same));
    assert_no_match(judge(*state, "www.example", outer(9, 1, 32), &other));
    assert_no_match(judge(*state, "www.example", outer(9, 1, 32), &none));
}

/* Of a draft's configs nothing is known. */
static void test_draft(void **state)
{
    struct tls_encrypted_client_hello ech = outer(7, 1, 32);
    ech.draft                             = "draft-10";
    answer(*state, hex(config_list));
    assert_null(judge(*state, "cover.example", ech, NULL).verdict);
}

/* What was whole before the cut was learned. */
static void test_malformed_list(void **state)
{
    struct ht_bytes list = hex(config_list);
    for (size_t len = 0; len < list.len; len++) {
        uint8_t *exact = malloc(len + 1);
        assert_non_null(exact);
        memcpy(exact, list.ptr, len);
        answer(*state, ht_bytes(exact, len));
        free(exact);
    }
    assert_no_match(judge(*state, "cover.example", outer(7, 1, 32), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_match, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_difference_is_no_match, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_grease, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_draft, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_malformed_list, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
