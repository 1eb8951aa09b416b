/* Rules about: version. */
#include "analysis/audit/lists.h"
#include "tls/session.h"

#include <inttypes.h>

enum { SSL_20 = 0x0002, DTLS_BAD = 0x0100, TLCP = 0x0101, DTLS_10 = 0xFEFF };

enum { HTTPS = 443 };

/* Where TLS begins with the connection. */
static const uint16_t tls_ports[] = {HTTPS, 465, 563, 636,  853,  989,  990,  992,
                                     993,   994, 995, 5061, 5671, 6514, 8443, 8883};

/* Where it may begin later, or is common though nobody registered it. */
static const uint16_t other_tls_ports[] = {21,   25,   80,   110,  119,  143,  389,  587,  1194,
                                           1433, 2083, 2087, 2096, 3128, 3269, 3306, 3389, 4433,
                                           4190, 5222, 5223, 5269, 5432, 6697, 8080, 9443, 27017};

static bool is_among(uint16_t port, const uint16_t *ports, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (ports[i] == port) {
            return true;
        }
    }
    return false;
}

static const char *version_name(char room[HT_SPELLED_MAX], uint16_t version)
{
    return ht_registry_spell(room, &tls_versions, version);
}

/* The version that the server chose, and what it could have chosen. */
static bool say_chosen(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    uint16_t chosen = c->answer->version.id;
    return ht_proof_say(out, c->answer->frame, 0, "ServerHello has version 0x%04x (%s); %s%s",
                        chosen, version_name(room, chosen),
                        c->offer != NULL ? "the client offered up to "
                                         : "what the client offered was not seen",
                        c->offer != NULL ? audit_highest_name(c->offer) : "");
}

static bool ssl2_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return c->version == SSL_20 && say_chosen(c, out);
}

static bool ssl3_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return c->version == SSL_30 && say_chosen(c, out);
}

static bool tls10_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return c->version == TLS_10 && say_chosen(c, out);
}

static bool tls11_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return c->answer->version.id == TLS_11 && say_chosen(c, out);
}

static bool is_dtls(const struct audit_case *c)
{
    enum { MAJOR_DTLS = 0xFE };
    uint16_t version = c->answer->version.id;
    return version >> 8 == MAJOR_DTLS || version == DTLS_BAD;
}

static bool dtls10_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    uint16_t version = c->answer->version.id;
    return (version == DTLS_10 || version == DTLS_BAD) && say_chosen(c, out);
}

static bool ssl2_hello(const struct audit_case *c, struct ht_proof *out)
{
    char room[HT_SPELLED_MAX];
    return c->offer->record_version.id == SSL_20 && c->offer->legacy_version.id >= SSL_30 &&
           ht_proof_say(out, c->offer->frame, 0,
                        "ClientHello has the form of SSL 2.0, version 0x%04x (%s), %zu suites",
                        c->offer->legacy_version.id,
                        version_name(room, c->offer->legacy_version.id),
                        c->offer->cipher_suites.len / 2);
}

static bool client_max_version_legacy(const struct audit_case *c, struct ht_proof *out)
{
    return audit_highest_offered(c->offer) <= TLS_11 &&
           ht_proof_say(out, c->offer->frame, 0, "ClientHello offers no version above %s",
                        audit_highest_name(c->offer));
}

static bool lists_versions(const struct audit_case *c)
{
    return c->offer->supported_versions.len > 0;
}

static bool client_offers_legacy(const struct audit_case *c, struct ht_proof *out)
{
    char room[120];
    struct ht_bytes offered = c->offer->supported_versions;
    bool legacy             = audit_has(offered, SSL_30) || audit_has(offered, TLS_10) ||
                  audit_has(offered, TLS_11) || audit_has(offered, DTLS_10);
    return legacy && audit_highest_offered(c->offer) >= TLS_12 &&
           ht_proof_say(out, c->offer->frame, 0, "supported_versions is %s",
                        audit_list(room, sizeof room, &tls_versions, offered));
}

