/* Rules about the capture itself: what of a handshake it lacks, and whose keys came with it. */
#include "analysis/audit/certificates.h"

#include <inttypes.h>

/* The words of why a message is absent that blame the capture. */
static const char *what_capture_did(const char *absent)
{
    static const struct {
        const char *reason, *words;
    } faults[] = {
        {"lost_in_capture", "was lost in the capture"},
        {"snaplen", "was cut by the snapshot length"},
        {"capture_started_late", "is not in the capture, nor is the connection's beginning"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(faults); i++) {
        if (strcmp(absent, faults[i].reason) == 0) {
            return faults[i].words;
        }
    }
    return NULL;
}

/* What came last before an entry, or else first after it: where in the capture something lacks. */
static uint64_t frame_near(const struct audit_case *c, const struct ht_timeline_entry *at)
{
    const struct ht_timeline_entry *first = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = first + c->connection->timeline.len;
    const struct ht_timeline_entry *near  = at;
    while (near > first && near->frame == 0) {
        near--;
    }
    for (near = near->frame != 0 ? near : at; near < end && near->frame == 0; near++) {
    }
    return near < end ? near->frame : 0;
}

static bool is_message(const struct ht_timeline_entry *entry)
{
    return strncmp(entry->event, "tls.", 4) == 0 || strncmp(entry->event, "ssl2.", 5) == 0;
}

/* Of a message that a side did not live to send the capture is not to blame, though it began late:
 * once something of that side was seen, nothing of it was before the capture. `seen` is of either
 * side. */
static bool lacks(const struct audit_case *c, const struct ht_timeline_entry *entry, bool seen[2])
{
    const struct ht_capture_quality *q = c->connection->capture;
    unsigned side                      = entry->from[0] == 's';
    if (!is_message(entry)) {
        return false;
    }
    if (entry->absent == NULL) {
        bool bounded = q->limit_reached && q->missing_bytes == 0 && q->truncated_frames == 0;
        seen[side]   = true;
        return entry->partial && !bounded;
    }
    bool late = strcmp(entry->absent, "capture_started_late") == 0;
    return what_capture_did(entry->absent) != NULL && !(late && seen[side]);
}

/* Of datagrams nothing but what is absent tells that one was lost. */
static bool may_have_gaps(const struct audit_case *c)
{
    return c->connection->tcp == NULL || (c->has & AUDIT_WHOLE) == 0;
}

static bool gap(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_capture_quality *q    = c->connection->capture;
    const struct ht_timeline_entry *entry = c->connection->timeline.items, *first = NULL;
    const struct ht_timeline_entry *end = entry + c->connection->timeline.len;
    unsigned others                     = 0;
    bool seen[2]                        = {false, false};
    for (; may_have_gaps(c) && entry < end; entry++) {
        if (lacks(c, entry, seen)) {
            others += first != NULL;
            first = first == NULL ? entry : first;
        }
    }
    return first != NULL &&
           ht_proof_say(out, frame_near(c, first), 0,
                        "%s of the %s %s; messages like it: %u; bytes missing from the "
                        "connection: %" PRIu64 ", frames cut: %" PRIu64,
                        first->type->title, first->from,
                        first->absent != NULL ? what_capture_did(first->absent) : "was cut", others,
                        q->missing_bytes, q->truncated_frames);
}

/* A client without TCP may be alone because nobody answers; not when it goes on. */
static bool was_answered(const struct audit_case *c)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    if (c->connection->tcp != NULL || c->connection->client->packets == 0) {
        return true;
    }
    for (; entry < end; entry++) {
        const struct tls_client_hello *hello =
            entry->type == &tls_client_hello_event ? entry->object : NULL;
        bool went_on = hello != NULL ? hello->cookie_bytes > 0 : is_message(entry);
        if (entry->absent == NULL && went_on) {
            return true;
        }
    }
    return false;
}

static bool one_sided(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_connection *connection = c->connection;
    bool client                            = connection->client->packets > 0;
    const struct ht_party *seen            = client ? connection->client : connection->server;
    return connection->capture->one_sided && connection->timeline.len > 0 && was_answered(c) &&
           ht_proof_say(out, frame_near(c, connection->timeline.items), 0,
                        "%" PRIu64 " packets of the %s, with %" PRIu64
                        " bytes for the other side; of the %s none was captured",
                        seen->packets, client ? "client" : "server", seen->payload_bytes,
                        client ? "server" : "client");
}

static bool keys_present(const struct audit_case *c, struct ht_proof *out)
{
    char address[HT_ADDRESS_TEXT_MAX];
    const struct tls_key_use *keys = c->tls->keys;
    bool decrypted                 = keys->records > 0;
    return decrypted && (c->traits & AUDIT_IN_PUBLIC) != 0 &&
           ht_proof_say(out, c->answer->frame, 0,
                        "the keys %s open %" PRIu64 " records of a session with %s, which has a "
                        "public address",
                        strcmp(keys->source, "capture") == 0 ? "in the capture" : "of the key log",
                        keys->records, ht_address_print(address, &c->connection->server->ip));
}

static const struct audit_rule rules[] = {
    {{"capture-gap",
      "info",
      "capture",
      "The capture lacks a part of the handshake",
      "Capture again, with whole packets and buffers that are large enough.",
      NULL,
      {NULL}},
     0,
     NULL,
     gap,
     .signs = AUDIT_MAY_LACK},
    {{"capture-one-sided",
      "info",
      "capture",
      "Only one direction was captured",
      "See that the mirror port, or tap, hands on both directions.",
      NULL,
      {NULL}},
     0,
     NULL,
     one_sided,
     .signs = AUDIT_ONE_SIDED},
    {{"keylog-present-in-production",
      "high",
      "keylog",
      "Keys of sessions with a public server are at hand",
      "Take SSLKEYLOGFILE away from what is in production; take what was said in these sessions "
      "for disclosed.",
      "Disclosure of keys",
      {"RFC 9850 section 1.1", "RFC 9850 section 3"}},
     AUDIT_ANSWER | AUDIT_KEYS,
     NULL,
     keys_present},
};

const struct audit_table audit_capture_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
