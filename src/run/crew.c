#include "run/crew.h"

#include "base/hash.h"
#include "base/large_pages.h"
#include "base/time.h"
#include "packet/fragments.h"

#include <stdlib.h>

enum {
    /* Of all workers' frames: small rounds are still in the cache of whoever has them next. */
    ROUND_FRAMES = 1024,
    ROUND_BYTES  = 1 << 20,
    ROUND_BLOCKS = 8,  /* of a file, held whole, however little of each a filter lets through */
    AHEAD        = 28, /* rounds that are handed out before the first of them is taken back */
    /* At the end of a source flows are told by where they began, a round for so many frames, lest
     * all of them and their records be in memory; what began longer ago than that is told at once.
     */
    FLUSH_STEP   = 8192,
    FLUSH_FRAMES = 1 << 24,
    SEEN_SETS    = 8192,
    SEEN_WAYS    = 8
};

_Static_assert(AHEAD + 1 >= HT_OPEN_ROUNDS, "the first round is finished when it is waited for");
_Static_assert(AHEAD + 1 < HT_QUEUE_MAX, "there is room for batches and lessons: none has to wait "
                                         "for room with whoever waits for it");

#define ROUND_NS (HT_SECOND_NS / 10) /* live, a round is handed out after that time */

/* What was written once and is not written again, the latest first in each set. */
struct seen {
    uint64_t identity[SEEN_WAYS][2];
};

struct ht_crew {
    struct ht_crew_config config;
    struct ht_engine *engine; /* where there are no threads */
    struct ht_worker *workers[HT_MAX_WORKERS];
    struct ht_worker_queues *queues;
    struct ht_batch *batches[HT_MAX_WORKERS]; /* of the round that is being filled */
    struct ht_stats stats[HT_MAX_WORKERS];    /* at the end of the last round taken back */
    struct ht_fragments fragments; /* before frames are handed out: only the first of a datagram
                                    * tells whose flow it is */
    struct seen *seen;
    uint64_t repeated;             /* records that were written before */
    uint64_t refused;              /* frames for which there was no memory */
    uint64_t round, taken;         /* to be handed out next; to be taken back next */
    size_t frames, bytes;          /* in the round that is being filled */
    unsigned blocks;               /* of a file, that it holds */
    const struct ht_shared *block; /* the last of them */
    uint64_t last_number;
    int64_t round_ns, frame_ns, tick_ns; /* live: of its first and last frame, of the last tick */
    const struct ht_source *source;      /* that begins with the round; NULL: none */
    const struct ht_source *reading;     /* where frames come from now */
    size_t num_secrets;                  /* of it that were passed on */
    bool started, failed;
};

static bool is_alone(const struct ht_crew *crew)
{
    return crew->config.workers <= 1;
}

static bool was_seen(struct ht_crew *crew, const uint64_t identity[2])
{
    struct seen *set = &crew->seen[identity[0] % SEEN_SETS];
    size_t at = 0, size = sizeof set->identity[0];
    if (identity[0] == 0 && identity[1] == 0) {
        return false;
    }
    while (at < SEEN_WAYS && memcmp(set->identity[at], identity, size) != 0) {
        at++;
    }
    bool found = at < SEEN_WAYS;
    memmove(set->identity[1], set->identity[0], (found ? at : SEEN_WAYS - 1) * size);
    memcpy(set->identity[0], identity, size);
    return found;
}

/* One worker's records of a round on their way out. */
struct stream {
    struct ht_worker_queues *queues;
    struct ht_harvest *harvest;
    size_t item, offset;
    bool done;
};

/* Gives a harvest back to the worker, who fills it again; if it has enough of them, the end of it.
 */
static void reap(struct stream *stream)
{
    if (stream->harvest != NULL && !ht_queue_offer(&stream->queues->reaped, stream->harvest)) {
        ht_harvest_free(stream->harvest);
    }
}

/* The next item, or NULL where the round has no more. */
static const struct ht_yield *next_of(struct ht_crew *crew, struct stream *stream, unsigned worker)
{
    while (!stream->done && (stream->harvest == NULL || stream->item == stream->harvest->len)) {
        if (stream->harvest != NULL && stream->harvest->last) {
            crew->stats[worker] = stream->harvest->stats;
            stream->done        = true;
            break;
        }
        reap(stream);
        *stream = (struct stream){.queues  = stream->queues,
                                  .harvest = ht_queue_take(&stream->queues->harvests)};
    }
    return stream->done ? NULL : &stream->harvest->items[stream->item];
}

