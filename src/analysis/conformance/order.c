/*
 * Which message came when: the message flows of RFC 5246 section 7.3 and RFC 8446 section 2 as a
 * table. Each direction is looked at alone, so that no delay between them matters.
 */
#include "analysis/conformance/rule.h"

/* In one handshake a side's messages come by rising rank, each at most once. */
static const struct {
    const struct ht_event_type *type;
    uint8_t client_rank, server_rank; /* 0: the side never sends it */
} places[] = {
    {&tls_client_hello_event, 1, 0},        {&tls_server_hello_event, 0, 1},
    {&tls_certificate_event, 2, 2},         {&tls_certificate_status_event, 0, 3},
    {&tls_server_key_exchange_event, 0, 4}, {&tls_certificate_request_event, 0, 5},
    {&tls_server_hello_done_event, 0, 6},   {&tls_client_key_exchange_event, 3, 0},
    {&tls_certificate_verify_event, 4, 0},  {&tls_new_session_ticket_event, 0, 7},
    {&tls_change_cipher_spec_event, 5, 8},  {&tls_finished_event, 6, 9},
};

static const struct ht_timeline_entry *entries_of(const struct conformance_session *s)
{
    return s->connection->timeline.items;
}

static bool is_from_client(const struct ht_timeline_entry *entry)
{
    return entry->from[0] == 'c';
}

/* TLS over TCP up to 1.2, agreed on; in TLS 1.3 all of this is encrypted, DTLS repeats itself, and
 * SSL 2.0 has messages of its own. */
static bool is_ordered(const struct conformance_session *s)
{
    return s->connection->tcp != NULL && s->answer != NULL && !s->tls13 && s->answer->version.set &&
           s->answer->version.id >= SSL_30 && s->answer->version.id <= TLS_12;
}

/* A message that was seen, not guessed. */
static bool was_seen(const struct ht_timeline_entry *entry)
{
    return entry->absent == NULL && !entry->inferred;
}

static const struct ht_timeline_entry *find(const struct conformance_session *s,
                                            const struct ht_event_type *type, bool from_client)
{
    const struct ht_timeline_entry *entry = entries_of(s);
    for (size_t i = 0; i < s->connection->timeline.len; i++, entry++) {
        if (entry->type == type && was_seen(entry) && is_from_client(entry) == from_client) {
            return entry;
        }
    }
    return NULL;
}

/* The rank of a handshake message; 0 where it has none; UINT8_MAX where its side never sends it. */
static uint8_t rank_of(const struct ht_timeline_entry *entry)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(places); i++) {
        if (places[i].type == entry->type) {
            uint8_t rank = is_from_client(entry) ? places[i].client_rank : places[i].server_rank;
            return rank != 0 ? rank : UINT8_MAX;
        }
    }
    return 0;
}

/* A side's first two messages that are out of order. */
struct misplaced {
    const struct ht_timeline_entry *before, *after;
};

/* Where frames and times contradict each other the capture's clock jumped: nobody knows. Each
 * ClientHello begins a handshake anew. */
static bool find_misplaced(const struct conformance_session *s, struct misplaced *out)
{
    const struct ht_timeline_entry *last[2] = {0};
    uint8_t reached[2]                      = {0};
    const struct ht_timeline_entry *entry   = entries_of(s);
    for (size_t i = 0; i < s->connection->timeline.len; i++, entry++) {
        uint8_t rank = was_seen(entry) ? rank_of(entry) : 0;
        unsigned me  = is_from_client(entry);
        if (entry->type == &tls_client_hello_event && entry->absent == NULL) {
            reached[0] = reached[1] = 0;
        }
        if (rank == 0) {
            continue;
        }
        if (rank <= reached[me] || rank == UINT8_MAX) {
            *out = (struct misplaced){last[me], entry};
            return last[me] == NULL || last[me]->frame <= entry->frame;
        }
        reached[me] = rank;
        last[me]    = entry;
    }
    return false;
}

