/*
 * What is told where not all was captured: holes, one side only, a capture that began late.
 */
#include "hello_vectors.h"
#include "recorder.h"
#include "sessions.h"
#include "support.h"

#include "tls/session.h"

#include <stdlib.h>

extern const struct ht_dissector tls_dissector;

/* The ClientHello's first half is there, then a hole: its first fields are told, and the stream is
 * followed again from the next record on. */
static void a_hole_in_the_hello(void **unused)
{
    struct ht_bytes hello  = hex(tls12_ecdhe_aes128_gcm_sha256_ems[0].hex);
    struct ht_bytes second = hex(tls12_ecdhe_aes128_gcm_sha256_ems[2].hex);
    struct recorder r;
    (void)unused;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, ht_bytes_head(hello, 60), hello.len - 60);
    recorder_bytes(&r, HT_SIDE_A, second, 0);
    assert_non_null(strstr(r.text, "A tls.client_hello partial { "));
    assert_non_null(strstr(r.text, "random=2c3658172a463979a6ceefcc7f54cbc7"));
    assert_non_null(strstr(r.text, "A tls.client_key_exchange"));
    recorder_free(&r);
}

/* Of an abbreviated handshake bytes of the server are lost behind its first `head`. */
static bool is_told_as_resumed(size_t head)
{
    struct ht_bytes flight = hex(tls12_ticket_resumption_2[1].hex);
    struct recorder r;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, hex(tls12_ticket_resumption_2[0].hex), 0);
    recorder_bytes(&r, HT_SIDE_B, ht_bytes_head(flight, head), 1000);
    recorder_bytes(&r, HT_SIDE_B, ht_bytes_from(flight, head), 0);
    struct ht_end end = {.side = {{.seen = true}, {.seen = true, .hole = true, .truncated = true}}};
    ht_dispatch_finish(&r.dispatch, &r.emitter, &end);
    bool resumed = strstr(r.text, "B tls.certificate absent not_sent\n") != NULL;
    recorder_free(&r);
    return resumed;
}

/* Only what is lost before ChangeCipherSpec can have been a certificate. */
static void resumed_whatever_is_lost_of_the_data(void **unused)
{
    const size_t server_hello = 5 + 0x55, whole = strlen(tls12_ticket_resumption_2[1].hex) / 2;
    (void)unused;
    assert_true(is_told_as_resumed(whole));
    assert_false(is_told_as_resumed(server_hello));
}

/* A connection to port 443 in which each side says its bytes, and then ends. */
static void tell(struct recorder *r, struct ht_bytes client, struct ht_bytes server,
                 struct ht_end *end)
{
    recorder_start(r, &tls_dissector, true, 443);
    recorder_bytes(r, HT_SIDE_A, client, 0);
    recorder_bytes(r, HT_SIDE_B, server, 0);
    ht_dispatch_finish(&r->dispatch, &r->emitter, end);
}

static void only_the_server_was_seen(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_B, hex(tls12_ecdhe_aes128_gcm_sha256_ems[1].hex), 0);
    struct ht_end end = {.side = {{.seen = false}, {.seen = true}}};
    ht_dispatch_finish(&r.dispatch, &r.emitter, &end);
    assert_int_equal(r.client, HT_SIDE_A);
    assert_non_null(strstr(r.text, "client is A by server_hello\n"));
    assert_non_null(strstr(r.text, "A tls.client_hello absent one_sided\n"));
    assert_non_null(strstr(r.text, "A tls.client_key_exchange absent one_sided\n"));
    recorder_free(&r);
}

static void joined_in_the_middle(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &tls_dissector, true, 443);
    ht_dispatch_late(&r.dispatch, HT_SIDE_A, false);
    recorder_bytes(&r, HT_SIDE_A,
                   hex("0badc0ffee 1703030004 01020304 1703030002 0506 1703030001 07"), 0);
    struct ht_end end = {.side = {{.seen = true, .started_late = true}, {.seen = true}}};
    ht_dispatch_finish(&r.dispatch, &r.emitter, &end);
    assert_non_null(strstr(r.text, "A tls.client_hello absent capture_started_late\n"));
    assert_non_null(strstr(r.text, "A tls.application_data encrypted { records=3 bytes=7 }"));
    recorder_free(&r);
}

