/*
 * The policies that come with the program: each says what its document says. The documents: Mozilla
 * Server Side TLS 6.0; NIST SP 800-52 Rev. 2, with SP 800-131A Rev. 2, FIPS 186-5, 203 and 204; NSA
 * CNSA 2.0 with draft-becker-cnsa2-tls-profile-05; PCI DSS 4.0.1; BSI TR-02102-2 2026-01. Days are
 * counted by `date -u -d`.
 */
#include "support.h"

#include "analysis/audit/audit.h"
#include "base/time.h"
#include "policy/policy.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MODERN, INTERMEDIATE, NIST, CNSA, PCI, BSI, NUM_POLICIES };

/* 2026-06-01, when all of these documents were in force. */
#define IN_2026 (INT64_C(20605) * 86400 * HT_SECOND_NS)

static const char *const names[] = {"modern",   "intermediate", "nist-800-52r2",
                                    "cnsa-2.0", "pci-dss-4",    "bsi-tr-02102-2"};

static int open_all(void **state)
{
    static struct ht_policy *policies[NUM_POLICIES];
    for (unsigned i = 0; i < NUM_POLICIES; i++) {
        struct ht_error error;
        policies[i] = ht_policy_open(names[i], NULL, &error);
        if (policies[i] == NULL) {
            fail_msg("%s", error.text);
        }
    }
    *state = policies;
    return 0;
}

static int free_all(void **state)
{
    for (unsigned i = 0; i < NUM_POLICIES; i++) {
        ht_policy_free(((struct ht_policy **)*state)[i]);
    }
    return 0;
}

/* In which of the policies a value is allowed, a bit each. */
static unsigned allowed(void **state, enum ht_policy_list list, const char *value, int64_t at_ns)
{
    unsigned in = 0;
    for (unsigned i = 0; i < NUM_POLICIES; i++) {
        const struct ht_policy *policy = ((struct ht_policy **)*state)[i];
        in |= (unsigned)ht_policy_allows(policy, list, value, at_ns, NULL) << i;
    }
    return in;
}

/* In which a rule's findings come to that. */
static unsigned verdicts(void **state, const char *rule, enum ht_policy_verdict verdict)
{
    unsigned in = 0;
    for (unsigned i = 0; i < NUM_POLICIES; i++) {
        const struct ht_policy *policy = ((struct ht_policy **)*state)[i];
        in |= (unsigned)(ht_policy_rule(policy, rule).verdict == verdict) << i;
    }
    return in;
}

static uint64_t number(void **state, unsigned policy, enum ht_policy_number which, int64_t at_ns)
{
    return ht_policy_number(((struct ht_policy **)*state)[policy], which, at_ns, NULL);
}

enum {
    IN_MODERN       = 1 << MODERN,
    IN_INTERMEDIATE = 1 << INTERMEDIATE,
    IN_NIST         = 1 << NIST,
    IN_CNSA         = 1 << CNSA,
    IN_PCI          = 1 << PCI,
    IN_BSI          = 1 << BSI,
    IN_ALL          = (1 << NUM_POLICIES) - 1
};

static void test_names(void **state)
{
    for (unsigned i = 0; i < NUM_POLICIES; i++) {
        const struct ht_policy *policy = ((struct ht_policy **)*state)[i];
        assert_string_equal(ht_policy_names[i], names[i]);
        assert_string_equal(ht_policy_name(policy), names[i]);
        assert_true(strlen(ht_policy_title(policy)) > 0);
        assert_string_not_equal(ht_policy_source(policy), ht_policy_title(policy));
    }
    assert_null(ht_policy_names[NUM_POLICIES]);
}

/* SSL 2.0 to TLS 1.1: RFC 6176, 7568, 8996; no document allows them. TLS 1.2: all but the two that
 * ask for 1.3 alone; BSI until the end of 2031. */
