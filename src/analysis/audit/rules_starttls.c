/* Rules about what should have been encrypted: upgrades to TLS that did not happen, and secrets in
 * clear. */
#include "analysis/audit/certificates.h"
#include "http/http.h"
#include "proxy/proxy.h"
#include "starttls/starttls.h"

#include <inttypes.h>

enum { SMTP = 25 };

static const struct starttls_details *starttls_of(const struct audit_case *c)
{
    return ht_connection_details(c->connection, &starttls_details_struct);
}

static bool is_text(struct ht_bytes text, const char *word)
{
    return ht_bytes_alike(text, ht_text(word));
}

/* Between mail servers TLS is what both may do without (RFC 7435). */
static bool offered_not_used(const struct audit_case *c, struct ht_proof *out)
{
    const struct starttls_details *s = starttls_of(c);
    bool went_on                     = s->plaintext_authentication || s->content_frame != 0;
    out->severity                    = c->connection->server->port == SMTP ? "medium" : NULL;
    return s->offered && !s->requested && went_on &&
           ht_proof_say(out, s->authentication_frame, s->content_frame,
                        "%s: the server offers TLS; the client goes on without, with %s",
                        s->protocol, s->plaintext_authentication ? "authentication" : "content");
}

static bool stripped(const struct audit_case *c, struct ht_proof *out)
{
    char answer[AUDIT_NAME_MAX];
    const struct starttls_details *s = starttls_of(c);
    bool likely                      = s->stripped != NULL && strcmp(s->stripped, "likely") == 0;
    out->basis                       = "inferred";
    if (likely) {
        const struct ht_timeline_entry *capabilities =
            audit_find_event(c, &starttls_capabilities_event, "server");
        return ht_proof_say(out, capabilities != NULL ? capabilities->frame : 0, s->command_frame,
                            "%s: %s", s->protocol, s->stripping_evidence);
    }
    out->severity = "high";
    return s->offered && s->refused &&
           ht_proof_say(out, s->command_frame, s->answer_frame,
                        "%s: offered, and refused when asked for: %s", s->protocol,
                        audit_name(answer, s->answer));
}

static bool injection(const struct audit_case *c, struct ht_proof *out)
{
    const struct starttls_details *s = starttls_of(c);
    return s->accepted && s->pipelined_bytes > 0 &&
           ht_proof_say(out, s->command_frame, s->answer_frame,
                        "%s: %" PRIu64 " plain bytes follow the request in its frame", s->protocol,
                        s->pipelined_bytes);
}

static bool is_database(const struct audit_case *c)
{
    const struct starttls_details *s = starttls_of(c);
    return s != NULL && s->protocol != NULL &&
           (strcmp(s->protocol, "postgresql") == 0 || strcmp(s->protocol, "mysql") == 0);
}

static bool database_refused(const struct audit_case *c, struct ht_proof *out)
{
    const struct starttls_details *s = starttls_of(c);
    bool unable = strcmp(s->protocol, "mysql") == 0 && s->offer_unknown == NULL && !s->offered;
    const struct ht_timeline_entry *greeting = audit_find_event(c, &starttls_greeting_event, NULL);
    return (s->refused || unable) && ht_proof_say(out,
                                                  s->refused         ? s->command_frame
                                                  : greeting != NULL ? greeting->frame
                                                                     : 0,
                                                  s->answer_frame, "%s: %s", s->protocol,
                                                  s->refused ? "SSLRequest is answered by N"
                                                             : "the greeting has no CLIENT_SSL");
}

/* How much of a secret is given away: all of it; what dictionaries may guess it from; nothing. */
enum exposure { EXPOSED_NOT, EXPOSED_DIGEST, EXPOSED_WHOLE };

