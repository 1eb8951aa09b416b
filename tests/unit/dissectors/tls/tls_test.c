/*
 * Whole conversations: what is told of them is the same however the bytes are cut, and is what the
 * RFCs' message flows (RFC 5246 figures 1 and 2, RFC 8446 figures 1 to 4) say.
 */
#include "recorder.h"
#include "sessions.h"
#include "support.h"

#include "base/time.h"
#include "tls/session.h"
#include "tls/state.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct ht_dissector tls_dissector;

enum { MAX_UTTERANCES = 16 };

static size_t said_in(struct utterance *out, const struct session_utterance *session, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        out[i] =
            (struct utterance){session[i].from == 0 ? HT_SIDE_A : HT_SIDE_B, hex(session[i].hex)};
    }
    return num;
}

/* The events' names and marks, without their fields. */
static char *outline(const char *text)
{
    char *out  = calloc(1, strlen(text) + 1);
    size_t len = 0;
    assert_non_null(out);
    for (const char *line = text; *line != '\0';) {
        size_t end = strcspn(line, "\n"), fields = strcspn(line, "{");
        fields = fields < end ? fields - 1 : end;
        memcpy(out + len, line, fields);
        len += fields;
        out[len++] = '\n';
        line += end + 1;
    }
    return out;
}

static void assert_told(const struct session_utterance *session, size_t num, const char *expected)
{
    struct utterance said[MAX_UTTERANCES];
    char *text = every_split(&tls_dissector, said, said_in(said, session, num), 443);
    char *told = outline(text);
    assert_string_equal(told, expected);
    free(told);
    free(text);
}

#define ASSERT_TOLD(session, expected) assert_told(session, HT_ARRAY_LEN(session), expected)

static void full_handshake(void **unused)
{
    (void)unused;
    ASSERT_TOLD(tls12_ecdhe_aes128_gcm_sha256_ems, "client is A by client_hello\n"
                                                   "A tls.client_hello\n"
                                                   "B tls.server_hello\n"
                                                   "B tls.certificate\n"
                                                   "B tls.server_key_exchange\n"
                                                   "B tls.server_hello_done\n"
                                                   "A tls.client_key_exchange\n"
                                                   "A tls.change_cipher_spec\n"
                                                   "A tls.finished encrypted\n"
                                                   "B tls.new_session_ticket\n"
                                                   "B tls.change_cipher_spec\n"
                                                   "B tls.finished encrypted\n"
                                                   "A tls.close_notify encrypted inferred\n"
                                                   "B tls.close_notify encrypted inferred\n"
                                                   "A tls.application_data encrypted\n");
}

static void static_rsa_needs_no_key_exchange_message(void **unused)
{
    (void)unused;
    ASSERT_TOLD(tls12_static_rsa_aes128_gcm_ems, "client is A by client_hello\n"
                                                 "A tls.client_hello\n"
                                                 "B tls.server_hello\n"
                                                 "B tls.certificate\n"
                                                 "B tls.server_hello_done\n"
                                                 "A tls.client_key_exchange\n"
                                                 "A tls.change_cipher_spec\n"
                                                 "A tls.finished encrypted\n"
                                                 "B tls.new_session_ticket\n"
                                                 "B tls.change_cipher_spec\n"
                                                 "B tls.finished encrypted\n"
                                                 "A tls.close_notify encrypted inferred\n"
                                                 "B tls.close_notify encrypted inferred\n"
                                                 "B tls.server_key_exchange absent not_negotiated\n"
                                                 "A tls.application_data encrypted\n");
}

static void abbreviated_handshake(void **unused)
{
    (void)unused;
    ASSERT_TOLD(tls12_ticket_resumption_2, "client is A by client_hello\n"
                                           "A tls.client_hello\n"
                                           "B tls.server_hello\n"
                                           "B tls.change_cipher_spec\n"
                                           "B tls.finished encrypted\n"
                                           "A tls.change_cipher_spec\n"
                                           "A tls.finished encrypted\n"
                                           "A tls.close_notify encrypted inferred\n"
                                           "B tls.close_notify encrypted inferred\n"
                                           "B tls.certificate absent not_sent\n"
                                           "B tls.server_hello_done absent not_sent\n"
                                           "A tls.client_key_exchange absent not_sent\n"
                                           "A tls.application_data encrypted\n");
}

