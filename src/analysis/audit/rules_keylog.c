/* Rules about: key logs, and what they prove. */
#include "analysis/audit/case.h"

#include <inttypes.h>

/* The first Finished from `from` that is not what it must be; NULL: none. */
static const struct ht_timeline_entry *wrong_finished(const struct audit_case *c, const char *from)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    for (; entry < end; entry++) {
        if (entry->type == &tls_finished_event && strcmp(entry->from, from) == 0 &&
            entry->verified == ht_event_verified(HT_EVENT_REFUTED)) {
            return entry;
        }
    }
    return NULL;
}

static bool was_computed(const struct audit_case *c)
{
    return c->tls->keys->finished != NULL && !audit_began_late(c);
}

static bool finished_mismatch(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_timeline_entry *client = wrong_finished(c, "client");
    const struct ht_timeline_entry *server = wrong_finished(c, "server");
    const struct ht_timeline_entry *first  = client != NULL ? client : server;
    out->basis                             = "derived";
    return first != NULL &&
           ht_proof_say(out, first->frame, client != NULL && server != NULL ? server->frame : 0,
                        "verify_data in the %s's Finished of frame %" PRIu64
                        " is not what follows from the handshake's messages as they were "
                        "captured%s",
                        first->from, first->frame,
                        client != NULL && server != NULL ? "; nor in the server's" : "");
}

static bool has_key_log(const struct audit_case *c)
{
    return c->tls->keys != NULL && c->tls->keys->verdict != NULL;
}

static bool decrypt_failed(const struct audit_case *c, struct ht_proof *out)
{
    return strcmp(c->tls->keys->verdict, "failed") == 0 &&
           ht_proof_say(out, c->answer->frame, 0,
                        "the key log has secrets of the session that began in frame %" PRIu64
                        ", but they do not open its records",
                        c->answer->frame);
}

static bool log_missing(const struct audit_case *c, struct ht_proof *out)
{
    return strcmp(c->tls->keys->verdict, "missing") == 0 &&
           ht_proof_say(out, c->offer->frame, 0,
                        "the key log has no line with the random of ClientHello in frame %" PRIu64,
                        c->offer->frame);
}

static const struct audit_rule rules[] = {
    {{"finished-mismatch",
      "critical",
      "keylog",
      "Finished does not fit the handshake that was captured",
      "First rule out a capture with holes. Else the handshake was changed on its way.",
      "Tampering by who is in the middle",
      {"RFC 9846 section 4.5.3", "RFC 5246 section 7.4.9", "RFC 9001 section 4.1"}},
     AUDIT_KEYS,
     was_computed,
     finished_mismatch},
    {{"keylog-decrypt-failed",
      "medium",
      "keylog",
      "The key log's secrets do not decrypt the session",
      "Look for a key log that is stale or of another program; or for a middlebox that ends TLS.",
      NULL,
      {"RFC 9850"}},
     AUDIT_ANSWER,
     has_key_log,
     decrypt_failed},
    {{"keylog-missing",
      "info",
      "keylog",
      "The key log does not have the session",
      "Have the program write its key log from its start on.",
      NULL,
      {"RFC 9850"}},
     AUDIT_OFFER,
     has_key_log,
     log_missing},
};

const struct audit_table audit_keylog_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
