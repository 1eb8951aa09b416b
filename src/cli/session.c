#include "cli/session.h"

#include "base/clock.h"
#include "base/time.h"
#include "cli/signals.h"

#include <inttypes.h>

enum { STATS_SECONDS = 60 };

static int64_t stats_interval_ns(const struct cli_options *o)
{
    return o->stats_interval_ns != 0 ? o->stats_interval_ns : STATS_SECONDS * HT_SECOND_NS;
}

void cli_session_start(struct cli_session *session)
{
    session->started_ns = ht_clock_ns(CLOCK_MONOTONIC);
    session->stats_ns   = session->started_ns + stats_interval_ns(session->options);
    session->alive_ns   = session->started_ns;
    ht_large_pages_ask(&session->large_pages);
}

/* Adds up what is counted here and there. */
static struct ht_stats *count(struct cli_session *session)
{
    struct ht_stats *stats = &session->stats;
    *stats                 = session->counted;
    ht_crew_stats(session->crew, stats);
    stats->wall_ns         = (uint64_t)(ht_clock_ns(CLOCK_MONOTONIC) - session->started_ns);
    stats->cpu_ns          = (uint64_t)ht_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    stats->capture_drops   = session->capture_drops;
    stats->interface_drops = session->interface_drops;
    if (session->source != NULL) {
        ht_source_count(session->source);
        stats->capture_drops += session->source->dropped;
        stats->interface_drops += session->source->interface_dropped;
    }
    if (cli_options_live(session->options)) {
        stats->time_ns = ht_clock_ns(CLOCK_REALTIME);
    }
    cli_writer_count(&session->writer, stats);
    return stats;
}

void cli_session_stats(struct cli_session *session)
{
    const struct ht_stats *stats = count(session);
    if (!session->options->inventory) { /* which is one document */
        (void)cli_writer_record(&session->writer, &ht_stats_record, stats);
    }
}

void cli_session_end_source(struct cli_session *session)
{
    ht_source_count(session->source);
    session->capture_drops += session->source->dropped;
    session->interface_drops += session->source->interface_dropped;
    ht_source_close(session->source);
    session->source = NULL;
}

/* A line of the counters that matter most, for an operator and for the service manager. */
static void describe(const struct ht_stats *stats, char text[static 256])
{
    (void)snprintf(
        text, 256,
        "%" PRIu64 " frames, %" PRIu64 " dropped (%" PRIu64 " by the interface); %" PRIu64
        " connections told, %" PRIu64 " flows followed; of the output %" PRIu64
        " records dropped, at most %" PRIu64 " kB waiting",
        stats->frames, stats->capture_drops + stats->interface_drops, stats->interface_drops,
        stats->connections, stats->flows, stats->output_drops, stats->queue_peak_bytes / 1000);
}

static void tell_drops(struct cli_session *session, const struct ht_stats *stats)
{
    uint64_t drops = stats->capture_drops + stats->interface_drops;
    if (drops > session->told_drops && cli_options_live(session->options)) {
        cli_say(&session->console, CLI_WARNING,
                "%" PRIu64 " frames were lost, the machine or --buffer being too small for them",
                drops - session->told_drops);
    }
    session->told_drops = drops;
}

static void tell_stats(struct cli_session *session, bool asked)
{
    char text[256], status[300];
    cli_session_stats(session);
    const struct ht_stats *stats = &session->stats;
    describe(stats, text);
    (void)snprintf(status, sizeof status, "STATUS=%s", text);
    cli_notify_send(&session->notify, status);
    if (asked) {
        cli_say(&session->console, CLI_INFO, "%s", text);
    }
    tell_drops(session, stats);
}

static void reopen(struct cli_session *session)
{
    cli_notify_reloading(&session->notify);
    if (session->may_reopen) {
        cli_writer_reopen(&session->writer);
    } else if (cli_writer_folder(&session->writer) >= 0) {
        cli_say(&session->console, CLI_WARNING,
                "%s is not opened anew, but written on: this user may not make files in its "
                "folder: hand it over to that user, or say --user",
                session->options->output);
    }
    cli_notify_send(&session->notify, "READY=1");
}

static bool is_time(int64_t now_ns, int64_t *due_ns, int64_t interval_ns)
{
    bool due = interval_ns > 0 && now_ns >= *due_ns;
    if (due) {
        *due_ns = now_ns + interval_ns;
    }
    return due;
}

bool cli_session_tend(struct cli_session *session)
{
    const struct cli_options *o = session->options;
    int64_t now_ns              = ht_clock_ns(CLOCK_MONOTONIC);
    bool periodic               = cli_options_live(o) || o->stats_interval_ns != 0;
    session->frames             = 0;
    ht_large_pages_ask(&session->large_pages);
    if (cli_signals_take_reopen()) {
        reopen(session);
    }
    bool asked = cli_signals_take_stats();
    if (asked ||
        (periodic && is_time(now_ns, &session->stats_ns, stats_interval_ns(session->options)))) {
        tell_stats(session, asked);
    }
    if (is_time(now_ns, &session->alive_ns, session->notify.watchdog_ns)) {
        cli_notify_send(&session->notify, "WATCHDOG=1");
    }
    cli_writer_tell(&session->writer);
    return !cli_signals_stop() && !session->writer.failed;
}
