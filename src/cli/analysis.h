/*
 * What the command line asks of the analyzers: the policy, the trust anchors and lists they judge
 * by, and which of them look.
 */
#ifndef HT_CLI_ANALYSIS_H
#define HT_CLI_ANALYSIS_H

#include "analysis/analyzer.h"
#include "cli/console.h"
#include "cli/options.h"

enum { CLI_MAX_ANALYZERS = 32 };

struct cli_analysis {
    struct ht_analysis_settings settings;
    const struct ht_analyzer *analyzers[CLI_MAX_ANALYZERS]; /* NULL-terminated */
    /* What the settings point at. */
    struct ht_key_log *key_log; /* of the engine's settings */
    int growing_key_log;        /* of a live capture, to be read from where it is on; -1: none */
    struct ht_policy *policy;
    struct ht_trust *trust;
    struct ht_crl_list *crls;
    struct ht_ct_logs *ct_logs;
};

/* cli_analysis_open reads what the options name, all before a sandbox is entered; false with a
 * message. cli_analysis_close is to be called however it ends, after the engines have ended. */
bool cli_analysis_open(struct cli_analysis *analysis, const struct cli_options *options,
                       struct cli_console *console, struct ht_error *error);
void cli_analysis_close(struct cli_analysis *analysis);

#endif