static void write_item(struct ht_crew *crew, struct stream *stream, const struct ht_yield *item)
{
    struct ht_bytes lines = ht_bytes(stream->harvest->bytes.ptr + stream->offset, item->len);
    stream->offset += item->len;
    stream->item++;
    if (was_seen(crew, item->identity)) {
        crew->repeated++;
    } else if (!crew->failed) {
        crew->failed = !crew->config.lines(crew->config.context, item->type, lines);
    }
}

/* Writes a round's records in order; waits for workers that are not done with it. */
static void take_back(struct ht_crew *crew)
{
    struct stream streams[HT_MAX_WORKERS] = {0};
    unsigned num                          = crew->config.workers;
    for (unsigned i = 0; i < num; i++) {
        streams[i].queues = &crew->queues[i];
    }
    for (;;) {
        const struct ht_yield *first = NULL;
        unsigned from                = 0;
        for (unsigned i = 0; i < num; i++) {
            const struct ht_yield *item = next_of(crew, &streams[i], i);
            if (item != NULL && (first == NULL || ht_order_before(item->order, first->order))) {
                first = item;
                from  = i;
            }
        }
        if (first == NULL) {
            break;
        }
        write_item(crew, &streams[from], first);
    }
    for (unsigned i = 0; i < num; i++) {
        reap(&streams[i]);
    }
    crew->taken++;
}

static struct ht_batch *new_batch(struct ht_crew *crew, unsigned worker)
{
    struct ht_batch *batch = ht_queue_try(&crew->queues[worker].empty);
    return batch != NULL ? batch : calloc(1, sizeof *batch);
}

/* Hands out the round that was filled, marked as `how` says. */
static bool hand_out(struct ht_crew *crew, const struct ht_batch *how)
{
    for (unsigned i = 0; i < crew->config.workers; i++) {
        struct ht_batch *batch = crew->batches[i];
        crew->batches[i]       = new_batch(crew, i);
        if (crew->batches[i] == NULL) {
            abort(); /* the threads cannot even be told to stop */
        }
        batch->round       = crew->round;
        batch->last_number = crew->last_number;
        batch->source      = crew->source;
        batch->now_ns =
            how->now_ns != 0 || !crew->config.engine.live ? how->now_ns : crew->frame_ns;
        batch->flush_until = how->flush_until;
        batch->flush       = how->flush;
        batch->settle      = how->settle;
        ht_queue_push(&crew->queues[i].batches, batch);
    }
    crew->round++;
    crew->frames = crew->bytes = 0;
    crew->blocks               = 0;
    crew->block                = NULL;
    crew->source               = NULL;
    while (crew->round - crew->taken > (how->settle ? 0 : AHEAD)) {
        take_back(crew);
    }
    return !crew->failed;
}

void ht_crew_source(struct ht_crew *crew, const struct ht_source *source)
{
    crew->source      = source;
    crew->reading     = source;
    crew->num_secrets = 0;
    crew->last_number = 0;
    if (is_alone(crew)) {
        ht_engine_source(crew->engine, source);
    }
}

static uint64_t hash_endpoint(const struct ht_endpoint *end, uint64_t seed)
{
    uint64_t words[2];
    memcpy(words, end->address.bytes, sizeof words);
    return ht_mix(words[0] ^ seed, words[1] ^ end->port ^ (seed << 32 | seed >> 32));
}

/* The worker that follows the packet's flow, the same for both directions; what belongs to no flow
 * is the first one's to count. A hash for this alone, for it needs no key. */
static unsigned worker_of(const struct ht_crew *crew, const struct ht_packet *packet,
                          enum ht_decode decoded)
{
    uint64_t seed = crew->config.engine.hash_seed;
    if (decoded != HT_DECODED) {
        return 0;
    }
    uint64_t both =
        hash_endpoint(&packet->source, seed) + hash_endpoint(&packet->destination, seed);
    return (unsigned)((both >> 32) * crew->config.workers >> 32);
}

static void add_frame(struct ht_crew *crew, const struct ht_frame *frame,
                      const struct ht_packet *packet, enum ht_decode decoded)
{
    crew->bytes += frame->data.len;
    if (!ht_batch_add(crew->batches[worker_of(crew, packet, decoded)], frame)) {
        crew->refused++;
    }
}

/* Adds the frame, and the datagram that is complete with it, if one is; returns what the frame is.
 */
static enum ht_decode add_packet(struct ht_crew *crew, const struct ht_frame *frame,
                                 struct ht_packet *packet)
{
    enum ht_decode decoded = ht_packet_decode(packet, frame);
    add_frame(crew, frame, packet, decoded);
    if (decoded == HT_DECODE_FRAGMENT) {
        struct ht_frame whole = *frame;
        enum ht_decode inner  = ht_fragments_take(&crew->fragments, &whole, packet);
        if (inner != HT_DECODE_FRAGMENT) {
            add_frame(crew, &whole, packet, inner);
        }
    }
    return decoded;
}

