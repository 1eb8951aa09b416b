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

/* What findings are put in order by, as small numbers. */
struct places {
    const struct report_table *rules;
    const uint32_t *ranks; /* of rules, by index */
    size_t num_rules;
};

static size_t place_by_rule(const struct places *p, const struct report_finding *finding)
{
    size_t severity = HT_NUM_SEVERITIES - finding->severity; /* the worst first */
    return severity * p->num_rules + p->ranks[finding->key.rule - 1];
}

/* What is one end's fault is not told of the other. */
static bool is_of(const struct places *p, const struct report_finding *finding, const char *end)
{
    const struct report_rule *rule = report_table_at(p->rules, finding->key.rule - 1);
    return rule->scope == NULL || strcmp(rule->scope, end) == 0;
}

static size_t place_by_server(const struct places *p, const struct report_finding *finding)
{
    return is_of(p, finding, "server") ? finding->key.server : 0;
}

static size_t place_by_client(const struct places *p, const struct report_finding *finding)
{
    return is_of(p, finding, "client") ? finding->key.ja4 : 0;
}

typedef size_t place_of(const struct places *p, const struct report_finding *finding);

/* By places, which are below `num_places`; those of one place as they were. NULL: no memory. */
static const struct report_finding **ordered(const struct build *b, const struct places *p,
                                             place_of *place, size_t num_places,
                                             const struct report_finding *const *findings)
{
    size_t num                        = b->state->findings.len;
    uint32_t *ends                    = ht_arena_alloc(b->arena, num_places * sizeof *ends + 1);
    const struct report_finding **out = ht_arena_alloc(b->arena, num * sizeof *out + 1);
    if (ends == NULL || out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < num; i++) {
        ends[place(p, findings[i])]++;
    }
    for (size_t i = 1; i < num_places; i++) {
        ends[i] += ends[i - 1];
    }
    for (size_t i = num; i-- > 0;) {
        out[--ends[place(p, findings[i])]] = findings[i];
    }
    return out;
}

/* The same rule of the same one, which other clients or servers kept apart, counts together. */
static struct ht_objects join(const struct build *b, const struct report_finding *const *own,
                              size_t num)
{
    struct report_tallies tallies = {.list = {.arena = b->arena}};
    for (size_t i = 0; i < num; i++) {
        const struct report_rule *rule = report_table_at(&b->state->rules, own[i]->key.rule - 1);
        report_tally(&tallies, ht_text(rule->id), (uint16_t)own[i]->severity, own[i]->count,
                     own[i]->span.first_ns, own[i]->span.last_ns);
    }
    return report_list_objects(&tallies.list);
}

/* To each place but 0 a list, from `lists[0]` on for place `first`; the worst rules first. */
static bool share_out(struct build *b, const struct report_finding *const *by_rule, place_of *place,
                      size_t num_places, struct ht_objects *lists, size_t first)
{
    const struct places p                   = {.rules = &b->state->rules};
    size_t num                              = b->state->findings.len;
    const struct report_finding *const *own = ordered(b, &p, place, num_places, by_rule);
    if (own == NULL || lists == NULL) {
        return false;
    }
    for (size_t i = 0, end = 0; i < num; i = end) {
        const size_t whom = place(&p, own[i]);
        while (end < num && place(&p, own[end]) == whom) {
            end++;
        }
        if (whom != 0) {
            lists[whom - first] = join(b, own + i, end - i);
        }
    }
    return true;
}

/* All of them, by the severity of each and its rule. */
static const struct report_finding **sort_by_rule(struct build *b)
{
    const struct report_table *table  = &b->state->findings;
    const struct places places        = {.ranks = ranks_of(b), .num_rules = b->state->rules.len};
    const struct report_finding **all = ht_arena_alloc(b->arena, table->len * sizeof *all + 1);
    if (all == NULL || places.ranks == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < table->len; i++) {
        all[i] = report_table_at(table, i);
    }
    return ordered(b, &places, place_by_rule, (HT_NUM_SEVERITIES + 1) * places.num_rules, all);
}

/* What each server and client is told of. */
static bool share_out_all(struct build *b)
{
    size_t servers = b->state->servers.len, names = b->state->names.table.len + 1;
    b->server_findings = ht_arena_alloc(b->arena, servers * sizeof(struct ht_objects) + 1);
    b->client_findings = ht_arena_alloc(b->arena, names * sizeof(struct ht_objects));
    const struct report_finding *const *by_rule = sort_by_rule(b);
    return by_rule != NULL &&
           share_out(b, by_rule, place_by_server, servers + 1, b->server_findings, 1) &&
           share_out(b, by_rule, place_by_client, names, b->client_findings, 0);
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
    bool shared = share_out_all(b);
    report_table_free(&state->findings); /* all that it told is told */
    return shared;
}
