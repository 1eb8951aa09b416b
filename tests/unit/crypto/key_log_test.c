/*
 * Key logs: RFC 9850 section 2, and what must not matter: line ends, order, junk.
 */
#include "support.h"

#include "crypto/key_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RANDOM_1 "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
#define RANDOM_2 "0000000000000000000000000000000000000000000000000000000000000002"
#define SECRET_1 "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"
#define SECRET_2 "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"

static struct ht_key_log *log_of(const char *text)
{
    struct ht_key_log *log = ht_key_log_new();
    assert_non_null(log);
    ht_key_log_add(log, ht_text(text));
    return log;
}

static void expect(const struct ht_key_log *log, enum ht_key_label label, const char *random,
                   const char *secret)
{
    struct ht_bytes found = ht_key_log_find(log, label, hex(random)), wanted = hex(secret);
    assert_int_equal(found.len, wanted.len);
    assert_memory_equal(found.ptr, wanted.ptr, wanted.len);
}

static void test_lines(void **state)
{
    struct ht_key_log *log =
        log_of("# a comment\r\n\r\n"
               "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM_1 " " SECRET_1 "\r\n"
               "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM_1 " " SECRET_2 "\r"
               "CLIENT_RANDOM 00000000000000000000000000000000000000000000000000000000000000AB"
               " 0A");
    (void)state;
    expect(log, HT_KEY_SERVER_HANDSHAKE, RANDOM_1, SECRET_1);
    expect(log, HT_KEY_CLIENT_HANDSHAKE, RANDOM_1, SECRET_2);
    expect(log, HT_KEY_MASTER, "00000000000000000000000000000000000000000000000000000000000000ab",
           "0a");
    assert_int_equal(ht_key_log_find(log, HT_KEY_CLIENT_HANDSHAKE, hex(RANDOM_2)).len, 0);
    assert_int_equal(ht_key_log_find(log, HT_KEY_CLIENT_TRAFFIC, hex(RANDOM_1)).len, 0);
    assert_int_equal(ht_key_log_find(log, HT_KEY_MASTER, hex("ab")).len, 0);
    assert_int_equal(ht_key_log_find(NULL, HT_KEY_MASTER, hex(RANDOM_1)).len, 0);
    assert_int_equal(ht_key_log_count(log)->secrets, 3);
    assert_int_equal(ht_key_log_count(log)->comments, 1);
    assert_int_equal(ht_key_log_count(log)->malformed, 0);
    ht_key_log_free(log);
}

static void test_junk(void **state)
{
    struct ht_key_log *log = log_of("EXPORTER_SECRET " RANDOM_1 " " SECRET_1 "\n"
                                    "CLIENT_RANDOM " RANDOM_1 "\n"
                                    "CLIENT_RANDOM abcd " SECRET_1 "\n"
                                    "CLIENT_RANDOM " RANDOM_1 " xyz\n"
                                    "CLIENT_RANDOM " RANDOM_1 " " SECRET_1 " more\n"
                                    "CLIENT_RANDOM " RANDOM_1 " " SECRET_1 SECRET_2 "\n"
                                    "<html>\n"
                                    "CLIENT_RANDOM " RANDOM_1 " 0" SECRET_1 "\n"
                                    "CLIENT_RANDOM " RANDOM_2 " " SECRET_1 "\n"
                                    "CLIENT_RANDOM " RANDOM_2 " " SECRET_2 "\n");
    (void)state;
    const struct ht_key_log_counts *counts = ht_key_log_count(log);
    assert_int_equal(counts->secrets, 1);
    assert_int_equal(counts->repeated, 1);
    assert_int_equal(counts->other, 1);
    assert_int_equal(counts->malformed, 7);
    expect(log, HT_KEY_MASTER, RANDOM_2, SECRET_1); /* the first counts */
    ht_key_log_free(log);
}

#define CONFIG                                                                                     \
    "fe0d0009"                                                                                     \
    "2a00200000000000"                                                                             \
    "00"

/* What Encrypted ClientHello brings: a secret of any KEM, an ECHConfig of any length. */
static void test_ech(void **state)
{
    struct ht_key_log *log = log_of("ECH_SECRET " RANDOM_1 " " SECRET_1 SECRET_2 "\n"
                                    "ECH_CONFIG " RANDOM_1 " " CONFIG "\n"
                                    "ECH_CONFIG " RANDOM_2 " " CONFIG "\n"
                                    "ECH_SECRET " RANDOM_2 " " SECRET_1 SECRET_2 "00\n"
                                    "ECH_CONFIG " SECRET_1 " 00ff\n");
    (void)state;
    expect(log, HT_KEY_ECH_SECRET, RANDOM_1, SECRET_1 SECRET_2);
    expect(log, HT_KEY_ECH_CONFIG, RANDOM_1, CONFIG);
    expect(log, HT_KEY_ECH_CONFIG, RANDOM_2, CONFIG);
    expect(log, HT_KEY_ECH_CONFIG, SECRET_1, "00ff");
    assert_int_equal(ht_key_log_find(log, HT_KEY_ECH_SECRET, hex(RANDOM_2)).len, 0);
    assert_int_equal(ht_key_log_count(log)->secrets, 4);
    assert_int_equal(ht_key_log_count(log)->malformed, 1);
    ht_key_log_free(log);
}

