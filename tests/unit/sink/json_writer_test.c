#include "sink/json_writer.h"
#include "support.h"

#include <json-c/json.h>
#include <stdlib.h>

static void expect(struct ht_chars *out, const char *text)
{
    assert_false(out->failed);
    assert_text(ht_chars_view(out), text);
    ht_chars_free(out);
}

/* What was written from `at` to `end`. */
static void expect_put(const char *at, const char *end, const char *text)
{
    assert_text(ht_bytes(at, (size_t)(end - at)), text);
}

static void test_the_first_comma_becomes_the_bracket(void **state)
{
    (void)state;
    char room[32] = ",1,2";
    expect_put(room, ht_json_end(room + 4, room, "[]"), "[1,2]");
    expect_put(room, ht_json_end(room, room, "{}"), "{}");
    memcpy(room, "\"a\":,\"b\":1", 10);
    expect_put(room, ht_json_end(room + 10, room + 4, "{}"), "\"a\":{\"b\":1}");
}

static void test_values(void **state)
{
    (void)state;
    char at[HT_JSON_VALUE_MAX];
    expect_put(at, ht_json_put_bool(at, true), "true");
    expect_put(at, ht_json_put_bool(at, false), "false");
    expect_put(at, ht_json_put_int(at, INT64_MIN), "-9223372036854775808");
    expect_put(at, ht_json_put_int(at, INT64_MAX), "9223372036854775807");
    expect_put(at, ht_json_put_int(at, -1), "-1");
    expect_put(at, ht_json_put_int(at, 0), "0");
    expect_put(at, ht_json_put_id(at, 0x0a, 1), "\"0x0a\"");
    expect_put(at, ht_json_put_id(at, 0x1301, 2), "\"0x1301\"");
    expect_put(at, ht_json_put_id(at, 0x1301, 1), "\"0x1301\"");
    expect_put(at, ht_json_put_hex(at, hex("00ff7A")), "\"00ff7a\"");
    expect_put(at, ht_json_put_hex(at, ht_bytes(NULL, 0)), "\"\"");
}

/* What does not fit into the room of a value goes the other way. */
static void test_long_values(void **state)
{
    (void)state;
    char at[HT_JSON_VALUE_MAX];
    uint8_t bytes[HT_JSON_VALUE_MAX];
    memset(bytes, 'a', sizeof bytes);
    struct ht_bytes longest = ht_bytes(bytes, sizeof bytes - 2);
    assert_ptr_equal(ht_json_put_text(at, longest), at + sizeof at);
    assert_null(ht_json_put_text(at, ht_bytes(bytes, longest.len + 1)));
    assert_ptr_equal(ht_json_put_hex(at, ht_bytes(bytes, longest.len / 2)), at + sizeof at);
    assert_null(ht_json_put_hex(at, ht_bytes(bytes, longest.len / 2 + 1)));
    assert_null(ht_json_put_text(at, ht_text("a\"b")));
    struct ht_chars out = {0};
    ht_json_add_hex(&out, hex("00ff7A"));
    expect(&out, "\"00ff7a\"");
}

static void expect_time(struct ht_json_clock *clock, int64_t time_ns, const char *text)
{
    char at[HT_JSON_VALUE_MAX];
    expect_put(at, ht_json_put_time(clock, at, time_ns), text);
}

/* By date(1): date -u -d @1678075266 is 2023-03-06T04:01:06, @951868799 the last second of the leap
 * day of 2000; INT64_MIN nanoseconds is 1677-09-21T00:12:43.145224192. */
static void test_times(void **state)
{
    (void)state;
    struct ht_json_clock c = {0};
    expect_time(&c, INT64_C(1678075266770821000), "\"2023-03-06T04:01:06.770821000Z\"");
    expect_time(&c, INT64_C(1678075266000000001), "\"2023-03-06T04:01:06.000000001Z\"");
    expect_time(&c, INT64_C(1678075267000000000), "\"2023-03-06T04:01:07.000000000Z\"");
    expect_time(&c, INT64_C(1678060799999999999), "\"2023-03-05T23:59:59.999999999Z\"");
    expect_time(&c, INT64_C(951868799000000001), "\"2000-02-29T23:59:59.000000001Z\"");
    expect_time(&c, -1, "\"1969-12-31T23:59:59.999999999Z\"");
    expect_time(&c, 0, "\"1970-01-01T00:00:00.000000000Z\"");
    expect_time(&c, INT64_MIN, "\"1677-09-21T00:12:43.145224192Z\"");
    expect_time(&c, INT64_MAX, "\"2262-04-11T23:47:16.854775807Z\"");
    c = (struct ht_json_clock){0}; /* second 0 is not taken for the one told last */
    expect_time(&c, 0, "\"1970-01-01T00:00:00.000000000Z\"");
}

