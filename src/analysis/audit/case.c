#include "analysis/audit/case.h"

#include "analysis/audit/certificates.h"
#include "analysis/audit/lists.h"
#include "analysis/audit/suite.h"
#include "http/http.h"
#include "proxy/proxy.h"
#include "quic/quic.h"
#include "starttls/starttls.h"
#include "tls/session.h"

#include <string.h>

/* One bit of 64: types mostly lie side by side. */
static uint64_t bit_of(const struct ht_event_type *type)
{
    return UINT64_C(1) << (uintptr_t)type / sizeof *type % 64;
}

static bool may_have(const struct audit_case *c, const struct ht_event_type *type)
{
    return (c->event_types & bit_of(type)) != 0;
}

const struct ht_timeline_entry *audit_find_event(const struct audit_case *c,
                                                 const struct ht_event_type *type, const char *from)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    if (!may_have(c, type)) {
        return NULL;
    }
    for (; entry < end; entry++) {
        if (entry->type == type && entry->absent == NULL &&
            (from == NULL || strcmp(entry->from, from) == 0)) {
            return entry;
        }
    }
    return NULL;
}

/* Why the capture lacks what was said, as far as its quality tells. */
static enum ht_unobservable why_missing(const struct ht_connection *c)
{
    const struct ht_capture_quality *q = c->capture;
    if (q->one_sided) {
        return HT_UNOBSERVABLE_ONE_SIDED;
    }
    bool late = c->tcp != NULL && c->tcp->midstream;
    bool lost = q->missing_bytes > 0 || q->truncated_frames > 0 || q->limit_reached || late;
    return lost ? HT_UNOBSERVABLE_LOST : HT_UNOBSERVABLE_NOT_COMPLETED;
}

/* Why the server's certificates, or what comes with them, were not seen. */
static enum ht_unobservable why_unsaid(const struct audit_case *c)
{
    if (c->answer == NULL) {
        return why_missing(c->connection);
    }
    if (c->tls->resumed) {
        return HT_UNOBSERVABLE_NOT_SENT;
    }
    bool decrypted = c->tls->keys != NULL && c->tls->keys->records > 0;
    if (c->version >= TLS_13 && !decrypted) {
        return HT_UNOBSERVABLE_ENCRYPTED;
    }
    enum ht_unobservable missing = why_missing(c->connection);
    return missing == HT_UNOBSERVABLE_NOT_COMPLETED && c->tls->established
               ? HT_UNOBSERVABLE_NOT_SENT
               : missing;
}

static void say(struct audit_case *c, unsigned need, bool there, enum ht_unobservable why)
{
    c->has |= there ? need : 0;
    c->lacks[__builtin_ctz(need)] = why;
}

/* The capture lacks some of a message, or all of one that was sent for sure. */
static bool is_lost(const struct ht_timeline_entry *entry)
{
    const char *absent = entry->absent;
    return absent != NULL ? strcmp(absent, ht_unobservable_name(HT_UNOBSERVABLE_LOST)) == 0
                          : entry->partial;
}

/* Of each the first that is there. */
static void find_key_exchange(struct audit_case *c, const struct ht_timeline_entry *entry,
                              bool there)
{
    c->lost |= is_lost(entry) ? AUDIT_KEY_EXCHANGE : 0;
    if (there && c->key_exchange == NULL) {
        c->key_exchange       = entry->object;
        c->key_exchange_entry = entry;
    }
}

static void find_certificate(struct audit_case *c, const struct ht_timeline_entry *entry,
                             bool there)
{
    c->lost |= is_lost(entry) ? AUDIT_CERTIFICATE : 0;
    if (there && c->certificate_frame == 0) {
        c->certificate_frame = entry->frame;
    }
}

static void find_faults(struct audit_case *c, const struct tls_value_faults *faults)
{
    c->traits |= faults != NULL ? AUDIT_FAULTS : 0;
}

static void find_verify(struct audit_case *c, const struct ht_timeline_entry *entry, bool there)
{
    if (there && c->verify == NULL) {
        c->verify       = entry->object;
        c->verify_entry = entry;
    }
}

static void forget_hello(struct audit_case *c, const void *cut)
{
    c->offer  = cut == c->offer ? NULL : c->offer;
    c->answer = cut == c->answer ? NULL : c->answer;
}

static unsigned trait_of_event(const struct ht_event_type *type)
{
    return type == &tls_alert_event                 ? AUDIT_ALERT
           : type == &tls_new_session_ticket_event  ? AUDIT_TICKET
           : type == &tls_certificate_request_event ? AUDIT_ASKED
           : type == &tls_hello_retry_request_event ? AUDIT_RETRY
           : type == &tls_heartbeat_event           ? AUDIT_HEARTBEAT
                                                    : 0;
}

