/* Rules about handshakes that failed, and connections that ended badly. */
#include "analysis/audit/certificates.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

enum alert_code {
    ALERT_BAD_RECORD_MAC          = 20,
    ALERT_HANDSHAKE_FAILURE       = 40,
    ALERT_BAD_CERTIFICATE         = 42,
    ALERT_UNSUPPORTED_CERTIFICATE = 43,
    ALERT_CERTIFICATE_EXPIRED     = 45,
    ALERT_CERTIFICATE_UNKNOWN     = 46,
    ALERT_UNKNOWN_CA              = 48,
    ALERT_ACCESS_DENIED           = 49,
    ALERT_DECODE_ERROR            = 50,
    ALERT_DECRYPT_ERROR           = 51,
    ALERT_PROTOCOL_VERSION        = 70,
    ALERT_INSUFFICIENT_SECURITY   = 71,
    ALERT_INTERNAL_ERROR          = 80,
    ALERT_INAPPROPRIATE_FALLBACK  = 86,
    ALERT_UNRECOGNIZED_NAME       = 112,
    ALERT_CERTIFICATE_REQUIRED    = 116,
    ALERT_NO_APPLICATION_PROTOCOL = 120
};

#define STALLED_NS (10 * HT_SECOND_NS)
#define REFUSED_WITHIN_NS HT_SECOND_NS

static bool is_readable(const struct tls_alert *alert)
{
    return !alert->encrypted && !alert->inferred && alert->level != NULL;
}

static bool is_fatal(const struct tls_alert *alert)
{
    return is_readable(alert) && strcmp(alert->level, "fatal") == 0 && alert->code != 0;
}

/* The first alert of that side (NULL: either) that could be read, with a code from `first` to
 * `last`. */
static const struct tls_alert *find_alert(const struct audit_case *c, const char *from,
                                          unsigned first, unsigned last)
{
    const struct tls_alert *alerts = c->tls->alerts.items;
    for (size_t i = 0; i < c->tls->alerts.len; i++) {
        bool sender = from == NULL || strcmp(alerts[i].from, from) == 0;
        if (sender && is_readable(&alerts[i]) && alerts[i].code >= first &&
            alerts[i].code <= last) {
            return &alerts[i];
        }
    }
    return NULL;
}

/* The client answered CertificateRequest by a Certificate without any (RFC 5246 section 7.4.6). */
static bool shows_no_certificate(const struct audit_case *c)
{
    const struct ht_timeline_entry *entry = audit_find_event(c, &tls_certificate_event, "client");
    const struct tls_certificate *shown   = entry != NULL ? entry->object : NULL;
    return shown != NULL && shown->empty;
}

/* What its sender says by an alert that ends a handshake, beside its name. */
static const char *meaning_of(const struct audit_case *c, const struct tls_alert *alert)
{
    bool by_server = strcmp(alert->from, "server") == 0;
    switch (alert->code) {
    case ALERT_HANDSHAKE_FAILURE:
        if (by_server && shows_no_certificate(c)) {
            return ": the client, asked for a certificate, shows none";
        }
        return by_server && c->answer == NULL && ht_captured_whole(c->connection)
                   ? ": it found nothing to accept in the ClientHello: suites, groups, "
                     "signature schemes, or name"
                   : "";
    case ALERT_BAD_RECORD_MAC:
        return ": their keys differ, or the record was damaged";
    case ALERT_DECODE_ERROR: /* OpenSSL's word for an early end, too */
        if (c->connection->server->payload_bytes == 0) {
            return ht_captured_whole(c->connection) ? ": nothing had come from the server" : "";
        }
        return ": it could not read what came";
    case ALERT_DECRYPT_ERROR:
        return ": a signature, a Finished or a pre-shared key did not verify";
    case ALERT_PROTOCOL_VERSION:
        return by_server ? ": it takes none of the versions offered" : "";
    case ALERT_INSUFFICIENT_SECURITY:
        return ": what is offered is too weak for it";
    case ALERT_INTERNAL_ERROR:
        return ": it has a fault of its own";
    default:
        return "";
    }
}