static bool offers_tls13(const struct audit_case *c)
{
    return audit_has(c->offer->supported_versions, TLS_13);
}

static bool tls13_not_negotiated(const struct audit_case *c, struct ht_proof *out)
{
    return c->answer->version.id == TLS_12 &&
           ht_proof_say(
               out, c->offer->frame, c->answer->frame,
               "supported_versions has 0x0304; ServerHello chooses 0x0303 and its random has %s",
               c->answer->downgrade != NULL ? "the downgrade sentinel" : "no downgrade sentinel");
}

static bool is_tls_over_tcp(const struct audit_case *c)
{
    return audit_is_stream(c) && c->offer->legacy_version.id >= SSL_30;
}

static bool tls13_not_offered(const struct audit_case *c, struct ht_proof *out)
{
    return audit_highest_offered(c->offer) < TLS_13 &&
           ht_proof_say(out, c->offer->frame, 0, "ClientHello offers up to %s",
                        audit_highest_name(c->offer));
}

static bool tls13_draft(const struct audit_case *c, struct ht_proof *out)
{
    enum { DRAFTS = 0x7F, EXPERIMENTS = 0x7E, FACEBOOK = 0xFB };
    unsigned major = c->answer->supported_version.id >> 8;
    return (major == DRAFTS || major == EXPERIMENTS || major == FACEBOOK) && say_chosen(c, out);
}

/* The condition of RFC 8446 section 4.1.3, for which a client must abort. */
static bool has_sentinel(const struct audit_case *c)
{
    bool more = offers_tls13(c) ||
                (c->version < TLS_12 && tls_comparable(c->offer->legacy_version.id) >= TLS_12);
    return c->answer->downgrade != NULL && c->version != 0 && c->version <= TLS_12 && more;
}

static bool sentinel_ignored(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *next =
        audit_find_event(c, &tls_client_key_exchange_event, "client");
    if (next == NULL) {
        next = audit_find_event(c, &tls_finished_event, "client");
    }
    return next != NULL && ht_proof_say(out, c->answer->frame, next->frame,
                                        "the random of ServerHello ends in the downgrade sentinel; "
                                        "the client goes on with %s",
                                        next->event);
}

static bool fallback_scsv(const struct audit_case *c, struct ht_proof *out)
{
    return audit_has(c->offer->cipher_suites, FALLBACK_SCSV) &&
           ht_proof_say(out, c->offer->frame, 0,
                        "0x5600 is among the suites, and the highest version offered is %s",
                        audit_highest_name(c->offer));
}

static bool strange_record(struct ht_proof *out, const char *message, uint64_t frame,
                           uint16_t version)
{
    return ht_proof_say(out, frame, 0, "the record of %s has version 0x%04x", message, version);
}

/* RFC 9846 section 5.1: 0x0301 to 0x0303 is what a first record has; then 0x0303, or up to TLS 1.2
 * the version that was agreed on. */
static bool record_version(const struct audit_case *c, struct ht_proof *out)
{
    struct ht_named first = c->offer->record_version;
    if (first.set && first.id != SSL_20 && (first.id < SSL_30 || first.id > TLS_12)) {
        return strange_record(out, "ClientHello", c->offer->frame, first.id);
    }
    if (c->answer == NULL || !c->answer->record_version.set || c->version < SSL_30 ||
        c->version > TLS_13) {
        return false;
    }
    uint16_t expected = c->version == TLS_13 ? TLS_12 : c->version;
    return c->answer->record_version.id != expected &&
           strange_record(out, "ServerHello", c->answer->frame, c->answer->record_version.id);
}

static bool tlcp(const struct audit_case *c, struct ht_proof *out)
{
    enum { GM_SUITES = 0xE0 };
    return (c->answer->version.id == TLCP || c->answer->cipher_suite.id >> 8 == GM_SUITES) &&
           ht_proof_say(out, c->answer->frame, 0, "ServerHello has version 0x%04x and suite 0x%04x",
                        c->answer->version.id, c->answer->cipher_suite.id);
}

