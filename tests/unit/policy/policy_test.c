/*
 * Policies from files: what they ask for, from when to when, what they inherit; and what is said of
 * a file with a fault. The format is that of hellotap-policy(5); days are counted by `date -u -d`.
 */
#include "support.h"

#include "base/time.h"
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_SIZE = 64 };

/* A file with that text, in a folder of its own below /tmp; `path` is its name. */
static void write_file(char path[PATH_SIZE], const char *text)
{
    (void)snprintf(path, PATH_SIZE, "/tmp/hellotap-policy-XXXXXX.json");
    int file = mkstemps(path, 5);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
}

static bool known_rule(const char *id)
{
    return strcmp(id, "tls10-negotiated") == 0 || strcmp(id, "kx-static-rsa") == 0;
}

static bool known_value(enum ht_policy_list list, const char *value)
{
    return strcmp(value, list == HT_POLICY_VERSIONS ? "TLS 1.2" : "x25519") == 0;
}

static const struct ht_policy_checks checks = {.rule = known_rule, .value = known_value};

static struct ht_policy *open_text(const char *text)
{
    char path[PATH_SIZE];
    struct ht_error error;
    write_file(path, text);
    struct ht_policy *policy = ht_policy_open(path, &checks, &error);
    (void)unlink(path);
    if (policy == NULL) {
        fail_msg("%s", error.text);
    }
    return policy;
}

/* The message about `text`, but for the file's name. */
static void assert_refused(const char *text, const char *message)
{
    char path[PATH_SIZE], expected[300];
    struct ht_error error;
    write_file(path, text);
    (void)snprintf(expected, sizeof expected, "%s:%s", path, message);
    assert_null(ht_policy_open(path, &checks, &error));
    (void)unlink(path);
    assert_string_equal(error.text, expected);
}

static int64_t at(int64_t days)
{
    return days * 86400 * HT_SECOND_NS;
}

static void test_rules(void **state)
{
    (void)state;
    struct ht_policy *policy = open_text(
        "{\"name\": \"house\", \"title\": \"House rules\",\n"
        " \"source\": {\"document\": \"Handbook\", \"version\": \"3\", \"date\": \"2026\"},\n"
        " \"default\": \"report\",\n"
        " \"rules\": {\n"
        "  \"tls10-negotiated\": {\"verdict\": \"fail\", \"severity\": \"critical\",\n"
        "                       \"clause\": \"page 7\"},\n"
        "  \"kx-static-rsa\": \"warn\"}}\n");
    assert_string_equal(ht_policy_name(policy), "house");
    assert_string_equal(ht_policy_title(policy), "House rules");
    assert_string_equal(ht_policy_source(policy), "Handbook, 3, 2026");
    struct ht_policy_rule rule = ht_policy_rule(policy, "tls10-negotiated");
    assert_int_equal(rule.verdict, HT_POLICY_FAIL);
    assert_string_equal(rule.severity, "critical");
    assert_string_equal(rule.clause, "page 7");
    rule = ht_policy_rule(policy, "kx-static-rsa");
    assert_int_equal(rule.verdict, HT_POLICY_WARN);
    assert_null(rule.severity);
    assert_null(rule.clause);
    assert_int_equal(ht_policy_rule(policy, "another").verdict, HT_POLICY_REPORT);
    ht_policy_free(policy);
}

static void test_nothing_asked(void **state)
{
    (void)state;
    struct ht_policy *policy = open_text("{\"name\": \"empty\"}");
    const char *clause       = "";
    assert_string_equal(ht_policy_title(policy), "empty");
    assert_int_equal(ht_policy_rule(policy, "tls10-negotiated").verdict, HT_POLICY_NONE);
    assert_int_equal(ht_policy_rule(NULL, "tls10-negotiated").verdict, HT_POLICY_WARN);
    assert_false(ht_policy_has(policy, HT_POLICY_GROUPS));
    assert_true(ht_policy_allows(policy, HT_POLICY_GROUPS, "anything", 0, &clause));
    assert_null(clause);
    assert_true(ht_policy_allows(NULL, HT_POLICY_GROUPS, "anything", 0, NULL));
    assert_int_equal(ht_policy_number(policy, HT_POLICY_RSA_BITS, 0, &clause), 0);
    assert_int_equal(ht_policy_number(NULL, HT_POLICY_RSA_BITS, 0, NULL), 0);
    ht_policy_free(policy);
}

