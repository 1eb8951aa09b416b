/* Rules about: session, and what its extensions do to it. */
#include "analysis/audit/lists.h"

#include <inttypes.h>

enum { DAY_S = 86400, WEEK_S = 7 * DAY_S };

static bool say_lacks(const struct audit_case *c, struct ht_proof *out, const char *extension,
                      bool offered)
{
    return ht_proof_say(out, c->answer->frame, c->offer->frame,
                        "ServerHello has no %s; ClientHello %s", extension,
                        offered ? "offers it" : "does not offer it either");
}

static bool signals_renegotiation(const struct audit_case *c)
{
    return audit_offers_extension(c, EXTENSION_RENEGOTIATION) ||
           audit_has(c->offer->cipher_suites, RENEGOTIATION_SCSV);
}

static bool is_asked_for_renegotiation_info(const struct audit_case *c)
{
    return audit_before_13(c) && signals_renegotiation(c);
}

static bool renegotiation_insecure(const struct audit_case *c, struct ht_proof *out)
{
    return !c->answer->renegotiation_info && say_lacks(c, out, "renegotiation_info", true);
}

/* TLS 1.3 has no renegotiation, so a client of it alone need not speak of it. */
static bool may_renegotiate(const struct audit_case *c)
{
    uint16_t highest = audit_highest_offered(c->offer);
    return highest >= SSL_30 && highest <= TLS_12;
}

static bool client_renegotiation(const struct audit_case *c, struct ht_proof *out)
{
    return !signals_renegotiation(c) && ht_proof_say(out, c->offer->frame, 0,
                                                     "ClientHello has neither renegotiation_info "
                                                     "nor its signal among the suites (0x00ff)");
}

/* The handshake messages that a side begins after both have finished. */
static bool renegotiated(const struct audit_case *c, struct ht_proof *out)
{
    if (c->tls->renegotiations == 0) {
        return false;
    }
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    unsigned finished                     = 0;
    for (; entry < end; entry++) {
        bool handshake = entry->type == &tls_client_hello_event ||
                         entry->type == &tls_hello_request_event ||
                         entry->type == &tls_other_handshake_event;
        if (finished >= 2 && handshake && entry->absent == NULL) {
            break;
        }
        finished += entry->type == &tls_finished_event && entry->absent == NULL;
    }
    return ht_proof_say(out, entry < end ? entry->frame : c->answer->frame, 0,
                        "%u handshake%s after the first; the %s begins with frame %" PRIu64,
                        c->tls->renegotiations, c->tls->renegotiations == 1 ? "" : "s",
                        entry < end ? "second" : "session",
                        entry < end ? entry->frame : c->answer->frame);
}

/* Four handshakes that the client begins after the first, in a minute. */
static bool renegotiation_flood(const struct audit_case *c, struct ht_proof *out)
{
    enum { FLOOD = 4 };
    static const int64_t minute_ns               = 60000000000;
    const struct ht_timeline_entry *begun[FLOOD] = {NULL};
    const struct ht_timeline_entry *entry        = c->connection->timeline.items;
    const struct ht_timeline_entry *end          = entry + c->connection->timeline.len;
    size_t num                                   = 0;
    bool finished                                = false;
    for (; c->tls->renegotiations >= FLOOD && entry < end; entry++) {
        finished |= entry->type == &tls_finished_event && entry->absent == NULL;
        if (!finished || entry->type != &tls_client_hello_event || entry->absent != NULL) {
            continue;
        }
        const struct ht_timeline_entry *first = begun[(num + 1) % FLOOD];
        begun[num++ % FLOOD]                  = entry;
        if (num >= FLOOD && entry->t_ns - first->t_ns <= minute_ns) {
            return ht_proof_say(out, first->frame, entry->frame,
                                "the client begins %d handshakes anew in frames %" PRIu64
                                " to %" PRIu64,
                                FLOOD, first->frame, entry->frame);
        }
    }
    return false;
}

/* RFC 7627 is of TLS 1.0 to 1.2. */
static bool may_extend_master_secret(const struct audit_case *c)
{
    return c->version >= TLS_10 && c->version <= TLS_12;
}

static bool ems_missing(const struct audit_case *c, struct ht_proof *out)
{
    return !c->answer->extended_master_secret &&
           say_lacks(c, out, "extended_master_secret",
                     audit_offers_extension(c, EXTENSION_EXTENDED_MASTER));
}

