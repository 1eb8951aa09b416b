/* Rules that hold a session against what DNS told of the service. */
#include "analysis/audit/certificates.h"
#include "analysis/service/service.h"
#include "base/digits.h"

#include <stdio.h>

enum { HTTPS_PORT = 443, ECH_REQUIRED = 121 };

static const struct ht_https_records *https_of(const struct audit_case *c)
{
    const struct ht_service *service = c->connection->service;
    return service != NULL ? service->https : NULL;
}

/* The name that the hello gives may stand for another. */
static bool is_cover(const struct audit_case *c)
{
    const struct tls_encrypted_client_hello *ech = c->offer->encrypted_client_hello;
    return ech != NULL && ech->server_name_is_cover;
}

/* The connection is one that the HTTPS records of its name are about. */
static bool is_https(const struct audit_case *c)
{
    const struct ht_https_records *https = https_of(c);
    uint16_t port                        = c->connection->server->port;
    bool theirs                          = port == HTTPS_PORT;
    for (size_t i = 0; https != NULL && i < https->num_ports; i++) {
        theirs |= port == https->ports[i];
    }
    return https != NULL && theirs && c->offer->server_name.len > 0 && !is_cover(c);
}

static bool has_ech_config(const struct audit_case *c)
{
    return is_https(c) && https_of(c)->all_ech;
}

static bool ech_not_used(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    struct ht_bytes ja4 = c->offer->ja4;
    return c->offer->encrypted_client_hello == NULL &&
           ht_proof_say(out, c->connection->service->https_frame, c->offer->frame,
                        "the HTTPS record of %s has ech (SvcParamKey 5); ClientHello (JA4 %.*s) "
                        "has no encrypted_client_hello (0xfe0d)",
                        audit_name(name, c->offer->server_name), (int)ja4.len,
                        (const char *)ja4.ptr);
}

static bool alpn_is_known(const struct audit_case *c)
{
    return is_https(c) && https_of(c)->all_alpn && c->tls->alpn.len > 0;
}

/* The ids as they are told: "h2, h3". */
static const char *print_list(char *room, size_t size, const uint8_t *list, size_t len)
{
    struct ht_reader r = ht_reader(ht_bytes(list, len));
    size_t at          = 0;
    room[0]            = '\0';
    while (rd_more(&r)) {
        struct ht_bytes id = rd_vec(&r, 1);
        char name[AUDIT_NAME_MAX];
        int more = snprintf(room + at, size - at, "%s%s", at > 0 ? ", " : "", audit_name(name, id));
        if (more < 0 || (size_t)more >= size - at) {
            room[at] = '\0';
            break;
        }
        at += (size_t)more;
    }
    return room;
}

/* RFC 9460 section 7.1: http/1.1 is in the set without being said. */
static bool alpn_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    char chosen[AUDIT_NAME_MAX], listed[AUDIT_NAME_MAX];
    const struct ht_https_records *https = https_of(c);
    bool implied = https->default_alpn && ht_bytes_equal(c->tls->alpn, ht_text("http/1.1"));
    return !implied && !ht_service_lists(https->alpn, https->alpn_len, c->tls->alpn) &&
           ht_proof_say(out, c->connection->service->https_frame, c->answer->frame,
                        "the server chose %s; the HTTPS record of its name lists %s",
                        audit_name(chosen, c->tls->alpn),
                        print_list(listed, sizeof listed, https->alpn, https->alpn_len));
}

/*
 * DANE (RFC 6698): whether a record of the server's TLSA records fits its certificates.
 */

enum { PKIX_TA, PKIX_EE, DANE_TA, DANE_EE };
enum { FULL_CERTIFICATE, PUBLIC_KEY };
enum { NO_DIGEST, BY_SHA256 };
enum fit { FITS, FITS_NOT, UNKNOWN };

static const struct ht_tlsa_records *tlsa_of(const struct audit_case *c)
{
    const struct ht_service *service = c->connection->service;
    return service != NULL ? service->tlsa : NULL;
}

