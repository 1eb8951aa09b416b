/*
 * What DNS told of a service: records in wire form, written down after RFC 9460 appendix D, RFC
 * 6698 section 2.3 and RFC 8659 section 5.
 */
#include "scene.h"

#include "analysis/service/records.h"
#include "base/time.h"

static const struct dns_party alice = {.ip = {.bytes = {10, 0, 0, 1}, .version = 4}, .port = 40000};
static const struct dns_party bob   = {.ip = {.bytes = {10, 0, 0, 2}, .version = 4}, .port = 40001};
static const struct ht_party server = {.ip = {.bytes = {192, 0, 2, 80}, .version = 4}, .port = 443};

static int set_up(void **state)
{
    (void)scene_set_up(state, &ht_service_analyzer);
    ((struct scene *)*state)->analysis.source = 1;
    return 0;
}

/* An answer of one record of that type, in hexadecimal, at a second, in the frame of that number.
 */
static void say(struct scene *scene, const struct dns_party *client, const char *name,
                uint16_t type, const char *digits, unsigned second)
{
    const struct dns_question asked = {.name = ht_text(name), .type_id = type};
    const struct dns_answer record  = {.ttl_s = 60, .type_id = type, .rdata = hex(digits)};
    struct dns_transaction answered = {
        .client = client, .question = &asked, .answers = {.items = &record, .len = 1}};
    scene->analysis.time_ns = second * HT_SECOND_NS;
    scene->analysis.frame   = second;
    ht_service_analyzer.event(scene->state, &scene->analysis, &dns_answer_event, &answered);
}

static const struct ht_service *connect(struct scene *scene, const char *name, unsigned second)
{
    static const struct ht_party client = {.ip   = {.bytes = {10, 0, 0, 1}, .version = 4},
                                           .port = 50000};
    struct ht_connection connection     = {.client      = &client,
                                           .server      = &server,
                                           .transport   = "tcp",
                                           .server_name = ht_text(name),
                                           .start_ns    = second * HT_SECOND_NS};
    ht_service_analyzer.connection(scene->state, &scene->analysis, &connection);
    return connection.service;
}

/* RFC 9460 appendix D.2, and the like. */
#define FOO_EXAMPLE_ORG "03 666f6f 07 6578616d706c65 03 6f7267 00"
#define ALPN_AND_HINT                                                                              \
    "0010" FOO_EXAMPLE_ORG "0000 0004 00010004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201"
#define PORT_53 "0010" FOO_EXAMPLE_ORG "0003 0002 0035"
#define ALIAS "0000" FOO_EXAMPLE_ORG
#define DEMANDS_KEY_123 "0001 00 0000 0002 007b"
#define NO_DEFAULT_ECH "0001 00 0001 0003 02 6832 0002 0000 0005 0002 0000"

static void https_records(void **state)
{
    struct scene *scene = *state;
    say(scene, &alice, "www.Example", TYPE_HTTPS, ALPN_AND_HINT, 10);
    const struct ht_service *service = connect(scene, "www.example", 20);
    assert_non_null(service);
    assert_int_equal(service->https_frame, 10);
    assert_int_equal(service->https->alpn_len, 9);
    assert_true(ht_service_lists(service->https->alpn, 9, ht_text("h3-19")));
    assert_false(ht_service_lists(service->https->alpn, 9, ht_text("h3")));
    assert_true(service->https->all_alpn);
    assert_true(service->https->default_alpn);
    assert_false(service->https->all_ech);
    assert_false(service->https->all_ports);
    say(scene, &alice, "www.example", TYPE_HTTPS, PORT_53, 30);
    service = connect(scene, "www.example", 40);
    assert_int_equal(service->https->num_ports, 1);
    assert_int_equal(service->https->ports[0], 53);
    assert_true(service->https->all_ports);
    assert_false(service->https->all_alpn);
    say(scene, &alice, "www.example", TYPE_HTTPS, NO_DEFAULT_ECH, 50);
    service = connect(scene, "www.example", 50);
    assert_true(service->https->all_ech);
    assert_false(service->https->default_alpn);
}

