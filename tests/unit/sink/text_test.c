/* What people read, against text by hand, and what must hold of it whatever was captured. */
#include "sink/sink.h"
#include "sink/text_value.h"
#include "sink/utf8.h"
#include "story.h"
#include "support.h"

static struct ht_chars written;

/* The text lives until the next call. */
static const char *write_by(const struct ht_sink_ops *format, struct ht_sink_config config,
                            const struct ht_record_type *type, const void *record)
{
    ht_chars_free(&written);
    struct ht_sink *sink = format->open(&config);
    assert_non_null(sink);
    assert_true(format->record(sink, type, record, &written));
    format->close(sink);
    ht_chars_add_char(&written, '\0');
    return written.ptr;
}

static const char *write_record(struct ht_sink_config config, const struct ht_record_type *type,
                                const void *record)
{
    return write_by(&ht_text_sink, config, type, record);
}

static const char *write_story(struct ht_sink_config config)
{
    struct ht_connection connection;
    story(&connection);
    return write_record(config, &ht_connection_record, &connection);
}

static void test_a_connection(void **state)
{
    (void)state;
    assert_string_equal(
        write_story((struct ht_sink_config){0}),
        "10.0.0.5:51514 → [2001:db8::1]:443  www.example.com  TLS 1.2  "
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256  h2\n"
        "  2023-03-06 04:01:06.770821 UTC · 13.790 s · → 12 packets, 993 B · ← 10 packets, 1.8 kB"
        " · closed by client · rtt 18.1 ms · dns fresh, 1.2 ms old · TLS/Web · vlan 12"
        " · vxlan 0 192.0.2.1 → 192.0.2.2 · teredo · capture.pcapng"
        " · c-5f0e1c9a7b3d2468\n"
        "   -13.5 ms  1  →  dns.query\n"
        "          0  3  →  SYN          mss 1460\n"
        "    18.2 ms  6  →  ClientHello  www.example.com  TLS 1.3, TLS 1.2  suites "
        "TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 +3 more  early data\n"
        "             –  ←  Certificate  absent: lost in capture\n"
        "  capture  missing 1.5 kB\n"
        "  high  Old version negotiated  version 0x0303  frames 8, 9  RFC 8996  old-version\n");
}

static void test_folded(void **state)
{
    (void)state;
    assert_string_equal(write_story((struct ht_sink_config){.width = 64}),
                        /* 123456789 123456789 123456789 123456789 123456789 123456789 1234 */
                        "10.0.0.5:51514 → [2001:db8::1]:443  www.example.com  TLS 1.2\n"
                        "    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256  h2\n"
                        "  2023-03-06 04:01:06.770821 UTC · 13.790 s\n"
                        "    · → 12 packets, 993 B · ← 10 packets, 1.8 kB\n"
                        "    · closed by client · rtt 18.1 ms · dns fresh, 1.2 ms old\n"
                        "    · TLS/Web · vlan 12 · vxlan 0 192.0.2.1 → 192.0.2.2 · teredo\n"
                        "    · capture.pcapng · c-5f0e1c9a7b3d2468\n"
                        "   -13.5 ms  1  →  dns.query\n"
                        "          0  3  →  SYN          mss 1460\n"
                        "    18.2 ms  6  →  ClientHello  www.example.com\n"
                        "                                TLS 1.3, TLS 1.2\n"
                        "                                suites TLS_AES_128_GCM_SHA256,\n"
                        "                                TLS_AES_256_GCM_SHA384 +3 more\n"
                        "                                early data\n"
                        "             –  ←  Certificate  absent: lost in capture\n"
                        "  capture  missing 1.5 kB\n"
                        "  high  Old version negotiated  version 0x0303  frames 8, 9\n"
                        "    RFC 8996  old-version\n");
}

static const char *brief(const struct ht_record_type *type, const void *record)
{
    return write_by(&ht_brief_sink, (struct ht_sink_config){.width = 40}, type, record);
}

