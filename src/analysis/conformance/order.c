/*
 * Which message came when: the message flows of RFC 5246 section 7.3 and RFC 8446 section 2 as a
 * table. Each direction is looked at alone, so that no delay between them matters.
 */
#include "analysis/conformance/rule.h"

/* In one handshake a side's messages come by rising rank, each at most once. */
static const struct {
    const struct ht_event_type *type;
    uint8_t rank[2]; /* of the server's, of the client's; 0: the side never sends it */
} places[NUM_PLACES] = {
    [PLACE_CLIENT_HELLO]        = {&tls_client_hello_event, {0, 1}},
    [PLACE_SERVER_HELLO]        = {&tls_server_hello_event, {1, 0}},
    [PLACE_CERTIFICATE]         = {&tls_certificate_event, {2, 2}},
    [PLACE_CERTIFICATE_STATUS]  = {&tls_certificate_status_event, {3, 0}},
    [PLACE_SERVER_KEY_EXCHANGE] = {&tls_server_key_exchange_event, {4, 0}},
    [PLACE_CERTIFICATE_REQUEST] = {&tls_certificate_request_event, {5, 0}},
    [PLACE_SERVER_HELLO_DONE]   = {&tls_server_hello_done_event, {6, 0}},
    [PLACE_CLIENT_KEY_EXCHANGE] = {&tls_client_key_exchange_event, {0, 3}},
    [PLACE_CERTIFICATE_VERIFY]  = {&tls_certificate_verify_event, {0, 4}},
    [PLACE_NEW_SESSION_TICKET]  = {&tls_new_session_ticket_event, {7, 0}},
    [PLACE_CHANGE_CIPHER_SPEC]  = {&tls_change_cipher_spec_event, {8, 5}},
    [PLACE_FINISHED]            = {&tls_finished_event, {9, 6}},
};

static const struct ht_timeline_entry *entries_of(const struct conformance_session *s)
{
    return s->connection->timeline.items;
}

static bool is_from_client(const struct ht_timeline_entry *entry)
{
    return entry->from[0] == 'c';
}

/* A message that was seen, not guessed. */
static bool was_seen(const struct ht_timeline_entry *entry)
{
    return entry->absent == NULL && !entry->inferred;
}

/* The type's slot, or the free one where it would be. */
static size_t slot_of(const struct conformance_index *index, const struct ht_event_type *type)
{
    size_t at = (uintptr_t)type / sizeof *type % CONFORMANCE_SLOTS;
    while (index->place[at] != NUM_PLACES && places[index->place[at]].type != type) {
        at = (at + 1) % CONFORMANCE_SLOTS;
    }
    return at;
}

void conformance_index_places(struct conformance_index *out)
{
    memset(out->place, NUM_PLACES, sizeof out->place);
    for (unsigned i = 0; i < NUM_PLACES; i++) {
        out->place[slot_of(out, places[i].type)] = (uint8_t)i;
    }
}

/* NUM_PLACES where it has none. */
static unsigned place_of(const struct conformance_session *s, const struct ht_timeline_entry *entry)
{
    return s->index->place[slot_of(s->index, entry->type)];
}

/* What in one handshake tells whether keys were changed early. */
struct handshake {
    const struct ht_timeline_entry *done, *change, *key; /* the first ones */
};

static void add_to_handshake(struct handshake *handshake, bool client, unsigned place,
                             const struct ht_timeline_entry *entry)
{
    const struct ht_timeline_entry **first =
        place == PLACE_SERVER_HELLO_DONE && !client   ? &handshake->done
        : place == PLACE_CHANGE_CIPHER_SPEC && client ? &handshake->change
        : place == PLACE_CLIENT_KEY_EXCHANGE          ? &handshake->key
                                                      : NULL;
    if (first != NULL && *first == NULL) {
        *first = entry;
    }
}

