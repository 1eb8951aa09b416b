#include "cli/run.h"

#include "analysis/analysis.h"
#include "base/time.h"
#include "capture/filter.h"
#include "capture/source.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "registry.h"
#include "run/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What a run holds. */
struct run {
    const struct cli_options *options;
    struct ht_engine *engine;
    struct ht_filter *filter;
    struct ht_sink *sink;
    FILE *out;
    struct cli_progress progress;
    int status;
    bool output_failed;
};

/* The one thing that a signal handler may touch. */
static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

static void complain(struct run *run, const char *text)
{
    cli_progress_clear(&run->progress);
    fprintf(stderr, "hellotap: %s\n", text);
}

static bool write_record(void *context, const struct ht_record_type *type, const void *record)
{
    struct run *run = context;
    if (!run->output_failed && !run->options->format->record(run->sink, type, record)) {
        run->output_failed = true;
        complain(run, strerror(errno));
    }
    return !run->output_failed;
}

static bool is_terminal(FILE *file)
{
    return isatty(fileno(file)) == 1;
}

static unsigned terminal_width(FILE *file)
{
    struct winsize size;
    return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static bool is_input(const struct cli_options *o)
{
    struct stat out, in;
    bool same = false;
    for (char **file = o->files; stat(o->output, &out) == 0 && *file != NULL; file++) {
        same |= stat(*file, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino &&
                S_ISREG(in.st_mode);
    }
    return same;
}

static bool open_output(struct run *run, struct ht_error *error)
{
    const struct cli_options *o = run->options;
    if (o->output != NULL && is_input(o)) {
        return ht_fail(error, "%s: is also an input, and would be overwritten", o->output);
    }
    run->out = o->output != NULL ? fopen(o->output, "w") : stdout;
    if (run->out == NULL) {
        return ht_fail(error, "%s: %s", o->output, strerror(errno));
    }
    bool terminal                = is_terminal(run->out);
    struct ht_sink_config config = {
        .out   = run->out,
        .color = o->color == CLI_COLOR_ALWAYS ||
                 (o->color == CLI_COLOR_AUTO && terminal && getenv("NO_COLOR") == NULL),
        .width      = o->width != 0 ? o->width
                      : terminal    ? terminal_width(run->out)
                                    : 0,
        .flush_each = o->interface != NULL || terminal};
    run->sink = o->format->open(&config);
    return run->sink != NULL || ht_fail(error, "out of memory");
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        seed = (uint64_t)getpid(); /* guessable, so collisions could be chosen; no more than that */
    }
    return seed;
}

static bool open_engine(struct run *run, struct ht_error *error)
{
    const struct cli_options *o          = run->options;
    const struct ht_engine_config config = {.dissectors = ht_dissectors,
                                            .analyzers  = ht_analyzers,
                                            .record     = write_record,
                                            .context    = run,
                                            .events     = o->events,
                                            .label      = !o->no_ndpi,
                                            .live       = o->interface != NULL,
                                            .hash_seed  = random_seed()};
    run->engine                          = ht_engine_new(&config, error);
    return run->engine != NULL;
}

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * HT_SECOND_NS + now.tv_nsec;
}

/* Takes one frame, or the lack of one. Returns false where the source has come to its end. */
static bool step(struct run *run, struct ht_source *source, struct ht_error *error)
{
    struct ht_frame frame;
    switch (ht_source_next(source, &frame, error)) {
    case HT_READ_FRAME:
        if (run->filter != NULL && run->options->interface == NULL &&
            !ht_filter_match(run->filter, &frame)) {
            ht_engine_stats(run->engine)->filtered_frames++;
            return true;
        }
        cli_progress_step(&run->progress, source, ht_engine_stats(run->engine));
        return ht_engine_frame(run->engine, &frame);
    case HT_READ_AGAIN:
        return run->options->interface == NULL || ht_engine_tick(run->engine, now_ns());
    case HT_READ_ERROR:
        complain(run, error->text);
        run->status = CLI_UNREADABLE;
        ht_engine_stats(run->engine)->failed_sources++;
        return false;
    case HT_READ_END:
        break;
    }
    return false;
}

