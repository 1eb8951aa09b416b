#include "output/queue.h"

#include "base/clock.h"
#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { SMALL_BATCH = 64 }; /* bytes: if all are smaller, the queue is full a little early */

/* For which lines gather before they are written, or many small ones would be as many writes. */
#define GATHER_NS (HT_SECOND_NS / 1000)

/* Batches and their bytes, one after another. */
struct half {
    uint8_t *bytes;
    struct output_batch *batches;
    size_t len, num;
};

struct output_queue {
    pthread_mutex_t lock;
    pthread_cond_t work;     /* for the thread: lines, a wish, the end */
    pthread_cond_t progress; /* for who waits for the thread */
    pthread_t thread;
    size_t capacity, max_batches;
    struct half halves[2];
    struct half *waiting;     /* the caller's; the other is the thread's */
    size_t writing;           /* bytes of the other that did not go out yet */
    bool busy;                /* the thread is at work outside the lock */
    bool reopen;              /* wished */
    bool started, stopping;   /* by the caller */
    int64_t patience_ns;      /* for which lines wait for room; 0: not at all */
    bool finished, abandoned; /* the thread came to its end; nobody waits for that */
    uint64_t failures;
    struct output_state state;

    /* The thread's own, once started. */
    struct output_file file;
    struct output_load load;
    struct ht_bytes bytes; /* of it */
};

static void free_queue(struct output_queue *q)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(q->halves); i++) {
        free(q->halves[i].bytes);
        free(q->halves[i].batches);
    }
    if (!output_file_close(&q->file)) {
        q->state.error    = errno;
        q->state.rotating = false;
        q->state.counts.errors++;
    }
    (void)pthread_cond_destroy(&q->work);
    (void)pthread_cond_destroy(&q->progress);
    (void)pthread_mutex_destroy(&q->lock);
}

