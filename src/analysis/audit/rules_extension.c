/* Rules about: extension, privacy. */
#include "analysis/audit/certificates.h"
#include "analysis/audit/lists.h"
#include "analysis/resolution/answers.h"

#include <inttypes.h>

enum { HTTPS = 443, MAX_NAME = 253 };

/* A client of TLS that looked for a name; one that was given an address has none to say, and DTLS,
 * or what else carries TLS, has its own ways. */
static bool should_name(const struct audit_case *c)
{
    const struct ht_resolution *dns = c->connection->dns;
    struct ht_bytes protocol        = c->connection->protocol;
    bool carried =
        ht_bytes_equal(protocol, ht_text("tls")) || ht_bytes_equal(protocol, ht_text("quic"));
    bool literal = dns != NULL && strcmp(dns->verdict, "literal_address") == 0;
    return carried && !literal && audit_highest_offered(c->offer) >= TLS_10;
}

static bool name_missing(const struct audit_case *c, struct ht_proof *out)
{
    return (c->traits & AUDIT_NAMED) == 0 && c->offer->encrypted_client_hello == NULL &&
           ht_proof_say(out, c->offer->frame, 0, "ClientHello has no server_name (0)");
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* An address in the form of RFC 3986 section 3.2.2, more or less: four numbers and three dots, or
 * hexadecimal digits with two colons or more. */
static bool is_address(struct ht_bytes name)
{
    size_t dots = 0, colons = 0, digits = 0, letters = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (is_digit(name.ptr[i])) {
            digits++;
        } else if (is_hex(name.ptr[i])) {
            letters++;
        } else if (name.ptr[i] == '.') {
            dots++;
        } else if (name.ptr[i] == ':') {
            colons++;
        } else {
            return false;
        }
    }
    return (dots == 3 && digits >= 4 && colons + letters == 0) || colons >= 2;
}

static bool say_name(const struct audit_case *c, struct ht_proof *out, const char *what)
{
    enum { SHOWN = 64 };
    char room[SHOWN + 1];
    struct ht_bytes name = ht_bytes_head(c->offer->server_name, SHOWN);
    for (size_t i = 0; i < name.len; i++) {
        room[i] = name.ptr[i] > ' ' && name.ptr[i] < 0x7F ? (char)name.ptr[i] : '?';
    }
    room[name.len] = '\0';
    return ht_proof_say(out, c->offer->frame, 0, "server_name is \"%s\": %s", room, what);
}

static bool name_is_address(const struct audit_case *c, struct ht_proof *out)
{
    return is_address(c->offer->server_name) && say_name(c, out, "an address");
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool may_be_in_name(uint8_t c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
}

static bool name_malformed(const struct audit_case *c, struct ht_proof *out)
{
    struct ht_bytes name = c->offer->server_name;
    if (name.len == 0) {
        return say_name(c, out, "empty");
    }
    if (is_address(name)) {
        return false;
    }
    if (name.len > MAX_NAME) {
        return say_name(c, out, "longer than a name may be");
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!may_be_in_name(name.ptr[i])) {
            return say_name(c, out, "it has a character that is no letter, digit, hyphen or dot");
        }
    }
    return name.ptr[name.len - 1] == '.' && say_name(c, out, "ends in a dot");
}

static bool ends_in(struct ht_bytes name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len > len && (name.ptr[name.len - 1] | 0x20) == suffix[len - 1] &&
           ht_names_equal(ht_bytes_from(name, name.len - len), ht_text(suffix));
}

static bool is_internal(struct ht_bytes name)
{
    static const char *const suffixes[] = {".local", ".internal", ".corp", ".home.arpa", ".lan"};
    for (size_t i = 0; i < HT_ARRAY_LEN(suffixes); i++) {
        if (ends_in(name, suffixes[i])) {
            return true;
        }
    }
    return name.len > 0 && memchr(name.ptr, '.', name.len) == NULL && !is_address(name);
}

static bool name_internal(const struct audit_case *c, struct ht_proof *out)
{
    return is_internal(c->offer->server_name) &&
           say_name(c, out, "an internal name, to a public address");
}

static bool is_https(const struct audit_case *c)
{
    return audit_is_stream(c) && c->connection->server->port == HTTPS && c->version != 0;
}

static bool alpn_missing(const struct audit_case *c, struct ht_proof *out)
{
    if (c->offer->alpn.len == 0) {
        return ht_proof_say(out, c->offer->frame, 0,
                            "ClientHello has no application_layer_protocol_negotiation (16)");
    }
    return c->answer != NULL && audit_before_13(c) && c->answer->alpn.len == 0 &&
           ht_proof_say(out, c->answer->frame, c->offer->frame,
                        "ServerHello chooses none of the application protocols");
}

