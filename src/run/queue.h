/*
 * A bounded queue of pointers between two threads, one that pushes and one that takes: what engines
 * in several threads hand to each other. What passes belongs to whoever holds it. What passes is
 * large (a batch of frames), so a lock costs nothing.
 */
#ifndef HT_RUN_QUEUE_H
#define HT_RUN_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { HT_QUEUE_MAX = 32 };

struct ht_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void *items[HT_QUEUE_MAX];
    size_t first, len;
};

void ht_queue_init(struct ht_queue *queue);
void ht_queue_fini(struct ht_queue *queue);

/* ht_queue_push waits while the queue is full. */
void ht_queue_push(struct ht_queue *queue, void *item);

/* ht_queue_offer is ht_queue_push without waiting; false where it is full. */
bool ht_queue_offer(struct ht_queue *queue, void *item);

/* ht_queue_take waits while it is empty. */
void *ht_queue_take(struct ht_queue *queue);

/* ht_queue_try is ht_queue_take without waiting; NULL where it is empty. */
void *ht_queue_try(struct ht_queue *queue);

#endif