static void init_locks(struct output_queue *q)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&q->lock, NULL);
    (void)pthread_cond_init(&q->work, &monotonic);
    (void)pthread_cond_init(&q->progress, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

struct output_queue *output_queue_new(struct output_file *file, size_t capacity)
{
    struct output_queue *q = calloc(1, sizeof *q);
    if (q == NULL) {
        (void)output_file_close(file);
        return NULL;
    }
    init_locks(q);
    q->file        = *file;
    q->capacity    = capacity;
    q->max_batches = capacity / SMALL_BATCH + 1;
    q->waiting     = &q->halves[0];
    bool complete  = true;
    for (size_t i = 0; i < HT_ARRAY_LEN(q->halves); i++) {
        q->halves[i].bytes   = malloc(capacity);
        q->halves[i].batches = calloc(q->max_batches, sizeof *q->halves[i].batches);
        complete &= q->halves[i].bytes != NULL && q->halves[i].batches != NULL;
    }
    if (!complete) {
        free_queue(q);
        free(q);
        return NULL;
    }
    return q;
}

/* Waits, with the lock held, until a monotonic time; false when it has come. */
static bool wait_until(struct output_queue *q, pthread_cond_t *what, int64_t until_ns)
{
    struct timespec until = {.tv_sec  = (time_t)(until_ns / HT_SECOND_NS),
                             .tv_nsec = (long)(until_ns % HT_SECOND_NS)};
    return pthread_cond_timedwait(what, &q->lock, &until) != ETIMEDOUT;
}

static int64_t after(int64_t wait_ns)
{
    int64_t now_ns = ht_clock_ns(CLOCK_MONOTONIC);
    return wait_ns < INT64_MAX - now_ns ? now_ns + wait_ns : INT64_MAX;
}

/* Until there is something to do, which rotation by time is too. */
static void wait_for_work(struct output_queue *q)
{
    int64_t wait_ns  = output_rotate_wait_ns(&q->file);
    int64_t until_ns = wait_ns >= 0 ? after(wait_ns) : 0;
    bool in_time     = true;
    while (in_time && q->waiting->num == 0 && !q->reopen && !q->stopping) {
        if (wait_ns < 0) {
            (void)pthread_cond_wait(&q->work, &q->lock);
        } else {
            in_time = wait_until(q, &q->work, until_ns);
        }
    }
}

static bool is_crowded(const struct output_queue *q)
{
    return q->waiting->len + q->writing > q->capacity / 2;
}

static void gather(struct output_queue *q)
{
    int64_t until_ns = after(GATHER_NS);
    while (!is_crowded(q) && !q->reopen && !q->stopping && wait_until(q, &q->work, until_ns)) {
    }
}

static void pause_after_failure(struct output_queue *q)
{
    int64_t until_ns = after(q->file.retry_ns);
    while (!q->reopen && !q->stopping && wait_until(q, &q->work, until_ns)) {
    }
}

/* Hands what waits to the thread, and the half that was written to the caller. */
static void take_waiting(struct output_queue *q)
{
    struct half *full = q->waiting;
    q->waiting        = full == &q->halves[0] ? &q->halves[1] : &q->halves[0];
    q->waiting->len   = 0;
    q->waiting->num   = 0;
    q->writing        = full->len;
    q->bytes          = ht_bytes(full->bytes, full->len);
    q->load.parts     = &q->bytes;
    q->load.num_parts = 1;
    q->load.batches   = full->batches;
    q->load.num       = full->num;
    q->load.next      = 0;
    q->load.offset    = 0;
    q->load.partial   = 0;
}

/* Waits for something to do, with the lock held; false when the thread shall end. */
static bool has_more(struct output_queue *q, bool ok)
{
    if (!ok) {
        if (q->stopping) {
            return false;
        }
        pause_after_failure(q);
        return true;
    }
    if (q->load.next == q->load.num) {
        wait_for_work(q);
        if (q->waiting->num > 0) {
            gather(q);
            take_waiting(q);
            return true;
        }
        return !q->stopping;
    }
    return true;
}

/* What the try came to, with the lock held. */
static void publish(struct output_queue *q, bool ok, int why)
{
    const struct half *half         = q->waiting == &q->halves[0] ? &q->halves[1] : &q->halves[0];
    struct ht_output_counts *counts = &q->state.counts;
    int error                       = ok ? output_file_trouble(&q->file) : why;
    q->writing                      = half->len - q->load.offset;
    q->failures += !ok;
    counts->written_records = q->load.written_records;
    counts->written_bytes   = q->load.written_bytes;
    counts->rotations       = q->file.rotations;
    counts->errors          = q->failures + q->file.errors;
    counts->reader_gone     = q->file.path == NULL && !ok && why == EPIPE;
    if (error == 0 && q->state.error != 0) {
        q->state.fine_ns = ht_clock_ns(CLOCK_MONOTONIC);
    }
    q->state.error    = error;
    q->state.rotating = ok && error != 0;
    q->state.renewing = ok && q->file.anew_error != 0;
    (void)pthread_cond_broadcast(&q->progress);
}

/* One try, outside the lock. */
static bool step(struct output_queue *q)
{
    q->file.anew |= q->reopen;
    q->reopen = false;
    q->busy   = true;
    (void)pthread_mutex_unlock(&q->lock);
    bool ok = q->load.next < q->load.num ? output_file_put(&q->file, &q->load)
                                         : output_file_tend(&q->file);
    int why = errno;
    (void)pthread_mutex_lock(&q->lock);
    q->busy = false;
    publish(q, ok, why);
    return ok;
}

static void *write_queue(void *argument)
{
    struct output_queue *q = argument;
    bool ok                = true;
    (void)pthread_mutex_lock(&q->lock);
    while (!q->abandoned && has_more(q, ok)) {
        ok = step(q);
    }
    q->finished    = true;
    bool abandoned = q->abandoned;
    (void)pthread_cond_broadcast(&q->progress);
    (void)pthread_mutex_unlock(&q->lock);
    if (abandoned) {
        free_queue(q);
        free(q);
    }
    return NULL;
}

bool output_queue_start(struct output_queue *q, struct ht_error *error)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&q->thread, NULL, write_queue, q);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    q->started = failed == 0;
    return q->started || ht_fail(error, "cannot start a thread: %s", strerror(failed));
}

static bool has_room(const struct output_queue *q, size_t len)
{
    return len <= q->capacity - q->writing - q->waiting->len && q->waiting->num < q->max_batches;
}

static void drop(struct output_queue *q, size_t len, uint64_t num_records)
{
    q->state.counts.dropped_records += num_records;
    q->state.counts.dropped_bytes += len;
    q->state.dropped_ns = ht_clock_ns(CLOCK_MONOTONIC);
}

void output_queue_be_patient(struct output_queue *q, int64_t wait_ns)
{
    (void)pthread_mutex_lock(&q->lock);
    q->patience_ns = wait_ns;
    (void)pthread_mutex_unlock(&q->lock);
}

