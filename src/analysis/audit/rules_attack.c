/* Rules about what nobody does who means well. */
#include "analysis/audit/case.h"

#include <inttypes.h>

enum { HEARTBEAT_HEADER = 3, HEARTBEAT_PADDING = 16 };

static const struct tls_heartbeat *heartbeat_of(const struct ht_timeline_entry *entry)
{
    bool is_one = entry->type == &tls_heartbeat_event && entry->absent == NULL;
    return is_one ? entry->object : NULL;
}

/* RFC 6520 section 4: a payload_length that leaves no room for 16 bytes of padding is a lie. */
static const struct ht_timeline_entry *find_attempt(const struct audit_case *c)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    for (; entry < end; entry++) {
        const struct tls_heartbeat *beat = heartbeat_of(entry);
        if (beat != NULL && beat->type != NULL && strcmp(beat->type, "request") == 0 &&
            beat->bytes < (uint64_t)beat->payload_length + HEARTBEAT_HEADER + HEARTBEAT_PADDING) {
            return entry;
        }
    }
    return NULL;
}

static bool heartbleed_attempt(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *attempt = find_attempt(c);
    const struct tls_heartbeat *beat        = attempt != NULL ? attempt->object : NULL;
    return beat != NULL &&
           ht_proof_say(out, attempt->frame, 0,
                        "a heartbeat request of the %s says that its payload has %u bytes; the "
                        "whole message has %" PRIu64,
                        attempt->from, beat->payload_length, beat->bytes);
}

/* An honest answer is about as long as what it answers, encrypted or not. */
static bool heartbleed_success(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items, *asked = NULL;
    const struct ht_timeline_entry *end = entry + c->connection->timeline.len;
    for (; entry < end; entry++) {
        const struct tls_heartbeat *beat = heartbeat_of(entry);
        if (beat == NULL) {
            continue;
        }
        const struct tls_heartbeat *request = asked != NULL ? asked->object : NULL;
        bool answers = request != NULL && strcmp(entry->from, asked->from) != 0;
        if (answers && beat->bytes >= request->bytes + HEARTBEAT_PADDING) {
            out->basis = beat->type == NULL ? "inferred" : NULL;
            return ht_proof_say(out, asked->frame, entry->frame,
                                "a heartbeat of %" PRIu64 " bytes is answered by one of %" PRIu64,
                                request->bytes, beat->bytes);
        }
        asked = answers ? NULL : entry;
    }
    return false;
}

static bool is_before_tls13(const struct audit_case *c)
{
    return c->version != 0 && c->version < TLS_13;
}

static bool ticketbleed(const struct audit_case *c, struct ht_proof *out)
{
    struct ht_bytes asked = c->offer->session_id, answered = c->answer->session_id;
    out->basis = "inferred";
    return asked.len > 0 && answered.len > asked.len &&
           ht_bytes_equal(ht_bytes_head(answered, asked.len), asked) &&
           ht_proof_say(out, c->offer->frame, c->answer->frame,
                        "the session id of %zu bytes comes back with %zu more behind it", asked.len,
                        answered.len - asked.len);
}

static bool is_finished(const struct ht_timeline_entry *entry)
{
    return entry->type == &tls_finished_event && entry->absent == NULL;
}

static bool alert_flood(const struct audit_case *c, struct ht_proof *out)
{
    enum { MANY = 10 };
    const struct ht_timeline_entry *entry = c->connection->timeline.items, *last = NULL;
    const struct ht_timeline_entry *end = entry + c->connection->timeline.len;
    unsigned num                        = 0;
    for (; entry < end && !is_finished(entry); entry++) {
        const struct tls_alert *alert = entry->type == &tls_alert_event ? entry->object : NULL;
        if (alert != NULL && !alert->encrypted && alert->level != NULL &&
            strcmp(alert->level, "warning") == 0) {
            num++;
            last = entry;
        }
    }
    return num >= MANY &&
           ht_proof_say(out, last->frame, 0, "%u warnings before the handshake was completed", num);
}

static const struct audit_rule rules[] = {
    {{"heartbleed-attempt",
      "critical",
      "attack",
      "Somebody tries Heartbleed",
      "Block who sent it; make sure that no OpenSSL before 1.0.1g runs.",
      "Heartbleed (CVE-2014-0160)",
      {"CVE-2014-0160", "RFC 6520 section 4"}},
     0,
     NULL,
     heartbleed_attempt},
    {{"heartbleed-success",
      "critical",
      "attack",
      "A heartbeat is answered by more than was sent",
      "Take the keys for lost: update, make new keys, revoke the old certificate.",
      "Heartbleed (CVE-2014-0160)",
      {"CVE-2014-0160"}},
     0,
     NULL,
     heartbleed_success},
    {{"ticketbleed-indicator",
      "critical",
      "attack",
      "The server adds bytes to the session id",
      "Update the server (F5 BIG-IP).",
      "Ticketbleed (CVE-2016-9244)",
      {"CVE-2016-9244"}},
     AUDIT_OFFER | AUDIT_ANSWER,
     is_before_tls13,
     ticketbleed},
    {{"death-alert-flood",
      "medium",
      "attack",
      "Many warnings amid a handshake",
      "Update OpenSSL; block who sent them.",
      "SSL Death Alert (CVE-2016-8610)",
      {"CVE-2016-8610"}},
     0,
     NULL,
     alert_flood},
};

const struct audit_table audit_attack_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
