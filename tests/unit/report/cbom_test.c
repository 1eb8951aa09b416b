/* The bill of materials of a summary made by hand. That it is valid by the schema of CycloneDX is
 * asked in tests/cbom; here, what it says. */
#include "report/cbom.h"
#include "seen.h"
#include "support.h"

#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <stdio.h>

static struct json_object *write_bom(struct ht_chars *out)
{
    assert_true(ht_cbom_write(&seen, "1.2.3", out));
    ht_chars_add_char(out, '\0');
    struct json_tokener *tokener = json_tokener_new();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *root = json_tokener_parse_ex(tokener, out->ptr, -1);
    assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
    json_tokener_free(tokener);
    return root;
}

static struct json_object *list(struct json_object *root, const char *key)
{
    struct json_object *found;
    assert_true(json_object_object_get_ex(root, key, &found));
    return found;
}

/* The item of a list with that bom-ref (or `ref`). */
static struct json_object *item(struct json_object *items, const char *key, const char *ref)
{
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *each = json_object_array_get_idx(items, i), *value;
        if (json_object_object_get_ex(each, key, &value) &&
            strcmp(json_object_get_string(value), ref) == 0) {
            return each;
        }
    }
    fail_msg("there is no %s", ref);
    return NULL;
}

static void assert_says(struct json_object *object, const char *path, const char *expected)
{
    struct json_object *found;
    assert_int_equal(json_pointer_get(object, path, &found), 0);
    assert_string_equal(json_object_get_string(found), expected);
}

static bool depends(struct json_object *root, const char *ref, const char *on)
{
    struct json_object *uses;
    struct json_object *each = item(list(root, "dependencies"), "ref", ref);
    for (size_t i = 0;
         json_object_object_get_ex(each, "dependsOn", &uses) && i < json_object_array_length(uses);
         i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(uses, i)), on) == 0) {
            return true;
        }
    }
    return false;
}

#define SERVER "server/tcp/10.0.0.1:443/www.example.com"
#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PROPERTIES "/cryptoProperties/algorithmProperties/"
#define CERTIFICATE "/cryptoProperties/certificateProperties/"
#define PROTOCOL "/cryptoProperties/protocolProperties/"

static void test_head(void **state)
{
    (void)state;
    struct ht_chars out      = {0};
    struct json_object *root = write_bom(&out);
    assert_says(root, "/bomFormat", "CycloneDX");
    assert_says(root, "/specVersion", "1.7");
    assert_says(root, "/metadata/timestamp", "2023-03-06T04:02:06.000000000Z");
    assert_says(root, "/metadata/tools/components/0/version", "1.2.3");
    json_object_put(root);
    ht_chars_free(&out);
}

static void test_algorithms(void **state)
{
    (void)state;
    struct ht_chars out            = {0};
    struct json_object *root       = write_bom(&out);
    struct json_object *components = list(root, "components");
    struct json_object *aes        = item(components, "bom-ref", "algorithm/AES-128-GCM");
    assert_says(aes, "/type", "cryptographic-asset");
    assert_says(aes, PROPERTIES "primitive", "ae");
    assert_says(aes, PROPERTIES "mode", "gcm");
    assert_says(aes, PROPERTIES "parameterSetIdentifier", "128");
    assert_says(aes, PROPERTIES "classicalSecurityLevel", "128");
    assert_says(aes, PROPERTIES "nistQuantumSecurityLevel", "1");
    assert_says(aes, "/evidence/occurrences/0/location", "a.pcap");
    assert_says(aes, "/evidence/occurrences/0/additionalContext",
                "connection c-0000000000000001, frames 6, 8");
    /* Of which it is not known whether the only example shows it. */
    struct json_object *ecdhe = item(components, "bom-ref", "algorithm/ECDHE");
    assert_says(ecdhe, "/evidence/occurrences/0/location", SERVER);
    assert_says(ecdhe, "/evidence/occurrences/0/additionalContext",
                "2023-03-06T04:02:06.000000000Z");
    assert_true(depends(root, "algorithm/X25519MLKEM768", "algorithm/ML-KEM-768"));
    assert_true(depends(root, "algorithm/X25519MLKEM768", "algorithm/ECDHE-x25519"));
    assert_true(depends(root, SERVER, "algorithm/X25519MLKEM768"));
    assert_true(depends(root, SERVER, "algorithm/RSASSA-PSS-SHA-256"));
    json_object_put(root);
    ht_chars_free(&out);
}

