#include "cli/progress.h"

#include "base/clock.h"
#include "base/time.h"

#include <stdio.h>
#include <unistd.h>

struct cli_progress cli_progress_start(bool wanted)
{
    int64_t now = ht_clock_ns(CLOCK_MONOTONIC);
    return (struct cli_progress){.enabled    = wanted && isatty(STDERR_FILENO) == 1,
                                 .started_ns = now,
                                 .last_ns    = now + HT_SECOND_NS};
}

void cli_progress_show(struct cli_progress *progress, const struct ht_source *source)
{
    int64_t now = ht_clock_ns(CLOCK_MONOTONIC);
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