/* A Finished of TLS 1.2 with AES-GCM: an explicit nonce of eight bytes (RFC 5288 section 3), here
 * 0x0200000000000000, and 32 more. It could be the header of an empty ServerHello. */
static void joined_at_an_encrypted_finished(void **unused)
{
    const struct utterance said[] = {
        {HT_SIDE_B, hex("16 0303 0028 0200000000000000"
                        "7c5d0424366d598fc0ade00d01dd3c7524250004317c0f90f9307be832211017")},
        {HT_SIDE_B, hex("17 0303 0004 01020304")}};
    (void)unused;
    char *text = every_split(&tls_dissector, said, HT_ARRAY_LEN(said), 443);
    assert_non_null(strstr(text, "B tls.other_handshake encrypted"));
    assert_null(strstr(text, "malformed"));
    free(text);
}

/* Nothing of TLS comes before the ClientHello: that the SYNs were missed explains nothing. */
static void absent_though_the_hello_was_seen(void **unused)
{
    struct recorder r;
    (void)unused;
    struct ht_end end = {.side = {{.seen = true, .started_late = true, .fin = true},
                                  {.seen = true, .started_late = true, .fin = true}}};
    tell(&r, hex(tls12_ecdhe_aes128_gcm_sha256_ems[0].hex), hex("1503030002 0228"), &end);
    assert_non_null(strstr(r.text, "B tls.server_hello absent not_sent\n"));
    recorder_free(&r);
}

/* Whether what was lost at the end can have been what is absent. */
static void a_hole_too_small_for_what_is_absent(void **unused)
{
    (void)unused;
    for (unsigned fits = 0; fits < 2; fits++) {
        struct recorder r;
        struct ht_end end = {
            .side = {{.seen = true, .reset = true, .hole = true, .lost_bytes = fits ? 75 : 7},
                     {.seen = true}}};
        tell(&r, hex(tls12_ecdhe_aes128_gcm_sha256_ems[0].hex),
             hex(tls12_ecdhe_aes128_gcm_sha256_ems[1].hex), &end);
        assert_non_null(strstr(r.text, fits ? "A tls.client_key_exchange absent lost_in_capture\n"
                                            : "A tls.client_key_exchange absent not_sent\n"));
        recorder_free(&r);
    }
}

/* Of a record that was cut the end was lost, which may be a message however short it is. */
static void a_hole_as_small_as_the_end_of_a_record(void **unused)
{
    (void)unused;
    for (size_t lost = 1; lost < 9; lost++) {
        struct recorder r;
        struct ht_end end = {
            .side = {{.seen = true},
                     {.seen = true, .reset = true, .hole = true, .lost_bytes = lost}}};
        struct ht_bytes hello = hex(tls12_ecdhe_aes128_gcm_sha256_ems[1].hex);
        tell(&r, hex(tls12_ecdhe_aes128_gcm_sha256_ems[0].hex),
             ht_bytes_head(hello, hello.len - lost), &end);
        assert_non_null(strstr(r.text, "B tls.server_hello_done absent lost_in_capture\n"));
        recorder_free(&r);
    }
}

/* The server's data, and nothing before them. */
static void the_answer_to_the_hello_was_lost(void **unused)
{
    struct recorder r;
    (void)unused;
    struct ht_end end = {
        .side = {{.seen = true, .fin = true}, {.seen = true, .started_late = true, .fin = true}}};
    tell(&r, hex(tls12_ecdhe_aes128_gcm_sha256_ems[0].hex), hex("1703030002 0228"), &end);
    assert_non_null(strstr(r.text, "B tls.server_hello absent lost_in_capture\n"));
    recorder_free(&r);
}

enum { FINISHED = 1, DATA = 2 };

struct judgement {
    bool established, by_data;
};

/* What comes of TLS 1.3 where nothing of what the server encrypted of its handshake was captured:
 * the client's flight, its data, then `answer`. */