/* CVE-2014-0224: keys are taken into use before there are any. */
static void end_handshake(struct conformance_order *order, struct handshake *handshake)
{
    const struct ht_timeline_entry *change = handshake->change, *key = handshake->key;
    bool early = change != NULL && handshake->done != NULL &&
                 (key == NULL || (change->frame < key->frame && change->t_ns < key->t_ns));
    order->early = early && order->early == NULL ? change : order->early;
    *handshake   = (struct handshake){0};
}

/* Each ClientHello begins a handshake anew. */
void conformance_sort(struct conformance_session *s)
{
    struct conformance_order *order         = &s->order;
    const struct ht_timeline_entry *last[2] = {0};
    struct handshake handshake              = {0};
    uint8_t reached[2]                      = {0};
    uint64_t frame                          = 0;
    const struct ht_timeline_entry *entry   = entries_of(s);
    for (size_t i = 0; i < s->connection->timeline.len; i++, entry++) {
        unsigned place = place_of(s, entry), me = is_from_client(entry);
        if (place == PLACE_CLIENT_HELLO && entry->absent == NULL) {
            reached[0] = reached[1] = 0;
            end_handshake(order, &handshake);
        }
        if (place == NUM_PLACES || !was_seen(entry)) {
            bool skipped = place != NUM_PLACES && order->not_sent == NULL &&
                           entry->absent != NULL && strcmp(entry->absent, "not_sent") == 0;
            order->not_sent = skipped ? entry : order->not_sent;
            continue;
        }
        uint8_t rank = places[place].rank[me];
        order->jumbled |= entry->frame < frame;
        frame = entry->frame;
        if (order->after == NULL && rank <= reached[me]) {
            order->before = last[me];
            order->after  = entry;
        }
        if (order->first[me][place] == NULL) {
            order->first[me][place] = entry;
        }
        add_to_handshake(&handshake, me == 1, place, entry);
        reached[me] = rank;
        last[me]    = entry;
    }
    end_handshake(order, &handshake);
}

static const struct ht_timeline_entry *first_of(const struct conformance_session *s, bool client,
                                                enum conformance_place place)
{
    return s->order.first[client][place];
}

static bool show(struct ht_proof *out, const char *words, const struct ht_timeline_entry *entry,
                 const struct ht_timeline_entry *before)
{
    return ht_proof_say(out, before != NULL ? before->frame : entry->frame, entry->frame, "%s %s",
                        words, entry->type->title);
}

static bool early_change_cipher_spec(const struct conformance_session *s, struct ht_proof *out)
{
    return s->order.early != NULL &&
           show(out, "before ClientKeyExchange came", s->order.early, NULL);
}

/* Where frames and times contradict each other the capture's clock jumped, or one direction is
 * stored after the other, so that what is encrypted was read without it: nobody knows. */
static bool out_of_order(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *before = s->order.before, *after = s->order.after;
    struct ht_proof other = {.num_frames = 0};
    if (after == NULL || s->order.jumbled || early_change_cipher_spec(s, &other)) {
        return false;
    }
    if (before == NULL) {
        return show(out, "not this side's message:", after, NULL);
    }
    return ht_proof_say(out, before->frame, after->frame, "after %s came %s", before->type->title,
                        after->type->title);
}

static const char *suite_note(const struct conformance_session *s)
{
    const struct ht_registry_entry *suite =
        ht_registry_find(&tls_cipher_suites, s->tls->cipher_suite.id);
    return suite != NULL ? suite->note : "";
}

/* The handshake went on without a message that it cannot do without (SMACK, CVE-2014-6593). */
static bool skipped(const struct conformance_session *s, struct ht_proof *out)
{
    return s->order.not_sent != NULL && s->tls->established && !s->tls->resumed &&
           s->offer != NULL && first_of(s, true, PLACE_FINISHED) != NULL &&
           first_of(s, false, PLACE_FINISHED) != NULL &&
           show(out, "both sides finished without", s->order.not_sent,
                first_of(s, false, PLACE_SERVER_HELLO));
}

