/* Trust anchors in files and folders, and the words where there are none. */
#include "support.h"

#include "analysis/chain/trust.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509_vfy.h>

static char folder[] = "/tmp/hellotap-trust-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static const char *path_of(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, struct ht_bytes content)
{
    int file = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(file, content.ptr, content.len), content.len);
    assert_int_equal(close(file), 0);
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path_of("root.pem"));
    (void)unlink(path_of("empty.pem"));
    return rmdir(folder);
}

static size_t num_lent(struct ht_trust *trust, const char *certificate)
{
    struct ht_bytes der           = file_bytes(certificate);
    const uint8_t *end            = der.ptr;
    X509 *x509                    = d2i_X509(NULL, &end, (long)der.len);
    struct chain_anchors *anchors = chain_anchors_new(trust);
    struct chain_span span        = {.from_ns = INT64_MIN, .until_ns = INT64_MAX};
    assert_true(x509 != NULL && anchors != NULL);
    chain_anchors_lend(anchors, X509_get_issuer_name(x509), &span);
    size_t num = (size_t)sk_X509_OBJECT_num(X509_STORE_get0_objects(chain_anchors_store(anchors)));
    /* As of 1970 an anchor of today is not valid yet. */
    assert_int_equal(span.until_ns == INT64_MAX, num == 0);
    chain_anchors_free(anchors);
    X509_free(x509);
    return num;
}

#define FOLDER "tests/unit/analysis/chain/certificates/"

static void test_a_file(void **state)
{
    struct ht_error error;
    (void)state;
    put("root.pem", file_bytes("samples/pki/root.pem"));
    struct ht_trust *trust = ht_trust_open(path_of("root.pem"), &error);
    assert_non_null(trust);
    assert_false(trust->system);
    assert_int_equal(num_lent(trust, FOLDER "issuing-ca.der"), 1);
    assert_int_equal(num_lent(trust, FOLDER "unknown-root.der"), 0);
    ht_trust_free(trust);
}

static void test_a_folder(void **state)
{
    struct ht_error error;
    (void)state;
    put("root.pem", file_bytes("samples/pki/root.pem"));
    put("empty.pem", ht_text("no certificate"));
    struct ht_trust *trust = ht_trust_open(folder, &error);
    assert_non_null(trust);
    assert_int_equal(num_lent(trust, FOLDER "issuing-ca.der"), 1);
    ht_trust_free(trust);
}

static void test_nobody(void **state)
{
    (void)state;
    struct ht_trust *trust = ht_trust_none();
    assert_non_null(trust);
    assert_int_equal(num_lent(trust, FOLDER "issuing-ca.der"), 0);
    ht_trust_free(trust);
    ht_trust_free(NULL);
}

static void test_what_is_no_certificate_is_skipped(void **state)
{
    static const char broken[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
                                 "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"
                                 "-----BEGIN CERTIFICATE-----\n";
    struct ht_error error;
    (void)state;
    put("empty.pem", ht_text(broken));
    struct ht_trust *trust = ht_trust_open(path_of("empty.pem"), &error);
    assert_non_null(trust);
    assert_int_equal(num_lent(trust, FOLDER "issuing-ca.der"), 0);
    ht_trust_free(trust);
}

static void test_messages(void **state)
{
    struct ht_error error;
    (void)state;
    put("empty.pem", ht_text("no certificate"));
    assert_null(ht_trust_open(path_of("empty.pem"), &error));
    assert_non_null(strstr(error.text, "empty.pem: no certificate"));
    assert_null(ht_trust_open(path_of("missing.pem"), &error));
    assert_non_null(strstr(error.text, "missing.pem: No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file),   cmocka_unit_test(test_a_folder),
        cmocka_unit_test(test_nobody),   cmocka_unit_test(test_what_is_no_certificate_is_skipped),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
