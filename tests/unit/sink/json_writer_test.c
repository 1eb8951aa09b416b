#include "sink/json_writer.h"
#include "support.h"

#include <json-c/json.h>

static void expect(struct ht_json_writer *w, const char *text)
{
    assert_false(w->out.failed);
    assert_text(ht_chars_view(&w->out), text);
    ht_chars_free(&w->out);
}

static void test_commas_stand_between(void **state)
{
    (void)state;
    struct ht_json_writer w = {0};
    ht_json_open(&w, '{');
    ht_json_key(&w, "a");
    ht_json_open(&w, '[');
    ht_json_uint(&w, 1);
    ht_json_open(&w, '{');
    ht_json_close(&w, '}');
    ht_json_open(&w, '[');
    ht_json_close(&w, ']');
    ht_json_bool(&w, true);
    ht_json_close(&w, ']');
    ht_json_key(&w, "b");
    ht_json_text(&w, ht_text("{"));
    ht_json_key(&w, "c");
    ht_json_text(&w, ht_text("["));
    ht_json_close(&w, '}');
    ht_json_line(&w);
    ht_json_open(&w, '{');
    ht_json_close(&w, '}');
    expect(&w, "{\"a\":[1,{},[],true],\"b\":\"{\",\"c\":\"[\"}\n{}");
}

static void test_numbers(void **state)
{
    (void)state;
    struct ht_json_writer w = {0};
    ht_json_open(&w, '[');
    ht_json_uint(&w, 0);
    ht_json_uint(&w, UINT64_MAX);
    ht_json_int(&w, INT64_MIN);
    ht_json_int(&w, INT64_MAX);
    ht_json_int(&w, -1);
    ht_json_id(&w, 0x0a, 1);
    ht_json_id(&w, 0x1301, 2);
    ht_json_hex(&w, hex("00ff7A"));
    ht_json_hex(&w, ht_bytes(NULL, 0));
    ht_json_close(&w, ']');
    expect(&w, "[0,18446744073709551615,-9223372036854775808,9223372036854775807,-1,\"0x0a\","
               "\"0x1301\",\"00ff7a\",\"\"]");
}

/* By date(1): date -u -d @1678075266 is 2023-03-06T04:01:06, @951868799 the last second of the leap
 * day of 2000; INT64_MIN nanoseconds is 1677-09-21T00:12:43.145224192. */
static void test_times(void **state)
{
    (void)state;
    struct ht_json_writer w = {0};
    ht_json_time(&w, INT64_C(1678075266770821000));
    expect(&w, "\"2023-03-06T04:01:06.770821000Z\"");
    ht_json_time(&w, INT64_C(1678060799999999999)); /* the day before, at its end */
    expect(&w, "\"2023-03-05T23:59:59.999999999Z\"");
    ht_json_time(&w, INT64_C(951868799000000001));
    expect(&w, "\"2000-02-29T23:59:59.000000001Z\"");
    ht_json_time(&w, -1);
    expect(&w, "\"1969-12-31T23:59:59.999999999Z\"");
    ht_json_time(&w, 0);
    expect(&w, "\"1970-01-01T00:00:00.000000000Z\"");
    ht_json_time(&w, INT64_MIN);
    expect(&w, "\"1677-09-21T00:12:43.145224192Z\"");
    ht_json_time(&w, INT64_MAX);
    expect(&w, "\"2262-04-11T23:47:16.854775807Z\"");
}

static void test_addresses(void **state)
{
    (void)state;
    struct ht_json_writer w = {0};
    struct ht_address four  = ht_address4(hex("ff00010a").ptr);
    struct ht_address six   = ht_address6(hex("20010db8000000000000000000000001").ptr);
    ht_json_address(&w, &four);
    expect(&w, "\"255.0.1.10\"");
    ht_json_address(&w, &six);
    expect(&w, "\"2001:db8::1\"");
}

static void expect_text(const char *digits, const char *json)
{
    struct ht_json_writer w = {0};
    ht_json_text(&w, hex(digits));
    expect(&w, json);
}

static void test_texts_are_escaped(void **state)
{
    (void)state;
    expect_text("", "\"\"");
    expect_text("22 5c 2f", "\"\\\"\\\\/\""); /* " \ / */
    expect_text("00 09 0a 0d 1b 7f", "\"\\u0000\\u0009\\n\\u000d\\u001b\\u007f\"");
    expect_text("c3a4 e282ac f09f9880", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
    expect_text("c285 e280a8 e280a9", "\"\\u0085\\u2028\\u2029\""); /* ends of lines to some */
    expect_text("41 80 42 ff", "\"A\\\\x80B\\\\xff\"");
    expect_text("c0af", "\"\\\\xc0\\\\xaf\"");                   /* an overlong slash */
    expect_text("eda080", "\"\\\\xed\\\\xa0\\\\x80\"");          /* a surrogate */
    expect_text("f4908080", "\"\\\\xf4\\\\x90\\\\x80\\\\x80\""); /* past U+10FFFF */
    expect_text("e282", "\"\\\\xe2\\\\x82\"");                   /* cut */
    expect_text("5c783830", "\"\\\\x5cx80\"");                   /* the text \x80 itself */
    expect_text("5c783847", "\"\\\\x8G\"");                      /* \x8G is no escape */
}

static unsigned hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* What the header says of the way back. Not by hex(): it keeps what it returns until the end. */
static struct ht_bytes unescape(const char *text, size_t len)
{
    static uint8_t out[256];
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool escape = i + 3 < len && text[i] == '\\' && text[i + 1] == 'x' &&
                      strspn(text + i + 2, "0123456789abcdef") >= 2;
        out[n++] = escape ? (uint8_t)(hex_digit(text[i + 2]) << 4 | hex_digit(text[i + 3]))
                          : (uint8_t)text[i];
        i += escape ? 3 : 0;
    }
    return ht_bytes(out, n);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223; /* Numerical Recipes' generator */
    return *seed >> 8;
}

/* Bytes among which quotes, backslashes, escapes and pieces of UTF-8 are frequent. */
static uint8_t nasty_byte(uint32_t *seed)
{
    static const uint8_t nasty[] = "\\\\x80ff\"\n\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x1b";
    uint32_t random              = next_random(seed);
    return random % 3 == 0 ? (uint8_t)(random >> 8) : nasty[(random >> 8) % (sizeof nasty)];
}

static void test_any_bytes_come_back(void **state)
{
    (void)state;
    uint32_t seed = 4711;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[48];
        size_t len = next_random(&seed) % sizeof bytes;
        for (size_t i = 0; i < len; i++) {
            bytes[i] = nasty_byte(&seed);
        }
        struct ht_json_writer w = {0};
        ht_json_text(&w, ht_bytes(bytes, len));
        struct ht_bytes line = ht_chars_view(&w.out);
        for (size_t i = 0; i < line.len; i++) {
            assert_true(line.ptr[i] >= 0x20 && line.ptr[i] != 0x7F);
        }
        ht_chars_add_char(&w.out, '\0');
        struct json_object *parsed = json_tokener_parse(w.out.ptr);
        assert_true(json_object_is_type(parsed, json_type_string));
        struct ht_bytes back =
            unescape(json_object_get_string(parsed), (size_t)json_object_get_string_len(parsed));
        assert_int_equal(back.len, len);
        assert_memory_equal(back.ptr, bytes, len);
        json_object_put(parsed);
        ht_chars_free(&w.out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_stand_between),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_texts_are_escaped),
        cmocka_unit_test(test_any_bytes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