static bool is_in(struct ht_bytes word, const char *const *words, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (ht_bytes_equal(word, ht_text(words[i]))) {
            return true;
        }
    }
    return false;
}

/* Ports of one protocol, where another has no business. */
static bool is_strange(struct ht_bytes protocol, uint16_t port)
{
    static const char *const web[]     = {"h2", "http/1.1", "http/1.0"};
    static const char *const not_web[] = {"imap", "pop3", "managesieve", "ftp", "postgresql"};
    static const uint16_t not_web_on[] = {21,  25,  110, 119, 143, 389,  465,  563,
                                          587, 636, 990, 993, 995, 3306, 5269, 5432};
    if (port == HTTPS) {
        return is_in(protocol, not_web, HT_ARRAY_LEN(not_web));
    }
    bool here = false;
    for (size_t i = 0; i < HT_ARRAY_LEN(not_web_on); i++) {
        here |= not_web_on[i] == port;
    }
    return here && is_in(protocol, web, HT_ARRAY_LEN(web));
}

static bool offers_alpn(const struct audit_case *c)
{
    return c->offer->alpn.len > 0;
}

static bool alpn_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    for (size_t i = 0; i < c->offer->alpn.len; i++) {
        struct ht_bytes protocol = c->offer->alpn.items[i];
        if (is_strange(protocol, c->connection->server->port)) {
            return ht_proof_say(out, c->offer->frame, 0, "ClientHello offers %.*s to port %u",
                                (int)protocol.len, (const char *)protocol.ptr,
                                c->connection->server->port);
        }
    }
    return false;
}

static bool npn(const struct audit_case *c, struct ht_proof *out)
{
    return audit_answers_extension(c, EXTENSION_NEXT_PROTOCOL) &&
           ht_proof_say(out, c->answer->frame, 0,
                        "ServerHello has next_protocol_negotiation (13172)");
}

static bool has_ech(const struct audit_case *c)
{
    const struct tls_encrypted_client_hello *ech = c->offer->encrypted_client_hello;
    return ech != NULL && ech->verdict != NULL;
}

static bool is_real_ech(const struct audit_case *c)
{
    return has_ech(c) && strcmp(c->offer->encrypted_client_hello->verdict, "config_match") == 0;
}

static bool ech_attempted(const struct audit_case *c, struct ht_proof *out)
{
    out->basis = "inferred";
    return is_real_ech(c) &&
           ht_proof_say(out, c->offer->frame, 0,
                        "encrypted_client_hello (0xfe0d) has the config_id %u of an ECHConfig seen "
                        "in DNS; whether the server takes it is encrypted",
                        (unsigned)(c->offer->encrypted_client_hello->config_id - 1));
}

static bool ech_grease(const struct audit_case *c, struct ht_proof *out)
{
    out->basis = "inferred";
    return strcmp(c->offer->encrypted_client_hello->verdict, "grease_likely") == 0 &&
           ht_proof_say(out, c->offer->frame, 0,
                        "encrypted_client_hello (0xfe0d) is of no ECHConfig, and server_name is "
                        "what the client looked up");
}

/* That the name which ECH shows to all was looked up betrays nothing. */
static bool ech_leak(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_resolution *dns = c->connection->dns;
    bool own = dns->name.len > 0 && strcmp(dns->verdict, "other_client") != 0 && !dns->elsewhere;
    return own && !ht_names_equal(dns->name, c->offer->server_name) &&
           ht_proof_say(out, c->offer->frame, dns->answer_frame,
                        "the name in ClientHello is encrypted; \"%.*s\" was looked up in clear, "
                        "frame %" PRIu64,
                        (int)dns->name.len, (const char *)dns->name.ptr, dns->answer_frame);
}

static bool esni(const struct audit_case *c, struct ht_proof *out)
{
    return audit_offers_extension(c, EXTENSION_ESNI) &&
           ht_proof_say(out, c->offer->frame, 0, "ClientHello has encrypted_server_name (0xffce)");
}

static bool asks_in_clear(const struct audit_case *c)
{
    uint64_t frame;
    return audit_before_13(c) && audit_certificate_request(c, &frame) != NULL;
}

static bool client_certificate(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *shown = audit_find_event(c, &tls_certificate_event, "client");
    return shown != NULL && c->tls->certificates != NULL && c->tls->certificates->client.len > 0 &&
           ht_proof_say(out, shown->frame, 0, "Certificate, by the client, not encrypted");
}