/* RFC 8446 appendix B.4: its suites are of TLS 1.3 alone, and no others are. */
static void test_protocols(void **state)
{
    (void)state;
    struct ht_chars out            = {0};
    struct json_object *root       = write_bom(&out);
    struct json_object *components = list(root, "components"), *none;
    struct json_object *tls13      = item(components, "bom-ref", "protocol/TLS 1.3/" SERVER);
    struct json_object *tls12      = item(components, "bom-ref", "protocol/TLS 1.2/" SERVER);
    assert_says(tls13, PROTOCOL "type", "tls");
    assert_says(tls13, PROTOCOL "version", "1.3");
    assert_says(tls13, PROTOCOL "cipherSuites/0/name", "TLS_AES_128_GCM_SHA256");
    assert_says(tls13, PROTOCOL "cipherSuites/0/algorithms/0", "algorithm/AES-128-GCM");
    assert_int_not_equal(json_pointer_get(tls13, PROTOCOL "cipherSuites/1", &none), 0);
    assert_says(tls12, PROTOCOL "cipherSuites/0/name", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    assert_says(tls12, PROTOCOL "cipherSuites/0/identifiers/0", "0xC0");
    assert_says(tls12, PROTOCOL "cipherSuites/0/identifiers/1", "0x2F");
    assert_int_not_equal(json_pointer_get(tls12, PROTOCOL "cipherSuites/1", &none), 0);
    assert_true(depends(root, SERVER, "protocol/TLS 1.2/" SERVER));
    assert_true(depends(root, "protocol/TLS 1.2/" SERVER, "algorithm/ECDHE"));
    json_object_put(root);
    ht_chars_free(&out);
}

static void test_certificates(void **state)
{
    (void)state;
    struct ht_chars out             = {0};
    struct json_object *root        = write_bom(&out);
    struct json_object *components  = list(root, "components");
    struct json_object *certificate = item(components, "bom-ref", "certificate/" DIGEST);
    struct json_object *key         = item(components, "bom-ref", "key/" DIGEST);
    assert_says(certificate, CERTIFICATE "subjectName", "CN=www.example.com");
    assert_says(certificate, CERTIFICATE "serialNumber", "59c3");
    assert_says(certificate, CERTIFICATE "notValidAfter", "2026-04-01T00:00:00Z");
    assert_says(certificate, CERTIFICATE "fingerprint/content", DIGEST);
    assert_says(certificate, CERTIFICATE "relatedCryptographicAssets/0/ref",
                "algorithm/RSASSA-PKCS1-v1_5-SHA-256");
    assert_says(certificate, CERTIFICATE "relatedCryptographicAssets/1/ref", "key/" DIGEST);
    assert_says(key, "/cryptoProperties/relatedCryptoMaterialProperties/size", "2048");
    assert_true(depends(root, SERVER, "certificate/" DIGEST));
    assert_true(depends(root, "certificate/" DIGEST, "key/" DIGEST));
    assert_true(depends(root, "key/" DIGEST, "algorithm/RSA-2048"));
    json_object_put(root);
    ht_chars_free(&out);
}

static void test_services_and_clients(void **state)
{
    (void)state;
    struct ht_chars out          = {0};
    struct json_object *root     = write_bom(&out);
    struct json_object *services = list(root, "services");
    struct json_object *service  = item(services, "bom-ref", SERVER);
    assert_int_equal(json_object_array_length(services), 2);
    assert_says(service, "/name", "www.example.com");
    assert_says(service, "/endpoints/0", "tcp://10.0.0.1:443");
    struct json_object *hostile = json_object_array_get_idx(services, 1);
    assert_says(hostile, "/name", "=a\"b,c\\x0d\\x0ad\\x1b[2J\\u{202e}\\xff");
    assert_says(hostile, "/endpoints/0", "tcp://[2001:db8::1]:25");
    assert_true(
        depends(root, "client/t13d1516h2_8daaf6152771_e5627efa2ab1", "algorithm/AES-128-GCM"));
    assert_null(memchr(out.ptr, '\x1b', out.len));
    json_object_put(root);
    ht_chars_free(&out);
}

static void test_the_same_twice(void **state)
{
    (void)state;
    struct ht_chars a = {0}, b = {0};
    json_object_put(write_bom(&a));
    json_object_put(write_bom(&b));
    assert_string_equal(a.ptr, b.ptr);
    ht_chars_free(&a);
    ht_chars_free(&b);
}

/* For tests/cbom/cbom_test.py: what is written of this summary is valid too. */
static int print(void)
{
    struct ht_chars out = {0};
    bool done =
        ht_cbom_write(&seen, "1.2.3", &out) && fwrite(out.ptr, 1, out.len, stdout) == out.len;
    ht_chars_free(&out);
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_protocols),
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_services_and_clients),
        cmocka_unit_test(test_the_same_twice),
    };
    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        return print();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
