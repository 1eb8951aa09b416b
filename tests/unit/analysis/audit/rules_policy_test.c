/*
 * What the lists and numbers of a policy forbid, and how it is said: cases made by hand, judged by
 * a policy of this test. Numbers of registries are IANA's.
 */
#include "support.h"

#include "analysis/audit/case.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY_NS (86400 * HT_SECOND_NS)

static const char house[] =
    "{\"name\": \"house\","
    "\"versions\": {\"clause\": \"page 1\", \"allowed\": [\"TLS 1.3\", \"DTLS 1.3\"]},"
    "\"cipher_suites\": {\"allowed\": [\"TLS_AES_128_GCM_SHA256\"]},"
    "\"groups\": {\"clause\": \"page 3\", \"allowed\": [\"x25519\","
    " {\"name\": \"secp256r1\", \"until\": \"2025-12-31\", \"clause\": \"page 4\"}]},"
    "\"signature_schemes\": {\"allowed\": [\"rsa_pss_rsae_sha256\"]},"
    "\"certificate_keys\": {\"allowed\": [\"EC secp256r1\", \"RSA\"]},"
    "\"certificate_signatures\": {\"allowed\": [\"ecdsa-with-SHA256\"]},"
    "\"rsa_bits\": {\"value\": 3000, \"clause\": \"page 7\"}, \"dh_bits\": 2048,"
    "\"validity_days\": {\"value\": 90, \"from\": \"2025-01-01\"}}";

static struct ht_policy *open_house(void)
{
    struct ht_error error;
    char path[] = "/tmp/hellotap-house-XXXXXX.json";
    int file    = mkstemps(path, 5);
    assert_true(file >= 0);
    assert_int_equal(write(file, house, strlen(house)), strlen(house));
    assert_int_equal(close(file), 0);
    struct ht_policy *policy = ht_policy_open(path, NULL, &error);
    (void)unlink(path);
    if (policy == NULL) {
        fail_msg("%s", error.text);
    }
    return policy;
}

/* A handshake of TLS 1.2 by DHE, on 2026-01-01 (day 20454), of a certificate issued on 2025-06-01
 * (day 20240). */
struct handshake {
    struct ht_public_key key;
    struct ht_certificate certificate;
    struct ht_chain_facts facts;
    struct tls_server_hello answer;
    struct tls_server_key_exchange key_exchange;
    struct ht_timeline_entry key_exchange_entry;
    struct tls_details tls;
    struct ht_connection connection;
    struct ht_analysis_settings settings;
    struct audit_case c;
};

static void make(struct handshake *h, const struct ht_policy *policy)
{
    *h             = (struct handshake){.settings.policy = policy};
    h->key         = (struct ht_public_key){.type = ht_text("RSA"), .bits = 2048};
    h->certificate = (struct ht_certificate){.key                 = &h->key,
                                             .signature_algorithm = ht_text("ecdsa-with-SHA256")};
    h->facts       = (struct ht_chain_facts){.certificates  = &h->certificate,
                                             .num           = 1,
                                             .not_before_ns = 20240 * DAY_NS,
                                             .not_after_ns  = 20330 * DAY_NS};
    h->answer      = (struct tls_server_hello){.frame = 7, .version = ht_named(0x0303)};
    h->key_exchange.signature_scheme = ht_named(0x0401);
    h->key_exchange_entry.frame      = 9;
    h->tls = (struct tls_details){.cipher_suite = ht_named(0x009E), .dh_bits = 1024};
    h->c   = (struct audit_case){.connection         = &h->connection,
                                 .settings           = &h->settings,
                                 .tls                = &h->tls,
                                 .answer             = &h->answer,
                                 .key_exchange       = &h->key_exchange,
                                 .key_exchange_entry = &h->key_exchange_entry,
                                 .certificate_frame  = 8,
                                 .facts              = &h->facts,
                                 .now_ns             = 20454 * DAY_NS};
}

static const struct audit_rule *find(const char *id)
{
    for (size_t i = 0; i < audit_policy_rules.num; i++) {
        if (strcmp(audit_policy_rules.rules[i].rule.id, id) == 0) {
            return &audit_policy_rules.rules[i];
        }
    }
    fail_msg("no rule %s", id);
    return NULL;
}

/* What the rule says of the case; NULL: nothing. */
static const char *judge(const struct handshake *h, const char *id, struct ht_proof *proof)
{
    const struct audit_rule *rule = find(id);
    *proof                        = (struct ht_proof){.num_frames = 0};
    assert_true(rule->asked(h->settings.policy));
    bool found = rule->applies(&h->c) && rule->found(&h->c, proof);
    return found ? proof->evidence : NULL;
}

