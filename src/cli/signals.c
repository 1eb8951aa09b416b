#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>

/* The only things that a signal handler may touch. */
static volatile sig_atomic_t stop_asked, reopen_asked, stats_asked;

/* Both are as they were from now on, so that whichever comes next ends the program. */
static void ask_stop(int number)
{
    (void)number;
    stop_asked = 1;
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
}

static void ask_reopen(int number)
{
    (void)number;
    reopen_asked = 1;
}

static void ask_stats(int number)
{
    (void)number;
    stats_asked = 1;
}

/* What asks for the end also ends the opening of a pipe that nobody writes to. */
static void handle(int number, void (*handler)(int number))
{
    int flags               = handler == ask_stop ? 0 : (int)SA_RESTART;
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    (void)sigaction(number, &action, NULL);
}

static bool is_ignored(int number)
{
    struct sigaction before;
    return sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
}

void cli_signals_catch(bool reopen, bool ignore_pipe)
{
    handle(SIGINT, ask_stop);
    handle(SIGTERM, ask_stop);
    handle(SIGUSR1, ask_stats);
    if (reopen) {
        handle(SIGHUP, ask_reopen);
    } else if (!is_ignored(SIGHUP)) {
        handle(SIGHUP, ask_stop);
    }
    if (ignore_pipe) {
        handle(SIGPIPE, SIG_IGN);
    }
}

bool cli_signals_stop(void)
{
    return stop_asked != 0;
}

bool cli_signals_take_reopen(void)
{
    bool asked = reopen_asked != 0;
    if (asked) {
        reopen_asked = 0;
    }
    return asked;
}

bool cli_signals_take_stats(void)
{
    bool asked = stats_asked != 0;
    if (asked) {
        stats_asked = 0;
    }
    return asked;
}
