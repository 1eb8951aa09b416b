/* Rules about certificates: whose they are. */
#include "analysis/audit/certificates.h"

#include <string.h>

static bool has_name(const struct audit_case *c)
{
    return audit_is_decoded(c) && c->chain->name != NULL && c->chain->name->from != NULL;
}

/* Without a name in the hello only DNS tells what was asked for, and the address not even that:
 * the client may go by a name that nobody saw. */
static bool name_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    char asked[AUDIT_NAME_MAX], subject[AUDIT_NAME_MAX];
    const struct tls_name_check *name                      = c->chain->name;
    const struct ht_subject_alternative_names *alternative = audit_leaf(c)->san;
    bool said                                              = strcmp(name->from, "sni") == 0;
    bool looked_up                                         = strcmp(name->from, "dns") == 0;
    size_t names  = alternative != NULL ? alternative->dns.len + alternative->ip.len : 0;
    out->basis    = said ? "derived" : "inferred";
    out->severity = said ? NULL : "medium";
    return strcmp(name->verdict, "mismatch") == 0 && (said || looked_up) &&
           ht_proof_say(out, c->certificate_frame, said && c->offer != NULL ? c->offer->frame : 0,
                        "%s %s; the certificate is for %s (%zu name%s)",
                        said ? "server_name asks for" : "the client looked up",
                        audit_name(asked, name->name),
                        audit_name(subject, alternative != NULL && alternative->dns.len > 0
                                                ? alternative->dns.items[0]
                                                : audit_leaf(c)->subject),
                        names, names == 1 ? "" : "s");
}

static bool san_missing(const struct audit_case *c, struct ht_proof *out)
{
    char name[AUDIT_NAME_MAX];
    return audit_leaf(c)->san == NULL &&
           ht_proof_say(out, c->certificate_frame, 0, "%s has no subjectAltName",
                        audit_name(name, audit_leaf(c)->subject));
}

static bool is_listed(struct ht_bytes name, const struct ht_texts *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (ht_bytes_alike(list->items[i], name)) {
            return true;
        }
    }
    return false;
}

/* A common name that is no host's, such as "Mail server", is a description. */
static bool common_name_alone(const struct audit_case *c, struct ht_proof *out)
{
    char room[AUDIT_NAME_MAX];
    struct ht_bytes name                                   = c->facts->common_name;
    const struct ht_subject_alternative_names *alternative = audit_leaf(c)->san;
    size_t names = alternative != NULL ? alternative->dns.len + alternative->ip.len : 0;
    bool host    = name.len > 0 && ht_contains_alike(name, ".") && !ht_contains_alike(name, " ");
    return alternative != NULL && host && !is_listed(name, &alternative->dns) &&
           !is_listed(name, &alternative->ip) && !is_listed(name, &alternative->email) &&
           ht_proof_say(out, c->certificate_frame, 0,
                        "the common name %s is not in subjectAltName (%zu name%s)",
                        audit_name(room, name), names, names == 1 ? "" : "s");
}

static bool is_wildcard(struct ht_bytes name)
{
    return name.len > 1 && name.ptr[0] == '*' && name.ptr[1] == '.';
}

static bool wildcard(const struct audit_case *c, struct ht_proof *out)
{
    char room[AUDIT_NAME_MAX];
    const struct ht_subject_alternative_names *names = audit_leaf(c)->san;
    for (size_t i = 0; names != NULL && i < names->dns.len; i++) {
        if (is_wildcard(names->dns.items[i])) {
            return ht_proof_say(out, c->certificate_frame, 0, "for %s",
                                audit_name(room, names->dns.items[i]));
        }
    }
    return false;
}

/* Of all names, of those under one label, in a part of a label, or not in the first one. */
static bool is_broad(struct ht_bytes name)
{
    if (!ht_contains_alike(name, "*")) {
        return false;
    }
    struct ht_bytes rest = ht_bytes_from(name, 2);
    return !is_wildcard(name) || !ht_contains_alike(rest, ".") || ht_contains_alike(rest, "*");
}

static bool wildcard_broad(const struct audit_case *c, struct ht_proof *out)
{
    char room[AUDIT_NAME_MAX];
    const struct ht_subject_alternative_names *names = audit_leaf(c)->san;
    for (size_t i = 0; names != NULL && i < names->dns.len; i++) {
        if (is_broad(names->dns.items[i])) {
            return ht_proof_say(out, c->certificate_frame, 0, "for %s",
                                audit_name(room, names->dns.items[i]));
        }
    }
    return false;
}

/* Reserved by RFC 2606, 6761, 6762, 8375, 9476, or by nobody but much used. */
static bool is_internal_name(struct ht_bytes name)
{
    static const char *const suffixes[] = {".local",   ".internal", ".test",    ".localhost",
                                           ".invalid", ".example",  ".onion",   ".home.arpa",
                                           ".lan",     ".corp",     ".intranet"};
    for (size_t i = 0; i < HT_ARRAY_LEN(suffixes); i++) {
        size_t len = strlen(suffixes[i]);
        if (name.len > len && ht_contains_alike(ht_bytes_from(name, name.len - len), suffixes[i])) {
            return strcmp(suffixes[i], ".onion") != 0; /* of which certificates are allowed */
        }
    }
    return !ht_contains_alike(name, ".");
}

static bool internal_name(const struct audit_case *c, struct ht_proof *out)
{
    char room[AUDIT_NAME_MAX];
    const struct ht_subject_alternative_names *names = audit_leaf(c)->san;
    for (size_t i = 0; names != NULL && i < names->dns.len; i++) {
        if (is_internal_name(names->dns.items[i])) {
            return ht_proof_say(out, c->certificate_frame, 0, "for %s",
                                audit_name(room, names->dns.items[i]));
        }
    }
    return false;
}

static const struct audit_rule rules[] = {
    {{"cert-name-mismatch",
      "high",
      "certificate",
      "The certificate is for another name",
      "Correct the certificate, or which one the server shows for the name.",
      "Machine in the middle",
      {"RFC 9525", "RFC 6125"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     has_name,
     name_mismatch,
     .each = true},
    {{"cert-san-missing",
      "high",
      "certificate",
      "The certificate has no subject alternative names",
      "Have it issued anew with subjectAltName.",
      NULL,
      {"RFC 9525", "CA/B BR section 7.1.2.7.12"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     san_missing},
    {{"cert-cn-not-in-san",
      "low",
      "certificate",
      "The common name is not among the alternative names",
      "Have it issued anew with the name in subjectAltName, or without common name.",
      NULL,
      {"CA/B BR section 7.1.4.3"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     common_name_alone},
    {{"cert-wildcard",
      "info",
      "certificate",
      "The certificate has a wildcard",
      "Prefer names in full; give each service its own key.",
      "ALPACA",
      {"RFC 9525 section 7.1"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     wildcard},
    {{"cert-wildcard-broad",
      "high",
      "certificate",
      "The certificate has a wildcard that covers too much",
      "Have it issued anew for the names that are needed.",
      NULL,
      {"RFC 9525 section 6.3", "CA/B BR section 3.2.2.6"},
      .scope = "server"},
     AUDIT_CERTIFICATE,
     audit_is_decoded,
     wildcard_broad},
    {{"cert-internal-name",
      "low",
      "certificate",
      "A public certificate has an internal name",
      "Have it issued anew without that name; use an authority of your own for it.",
      NULL,
      {"CA/B BR section 7.1.2.7.12"},
      .scope = "server"},
     AUDIT_CERTIFICATE | AUDIT_TRUST,
     audit_has_public_anchor,
     internal_name},
};

const struct audit_table audit_certificate_name_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_CHAIN};