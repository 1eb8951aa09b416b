/*
 * Rules about handshakes that fail, as others with the same server explain them.
 */
#include "report/across.h"

#include "tls/tls.h"

#include <inttypes.h>
#include <stdio.h>

enum { LOOKED_AT = 512 /* sessions of an endpoint */, MOST_SUITES = 64 };

enum { HANDSHAKE_FAILURE = 40, PROTOCOL_VERSION = 70, INSUFFICIENT_SECURITY = 71 };

/* What a server agreed to, whatever name it was asked for by. */
struct agreed {
    const struct report_session *first; /* NULL: to nothing */
    uint16_t suites[MOST_SUITES];
    size_t num;
};

static bool has_suite(const struct agreed *agreed, uint16_t suite)
{
    for (size_t i = 0; i < agreed->num; i++) {
        if (agreed->suites[i] == suite) {
            return true;
        }
    }
    return false;
}

static void gather(struct agreed *out, const struct report_session *const *sessions, size_t num)
{
    *out = (struct agreed){0};
    for (size_t i = 0; i < num; i++) {
        const struct report_session_key *key = &sessions[i]->key;
        if (key->suite == 0 || key->outcome != REPORT_ESTABLISHED) {
            continue;
        }
        out->first = out->first == NULL ? sessions[i] : out->first;
        if (out->num < MOST_SUITES && !has_suite(out, (uint16_t)(key->suite - 1))) {
            out->suites[out->num++] = (uint16_t)(key->suite - 1);
        }
    }
}

/* Of a server that agrees to more suites than fit nobody knows. */
static bool offers_none_of(const struct across *a, uint32_t ja4, const struct agreed *agreed)
{
    const struct report_offer *offer = report_table_find(&a->state->offers, &ja4);
    struct ht_bytes suites = report_names_text(&a->state->names, offer != NULL ? offer->suites : 0);
    for (size_t i = 0; i < suites.len / 2; i++) {
        if (has_suite(agreed, ht_be16(suites, i))) {
            return false;
        }
    }
    return suites.len > 0 && agreed->num > 0 && agreed->num < MOST_SUITES;
}

/* The server's alert right after the ClientHello; 0: there is none. */
static unsigned refusal(const struct report_session *session)
{
    bool refused = session->key.outcome == REPORT_ALERT && session->key.alert != 0 &&
                   (session->key.flags & (REPORT_BY_SERVER | REPORT_ANSWERED)) == REPORT_BY_SERVER;
    return refused ? session->key.alert - 1U : 0;
}

/* " another session takes TLS 1.2 with …, in c-1 (frame 5)" */
static void say_elsewhere(char *room, size_t size, const struct across_case *found,
                          const struct agreed *agreed)
{
    char id[ACROSS_ID], version[HT_SPELLED_MAX], suite[HT_SPELLED_MAX];
    const struct report_session *first = agreed->first;
    room[0]                            = '\0';
    if (first != NULL) {
        (void)snprintf(room, size, "; it agrees to %s with %s in %s (frame %" PRIu64 ")",
                       ht_registry_spell(version, &tls_versions, first->key.version),
                       ht_registry_spell(suite, &tls_cipher_suites, first->key.suite - 1),
                       across_connection(id, &found->sights[1]), found->sights[1].frame_2);
    }
}

static void look_at(struct across *a, const struct ht_rule *rule,
                    const struct report_session *session, const struct agreed *agreed)
{
    char version[HT_SPELLED_MAX], elsewhere[160];
    uint16_t offered         = session->key.offered;
    unsigned alert           = refusal(session);
    struct ht_proof proof    = {.basis = alert == HANDSHAKE_FAILURE ? "inferred" : "derived"};
    struct across_case found = {.server  = session->key.server,
                                .ja4     = session->key.ja4,
                                .count   = session->connections,
                                .sights  = {session->sights.items[0]},
                                .servers = {session->key.server}};
    if (agreed->first != NULL) {
        found.sights[1]  = agreed->first->sights.items[0];
        found.servers[1] = agreed->first->key.server;
    }
    say_elsewhere(elsewhere, sizeof elsewhere, &found, agreed);
    if (alert == PROTOCOL_VERSION) {
        (void)ht_proof_say(&proof, 0, 0, "a hello%s%s is answered by protocol_version (70)%s",
                           offered != 0 ? " that offers up to " : "",
                           offered != 0 ? ht_registry_spell(version, &tls_versions, offered) : "",
                           elsewhere);
    } else if (alert == INSUFFICIENT_SECURITY) {
        (void)ht_proof_say(&proof, 0, 0,
                           "what the hello offers is answered by insufficient_security (71)%s",
                           elsewhere);
    } else if (alert == HANDSHAKE_FAILURE && offers_none_of(a, session->key.ja4, agreed)) {
        (void)ht_proof_say(&proof, 0, 0,
                           "handshake_failure (40) answers a hello without any suite that the "
                           "server was seen to take%s",
                           elsewhere);
    } else {
        return;
    }
    across_find(a, rule, &found, &proof);
}

static bool is_any_refused(const struct report_session *const *sessions, size_t num)
{
    size_t i = 0;
    while (i < num && refusal(sessions[i]) == 0) {
        i++;
    }
    return i < num;
}

static void nothing_in_common(struct across *a, const struct ht_rule *rule)
{
    const struct report_session **sessions;
    struct agreed agreed;
    size_t at = 0, num;
    while ((sessions = across_endpoint_sessions_of(a, &at, &num)) != NULL) {
        num = num < LOOKED_AT ? num : LOOKED_AT;
        if (!is_any_refused(sessions, num)) {
            continue;
        }
        gather(&agreed, sessions, num);
        for (size_t i = 0; i < num; i++) {
            look_at(a, rule, sessions[i], &agreed);
        }
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "no-common-cipher",
                 .severity    = "medium",
                 .category    = "failure",
                 .title       = "Client and server have no version, or cipher suite, in common",
                 .remediation = "Let both sides know one version and cipher suite that are sound.",
                 .references  = {"RFC 9846 section 6.2"}},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = nothing_in_common},
};

const struct across_table across_failure_rules = {rules, HT_ARRAY_LEN(rules)};
