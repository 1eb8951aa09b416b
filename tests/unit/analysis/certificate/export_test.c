#include "support.h"

#include "analysis/certificate/export.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

/* RFC 7468: lines of 64 characters. The content is no certificate, nor is that asked. */
static void test_a_file_is_written_once(void **state)
{
    static const char expected[] =
        "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n";
    char path[] = "/tmp/hellotap-export-XXXXXX", got[128];
    (void)state;
    assert_non_null(mkdtemp(path));
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(certificate_export(folder, hex(NAME), hex("3003020100")));
    assert_true(certificate_export(folder, hex(NAME), hex("ff")));
    int file = openat(folder, NAME ".pem", O_RDONLY);
    assert_int_equal(read(file, got, sizeof got), strlen(expected));
    assert_memory_equal(got, expected, strlen(expected));
    assert_int_equal(close(file), 0);
    assert_int_equal(unlinkat(folder, NAME ".pem", 0), 0);
    assert_int_equal(close(folder), 0);
    assert_int_equal(rmdir(path), 0);
}

static void test_failure(void **state)
{
    (void)state;
    assert_false(certificate_export(-1, hex(NAME), hex("3003020100")));
    assert_false(certificate_export(AT_FDCWD, hex(NAME "00"), hex("3003020100")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_written_once),
        cmocka_unit_test(test_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