/* FREAK (CVE-2015-0204): an export key for a suite that has none. */
static bool unexpected_key_exchange(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *exchange = first_of(s, false, PLACE_SERVER_KEY_EXCHANGE);
    char room[HT_SPELLED_MAX];
    return exchange != NULL && strcmp(suite_note(s), "RSA/RSA") == 0 &&
           strstr(ht_registry_spell(room, &tls_cipher_suites, s->tls->cipher_suite.id), "EXPORT") ==
               NULL &&
           conformance_show(out, "ServerKeyExchange came with", &tls_cipher_suites,
                            s->tls->cipher_suite.id, exchange->frame, 0);
}

static bool unannounced_status(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *status = first_of(s, false, PLACE_CERTIFICATE_STATUS);
    return status != NULL && !s->answer->status_request &&
           conformance_show(out, "ServerHello has no status_request", NULL, 0, s->answer->frame,
                            status->frame);
}

static bool unannounced_ticket(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *ticket = first_of(s, false, PLACE_NEW_SESSION_TICKET);
    return ticket != NULL && !s->answer->session_ticket &&
           conformance_show(out, "ServerHello has no session_ticket", NULL, 0, s->answer->frame,
                            ticket->frame);
}

static bool uninvited_certificate(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *certificate = first_of(s, true, PLACE_CERTIFICATE);
    return certificate != NULL && first_of(s, false, PLACE_CERTIFICATE_REQUEST) == NULL &&
           conformance_show(out, "no CertificateRequest was before it", NULL, 0, certificate->frame,
                            0);
}

/* Of an alert that was read: a fatal one, or close_notify, is its sender's last word. */
static bool spoke_after_the_end(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *ended[2] = {0};
    const struct ht_timeline_entry *entry    = entries_of(s);
    for (size_t i = 0; s->connection->tcp != NULL && i < s->connection->timeline.len;
         i++, entry++) {
        unsigned me                   = is_from_client(entry);
        const struct tls_alert *alert = entry->type == &tls_alert_event ? entry->object : NULL;
        if (ended[me] != NULL && was_seen(entry) && place_of(s, entry) != NUM_PLACES &&
            ended[me]->frame < entry->frame && ended[me]->t_ns < entry->t_ns) {
            return show(out, "after its last alert a side sent", entry, ended[me]);
        }
        if (alert != NULL && was_seen(entry) && !alert->encrypted && alert->level != NULL &&
            strcmp(alert->level, "fatal") == 0) {
            ended[me] = entry;
        }
    }
    return false;
}

static bool malformed(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *entry = entries_of(s);
    for (size_t i = 0; i < s->connection->timeline.len; i++, entry++) {
        if (entry->malformed && !entry->partial && strncmp(entry->event, "tls.", 4) == 0) {
            return show(out, "its content contradicts its length:", entry, NULL);
        }
    }
    return false;
}

/* RFC 5746: without it somebody may have put a beginning of his own before what the client says
 * (CVE-2009-3555). */
static bool insecure_renegotiation(const struct conformance_session *s, struct ht_proof *out)
{
    return s->tls->renegotiations > 0 && !s->answer->renegotiation_info &&
           conformance_show(out, "ServerHello has no renegotiation_info", NULL, 0, s->answer->frame,
                            0);
}

/* RFC 8446 appendix D.4: each side sends it once at most, for middleboxes. */
static bool changed_twice(const struct conformance_session *s, struct ht_proof *out)
{
    const struct ht_timeline_entry *entry = entries_of(s), *first[2] = {0};
    for (size_t i = 0; s->tls13 && s->connection->tcp != NULL && i < s->connection->timeline.len;
         i++, entry++) {
        unsigned me = is_from_client(entry);
        if (entry->type != &tls_change_cipher_spec_event || !was_seen(entry)) {
            continue;
        }
        if (first[me] != NULL) {
            return show(out, "twice in TLS 1.3:", entry, first[me]);
        }
        first[me] = entry;
    }
    return false;
}

