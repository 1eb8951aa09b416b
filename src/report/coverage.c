/*
 * What was seen, and what could not be judged, and why.
 */
#include "report/across.h"
#include "report/build.h"

static void name_reason(const void *context, struct ht_tally *tally)
{
    (void)context;
    tally->name = ht_text(ht_unobservable_name((enum ht_unobservable)(tally->number - 1)));
}

/* What could not be judged, by reason. */
static struct ht_objects reasons_of(const struct build *b, const struct ht_audit_count *count)
{
    const struct report_naming naming = {.name = name_reason};
    const struct report_span never    = {0};
    struct report_tallies tallies     = report_tallies(b->scratch);
    for (unsigned i = 0; i < HT_NUM_UNOBSERVABLE; i++) {
        if (count->unobservable[i] > 0) {
            (void)report_tally(&tallies, i + 1, count->unobservable[i], &never);
        }
    }
    return report_tallies_most(&tallies, &naming, HT_NUM_UNOBSERVABLE, b->arena);
}

static uint64_t times_found(const struct build *b, const char *id)
{
    const struct ht_finding_summary *findings = b->out->findings.items;
    for (size_t i = 0; i < b->out->findings.len; i++) {
        if (strcmp(findings[i].id, id) == 0) {
            return findings[i].count;
        }
    }
    return 0;
}

/* One connection may show it too, and then what could be judged is told there. */
static bool is_of_one(const char *id)
{
    const struct ht_rule *rule;
    for (size_t i = 0; (rule = ht_audit_rule(i)) != NULL; i++) {
        if (strcmp(rule->id, id) == 0) {
            return true;
        }
    }
    return false;
}

static struct ht_objects build_rules(const struct build *b, const struct ht_audit_count *audit)
{
    struct report_list list = {.arena = b->arena, .size = sizeof(struct ht_rule_coverage)};
    for (size_t i = 0; ht_audit_rule(i) != NULL; i++) {
        struct ht_rule_coverage *out =
            audit[i].judged > 0 || reasons_of(b, &audit[i]).len > 0 ? report_list_add(&list) : NULL;
        if (out != NULL) {
            *out = (struct ht_rule_coverage){.id             = ht_audit_rule(i)->id,
                                             .title          = ht_audit_rule(i)->title,
                                             .judged         = audit[i].judged,
                                             .found          = audit[i].found,
                                             .not_observable = reasons_of(b, &audit[i])};
        }
    }
    const struct across_rule *rule;
    for (size_t i = 0; (rule = across_rule_at(i)) != NULL; i++) {
        const struct ht_audit_count *count = &b->state->counts[rule->subject];
        struct ht_rule_coverage *out = is_of_one(rule->rule.id) ? NULL : report_list_add(&list);
        if (out != NULL) {
            *out = (struct ht_rule_coverage){.id             = rule->rule.id,
                                             .title          = rule->rule.title,
                                             .judged         = count->judged,
                                             .found          = times_found(b, rule->rule.id),
                                             .not_observable = reasons_of(b, count)};
        }
    }
    return report_list_objects(&list);
}

static void add_profile(const struct build *b, struct ht_coverage *out)
{
    const struct ht_profile *profile = build_profile_end(b, b->all, NULL);
    if (profile != NULL) {
        out->established   = profile->established;
        out->failed        = profile->failed;
        out->resumed       = profile->resumed;
        out->protocols     = profile->protocols;
        out->versions      = profile->versions;
        out->failures      = profile->failures;
        out->post_quantum  = profile->post_quantum;
        out->exposed_bytes = profile->exposed_bytes;
    }
}

bool build_coverage(struct build *b, const struct ht_audit_count *audit)
{
    const struct report_state *state   = b->state;
    const struct report_totals *t      = &state->totals;
    const struct ht_audit_count *shown = &state->counts[REPORT_OF_CERTIFICATES];
    struct ht_coverage *out            = ht_arena_alloc(b->arena, sizeof *out);
    if (out == NULL) {
        return false;
    }
    *out =
        (struct ht_coverage){.connections         = t->connections,
                             .tls_connections     = t->tls_connections,
                             .incomplete          = t->incomplete,
                             .one_sided           = t->one_sided,
                             .midstream           = t->midstream,
                             .truncated           = t->truncated,
                             .limited             = t->limited,
                             .left_out            = t->left_out,
                             .findings_left_out   = t->findings_left_out,
                             .forgotten           = t->forgotten,
                             .moduli              = t->moduli,
                             .moduli_left_out     = t->moduli_left_out,
                             .certificates_seen   = shown->judged,
                             .certificates_hidden = shown->unobservable[HT_UNOBSERVABLE_ENCRYPTED],
                             .servers             = b->out->servers.len,
                             .clients             = b->out->clients.len,
                             .first_seen_ns       = t->connections > 0 ? state->span.first_ns : 0,
                             .last_seen_ns        = t->connections > 0 ? state->span.last_ns : 0};
    add_profile(b, out);
    out->rules       = build_rules(b, audit);
    b->out->coverage = out;
    return true;
}
