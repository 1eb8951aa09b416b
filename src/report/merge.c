/*
 * What two states hold, together. Numbers of names, servers and rules are each state's own, so they
 * are told anew.
 */
#include "report/clock.h"

#include <stdlib.h>

/* From numbers of the one state to those of the other; 0 is 0 in both. */
struct maps {
    uint32_t *names, *hosts, *servers, *rules;
};

static uint32_t name_of(const struct maps *maps, uint32_t number)
{
    return maps->names[number];
}

static struct report_sight sight_of(const struct maps *maps, struct report_sight sight)
{
    sight.source = name_of(maps, sight.source);
    sight.host   = maps->hosts[sight.host];
    return sight;
}

static bool map_names(struct maps *maps, struct report_state *to, const struct report_state *from)
{
    maps->names = calloc(from->names.table.len + 1, sizeof *maps->names);
    for (size_t i = 1; maps->names != NULL && i <= from->names.table.len; i++) {
        maps->names[i] = report_names_add(&to->names, report_names_text(&from->names, (uint32_t)i));
    }
    return maps->names != NULL;
}

static bool map_hosts(struct maps *maps, struct report_state *to, const struct report_state *from)
{
    maps->hosts = calloc(from->hosts.len + 1, sizeof *maps->hosts);
    for (size_t i = 0; maps->hosts != NULL && i < from->hosts.len; i++) {
        maps->hosts[i + 1] = report_host_add(to, report_table_at(&from->hosts, i));
    }
    return maps->hosts != NULL;
}

static bool map_servers(struct maps *maps, struct report_state *to, const struct report_state *from)
{
    maps->servers = calloc(from->servers.len + 1, sizeof *maps->servers);
    for (size_t i = 0; maps->servers != NULL && i < from->servers.len; i++) {
        const struct report_server *server = report_table_at(&from->servers, i);
        struct report_server_key key       = server->key;
        key.name                           = name_of(maps, key.name);
        struct report_server *same         = report_table_add(&to->servers, &key);
        if (same != NULL) {
            report_server_begins(to, same, name_of(maps, server->starttls));
            maps->servers[i + 1] = report_table_index(&to->servers, same) + 1;
        }
    }
    return maps->servers != NULL;
}

static bool map_rules(struct maps *maps, struct report_state *to, const struct report_state *from)
{
    maps->rules = calloc(from->rules.len + 1, sizeof *maps->rules);
    for (size_t i = 0; maps->rules != NULL && i < from->rules.len; i++) {
        const struct report_rule *rule  = report_table_at(&from->rules, i);
        const struct ht_finding words   = {.id          = rule->id,
                                           .title       = rule->title,
                                           .category    = rule->category,
                                           .basis       = rule->basis,
                                           .verdict     = rule->verdict,
                                           .clause      = rule->clause,
                                           .attack      = rule->attack,
                                           .remediation = rule->remediation,
                                           .references  = rule->references,
                                           .scope       = rule->scope};
        const struct report_sight sight = sight_of(maps, rule->sight);
        maps->rules[i + 1]              = report_rule_of(to, &words, &sight);
    }
    return maps->rules != NULL;
}

static struct report_session session_of(const struct maps *maps,
                                        const struct report_session *session)
{
    struct report_session each     = *session;
    struct report_session_key *key = &each.key;
    key->server                    = maps->servers[key->server];
    key->host                      = maps->hosts[key->host];
    uint32_t *const names[]        = {&key->ja4,      &key->alpn,         &key->certificate,
                                      &key->protocol, &key->key_exchange, &key->post_quantum};
    for (size_t k = 0; k < HT_ARRAY_LEN(names); k++) {
        *names[k] = name_of(maps, *names[k]);
    }
    for (size_t k = 0; k < REPORT_EXAMPLES; k++) {
        each.sights.items[k] = sight_of(maps, each.sights.items[k]);
    }
    return each;
}

static void merge_sessions(struct report_state *to, const struct report_state *from,
                           const struct maps *maps)
{
    for (size_t i = 0; i < from->sessions.len; i++) {
        struct report_session each = session_of(maps, report_table_at(&from->sessions, i));
        report_session_add(to, &each);
    }
    for (size_t i = 0; i < from->rest_sessions.len; i++) {
        struct report_session each = session_of(maps, report_table_at(&from->rest_sessions, i));
        report_session_add_rest(to, &each);
    }
}

