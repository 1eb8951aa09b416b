/*
 * Rules about a client and a server that try more than once: what one connection failed at, the
 * next may tell.
 */
#include "report/across.h"

#include "tls/tls.h"

#include <inttypes.h>
#include <stdlib.h>

/* Sessions of one server between which rules look; of more, only the first. */
enum { LOOKED_AT = 512 };

static bool failed(const struct report_session *session)
{
    return session->key.outcome > REPORT_ESTABLISHED;
}

static bool same_client(const struct report_session *a, const struct report_session *b)
{
    return a->key.host != 0 && a->key.host == b->key.host;
}

static const char *how_it_ended(const struct report_session *session)
{
    static const char *const words[] = {[REPORT_UNKNOWN]     = "ended",
                                        [REPORT_ESTABLISHED] = "succeeded",
                                        [REPORT_ALERT]       = "failed by an alert",
                                        [REPORT_RESET]       = "was reset",
                                        [REPORT_CLOSED]      = "was closed",
                                        [REPORT_SILENCE]     = "was not answered"};
    return words[session->key.outcome];
}

/* What two sessions of a client with a server show. */
struct pair_rule {
    bool any_name; /* they may be of different names at one address and port */
    int64_t within_ns;
    bool (*shows)(const struct report_session *earlier, const struct report_session *later);
    void (*say)(const struct report_session *earlier, const struct report_session *later,
                struct ht_proof *proof);
};

static void look_at(struct across *a, const struct ht_rule *rule, const struct pair_rule *pair,
                    const struct report_session *earlier, const struct report_session *later)
{
    struct across_case found = {
        .server = later->key.server, .ja4 = earlier->key.ja4, .count = earlier->connections};
    struct ht_proof proof = {.basis = "inferred"};
    if (same_client(earlier, later) && pair->shows(earlier, later) &&
        across_follows(earlier, later, pair->within_ns, found.sights)) {
        pair->say(earlier, later, &proof);
        across_find(a, rule, &found, &proof);
    }
}

/* Sessions that failed are few, so pairs are, though not their number. */
static void each_pair(struct across *a, const struct ht_rule *rule, const struct pair_rule *pair)
{
    const struct report_session **sessions;
    size_t at = 0, num;
    while ((sessions = pair->any_name ? across_endpoint_sessions_of(a, &at, &num)
                                      : across_sessions_of(a, &at, &num)) != NULL) {
        num = num < LOOKED_AT ? num : LOOKED_AT;
        for (size_t i = 0; i < num; i++) {
            for (size_t k = 0; failed(sessions[i]) && k < num; k++) {
                look_at(a, rule, pair, sessions[i], sessions[k]);
            }
        }
    }
}

static const char *version_name(char room[HT_SPELLED_MAX], uint16_t version)
{
    return ht_registry_spell(room, &tls_versions, version);
}

static void say_versions(const struct report_session *earlier, const struct report_session *later,
                         struct ht_proof *proof)
{
    char first[HT_SPELLED_MAX], then[HT_SPELLED_MAX];
    (void)ht_proof_say(proof, 0, 0,
                       "a hello that offers up to %s %s, the next one offers up to %s and %s",
                       version_name(first, earlier->key.offered), how_it_ended(earlier),
                       version_name(then, later->key.offered), how_it_ended(later));
}

/* The alerts by which a server says that it did not understand a hello. */
static bool is_intolerance(const struct report_session *session)
{
    enum {
        HANDSHAKE_FAILURE = 40,
        ILLEGAL_PARAMETER = 47,
        DECODE_ERROR      = 50,
        PROTOCOL_VERSION  = 70
    };
    static const uint8_t alerts[] = {HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, DECODE_ERROR,
                                     PROTOCOL_VERSION};
    bool answered                 = (session->key.flags & REPORT_ANSWERED) != 0;
    bool server                   = (session->key.flags & REPORT_BY_SERVER) != 0;
    if (session->key.outcome != REPORT_ALERT) {
        return !answered && (server || session->key.outcome == REPORT_SILENCE);
    }
    for (size_t i = 0; i < sizeof alerts; i++) {
        if (session->key.alert == alerts[i] + 1) {
            return server && !answered;
        }
    }
    return false;
}