static bool truncated_hmac(const struct audit_case *c, struct ht_proof *out)
{
    return audit_answers_extension(c, EXTENSION_TRUNCATED_HMAC) &&
           ht_proof_say(out, c->answer->frame, 0, "ServerHello has truncated_hmac (4)");
}

static bool heartbeat(const struct audit_case *c, struct ht_proof *out)
{
    if (c->answer != NULL && audit_before_13(c) &&
        audit_answers_extension(c, EXTENSION_HEARTBEAT)) {
        return ht_proof_say(out, c->answer->frame, 0, "ServerHello has heartbeat (15)");
    }
    out->severity = "info";
    return audit_offers_extension(c, EXTENSION_HEARTBEAT) &&
           ht_proof_say(out, c->offer->frame, 0, "ClientHello offers heartbeat (15)");
}

static bool offers_psk(const struct audit_case *c)
{
    return c->offer->psk_modes.len > 0 || c->offer->psk_identities > 0;
}

/* GREASE is left out. */
static bool offers_only_psk_ke(struct ht_bytes modes)
{
    enum { PSK_KE = 0, PSK_DHE_KE = 1 };
    bool ke = false;
    for (size_t i = 0; i < modes.len; i++) {
        if (modes.ptr[i] == PSK_DHE_KE) {
            return false;
        }
        ke |= modes.ptr[i] == PSK_KE;
    }
    return ke;
}

static bool psk_ke(const struct audit_case *c, struct ht_proof *out)
{
    if (c->answer != NULL && c->version == TLS_13 && c->answer->pre_shared_key &&
        !c->answer->key_share_group.set) {
        return ht_proof_say(out, c->answer->frame, 0,
                            "ServerHello has pre_shared_key and no key_share");
    }
    return offers_only_psk_ke(c->offer->psk_modes) &&
           ht_proof_say(out, c->offer->frame, 0, "psk_key_exchange_modes is psk_ke (0) alone");
}

/* The first hello, since one after a retry cannot have it (RFC 8446 section 4.2.10). */
static const struct tls_client_hello *early(const struct audit_case *c)
{
    const struct tls_client_hello *first = c->tls->client_hello;
    return first != NULL && first->early_data ? first : NULL;
}

static bool early_data_offered(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_client_hello *hello = early(c);
    return hello != NULL && ht_proof_say(out, hello->frame, 0, "ClientHello has early_data (42)");
}

/* Decrypted, the server says so. */
static bool offers_early_data(const struct audit_case *c)
{
    const struct tls_inferred *inferred = c->tls->inferred;
    return early(c) != NULL &&
           (c->tls->early_data != NULL || (inferred != NULL && inferred->early_data != NULL));
}

static uint64_t extensions_frame(const struct audit_case *c)
{
    const struct ht_timeline_entry *entry =
        audit_find_event(c, &tls_encrypted_extensions_event, "server");
    return entry != NULL ? entry->frame : 0;
}

static bool early_data_accepted(const struct audit_case *c, struct ht_proof *out)
{
    if (c->tls->early_data != NULL) {
        return strcmp(c->tls->early_data, "accepted") == 0 &&
               ht_proof_say(
                   out, early(c)->frame, extensions_frame(c),
                   "early data after ClientHello; EncryptedExtensions has early_data (42)");
    }
    out->basis = "inferred";
    return strcmp(c->tls->inferred->early_data, "accepted") == 0 &&
           ht_proof_say(
               out, early(c)->frame, c->answer->frame,
               "early data after ClientHello; what follows ServerHello shows that it was taken");
}

static bool is_early(const struct audit_case *c)
{
    return early(c) != NULL;
}

static bool early_data_with_retry(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *retry =
        audit_find_event(c, &tls_hello_retry_request_event, "server");
    return retry != NULL &&
           ht_proof_say(out, early(c)->frame, retry->frame,
                        "ClientHello has early_data (42), which the HelloRetryRequest refuses");
}

static const struct ht_timeline_entry *ticket_entry(const struct audit_case *c)
{
    const struct ht_timeline_entry *entry =
        audit_find_event(c, &tls_new_session_ticket_event, "server");
    return entry != NULL && entry->object != NULL ? entry : NULL;
}

static bool has_ticket(const struct audit_case *c)
{
    return ticket_entry(c) != NULL;
}

static bool has_ticket12(const struct audit_case *c)
{
    return c->version != TLS_13 && has_ticket(c);
}

