#include "run/private.h"

#include "crypto/opener.h"

#include <stdlib.h>

/* In a file the order of open connections matters only for which of them sleep, and where there are
 * too many of them; live, flows end by it. */
static const struct ht_flow_touches file_touches = {.frames = 256, .open_frames = 4096},
                                    live_touches = {.frames = 1, .open_frames = 1};

static bool init_analyzers(struct ht_engine *engine, struct ht_error *error)
{
    static const struct ht_analysis_settings nothing = {.certificate_folder = -1};
    const struct ht_analysis_settings *settings =
        engine->config.analysis != NULL ? engine->config.analysis : &nothing;
    for (size_t i = 0; engine->config.analyzers[i] != NULL; i++) {
        const struct ht_analyzer *analyzer = engine->config.analyzers[i];
        engine->analyzer_states[i]         = calloc(1, analyzer->state_size + 1);
        if (engine->analyzer_states[i] == NULL) {
            return ht_fail(error, "out of memory");
        }
        if (analyzer->init != NULL &&
            !analyzer->init(engine->analyzer_states[i], settings, error)) {
            return false;
        }
    }
    return true;
}

static void list_hooks(struct ht_engine *engine)
{
    struct ht_hooks *hooks = &engine->hooks;
    for (size_t i = 0; engine->config.analyzers[i] != NULL; i++) {
        const struct ht_analyzer *each = engine->config.analyzers[i];
        hooks->connection_start |= (uint64_t)(each->connection_start != NULL) << i;
        hooks->record |= (uint64_t)(each->record != NULL) << i;
        hooks->confirm |= (uint64_t)(each->confirm != NULL) << i;
        hooks->connection |= (uint64_t)(each->connection != NULL) << i;
        hooks->judge |= (uint64_t)(each->judge != NULL) << i;
    }
}

/* Datagrams and streams have lists of their own, for each flow goes through its one. */
static void list_dissectors(struct ht_engine *engine)
{
    size_t num[2] = {0};
    for (size_t i = 0; engine->config.dissectors[i] != NULL; i++) {
        const struct ht_dissector *each = engine->config.dissectors[i];
        for (int stream = 0; stream < 2; stream++) {
            if ((stream ? each->tcp : each->udp) && num[stream] < HT_MAX_DISSECTORS) {
                engine->dissectors[stream][num[stream]++] = each;
            }
        }
    }
}

/* From now on dissectors have keys. */
static bool use_keys(struct ht_engine *engine, struct ht_error *error)
{
    if (engine->keyring.opener == NULL) {
        engine->keyring.opener = ht_opener_new();
    }
    if (engine->keyring.opener == NULL) {
        return ht_fail(error, "out of memory");
    }
    engine->emitter.keyring = &engine->keyring;
    return true;
}

void ht_engine_secrets(struct ht_engine *engine, uint32_t type, struct ht_bytes secrets)
{
    enum { TLS_KEY_LOG = 0x544C534B };
    if (type != TLS_KEY_LOG) {
        return;
    }
    if (engine->captured_keys == NULL) {
        engine->captured_keys   = ht_key_log_new();
        engine->keyring.capture = engine->captured_keys;
    }
    if (engine->captured_keys != NULL && use_keys(engine, NULL)) {
        ht_key_log_add(engine->captured_keys, secrets);
    }
}

