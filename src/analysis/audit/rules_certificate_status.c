/* Rules about certificates: whether they were logged, or revoked. */
#include "analysis/audit/certificates.h"
#include "base/time.h"

#include <inttypes.h>

enum { EXTENSION_STATUS_REQUEST = 5 };

/* 2018-04-30: since then logs are asked for (Chrome's policy). */
#define LOGGED_SINCE_NS (1525046400 * HT_SECOND_NS)
/* 2026-03-15: a short-lived certificate is one of 7 days, before that of 10 (CA/B BR 1.6.1). */
#define SHORTER_SINCE_NS (1773532800 * HT_SECOND_NS)

static bool unlogged(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    const struct tls_server_choices *said = c->answer != NULL ? c->answer->choices : NULL;
    bool sent                             = said != NULL && said->scts.len > 0;
    return c->facts->not_before_ns >= LOGGED_SINCE_NS && audit_leaf(c)->scts == 0 && !sent &&
           c->chain->scts.len == 0 &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "%s leads to a public anchor and has no signed certificate timestamp, nor "
                        "has ServerHello or the OCSP response",
                        audit_name(name, audit_leaf(c)->subject));
}

/* Chrome's policy: since 2022-04-15 two for a certificate of up to 180 days, else three; before, by
 * months: 15, 27, 39. */
static uint64_t needed_timestamps(const struct ht_chain_facts *facts)
{
    enum { SHORT_DAYS = 180, MONTHS_15 = 457, MONTHS_27 = 822, MONTHS_39 = 1187 };
    const int64_t since_ns = 1649980800 * HT_SECOND_NS;
    uint64_t days          = audit_valid_days(facts);
    if (facts->not_before_ns >= since_ns) {
        return days <= SHORT_DAYS ? 2 : 3;
    }
    return days <= MONTHS_15 ? 2 : days <= MONTHS_27 ? 3 : days <= MONTHS_39 ? 4 : 5;
}

static bool logged_badly(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_sct_verdict *scts = c->chain->scts.items;
    for (size_t i = 0; i < c->chain->scts.len; i++) {
        if (scts[i].verdict != NULL && strcmp(scts[i].verdict, "invalid") == 0) {
            out->basis = "derived";
            return ht_proof_say(out, c->certificate_frame, 0,
                                "the signature of timestamp %zu does not hold", i + 1);
        }
    }
    uint64_t needed = needed_timestamps(c->facts);
    bool embedded   = audit_leaf(c)->scts > 0 && c->chain->scts.len <= audit_leaf(c)->scts;
    return embedded && audit_leaf(c)->scts < needed &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "%" PRIu64 " signed certificate timestamps in it, %" PRIu64 " needed",
                        audit_leaf(c)->scts, needed);
}

static bool asks_for_status(const struct audit_case *c)
{
    struct ht_bytes list = c->offer->extensions;
    for (size_t i = 0; i < list.len / 2; i++) {
        if (ht_be16(list, i) == EXTENSION_STATUS_REQUEST) {
            return audit_is_decoded(c);
        }
    }
    return false;
}

static bool is_stapled(const struct audit_case *c)
{
    return c->tls->certificates->staple != NULL ||
           audit_find_event(c, &tls_certificate_status_event, "server") != NULL;
}

static bool must_staple_missing(const struct audit_case *c, struct ht_proof *out)
{
    return c->facts->must_staple && !is_stapled(c) &&
           ht_proof_say(out, c->certificate_frame, c->offer->frame,
                        "the TLS feature extension asks for status_request, the client offered it, "
                        "no CertificateStatus came");
}

static bool is_short_lived(const struct audit_case *c)
{
    enum { SHORT_DAYS = 10, SHORTER_DAYS = 7 };
    bool later = c->facts->not_before_ns >= SHORTER_SINCE_NS;
    return audit_valid_days(c->facts) <= (later ? SHORTER_DAYS : SHORT_DAYS);
}

static bool staple_missing(const struct audit_case *c, struct ht_proof *out)
{
    char url[AUDIT_NAME_MAX];
    struct ht_texts urls = audit_leaf(c)->ocsp_urls;
    return urls.len > 0 && !c->facts->must_staple && !is_stapled(c) && !is_short_lived(c) &&
           ht_proof_say(out, c->certificate_frame, c->offer->frame,
                        "the client asked, the certificate names %s, no CertificateStatus came",
                        audit_name(url, urls.items[0]));
}

/* That nobody here knows the issuer, or the algorithm, is no fault of the response. */
static bool has_staple_verdict(const struct audit_case *c)
{
    const struct tls_revocation *staple = c->chain->staple;
    bool judged =
        staple != NULL && (staple->fault == NULL || (strcmp(staple->fault, "issuer_unknown") != 0 &&
                                                     strcmp(staple->fault, "unsupported") != 0));
    return judged && audit_knows_time(c);
}

