#include "run/hands.h"

#include "base/large_pages.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum {
    /* Rounds that the first worker is behind before others do its steps, whose cache has nothing of
     * it; and up to where the caller helps when it has to. */
    FAR_BEHIND = HT_ROUNDS / 4,
    NEAR       = HT_ROUNDS / 8,
    /* Harvests that a caller who has to wait waits for: it would wait for the next one soon. */
    MANY = HT_HARVESTS / 4
};

enum step { NOTHING, BEGIN, FINISH };

/* What is known of a worker; while somebody works for it, how far it was before. */
struct known {
    struct ht_worker *worker;
    struct ht_progress progress;
    uint64_t taken; /* harvests */
    unsigned hand;  /* that worked for it last */
    bool busy;
};

/* Who may have to wait: a thread or the caller. */
struct hand {
    struct ht_hands *all;
    pthread_t thread; /* but the caller's */
    pthread_cond_t wake;
    bool waits;
};

struct ht_hands {
    pthread_mutex_t lock; /* of all that changes after the start */
    struct known known[HT_MAX_WORKERS];
    struct hand threads[HT_MAX_WORKERS]; /* one a worker, but the first where the caller helps */
    struct hand caller;
    unsigned awaited; /* the worker whose harvest the caller waits for */
    unsigned num, num_started;
    uint64_t handed;       /* rounds */
    uint64_t begun_by_all; /* rounds of which it is known what all workers taught */
    bool helps, stop;
};

/* The oldest round first: it makes room. */
static enum step next_step(const struct ht_hands *hands, const struct known *known)
{
    const struct ht_progress *progress = &known->progress;
    if (known->busy) {
        return NOTHING;
    }
    if (progress->finished < hands->begun_by_all &&
        progress->harvests - known->taken < HT_HARVESTS) {
        return FINISH;
    }
    return progress->begun < hands->handed ? BEGIN : NOTHING;
}

static uint64_t rounds_behind(const struct ht_hands *hands, const struct known *known)
{
    return hands->handed - known->progress.finished;
}

/* What the hand `number` is to do now, and for which worker: its own or the first. */
static enum step choose(const struct ht_hands *hands, unsigned number, unsigned *worker)
{
    const struct known *first = &hands->known[0];
    enum step own             = number != 0 ? next_step(hands, &hands->known[number]) : NOTHING;
    bool mine                 = first->hand == number || rounds_behind(hands, first) >= FAR_BEHIND;
    *worker                   = own != NOTHING ? number : 0;
    return own != NOTHING || !mine ? own : next_step(hands, first);
}

static bool has_harvest(const struct ht_hands *hands, unsigned worker)
{
    return hands->known[worker].progress.harvests > hands->known[worker].taken;
}

/* Live, nobody waits for more than there is. */
static bool has_enough(const struct ht_hands *hands, unsigned worker)
{
    const struct known *known = &hands->known[worker];
    return has_harvest(hands, worker) &&
           (!hands->helps || known->progress.harvests - known->taken >= MANY ||
            next_step(hands, known) == NOTHING);
}

/* Wakes those who wait for what there is now. */
static void wake(struct ht_hands *hands)
{
    struct hand *caller = &hands->caller;
    unsigned worker;
    for (unsigned i = 0; i < hands->num; i++) {
        struct hand *hand = &hands->threads[i];
        if (hand->waits && (hands->stop || choose(hands, i, &worker) != NOTHING)) {
            hand->waits = false;
            (void)pthread_cond_signal(&hand->wake);
        }
    }
    if (caller->waits && (has_enough(hands, hands->awaited) ||
                          (hands->helps && choose(hands, 0, &worker) != NOTHING))) {
        caller->waits = false;
        (void)pthread_cond_signal(&caller->wake);
    }
}

/* Until somebody wakes it. */
static void wait(struct ht_hands *hands, struct hand *hand)
{
    hand->waits = true;
    while (hand->waits) {
        (void)pthread_cond_wait(&hand->wake, &hands->lock);
    }
}

static void take_step(struct ht_hands *hands, struct ht_worker *worker, enum step step)
{
    struct ht_worker *all[HT_MAX_WORKERS];
    if (step == BEGIN) {
        ht_worker_begin(worker);
        return;
    }
    for (unsigned i = 0; i < hands->num; i++) {
        all[i] = hands->known[i].worker;
    }
    ht_worker_finish(worker, all, hands->num);
}

/* Does the next step. False where there is nothing to do. The lock is held, but not during it. */
static bool work(struct ht_hands *hands, unsigned number)
{
    unsigned worker;
    enum step step      = choose(hands, number, &worker);
    struct known *known = &hands->known[worker];
    if (step == NOTHING) {
        return false;
    }
    known->busy = true;
    known->hand = number;
    (void)pthread_mutex_unlock(&hands->lock);
    take_step(hands, known->worker, step);
    (void)pthread_mutex_lock(&hands->lock);
    known->busy         = false;
    known->progress     = ht_worker_progress(known->worker);
    hands->begun_by_all = UINT64_MAX;
    for (unsigned i = 0; i < hands->num; i++) {
        uint64_t begun      = hands->known[i].progress.begun;
        hands->begun_by_all = begun < hands->begun_by_all ? begun : hands->begun_by_all;
    }
    wake(hands);
    return true;
}

