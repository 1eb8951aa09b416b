/*
 * Rules about clocks that randoms tell of.
 */
#include "report/across.h"

#include <inttypes.h>

struct report_random_time report_random_time_of(struct ht_bytes random, int64_t time_ns)
{
    enum { RANDOM = 32, DAY_S = 86400 };
    struct ht_reader r = ht_reader(random);
    int64_t ahead_s    = (int64_t)rd_u32(&r) - time_ns / HT_SECOND_NS;
    bool is_time       = random.len == RANDOM && ahead_s >= -DAY_S && ahead_s <= DAY_S;
    return is_time ? (struct report_random_time){.num     = 1,
                                                 .least_s = (int32_t)ahead_s,
                                                 .most_s  = (int32_t)ahead_s}
                   : (struct report_random_time){0};
}

void report_random_time_add(struct report_random_time *into, const struct report_random_time *more)
{
    if (more->num == 0) {
        return;
    }
    bool first    = into->num == 0;
    into->least_s = first || more->least_s < into->least_s ? more->least_s : into->least_s;
    into->most_s  = first || more->most_s > into->most_s ? more->most_s : into->most_s;
    into->num += more->num;
}

/* Sessions of one server, or of one stack of clients. */
struct told {
    struct report_random_time clock;
    uint64_t sessions; /* with a hello of theirs */
    struct report_sights sights;
};

static void add(struct told *told, const struct report_session *session,
                const struct report_random_time *clock)
{
    told->sessions += session->connections;
    report_random_time_add(&told->clock, clock);
    for (size_t i = 0; clock->num > 0 && i < REPORT_EXAMPLES; i++) {
        report_sights_add(&told->sights, &session->sights.items[i]);
    }
}

/* By chance a random is the time once in 25,000 times. */
static void find_clock(struct across *a, const struct ht_rule *rule, const struct told *told,
                       struct across_case *found, bool server)
{
    enum { ENOUGH = 3 };
    struct ht_proof proof = {0};
    if (told->clock.num < ENOUGH || told->clock.num < told->sessions / 2) {
        return;
    }
    found->count = told->clock.num;
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        struct report_sight *sight = &found->sights[i];
        *sight                     = told->sights.items[i];
        sight->frame               = server ? sight->frame_2 : sight->frame;
        sight->frame_2             = 0;
    }
    (void)ht_proof_say(&proof, 0, 0,
                       "the random of %s begins with the time in %" PRIu64 " of %" PRIu64
                       " sessions, %+" PRId32 " to %+" PRId32 " s from the capture's clock",
                       server ? "ServerHello" : "ClientHello", told->clock.num, told->sessions,
                       told->clock.least_s, told->clock.most_s);
    across_find(a, rule, found, &proof);
}

static void clocks_of_servers(struct across *a, const struct ht_rule *rule)
{
    size_t from = 0, num;
    for (const struct report_session **of; (of = across_sessions_of(a, &from, &num)) != NULL;) {
        struct across_case found = {.server = of[0]->key.server};
        struct told told         = {0};
        for (size_t i = 0; i < num; i++) {
            if ((of[i]->key.flags & REPORT_ANSWERED) != 0) {
                add(&told, of[i], &of[i]->server_clock);
            }
        }
        find_clock(a, rule, &told, &found, true);
    }
}

static void clocks_of_clients(struct across *a, const struct ht_rule *rule)
{
    const struct report_session *const *list = a->by_client;
    for (size_t i = 0, num = a->num_sessions, end; i < num; i = end) {
        struct across_case found = {.ja4 = list[i]->key.ja4};
        struct told told         = {0};
        for (end = i; end < num && list[end]->key.ja4 == found.ja4; end++) {
            add(&told, list[end], &list[end]->client_clock);
        }
        if (found.ja4 != 0) {
            find_clock(a, rule, &told, &found, false);
        }
    }
}

static void random_timestamp(struct across *a, const struct ht_rule *rule)
{
    clocks_of_servers(a, rule);
    clocks_of_clients(a, rule);
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "random-timestamp",
                 .severity    = "info",
                 .category    = "kex",
                 .title       = "Randoms tell what time it is",
                 .remediation = "Update the implementation; newer ones take all 32 bytes at random.",
                 .attack      = "Recognition of a machine by its clock",
                 .references  = {"RFC 9846 section 4.2.2", "draft-mathewson-no-gmtunixtime"}},
     .subject = REPORT_OF_RANDOMS,
     .look    = random_timestamp},
};

const struct across_table across_clock_rules = {rules, HT_ARRAY_LEN(rules)};
