/*
 * Rules about a server, as all its connections show it.
 */
#include "report/across.h"

#include "analysis/audit/suite.h"
#include "tls/tls.h"

#include <inttypes.h>

static const struct audit_suite *suite_of(const struct report_session *session)
{
    return session->key.suite != 0 ? audit_suite_find((uint16_t)(session->key.suite - 1)) : NULL;
}

static bool offers(const struct across *a, uint32_t ja4, uint16_t suite)
{
    const struct report_offer *offer = report_table_find(&a->state->offers, &ja4);
    struct ht_bytes suites = report_names_text(&a->state->names, offer != NULL ? offer->suites : 0);
    for (size_t i = 0; i < suites.len / 2; i++) {
        if (ht_be16(suites, i) == suite) {
            return true;
        }
    }
    return false;
}

/* How much worse `suite` is; 0: not, or it cannot be told. */
static int how_much_better(const struct audit_suite *best, const struct audit_suite *suite)
{
    int rank = audit_suite_rank(suite), best_rank = audit_suite_rank(best);
    return rank >= 0 && best_rank > rank ? best_rank - rank : 0;
}

static bool full_handshake(const struct report_session *session)
{
    return (session->key.flags & (REPORT_ANSWERED | REPORT_RESUMED)) == REPORT_ANSWERED;
}

/* The session with the best suite that this one's client offers too, chosen in the same version.
 */
static const struct report_session *better_than(const struct across *a,
                                                const struct report_session *const *sessions,
                                                size_t num, const struct report_session *session)
{
    const struct report_session *best = NULL;
    int most                          = 0;
    for (size_t i = 0; i < num; i++) {
        int better = full_handshake(sessions[i]) && sessions[i]->key.suite != session->key.suite &&
                             sessions[i]->key.version == session->key.version
                         ? how_much_better(suite_of(sessions[i]), suite_of(session))
                         : 0;
        if (better > most && offers(a, session->key.ja4, (uint16_t)(sessions[i]->key.suite - 1))) {
            best = sessions[i];
            most = better;
        }
    }
    return best;
}

static void weaker_suite(struct across *a, const struct ht_rule *rule)
{
    enum { LOOKED_AT = 256 /* kinds of sessions of a server */ };
    const struct report_session **sessions;
    size_t at = 0, num;
    while ((sessions = across_sessions_of(a, &at, &num)) != NULL) {
        num = num < LOOKED_AT ? num : LOOKED_AT;
        for (size_t i = 0; i < num; i++) {
            const struct report_session *best =
                full_handshake(sessions[i]) ? better_than(a, sessions, num, sessions[i]) : NULL;
            if (best == NULL) {
                continue;
            }
            char id[ACROSS_ID];
            struct ht_proof proof            = {.basis = "derived"};
            struct across_case found         = {.server = sessions[i]->key.server,
                                                .ja4    = sessions[i]->key.ja4,
                                                .count  = sessions[i]->connections,
                                                .sights = {sessions[i]->sights.items[0]}};
            const struct report_sight *shown = &best->sights.items[0];
            (void)ht_proof_say(&proof, 0, 0,
                               "chose %s (%s), though the client offers %s (%s) too, which this "
                               "server takes in %s (frame %" PRIu64 ")",
                               suite_of(sessions[i])->name, suite_of(sessions[i])->grade,
                               suite_of(best)->name, suite_of(best)->grade,
                               across_connection(id, shown), shown->frame_2);
            found.sights[1] = *shown;
            across_find(a, rule, &found, &proof);
        }
    }
}

/* What ended them, most often. */
static void say_failures(const struct report_session *const *sessions, size_t num,
                         struct ht_proof *proof, uint64_t failed, uint64_t tried)
{
    uint64_t counts[REPORT_SILENCE + 1] = {0};
    for (size_t i = 0; i < num; i++) {
        counts[sessions[i]->key.outcome] += sessions[i]->connections;
    }
    (void)ht_proof_say(proof, 0, 0,
                       "%" PRIu64 " of %" PRIu64 " handshakes failed: %" PRIu64
                       " by an alert, %" PRIu64 " reset, %" PRIu64 " closed, %" PRIu64
                       " without any answer",
                       failed, tried, counts[REPORT_ALERT], counts[REPORT_RESET],
                       counts[REPORT_CLOSED], counts[REPORT_SILENCE]);
}

static void high_failure_rate(struct across *a, const struct ht_rule *rule)
{
    enum { ENOUGH = 20, PERCENT = 20 };
    const struct report_session **sessions;
    size_t at = 0, num;
    while ((sessions = across_sessions_of(a, &at, &num)) != NULL) {
        uint64_t tried = 0, failed = 0;
        struct report_sights sights = {0};
        for (size_t i = 0; i < num; i++) {
            const struct report_session *each = sessions[i];
            tried += each->key.outcome != REPORT_UNKNOWN ? each->connections : 0;
            if (each->key.outcome > REPORT_ESTABLISHED) {
                failed += each->connections;
                report_sights_add(&sights, &each->sights.items[0]);
                report_sights_add(&sights, &each->sights.items[1]);
            }
        }
        if (tried >= ENOUGH && failed * 100 > tried * PERCENT) {
            struct ht_proof proof          = {.basis = "derived"};
            const struct across_case found = {.server = sessions[0]->key.server,
                                              .count  = failed,
                                              .sights = {sights.items[0], sights.items[1]}};
            say_failures(sessions, num, &proof, failed, tried);
            across_find(a, rule, &found, &proof);
        }
    }
}

