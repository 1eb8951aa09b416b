/* Names by RFC 9525, in certificates of the private authority of samples/make/pki.sh, and in ones
 * that are made here of hard names. All is compared with what libcrypto says of the same. */
#include "support.h"

#include "analysis/chain/host.h"

#include <arpa/inet.h>

#include <openssl/x509v3.h>

#define FOLDER "tests/unit/analysis/chain/certificates/"

/* What X509_check_host says, of the names that `flags` allow. */
static bool libcrypto_finds(X509 *x509, struct ht_bytes name, unsigned flags, char **found)
{
    return X509_check_host(x509, (const char *)name.ptr, name.len,
                           flags | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, found) == 1;
}

static bool is_address(const char *text)
{
    uint8_t raw[16];
    return inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1;
}

/* The verdict by libcrypto's functions, and the name that it matched, which is to be freed; of an
 * address there is none. */
static const char *verdict_of_libcrypto(X509 *x509, struct ht_bytes name, char **found)
{
    char text[CHAIN_MAX_NAME + 1];
    *found = NULL;
    name   = ht_bytes_head(name, CHAIN_MAX_NAME);
    if (name.len > 1 && name.ptr[name.len - 1] == '.') {
        name.len--;
    }
    if (name.len == 0 || name.ptr[0] == '.' || memchr(name.ptr, '\0', name.len) != NULL) {
        return "mismatch";
    }
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    bool as_name   = libcrypto_finds(x509, name, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, found);
    if (is_address(text)) {
        OPENSSL_free(*found);
        *found = NULL;
        if (X509_check_ip_asc(x509, text, 0) == 1) {
            return "match";
        }
    } else if (as_name) {
        return "match";
    }
    bool common =
        !as_name && libcrypto_finds(x509, name, X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT, found);
    return common ? "common_name_only" : "mismatch";
}

/* NULL: whatever libcrypto says. */
static void check_like_libcrypto(X509 *x509, struct ht_bytes name, const char *verdict,
                                 const char *matched)
{
    struct ht_arena arena = {0};
    struct chain_host_names names;
    struct chain_host_match match;
    char *found;
    const char *oracle = verdict_of_libcrypto(x509, name, &found);
    chain_host_names_read(&names, x509, &arena);
    chain_host_check(&match, &names, name);
    assert_string_equal(match.verdict, oracle);
    if (found != NULL) {
        assert_text(match.matched, found);
    }
    if (verdict != NULL) {
        assert_string_equal(match.verdict, verdict);
        assert_text(match.matched, matched);
    }
    OPENSSL_free(found);
    ht_arena_clear(&arena);
}

static void check(const char *file, struct ht_bytes name, const char *verdict, const char *matched)
{
    struct ht_bytes der = file_bytes(file);
    const uint8_t *end  = der.ptr;
    X509 *x509          = d2i_X509(NULL, &end, (long)der.len);
    assert_non_null(x509);
    check_like_libcrypto(x509, name, verdict, matched);
    X509_free(x509);
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

/*
 * Certificates made of hard names.
 */

/* Both what is in certificates and what is asked for: each is looked for in each. */
static const struct ht_bytes hard_names[] = {
#define NAME(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
    NAME("example.com"),
    NAME("EXAMPLE.com"),
    NAME("example.com."),
    NAME("www.example.com"),
    NAME("WWW.Example.COM."),
    NAME("a.www.example.com"),
    NAME(".example.com"),
    NAME("..example.com"),
    NAME("www..example.com"),
    NAME("*.example.com"),
    NAME("*.EXAMPLE.com"),
    NAME("*.example.com."),
    NAME("*.www.example.com"),
    NAME("*.*.example.com"),
    NAME("**.example.com"),
    NAME("w*.example.com"),
    NAME("*w.example.com"),
    NAME("w*w.example.com"),
    NAME("www.*.com"),
    NAME("www.example.*"),
    NAME("*.com"),
    NAME("*."),
    NAME("*"),
    NAME("."),
    NAME("-"),
    NAME("com"),
    NAME(""),
    NAME("*.-example.com"),
    NAME("*.example-.com"),
    NAME("*.ex--ample.com"),
    NAME("*.example.com-"),
    NAME("*.exa_mple.com"),
    NAME("*.example..com"),
    NAME("www.-example.com"),
    NAME("www.example-.com"),
    NAME("www.ex--ample.com"),
    NAME("www.exa_mple.com"),
    NAME("www.example..com"),
    NAME("-.example.com"),
    NAME("-w-.example.com"),
    NAME("w_w.example.com"),
    NAME("w w.example.com"),
    NAME("*.xn--bcher-kva.example"),
    NAME("www.xn--bcher-kva.example"),
    NAME("xn--*.example.com"),
    NAME("*xn--.example.com"),
    NAME("xn--bcher-kva.example.com"),
    NAME("XN--BCHER-KVA.example.com"),
    NAME("b\xc3\xbc"
         "cher.example.com"),
    NAME("B\xc3\x9c"
         "CHER.example.com"),
    NAME("b\xfc"
         "cher.example.com"),
    NAME("example.com\0"),
    NAME("example.com\0.evil.test"),
    NAME("*.example.com\0"),
    NAME("*.exam\0ple.com"),
    NAME("www\0.example.com"),
    NAME("\0"),
    NAME("@.example.com"),
    NAME("[.example.com"),
    NAME("`.example.com"),
    NAME("{.example.com"),
    NAME("10.9.0.2"),
    NAME("10.9.0.2."),
    NAME("*.9.0.2"),
    NAME("010.9.0.2"),
    NAME("10.9.2"),
    NAME("10.9.0.256"),
    NAME("10.9.0.2 "),
    NAME("0x0a.9.0.2"),
    NAME("168361986"),
    NAME("2001:db8::1"),
    NAME("2001:DB8:0:0:0:0:0:1"),
    NAME("2001:db8::0:1"),
    NAME("::ffff:10.9.0.2"),
    NAME("::"),
    NAME("0::0"),
    NAME("1:2:3:4:5:6:7::"),
    NAME("1:2:3:4:5:6:7:0"),
    NAME("::1:2:3:4:5:6:7"),
    NAME("1:2:3:4:5:6:1.2.3.4"),
    NAME("1::2::3"),
    NAME("[2001:db8::1]"),
    NAME("fe80::1%eth0"),
#undef NAME
};

static void add_alternative(X509 *x509, int type, struct ht_bytes value)
{
    GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *content =
        ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    assert_int_equal(ASN1_STRING_set(content, value.ptr, (int)value.len), 1);
    GENERAL_NAME_set0_value(name, type, content);
    assert_int_equal(sk_GENERAL_NAME_push(all, name), 1);
    assert_int_equal(X509_add1_ext_i2d(x509, NID_subject_alt_name, all, 0, X509V3_ADD_APPEND), 1);
    GENERAL_NAMES_free(all);
}

static void add_common(X509 *x509, int type, struct ht_bytes value)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    (void)X509_NAME_add_entry_by_NID(subject, NID_commonName, type, value.ptr, (int)value.len, -1,
                                     0);
}