/* 2026-01-01 is day 20454 of 1970; 2031-12-31 day 22644. */
static void test_list(void **state)
{
    (void)state;
    struct ht_policy *policy =
        open_text("{\"name\": \"p\", \"groups\": {\"clause\": \"section 5\", \"allowed\": [\n"
                  "{\"name\": \"x25519\", \"from\": \"2026-01-01\", \"until\": \"2031-12-31\",\n"
                  " \"clause\": \"table 2\"}]}}");
    const char *clause = NULL;
    assert_true(ht_policy_has(policy, HT_POLICY_GROUPS));
    assert_false(ht_policy_allows(policy, HT_POLICY_GROUPS, "x25519", at(20454) - 1, &clause));
    assert_string_equal(clause, "table 2");
    assert_true(ht_policy_allows(policy, HT_POLICY_GROUPS, "x25519", at(20454), NULL));
    assert_true(ht_policy_allows(policy, HT_POLICY_GROUPS, "x25519", at(22645) - 1, NULL));
    assert_false(ht_policy_allows(policy, HT_POLICY_GROUPS, "x25519", at(22645), NULL));
    assert_false(ht_policy_allows(policy, HT_POLICY_GROUPS, "x448", at(21000), &clause));
    assert_string_equal(clause, "section 5");
    /* What it forbids fails, though it does not name the rule; there is no rule for other lists. */
    assert_int_equal(ht_policy_rule(policy, "policy-group").verdict, HT_POLICY_FAIL);
    assert_int_equal(ht_policy_rule(policy, "policy-version").verdict, HT_POLICY_NONE);
    ht_policy_free(policy);
}

/* 2024-01-01 is day 19723. */
static void test_numbers(void **state)
{
    (void)state;
    struct ht_policy *policy = open_text(
        "{\"name\": \"p\", \"dh_bits\": 2048, \"validity_days\": {\"value\": 90, \"clause\": "
        "\"c\"},\n"
        "\"rsa_bits\": [{\"value\": 2000}, {\"from\": \"2024-01-01\", \"value\": 3000}]}");
    const char *clause = NULL;
    assert_int_equal(ht_policy_number(policy, HT_POLICY_DH_BITS, 0, NULL), 2048);
    assert_int_equal(ht_policy_number(policy, HT_POLICY_VALIDITY_DAYS, 0, &clause), 90);
    assert_string_equal(clause, "c");
    assert_int_equal(ht_policy_number(policy, HT_POLICY_RSA_BITS, at(19723) - 1, &clause), 2000);
    assert_null(clause);
    assert_int_equal(ht_policy_number(policy, HT_POLICY_RSA_BITS, at(19723), NULL), 3000);
    assert_int_equal(ht_policy_rule(policy, "policy-rsa-bits").verdict, HT_POLICY_FAIL);
    ht_policy_free(policy);
}

/* The extending file's keys and rules come first; what it does not say is inherited, through a file
 * that is named relative to it. */
static void test_extends(void **state)
{
    (void)state;
    char base[PATH_SIZE], text[400];
    write_file(base, "{\"name\": \"base\", \"title\": \"Base\", \"extends\": \"modern\",\n"
                     " \"validity_days\": 47, \"rules\": {\"kx-static-rsa\": \"report\"}}");
    (void)snprintf(text, sizeof text,
                   "{\"name\": \"mine\", \"extends\": \"%s\",\n"
                   "\"versions\": {\"allowed\": [\"TLS 1.2\"]},\n"
                   "\"rules\": {\"tls10-negotiated\": \"warn\", \"kx-static-rsa\": \"ignore\"}}",
                   strrchr(base, '/') + 1);
    struct ht_policy *policy = open_text(text);
    (void)unlink(base);
    assert_string_equal(ht_policy_name(policy), "mine");
    assert_string_equal(ht_policy_title(policy), "Base");
    assert_true(ht_policy_allows(policy, HT_POLICY_VERSIONS, "TLS 1.2", 0, NULL));
    assert_false(ht_policy_allows(policy, HT_POLICY_VERSIONS, "TLS 1.3", 0, NULL));
    assert_int_equal(ht_policy_number(policy, HT_POLICY_VALIDITY_DAYS, 0, NULL), 47);
    assert_false(ht_policy_allows(policy, HT_POLICY_GROUPS, "x448", 0, NULL));
    assert_int_equal(ht_policy_rule(policy, "tls10-negotiated").verdict, HT_POLICY_WARN);
    assert_int_equal(ht_policy_rule(policy, "kx-static-rsa").verdict, HT_POLICY_NONE);
    assert_int_equal(ht_policy_rule(policy, "ssl3-negotiated").verdict, HT_POLICY_FAIL);
    ht_policy_free(policy);
}

