#include "run/worker.h"

#include "base/fetch.h"
#include "base/large_pages.h"

#include <signal.h>
#include <stdlib.h>

enum {
    PIECE_BYTES = 1 << 18 /* of records, handed on together */
};

/* A round that is not finished yet. Owns what it points at, and keeps it for a later round. */
struct round {
    struct ht_lessons *lessons;
    struct ht_harvest *early; /* what could be rendered at once, and places of what could not */
    bool open;
};

struct ht_worker {
    struct ht_worker_queues *all, *mine;
    struct ht_engine *engine;
    const struct ht_sink_ops *format;
    struct ht_sink *sink;
    struct round rounds[HT_OPEN_ROUNDS];
    struct round *present;
    struct ht_harvest *into; /* where records are rendered to now */
    struct ht_order order;   /* of them, where the engine does not know it any more */
    bool finishing;
    struct ht_large_pages large_pages;
    unsigned index, num;
    pthread_t thread;
    bool started;
};

/* The first bytes of a digest are as good as all of it. */
static void identify(struct ht_yield *item, const struct ht_record_type *type, const void *record)
{
    if (type->identity != NULL) {
        struct ht_bytes digest = *(const struct ht_bytes *)ht_field_at(type->identity, record);
        memcpy(item->identity, digest.ptr,
               digest.len < sizeof item->identity ? digest.len : sizeof item->identity);
    }
}

static bool take_record(void *context, const struct ht_record_type *type, const void *record)
{
    struct ht_worker *worker = context;
    struct ht_yield *item    = ht_harvest_add(worker->into);
    size_t before            = worker->into->bytes.len;
    if (item == NULL || !worker->format->record(worker->sink, type, record, &worker->into->bytes)) {
        worker->into->len -= item != NULL;
        return true; /* no memory for this one; there may be for the next */
    }
    item->order = worker->finishing ? worker->order : ht_engine_order(worker->engine);
    item->type  = type;
    item->len   = worker->into->bytes.len - before;
    identify(item, type, record);
    return true;
}

static void take_lesson(void *context, size_t analyzer, struct ht_bytes lesson)
{
    struct ht_worker *worker = context;
    ht_lessons_add(worker->present->lessons, ht_engine_order(worker->engine), analyzer, lesson);
}

static void take_ended(void *context, struct ht_flow *flow)
{
    struct ht_worker *worker = context;
    struct ht_yield *item    = ht_harvest_add(worker->present->early);
    if (item != NULL) {
        item->order = ht_engine_order(worker->engine);
        item->flow  = flow;
    } else {
        (void)ht_engine_tell_ended(worker->engine, flow);
    }
}

/* Lessons of all workers, each list in order, taken in the order of all. */
struct syllabus {
    const struct ht_lessons *lists[HT_MAX_WORKERS];
    size_t at[HT_MAX_WORKERS];
    unsigned num;
};

/* Learns what was taught up to `until`. */
static void learn(struct ht_engine *engine, struct syllabus *s, struct ht_order until)
{
    for (;;) {
        const struct ht_lesson *next = NULL;
        unsigned from                = 0;
        for (unsigned i = 0; i < s->num; i++) {
            const struct ht_lessons *list = s->lists[i];
            if (list != NULL && s->at[i] < list->len &&
                (next == NULL || ht_order_before(list->items[s->at[i]].order, next->order))) {
                next = &list->items[s->at[i]];
                from = i;
            }
        }
        if (next == NULL || ht_order_before(until, next->order)) {
            return;
        }
        s->at[from]++;
        ht_engine_learn(engine, next->analyzer,
                        ht_bytes(s->lists[from]->bytes.ptr + next->offset, next->len));
    }
}

static struct ht_harvest *new_harvest(struct ht_worker *worker)
{
    struct ht_harvest *used = ht_queue_try(&worker->mine->reaped);
    if (used == NULL) {
        return calloc(1, sizeof *used);
    }
    ht_harvest_clear(used);
    return used;
}

/* Hands on what was rendered; without memory for another harvest the same is filled again. */
static void hand_on(struct ht_worker *worker, bool last)
{
    struct ht_harvest *next = last ? NULL : new_harvest(worker);
    if (!last && next == NULL) {
        return;
    }
    worker->into->last  = last;
    worker->into->stats = *ht_engine_stats(worker->engine);
    ht_queue_push(&worker->mine->harvests, worker->into);
    worker->into = next;
}

