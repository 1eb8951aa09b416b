#include "policy/contents.h"

#include <stdlib.h>
#include <string.h>

static const char *const verdicts[] = {
    [HT_POLICY_REPORT] = "report", [HT_POLICY_WARN] = "warn", [HT_POLICY_FAIL] = "fail"};

enum ht_policy_verdict ht_policy_verdict_of(const char *word)
{
    unsigned i = HT_POLICY_FAIL;
    while (i > HT_POLICY_NONE && strcmp(verdicts[i], word) != 0) {
        i--;
    }
    return (enum ht_policy_verdict)i;
}

const char *ht_policy_verdict_name(enum ht_policy_verdict verdict)
{
    return verdicts[verdict];
}

struct ht_policy *ht_policy_open(const char *name, const struct ht_policy_checks *checks,
                                 struct ht_error *error)
{
    struct ht_policy *policy = calloc(1, sizeof *policy);
    if (policy == NULL) {
        ht_fail(error, "%s: no memory", name);
        return NULL;
    }
    if (!policy_read(policy, name, checks, error)) {
        ht_policy_free(policy);
        return NULL;
    }
    return policy;
}

void ht_policy_free(struct ht_policy *policy)
{
    if (policy != NULL) {
        ht_arena_clear(&policy->arena);
        free(policy);
    }
}

const char *ht_policy_name(const struct ht_policy *policy)
{
    return policy->name;
}

const char *ht_policy_title(const struct ht_policy *policy)
{
    return policy->title;
}

const char *ht_policy_source(const struct ht_policy *policy)
{
    return policy->source;
}

static int compare_rule(const void *id, const void *rule)
{
    return strcmp(id, ((const struct policy_rule *)rule)->id);
}

struct ht_policy_rule ht_policy_rule(const struct ht_policy *policy, const char *rule_id)
{
    if (policy == NULL) {
        return (struct ht_policy_rule){.verdict = HT_POLICY_WARN};
    }
    const struct policy_rule *rule =
        policy->num_rules == 0
            ? NULL
            : bsearch(rule_id, policy->rules, policy->num_rules, sizeof *rule, compare_rule);
    return rule != NULL ? rule->asked : (struct ht_policy_rule){.verdict = policy->unnamed};
}

static int compare_entry(const void *name, const void *entry)
{
    return strcmp(name, ((const struct policy_entry *)entry)->name);
}

static bool holds(const struct policy_entry *entry, int64_t at_ns)
{
    return (entry->from_ns == 0 || at_ns >= entry->from_ns) &&
           (entry->until_ns == 0 || at_ns < entry->until_ns);
}

bool ht_policy_has(const struct ht_policy *policy, enum ht_policy_list list)
{
    return policy != NULL && policy->lists[list].given;
}

bool ht_policy_allows(const struct ht_policy *policy, enum ht_policy_list list, const char *value,
                      int64_t at_ns, const char **clause)
{
    const char *unused;
    clause  = clause != NULL ? clause : &unused;
    *clause = NULL;
    if (!ht_policy_has(policy, list)) {
        return true;
    }
    const struct policy_list *in = &policy->lists[list];
    const struct policy_entry *entry =
        bsearch(value, in->entries, in->num, sizeof *entry, compare_entry);
    *clause = entry != NULL && entry->clause != NULL ? entry->clause : in->clause;
    return entry != NULL && holds(entry, at_ns);
}

uint64_t ht_policy_number(const struct ht_policy *policy, enum ht_policy_number number,
                          int64_t at_ns, const char **clause)
{
    const struct policy_bound *holding = NULL;
    for (size_t i = 0; policy != NULL && i < policy->numbers[number].num; i++) {
        const struct policy_bound *bound = &policy->numbers[number].bounds[i];
        holding = bound->from_ns == 0 || at_ns >= bound->from_ns ? bound : holding;
    }
    if (clause != NULL) {
        *clause = holding != NULL ? holding->clause : NULL;
    }
    return holding != NULL ? holding->value : 0;
}