static bool say_alert(const struct audit_case *c, struct ht_proof *out,
                      const struct tls_alert *alert)
{
    char description[AUDIT_NAME_MAX];
    return alert != NULL &&
           ht_proof_say(out, alert->frame, 0, "the %s sent the alert %s (%u), %s%s", alert->from,
                        audit_name(description, alert->description), alert->code, alert->level,
                        meaning_of(c, alert));
}

/* After its Finished a side's alert is about something else than the handshake. A Finished that was
 * in a lost datagram leaves no trace. */
static bool aborted_by_hidden_alert(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_alert *alerts = c->tls->alerts.items;
    out->basis                     = "inferred";
    for (size_t i = 0; c->connection->tcp != NULL && i < c->tls->alerts.len; i++) {
        if (alerts[i].encrypted &&
            audit_find_event(c, &tls_finished_event, alerts[i].from) == NULL) {
            return ht_proof_say(out, alerts[i].frame, 0,
                                "in place of Finished the %s sent a record that has an alert's "
                                "size, and went",
                                alerts[i].from);
        }
    }
    return false;
}

static bool client_rejects(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_alert *alert =
        find_alert(c, "client", ALERT_BAD_CERTIFICATE, ALERT_CERTIFICATE_UNKNOWN);
    return say_alert(c, out,
                     alert != NULL ? alert
                                   : find_alert(c, "client", ALERT_UNKNOWN_CA, ALERT_UNKNOWN_CA));
}

static bool ends_connection(const struct ht_timeline_entry *entry)
{
    return entry->absent == NULL &&
           (entry->type == &tls_close_notify_event || entry->type == &tls_alert_event ||
            strcmp(entry->event, "tcp.fin") == 0 || strcmp(entry->event, "tcp.rst") == 0);
}

/* What the server sends by the size of an alert soon after the client's Finished. Later, or after
 * the client has ended the connection, it is in all likelihood close_notify. */
static const struct ht_timeline_entry *find_refusal(const struct audit_case *c)
{
    const struct ht_timeline_entry *entry    = c->connection->timeline.items;
    const struct ht_timeline_entry *finished = audit_find_event(c, &tls_finished_event, "client");
    const struct ht_timeline_entry *alert    = audit_find_event(c, &tls_alert_event, "server");
    if (finished == NULL || alert == NULL || alert->t_ns - finished->t_ns > REFUSED_WITHIN_NS ||
        !((const struct tls_alert *)alert->object)->encrypted) {
        return NULL;
    }
    while (entry < alert && !(entry->from[0] == 'c' && ends_connection(entry))) {
        entry++;
    }
    return entry == alert ? alert : NULL;
}

/* TLS 1.3, in the dark: a server that takes the client's Finished goes on with tickets or data; of
 * this one nothing came but what has an alert's size. */
static bool server_rejects_unread(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_inferred *inferred = c->tls->inferred;
    if (inferred == NULL || inferred->client_certificate == NULL ||
        audit_find_event(c, &tls_application_data_event, "server") != NULL) {
        return false;
    }
    const struct ht_timeline_entry *refusal = find_refusal(c);
    bool none                               = strcmp(inferred->client_certificate, "refused") == 0;
    out->basis                              = "inferred";
    return refusal != NULL && ht_proof_say(out, refusal->frame, 0,
                                           "the client, asked for a certificate, shows %s; all "
                                           "that the server sends then has an alert's size",
                                           none ? "none" : "one");
}

