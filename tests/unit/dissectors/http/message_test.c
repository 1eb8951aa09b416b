/*
 * Heads of HTTP/1: messages of RFC 9112 section 2.1, RFC 7617 section 2 (Basic), RFC 6265 section
 * 3.1 (cookies), RFC 6797 section 6.2, RFC 2817 section 3.1, and ones that are none.
 */
#include "support.h"

#include "http/lines.h"
#include "http/message.h"

/* RFC 9112 section 2.1, with the field of RFC 7617 section 2. */
static const char request[] = "GET /hello.txt HTTP/1.1\r\n"
                              "User-Agent: curl/7.64.1\r\n"
                              "Host: www.example.com\r\n"
                              "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"
                              "Cookie: SID=31d4d96e407aad42; lang=en-US\r\n\r\n";

static bool is_request(struct ht_bytes head, void *unused)
{
    struct http_request out;
    struct http_body body;
    (void)unused;
    return http_request_parse(head, &out, &body);
}

static bool is_response(struct ht_bytes head, void *unused)
{
    struct http_response out;
    struct http_body body;
    (void)unused;
    return http_response_parse(head, &out, &body);
}

static void requests(void **unused)
{
    (void)unused;
    struct http_request r;
    struct http_body body;
    assert_true(http_request_parse(ht_text(request), &r, &body));
    assert_text(r.method, "GET");
    assert_text(r.host, "www.example.com");
    assert_int_equal(r.target_bytes, strlen("/hello.txt"));
    assert_text(r.authorization, "Basic");
    assert_true(r.cookie);
    assert_false(body.chunked || body.has_length);
    every_prefix(ht_text(request), is_request, NULL);
    assert_true(http_request_parse(ht_text("OPTIONS * HTTP/1.1\nHOST:\thost \nUpgrade: TLS/1.0\n"
                                           "Connection: Upgrade\nContent-Length: 12\n\n"),
                                   &r, &body));
    assert_text(r.host, "host");
    assert_text(r.upgrade, "TLS/1.0");
    assert_true(body.has_length && body.length == 12);
}

static void responses(void **unused)
{
    (void)unused;
    struct http_response r;
    struct http_body body;
    static const char moved[] = "HTTP/1.1 301 Moved Permanently\r\n"
                                "Location: HTTPS://www.example.com/\r\n"
                                "Set-Cookie: SID=31d4d96e407aad42; Path=/\r\n"
                                "Strict-Transport-Security: max-age=31536000\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n";
    assert_true(http_response_parse(ht_text(moved), &r, &body));
    assert_int_equal(r.status, 301);
    assert_text(r.location_scheme, "HTTPS");
    assert_true(r.set_cookie && r.strict_transport_security && body.chunked);
    every_prefix(ht_text(moved), is_response, NULL);
    assert_true(
        http_response_parse(ht_text("HTTP/1.0 302\r\nLocation: /login:x\r\n\r\n"), &r, &body));
    assert_int_equal(r.location_scheme.len, 0);
}

/* What stands where a scheme should is not told: it may be the secret itself. */
static void secrets(void **unused)
{
    (void)unused;
    static const char *const values[] = {"QWxhZGRpbjpvcGVuIHNlc2FtZQ==",    "c2VjcmV0", "a=b c",
                                         "an-overlong-word-that-is-none x", "1st word", ""};
    for (size_t i = 0; i < HT_ARRAY_LEN(values); i++) {
        if (http_scheme(ht_text(values[i])).len > 0) {
            fail_msg("%s", values[i]);
        }
    }
    assert_text(http_scheme(ht_text("AWS4-HMAC-SHA256 Credential=x")), "AWS4-HMAC-SHA256");
}

static void other_heads(void **unused)
{
    (void)unused;
    static const char *const cases[] = {"GET / HTTP/2\r\n\r\n",
                                        "GET /\r\n\r\n",
                                        "GET  \r\n\r\n",
                                        "OPTIONS rtsp://h/ RTSP/1.0\r\n\r\n",
                                        "HTTP/1.1 20 OK\r\n\r\n",
                                        "HTTP/1.1 2x0 OK\r\n\r\n",
                                        "HTTP/2 200 OK\r\n\r\n",
                                        "\r\n\r\n",
                                        "\n"};
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        if (is_request(ht_text(cases[i]), NULL) || is_response(ht_text(cases[i]), NULL)) {
            fail_msg("%s", cases[i]);
        }
    }
}

