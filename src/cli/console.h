/*
 * Words for the operator, on standard error: for a terminal or a log file with the program's name
 * before them, for the journal with a priority (sd-daemon(3)).
 */
#ifndef HT_CLI_CONSOLE_H
#define HT_CLI_CONSOLE_H

#include "cli/progress.h"

/* As syslog numbers them (RFC 5424, 6.2.1). */
enum cli_priority { CLI_ERROR = 3, CLI_WARNING = 4, CLI_INFO = 6 };

struct cli_console {
    bool journal; /* standard error goes to the journal */
    struct cli_progress progress;
};

/* cli_console_start looks at where standard error goes; `progress`: a display is wanted. */
struct cli_console cli_console_start(bool progress);

/* cli_say writes one line; takes a progress display away before. */
void cli_say(struct cli_console *console, enum cli_priority priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