static struct judgement without_server_flight(int client_says, const char *answer)
{
    enum { SERVER_HELLO = 5 + 0x7A, CHANGE_CIPHER_SPEC = 6 };
    struct ht_bytes flight = hex(tls13_aes128_gcm_sha256[1].hex);
    struct ht_bytes clear  = ht_bytes_head(flight, SERVER_HELLO + CHANGE_CIPHER_SPEC);
    struct ht_end end      = {.side = {{.seen = true}, {.seen = true, .hole = true}}};
    struct recorder r;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, hex(tls13_aes128_gcm_sha256[0].hex), 0);
    recorder_bytes(&r, HT_SIDE_B, clear, flight.len - clear.len);
    if (client_says >= FINISHED) {
        recorder_bytes(&r, HT_SIDE_A, hex(tls13_aes128_gcm_sha256[2].hex), 0);
    }
    if (client_says >= DATA) {
        recorder_bytes(&r, HT_SIDE_A,
                       hex("17 0303 0016 00000000000000000000000000000000000000000000"), 0);
    }
    recorder_bytes(&r, HT_SIDE_B, hex(answer), 0);
    ht_dispatch_finish(&r.dispatch, &r.emitter, &end);
    const struct tls_details *told = &((const struct tls_state *)r.dispatch.state)->details;
    struct judgement judgement     = {told->established, told->inferred->established};
    bool lost = strstr(r.text, "B tls.finished absent lost_in_capture\n") != NULL;
    assert_int_equal(lost, client_says >= FINISHED);
    recorder_free(&r);
    return judgement;
}

/* RFC 8446 sections 2 and 4.4.4: who answers data has the other side's Finished. An alert, or what
 * a server says though the client said no data, is no answer. */
static void the_server_finished_was_lost_but_data_flow(void **unused)
{
    static const char alert[] = "17 0303 0013 00000000000000000000000000000000000000";
    static const char data[]  = "17 0303 0014 0000000000000000000000000000000000000000";
    (void)unused;
    struct judgement answered = without_server_flight(DATA, data);
    assert_true(answered.established && answered.by_data);
    struct judgement refused = without_server_flight(DATA, alert);
    assert_false(refused.established || refused.by_data);
    assert_false(without_server_flight(FINISHED, data).established);
    assert_false(without_server_flight(0, data).established);
}

/* RFC 8446 sections 2.3 and 4.5: a server may answer early data before the client's Finished, which
 * comes behind EndOfEarlyData. The hellos are those of RFC 8448 section 4. */
static bool is_established_by_early_data(const char *client_says)
{
    static const char answer[] = "17 0303 0014 0000000000000000000000000000000000000000";
    struct ht_end end          = {.side = {{.seen = true}, {.seen = true, .hole = true}}};
    struct recorder r;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, hex("16 0301 0200"), 0);
    recorder_bytes(&r, HT_SIDE_A, hex(rfc8448_psk_client_hello), 0);
    recorder_bytes(&r, HT_SIDE_B, hex("16 0303 0060"), 0);
    recorder_bytes(&r, HT_SIDE_B, hex(rfc8448_psk_server_hello), 100);
    recorder_bytes(&r, HT_SIDE_A, hex(client_says), 0);
    recorder_bytes(&r, HT_SIDE_B, hex(answer), 0);
    ht_dispatch_finish(&r.dispatch, &r.emitter, &end);
    const struct tls_details *told = &((const struct tls_state *)r.dispatch.state)->details;
    assert_true(told->client_hello->early_data && told->server_hello->pre_shared_key);
    bool established = told->established;
    recorder_free(&r);
    return established;
}

static void early_data_that_were_answered_complete_nothing(void **unused)
{
    (void)unused;
    assert_false(
        is_established_by_early_data("17 0303 0016 00000000000000000000000000000000000000000000"
                                     "17 0303 0016 00000000000000000000000000000000000000000000"));
    assert_true(is_established_by_early_data(
        "17 0303 0016 00000000000000000000000000000000000000000000"
        "17 0303 0015 000000000000000000000000000000000000000000" /* EndOfEarlyData */
        "17 0303 0035 00000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000" /* Finished */
        "17 0303 0016 00000000000000000000000000000000000000000000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_in_the_hello),
        cmocka_unit_test(resumed_whatever_is_lost_of_the_data),
        cmocka_unit_test(only_the_server_was_seen),
        cmocka_unit_test(joined_in_the_middle),
        cmocka_unit_test(joined_at_an_encrypted_finished),
        cmocka_unit_test(absent_though_the_hello_was_seen),
        cmocka_unit_test(a_hole_too_small_for_what_is_absent),
        cmocka_unit_test(a_hole_as_small_as_the_end_of_a_record),
        cmocka_unit_test(the_answer_to_the_hello_was_lost),
        cmocka_unit_test(the_server_finished_was_lost_but_data_flow),
        cmocka_unit_test(early_data_that_were_answered_complete_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