/* How TCP ended is said where it did not end as most do, unless the headline says the same. */
static void test_brief(void **state)
{
    (void)state;
    struct ht_connection connection;
    story(&connection);
    struct ht_tcp_summary tcp = *connection.tcp;
    connection.tcp            = &tcp;
    assert_string_equal(
        brief(&ht_connection_record, &connection),
        "2023-03-06 04:01:06.770821  10.0.0.5:51514 → [2001:db8::1]:443  www.example.com  TLS 1.2  "
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256  h2  c-5f0e1c9a7b3d2468\n");
    tcp = (struct ht_tcp_summary){.state = "reset", .closed_by = "server", .close = "rst"};
    assert_non_null(strstr(brief(&ht_connection_record, &connection), "  h2  reset by server  c-"));
    connection.server_name = ht_text("reset by server"); /* a name says nothing */
    assert_non_null(strstr(brief(&ht_connection_record, &connection), "  h2  reset by server  c-"));
    struct demo_details details = *(const struct demo_details *)connection.details.object;
    details.alpn                = ht_text("reset by server");
    connection.details.object   = &details;
    assert_non_null(strstr(brief(&ht_connection_record, &connection), "256  reset by server  c-"));
    details.alpn = ht_text("h2");
    tcp.close    = "fin";
    assert_non_null(strstr(brief(&ht_connection_record, &connection), "  h2  c-"));
    tcp = (struct ht_tcp_summary){.state = "unanswered"};
    assert_non_null(strstr(brief(&ht_connection_record, &connection), "  h2  unanswered  c-"));
    connection.tcp = NULL;
    assert_non_null(strstr(brief(&ht_connection_record, &connection), "  h2  c-"));
    assert_string_equal(brief(&ht_event_record_type, &(struct ht_event_record){0}), "");
}

static void test_colored(void **state)
{
    (void)state;
    const char *text = write_story((struct ht_sink_config){.color = true});
    assert_non_null(strstr(text, "\x1b[31mhigh\x1b[0m"));
    assert_non_null(strstr(text, "\x1b[1mSYN\x1b[0m"));
    assert_non_null(strstr(text, "\x1b[2mCertificate\x1b[0m"));
    assert_non_null(strstr(text, "\x1b[36mwww.example.com\x1b[0m"));
}

/* The text without spaces, newlines and colours. */
static struct ht_bytes bare(const char *text, char *out)
{
    size_t n = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\x1b') {
            c = strchr(c, 'm');
        } else if (*c != ' ' && *c != '\n') {
            out[n++] = *c;
        }
    }
    return ht_bytes(out, n);
}

static void expect_folded(const char *text, size_t width)
{
    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        struct ht_bytes view = ht_bytes(line, (size_t)(end - line));
        assert_true(ht_fold_width(view) <= width);
        assert_true(view.len == 0 || end[-1] != ' ');
        line = end + 1;
    }
}

static void test_no_line_passes_the_width_and_nothing_is_lost(void **state)
{
    (void)state;
    char whole_text[4096], folded_text[4096];
    struct ht_bytes whole = bare(write_story((struct ht_sink_config){0}), whole_text);
    for (unsigned width = 34; width < 300; width++) {
        for (unsigned color = 0; color < 2; color++) {
            const char *text =
                write_story((struct ht_sink_config){.width = width, .color = color > 0});
            expect_folded(text, width);
            struct ht_bytes folded = bare(text, folded_text);
            assert_int_equal(folded.len, whole.len);
            assert_memory_equal(folded.ptr, whole.ptr, whole.len);
        }
    }
}