static void tls13_is_told_by_places(void **unused)
{
    (void)unused;
    ASSERT_TOLD(tls13_aes128_gcm_sha256, "client is A by client_hello\n"
                                         "A tls.client_hello\n"
                                         "B tls.server_hello\n"
                                         "B tls.change_cipher_spec\n"
                                         "A tls.change_cipher_spec\n"
                                         "B tls.encrypted_extensions absent encrypted\n"
                                         "B tls.certificate absent encrypted\n"
                                         "B tls.certificate_verify absent encrypted\n"
                                         "B tls.finished encrypted inferred\n"
                                         "A tls.finished encrypted inferred\n"
                                         "A tls.application_data encrypted inferred\n"
                                         "B tls.application_data encrypted inferred\n"
                                         "A tls.close_notify encrypted inferred\n"
                                         "B tls.close_notify encrypted inferred\n");
}

/* After both Finished, without any data: an alert that is alone can be any; two are close_notify
 * and its answer, since an error's is not answered (RFC 8446 section 6.2). */
static void an_alert_that_is_answered(void **unused)
{
    static const char alert[] = "17 0303 0013 000102030405060708090a0b0c0d0e0f101112";
    struct utterance said[MAX_UTTERANCES];
    size_t num = said_in(said, tls13_aes128_gcm_sha256, 3);
    (void)unused;
    said[num++] = (struct utterance){HT_SIDE_A, hex(alert)};
    char *text  = every_split(&tls_dissector, said, num, 443);
    char *alone = outline(text);
    free(text);
    said[num++]    = (struct utterance){HT_SIDE_B, hex(alert)};
    text           = every_split(&tls_dissector, said, num, 443);
    char *answered = outline(text);
    free(text);
    assert_non_null(strstr(alone, "A tls.alert encrypted inferred\n"));
    assert_non_null(strstr(answered, "A tls.close_notify encrypted inferred\n"
                                     "B tls.close_notify encrypted inferred\n"));
    free(alone);
    free(answered);
}

/* Each a second after the one before. */
static void say_all(struct recorder *r, const struct session_utterance *session, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        r->emitter.time_ns += 1000000000;
        recorder_bytes(r, session[i].from == 0 ? HT_SIDE_A : HT_SIDE_B, hex(session[i].hex), 0);
    }
}

/* TLS 1.2: an alert alone, before the other side's FIN, is close_notify; after it, it can be any.
 */
static void an_alert_that_answers_a_fin(void **unused)
{
    static const char alert[] = "15 0303 001a 000102030405060708090a0b0c0d0e0f10111213141516171819";
    (void)unused;
    for (int after = 0; after < 2; after++) {
        struct recorder r;
        recorder_start(&r, &tls_dissector, true, 443);
        say_all(&r, tls12_ecdhe_aes128_gcm_sha256_ems, 4);
        recorder_bytes(&r, HT_SIDE_A, hex(alert), 0);
        struct ht_end end = {.side     = {{.seen = true, .fin = true},
                                          {.seen = true, .fin = true, .closed_first = true}},
                             .close_ns = r.emitter.time_ns - after};
        ht_dispatch_finish(&r.dispatch, &r.emitter, &end);
        bool closes = strstr(r.text, "A tls.close_notify encrypted inferred") != NULL;
        bool any    = strstr(r.text, "A tls.alert encrypted") != NULL;
        assert_int_equal(closes, after == 0);
        assert_int_equal(any, after == 1);
        recorder_free(&r);
    }
}

static bool is_established(const char *server_says, bool server_closes)
{
    /* An empty Certificate and a Finished (RFC 8446 sections 4.4.2 and 4.4.4). */
    static const char client_says[] =
        "17 0303 0019 00000000000000000000000000000000000000000000000000"
        "17 0303 0035 00000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000";
    struct recorder r;
    recorder_start(&r, &tls_dissector, true, 443);
    say_all(&r, tls13_aes128_gcm_sha256, 2);
    r.emitter.time_ns += 1000000;
    recorder_bytes(&r, HT_SIDE_A, hex(client_says), 0);
    r.emitter.time_ns += 1000000;
    recorder_bytes(&r, HT_SIDE_B, hex(server_says), 0);
    struct ht_end end = {.side = {{.seen = true, .fin = true, .closed_first = !server_closes},
                                  {.seen = true, .fin = true, .closed_first = server_closes}}};
    ht_dispatch_finish(&r.dispatch, &r.emitter, &end);
    bool established = ((const struct tls_state *)r.dispatch.state)->details.established;
    assert_non_null(strstr(r.text, "A tls.certificate encrypted inferred"));
    recorder_free(&r);
    return established;
}

