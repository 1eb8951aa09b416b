#include "output/output.h"

#include "base/clock.h"
#include "base/time.h"
#include "output/file.h"
#include "output/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CALM_PAUSES   = 10, /* that things must go well before it is told that they do again */
    DRAIN_SECONDS = 5
};

struct ht_output {
    char *name;                 /* for messages */
    struct output_queue *queue; /* NULL: written at once, by what follows */
    struct output_file file;
    struct ht_output_counts counts;
    int failed; /* errno of the failure that was final */

    void (*complain)(void *context, const char *text);
    void *context;
    int64_t calm_ns, drain_ns;
    int directory;

    /* What was told. */
    int error;
    bool rotating, renewing, dropping;
    uint64_t dropped_records; /* when all was well for the last time */
};

static void complain(const struct ht_output *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(const struct ht_output *out, const char *format, ...)
{
    struct ht_error text;
    if (out->complain == NULL) {
        return;
    }
    int used = snprintf(text.text, sizeof text.text, "%.300s: ", out->name);
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text.text + used, sizeof text.text - (size_t)used, format, values);
    va_end(values);
    out->complain(out->context, text.text);
}

/* Frees an output whose file is closed or the queue's. */
static void free_output(struct ht_output *out)
{
    free(out->name);
    free(out);
}

struct ht_output *ht_output_open(const struct ht_output_config *config, struct ht_error *error)
{
    struct ht_output *out = calloc(1, sizeof *out);
    char *name            = strdup(config->path != NULL ? config->path : "standard output");
    if (out == NULL || name == NULL) {
        free(out);
        free(name);
        (void)ht_fail(error, "out of memory");
        return NULL;
    }
    out->name     = name;
    out->complain = config->complain;
    out->context  = config->context;
    out->drain_ns = config->drain_ns != 0 ? config->drain_ns : DRAIN_SECONDS * HT_SECOND_NS;
    if (!output_file_open(&out->file, config, error)) {
        free_output(out);
        return NULL;
    }
    out->calm_ns   = CALM_PAUSES * out->file.retry_ns;
    out->directory = out->file.regular ? out->file.directory : -1;
    if (config->queue_bytes != 0) {
        out->queue = output_queue_new(&out->file, config->queue_bytes);
        if (out->queue == NULL) {
            (void)ht_fail(error, "out of memory for an output queue of %zu bytes",
                          config->queue_bytes);
            free_output(out);
            return NULL;
        }
    }
    return out;
}

bool ht_output_start(struct ht_output *out, struct ht_error *error)
{
    return out->queue == NULL || output_queue_start(out->queue, error);
}

int ht_output_directory(const struct ht_output *out)
{
    return out->directory;
}

static void tell_error(struct ht_output *out, const struct output_state *state)
{
    if (state->rotating) {
        complain(out, "cannot be %s: %s; written on%s, and tried again",
                 state->renewing ? "opened anew" : "rotated", strerror(state->error),
                 state->renewing ? " in the old file" : "");
    } else {
        complain(out, "%s; tried again, and what does not fit in the queue is dropped",
                 strerror(state->error));
    }
    out->error    = state->error;
    out->rotating = state->rotating;
    out->renewing = state->renewing;
}

static void tell_fine(struct ht_output *out, const struct output_state *state)
{
    complain(out, "%s; %" PRIu64 " records were dropped",
             out->error == 0 ? "fast enough again"
             : out->renewing ? "opened anew"
             : out->rotating ? "rotated again"
                             : "written again",
             state->counts.dropped_records - out->dropped_records);
    out->error           = 0;
    out->dropping        = false;
    out->dropped_records = state->counts.dropped_records;
}

void ht_output_tell(struct ht_output *out)
{
    if (out->queue == NULL) {
        return;
    }
    struct output_state state = output_queue_state(out->queue);
    int64_t calm_since_ns     = state.fine_ns > state.dropped_ns ? state.fine_ns : state.dropped_ns;
    if (state.error != 0) {
        if (state.error != out->error || state.rotating != out->rotating ||
            state.renewing != out->renewing) {
            tell_error(out, &state);
        }
    } else if (out->error != 0 || out->dropping) {
        if (!state.crowded && ht_clock_ns(CLOCK_MONOTONIC) - calm_since_ns >= out->calm_ns) {
            tell_fine(out, &state);
        }
    } else if (state.counts.dropped_records != out->dropped_records) {
        complain(out, "too slow: the queue is full, and records are dropped");
        out->dropping = true;
    }
}

