/* Algorithms by name. Expected: the RFCs that name them, NIST SP 800-57 part 1, FIPS 203 and 204,
 * and, for what words there are, the schema of CycloneDX. */
#include "report/cbom_algorithms.h"
#include "support.h"
#include "tls/tls.h"

#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <stdio.h>

static struct json_object *schema, *definitions;

/* The list of words that the schema allows for a property of algorithms. */
static struct json_object *words_of(const char *property)
{
    struct json_object *found;
    char path[256];
    (void)snprintf(path, sizeof path,
                   "/definitions/cryptoProperties/properties/algorithmProperties/properties/%s",
                   property);
    assert_int_equal(json_pointer_get(schema, path, &found), 0);
    struct json_object *items;
    if (json_object_object_get_ex(found, "items", &items)) {
        found = items;
    }
    struct json_object *words;
    assert_true(json_object_object_get_ex(found, "enum", &words));
    return words;
}

static struct json_object *defined(const char *name)
{
    char path[128];
    struct json_object *words;
    (void)snprintf(path, sizeof path, "/definitions/%s/enum", name);
    assert_int_equal(json_pointer_get(definitions, path, &words), 0);
    return words;
}

static void assert_among(struct json_object *words, struct ht_bytes word)
{
    for (size_t i = 0; i < json_object_array_length(words); i++) {
        struct json_object *each = json_object_array_get_idx(words, i);
        if (ht_bytes_equal(ht_text(json_object_get_string(each)), word)) {
            return;
        }
    }
    fail_msg("the schema has no word \"%.*s\"", (int)word.len, (const char *)word.ptr);
}

static void assert_word(struct json_object *words, const char *word)
{
    if (word[0] != '\0') {
        assert_among(words, ht_text(word));
    }
}

static void assert_in_schema(const struct ht_cbom_algorithm *algorithm)
{
    assert_true(algorithm->name[0] != '\0');
    assert_true(algorithm->primitive[0] != '\0');
    assert_word(words_of("primitive"), algorithm->primitive);
    assert_word(words_of("mode"), algorithm->mode);
    assert_word(words_of("padding"), algorithm->padding);
    assert_word(defined("algorithmFamiliesEnum"), algorithm->family);
    assert_word(defined("ellipticCurvesEnum"), algorithm->curve);
    for (const char *word = algorithm->functions; *word != '\0';) {
        size_t len = strcspn(word, " ");
        assert_among(words_of("cryptoFunctions"), ht_bytes(word, len));
        word += len + (word[len] == ' ');
    }
}

static void test_all_words_are_of_the_schema(void **state)
{
    (void)state;
    struct ht_cbom_algorithm out[HT_CBOM_SUITE_MAX];
    for (size_t i = 0; i < tls_cipher_suites.len; i++) {
        size_t num = ht_cbom_suite(tls_cipher_suites.entries[i].name, out);
        for (size_t j = 0; j < num; j++) {
            assert_in_schema(&out[j]);
        }
    }
    for (size_t i = 0; i < tls_groups.len; i++) {
        (void)ht_cbom_group(tls_groups.entries[i].name, out);
        assert_in_schema(out);
    }
    for (size_t i = 0; i < tls_signature_schemes.len; i++) {
        (void)ht_cbom_signature(tls_signature_schemes.entries[i].name, out);
        assert_in_schema(out);
    }
}