/* In the dark, as openssl s_server -Verify does it: nothing comes but what has an alert's size. */
static void a_client_certificate_is_refused(void **unused)
{
    static const char alert[]  = "17 0303 0013 00000000000000000000000000000000000000";
    static const char answer[] = "17 0303 0014 0000000000000000000000000000000000000000";
    (void)unused;
    assert_false(is_established(alert, true));
    assert_true(is_established(alert, false));
    assert_true(is_established(answer, true));
}

static void tell_with_clock_set_back(struct recorder *r, size_t before)
{
    const struct session_utterance *said = tls13_aes128_gcm_sha256;
    struct ht_end end                    = {.side = {{.seen = true}, {.seen = true}}};
    recorder_start(r, &tls_dissector, true, 443);
    for (size_t i = 0; i < HT_ARRAY_LEN(tls13_aes128_gcm_sha256); i++) {
        r->emitter.time_ns += i == before ? -HT_SECOND_NS : HT_SECOND_NS / 100;
        recorder_bytes(r, said[i].from == 0 ? HT_SIDE_A : HT_SIDE_B, hex(said[i].hex), 0);
    }
    ht_dispatch_finish(&r->dispatch, &r->emitter, &end);
}

static void an_answer_is_later_whatever_the_clock_says(void **unused)
{
    struct recorder right, wrong;
    (void)unused;
    tell_with_clock_set_back(&right, SIZE_MAX);
    for (size_t i = 1; i < HT_ARRAY_LEN(tls13_aes128_gcm_sha256); i++) {
        tell_with_clock_set_back(&wrong, i);
        assert_true(((const struct tls_state *)wrong.dispatch.state)->details.established);
        assert_string_equal(wrong.text, right.text);
        recorder_free(&wrong);
    }
    recorder_free(&right);
}

/* The server's side is stored first, and is too long for what it answers to be waited for. */
static void by_time_where_an_answer_ran_ahead(void **unused)
{
    const struct session_utterance *said = tls13_aes128_gcm_sha256;
    struct ht_end end = {.side = {{.seen = true}, {.seen = true, .ran_ahead = true}}};
    struct recorder r, right;
    (void)unused;
    tell_with_clock_set_back(&right, SIZE_MAX);
    recorder_start(&r, &tls_dissector, true, 443);
    for (int from = 1; from >= 0; from--) {
        for (size_t i = 0; i < HT_ARRAY_LEN(tls13_aes128_gcm_sha256); i++) {
            r.emitter.time_ns = (int64_t)(i + 1) * HT_SECOND_NS / 100;
            r.emitter.frame   = i + 1;
            if (said[i].from == from) {
                recorder_bytes(&r, from == 0 ? HT_SIDE_A : HT_SIDE_B, hex(said[i].hex), 0);
            }
        }
    }
    ht_dispatch_finish(&r.dispatch, &r.emitter, &end);
    const struct tls_inferred *told =
        ((const struct tls_state *)r.dispatch.state)->details.inferred;
    const struct tls_inferred *known =
        ((const struct tls_state *)right.dispatch.state)->details.inferred;
    assert_true(told != NULL && known != NULL);
    assert_int_equal(told->server_flight_bytes, known->server_flight_bytes);
    assert_int_equal(told->client_flight_bytes, known->client_flight_bytes);
    assert_int_equal(told->tickets, known->tickets);
    recorder_free(&r);
    recorder_free(&right);
}

