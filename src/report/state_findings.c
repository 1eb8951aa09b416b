/*
 * Rules that are broken, and by whom.
 */
#include "report/state.h"

static uint32_t rule_of(struct report_state *state, const struct ht_finding *words)
{
    const uint32_t number    = report_names_add(&state->rule_ids, ht_text(words->id));
    struct report_rule *rule = number != 0 ? report_table_add(&state->rules, &number) : NULL;
    if (rule == NULL) {
        return 0;
    }
    if (rule->id == NULL) {
        *rule = (struct report_rule){.id_number   = number,
                                     .id          = words->id,
                                     .title       = words->title,
                                     .category    = words->category,
                                     .basis       = words->basis,
                                     .verdict     = words->verdict,
                                     .attack      = words->attack,
                                     .remediation = words->remediation,
                                     .scope       = words->scope,
                                     .references  = words->references};
    }
    return report_table_index(&state->rules, rule) + 1;
}

static size_t certainty(const char *basis)
{
    static const char *const bases[] = {"inferred", "derived", "observed"};
    size_t i                         = 0;
    while (i < HT_ARRAY_LEN(bases) && (basis == NULL || strcmp(basis, bases[i]) != 0)) {
        i++;
    }
    return i;
}

/* Of cases that are known in several ways, the least certain. */
static void weaken(struct report_rule *rule, const char *basis)
{
    if (basis != rule->basis && certainty(basis) < certainty(rule->basis)) {
        rule->basis = basis;
    }
}

/* A policy may have a clause for each value that it does not allow. */
static void cite(struct report_rule *rule, const char *clause, const struct report_sight *sight)
{
    if (clause != NULL && report_sight_before(sight, &rule->sight)) {
        rule->clause = clause;
        rule->sight  = *sight;
    }
}

/* A rule's id is mostly the same words at the same place. */
uint32_t report_rule_of(struct report_state *state, const struct ht_finding *words,
                        const struct report_sight *sight)
{
    struct report_recent *recent =
        &state->rules_recent[report_place_of(words->id) % REPORT_RECENT_RULES];
    if (recent->text != words->id) {
        *recent = (struct report_recent){.text = words->id, .number = rule_of(state, words)};
    }
    if (recent->number != 0) {
        struct report_rule *rule = report_table_at(&state->rules, recent->number - 1);
        weaken(rule, words->basis);
        cite(rule, words->clause, sight);
    }
    return recent->number;
}

struct report_finding *report_finding_of_rest(struct report_state *state, uint32_t rule)
{
    const struct report_finding_key key = {.rule = rule};
    return rule != 0 ? report_table_add(&state->rest_findings, &key) : NULL;
}

struct report_finding *report_finding_of(struct report_state *state,
                                         const struct report_finding_key *key, uint64_t hash,
                                         uint64_t count)
{
    struct report_finding *finding =
        key->rule != 0 ? report_table_add_hashed(&state->findings, key, hash) : NULL;
    if (finding != NULL) {
        return finding;
    }
    state->totals.findings_left_out += count;
    return report_finding_of_rest(state, key->rule);
}

void report_finding_count(struct report_finding *finding, uint32_t severity, uint64_t count,
                          const struct report_span *span)
{
    if (finding->count == 0) {
        finding->span = *span;
    }
    finding->severity = severity > finding->severity ? severity : finding->severity;
    finding->count += count;
    report_widen_by(&finding->span, span);
}

bool report_proof_is_kept(const struct report_finding *finding, const struct report_sight *sight)
{
    return report_sight_before(sight, &finding->proofs[REPORT_EXAMPLES - 1].sight);
}

void report_proof_add(struct report_state *state, struct report_finding *to,
                      const struct report_proof *proof)
{
    struct report_proof each = *proof;
    if (!report_proof_is_kept(to, &proof->sight)) {
        return;
    }
    each.evidence = ht_arena_copy(&state->arena, each.evidence);
    for (size_t i = 0; i < REPORT_EXAMPLES && each.sight.id != 0; i++) {
        if (report_sight_before(&each.sight, &to->proofs[i].sight)) {
            struct report_proof later = to->proofs[i];
            to->proofs[i]             = each;
            each                      = later;
        }
    }
}

static void add_cases(struct report_state *state, struct report_finding *to,
                      const struct report_finding *more)
{
    if (to == NULL) {
        return;
    }
    report_finding_count(to, more->severity, more->count, &more->span);
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        report_proof_add(state, to, &more->proofs[i]);
    }
}

void report_finding_add(struct report_state *state, const struct report_finding *more)
{
    const uint64_t hash = report_table_hash(&state->findings, &more->key);
    add_cases(state, report_finding_of(state, &more->key, hash, more->count), more);
}

void report_finding_add_rest(struct report_state *state, const struct report_finding *more)
{
    add_cases(state, report_finding_of_rest(state, more->key.rule), more);
}
