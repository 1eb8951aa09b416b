#include "report/summary.h"

#include "base/large_pages.h"
#include "report/across.h"
#include "report/build.h"

#include <stdlib.h>

struct ht_summary {
    struct report_state state;
    struct ht_audit_count *counts; /* of the audit of one connection, by rule */
    struct ht_arena arena;
    struct ht_summary_data data;
};

struct ht_summary *ht_summary_new(const struct ht_analysis_settings *settings)
{
    struct ht_summary *summary    = calloc(1, sizeof *summary);
    struct ht_audit_count *counts = calloc(ht_audit_num_rules() + 1, sizeof *counts);
    if (summary == NULL || counts == NULL) {
        free(summary);
        free(counts);
        return NULL;
    }
    summary->counts = counts;
    report_state_init(&summary->state, settings);
    return summary;
}

void ht_summary_free(struct ht_summary *summary)
{
    if (summary != NULL) {
        report_state_free(&summary->state);
        ht_arena_clear(&summary->arena);
        free(summary->counts);
        free(summary);
    }
}

void ht_summary_take(void *summary, void *collector_state)
{
    report_state_merge(&((struct ht_summary *)summary)->state, collector_state);
}

void ht_summary_count(void *summary, void *audit_state)
{
    struct ht_summary *self = summary;
    for (size_t i = 0; i < ht_audit_num_rules(); i++) {
        const struct ht_audit_count more = ht_audit_counts(audit_state, i);
        self->counts[i].judged += more.judged;
        self->counts[i].found += more.found;
        for (size_t k = 0; k < HT_NUM_UNOBSERVABLE; k++) {
            self->counts[i].unobservable[k] += more.unobservable[k];
        }
    }
}

static int by_sight(const void *left, const void *right)
{
    const struct report_session *const *a = left, *const *b = right;
    return report_sight_before(&(*a)->sights.items[0], &(*b)->sights.items[0]) ? -1 : 1;
}

/* All kinds of sessions, by the first sight of each. */
static const struct report_session **by_time(struct ht_summary *summary)
{
    const struct report_table *table = &summary->state.sessions;
    const struct report_session **list =
        ht_arena_alloc(&summary->arena, (table->len + 1) * sizeof *list);
    for (size_t i = 0; list != NULL && i < table->len; i++) {
        list[i] = report_table_at(table, i);
    }
    if (list != NULL) {
        qsort(list, table->len, sizeof *list, by_sight);
    }
    return list;
}

/* Puts the sessions of one server together, since most loops are over these; those of one server
 * in order of time. `sessions`, which are by time, are where they are then. False: no memory. */
static bool gather_servers(struct ht_summary *summary, const struct report_session **sessions)
{
    struct report_table *table = &summary->state.sessions;
    const size_t num = table->len, num_servers = summary->state.servers.len;
    uint32_t *ends    = ht_arena_alloc(&summary->arena, (num_servers + 1) * sizeof *ends);
    uint32_t *places  = ht_arena_alloc(&summary->arena, num * sizeof *places + 1);
    const void **list = ht_arena_alloc(&summary->arena, num * sizeof *list + 1);
    if (ends == NULL || places == NULL || list == NULL) {
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        ends[sessions[i]->key.server]++;
    }
    for (size_t i = 1; i <= num_servers; i++) {
        ends[i] += ends[i - 1];
    }
    for (size_t i = num; i-- > 0;) {
        places[i]       = --ends[sessions[i]->key.server];
        list[places[i]] = sessions[i];
    }
    if (!report_table_reorder(table, list)) {
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        sessions[i] = report_table_at(table, places[i]);
    }
    return true;
}

bool ht_summary_finish(struct ht_summary *summary)
{
    const struct report_session **sessions = by_time(summary);
    struct across across                   = {.state        = &summary->state,
                                              .arena        = &summary->arena,
                                              .by_time      = sessions,
                                              .num_sessions = summary->state.sessions.len};
    report_values_forget(&summary->state);
    ht_heap_give_back();
    if (sessions == NULL || !gather_servers(summary, sessions) || !across_run(&across)) {
        return false;
    }
    struct build build = {.state        = &summary->state,
                          .arena        = &summary->arena,
                          .sessions     = sessions,
                          .by_server    = across.sessions,
                          .num_sessions = summary->state.sessions.len,
                          .out          = &summary->data};
    bool built         = build_labels(&build) && build_findings(&build) && build_lists(&build) &&
                 build_coverage(&build, summary->counts);
    report_state_shed(&summary->state);
    ht_heap_give_back();
    return built;
}

const struct ht_summary_data *ht_summary_data(const struct ht_summary *summary)
{
    return &summary->data;
}

enum ht_severity ht_summary_worst(const struct ht_summary *summary)
{
    const struct ht_finding_summary *findings = summary->data.findings.items;
    enum ht_severity worst                    = HT_NUM_SEVERITIES;
    for (size_t i = 0; i < summary->data.findings.len; i++) {
        enum ht_severity each = ht_severity_of(findings[i].severity);
        bool told = findings[i].verdict != NULL && strcmp(findings[i].verdict, "report") == 0;
        if (!told && (worst == HT_NUM_SEVERITIES || each > worst)) {
            worst = each;
        }
    }
    return worst;
}

enum ht_policy_verdict ht_summary_verdict(const struct ht_summary *summary)
{
    const struct ht_finding_summary *findings = summary->data.findings.items;
    enum ht_policy_verdict worst              = HT_POLICY_NONE;
    for (size_t i = 0; i < summary->data.findings.len; i++) {
        const char *word            = findings[i].verdict;
        enum ht_policy_verdict each = word != NULL ? ht_policy_verdict_of(word) : HT_POLICY_NONE;
        worst                       = each > worst ? each : worst;
    }
    return worst;
}

const struct ht_rule *ht_summary_rule(size_t index)
{
    const struct across_rule *rule = across_rule_at(index);
    return rule != NULL ? &rule->rule : NULL;
}

const struct ht_analysis_settings *ht_summary_settings(const struct ht_summary *summary)
{
    return summary->state.settings;
}
