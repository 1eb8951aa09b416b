#include "cli/writer.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITE_BYTES = 64 * 1024, FEW_BYTES = 16 * 1024, DEFAULT_QUEUE = 16 * 1024 * 1024 };

static void complain(void *context, const char *text)
{
    cli_say(context, CLI_WARNING, "%s", text);
}

/* A reader that has seen enough is nothing to complain of. */
static void fail(struct cli_writer *writer, int why)
{
    writer->failed = true;
    if (why != EPIPE) {
        cli_say(writer->console, CLI_ERROR, "%s: %s", writer->name, strerror(why));
    }
}

bool cli_writer_is_input(const struct cli_options *o, const char *path)
{
    struct stat out, in;
    bool same = false;
    for (char **file = o->files; stat(path, &out) == 0 && *file != NULL; file++) {
        same |= stat(*file, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino &&
                S_ISREG(in.st_mode);
    }
    return same;
}

/* A directory stands for several, too. */
static bool has_several_sources(const struct cli_options *o)
{
    struct stat first;
    return *o->files == NULL
               ? strchr(o->interfaces, ',') != NULL
               : o->files[1] != NULL || (stat(*o->files, &first) == 0 && S_ISDIR(first.st_mode));
}

static unsigned terminal_width(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Of other formats nobody can tell half a record from what somebody else wrote. */
static const char *record_start(const struct ht_sink_ops *format)
{
    return format == &ht_json_sink ? "{\"schema\":\"hellotap/" : NULL;
}

/* Live, nothing may wait for a slow disk or reader, and a service that starts again goes on with
 * its file. */
static bool open_output(struct cli_writer *writer, const struct cli_options *o,
                        const struct passwd *owner, struct ht_error *error)
{
    size_t queue                         = o->queue_bytes != 0 ? o->queue_bytes : DEFAULT_QUEUE;
    const struct ht_output_config config = {.path         = o->output,
                                            .record_start = record_start(o->format),
                                            .append       = cli_options_live(o),
                                            .mode         = cli_options_live(o) ? 0 : 0666,
                                            .owner        = owner != NULL ? owner->pw_uid : 0,
                                            .group        = owner != NULL ? owner->pw_gid : 0,
                                            .rotate_bytes = o->rotate_bytes,
                                            .rotate_ns    = o->rotate_ns,
                                            .queue_bytes  = cli_options_live(o) ? queue : 0,
                                            .complain     = complain,
                                            .context      = writer->console};
    writer->output                       = ht_output_open(&config, error);
    return writer->output != NULL;
}

/* What is written together stays together in one file; who reads along waits for nothing. */
static size_t batch_bytes(const struct cli_options *o, bool terminal)
{
    const unsigned batches_a_file = 16;
    uint64_t share                = o->rotate_bytes / batches_a_file;
    if (cli_options_live(o) || terminal) {
        return 0;
    }
    return o->rotate_bytes == 0 || share > WRITE_BYTES ? WRITE_BYTES : (size_t)share;
}

bool cli_writer_check(const struct cli_options *o, struct ht_error *error)
{
    return o->output == NULL || !cli_writer_is_input(o, o->output) ||
           ht_fail(error, "%s: is also an input, and would be overwritten", o->output);
}

bool cli_writer_open(struct cli_writer *writer, const struct cli_options *o, const char *owner,
                     struct cli_console *console, struct ht_error *error)
{
    *writer = (struct cli_writer){.format  = o->format,
                                  .name    = o->output != NULL ? o->output : "standard output",
                                  .console = console};
    if (!open_output(writer, o, owner != NULL ? getpwnam(owner) : NULL, error)) {
        return false;
    }
    bool terminal  = o->output == NULL && isatty(STDOUT_FILENO) == 1;
    writer->config = (struct ht_sink_config){
        .color = o->color == CLI_COLOR_ALWAYS ||
                 (o->color == CLI_COLOR_AUTO && terminal && getenv("NO_COLOR") == NULL),
        .several_sources = has_several_sources(o),
        .width           = o->width != 0 ? o->width
                           : terminal    ? terminal_width()
                                         : 0};
    writer->batch_bytes = batch_bytes(o, terminal);
    writer->sink        = o->format->open(&writer->config);
    return writer->sink != NULL || ht_fail(error, "out of memory");
}

int cli_writer_folder(const struct cli_writer *writer)
{
    return ht_output_directory(writer->output);
}

bool cli_writer_start(struct cli_writer *writer, struct ht_error *error)
{
    return ht_output_start(writer->output, error);
}

static void write_lines(struct cli_writer *writer)
{
    writer->parts[0] = ht_chars_view(&writer->lines);
    if (!writer->failed && !ht_output_write_parts(writer->output, writer->parts,
                                                  1 + writer->num_parts, writer->records)) {
        fail(writer, errno);
    }
    writer->lines.len = 0;
    writer->num_parts = writer->part_bytes = 0;
    writer->records                        = 0;
}

/* Begins a record: what stands apart has an empty line before and after it. Is one due? */
static bool begin_record(struct cli_writer *writer, const struct ht_record_type *type)
{
    bool apart    = writer->format->is_apart != NULL && writer->format->is_apart(type);
    bool empty    = writer->begun && (apart || writer->apart);
    writer->begun = true;
    writer->apart = apart;
    return empty;
}

bool cli_writer_flush(struct cli_writer *writer)
{
    write_lines(writer);
    return !writer->failed;
}

static bool end_record(struct cli_writer *writer)
{
    writer->records++;
    if (writer->lines.len + writer->part_bytes >= writer->batch_bytes) {
        write_lines(writer);
    }
    return !writer->failed;
}

bool cli_writer_record(struct cli_writer *writer, const struct ht_record_type *type,
                       const void *record)
{
    (void)cli_writer_keep(writer);
    if (begin_record(writer, type)) {
        ht_chars_add_char(&writer->lines, '\n');
    }
    if (!writer->failed && !writer->format->record(writer->sink, type, record, &writer->lines)) {
        fail(writer, ENOMEM);
    }
    return end_record(writer);
}

/* What follows what lies before it becomes one part with it. */
static void add_part(struct cli_writer *writer, struct ht_bytes lines)
{
    struct ht_bytes *last = &writer->parts[writer->num_parts];
    if (writer->num_parts > 0 && last->ptr + last->len == lines.ptr) {
        last->len += lines.len;
    } else {
        writer->parts[++writer->num_parts] = lines;
    }
    writer->part_bytes += lines.len;
}

bool cli_writer_lines(struct cli_writer *writer, const struct ht_record_type *type,
                      struct ht_bytes lines)
{
    enum { MOST = 2 }; /* parts of one record */
    if (writer->num_parts + MOST >= CLI_PARTS) {
        write_lines(writer);
    }
    if (begin_record(writer, type)) {
        add_part(writer, ht_text("\n"));
    }
    add_part(writer, lines);
    return end_record(writer);
}

bool cli_writer_keep(struct cli_writer *writer)
{
    if (writer->part_bytes > FEW_BYTES) {
        write_lines(writer);
    }
    for (size_t i = 1; i <= writer->num_parts; i++) {
        ht_chars_add(&writer->lines, writer->parts[i]);
    }
    writer->num_parts = writer->part_bytes = 0;
    if (!writer->failed && writer->lines.failed) {
        fail(writer, ENOMEM);
    }
    return !writer->failed;
}

void cli_writer_reopen(struct cli_writer *writer)
{
    write_lines(writer);
    if (!writer->failed && !ht_output_reopen(writer->output)) {
        fail(writer, errno);
    }
}

void cli_writer_be_patient(struct cli_writer *writer)
{
    ht_output_be_patient(writer->output);
}

void cli_writer_tell(struct cli_writer *writer)
{
    ht_output_tell(writer->output);
    if (!writer->failed && ht_output_counts(writer->output).reader_gone) {
        writer->failed = true;
        cli_say(writer->console, CLI_ERROR, "nobody reads standard output any more");
    }
}

void cli_writer_count(const struct cli_writer *writer, struct ht_stats *stats)
{
    const struct ht_output_counts counts = ht_output_counts(writer->output);
    stats->output_drops                  = counts.dropped_records;
    stats->output_errors                 = counts.errors;
    stats->queue_peak_bytes              = counts.queue_peak_bytes;
}

bool cli_writer_close(struct cli_writer *writer)
{
    if (writer->sink != NULL) {
        write_lines(writer);
        writer->format->close(writer->sink);
    }
    ht_chars_free(&writer->lines);
    bool whole = writer->output == NULL || ht_output_close(writer->output, NULL);
    return whole && !writer->failed;
}
