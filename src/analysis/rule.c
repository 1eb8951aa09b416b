#include "analysis/rule.h"

#include "analysis/finding.h"
#include "policy/policy.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const severities[] = {
    [HT_INFO] = "info", [HT_LOW] = "low",           [HT_MEDIUM] = "medium",
    [HT_HIGH] = "high", [HT_CRITICAL] = "critical",
};

enum ht_severity ht_severity_of(const char *word)
{
    unsigned i = 0;
    while (i < HT_NUM_SEVERITIES && strcmp(severities[i], word) != 0) {
        i++;
    }
    return (enum ht_severity)i;
}

const char *ht_severity_name(enum ht_severity severity)
{
    return severities[severity];
}

static void add_frame(struct ht_proof *out, uint64_t frame)
{
    for (size_t i = 0; i < out->num_frames; i++) {
        if (out->frames[i] == frame) {
            return;
        }
    }
    if (frame != 0 && out->num_frames < HT_ARRAY_LEN(out->frames)) {
        out->frames[out->num_frames++] = frame;
    }
}

bool ht_proof_say(struct ht_proof *out, uint64_t frame, uint64_t frame_2, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)vsnprintf(out->evidence, sizeof out->evidence, format, values);
    va_end(values);
    add_frame(out, frame);
    add_frame(out, frame_2);
    return true;
}

/* What the policy says in place of the rule. */
static const char *severity_of(const struct ht_policy_rule *asked, const struct ht_rule *rule,
                               const struct ht_proof *proof)
{
    if (asked->verdict == HT_POLICY_REPORT) {
        return severities[HT_INFO];
    }
    if (asked->severity != NULL) {
        return asked->severity;
    }
    return proof->severity != NULL ? proof->severity : rule->severity;
}

void ht_rule_find(struct ht_connection *c, struct ht_arena *arena, const struct ht_policy *policy,
                  const struct ht_rule *rule, const struct ht_proof *proof)
{
    static const char *const verdicts[] = {NULL, "report", "warn", "fail"};
    const struct ht_policy_rule asked   = ht_policy_rule(policy, rule->id);
    if (asked.verdict == HT_POLICY_NONE) {
        return;
    }
    struct ht_bytes *references = ht_arena_alloc(arena, HT_RULE_REFERENCES * sizeof *references);
    size_t num                  = 0;
    while (references != NULL && num < HT_RULE_REFERENCES && rule->references[num] != NULL) {
        references[num] = ht_text(rule->references[num]);
        num++;
    }
    const struct ht_finding finding = {.id       = rule->id,
                                       .severity = severity_of(&asked, rule, proof),
                                       .title    = rule->title,
                                       .category = rule->category,
                                       .basis    = proof->basis != NULL ? proof->basis : "observed",
                                       .verdict  = policy != NULL ? verdicts[asked.verdict] : NULL,
                                       .clause   = asked.clause,
                                       .evidence = ht_text(proof->evidence),
                                       .frames = {.items = proof->frames, .len = proof->num_frames},
                                       .references  = {.items = references, .len = num},
                                       .attack      = rule->attack,
                                       .remediation = rule->remediation};
    ht_finding_add(c, arena, &finding);
}