/* Waits, with the lock held, as long as the thread makes progress. */
static bool wait_for_room(struct output_queue *q, size_t len)
{
    uint64_t written = q->state.counts.written_bytes;
    int64_t until_ns = after(q->patience_ns);
    bool in_time     = q->started && len <= q->capacity;
    while (in_time && !has_room(q, len)) {
        (void)pthread_cond_signal(&q->work);
        in_time = wait_until(q, &q->progress, until_ns);
        if (written != q->state.counts.written_bytes) {
            written  = q->state.counts.written_bytes;
            until_ns = after(q->patience_ns);
            in_time  = true;
        }
    }
    q->patience_ns = in_time || len > q->capacity ? q->patience_ns : 0;
    return in_time;
}

bool output_queue_add(struct output_queue *q, const struct ht_bytes *parts, size_t num,
                      uint64_t num_records)
{
    size_t len = output_parts_len(parts, num);
    (void)pthread_mutex_lock(&q->lock);
    bool fits = has_room(q, len) || (q->patience_ns > 0 && wait_for_room(q, len));
    if (fits) {
        struct half *half = q->waiting;
        for (size_t i = 0; i < num; i++) {
            struct ht_bytes part = parts[i];
            if (part.len > 0) {
                memcpy(half->bytes + half->len, part.ptr, part.len);
            }
            half->len += part.len;
        }
        half->batches[half->num++] = (struct output_batch){len, num_records};
        size_t held                = half->len + q->writing;
        if (held > q->state.counts.queue_peak_bytes) {
            q->state.counts.queue_peak_bytes = held;
        }
        if (half->num == 1 || is_crowded(q)) {
            (void)pthread_cond_signal(&q->work);
        }
    } else {
        drop(q, len, num_records);
    }
    bool fine = fits && q->state.error == 0;
    (void)pthread_mutex_unlock(&q->lock);
    return fine;
}

void output_queue_reopen(struct output_queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->reopen = true;
    (void)pthread_cond_signal(&q->work);
    (void)pthread_mutex_unlock(&q->lock);
}

static bool is_idle(const struct output_queue *q)
{
    return q->waiting->num == 0 && q->writing == 0 && !q->busy && !q->reopen && !q->file.anew;
}

bool output_queue_wait(struct output_queue *q, int64_t wait_ns)
{
    (void)pthread_mutex_lock(&q->lock);
    int64_t until_ns = after(wait_ns);
    while (!is_idle(q) && q->started && wait_until(q, &q->progress, until_ns)) {
    }
    bool idle = is_idle(q);
    (void)pthread_mutex_unlock(&q->lock);
    return idle;
}

struct output_state output_queue_state(struct output_queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    struct output_state state = q->state;
    state.crowded             = is_crowded(q);
    (void)pthread_mutex_unlock(&q->lock);
    return state;
}

/* Of a half, from batch `next` on. */
static void drop_rest(struct output_queue *q, const struct half *half, size_t next)
{
    for (size_t i = next; i < half->num; i++) {
        drop(q, half->batches[i].len, half->batches[i].num_records);
    }
}

/* All that the thread did not say it wrote. What it is writing is among it. */
static void drop_all(struct output_queue *q)
{
    struct half *writing = q->waiting == &q->halves[0] ? &q->halves[1] : &q->halves[0];
    size_t offset = writing->len - q->writing, next = 0;
    while (offset > 0) {
        offset -= writing->batches[next++].len;
    }
    drop_rest(q, writing, q->writing > 0 ? next : writing->num);
    drop_rest(q, q->waiting, 0);
}

struct output_state output_queue_close(struct output_queue *q, int64_t wait_ns)
{
    (void)pthread_mutex_lock(&q->lock);
    q->stopping = true;
    (void)pthread_cond_signal(&q->work);
    int64_t until_ns = after(wait_ns);
    while (q->started && !q->finished && wait_until(q, &q->progress, until_ns)) {
    }
    bool left = q->started && !q->finished;
    drop_all(q);
    struct output_state state = q->state;
    pthread_t thread          = q->thread;
    q->abandoned              = left;
    (void)pthread_mutex_unlock(&q->lock);
    if (left) { /* then the queue may be gone by now */
        (void)pthread_detach(thread);
        return state;
    }
    if (q->started) {
        (void)pthread_join(thread, NULL);
    }
    free_queue(q);
    state = q->state;
    free(q);
    return state;
}
