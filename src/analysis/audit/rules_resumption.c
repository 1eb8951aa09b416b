/* Rules about sessions that are resumed, and where they come from. */
#include "analysis/audit/certificates.h"
#include "analysis/audit/lists.h"

/* RFC 6066 section 3 forbids it; RFC 8446 section 4.6.1 leaves it to clients, where the server's
 * certificate is good for both names. */
static bool across_names(const struct audit_case *c, struct ht_proof *out)
{
    char said[AUDIT_NAME_MAX], before[AUDIT_NAME_MAX];
    const struct tls_resumed_from *from = c->tls->resumed_from;
    out->severity                       = c->version >= TLS_13 ? "info" : NULL;
    out->basis                          = "derived";
    return from->other_name &&
           ht_proof_say(out, c->offer->frame, c->answer->frame,
                        "the hello asks for %s; the session is known by its %s from %.*s, which "
                        "asked for %s",
                        audit_name(said, c->offer->server_name),
                        strcmp(from->by, "session_id") == 0 ? "id"
                        : strcmp(from->by, "ticket") == 0   ? "ticket"
                                                            : "identity",
                        (int)from->connection.len, (const char *)from->connection.ptr,
                        from->server_name.len > 0 ? audit_name(before, from->server_name)
                                                  : "another name");
}

static bool knows_master_secret(const struct audit_case *c)
{
    return audit_before_13(c) && c->tls->resumed_from->extended_master != 0;
}

/* RFC 7627 section 5.3: either side must refuse. */
static bool other_master_secret(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_resumed_from *from = c->tls->resumed_from;
    bool before = from->extended_master == 2, now = c->answer->extended_master_secret;
    out->basis = "derived";
    return before != now &&
           ht_proof_say(out, c->offer->frame, c->answer->frame,
                        "ServerHello %s extended_master_secret; in %.*s, where the session comes "
                        "from, it %s",
                        now ? "has" : "has no", (int)from->connection.len,
                        (const char *)from->connection.ptr, before ? "had it" : "did not");
}

static const struct audit_rule rules[] = {
    {{"resumption-across-sni",
      "medium",
      "session",
      "A session is resumed for another server name",
      "Let the server bind sessions and tickets to the name that they were made for.",
      "Virtual host confusion",
      {"RFC 6066 section 3", "RFC 9846 section 4.7.1"}},
     AUDIT_OFFER | AUDIT_ANSWER,
     NULL,
     across_names,
     .where = AUDIT_ORIGIN},
    {{"ems-resumption-mismatch",
      "high",
      "violation",
      "A session is resumed with another kind of master secret",
      "Repair or replace the side that went on: both must refuse such a session.",
      "Triple Handshake",
      {"RFC 7627 section 5.3"}},
     AUDIT_OFFER | AUDIT_ANSWER,
     knows_master_secret,
     other_master_secret,
     .where = AUDIT_ORIGIN},
};

const struct audit_table audit_resumption_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