static bool show(struct conformance_proof *out, const char *words,
                 const struct ht_timeline_entry *entry, const struct ht_timeline_entry *before)
{
    (void)conformance_show(out, words, NULL, 0, before != NULL ? before->frame : entry->frame,
                           entry->frame);
    size_t len  = strlen(out->evidence);
    size_t more = strlen(entry->type->title);
    if (len + more + 2 < sizeof out->evidence) {
        out->evidence[len] = ' ';
        memcpy(out->evidence + len + 1, entry->type->title, more + 1);
    }
    return true;
}

/* CVE-2014-0224: keys are taken into use before there are any. */
static bool early_change_cipher_spec(const struct conformance_session *s,
                                     struct conformance_proof *out)
{
    if (!is_ordered(s)) {
        return false;
    }
    const struct ht_timeline_entry *change = find(s, &tls_change_cipher_spec_event, true);
    const struct ht_timeline_entry *done   = find(s, &tls_server_hello_done_event, false);
    const struct ht_timeline_entry *key    = find(s, &tls_client_key_exchange_event, true);
    bool early                             = change != NULL && done != NULL &&
                 (key == NULL || (change->frame < key->frame && change->t_ns < key->t_ns));
    return early && show(out, "before ClientKeyExchange came", change, NULL);
}

static bool out_of_order(const struct conformance_session *s, struct conformance_proof *out)
{
    struct misplaced misplaced;
    struct conformance_proof other;
    if (!is_ordered(s) || early_change_cipher_spec(s, &other) || !find_misplaced(s, &misplaced)) {
        return false;
    }
    if (misplaced.before == NULL) {
        return show(out, "not this side's message:", misplaced.after, NULL);
    }
    char words[CONFORMANCE_EVIDENCE] = "after ";
    size_t len                       = strlen(misplaced.before->type->title);
    if (len < sizeof words / 2) {
        memcpy(words + 6, misplaced.before->type->title, len);
        memcpy(words + 6 + len, " came", sizeof " came");
    }
    return show(out, words, misplaced.after, misplaced.before);
}

static const char *suite_note(const struct conformance_session *s)
{
    const struct ht_registry_entry *suite =
        ht_registry_find(&tls_cipher_suites, s->tls->cipher_suite.id);
    return suite != NULL ? suite->note : "";
}

/* The handshake went on without a message that it cannot do without (SMACK, CVE-2014-6593). */
static bool skipped(const struct conformance_session *s, struct conformance_proof *out)
{
    if (!is_ordered(s) || !s->tls->established || s->tls->resumed || s->offer == NULL ||
        find(s, &tls_finished_event, true) == NULL || find(s, &tls_finished_event, false) == NULL) {
        return false;
    }
    const struct ht_timeline_entry *entry = entries_of(s);
    for (size_t i = 0; i < s->connection->timeline.len; i++, entry++) {
        if (entry->absent != NULL && strcmp(entry->absent, "not_sent") == 0 &&
            rank_of(entry) != 0) {
            return show(out, "both sides finished without", entry,
                        find(s, &tls_server_hello_event, false));
        }
    }
    return false;
}

/* FREAK (CVE-2015-0204): an export key for a suite that has none. */
static bool unexpected_key_exchange(const struct conformance_session *s,
                                    struct conformance_proof *out)
{
    const struct ht_timeline_entry *exchange =
        is_ordered(s) ? find(s, &tls_server_key_exchange_event, false) : NULL;
    char room[HT_SPELLED_MAX];
    return exchange != NULL && strcmp(suite_note(s), "RSA/RSA") == 0 &&
           strstr(ht_registry_spell(room, &tls_cipher_suites, s->tls->cipher_suite.id), "EXPORT") ==
               NULL &&
           conformance_show(out, "ServerKeyExchange came with", &tls_cipher_suites,
                            s->tls->cipher_suite.id, exchange->frame, 0);
}

static bool unannounced_status(const struct conformance_session *s, struct conformance_proof *out)
{
    const struct ht_timeline_entry *status =
        is_ordered(s) ? find(s, &tls_certificate_status_event, false) : NULL;
    return status != NULL && !s->answer->status_request &&
           conformance_show(out, "ServerHello has no status_request", NULL, 0, s->answer->frame,
                            status->frame);
}

