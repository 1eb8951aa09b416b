#include "cli/progress.h"

#include "base/time.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * HT_SECOND_NS + now.tv_nsec;
}

struct cli_progress cli_progress_start(bool wanted)
{
    int64_t now = clock_ns();
    return (struct cli_progress){.enabled    = wanted && isatty(STDERR_FILENO) == 1,
                                 .started_ns = now,
                                 .last_ns    = now + HT_SECOND_NS};
}

void cli_progress_show(struct cli_progress *progress, const struct ht_source *source)
{
    int64_t now = clock_ns();
    if (now - progress->last_ns < HT_SECOND_NS / 5) {
        return;
    }
    progress->last_ns = now;
    progress->shown   = true;
    double seconds    = (double)(now - progress->started_ns) / 1e9;
    fprintf(stderr, "\r\033[K%s: ", source->name);
    if (source->size_bytes > 0) {
        fprintf(stderr, "%u %%, ",
                (unsigned)(100.0 * (double)source->read_bytes / (double)source->size_bytes));
    }
    fprintf(stderr, "%.1f M frames, %.0f MB/s", (double)progress->frames / 1e6,
            (double)progress->bytes / 1e6 / seconds);
}

void cli_progress_clear(struct cli_progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        progress->shown = false;
    }
}
