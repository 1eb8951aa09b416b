/*
 * Findings: of each rule one, with whom it concerns and what proves it.
 */
#include "report/build.h"

#include "analysis/rule.h"

#include <stdlib.h>

enum { SHOWN_EXAMPLES = 4, SHOWN_CONCERNS = 64 };

/* A rule, over all whom it concerns. */
struct rule_build {
    uint64_t count;
    uint32_t severity;
    struct report_span span;
    struct report_tallies servers, clients;
    struct report_proof proofs[SHOWN_EXAMPLES];
};

static void add_proof(struct rule_build *to, const struct report_proof *proof)
{
    struct report_proof each = *proof;
    for (size_t i = 0; i < SHOWN_EXAMPLES && each.sight.id != 0; i++) {
        const struct report_sight *sight = &to->proofs[i].sight;
        if (sight->id == each.sight.id && ht_bytes_equal(to->proofs[i].evidence, each.evidence)) {
            return;
        }
        if (report_sight_before(&each.sight, sight)) {
            struct report_proof later = to->proofs[i];
            to->proofs[i]             = each;
            each                      = later;
        }
    }
}

static void add_to_rule(const struct build *b, struct rule_build *to,
                        const struct report_finding *finding)
{
    int64_t first_ns = finding->span.first_ns, last_ns = finding->span.last_ns;
    bool first             = to->count == 0;
    to->servers.list.arena = b->arena;
    to->clients.list.arena = b->arena;
    to->span.first_ns      = first || first_ns < to->span.first_ns ? first_ns : to->span.first_ns;
    to->span.last_ns       = first || last_ns > to->span.last_ns ? last_ns : to->span.last_ns;
    to->severity           = finding->severity > to->severity ? finding->severity : to->severity;
    to->count += finding->count;
    report_tally(&to->servers, build_label(b, finding->key.server), 0, finding->count, first_ns,
                 last_ns);
    report_tally(&to->clients, build_text(b, finding->key.ja4), 0, finding->count, first_ns,
                 last_ns);
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        add_proof(to, &finding->proofs[i]);
    }
}

static struct ht_objects examples_of(const struct build *b, const struct rule_build *from)
{
    struct report_list list = {.arena = b->arena, .size = sizeof(struct ht_example)};
    for (size_t i = 0; i < SHOWN_EXAMPLES && from->proofs[i].sight.id != 0; i++) {
        const struct report_proof *proof = &from->proofs[i];
        struct ht_example *example       = report_list_add(&list);
        if (example != NULL) {
            *example =
                build_example(b, &proof->sight, proof->server, proof->frames, proof->num_frames);
            example->evidence = proof->evidence;
        }
    }
    return report_list_objects(&list);
}

static struct ht_objects head(struct ht_objects list, size_t len)
{
    list.len = list.len < len ? list.len : len;
    return list;
}

static void end_rule(const struct build *b, const struct report_rule *rule, struct rule_build *from,
                     struct ht_finding_summary *out)
{
    *out = (struct ht_finding_summary){
        .id            = rule->id,
        .severity      = ht_severity_name((enum ht_severity)from->severity),
        .title         = rule->title,
        .category      = rule->category,
        .basis         = rule->basis,
        .verdict       = rule->verdict,
        .clause        = rule->clause,
        .count         = from->count,
        .num_servers   = from->servers.list.len,
        .num_clients   = from->clients.list.len,
        .servers       = head(report_tallies_sorted(&from->servers), SHOWN_CONCERNS),
        .clients       = head(report_tallies_sorted(&from->clients), SHOWN_CONCERNS),
        .examples      = examples_of(b, from),
        .first_seen_ns = from->span.first_ns,
        .last_seen_ns  = from->span.last_ns,
        .references    = rule->references,
        .attack        = rule->attack,
        .remediation   = rule->remediation};
}

static int by_severity(const void *left, const void *right)
{
    const struct ht_finding_summary *a = left, *b = right;
    int order = (int)ht_severity_of(b->severity) - (int)ht_severity_of(a->severity);
    return order != 0 ? order : strcmp(a->id, b->id);
}

/*
 * Whose findings
 */

/* A rule of a server or client, for sorting. */
struct own_finding {
    uint32_t whom;
    uint32_t severity, rank; /* of the rule */
    const struct report_finding *finding;
};

/* A rule's place in the order of names. */
struct ranked_rule {
    const char *id;
    uint32_t index;
};

static int by_id(const void *left, const void *right)
{
    return strcmp(((const struct ranked_rule *)left)->id, ((const struct ranked_rule *)right)->id);
}