static bool offers_less(const struct report_session *earlier, const struct report_session *later)
{
    return is_intolerance(earlier) && later->key.offered != 0 &&
           later->key.offered < earlier->key.offered;
}

static void fallback_dance(struct across *a, const struct ht_rule *rule)
{
    static const struct pair_rule pair = {
        .within_ns = 10 * HT_SECOND_NS, .shows = offers_less, .say = say_versions};
    each_pair(a, rule, &pair);
}

static bool version_intolerance(const struct report_session *earlier,
                                const struct report_session *later)
{
    return earlier->key.offered >= TLS_13 && later->key.outcome == REPORT_ESTABLISHED &&
           offers_less(earlier, later);
}

static void version_intolerant(struct across *a, const struct ht_rule *rule)
{
    static const struct pair_rule pair = {
        .within_ns = 60 * HT_SECOND_NS, .shows = version_intolerance, .say = say_versions};
    each_pair(a, rule, &pair);
}

static bool size_intolerance(const struct report_session *earlier,
                             const struct report_session *later)
{
    return (earlier->key.flags & REPORT_LARGE) != 0 && (later->key.flags & REPORT_LARGE) == 0 &&
           is_intolerance(earlier) && later->key.outcome == REPORT_ESTABLISHED;
}

static void say_sizes(const struct report_session *earlier, const struct report_session *later,
                      struct ht_proof *proof)
{
    (void)later;
    (void)ht_proof_say(proof, 0, 0,
                       "a ClientHello that spans segments %s, a smaller one of the same client "
                       "succeeded",
                       how_it_ended(earlier));
}

static void size_intolerant(struct across *a, const struct ht_rule *rule)
{
    static const struct pair_rule pair = {
        .within_ns = 60 * HT_SECOND_NS, .shows = size_intolerance, .say = say_sizes};
    each_pair(a, rule, &pair);
}

static bool falls_back_to_clear(const struct report_session *earlier,
                                const struct report_session *later)
{
    return (earlier->key.flags & REPORT_UPGRADED) != 0 && (later->key.flags & REPORT_CLEAR) != 0;
}

static void say_clear(const struct report_session *earlier, const struct report_session *later,
                      struct ht_proof *proof)
{
    (void)later;
    (void)ht_proof_say(proof, 0, 0,
                       "the handshake after STARTTLS %s; in the next connection the client "
                       "authenticates in clear",
                       how_it_ended(earlier));
}

static void starttls_fallback(struct across *a, const struct ht_rule *rule)
{
    static const struct pair_rule pair = {.any_name  = true,
                                          .within_ns = 60 * HT_SECOND_NS,
                                          .shows     = falls_back_to_clear,
                                          .say       = say_clear};
    each_pair(a, rule, &pair);
}

/* A server that offers STARTTLS in one session, and not in another. */
static void starttls_stripped(struct across *a, const struct ht_rule *rule)
{
    const struct report_session **sessions;
    size_t at = 0, num;
    while ((sessions = across_endpoint_sessions_of(a, &at, &num)) != NULL) {
        const struct report_session *offering = NULL;
        for (size_t i = 0; i < num && offering == NULL; i++) {
            offering = (sessions[i]->key.flags & REPORT_OFFERS) != 0 ? sessions[i] : NULL;
        }
        for (size_t i = 0; offering != NULL && i < num; i++) {
            const struct report_session *each = sessions[i];
            if ((each->key.flags & (REPORT_OFFERS_NOT | REPORT_UPGRADED)) != REPORT_OFFERS_NOT) {
                continue;
            }
            char id[ACROSS_ID];
            struct ht_proof proof          = {.basis = "inferred"};
            const struct across_case found = {
                .server  = each->key.server,
                .count   = each->connections,
                .sights  = {each->sights.items[0], offering->sights.items[0]},
                .servers = {each->key.server, offering->key.server}};
            (void)ht_proof_say(&proof, 0, 0,
                               "the server's capabilities lack STARTTLS here, but have it in %s",
                               across_connection(id, &offering->sights.items[0]));
            across_find(a, rule, &found, &proof);
        }
    }
}