struct ht_engine *ht_engine_new(const struct ht_engine_config *config, struct ht_error *error)
{
    struct ht_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        (void)ht_fail(error, "out of memory");
        return NULL;
    }
    engine->config           = *config;
    engine->config.max_flows = config->max_flows != 0 ? config->max_flows : HT_DEFAULT_MAX_FLOWS;
    engine->config.sleep_frames =
        config->sleep_frames != 0 ? config->sleep_frames : HT_DEFAULT_SLEEP_FRAMES;
    engine->budget.max      = config->max_bytes != 0 ? config->max_bytes : HT_DEFAULT_MAX_BYTES;
    engine->emitter.ops     = &ht_engine_emitter_ops;
    engine->emitter.scratch = &engine->scratch;
    engine->emitter.verify  = config->verify;
    engine->emitter.audit   = config->audit;
    engine->emitter.events  = config->events;
    engine->keyring.file    = config->key_log;
    engine->keyring.live    = config->live;
    engine->now_ns          = INT64_MIN;
    engine->digester        = ht_digester_new();
    engine->labeler         = config->label_tables != NULL
                                  ? ht_labeler_new(config->label_tables, config->hash_seed, &engine->budget)
                                  : NULL;
    engine->openings.budget = &engine->budget;
    engine->receiver        = (struct ht_receiver){.deliver = ht_engine_deliver,
                                                   .context = engine,
                                                   .budget  = &engine->budget,
                                                   .live    = config->live};
    ht_fragments_init(&engine->fragments, config->hash_seed);
    list_dissectors(engine);
    list_hooks(engine);
    ht_engine_prepare(engine);
    engine->pool.seed    = config->hash_seed;
    engine->emitter.pool = &engine->pool;
    for (int i = 0; i < HT_POOL_GENERATIONS; i++) {
        engine->pool.generation[i].arena.budget = &engine->budget;
    }
    if ((config->key_log != NULL && !use_keys(engine, error)) ||
        !ht_flow_table_init(&engine->table, config->hash_seed, &engine->budget,
                            config->live ? live_touches : file_touches) ||
        !init_analyzers(engine, error)) {
        ht_engine_free(engine);
        return NULL;
    }
    return engine;
}

void ht_engine_free(struct ht_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    for (size_t i = 0; engine->config.analyzers[i] != NULL; i++) {
        if (engine->config.analyzers[i]->fini != NULL && engine->analyzer_states[i] != NULL) {
            engine->config.analyzers[i]->fini(engine->analyzer_states[i]);
        }
        free(engine->analyzer_states[i]);
    }
    free(engine->flush.flows);
    ht_labeler_free(engine->labeler);
    ht_digester_free(engine->digester);
    ht_opener_free(engine->keyring.opener);
    ht_key_log_free(engine->captured_keys);
    ht_flow_table_fini(&engine->table);
    ht_openings_free(&engine->openings);
    ht_fragments_free(&engine->fragments);
    ht_pool_free(&engine->pool);
    ht_entry_kinds_free(&engine->kinds);
    ht_arena_clear(&engine->scratch);
    ht_arena_clear(&engine->story);
    ht_budget_free(&engine->budget);
    free(engine);
}

void ht_engine_visit(struct ht_engine *engine, const struct ht_analyzer *analyzer,
                     void (*visit)(void *context, void *state), void *context)
{
    for (size_t i = 0; engine->config.analyzers[i] != NULL; i++) {
        if (engine->config.analyzers[i] == analyzer) {
            visit(context, engine->analyzer_states[i]);
        }
    }
}

struct ht_stats *ht_engine_stats(struct ht_engine *engine)
{
    engine->stats.tcp_packets = engine->stats.decode[HT_DECODED] - engine->stats.udp_packets;
    engine->stats.refused_flows += engine->table.lost;
    engine->table.lost                = 0;
    engine->stats.flows               = engine->table.len;
    engine->stats.peak_bytes          = engine->budget.peak;
    engine->stats.refused_allocations = engine->budget.refused;
    engine->stats.fragments           = engine->fragments.counts;
    return &engine->stats;
}

void ht_engine_source(struct ht_engine *engine, const struct ht_source *source)
{
    engine->source = source;
    engine->num_sources++;
    ht_key_log_free(engine->captured_keys); /* they are those of the sessions of one source */
    engine->captured_keys   = NULL;
    engine->keyring.capture = NULL;
    for (size_t i = 0; engine->config.analyzers[i] != NULL; i++) {
        if (engine->config.analyzers[i]->source != NULL) {
            engine->config.analyzers[i]->source(engine->analyzer_states[i], ht_text(source->name));
        }
    }
}

struct ht_bytes ht_engine_source_name(const struct ht_engine *engine, const struct ht_flow *flow)
{
    const struct ht_source *source = engine->source;
    bool several                   = flow->interface < source->num_interfaces;
    return ht_text(several ? source->interfaces[flow->interface] : source->name);
}

