/* Rules about: quic. */
#include "analysis/audit/lists.h"
#include "base/digits.h"
#include "quic/quic.h"

#include <inttypes.h>

/* What carries the session; NULL: not QUIC. */
static const struct quic_details *quic_of(const struct audit_case *c)
{
    return ht_connection_details(c->connection, &quic_details_struct);
}

/* Where something was seen; 0: nothing was. */
static uint64_t first_frame(const struct audit_case *c)
{
    const struct ht_timeline_entry *entries = c->connection->timeline.items;
    for (size_t i = 0; i < c->connection->timeline.len; i++) {
        if (entries[i].absent == NULL && entries[i].t_ns >= 0) {
            return entries[i].frame;
        }
    }
    return 0;
}

static bool is_quic(const struct audit_case *c)
{
    const struct quic_details *quic = quic_of(c);
    return quic != NULL && quic->version != NULL && first_frame(c) != 0;
}

static bool begins_with(struct ht_bytes id, const char *head)
{
    return ht_bytes_equal(ht_bytes_head(id, strlen(head)), ht_text(head));
}

static bool say_version(const struct audit_case *c, struct ht_proof *out)
{
    const struct quic_named *version = quic_of(c)->version;
    uint64_t frame                   = first_frame(c);
    return ht_proof_say(out, frame, 0, "packets from frame %" PRIu64 " on have version %.*s (%.*s)",
                        frame, (int)version->id.len, (const char *)version->id.ptr,
                        (int)version->name.len, (const char *)version->name.ptr);
}

/* Google's versions are spelled: "Q043", "T051". */
static bool google(const struct audit_case *c, struct ht_proof *out)
{
    struct ht_bytes id = quic_of(c)->version->id;
    return (begins_with(id, "0x5130") || begins_with(id, "0x5430")) && say_version(c, out);
}

static bool draft(const struct audit_case *c, struct ht_proof *out)
{
    struct ht_bytes id = quic_of(c)->version->id;
    return (begins_with(id, "0xff0000") || begins_with(id, "0xfaceb0")) && say_version(c, out);
}

static bool version_negotiation(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *said =
        audit_find_event(c, &quic_version_negotiation_event, "server");
    return said != NULL &&
           ht_proof_say(out, said->frame, 0, "Version Negotiation, with %zu version%s",
                        quic_of(c)->offered_versions.len,
                        quic_of(c)->offered_versions.len == 1 ? "" : "s");
}

static bool is_name(const struct quic_named *version, struct ht_bytes name)
{
    return version != NULL &&
           (ht_bytes_equal(version->name, name) || ht_bytes_equal(version->id, name));
}

static bool says_version(const struct audit_case *c)
{
    return is_quic(c) && quic_of(c)->client_transport_parameters != NULL &&
           quic_of(c)->client_transport_parameters->chosen_version.len > 0;
}

/* RFC 9368 section 4: what the client says it chose is what its packets have. */
static bool version_downgrade(const struct audit_case *c, struct ht_proof *out)
{
    const struct quic_details *quic = quic_of(c);
    struct ht_bytes said            = quic->client_transport_parameters->chosen_version;
    bool same = is_name(quic->version, said) || is_name(quic->original_version, said);
    return !same &&
           ht_proof_say(out, c->offer->frame, 0, "version_information says %.*s, the packet %.*s",
                        (int)said.len, (const char *)said.ptr, (int)quic->version->id.len,
                        (const char *)quic->version->id.ptr);
}

static bool initial_unreadable(const struct audit_case *c, struct ht_proof *out)
{
    uint64_t num = quic_of(c)->undecryptable_initials;
    return num > 0 && ht_proof_say(out, c->offer->frame, 0,
                                   "%" PRIu64 " Initial packets do not decrypt by the keys", num);
}

static bool has_retry(const struct audit_case *c)
{
    return is_quic(c) && quic_of(c)->retry != NULL && quic_of(c)->retry->unchecked == NULL;
}

static bool retry_forged(const struct audit_case *c, struct ht_proof *out)
{
    const struct quic_retry *retry = quic_of(c)->retry;
    return !retry->authentic &&
           ht_proof_say(out, retry->frame, 0,
                        "the integrity tag of Retry is not that for the client's first Initial");
}

enum { ID_TEXT = 2 * 20 + 1 /* RFC 9000 section 17.2 */ };

static const char *print_id(char out[ID_TEXT], struct ht_bytes id)
{
    id                   = ht_bytes_head(id, ID_TEXT / 2);
    *ht_put_hex(out, id) = '\0';
    return id.len > 0 ? out : "empty";
}

static bool crypto_error(const struct audit_case *c, struct ht_proof *out)
{
    const struct quic_details *quic = quic_of(c);
    const struct quic_close *closes = quic->closes.items;
    for (size_t i = 0; i < quic->closes.len; i++) {
        if (closes[i].alert.len > 0) {
            return ht_proof_say(out, closes[i].frame, 0, "CONNECTION_CLOSE, by the %s: %.*s",
                                closes[i].from, (int)closes[i].alert.len,
                                (const char *)closes[i].alert.ptr);
        }
    }
    return false;
}

static bool zero_rtt(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *early = audit_find_event(c, &quic_zero_rtt_event, "client");
    return early != NULL && ht_proof_say(out, early->frame, 0,
                                         "0-RTT packets from frame %" PRIu64 " on", early->frame);
}