static void copy_item(struct ht_harvest *into, const struct ht_yield *item, struct ht_bytes bytes)
{
    struct ht_yield *copy = ht_harvest_add(into);
    if (copy != NULL) {
        *copy = *item;
        ht_chars_add(&into->bytes, bytes);
        into->len -= into->bytes.failed; /* without memory for it the record is lost */
        into->bytes.failed = false;
    }
}

/* The next item after `item` whose record is to come; the end of all where none is. */
static const struct ht_yield *next_ended(const struct ht_harvest *early,
                                         const struct ht_yield *item)
{
    const struct ht_yield *end = &early->items[early->len];
    while (item != end && ++item != end && item->flow == NULL) {
    }
    return item;
}

/* Flows have been left alone since they ended: the next ones have their memory fetched. */
static void fetch_next(const struct ht_harvest *early, const struct ht_yield *item)
{
    const struct ht_yield *end = &early->items[early->len], *next = next_ended(early, item);
    if (next != end) {
        const struct ht_yield *after = next_ended(early, next);
        ht_engine_fetch_ended(item->flow, next->flow, after != end ? after->flow : NULL);
    }
}

/* Renders what waited for lessons, in its place among the rest. */
static void render(struct ht_worker *worker, struct ht_harvest *early, struct syllabus *syllabus)
{
    size_t offset = 0;
    for (size_t i = 0; i < early->len; i++) {
        const struct ht_yield *item = &early->items[i];
        if (item->flow != NULL) {
            fetch_next(early, item);
            learn(worker->engine, syllabus, item->order);
            worker->order = item->order;
            (void)ht_engine_tell_ended(worker->engine, item->flow);
        } else {
            copy_item(worker->into, item, ht_bytes(early->bytes.ptr + offset, item->len));
            offset += item->len;
        }
        if (worker->into->bytes.len >= PIECE_BYTES) {
            hand_on(worker, false);
        }
    }
    learn(worker->engine, syllabus, (struct ht_order){UINT64_MAX, UINT64_MAX});
}

/* Another thread wrote them. */
static void fetch_lessons(const struct ht_lessons *lessons)
{
    if (lessons != NULL) {
        ht_fetch_all(lessons->items, lessons->len * sizeof *lessons->items);
        ht_fetch_all(lessons->bytes.ptr, lessons->bytes.len);
    }
}

static void finish(struct ht_worker *worker, struct round *round)
{
    struct ht_lessons *theirs[HT_MAX_WORKERS] = {0};
    struct syllabus syllabus                  = {.num = worker->num};
    if (!round->open) {
        return;
    }
    for (unsigned i = 0; i < worker->num; i++) {
        if (i != worker->index) {
            theirs[i] = ht_queue_take(&worker->mine->lessons[i]);
            fetch_lessons(theirs[i]);
        }
        syllabus.lists[i] = i == worker->index ? round->lessons : theirs[i];
    }
    worker->finishing = true;
    worker->into      = new_harvest(worker);
    if (worker->into == NULL) {
        abort(); /* nothing can be handed on any more, and the others would wait for ever */
    }
    render(worker, round->early, &syllabus);
    hand_on(worker, true);
    worker->finishing = false;
    for (unsigned i = 0; i < worker->num; i++) {
        ht_lessons_free(theirs[i]);
    }
    ht_lessons_clear(round->lessons);
    ht_harvest_clear(round->early);
    round->open = false;
}

static void teach_others(struct ht_worker *worker, const struct ht_lessons *lessons)
{
    for (unsigned i = 0; i < worker->num; i++) {
        if (i != worker->index) {
            ht_queue_push(&worker->all[i].lessons[worker->index],
                          lessons->len > 0 ? ht_lessons_copy(lessons) : NULL);
        }
    }
}