/* Adds the frame, or of an aggregate that and the packets in it. */
static void distribute(struct ht_crew *crew, const struct ht_frame *frame)
{
    struct ht_packet packet, inner;
    if (add_packet(crew, frame, &packet) == HT_DECODE_AGGREGATE) {
        struct ht_frame part = *frame;
        while (ht_packet_part(&packet, &part)) {
            (void)add_packet(crew, &part, &inner);
        }
    }
}

static bool is_round_full(const struct ht_crew *crew, const struct ht_frame *frame)
{
    return crew->frames >= ROUND_FRAMES || crew->bytes >= ROUND_BYTES ||
           crew->blocks >= ROUND_BLOCKS ||
           (crew->config.engine.live && frame->time_ns - crew->round_ns > ROUND_NS);
}

static bool share_frame(struct ht_crew *crew, const struct ht_frame *frame)
{
    if (crew->frames++ == 0) {
        crew->round_ns = frame->time_ns;
    }
    if (frame->block != NULL && frame->block != crew->block) {
        crew->block = frame->block;
        crew->blocks++;
    }
    crew->last_number = frame->number;
    crew->frame_ns    = frame->time_ns;
    distribute(crew, frame);
    return is_round_full(crew, frame) ? hand_out(crew, &(struct ht_batch){0}) : !crew->failed;
}

/* All engines get what keys came with the packets, before the frame at hand and after all frames
 * before it. */
__attribute__((noinline)) static void pass_secrets(struct ht_crew *crew)
{
    struct ht_batch_secret secret;
    if (!is_alone(crew) && crew->frames > 0) {
        (void)hand_out(crew, &(struct ht_batch){0});
    }
    for (; crew->num_secrets < crew->reading->num_secrets; crew->num_secrets++) {
        secret.bytes = ht_source_secrets(crew->reading, crew->num_secrets, &secret.type);
        if (is_alone(crew)) {
            ht_engine_secrets(crew->engine, secret.type, secret.bytes);
        }
        for (unsigned i = 0; !is_alone(crew) && i < crew->config.workers; i++) {
            ht_batch_add_secret(crew->batches[i], &secret);
        }
    }
}

bool ht_crew_frame(struct ht_crew *crew, const struct ht_frame *frame)
{
    if (crew->reading != NULL && crew->num_secrets < crew->reading->num_secrets) {
        pass_secrets(crew);
    }
    return is_alone(crew) ? ht_engine_frame(crew->engine, frame) : share_frame(crew, frame);
}

bool ht_crew_tick(struct ht_crew *crew, int64_t now_ns)
{
    if (is_alone(crew)) {
        return ht_engine_tick(crew->engine, now_ns);
    }
    if (now_ns >= crew->tick_ns && now_ns - crew->tick_ns < ROUND_NS) {
        return !crew->failed;
    }
    crew->tick_ns = now_ns;
    return hand_out(crew, &(struct ht_batch){.now_ns = now_ns, .settle = true});
}

bool ht_crew_flush(struct ht_crew *crew)
{
    ht_fragments_flush(&crew->fragments);
    if (is_alone(crew)) {
        return ht_engine_flush(crew->engine);
    }
    (void)hand_out(crew, &(struct ht_batch){0});
    uint64_t last = crew->last_number, until = last > FLUSH_FRAMES ? last - FLUSH_FRAMES : 0;
    while ((until += FLUSH_STEP) <= last) {
        (void)hand_out(crew, &(struct ht_batch){.flush_until = until});
    }
    return hand_out(crew, &(struct ht_batch){.flush = true, .settle = true});
}

void ht_crew_stats(struct ht_crew *crew, struct ht_stats *out)
{
    if (is_alone(crew)) {
        ht_stats_add(out, ht_engine_stats(crew->engine));
        return;
    }
    ht_stats_add(out, &(struct ht_stats){.fragments = crew->fragments.counts});
    for (unsigned i = 0; i < crew->config.workers; i++) {
        ht_stats_add(out, &crew->stats[i]);
    }
    out->records -= crew->repeated;
    out->refused_allocations += crew->refused;
}

void ht_crew_visit(struct ht_crew *crew, const struct ht_analyzer *analyzer,
                   void (*visit)(void *context, void *state), void *context)
{
    if (is_alone(crew)) {
        ht_engine_visit(crew->engine, analyzer, visit, context);
        return;
    }
    for (unsigned i = 0; i < crew->config.workers; i++) {
        ht_engine_visit(ht_worker_engine(crew->workers[i]), analyzer, visit, context);
    }
}

