#include "cli/schema.h"

#include "analysis/analysis.h"
#include "cli/rules.h"
#include "registry.h"
#include "report/audit_report.h"
#include "report/diff.h"
#include "report/inventory.h"
#include "run/stats.h"
#include "sink/schema.h"
#include "stream/tcp.h"

enum { MAX_PARTS = 256 };

/* Each list is one longer than its parts, so that it ends with NULL. */
struct parts {
    const struct ht_record_type *records[MAX_PARTS + 1];
    const struct ht_event_type *events[MAX_PARTS + 1];
    const struct ht_struct *details[MAX_PARTS + 1];
    size_t num_records, num_events, num_details;
};

static void add_record(struct parts *p, const struct ht_record_type *type)
{
    for (size_t i = 0; i < p->num_records; i++) {
        if (p->records[i] == type) {
            return;
        }
    }
    if (p->num_records < MAX_PARTS) {
        p->records[p->num_records++] = type;
    }
}

static void add_records(struct parts *p, const struct ht_record_type *const *types)
{
    for (; types != NULL && *types != NULL; types++) {
        add_record(p, *types);
    }
}

static void add_events(struct parts *p, const struct ht_event_type *const *types)
{
    for (; types != NULL && *types != NULL; types++) {
        bool known = (*types)->unsaid;
        for (size_t i = 0; i < p->num_events; i++) {
            known |= p->events[i] == *types;
        }
        if (!known && p->num_events < MAX_PARTS) {
            p->events[p->num_events++] = *types;
        }
    }
}

static void add_details(struct parts *p, const struct ht_struct *details)
{
    bool known = details == NULL;
    for (size_t i = 0; i < p->num_details; i++) {
        known |= p->details[i] == details;
    }
    if (!known && p->num_details < MAX_PARTS) {
        p->details[p->num_details++] = details;
    }
}

static void add_dissector(struct parts *p, const struct ht_dissector *dissector)
{
    add_events(p, dissector->events);
    add_records(p, dissector->records);
    add_details(p, dissector->carrier_struct);
    add_details(p, dissector->details_struct);
}

/* All that any part of the program may tell. */
static struct ht_schema_parts gather(struct parts *p)
{
    add_record(p, &ht_connection_record);
    add_events(p, ht_tcp_events);
    for (size_t i = 0; ht_dissectors[i] != NULL; i++) {
        add_dissector(p, ht_dissectors[i]);
    }
    for (size_t i = 0; ht_analyzers[i] != NULL; i++) {
        add_records(p, ht_analyzers[i]->records);
    }
    add_record(p, &ht_event_record_type);
    add_record(p, &ht_stats_record);
    add_record(p, &ht_audit_record_type);
    add_record(p, &ht_inventory_record_type);
    add_record(p, &ht_diff_record_type);
    add_record(p, &cli_rule_record);
    return (struct ht_schema_parts){
        .records = p->records, .events = p->events, .details = p->details};
}

static bool asks_for_event(const struct ht_condition *condition, const struct parts *p)
{
    bool asks = false;
    for (size_t i = 0; i < p->num_events && !asks; i++) {
        asks = ht_condition_asks_for(condition, p->events[i]->name);
    }
    return asks;
}

static bool asks_for_severity(const struct ht_condition *condition)
{
    bool asks = false;
    for (int i = 0; i < HT_NUM_SEVERITIES && !asks; i++) {
        asks = ht_condition_asks_for(condition, ht_severity_name((enum ht_severity)i));
    }
    return asks;
}

/* Of labels those of which all words are known here; of any other nothing is said. */
static bool label_fits(const struct ht_condition *condition, const struct parts *p)
{
    struct ht_bytes field = condition->field;
    if (ht_bytes_equal(field, ht_text("event")) ||
        ht_bytes_equal(field, ht_text("timeline.event"))) {
        return asks_for_event(condition, p);
    }
    if (ht_bytes_equal(field, ht_text("findings.severity"))) {
        return asks_for_severity(condition);
    }
    return !ht_bytes_equal(field, ht_text("findings.id")) || cli_rules_ask(condition);
}

bool cli_schema_fits(const struct ht_condition *condition, const struct ht_record_type *type)
{
    struct parts room = {0};
    const struct ht_struct *any[2 * MAX_PARTS + 1];
    size_t num = 0;
    (void)gather(&room);
    for (size_t i = 0; i < room.num_details; i++) {
        any[num++] = room.details[i];
    }
    for (size_t i = 0; i < room.num_events; i++) {
        any[num] = room.events[i]->data;
        num += any[num] != NULL;
    }
    any[num]  = NULL;
    bool fits = false;
    for (size_t i = 0; i < room.num_records && !fits; i++) {
        fits = (type == NULL || type == room.records[i]) &&
               ht_condition_fits(condition, room.records[i], any);
    }
    return fits && label_fits(condition, &room);
}

bool cli_schema_print(FILE *out)
{
    struct parts room            = {0};
    struct ht_schema_parts parts = gather(&room);
    return ht_schema_write(out, &parts, false);
}

bool cli_schema_print_strict(FILE *out)
{
    struct parts room            = {0};
    struct ht_schema_parts parts = gather(&room);
    return ht_schema_write(out, &parts, true);
}

bool cli_reference_print(FILE *out, const char *version)
{
    struct parts room            = {0};
    struct ht_schema_parts parts = gather(&room);
    return ht_reference_write(out, &parts, version);
}
