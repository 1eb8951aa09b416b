/*
 * A thread with an engine of its own: frames in, rendered records out, in rounds. In each round it
 * takes a batch, then tells the other workers what its flows taught, and when it knows the same of
 * them it renders what the lessons were needed for, as one engine alone would have done it.
 */
#ifndef HT_RUN_WORKER_H
#define HT_RUN_WORKER_H

#include "run/batch.h"
#include "run/queue.h"
#include "sink/sink.h"

enum {
    HT_MAX_WORKERS = 64,
    /* A round is finished when so many, it among them, were begun: others have had time to teach by
     * then, and nobody waits for whoever is a little behind. */
    HT_OPEN_ROUNDS = 14
};

struct ht_worker;

struct ht_worker_config {
    struct ht_engine_config engine; /* but for record, lesson, ended and context */
    const struct ht_sink_ops *format;
    struct ht_sink_config sink;
};

/* What a worker shares with others: queues of one pusher and one taker each. */
struct ht_worker_queues {
    struct ht_queue batches;                 /* struct ht_batch, to the worker */
    struct ht_queue empty;                   /* struct ht_batch, back from it */
    struct ht_queue harvests;                /* struct ht_harvest, from the worker */
    struct ht_queue reaped;                  /* struct ht_harvest, back to it */
    struct ht_queue lessons[HT_MAX_WORKERS]; /* struct ht_lessons (or NULL: none), from each other
                                              * worker, one a round */
};

/* ht_worker_new makes worker `index` of `num`, whose queues `all` are; it runs from ht_worker_start
 * to a batch with `stop`. NULL with a message. */
struct ht_worker *ht_worker_new(const struct ht_worker_config *config, struct ht_worker_queues *all,
                                unsigned index, unsigned num, struct ht_error *error);

/* ht_worker_start starts the thread, with all signals blocked. */
bool ht_worker_start(struct ht_worker *worker, struct ht_error *error);

/* ht_worker_engine is the worker's, to be looked at while the worker waits for a batch. */
struct ht_engine *ht_worker_engine(const struct ht_worker *worker);

/* ht_worker_free waits for the thread, which must have been told to stop. */
void ht_worker_free(struct ht_worker *worker);

#endif
