/*
 * Progress on a terminal, for work that takes longer than a second.
 */
#ifndef HT_CLI_PROGRESS_H
#define HT_CLI_PROGRESS_H

#include "capture/source.h"

struct cli_progress {
    bool enabled, shown;
    int64_t started_ns, last_ns;
    uint64_t frames, bytes;
};

/* cli_progress_start readies a display on standard error, if that is a terminal and `wanted`. */
struct cli_progress cli_progress_start(bool wanted);

/* cli_progress_show shows how far `source` is, if it is time. Seldom, and so never inlined. */
__attribute__((noinline)) void cli_progress_show(struct cli_progress *progress,
                                                 const struct ht_source *source);

/* cli_progress_step counts frames of so many bytes together, and shows how far `source` is. */
static inline void cli_progress_step(struct cli_progress *progress, const struct ht_source *source,
                                     uint64_t frames, uint64_t bytes)
{
    progress->frames += frames;
    progress->bytes += bytes;
    if (progress->enabled) {
        cli_progress_show(progress, source);
    }
}

/* cli_progress_clear takes the line away, before anything else is written to the terminal. */
void cli_progress_clear(struct cli_progress *progress);

#endif
