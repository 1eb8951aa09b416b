#include "run/crew.h"

#include "base/large_pages.h"
#include "base/time.h"
#include "packet/fragments.h"
#include "run/share.h"

#include <stdlib.h>

enum {
    /* Of all workers' frames: small rounds are still in the cache of whoever has them next. */
    ROUND_FRAMES = 512,
    ROUND_BYTES  = 1 << 20,
    ROUND_BLOCKS = 8, /* of a file, held whole, however little of each a filter lets through */
    /* At the end of a source flows are told by where they began, a round for so many frames, lest
     * all of them and their records be in memory; what began longer ago than that is told at once.
     */
    FLUSH_STEP   = 1024,
    FLUSH_FRAMES = 1 << 24,
    OWED         = HT_HARVESTS / 4, /* harvests of a worker that wait to be given back together */
    SEEN_SETS    = 8192,
    SEEN_WAYS    = 8
};

#define ROUND_NS (HT_SECOND_NS / 10) /* live, a round is handed out after that time */

/* What was written once and is not written again, the latest first in each set. */
struct seen {
    uint64_t identity[SEEN_WAYS][2];
};

struct ht_crew {
    struct ht_crew_config config;
    struct ht_engine *engine; /* where there are no threads */
    struct ht_worker *workers[HT_MAX_WORKERS];
    struct ht_hands *hands;
    struct ht_batch *batches[HT_MAX_WORKERS]; /* of the round that is being filled; views */
    struct ht_stats stats[HT_MAX_WORKERS];    /* at the end of the last round taken back */
    unsigned owed[HT_MAX_WORKERS];            /* harvests, written and not given back yet */
    struct ht_fragments fragments; /* before frames are handed out: only the first of a datagram
                                    * tells whose flow it is */
    struct seen *seen;
    uint64_t first_share;    /* of 2^32 hashes: whose flows are the first worker's */
    uint64_t repeated;       /* records that were written before */
    uint64_t refused;        /* frames for which there was no memory */
    uint64_t round, taken;   /* to be handed out next; to be taken back next */
    size_t frames, bytes;    /* in the round that is being filled */
    unsigned blocks;         /* of a file, that it holds */
    struct ht_shared *block; /* the last of them; NULL: none */
    uint64_t last_number;
    int64_t round_ns, frame_ns, tick_ns; /* live: of its first and last frame, of the last tick */
    const struct ht_source *source;      /* that begins with the round; NULL: none */
    const struct ht_source *reading;     /* where frames come from now */
    size_t num_secrets;                  /* of it that were passed on */
    bool failed;
};

static bool is_alone(const struct ht_crew *crew)
{
    return crew->config.workers <= 1;
}

/* What comes live does not wait for whoever does something else. */
static bool caller_helps(const struct ht_crew *crew)
{
    return !crew->config.engine.live;
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
    const struct ht_harvest *harvest; /* NULL: the next one is to be had */
    size_t item, offset;
    bool done;
};

/* Lets workers have their harvests back, of several rounds at once: what was not written out by
 * then has to be copied. */
static void give_back(struct ht_crew *crew)
{
    if (crew->config.keep != NULL && !crew->config.keep(crew->config.context)) {
        crew->failed = true;
    }
    for (unsigned i = 0; i < crew->config.workers; i++) {
        if (crew->owed[i] > 0) {
            ht_hands_take(crew->hands, i, crew->owed[i]);
        }
        crew->owed[i] = 0;
    }
}

/* The worker's next harvest. Who waits for one lets workers have what they may need for it. */
static const struct ht_harvest *next_harvest(struct ht_crew *crew, unsigned worker)
{
    const struct ht_harvest *harvest =
        crew->owed[worker] < OWED ? ht_hands_look(crew->hands, worker, crew->owed[worker]) : NULL;
    if (harvest == NULL) {
        give_back(crew);
        harvest = ht_hands_harvest(crew->hands, worker);
    }
    return harvest;
}

/* The next item, or NULL where the round has no more. */
static const struct ht_yield *next_of(struct ht_crew *crew, struct stream *stream, unsigned worker)
{
    while (!stream->done && (stream->harvest == NULL || stream->item == stream->harvest->len)) {
        if (stream->harvest == NULL) {
            stream->harvest = next_harvest(crew, worker);
            continue;
        }
        bool last = stream->harvest->last;
        if (last) {
            crew->stats[worker] = stream->harvest->stats;
        }
        crew->owed[worker]++;
        *stream = (struct stream){.done = last};
    }
    return stream->done ? NULL : &stream->harvest->items[stream->item];
}

static void write_item(struct ht_crew *crew, struct stream *stream, const struct ht_yield *item)
{
    const char *bytes =
        item->early != NULL ? item->early : stream->harvest->bytes.ptr + stream->offset;
    struct ht_bytes lines = ht_bytes(bytes, item->len);
    stream->offset += item->early != NULL ? 0 : item->len;
    stream->item++;
    if (was_seen(crew, item->identity)) {
        crew->repeated++;
    } else if (!crew->failed) {
        crew->failed = !crew->config.lines(crew->config.context, item->type, lines);
    }
}