/* Without a certificate of the client such an alert is about something else. */
static bool server_rejects(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_alert *alert =
        find_alert(c, "server", ALERT_CERTIFICATE_REQUIRED, ALERT_CERTIFICATE_REQUIRED);
    if (alert == NULL && audit_find_event(c, &tls_certificate_event, "client") != NULL) {
        alert = find_alert(c, "server", ALERT_BAD_CERTIFICATE, ALERT_CERTIFICATE_UNKNOWN);
        alert =
            alert != NULL ? alert : find_alert(c, "server", ALERT_UNKNOWN_CA, ALERT_ACCESS_DENIED);
    }
    if (alert == NULL && shows_no_certificate(c)) {
        alert = find_alert(c, "server", ALERT_HANDSHAKE_FAILURE, ALERT_HANDSHAKE_FAILURE);
    }
    return say_alert(c, out, alert) || server_rejects_unread(c, out);
}

static bool unrecognized_name(const struct audit_case *c, struct ht_proof *out)
{
    return say_alert(c, out, find_alert(c, NULL, ALERT_UNRECOGNIZED_NAME, ALERT_UNRECOGNIZED_NAME));
}

static bool no_application_protocol(const struct audit_case *c, struct ht_proof *out)
{
    return say_alert(
        c, out, find_alert(c, NULL, ALERT_NO_APPLICATION_PROTOCOL, ALERT_NO_APPLICATION_PROTOCOL));
}

static bool inappropriate_fallback(const struct audit_case *c, struct ht_proof *out)
{
    return say_alert(
        c, out, find_alert(c, NULL, ALERT_INAPPROPRIATE_FALLBACK, ALERT_INAPPROPRIATE_FALLBACK));
}

/* Where the connection was closed; NULL: not at hand. */
static const struct ht_timeline_entry *find_closing(const struct audit_case *c)
{
    const struct ht_tcp_summary *tcp      = c->connection->tcp;
    const char *event                     = strcmp(tcp->close, "rst") == 0 ? "tcp.rst" : "tcp.fin";
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    for (; entry < end; entry++) {
        if (strcmp(entry->event, event) == 0 &&
            (tcp->closed_by == NULL || strcmp(entry->from, tcp->closed_by) == 0)) {
            return entry;
        }
    }
    return NULL;
}

static uint64_t closing_frame(const struct audit_case *c)
{
    const struct ht_timeline_entry *closing = find_closing(c);
    return closing != NULL ? closing->frame : 0;
}

/* TCP ended, and no alert said before why the handshake did. */
static bool ended_silently(const struct audit_case *c)
{
    if (c->connection->tcp == NULL || c->connection->tcp->close == NULL) {
        return false;
    }
    const struct ht_timeline_entry *alert   = audit_find_event(c, &tls_alert_event, NULL);
    const struct ht_timeline_entry *closing = alert != NULL ? find_closing(c) : NULL;
    return c->tls->alerts.len == 0 || (closing != NULL && closing < alert);
}

static bool reset(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_tcp_summary *tcp = c->connection->tcp;
    return !c->tls->established && strcmp(tcp->close, "rst") == 0 &&
           ht_proof_say(out, c->offer->frame, closing_frame(c),
                        "the %s reset the connection amid the handshake%s",
                        tcp->closed_by != NULL ? tcp->closed_by : "other side",
                        c->answer != NULL ? "" : "; no ServerHello came");
}

/* The longest silence between messages of a handshake, and what came before it; not looked for
 * where nothing can have taken so long. */
static const struct ht_timeline_entry *longest_silence(const struct audit_case *c,
                                                       int64_t *out_silent_ns)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items, *last = NULL;
    const struct ht_timeline_entry *end = entry + c->connection->timeline.len, *found = NULL;
    *out_silent_ns = 0;
    if (c->connection->duration_ns <= STALLED_NS) {
        return NULL;
    }
    for (; entry < end && entry->type != &tls_application_data_event; entry++) {
        if (entry->absent != NULL || strncmp(entry->event, "tls.", 4) != 0) {
            continue;
        }
        if (last != NULL && entry->t_ns - last->t_ns > *out_silent_ns) {
            *out_silent_ns = entry->t_ns - last->t_ns;
            found          = last;
        }
        last = entry->type == &tls_finished_event ? NULL : entry;
    }
    return found;
}

