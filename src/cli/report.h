/*
 * What is told of all connections together, when all was read.
 */
#ifndef HT_CLI_REPORT_H
#define HT_CLI_REPORT_H

#include "cli/session.h"

/* cli_report_open opens the files that reports go to, before a sandbox is entered. */
bool cli_report_open(struct cli_session *session, struct ht_error *error);

/* cli_report writes what the options ask for, says which certificates could not be exported, and
 * sets the session's status, by these and as --fail-on says. */
void cli_report(struct cli_session *session);

/* cli_report_close is to be called however it ends. */
void cli_report_close(struct cli_session *session);

#endif
