/* Rules about: kex, how the secret was agreed on. */
#include "analysis/audit/lists.h"
#include "analysis/post_quantum/post_quantum.h"

#include <inttypes.h>

enum { BITS_EXPORT = 1024, BITS_COMMON = 1536, BITS_ENOUGH = 2048 };
enum { EXPLICIT_PRIME = 0xFF01, EXPLICIT_CHAR2 = 0xFF02 };

static const char *group_name(char room[HT_SPELLED_MAX], uint16_t group)
{
    return ht_registry_spell(room, &tls_groups, group);
}

static const char *group_kind(uint16_t group)
{
    const struct ht_registry_entry *entry = ht_registry_find(&tls_groups, group);
    return entry != NULL ? entry->note : "";
}

static bool has_group(const struct audit_case *c)
{
    return c->tls->group.set;
}

/* Where the group is said: ServerKeyExchange, or from TLS 1.3 on ServerHello. */
static uint64_t group_frame(const struct audit_case *c)
{
    return c->key_exchange_entry != NULL ? c->key_exchange_entry->frame : c->answer->frame;
}

static bool say_group(const struct audit_case *c, struct ht_proof *out, const char *what)
{
    char room[HT_SPELLED_MAX];
    return ht_proof_say(out, group_frame(c), 0, "the server's share is of group 0x%04x (%s)%s",
                        c->tls->group.id, group_name(room, c->tls->group.id), what);
}

static bool has_prime(const struct audit_case *c)
{
    return c->key_exchange->dh_bits > 0;
}

static bool say_prime(const struct audit_case *c, struct ht_proof *out)
{
    const char *whose = c->key_exchange->dh_group;
    return ht_proof_say(out, c->key_exchange_entry->frame, 0,
                        "the prime in ServerKeyExchange has %" PRIu64 " bits%s%s",
                        c->key_exchange->dh_bits, whose != NULL ? ": " : "",
                        whose != NULL ? whose : "");
}

static bool dh_export(const struct audit_case *c, struct ht_proof *out)
{
    return c->key_exchange->dh_bits < BITS_EXPORT && say_prime(c, out);
}

static bool dh_short(const struct audit_case *c, struct ht_proof *out)
{
    uint64_t bits = c->key_exchange->dh_bits;
    return bits >= BITS_EXPORT && bits < BITS_ENOUGH && say_prime(c, out);
}

/* Those of RFC 7919 are long and made to be shared. */
static bool dh_common(const struct audit_case *c, struct ht_proof *out)
{
    const char *whose = c->key_exchange->dh_group;
    if (whose == NULL || strncmp(whose, "ffdhe", strlen("ffdhe")) == 0) {
        return false;
    }
    out->severity = c->key_exchange->dh_bits > BITS_COMMON ? "info" : NULL;
    return say_prime(c, out);
}

/* Groups of less than 224 bits: sect163*, sect193*, secp160*, secp192*; and of less than 240. */
static bool curve_weak(const struct audit_case *c, struct ht_proof *out)
{
    uint16_t group = c->tls->group.id;
    bool weak      = (group >= 1 && group <= 5) || (group >= 15 && group <= 19);
    bool doubtful  = (group >= 6 && group <= 8) || group == 20 || group == 21;
    if (doubtful) {
        out->severity = "medium";
    }
    return (weak || doubtful) && say_group(c, out, "");
}

static bool curve_binary(const struct audit_case *c, struct ht_proof *out)
{
    return strcmp(group_kind(c->tls->group.id), "ecc-binary") == 0 &&
           say_group(c, out, ", of characteristic 2");
}

static bool curve_explicit(const struct audit_case *c, struct ht_proof *out)
{
    const char *form = c->key_exchange != NULL ? c->key_exchange->curve_form : NULL;
    if (form != NULL && strncmp(form, "explicit", strlen("explicit")) == 0) {
        return ht_proof_say(out, c->key_exchange_entry->frame, 0,
                            "ServerKeyExchange brings its own curve (%s)", form);
    }
    return (audit_has(c->offer->groups, EXPLICIT_PRIME) ||
            audit_has(c->offer->groups, EXPLICIT_CHAR2)) &&
           ht_proof_say(out, c->offer->frame, 0,
                        "supported_groups has explicit curves (0xff01, 0xff02)");
}

static bool is_post_quantum(const struct audit_case *c)
{
    return c->tls->group.set && ht_post_quantum_group(c->tls->group.id);
}

static bool pq_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return is_post_quantum(c) && say_group(c, out, "");
}

