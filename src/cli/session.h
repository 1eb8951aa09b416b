/*
 * A session: what a run holds, and what it has to do beside reading frames.
 */
#ifndef HT_CLI_SESSION_H
#define HT_CLI_SESSION_H

#include "base/large_pages.h"
#include "capture/filter.h"
#include "cli/analysis.h"
#include "cli/console.h"
#include "cli/inputs.h"
#include "cli/notify.h"
#include "cli/options.h"
#include "cli/pace.h"
#include "cli/writer.h"
#include "run/crew.h"

struct cli_session {
    const struct cli_options *options;
    struct cli_console console;
    struct cli_notify notify;
    struct cli_writer writer;
    struct cli_analysis analysis;
    FILE *bill;                           /* of materials; NULL: none is asked for */
    struct ht_label_tables *label_tables; /* NULL: no labels */
    struct ht_crew *crew;
    struct ht_stats counted; /* here, beside what the engines count */
    struct ht_stats stats;   /* all, when last asked for */
    struct ht_filter *filter;
    struct cli_inputs inputs; /* the files to read */
    struct ht_source *source; /* at hand */
    struct ht_ways ways;      /* to files' bytes */
    struct cli_pace pace;     /* of its frames, if it is a pipe */
    uint64_t capture_drops, interface_drops,
        told_drops;                         /* the first two: of sources at their end */
    int64_t started_ns, stats_ns, alive_ns; /* the last two: when it is time again; monotonic */
    struct ht_large_pages large_pages;
    unsigned frames; /* since cli_session_tend: it is time for it after CLI_FRAMES_A_LOOK */
    bool may_reopen; /* the output, when asked to */
    int status;
};

enum { CLI_FRAMES_A_LOOK = 1024 };

/* cli_session_start begins to count time. */
void cli_session_start(struct cli_session *session);

/* cli_session_tend does what signals and time ask for; false where the end was asked for, or nobody
 * reads what is written. */
bool cli_session_tend(struct cli_session *session);

/* cli_session_end_source counts what the source at hand lost, closes it, and there is none. */
void cli_session_end_source(struct cli_session *session);

/* cli_session_stats writes a stats record. */
void cli_session_stats(struct cli_session *session);

#endif