const struct conformance_rule conformance_order_rules[] = {
    {{"ccs-injection",
      "high",
      "attack",
      "ChangeCipherSpec came before there were keys",
      "Update OpenSSL on both ends; find out who sent the message.",
      "CCS injection (CVE-2014-0224)",
      {"RFC 5246 section 7.1", "CVE-2014-0224"}},
     CONFORMANCE_ORDER | CONFORMANCE_NEWS,
     early_change_cipher_spec},
    {{"message-out-of-order",
      "medium",
      "violation",
      "A handshake message is out of its order",
      "Repair or replace the peer that sent it.",
      "State machine attacks (SMACK)",
      {"RFC 5246 section 7.3"}},
     CONFORMANCE_ORDER | CONFORMANCE_NEWS,
     out_of_order},
    {{"message-skipped",
      "high",
      "violation",
      "A handshake went on without a message that it needs",
      "Repair or replace the implementation that went on without it.",
      "SMACK (CVE-2014-6593)",
      {"RFC 5246 section 7.3", "CVE-2014-6593"}},
     CONFORMANCE_ORDER | CONFORMANCE_NEWS,
     skipped},
    {{"key-exchange-unexpected",
      "high",
      "violation",
      "A key was sent for a suite that has none",
      "Update the client; take export suites away from the server.",
      "FREAK (CVE-2015-0204)",
      {"RFC 5246 section 7.4.3", "CVE-2015-0204"},
      .scope = "server"},
     CONFORMANCE_ORDER | CONFORMANCE_NEWS,
     unexpected_key_exchange},
    {{"certificate-status-unannounced",
      "low",
      "violation",
      "CertificateStatus was not announced",
      "Repair the server.",
      NULL,
      {"RFC 6066 section 8"},
      .scope = "server"},
     CONFORMANCE_ORDER | CONFORMANCE_NEWS,
     unannounced_status},
    {{"ticket-unannounced",
      "low",
      "violation",
      "NewSessionTicket was not announced",
      "Repair the server.",
      NULL,
      {"RFC 5077 section 3.2"},
      .scope = "server"},
     CONFORMANCE_ORDER | CONFORMANCE_NEWS,
     unannounced_ticket},
    {{"client-certificate-uninvited",
      "low",
      "violation",
      "The client sent a certificate without being asked",
      "Repair the client: its certificate is shown to who did not ask.",
      NULL,
      {"RFC 5246 section 7.4.6"},
      .scope = "client"},
     CONFORMANCE_ORDER | CONFORMANCE_NEWS,
     uninvited_certificate},
    {{"tls13-ccs-misuse",
      "low",
      "violation",
      "ChangeCipherSpec came twice in TLS 1.3",
      "Repair the peer that sent it.",
      NULL,
      {"RFC 8446 section 5", "RFC 8446 appendix D.4"}},
     CONFORMANCE_ANSWER | CONFORMANCE_NEWS,
     changed_twice},
    {{"message-after-fatal-alert",
      "low",
      "violation",
      "A side went on after a fatal alert",
      "Repair the peer that went on.",
      NULL,
      {"RFC 5246 section 7.2.2"}},
     CONFORMANCE_ALERT,
     spoke_after_the_end},
    {{"malformed-handshake",
      "medium",
      "violation",
      "A message contradicts itself",
      "Find out what sent it: a broken implementation, or somebody who probes for one.",
      "Fuzzing and exploits of parsers",
      {"RFC 8446 section 6.2", "RFC 5246 section 7.2.2"}},
     CONFORMANCE_MALFORMED,
     malformed},
    {{"renegotiated-insecurely",
      "high",
      "session",
      "Renegotiated without protection",
      "Update both ends so that they support RFC 5746; forbid renegotiation by clients.",
      "Renegotiation (CVE-2009-3555)",
      {"RFC 5746", "CVE-2009-3555"}},
     CONFORMANCE_ORDER | CONFORMANCE_NEWS,
     insecure_renegotiation},
};

const size_t conformance_num_order_rules = HT_ARRAY_LEN(conformance_order_rules);
