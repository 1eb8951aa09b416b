#include "run/queue.h"

void ht_queue_init(struct ht_queue *queue)
{
    *queue = (struct ht_queue){0};
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->changed, NULL);
}

void ht_queue_fini(struct ht_queue *queue)
{
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->lock);
}

static void put(struct ht_queue *queue, void *item)
{
    queue->items[(queue->first + queue->len) % HT_QUEUE_MAX] = item;
    queue->len++;
    (void)pthread_cond_signal(&queue->changed);
}

void ht_queue_push(struct ht_queue *queue, void *item)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->len == HT_QUEUE_MAX) {
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    }
    put(queue, item);
    (void)pthread_mutex_unlock(&queue->lock);
}

bool ht_queue_offer(struct ht_queue *queue, void *item)
{
    (void)pthread_mutex_lock(&queue->lock);
    bool room = queue->len < HT_QUEUE_MAX;
    if (room) {
        put(queue, item);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return room;
}

static void *take(struct ht_queue *queue)
{
    void *item   = queue->items[queue->first];
    queue->first = (queue->first + 1) % HT_QUEUE_MAX;
    queue->len--;
    (void)pthread_cond_signal(&queue->changed);
    return item;
}

void *ht_queue_take(struct ht_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->len == 0) {
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    }
    void *item = take(queue);
    (void)pthread_mutex_unlock(&queue->lock);
    return item;
}

void *ht_queue_try(struct ht_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    void *item = queue->len > 0 ? take(queue) : NULL;
    (void)pthread_mutex_unlock(&queue->lock);
    return item;
}
