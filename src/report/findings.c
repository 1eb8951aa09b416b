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
        const bool before                = report_sight_before(&each.sight, sight);
        if (sight->id == each.sight.id && ht_bytes_equal(to->proofs[i].evidence, each.evidence)) {
            to->proofs[i] = before ? each : to->proofs[i];
            return;
        }
        if (before) {
            struct report_proof later = to->proofs[i];
            to->proofs[i]             = each;
            each                      = later;
        }
    }
}

static void begin_rule(struct rule_build *rule)
{
    const struct rule_build old = *rule;
    *rule                       = (struct rule_build){
                              .span = {INT64_MAX, INT64_MIN}, .servers = old.servers, .clients = old.clients};
    report_tallies_clear(&rule->servers);
    report_tallies_clear(&rule->clients);
}

/* But whom it concerns. */
static void add_cases(struct rule_build *to, const struct report_finding *finding)
{
    report_widen_by(&to->span, &finding->span);
    to->severity = finding->severity > to->severity ? finding->severity : to->severity;
    to->count += finding->count;
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        if (report_sight_before(&finding->proofs[i].sight, &to->proofs[SHOWN_EXAMPLES - 1].sight)) {
            add_proof(to, &finding->proofs[i]);
        }
    }
}

static void add_to_rule(struct rule_build *to, const struct report_finding *finding)
{
    add_cases(to, finding);
    (void)report_tally(&to->servers, finding->key.server, finding->count, &finding->span);
    (void)report_tally(&to->clients, finding->key.ja4, finding->count, &finding->span);
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

static void name_server(const void *build, struct ht_tally *tally)
{
    tally->name = build_label(build, tally->number);
}

/* `rest`: the cases in `from` that have no server and no client; NULL: there are none. */
static void end_rule(const struct build *b, const struct report_rule *rule,
                     const struct report_finding *rest, struct rule_build *from,
                     struct ht_finding_summary *out)
{
    const struct report_naming server = {name_server, b}, client = {build_name, b};
    *out = (struct ht_finding_summary){
        .id            = rule->id,
        .severity      = ht_severity_name((enum ht_severity)from->severity),
        .title         = rule->title,
        .category      = rule->category,
        .basis         = rule->basis,
        .verdict       = rule->verdict,
        .clause        = rule->clause,
        .count         = from->count,
        .left_out      = rest != NULL ? rest->count : 0,
        .num_servers   = from->servers.len,
        .num_clients   = from->clients.len,
        .servers       = report_tallies_most(&from->servers, &server, SHOWN_CONCERNS, b->arena),
        .clients       = report_tallies_most(&from->clients, &client, SHOWN_CONCERNS, b->arena),
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

/* Whether what a rule tells is told of an end: what is one end's fault is not told of the other. By
 * index of a rule. NULL: no memory. */
static const bool *told_of(const struct build *b, const char *end)
{
    const struct report_table *rules = &b->state->rules;
    bool *told                       = ht_arena_alloc(b->scratch, rules->len + 1);
    for (size_t i = 0; told != NULL && i < rules->len; i++) {
        const struct report_rule *rule = report_table_at(rules, i);
        told[i]                        = rule->scope == NULL || strcmp(rule->scope, end) == 0;
    }
    return told;
}

/* The same rule of the same one, which other clients or servers kept apart, counts together. */
static void lay(const struct build *b, struct report_tallies *to,
                const struct report_finding *finding)
{
    struct ht_tally *tally = report_tally(to, finding->key.rule, finding->count, &finding->span);
    if (tally != NULL && tally->name.len == 0) { /* it is new: the worst case */
        const struct report_rule *rule = report_table_at(&b->state->rules, finding->key.rule - 1);
        tally->name                    = ht_text(rule->id);
        tally->id                      = (uint16_t)finding->severity;
    }
}

/* To each of those whom the findings concern, by number below `bound`, a list; `worst` are the
 * findings, the worst first. NULL: no memory. */
static const struct ht_objects *share_out(const struct build *b,
                                          const struct report_finding *const *worst,
                                          const uint32_t *whom, size_t bound, const bool *told)
{
    struct ht_objects *lists      = ht_arena_alloc(b->scratch, bound * sizeof *lists);
    struct report_tallies tallies = report_tallies(b->scratch);
    struct report_groups own;
    if (lists == NULL || told == NULL ||
        !report_group(&own, b->scratch, worst, whom, b->state->findings.len, bound)) {
        return NULL;
    }
    for (size_t i = 1; i < bound; i++) {
        report_tallies_clear(&tallies);
        const struct report_finding *const *findings = own.items;
        for (size_t k = own.starts[i]; k < own.starts[i + 1]; k++) {
            if (told[findings[k]->key.rule - 1]) {
                lay(b, &tallies, findings[k]);
            }
        }
        lists[i] = report_tallies_list(&tallies, b->arena);
    }
    return lists;
}

/* What each server and client is told of; `numbers`: room for one of each finding. */
static bool share_out_all(struct build *b, const struct report_finding *const *worst,
                          uint32_t *numbers)
{
    const size_t num = b->state->findings.len;
    for (size_t i = 0; i < num; i++) {
        numbers[i] = worst[i]->key.server;
    }
    b->server_findings =
        share_out(b, worst, numbers, b->state->servers.len + 1, told_of(b, "server"));
    for (size_t i = 0; i < num; i++) {
        numbers[i] = worst[i]->key.ja4;
    }
    b->client_findings =
        share_out(b, worst, numbers, b->state->names.table.len + 1, told_of(b, "client"));
    return b->server_findings != NULL && b->client_findings != NULL;
}

/*
 * All findings
 */

/* A rule's place in the order of names. */
struct ranked_rule {
    const char *id;
    uint32_t index;
};

static int by_id(const void *left, const void *right)
{
    return strcmp(((const struct ranked_rule *)left)->id, ((const struct ranked_rule *)right)->id);
}

/* By rank. NULL: no memory. */
static const struct ranked_rule *rank(const struct build *b)
{
    size_t num                = b->state->rules.len;
    struct ranked_rule *rules = ht_arena_alloc(b->scratch, num * sizeof *rules + 1);
    for (uint32_t i = 0; rules != NULL && i < num; i++) {
        const struct report_rule *rule = report_table_at(&b->state->rules, i);
        rules[i]                       = (struct ranked_rule){.id = rule->id, .index = i};
    }
    if (rules != NULL) {
        qsort(rules, num, sizeof *rules, by_id);
    }
    return rules;
}

/* By the rank of the rule. `numbers`: room for one of each. False: no memory. */
static bool group_by_rule(struct build *b, const struct ranked_rule *rules, uint32_t *numbers,
                          struct report_groups *out)
{
    const struct report_table *table  = &b->state->findings;
    const size_t num_rules            = b->state->rules.len;
    uint32_t *ranks                   = ht_arena_alloc(b->scratch, num_rules * sizeof *ranks + 1);
    const struct report_finding **all = ht_arena_alloc(b->scratch, table->len * sizeof *all + 1);
    if (ranks == NULL || all == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < num_rules; i++) {
        ranks[rules[i].index] = i;
    }
    for (size_t i = 0; i < table->len; i++) {
        all[i]     = report_table_at(table, i);
        numbers[i] = ranks[all[i]->key.rule - 1];
    }
    return report_group(out, b->scratch, all, numbers, table->len, num_rules);
}

/* Of each rule one. False: no memory. */
static bool build_rules(struct build *b, const struct ranked_rule *rules,
                        const struct report_groups *by_rule)
{
    struct report_state *state                   = b->state;
    const struct report_finding *const *findings = by_rule->items;
    struct ht_finding_summary *out = ht_arena_alloc(b->arena, state->rules.len * sizeof *out + 1);
    struct rule_build build        = {.servers = report_tallies(b->scratch),
                                      .clients = report_tallies(b->scratch)};
    size_t len                     = 0;
    for (size_t i = 0; out != NULL && i < state->rules.len; i++) {
        const struct report_finding_key key = {.rule = rules[i].index + 1};
        const struct report_finding *rest   = report_table_find(&state->rest_findings, &key);
        begin_rule(&build);
        for (size_t k = by_rule->starts[i]; k < by_rule->starts[i + 1]; k++) {
            add_to_rule(&build, findings[k]);
        }
        if (rest != NULL) {
            add_cases(&build, rest);
        }
        if (build.count > 0) {
            end_rule(b, report_table_at(&state->rules, rules[i].index), rest, &build, &out[len++]);
        }
    }
    b->out->findings = (struct ht_objects){.items = out, .len = len};
    build_sort(b->out->findings, sizeof *out, by_severity);
    return out != NULL;
}

bool build_findings(struct build *b)
{
    const size_t num                = b->state->findings.len;
    const struct ranked_rule *rules = rank(b);
    uint32_t *numbers               = ht_arena_alloc(b->scratch, num * sizeof *numbers + 1);
    struct report_groups by_rule, worst;
    if (rules == NULL || numbers == NULL || !group_by_rule(b, rules, numbers, &by_rule) ||
        !build_rules(b, rules, &by_rule)) {
        return false;
    }
    const struct report_finding *const *findings = by_rule.items;
    for (size_t i = 0; i < num; i++) {
        numbers[i] = HT_NUM_SEVERITIES - findings[i]->severity;
    }
    bool shared = report_group(&worst, b->scratch, findings, numbers, num, HT_NUM_SEVERITIES + 1) &&
                  share_out_all(b, worst.items, numbers);
    report_table_free(&b->state->findings); /* all that it told is told */
    return shared;
}