static bool fits(const struct ht_tlsa_record *record, const struct ht_certificate *certificate)
{
    struct ht_bytes digest =
        record->selector == FULL_CERTIFICATE ? certificate->sha256 : certificate->spki_sha256;
    return digest.len > 0 && ht_bytes_equal(digest, ht_bytes(record->digest, record->digest_len));
}

/* An anchor of the client's (usage 0) need not be among the certificates; nor need one that the
 * record itself brings. What is not SHA-256 is not computed here. */
static enum fit fit_of(const struct ht_tlsa_record *record, const struct ht_chain_facts *facts)
{
    bool issuer = record->usage == PKIX_TA || record->usage == DANE_TA;
    bool known =
        record->usage <= DANE_EE && record->selector <= PUBLIC_KEY && record->matching <= BY_SHA256;
    for (size_t i = issuer && facts->num > 1 ? 1 : 0; known && i < (issuer ? facts->num : 1); i++) {
        if (facts->certificates[i].malformed) {
            return UNKNOWN;
        }
        if (fits(record, &facts->certificates[i])) {
            return FITS;
        }
    }
    bool unsent = record->usage == PKIX_TA || (issuer && record->matching == NO_DIGEST);
    return known && !unsent ? FITS_NOT : UNKNOWN;
}

static bool has_tlsa(const struct audit_case *c)
{
    return tlsa_of(c) != NULL && c->offer->server_name.len > 0 && !is_cover(c);
}

enum { HEAD = 8 /* bytes of a digest that are shown */ };

static const char *print_head(char room[2 * HEAD + 1], struct ht_bytes digest)
{
    *ht_put_hex(room, ht_bytes_head(digest, HEAD)) = '\0';
    return room;
}

static bool tlsa_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    char told[2 * HEAD + 1], seen[2 * HEAD + 1];
    const struct ht_tlsa_records *tlsa = tlsa_of(c);
    const struct ht_tlsa_record *first = &tlsa->items[0];
    const struct ht_certificate *leaf  = audit_leaf(c);
    for (size_t i = 0; i < tlsa->num; i++) {
        if (fit_of(&tlsa->items[i], c->facts) != FITS_NOT) {
            return false;
        }
    }
    bool whole          = first->selector == FULL_CERTIFICATE;
    struct ht_bytes own = whole ? leaf->sha256 : leaf->spki_sha256;
    return ht_proof_say(out, c->connection->service->tlsa_frame, c->certificate_frame,
                        "no certificate fits the TLSA records: %u %u %u %s…%s; the SHA-256 of the "
                        "server's %s is %s…",
                        first->usage, first->selector, first->matching,
                        print_head(told, ht_bytes(first->digest, first->digest_len)),
                        tlsa->num > 1 ? " and others" : "", whole ? "certificate" : "public key",
                        print_head(seen, own));
}

/*
 * CAA (RFC 8659): the authorities of which it is known by which domains they are named, as their
 * practice statements say.
 */

enum { MAX_DOMAINS = 6 };

static const struct authority {
    const char *organization; /* in lower case, in the issuer's name */
    const char *domains[MAX_DOMAINS];
} authorities[] = {
    {"o=let's encrypt", {"letsencrypt.org"}},
    {"o=google trust services", {"pki.goog", "google.com"}},
    {"o=globalsign", {"globalsign.com"}},
    {"o=amazon",
     {"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com", "aws.amazon.com"}},
    {"o=sectigo",
     {"sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com"}},
    {"o=godaddy.com", {"godaddy.com", "starfieldtech.com"}},
};

static const struct authority *issuer_of(const struct audit_case *c)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(authorities); i++) {
        if (ht_contains_alike(audit_leaf(c)->issuer, authorities[i].organization)) {
            return &authorities[i];
        }
    }
    return NULL;
}

