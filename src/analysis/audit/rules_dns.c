/* Rules about the DNS answer that led to a connection, or should have. */
#include "analysis/audit/certificates.h"
#include "base/time.h"

#include <inttypes.h>

/* An answer that is some minutes too old is one that somebody kept a little. */
#define STALE_NS (300 * HT_SECOND_NS)

static bool is_verdict(const struct audit_case *c, const char *verdict)
{
    return strcmp(c->connection->dns->verdict, verdict) == 0;
}

/* Resolvers are reached by their addresses. */
static bool needs_resolution(const struct audit_case *c)
{
    return c->connection->encrypted_dns == NULL;
}

static bool ip_not_in_dns(const struct audit_case *c, struct ht_proof *out)
{
    char address[HT_ADDRESS_TEXT_MAX];
    bool literal = is_verdict(c, "literal_address");
    bool unknown = is_verdict(c, "none_seen") && c->connection->dns->led_there.len == 0;
    out->basis   = "inferred";
    return (literal || unknown) &&
           ht_proof_say(out, c->offer->frame, 0,
                        "of the answers captured for this client none gave it %s",
                        ht_address_print(address, &c->connection->server->ip));
}

static bool has_open_name(const struct audit_case *c)
{
    return needs_resolution(c) && c->offer->server_name.len > 0 &&
           c->offer->encrypted_client_hello == NULL;
}

static bool sni_dns_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    char said[AUDIT_NAME_MAX], asked[AUDIT_NAME_MAX];
    struct ht_bytes other = c->connection->dns->led_there;
    out->basis            = "inferred";
    return is_verdict(c, "none_seen") && other.len > 0 && !c->connection->dns->elsewhere &&
           ht_proof_say(out, c->offer->frame, 0,
                        "the hello asks for %s; the client was given the address for %s",
                        audit_name(said, c->offer->server_name), audit_name(asked, other));
}

static bool stale(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_resolution *dns = c->connection->dns;
    uint64_t ttl_ns                 = dns->ttl_s * (uint64_t)HT_SECOND_NS;
    return is_verdict(c, "beyond_ttl") && !dns->elsewhere &&
           dns->age_ns > ttl_ns + (uint64_t)STALE_NS &&
           ht_proof_say(out, dns->answer_frame, c->offer->frame,
                        "the answer was %" PRIu64 " s old and to be used for %" PRIu64 " s",
                        dns->age_ns / (uint64_t)HT_SECOND_NS, dns->ttl_s);
}

static const struct audit_rule rules[] = {
    {{"ip-not-in-dns",
      "info",
      "dns",
      "No DNS answer led to the address",
      "Find out how the client came by the address: written into it, by encrypted DNS, or by "
      "malware.",
      "Evasion of DNS",
      {},
      .scope = "client"},
     AUDIT_DNS | AUDIT_OFFER,
     needs_resolution,
     ip_not_in_dns},
    {{"sni-dns-mismatch",
      "low",
      "dns",
      "The hello asks for another name than the client looked up",
      "Find out whether it is a shared address, or domain fronting.",
      "Domain fronting",
      {},
      .scope = "client"},
     AUDIT_DNS | AUDIT_OFFER,
     has_open_name,
     sni_dns_mismatch},
    {{"dns-answer-stale",
      "info",
      "dns",
      "The DNS answer had expired long before",
      "Find out why the client keeps addresses.",
      NULL,
      {"RFC 1035 section 3.2.1"},
      .scope = "client"},
     AUDIT_DNS | AUDIT_OFFER,
     NULL,
     stale},
};

const struct audit_table audit_dns_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