static void hello_retry_request(void **unused)
{
    (void)unused;
    ASSERT_TOLD(tls13_hrr_p256, "client is A by client_hello\n"
                                "A tls.client_hello\n"
                                "B tls.hello_retry_request\n"
                                "B tls.change_cipher_spec\n"
                                "A tls.change_cipher_spec\n"
                                "A tls.client_hello\n"
                                "B tls.server_hello\n"
                                "B tls.encrypted_extensions absent encrypted\n"
                                "B tls.certificate absent encrypted\n"
                                "B tls.certificate_verify absent encrypted\n"
                                "B tls.finished encrypted inferred\n"
                                "A tls.finished encrypted inferred\n"
                                "A tls.application_data encrypted inferred\n"
                                "B tls.application_data encrypted inferred\n"
                                "A tls.close_notify encrypted inferred\n"
                                "B tls.close_notify encrypted inferred\n");
}

/* RFC 8446 section 4.1.2: the second hello has the random of the first. Without the server's side,
 * or before it, that alone says that it was asked for. */
static void hello_retry_request_is_not_seen(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, hex(tls13_hrr_p256[0].hex), 0);
    recorder_bytes(&r, HT_SIDE_A, hex(tls13_hrr_p256[2].hex), 0);
    recorder_bytes(&r, HT_SIDE_B, hex(tls13_hrr_p256[3].hex), 0);
    recorder_end(&r);
    const struct tls_details *details = &((struct tls_state *)r.dispatch.state)->details;
    assert_true(details->hello_retry_request);
    assert_non_null(details->client_hello_2);
    assert_true(details->client_hello != details->client_hello_2);
    assert_true(details->inferred == NULL || details->inferred->retry_cost_ns == 0);
    recorder_free(&r);
}

/* The client's Finished has a record of 53 bytes (RFC 8446 section 4.4.4: a header of 4 and a hash
 * of 32, the type and the tag); its data and an alert follow, in the same segment or not. */
static void data_with_the_finished(void **unused)
{
    char text[1000];
    (void)unused;
    (void)snprintf(text, sizeof text,
                   "1403030001 01 1703030035 %0106d 1703030028 %080d 1703030013 %038d", 0, 0, 0);
    const struct utterance said[] = {{HT_SIDE_A, hex(tls13_aes128_gcm_sha256[0].hex)},
                                     {HT_SIDE_B, hex(tls13_aes128_gcm_sha256[1].hex)},
                                     {HT_SIDE_A, hex(text)}};
    char *told                    = every_split(&tls_dissector, said, HT_ARRAY_LEN(said), 443);
    assert_non_null(
        strstr(told, "A tls.application_data encrypted inferred { records=1 bytes=40 }"));
    free(told);
}

static void resumed_by_psk(void **unused)
{
    (void)unused;
    struct utterance said[MAX_UTTERANCES];
    char *text = every_split(&tls_dissector, said,
                             said_in(said, tls13_psk_0rtt_2, HT_ARRAY_LEN(tls13_psk_0rtt_2)), 443);
    assert_non_null(strstr(text, "B tls.certificate absent not_sent\n"));
    assert_non_null(strstr(text, "B tls.finished encrypted inferred\n"));
    assert_non_null(strstr(text, "early_data=true"));
    free(text);
}

/* A ClientHello in two records, of which the second begins as a short hello would. */
static void a_hello_goes_on_like_another(void **unused)
{
    const struct utterance said[] = {
        {HT_SIDE_A, hex("16 0301 0006 0100002d 0303"
                        "16 0301 002b"
                        "020000005d0424366d598fc0ade00d01dd3c7524250004317c0f90f9307be832"
                        "00 0002 002f 01 00 0001 ab")}};
    (void)unused;
    char *text = every_split(&tls_dissector, said, HT_ARRAY_LEN(said), 443);
    assert_non_null(strstr(text, "A tls.client_hello"));
    assert_null(strstr(text, "encrypted"));
    free(text);
}

static void fatal_alert(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, hex(tls12_ecdhe_aes128_gcm_sha256_ems[0].hex), 0);
    recorder_bytes(&r, HT_SIDE_B, hex("1503030002 0228"), 0);
    recorder_end(&r);
    assert_non_null(strstr(r.text, "level=fatal description=handshake_failure"));
    assert_non_null(strstr(r.text, "B tls.server_hello absent not_sent\n"));
    recorder_free(&r);
}