static bool has_caa(const struct audit_case *c)
{
    const struct ht_service *service = c->connection->service;
    return service != NULL && service->caa != NULL && service->caa->issue &&
           c->offer->server_name.len > 0 && !is_cover(c) && issuer_of(c) != NULL;
}

static bool caa_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    char listed[AUDIT_NAME_MAX], issuer[AUDIT_NAME_MAX];
    const struct ht_caa_records *caa  = c->connection->service->caa;
    const struct authority *authority = issuer_of(c);
    out->basis                        = "inferred";
    for (size_t i = 0; i < MAX_DOMAINS && authority->domains[i] != NULL; i++) {
        if (ht_service_lists(caa->domains, caa->len, ht_text(authority->domains[i]))) {
            return false;
        }
    }
    print_list(listed, sizeof listed, caa->domains, caa->len);
    return ht_proof_say(out, c->connection->service->caa_frame, c->certificate_frame,
                        "the CAA records let %s issue; the certificate's issuer is %s, named %s",
                        listed[0] != '\0' ? listed : "nobody",
                        audit_name(issuer, audit_leaf(c)->issuer), authority->domains[0]);
}

/* RFC 9849 section 6.1.6: the client ends a session that it began with the server's cover. */
static bool ech_rejected(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_alert *alerts = c->tls->alerts.items;
    for (size_t i = 0; i < c->tls->alerts.len; i++) {
        if (!alerts[i].encrypted && alerts[i].code == ECH_REQUIRED && alerts[i].from[0] == 'c') {
            return ht_proof_say(out, c->offer->frame, alerts[i].frame,
                                "the client offered encrypted_client_hello (0xfe0d) and ended with "
                                "the alert ech_required (121)");
        }
    }
    return false;
}

static bool offers_ech(const struct audit_case *c)
{
    return c->offer->encrypted_client_hello != NULL;
}

static const struct audit_rule rules[] = {
    {{"ech-rejected",
      "low",
      "extension",
      "The server does not take the client's ECH",
      "Repair what DNS says (HTTPS record), or the server's change of keys.",
      NULL,
      {"RFC 9849 section 6.1.6", "RFC 9849 section 11.2"},
      .scope = "server"},
     AUDIT_OFFER,
     offers_ech,
     ech_rejected,
     .where = AUDIT_ECH,
     .each  = true},
    {{"ech-available-not-used",
      "info",
      "extension",
      "The server can do ECH, the client does not use it",
      "Turn ECH on in the client.",
      NULL,
      {"RFC 9848", "RFC 9460"},
      .scope = "client"},
     AUDIT_OFFER | AUDIT_DNS,
     has_ech_config,
     ech_not_used,
     .where = AUDIT_SERVICE,
     .each  = true},
    {{"svcb-alpn-mismatch",
      "low",
      "dns",
      "The server chose a protocol that its HTTPS record does not list",
      "Make the HTTPS record list what the server speaks.",
      NULL,
      {"RFC 9460 section 7.1"},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_ANSWER | AUDIT_DNS,
     alpn_is_known,
     alpn_mismatch,
     .where = AUDIT_SERVICE,
     .each  = true},
    {{"dane-tlsa-mismatch",
      "high",
      "certificate",
      "The certificate does not fit the TLSA records",
      "Publish a TLSA record for the new certificate before it is used; if it was not changed, "
      "look for who is in between.",
      "Machine in the middle",
      {"RFC 6698 section 2.1", "RFC 7672"},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_CERTIFICATE | AUDIT_DNS,
     has_tlsa,
     tlsa_mismatch,
     .where = AUDIT_SERVICE,
     .each  = true},
    {{"caa-mismatch",
      "info",
      "certificate",
      "CAA records do not name the certificate's issuer",
      "Find out whether they were changed since: they are asked for when a certificate is issued.",
      "Wrongly issued certificates",
      {"RFC 8659"},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_CERTIFICATE,
     has_caa,
     caa_mismatch,
     .where = AUDIT_SERVICE,
     .each  = true},
};

const struct audit_table audit_service_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