/* Only our own colours, newlines and characters that show themselves. */
static void expect_harmless(struct ht_bytes text)
{
    while (text.len > 0) {
        uint32_t c = 0;
        size_t len = ht_utf8_next(text, &c);
        assert_true(len > 0);
        if (c == 0x1b) {
            assert_int_equal(text.ptr[1], '[');
            len = 2 + strspn((const char *)text.ptr + 2, "0123456789");
            assert_int_equal(text.ptr[len], 'm');
            len++;
        } else {
            assert_true(c == '\n' || !ht_utf8_is_control(c));
            assert_false(ht_utf8_is_invisible(c));
        }
        text = ht_bytes_from(text, len);
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223; /* Numerical Recipes' generator */
    return *seed >> 8;
}

static void test_hostile_texts_are_harmless(void **state)
{
    (void)state;
    static const char nasty[] =
        "\x1b[31m\x1b]0;x\x07\r\n\t\xc2\x9b\xe2\x80\xae\xef\xbb\xbf\x80\xff";
    uint32_t seed = 42;
    for (unsigned round = 0; round < 500; round++) {
        struct ht_connection c;
        story(&c);
        uint8_t bytes[400];
        size_t len = next_random(&seed) % sizeof bytes;
        for (size_t i = 0; i < len; i++) {
            uint32_t random = next_random(&seed);
            bytes[i]        = (uint8_t)(random % 2 > 0 ? random >> 8
                                                       : (uint8_t)nasty[(random >> 8) % (sizeof nasty)]);
        }
        struct ht_bytes any            = ht_bytes(bytes, len);
        struct demo_hello hello        = {.name = any};
        struct ht_finding finding      = {.evidence = any};
        struct ht_timeline_entry entry = {.type = &demo_hello_event, .object = &hello};
        c.server_name = c.source = c.protocol = any;
        c.details.type                        = NULL;
        c.timeline                            = (struct ht_objects){.items = &entry, .len = 1};
        c.findings                            = (struct ht_objects){.items = &finding, .len = 1};
        const struct ht_sink_config config    = {.color = true, .width = round % 100};
        expect_harmless(ht_text(write_record(config, &ht_connection_record, &c)));
        expect_folded(written.ptr, config.width < 34 ? SIZE_MAX : config.width);
        struct ht_event_record event = {.connection = any, .data = {&demo_hello_struct, &hello}};
        expect_harmless(ht_text(write_record(config, &ht_event_record_type, &event)));
    }
}

static void expect_safe(const char *digits, const char *expected)
{
    struct ht_text text = {0};
    ht_text_safe(&text, hex(digits));
    assert_text(ht_chars_view(&text.out), expected);
    ht_chars_free(&text.out);
}

static void test_escapes(void **state)
{
    (void)state;
    expect_safe("41 1b 5b 33 31 6d 42", "A\\x1b[31mB");
    expect_safe("0a 0d 09 7f", "\\x0a\\x0d\\x09\\x7f");
    expect_safe("c29b 33", "\\u{009b}3");   /* CSI of C1 */
    expect_safe("e280ae 61", "\\u{202e}a"); /* right-to-left override */
    expect_safe("f3a08081", "\\u{0e0001}"); /* a language tag */
    expect_safe("80 c0af e282", "\\x80\\xc0\\xaf\\xe2\\x82");
    expect_safe("c3bc e282ac", "ü€");
}

static void expect_duration(int64_t ns, const char *expected)
{
    struct ht_text text = {0};
    ht_text_duration(&text, ns);
    assert_text(ht_chars_view(&text.out), expected);
    ht_chars_free(&text.out);
}

static void test_durations(void **state)
{
    (void)state;
    expect_duration(0, "0");
    expect_duration(999, "999 ns");
    expect_duration(1499, "1 µs");
    expect_duration(999499, "999 µs");
    expect_duration(999500, "1.0 ms");
    expect_duration(-13500000, "-13.5 ms");
    expect_duration(999949999, "999.9 ms");
    expect_duration(999950000, "1.000 s");
    expect_duration(13789552000, "13.790 s");
    expect_duration(59999499999, "59.999 s");
    expect_duration(59999500000, "1m 00s");
    expect_duration(INT64_C(3600) * 1000000000, "1h 00m");
    expect_duration(INT64_MIN, "-2562047h 47m"); /* 2^63 ns by bc(1) */
}

static void expect_size(uint64_t bytes, const char *expected)
{
    struct ht_text text = {0};
    ht_text_size(&text, bytes);
    assert_text(ht_chars_view(&text.out), expected);
    ht_chars_free(&text.out);
}

static void test_sizes(void **state)
{
    (void)state;
    expect_size(0, "0 B");
    expect_size(999, "999 B");
    expect_size(1000, "1.0 kB");
    expect_size(1799, "1.8 kB");
    expect_size(999949, "999.9 kB");
    expect_size(999950, "1.0 MB");
    expect_size(UINT64_MAX, "18.4 EB");
}

static void test_an_event(void **state)
{
    (void)state;
    struct ht_connection c;
    story(&c);
    struct ht_party client = *c.client, server = *c.server;
    struct ht_event_record event = {
        .connection   = c.id,
        .time_ns      = c.start_ns,
        .frame        = 7,
        .client_party = &client,
        .server_party = &server,
        .from         = "client",
        .event        = "demo.first_hello",
        .encrypted    = true,
        .data         = {&demo_hello_struct,
                         ((const struct ht_timeline_entry *)c.timeline.items)[2].object}};
    assert_string_equal(write_record((struct ht_sink_config){0}, &ht_event_record_type, &event),
                        "event  2023-03-06 04:01:06.770821  10.0.0.5:51514 → [2001:db8::1]:443  "
                        "demo.first_hello  from client  frame 7  encrypted  www.example.com  "
                        "TLS 1.3, TLS 1.2  suites TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 "
                        "+3 more  early data\n");
}

struct exchange {
    const struct ht_party *client, *server;
    struct ht_bytes question;
};
static const struct ht_field exchange_fields[] = {
    HT_FIELD(struct exchange, client, HT_OBJECT, "Who asked.", .of = &ht_party_struct),
    HT_FIELD(struct exchange, question, HT_TEXT, "What.", .label = ""),
    HT_FIELD(struct exchange, server, HT_OBJECT, "Who was asked.", .of = &ht_party_struct),
};
static const struct ht_struct exchange_struct =
    HT_STRUCT(struct exchange, "exchange", exchange_fields, "A question.");
static const struct ht_record_type exchange_record = {.name = "exchange", .data = &exchange_struct};

static void expect_exchange(const struct exchange *exchange, const char *expected)
{
    assert_string_equal(write_record((struct ht_sink_config){0}, &exchange_record, exchange),
                        expected);
}

static void test_a_record_begins_with_its_parties(void **state)
{
    (void)state;
    struct ht_party client   = {.ip = ht_address4(hex("0a090001").ptr), .port = 50000};
    struct ht_party server   = {.ip = ht_address6(hex("20010db8000000000000000000000035").ptr)};
    struct ht_party nobody   = {.port = 53};
    struct exchange exchange = {.client = &client, .server = &server, .question = ht_text("who")};
    expect_exchange(&exchange, "exchange  10.9.0.1 → 2001:db8::35  who\n");
    exchange.server = &nobody;
    expect_exchange(&exchange, "exchange  who\n");
    exchange.server = NULL;
    expect_exchange(&exchange, "exchange  who\n");
}

struct outcome {
    bool resumed;
    struct ht_bytes alpn;
};
static const struct ht_field outcome_fields[] = {
    HT_FIELD(struct outcome, alpn, HT_TEXT, "Negotiated.", .label = "", .flags = HT_HEADLINE),
    HT_FIELD(struct outcome, resumed, HT_BOOL, "Resumed.", .label = "resumed",
             .flags = HT_HEADLINE | HT_ALWAYS),
};
static const struct ht_struct outcome_struct =
    HT_STRUCT(struct outcome, "outcome", outcome_fields, "Details.");

/* JSON always has the field; people read it only where it holds. */
static void test_the_headline_says_what_holds(void **state)
{
    (void)state;
    struct ht_connection c;
    story(&c);
    struct outcome outcome = {.alpn = ht_text("h2")};
    c.details              = (struct ht_any){.type = &outcome_struct, .object = &outcome};
    c.timeline = c.findings = (struct ht_objects){0};
    const char *text        = write_record((struct ht_sink_config){0}, &ht_connection_record, &c);
    assert_non_null(strstr(text, "www.example.com  h2\n"));
    assert_null(strstr(text, "resumed"));
    outcome.resumed = true;
    text            = write_record((struct ht_sink_config){0}, &ht_connection_record, &c);
    assert_non_null(strstr(text, "www.example.com  h2  resumed\n"));
}

/* The empty lines themselves are for whoever puts records one after another. */
static void test_blocks_stand_apart(void **state)
{
    (void)state;
    assert_true(ht_text_sink.is_apart(&ht_connection_record));
    assert_false(ht_text_sink.is_apart(&ht_event_record_type));
    assert_null(ht_json_sink.is_apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection),
        cmocka_unit_test(test_folded),
        cmocka_unit_test(test_brief),
        cmocka_unit_test(test_colored),
        cmocka_unit_test(test_no_line_passes_the_width_and_nothing_is_lost),
        cmocka_unit_test(test_hostile_texts_are_harmless),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_an_event),
        cmocka_unit_test(test_a_record_begins_with_its_parties),
        cmocka_unit_test(test_the_headline_says_what_holds),
        cmocka_unit_test(test_blocks_stand_apart),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ht_chars_free(&written);
    return failed;
}