static bool ticket_lifetime(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *entry       = ticket_entry(c);
    const struct tls_new_session_ticket *ticket = entry->object;
    if (ticket->lifetime_s <= DAY_S) {
        return false;
    }
    out->severity = ticket->lifetime_s > WEEK_S ? NULL : "low";
    return ht_proof_say(out, entry->frame, 0,
                        "NewSessionTicket may be used for %" PRIu64 " s, more than a %s",
                        ticket->lifetime_s, ticket->lifetime_s > WEEK_S ? "week" : "day");
}

static bool may_have_tickets13(const struct audit_case *c)
{
    return c->version == TLS_13 && has_ticket(c);
}

/* "Servers MUST NOT use any value greater than 604800 seconds (7 days)" */
static bool ticket_lifetime13(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    for (; entry < end; entry++) {
        const struct tls_new_session_ticket *ticket = entry->object;
        if (entry->type == &tls_new_session_ticket_event && ticket != NULL &&
            entry->absent == NULL && !entry->partial && ticket->lifetime_s > WEEK_S) {
            return ht_proof_say(out, entry->frame, 0,
                                "ticket_lifetime of NewSessionTicket is %" PRIu64
                                " s, more than seven days",
                                ticket->lifetime_s);
        }
    }
    return false;
}

static bool has_decrypted_data(const struct audit_case *c)
{
    return c->version == TLS_13 && strcmp(c->tls->keys->verdict, "decrypted") == 0;
}

/* The first of more KeyUpdates from a side than can be meant well, in a minute; `*num`: how many.
 */
static const struct ht_timeline_entry *flooding_update(const struct audit_case *c, const char *from,
                                                       uint64_t *out_last)
{
    enum { MANY = 33 };
    static const int64_t minute_ns             = 60000000000;
    const struct ht_timeline_entry *ring[MANY] = {NULL};
    const struct ht_timeline_entry *entry      = c->connection->timeline.items;
    const struct ht_timeline_entry *end        = entry + c->connection->timeline.len;
    for (size_t num = 0; entry < end; entry++) {
        if (entry->type != &tls_key_update_event || entry->absent != NULL ||
            strcmp(entry->from, from) != 0) {
            continue;
        }
        ring[num++ % MANY]                    = entry;
        const struct ht_timeline_entry *first = ring[num % MANY];
        if (first != NULL && entry->t_ns - first->t_ns <= minute_ns) {
            *out_last = entry->frame;
            return first;
        }
    }
    return NULL;
}

static bool key_update_excess(const struct audit_case *c, struct ht_proof *out)
{
    uint64_t last                         = 0;
    const struct ht_timeline_entry *first = flooding_update(c, "client", &last);
    const char *from                      = first != NULL ? "client" : "server";
    first = first != NULL ? first : flooding_update(c, "server", &last);
    return first != NULL &&
           ht_proof_say(out, first->frame, last,
                        "33 KeyUpdates of the %s within a minute, in frames %" PRIu64
                        " to %" PRIu64,
                        from, first->frame, last);
}