/* Whose item is the first of all; where there are none, anybody's. */
static unsigned first_of(const struct ht_yield *const *items, unsigned num)
{
    unsigned first = 0;
    for (unsigned i = 1; i < num; i++) {
        if (items[i] != NULL &&
            (items[first] == NULL || ht_order_before(items[i]->order, items[first]->order))) {
            first = i;
        }
    }
    return first;
}

/* Writes a round's records in order; waits for workers that are not done with it. */
static void take_back(struct ht_crew *crew)
{
    struct stream streams[HT_MAX_WORKERS];
    const struct ht_yield *items[HT_MAX_WORKERS] = {NULL}; /* the next of each */
    unsigned num                                 = crew->config.workers, first;
    for (unsigned i = 0; i < num; i++) {
        streams[i] = (struct stream){0};
        items[i]   = next_of(crew, &streams[i], i);
    }
    while (items[first = first_of(items, num)] != NULL) {
        write_item(crew, &streams[first], items[first]);
        items[first] = next_of(crew, &streams[first], first);
    }
    crew->taken++;
}

/* Makes room for another round: of many at once, where there are none. */
static void begin_round(struct ht_crew *crew)
{
    if (crew->round - crew->taken == HT_ROUNDS) {
        uint64_t finished = ht_hands_help(crew->hands, crew->taken + 1);
        do {
            take_back(crew);
        } while (crew->taken < finished);
        give_back(crew);
    }
    for (unsigned i = 0; i < crew->config.workers; i++) {
        crew->batches[i] = ht_worker_batch(crew->workers[i], crew->round);
    }
    crew->frames = crew->bytes = 0;
    crew->blocks               = 0;
    crew->block                = NULL;
    crew->source               = NULL;
}

/* Hands out the round that was filled, marked as `how` says. */
static bool hand_out(struct ht_crew *crew, const struct ht_batch *how)
{
    for (unsigned i = 0; i < crew->config.workers; i++) {
        struct ht_batch *batch = crew->batches[i];
        batch->last_number     = crew->last_number;
        batch->source          = crew->source;
        batch->now_ns =
            how->now_ns != 0 || !crew->config.engine.live ? how->now_ns : crew->frame_ns;
        batch->flush_until = how->flush_until;
        batch->flush       = how->flush;
    }
    ht_hands_hand_out(crew->hands);
    crew->round++;
    begin_round(crew);
    return !crew->failed;
}