bool audit_is_usual_port(uint16_t port)
{
    return is_among(port, tls_ports, HT_ARRAY_LEN(tls_ports)) ||
           is_among(port, other_tls_ports, HT_ARRAY_LEN(other_tls_ports));
}

static bool unusual_port(const struct audit_case *c, struct ht_proof *out)
{
    uint16_t port = c->connection->server->port;
    return !audit_is_usual_port(port) &&
           ht_proof_say(out, c->offer->frame, 0, "ClientHello to port %u", port);
}

static bool is_to_tls_port(const struct audit_case *c)
{
    const struct ht_connection *connection = c->connection;
    return strcmp(connection->transport, "tcp") == 0 && connection->client->payload_bytes > 0 &&
           is_among(connection->server->port, tls_ports, HT_ARRAY_LEN(tls_ports));
}

static bool not_tls(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_connection *connection = c->connection;
    const struct ht_bytes *protocol        = &connection->protocol;
    uint64_t answer                        = audit_alien_answer(c);
    if (answer > 0) {
        return ht_proof_say(out, c->offer->frame, 0,
                            "port %u answers a ClientHello by %" PRIu64
                            " bytes in which there is no TLS",
                            connection->server->port, answer);
    }
    return c->tls == NULL && !ht_bytes_equal(*protocol, ht_text("tls")) &&
           ht_proof_say(out, connection->tcp->syn_frame, 0,
                        "to port %u the client sends %" PRIu64 " bytes, which are not TLS%s%.*s",
                        connection->server->port, connection->client->payload_bytes,
                        protocol->len > 0 ? " but " : "", (int)protocol->len,
                        protocol->len > 0 ? (const char *)protocol->ptr : "");
}

static const char newer[] = "Let the server speak TLS 1.2 and 1.3 only; upgrade a client that "
                            "knows no better.";

