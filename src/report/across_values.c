/*
 * Rules about what must be fresh in each session: randoms, key shares, Diffie-Hellman values,
 * tickets and their keys. That a session was captured at two places is told by both its randoms.
 */
#include "report/across.h"

#include "tls/tls.h"

#include <inttypes.h>
#include <stdio.h>

static const char *hex_of(char out[2 * REPORT_VALUE + 1], const uint8_t bytes[REPORT_VALUE])
{
    for (size_t i = 0; i < REPORT_VALUE; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
    return out;
}

/* "…, in connections c-1 (frame 4) and c-2 (frame 90); 3 in all, over 12 s" */
static void find_repeat(struct across *a, const struct ht_rule *rule,
                        const struct report_repeat *repeat, const char *what)
{
    char first[ACROSS_ID], second[ACROSS_ID];
    const struct report_value *values = repeat->values;
    struct ht_proof proof             = {0};
    struct across_case found          = {.server  = values[0].server,
                                         .ja4     = values[0].ja4,
                                         .count   = repeat->count + repeat->unknown,
                                         .sights  = {values[0].sight, values[1].sight},
                                         .servers = {values[0].server, values[1].server}};
    int64_t span_ns                   = repeat->span.last_ns - repeat->span.first_ns;
    (void)ht_proof_say(&proof, 0, 0,
                       "%s in %" PRIu64 " sessions within %" PRId64
                       " s, first in %s (frame %" PRIu64 ") and %s (frame %" PRIu64 ")",
                       what, found.count, span_ns / HT_SECOND_NS,
                       across_connection(first, &values[0].sight), values[0].sight.frame,
                       across_connection(second, &values[1].sight), values[1].sight.frame);
    across_find(a, rule, &found, &proof);
}

static void each_repeat(struct across *a, const struct ht_rule *rule, enum report_kind kind,
                        const char *words)
{
    const void **repeats = report_table_sorted(&a->state->repeats, a->arena);
    for (size_t i = 0; repeats != NULL && i < a->state->repeats.len; i++) {
        const struct report_repeat *repeat = repeats[i];
        char digits[2 * REPORT_VALUE + 1], room[HT_SPELLED_MAX], what[120];
        if (repeat->key.kind != (uint32_t)kind || repeat->num < 2) {
            continue;
        }
        const char *group =
            repeat->key.group != 0 ? ht_registry_spell(room, &tls_groups, repeat->key.group) : "";
        (void)snprintf(what, sizeof what, "%s%s%s with %s", group, group[0] != '\0' ? " " : "",
                       words, hex_of(digits, repeat->key.value));
        find_repeat(a, rule, repeat, kind == REPORT_TICKET ? words : what);
    }
}

static void random_reuse(struct across *a, const struct ht_rule *rule)
{
    each_repeat(a, rule, REPORT_CLIENT_RANDOM, "ClientHello.random");
    each_repeat(a, rule, REPORT_SERVER_RANDOM, "ServerHello.random");
}

static void share_reuse(struct across *a, const struct ht_rule *rule)
{
    each_repeat(a, rule, REPORT_CLIENT_SHARE, "key share of the client");
    each_repeat(a, rule, REPORT_SERVER_SHARE, "key share of the server");
}

static void dh_reuse(struct across *a, const struct ht_rule *rule)
{
    each_repeat(a, rule, REPORT_SERVER_DH, "public value of ServerKeyExchange");
}

static void psk_reuse(struct across *a, const struct ht_rule *rule)
{
    each_repeat(a, rule, REPORT_TICKET, "the same identity in pre_shared_key");
}

static void stek_not_rotated(struct across *a, const struct ht_rule *rule)
{
    const int64_t hour_ns = 3600 * HT_SECOND_NS, day_ns = 24 * hour_ns;
    const void **tickets = report_table_sorted(&a->state->tickets, a->arena);
    for (size_t i = 0; tickets != NULL && i < a->state->tickets.len; i++) {
        const struct report_ticket *ticket = tickets[i];
        const struct report_server *server =
            report_table_at(&a->state->servers, ticket->key.server - 1);
        int64_t span_ns = ticket->last.time_ns - ticket->first.time_ns;
        if (server->ticket_keys > REPORT_TICKET_KEYS || span_ns <= day_ns) {
            continue;
        }
        char digits[2 * REPORT_VALUE + 1];
        struct ht_proof proof          = {.severity = span_ns > 7 * day_ns ? NULL : "info"};
        const struct across_case found = {.server = ticket->key.server,
                                          .count  = ticket->count,
                                          .sights = {ticket->first, ticket->last}};
        (void)ht_proof_say(&proof, 0, 0,
                           "%" PRIu64 " tickets begin with key name %s, over %" PRId64 " hours",
                           ticket->count, hex_of(digits, ticket->key.key_name), span_ns / hour_ns);
        across_find(a, rule, &found, &proof);
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "random-reuse",
                 .severity    = "critical",
                 .category    = "kex",
                 .title       = "A hello's random is used more than once",
                 .remediation = "The random number generator fails, or a machine's image was cloned "
                                   "with its state: repair that, then replace keys made with it.",
                 .attack      = "Replay; nonce reuse (CVE-2016-0270)",
                 .references  = {"RFC 9846 section 4.2.2", "RFC 9846 appendix C.1", "RFC 4086"}},
     .subject = REPORT_OF_RANDOMS,
     .look    = random_reuse},
    {.rule    = {.id          = "tls13-keyshare-reuse",
                 .severity    = "high",
                 .category    = "kex",
                 .title       = "A key share of TLS 1.3 is used in more than one connection",
                 .remediation = "Update or configure the implementation so that each handshake makes "
                                   "its own ephemeral key.",
                 .attack      = "Forward secrecy is lost; sessions can be linked",
                 .references  = {"RFC 9846 section 4.3.8"}},
     .subject = REPORT_OF_SHARES,
     .look    = share_reuse},
    {.rule    = {.id          = "dh-server-key-reuse",
                 .severity    = "medium",
                 .category    = "kex",
                 .title       = "The server uses one Diffie-Hellman value for many sessions",
                 .remediation = "Let the server make an ephemeral key for each handshake "
                                   "(SSL_OP_SINGLE_DH_USE in old OpenSSL; else update).",
                 .attack      = "Raccoon (CVE-2020-1968); weakened forward secrecy",
                 .references  = {"RFC 9325 section 7.4", "RFC 10015 section 3"},
                 .scope       = "server"},
     .subject = REPORT_OF_DH,
     .look    = dh_reuse},
    {.rule    = {.id          = "psk-identity-reuse",
                 .severity    = "low",
                 .category    = "session",
                 .title       = "The client shows the same ticket more than once",
                 .remediation = "Let clients use each ticket of TLS 1.3 once.",
                 .attack      = "Tracking of clients; replay of early data",
                 .references  = {"RFC 9846 appendix C.4", "RFC 9846 section 8.1"},
                 .scope       = "client"},
     .subject = REPORT_OF_OFFERS,
     .look    = psk_reuse},
    {.rule    = {.id          = "stek-not-rotated",
                 .severity    = "medium",
                 .category    = "session",
                 .title       = "The key of session tickets is not changed",
                 .remediation = "Change the ticket key at least every week, better every day.",
                 .attack      = "One stolen key decrypts all sessions of that time",
                 .references  = {"RFC 5077 section 4", "RFC 9325 section 3.4"},
                 .scope       = "server"},
     .subject = REPORT_OF_TICKETS,
     .look    = stek_not_rotated},
};

const struct across_table across_value_rules = {rules, HT_ARRAY_LEN(rules)};