static void test_cipher_suites(void **state)
{
    (void)state;
    static const struct {
        const char *suite, *names[HT_CBOM_SUITE_MAX];
    } cases[] = {
        {"TLS_AES_128_GCM_SHA256", {"AES-128-GCM", "SHA-256"}},
        {"TLS_CHACHA20_POLY1305_SHA256", {"ChaCha20-Poly1305", "SHA-256"}},
        {"TLS_AES_128_CCM_8_SHA256", {"AES-128-CCM-8", "SHA-256"}},
        {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {"ECDHE", "AES-256-GCM", "SHA-384"}},
        {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", {"ECDHE", "AES-128-CCM-8"}},
        {"TLS_RSA_WITH_AES_128_CBC_SHA", {"RSAES-PKCS1-v1_5", "AES-128-CBC", "HMAC-SHA-1"}},
        {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", {"RSAES-PKCS1-v1_5", "3DES-CBC", "HMAC-SHA-1"}},
        {"TLS_RSA_WITH_NULL_SHA256", {"RSAES-PKCS1-v1_5", "HMAC-SHA-256"}},
        {"TLS_RSA_EXPORT_WITH_RC4_40_MD5", {"RSAES-PKCS1-v1_5", "RC4-40", "HMAC-MD5"}},
        {"TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA", {"FFDHE", "CAMELLIA-256-CBC", "HMAC-SHA-1"}},
        {"TLS_DH_anon_WITH_AES_128_CBC_SHA256", {"FFDH", "AES-128-CBC", "HMAC-SHA-256"}},
        {"TLS_PSK_WITH_AES_128_GCM_SHA256", {"AES-128-GCM", "SHA-256"}},
        {"TLS_SM4_GCM_SM3", {"SM4-GCM", "SM3"}},
        {"0x1a2b", {NULL}},
        {"", {NULL}},
        {"TLS_EMPTY_RENEGOTIATION_INFO_SCSV", {NULL}},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct ht_cbom_algorithm out[HT_CBOM_SUITE_MAX];
        size_t num = ht_cbom_suite(cases[i].suite, out);
        for (size_t j = 0; j < num; j++) {
            assert_non_null(cases[i].names[j]);
            assert_string_equal(out[j].name, cases[i].names[j]);
        }
        assert_true(num == HT_CBOM_SUITE_MAX || cases[i].names[num] == NULL);
    }
}

static void test_groups(void **state)
{
    (void)state;
    struct ht_cbom_algorithm out;
    assert_true(ht_cbom_group("x25519", &out)); /* RFC 7748: 128 bits */
    assert_string_equal(out.name, "ECDHE-x25519");
    assert_string_equal(out.curve, "other/Curve25519");
    assert_int_equal(out.classical, 128);
    assert_int_equal(out.category - 1, 0);
    assert_true(ht_cbom_group("x448", &out)); /* RFC 7748: 224 bits */
    assert_int_equal(out.classical, 224);
    assert_true(ht_cbom_group("secp521r1", &out)); /* SP 800-57: 512 and more are 256 */
    assert_int_equal(out.classical, 256);
    assert_true(ht_cbom_group("brainpoolP384r1tls13", &out));
    assert_string_equal(out.curve, "brainpool/brainpoolP384r1");
    assert_int_equal(out.classical, 192);
    assert_true(ht_cbom_group("ffdhe3072", &out)); /* SP 800-57 table 2 */
    assert_int_equal(out.classical, 128);
    assert_true(ht_cbom_group("X25519MLKEM768", &out)); /* FIPS 203: category 3 */
    assert_string_equal(out.primitive, "combiner");
    assert_string_equal(out.parts[0], "x25519");
    assert_string_equal(out.parts[1], "MLKEM768");
    assert_int_equal(out.category - 1, 3);
    assert_false(ht_cbom_group("0x1a2b", &out));
    assert_string_equal(out.name, "0x1a2b");
    assert_string_equal(out.primitive, "unknown");
    assert_int_equal(out.category, 0);
}

static void test_signatures_and_keys(void **state)
{
    (void)state;
    struct ht_cbom_algorithm a, b;
    assert_true(ht_cbom_signature("rsa_pkcs1_sha256", &a));
    assert_true(ht_cbom_signature("sha256WithRSAEncryption", &b)); /* RFC 8017: the same */
    assert_string_equal(a.name, b.name);
    assert_string_equal(a.padding, "pkcs1v15");
    assert_true(ht_cbom_signature("mldsa65", &a)); /* FIPS 204: category 3 */
    assert_int_equal(a.category - 1, 3);
    assert_false(ht_cbom_signature("1.2.3.4", &a));
    assert_string_equal(a.primitive, "signature");
    assert_true(ht_cbom_key("RSA", 2048, "", &a)); /* SP 800-57 table 2 */
    assert_string_equal(a.name, "RSA-2048");
    assert_int_equal(a.classical, 112);
    assert_true(ht_cbom_key("RSA", 1024, "", &a));
    assert_int_equal(a.classical, 80);
    assert_true(ht_cbom_key("EC", 384, "secp384r1", &a));
    assert_string_equal(a.name, "ECDSA-secp384r1");
    assert_int_equal(a.classical, 192);
    assert_true(ht_cbom_key("Ed25519", 253, "", &a));
    assert_string_equal(a.family, "EdDSA");
    assert_false(ht_cbom_key("EC", 256, "explicit", &a));
}

static struct json_object *load(const char *path)
{
    char full[512];
    (void)snprintf(full, sizeof full, "%s/tests/cbom/schema/%s", HT_SOURCE_DIR, path);
    struct json_object *root = json_object_from_file(full);
    assert_non_null(root);
    return root;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_words_are_of_the_schema),
        cmocka_unit_test(test_cipher_suites),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_signatures_and_keys),
    };
    schema      = load("bom-1.7.SNAPSHOT.schema.json");
    definitions = load("cryptography-defs.SNAPSHOT.schema.json");
    int failed  = cmocka_run_group_tests(tests, NULL, NULL);
    json_object_put(schema);
    json_object_put(definitions);
    return failed;
}