struct report_percentiles report_percentiles(const struct report_latency *latency)
{
    struct report_percentiles out = {0};
    uint64_t all                  = 0;
    for (size_t i = 0; i < REPORT_BUCKETS; i++) {
        all += latency->buckets[i];
    }
    for (uint64_t i = 0, below = 0; i < REPORT_BUCKETS && out.p95_ns == 0; i++) {
        if (latency->buckets[i] == 0) {
            continue;
        }
        below += latency->buckets[i];
        out.p50_ns = out.p50_ns == 0 && below * 100 >= all * 50 ? report_bucket_ns(i) : out.p50_ns;
        out.p95_ns = below * 100 >= all * 95 ? report_bucket_ns(i) : 0;
    }
    return out;
}

static void latency_outlier(struct across *a, const struct ht_rule *rule)
{
    const uint64_t slow_ns = UINT64_C(500000000), ms = 1000000;
    for (size_t i = 0; i < a->state->latencies.len; i++) {
        const struct report_latency *latency = report_table_at(&a->state->latencies, i);
        const struct report_slow *slowest    = &latency->slowest[0];
        if (slowest->handshake_ns <= slow_ns) {
            continue;
        }
        uint64_t p95_ns          = report_percentiles(latency).p95_ns;
        uint64_t bound_ns        = 2 * p95_ns > slow_ns ? 2 * p95_ns : slow_ns;
        struct across_case found = {.server = latency->server};
        for (size_t k = 0; k < REPORT_EXAMPLES; k++) {
            if (latency->slowest[k].handshake_ns > bound_ns) {
                found.sights[found.count++] = latency->slowest[k].sight;
            }
        }
        if (found.count > 0) {
            struct ht_proof proof = {.basis = "derived"};
            (void)ht_proof_say(&proof, 0, 0,
                               "handshake of %" PRIu64 " ms, where 95 %% take no more than %" PRIu64
                               " ms; of it TCP's round trip %" PRIu64
                               " ms, the server's own time up to its hello %" PRIu64 " ms",
                               slowest->handshake_ns / ms, p95_ns / ms, slowest->rtt_ns / ms,
                               slowest->think_ns / ms);
            across_find(a, rule, &found, &proof);
        }
    }
}

static void block_64_volume(struct across *a, const struct ht_rule *rule)
{
    for (size_t i = 0; i < a->num_sessions; i++) {
        const struct report_session *each = a->sessions[i];
        if ((each->key.flags & REPORT_MUCH) == 0 || suite_of(each) == NULL) {
            continue;
        }
        struct ht_proof proof          = {0};
        const struct across_case found = {.server = each->key.server,
                                          .ja4    = each->key.ja4,
                                          .count  = each->connections,
                                          .sights = {each->sights.items[0], each->sights.items[1]}};
        (void)ht_proof_say(&proof, 0, 0,
                           "more than 8 MiB (2^20 blocks) on a key of %s; %" PRIu64
                           " MiB in %" PRIu64 " such connections",
                           suite_of(each)->name, each->data_bytes >> 20, each->connections);
        across_find(a, rule, &found, &proof);
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "server-picks-weaker-suite",
                 .severity    = "medium",
                 .category    = "cipher",
                 .title       = "The server chooses a weaker cipher suite than it could",
                 .remediation = "Let the server's order of suites decide, strongest first, and remove "
                                   "the weak ones.",
                 .references  = {"RFC 9325 section 4.2"},
                 .scope       = "server"},
     .subject = REPORT_OF_SUITES,
     .look    = weaker_suite},
    {.rule    = {.id       = "high-failure-rate",
                 .severity = "medium",
                 .category = "failure",
                 .title    = "Many handshakes with the server fail",
                 .remediation =
                     "Look at how they end: alerts name the cause, resets and silence point "
                        "to what is between client and server.",
                 .scope = "server"},
     .subject = REPORT_OF_HANDSHAKES,
     .look    = high_failure_rate},
    {.rule    = {.id          = "handshake-latency-outlier",
                 .severity    = "info",
                 .category    = "performance",
                 .title       = "Some handshakes take much longer than the server's others",
                 .remediation = "Look at the server's load, its OCSP requests and where its keys are "
                                   "kept.",
                 .scope       = "server"},
     .subject = REPORT_OF_TIMES,
     .look    = latency_outlier},
    {.rule    = {.id          = "cipher-64bit-volume",
                 .severity    = "high",
                 .category    = "cipher",
                 .title       = "More data on one key than a cipher of 64-bit blocks allows",
                 .remediation = "Remove 3DES, IDEA and other ciphers of 64-bit blocks.",
                 .attack      = "SWEET32 (CVE-2016-2183, CVE-2016-6329)",
                 .references  = {"NIST SP 800-67r2 section 3.1", "RFC 9325 section 4.1"}},
     .subject = REPORT_OF_SUITES,
     .look    = block_64_volume},
};

const struct across_table across_server_rules = {rules, HT_ARRAY_LEN(rules)};