static bool pq_missing(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX], room_2[HT_SPELLED_MAX];
    if (is_post_quantum(c)) {
        return false;
    }
    bool grouped     = c->tls->group.set;
    const char *kind = c->tls->key_exchange;
    return ht_proof_say(out, group_frame(c), 0, "%s agreed on with %s%s%s",
                        ht_registry_spell(room, &tls_versions, c->answer->version.id),
                        kind != NULL ? kind : "", kind != NULL && grouped ? ", " : "",
                        grouped        ? group_name(room_2, c->tls->group.id)
                        : kind == NULL ? "no group"
                                       : "");
}

static bool offers_post_quantum(const struct audit_case *c)
{
    return ht_post_quantum_offered(c->offer->groups) != 0;
}

static bool pq_declined(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX], room_2[HT_SPELLED_MAX];
    uint16_t offered  = ht_post_quantum_offered(c->offer->groups);
    const char *group = c->tls->group.set ? group_name(room_2, c->tls->group.id) : "none";
    return !is_post_quantum(c) && ht_proof_say(out, c->offer->frame, group_frame(c),
                                               "ClientHello offers %s; the server's group is %s",
                                               group_name(room, offered), group);
}

static bool speaks_tls13(const struct audit_case *c)
{
    return audit_highest_offered(c->offer) == TLS_13;
}

static bool client_no_pq(const struct audit_case *c, struct ht_proof *out)
{
    char room[160];
    return !offers_post_quantum(c) &&
           ht_proof_say(out, c->offer->frame, 0, "supported_groups is %s",
                        audit_list(room, sizeof room, &tls_groups, c->offer->groups));
}

static bool is_prestandard(uint16_t group)
{
    return ht_post_quantum_group(group) && strstr(group_kind(group), "preStandard") != NULL;
}

static bool is_cecpq1(uint16_t suite)
{
    return suite >= 0x16B7 && suite <= 0x16BA;
}

static bool pq_prestandard(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    for (size_t i = 0; i < c->offer->groups.len / 2; i++) {
        uint16_t group = ht_be16(c->offer->groups, i);
        if (is_prestandard(group)) {
            return ht_proof_say(out, c->offer->frame, 0, "supported_groups has 0x%04x (%s)", group,
                                group_name(room, group));
        }
    }
    for (size_t i = 0; i < c->offer->cipher_suites.len / 2; i++) {
        uint16_t suite = ht_be16(c->offer->cipher_suites, i);
        if (is_cecpq1(suite)) {
            return ht_proof_say(out, c->offer->frame, 0, "ClientHello offers 0x%04x (CECPQ1)",
                                suite);
        }
    }
    return false;
}

static bool pq_pure(const struct audit_case *c, struct ht_proof *out)
{
    return strcmp(group_kind(c->tls->group.id), "pq-kem") == 0 &&
           say_group(c, out, ", without an elliptic curve beside it");
}

static bool retry_request(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *retry =
        audit_find_event(c, &tls_hello_retry_request_event, "server");
    return retry != NULL &&
           ht_proof_say(out, retry->frame, 0,
                        "the random of ServerHello is cf21ad74…: HelloRetryRequest");
}

static bool asks_for_certificate(const struct audit_case *c)
{
    uint64_t frame;
    return audit_certificate_request(c, &frame) != NULL;
}

/* As IANA has them; NULL: another type. */
static const char *fixed_dh_name(uint8_t type)
{
    enum { RSA_FIXED = 3, DSS_FIXED = 4, RSA_FIXED_ECDH = 65, ECDSA_FIXED_ECDH = 66 };
    switch (type) {
    case RSA_FIXED:
        return "rsa_fixed_dh";
    case DSS_FIXED:
        return "dss_fixed_dh";
    case RSA_FIXED_ECDH:
        return "rsa_fixed_ecdh";
    case ECDSA_FIXED_ECDH:
        return "ecdsa_fixed_ecdh";
    default:
        return NULL;
    }
}

static bool fixed_dh(const struct audit_case *c, struct ht_proof *out)
{
    uint64_t frame;
    struct ht_bytes types = audit_certificate_request(c, &frame)->certificate_types;
    for (size_t i = 0; i < types.len; i++) {
        uint8_t type = types.ptr[i];
        if (fixed_dh_name(type) != NULL) {
            return ht_proof_say(out, frame, 0,
                                "certificate_types of CertificateRequest has %u (%s)", type,
                                fixed_dh_name(type));
        }
    }
    return false;
}

static const char hybrid[] = "Turn X25519MLKEM768 on; for CNSA 2.0 ML-KEM-1024 or "
                             "SecP384r1MLKEM1024.";

