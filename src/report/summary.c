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
    ht_audit_add_counts(audit_state, ((struct ht_summary *)summary)->counts);
}

/*
 * The order of servers and sessions
 */

enum { ENDPOINT = offsetof(struct report_server_key, name) };

/* As the list of servers is ordered: by address, port and transport, then by name. */
static int by_server(const void *left, const void *right, void *names)
{
    const struct report_server *const *one = left, *const *other = right;
    const struct report_server_key *a = &(*one)->key, *b = &(*other)->key;
    int order = a->version - b->version;
    order     = order != 0 ? order : memcmp(a->address, b->address, sizeof a->address);
    order     = order != 0 ? order : a->port - b->port;
    order     = order != 0 ? order : a->udp - b->udp;
    return order != 0 || a->name == b->name
               ? order
               : report_compare_bytes(report_names_text(names, a->name),
                                      report_names_text(names, b->name));
}

/* By number of a server, its index plus one, its place among all. NULL: no memory. */
static const uint32_t *places_of_servers(struct report_state *state, struct ht_arena *scratch)
{
    const struct report_table *table  = &state->servers;
    const struct report_server **list = ht_arena_alloc(scratch, (table->len + 1) * sizeof *list);
    uint32_t *places                  = ht_arena_alloc(scratch, (table->len + 1) * sizeof *places);
    if (list == NULL || places == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < table->len; i++) {
        list[i] = report_table_at(table, i);
    }
    qsort_r(list, table->len, sizeof *list, by_server, &state->names);
    for (uint32_t i = 0; i < table->len; i++) {
        places[report_table_index(table, list[i]) + 1] = i;
    }
    return places;
}

static int by_sight(const void *left, const void *right)
{
    const struct report_session *const *a = left, *const *b = right;
    return report_sight_before(&(*a)->sights.items[0], &(*b)->sights.items[0]) ? -1 : 1;
}

/* Puts the sessions of one server together, since most loops are over these, in order of time; the
 * servers in the order of their list. False: no memory. */
static bool gather_servers(struct report_state *state, struct across *a)
{
    struct report_table *table = &state->sessions;
    const size_t num           = table->len;
    const uint32_t *places     = places_of_servers(state, a->arena);
    uint32_t *numbers          = ht_arena_alloc(a->arena, num * sizeof *numbers + 1);
    a->sessions                = ht_arena_alloc(a->arena, (num + 1) * sizeof *a->sessions);
    struct report_groups own;
    if (places == NULL || numbers == NULL || a->sessions == NULL) {
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        a->sessions[i] = report_table_at(table, i);
        numbers[i]     = places[a->sessions[i]->key.server];
    }
    if (!report_group(&own, a->arena, a->sessions, numbers, num, state->servers.len)) {
        return false;
    }
    const struct report_session **sessions = own.items;
    for (size_t i = 0; i < state->servers.len; i++) {
        const size_t len = own.starts[i + 1] - own.starts[i];
        if (len > 1) {
            qsort(sessions + own.starts[i], len, sizeof *sessions, by_sight);
        }
    }
    bool gathered = report_table_reorder(table, sessions);
    for (size_t i = 0; gathered && i < num; i++) {
        a->sessions[i] = report_table_at(table, i);
    }
    return gathered;
}

static bool same_endpoint(const struct report_state *state, const struct report_session *a,
                          const struct report_session *b)
{
    return memcmp(&report_server_at(state, a->key.server)->key,
                  &report_server_at(state, b->key.server)->key, ENDPOINT) == 0;
}

/* Those of one address, port and transport are together already; those of its names are to be in
 * one order of time. False: no memory. */
static bool gather_endpoints(const struct report_state *state, struct across *a)
{
    const struct report_session **list =
        ht_arena_alloc(a->arena, (a->num_sessions + 1) * sizeof *list);
    for (size_t i = 0, end; list != NULL && i < a->num_sessions; i = end) {
        const uint32_t server = a->sessions[i]->key.server;
        bool one_name         = true;
        for (end = i;
             end < a->num_sessions && same_endpoint(state, a->sessions[i], a->sessions[end]);
             end++) {
            list[end] = a->sessions[end];
            one_name &= list[end]->key.server == server;
        }
        if (!one_name) {
            qsort(list + i, end - i, sizeof *list, by_sight);
        }
    }
    a->by_endpoint = list;
    return list != NULL;
}

static bool gather_clients(const struct report_state *state, struct across *a)
{
    uint32_t *numbers = ht_arena_alloc(a->arena, a->num_sessions * sizeof *numbers + 1);
    struct report_groups own;
    for (size_t i = 0; numbers != NULL && i < a->num_sessions; i++) {
        numbers[i] = a->sessions[i]->key.ja4;
    }
    bool gathered = numbers != NULL && report_group(&own, a->arena, a->sessions, numbers,
                                                    a->num_sessions, state->names.table.len + 1);
    a->by_client  = gathered ? own.items : NULL;
    return gathered;
}

/* `scratch`: of what does not stay */
static bool finish(struct ht_summary *summary, struct ht_arena *scratch)
{
    struct report_state *state = &summary->state;
    struct across across = {.state = state, .arena = scratch, .num_sessions = state->sessions.len};
    if (!gather_servers(state, &across) || !gather_endpoints(state, &across) ||
        !gather_clients(state, &across) || !across_run(&across)) {
        return false;
    }
    struct build build = {.state        = state,
                          .arena        = &summary->arena,
                          .scratch      = scratch,
                          .sessions     = across.sessions,
                          .by_client    = across.by_client,
                          .num_sessions = across.num_sessions,
                          .out          = &summary->data};
    return build_labels(&build) && build_findings(&build) && build_lists(&build) &&
           build_coverage(&build, summary->counts);
}

bool ht_summary_finish(struct ht_summary *summary)
{
    struct ht_arena scratch = {0};
    report_values_forget(&summary->state);
    ht_heap_give_back();
    bool finished = finish(summary, &scratch);
    ht_arena_clear(&scratch);
    report_state_shed(&summary->state);
    ht_heap_give_back();
    return finished;
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