static void test_what_extends_goes_wrong(void **state)
{
    (void)state;
    char path[PATH_SIZE], text[200], expected[300];
    struct ht_error error;
    assert_refused("{\"name\": \"p\",\n\"extends\": \"modrn\"}",
                   "2: extends: no policy is called \"modrn\"");
    assert_refused("{\"name\": \"p\",\n\"extends\": \"not/there.json\"}",
                   "2: extends: \"not/there.json\" cannot be read");
    write_file(path, "");
    (void)snprintf(text, sizeof text, "{\"name\": \"p\",\n\"extends\": \"%s\"}", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    (void)snprintf(expected, sizeof expected,
                   "%s:2: extends: \"%s\" extends itself, or there are more than 8 of them", path,
                   path);
    assert_null(ht_policy_open(path, NULL, &error));
    assert_string_equal(error.text, expected);
    (void)unlink(path);
}

static void test_faults_of_values(void **state)
{
    (void)state;
    assert_refused("{\"name\": \"p\",\n\"rules\": {\n\"tls10-negotiatd\": \"fail\"}}",
                   "3: rules.\"tls10-negotiatd\": no such rule");
    assert_refused("{\"name\": \"p\",\n\"groups\": {\"allowed\": [\n\"x25519\",\n\"TLS_FOO\"]}}",
                   "4: groups.allowed[1]: \"TLS_FOO\" is no group");
    assert_refused("{\"name\": \"p\", \"groups\": {\"allowed\": [\"x25519\", {\n"
                   "\"name\": \"x25519\"}]}}",
                   "1: groups.allowed[1]: \"x25519\" is there twice");
    assert_refused("{\"name\": \"p\",\n\n\"sizes\": 3}", "3: sizes: unknown key");
    assert_refused("{\"name\": \"p\",\n\"rules\": {\"kx-static-rsa\": {\n\"verdct\": 1}}}",
                   "3: rules.\"kx-static-rsa\".verdct: unknown key");
    assert_refused("{\"name\": \"p\",\n\"rules\": {\"kx-static-rsa\":\n\"no\"}}",
                   "2: rules.\"kx-static-rsa\": \"no\" is none of ignore, report, warn, fail");
    assert_refused("{\"name\": \"p\", \"rules\": {\"kx-static-rsa\": {\"clause\": \"c\"}}}",
                   "1: rules.\"kx-static-rsa\": has no verdict");
    assert_refused(
        "{\"name\": \"p\", \"rules\": {\"kx-static-rsa\":\n"
        "{\"verdict\": \"fail\",\n\"severity\": \"bad\"}}}",
        "3: rules.\"kx-static-rsa\".severity: \"bad\" is none of info, low, medium, high, "
        "critical");
    assert_refused("{\"name\": \"p\",\n\"rsa_bits\": []}", "2: rsa_bits: is an empty list");
    assert_refused("{\"name\": \"p\",\n\"rsa_bits\": 0}", "2: rsa_bits: is to be 1 to 1000000");
    assert_refused("{\"name\": \"p\",\n\"rsa_bits\": 99999999999999999999}",
                   "2: rsa_bits: is to be 1 to 1000000");
    assert_refused("{\"name\": \"p\",\n\"rsa_bits\": [{\"value\": 1},\n {\"value\": 2}]}",
                   "3: rsa_bits[1]: is not later than the one before it");
    assert_refused("{\"name\": \"p\",\n\"groups\": {\"allowed\": [{\"name\": \"x25519\",\n"
                   "\"from\": \"2026-02-30\"}]}}",
                   "3: groups.allowed[0].from: \"2026-02-30\" is no date as \"2026-01-31\"");
    assert_refused("{\"name\": \"p\", \"groups\": {\"allowed\": [{\"name\": \"x25519\",\n"
                   "\"from\": \"2026-02-01\", \"until\": \"2026-01-01\"}]}}",
                   "1: groups.allowed[0]: ends before it begins");
    assert_refused("{\"name\": \"\"}", "1: name: is empty");
    assert_refused("{\"name\": \"a\\u0000b\"}", "1: name: has a zero byte in it");
}

static void test_faults_of_types(void **state)
{
    (void)state;
    assert_refused("{\n}", "1: has no name");
    assert_refused("[]", "1: is to be an object");
    assert_refused("null", "1: is to be an object");
    assert_refused("{\"name\": null}", "1: name: is to be a string");
    assert_refused("{\"name\": \"p\",\n\"rules\": []}", "2: rules: is to be an object");
    assert_refused("{\"name\": \"p\",\n\"rules\": {\"kx-static-rsa\": 3}}",
                   "2: rules.\"kx-static-rsa\": is to be a verdict, or an object with one");
    assert_refused("{\"name\": \"p\",\n\"rsa_bits\": \"2048\"}",
                   "2: rsa_bits: is to be a whole number, or an object with one");
    assert_refused("{\"name\": \"p\",\n\"groups\": {\"allowed\": {}}}",
                   "2: groups.allowed: is to be a list");
    assert_refused("{\"name\": \"p\",\n\"groups\": {\"allowed\": [\n[]]}}",
                   "3: groups.allowed[0]: is to be a name, or an object with one");
    assert_refused("{\"name\": \"p\",\n\"groups\": {\"allowed\": [{}]}}",
                   "2: groups.allowed[0]: has no name");
    assert_refused("{\"name\": \"p\",\n\"groups\": {}}", "2: groups: has no list \"allowed\"");
    assert_refused("{\"name\": \"p\",\n\"source\": {\"version\": \"1\"}}",
                   "2: source: has no document");
}

static void test_keys_that_are_there_twice(void **state)
{
    (void)state;
    assert_refused("{\"name\": \"p\",\n\"title\": \"a\",\n\"name\": \"q\"}",
                   "3: name: is there twice");
    assert_refused("{\"name\": \"p\", \"rules\": {\n\"kx-static-rsa\": {\"verdict\": \"fail\",\n"
                   "\"clause\": \"}\\\"{\",\n\"clause\": \"b\"}}}",
                   "4: rules.\"kx-static-rsa\".clause: is there twice");
    assert_refused("{\"name\": \"p\", \"rules\": {\"kx-static-rsa\": \"fail\",\n\n"
                   "\"kx-static-rsa\": \"warn\"}}",
                   "3: rules.\"kx-static-rsa\": is there twice");
}

static void test_not_json(void **state)
{
    (void)state;
    assert_refused("", "1: not JSON: unexpected end of data");
    assert_refused("{\"name\": \"p\",\n", "2: not JSON: unexpected end of data");
    assert_refused("{\"name\": \"p\",\n\n'title': 1}", "3: not JSON: single quotes");
    assert_refused("{\"name\": \"p\"}\nmore", "2: not JSON: unexpected character");
    assert_refused("{\"name\":\n\"\xff\"}", "2: not JSON: invalid utf-8 string");
    assert_refused("/* no */ {}", "1: not JSON: unexpected character");
}

static void test_no_file(void **state)
{
    (void)state;
    struct ht_error error;
    assert_null(ht_policy_open("not/there.json", NULL, &error));
    assert_string_equal(error.text, "not/there.json: No such file or directory");
    assert_null(ht_policy_open("/tmp/", NULL, &error));
    assert_string_equal(error.text, "/tmp/: Is a directory");
    assert_null(ht_policy_open("modrn", NULL, &error));
    assert_string_equal(error.text,
                        "no policy is called \"modrn\"; there are modern, intermediate, "
                        "nist-800-52r2, cnsa-2.0, pci-dss-4, bsi-tr-02102-2, and files (*.json)");
}

/* Whatever a file holds, the answer is a policy or a message: here each beginning of a good one,
 * and the same with each byte in turn made another. */
static void test_junk(void **state)
{
    (void)state;
    static const char good[] =
        "{\"name\":\"p\",\"rules\":{\"kx-static-rsa\":{\"verdict\":\"fail\"}},"
        "\"groups\":{\"allowed\":[\"x25519\",{\"name\":\"x448\",\"from\":\"2026-01-01\"}]},"
        "\"rsa_bits\":[{\"value\":1}]}";
    static const char others[] = "\"{}[],:\\x"; /* and the zero that ends them */
    char path[PATH_SIZE], text[sizeof good];
    struct ht_error error;
    for (size_t i = 0; i < sizeof good - 1; i++) {
        for (size_t k = 0; k < sizeof others; k++) {
            memcpy(text, good, sizeof good);
            text[i] = others[k];
            write_file(path, text);
            struct ht_policy *policy = ht_policy_open(path, NULL, &error);
            assert_true(policy != NULL || error.text[0] != '\0');
            ht_policy_free(policy);
            (void)unlink(path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_nothing_asked),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_extends),
        cmocka_unit_test(test_what_extends_goes_wrong),
        cmocka_unit_test(test_faults_of_values),
        cmocka_unit_test(test_faults_of_types),
        cmocka_unit_test(test_keys_that_are_there_twice),
        cmocka_unit_test(test_not_json),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_junk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