/* Counts a frame as it was captured: `whole`, or cut perhaps. */
static inline void count_frame(struct ht_stats *stats, const struct ht_frame *frame, bool whole)
{
    if (stats->frames++ == 0) {
        stats->start_ns = stats->end_ns = frame->time_ns;
    }
    stats->bytes += frame->data.len;
    stats->truncated_frames += !whole && frame->data.len < frame->original_len;
    if (frame->time_ns > stats->end_ns) {
        stats->end_ns = frame->time_ns;
    } else if (frame->time_ns < stats->start_ns) {
        stats->start_ns = frame->time_ns;
    }
}

/* The datagram that is complete with this fragment, if one is. */
static void take_fragment(struct ht_engine *engine, const struct ht_frame *frame,
                          struct ht_packet *packet)
{
    struct ht_frame whole = *frame;
    if (ht_fragments_take(&engine->fragments, &whole, packet) != HT_DECODE_FRAGMENT) {
        (void)ht_engine_frame(engine, &whole);
    }
}

/* The packets of an aggregate, of which some may be fragments. */
static void take_parts(struct ht_engine *engine, const struct ht_frame *frame,
                       struct ht_packet *aggregate)
{
    struct ht_frame part = *frame;
    while (ht_packet_part(aggregate, &part)) {
        (void)ht_engine_frame(engine, &part);
    }
}

/* What packets a frame brings that is none itself: they are frames, each of its own. Not inlined,
 * for those that are packets would pay for it. */
__attribute__((noinline)) static void take_more(struct ht_engine *engine,
                                                const struct ht_frame *frame,
                                                struct ht_packet *packet, enum ht_decode decoded)
{
    if (engine->config.lesson != NULL) {
        return; /* whoever shares the frames out makes them */
    }
    if (decoded == HT_DECODE_FRAGMENT) {
        take_fragment(engine, frame, packet);
    } else if (decoded == HT_DECODE_AGGREGATE) {
        take_parts(engine, frame, packet);
    }
}

/* The way of all frames but those of plain TCP segments. Not inlined, for these would pay for it.
 */
__attribute__((noinline)) static void take_layers(struct ht_engine *engine,
                                                  const struct ht_frame *frame)
{
    struct ht_packet packet;
    if (frame->rebuilt == 0 && frame->part == 0) { /* else what it is made of was counted */
        count_frame(&engine->stats, frame, false);
    }
    enum ht_decode decoded = ht_packet_decode(&packet, frame);
    engine->stats.decode[decoded]++;
    if (decoded == HT_DECODED) {
        ht_engine_packet(engine, frame, &packet);
    } else {
        take_more(engine, frame, &packet, decoded);
    }
}

/* Ends flows whose time is over by this frame. Not inlined, for in files it is seldom. */
__attribute__((noinline)) static void end_flows(struct ht_engine *engine,
                                                const struct ht_frame *frame)
{
    if (engine->config.live) {
        ht_engine_set_now(engine, frame->time_ns);
    } else {
        engine->now_ns = frame->time_ns;
    }
    ht_engine_expire(engine, frame->number);
}

bool ht_engine_frame(struct ht_engine *engine, const struct ht_frame *frame)
{
    if (frame->number >= engine->next_expiry) { /* live: always */
        end_flows(engine, frame);
    }
    engine->order = ht_order_of_frame(frame);
    if (frame->part == 0 && ht_engine_plain(engine, frame)) {
        count_frame(&engine->stats, frame, true);
        engine->stats.decode[HT_DECODED]++;
    } else {
        take_layers(engine, frame);
    }
    return !engine->failed;
}

bool ht_engine_until(struct ht_engine *engine, uint64_t number)
{
    ht_engine_expire(engine, number);
    return !engine->failed;
}

struct ht_order ht_engine_order(const struct ht_engine *engine)
{
    return engine->order;
}

void ht_engine_learn(struct ht_engine *engine, size_t analyzer, struct ht_bytes lesson)
{
    engine->config.analyzers[analyzer]->learn(engine->analyzer_states[analyzer], lesson);
}

bool ht_engine_tick(struct ht_engine *engine, int64_t now_ns)
{
    if (engine->config.live) {
        ht_engine_set_now(engine, now_ns);
        ht_engine_expire(engine, 0);
    } else {
        engine->now_ns = now_ns;
        ht_engine_expire_once(engine);
    }
    return !engine->failed;
}