/* Full handshakes of one client that are too many. */
enum { FULL_ENOUGH = 5 };

static int by_host(const void *left, const void *right)
{
    const struct report_session *const *a = left, *const *b = right;
    if ((*a)->key.host != (*b)->key.host) {
        return (*a)->key.host < (*b)->key.host ? -1 : 1;
    }
    return report_sight_before(&(*a)->sights.items[0], &(*b)->sights.items[0]) ? -1 : 1;
}

/* Full handshakes of one client with one server, the sessions in a row. */
static void look_at_resumption(struct across *a, const struct ht_rule *rule,
                               const struct report_session *const *sessions, size_t num)
{
    uint64_t full = 0, resumed = 0;
    struct report_sights sights = {0};
    for (size_t i = 0; i < num; i++) {
        const struct report_session *each = sessions[i];
        bool done                         = each->key.outcome == REPORT_ESTABLISHED;
        bool again                        = (each->key.flags & REPORT_RESUMED) != 0;
        full += done && !again ? each->connections : 0;
        resumed += again ? each->connections : 0;
        report_sights_add(&sights, &each->sights.items[0]);
        report_sights_add(&sights, &each->sights.items[1]);
    }
    if (full >= FULL_ENOUGH && resumed == 0 && sessions[0]->key.host != 0) {
        struct ht_proof proof          = {.basis = "derived"};
        const struct across_case found = {.server = sessions[0]->key.server,
                                          .ja4    = sessions[0]->key.ja4,
                                          .count  = full,
                                          .sights = {sights.items[0], sights.items[1]}};
        (void)ht_proof_say(
            &proof, 0, 0, "%" PRIu64 " full handshakes of one client with one server, none resumed",
            full);
        across_find(a, rule, &found, &proof);
    }
}

/* There is no client that has enough of them where all together have not. */
static bool are_enough(const struct report_session *const *sessions, size_t num)
{
    uint64_t connections = 0;
    for (size_t i = 0; i < num; i++) {
        connections += sessions[i]->connections;
    }
    return connections >= FULL_ENOUGH;
}

static void no_resumption(struct across *a, const struct ht_rule *rule)
{
    const struct report_session **sessions;
    size_t at = 0, num;
    while ((sessions = across_sessions_of(a, &at, &num)) != NULL) {
        if (!are_enough(sessions, num)) {
            continue;
        }
        const struct report_session **own =
            ht_arena_alloc(a->arena, num * sizeof(struct report_session *));
        if (own == NULL) {
            return;
        }
        memcpy(own, sessions, num * sizeof(struct report_session *));
        qsort(own, num, sizeof(struct report_session *), by_host);
        for (size_t i = 0, end = 0; i < num; i = end) {
            while (end < num && own[end]->key.host == own[i]->key.host) {
                end++;
            }
            look_at_resumption(a, rule, own + i, end - i);
        }
    }
}

