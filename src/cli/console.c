#include "cli/console.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* $JOURNAL_STREAM is "device:inode" of the journal's socket (systemd.exec(5)); it is inherited by
 * programs whose standard error goes elsewhere. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat error;
    char ours[48];
    if (stream == NULL || fstat(STDERR_FILENO, &error) != 0) {
        return false;
    }
    (void)snprintf(ours, sizeof ours, "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)error.st_dev,
                   (uintmax_t)error.st_ino);
    return strcmp(stream, ours) == 0;
}

struct cli_console cli_console_start(bool progress)
{
    return (struct cli_console){.journal = is_journal(), .progress = cli_progress_start(progress)};
}

void cli_say(struct cli_console *console, enum cli_priority priority, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cli_progress_clear(&console->progress);
    if (console->journal) {
        fprintf(stderr, "<%d>%s\n", (int)priority, text);
    } else {
        fprintf(stderr, "hellotap: %s\n", text);
    }
}
