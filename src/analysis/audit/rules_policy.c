/* Rules about: what the lists and numbers of a policy forbid. Asked only where there is a policy
 * that has them. */
#include "analysis/audit/lists.h"
#include "base/time.h"
#include "policy/policy.h"

#include <inttypes.h>
#include <stdio.h>

/* `who` has the value, `how`; it is a `kind`: "ServerHello chooses TLS 1.0, a version that …". */
struct said {
    const char *who, *how, *kind;
    uint64_t frame;
};

static bool forbids(const struct audit_case *c, enum ht_policy_list list, const char *value,
                    struct said said, struct ht_proof *out)
{
    const struct ht_policy *policy = c->settings->policy;
    return !ht_policy_allows(policy, list, value, c->now_ns, &out->clause) &&
           ht_proof_say(out, said.frame, 0, "%s %s %s, %s that %s does not allow", said.who,
                        said.how, value, said.kind, ht_policy_name(policy));
}

static bool asks_version(const struct ht_policy *policy)
{
    return ht_policy_has(policy, HT_POLICY_VERSIONS);
}

static bool has_version(const struct audit_case *c)
{
    return c->answer->version.set;
}

static bool forbidden_version(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    const struct said said = {"ServerHello", "chooses", "a version", c->answer->frame};
    return forbids(c, HT_POLICY_VERSIONS,
                   ht_registry_spell(room, &tls_versions, c->answer->version.id), said, out);
}

static bool asks_cipher_suite(const struct ht_policy *policy)
{
    return ht_policy_has(policy, HT_POLICY_CIPHER_SUITES);
}

static bool has_cipher_suite(const struct audit_case *c)
{
    return c->tls->cipher_suite.set;
}

static bool forbidden_cipher_suite(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    const struct said said = {"ServerHello", "chooses", "a cipher suite", c->answer->frame};
    return forbids(c, HT_POLICY_CIPHER_SUITES,
                   ht_registry_spell(room, &tls_cipher_suites, c->tls->cipher_suite.id), said, out);
}

/* Where the server chose the group: up to TLS 1.2 that is not the ServerHello. */
static uint64_t key_exchange_frame(const struct audit_case *c)
{
    return c->key_exchange_entry != NULL ? c->key_exchange_entry->frame : c->answer->frame;
}

static const char *key_exchange_name(const struct audit_case *c)
{
    return c->key_exchange_entry != NULL ? "ServerKeyExchange" : "ServerHello";
}

static bool asks_group(const struct ht_policy *policy)
{
    return ht_policy_has(policy, HT_POLICY_GROUPS);
}

static bool has_group(const struct audit_case *c)
{
    return c->tls->group.set;
}

static bool forbidden_group(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    const struct said said = {key_exchange_name(c), "chooses", "a group", key_exchange_frame(c)};
    return forbids(c, HT_POLICY_GROUPS, ht_registry_spell(room, &tls_groups, c->tls->group.id),
                   said, out);
}

static bool asks_signature_scheme(const struct ht_policy *policy)
{
    return ht_policy_has(policy, HT_POLICY_SIGNATURE_SCHEMES);
}

static bool has_signature_scheme(const struct audit_case *c)
{
    return audit_signature_scheme(c).set;
}

static bool forbidden_signature_scheme(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    const struct said said = {audit_signed_message(c), "is signed with", "a signature scheme",
                              audit_signed_frame(c)};
    return forbids(c, HT_POLICY_SIGNATURE_SCHEMES,
                   ht_registry_spell(room, &tls_signature_schemes, audit_signature_scheme(c).id),
                   said, out);
}

static const struct ht_certificate *leaf(const struct audit_case *c)
{
    return &c->facts->certificates[0];
}

static bool asks_certificate_key(const struct ht_policy *policy)
{
    return ht_policy_has(policy, HT_POLICY_CERTIFICATE_KEYS);
}

static bool has_certificate_key(const struct audit_case *c)
{
    return leaf(c)->key != NULL;
}