static void *run(void *context)
{
    struct hand *hand                 = context;
    struct ht_hands *hands            = hand->all;
    struct ht_large_pages large_pages = {0};
    (void)pthread_mutex_lock(&hands->lock);
    while (!hands->stop) {
        ht_large_pages_ask_own(&large_pages);
        if (!work(hands, (unsigned)(hand - hands->threads))) {
            wait(hands, hand);
        }
    }
    (void)pthread_mutex_unlock(&hands->lock);
    return NULL;
}

struct ht_hands *ht_hands_new(struct ht_worker *const *workers, unsigned num, bool helps)
{
    struct ht_hands *hands = calloc(1, sizeof *hands);
    if (hands == NULL) {
        return NULL;
    }
    hands->num   = num;
    hands->helps = helps;
    (void)pthread_mutex_init(&hands->lock, NULL);
    (void)pthread_cond_init(&hands->caller.wake, NULL);
    for (unsigned i = 0; i < num; i++) {
        hands->known[i]       = (struct known){.worker = workers[i], .hand = i};
        hands->threads[i].all = hands;
        (void)pthread_cond_init(&hands->threads[i].wake, NULL);
    }
    hands->num_started = helps ? 1 : 0;
    return hands;
}

bool ht_hands_start(struct ht_hands *hands, struct ht_error *error)
{
    sigset_t all, before;
    bool good = true;
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGBUS); /* is about what the thread itself reads */
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    while (good && hands->num_started < hands->num) {
        struct hand *hand = &hands->threads[hands->num_started];
        good              = pthread_create(&hand->thread, NULL, run, hand) == 0;
        hands->num_started += good;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good || ht_fail(error, "a thread cannot be started");
}

void ht_hands_hand_out(struct ht_hands *hands)
{
    (void)pthread_mutex_lock(&hands->lock);
    hands->handed++;
    wake(hands);
    (void)pthread_mutex_unlock(&hands->lock);
}

static uint64_t finished_by_all(const struct ht_hands *hands)
{
    uint64_t finished = UINT64_MAX;
    for (unsigned i = 0; i < hands->num; i++) {
        uint64_t these = hands->known[i].progress.finished;
        finished       = these < finished ? these : finished;
    }
    return finished;
}

uint64_t ht_hands_help(struct ht_hands *hands, uint64_t until)
{
    (void)pthread_mutex_lock(&hands->lock);
    if (hands->helps && finished_by_all(hands) < until) {
        while (rounds_behind(hands, &hands->known[0]) > NEAR && work(hands, 0)) {
        }
    }
    uint64_t finished = finished_by_all(hands);
    (void)pthread_mutex_unlock(&hands->lock);
    return finished;
}

const struct ht_harvest *ht_hands_harvest(struct ht_hands *hands, unsigned i)
{
    (void)pthread_mutex_lock(&hands->lock);
    hands->awaited = i;
    while (!has_harvest(hands, i)) {
        if (!hands->helps || !work(hands, 0)) {
            wait(hands, &hands->caller);
        }
    }
    const struct known *known = &hands->known[i];
    uint64_t taken            = known->taken;
    (void)pthread_mutex_unlock(&hands->lock);
    return ht_worker_harvest(known->worker, taken);
}

const struct ht_harvest *ht_hands_look(struct ht_hands *hands, unsigned i, unsigned after)
{
    (void)pthread_mutex_lock(&hands->lock);
    const struct known *known = &hands->known[i];
    uint64_t next             = known->taken + after;
    bool made                 = next < known->progress.harvests;
    (void)pthread_mutex_unlock(&hands->lock);
    return made ? ht_worker_harvest(known->worker, next) : NULL;
}

void ht_hands_take(struct ht_hands *hands, unsigned i, unsigned num)
{
    (void)pthread_mutex_lock(&hands->lock);
    hands->known[i].taken += num;
    wake(hands);
    (void)pthread_mutex_unlock(&hands->lock);
}

void ht_hands_free(struct ht_hands *hands)
{
    if (hands == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&hands->lock);
    hands->stop = true;
    wake(hands);
    (void)pthread_mutex_unlock(&hands->lock);
    for (unsigned i = hands->helps ? 1 : 0; i < hands->num_started; i++) {
        (void)pthread_join(hands->threads[i].thread, NULL);
    }
    for (unsigned i = 0; i < hands->num; i++) {
        (void)pthread_cond_destroy(&hands->threads[i].wake);
    }
    (void)pthread_cond_destroy(&hands->caller.wake);
    (void)pthread_mutex_destroy(&hands->lock);
    free(hands);
}