static const struct audit_rule rules[] = {
    {{"renegotiation-insecure",
      "high",
      "session",
      "The server does not renegotiate securely",
      "Turn RFC 5746 on at the server.",
      "CVE-2009-3555",
      {"RFC 5746", "RFC 9325 section 3.5", "NIST SP 800-52r2"},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_ANSWER,
     is_asked_for_renegotiation_info,
     renegotiation_insecure},
    {{"client-no-secure-renegotiation",
      "medium",
      "session",
      "The client does not renegotiate securely",
      "Upgrade the client.",
      "CVE-2009-3555",
      {"RFC 5746", "RFC 9325 section 3.5"},
      .scope = "client"},
     AUDIT_OFFER,
     may_renegotiate,
     client_renegotiation},
    {{"renegotiation-observed",
      "medium",
      "session",
      "A second handshake in the session",
      "Turn renegotiation that the client begins off.",
      "Denial of service, injection of a prefix",
      {"RFC 9325 section 3.5", "CVE-2011-1473"}},
     AUDIT_ANSWER | AUDIT_FINISHED,
     audit_before_13,
     renegotiated,
     .signs = AUDIT_RENEGOTIATED,
     .each  = true},
    {{"renegotiation-flood",
      "high",
      "session",
      "Many handshakes in one session",
      "Limit renegotiation, or turn it off.",
      "Denial of service (CVE-2011-1473)",
      {"CVE-2011-1473"}},
     AUDIT_ANSWER | AUDIT_FINISHED,
     audit_before_13,
     renegotiation_flood,
     .signs = AUDIT_RENEGOTIATED,
     .each  = true},
    {{"ems-missing",
      "medium",
      "session",
      "No extended master secret",
      "Turn extended_master_secret on, at whom of both it lacks.",
      "Triple Handshake (CVE-2014-1295)",
      {"RFC 7627", "RFC 9325 section 3.5", "NIST SP 800-52r2"}},
     AUDIT_OFFER | AUDIT_ANSWER,
     may_extend_master_secret,
     ems_missing},
    {{"truncated-hmac",
      "medium",
      "session",
      "Truncated HMAC agreed on",
      "Turn truncated_hmac off.",
      NULL,
      {"RFC 9325 section 4.6", "RFC 9847"}},
     AUDIT_ANSWER,
     audit_before_13,
     truncated_hmac},
    {{"heartbeat-enabled",
      "low",
      "session",
      "Heartbeat is on",
      "Turn heartbeat off where DTLS does not need it.",
      "What Heartbleed (CVE-2014-0160) needs",
      {"RFC 6520"}},
     AUDIT_OFFER,
     NULL,
     heartbeat},
    {{"psk-ke-mode",
      "medium",
      "session",
      "A pre-shared key without key exchange",
      "Use psk_dhe_ke.",
      "No forward secrecy",
      {"RFC 9325", "RFC 9846 section 2.2", "draft-mattsson-tls-psk-ke-dont-dont-dont"}},
     AUDIT_OFFER,
     offers_psk,
     psk_ke},
    {{"early-data-offered",
      "low",
      "session",
      "The client sends early data",
      "Send only requests that may be repeated; let the server detect replays.",
      "Replay of 0-RTT data",
      {"RFC 9846 section 8", "RFC 9846 appendix F.5", "RFC 8470", "RFC 9325 section 3.10"},
      .scope = "client"},
     AUDIT_OFFER,
     NULL,
     early_data_offered,
     .signs = AUDIT_EARLY_DATA,
     .each  = true},
    {{"early-data-accepted",
      "medium",
      "session",
      "The server takes early data",
      "Make sure that the server detects replays and marks what is early (Early-Data).",
      "Replay of 0-RTT data",
      {"RFC 9846 section 4.3.10", "RFC 8470"},
      .scope = "server"},
     AUDIT_OFFER | AUDIT_ANSWER,
     offers_early_data,
     early_data_accepted,
     .where = AUDIT_EARLY_DATA,
     .each  = true},
    {{"early-data-with-hrr",
      "info",
      "session",
      "Early data was lost to a HelloRetryRequest",
      "Let the client remember the group that the server wants.",
      NULL,
      {"RFC 9846 section 4.2.4"}},
     AUDIT_OFFER,
     is_early,
     early_data_with_retry,
     .where = AUDIT_EARLY_DATA,
     .each  = true},
    {{"ticket-lifetime-too-long",
      "medium",
      "session",
      "Session tickets live too long",
      "Let tickets live a day at most, and renew the key that protects them.",
      "Weak forward secrecy",
      {"RFC 9846 section 4.7.1", "RFC 9325 section 3.4", "RFC 5077"},
      .scope = "server"},
     AUDIT_ANSWER,
     has_ticket12,
     ticket_lifetime,
     .where = AUDIT_TICKET,
     .each  = true},
    {{"tls13-ticket-lifetime",
      "medium",
      "session",
      "A ticket of TLS 1.3 lives longer than seven days",
      "Let the server say 604800 seconds at most.",
      NULL,
      {"RFC 9846 section 4.7.1"},
      .scope = "server"},
     AUDIT_ANSWER | AUDIT_KEYS,
     may_have_tickets13,
     ticket_lifetime13,
     .where = AUDIT_TICKET,
     .each  = true},
    {{"key-update-excess",
      "low",
      "session",
      "Too many KeyUpdates",
      "Update who sends them; let the peer close connections that do nothing else.",
      "Denial of service",
      {"RFC 9846 section 4.7.3", "RFC 9325 section 4.4"}},
     AUDIT_ANSWER | AUDIT_KEYS,
     has_decrypted_data,
     key_update_excess,
     .each = true},
};

const struct audit_table audit_session_rules = {
    .rules = rules, .num = HT_ARRAY_LEN(rules), .kind = AUDIT_BY_SESSION};
