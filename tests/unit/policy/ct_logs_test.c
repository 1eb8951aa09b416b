#include "policy/ct_logs.h"

#include "support.h"

#include <stdlib.h>
#include <unistd.h>

/* Opens `text` as a file; what is wrong with it, without the file's name, goes into `error`. */
static struct ht_ct_logs *open_text(const char *text, struct ht_error *error)
{
    char path[] = "/tmp/hellotap-logs-XXXXXX";
    int file    = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
    struct ht_ct_logs *logs = ht_ct_logs_open(path, error);
    assert_int_equal(unlink(path), 0);
    if (logs == NULL) {
        assert_memory_equal(error->text, path, strlen(path));
        memmove(error->text, error->text + strlen(path), strlen(error->text + strlen(path)) + 1);
    }
    return logs;
}

/* The id and the key of Google's log Pilot, as RFC 6962's authors published them. */
#define PILOT_KEY                                                                                  \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfahLEimAoz2t01p3uMziiLOl/fHTDM0YDOhBRuiBARsV4UvxG2LdNgoI" \
    "GLrtCzWE0J5APC2em4JlvR8EEEFMoA=="
#define PILOT_ID "pLkJkLQYWBSHuxOizGdwCjw1mAT5G9+443fNDsgN3BA="

static void finds(void **state)
{
    (void)state;
    struct ht_error error   = {{0}};
    struct ht_ct_logs *logs = open_text(
        "{\"version\": \"3\", \"operators\": [{\"name\": \"Google\", \"logs\": [{\"description\": "
        "\"Pilot\", \"mmd\": 86400, \"log_id\": \"" PILOT_ID "\", \"key\": \"" PILOT_KEY "\", "
        "\"state\": {\"retired\": {\"timestamp\": \"2021-07-31T00:00:00Z\"}}}]}]}",
        &error);
    assert_non_null(logs);
    struct ht_bytes id = hex("a4b90990b418581487bb13a2cc67700a3c359804f91bdfb8e377cd0ec80ddc10");
    const struct ht_ct_log *log = ht_ct_log_find(logs, id);
    assert_non_null(log);
    assert_text(log->name, "Pilot");
    assert_text(log->log_operator, "Google");
    assert_string_equal(log->state, "retired");
    assert_int_equal(log->key.len, 91);
    assert_true(ht_bytes_equal(ht_bytes_head(log->key, 4), hex("30593013")));
    assert_int_equal(log->key.ptr[90], 0xa0);
    assert_null(ht_ct_log_find(logs, ht_bytes_head(id, 31)));
    assert_null(ht_ct_log_find(logs, hex("a4b90990b418581487bb13a2cc67700a3c359804f91bdfb8e377cd0e"
                                         "c80ddc11")));
    assert_null(ht_ct_log_find(NULL, id));
    ht_ct_logs_free(logs);
}

static void complains(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", ":1: not JSON: "},
        {"{\n]", ":2: not JSON: "},
        {"[]", ":1: has no \"operators\""},
        {"{\"operators\": {}}", ":1: operators: is to be an array"},
        {"{\"operators\": []}", ":1: operators: has no logs"},
        {"{\"operators\": [{\"logs\": [{}]}]}", ":1: operators[0]: has no \"name\""},
        {"{\"operators\":\n[{\"name\": 1, \"logs\": [{}]}]}",
         ":2: operators[0].name: is to be a string"},
        {"{\"operators\": [{\"name\": \"a\", \"logs\": [\n{\"log_id\": \"\"}]}]}",
         ":2: operators[0].logs[0]: has no \"key\""},
        {"{\"operators\": [{\"name\": \"a\", \"logs\": [{\"log_id\": \"\",\n \"key\": \"MF=\"}]}]}",
         ":2: operators[0].logs[0].key: is to be base64"},
        {"{\"operators\": [{\"name\": \"a\", \"logs\": [{\"log_id\": \"AAAA\",\n\"key\":"
         " \"MFkw\"}]}]}",
         ":1: operators[0].logs[0].log_id: is to be of 32 bytes, in base64"},
        {"{\"operators\": [{\"name\": \"a\", \"logs\": [{\"key\": \"M F w\"}]}]}",
         ":1: operators[0].logs[0].key: is to be base64"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct ht_error error = {{0}};
        assert_null(open_text(cases[i].text, &error));
        if (strstr(cases[i].error, "not JSON") != NULL) { /* json-c says why */
            error.text[strlen(cases[i].error)] = '\0';
        }
        assert_string_equal(error.text, cases[i].error);
    }
    struct ht_error error = {{0}};
    assert_null(ht_ct_logs_open("/no/such/file", &error));
    assert_string_equal(error.text, "/no/such/file: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(complains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