static struct report_finding finding_of(const struct maps *maps,
                                        const struct report_finding *finding)
{
    struct report_finding each = *finding;
    each.key.rule              = maps->rules[each.key.rule];
    each.key.server            = maps->servers[each.key.server];
    each.key.ja4               = name_of(maps, each.key.ja4);
    for (size_t k = 0; k < REPORT_EXAMPLES; k++) {
        struct report_proof *proof = &each.proofs[k];
        proof->sight               = sight_of(maps, proof->sight);
        proof->server              = maps->servers[proof->server];
    }
    return each;
}

static void merge_findings(struct report_state *to, const struct report_state *from,
                           const struct maps *maps)
{
    for (size_t i = 0; i < from->findings.len; i++) {
        const struct report_finding *known = report_table_at(&from->findings, i);
        const struct report_finding each   = finding_of(maps, known);
        if (each.key.server == 0 && known->key.server != 0) { /* no room for its server */
            to->totals.findings_left_out += each.count;
            report_finding_add_rest(to, &each);
        } else {
            report_finding_add(to, &each);
        }
    }
    for (size_t i = 0; i < from->rest_findings.len; i++) {
        struct report_finding each = finding_of(maps, report_table_at(&from->rest_findings, i));
        report_finding_add_rest(to, &each);
    }
}

static void merge_certificates(struct report_state *to, const struct report_state *from,
                               const struct maps *maps)
{
    for (size_t i = 0; i < from->certificates.len; i++) {
        struct report_certificate each =
            *(struct report_certificate *)report_table_at(&from->certificates, i);
        uint32_t *const names[] = {&each.subject,   &each.issuer,    &each.serial,
                                   &each.names,     &each.key_type,  &each.key_curve,
                                   &each.spki,      &each.modulus,   &each.signature_algorithm,
                                   &each.not_after, &each.not_before};
        for (size_t k = 0; k < HT_ARRAY_LEN(names); k++) {
            *names[k] = name_of(maps, *names[k]);
        }
        each.sight                      = sight_of(maps, each.sight);
        struct report_certificate *into = report_table_add(&to->certificates, each.sha256);
        if (into != NULL) {
            report_certificate_merge(into, &each);
        }
    }
}

static struct report_value value_of(const struct maps *maps, const struct report_value *value)
{
    struct report_value each = *value;
    each.sight               = sight_of(maps, each.sight);
    each.server              = maps->servers[each.server];
    each.ja4                 = name_of(maps, each.ja4);
    return each;
}

static void merge_values(struct report_state *to, const struct report_state *from,
                         const struct maps *maps)
{
    struct report_values added;
    added.len = 0;
    for (size_t generation = 2; generation-- > 0;) {
        const struct report_table *values = &from->values[generation];
        for (size_t i = 0; i < values->len; i++) {
            const struct report_value *value = report_table_at(values, i);
            bool again = generation > 0 && report_table_find(&from->values[0], &value->key) != NULL;
            if (!again && report_table_find(&from->repeats, &value->key) == NULL) {
                struct report_value each = value_of(maps, value);
                report_values_seek(to, &added, &each);
            }
        }
    }
    report_values_add(to, &added);
    for (size_t i = 0; i < from->repeats.len; i++) {
        struct report_repeat each = *(struct report_repeat *)report_table_at(&from->repeats, i);
        for (size_t k = 0; k < each.num; k++) {
            each.values[k] = value_of(maps, &each.values[k]);
        }
        report_repeat_add(to, &each);
    }
    for (size_t i = 0; i < from->showings.len; i++) {
        const struct report_showing *each  = report_table_at(&from->showings, i);
        const struct report_repeat *repeat = report_table_at(&from->repeats, each->repeat - 1);
        report_showing_add(to, &repeat->key, each->session);
    }
}

static void merge_tickets(struct report_state *to, const struct report_state *from,
                          const struct maps *maps)
{
    for (size_t i = 0; i < from->tickets.len; i++) {
        struct report_ticket each = *(struct report_ticket *)report_table_at(&from->tickets, i);
        each.key.server           = maps->servers[each.key.server];
        each.first                = sight_of(maps, each.first);
        each.last                 = sight_of(maps, each.last);
        if (each.key.server != 0) {
            report_ticket_add(to, &each);
        }
    }
}

