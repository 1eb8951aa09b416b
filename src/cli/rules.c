#include "cli/rules.h"

#include "analysis/audit/audit.h"
#include "analysis/conformance/conformance.h"
#include "report/summary.h"

#include <string.h>

/* Those of one connection, those that conformance brings, those across connections. */
static const struct ht_rule *(*const sources[])(size_t index) = {ht_audit_rule, ht_conformance_rule,
                                                                 ht_summary_rule};

enum { NUM_SOURCES = sizeof sources / sizeof sources[0] };

/* A rule, and what a policy says of it. */
struct told {
    const char *id, *severity, *category, *title, *scope, *verdict, *clause, *attack, *remediation;
    const char *const *references;
};

#define ROW(member, kind, doc, ...) HT_FIELD(struct told, member, kind, doc, __VA_ARGS__)

static const struct ht_field rule_fields[] = {
    ROW(id, HT_LABEL, "The rule's name."),
    ROW(severity, HT_LABEL, "critical, high, medium, low, info; the policy's, where it has one."),
    ROW(category, HT_LABEL, "What it is about: version, cipher, kex, certificate …"),
    ROW(title, HT_LABEL, "What is wrong, in a few words."),
    ROW(scope, HT_LABEL, "Whose fault it is: client, server; absent: of both, or of either."),
    ROW(verdict, HT_LABEL, "What the policy makes of it: fail, warn, report, ignore."),
    ROW(clause, HT_LABEL, "The policy's clause that asks for it."),
    ROW(attack, HT_LABEL, "Attacks and CVEs that it opens the way to."),
    ROW(remediation, HT_LABEL, "What to do."),
    ROW(references, HT_LIST_LABEL, "Where it says so."),
};

static const struct ht_struct rule_struct =
    HT_STRUCT(struct told, "rule", rule_fields, "What an audit looks for (--rules).");

const struct ht_record_type cli_rule_record = {.name = "rule", .data = &rule_struct};

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

static struct told tell(const struct ht_policy *policy, const struct ht_rule *rule)
{
    const struct ht_policy_rule asked = ht_policy_rule(policy, rule->id);
    const char *verdict               = ht_policy_verdict_name(asked.verdict);
    const char *severity              = asked.severity != NULL ? asked.severity : rule->severity;
    bool info                         = policy != NULL && asked.verdict == HT_POLICY_REPORT;
    return (struct told){.id          = rule->id,
                         .severity    = info ? ht_severity_name(HT_INFO) : severity,
                         .category    = rule->category,
                         .title       = rule->title,
                         .scope       = rule->scope,
                         .verdict     = policy == NULL    ? NULL
                                        : verdict != NULL ? verdict
                                                          : "ignore",
                         .clause      = asked.clause,
                         .attack      = rule->attack,
                         .remediation = rule->remediation,
                         .references  = rule->references[0] != NULL ? rule->references : NULL};
}

static bool add_text(const struct told *rule, struct ht_chars *out)
{
    char line[256];
    if (rule->verdict != NULL) {
        (void)snprintf(line, sizeof line, "%-7s ", rule->verdict);
        ht_chars_add_text(out, line);
    }
    (void)snprintf(line, sizeof line, "%-36s %-9s %-12s %s\n", rule->id, rule->severity,
                   rule->category, rule->title);
    ht_chars_add_text(out, line);
    return !out->failed;
}

static bool add_all(const struct ht_policy *policy, struct ht_sink *json, struct ht_chars *out)
{
    bool done = true;
    for (size_t i = 0; i < NUM_SOURCES; i++) {
        const struct ht_rule *rule;
        for (size_t k = 0; done && (rule = sources[i](k)) != NULL; k++) {
            bool asked = policy == NULL || sources[i] != ht_audit_rule || ht_audit_asks(k, policy);
            struct told told = tell(policy, rule);
            told.verdict     = asked ? told.verdict : "ignore";
            if (!is_among(i, rule->id)) {
                done = json != NULL ? ht_json_sink.record(json, &cli_rule_record, &told, out)
                                    : add_text(&told, out);
            }
        }
    }
    return done;
}

static bool print(const struct cli_options *options, const struct ht_policy *policy, FILE *out)
{
    bool is_json         = options->format == &ht_json_sink;
    struct ht_sink *json = is_json ? ht_json_sink.open(&(const struct ht_sink_config){0}) : NULL;
    struct ht_chars text = {0};
    bool done            = is_json == (json != NULL) && add_all(policy, json, &text);
    if (done) {
        (void)fwrite(text.ptr, 1, text.len, out); /* `out` remembers whether it was */
    }
    if (json != NULL) {
        ht_json_sink.close(json);
    }
    ht_chars_free(&text);
    return done;
}

static bool is_known(const char *id)
{
    return is_among(NUM_SOURCES, id);
}

bool cli_rules_ask(const struct ht_condition *condition)
{
    bool asked = false;
    for (size_t i = 0; i < NUM_SOURCES; i++) {
        const struct ht_rule *rule;
        for (size_t k = 0; !asked && (rule = sources[i](k)) != NULL; k++) {
            asked = ht_condition_asks_for(condition, rule->id);
        }
    }
    return asked;
}

struct ht_policy *cli_rules_policy(const struct cli_options *options, struct ht_error *error)
{
    static const struct ht_policy_checks checks = {.rule = is_known, .value = ht_audit_knows_value};
    return ht_policy_open(options->policy, &checks, error);
}

bool cli_rules_print(const struct cli_options *options, FILE *out, struct ht_error *error)
{
    struct ht_policy *policy = options->policy != NULL ? cli_rules_policy(options, error) : NULL;
    if (options->policy != NULL && policy == NULL) {
        return false;
    }
    bool made = print(options, policy, out);
    ht_policy_free(policy);
    return made || ht_fail(error, "out of memory");
}