/* Of those in clear the words, of the others the size; each side's first ones. */
static void heartbeats(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, hex(tls12_ecdhe_aes128_gcm_sha256_ems[0].hex), 0);
    recorder_bytes(&r, HT_SIDE_A, hex("1803030003 014000"), 0);
    recorder_bytes(&r, HT_SIDE_A, hex("1403030001 01 1803030004 aabbccdd"), 0);
    for (int i = 0; i < 20; i++) {
        recorder_bytes(&r, HT_SIDE_B, hex("1803030003 020000"), 0);
    }
    recorder_end(&r);
    assert_non_null(
        strstr(r.text, "A tls.heartbeat { type=request payload_length=16384 bytes=3 }"));
    assert_non_null(strstr(r.text, "A tls.heartbeat encrypted { bytes=4 }"));
    unsigned num = 0;
    for (const char *at = r.text; (at = strstr(at, "B tls.heartbeat")) != NULL; at++) {
        num++;
    }
    assert_int_equal(num, 16);
    recorder_free(&r);
}

/* A message that claims 16 MB is not waited for; what follows it is still read. */
static void a_message_too_long_to_keep(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, hex("1603010006 0bffffff0000"), 0);
    recorder_bytes(&r, HT_SIDE_A, hex("1503010002 0228"), 0);
    assert_non_null(strstr(r.text, "A tls.malformed malformed"));
    assert_non_null(strstr(r.text, "description=handshake_failure"));
    recorder_free(&r);
}

/* A chain as RFC 8879 compresses it, thrice, by python's zlib: one record has room for thousands.
 * Behind the second they are told without being decompressed. */
static void only_few_certificates_are_decompressed(void **unused)
{
#define COMPRESSED "1900001d000100000d00001578da636060e0646060316062656060000001c10045"
    struct recorder r;
    struct ht_bytes answer = hex(tls13_aes128_gcm_sha256[1].hex);
    (void)unused;
    recorder_start(&r, &tls_dissector, true, 443);
    recorder_bytes(&r, HT_SIDE_A, hex(tls13_aes128_gcm_sha256[0].hex), 0);
    recorder_bytes(&r, HT_SIDE_B, ht_bytes_head(answer, 5 + ht_be16_at(answer, 3)), 0);
    size_t before = r.len;
    recorder_bytes(&r, HT_SIDE_B, hex("1603030063" COMPRESSED COMPRESSED COMPRESSED), 0);
    char *told = outline(r.text + before);
    assert_string_equal(told, "B tls.certificate\n"
                              "B tls.certificate\n"
                              "B tls.certificate malformed\n");
    free(told);
    recorder_free(&r);
#undef COMPRESSED
}

/* RFC 5246 section 7.4.1: inside the encryption of the first handshake only the second
 * ChangeCipherSpec can be read. */
static void renegotiation(void **unused)
{
    struct utterance said[MAX_UTTERANCES];
    size_t num = said_in(said, tls12_static_rsa_aes128_gcm_ems,
                         HT_ARRAY_LEN(tls12_static_rsa_aes128_gcm_ems));
    (void)unused;
    assert_true(num + 4 <= MAX_UTTERANCES);
    said[num++] = (struct utterance){HT_SIDE_B, hex("16 0303 0004 a0a1a2a3")};
    said[num++] = (struct utterance){HT_SIDE_A, hex("16 0303 0004 b0b1b2b3")};
    said[num++] = (struct utterance){HT_SIDE_B, hex("16 0303 0004 c0c1c2c3 16 0303 0001 d0")};
    said[num++] =
        (struct utterance){HT_SIDE_A, hex("16 0303 0001 e0 14 0303 0001 01 16 0303 0004 f0f1f2f3")};
    char *text = every_split(&tls_dissector, said, num, 443);
    char *told = outline(text);
    assert_non_null(strstr(told, "B tls.hello_request encrypted inferred\n"
                                 "A tls.client_hello encrypted inferred\n"
                                 "B tls.server_hello encrypted inferred\n"
                                 "B tls.other_handshake encrypted\n"
                                 "A tls.other_handshake encrypted\n"
                                 "A tls.change_cipher_spec\n"
                                 "A tls.finished encrypted\n"));
    free(told);
    free(text);
}

/* RFC 5246 section 7.2.2: the answer to a renegotiation may be no_renegotiation, which looks like
 * close_notify where it cannot be read. */
