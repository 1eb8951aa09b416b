/*
 * What the configuration of libcrypto says (OpenSSL's config(5): default_properties) changes
 * nothing. A program of its own, for libcrypto starts only once.
 */
#include "support.h"

#include "crypto/digest.h"
#include "crypto/start.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_configuration(char *path)
{
    static const char text[] = "openssl_conf = init\n[init]\nalg_section = algorithms\n"
                               "[algorithms]\ndefault_properties = fips=yes\n";
    int file                 = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
}

/* No provider here is one for FIPS; and those that are have no MD5. */
static void test_without_configuration(void **state)
{
    (void)state;
    char path[] = "/tmp/hellotap-crypto-XXXXXX";
    uint8_t digest[HT_DIGEST_MAX];
    write_configuration(path);
    assert_int_equal(setenv("OPENSSL_CONF", path, 1), 0);
    ht_crypto_start();
    assert_int_equal(ht_digest(NULL, HT_MD5, digest, ht_text("")), 16);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_configuration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