/* By index of a rule. NULL: no memory. */
static const uint32_t *ranks_of(const struct build *b)
{
    size_t num                = b->state->rules.len;
    struct ranked_rule *rules = ht_arena_alloc(b->arena, num * sizeof *rules + 1);
    uint32_t *ranks           = ht_arena_alloc(b->arena, num * sizeof *ranks + 1);
    if (rules == NULL || ranks == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < num; i++) {
        const struct report_rule *rule = report_table_at(&b->state->rules, i);
        rules[i]                       = (struct ranked_rule){.id = rule->id, .index = i};
    }
    qsort(rules, num, sizeof *rules, by_id);
    for (uint32_t i = 0; i < num; i++) {
        ranks[rules[i].index] = i;
    }
    return ranks;
}

static int by_whom(const void *left, const void *right)
{
    const struct own_finding *a = left, *b = right;
    if (a->whom != b->whom) {
        return a->whom < b->whom ? -1 : 1;
    }
    int order = (int)b->severity - (int)a->severity;
    return order != 0 ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

/* What is one end's fault is not told of the other. */
static bool is_of(const struct report_rule *rule, bool client)
{
    return rule->scope == NULL || strcmp(rule->scope, client ? "client" : "server") == 0;
}

/* One for each rule and whom it concerns: clients, else servers. */
static size_t gather(const struct build *b, const uint32_t *ranks, struct own_finding *own,
                     bool clients)
{
    size_t num = 0;
    for (size_t i = 0; i < b->state->findings.len; i++) {
        const struct report_finding *each = report_table_at(&b->state->findings, i);
        const struct report_rule *rule    = report_table_at(&b->state->rules, each->key.rule - 1);
        uint32_t whom                     = clients ? each->key.ja4 : each->key.server;
        if (whom != 0 && is_of(rule, clients)) {
            own[num++] = (struct own_finding){.whom     = whom,
                                              .severity = each->severity,
                                              .rank     = ranks[each->key.rule - 1],
                                              .finding  = each};
        }
    }
    qsort(own, num, sizeof *own, by_whom);
    return num;
}

/* The same rule of the same one, which other clients or servers kept apart, counts together. */
static struct ht_objects join(const struct build *b, const struct own_finding *own, size_t num)
{
    struct report_tallies tallies = {.list = {.arena = b->arena}};
    for (size_t i = 0; i < num; i++) {
        const struct report_finding *each = own[i].finding;
        const struct report_rule *rule    = report_table_at(&b->state->rules, each->key.rule - 1);
        report_tally(&tallies, ht_text(rule->id), (uint16_t)own[i].severity, each->count,
                     each->span.first_ns, each->span.last_ns);
    }
    return report_list_objects(&tallies.list);
}

static bool share_out(struct build *b, const uint32_t *ranks, struct ht_objects *lists,
                      size_t first, bool clients)
{
    size_t len              = b->state->findings.len;
    struct own_finding *own = ht_arena_alloc(b->arena, len * sizeof *own + 1);
    if (own == NULL || ranks == NULL || lists == NULL) {
        return false;
    }
    size_t num = gather(b, ranks, own, clients);
    for (size_t i = 0, end = 0; i < num; i = end) {
        while (end < num && own[end].whom == own[i].whom) {
            end++;
        }
        lists[own[i].whom - first] = join(b, own + i, end - i);
    }
    return true;
}

bool build_findings(struct build *b)
{
    struct report_state *state     = b->state;
    size_t num                     = state->rules.len;
    struct rule_build *rules       = ht_arena_alloc(b->arena, num * sizeof *rules + 1);
    struct ht_finding_summary *out = ht_arena_alloc(b->arena, num * sizeof *out + 1);
    size_t len                     = 0;
    if (rules == NULL || out == NULL) {
        return false;
    }
    for (size_t i = 0; i < state->findings.len; i++) {
        const struct report_finding *each = report_table_at(&state->findings, i);
        add_to_rule(b, &rules[each->key.rule - 1], each);
    }
    for (size_t i = 0; i < num; i++) {
        if (rules[i].count > 0) {
            end_rule(b, report_table_at(&state->rules, i), &rules[i], &out[len++]);
        }
    }
    b->out->findings = (struct ht_objects){.items = out, .len = len};
    build_sort(b->out->findings, sizeof *out, by_severity);
    size_t names = state->names.table.len + 1;
    b->server_findings =
        ht_arena_alloc(b->arena, state->servers.len * sizeof(struct ht_objects) + 1);
    b->client_findings    = ht_arena_alloc(b->arena, names * sizeof(struct ht_objects));
    const uint32_t *ranks = ranks_of(b);
    bool shared           = share_out(b, ranks, b->server_findings, 1, false) &&
                  share_out(b, ranks, b->client_findings, 0, true);
    report_table_free(&state->findings); /* all that it told is told */
    return shared;
}