static void test_versions(void **state)
{
    static const char *const old[] = {"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "DTLS 1.0"};
    for (size_t i = 0; i < HT_ARRAY_LEN(old); i++) {
        assert_int_equal(allowed(state, HT_POLICY_VERSIONS, old[i], IN_2026), 0);
    }
    assert_int_equal(verdicts(state, "tls10-negotiated", HT_POLICY_FAIL), IN_ALL);
    assert_int_equal(verdicts(state, "ssl3-negotiated", HT_POLICY_FAIL), IN_ALL);
    assert_int_equal(allowed(state, HT_POLICY_VERSIONS, "TLS 1.3", IN_2026), IN_ALL);
    assert_int_equal(allowed(state, HT_POLICY_VERSIONS, "TLS 1.2", IN_2026),
                     IN_ALL & ~(IN_MODERN | IN_CNSA));
    int64_t in_2032 = INT64_C(22645) * 86400 * HT_SECOND_NS; /* 2032-01-01 */
    assert_int_equal(allowed(state, HT_POLICY_VERSIONS, "TLS 1.2", in_2032 - 1) & IN_BSI, IN_BSI);
    assert_int_equal(allowed(state, HT_POLICY_VERSIONS, "TLS 1.2", in_2032) & IN_BSI, 0);
}

/* CNSA 2.0: 0x1302 alone. ChaCha20 is Mozilla's, not NIST's (SP 800-52 Rev. 2 section 3.3.1) nor
 * BSI's (table of section 3.4.4); PCI DSS lists no suites. */
static void test_cipher_suites(void **state)
{
    const enum ht_policy_list suites = HT_POLICY_CIPHER_SUITES;
    assert_int_equal(allowed(state, suites, "TLS_AES_256_GCM_SHA384", IN_2026), IN_ALL);
    assert_int_equal(allowed(state, suites, "TLS_AES_128_GCM_SHA256", IN_2026), IN_ALL & ~IN_CNSA);
    assert_int_equal(allowed(state, suites, "TLS_CHACHA20_POLY1305_SHA256", IN_2026),
                     IN_MODERN | IN_INTERMEDIATE | IN_PCI);
    assert_int_equal(allowed(state, suites, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", IN_2026),
                     IN_INTERMEDIATE | IN_NIST | IN_PCI | IN_BSI);
    assert_int_equal(allowed(state, suites, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", IN_2026),
                     IN_NIST | IN_PCI | IN_BSI);
    unsigned count = 0;
    for (size_t i = 0; i < tls_cipher_suites.len; i++) {
        count +=
            (allowed(state, suites, tls_cipher_suites.entries[i].name, IN_2026) & IN_CNSA) != 0;
    }
    assert_int_equal(count, 1);
}

/* SP 800-131A Rev. 2 and SP 800-56B Rev. 2: key transport by PKCS #1 v1.5 until the end of 2023. */
static void test_key_transport(void **state)
{
    const enum ht_policy_list suites = HT_POLICY_CIPHER_SUITES;
    int64_t in_2024                  = INT64_C(19723) * 86400 * HT_SECOND_NS; /* 2024-01-01 */
    assert_int_equal(allowed(state, suites, "TLS_RSA_WITH_AES_128_GCM_SHA256", in_2024 - 1),
                     IN_NIST | IN_PCI);
    assert_int_equal(allowed(state, suites, "TLS_RSA_WITH_AES_128_GCM_SHA256", in_2024), IN_PCI);
    assert_int_equal(verdicts(state, "kx-static-rsa", HT_POLICY_WARN), IN_NIST | IN_PCI);
    assert_int_equal(verdicts(state, "kx-static-rsa", HT_POLICY_FAIL),
                     IN_MODERN | IN_INTERMEDIATE | IN_CNSA | IN_BSI);
}

/* SP 800-52 Rev. 2 section 3.4.2.2: NIST's curves; SP 800-56C Rev. 2: a hybrid whose one half is
 * approved, which ML-KEM is since FIPS 203. BSI section 3.3.2: Brainpool, and no X25519. */
static void test_groups(void **state)
{
    const enum ht_policy_list groups = HT_POLICY_GROUPS;
    assert_int_equal(allowed(state, groups, "secp256r1", IN_2026), IN_ALL & ~IN_CNSA);
    assert_int_equal(allowed(state, groups, "x25519", IN_2026),
                     IN_MODERN | IN_INTERMEDIATE | IN_PCI);
    assert_int_equal(allowed(state, groups, "X25519MLKEM768", IN_2026),
                     IN_MODERN | IN_INTERMEDIATE | IN_NIST | IN_PCI);
    assert_int_equal(allowed(state, groups, "MLKEM1024", IN_2026), IN_NIST | IN_CNSA | IN_PCI);
    assert_int_equal(allowed(state, groups, "brainpoolP256r1", IN_2026), IN_PCI | IN_BSI);
    assert_int_equal(allowed(state, groups, "ffdhe2048", IN_2026), IN_NIST | IN_PCI);
    int64_t july_2024 = INT64_C(19905) * 86400 * HT_SECOND_NS; /* before FIPS 203 */
    assert_int_equal(allowed(state, groups, "X25519MLKEM768", july_2024) & IN_NIST, 0);
}

/* BSI: no PKCS #1 v1.5 since 2026 (sections 3.3.3, 3.4.3). SHA-1: RFC 9155, SP 800-131A Rev. 2. */
static void test_signatures(void **state)
{
    assert_int_equal(allowed(state, HT_POLICY_SIGNATURE_SCHEMES, "rsa_pkcs1_sha1", IN_2026),
                     IN_MODERN | IN_INTERMEDIATE | IN_PCI);
    assert_int_equal(allowed(state, HT_POLICY_SIGNATURE_SCHEMES, "rsa_pkcs1_sha256", IN_2026) &
                         (IN_NIST | IN_CNSA | IN_BSI),
                     IN_NIST);
    assert_int_equal(allowed(state, HT_POLICY_SIGNATURE_SCHEMES, "rsa_pss_rsae_sha256", IN_2026) &
                         (IN_NIST | IN_CNSA | IN_BSI),
                     IN_NIST | IN_BSI);
    assert_int_equal(
        allowed(state, HT_POLICY_CERTIFICATE_SIGNATURES, "sha1WithRSAEncryption", IN_2026), IN_PCI);
    assert_int_equal(allowed(state, HT_POLICY_CERTIFICATE_SIGNATURES, "ecdsa-with-SHA384", IN_2026),
                     IN_ALL & ~IN_CNSA);
    assert_int_equal(verdicts(state, "cert-sig-sha1", HT_POLICY_FAIL), IN_ALL);
    assert_int_equal(allowed(state, HT_POLICY_CERTIFICATE_KEYS, "RSA", IN_2026),
                     IN_ALL & ~(IN_MODERN | IN_CNSA));
    assert_int_equal(allowed(state, HT_POLICY_CERTIFICATE_KEYS, "ML-DSA-87", IN_2026),
                     IN_NIST | IN_CNSA | IN_PCI);
}

/* BSI section 3.6.1: RSA 3000 bits from 2024, DH 3000 from 2023. NIST: 2048 (SP 800-131A Rev. 2),
 * certificates of up to 3 years. Mozilla: 90 days in the modern configuration, 366 in the other. */
static void test_numbers(void **state)
{
    int64_t in_2024 = INT64_C(19723) * 86400 * HT_SECOND_NS;
    assert_int_equal(number(state, BSI, HT_POLICY_RSA_BITS, IN_2026), 3000);
    assert_int_equal(number(state, BSI, HT_POLICY_RSA_BITS, in_2024 - 1), 2000);
    assert_int_equal(number(state, BSI, HT_POLICY_DH_BITS, in_2024 - 1), 3000);
    assert_int_equal(number(state, NIST, HT_POLICY_RSA_BITS, IN_2026), 2048);
    assert_int_equal(number(state, NIST, HT_POLICY_DH_BITS, IN_2026), 2048);
    assert_int_equal(number(state, NIST, HT_POLICY_VALIDITY_DAYS, IN_2026), 3 * 365 + 1);
    assert_int_equal(number(state, PCI, HT_POLICY_RSA_BITS, IN_2026), 2048);
    assert_int_equal(number(state, MODERN, HT_POLICY_VALIDITY_DAYS, IN_2026), 90);
    assert_int_equal(number(state, INTERMEDIATE, HT_POLICY_VALIDITY_DAYS, IN_2026), 366);
    assert_int_equal(verdicts(state, "policy-validity", HT_POLICY_WARN), IN_NIST); /* a "should" */
}

/* Of a certificate that expired, PCI DSS 4.0.1 requirement 4.2.1 speaks. What no policy asks for is
 * left out. */
static void test_rules(void **state)
{
    const struct ht_policy *pci      = ((struct ht_policy **)*state)[PCI];
    const struct ht_policy_rule rule = ht_policy_rule(pci, "cert-expired");
    assert_int_equal(rule.verdict, HT_POLICY_FAIL);
    assert_string_equal(rule.clause, "requirement 4.2.1");
    assert_int_equal(verdicts(state, "cert-expired", HT_POLICY_FAIL), IN_ALL);
    assert_int_equal(verdicts(state, "dns-answer-stale", HT_POLICY_NONE), IN_ALL);
    assert_int_equal(verdicts(state, "kex-not-pq", HT_POLICY_FAIL), IN_CNSA);
}

/* All that is in a list has a name that the program gives to what it sees; a slip of the pen would
 * forbid what is meant to be allowed. */
static void test_values(void **state)
{
    (void)state;
    const struct ht_policy_checks checks = {.value = ht_audit_knows_value};
    for (unsigned i = 0; i < NUM_POLICIES; i++) {
        struct ht_error error;
        char path[200];
        (void)snprintf(path, sizeof path, "%s/src/policy/policies/%s.json", HT_SOURCE_DIR,
                       names[i]);
        struct ht_policy *policy = ht_policy_open(path, &checks, &error);
        if (policy == NULL) {
            fail_msg("%s", error.text);
        }
        ht_policy_free(policy);
    }
    assert_true(ht_audit_knows_value(HT_POLICY_CERTIFICATE_KEYS, "EC brainpoolP384r1"));
    assert_false(ht_audit_knows_value(HT_POLICY_CERTIFICATE_KEYS, "EC brainpool"));
    assert_false(ht_audit_knows_value(HT_POLICY_CERTIFICATE_SIGNATURES, "sha256WithRSA"));
    assert_false(ht_audit_knows_value(HT_POLICY_CIPHER_SUITES, "AES128-SHA"));
}

/* The example of the manual page, which extends "intermediate"; the days are those it names. */
static void test_example(void **state)
{
    (void)state;
    const struct ht_policy_checks checks = {.value = ht_audit_knows_value};
    const char *clause                   = NULL;
    struct ht_error error;
    struct ht_bytes page = file_bytes(HT_SOURCE_DIR "/man/hellotap-policy.5");
    const char *begin    = memmem(page.ptr, page.len, "\n{\n", 3);
    assert_non_null(begin);
    const char *end =
        memmem(begin, page.len - (size_t)(begin - (const char *)page.ptr), "\n}\n", 3);
    assert_non_null(end);
    char path[] = "/tmp/hellotap-house-XXXXXX.json";
    int file    = mkstemps(path, 5);
    assert_true(file >= 0);
    assert_int_equal(write(file, begin, (size_t)(end - begin) + 3), end - begin + 3);
    assert_int_equal(close(file), 0);
    struct ht_policy *policy = ht_policy_open(path, &checks, &error);
    (void)unlink(path);
    if (policy == NULL) {
        fail_msg("%s", error.text);
    }
    assert_string_equal(ht_policy_source(policy), "Security handbook, 7");
    assert_true(ht_policy_allows(policy, HT_POLICY_VERSIONS, "TLS 1.2", IN_2026, NULL));
    assert_false(ht_policy_allows(policy, HT_POLICY_GROUPS, "secp256r1", IN_2026, &clause));
    assert_string_equal(clause, "page 12");
    int64_t march_2027 = INT64_C(20892) * 86400 * HT_SECOND_NS; /* 2027-03-15 */
    assert_int_equal(ht_policy_number(policy, HT_POLICY_VALIDITY_DAYS, march_2027 - 1, NULL), 200);
    assert_int_equal(ht_policy_number(policy, HT_POLICY_VALIDITY_DAYS, march_2027, NULL), 100);
    assert_int_equal(ht_policy_rule(policy, "cert-self-signed").verdict, HT_POLICY_NONE);
    assert_string_equal(ht_policy_rule(policy, "kex-not-pq").severity, "medium");
    ht_policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),         cmocka_unit_test(test_versions),
        cmocka_unit_test(test_cipher_suites), cmocka_unit_test(test_key_transport),
        cmocka_unit_test(test_groups),        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_rules),
        cmocka_unit_test(test_values),        cmocka_unit_test(test_example),
    };
    return cmocka_run_group_tests(tests, open_all, free_all);
}
