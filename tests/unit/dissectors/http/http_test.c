/*
 * Conversations of HTTP/1, put together from RFC 9112 (framing, section 6.3), RFC 9110 and RFC
 * 2817: what is told of them, and when their reader lets go.
 */
#include "recorder.h"
#include "support.h"

#include "http/http.h"

#include <stdlib.h>

extern const struct ht_dissector http_dissector;

#define CLIENT_TLS "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

static void expect(const struct utterance *said, size_t num, const char *expected)
{
    char *text = every_split(&http_dissector, said, num, 80);
    assert_string_equal(text, expected);
    free(text);
}

/* A refusal, then the same with credentials; content by length and in chunks between them. */
static void exchanges(void **unused)
{
    (void)unused;
    static const struct utterance said[] = {
        A("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /"),
        B("HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\nHTTP/1.1 "),
        A("HEAD /b HTTP/1.1\r\nHost: h\r\nAuthorization: Digest username=\"x\"\r\n\r\n"),
        B("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
        A("GET /c HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n\r\n"),
        B("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "0A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"),
        A("GET /d HTTP/1.1\r\nHost: h\r\n\r\n"),
        B("HTTP/1.1 301 Moved\r\nLocation: https://h/d\r\nContent-Length: 0\r\n\r\n"),
        A("GET /not-told HTTP/1.1\r\nHost: h\r\n\r\n")};
    expect(said, HT_ARRAY_LEN(said),
           "client is A by command\n"
           "A http.request { method=POST host=h target_bytes=2 }\n"
           "B http.response { status=401 }\n"
           "A http.request { method=HEAD host=h target_bytes=2 authorization=Digest }\n"
           "B http.response { status=200 }\n"
           "A http.request { method=GET host=h target_bytes=2 cookie=true }\n"
           "B http.response { status=100 }\n"
           "B http.response { status=200 }\n"
           "A http.request { method=GET host=h target_bytes=2 }\n"
           "B http.response { status=301 location_scheme=https }\n");
}

static const struct http_details *details_of(struct recorder *r, const struct utterance *said,
                                             size_t num)
{
    return recorder_converse(r, &http_dissector, 80, said, num);
}

static void details(void **unused)
{
    (void)unused;
    static const struct utterance said[] = {
        A("GET / HTTP/1.1\r\nHost: one\r\n\r\n"),
        B("HTTP/1.1 401 No\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\n\r\n"),
        A("GET / HTTP/1.1\r\nHost: two\r\nAuthorization: Basic eDp5\r\nCookie: a=b\r\n\r\n"),
        B("HTTP/1.1 302 There\r\nLocation: https://one/\r\nContent-Length: 0\r\n\r\n"),
        A("GET / HTTP/1.1\r\nHost: one\r\nAuthorization: Bearer x\r\n\r\n")};
    struct recorder r;
    const struct http_details *d = details_of(&r, said, HT_ARRAY_LEN(said));
    assert_text(d->method, "GET");
    assert_text(d->host, "one");
    assert_int_equal(d->status, 401);
    assert_int_equal(d->request_frame, 1);
    assert_text(d->authorization, "Basic");
    assert_int_equal(d->authorization_frame, 3);
    assert_true(d->cookie && d->set_cookie && d->redirects_to_https);
    recorder_free(&r);
}

/* The server is asked for by Host, unless that is an address, or the server is a proxy. */
static void server_names(void **unused)
{
    (void)unused;
    static const struct {
        struct utterance said;
        const char *name;
    } cases[] = {
        {A("GET / HTTP/1.1\r\nHost: www.example.com:8080\r\n\r\n"), "www.example.com"},
        {A("GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n"), ""},
        {A("GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n"), ""},
        {A("GET / HTTP/1.0\r\n\r\n"), ""},
        {A("GET http://www.example.com/ HTTP/1.1\r\nHost: www.example.com\r\n\r\n"), ""},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct recorder r;
        struct ht_bytes name;
        const char *state = (const char *)details_of(&r, &cases[i].said, 1);
        memcpy(&name, state + http_dissector.server_name_offset, sizeof name);
        assert_text(name, cases[i].name);
        recorder_free(&r);
    }
}

/* RFC 2817 section 3; a proxy's client that goes on with CONNECT. */
static void another_protocol_follows(void **unused)
{
    (void)unused;
    static const struct utterance upgrade[] = {
        A("OPTIONS * HTTP/1.1\r\nHost: h\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n"),
        B("HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n"), A(CLIENT_TLS)};
    struct recorder r;
    const struct http_details *d = details_of(&r, upgrade, HT_ARRAY_LEN(upgrade));
    assert_non_null(r.dispatch.past);
    assert_text(d->upgrade, "TLS/1.0");
    recorder_free(&r);
    static const struct utterance tunnel[] = {A("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
                                              B("HTTP/1.1 204 No Content\r\n\r\n"),
                                              A("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n")};
    d                                      = details_of(&r, tunnel, HT_ARRAY_LEN(tunnel));
    assert_non_null(r.dispatch.past);
    assert_int_equal(d->status, 204);
    recorder_free(&r);
}

/* Content without an end, another upgrade, and what is no HTTP: nothing more is asked for. */
static void lets_go(void **unused)
{
    (void)unused;
    static const struct {
        struct utterance said[2];
    } cases[] = {
        {{A("GET / HTTP/1.1\r\n\r\n"), B("HTTP/1.1 200 OK\r\n\r\n<html>")}},
        {{A("GET / HTTP/1.1\r\n\r\n"),
          B("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")}},
        {{A("GET / HTTP/1.1\r\n\r\n"), B("SSH-2.0-x\r\n\r\n")}},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct recorder r;
        (void)details_of(&r, cases[i].said, 2);
        assert_true(ht_dispatch_over(&r.dispatch));
        recorder_free(&r);
    }
}

static void matches(void **unused)
{
    (void)unused;
    static const struct {
        const char *head;
        enum ht_match match;
    } cases[] = {
        {"GET / HTTP/1.1\r\n", HT_MATCH_YES},
        {"PROPFIND /x HTTP/1.0\n", HT_MATCH_YES},
        {"GE", HT_MATCH_MORE},
        {"GET / HTTP/1.1", HT_MATCH_MORE},
        {"HEAD 1234\r\n", HT_MATCH_NO}, /* NNTP */
        {"POST\r\n", HT_MATCH_NO},
        {"OPTIONS rtsp://h/ RTSP/1.0\r\n", HT_MATCH_NO},
        {"GET / HTTP/2\r\n", HT_MATCH_NO},
        {"CONNECT h:1 HTTP/1.1\r\n", HT_MATCH_NO},
        {"HTTP/1.1 200 OK\r\n", HT_MATCH_NO},
        {"\x16\x03\x01", HT_MATCH_NO},
    };
    struct ht_endpoint endpoint[2] = {0};
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        enum ht_match match = http_dissector.match(ht_text(cases[i].head), endpoint, HT_SIDE_A);
        if (match != cases[i].match) {
            fail_msg("%s", cases[i].head);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchanges),    cmocka_unit_test(details),
        cmocka_unit_test(server_names), cmocka_unit_test(another_protocol_follows),
        cmocka_unit_test(lets_go),      cmocka_unit_test(matches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