static const struct audit_rule rules[] = {
    {{"ssl2-negotiated",
      "critical",
      "version",
      "SSL 2.0 agreed on",
      "Turn SSL 2.0 off on all services that share this RSA key.",
      "DROWN (CVE-2016-0800), CVE-2015-3197",
      {"RFC 6176", "RFC 9325 section 3.1.1", "NIST SP 800-52r2 section 3.1"}},
     AUDIT_ANSWER,
     NULL,
     ssl2_negotiated},
    {{"ssl2-compatible-client-hello",
      "medium",
      "version",
      "ClientHello in the form of SSL 2.0",
      "Upgrade the client's library, or forbid it hellos in the form of SSL 2.0.",
      NULL,
      {"RFC 6176 section 3", "RFC 9846 appendix E.5"},
      .scope = "client"},
     AUDIT_OFFER,
     audit_is_stream,
     ssl2_hello},
    {{"ssl3-negotiated",
      "critical",
      "version",
      "SSL 3.0 agreed on",
      newer,
      "POODLE (CVE-2014-3566)",
      {"RFC 7568", "RFC 9325 section 3.1.1", "NIST SP 800-52r2", "PCI DSS 4.0 2.2.7, 4.2.1"}},
     AUDIT_ANSWER,
     NULL,
     ssl3_negotiated},
    {{"tls10-negotiated",
      "high",
      "version",
      "TLS 1.0 agreed on",
      newer,
      "BEAST (CVE-2011-3389)",
      {"RFC 8996", "RFC 9325 section 3.1.1", "RFC 9846", "NIST SP 800-52r2 section 3.1",
       "PCI DSS 4.0 4.2.1"}},
     AUDIT_ANSWER,
     NULL,
     tls10_negotiated},
    {{"tls11-negotiated",
      "high",
      "version",
      "TLS 1.1 agreed on",
      newer,
      NULL,
      {"RFC 8996", "RFC 9325 section 3.1.1", "NIST SP 800-52r2 section 3.1"}},
     AUDIT_ANSWER,
     NULL,
     tls11_negotiated},
    {{"dtls10-negotiated",
      "high",
      "version",
      "DTLS 1.0 agreed on",
      "Demand DTLS 1.2 or later.",
      NULL,
      {"RFC 8996", "RFC 9325 section 3.1.2"}},
     AUDIT_ANSWER,
     is_dtls,
     dtls10_negotiated},
    {{"client-max-version-legacy",
      "high",
      "version",
      "The client knows no version above TLS 1.1",
      "Upgrade or replace the client.",
      NULL,
      {"RFC 8996", "RFC 9325"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     client_max_version_legacy},
    {{"client-offers-legacy-versions",
      "low",
      "version",
      "The client still offers versions before TLS 1.2",
      "Set the client's minimum to TLS 1.2.",
      NULL,
      {"RFC 8996", "RFC 9846 section 4.3.1"},
      .scope = "client"},
     AUDIT_OFFER,
     lists_versions,
     client_offers_legacy},
    {{"tls13-not-negotiated",
      "low",
      "version",
      "TLS 1.3 was offered, TLS 1.2 agreed on",
      "Turn TLS 1.3 on at the server, or at the middlebox that ends TLS.",
      NULL,
      {"RFC 9325 section 3.1.1", "NIST SP 800-52r2", "RFC 9851", "BSI TR-02102-2"},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_ANSWER,
     offers_tls13,
     tls13_not_negotiated},
    {{"tls13-not-offered",
      "low",
      "version",
      "The client does not offer TLS 1.3",
      "Upgrade the client's TLS library.",
      NULL,
      {"RFC 9325 section 3.1.1", "RFC 9851"},
      .scope = "client"},
     AUDIT_OFFER,
     is_tls_over_tcp,
     tls13_not_offered},
    {{"tls13-draft-version",
      "medium",
      "version",
      "A draft of TLS 1.3 agreed on",
      "Upgrade both sides: drafts are neither reviewed nor compatible.",
      NULL,
      {"RFC 9846 section 4.3.1"}},
     AUDIT_ANSWER,
     NULL,
     tls13_draft},
    {{"downgrade-sentinel-ignored",
      "critical",
      "version",
      "The client went on after the sign of a downgrade",
      "Upgrade the client: it must end a handshake whose ServerHello has the sentinel. Look for "
      "who "
      "changes hellos on the way.",
      "Version downgrade",
      {"RFC 9846 section 4.2.3", "RFC 8446 section 4.1.3"},
      .scope = "client"},
     AUDIT_OFFER | AUDIT_ANSWER,
     has_sentinel,
     sentinel_ignored,
     .each = true},
    {{"fallback-scsv-seen",
      "info",
      "version",
      "The client says that it fell back to an older version",
      "Find out why its first attempts failed; clients of today do not fall back.",
      "POODLE",
      {"RFC 7507"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     fallback_scsv},
    {{"record-version-anomaly",
      "low",
      "version",
      "A record of the handshake has an unexpected version",
      "Look at which implementation, or tool that hides, sends it.",
      NULL,
      {"RFC 9846 section 5.1", "RFC 9846 appendix E"}},
     AUDIT_OFFER,
     audit_is_stream,
     record_version},
    {{"tlcp-or-gmssl-version",
      "info",
      "version",
      "A protocol beside IETF's agreed on: TLCP or GMSSL",
      "Make sure that this is meant: it is neither FIPS nor CNSA.",
      NULL,
      {"GB/T 38636-2020"}},
     AUDIT_ANSWER,
     NULL,
     tlcp},
    {{"tls-on-unusual-port",
      "info",
      "version",
      "TLS on an unusual port",
      "Make sure that the service is known, and in the inventory.",
      NULL,
      {"PCI DSS 4.0 12.3.3"}},
     AUDIT_OFFER,
     is_tls_over_tcp,
     unusual_port},
    {{"non-tls-on-tls-port",
      "medium",
      "version",
      "No TLS on a port of TLS",
      "Demand TLS there, or move the service.",
      "Protocol tunnelling",
      {"PCI DSS 4.0 4.2.1"}},
     AUDIT_WHOLE,
     is_to_tls_port,
     not_tls,
     .any  = true,
     .each = true},
};

const struct audit_table audit_version_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_SESSION};
