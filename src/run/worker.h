/*
 * An engine that shares a run with others: frames in, rendered records out, in rounds. Of each
 * round it first takes its frames; what its flows taught is there for the others then. When all
 * others have come as far it knows the same as they, and finishes the round: it renders what the
 * lessons were needed for, as one engine alone would have done it.
 *
 * A worker has no thread. Whoever has time (run/hands.h) lets it do the next step, one at a time;
 * between steps others may look at what rounds that were begun, and harvests that were made, hold.
 */
#ifndef HT_RUN_WORKER_H
#define HT_RUN_WORKER_H

#include "run/batch.h"
#include "sink/sink.h"

enum {
    HT_MAX_WORKERS = 64,
    HT_ROUNDS      = 32, /* that are handed out and not all taken back */
    HT_HARVESTS    = 32  /* of a worker, made and not taken */
};

struct ht_worker;

struct ht_worker_config {
    struct ht_engine_config engine; /* but for record, lesson, ended and context */
    const struct ht_sink_ops *format;
    struct ht_sink_config sink;
};

/* How far a worker is: rounds and harvests since the beginning. */
struct ht_progress {
    uint64_t begun, finished, harvests;
};

/* ht_worker_new makes a worker; NULL with a message. */
struct ht_worker *ht_worker_new(const struct ht_worker_config *config, struct ht_error *error);

/* ht_worker_batch is where the worker's frames of `round` go. They are the caller's until the round
 * is handed out, and again when it was taken back; the round HT_ROUNDS later has the same. */
struct ht_batch *ht_worker_batch(struct ht_worker *worker, uint64_t round);

/* ht_worker_begin takes the frames of the next round, which was handed out. */
void ht_worker_begin(struct ht_worker *worker);

/* ht_worker_finish renders records of the oldest round that it has begun and not finished, until it
 * has made a harvest: the last of the round or as large as one may be. `all` are the `num` workers
 * of the run, who have all begun that round; the caller has taken the harvest that was made
 * HT_HARVESTS ago. */
void ht_worker_finish(struct ht_worker *worker, struct ht_worker *const *all, unsigned num);

/* ht_worker_progress is how far it is, between steps. */
struct ht_progress ht_worker_progress(const struct ht_worker *worker);

/* ht_worker_harvest is what the i'th harvest that was made holds; a view, until HT_HARVESTS - 1
 * more were. */
const struct ht_harvest *ht_worker_harvest(const struct ht_worker *worker, uint64_t i);

/* ht_worker_engine is the worker's, to be looked at between steps. */
struct ht_engine *ht_worker_engine(const struct ht_worker *worker);

void ht_worker_free(struct ht_worker *worker);

#endif