static void read_source(struct run *run, struct ht_source *source)
{
    struct ht_error error;
    ht_engine_source(run->engine, source->name);
    while (stop_asked == 0 && step(run, source, &error)) {
    }
    cli_progress_clear(&run->progress);
    (void)ht_engine_flush(run->engine);
    ht_engine_stats(run->engine)->capture_drops += source->dropped;
    ht_source_close(source);
}

/* In a directory there may lie other things (key logs, notes): they are passed over. */
static void read_file(void *context, const char *path, bool named)
{
    struct run *run = context;
    struct ht_error error;
    if (stop_asked != 0 || run->output_failed) {
        return;
    }
    struct ht_source *source = ht_file_open(path, &error);
    if (source == NULL && (named || !error.unknown_format)) {
        complain(run, error.text);
        run->status = CLI_UNREADABLE;
        ht_engine_stats(run->engine)->failed_sources++;
    }
    if (source != NULL) {
        read_source(run, source);
    }
}

static void read_interface(struct run *run)
{
    const struct cli_options *o = run->options;
    struct ht_error error;
    const struct ht_live_options live = {
        .snaplen = o->snaplen, .no_promiscuous = o->no_promiscuous, .filter = o->filter};
    struct ht_source *source = ht_live_open(o->interface, &live, &error);
    if (source == NULL) {
        complain(run, error.text);
        run->status = CLI_UNREADABLE;
        return;
    }
    fprintf(stderr, "hellotap: listening on %s; Ctrl-C ends\n", o->interface);
    read_source(run, source);
}

static void read_inputs(struct run *run)
{
    struct ht_error error;
    if (run->options->interface != NULL) {
        read_interface(run);
        return;
    }
    for (char **file = run->options->files; *file != NULL; file++) {
        if (!cli_inputs_each(*file, read_file, run, &error)) {
            complain(run, error.text);
            run->status = CLI_UNREADABLE;
        }
    }
}

static void write_stats(struct run *run, int64_t started_ns)
{
    struct ht_stats *stats = ht_engine_stats(run->engine);
    struct timespec cpu;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    stats->wall_ns = (uint64_t)(now_ns() - started_ns);
    stats->cpu_ns  = (uint64_t)(cpu.tv_sec * HT_SECOND_NS + cpu.tv_nsec);
    (void)write_record(run, &ht_stats_record, stats);
}

static void catch_signals(void)
{
    /* The second one ends the program at once. */
    struct sigaction action = {.sa_handler = ask_stop, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static void close_output(struct run *run)
{
    if (run->sink != NULL && !run->options->format->finish(run->sink) && !run->output_failed) {
        run->output_failed = true;
        complain(run, strerror(errno));
    }
    if (run->out != NULL && fclose(run->out) != 0 && !run->output_failed) {
        run->output_failed = true;
        complain(run, strerror(errno));
    }
    if (run->output_failed) {
        run->status = CLI_UNREADABLE;
    }
}

/* Live, the kernel filters; it is compiled here all the same, to say what is wrong with it. */
static bool open_filter(struct run *run, struct ht_error *error)
{
    if (run->options->filter == NULL) {
        return true;
    }
    run->filter = ht_filter_open(run->options->filter, error);
    return run->filter != NULL;
}

int cli_run(const struct cli_options *options)
{
    struct run run = {.options = options, .progress = cli_progress_start(!options->quiet)};
    struct ht_error error;
    int64_t started_ns = now_ns();
    if (!open_filter(&run, &error) || !open_output(&run, &error) || !open_engine(&run, &error)) {
        complain(&run, error.text);
        run.status = CLI_USAGE;
    } else {
        catch_signals();
        read_inputs(&run);
        write_stats(&run, started_ns);
    }
    ht_engine_free(run.engine);
    close_output(&run);
    ht_filter_close(run.filter);
    return run.status;
}