static void take_frames(struct ht_engine *engine, const struct ht_batch *batch)
{
    if (batch->source != NULL) {
        ht_engine_source(engine, batch->source);
    }
    for (size_t i = 0; i < batch->num_secrets; i++) {
        ht_engine_secrets(engine, batch->secrets[i].type, batch->secrets[i].bytes);
    }
    for (size_t i = 0; i < batch->num_frames; i++) {
        struct ht_frame frame = ht_batch_frame_at(batch, i);
        ht_batch_fetch_after(batch, i);
        (void)ht_engine_frame(engine, &frame);
    }
    (void)ht_engine_until(engine, batch->last_number);
    if (batch->now_ns != 0) {
        (void)ht_engine_tick(engine, batch->now_ns);
    }
}

static void take_batch(struct ht_engine *engine, const struct ht_batch *batch)
{
    if (batch->flush) {
        (void)ht_engine_flush(engine);
    } else if (batch->flush_until != 0) {
        (void)ht_engine_flush_until(engine, batch->flush_until);
    } else {
        take_frames(engine, batch);
    }
}

static void begin(struct ht_worker *worker, const struct ht_batch *batch)
{
    struct round *round = &worker->rounds[batch->round % HT_OPEN_ROUNDS];
    round->open         = true;
    worker->present     = round;
    worker->into        = round->early;
    ht_large_pages_ask_own(&worker->large_pages);
    take_batch(worker->engine, batch);
    teach_others(worker, round->lessons);
}

static void *run(void *context)
{
    struct ht_worker *worker = context;
    for (bool stop = false; !stop;) {
        struct ht_batch *batch = ht_queue_take(&worker->mine->batches);
        uint64_t round         = batch->round;
        bool settle            = batch->settle;
        stop                   = batch->stop;
        if (!stop) {
            begin(worker, batch);
        }
        ht_batch_clear(batch);
        ht_queue_push(&worker->mine->empty, batch);
        uint64_t due = stop ? 0 : settle ? HT_OPEN_ROUNDS : 1; /* the oldest of them first */
        for (uint64_t i = 1; i <= due; i++) {
            finish(worker, &worker->rounds[(round + i) % HT_OPEN_ROUNDS]);
        }
    }
    return NULL;
}

struct ht_worker *ht_worker_new(const struct ht_worker_config *config, struct ht_worker_queues *all,
                                unsigned index, unsigned num, struct ht_error *error)
{
    struct ht_worker *worker       = calloc(1, sizeof *worker);
    struct ht_engine_config engine = config->engine;
    if (worker == NULL) {
        (void)ht_fail(error, "out of memory");
        return NULL;
    }
    *worker = (struct ht_worker){
        .all = all, .mine = &all[index], .format = config->format, .index = index, .num = num};
    engine.record  = take_record;
    engine.lesson  = take_lesson;
    engine.ended   = take_ended;
    engine.context = worker;
    worker->engine = ht_engine_new(&engine, error);
    worker->sink   = config->format->open(&config->sink);
    bool good      = worker->engine != NULL && worker->sink != NULL;
    for (int i = 0; i < HT_OPEN_ROUNDS; i++) {
        worker->rounds[i].lessons = calloc(1, sizeof *worker->rounds[i].lessons);
        worker->rounds[i].early   = calloc(1, sizeof *worker->rounds[i].early);
        good &= worker->rounds[i].lessons != NULL && worker->rounds[i].early != NULL;
    }
    if (!good) {
        (void)ht_fail(error, "out of memory");
        ht_worker_free(worker);
        return NULL;
    }
    return worker;
}

bool ht_worker_start(struct ht_worker *worker, struct ht_error *error)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGBUS); /* is about what the thread itself reads */
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    worker->started = pthread_create(&worker->thread, NULL, run, worker) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return worker->started || ht_fail(error, "a thread cannot be started");
}

struct ht_engine *ht_worker_engine(const struct ht_worker *worker)
{
    return worker->engine;
}

void ht_worker_free(struct ht_worker *worker)
{
    if (worker == NULL) {
        return;
    }
    if (worker->started) {
        (void)pthread_join(worker->thread, NULL);
    }
    for (int i = 0; i < HT_OPEN_ROUNDS; i++) {
        ht_lessons_free(worker->rounds[i].lessons);
        ht_harvest_free(worker->rounds[i].early);
    }
    ht_engine_free(worker->engine);
    if (worker->sink != NULL) {
        worker->format->close(worker->sink);
    }
    free(worker);
}
