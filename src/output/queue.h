/*
 * The bounded queue between the caller and a file, and the thread that writes it. Two buffers: the
 * caller fills one, the thread writes the other; no lock is held while it does.
 */
#ifndef HT_OUTPUT_QUEUE_H
#define HT_OUTPUT_QUEUE_H

#include "output/file.h"

struct output_queue;

/* What the caller may know. Times are monotonic. */
struct output_state {
    struct ht_output_counts counts;
    int error;          /* errno of what goes wrong now; 0: nothing */
    bool rotating;      /* it holds up nothing, as the file is written on: it is the rotation, */
    bool renewing;      /* or the opening anew */
    int64_t fine_ns;    /* when `error` became 0 */
    bool crowded;       /* the queue is more than half full */
    int64_t dropped_ns; /* when something was dropped last */
};

/* output_queue_new takes over `file`, even where it fails for want of memory (NULL). */
struct output_queue *output_queue_new(struct output_file *file, size_t capacity);

HT_MUST_USE bool output_queue_start(struct output_queue *queue, struct ht_error *error);

/* output_queue_add copies lines, in `num` parts, or drops all. False where that or anything else
 * goes wrong: the state says what. */
bool output_queue_add(struct output_queue *queue, const struct ht_bytes *parts, size_t num,
                      uint64_t num_records);

/* output_queue_be_patient has lines wait for room from now on, as long as some is made within
 * `wait_ns`; once none was, lines are dropped again at once. */
void output_queue_be_patient(struct output_queue *queue, int64_t wait_ns);

/* output_queue_reopen asks the thread to. */
void output_queue_reopen(struct output_queue *queue);

/* output_queue_wait waits for the queue to be empty; false if `wait_ns` was not enough. */
bool output_queue_wait(struct output_queue *queue, int64_t wait_ns);

struct output_state output_queue_state(struct output_queue *queue);

/* output_queue_close lets the thread write what waits, for at most `wait_ns`, and frees, or leaves
 * that to the thread. What was left is counted as dropped in the state. */
struct output_state output_queue_close(struct output_queue *queue, int64_t wait_ns);

#endif
