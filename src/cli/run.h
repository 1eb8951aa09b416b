/*
 * A run: every source read to its end, every record written.
 */
#ifndef HT_CLI_RUN_H
#define HT_CLI_RUN_H

#include "cli/options.h"

/* cli_run does what the options ask and returns the exit status; words go to standard error. */
int cli_run(const struct cli_options *options);

#endif
