#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The only things that a signal handler may touch. */
static volatile sig_atomic_t stop_asked, reopen_asked, stats_asked, page_lost;

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

/* A page of a file that is mapped has gone: zeros take its place, which has to be told. What is not
 * of a file, or cannot be replaced, ends the program as it would have. */
static void replace_page(int number, siginfo_t *info, void *context)
{
    (void)context;
    const uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *page                 = (char *)info->si_addr - (uintptr_t)info->si_addr % page_bytes;
    page_lost                  = 1;
    if (info->si_code != BUS_ADRERR ||
        mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != page) {
        (void)signal(number, SIG_DFL);
        (void)raise(number); /* for one that was sent does not come again */
    }
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
    struct sigaction bus = {.sa_sigaction = replace_page, .sa_flags = SA_SIGINFO | SA_RESTART};
    (void)sigaction(SIGBUS, &bus, NULL);
    if (reopen) {
        handle(SIGHUP, ask_reopen);
    } else if (getenv("NOTIFY_SOCKET") != NULL) { /* a service that is reloaded goes on */
        handle(SIGHUP, SIG_IGN);
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

bool cli_signals_take_lost(void)
{
    bool lost = page_lost != 0;
    page_lost = 0;
    return lost;
}

bool cli_signals_take_stats(void)
{
    bool asked = stats_asked != 0;
    if (asked) {
        stats_asked = 0;
    }
    return asked;
}