/* Bleichenbacher's and Vaudenay's: many sessions that end at the key exchange. */
static void padding_oracle(struct across *a, const struct ht_rule *rule)
{
    enum { ENOUGH = 20 };
    for (size_t i = 0; i < a->num_sessions; i++) {
        static const uint8_t alerts[]     = {20, 40, 47, 50, 51, 80};
        const struct report_session *each = a->sessions[i];
        bool told                         = each->key.outcome == REPORT_RESET;
        for (size_t k = 0; k < sizeof alerts; k++) {
            told |= each->key.outcome == REPORT_ALERT && each->key.alert == alerts[k] + 1;
        }
        struct ht_bytes kx = report_names_text(&a->state->names, each->key.key_exchange);
        int64_t span_s     = (each->span.last_ns - each->span.first_ns) / HT_SECOND_NS;
        bool often =
            each->connections >= ENOUGH && each->connections >= (uint64_t)(span_s / 60) * ENOUGH;
        if (!told || !often || (each->key.flags & REPORT_ANSWERED) == 0 ||
            !ht_bytes_equal(kx, ht_text("RSA"))) {
            continue;
        }
        struct ht_proof proof          = {.basis = "inferred"};
        const struct across_case found = {.server = each->key.server,
                                          .ja4    = each->key.ja4,
                                          .count  = each->connections,
                                          .sights = {each->sights.items[0], each->sights.items[1]}};
        (void)ht_proof_say(&proof, 0, 0,
                           "%" PRIu64 " handshakes with RSA key exchange within %" PRId64
                           " s, each %s",
                           each->connections, span_s, how_it_ended(each));
        across_find(a, rule, &found, &proof);
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "version-fallback-dance",
                 .severity    = "medium",
                 .category    = "version",
                 .title       = "The client tries lower versions after failures",
                 .remediation = "Repair the server that cannot take the newer hello, and turn off "
                                   "the client's fallback.",
                 .attack      = "POODLE",
                 .references  = {"RFC 7507", "RFC 9325 section 3.1.3"},
                 .scope       = "client"},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = fallback_dance},
    {.rule    = {.id          = "server-version-intolerant",
                 .severity    = "medium",
                 .category    = "version",
                 .title       = "The server, or what is before it, cannot take a hello of TLS 1.3",
                 .remediation = "Update the server or the middlebox.",
                 .references  = {"RFC 9846 appendix E"},
                 .scope       = "server"},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = version_intolerant},
    {.rule    = {.id          = "server-hello-size-intolerant",
                 .severity    = "medium",
                 .category    = "failure",
                 .title       = "The server, or what is before it, cannot take a large ClientHello",
                 .remediation = "Update the server or the middlebox so that it reads a ClientHello "
                                   "which spans segments, as those with ML-KEM do.",
                 .references  = {"RFC 9846 section 5.1", "tldr.fail"},
                 .scope       = "server"},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = size_intolerant},
    {.rule    = {.id          = "starttls-stripped",
                 .severity    = "critical",
                 .category    = "starttls",
                 .title       = "The upgrade to TLS was suppressed",
                 .remediation = "Find out who is between client and server, and let clients refuse "
                                   "to go on in clear.",
                 .attack      = "STRIPTLS",
                 .references  = {"RFC 3207 section 6", "RFC 8461", "RFC 7672"}},
     .subject = REPORT_OF_STARTTLS,
     .look    = starttls_stripped},
    {.rule    = {.id          = "starttls-failed-fallback",
                 .severity    = "high",
                 .category    = "starttls",
                 .title       = "The client goes on in clear after TLS failed",
                 .remediation = "Let the client demand TLS.",
                 .attack      = "Downgrade to clear text",
                 .references  = {"RFC 8314", "RFC 8461"},
                 .scope       = "client"},
     .subject = REPORT_OF_STARTTLS,
     .look    = starttls_fallback},
    {.rule    = {.id          = "no-resumption",
                 .severity    = "info",
                 .category    = "performance",
                 .title       = "The client makes full handshakes again and again",
                 .remediation = "Turn on tickets, or the session cache, on both sides.",
                 .references  = {"RFC 9325 section 3.4"}},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = no_resumption},
    {.rule    = {.id          = "padding-oracle-probing",
                 .severity    = "high",
                 .category    = "attack",
                 .title       = "Handshakes that look like a search for a padding oracle",
                 .remediation = "Block the source, and test the server for ROBOT and POODLE.",
                 .attack      = "ROBOT (CVE-2017-13099); POODLE; Lucky 13",
                 .references  = {"RFC 5246 section 7.4.7.1"}},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = padding_oracle},
};

const struct across_table across_pair_rules = {rules, HT_ARRAY_LEN(rules)};