/* Final. */
static bool fail(struct ht_output *out, int why)
{
    if (out->failed == 0) {
        out->failed = why;
        out->counts.errors++;
        out->counts.reader_gone = why == EPIPE && out->file.path == NULL;
    }
    errno = out->failed;
    return false;
}

/* Once, of what is written at once and goes on where it is. */
static void tell_trouble(struct ht_output *out)
{
    const struct output_state state = {.error    = output_file_trouble(&out->file),
                                       .rotating = true,
                                       .renewing = out->file.anew_error != 0};
    if (state.error != 0 && (state.error != out->error || state.renewing != out->renewing)) {
        tell_error(out, &state);
    }
    out->error         = state.error;
    out->counts.errors = out->file.errors;
}

static bool write_now(struct ht_output *out, const struct ht_bytes *parts, size_t num,
                      uint64_t num_records)
{
    const struct output_batch batch = {output_parts_len(parts, num), num_records};
    struct output_load load = {.parts = parts, .num_parts = num, .batches = &batch, .num = 1};
    if (out->failed != 0) {
        return fail(out, out->failed);
    }
    if (!output_file_put(&out->file, &load)) {
        return fail(out, errno);
    }
    out->counts.written_records += load.written_records;
    out->counts.written_bytes += load.written_bytes;
    out->counts.rotations = out->file.rotations;
    tell_trouble(out);
    return true;
}

bool ht_output_write(struct ht_output *out, struct ht_bytes lines, uint64_t num_records)
{
    return ht_output_write_parts(out, &lines, 1, num_records);
}

bool ht_output_write_parts(struct ht_output *out, const struct ht_bytes *parts, size_t num,
                           uint64_t num_records)
{
    if (output_parts_len(parts, num) == 0) {
        return out->failed == 0 || fail(out, out->failed);
    }
    if (out->queue == NULL) {
        return write_now(out, parts, num, num_records);
    }
    if (!output_queue_add(out->queue, parts, num, num_records) || out->error != 0 ||
        out->dropping) {
        ht_output_tell(out);
    }
    return true;
}

bool ht_output_reopen(struct ht_output *out)
{
    if (out->directory < 0) {
        return true;
    }
    if (out->queue != NULL) {
        output_queue_reopen(out->queue);
        ht_output_tell(out);
        return true;
    }
    if (out->failed != 0) {
        return fail(out, out->failed);
    }
    out->file.anew = true;
    if (!output_file_tend(&out->file)) {
        return fail(out, errno);
    }
    tell_trouble(out);
    return true;
}

bool ht_output_flush(struct ht_output *out)
{
    if (out->queue == NULL) {
        return out->failed == 0;
    }
    bool empty = output_queue_wait(out->queue, out->drain_ns);
    ht_output_tell(out);
    return empty;
}

struct ht_output_counts ht_output_counts(struct ht_output *out)
{
    return out->queue != NULL ? output_queue_state(out->queue).counts : out->counts;
}

void ht_output_be_patient(struct ht_output *out)
{
    if (out->queue != NULL) {
        output_queue_be_patient(out->queue, out->drain_ns);
    }
}

static bool close_queue(struct ht_output *out)
{
    ht_output_tell(out);
    struct ht_output_counts before = ht_output_counts(out);
    struct output_state state      = output_queue_close(out->queue, out->drain_ns);
    out->counts                    = state.counts;
    uint64_t records               = state.counts.dropped_records - before.dropped_records;
    uint64_t bytes                 = state.counts.dropped_bytes - before.dropped_bytes;
    if (before.dropped_records != out->dropped_records) {
        complain(out, "%" PRIu64 " records were dropped",
                 before.dropped_records - out->dropped_records);
    }
    bool failed = state.error != 0 && !state.rotating;
    if (bytes > 0) {
        complain(out, "the last %" PRIu64 " records (%" PRIu64 " bytes) are lost: %s", records,
                 bytes, failed ? strerror(state.error) : "they were not taken in time");
    } else if (failed) {
        complain(out, "%s", strerror(state.error));
    }
    return state.counts.dropped_records == 0 && !failed;
}

bool ht_output_close(struct ht_output *out, struct ht_output_counts *counts)
{
    bool closed = true;
    if (out == NULL) {
        return true;
    }
    if (out->queue != NULL) {
        closed = close_queue(out);
    } else if (!output_file_close(&out->file)) {
        closed = false;
        complain(out, "%s", strerror(errno));
    }
    if (counts != NULL) {
        *counts = out->counts;
    }
    free_output(out);
    return closed;
}
