#include "report/across.h"

#include <inttypes.h>
#include <stdio.h>

static const struct across_table *const tables[] = {
    &across_value_rules,       &across_server_rules,    &across_pair_rules,
    &across_certificate_rules, &across_inventory_rules, &across_failure_rules,
    &across_capture_rules,     &across_clock_rules,     &across_service_rules};

const struct across_rule *across_rule_at(size_t index)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        if (index < tables[i]->num) {
            return &tables[i]->rules[index];
        }
        index -= tables[i]->num;
    }
    return NULL;
}

const char *across_connection(char out[ACROSS_ID], const struct report_sight *sight)
{
    (void)snprintf(out, ACROSS_ID, "c-%016" PRIx64, sight->id);
    return out;
}

/* The policy is asked as for the finding of a connection. */
static const struct ht_finding *as_policy_sees(struct across *a, const struct ht_rule *rule,
                                               const struct ht_proof *proof)
{
    struct ht_connection nobody = {0};
    ht_rule_find(&nobody, a->arena, a->state->settings->policy, rule, proof);
    return nobody.findings.items;
}

static void add_frame(struct report_proof *proof, uint64_t frame)
{
    if (frame != 0) {
        proof->frames[proof->num_frames++] = frame;
    }
}

void across_find(struct across *a, const struct ht_rule *rule, const struct across_case *found,
                 struct ht_proof *proof)
{
    proof->num_frames                = 0;
    const struct ht_finding *finding = as_policy_sees(a, rule, proof);
    if (finding == NULL) {
        return;
    }
    const struct report_sight *first = &found->sights[0];
    struct report_finding added      = {.key      = {.rule   = report_rule_of(a->state, finding, first),
                                                     .server = found->server,
                                                     .ja4    = found->ja4},
                                        .severity = (uint32_t)ht_severity_of(finding->severity),
                                        .count    = found->count,
                                        .span     = {first->time_ns, first->time_ns}};
    for (size_t i = 0; i < REPORT_EXAMPLES && found->sights[i].id != 0; i++) {
        const struct report_sight *sight = &found->sights[i];
        struct report_proof *out         = &added.proofs[i];
        out->sight                       = *sight;
        out->server   = found->servers[i] != 0 ? found->servers[i] : found->server;
        out->evidence = finding->evidence;
        add_frame(out, sight->frame);
        add_frame(out, sight->frame_2);
        report_widen(&added.span, sight->time_ns);
    }
    report_finding_add(a->state, &added);
}

bool across_follows(const struct report_session *earlier, const struct report_session *later,
                    int64_t within_ns, struct report_sight pair[2])
{
    enum { PAIRS = REPORT_EXAMPLES * REPORT_EXAMPLES };
    for (size_t i = 0; i < PAIRS; i++) {
        const struct report_sight *first = &earlier->sights.items[i / REPORT_EXAMPLES];
        const struct report_sight *next  = &later->sights.items[i % REPORT_EXAMPLES];
        if (first->id != 0 && next->id != 0 && first->source == next->source &&
            report_sight_before(first, next) && next->time_ns - first->time_ns <= within_ns) {
            pair[0] = *first;
            pair[1] = *next;
            return true;
        }
    }
    return false;
}

/* Who showed each certificate first. */
static bool find_shown(struct across *a)
{
    const struct report_table *table = &a->state->certificates;
    a->shown = ht_arena_alloc(a->arena, table->len * sizeof(struct report_session *) + 1);
    for (size_t i = 0; a->shown != NULL && i < a->num_sessions; i++) {
        const struct report_session *each     = a->sessions[i];
        const struct report_certificate *leaf = report_leaf_of(a->state, each);
        const struct report_session **first =
            leaf != NULL ? &a->shown[report_table_index(table, leaf)] : NULL;
        if (first != NULL && (*first == NULL || report_sight_before(&each->sights.items[0],
                                                                    &(*first)->sights.items[0]))) {
            *first = each;
        }
    }
    return a->shown != NULL;
}

enum { ENDPOINT = offsetof(struct report_server_key, name) };

static const struct report_server *server_of(const struct across *a,
                                             const struct report_session *session)
{
    return report_table_at(&a->state->servers, session->key.server - 1);
}

const struct report_session **across_endpoint_sessions_of(const struct across *a, size_t *from,
                                                          size_t *num)
{
    size_t first = *from, end = first;
    while (end < a->num_sessions &&
           memcmp(&server_of(a, a->by_endpoint[end])->key,
                  &server_of(a, a->by_endpoint[first])->key, ENDPOINT) == 0) {
        end++;
    }
    *num  = end - first;
    *from = end;
    return end > first ? &a->by_endpoint[first] : NULL;
}

bool across_run(struct across *a)
{
    const struct across_rule *each;
    if (!find_shown(a)) {
        return false;
    }
    for (size_t i = 0; (each = across_rule_at(i)) != NULL; i++) {
        each->look(a, &each->rule);
    }
    return true;
}

const struct report_session **across_sessions_of(const struct across *a, size_t *from, size_t *num)
{
    size_t first = *from, end = first;
    while (end < a->num_sessions &&
           a->sessions[end]->key.server == a->sessions[first]->key.server) {
        end++;
    }
    *num  = end - first;
    *from = end;
    return end > first ? &a->sessions[first] : NULL;
}

/* Where the label that ends at `end` begins. */
static size_t label_before(struct ht_bytes name, size_t end)
{
    while (end > 0 && name.ptr[end - 1] != '.') {
        end--;
    }
    return end;
}

struct ht_bytes across_domain(struct ht_bytes name)
{
    enum { SHORT = 3 /* as "com", "co", "org" below a country */ };
    if (name.len > 0 && name.ptr[name.len - 1] == '.') {
        name.len--;
    }
    size_t top = label_before(name, name.len);
    if (top == 0 || top == name.len || name.ptr[top] <= '9') {
        return ht_bytes(NULL, 0); /* one label, or an address */
    }
    size_t second  = label_before(name, top - 1);
    bool is_suffix = name.len - top == 2 && top - 1 - second <= SHORT && second > 0;
    size_t begin   = is_suffix ? label_before(name, second - 1) : second;
    return ht_bytes_from(name, begin);
}
