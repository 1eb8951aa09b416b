#include "run/worker.h"

#include "base/fetch.h"

#include <stdlib.h>

/* A round on its way. */
struct round {
    struct ht_batch batch;
    /* Others look at these until the round is taken back: */
    struct ht_lessons lessons;
    struct ht_harvest early; /* what could be rendered at once, and places of what could not */
};

/* What is left of a worker's lessons. */
struct course {
    const struct ht_lesson *next, *end;
    const char *bytes;
};

/* Lessons of all workers, each list in order, taken in the order of all. */
struct syllabus {
    struct course courses[HT_MAX_WORKERS];
    unsigned num;
    unsigned first; /* whose lesson is the next; where none is left, anybody's */
};

struct ht_worker {
    struct ht_engine *engine;
    const struct ht_sink_ops *format;
    struct ht_sink *sink;
    int64_t again_ns; /* after which the same is told anew; 0: never */
    struct round rounds[HT_ROUNDS];
    struct ht_harvest harvests[HT_HARVESTS];
    struct ht_rooms rooms;
    struct ht_progress progress;
    struct ht_harvest *into;  /* where records are rendered to now */
    struct ht_order order;    /* of them, where the engine does not know it any more */
    struct syllabus syllabus; /* of the round that is being finished */
    size_t item, offset;      /* of its early records, the next one */
    bool finishing;
};

static struct round *round_at(struct ht_worker *worker, uint64_t round)
{
    return &worker->rounds[round % HT_ROUNDS];
}

