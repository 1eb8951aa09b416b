/* Rules about certificates: their time, and their path to a trust anchor. */
#include "analysis/audit/certificates.h"
#include "base/time.h"

#include <inttypes.h>

enum { WEB_DAYS = 30, CLOCK_S = 300 };

/* "`subject`: `what` `when`; judged at …" */
static bool say_time(const struct audit_case *c, struct ht_proof *out, const char *what,
                     struct ht_bytes when)
{
    char name[AUDIT_NAME_MAX], at[AUDIT_NAME_MAX], now[HT_TIME_TEXT_MAX];
    return ht_proof_say(out, c->certificate_frame, 0, "%s: %s %s; judged at %s",
                        audit_name(name, audit_leaf(c)->subject), what, audit_name(at, when),
                        ht_time_print(now, c->now_ns, 0));
}

/* A fault of an issuer that the path needs. */
static bool say_issuer(const struct audit_case *c, struct ht_proof *out, const char *fault,
                       const char *words)
{
    char now[HT_TIME_TEXT_MAX];
    return audit_has_word(c->chain->faults, fault) &&
           ht_proof_say(out, c->certificate_frame, 0, "an issuer on the path %s at %s", words,
                        ht_time_print(now, c->now_ns, 0));
}

static bool expired(const struct audit_case *c, struct ht_proof *out)
{
    return c->facts->not_after_ns < c->now_ns
               ? say_time(c, out, "notAfter", audit_leaf(c)->not_after)
               : say_issuer(c, out, "issuer_expired", "had expired");
}

static bool not_yet_valid(const struct audit_case *c, struct ht_proof *out)
{
    return c->facts->not_before_ns > c->now_ns + CLOCK_S * HT_SECOND_NS
               ? say_time(c, out, "notBefore", audit_leaf(c)->not_before)
               : say_issuer(c, out, "issuer_not_yet_valid", "was not valid yet");
}

static bool has_times_to_judge(const struct audit_case *c)
{
    return audit_has_times(c) && audit_knows_time(c);
}

/* Within its last third, and its last 30 days. */
static bool expiring_soon(const struct audit_case *c, struct ht_proof *out)
{
    uint64_t valid_days = audit_valid_days(c->facts);
    uint64_t bound_days = valid_days / 3 < WEB_DAYS ? valid_days / 3 : WEB_DAYS;
    uint64_t left_ns    = (uint64_t)c->facts->not_after_ns - (uint64_t)c->now_ns;
    return c->facts->not_after_ns >= c->now_ns &&
           left_ns / HT_SECOND_NS < bound_days * AUDIT_DAY_S &&
           say_time(c, out, "notAfter", audit_leaf(c)->not_after);
}

/* What a day is was only said with the limit of 398 (ballot SC31): before, a begun one is free. */
static uint64_t exact_limit(uint64_t limit_days)
{
    enum { FIRST_EXACT = 398 };
    return limit_days > FIRST_EXACT ? limit_days + 1 : limit_days;
}

static bool too_long(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX], from[AUDIT_NAME_MAX];
    uint64_t days = audit_valid_days(c->facts), limit = c->facts->validity_limit_days;
    return limit != 0 && days > exact_limit(limit) &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "%s: valid for %" PRIu64 " days from %s, when %" PRIu64 " were allowed",
                        audit_name(name, audit_leaf(c)->subject), days,
                        audit_name(from, audit_leaf(c)->not_before), limit);
}

static bool has_private_anchor(const struct audit_case *c)
{
    return audit_has_times(c) && !c->facts->public_anchor;
}

static bool long_lived(const struct audit_case *c, struct ht_proof *out)
{
    enum { LONG_DAYS = 825, VERY_LONG_DAYS = 3653 };
    char name[AUDIT_NAME_MAX];
    uint64_t days = audit_valid_days(c->facts);
    out->severity = days > VERY_LONG_DAYS ? "medium" : NULL;
    return days > LONG_DAYS &&
           ht_proof_say(out, c->certificate_frame, 0, "%s: valid for %" PRIu64 " days",
                        audit_name(name, audit_leaf(c)->subject), days);
}

static bool has_to_be_signed(const struct audit_case *c)
{
    return audit_is_decoded(c) && !audit_is_media(c);
}