/* "RSA", "EC secp256r1": on which curve a key lies is of its kind. */
static bool forbidden_certificate_key(const struct audit_case *c, struct ht_proof *out)
{
    char kind[80];
    const struct ht_public_key *key = leaf(c)->key;
    (void)snprintf(kind, sizeof kind, "%.*s%s%.*s", (int)key->type.len, (const char *)key->type.ptr,
                   key->curve.len > 0 ? " " : "", (int)key->curve.len,
                   key->curve.len > 0 ? (const char *)key->curve.ptr : "");
    const struct said said = {"the leaf certificate", "has a key of the kind", "one",
                              c->certificate_frame};
    return forbids(c, HT_POLICY_CERTIFICATE_KEYS, kind, said, out);
}

static bool asks_certificate_signature(const struct ht_policy *policy)
{
    return ht_policy_has(policy, HT_POLICY_CERTIFICATE_SIGNATURES);
}

static bool has_certificate_signature(const struct audit_case *c)
{
    return leaf(c)->signature_algorithm.len > 0;
}

static bool forbidden_certificate_signature(const struct audit_case *c, struct ht_proof *out)
{
    char name[80];
    struct ht_bytes algorithm = leaf(c)->signature_algorithm;
    (void)snprintf(name, sizeof name, "%.*s", (int)algorithm.len, (const char *)algorithm.ptr);
    const struct said said = {"the leaf certificate", "is signed with", "an algorithm",
                              c->certificate_frame};
    return forbids(c, HT_POLICY_CERTIFICATE_SIGNATURES, name, said, out);
}

/* At some time, if not yet. */
static bool asks_number(const struct ht_policy *policy, enum ht_policy_number number)
{
    return ht_policy_number(policy, number, INT64_MAX, NULL) != 0;
}

static uint64_t rsa_bits(const struct audit_case *c)
{
    const struct ht_public_key *key = leaf(c)->key;
    bool rsa = key != NULL && key->type.len >= 3 && memcmp(key->type.ptr, "RSA", 3) == 0;
    return rsa ? key->bits : 0;
}

static bool asks_rsa_bits(const struct ht_policy *policy)
{
    return asks_number(policy, HT_POLICY_RSA_BITS);
}

static bool has_rsa_bits(const struct audit_case *c)
{
    return rsa_bits(c) > 0;
}

static bool too_few_rsa_bits(const struct audit_case *c, struct ht_proof *out)
{
    uint64_t least =
        ht_policy_number(c->settings->policy, HT_POLICY_RSA_BITS, c->now_ns, &out->clause);
    return rsa_bits(c) < least &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "the leaf certificate has an RSA key of %" PRIu64
                        " bits; %s asks for %" PRIu64 " at least",
                        rsa_bits(c), ht_policy_name(c->settings->policy), least);
}

static bool asks_dh_bits(const struct ht_policy *policy)
{
    return asks_number(policy, HT_POLICY_DH_BITS);
}

static bool has_dh_bits(const struct audit_case *c)
{
    return c->tls->dh_bits > 0;
}

static bool too_few_dh_bits(const struct audit_case *c, struct ht_proof *out)
{
    uint64_t least =
        ht_policy_number(c->settings->policy, HT_POLICY_DH_BITS, c->now_ns, &out->clause);
    return c->tls->dh_bits < least &&
           ht_proof_say(out, key_exchange_frame(c), 0,
                        "the Diffie-Hellman prime has %" PRIu64 " bits; %s asks for %" PRIu64
                        " at least",
                        c->tls->dh_bits, ht_policy_name(c->settings->policy), least);
}

static bool asks_validity(const struct ht_policy *policy)
{
    return asks_number(policy, HT_POLICY_VALIDITY_DAYS);
}

static bool has_validity(const struct audit_case *c)
{
    return c->facts->not_before_ns != INT64_MIN && c->facts->not_after_ns != INT64_MAX &&
           c->facts->not_before_ns <= c->facts->not_after_ns;
}

/* How much is too much was decided on the day of issue. A day begun counts; but not the last second
 * of all (RFC 5280 section 4.1.2.5 has both ends in the validity), lest who asks a CA for so many
 * days got one too many. */