static void test_addresses(void **state)
{
    (void)state;
    char at[HT_JSON_VALUE_MAX];
    struct ht_address four = ht_address4(hex("ff00010a").ptr);
    struct ht_address six  = ht_address6(hex("20010db8000000000000000000000001").ptr);
    expect_put(at, ht_json_put_address(at, &four), "\"255.0.1.10\"");
    expect_put(at, ht_json_put_address(at, &six), "\"2001:db8::1\"");
    const struct ht_address other = {.version = 4, .bytes = {255, 0, 1, 11}};
    const struct ht_address alike = {.version = 6, .bytes = {255, 0, 1, 10}};
    struct ht_json_address last   = {0};
    for (unsigned i = 0; i < 2; i++) { /* the second time a copy */
        expect_put(at, ht_json_put_same_address(&last, at, &four), "\"255.0.1.10\"");
        expect_put(at, ht_json_put_same_address(&last, at, &four), "\"255.0.1.10\"");
        expect_put(at, ht_json_put_same_address(&last, at, &alike), "\"ff00:10a::\"");
        expect_put(at, ht_json_put_same_address(&last, at, &other), "\"255.0.1.11\"");
        expect_put(at, ht_json_put_same_address(&last, at, &six), "\"2001:db8::1\"");
    }
}

static void expect_text(const char *digits, const char *json)
{
    struct ht_chars out = {0};
    ht_json_add_text(&out, hex(digits));
    expect(&out, json);
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
        struct ht_chars out = {0};
        ht_json_add_text(&out, ht_bytes(bytes, len));
        struct ht_bytes line = ht_chars_view(&out);
        for (size_t i = 0; i < line.len; i++) {
            assert_true(line.ptr[i] >= 0x20 && line.ptr[i] != 0x7F);
        }
        ht_chars_add_char(&out, '\0');
        struct json_object *parsed = json_tokener_parse(out.ptr);
        assert_true(json_object_is_type(parsed, json_type_string));
        struct ht_bytes back =
            unescape(json_object_get_string(parsed), (size_t)json_object_get_string_len(parsed));
        assert_int_equal(back.len, len);
        assert_memory_equal(back.ptr, bytes, len);
        json_object_put(parsed);
        ht_chars_free(&out);
    }
}

/* Expected: the text itself, for it is plain but for the one byte at `odd` (none: SIZE_MAX), whose
 * escape is `escape`. The text is in memory of exactly its size, for ASan to see what reads past.
 */
static void expect_scanned(size_t len, size_t odd, uint8_t byte, const char *escape)
{
    uint8_t *bytes           = malloc(len + 1); /* malloc(0) may be NULL */
    struct ht_chars expected = {0}, out = {0}, small = {0};
    ht_chars_add_char(&expected, '"');
    for (size_t i = 0; i < len; i++) {
        char plain   = (char)('#' + i % 50);
        bytes[i + 1] = i == odd ? byte : (uint8_t)plain;
        ht_chars_add(&expected, i == odd ? ht_text(escape) : ht_bytes(&plain, 1));
    }
    ht_chars_add_text(&expected, "\"");
    ht_chars_add_char(&expected, '\0');
    char *at  = ht_chars_room(&small, HT_JSON_VALUE_MAX);
    char *end = ht_json_put_text(at, ht_bytes(bytes + 1, len));
    assert_true((end != NULL) == (odd >= len));
    if (end != NULL) {
        expect_put(at, end, expected.ptr);
    }
    ht_json_add_text(&out, ht_bytes(bytes + 1, len));
    expect(&out, expected.ptr);
    ht_chars_free(&small);
    ht_chars_free(&expected);
    free(bytes);
}

/* A byte that is not plain is seen wherever it lies in a word, and next to whatever. */
static void test_every_length_and_place(void **state)
{
    (void)state;
    static const struct {
        uint8_t byte;
        const char *escape;
    } odds[] = {{0x00, "\\u0000"}, {0x0A, "\\n"},     {0x1F, "\\u001f"}, {'"', "\\\""},
                {'\\', "\\\\"},    {0x7F, "\\u007f"}, {0x80, "\\\\x80"}, {0xFF, "\\\\xff"},
                {0xA2, "\\\\xa2"}, {0xDC, "\\\\xdc"}};
    for (size_t len = 0; len <= 40; len++) {
        expect_scanned(len, SIZE_MAX, 0, "");
        for (size_t place = 0; place < len; place++) {
            for (size_t i = 0; i < HT_ARRAY_LEN(odds); i++) {
                expect_scanned(len, place, odds[i].byte, odds[i].escape);
            }
        }
    }
}

/* Each of the 256 bytes is judged alike alone and within a word. */
static void test_every_byte(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        char at[HT_JSON_VALUE_MAX];
        uint8_t alone = (uint8_t)c, word[8];
        memset(word, 'a', sizeof word);
        word[c % 8] = (uint8_t)c;
        bool plain  = c >= ' ' && c <= '~' && c != '"' && c != '\\'; /* RFC 8259 section 7, DEL */
        assert_true((ht_json_put_text(at, ht_bytes(&alone, 1)) != NULL) == plain);
        assert_true((ht_json_put_text(at, ht_bytes(word, 8)) != NULL) == plain);
    }
}

/* Each byte is looked at a few times, however many are special: else this takes an hour. */
static void test_long_texts_of_special_bytes(void **state)
{
    enum { LEN = 4 << 20, ESCAPE = 6 };
    struct ht_chars out = {0};
    uint8_t *text       = malloc(LEN);
    (void)state;
    assert_non_null(text);
    memset(text, 1, LEN);
    ht_json_add_text(&out, ht_bytes(text, LEN));
    assert_int_equal(out.len, (size_t)ESCAPE * LEN + 2);
    ht_chars_free(&out);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_comma_becomes_the_bracket),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_texts_are_escaped),
        cmocka_unit_test(test_any_bytes_come_back),
        cmocka_unit_test(test_every_length_and_place),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_long_texts_of_special_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