static bool unannounced_ticket(const struct conformance_session *s, struct conformance_proof *out)
{
    const struct ht_timeline_entry *ticket =
        is_ordered(s) ? find(s, &tls_new_session_ticket_event, false) : NULL;
    return ticket != NULL && !s->answer->session_ticket &&
           conformance_show(out, "ServerHello has no session_ticket", NULL, 0, s->answer->frame,
                            ticket->frame);
}

static bool uninvited_certificate(const struct conformance_session *s,
                                  struct conformance_proof *out)
{
    const struct ht_timeline_entry *certificate =
        is_ordered(s) ? find(s, &tls_certificate_event, true) : NULL;
    return certificate != NULL && find(s, &tls_certificate_request_event, false) == NULL &&
           conformance_show(out, "no CertificateRequest was before it", NULL, 0, certificate->frame,
                            0);
}

/* Of an alert that was read: a fatal one, or close_notify, is its sender's last word. */
static bool spoke_after_the_end(const struct conformance_session *s, struct conformance_proof *out)
{
    const struct ht_timeline_entry *ended[2] = {0};
    const struct ht_timeline_entry *entry    = entries_of(s);
    for (size_t i = 0; s->connection->tcp != NULL && i < s->connection->timeline.len;
         i++, entry++) {
        unsigned me                   = is_from_client(entry);
        const struct tls_alert *alert = entry->type == &tls_alert_event ? entry->object : NULL;
        if (ended[me] != NULL && was_seen(entry) && rank_of(entry) != 0 &&
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

static bool malformed(const struct conformance_session *s, struct conformance_proof *out)
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
static bool insecure_renegotiation(const struct conformance_session *s,
                                   struct conformance_proof *out)
{
    return is_ordered(s) && s->tls->renegotiations > 0 && !s->answer->renegotiation_info &&
           conformance_show(out, "ServerHello has no renegotiation_info", NULL, 0, s->answer->frame,
                            0);
}

#define REFERENCE(text)                                                                            \
    {                                                                                              \
        .ptr = (const uint8_t *)(text), .len = sizeof(text) - 1                                    \
    }

const struct conformance_rule conformance_order_rules[] = {
    {"ccs-injection",
     "high",
     "ChangeCipherSpec came before there were keys",
     {REFERENCE("RFC 5246 section 7.1"), REFERENCE("CVE-2014-0224")},
     2,
     early_change_cipher_spec},
    {"message-out-of-order",
     "medium",
     "A handshake message is out of its order",
     {REFERENCE("RFC 5246 section 7.3")},
     1,
     out_of_order},
    {"message-skipped",
     "high",
     "A handshake went on without a message that it needs",
     {REFERENCE("RFC 5246 section 7.3"), REFERENCE("CVE-2014-6593")},
     2,
     skipped},
    {"key-exchange-unexpected",
     "high",
     "A key was sent for a suite that has none",
     {REFERENCE("RFC 5246 section 7.4.3"), REFERENCE("CVE-2015-0204")},
     2,
     unexpected_key_exchange},
    {"certificate-status-unannounced",
     "low",
     "CertificateStatus was not announced",
     {REFERENCE("RFC 6066 section 8")},
     1,
     unannounced_status},
    {"ticket-unannounced",
     "low",
     "NewSessionTicket was not announced",
     {REFERENCE("RFC 5077 section 3.2")},
     1,
     unannounced_ticket},
    {"client-certificate-uninvited",
     "low",
     "The client sent a certificate without being asked",
     {REFERENCE("RFC 5246 section 7.4.6")},
     1,
     uninvited_certificate},
    {"message-after-fatal-alert",
     "low",
     "A side went on after a fatal alert",
     {REFERENCE("RFC 5246 section 7.2.2")},
     1,
     spoke_after_the_end},
    {"malformed-handshake",
     "medium",
     "A message contradicts itself",
     {REFERENCE("RFC 8446 section 6.2"), REFERENCE("RFC 5246 section 7.2.2")},
     2,
     malformed},
    {"renegotiated-insecurely",
     "high",
     "Renegotiated without protection",
     {REFERENCE("RFC 5746"), REFERENCE("CVE-2009-3555")},
     2,
     insecure_renegotiation},
};

const size_t conformance_num_order_rules = HT_ARRAY_LEN(conformance_order_rules);