static bool self_signed(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    bool is_public = (c->traits & AUDIT_IN_PUBLIC) != 0;
    out->severity  = is_public ? "high" : NULL;
    return audit_leaf(c)->self_signed && !audit_is_trusted(c) &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "issuer and subject are %s, and its own key verifies its signature%s",
                        audit_name(name, audit_leaf(c)->subject),
                        is_public ? "; the server has a public address" : "");
}

/* The best path that there is leads to no anchor. */
static bool lacks_anchor(const struct audit_case *c)
{
    const struct tls_path *path =
        c->chain->repaired != NULL ? c->chain->repaired : c->chain->as_sent;
    return path != NULL && !path->trusted && path->anchor.len == 0 && !audit_is_trusted(c);
}

/* Only public authorities put timestamps of logs into what they issue. */
static bool is_from_public_authority(const struct audit_case *c)
{
    return audit_leaf(c)->scts > 0 && audit_leaf(c)->ocsp_urls.len + c->facts->num > 1;
}

static bool ends_before_public_root(const struct audit_case *c)
{
    return lacks_anchor(c) && is_from_public_authority(c) && c->facts->missing_issuer.len > 0 &&
           c->facts->num == 1;
}

/* What is wrong with a path that leads to an anchor: somebody issued who may not, or did not (RFC
 * 5280 section 6.1.4); NULL: nothing. */
static const char *issued_wrongly(const struct audit_case *c)
{
    static const char *const faults[][2] = {
        {"not_a_ca", "an issuer is no CA, or its key may not issue"},
        {"path_length", "a CA allows fewer CAs below it"},
        {"name_constraints", "a CA may not issue for such a name"},
        {"signature", "a signature is not the issuer's"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(faults) && !audit_is_trusted(c); i++) {
        if (audit_has_word(c->chain->faults, faults[i][0])) {
            return faults[i][1];
        }
    }
    return NULL;
}

static bool untrusted(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    const char *wrong = issued_wrongly(c);
    if (wrong != NULL) {
        return ht_proof_say(out, c->certificate_frame, 0, "the path to the trust anchor fails: %s",
                            wrong);
    }
    const struct ht_certificate *last = &c->facts->certificates[c->facts->num - 1];
    if (!lacks_anchor(c) || audit_leaf(c)->self_signed || ends_before_public_root(c)) {
        return false;
    }
    const char *error       = c->chain->as_sent != NULL ? c->chain->as_sent->error : NULL;
    struct ht_bytes missing = c->facts->missing_issuer;
    return ht_proof_say(out, c->certificate_frame, 0, "no path to a trust anchor (%s); %s is %s",
                        error != NULL ? error : "none found",
                        missing.len > 0 ? "not sent, nor trusted,"
                                        : "the last certificate's issuer",
                        audit_name(name, missing.len > 0 ? missing : last->issuer));
}

static bool incomplete(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    bool repaired = c->chain->repaired != NULL && c->chain->repaired->trusted &&
                    (c->chain->as_sent == NULL || !c->chain->as_sent->trusted);
    bool cut   = ends_before_public_root(c);
    out->basis = repaired ? "derived" : "inferred";
    return (repaired || cut) &&
           ht_proof_say(out, c->certificate_frame, 0, "%zu sent; missing is %s%s", c->facts->num,
                        audit_name(name, c->facts->missing_issuer.len > 0 ? c->facts->missing_issuer
                                                                          : audit_leaf(c)->issuer),
                        repaired ? ", which was seen elsewhere" : "");
}

static bool misordered(const struct audit_case *c, struct ht_proof *out)
{
    return c->chain->order != NULL && strcmp(c->chain->order, "misordered") == 0 &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "of %zu certificates one is not issued by the next, but by another of them",
                        c->facts->num);
}

static bool superfluous(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    size_t num                        = c->facts->num;
    const struct ht_certificate *last = &c->facts->certificates[num - 1];
    if (num > 1 && last->self_signed) {
        return ht_proof_say(out, c->certificate_frame, 0, "the root is sent: %s, %" PRIu64 " bytes",
                            audit_name(name, last->subject), last->bytes);
    }
    return c->chain->order != NULL && strcmp(c->chain->order, "superfluous") == 0 &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "of %zu certificates not all are on the leaf's path", num);
}

static const struct ht_chain_facts *client_facts(const struct audit_case *c)
{
    const struct tls_chains *chains         = c->tls->certificates;
    const struct tls_chain_verdict *verdict = chains != NULL ? chains->client_verdict : NULL;
    const struct ht_chain_facts *facts      = verdict != NULL ? verdict->facts : NULL;
    return facts != NULL && facts->num > 0 ? facts : NULL;
}

