#include "capture/source.h"
#include "cli/diff.h"
#include "cli/rules.h"
#include "cli/run.h"
#include "cli/schema.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What is opened next would take the place of a standard stream that is closed, and what is said go
 * out by a packet socket, or into the records. What takes it here can neither be read nor written
 * as that stream would be, so that whoever needs it hears of it. */
static bool hold_standard_streams(void)
{
    bool held = true;
    for (int fd = STDIN_FILENO; held && fd <= STDERR_FILENO; fd++) {
        int way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        held    = fcntl(fd, F_GETFD) >= 0 || open("/dev/null", way) == fd;
    }
    return held;
}

/* Whether all that was printed got out; `whole`: all was handed over. */
static int printed(bool whole)
{
    if (whole && fflush(stdout) == 0 && !ferror(stdout)) {
        return CLI_OK;
    }
    perror("hellotap: standard output");
    return CLI_UNREADABLE;
}

static int list_interfaces(void)
{
    struct ht_error error;
    if (!ht_interfaces_print(stdout, &error)) {
        fprintf(stderr, "hellotap: %s\n", error.text);
        return CLI_UNREADABLE;
    }
    return printed(true);
}

int main(int argc, char **argv)
{
    struct cli_options options;
    struct ht_error error;
    if (!hold_standard_streams()) {
        return CLI_UNREADABLE;
    }
    if (argc > 1 && strcmp(argv[1], "diff") == 0 && access("diff", F_OK) != 0) {
        return cli_diff(argc - 1, argv + 1);
    }
    if (!cli_options_read(&options, argc, argv, &error)) {
        fprintf(stderr, "hellotap: %s\n", error.text);
        return CLI_USAGE;
    }
    switch (options.action) {
    case CLI_HELP:
        cli_options_help(stdout);
        return printed(true);
    case CLI_VERSION:
        puts("hellotap " HELLOTAP_VERSION);
        return printed(true);
    case CLI_INTERFACES:
        return list_interfaces();
    case CLI_SCHEMA:
        return printed(cli_schema_print(stdout));
    case CLI_RULES:
        if (!cli_rules_print(&options, stdout, &error)) {
            fprintf(stderr, "hellotap: %s\n", error.text);
            return CLI_USAGE;
        }
        return printed(true);
    case CLI_RUN:
        break;
    }
    return cli_run(&options);
}