static void merge_latencies(struct report_state *to, const struct report_state *from,
                            const struct maps *maps)
{
    for (size_t i = 0; i < from->latencies.len; i++) {
        const struct report_latency *each = report_table_at(&from->latencies, i);
        uint32_t server                   = maps->servers[each->server];
        struct report_latency *into       = server != 0 ? report_latency_of(to, server) : NULL;
        if (into == NULL) {
            continue;
        }
        for (size_t k = 0; k < REPORT_BUCKETS; k++) {
            into->buckets[k] += each->buckets[k];
        }
        for (size_t k = 0; k < REPORT_EXAMPLES; k++) {
            struct report_slow slow = each->slowest[k];
            slow.sight              = sight_of(maps, slow.sight);
            report_slow_add(into, &slow);
        }
    }
}

static void merge_offers(struct report_state *to, const struct report_state *from,
                         const struct maps *maps)
{
    for (size_t i = 0; i < from->offers.len; i++) {
        struct report_offer each = *(struct report_offer *)report_table_at(&from->offers, i);
        each.ja4                 = name_of(maps, each.ja4);
        each.suites              = name_of(maps, each.suites);
        each.versions            = name_of(maps, each.versions);
        each.groups              = name_of(maps, each.groups);
        each.sight               = sight_of(maps, each.sight);
        report_offer_add(to, &each);
    }
}

static void merge_clocks(struct report_state *to, const struct report_state *from,
                         const struct maps *maps)
{
    struct report_clock clock = from->clock;
    clock.sight               = sight_of(maps, clock.sight);
    clock.server              = maps->servers[clock.server];
    report_clock_add(to, &clock);
}

static void merge_lookups(struct report_state *to, const struct report_state *from,
                          const struct maps *maps)
{
    for (size_t i = 0; i < from->lookups.len; i++) {
        struct report_lookup each = *(struct report_lookup *)report_table_at(&from->lookups, i);
        each.key.resolver         = name_of(maps, each.key.resolver);
        each.key.host             = maps->hosts[each.key.host];
        for (size_t k = 0; k < REPORT_EXAMPLES; k++) {
            each.sights.items[k] = sight_of(maps, each.sights.items[k]);
        }
        report_lookup_add(to, &each);
    }
}

static void add_counts(uint64_t *to, const uint64_t *from, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        to[i] += from[i];
    }
}

/* Look-ups are counted without a connection, and those to resolvers near by without memory. */
static bool is_new(const struct report_state *state)
{
    static const struct ht_audit_count none[REPORT_NUM_SUBJECTS];
    return state->budget.used == 0 && state->totals.connections == 0 &&
           memcmp(state->counts, none, sizeof none) == 0;
}

void report_state_merge(struct report_state *to, struct report_state *from)
{
    if (is_new(to)) {
        report_state_move(to, from);
        return;
    }
    struct maps maps = {0};
    if (map_names(&maps, to, from) && map_hosts(&maps, to, from) && map_servers(&maps, to, from) &&
        map_rules(&maps, to, from)) {
        merge_sessions(to, from, &maps);
        merge_findings(to, from, &maps);
        merge_certificates(to, from, &maps);
        merge_values(to, from, &maps);
        merge_tickets(to, from, &maps);
        merge_latencies(to, from, &maps);
        merge_offers(to, from, &maps);
        merge_clocks(to, from, &maps);
        merge_lookups(to, from, &maps);
    }
    free(maps.names);
    free(maps.hosts);
    free(maps.servers);
    free(maps.rules);
    add_counts((uint64_t *)&to->totals, (const uint64_t *)&from->totals,
               sizeof to->totals / sizeof(uint64_t));
    add_counts((uint64_t *)to->counts, (const uint64_t *)from->counts,
               sizeof to->counts / (sizeof(uint64_t)));
    if (from->totals.connections > 0) {
        report_widen(&to->span, from->span.first_ns);
        report_widen(&to->span, from->span.last_ns);
    }
    const struct ht_analysis_settings *settings = from->settings;
    report_state_free(from);
    report_state_init(from, settings);
}
