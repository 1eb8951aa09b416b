/* Rules about: cipher, the suites that a client offers. */
#include "analysis/audit/lists.h"

/* Those of the suites offered that are of a kind. */
static bool say_kind(const struct audit_case *c, struct ht_proof *out, unsigned kind)
{
    enum { SOME = 8 };
    uint8_t those[2 * SOME];
    char room[180];
    size_t num             = 0;
    struct ht_bytes offers = c->offer->cipher_suites;
    for (size_t i = 0; i < offers.len / 2 && num < SOME; i++) {
        const struct audit_suite *suite = audit_suite_find(ht_be16(offers, i));
        if (suite != NULL && (suite->kinds & kind) != 0) {
            memcpy(those + 2 * num++, offers.ptr + 2 * i, 2);
        }
    }
    return ht_proof_say(
        out, c->offer->frame, 0, "ClientHello offers %s",
        audit_list(room, sizeof room, &tls_cipher_suites, ht_bytes(those, 2 * num)));
}

static bool offers_null(const struct audit_case *c, struct ht_proof *out)
{
    return (c->offered_kinds & AUDIT_SUITE_NULL) != 0 && say_kind(c, out, AUDIT_SUITE_NULL);
}

/* Mail servers prefer anonymous encryption to none. */
static bool offers_anonymous(const struct audit_case *c, struct ht_proof *out)
{
    enum { SMTP = 25 };
    if ((c->offered_kinds & AUDIT_SUITE_ANONYMOUS) == 0) {
        return false;
    }
    out->severity = c->connection->server->port == SMTP ? "low" : NULL;
    return say_kind(c, out, AUDIT_SUITE_ANONYMOUS);
}

static bool offers_export(const struct audit_case *c, struct ht_proof *out)
{
    return (c->offered_kinds & AUDIT_SUITE_EXPORT) != 0 && say_kind(c, out, AUDIT_SUITE_EXPORT);
}

static bool offers_weak(const struct audit_case *c, struct ht_proof *out)
{
    return (c->offered_kinds & AUDIT_SUITE_WEAK) != 0 && say_kind(c, out, AUDIT_SUITE_WEAK);
}

static bool offers_static_rsa(const struct audit_case *c, struct ht_proof *out)
{
    return (c->offered_kinds & AUDIT_SUITE_STATIC_RSA) != 0 &&
           say_kind(c, out, AUDIT_SUITE_STATIC_RSA);
}

/* The first suite with a grade, GREASE and signals left out, and the best. */
static bool weak_first(const struct audit_case *c, struct ht_proof *out)
{
    const struct audit_suite *first = NULL, *best = NULL;
    struct ht_bytes offers = c->offer->cipher_suites;
    for (size_t i = 0; i < offers.len / 2; i++) {
        const struct audit_suite *suite = audit_suite_find(ht_be16(offers, i));
        first = first == NULL && audit_suite_rank(suite) >= 0 ? suite : first;
        best  = audit_suite_rank(suite) > audit_suite_rank(best) ? suite : best;
    }
    return first != NULL && best != NULL && audit_suite_rank(first) < audit_suite_rank(best) &&
           ht_proof_say(out, c->offer->frame, 0, "ClientHello has %s (%s) first, and %s (%s) later",
                        first->name, first->grade, best->name, best->grade);
}

static bool offers_compression(const struct audit_case *c, struct ht_proof *out)
{
    struct ht_bytes methods = c->offer->compression_methods;
    for (size_t i = 0; i < methods.len; i++) {
        char room[HT_SPELLED_MAX];
        if (methods.ptr[i] != 0) {
            return ht_proof_say(out, c->offer->frame, 0,
                                "ClientHello offers compression 0x%02x (%s)", methods.ptr[i],
                                ht_registry_spell(room, &tls_compression_methods, methods.ptr[i]));
        }
    }
    return false;
}

static const struct audit_rule rules[] = {
    {{"client-offers-null",
      "medium",
      "cipher",
      "The client offers suites without encryption",
      "Remove eNULL from the client's suites.",
      NULL,
      {"RFC 9325 section 4.1"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     offers_null},
    {{"client-offers-anon",
      "medium",
      "cipher",
      "The client offers anonymous suites",
      "Remove aNULL from the client's suites.",
      "Machine in the middle",
      {"RFC 9325 section 4.1"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     offers_anonymous},
    {{"client-offers-export",
      "medium",
      "cipher",
      "The client offers suites of export grade",
      "Upgrade the client.",
      "FREAK, Logjam",
      {"RFC 9325 section 4.1"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     offers_export},
    {{"client-offers-weak",
      "low",
      "cipher",
      "The client offers weak ciphers",
      "Remove RC4, DES, 3DES, RC2, IDEA and MD5 from the client's suites.",
      NULL,
      {"RFC 7465", "RFC 9325"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     offers_weak},
    {{"client-offers-static-rsa",
      "info",
      "cipher",
      "The client offers RSA key exchange",
      "Remove TLS_RSA_* from the client's suites.",
      "ROBOT",
      {"RFC 10015 section 4"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     offers_static_rsa},
    {{"client-cipher-order-weak-first",
      "low",
      "cipher",
      "The client prefers a suite that is not its best",
      "Put the best suites first.",
      NULL,
      {"RFC 9325 section 4.2"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     weak_first},
    {{"client-offers-compression",
      "medium",
      "cipher",
      "The client offers compression",
      "Turn compression off in the client.",
      "CRIME (CVE-2012-4929)",
      {"RFC 9325 section 3.3", "RFC 9846 section 4.2.2"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     offers_compression},
};

const struct audit_table audit_offer_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_SESSION};
