/* Rules about what nobody does who means well. */
#include "analysis/audit/certificates.h"
#include "analysis/audit/lists.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

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

/*
 * What is common in malware and rare elsewhere, by itself no fault
 */

enum { SUSPICIOUS = 3, FIVE_YEARS = 5 * 366 };

/* What speaks against a session, a bit each. */
enum {
    SELF_SIGNED     = 1 << 0,
    LONG_VALID      = 1 << 1,
    RANDOM_NAME     = 1 << 2,
    UNKNOWN_ADDRESS = 1 << 3,
    NO_NAME         = 1 << 4,
    NO_ALPN         = 1 << 5,
    STRANGE_PORT    = 1 << 6,
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_consonant(uint8_t c)
{
    return ((c | 0x20) >= 'a') && ((c | 0x20) <= 'z') && strchr("aeiouyAEIOUY", c) == NULL;
}

/* No word of a language has so many consonants in a row, nor do names change so often between
 * letters and digits. */
static bool looks_random(struct ht_bytes name)
{
    enum { CONSONANTS = 7, CHANGES = 5 };
    unsigned run = 0, longest = 0, changes = 0;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t before = i > 0 ? name.ptr[i - 1] : '.', here = name.ptr[i];
        bool letters = is_consonant(before) || is_consonant(here);
        run          = is_consonant(here) ? run + 1 : 0;
        longest      = run > longest ? run : longest;
        changes += letters && is_digit(before) != is_digit(here) && before != '.' && here != '.';
    }
    return longest >= CONSONANTS || changes >= CHANGES;
}

static unsigned signs_of_certificate(const struct audit_case *c)
{
    if ((c->has & AUDIT_CERTIFICATE) == 0 || !audit_is_decoded(c) || audit_is_trusted(c)) {
        return 0;
    }
    bool is_long = audit_has_times(c) && audit_valid_days(c->facts) > FIVE_YEARS;
    return (audit_leaf(c)->self_signed ? SELF_SIGNED : 0) | (is_long ? LONG_VALID : 0) |
           (looks_random(c->facts->common_name) ? RANDOM_NAME : 0);
}

/* Whoever says a name may have looked it up where, or when, nobody captured it. */
static bool is_unknown_address(const struct audit_case *c)
{
    const struct ht_resolution *dns = c->connection->dns;
    return (c->has & AUDIT_DNS) != 0 && c->connection->encrypted_dns == NULL &&
           dns->led_there.len == 0 && c->offer->server_name.len == 0 &&
           (strcmp(dns->verdict, "none_seen") == 0 || strcmp(dns->verdict, "literal_address") == 0);
}

/* What is of old programs, too. */
static unsigned signs_of_client(const struct audit_case *c)
{
    return ((c->traits & AUDIT_NAMED) == 0 ? NO_NAME : 0) |
           (audit_offers_extension(c, EXTENSION_ALPN) ? 0 : NO_ALPN) |
           (audit_is_usual_port(c->connection->server->port) ? 0 : STRANGE_PORT);
}

/* In words. */
struct signs {
    char text[160];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void add_sign(struct signs *s, const char *format, ...)
{
    va_list values;
    size_t room = sizeof s->text - s->len;
    int added   = snprintf(s->text + s->len, room, "%s", s->len > 0 ? "; " : "");
    s->len += added > 0 && (size_t)added < room ? (size_t)added : 0;
    va_start(values, format);
    room  = sizeof s->text - s->len;
    added = vsnprintf(s->text + s->len, room, format, values);
    va_end(values);
    s->len += added > 0 && (size_t)added < room ? (size_t)added : 0;
}

static void spell_signs(struct signs *s, const struct audit_case *c, unsigned signs)
{
    char name[AUDIT_NAME_MAX];
    if ((signs & SELF_SIGNED) != 0) {
        add_sign(s, "a certificate signed by itself");
    }
    if ((signs & LONG_VALID) != 0) {
        add_sign(s, "valid for %" PRIu64 " days", audit_valid_days(c->facts));
    }
    if ((signs & RANDOM_NAME) != 0) {
        add_sign(s, "for %.24s", audit_name(name, c->facts->common_name));
    }
    if ((signs & UNKNOWN_ADDRESS) != 0) {
        add_sign(s, "an address that no DNS answer gave");
    }
    if ((signs & NO_NAME) != 0) {
        add_sign(s, "no server_name");
    }
    if ((signs & NO_ALPN) != 0) {
        add_sign(s, "no ALPN");
    }
    if ((signs & STRANGE_PORT) != 0) {
        add_sign(s, "port %u", c->connection->server->port);
    }
}

static bool suspicious(const struct audit_case *c, struct ht_proof *out)
{
    unsigned of_server = signs_of_certificate(c) | (is_unknown_address(c) ? UNKNOWN_ADDRESS : 0);
    unsigned all       = of_server | (of_server != 0 ? signs_of_client(c) : 0);
    unsigned num       = (unsigned)__builtin_popcount(all);
    struct signs s     = {.len = 0};
    if (num < SUSPICIOUS) {
        return false;
    }
    spell_signs(&s, c, all);
    out->basis    = "inferred";
    out->severity = num == SUSPICIOUS ? "low" : NULL;
    return ht_proof_say(out, c->offer->frame, c->certificate_frame, "%u signs: %s", num, s.text);
}

/* Inside a network all of this is what devices do; and mail, VPNs and the like have their own ways.
 */
static bool is_web_like_outside(const struct audit_case *c)
{
    return audit_is_stream(c) && c->connection->carriers[0].type == NULL &&
           ht_bytes_equal(c->connection->protocol, ht_text("tls")) && c->version != 0;
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
     heartbleed_attempt,
     .signs = AUDIT_HEARTBEAT},
    {{"heartbleed-success",
      "critical",
      "attack",
      "A heartbeat is answered by more than was sent",
      "Take the keys for lost: update, make new keys, revoke the old certificate.",
      "Heartbleed (CVE-2014-0160)",
      {"CVE-2014-0160"},
      .scope = "server"},
     0,
     NULL,
     heartbleed_success,
     .signs = AUDIT_HEARTBEAT},
    {{"ticketbleed-indicator",
      "critical",
      "attack",
      "The server adds bytes to the session id",
      "Update the server (F5 BIG-IP).",
      "Ticketbleed (CVE-2016-9244)",
      {"CVE-2016-9244"},
      .scope = "server"},
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
     alert_flood,
     .signs = AUDIT_ALERT},
    {{"suspicious-composite",
      "medium",
      "attack",
      "A session like those of malware",
      "Find out which program of the client it is, and whom it talks to.",
      "Command and control of malware",
      {NULL},
      .scope = "client"},
     AUDIT_OFFER | AUDIT_ANSWER,
     is_web_like_outside,
     suspicious,
     .where = AUDIT_IN_PUBLIC},
};

const struct audit_table audit_attack_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