static const struct audit_rule rules[] = {
    {{"dh-export-size",
      "critical",
      "kex",
      "Diffie-Hellman with a prime of less than 1024 bits",
      "Use ECDHE, or groups of 2048 bits and more.",
      "Logjam (CVE-2015-4000)",
      {"RFC 7919", "RFC 9325 section 4.5"},
      .scope = "server"},
     AUDIT_KEY_EXCHANGE,
     has_prime,
     dh_export},
    {{"dh-1024",
      "high",
      "kex",
      "Diffie-Hellman with a prime of 1024 to 2047 bits",
      "Use ECDHE, or groups of 2048 bits and more.",
      "Logjam",
      {"RFC 9325 section 4.5", "NIST SP 800-131A r2", "RFC 10015"},
      .scope = "server"},
     AUDIT_KEY_EXCHANGE,
     has_prime,
     dh_short},
    {{"dh-common-prime",
      "medium",
      "kex",
      "Diffie-Hellman with a prime that many share",
      "Use ECDHE, or the groups of RFC 7919.",
      "Logjam by precomputation",
      {"weakdh.org", "RFC 7919"},
      .scope = "server"},
     AUDIT_KEY_EXCHANGE,
     has_prime,
     dh_common},
    {{"curve-weak",
      "high",
      "kex",
      "A curve of too few bits agreed on",
      "Use X25519, secp256r1 or secp384r1.",
      NULL,
      {"RFC 9325 section 4.5", "RFC 8422 section 5.1.1", "RFC 9847"}},
     AUDIT_ANSWER,
     has_group,
     curve_weak},
    {{"curve-binary",
      "low",
      "kex",
      "A binary curve agreed on",
      "Use prime curves.",
      NULL,
      {"RFC 8422", "FIPS 186-5"}},
     AUDIT_ANSWER,
     has_group,
     curve_binary},
    {{"curve-explicit-params",
      "high",
      "kex",
      "A curve given by its parameters",
      "Allow named curves only.",
      "A spoofed curve, as in CVE-2020-0601",
      {"RFC 8422 section 5.4"}},
     AUDIT_OFFER,
     NULL,
     curve_explicit},
    {{"pq-hybrid-negotiated",
      "info",
      "kex",
      "Post-quantum key exchange agreed on",
      "Nothing: this is what should be.",
      NULL,
      {"draft-ietf-tls-ecdhe-mlkem", "FIPS 203", "CNSA 2.0"}},
     AUDIT_ANSWER,
     NULL,
     pq_negotiated},
    {{"kex-not-pq",
      "low",
      "kex",
      "A key exchange that a quantum computer breaks",
      hybrid,
      "Harvest now, decrypt later",
      {"NIST IR 8547", "CNSA 2.0", "BSI TR-02102-1"}},
     AUDIT_ANSWER,
     NULL,
     pq_missing},
    {{"pq-offered-not-selected",
      "low",
      "kex",
      "Post-quantum key exchange was offered and not taken",
      hybrid,
      "Harvest now, decrypt later",
      {"NIST IR 8547", "CNSA 2.0", "BSI TR-02102-1"},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_ANSWER,
     offers_post_quantum,
     pq_declined},
    {{"client-no-pq",
      "info",
      "kex",
      "The client offers no post-quantum key exchange",
      "Upgrade the client: OpenSSL 3.5, Go 1.24, Chrome 131, Firefox 132, or later.",
      "Harvest now, decrypt later",
      {"NIST IR 8547", "CNSA 2.0", "BSI TR-02102-1"},
      .scope = "client"},
     AUDIT_OFFER,
     speaks_tls13,
     client_no_pq},
    {{"pq-prestandard",
      "medium",
      "kex",
      "Post-quantum key exchange of a draft or an experiment",
      "Use the groups with ML-KEM, 0x11eb to 0x11ed.",
      NULL,
      {"IANA TLS Supported Groups"}},
     AUDIT_OFFER,
     NULL,
     pq_prestandard},
    {{"pq-pure-kem",
      "info",
      "kex",
      "ML-KEM alone agreed on",
      "As CNSA 2.0 wants it; BSI recommends hybrids only.",
      NULL,
      {"draft-ietf-tls-mlkem", "draft-becker-cnsa2-tls-profile", "BSI TR-02102-1"}},
     AUDIT_ANSWER,
     has_group,
     pq_pure},
    {{"hello-retry-request",
      "info",
      "kex",
      "The server asked for another key share",
      "Let the client send a share of the group that its servers prefer: it saves a round trip.",
      NULL,
      {"RFC 9846 section 4.2.4"}},
     AUDIT_ANSWER,
     NULL,
     retry_request,
     .signs = AUDIT_RETRY,
     .each  = true},
    {{"fixed-dh-client-cert",
      "medium",
      "kex",
      "The server asks for certificates with static Diffie-Hellman",
      "Remove these types from what the server asks for.",
      NULL,
      {"RFC 10015 section 2", "RFC 10015 section 5.5"}},
     AUDIT_ANSWER,
     asks_for_certificate,
     fixed_dh,
     .where = AUDIT_ASKED,
     .each  = true},
};

const struct audit_table audit_kex_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_SESSION};
