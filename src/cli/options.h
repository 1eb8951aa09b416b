/*
 * The command line, as a value.
 */
#ifndef HT_CLI_OPTIONS_H
#define HT_CLI_OPTIONS_H

#include "analysis/rule.h"
#include "base/error.h"
#include "event/condition.h"
#include "policy/policy.h"
#include "sink/sink.h"

#include <stdint.h>
#include <stdio.h>

enum cli_action { CLI_RUN, CLI_HELP, CLI_VERSION, CLI_INTERFACES, CLI_SCHEMA, CLI_RULES };
enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };

enum { CLI_MAX_CONDITIONS = 64 };

/* Exit statuses. */
enum { CLI_OK = 0, CLI_FINDINGS = 1, CLI_USAGE = 2, CLI_UNREADABLE = 3 };

/* Where a number or a size is 0, it was not said. */
struct cli_options {
    enum cli_action action;
    const struct ht_sink_ops *format;
    char interfaces[1024]; /* separated by commas; "": files */
    const char *output;    /* NULL: standard output */
    const char *filter;
    struct ht_condition only[CLI_MAX_CONDITIONS]; /* of records */
    size_t num_only;
    const char *user; /* NULL: not said */
    enum cli_color color;
    unsigned width; /* 0: the terminal's */
    uint32_t snaplen;
    unsigned workers;
    size_t buffer_bytes, queue_bytes, max_flows, max_bytes;
    uint64_t rotate_bytes;
    int64_t rotate_ns, stats_interval_ns;
    const char *policy; /* to audit by; NULL: each rule's own severity */
    const char *trust_store, *crl, *ct_logs, *key_log, *certificate_folder, *bill; /* paths */
    enum ht_severity fail_on;               /* a finding of it; HT_NUM_SEVERITIES: none */
    enum ht_policy_verdict fail_on_verdict; /* likewise; HT_POLICY_NONE: none */
    int64_t as_of_ns;                       /* 0: packet time */
    bool audit, inventory, csv;
    bool verify, events, no_ndpi, no_promiscuous, immediate, no_sandbox, quiet;
    char **files; /* NULL-terminated */
};

static inline bool cli_options_live(const struct cli_options *options)
{
    return options->interfaces[0] != '\0';
}

/* cli_options_report: something is told of all connections together, at the end. */
static inline bool cli_options_report(const struct cli_options *options)
{
    return options->audit || options->inventory || options->bill != NULL;
}

/* cli_options_stories: each connection is told. People who ask for a report want that alone;
 * programs get the connections with their findings, unless it is the inventory that they want. */
static inline bool cli_options_stories(const struct cli_options *options)
{
    return !options->inventory && (!options->audit || options->format == &ht_json_sink);
}

/* cli_options_read fills `out` from the arguments; false with a message where they make no sense.
 */
bool cli_options_read(struct cli_options *out, int argc, char **argv, struct ht_error *error);

/* cli_options_help writes what --help shows. */
void cli_options_help(FILE *out);

#endif
