#include "analysis/rule.h"

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

bool ht_captured_whole(const struct ht_connection *c)
{
    const struct ht_capture_quality *q = c->capture;
    bool opened = c->tcp == NULL || (c->tcp->syn_frame != 0 && c->tcp->syn_ack_frame != 0);
    return opened && q->missing_bytes == 0 && q->truncated_frames == 0 &&
           q->conflicting_overlaps == 0 && !q->one_sided && !q->limit_reached;
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

/* The findings of a connection, with room for one more; NULL: there is none. */
static struct ht_finding *make_room(const struct ht_connection *c, struct ht_arena *arena)
{
    enum { STEP = 8 };
    size_t num = c->findings.len;
    if (num % STEP != 0) {
        return (struct ht_finding *)(uintptr_t)c->findings.items;
    }
    struct ht_finding *list = ht_arena_alloc(arena, (num + STEP) * sizeof *list);
    if (list != NULL && num > 0) {
        memcpy(list, c->findings.items, num * sizeof *list);
    }
    return list;
}

/* Adds a copy of `finding` behind those that are there, with its evidence and frames; nothing where
 * there is no room. */
static void add_finding(struct ht_connection *c, struct ht_arena *arena,
                        const struct ht_finding *finding)
{
    size_t num              = c->findings.len;
    struct ht_finding *list = make_room(c, arena);
    uint64_t *frames        = ht_arena_alloc(arena, finding->frames.len * sizeof *frames);
    if (list == NULL || (frames == NULL && finding->frames.len > 0)) {
        return;
    }
    if (finding->frames.len > 0) {
        memcpy(frames, finding->frames.items, finding->frames.len * sizeof *frames);
    }
    list[num]          = *finding;
    list[num].evidence = ht_arena_copy(arena, finding->evidence);
    list[num].frames   = (struct ht_uints){.items = frames, .len = finding->frames.len};
    c->findings        = (struct ht_objects){.items = list, .len = num + 1};
}

void ht_rule_find(struct ht_connection *c, struct ht_arena *arena, const struct ht_policy *policy,
                  const struct ht_rule *rule, const struct ht_proof *proof)
{
    const struct ht_policy_rule asked = ht_policy_rule(policy, rule->id);
    if (asked.verdict == HT_POLICY_NONE) {
        return;
    }
    const struct ht_finding finding = {
        .id          = rule->id,
        .severity    = severity_of(&asked, rule, proof),
        .title       = rule->title,
        .category    = rule->category,
        .basis       = proof->basis != NULL ? proof->basis : "observed",
        .verdict     = policy != NULL ? ht_policy_verdict_name(asked.verdict) : NULL,
        .clause      = proof->clause != NULL ? proof->clause : asked.clause,
        .evidence    = ht_text(proof->evidence),
        .frames      = {.items = proof->frames, .len = proof->num_frames},
        .references  = rule->references[0] != NULL ? rule->references : NULL,
        .attack      = rule->attack,
        .remediation = rule->remediation,
        .scope       = rule->scope};
    add_finding(c, arena, &finding);
}
