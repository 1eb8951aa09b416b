#include "cli/run.h"

#include "base/clock.h"
#include "cli/confine.h"
#include "cli/inputs.h"
#include "cli/label_memory.h"
#include "cli/machine.h"
#include "cli/report.h"
#include "cli/schema.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "crypto/key_log.h"
#include "crypto/start.h"
#include "flow/app_label.h"
#include "registry.h"

#include <errno.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DRAIN_NS = 250000000,
    LATE_NS =
        1000000000 /* that frames wait for their keys; more than programs take to write them */
};

static bool write_record(void *context, const struct ht_record_type *type, const void *record)
{
    struct cli_session *session = context;
    return !cli_options_stories(session->options) ||
           cli_writer_record(&session->writer, type, record);
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        seed = (uint64_t)getpid(); /* guessable, so collisions could be chosen; no more than that */
    }
    return seed;
}

static bool write_lines(void *context, const struct ht_record_type *type, struct ht_bytes lines)
{
    struct cli_session *session = context;
    return !cli_options_stories(session->options) ||
           cli_writer_lines(&session->writer, type, lines);
}

static bool keep_lines(void *context)
{
    struct cli_session *session = context;
    return cli_writer_keep(&session->writer);
}

/* Threads pay from some size on. */
static bool is_large(char *const *files)
{
    enum { LARGE = 64 << 20 };
    struct stat status;
    off_t total = 0;
    for (; *files != NULL; files++) {
        total += stat(*files, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
    }
    return total >= LARGE;
}

static unsigned num_workers(const struct cli_options *o)
{
    enum { ENOUGH = 16 };
    unsigned cores = cli_machine_processors();
    if (o->workers != 0) {
        return o->workers;
    }
    if (cores < 2 || !(cli_options_live(o) || is_large(o->files))) {
        return 1;
    }
    return cores < ENOUGH ? cores : ENOUGH;
}

/* A quarter of the memory that there is, where not said. */
static size_t max_bytes(const struct cli_options *o)
{
    return o->max_bytes != 0 ? o->max_bytes : (size_t)(cli_machine_memory() / 4);
}

static bool open_crew(struct cli_session *session, struct ht_error *error)
{
    const struct cli_options *o = session->options;
    if (!o->no_ndpi) {
        cli_label_memory_start();
        session->label_tables = ht_label_tables_new();
    }
    const struct ht_engine_config engine = {.dissectors     = ht_dissectors,
                                            .analyzers      = session->analysis.analyzers,
                                            .analysis       = &session->analysis.settings,
                                            .key_log        = session->analysis.key_log,
                                            .conditions     = o->only,
                                            .num_conditions = o->num_only,
                                            .verify         = o->verify,
                                            .audit          = o->audit,
                                            .events         = o->events,
                                            .label_tables   = session->label_tables,
                                            .live           = cli_options_live(o),
                                            .max_flows      = o->max_flows,
                                            .max_bytes      = max_bytes(o),
                                            .hash_seed      = random_seed()};
    const struct ht_crew_config config   = {.engine  = engine,
                                            .format  = o->format,
                                            .sink    = session->writer.config,
                                            .workers = num_workers(o),
                                            .lines   = write_lines,
                                            .keep    = keep_lines,
                                            .record  = write_record,
                                            .context = session};
    session->crew                        = ht_crew_new(&config, error);
    session->status                      = session->crew != NULL ? session->status : CLI_UNREADABLE;
    return session->crew != NULL;
}

static void fail_source(struct cli_session *session, const char *text)
{
    cli_say(&session->console, CLI_ERROR, "%s", text);
    session->status = CLI_UNREADABLE;
    session->counted.failed_sources++;
}

/* Live, the kernel filters. Not inlined, for most runs are without a filter. */
__attribute__((noinline)) static bool is_filtered(struct cli_session *session,
                                                  const struct ht_frame *frame)
{
    bool filtered = !cli_options_live(session->options) && !ht_filter_match(session->filter, frame);
    session->counted.filtered_frames += filtered;
    return filtered;
}

static inline bool take_frame(struct cli_session *session, const struct ht_frame *frame)
{
    if (session->filter != NULL && is_filtered(session, frame)) {
        return true;
    }
    session->pace.frame_ns = frame->time_ns;
    session->pace.heard    = true;
    return ht_crew_frame(session->crew, frame);
}

/* What can be told for the time that has passed. Who reads what a pipe brings, as it comes, waits
 * for no more than that. */
static bool pass_time(struct cli_session *session)
{
    int64_t there_ns;
    if (cli_options_live(session->options)) {
        return ht_crew_tick(session->crew, ht_clock_ns(CLOCK_REALTIME) - session->source->late_ns);
    }
    bool good = !cli_pace_keeps(&session->pace, ht_clock_ns(CLOCK_MONOTONIC),
                                ht_clock_ns(CLOCK_REALTIME), &there_ns) ||
                ht_crew_tick(session->crew, there_ns);
    return cli_writer_flush(&session->writer) && good;
}

/* Takes the frames that are there, until it is time for other things. Returns why there is none
 * more; HT_READ_END, too, where the output failed or the end was asked for. */
static enum ht_read take_frames(struct cli_session *session, struct ht_error *error)
{
    struct ht_frame frame;
    enum ht_read read = HT_READ_FRAME;
    uint64_t bytes    = 0;
    unsigned n = 0, most = CLI_FRAMES_A_LOOK - session->frames;
    while (n < most && (read = ht_source_next(session->source, &frame, error)) == HT_READ_FRAME) {
        if (!take_frame(session, &frame) || cli_signals_stop()) {
            return HT_READ_END;
        }
        bytes += frame.data.len;
        n++;
    }
    session->frames += n;
    cli_progress_step(&session->console.progress, session->source, n, bytes);
    return read;
}

/* Takes frames, or the lack of one. Returns false where the source has come to its end. */
static bool step(struct cli_session *session, struct ht_error *error)
{
    switch (take_frames(session, error)) {
    case HT_READ_FRAME:
        return cli_session_tend(session);
    case HT_READ_AGAIN:
        return pass_time(session) && cli_session_tend(session);
    case HT_READ_ERROR:
        fail_source(session, error->text);
        return false;
    case HT_READ_END:
        break;
    }
    return false;
}

/* What was captured before the end was asked for is told too; the kernel hands over a block that is
 * not full with some delay, as does who writes to a pipe and was asked to end as well. */
static void drain(struct cli_session *session)
{
    struct ht_frame frame;
    struct ht_error error;
    int64_t asked_ns  = ht_clock_ns(CLOCK_REALTIME);
    int64_t most_ns   = session->source->late_ns + DRAIN_NS;
    bool live         = cli_options_live(session->options);
    enum ht_read read = HT_READ_AGAIN;
    while (read == HT_READ_FRAME ||
           (read == HT_READ_AGAIN && ht_clock_ns(CLOCK_REALTIME) - asked_ns < most_ns)) {
        read = ht_source_next(session->source, &frame, &error);
        bool late =
            live ? frame.time_ns > asked_ns : ht_clock_ns(CLOCK_REALTIME) - asked_ns > most_ns;
        if (read == HT_READ_FRAME && (late || !take_frame(session, &frame))) {
            break;
        }
    }
}

static void read_source(struct cli_session *session)
{
    struct ht_error error;
    session->counted.sources++;
    session->pace = (struct cli_pace){0};
    ht_crew_source(session->crew, session->source);
    while (!cli_signals_stop() && step(session, &error)) {
    }
    cli_writer_be_patient(&session->writer);
    if (cli_signals_stop() && session->source->size_bytes == 0) {
        cli_notify_send(&session->notify, "STOPPING=1");
        drain(session);
    }
    cli_progress_clear(&session->console.progress);
    (void)ht_crew_flush(session->crew);
    if (!ht_source_check(session->source, cli_signals_take_lost(), &error)) {
        fail_source(session, error.text);
    }
    cli_session_end_source(session);
}

/* In a directory there may lie other things (key logs, notes): they are passed over. */
static void read_file(struct cli_session *session, const struct cli_input *input)
{
    struct ht_error error;
    bool named      = strcmp(input->path, input->named) == 0;
    session->source = ht_file_open(input->path, &error);
    if (session->source == NULL && (named || !error.unknown_format)) {
        fail_source(session, error.text);
    }
    if (session->source != NULL) {
        ht_file_map(session->source, &session->ways);
        read_source(session);
    }
}

static bool goes_on(const struct cli_session *session)
{
    return !cli_signals_stop() && !session->writer.failed;
}

/* The inputs that this word of the command line stands for, from `*at` on. A directory without any
 * capture is one that was mistaken for another. */
static void read_named(struct cli_session *session, const char *named, size_t *at)
{
    const struct cli_inputs *inputs = &session->inputs;
    const struct ht_stats *counted  = &session->counted;
    uint64_t before                 = counted->sources + counted->failed_sources;
    for (; *at < inputs->num && inputs->items[*at].named == named; (*at)++) {
        if (goes_on(session)) {
            read_file(session, &inputs->items[*at]);
        }
    }
    if (goes_on(session) && counted->sources + counted->failed_sources == before) {
        cli_say(&session->console, CLI_ERROR, "%s: there is no capture in it", named);
        session->status = CLI_UNREADABLE;
    }
}

static void read_inputs(struct cli_session *session)
{
    if (cli_options_live(session->options)) {
        read_source(session);
    }
    size_t at = 0;
    for (char **file = session->options->files; *file != NULL; file++) {
        read_named(session, *file, &at);
    }
}

static void find_inputs(struct cli_session *session)
{
    struct ht_error error;
    for (char **file = session->options->files; *file != NULL; file++) {
        if (!cli_inputs_add(&session->inputs, *file, &error)) {
            cli_say(&session->console, CLI_ERROR, "%s", error.text);
            session->status = CLI_UNREADABLE;
        }
    }
}

/* Live, the kernel filters; it is compiled here all the same, to say what is wrong with it. */
static bool open_filter(struct cli_session *session, struct ht_error *error)
{
    if (session->options->filter == NULL) {
        return true;
    }
    session->filter = ht_filter_open(session->options->filter, error);
    return session->filter != NULL;
}

/* Why a condition holds of no record. */
static bool fail_condition(const struct ht_condition *condition, struct ht_error *error)
{
    const struct ht_condition there = {.field = condition->field};
    struct ht_bytes value           = ht_bytes_head(condition->value, 64);
    char like[96];
    (void)snprintf(like, sizeof like, "has no value like \"%.*s\"", (int)value.len,
                   (const char *)value.ptr);
    const char *why = like;
    if (!cli_schema_fits(&there, NULL)) {
        why = "is no field of any record";
    } else if (condition->relation > HT_IS_LIKE) {
        why = "is not less or more than that: numbers are, as 2048 or 0x0303, and times, as "
              "2026-03-15 or 2026-03-15T12:00:00Z";
    }
    const char *list = ht_bytes_equal(condition->field, ht_text("findings.id"))
                           ? "hellotap --rules lists what there is"
                           : "hellotap-json(5) lists what there is, as in tls.client_hello.ja4";
    return ht_fail(error, "--only: \"%.*s\" %s; %s", (int)condition->field.len,
                   (const char *)condition->field.ptr, why, list);
}

/* "a=1 and b=2" asks for the value "1 and b=2". */
static bool joins_others(const struct ht_condition *condition)
{
    static const char *const words[] = {" and ", " && ", " || "};
    bool joins                       = false;
    for (size_t i = 0; i < 3 && !joins; i++) {
        struct ht_bytes value = condition->value;
        struct ht_condition other;
        const uint8_t *at = memmem(value.ptr, value.len, words[i], strlen(words[i]));
        size_t behind     = at != NULL ? (size_t)(at - value.ptr) + strlen(words[i]) : 0;
        joins             = at != NULL && ht_condition_read(&other, ht_bytes_from(value, behind)) &&
                cli_schema_fits(&(struct ht_condition){.field = other.field}, NULL);
    }
    return joins;
}

/* What no record can have would choose nothing, or all, without a word. */
static bool check_conditions(const struct cli_options *o, struct ht_error *error)
{
    const struct ht_record_type *told = o->format == &ht_brief_sink ? &ht_connection_record : NULL;
    bool met                          = false;
    for (size_t i = 0; i < o->num_only; i++) {
        const struct ht_condition *condition = &o->only[i];
        if (joins_others(condition)) {
            return ht_fail(error, "--only: of conditions that must all hold, each is an --only of "
                                  "its own; within one, \" or \" stands between them");
        }
        if (!cli_schema_fits(condition, NULL)) {
            return fail_condition(condition, error);
        }
        met |= condition->negated || cli_schema_fits(condition, told);
        if (!met && !condition->or_next) {
            return ht_fail(error,
                           "-f brief is of connections alone, of which none has this "
                           "\"%.*s\": say -f text or json",
                           (int)condition->field.len, (const char *)condition->field.ptr);
        }
        met &= condition->or_next;
    }
    return true;
}

static void notice(void *context, const char *text)
{
    cli_say(context, CLI_WARNING, "%s", text);
}

static bool open_interfaces(struct cli_session *session, struct ht_error *error)
{
    const struct cli_options *o       = session->options;
    const struct ht_live_options live = {.snaplen        = o->snaplen,
                                         .buffer_bytes   = o->buffer_bytes,
                                         .no_promiscuous = o->no_promiscuous,
                                         .immediate      = o->immediate,
                                         .filter         = o->filter,
                                         .notice         = notice,
                                         .notice_context = &session->console};
    if (!ht_live_check(o->interfaces, error)) {
        return false;
    }
    session->source = ht_live_open(o->interfaces, &live, error);
    if (session->source != NULL && session->analysis.growing_key_log >= 0) {
        const struct ht_growing_keys keys = {.descriptor     = session->analysis.growing_key_log,
                                             .path           = o->key_log,
                                             .notice         = notice,
                                             .notice_context = &session->console};
        session->source                   = ht_keyed_open(session->source, &keys, LATE_NS, error);
        session->analysis.growing_key_log = -1;
    }
    if (session->source == NULL) {
        session->status = CLI_UNREADABLE;
    }
    return session->source != NULL;
}

static bool open_writer(struct cli_session *session, struct ht_error *error)
{
    const struct cli_options *o = session->options;
    bool fits                   = cli_writer_check(o, error);
    bool open                   = fits && cli_writer_open(&session->writer, o, cli_confine_owner(o),
                                                          &session->console, error);
    session->status             = fits && !open ? CLI_UNREADABLE : session->status;
    return open;
}

/* All that is open to us because of who we are. */
static bool open_all(struct cli_session *session, struct ht_error *error)
{
    const struct cli_options *o = session->options;
    session->notify             = cli_notify_open();
    return check_conditions(o, error) && open_filter(session, error) &&
           cli_analysis_open(&session->analysis, o, &session->console, error) &&
           cli_report_open(session, error) && open_writer(session, error) &&
           open_crew(session, error) && (!cli_options_live(o) || open_interfaces(session, error));
}

static bool confine(struct cli_session *session, struct ht_error *error)
{
    const struct cli_options *o        = session->options;
    struct cli_confinement confinement = {.source = session->source,
                                          .inputs = &session->inputs,
                                          .folder = cli_writer_folder(&session->writer),
                                          .certificate_folder =
                                              session->analysis.settings.certificate_folder,
                                          .notify_socket = session->notify.socket};
    if (!cli_confine(o, &confinement, error)) {
        return false;
    }
    session->may_reopen = confinement.may_reopen;
    if (cli_options_live(o)) {
        const char *user = confinement.user != NULL ? confinement.user : "the user who started it";
        cli_say(&session->console, CLI_INFO, "listening on %s as %s, protected by %s; Ctrl-C ends",
                o->interfaces, user, confinement.description);
    }
    return true;
}

/* Files are read in the background of whatever else runs. The threads of a crew wake each other all
 * the time: where whoever wakes takes nobody's processor, two are a tenth faster. */
static void schedule_as_batch(void)
{
    const struct sched_param none = {0};
    if (sched_getscheduler(0) == SCHED_OTHER) {
        (void)sched_setscheduler(0, SCHED_BATCH, &none);
    }
}

/* Opens all, gives up what is not needed from then on, and only then begins. */
static bool begin(struct cli_session *session, struct ht_error *error)
{
    const struct cli_options *o = session->options;
    errno                       = 0;
    if (!open_all(session, error)) {
        return false;
    }
    find_inputs(session);
    if (!cli_options_live(o)) {
        schedule_as_batch();
    }
    cli_signals_catch(o->output != NULL, cli_options_live(o) || o->output != NULL);
    if (!confine(session, error)) {
        return false;
    }
    if (!cli_writer_start(&session->writer, error) || !ht_crew_start(session->crew, error)) {
        session->status = CLI_UNREADABLE;
        return false;
    }
    cli_notify_send(&session->notify, "READY=1");
    return true;
}

/* The process ends, and all that it holds with it, at once; by hand a fifth of a small file's time
 * goes into freeing libndpi's tables. Sanitizers want to see nothing lost. */
static void free_crew(const struct cli_session *session)
{
#ifdef HT_SANITIZED
    ht_crew_free(session->crew);
    ht_label_tables_free(session->label_tables);
#else
    (void)session;
#endif
}

/* As by a key log of other sessions, or one that was begun too late. */
static void tell_unused_keys(struct cli_session *session)
{
    const struct cli_options *o = session->options;
    if (o->key_log != NULL && !cli_options_live(o) && session->stats.sources > 0 &&
        session->stats.decrypted == 0 && ht_key_log_count(session->analysis.key_log)->secrets > 0) {
        cli_say(&session->console, CLI_WARNING,
                "%s: no message was decrypted by its keys; are they of these sessions?",
                o->key_log);
    }
}

/* What the machine has too little of now it may have later: the options make sense all the same. */
static int status_by_errno(void)
{
    return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? CLI_UNREADABLE : CLI_USAGE;
}

int cli_run(const struct cli_options *options)
{
    struct cli_session session = {.options  = options,
                                  .console  = cli_console_start(!options->quiet),
                                  .analysis = {.settings = {.certificate_folder = -1}}};
    struct ht_error error;
    cli_session_start(&session);
    ht_crypto_start();
    if (begin(&session, &error)) {
        read_inputs(&session);
        cli_report(&session);
        cli_session_stats(&session);
        tell_unused_keys(&session);
    } else {
        session.status = session.status != CLI_OK ? session.status : status_by_errno();
        cli_say(&session.console, CLI_ERROR, "%s", error.text);
        ht_source_close(session.source);
    }
    free_crew(&session);
    cli_report_close(&session);
    cli_analysis_close(&session.analysis);
    if (!cli_writer_close(&session.writer)) {
        session.status = CLI_UNREADABLE;
    }
    ht_filter_close(session.filter);
    cli_inputs_free(&session.inputs);
    cli_notify_close(&session.notify);
    return session.status;
}
