/*
 * Conversations that begin with an SSL 2.0 hello; their order is that of the draft's section 5.2
 * and of RFC 5246 appendix E.2.
 */
#include "recorder.h"
#include "ssl2_sessions.h"
#include "support.h"

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
    assert_int_equal(match("8409 04 00 01 0003 03e8 0006 0010"), HT_MATCH_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ssl2),
        cmocka_unit_test(test_hello_for_tls),
        cmocka_unit_test(test_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