static void find_message(struct audit_case *c, const struct ht_timeline_entry *entry)
{
    if (entry->type->data == NULL) {
        return;
    }
    bool there  = entry->object != NULL && entry->absent == NULL;
    bool server = entry->from[0] == 's';
    c->traits |= entry->absent == NULL ? trait_of_event(entry->type) : 0;
    if (entry->type == &tls_server_key_exchange_event) {
        find_key_exchange(c, entry, there);
    } else if (entry->type == &tls_certificate_event && server) {
        find_certificate(c, entry, there);
    } else if (entry->type == &tls_certificate_verify_event && server) {
        find_verify(c, entry, there);
    } else if (entry->type == &tls_client_key_exchange_event && there) {
        find_faults(c, ((const struct tls_client_key_exchange *)entry->object)->faults);
    } else if (there && (entry->partial || entry->malformed)) {
        forget_hello(c, entry->object);
    }
}

/* The hellos of the details, but for those that were cut; and where the rest is. */
static void look_at_events(struct audit_case *c)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    if (c->tls != NULL) {
        const struct tls_client_hello *second = c->tls->client_hello_2;
        c->offer                              = second != NULL ? second : c->tls->client_hello;
        c->answer                             = c->tls->server_hello;
    }
    for (; entry < end; entry++) {
        c->event_types |= entry->absent == NULL ? bit_of(entry->type) : 0;
        if (c->tls != NULL) {
            find_message(c, entry);
        }
    }
}

static void look_at_certificates(struct audit_case *c)
{
    const struct tls_chains *chains = c->tls->certificates;
    c->chain                        = chains != NULL ? chains->server_verdict : NULL;
    c->facts                        = c->chain != NULL ? c->chain->facts : NULL;
    bool lost                       = (c->lost & AUDIT_CERTIFICATE) != 0;
    bool sent                       = lost || (chains != NULL && chains->server.len > 0);
    bool known                      = c->facts != NULL && c->facts->num > 0 && !lost;
    enum ht_unobservable why        = sent ? HT_UNOBSERVABLE_LOST : why_unsaid(c);
    say(c, AUDIT_CERTIFICATE, known, why);
    say(c, AUDIT_TRUST, known && c->facts->trust_known, known ? HT_UNOBSERVABLE_NO_TRUST : why);
}

bool audit_began_late(const struct audit_case *c)
{
    return c->connection->tcp != NULL && c->connection->tcp->midstream;
}

/* A client's may be checked too. */
static void look_at_verify(struct audit_case *c)
{
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    bool seen = false, checked = false;
    for (; may_have(c, &tls_certificate_verify_event) && entry < end; entry++) {
        bool is = entry->type == &tls_certificate_verify_event && entry->absent == NULL;
        seen |= is;
        checked |= is && entry->verified != 0;
    }
    say(c, AUDIT_VERIFIED, checked && !audit_began_late(c),
        !seen && c->version < TLS_13 ? HT_UNOBSERVABLE_NOT_SENT
        : !seen                      ? why_unsaid(c)
        : c->settings->verify        ? HT_UNOBSERVABLE_LOST
                                     : HT_UNOBSERVABLE_NOT_VERIFIED);
}

static void look_at_session(struct audit_case *c)
{
    enum ht_unobservable missing = why_missing(c->connection);
    c->version =
        c->answer != NULL && c->answer->version.set ? tls_comparable(c->answer->version.id) : 0;
    c->suite         = c->tls->cipher_suite.set ? audit_suite_find(c->tls->cipher_suite.id) : NULL;
    c->offered_kinds = c->offer != NULL ? audit_suite_kinds(c->offer->cipher_suites) : 0;
    say(c, AUDIT_OFFER, c->offer != NULL, missing);
    say(c, AUDIT_ANSWER, c->answer != NULL, missing);
    look_at_certificates(c);
    enum ht_unobservable unsaid =
        (c->lost & AUDIT_KEY_EXCHANGE) != 0 ? HT_UNOBSERVABLE_LOST : why_unsaid(c);
    say(c, AUDIT_KEY_EXCHANGE, c->key_exchange != NULL, unsaid);
    bool checked = c->key_exchange_entry != NULL && c->key_exchange_entry->verified != 0;
    say(c, AUDIT_SIGNATURES, checked,
        c->key_exchange == NULL ? unsaid
        : c->settings->verify   ? HT_UNOBSERVABLE_LOST
                                : HT_UNOBSERVABLE_NOT_VERIFIED);
    say(c, AUDIT_FINISHED, c->tls->established, missing);
    say(c, AUDIT_SIGNED, c->key_exchange != NULL || c->verify != NULL, why_unsaid(c));
    look_at_verify(c);
}

/*
 * Traits
 */

static unsigned trait_of_protocol(const struct ht_struct *details)
{
    return details == &quic_details_struct       ? AUDIT_QUIC
           : details == &starttls_details_struct ? AUDIT_STARTTLS
           : details == &http_details_struct     ? AUDIT_HTTP
           : details == &proxy_details_struct    ? AUDIT_PROXY
                                                 : 0;
}

static unsigned traits_of_protocols(const struct ht_connection *c)
{
    unsigned traits = trait_of_protocol(c->details.type);
    for (size_t i = 0; i < HT_MAX_CARRIERS; i++) {
        traits |= trait_of_protocol(c->carriers[i].type);
    }
    return traits;
}

