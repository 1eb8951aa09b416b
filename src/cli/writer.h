/*
 * Records into lines, and lines to where they go.
 */
#ifndef HT_CLI_WRITER_H
#define HT_CLI_WRITER_H

#include "cli/console.h"
#include "cli/options.h"
#include "output/output.h"
#include "run/stats.h"

enum { CLI_PARTS = 64 };

struct cli_writer {
    const struct ht_sink_ops *format;
    struct ht_sink *sink;
    const char *name;             /* of the output, for messages */
    struct ht_sink_config config; /* of the sink, and of others that write to the same place */
    struct ht_output *output;
    struct ht_chars lines;            /* that wait to be written together, */
    struct ht_bytes parts[CLI_PARTS]; /* with others that lie elsewhere; the first is `lines` */
    size_t num_parts, part_bytes;     /* but for `lines` */
    uint64_t records;                 /* in all of them */
    size_t batch_bytes;               /* of lines are written together */
    bool failed;                      /* nothing more can be written */
    bool begun;                       /* something was written before, */
    bool apart;                       /* after which an empty line stands */
    struct cli_console *console;
};

/* cli_writer_check: the output is none of the inputs. */
bool cli_writer_check(const struct cli_options *options, struct ht_error *error);

/* cli_writer_open opens what the options name; a file that is root's becomes that of `user`, whom
 * we are going to be (NULL: left as it is). cli_writer_close is to be called however it ends. */
bool cli_writer_open(struct cli_writer *writer, const struct cli_options *options, const char *user,
                     struct cli_console *console, struct ht_error *error);

/* cli_writer_is_input: one of the files to read lies at `path`. */
bool cli_writer_is_input(const struct cli_options *options, const char *path);

/* cli_writer_folder is where the output is rotated and opened anew, for a sandbox's rules; -1: it
 * is no file for which that means anything. */
int cli_writer_folder(const struct cli_writer *writer);

/* cli_writer_start begins to write, when the sandbox is entered. */
bool cli_writer_start(struct cli_writer *writer, struct ht_error *error);

/* cli_writer_flush writes what waits to be written with others; false as of cli_writer_record. */
bool cli_writer_flush(struct cli_writer *writer);

/* cli_writer_record writes a record, at once or with others; false where the run must end since
 * nobody gets what it writes. */
bool cli_writer_record(struct cli_writer *writer, const struct ht_record_type *type,
                       const void *record);

/* cli_writer_lines writes a record that is rendered already, and stays where it is until
 * cli_writer_keep is called, which writes those that wait, or copies them if they are few. */
bool cli_writer_lines(struct cli_writer *writer, const struct ht_record_type *type,
                      struct ht_bytes lines);
bool cli_writer_keep(struct cli_writer *writer);

/* cli_writer_reopen ends the file and begins that which now has its name. */
void cli_writer_reopen(struct cli_writer *writer);

/* cli_writer_be_patient: the capture is over, and what comes may wait for a slow output. */
void cli_writer_be_patient(struct cli_writer *writer);

/* cli_writer_tell says what began or ended to go wrong, in moments in which nothing is written. */
void cli_writer_tell(struct cli_writer *writer);

/* cli_writer_count fills what the stats record says of the output. */
void cli_writer_count(const struct cli_writer *writer, struct ht_stats *stats);

/* cli_writer_close writes what waits; false where something could not be written. */
bool cli_writer_close(struct cli_writer *writer);

#endif
