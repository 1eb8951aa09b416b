/*
 * Who lets workers do their steps: threads, a hand each, and the caller, who is the first hand
 * while it waits, so that there are no more threads at work than workers. Each hand has a worker of
 * its own, whose memory stays in the cache of one processor; but the first worker is anybody's who
 * has nothing else to do when it falls behind, for the caller has to read and write too.
 *
 * All that several threads look at is how far each worker is, under one lock, twice a round. Rounds
 * and harvests themselves pass from one to the other with these numbers.
 */
#ifndef HT_RUN_HANDS_H
#define HT_RUN_HANDS_H

#include "run/worker.h"

struct ht_hands;

/* ht_hands_new is for `num` workers, which must outlive it. Where the caller does not `help` there
 * is one thread more. NULL: no memory. */
struct ht_hands *ht_hands_new(struct ht_worker *const *workers, unsigned num, bool helps);

/* ht_hands_start starts the threads, with all signals blocked but SIGBUS. */
bool ht_hands_start(struct ht_hands *hands, struct ht_error *error);

/* ht_hands_hand_out lets the workers have the next round, whose batches are filled. Not more than
 * HT_ROUNDS are handed out of which not all harvests were taken. */
void ht_hands_hand_out(struct ht_hands *hands);

/* ht_hands_help returns how many rounds all workers have finished. Where that is less than `until`
 * a caller who helps first does several steps of its worker, one after the other: whoever reads,
 * writes and helps in turns needs another part of the cache each time. */
uint64_t ht_hands_help(struct ht_hands *hands, uint64_t until);

/* ht_hands_harvest waits for the oldest harvest of worker `i` that was not taken: a view, until
 * ht_hands_take, which lets the worker have the `num` oldest back. ht_hands_look does not wait: it
 * is the one that is `after` so many, or NULL, for it is not made yet. */
const struct ht_harvest *ht_hands_harvest(struct ht_hands *hands, unsigned i);
const struct ht_harvest *ht_hands_look(struct ht_hands *hands, unsigned i, unsigned after);
void ht_hands_take(struct ht_hands *hands, unsigned i, unsigned num);

/* ht_hands_free lets threads end their steps, and waits for them. */
void ht_hands_free(struct ht_hands *hands);

#endif
