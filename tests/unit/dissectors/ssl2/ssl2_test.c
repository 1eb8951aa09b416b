/*
 * Conversations that begin with an SSL 2.0 hello; their order is that of the draft's section 5.2
 * and of RFC 5246 appendix E.2.
 */
#include "recorder.h"
#include "ssl2_sessions.h"
#include "support.h"

#include "tls/tls.h"

#include <stdlib.h>

extern const struct ht_dissector ssl2_dissector;

enum { MAX_UTTERANCES = 8 };

static char *told(const struct ssl2_utterance *session, size_t num)
{
    struct utterance said[MAX_UTTERANCES];
    for (size_t i = 0; i < num; i++) {
        said[i] =
            (struct utterance){session[i].from == 0 ? HT_SIDE_A : HT_SIDE_B, hex(session[i].hex)};
    }
    return every_split(&ssl2_dissector, said, num, 443);
}

/* `parts` follow each other in `text`. */
static void assert_in_order(const char *text, const char *const *parts)
{
    for (size_t i = 0; parts[i] != NULL; i++) {
        const char *at = strstr(text, parts[i]);
        assert_non_null(at);
        text = at != NULL ? at + strlen(parts[i]) : "";
    }
}

#define ENCRYPTED " encrypted inferred"

static void test_ssl2(void **state)
{
    static const char *const parts[] = {"client is A by client_hello\n",
                                        "A tls.client_hello {",
                                        "B tls.server_hello {",
                                        "B tls.certificate {",
                                        "A ssl2.client_master_key {",
                                        "SSL_CK_RC4_128_WITH_MD5",
                                        "A tls.finished" ENCRYPTED "\n",
                                        "A tls.application_data" ENCRYPTED " { records=1 bytes=34",
                                        "B tls.finished" ENCRYPTED "\n",
                                        "B tls.application_data" ENCRYPTED " { records=1 bytes=51",
                                        NULL};
    char *text                       = told(ssl2_rc4, HT_ARRAY_LEN(ssl2_rc4));
    (void)state;
    assert_in_order(text, parts);
    free(text);
}

static void test_hello_for_tls(void **state)
{
    static const char *const parts[] = {"client is A by client_hello\n",
                                        "A tls.client_hello {",
                                        "B tls.server_hello {",
                                        "B tls.certificate {",
                                        "B tls.server_hello_done\n",
                                        "A tls.alert {",
                                        "user_canceled",
                                        NULL};
    char *text                       = told(hello_for_tls12, HT_ARRAY_LEN(hello_for_tls12));
    (void)state;
    assert_in_order(text, parts);
    assert_null(strstr(text, "ssl2."));
    free(text);
}

#define HELLO(version)                                                                             \
    "8022 01" version "0009 0000 0010 0700c0 010080 020080 a17eb88f57c11b81f3b438931b8a3c36"

/* A hello without an answer was said in the protocol that it asks for (RFC 5246 appendix E.2). */
static void test_unanswered(void **state)
{
    static const struct {
        const char *hello, *protocol;
    } cases[] = {{HELLO("0301"), "tls"}, {HELLO("0300"), "tls"}, {HELLO("0002"), NULL}};
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct recorder r;
        const struct utterance said[] = {{HT_SIDE_A, hex(cases[i].hello)}};
        const char *flow = recorder_converse(&r, &ssl2_dissector, 443, said, HT_ARRAY_LEN(said));
        const char *protocol;
        memcpy(&protocol, flow + ssl2_dissector.protocol_offset, sizeof protocol);
        if (cases[i].protocol == NULL) {
            assert_null(protocol);
        } else {
            assert_string_equal(protocol, cases[i].protocol);
        }
        assert_int_equal(strstr(r.text, "ssl2.client_master_key absent") == NULL,
                         cases[i].protocol != NULL);
        recorder_free(&r);
    }
}

/* Established is what both sides finished (the draft's section 5.2). */
static void test_established(void **state)
{
    (void)state;
    for (size_t num = 2; num <= HT_ARRAY_LEN(ssl2_rc4); num++) {
        struct utterance said[HT_ARRAY_LEN(ssl2_rc4)];
        struct recorder r;
        for (size_t i = 0; i < num; i++) {
            said[i] = (struct utterance){ssl2_rc4[i].from == 0 ? HT_SIDE_A : HT_SIDE_B,
                                         hex(ssl2_rc4[i].hex)};
        }
        const char *flow                  = recorder_converse(&r, &ssl2_dissector, 443, said, num);
        const struct tls_details *details = (const void *)(flow + ssl2_dissector.details_offset);
        bool finished = num >= 6; /* SERVER-VERIFY, CLIENT-FINISHED, SERVER-FINISHED */
        assert_int_equal(details->established, finished);
        recorder_free(&r);
    }
}

static enum ht_match match(const char *digits)
{
    const struct ht_endpoint endpoint[2] = {{.port = 40000}, {.port = 443}};
    return ssl2_dissector.match(hex(digits), endpoint, HT_SIDE_A);
}

static void test_match(void **state)
{
    (void)state;
    assert_int_equal(match("80"), HT_MATCH_MORE);
    assert_int_equal(match("8022 01 0002 0009 0000 0010"), HT_MATCH_MORE);
    assert_int_equal(match("8022 01 0002 0009 0000 0010 0700"), HT_MATCH_YES);
    assert_int_equal(match("8022 01 0301 0009 0000 0010 0700"), HT_MATCH_YES);
    assert_int_equal(match("8022 01 0002 0009 0000 0011 0700"), HT_MATCH_NO); /* another sum */
    assert_int_equal(match("8022 01 0402 0009 0000 0010 0700"), HT_MATCH_NO); /* no such version */
    assert_int_equal(match("1603 01 00a0 0100 009c 0303 0000"), HT_MATCH_NO); /* TLS */
    assert_int_equal(match("8022 03 0002 0009 0000 0010 0700"), HT_MATCH_NO);
    assert_int_equal(match("8409 04 00 01 0002 03e8 0006 0010"), HT_MATCH_YES);
    assert_int_equal(match("801b 04 01 00 0002 0000 0000 0010"), HT_MATCH_YES); /* resumed */
    assert_int_equal(match("801b 04 02 00 0002 0000 0000 0010"), HT_MATCH_NO);
    assert_int_equal(match("8042 01 0301 0009 0020 0010 0700"), HT_MATCH_YES);
    assert_int_equal(match("8043 01 0301 0009 0021 0010 0700"),
                     HT_MATCH_NO); /* a long session id */
    assert_int_equal(match("8409 04 00 01 0003 03e8 0006 0010"), HT_MATCH_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ssl2),       cmocka_unit_test(test_hello_for_tls),
        cmocka_unit_test(test_unanswered), cmocka_unit_test(test_established),
        cmocka_unit_test(test_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
