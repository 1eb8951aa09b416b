/* The JSON Schema and the manual page, made from the tables of a small protocol. */
#include "sink/schema.h"
#include "story.h"
#include "support.h"

#include <json-c/json.h>
#include <stdlib.h>

static const struct ht_record_type *const records[] = {&ht_connection_record, &ht_event_record_type,
                                                       NULL};
static const struct ht_event_type *const events[]   = {&demo_syn, &demo_hello_event,
                                                       &demo_certificate, NULL};
static const struct ht_struct *const details[]      = {&demo_details_struct, NULL};

static const struct ht_schema_parts parts = {
    .records = records, .events = events, .details = details};

static char *written;
static size_t written_len;

static struct json_object *schema(bool strict)
{
    free(written);
    FILE *out = open_memstream(&written, &written_len);
    assert_true(ht_schema_write(out, &parts, strict));
    fclose(out);
    struct json_object *parsed = json_tokener_parse(written);
    assert_non_null(parsed);
    return parsed;
}

static const char *text_at(struct json_object *object, const char *path)
{
    struct json_object *found = NULL;
    if (json_pointer_get(object, path, &found) != 0) {
        return NULL;
    }
    return json_object_to_json_string_ext(found, JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void test_schema(void **state)
{
    (void)state;
    struct json_object *s = schema(false);
    assert_string_equal(text_at(s, "/$schema"), "\"https://json-schema.org/draft/2020-12/schema\"");
    assert_string_equal(text_at(s, "/$id"), "\"hellotap-1.schema.json\"");
    assert_string_equal(text_at(s, "/oneOf/0/properties/schema"), "{\"const\":\"hellotap/1\"}");
    assert_string_equal(text_at(s, "/oneOf/0/properties/type"), "{\"const\":\"connection\"}");
    assert_string_equal(text_at(s, "/oneOf/0/required"), "[\"schema\",\"type\",\"duration_ns\"]");
    assert_string_equal(text_at(s, "/oneOf/0/properties/demo"), "{\"$ref\":\"#/$defs/demo\"}");
    assert_string_equal(text_at(s, "/$defs/demo/required"), "[\"established\"]");
    assert_string_equal(text_at(s, "/$defs/demo/properties/version/properties/id/pattern"),
                        "\"^0x[0-9a-f]{4}$\"");
    assert_string_equal(text_at(s, "/$defs/party/properties/port"),
                        "{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535,"
                        "\"description\":\"Its port.\"}");
    assert_string_equal(text_at(s, "/$defs/timeline_entry/required"), "[]");
    assert_null(text_at(s, "/oneOf/0/additionalProperties"));
    json_object_put(s);
}

/* Where the record's details hold an event's data, only the event record has them too. */
static void test_event_data(void **state)
{
    (void)state;
    struct json_object *s = schema(false);
    assert_non_null(text_at(s, "/$defs/timeline_entry/properties/demo_syn"));
    assert_null(text_at(s, "/$defs/timeline_entry/properties/demo_hello"));
    assert_non_null(text_at(s, "/oneOf/1/properties/demo_hello"));
    json_object_put(s);
}

static void test_strict_schema(void **state)
{
    (void)state;
    struct json_object *s = schema(true);
    assert_string_equal(text_at(s, "/oneOf/0/additionalProperties"), "false");
    assert_string_equal(text_at(s, "/$defs/party/additionalProperties"), "false");
    json_object_put(s);
}

static void test_reference(void **state)
{
    (void)state;
    free(written);
    FILE *out = open_memstream(&written, &written_len);
    assert_true(ht_reference_write(out, &parts, "1.2.3"));
    fclose(out);
    assert_non_null(strstr(written, "\"hellotap 1.2.3\""));
    assert_non_null(
        strstr(written, ".TP\n\\fBdemo.hello.name\\fR (text)\n\\&The name asked for.\n"));
    assert_non_null(strstr(written, "\\fBtimeline[].t_ns\\fR"));
    assert_non_null(
        strstr(written, "\\fBserver\\fR (object)\n\\&The server.\n\\&As \\fBclient\\fR."));
    assert_non_null(strstr(written, ".SS demo.certificate\n"));
    for (const char *line = written; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        bool request = line[0] == '.';
        assert_true(!request || strncmp(line, ".TH ", 4) == 0 || strncmp(line, ".SH ", 4) == 0 ||
                    strncmp(line, ".SS ", 4) == 0 || strncmp(line, ".TP\n", 4) == 0 ||
                    strncmp(line, ".PP\n", 4) == 0 || strncmp(line, ".br\n", 4) == 0);
        assert_true(line[0] != '\'');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_event_data),
        cmocka_unit_test(test_strict_schema),
        cmocka_unit_test(test_reference),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(written);
    return failed;
}