/* What a certificate is made with. */
enum place { AS_DNS, AS_MAIL, AS_URI, AS_COMMON, AS_COMMON_BESIDE, AS_COMMON_WIDE, AS_ADDRESS };

static X509 *made_of(enum place place, struct ht_bytes value)
{
    static const struct ht_bytes other = {(const uint8_t *)"other.example", 13};
    uint8_t raw[16];
    X509 *x509 = X509_new();
    assert_non_null(x509);
    switch (place) {
    case AS_DNS:
    case AS_MAIL:
    case AS_URI:
        add_alternative(x509,
                        place == AS_DNS    ? GEN_DNS
                        : place == AS_MAIL ? GEN_EMAIL
                                           : GEN_URI,
                        value);
        break;
    case AS_COMMON_BESIDE:
        add_alternative(x509, GEN_DNS, other);
        add_common(x509, V_ASN1_UTF8STRING, other);
        add_common(x509, V_ASN1_UTF8STRING, value);
        break;
    case AS_COMMON: /* as Latin-1, of which libcrypto makes UTF-8 */
        add_common(x509, V_ASN1_T61STRING, value);
        break;
    case AS_COMMON_WIDE: /* of two bytes each, or not a text, after which nothing counts */
        add_common(x509, V_ASN1_BMPSTRING, value);
        add_common(x509, V_ASN1_UTF8STRING, other);
        break;
    case AS_ADDRESS:
        if (inet_pton(AF_INET, (const char *)value.ptr, raw) == 1) {
            value = ht_bytes(raw, 4);
        } else if (inet_pton(AF_INET6, (const char *)value.ptr, raw) == 1) {
            value = ht_bytes(raw, 16);
        }
        add_alternative(x509, GEN_IPADD, value);
        break;
    }
    return x509;
}

static void test_every_name_in_every_place(void **state)
{
    (void)state;
    for (enum place place = AS_DNS; place <= AS_ADDRESS; place++) {
        for (size_t in = 0; in < HT_ARRAY_LEN(hard_names); in++) {
            X509 *x509 = made_of(place, hard_names[in]);
            for (size_t i = 0; i < HT_ARRAY_LEN(hard_names); i++) {
                check_like_libcrypto(x509, hard_names[i], NULL, NULL);
            }
            check_like_libcrypto(x509, ht_text("other.example"), NULL, NULL);
            X509_free(x509);
        }
    }
}

/* The same extension twice counts as absent, so that the common name is all there is. */
static void test_two_extensions(void **state)
{
    (void)state;
    X509 *x509 = made_of(AS_DNS, ht_text("www.example.com"));
    add_alternative(x509, GEN_DNS, ht_text("mail.example.com"));
    add_common(x509, V_ASN1_UTF8STRING, ht_text("www.example.com"));
    check_like_libcrypto(x509, ht_text("www.example.com"), "common_name_only", "www.example.com");
    check_like_libcrypto(x509, ht_text("mail.example.com"), "mismatch", "");
    X509_free(x509);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_with_nul_and_long_ones),
        cmocka_unit_test(test_every_name_in_every_place),
        cmocka_unit_test(test_two_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
