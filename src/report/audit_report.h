/*
 * The audit's report: of a summary one record for programs, and a text for people.
 */
#ifndef HT_REPORT_AUDIT_REPORT_H
#define HT_REPORT_AUDIT_REPORT_H

#include "report/summary.h"
#include "sink/sink.h"

struct ht_audit {
    const char *policy, *policy_title, *policy_source; /* NULL: no policy */
    int64_t as_of_ns;                                  /* 0: at packet time */
    const char *worst;                                 /* severity; NULL: nothing was found */
    struct ht_objects severities;                      /* of struct ht_tally: rules found */
    struct ht_objects findings, servers, clients, certificates; /* as struct ht_summary_data */
    const struct ht_coverage *coverage;
};

/* {"type":"audit", …}: data is a struct ht_audit. */
extern const struct ht_record_type ht_audit_record_type;

/* ht_audit_record fills in the record of a finished summary; its lists are the summary's, or in
 * `arena`. */
void ht_audit_record(const struct ht_summary *summary, struct ht_arena *arena,
                     struct ht_audit *out);

/* ht_audit_text adds the report for people to `out`, folded to `config->width` (0: 100 columns).
 * False: no memory. */
bool ht_audit_text(const struct ht_summary *summary, struct ht_chars *out,
                   const struct ht_sink_config *config);

#endif