static bool valid_too_long(const struct audit_case *c, struct ht_proof *out)
{
    const uint64_t day = 86400 * (uint64_t)HT_SECOND_NS;
    uint64_t most      = ht_policy_number(c->settings->policy, HT_POLICY_VALIDITY_DAYS,
                                          c->facts->not_before_ns, &out->clause);
    uint64_t span      = (uint64_t)c->facts->not_after_ns - (uint64_t)c->facts->not_before_ns;
    uint64_t days      = span / day + (span % day != 0);
    return most != 0 && days > most &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "the leaf certificate is valid for %" PRIu64 " days; %s allows %" PRIu64
                        " at most",
                        days, ht_policy_name(c->settings->policy), most);
}

static const struct audit_rule rules[] = {
    {.rule    = {.id          = "policy-version",
                 .severity    = "high",
                 .category    = "policy",
                 .title       = "A protocol version that the policy does not allow",
                 .remediation = "Configure the server to negotiate only versions that the policy "
                                   "allows."},
     .needs   = AUDIT_ANSWER,
     .asked   = asks_version,
     .applies = has_version,
     .found   = forbidden_version},
    {.rule    = {.id          = "policy-cipher-suite",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "A cipher suite that the policy does not allow",
                 .remediation = "Limit the server's cipher suites to those that the policy lists."},
     .needs   = AUDIT_ANSWER,
     .asked   = asks_cipher_suite,
     .applies = has_cipher_suite,
     .found   = forbidden_cipher_suite},
    {.rule    = {.id          = "policy-group",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "A key exchange group that the policy does not allow",
                 .remediation = "Limit the server's groups to those that the policy lists."},
     .needs   = AUDIT_ANSWER,
     .asked   = asks_group,
     .applies = has_group,
     .found   = forbidden_group},
    {.rule    = {.id          = "policy-signature-scheme",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "A signature scheme that the policy does not allow",
                 .remediation = "Limit the server's signature schemes to those that the policy "
                                   "lists; its certificate must suit.",
                 .scope       = "server"},
     .needs   = AUDIT_ANSWER | AUDIT_SIGNED,
     .asked   = asks_signature_scheme,
     .applies = has_signature_scheme,
     .found   = forbidden_signature_scheme},
    {.rule    = {.id          = "policy-certificate-key",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "A certificate key of a kind that the policy does not allow",
                 .remediation = "Have a certificate issued for a key of a kind that the policy "
                                   "lists.",
                 .scope       = "server"},
     .needs   = AUDIT_CERTIFICATE,
     .asked   = asks_certificate_key,
     .applies = has_certificate_key,
     .found   = forbidden_certificate_key},
    {.rule    = {.id          = "policy-certificate-signature",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "A certificate signed as the policy does not allow",
                 .remediation = "Have the certificate issued by a CA that signs as the policy asks.",
                 .scope       = "server"},
     .needs   = AUDIT_CERTIFICATE,
     .asked   = asks_certificate_signature,
     .applies = has_certificate_signature,
     .found   = forbidden_certificate_signature},
    {.rule    = {.id          = "policy-rsa-bits",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "An RSA key smaller than the policy asks for",
                 .remediation = "Have a certificate issued for a larger RSA key, or for an elliptic "
                                   "curve.",
                 .scope       = "server"},
     .needs   = AUDIT_CERTIFICATE,
     .asked   = asks_rsa_bits,
     .applies = has_rsa_bits,
     .found   = too_few_rsa_bits},
    {.rule    = {.id          = "policy-dh-bits",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "A Diffie-Hellman group smaller than the policy asks for",
                 .remediation = "Use a larger group of RFC 7919, or better ECDHE.",
                 .scope       = "server"},
     .needs   = AUDIT_ANSWER,
     .asked   = asks_dh_bits,
     .applies = has_dh_bits,
     .found   = too_few_dh_bits},
    {.rule    = {.id          = "policy-validity",
                 .severity    = "low",
                 .category    = "policy",
                 .title       = "A certificate valid for longer than the policy allows",
                 .remediation = "Have certificates issued for a shorter time, and renew them by "
                                   "program.",
                 .scope       = "server"},
     .needs   = AUDIT_CERTIFICATE,
     .asked   = asks_validity,
     .applies = has_validity,
     .found   = valid_too_long},
};

const struct audit_table audit_policy_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