/* RFC 9112 section 7.1. */
static void chunks(void **unused)
{
    (void)unused;
    struct ht_frame_size size = http_chunk_frame(ht_text("1a;ext=\"x\"\r\n"));
    assert_int_equal(size.len, 12 + 26 + 2);
    assert_int_equal(size.need, 12);
    assert_int_equal(http_chunk_frame(ht_text("0A\n")).len, 3 + 10 + 2);
    assert_int_equal(http_chunk_frame(ht_text("0000001F\r\n")).len, 10 + 31 + 2);
    assert_int_equal(http_chunk_frame(ht_text("1a")).len, 0);
    assert_true(http_chunk_frame(ht_text("12345678\r\n")).len == SIZE_MAX);
    assert_true(http_chunk_frame(ht_text("xy\r\n")).len == SIZE_MAX);
    assert_true(http_chunk_frame(ht_text("\r\n")).len == SIZE_MAX);
    assert_false(http_is_last_chunk(ht_text("0A\r\n")));
}

/* RFC 9112 section 7.1.2: fields behind the last chunk. */
static void trailers(void **unused)
{
    (void)unused;
    struct ht_frame_size size = http_chunk_frame(ht_text("0\r\n\r\nHTTP/1.1"));
    assert_int_equal(size.len, 3 + 2);
    assert_int_equal(size.need, 3);
    assert_int_equal(http_chunk_frame(ht_text("0\r\nExpires: 0\r\nA: b\r\n\r\n!")).len,
                     3 + 12 + 6 + 2);
    assert_int_equal(http_chunk_frame(ht_text("0\r\nExpires: 0\r\n")).len, 0);
    assert_true(http_is_last_chunk(ht_text("000\r\n")));
}

/* RFC 9112 section 6.3: Transfer-Encoding overrides Content-Length; section 6.1: of several codings
 * chunked is the last. */
static void body_lengths(void **unused)
{
    (void)unused;
    struct http_request head;
    struct http_body body;
#define POST "POST / HTTP/1.1\r\n"
    assert_true(http_request_parse(ht_text(POST "Content-Length: 17\r\n\r\n"), &head, &body));
    assert_true(body.has_length && !body.chunked);
    assert_int_equal(body.length, 17);
    static const char *const chunked[] = {
        POST "Content-Length: 17\r\nTransfer-Encoding: chunked\r\n\r\n",
        POST "Transfer-Encoding: Chunked\r\nContent-Length: 17\r\n\r\n",
        POST "Transfer-Encoding: gzip, chunked\r\n\r\n"};
    for (size_t i = 0; i < HT_ARRAY_LEN(chunked); i++) {
        assert_true(http_request_parse(ht_text(chunked[i]), &head, &body));
        assert_true(body.chunked);
        assert_int_equal(body.length, 0);
    }
    assert_true(http_request_parse(ht_text(POST "Transfer-Encoding: gzip\r\n\r\n"), &head, &body));
    assert_false(body.chunked);
    assert_true(http_request_parse(ht_text(POST "Transfer-Encoding: br\r\n\r\n"), &head, &body));
    assert_false(body.chunked);
#undef POST
}

/* The length of a head, line by line. */
static size_t length_by_lines(struct ht_bytes rest, size_t max)
{
    struct ht_bytes line;
    rest        = ht_bytes_head(rest, max);
    size_t have = rest.len;
    while (http_next_line(&rest, &line)) {
        if (line.len == 0) {
            return have - rest.len;
        }
    }
    return 0;
}

/* Line breaks of every kind at every place, of which few are an empty line. */
static void a_head_ends_at_the_first_empty_line(void **unused)
{
    enum { LEN = 400, TIMES = 2000, OTHERS = 40 };
    uint8_t text[LEN];
    uint32_t random = 1;
    (void)unused;
    for (int times = 0; times < TIMES; times++) {
        for (size_t i = 0; i < LEN; i++) {
            random         = random * 1664525 + 1013904223;
            uint32_t which = (random >> 16) % OTHERS;
            text[i]        = which < 2 ? '\n' : which < 5 ? '\r' : 'a';
        }
        size_t len = LEN - (size_t)times % LEN;
        assert_int_equal(http_head_length(ht_bytes(text, len), LEN),
                         length_by_lines(ht_bytes(text, len), LEN));
        assert_int_equal(http_head_length(ht_bytes(text, LEN), len),
                         length_by_lines(ht_bytes(text, LEN), len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),     cmocka_unit_test(responses),
        cmocka_unit_test(secrets),      cmocka_unit_test(other_heads),
        cmocka_unit_test(chunks),       cmocka_unit_test(trailers),
        cmocka_unit_test(body_lengths), cmocka_unit_test(a_head_ends_at_the_first_empty_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
