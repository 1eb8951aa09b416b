/* Rules about: what the lists and numbers of a policy forbid. Asked only where there is a policy
 * that has them. */
#include "analysis/audit/lists.h"
#include "base/time.h"
#include "policy/policy.h"

#include <inttypes.h>
#include <stdio.h>

/* " (section 3.1)"; "" where nothing is cited. */
static const char *in_brackets(char *room, size_t size, const char *clause)
{
    room[0] = '\0';
    if (clause != NULL) {
        (void)snprintf(room, size, " (%s)", clause);
    }
    return room;
}

/* `what` says where the value is: "ServerHello". */
static bool forbids(const struct audit_case *c, enum ht_policy_list list, const char *value,
                    uint64_t frame, const char *what, struct ht_proof *out)
{
    char cited[120];
    const struct ht_policy *policy = c->settings->policy;
    return !ht_policy_allows(policy, list, value, c->now_ns, &out->clause) &&
           ht_proof_say(out, frame, 0, "%s has %s, which %s%s does not allow", what, value,
                        ht_policy_name(policy), in_brackets(cited, sizeof cited, out->clause));
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
    return forbids(c, HT_POLICY_VERSIONS,
                   ht_registry_spell(room, &tls_versions, c->answer->version.id), c->answer->frame,
                   "ServerHello", out);
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
    return forbids(c, HT_POLICY_CIPHER_SUITES,
                   ht_registry_spell(room, &tls_cipher_suites, c->tls->cipher_suite.id),
                   c->answer->frame, "ServerHello", out);
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
    return forbids(c, HT_POLICY_GROUPS, ht_registry_spell(room, &tls_groups, c->tls->group.id),
                   key_exchange_frame(c), key_exchange_name(c), out);
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
    return forbids(c, HT_POLICY_SIGNATURE_SCHEMES,
                   ht_registry_spell(room, &tls_signature_schemes, audit_signature_scheme(c).id),
                   audit_signed_frame(c), audit_signed_message(c), out);
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
    return forbids(c, HT_POLICY_CERTIFICATE_KEYS, kind, c->certificate_frame,
                   "The key of the certificate", out);
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
    return forbids(c, HT_POLICY_CERTIFICATE_SIGNATURES, name, c->certificate_frame,
                   "The signature of the certificate", out);
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

/* What is to be at least, or at most, so much. */
static bool say_bound(const struct audit_case *c, struct ht_proof *out, const char *what,
                      uint64_t value, const char *bound_name, uint64_t bound, uint64_t frame)
{
    char cited[120];
    return ht_proof_say(out, frame, 0, "%s %" PRIu64 "; %s%s asks for %s %" PRIu64, what, value,
                        ht_policy_name(c->settings->policy),
                        in_brackets(cited, sizeof cited, out->clause), bound_name, bound);
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
           say_bound(c, out, "Bits of the certificate's RSA key:", rsa_bits(c), "at least", least,
                     c->certificate_frame);
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
           say_bound(c, out, "Bits of the Diffie-Hellman prime:", c->tls->dh_bits, "at least",
                     least, key_exchange_frame(c));
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
           say_bound(c, out, "Days that the certificate is valid:", days, "at most", most,
                     c->certificate_frame);
}

static const struct audit_rule rules[] = {
    {.rule    = {.id          = "policy-version",
                 .severity    = "high",
                 .category    = "policy",
                 .title       = "The policy does not allow the protocol version",
                 .remediation = "Configure the server to negotiate only versions that the policy "
                                   "allows."},
     .needs   = AUDIT_ANSWER,
     .asked   = asks_version,
     .applies = has_version,
     .found   = forbidden_version},
    {.rule    = {.id          = "policy-cipher-suite",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "The policy does not allow the cipher suite",
                 .remediation = "Limit the server's cipher suites to those that the policy lists."},
     .needs   = AUDIT_ANSWER,
     .asked   = asks_cipher_suite,
     .applies = has_cipher_suite,
     .found   = forbidden_cipher_suite},
    {.rule    = {.id          = "policy-group",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "The policy does not allow the key exchange group",
                 .remediation = "Limit the server's groups to those that the policy lists."},
     .needs   = AUDIT_ANSWER,
     .asked   = asks_group,
     .applies = has_group,
     .found   = forbidden_group},
    {.rule    = {.id          = "policy-signature-scheme",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "The policy does not allow the handshake's signature scheme",
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
                 .title       = "The policy does not allow the certificate's kind of key",
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
                 .title       = "The policy does not allow the certificate's signature algorithm",
                 .remediation = "Have the certificate issued by a CA that signs as the policy asks.",
                 .scope       = "server"},
     .needs   = AUDIT_CERTIFICATE,
     .asked   = asks_certificate_signature,
     .applies = has_certificate_signature,
     .found   = forbidden_certificate_signature},
    {.rule    = {.id          = "policy-rsa-bits",
                 .severity    = "medium",
                 .category    = "policy",
                 .title       = "The certificate's RSA key is smaller than the policy asks",
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
                 .title       = "The Diffie-Hellman group is smaller than the policy asks",
                 .remediation = "Use a larger group of RFC 7919, or better ECDHE.",
                 .scope       = "server"},
     .needs   = AUDIT_ANSWER,
     .asked   = asks_dh_bits,
     .applies = has_dh_bits,
     .found   = too_few_dh_bits},
    {.rule    = {.id          = "policy-validity",
                 .severity    = "low",
                 .category    = "policy",
                 .title       = "The certificate is valid for longer than the policy allows",
                 .remediation = "Have certificates issued for a shorter time, and renew them by "
                                   "program.",
                 .scope       = "server"},
     .needs   = AUDIT_CERTIFICATE,
     .asked   = asks_validity,
     .applies = has_validity,
     .found   = valid_too_long},
};

const struct audit_table audit_policy_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
