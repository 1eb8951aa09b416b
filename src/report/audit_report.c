#include "report/audit_report.h"

#include "policy/policy.h"
#include "report/lists.h"

#define ROW(member, kind, doc, ...) HT_FIELD(struct ht_audit, member, kind, doc, __VA_ARGS__)

static const struct ht_field audit_fields[] = {
    ROW(policy, HT_LABEL, "The policy's name."),
    ROW(policy_title, HT_LABEL, "The policy in words."),
    ROW(policy_source, HT_LABEL, "The document that it follows."),
    ROW(as_of_ns, HT_TIME, "The time as of which all was judged (--as-of); else packet time.",
        .name = "as_of"),
    ROW(worst, HT_LABEL, "Severity of the worst finding that the policy does not merely report."),
    ROW(severities, HT_LIST_OBJECT, "How many rules are broken, by severity.",
        .of = &ht_tally_struct),
    ROW(findings, HT_LIST_OBJECT, "What is wrong, the worst first.",
        .of = &ht_finding_summary_struct, .flags = HT_ALWAYS),
    ROW(servers, HT_LIST_OBJECT, "Servers, by address, port and name.",
        .of = &ht_server_summary_struct),
    ROW(clients, HT_LIST_OBJECT, "Client stacks, by JA4.", .of = &ht_client_summary_struct),
    ROW(certificates, HT_LIST_OBJECT, "Certificates, by SHA-256.",
        .of = &ht_certificate_summary_struct),
    ROW(coverage, HT_OBJECT, "What was seen, and what could not be judged.",
        .of = &ht_coverage_struct),
};

static const struct ht_struct audit_struct =
    HT_STRUCT(struct ht_audit, "audit", audit_fields, "What the audit of a run found (--audit).");

const struct ht_record_type ht_audit_record_type = {.name = "audit", .data = &audit_struct};

/* From critical to info; those that there are. */
static struct ht_objects severities_of(const struct ht_summary_data *data, struct ht_arena *arena)
{
    const struct report_span never            = {0};
    struct report_tallies tallies             = report_tallies(arena);
    const struct ht_finding_summary *findings = data->findings.items;
    for (size_t i = 0; i < data->findings.len; i++) { /* which are in this order */
        const uint32_t severity = (uint32_t)ht_severity_of(findings[i].severity);
        struct ht_tally *tally  = report_tally(&tallies, severity + 1, 1, &never);
        if (tally != NULL) {
            tally->name = ht_text(findings[i].severity);
        }
    }
    return report_tallies_list(&tallies, arena);
}

void ht_audit_record(const struct ht_summary *summary, struct ht_arena *arena, struct ht_audit *out)
{
    const struct ht_summary_data *data          = ht_summary_data(summary);
    const struct ht_analysis_settings *settings = ht_summary_settings(summary);
    const struct ht_policy *policy              = settings->policy;
    enum ht_severity worst                      = ht_summary_worst(summary);
    *out                                        = (struct ht_audit){.as_of_ns = settings->as_of_ns,
                                                                    .worst = worst != HT_NUM_SEVERITIES ? ht_severity_name(worst) : NULL,
                                                                    .severities   = severities_of(data, arena),
                                                                    .findings     = data->findings,
                                                                    .servers      = data->servers,
                                                                    .clients      = data->clients,
                                                                    .certificates = data->certificates,
                                                                    .coverage     = data->coverage};
    if (policy != NULL) {
        out->policy        = ht_policy_name(policy);
        out->policy_title  = ht_policy_title(policy);
        out->policy_source = ht_policy_source(policy);
    }
}