static void a_renegotiation_is_refused(void **unused)
{
    struct utterance said[MAX_UTTERANCES];
    size_t num = said_in(said, tls12_static_rsa_aes128_gcm_ems,
                         HT_ARRAY_LEN(tls12_static_rsa_aes128_gcm_ems));
    (void)unused;
    assert_true(num <= MAX_UTTERANCES);
    said[num - 2] = (struct utterance){HT_SIDE_A, hex("16 0303 0004 b0b1b2b3")};
    said[num - 1] = (struct utterance){HT_SIDE_B, hex("15 0303 0004 c0c1c2c3")};
    char *text    = every_split(&tls_dissector, said, num, 443);
    char *told    = outline(text);
    assert_non_null(strstr(told, "A tls.client_hello encrypted inferred\n"
                                 "B tls.alert encrypted\n"));
    assert_null(strstr(told, "close_notify"));
    free(told);
    free(text);
}

/* RFC 6101: hellos without extensions, a CertificateRequest without signature schemes, and a client
 * that has no certificate says so by an alert (section 5.4). */
static void ssl3(void **unused)
{
    struct utterance said[] = {
        {HT_SIDE_A, hex("16 0300 002f 01 00002b 0300"
                        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                        "00 0004 000a 0005 01 00")},
        {HT_SIDE_B, hex("16 0300 002a 02 000026 0300"
                        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                        "00 000a 00"
                        "16 0300 000d 0d 000005 02 0102 0000 0e 000000")},
        {HT_SIDE_A, hex("15 0300 0002 01 29"
                        "16 0300 0006 10 000002 aabb 14 0300 0001 01 16 0300 0002 f0f1")},
        {HT_SIDE_B, hex("14 0300 0001 01 16 0300 0002 f2f3")}};
    (void)unused;
    char *text = every_split(&tls_dissector, said, HT_ARRAY_LEN(said), 443);
    char *told = outline(text);
    assert_non_null(strstr(told, "A tls.client_hello\n"
                                 "B tls.server_hello\n"
                                 "B tls.certificate_request\n"
                                 "B tls.server_hello_done\n"
                                 "A tls.alert\n"
                                 "A tls.client_key_exchange\n"
                                 "A tls.change_cipher_spec\n"
                                 "A tls.finished encrypted\n"
                                 "B tls.change_cipher_spec\n"
                                 "B tls.finished encrypted\n"));
    assert_non_null(strstr(text, "no_certificate_RESERVED"));
    free(told);
    free(text);
}

/* TLS 1.3 has no ServerKeyExchange; where one comes all the same, its group is told, and so is what
 * kind of key exchange that is. */
static void a_server_key_exchange_in_tls13_names_the_kind(void **unused)
{
    (void)unused;
    enum { SECP256R1 = 23 };
    struct tls_state *state = calloc(1, sizeof *state);
    assert_non_null(state);
    state->version       = TLS_13;
    state->details.group = ht_named(SECP256R1);
    assert_null(tls_exchange_name(state));
    state->direction[HT_SIDE_B].server_key_exchange = true;
    assert_string_equal(tls_exchange_name(state), "ECDHE");
    free(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_handshake),
        cmocka_unit_test(static_rsa_needs_no_key_exchange_message),
        cmocka_unit_test(a_server_key_exchange_in_tls13_names_the_kind),
        cmocka_unit_test(ssl3),
        cmocka_unit_test(renegotiation),
        cmocka_unit_test(a_renegotiation_is_refused),
        cmocka_unit_test(abbreviated_handshake),
        cmocka_unit_test(tls13_is_told_by_places),
        cmocka_unit_test(an_alert_that_is_answered),
        cmocka_unit_test(an_alert_that_answers_a_fin),
        cmocka_unit_test(a_client_certificate_is_refused),
        cmocka_unit_test(an_answer_is_later_whatever_the_clock_says),
        cmocka_unit_test(by_time_where_an_answer_ran_ahead),
        cmocka_unit_test(hello_retry_request),
        cmocka_unit_test(hello_retry_request_is_not_seen),
        cmocka_unit_test(data_with_the_finished),
        cmocka_unit_test(resumed_by_psk),
        cmocka_unit_test(a_hello_goes_on_like_another),
        cmocka_unit_test(fatal_alert),
        cmocka_unit_test(heartbeats),
        cmocka_unit_test(only_few_certificates_are_decompressed),
        cmocka_unit_test(a_message_too_long_to_keep)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