static void test_latest(void **state)
{
    enum { MANY = 3 * HT_KEY_LATEST_MAX / 2 };
    struct ht_key_log *log = log_of("CLIENT_RANDOM " RANDOM_1 " " SECRET_1 "\n");
    char line[256], random[65];
    (void)state;
    assert_int_equal(ht_key_log_latest(log, 0).len, 0);
    assert_int_equal(ht_key_log_latest(NULL, 0).len, 0);
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(line, sizeof line, "SERVER_HANDSHAKE_TRAFFIC_SECRET %064x " SECRET_1 "\n",
                       i);
        ht_key_log_add(log, ht_text(line));
        ht_key_log_add(log, ht_text(line));
    }
    for (unsigned i = 0; i < HT_KEY_LATEST_MAX; i++) {
        (void)snprintf(random, sizeof random, "%064x", MANY - 1 - i);
        assert_true(ht_bytes_equal(ht_key_log_latest(log, i), hex(random)));
    }
    assert_int_equal(ht_key_log_latest(log, HT_KEY_LATEST_MAX).len, 0);
    ht_key_log_free(log);
}

static void test_many(void **state)
{
    enum { MANY = 5000 };
    struct ht_key_log *log = ht_key_log_new();
    char line[256], random[65];
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(line, sizeof line, "CLIENT_RANDOM %064x %08x\n", i, i);
        ht_key_log_add(log, ht_text(line));
    }
    assert_int_equal(ht_key_log_count(log)->secrets, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        char secret[9];
        (void)snprintf(random, sizeof random, "%064x", i);
        (void)snprintf(secret, sizeof secret, "%08x", i);
        expect(log, HT_KEY_MASTER, random, secret);
    }
    ht_key_log_free(log);
}

static void test_file(void **state)
{
    struct ht_error error;
    char path[] = "/tmp/hellotap-key-log-XXXXXX";
    int made    = mkstemp(path);
    (void)state;
    assert_true(made >= 0);
    FILE *file = fdopen(made, "w");
    assert_non_null(file);
    for (int i = 0; i < 10000; i++) { /* longer than any line is, and than what is held */
        (void)fputs("noise without an end ", file);
    }
    (void)fputs("\nCLIENT_RANDOM " RANDOM_1 " " SECRET_1, file);
    (void)fclose(file);
    struct ht_key_log *log = ht_key_log_open(path, &error);
    (void)unlink(path);
    assert_non_null(log);
    expect(log, HT_KEY_MASTER, RANDOM_1, SECRET_1);
    ht_key_log_free(log);
    assert_null(ht_key_log_open("/nowhere/at/all", &error));
    assert_non_null(strstr(error.text, "/nowhere/at/all"));
}

/* What has no secret in its first megabyte is no key log, however large it is. */
static void test_large_file_of_another_kind(void **state)
{
    enum { MEGABYTE = 1 << 20 };
    struct ht_error error;
    char path[] = "/tmp/hellotap-key-log-XXXXXX";
    int made    = mkstemp(path);
    (void)state;
    assert_true(made >= 0);
    FILE *file = fdopen(made, "w");
    assert_non_null(file);
    for (size_t i = 0; i < 2 * (size_t)MEGABYTE; i += 8) {
        (void)fputs("no keys\n", file);
    }
    (void)fputs("CLIENT_RANDOM " RANDOM_1 " " SECRET_1 "\n", file);
    (void)fclose(file);
    struct ht_key_log *log = ht_key_log_open(path, &error);
    (void)unlink(path);
    assert_non_null(log);
    assert_int_equal(ht_key_log_count(log)->secrets, 0);
    assert_in_range(ht_key_log_count(log)->malformed, MEGABYTE / 8, MEGABYTE / 8 + 1024);
    ht_key_log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_junk),
                                       cmocka_unit_test(test_ech),
                                       cmocka_unit_test(test_latest),
                                       cmocka_unit_test(test_many),
                                       cmocka_unit_test(test_file),
                                       cmocka_unit_test(test_large_file_of_another_kind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