/* RFC 9000 section 14.1 */
static bool small_initial(const struct audit_case *c, struct ht_proof *out)
{
    const struct quic_details *quic = quic_of(c);
    return quic->small_initial_frame != 0 &&
           ht_proof_say(out, quic->small_initial_frame, 0,
                        "a client's Initial in a datagram of %" PRIu64
                        " bytes; it is to have 1200 or more",
                        quic->small_initial_len);
}

/* RFC 9000 section 8.1. Some servers look at what they have sent before the last datagram, which
 * helps no attacker. */
static bool amplification(const struct audit_case *c, struct ht_proof *out)
{
    enum { AMPLIFICATION = 3, ONE_DATAGRAM = 1200 };
    const struct quic_details *quic = quic_of(c);
    uint64_t got = quic->amplified_client_bytes, sent = quic->amplified_server_bytes;
    out->basis    = "derived";
    out->severity = sent < AMPLIFICATION * got + ONE_DATAGRAM ? "low" : NULL;
    return quic->amplified_frame != 0 && got > 0 &&
           ht_proof_say(out, quic->amplified_frame, 0,
                        "the server had sent %" PRIu64 " bytes for the client's %" PRIu64
                        ", %" PRIu64 ".%" PRIu64
                        " times as many, before the client had shown that the address is its own",
                        sent, got, sent / got, sent % got * 10 / got);
}

/* RFC 9000 section 7.3 */
static bool id_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    const struct quic_id_mismatch *id = quic_of(c)->id_mismatch;
    char said[ID_TEXT], seen[ID_TEXT];
    if (id == NULL) {
        return false;
    }
    return id->absent
               ? ht_proof_say(out, id->frame, 0,
                              "the transport parameters lack %s; in the header it is %s",
                              id->parameter, print_id(seen, id->seen))
               : ht_proof_say(out, id->frame, 0,
                              "the transport parameter %s is %s, in the header it is %s",
                              id->parameter, print_id(said, id->said), print_id(seen, id->seen));
}

static const struct audit_rule rules[] = {
    {{"quic-gquic-legacy",
      "low",
      "quic",
      "Google's QUIC, from before IETF's",
      "Upgrade to QUIC version 1.",
      NULL,
      {"IANA QUIC Versions"}},
     0,
     is_quic,
     google,
     .where = AUDIT_QUIC,
     .any   = true},
    {{"quic-draft-version",
      "low",
      "quic",
      "QUIC of a draft",
      "Upgrade to QUIC version 1.",
      NULL,
      {"RFC 9000"}},
     0,
     is_quic,
     draft,
     .where = AUDIT_QUIC,
     .any   = true},
    {{"quic-version-negotiation",
      "info",
      "quic",
      "The server does not know the client's version of QUIC",
      "Nothing, where it is rare.",
      "Downgrade",
      {"RFC 9000 section 6", "RFC 8999"}},
     0,
     is_quic,
     version_negotiation,
     .where = AUDIT_QUIC,
     .any   = true},
    {{"quic-version-downgrade",
      "high",
      "quic",
      "The version of QUIC was changed on the way",
      "Look for who changes packets on the way.",
      "Downgrade",
      {"RFC 9368 section 4", "RFC 9368 section 5"}},
     AUDIT_OFFER,
     says_version,
     version_downgrade,
     .where = AUDIT_QUIC},
    {{"quic-initial-auth-failed",
      "low",
      "quic",
      "Initial packets that are not authentic",
      "Look for damaged or injected packets.",
      "Injection",
      {"RFC 9001 section 5.2"}},
     AUDIT_OFFER,
     is_quic,
     initial_unreadable,
     .where = AUDIT_QUIC},
    {{"quic-retry-integrity-failed",
      "medium",
      "quic",
      "A Retry that is not authentic",
      "Look for who injects packets.",
      "Injection",
      {"RFC 9001 section 5.8"},
      .scope = "server"},
     0,
     has_retry,
     retry_forged,
     .where = AUDIT_QUIC,
     .any   = true},
    {{"quic-crypto-error",
      "medium",
      "quic",
      "The handshake ended with an alert",
      "See what the alert says.",
      NULL,
      {"RFC 9001 section 4.8"}},
     0,
     is_quic,
     crypto_error,
     .where = AUDIT_QUIC,
     .any   = true},
    {{"quic-0rtt",
      "low",
      "quic",
      "0-RTT packets",
      "Send only requests in them that may be repeated.",
      "Replay of 0-RTT data",
      {"RFC 9001 section 9.2", "RFC 9846 section 8"},
      .scope = "client"},
     AUDIT_OFFER,
     is_quic,
     zero_rtt,
     .where = AUDIT_QUIC},
    {{"quic-initial-too-small",
      "medium",
      "quic",
      "A client's Initial in a datagram that is too small",
      "Repair the client, or look for an attack tool.",
      "Amplification",
      {"RFC 9000 section 14.1"},
      .scope = "client"},
     0,
     is_quic,
     small_initial,
     .where = AUDIT_QUIC,
     .any   = true},
    {{"quic-amplification",
      "medium",
      "quic",
      "The server sends more than three times what it got",
      "Repair the server, and shorten its chain of certificates.",
      "Denial of service by reflection",
      {"RFC 9000 section 8.1"},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_WHOLE,
     is_quic,
     amplification,
     .where = AUDIT_QUIC},
    {{"quic-cid-mismatch",
      "high",
      "violation",
      "A connection id that is not the one vouched for",
      "Look for who changes or injects packets, or repair the peer.",
      "Injection of Initial packets",
      {"RFC 9000 section 7.3"}},
     AUDIT_OFFER,
     is_quic,
     id_mismatch,
     .where = AUDIT_QUIC},
};

const struct audit_table audit_quic_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