static unsigned traits_of_capture(const struct audit_case *c)
{
    const struct ht_capture_quality *q = c->connection->capture;
    bool tcp                           = c->connection->tcp != NULL;
    bool again = !tcp || q->client_repeats.frame != 0 || q->server_repeats.frame != 0;
    return (again ? AUDIT_SENT_AGAIN : 0) | (q->one_sided ? AUDIT_ONE_SIDED : 0) |
           (!tcp || (c->has & AUDIT_WHOLE) == 0 ? AUDIT_MAY_LACK : 0);
}

static unsigned traits_of_alerts(const struct tls_details *tls)
{
    const struct tls_alert *alerts = tls->alerts.items;
    unsigned traits                = 0;
    for (size_t i = 0; i < tls->alerts.len; i++) {
        traits |= alerts[i].encrypted ? AUDIT_HIDDEN_ALERT : alerts[i].inferred ? 0 : AUDIT_ALERT;
    }
    return traits;
}

static unsigned traits_of_hellos(const struct audit_case *c)
{
    const struct tls_client_hello *first = c->tls->client_hello;
    unsigned traits = first != NULL && first->early_data ? AUDIT_EARLY_DATA : 0;
    if (c->offer != NULL) {
        traits |= audit_offers_extension(c, EXTENSION_SERVER_NAME) ? AUDIT_NAMED : 0;
        traits |= c->offer->encrypted_client_hello != NULL ? AUDIT_ECH : 0;
    }
    return traits;
}

static unsigned traits_of_session(const struct audit_case *c)
{
    const struct tls_details *tls = c->tls;
    return (tls->renegotiations > 0 ? AUDIT_RENEGOTIATED : 0) |
           (tls->odd_records != NULL ? AUDIT_ODD_RECORDS : 0) |
           (tls->resumed && tls->resumed_from != NULL ? AUDIT_ORIGIN : 0) |
           (tls->established ? 0 : AUDIT_UNFINISHED);
}

static void look_at_traits(struct audit_case *c)
{
    c->traits |= traits_of_protocols(c->connection) | traits_of_capture(c) |
                 (c->connection->service != NULL ? AUDIT_SERVICE : 0) |
                 (audit_is_private(&c->connection->server->ip) ? 0 : AUDIT_IN_PUBLIC);
    if (c->tls != NULL) {
        c->traits |= traits_of_alerts(c->tls) | traits_of_hellos(c) | traits_of_session(c);
        find_faults(c, c->offer != NULL ? c->offer->faults : NULL);
        find_faults(c, c->answer != NULL ? c->answer->faults : NULL);
        find_faults(c, c->key_exchange != NULL ? c->key_exchange->faults : NULL);
    }
}

/* Its keys are at hand: what is encrypted was read, or nothing is. */
static void look_at_keys(struct audit_case *c)
{
    const struct tls_key_use *keys = c->tls->keys;
    bool there                     = keys != NULL && (keys->records > 0 || keys->finished != NULL);
    say(c, AUDIT_KEYS, there, HT_UNOBSERVABLE_NO_KEYS);
}

void audit_look(struct audit_case *out, const struct ht_analysis_settings *settings,
                const struct ht_connection *connection)
{
    bool tls = connection->details.type == &tls_details_struct;
    *out     = (struct audit_case){.connection = connection,
                                   .settings   = settings,
                                   .tls        = tls ? connection->details.object : NULL,
                                   .now_ns     = settings->as_of_ns != 0 ? settings->as_of_ns
                                                                         : connection->start_ns};
    look_at_events(out);
    bool dns = connection->dns != NULL && connection->dns->client_asks;
    say(out, AUDIT_WHOLE, ht_captured_whole(connection), why_missing(connection));
    say(out, AUDIT_DNS, dns, HT_UNOBSERVABLE_NO_DNS);
    say(out, AUDIT_KEYS, false, HT_UNOBSERVABLE_NO_KEYS);
    if (tls) {
        look_at_session(out);
        look_at_keys(out);
    }
    look_at_traits(out);
}

uint64_t audit_alien_answer(const struct audit_case *c)
{
    enum { RECORD_HEADER = 5, MESSAGE_HEADER = 4 }; /* fewer bytes may be the beginning of TLS */
    const struct ht_timeline_entry *entry = c->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + c->connection->timeline.len;
    if (c->offer == NULL || c->answer != NULL || c->connection->tcp == NULL ||
        !ht_captured_whole(c->connection) ||
        c->connection->server->payload_bytes < RECORD_HEADER + MESSAGE_HEADER) {
        return 0;
    }
    for (; entry < end; entry++) {
        bool tells = strcmp(entry->from, "server") == 0 && strncmp(entry->event, "tcp.", 4) != 0;
        if (tells && (entry->absent == NULL || strcmp(entry->absent, HT_ABSENT_NOT_SENT) != 0)) {
            return 0;
        }
    }
    return c->connection->server->payload_bytes;
}
