/*
 * HTTP CONNECT: heads of messages, and tunnels. Messages are those of RFC 9110 section 9.3.6, or
 * put together from RFC 9112.
 */
#include "recorder.h"
#include "support.h"

#include "proxy/http_connect.h"

#include <stdlib.h>

extern const struct ht_dissector http_connect_dissector;

#define CLIENT_TLS "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

static bool passes(struct ht_bytes in, void *arg)
{
    struct http_head head;
    (void)arg;
    return http_head_parse(in, &head);
}

/* RFC 9110 section 9.3.6. */
static const char request[] = "CONNECT server.example.com:80 HTTP/1.1\r\n"
                              "Host: server.example.com\r\n"
                              "Proxy-Authorization: basic aGVsbG86d29ybGQ=\r\n\r\n";

static void test_heads(void **state)
{
    (void)state;
    struct http_head head;
    assert_true(http_head_parse(ht_text(request), &head));
    assert_true(head.request);
    assert_text(head.host, "server.example.com");
    assert_int_equal(head.port, 80);
    assert_text(head.scheme, "basic");
    assert_true(http_head_parse(ht_text("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n"), &head));
    assert_text(head.host, "2001:db8::1");
    assert_int_equal(head.port, 443);
    assert_true(http_head_parse(ht_text("HTTP/1.1 407 Proxy Authentication Required\r\n"
                                        "Content-Length: 17\r\n\r\n"),
                                &head));
    assert_false(head.request);
    assert_int_equal(head.status, 407);
    assert_text(head.reason, "Proxy Authentication Required");
    assert_int_equal(head.body.length, 17);
    assert_true(http_head_parse(ht_text("HTTP/1.0 200\nTransfer-Encoding: Chunked\n\n"), &head));
    assert_text(head.reason, "");
    assert_true(head.body.chunked);
    every_prefix(ht_text(request), passes, NULL);
}

static void test_other_heads(void **state)
{
    (void)state;
    static const char *const cases[] = {"GET / HTTP/1.1\r\n\r\n",
                                        "CONNECT server.example.com HTTP/1.1\r\n\r\n",
                                        "CONNECT a:65536 HTTP/1.1\r\n\r\n",
                                        "CONNECT :443 HTTP/1.1\r\n\r\n",
                                        "CONNECT a:443\r\n\r\n",
                                        "CONNECT a:4x3 HTTP/1.1\r\n\r\n",
                                        "HTTP/2 200 OK\r\n\r\n",
                                        "HTTP/1.1 20 OK\r\n\r\n",
                                        "HTTP/1.1 2000 OK\r\n\r\n",
                                        "\r\n\r\n"};
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        if (passes(ht_text(cases[i]), NULL)) {
            fail_msg("%s", cases[i]);
        }
    }
}

static const struct http_state_view {
    struct proxy_state common;
} * end_of(struct recorder *r, const struct utterance *said, size_t num)
{
    return recorder_converse(r, &http_connect_dissector, 3128, said, num);
}

static void test_tunnel(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        A("CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com:443\r\n\r\n"),
        B("HTTP/1.1 407 Authenticate\r\nContent-Length: 4\r\n\r\nno\r\n"),
        A("CONNECT www.example.com:443 HTTP/1.1\r\nProxy-Authorization: Basic c2VjcmV0\r\n\r\n"),
        B("HTTP/1.1 200 Connection established\r\n\r\n"), A(CLIENT_TLS)};
    char *text = every_split(&http_connect_dissector, said, HT_ARRAY_LEN(said), 3128);
    assert_string_equal(
        text, "client is A by command\n"
              "A proxy.connect { protocol=http_connect command=connect target_name=www.example.com "
              "target_port=443 }\n"
              "B proxy.answer { answer_code=407 reason=Authenticate }\n"
              "A proxy.connect { protocol=http_connect command=connect target_name=www.example.com "
              "target_port=443 authentication=Basic }\n"
              "B proxy.answer { answer_code=200 reason=Connection established accepted=true }\n");
    free(text);
    struct recorder r;
    const struct proxy_details *d = &end_of(&r, said, HT_ARRAY_LEN(said))->common.details;
    assert_non_null(r.dispatch.past);
    assert_true(d->accepted && !d->refused);
    assert_int_equal(d->request_frame, 3);
    assert_int_equal(d->answer_frame, 4);
    recorder_free(&r);
}

static void test_chunked_refusal(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        A("CONNECT 192.0.2.1:22 HTTP/1.1\r\n\r\n"),
        B("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n"
          "1A;x\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"),
        A("CONNECT 192.0.2.1:443 HTTP/1.1\r\n\r\n"), B("HTTP/1.1 200 OK\r\n\r\nSSH-2.0-x\r\n")};
    char *text = every_split(&http_connect_dissector, said, HT_ARRAY_LEN(said), 3128);
    assert_string_equal(text, "client is A by command\n"
                              "A proxy.connect { protocol=http_connect command=connect "
                              "target_address=192.0.2.1 target_port=22 }\n"
                              "B proxy.answer { answer_code=403 reason=No }\n"
                              "A proxy.connect { protocol=http_connect command=connect "
                              "target_address=192.0.2.1 target_port=443 }\n"
                              "B proxy.answer { answer_code=200 reason=OK accepted=true }\n");
    free(text);
}

static void test_match(void **state)
{
    (void)state;
    struct ht_endpoint endpoint[2] = {0};
    const struct ht_dissector *d   = &http_connect_dissector;
    assert_int_equal(d->match(ht_text("CONNECT a"), endpoint, HT_SIDE_A), HT_MATCH_YES);
    assert_int_equal(d->match(ht_text("CONN"), endpoint, HT_SIDE_A), HT_MATCH_MORE);
    assert_int_equal(d->match(ht_text("CONNECTED"), endpoint, HT_SIDE_A), HT_MATCH_NO);
    assert_int_equal(d->match(ht_text("GET / "), endpoint, HT_SIDE_A), HT_MATCH_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),  cmocka_unit_test(test_other_heads),
        cmocka_unit_test(test_tunnel), cmocka_unit_test(test_chunked_refusal),
        cmocka_unit_test(test_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