/* By the name of a SASL mechanism, a plugin of MySQL, or a scheme of HTTP; in lower case. */
static enum exposure exposure_of(struct ht_bytes mechanism)
{
    static const char *const whole[] = {
        "plain", "login", "basic", "bearer", "oauthbearer", "xoauth2", "mysql_clear_password"};
    static const char *const none[] = {"gssapi", "gss-spnego", "negotiate", "kerberos_v4",
                                       "external"};
    for (size_t i = 0; i < HT_ARRAY_LEN(whole); i++) {
        if (is_text(mechanism, whole[i])) {
            return EXPOSED_WHOLE;
        }
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(none); i++) {
        if (is_text(mechanism, none[i])) {
            return EXPOSED_NOT;
        }
    }
    return EXPOSED_DIGEST;
}

/* Commands whose argument is a secret, and others by which only a proof of it is given. */
static enum exposure exposure_by(const char *method, struct ht_bytes mechanism)
{
    static const char *const whole[]   = {"PASS", "LOGIN", "AUTHINFO PASS", "simple", "cleartext"};
    static const char *const digests[] = {"APOP", "md5"};
    for (size_t i = 0; method != NULL && i < HT_ARRAY_LEN(whole); i++) {
        if (strcmp(method, whole[i]) == 0) {
            return EXPOSED_WHOLE;
        }
    }
    for (size_t i = 0; method != NULL && i < HT_ARRAY_LEN(digests); i++) {
        if (strcmp(method, digests[i]) == 0) {
            return EXPOSED_DIGEST;
        }
    }
    return mechanism.len > 0 ? exposure_of(mechanism) : EXPOSED_NOT;
}

static bool say_exposed(struct ht_proof *out, enum exposure exposure, uint64_t frame,
                        const char *protocol, const char *method, struct ht_bytes mechanism)
{
    char name[AUDIT_NAME_MAX];
    out->severity = exposure == EXPOSED_DIGEST ? "medium" : NULL;
    return exposure != EXPOSED_NOT &&
           ht_proof_say(out, frame, 0, "%s: the client authenticates by %s%s%s without TLS%s",
                        protocol, method != NULL ? method : "",
                        method != NULL && mechanism.len > 0 ? " " : "", audit_name(name, mechanism),
                        exposure == EXPOSED_DIGEST ? "; the secret itself is not in it" : "");
}

static bool has_credentials_to_see(const struct audit_case *c)
{
    return (c->traits & (AUDIT_STARTTLS | AUDIT_HTTP | AUDIT_PROXY)) != 0;
}

static bool cleartext_credentials(const struct audit_case *c, struct ht_proof *out)
{
    const struct starttls_details *s  = starttls_of(c);
    const struct http_details *http   = ht_connection_details(c->connection, &http_details_struct);
    const struct proxy_details *proxy = ht_connection_details(c->connection, &proxy_details_struct);
    if (s != NULL && s->plaintext_authentication) {
        return say_exposed(out, exposure_by(s->method, s->mechanism), s->authentication_frame,
                           s->protocol, s->method, s->mechanism);
    }
    if (http != NULL && http->authorization.len > 0) {
        return say_exposed(out, exposure_of(http->authorization), http->authorization_frame, "http",
                           "Authorization", http->authorization);
    }
    if (proxy == NULL || proxy->authentication.len == 0) {
        return false;
    }
    if (is_text(proxy->authentication, "username")) { /* of SOCKS 5, with its password */
        return say_exposed(out, EXPOSED_WHOLE, proxy->request_frame, proxy->protocol, NULL,
                           proxy->authentication);
    }
    return strcmp(proxy->protocol, "http_connect") == 0 &&
           say_exposed(out, exposure_of(proxy->authentication), proxy->request_frame,
                       proxy->protocol, "Proxy-Authorization", proxy->authentication);
}

static const struct http_details *http_of(const struct audit_case *c)
{
    return ht_connection_details(c->connection, &http_details_struct);
}

static bool has_http(const struct audit_case *c)
{
    return http_of(c) != NULL && http_of(c)->request_frame != 0;
}

static bool has_http_or_tls(const struct audit_case *c)
{
    return c->tls != NULL || has_http(c);
}