static bool authorities(const struct audit_case *c, struct ht_proof *out)
{
    uint64_t frame;
    const struct tls_certificate_request *request = audit_certificate_request(c, &frame);
    return request->num_authorities > 0 &&
           ht_proof_say(out, frame, 0, "CertificateRequest names %" PRIu64 " %s",
                        request->num_authorities,
                        request->num_authorities == 1 ? "authority" : "authorities");
}

static const struct audit_rule rules[] = {
    {{"sni-missing",
      "low",
      "extension",
      "No server name",
      "Let the client say the name (SNI), or use ECH.",
      NULL,
      {"RFC 6066 section 3", "RFC 9325 section 3.7", "NIST SP 800-52r2 section 3.4.2"},
      .scope = "client"},
     AUDIT_OFFER,
     should_name,
     name_missing,
     .each = true},
    {{"sni-ip-literal",
      "low",
      "extension",
      "An address for a server name",
      "Leave server_name out where there is no name.",
      NULL,
      {"RFC 6066 section 3"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     name_is_address,
     .where = AUDIT_NAMED,
     .each  = true},
    {{"sni-malformed",
      "medium",
      "extension",
      "A server name that is none",
      "Look at the client: a fault, or a way around filters.",
      "Differences between parsers",
      {"RFC 6066 section 3"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     name_malformed,
     .where = AUDIT_NAMED,
     .each  = true},
    {{"sni-reserved-or-internal-name",
      "low",
      "extension",
      "An internal name is told outside",
      "Make what DNS says inside and outside agree.",
      "Information leak",
      {"RFC 6762", "RFC 8375"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     name_internal,
     .where = AUDIT_NAMED | AUDIT_IN_PUBLIC,
     .each  = true},
    {{"alpn-missing",
      "info",
      "extension",
      "HTTPS without ALPN",
      "Use ALPN: it protects one protocol from another.",
      "ALPACA",
      {"RFC 9325 section 3.8", "RFC 7301"}},
     AUDIT_OFFER | AUDIT_ANSWER,
     is_https,
     alpn_missing},
    {{"alpn-port-mismatch",
      "low",
      "extension",
      "An application protocol that is not the port's",
      "Look for an attack across protocols, or for a tunnel.",
      "ALPACA",
      {"alpaca-attack.com"}},
     AUDIT_OFFER,
     offers_alpn,
     alpn_mismatch},
    {{"npn-used",
      "info",
      "extension",
      "Next Protocol Negotiation in use",
      "Remove NPN; ALPN took its place.",
      NULL,
      {"draft-agl-tls-nextprotoneg"}},
     AUDIT_ANSWER,
     audit_before_13,
     npn},
    {{"ech-accepted",
      "info",
      "extension",
      "Encrypted ClientHello attempted",
      "Nothing: this is for inventory.",
      NULL,
      {"RFC 9849"}},
     AUDIT_OFFER,
     has_ech,
     ech_attempted,
     .where = AUDIT_ECH,
     .each  = true},
    {{"ech-grease",
      "info",
      "extension",
      "Encrypted ClientHello for show",
      "Nothing: this is for inventory.",
      NULL,
      {"RFC 9849 section 6.2"},
      .scope = "client"},
     AUDIT_OFFER,
     has_ech,
     ech_grease,
     .where = AUDIT_ECH,
     .each  = true},
    {{"ech-dns-leak",
      "medium",
      "extension",
      "The name that ECH hides was looked up in clear",
      "Use DNS over HTTPS, TLS or QUIC with ECH.",
      "Metadata leak",
      {"RFC 9849 section 10.1", "RFC 9848"},
      .scope = "client"},
     AUDIT_OFFER | AUDIT_DNS,
     is_real_ech,
     ech_leak,
     .where = AUDIT_ECH,
     .each  = true},
    {{"esni-legacy",
      "info",
      "extension",
      "Encrypted server name of a draft",
      "Upgrade to ECH.",
      NULL,
      {"draft-ietf-tls-esni-06"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     esni},
    {{"client-cert-cleartext",
      "medium",
      "privacy",
      "The client's certificate can be read by all",
      "Use TLS 1.3, which encrypts it.",
      "Identity leak",
      {"RFC 9846 appendix E.5", "RFC 9846 appendix F.1.2"},
      .scope = "client"},
     AUDIT_ANSWER,
     asks_in_clear,
     client_certificate,
     .where = AUDIT_ASKED,
     .each  = true},
    {{"certificate-request-dn-disclosure",
      "info",
      "privacy",
      "The server names the authorities that it trusts",
      "Consider an empty list.",
      "Information leak",
      {"RFC 5246 section 7.4.4"},
      .scope = "server"},
     AUDIT_ANSWER,
     asks_in_clear,
     authorities,
     .where = AUDIT_ASKED,
     .each  = true},
};

const struct audit_table audit_extension_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_SESSION};