static const char *say_answer(char *room, size_t size, const struct audit_case *c)
{
    uint64_t alien      = audit_alien_answer(c);
    const char *nothing = c->answer != NULL ? "" : "; no ServerHello came";
    (void)snprintf(room, size, "; the server had sent %" PRIu64 " bytes without any TLS", alien);
    return alien > 0 ? room : nothing;
}

static bool stalled(const struct audit_case *c, struct ht_proof *out)
{
    char answer[AUDIT_NAME_MAX];
    int64_t silent_ns;
    const struct ht_timeline_entry *before = longest_silence(c, &silent_ns);
    if (before != NULL && silent_ns > STALLED_NS) {
        return ht_proof_say(out, before->frame, 0, "nothing came for %" PRId64 " s after %s",
                            silent_ns / HT_SECOND_NS, before->type->title);
    }
    const struct ht_tcp_summary *tcp = c->connection->tcp;
    return ended_silently(c) && !c->tls->established && strcmp(tcp->close, "fin") == 0 &&
           ht_proof_say(out, c->offer->frame, closing_frame(c),
                        "the %s closed the connection amid the handshake, without an alert%s",
                        tcp->closed_by != NULL ? tcp->closed_by : "other side",
                        say_answer(answer, sizeof answer, c));
}

/* SSL 2.0 has no alerts, and OpenVPN a way of its own to end. */
static bool ends_with_tcp(const struct audit_case *c)
{
    const struct ht_tcp_summary *tcp = c->connection->tcp;
    return tcp != NULL && tcp->close != NULL && tcp->closed_by != NULL && c->version >= SSL_30 &&
           !ht_bytes_equal(c->connection->protocol, ht_text("openvpn"));
}

/* One close_notify, of either side, is enough: then both knew that all was said. */
static bool truncated(const struct audit_case *c, struct ht_proof *out)
{
    const struct ht_tcp_summary *tcp = c->connection->tcp;
    out->basis                       = c->version >= TLS_13 ? "inferred" : NULL;
    return c->tls->alerts.len == 0 && audit_find_event(c, &tls_close_notify_event, NULL) == NULL &&
           ht_proof_say(out, closing_frame(c), 0,
                        "the %s closed the connection by %s; no close_notify came before",
                        tcp->closed_by, strcmp(tcp->close, "rst") == 0 ? "RST" : "FIN");
}

static bool alert_after_data(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_alert *alerts = c->tls->alerts.items;
    for (size_t i = 0; i < c->tls->alerts.len; i++) {
        if (is_fatal(&alerts[i]) && c->tls->client_records + c->tls->server_records > 0) {
            return say_alert(c, out, &alerts[i]);
        }
    }
    return false;
}

/* Another rule says more of the alert than that the handshake failed by it. */
static bool is_told_by_another(const struct audit_case *c, const struct tls_alert *alert)
{
    static bool (*const others[])(const struct audit_case *c, struct ht_proof *out) = {
        client_rejects, server_rejects, unrecognized_name, no_application_protocol,
        inappropriate_fallback};
    struct ht_proof proof;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        ht_proof_begin(&proof);
        if (others[i](c, &proof) && proof.frames[0] == alert->frame) {
            return true;
        }
    }
    return false;
}

static bool failed_by_alert(const struct audit_case *c, struct ht_proof *out)
{
    const struct tls_alert *alerts = c->tls->alerts.items;
    for (size_t i = 0; i < c->tls->alerts.len && !c->tls->established; i++) {
        if (is_fatal(&alerts[i])) {
            return !is_told_by_another(c, &alerts[i]) && say_alert(c, out, &alerts[i]);
        }
    }
    return false;
}

