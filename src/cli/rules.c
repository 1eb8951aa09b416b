#include "cli/rules.h"

#include "analysis/audit/audit.h"
#include "analysis/conformance/conformance.h"
#include "report/summary.h"

#include <string.h>

/* Those of one connection, those that conformance brings, those across connections. */
static const struct ht_rule *(*const sources[])(size_t index) = {ht_audit_rule, ht_conformance_rule,
                                                                 ht_summary_rule};

enum { NUM_SOURCES = sizeof sources / sizeof sources[0] };

/* A rule of that id among the first sources; one that both a connection and several can break is in
 * two of them. */
static bool is_among(size_t num_sources, const char *id)
{
    for (size_t i = 0; i < num_sources; i++) {
        const struct ht_rule *rule;
        for (size_t k = 0; (rule = sources[i](k)) != NULL; k++) {
            if (strcmp(rule->id, id) == 0) {
                return true;
            }
        }
    }
    return false;
}

void cli_rules_print(FILE *out)
{
    for (size_t i = 0; i < NUM_SOURCES; i++) {
        const struct ht_rule *rule;
        for (size_t k = 0; (rule = sources[i](k)) != NULL; k++) {
            if (!is_among(i, rule->id)) {
                fprintf(out, "%-36s %-9s %-12s %s\n", rule->id, rule->severity, rule->category,
                        rule->title);
            }
        }
    }
}

bool cli_rules_know(const char *id)
{
    return is_among(NUM_SOURCES, id);
}