/* Waits until all that was handed out is done. */
static bool settle(struct ht_crew *crew)
{
    while (crew->taken < crew->round) {
        take_back(crew);
    }
    give_back(crew);
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

/* The worker that follows the flows of that hash. */
static inline unsigned worker_of(const struct ht_crew *crew, uint64_t hash)
{
    return hash >> 32 < crew->first_share
               ? 0
               : (unsigned)((hash & UINT32_MAX) * (crew->config.workers - 1) >> 32) + 1;
}

/* What the frame that was read last lies in. */
static struct ht_shared *block_of(const struct ht_crew *crew)
{
    return crew->reading != NULL && crew->reading->block != NULL ? *crew->reading->block : NULL;
}

/* Of a block that the worker's batch does not hold yet, or of none. Not inlined, for most are of
 * one that it holds. */
__attribute__((noinline)) static void give_first(struct ht_crew *crew, unsigned worker,
                                                 const struct ht_frame *frame)
{
    struct ht_shared *block = block_of(crew);
    if (block != crew->block) {
        crew->block = block;
        crew->blocks++;
    }
    if (!ht_batch_add(crew->batches[worker], frame, block)) {
        crew->refused++;
    }
}

static inline void give(struct ht_crew *crew, unsigned worker, const struct ht_frame *frame)
{
    crew->bytes += frame->data.len;
    if (!ht_batch_add_held(crew->batches[worker], frame)) {
        give_first(crew, worker, frame);
    }
}

/* Shares out any frame. What belongs to no flow is the first worker's to count; and shares out the
 * datagram that is complete with a fragment, and the packets in an aggregate. */
__attribute__((noinline)) static void distribute(struct ht_crew *crew, const struct ht_frame *frame)
{
    struct ht_frame other = *frame;
    struct ht_packet packet;
    enum ht_decode decoded = ht_packet_decode(&packet, frame);
    give(crew,
         decoded == HT_DECODED
             ? worker_of(crew, ht_share_packet(&packet, crew->config.engine.hash_seed))
             : 0,
         frame);
    if (decoded == HT_DECODE_FRAGMENT &&
        ht_fragments_take(&crew->fragments, &other, &packet) != HT_DECODE_FRAGMENT) {
        distribute(crew, &other);
    }
    while (decoded == HT_DECODE_AGGREGATE && ht_packet_part(&packet, &other)) {
        distribute(crew, &other);
    }
}

static bool is_round_full(const struct ht_crew *crew, const struct ht_frame *frame)
{
    return crew->frames >= ROUND_FRAMES || crew->bytes >= ROUND_BYTES ||
           crew->blocks >= ROUND_BLOCKS ||
           (crew->config.engine.live && frame->time_ns - crew->round_ns > ROUND_NS);
}

/* Not inlined, for those who share out would pay for it. */
__attribute__((noinline)) static bool hand_out_full(struct ht_crew *crew)
{
    return hand_out(crew, &(struct ht_batch){0});
}

/* Not inlined, for who is alone would pay for it. */
__attribute__((noinline)) static bool share_frame(struct ht_crew *crew,
                                                  const struct ht_frame *frame)
{
    uint64_t hash;
    if (crew->frames++ == 0) {
        crew->round_ns = frame->time_ns;
    }
    crew->last_number = frame->number;
    crew->frame_ns    = frame->time_ns;
    if (ht_share_plain(frame, crew->config.engine.hash_seed, &hash)) {
        give(crew, worker_of(crew, hash), frame);
    } else {
        distribute(crew, frame);
    }
    return is_round_full(crew, frame) ? hand_out_full(crew) : !crew->failed;
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
    (void)hand_out(crew, &(struct ht_batch){.now_ns = now_ns});
    return settle(crew);
}

/* Of all workers' handshakes that do not complete one is counted, the oldest, if they are too many.
 */
static bool count_unfinished(struct ht_crew *crew, enum ht_unfinished_kind kind)
{
    struct ht_engine *from = NULL;
    uint64_t oldest        = UINT64_MAX;
    size_t all             = 0;
    for (unsigned i = 0; i < crew->config.workers; i++) {
        struct ht_engine *engine         = ht_worker_engine(crew->workers[i]);
        const struct ht_unfinished these = ht_engine_unfinished(engine, kind);
        all += these.len;
        from   = these.oldest < oldest ? engine : from;
        oldest = these.oldest < oldest ? these.oldest : oldest;
    }
    if (all <= HT_MAX_UNFINISHED_TOLD || from == NULL) {
        return false;
    }
    ht_engine_count_unfinished(from, kind);
    return true;
}

/* So many are told as one engine would tell. It takes all workers' engines, so none may be at work.
 */
static void count_floods(struct ht_crew *crew)
{
    if (crew->last_number > HT_MAX_UNFINISHED_TOLD && settle(crew)) {
        while (count_unfinished(crew, HT_UNFINISHED_SYN)) {
        }
        while (count_unfinished(crew, HT_UNFINISHED)) {
        }
    }
}

bool ht_crew_flush(struct ht_crew *crew)
{
    ht_fragments_flush(&crew->fragments);
    if (is_alone(crew)) {
        return ht_engine_flush(crew->engine);
    }
    (void)hand_out(crew, &(struct ht_batch){0});
    count_floods(crew);
    uint64_t last = crew->last_number, until = last > FLUSH_FRAMES ? last - FLUSH_FRAMES : 0;
    while ((until += FLUSH_STEP) <= last) {
        (void)hand_out(crew, &(struct ht_batch){.flush_until = until});
    }
    (void)hand_out(crew, &(struct ht_batch){.flush = true});
    return settle(crew);
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

/* Where the first worker is the caller's, who reads and writes too, it has fewer flows: two fifths
 * of two workers'. Others help with what is still too many; nobody can help them. */
static uint64_t first_share(unsigned num, bool helps)
{
    return helps ? (UINT64_C(2) << 32) / (num * num + 1) : (UINT64_C(1) << 32) / num;
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
    crew->first_share = first_share(num, caller_helps(crew));
    crew->seen        = calloc(SEEN_SETS, sizeof *crew->seen);
    for (unsigned i = 0; i < num; i++) {
        crew->workers[i] = ht_worker_new(&config, error);
        if (crew->workers[i] == NULL) {
            return false;
        }
    }
    crew->hands = ht_hands_new(crew->workers, num, caller_helps(crew));
    if (crew->hands == NULL || crew->seen == NULL) {
        return ht_fail(error, "out of memory");
    }
    begin_round(crew);
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
    if (is_alone(crew)) {
        return true;
    }
    ht_heap_for_threads();
    return ht_hands_start(crew->hands, error);
}

void ht_crew_free(struct ht_crew *crew)
{
    if (crew == NULL) {
        return;
    }
    ht_hands_free(crew->hands);
    for (unsigned i = 0; i < HT_MAX_WORKERS; i++) {
        ht_worker_free(crew->workers[i]);
    }
    ht_engine_free(crew->engine);
    ht_fragments_free(&crew->fragments);
    free(crew->seen);
    free(crew);
}