static void test_forbidden(void **state)
{
    (void)state;
    struct ht_policy *policy = open_house();
    struct handshake h;
    struct ht_proof proof;
    make(&h, policy);
    assert_string_equal(judge(&h, "policy-version", &proof),
                        "ServerHello chooses TLS 1.2, a version that house does not allow");
    assert_string_equal(proof.clause, "page 1");
    assert_int_equal(proof.num_frames, 1);
    assert_int_equal(proof.frames[0], 7);
    assert_string_equal(judge(&h, "policy-cipher-suite", &proof),
                        "ServerHello chooses TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, a cipher suite "
                        "that house does not allow");
    assert_null(proof.clause);
    assert_string_equal(
        judge(&h, "policy-signature-scheme", &proof),
        "ServerKeyExchange is signed with rsa_pkcs1_sha256, a signature scheme that "
        "house does not allow");
    assert_string_equal(judge(&h, "policy-rsa-bits", &proof),
                        "the leaf certificate has an RSA key of 2048 bits; house asks for 3000 at "
                        "least");
    assert_int_equal(proof.frames[0], 8);
    assert_string_equal(judge(&h, "policy-dh-bits", &proof),
                        "the Diffie-Hellman prime has 1024 bits; house asks for 2048 at least");
    h.certificate.signature_algorithm = ht_text("sha1WithRSAEncryption");
    assert_string_equal(judge(&h, "policy-certificate-signature", &proof),
                        "the leaf certificate is signed with sha1WithRSAEncryption, an algorithm "
                        "that house does not allow");
    h.key.type  = ht_text("EC");
    h.key.curve = ht_text("secp384r1");
    assert_string_equal(judge(&h, "policy-certificate-key", &proof),
                        "the leaf certificate has a key of the kind EC secp384r1, one that house "
                        "does not allow");
    assert_null(judge(&h, "policy-rsa-bits", &proof));
    ht_policy_free(policy);
}

static void test_allowed(void **state)
{
    (void)state;
    struct ht_policy *policy = open_house();
    struct handshake h;
    struct ht_proof proof;
    make(&h, policy);
    h.answer.version                = ht_named(0xFEFC);
    h.tls.cipher_suite              = ht_named(0x1301);
    h.tls.group                     = ht_named(0x001D);
    h.tls.dh_bits                   = 2048;
    h.key.bits                      = 3072;
    h.key_exchange.signature_scheme = ht_named(0x0804);
    for (size_t i = 0; i < audit_policy_rules.num; i++) {
        assert_null(judge(&h, audit_policy_rules.rules[i].rule.id, &proof));
    }
    h.key.type  = ht_text("EC");
    h.key.curve = ht_text("secp256r1");
    assert_null(judge(&h, "policy-certificate-key", &proof));
    ht_policy_free(policy);
}

/* What was not negotiated, or not shown, is nothing to judge. */
static void test_not_there(void **state)
{
    (void)state;
    struct ht_policy *policy = open_house();
    struct handshake h;
    struct ht_proof proof;
    make(&h, policy);
    h.tls.dh_bits                   = 0;
    h.answer.version.set            = false;
    h.tls.cipher_suite.set          = false;
    h.key_exchange.signature_scheme = (struct ht_named){.set = false};
    h.certificate                   = (struct ht_certificate){.key = NULL};
    h.facts.not_after_ns            = INT64_MAX;
    for (size_t i = 0; i < audit_policy_rules.num; i++) {
        assert_null(judge(&h, audit_policy_rules.rules[i].rule.id, &proof));
    }
    ht_policy_free(policy);
}

/* A group that was allowed up to the day before. */
static void test_until(void **state)
{
    (void)state;
    struct ht_policy *policy = open_house();
    struct handshake h;
    struct ht_proof proof;
    make(&h, policy);
    h.tls.group = ht_named(0x0017);
    assert_string_equal(judge(&h, "policy-group", &proof),
                        "ServerKeyExchange chooses secp256r1, a group that house does not allow");
    h.c.now_ns--;
    assert_null(judge(&h, "policy-group", &proof));
    ht_policy_free(policy);
}

/* From one midnight to another is so many days, a second more is a day more. A bound holds for what
 * was issued since. */
static void test_validity(void **state)
{
    (void)state;
    struct ht_policy *policy = open_house();
    struct handshake h;
    struct ht_proof proof;
    make(&h, policy);
    assert_null(judge(&h, "policy-validity", &proof));
    h.facts.not_after_ns += HT_SECOND_NS;
    assert_string_equal(judge(&h, "policy-validity", &proof),
                        "the leaf certificate is valid for 91 days; house allows 90 at most");
    h.facts.not_before_ns -= 200 * DAY_NS; /* in 2024 */
    assert_null(judge(&h, "policy-validity", &proof));
    ht_policy_free(policy);
}

/* Without a policy, or for a list that it does not have, there is no such rule. */
static void test_not_asked(void **state)
{
    (void)state;
    struct ht_error error;
    struct ht_policy *pci = ht_policy_open("pci-dss-4", NULL, &error);
    assert_non_null(pci);
    for (size_t i = 0; i < audit_policy_rules.num; i++) {
        assert_false(audit_policy_rules.rules[i].asked(NULL));
    }
    assert_true(find("policy-version")->asked(pci));
    assert_false(find("policy-group")->asked(pci));
    assert_true(find("policy-dh-bits")->asked(pci));
    assert_false(find("policy-validity")->asked(pci));
    ht_policy_free(pci);
}

/* The finding fails, and cites what forbids this value. */
static void test_finding(void **state)
{
    (void)state;
    struct ht_policy *policy = open_house();
    struct ht_arena arena    = {.budget = NULL};
    struct handshake h;
    struct ht_proof proof;
    make(&h, policy);
    assert_non_null(judge(&h, "policy-version", &proof));
    ht_rule_find(&h.connection, &arena, policy, &find("policy-version")->rule, &proof);
    assert_int_equal(h.connection.findings.len, 1);
    const struct ht_finding *finding = h.connection.findings.items;
    assert_string_equal(finding->verdict, "fail");
    assert_string_equal(finding->severity, "high");
    assert_string_equal(finding->clause, "page 1");
    ht_arena_clear(&arena);
    ht_policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forbidden), cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_not_there), cmocka_unit_test(test_until),
        cmocka_unit_test(test_validity),  cmocka_unit_test(test_not_asked),
        cmocka_unit_test(test_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