static bool plain_http(const struct audit_case *c, struct ht_proof *out)
{
    char method[AUDIT_NAME_MAX], host[AUDIT_NAME_MAX];
    const struct http_details *http = http_of(c);
    if (http == NULL) {
        return false;
    }
    bool secret   = http->authorization.len > 0 || http->cookie;
    out->severity = secret || !http->redirects_to_https ? "medium" : NULL;
    return ht_proof_say(out, http->request_frame, http->authorization_frame,
                        "%s request for %s without TLS%s; the server %s",
                        audit_name(method, http->method), audit_name(host, http->host),
                        secret ? http->cookie ? ", with a cookie" : ", with credentials" : "",
                        http->redirects_to_https ? "redirects to https"
                        : http->status != 0      ? "does not redirect to https"
                                                 : "does not answer");
}

static bool upgrade_tls(const struct audit_case *c, struct ht_proof *out)
{
    char upgrade[AUDIT_NAME_MAX];
    const struct http_details *http = http_of(c);
    return ht_contains_alike(http->upgrade, "tls/") &&
           ht_proof_say(out, http->request_frame, 0, "Upgrade: %s",
                        audit_name(upgrade, http->upgrade));
}

static const struct audit_rule rules[] = {
    {{"starttls-offered-not-used",
      "high",
      "starttls",
      "TLS was offered, and not used",
      "Let the client demand TLS (MTA-STS, DANE, or ports of TLS).",
      "Stripping of STARTTLS",
      {"RFC 3207", "RFC 8314", "RFC 9325 section 3.2", "PCI DSS 4.0 4.2.1"}},
     0,
     NULL,
     offered_not_used,
     .where = AUDIT_STARTTLS,
     .any   = true},
    {{"starttls-stripped",
      "critical",
      "starttls",
      "The upgrade to TLS was suppressed",
      "Find out who changes what passes on this path; let clients demand TLS.",
      "Stripping of STARTTLS",
      {"RFC 3207 section 6", "RFC 8461", "RFC 7672"}},
     0,
     NULL,
     stripped,
     .where = AUDIT_STARTTLS,
     .any   = true},
    {{"starttls-injection",
      "high",
      "starttls",
      "Plain bytes behind the request for TLS",
      "Update the server, and the client that sends them.",
      "Injection of commands (CVE-2011-0411, CVE-2021-33515)",
      {"RFC 3207 section 4.2", "CVE-2011-0411"}},
     0,
     NULL,
     injection,
     .where = AUDIT_STARTTLS,
     .any   = true},
    {{"cleartext-credentials",
      "critical",
      "starttls",
      "Credentials are sent in clear",
      "Demand TLS before authentication; change the credentials.",
      "Theft of credentials",
      {"RFC 8314", "PCI DSS 4.0 8.3.2, 4.2.1"}},
     0,
     has_credentials_to_see,
     cleartext_credentials,
     .any = true},
    {{"db-tls-refused",
      "high",
      "starttls",
      "The database server refuses TLS",
      "Turn TLS on at the server, and demand it.",
      NULL,
      {"PCI DSS 4.0 4.2.1"},
      .scope = "server"},
     0,
     is_database,
     database_refused,
     .where = AUDIT_STARTTLS,
     .any   = true},
    {{"plain-http",
      "low",
      "starttls",
      "HTTP without TLS",
      "Redirect to https; say so by Strict-Transport-Security.",
      "sslstrip",
      {"RFC 6797", "RFC 9325 section 3.2", "PCI DSS 4.0 4.2.1"}},
     0,
     has_http_or_tls,
     plain_http,
     .signs = AUDIT_HTTP,
     .any   = true},
    {{"http-upgrade-tls",
      "medium",
      "starttls",
      "HTTP is upgraded to TLS within a connection",
      "Turn the upgrade of RFC 2817 off.",
      "Opossum (CVE-2025-49812)",
      {"RFC 2817", "CVE-2025-49812"}},
     0,
     has_http,
     upgrade_tls,
     .where = AUDIT_HTTP,
     .any   = true},
};

const struct audit_table audit_starttls_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
