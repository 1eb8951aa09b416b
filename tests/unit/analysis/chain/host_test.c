/* Names by RFC 9525, in certificates of the private authority of samples/make/pki.sh. */
#include "support.h"

#include "analysis/chain/host.h"

#include <openssl/x509.h>

#define FOLDER "tests/unit/analysis/chain/certificates/"

static void check(const char *file, struct ht_bytes name, const char *verdict, const char *matched)
{
    struct ht_bytes der = file_bytes(file);
    const uint8_t *end  = der.ptr;
    X509 *x509          = d2i_X509(NULL, &end, (long)der.len);
    struct chain_host_match match;
    assert_non_null(x509);
    chain_host_check(&match, x509, name);
    X509_free(x509);
    assert_string_equal(match.verdict, verdict);
    assert_text(ht_bytes(match.matched, match.matched_len), matched);
}

static void test_names(void **state)
{
    static const struct {
        const char *file, *name, *verdict, *matched;
    } cases[] = {
        {FOLDER "good.der", "good.example.test", "match", "good.example.test"},
        {FOLDER "good.der", "GOOD.example.TEST", "match", "good.example.test"},
        {FOLDER "good.der", "good.example.test.", "match", "good.example.test"},
        {FOLDER "good.der", "www.good.example.test", "mismatch", ""},
        {FOLDER "good.der", "10.9.0.2", "mismatch", ""},
        {FOLDER "good.der", "", "mismatch", ""},
        {FOLDER "good.der", ".", "mismatch", ""},
        {FOLDER "good.der", ".example.test", "mismatch", ""},
        {FOLDER "wildcard.der", "www.wild.example.test", "match", "*.wild.example.test"},
        {FOLDER "wildcard.der", "wild.example.test", "mismatch", ""},
        {FOLDER "wildcard.der", "a.b.wild.example.test", "mismatch", ""},
        /* RFC 9525 section 6.3: the wildcard is the whole first label. */
        {FOLDER "partial.der", "parts.example.test", "mismatch", ""},
        {FOLDER "common-name.der", "common-name.example.test", "common_name_only",
         "common-name.example.test"},
        {FOLDER "address.der", "10.9.0.2", "match", "10.9.0.2"},
        {FOLDER "address.der", "10.9.0.3", "mismatch", ""},
        {FOLDER "address.der", "::ffff:10.9.0.2", "mismatch", ""},
        {FOLDER "address.der", "address.example.test", "common_name_only", "address.example.test"},
    };
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        check(cases[i].file, ht_text(cases[i].name), cases[i].verdict, cases[i].matched);
    }
}

static void test_names_with_nul_and_long_ones(void **state)
{
    static char name[2 * CHAIN_MAX_NAME];
    (void)state;
    check(FOLDER "good.der", ht_bytes("good.example.test\0", 18), "mismatch", "");
    check(FOLDER "good.der", ht_bytes("good.example.test\0.evil", 23), "mismatch", "");
    memset(name, 'a', sizeof name);
    check(FOLDER "good.der", ht_bytes(name, sizeof name), "mismatch", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_with_nul_and_long_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
