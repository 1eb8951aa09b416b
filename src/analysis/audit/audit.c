#include "analysis/audit/case.h"

#include "policy/policy.h"

enum { MAX_RULES = 256 };

static const struct audit_table *const tables[] = {
    &audit_version_rules,   &audit_cipher_rules,    &audit_kex_rules,         &audit_session_rules,
    &audit_signature_rules, &audit_extension_rules, &audit_certificate_rules, &audit_dns_rules,
    &audit_starttls_rules,  &audit_failure_rules,   &audit_policy_rules,
};

struct state {
    const struct ht_analysis_settings *settings;
    struct ht_audit_count counts[MAX_RULES]; /* by index of the rule */
};

const char *ht_unobservable_name(enum ht_unobservable reason)
{
    static const char *const names[] = {
        [HT_UNOBSERVABLE_ENCRYPTED]     = "encrypted",
        [HT_UNOBSERVABLE_NOT_SENT]      = "not_sent",
        [HT_UNOBSERVABLE_LOST]          = "lost_in_capture",
        [HT_UNOBSERVABLE_ONE_SIDED]     = "one_sided",
        [HT_UNOBSERVABLE_NOT_COMPLETED] = "not_completed",
        [HT_UNOBSERVABLE_NO_TRUST]      = "no_trust_store",
        [HT_UNOBSERVABLE_NOT_VERIFIED]  = "not_verified",
        [HT_UNOBSERVABLE_NO_DNS]        = "no_dns",
        [HT_UNOBSERVABLE_NO_KEYS]       = "no_key_log",
    };
    return names[reason];
}

static const struct audit_rule *find_rule(size_t index)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        if (index < tables[i]->num) {
            return &tables[i]->rules[index];
        }
        index -= tables[i]->num;
    }
    return NULL;
}

const struct ht_rule *ht_audit_rule(size_t index)
{
    const struct audit_rule *rule = find_rule(index);
    return rule != NULL ? &rule->rule : NULL;
}

size_t ht_audit_num_rules(void)
{
    size_t num = 0;
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        num += tables[i]->num;
    }
    return num;
}

const struct ht_audit_count *ht_audit_counts(const void *state, size_t index)
{
    return &((const struct state *)state)->counts[index];
}

/* The first thing that the rule needs and the case has not; AUDIT_NUM_NEEDS: none. */
static unsigned first_lack(const struct audit_rule *rule, const struct audit_case *c)
{
    unsigned lacking = rule->needs & ~c->has;
    return lacking != 0 ? (unsigned)__builtin_ctz(lacking) : AUDIT_NUM_NEEDS;
}

static void judge_rule(struct state *state, struct ht_audit_count *count,
                       const struct audit_rule *rule, const struct audit_case *c,
                       struct ht_connection *into, struct ht_arena *arena)
{
    struct ht_proof proof;
    if (c->tls == NULL && !rule->any) {
        return;
    }
    unsigned lack = first_lack(rule, c);
    if (lack != AUDIT_NUM_NEEDS) {
        count->unobservable[c->lacks[lack]]++;
        return;
    }
    if (rule->applies != NULL && !rule->applies(c)) {
        return;
    }
    count->judged++;
    proof.num_frames = 0;
    proof.basis = proof.severity = NULL;
    if (rule->found(c, &proof)) {
        count->found++;
        ht_rule_find(into, arena, state->settings->policy, &rule->rule, &proof);
    }
}

static void judge(void *opaque, struct ht_analysis *a, struct ht_connection *connection)
{
    struct state *state           = opaque;
    struct ht_audit_count *counts = state->counts;
    struct audit_case c;
    audit_look(&c, state->settings, connection);
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        for (size_t k = 0; k < tables[i]->num; k++) {
            judge_rule(state, counts++, &tables[i]->rules[k], &c, connection, a->arena);
        }
    }
}

static bool init(void *opaque, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *state = opaque;
    state->settings     = settings;
    return ht_audit_num_rules() <= MAX_RULES ||
           ht_fail(error, "more audit rules than there is room for");
}

const struct ht_analyzer ht_audit_analyzer = {
    .name       = "audit",
    .state_size = sizeof(struct state),
    .init       = init,
    .judge      = judge,
};