static bool make_engine(struct ht_crew *crew, struct ht_error *error)
{
    struct ht_engine_config config = crew->config.engine;
    config.record                  = crew->config.record;
    config.context                 = crew->config.context;
    crew->engine                   = ht_engine_new(&config, error);
    return crew->engine != NULL;
}

static void share_bounds(struct ht_engine_config *engine, unsigned num)
{
    size_t flows      = engine->max_flows != 0 ? engine->max_flows : HT_DEFAULT_MAX_FLOWS;
    size_t bytes      = engine->max_bytes != 0 ? engine->max_bytes : HT_DEFAULT_MAX_BYTES;
    engine->max_flows = (flows + num - 1) / num;
    engine->max_bytes = (bytes + num - 1) / num;
}

static bool make_workers(struct ht_crew *crew, struct ht_error *error)
{
    unsigned num                   = crew->config.workers;
    struct ht_worker_config config = {
        .engine = crew->config.engine, .format = crew->config.format, .sink = crew->config.sink};
    share_bounds(&config.engine, num);
    crew->queues = calloc(num, sizeof *crew->queues);
    crew->seen   = calloc(SEEN_SETS, sizeof *crew->seen);
    if (crew->queues == NULL || crew->seen == NULL) {
        return ht_fail(error, "out of memory");
    }
    for (unsigned i = 0; i < num; i++) {
        ht_queue_init(&crew->queues[i].batches);
        ht_queue_init(&crew->queues[i].empty);
        ht_queue_init(&crew->queues[i].harvests);
        ht_queue_init(&crew->queues[i].reaped);
        for (unsigned k = 0; k < num; k++) {
            ht_queue_init(&crew->queues[i].lessons[k]);
        }
    }
    for (unsigned i = 0; i < num; i++) {
        crew->workers[i] = ht_worker_new(&config, crew->queues, i, num, error);
        crew->batches[i] = calloc(1, sizeof *crew->batches[i]);
        if (crew->workers[i] == NULL || crew->batches[i] == NULL) {
            return false;
        }
    }
    return true;
}

struct ht_crew *ht_crew_new(const struct ht_crew_config *config, struct ht_error *error)
{
    struct ht_crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL) {
        (void)ht_fail(error, "out of memory");
        return NULL;
    }
    ht_fragments_init(&crew->fragments, config->engine.hash_seed);
    crew->config         = *config;
    crew->config.workers = config->workers > HT_MAX_WORKERS ? HT_MAX_WORKERS : config->workers;
    if (!(is_alone(crew) ? make_engine(crew, error) : make_workers(crew, error))) {
        ht_crew_free(crew);
        return NULL;
    }
    return crew;
}

bool ht_crew_start(struct ht_crew *crew, struct ht_error *error)
{
    if (!is_alone(crew)) {
        ht_heap_for_threads();
    }
    for (unsigned i = 0; !is_alone(crew) && i < crew->config.workers; i++) {
        if (!ht_worker_start(crew->workers[i], error)) {
            return false;
        }
        crew->started = true;
    }
    return true;
}

static void free_queues(struct ht_crew *crew)
{
    for (unsigned i = 0; i < crew->config.workers; i++) {
        struct ht_worker_queues *queues = &crew->queues[i];
        for (struct ht_batch *batch; (batch = ht_queue_try(&queues->empty)) != NULL ||
                                     (batch = ht_queue_try(&queues->batches)) != NULL;) {
            ht_batch_free(batch);
        }
        for (struct ht_harvest *harvest; (harvest = ht_queue_try(&queues->reaped)) != NULL;) {
            ht_harvest_free(harvest);
        }
        ht_queue_fini(&queues->reaped);
        ht_queue_fini(&queues->batches);
        ht_queue_fini(&queues->empty);
        ht_queue_fini(&queues->harvests);
        for (unsigned k = 0; k < crew->config.workers; k++) {
            ht_queue_fini(&queues->lessons[k]);
        }
    }
    free(crew->queues);
}

void ht_crew_free(struct ht_crew *crew)
{
    if (crew == NULL) {
        return;
    }
    for (unsigned i = 0; crew->started && i < crew->config.workers; i++) {
        crew->batches[i]->stop = true;
        ht_queue_push(&crew->queues[i].batches, crew->batches[i]);
        crew->batches[i] = NULL;
    }
    for (unsigned i = 0; i < HT_MAX_WORKERS; i++) {
        ht_worker_free(crew->workers[i]);
        ht_batch_free(crew->batches[i]);
    }
    if (crew->queues != NULL) {
        free_queues(crew);
    }
    ht_engine_free(crew->engine);
    ht_fragments_free(&crew->fragments);
    free(crew->seen);
    free(crew);
}
