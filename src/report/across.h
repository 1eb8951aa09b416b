/* What the files of the rules across connections share. Not for use outside this folder. */
#ifndef HT_REPORT_ACROSS_H
#define HT_REPORT_ACROSS_H

#include "analysis/rule.h"
#include "report/state.h"

/* All that was seen, merged. */
struct across {
    struct report_state *state;
    struct ht_arena *arena;
    const struct report_session **sessions; /* by server, then by time of the first sight */
    size_t num_sessions;
    const struct report_session **by_endpoint; /* by address, port and transport of the server,
                                                * whatever its name, then by time */
    const struct report_session **by_client;   /* by name of the JA4 */
    const struct report_session **shown; /* by index of a certificate, the session that showed it
                                          * first as a leaf; NULL: none */
};

/* A rule that needs more than one connection. */
struct across_rule {
    struct ht_rule rule;
    enum report_subject subject; /* of which connections: what could be judged of it, and not */
    void (*look)(struct across *a, const struct ht_rule *rule);
};

struct across_table {
    const struct across_rule *rules;
    size_t num;
};

extern const struct across_table across_value_rules, across_server_rules, across_pair_rules,
    across_certificate_rules, across_inventory_rules, across_failure_rules, across_capture_rules,
    across_clock_rules, across_service_rules;

/* across_rule_at is the rule number `index`; NULL: there is none. */
const struct across_rule *across_rule_at(size_t index);

/* Who and where. */
struct across_case {
    uint32_t server; /* index plus one; 0: none in particular */
    uint32_t ja4;    /* name */
    uint64_t count;
    struct report_sight sights[REPORT_EXAMPLES]; /* what proves it, in order; empty: no more */
    uint32_t servers[REPORT_EXAMPLES];           /* of each */
};

/* across_find adds a finding of `rule`, as the policy sees it. */
void across_find(struct across *a, const struct ht_rule *rule, const struct across_case *found,
                 struct ht_proof *proof);

/* across_run looks for all. False: no memory. */
bool across_run(struct across *a);

/* across_sessions_of are those of one server, `*num` of them; `*from` is where to look next: 0 at
 * first. NULL: no more. */
const struct report_session **across_sessions_of(const struct across *a, size_t *from, size_t *num);

/* across_endpoint_sessions_of likewise, of one address, port and transport. */
const struct report_session **across_endpoint_sessions_of(const struct across *a, size_t *from,
                                                          size_t *num);

/* across_domain is the part of a name that is registered by somebody: its last two labels, or three
 * where the last but one is short, as in "example.co.uk". Empty: no such name. */
struct ht_bytes across_domain(struct ht_bytes name);

/* across_follows: a connection of `later` comes within that time after one of `earlier`, in the
 * same file: in another one an address may be another client's. `pair` is the first such pair. */
bool across_follows(const struct report_session *earlier, const struct report_session *later,
                    int64_t within_ns, struct report_sight pair[2]);

/* across_connection writes the id of a connection. */
enum { ACROSS_ID = 20 };
const char *across_connection(char out[ACROSS_ID], const struct report_sight *sight);

#endif