/* The first bytes of a digest are as good as all of it. */
static void identify(struct ht_yield *item, const struct ht_record_type *type, const void *record,
                     int64_t again_ns)
{
    if (type->identity != NULL) {
        struct ht_bytes digest = *(const struct ht_bytes *)ht_field_at(type->identity, record);
        memcpy(item->identity, digest.ptr,
               digest.len < sizeof item->identity ? digest.len : sizeof item->identity);
    }
    if (type->identity_time != NULL && again_ns != 0) {
        item->identity[1] +=
            (uint64_t)(*(const int64_t *)ht_field_at(type->identity_time, record) / again_ns);
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
    identify(item, type, record, worker->again_ns);
    return true;
}

static void take_lesson(void *context, size_t analyzer, struct ht_bytes lesson)
{
    struct ht_worker *worker = context;
    ht_lessons_add(&round_at(worker, worker->progress.begun)->lessons,
                   ht_engine_order(worker->engine), analyzer, lesson);
}

static void take_ended(void *context, struct ht_flow *flow)
{
    struct ht_worker *worker = context;
    struct ht_yield *item    = ht_harvest_add(&round_at(worker, worker->progress.begun)->early);
    if (item != NULL) {
        item->order = ht_engine_order(worker->engine);
        item->flow  = flow;
    } else {
        (void)ht_engine_tell_ended(worker->engine, flow);
    }
}

static void find_first(struct syllabus *s)
{
    const struct course *first = s->courses;
    for (const struct course *each = first + 1; each < s->courses + s->num; each++) {
        if (each->next != each->end &&
            (first->next == first->end || ht_order_before(each->next->order, first->next->order))) {
            first = each;
        }
    }
    s->first = (unsigned)(first - s->courses);
}

/* Learns what was taught up to `until`. */
static void learn(struct ht_engine *engine, struct syllabus *s, struct ht_order until)
{
    struct course *course = &s->courses[s->first];
    while (course->next != course->end && !ht_order_before(until, course->next->order)) {
        const struct ht_lesson *lesson = course->next++;
        ht_engine_learn(engine, lesson->analyzer,
                        ht_bytes(course->bytes + lesson->offset, lesson->len));
        find_first(s);
        course = &s->courses[s->first];
    }
}

/* Its bytes stay where they are. */
static void add_early(struct ht_harvest *into, const struct ht_yield *item, const char *bytes)
{
    struct ht_yield *copy = ht_harvest_add(into);
    if (copy != NULL) {
        *copy       = *item;
        copy->early = bytes;
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

/* Renders what waited for lessons, in its place among the rest, until the harvest is large enough.
 */
static void render(struct ht_worker *worker, const struct ht_harvest *early)
{
    for (; worker->item < early->len && worker->into->bytes.len < HT_HARVEST_BYTES;
         worker->item++) {
        const struct ht_yield *item = &early->items[worker->item];
        if (item->flow != NULL) {
            fetch_next(early, item);
            learn(worker->engine, &worker->syllabus, item->order);
            worker->order = item->order;
            (void)ht_engine_tell_ended(worker->engine, item->flow);
        } else {
            add_early(worker->into, item, early->bytes.ptr + worker->offset);
            worker->offset += item->len;
        }
    }
}

/* Another thread may have written them. */
static void fetch_lessons(const struct ht_lessons *lessons)
{
    ht_fetch_all(lessons->items, lessons->len * sizeof *lessons->items);
    ht_fetch_all(lessons->bytes.ptr, lessons->bytes.len);
}

/* What all workers taught in the round that is to be finished now. */
static void assemble(struct ht_worker *worker, struct ht_worker *const *all, unsigned num)
{
    struct syllabus *s = &worker->syllabus;
    for (unsigned i = 0; i < num; i++) {
        const struct ht_lessons *lessons = &round_at(all[i], worker->progress.finished)->lessons;
        if (all[i] != worker) {
            fetch_lessons(lessons);
        }
        s->courses[i] = (struct course){.next  = lessons->items,
                                        .end   = lessons->items + lessons->len,
                                        .bytes = lessons->bytes.ptr};
    }
    s->num = num;
    find_first(s);
}

void ht_worker_finish(struct ht_worker *worker, struct ht_worker *const *all, unsigned num)
{
    struct round *round = round_at(worker, worker->progress.finished);
    if (worker->item == 0) {
        assemble(worker, all, num);
    }
    worker->into      = &worker->harvests[worker->progress.harvests % HT_HARVESTS];
    worker->finishing = true;
    ht_harvest_begin(worker->into, &worker->rooms);
    render(worker, &round->early);
    worker->into->last = worker->item == round->early.len;
    if (worker->into->last) {
        learn(worker->engine, &worker->syllabus, (struct ht_order){UINT64_MAX, UINT64_MAX});
        worker->item = worker->offset = 0;
        worker->progress.finished++;
    }
    worker->finishing   = false;
    worker->into->stats = *ht_engine_stats(worker->engine);
    ht_harvest_end(worker->into);
    worker->progress.harvests++;
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
        ht_batch_fetch_after(batch, i);
        (void)ht_engine_frame(engine, &batch->frames[i]);
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

void ht_worker_begin(struct ht_worker *worker)
{
    struct round *round = round_at(worker, worker->progress.begun);
    ht_lessons_clear(&round->lessons);
    ht_harvest_begin(&round->early, &worker->rooms);
    worker->into = &round->early;
    take_batch(worker->engine, &round->batch);
    ht_harvest_end(&round->early);
    ht_batch_clear(&round->batch);
    worker->progress.begun++;
}

struct ht_worker *ht_worker_new(const struct ht_worker_config *config, struct ht_error *error)
{
    struct ht_worker *worker       = calloc(1, sizeof *worker);
    struct ht_engine_config engine = config->engine;
    if (worker == NULL) {
        (void)ht_fail(error, "out of memory");
        return NULL;
    }
    worker->format   = config->format;
    worker->again_ns = engine.analysis != NULL ? engine.analysis->again_ns : 0;
    engine.record    = take_record;
    engine.lesson    = take_lesson;
    engine.ended     = take_ended;
    engine.context   = worker;
    worker->engine   = ht_engine_new(&engine, error);
    worker->sink     = worker->engine != NULL ? config->format->open(&config->sink) : NULL;
    if (worker->sink == NULL) {
        (void)(worker->engine == NULL || ht_fail(error, "out of memory"));
        ht_worker_free(worker);
        return NULL;
    }
    return worker;
}

struct ht_batch *ht_worker_batch(struct ht_worker *worker, uint64_t round)
{
    return &round_at(worker, round)->batch;
}

struct ht_progress ht_worker_progress(const struct ht_worker *worker)
{
    return worker->progress;
}

const struct ht_harvest *ht_worker_harvest(const struct ht_worker *worker, uint64_t i)
{
    return &worker->harvests[i % HT_HARVESTS];
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
    for (int i = 0; i < HT_ROUNDS; i++) {
        ht_batch_free(&worker->rounds[i].batch);
        ht_lessons_free(&worker->rounds[i].lessons);
        ht_harvest_free(&worker->rounds[i].early, &worker->rooms);
    }
    for (int i = 0; i < HT_HARVESTS; i++) {
        ht_harvest_free(&worker->harvests[i], &worker->rooms);
    }
    ht_rooms_free(&worker->rooms);
    ht_engine_free(worker->engine);
    if (worker->sink != NULL) {
        worker->format->close(worker->sink);
    }
    free(worker);
}