static bool shows_client_certificate(const struct audit_case *c)
{
    return client_facts(c) != NULL && audit_knows_time(c);
}

static bool client_expired(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX], at[AUDIT_NAME_MAX], now[HT_TIME_TEXT_MAX];
    const struct ht_chain_facts *facts    = client_facts(c);
    const struct ht_timeline_entry *entry = audit_find_event(c, &tls_certificate_event, "client");
    return facts->not_after_ns < c->now_ns &&
           ht_proof_say(out, entry != NULL ? entry->frame : 0, 0, "%s: notAfter %s; judged at %s",
                        audit_name(name, facts->certificates[0].subject),
                        audit_name(at, facts->certificates[0].not_after),
                        ht_time_print(now, c->now_ns, 0));
}

static const struct audit_rule rules[] = {
    {{"cert-expired",
      "high",
      "certificate",
      "The certificate has expired",
      "Renew the certificate; let that be done by a program.",
      NULL,
      {"RFC 5280 section 6.1.3", "NIST SP 800-52r2 section 3.2"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_times_to_judge,
     expired,
     .each = true},
    {{"cert-not-yet-valid",
      "high",
      "certificate",
      "The certificate is not valid yet",
      "Set the issuer's clock right; see whether that of the capture is.",
      NULL,
      {"RFC 5280 section 6.1.3"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_times_to_judge,
     not_yet_valid,
     .each = true},
    {{"cert-expiring-soon",
      "medium",
      "certificate",
      "The certificate expires soon",
      "Renew the certificate; let that be done by a program: 47 days are the most from 2029.",
      NULL,
      {"CA/B BR section 6.3.2"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_times_to_judge,
     expiring_soon,
     .each = true},
    {{"cert-validity-too-long",
      "medium",
      "certificate",
      "The certificate is valid for longer than public ones may be",
      "Have it issued anew, for a shorter time: browsers refuse it.",
      NULL,
      {"CA/B BR section 6.3.2", "CA/B ballot SC-081v3"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_TRUST,
     audit_has_public_anchor,
     too_long},
    {{"cert-long-lived-private",
      "low",
      "certificate",
      "The certificate is valid for very long",
      "Issue certificates for a shorter time.",
      NULL,
      {"NIST SP 800-52r2", "PCI DSS 4.0 4.2.1.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_private_anchor,
     long_lived},
    {{"cert-self-signed",
      "medium",
      "certificate",
      "The certificate is signed by its own key",
      "Use a certificate of an authority that the clients trust, if only your own.",
      "Machine in the middle",
      {"RFC 9325 section 7.1", "PCI DSS 4.0 4.2.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_to_be_signed,
     self_signed},
    {{"cert-untrusted-ca",
      "high",
      "certificate",
      "No valid path to a trust anchor",
      "Where an intermediate certificate was not sent, let the server send it; else install a "
      "certificate of an authority that the clients trust, or name your own by --trust-store.",
      "Machine in the middle",
      {"RFC 5280 section 6", "PCI DSS 4.0 4.2.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_TRUST,
     has_to_be_signed,
     untrusted},
    {{"cert-incomplete-chain",
      "medium",
      "certificate",
      "The server left out an intermediate certificate",
      "Configure the whole chain at the server.",
      NULL,
      {"RFC 5246 section 7.4.2", "RFC 9846 section 4.5.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_TRUST,
     audit_is_decoded,
     incomplete},
    {{"cert-chain-wrong-order",
      "low",
      "certificate",
      "The chain is not in order",
      "Put the certificates in order, each before its issuer.",
      NULL,
      {"RFC 5246 section 7.4.2", "RFC 9846 section 4.5.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     NULL,
     misordered},
    {{"cert-chain-extra",
      "info",
      "certificate",
      "The chain has certificates that nobody needs",
      "Take out the root, and what is not on the path.",
      NULL,
      {"RFC 5246 section 7.4.2"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     NULL,
     superfluous},
    {{"client-cert-expired",
      "medium",
      "certificate",
      "The client's certificate has expired",
      "Renew the certificate.",
      NULL,
      {"RFC 5280 section 6.1.3"},
      .scope = "client"},
     0,
     shows_client_certificate,
     client_expired,
     .each = true},
};

const struct audit_table audit_certificate_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_CHAIN};