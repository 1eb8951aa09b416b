/*
 * Signals. Their handlers only take notes, which the run looks at between frames.
 */
#ifndef HT_CLI_SIGNALS_H
#define HT_CLI_SIGNALS_H

#include <stdbool.h>

/* cli_signals_catch installs the handlers: SIGINT and SIGTERM ask for the end, and a second one is
 * the end; SIGUSR1 asks for statistics; SIGHUP for the output to be opened anew if `reopen`, else
 * for the end, unless it was ignored from the start (nohup) or there is a $NOTIFY_SOCKET. SIGPIPE
 * is ignored if `ignore_pipe`. After SIGBUS for a mapped file that became shorter, zeros are read
 * where its end was. */
void cli_signals_catch(bool reopen, bool ignore_pipe);

/* cli_signals_stop: was the end asked for? */
bool cli_signals_stop(void);

/* cli_signals_take_lost: after SIGBUS since the last call, were zeros read for what had gone? */
bool cli_signals_take_lost(void);

/* Asked for since the last call? */
bool cli_signals_take_reopen(void);
bool cli_signals_take_stats(void);

#endif
