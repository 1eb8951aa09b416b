#include "analysis/audit/audit.h"
#include "tls/tls.h"

/* As certificates' records name them; those that libcrypto may not know yet, by number too. */
static const char *const keys[] = {
    "RSA",
    "RSA-PSS",
    "DSA",
    "EC explicit",
    "Ed25519",
    "Ed448",
    "ML-DSA-44",
    "ML-DSA-65",
    "ML-DSA-87",
    "2.16.840.1.101.3.4.3.17", /* ML-DSA-44, RFC 9881 */
    "2.16.840.1.101.3.4.3.18", /* ML-DSA-65 */
    "2.16.840.1.101.3.4.3.19", /* ML-DSA-87 */
    NULL,
};

static const char *const signatures[] = {
    "md2WithRSAEncryption",
    "md4WithRSAEncryption",
    "md5WithRSAEncryption",
    "sha1WithRSAEncryption",
    "sha1WithRSA",
    "sha224WithRSAEncryption",
    "sha256WithRSAEncryption",
    "sha384WithRSAEncryption",
    "sha512WithRSAEncryption",
    "RSA-SHA3-256",
    "RSA-SHA3-384",
    "RSA-SHA3-512",
    "rsassaPss",
    "ecdsa-with-SHA1",
    "ecdsa-with-SHA224",
    "ecdsa-with-SHA256",
    "ecdsa-with-SHA384",
    "ecdsa-with-SHA512",
    "ecdsa_with_SHA3-256",
    "ecdsa_with_SHA3-384",
    "ecdsa_with_SHA3-512",
    "dsaWithSHA1",
    "dsa_with_SHA224",
    "dsa_with_SHA256",
    "dsa_with_SHA384",
    "dsa_with_SHA512",
    "ED25519",
    "ED448",
    "ML-DSA-44",
    "ML-DSA-65",
    "ML-DSA-87",
    "2.16.840.1.101.3.4.3.17",
    "2.16.840.1.101.3.4.3.18",
    "2.16.840.1.101.3.4.3.19",
    NULL,
};

static bool is_among(const char *const *names, const char *value)
{
    while (*names != NULL && strcmp(*names, value) != 0) {
        names++;
    }
    return *names != NULL;
}

static bool is_registered(const struct ht_registry *registry, const char *value)
{
    for (size_t i = 0; i < registry->len; i++) {
        if (strcmp(registry->entries[i].name, value) == 0) {
            return true;
        }
    }
    return false;
}

bool ht_audit_knows_value(enum ht_policy_list list, const char *value)
{
    static const struct ht_registry *const registries[HT_POLICY_NUM_LISTS] = {
        [HT_POLICY_VERSIONS]          = &tls_versions,
        [HT_POLICY_CIPHER_SUITES]     = &tls_cipher_suites,
        [HT_POLICY_GROUPS]            = &tls_groups,
        [HT_POLICY_SIGNATURE_SCHEMES] = &tls_signature_schemes,
    };
    if (registries[list] != NULL) {
        return is_registered(registries[list], value);
    }
    if (list == HT_POLICY_CERTIFICATE_SIGNATURES) {
        return is_among(signatures, value);
    }
    bool on_curve = strncmp(value, "EC ", 3) == 0 && is_registered(&tls_groups, value + 3);
    return on_curve || is_among(keys, value);
}