static void records_that_cannot_be_taken_at_their_word(void **state)
{
    static const char *const refused[] = {(ALIAS), (DEMANDS_KEY_123), "0001",
                                          "0001 00 0003 0001 35", "0001 00 0001 0003 05 6832"};
    struct scene *scene                = *state;
    for (size_t i = 0; i < HT_ARRAY_LEN(refused); i++) {
        say(scene, &alice, "www.example", TYPE_HTTPS, refused[i], 10);
        assert_null(connect(scene, "www.example", 20));
    }
    say(scene, &alice, "_443._tcp.www.example", TYPE_TLSA, "03 01 01", 10);
    say(scene, &alice, "www.example", TYPE_CAA, "00 09 6973", 10);
    assert_null(connect(scene, "www.example", 20));
}

static void who_when_and_where(void **state)
{
    struct scene *scene = *state;
    say(scene, &bob, "www.example", TYPE_HTTPS, PORT_53, 10);
    assert_null(connect(scene, "www.example", 20));
    say(scene, &alice, "www.example", TYPE_HTTPS, PORT_53, 10);
    assert_null(connect(scene, "www.example", 9));
    assert_null(connect(scene, "shop.example", 20));
    assert_non_null(connect(scene, "www.example", 70));
    assert_null(connect(scene, "www.example", 71));
    scene->analysis.source = 2;
    assert_null(connect(scene, "www.example", 20));
    scene->analysis.source = 1;
    say(scene, &alice, "www.example", TYPE_HTTPS, PORT_53, 60); /* the same holds on */
    assert_int_equal(connect(scene, "www.example", 20)->https_frame, 10);
    assert_non_null(connect(scene, "www.example", 120));
    say(scene, &alice, "www.example", TYPE_HTTPS, ALPN_AND_HINT, 100);
    assert_null(connect(scene, "www.example", 20));
}

/* RFC 6698 section 2.3, of a digest; and of the whole, here four bytes, of which the digest is
 * kept: SHA-256 of "test" (FIPS 180-4). */
static void tlsa_records(void **state)
{
    struct scene *scene = *state;
    say(scene, &alice, "_443._tcp.www.example", TYPE_TLSA,
        "00 00 01 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971", 10);
    const struct ht_service *service = connect(scene, "www.example", 20);
    assert_int_equal(service->tlsa->num, 1);
    assert_int_equal(service->tlsa->items[0].matching, 1);
    assert_int_equal(service->tlsa->items[0].digest_len, 32);
    assert_int_equal(service->tlsa->items[0].digest[31], 0x71);
    say(scene, &alice, "_443._tcp.www.example", TYPE_TLSA, "03 01 00 74657374", 30);
    service = connect(scene, "www.example", 40);
    struct ht_bytes expected =
        hex("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    assert_int_equal(service->tlsa->items[0].usage, 3);
    assert_memory_equal(service->tlsa->items[0].digest, expected.ptr, expected.len);
}

/* "issue" of "CA1.example.net; account=230123" (RFC 8659 section 4.2), asked for by anybody. */
static void caa_records(void **state)
{
    struct scene *scene = *state;
    say(scene, &bob, "www.example", TYPE_CAA,
        "00 05 6973737565 4341312e6578616d706c652e6e65743b206163636f756e743d323330313233", 10);
    const struct ht_service *service = connect(scene, "www.example", 20);
    assert_true(service->caa->issue);
    assert_true(
        ht_service_lists(service->caa->domains, service->caa->len, ht_text("ca1.example.net")));
    say(scene, &bob, "www.example", TYPE_CAA, "00 05 6973737565 3b", 30);
    service = connect(scene, "www.example", 40);
    assert_true(service->caa->issue);
    assert_int_equal(service->caa->len, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(https_records),      TEST(records_that_cannot_be_taken_at_their_word),
        TEST(who_when_and_where), TEST(tlsa_records),
        TEST(caa_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