static bool staple_bad(const struct audit_case *c, struct ht_proof *out)
{
    char now[HT_TIME_TEXT_MAX], update[HT_TIME_TEXT_MAX];
    const struct tls_revocation *staple = c->chain->staple;
    const struct ht_timeline_entry *entry =
        audit_find_event(c, &tls_certificate_status_event, "server");
    bool revoked  = staple->status != NULL && strcmp(staple->status, "revoked") == 0;
    bool dated    = staple->this_update_ns != 0; /* else it could not be read as far as that */
    out->severity = revoked ? "critical" : NULL;
    out->basis    = "derived";
    return (revoked || staple->fault != NULL) &&
           ht_proof_say(out, entry != NULL ? entry->frame : 0, c->certificate_frame,
                        "the stapled response%s%s %s%s; judged at %s", dated ? " of " : "",
                        dated ? ht_time_print(update, staple->this_update_ns, 0) : "",
                        revoked ? "says revoked" : "does not count: ", revoked ? "" : staple->fault,
                        ht_time_print(now, c->now_ns, 0));
}

static bool has_revocation(const struct audit_case *c)
{
    return c->chain->revocation != NULL && c->chain->revocation->status != NULL;
}

static bool revoked(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX], at[HT_TIME_TEXT_MAX];
    const struct tls_revocation *found = c->chain->revocation;
    bool listed                        = found->source != NULL && strcmp(found->source, "crl") == 0;
    out->basis                         = "derived";
    return strcmp(found->status, "revoked") == 0 &&
           ht_proof_say(
               out, c->certificate_frame, 0, "%s was revoked at %s%s%s, says the %s",
               audit_name(name, audit_leaf(c)->subject), ht_time_print(at, found->revoked_ns, 0),
               found->reason != NULL ? " for " : "", found->reason != NULL ? found->reason : "",
               listed                  ? "revocation list"
               : found->source != NULL ? found->source
                                       : "issuer");
}

static bool no_revocation_info(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    return !c->facts->crl_distribution_points && audit_leaf(c)->ocsp_urls.len == 0 &&
           !audit_leaf(c)->self_signed && !is_short_lived(c) &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "%s names neither a revocation list nor an OCSP responder",
                        audit_name(name, audit_leaf(c)->subject));
}

static const struct audit_rule rules[] = {
    {{"cert-no-sct",
      "medium",
      "certificate",
      "The certificate is in no log of Certificate Transparency",
      "Use an authority that logs what it issues.",
      "Certificates issued unnoticed",
      {"RFC 6962", "RFC 9162", "Chrome CT policy"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_TRUST,
     audit_has_public_anchor,
     unlogged},
    {{"cert-sct-insufficient",
      "low",
      "certificate",
      "Too few timestamps of logs hold",
      "Have it issued anew, with enough of them.",
      NULL,
      {"Chrome CT policy"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_TRUST,
     audit_has_public_anchor,
     logged_badly},
    {{"ocsp-must-staple-missing",
      "high",
      "certificate",
      "The certificate demands a stapled response, and none came",
      "Turn on OCSP stapling at the server.",
      "Revocation bypassed",
      {"RFC 7633", "RFC 6066 section 8"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_OFFER | AUDIT_WHOLE,
     asks_for_status,
     must_staple_missing},
    {{"ocsp-staple-missing",
      "info",
      "certificate",
      "No OCSP response was stapled, though one was asked for",
      "Turn on OCSP stapling, as long as the authority answers OCSP.",
      NULL,
      {"RFC 6066 section 8", "NIST SP 800-52r2 section 3.4.2.3"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_OFFER | AUDIT_WHOLE,
     asks_for_status,
     staple_missing},
    {{"ocsp-staple-bad",
      "high",
      "certificate",
      "The stapled OCSP response is bad",
      "Repair stapling; replace the certificate if it is revoked.",
      "Use of a revoked certificate",
      {"RFC 6960", "RFC 6066 section 8"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_staple_verdict,
     staple_bad},
    {{"cert-revoked",
      "critical",
      "certificate",
      "The certificate is revoked",
      "Replace the certificate and its key; find out why it was revoked.",
      "Use of a revoked certificate",
      {"RFC 5280 section 6.3", "RFC 6960"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_revocation,
     revoked},
    {{"cert-no-revocation-info",
      "low",
      "certificate",
      "Nobody can learn whether the certificate is revoked",
      "Have it issued anew, with a distribution point of revocation lists.",
      NULL,
      {"CA/B BR section 7.1.2.11.2", "NIST SP 800-52r2 section 3.2.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_has_times,
     no_revocation_info},
};

const struct audit_table audit_certificate_status_rules = {.rules = rules,
                                                           .num   = HT_ARRAY_LEN(rules)};