static const struct audit_rule rules[] = {
    {{"handshake-failure-alert",
      "medium",
      "failure",
      "The handshake failed by an alert",
      "Compare what the other side offers with what the sender of the alert takes.",
      NULL,
      {"RFC 9846 section 6.2"}},
     0,
     NULL,
     failed_by_alert,
     .signs = AUDIT_ALERT},
    {{"handshake-aborted-encrypted-alert",
      "low",
      "failure",
      "The handshake was aborted by an encrypted alert",
      "See whether the client trusts the certificate; a key log would tell.",
      NULL,
      {"RFC 9846 section 6"}},
     AUDIT_WHOLE | AUDIT_ANSWER,
     NULL,
     aborted_by_hidden_alert,
     .signs = AUDIT_HIDDEN_ALERT},
    {{"client-rejects-certificate",
      "high",
      "failure",
      "The client rejects the server's certificate",
      "Repair the certificate, or what the client trusts; see whether somebody is between them.",
      "Machine in the middle",
      {"RFC 5246 section 7.2.2"}},
     0,
     NULL,
     client_rejects,
     .signs = AUDIT_ALERT},
    {{"server-rejects-client-cert",
      "medium",
      "failure",
      "The server rejects the client's certificate, or that there is none",
      "Give the client a certificate that the server trusts, or repair the one it has.",
      NULL,
      {"RFC 9846 section 6.2"}},
     0,
     NULL,
     server_rejects,
     .signs = AUDIT_ALERT},
    {{"unrecognized-name-alert",
      "low",
      "failure",
      "The server does not know the name",
      "Correct the name, in DNS or at the server.",
      NULL,
      {"RFC 6066 section 3"}},
     0,
     NULL,
     unrecognized_name,
     .signs = AUDIT_ALERT},
    {{"no-application-protocol",
      "low",
      "failure",
      "No application protocol in common",
      "Let both sides know one protocol.",
      NULL,
      {"RFC 7301 section 3.2"}},
     0,
     NULL,
     no_application_protocol,
     .signs = AUDIT_ALERT},
    {{"inappropriate-fallback",
      "medium",
      "failure",
      "The server detects that the client fell back",
      "Find out why the first attempt failed: the network, or an attack.",
      "POODLE",
      {"RFC 7507"}},
     0,
     NULL,
     inappropriate_fallback,
     .signs = AUDIT_ALERT},
    {{"handshake-reset",
      "low",
      "failure",
      "The connection was reset in the handshake",
      "See what is between the two: firewalls, filters.",
      "Injected RST",
      {"RFC 9293 section 3.5.2"}},
     AUDIT_WHOLE | AUDIT_OFFER,
     ended_silently,
     reset,
     .signs = AUDIT_UNFINISHED},
    {{"handshake-timeout",
      "low",
      "failure",
      "The handshake stalled, or was given up",
      "See whether large packets pass, and how busy the server is.",
      NULL,
      {"RFC 8446 section 4.1.1"}},
     AUDIT_WHOLE | AUDIT_OFFER,
     NULL,
     stalled},
    {{"truncated-close",
      "low",
      "failure",
      "The connection ended without close_notify",
      "Send close_notify; do not take what is cut for whole.",
      "Truncation",
      {"RFC 9846 section 6.1", "RFC 5246 section 7.2.1"}},
     AUDIT_WHOLE | AUDIT_ANSWER | AUDIT_FINISHED,
     ends_with_tcp,
     truncated},
    {{"alert-after-appdata",
      "medium",
      "failure",
      "A fatal alert amid application data",
      "Find out what damaged the data: the network, an implementation, an attack.",
      "Injection of data",
      {"RFC 9846 section 6.2"}},
     AUDIT_FINISHED,
     NULL,
     alert_after_data,
     .signs = AUDIT_ALERT},
};

const struct audit_table audit_failure_rules = {.rules = rules, .num = HT_ARRAY_LEN(rules)};
