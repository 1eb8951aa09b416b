/* What dissectors ask of the engine: events, absences, records, roles, memory. */
#include "run/private.h"

#include "base/digits.h"

#include <endian.h>

static struct ht_engine *engine_of(struct ht_emitter *emitter)
{
    return (struct ht_engine *)emitter;
}

void ht_engine_enter(struct ht_engine *engine, struct ht_flow *flow, uint64_t frame,
                     int64_t time_ns)
{
    struct ht_emitter *e = &engine->emitter;
    if (engine->flow != flow) {
        engine->flow  = flow;
        e->arena      = &flow->arena;
        e->endpoint   = flow->key.endpoint;
        e->held       = flow->dispatch.held;
        e->transport  = flow->tcp != NULL ? "tcp" : "udp";
        engine->id[0] = '\0';
    }
    e->joined  = flow->tcp != NULL && flow->tcp->opener == 0;
    e->client  = (enum ht_side)flow->client;
    e->frame   = frame;
    e->time_ns = time_ns;
}

struct ht_bytes ht_engine_connection_id(struct ht_engine *engine)
{
    if (engine->id[0] == '\0') {
        const struct ht_flow *flow = engine->flow;
        uint64_t salt              = (uint64_t)flow->first_ns ^ flow->first_frame << 40;
        uint64_t hash              = ht_flow_key_hash(&flow->key, salt);
        memcpy(engine->id, "c-", 2);
        uint64_t big_endian                                                   = htobe64(hash);
        *ht_put_hex(engine->id + 2, ht_bytes(&big_endian, sizeof big_endian)) = '\0';
    }
    return ht_text(engine->id);
}

static struct ht_bytes connection_id(void *engine)
{
    return ht_engine_connection_id(engine);
}

static struct ht_bytes source_name(void *engine)
{
    return ht_engine_source_name(engine, ((const struct ht_engine *)engine)->flow);
}

static void record_from_analyzer(void *engine, const struct ht_record_type *type, void *record)
{
    ht_engine_record(engine, type, record);
}

static void teach(void *engine, const struct ht_analyzer *analyzer, struct ht_bytes lesson)
{
    struct ht_engine *self = engine;
    for (size_t i = 0; self->config.analyzers[i] != NULL; i++) {
        if (self->config.analyzers[i] != analyzer) {
            continue;
        }
        if (self->config.lesson != NULL) {
            self->config.lesson(self->config.context, i, lesson);
        } else {
            ht_engine_learn(self, i, lesson);
        }
        return;
    }
}

static struct ht_analysis prepare(struct ht_engine *engine, struct ht_arena *arena)
{
    return (struct ht_analysis){.arena         = arena,
                                .from_client   = true,
                                .engine        = engine,
                                .record        = record_from_analyzer,
                                .connection_id = connection_id,
                                .source_name   = source_name,
                                .teach         = teach};
}

void ht_engine_prepare(struct ht_engine *engine)
{
    engine->seeing       = prepare(engine, &engine->scratch);
    engine->seeing.flags = &engine->seen_flags;
    engine->telling      = prepare(engine, &engine->story);
    engine->keeping.pool = &engine->pool;
}

static struct ht_analysis *at_hand(struct ht_engine *engine, struct ht_analysis *a)
{
    a->time_ns = engine->emitter.time_ns;
    a->frame   = engine->emitter.frame;
    a->source  = engine->num_sources;
    return a;
}

struct ht_analysis *ht_engine_seeing(struct ht_engine *engine, bool from_client)
{
    engine->seeing.from_client = from_client;
    return at_hand(engine, &engine->seeing);
}

struct ht_analysis *ht_engine_telling(struct ht_engine *engine)
{
    return at_hand(engine, &engine->telling);
}

void ht_engine_output(struct ht_engine *engine, const struct ht_record_type *type,
                      const void *record)
{
    const struct ht_engine_config *config = &engine->config;
    if (!ht_conditions_hold(config->conditions, config->num_conditions, type, record)) {
        return;
    }
    *(type == &ht_connection_record ? &engine->stats.connections : &engine->stats.records) += 1;
    engine->failed |= !config->record(config->context, type, record);
}

void ht_engine_record(struct ht_engine *engine, const struct ht_record_type *type, void *record)
{
    struct ht_analysis *a = ht_engine_telling(engine);
    for (uint64_t left = engine->hooks.record; left != 0; left &= left - 1) {
        unsigned i = ht_first_hook(left);
        engine->config.analyzers[i]->record(engine->analyzer_states[i], a, type, record);
    }
    ht_engine_output(engine, type, record);
}

/* How much there is of the story of the flow at hand. What its end brings is not counted, for that
 * lies elsewhere with one engine than with several. */
static inline size_t story_bytes(const struct ht_engine *engine)
{
    return engine->bytes_at_end != 0 ? engine->bytes_at_end : engine->flow->arena.size;
}

/* Adds to the timeline of the flow at hand, up to `max` entries. */
static inline void happened(struct ht_engine *engine, enum ht_side side,
                            const struct ht_entry_kind *kind, struct ht_kept *kept, uint32_t max)
{
    struct ht_flow *flow = engine->flow;
    if (kind == NULL || flow->timeline.len >= max ||
        story_bytes(engine) >= (size_t)2 * MAX_STORY_BYTES ||
        !ht_timeline_append(&flow->timeline, engine->emitter.arena, kind->number * 2U + side, kept,
                            engine->emitter.time_ns, engine->emitter.frame)) {
        flow->limit_reached = true;
    }
}

/* Not inlined, for few runs have records of events. */
__attribute__((noinline)) static void emit_record(struct ht_engine *engine,
                                                  const struct ht_event_type *type, unsigned side,
                                                  unsigned flags, void *event)
{
    const struct ht_flow *flow       = engine->flow;
    const struct ht_endpoint *client = &flow->key.endpoint[flow->client];
    const struct ht_endpoint *server = &flow->key.endpoint[1 - flow->client];
    struct ht_party client_party     = {.ip = client->address, .port = client->port};
    struct ht_party server_party     = {.ip = server->address, .port = server->port};
    char community_id[HT_COMMUNITY_ID_MAX];
    struct ht_event_record record = {
        .connection   = ht_engine_connection_id(engine),
        .community_id = ht_text(ht_community_id(engine->digester, community_id, &flow->key)),
        .source       = ht_engine_source_name(engine, flow),
        .time_ns      = engine->emitter.time_ns,
        .frame        = engine->emitter.frame,
        .client_party = &client_party,
        .server_party = &server_party,
        .from         = side == flow->client ? "client" : "server",
        .event        = type->name,
        .inferred     = (flags & HT_EVENT_INFERRED) != 0,
        .encrypted    = (flags & HT_EVENT_ENCRYPTED) != 0,
        .decrypted    = (flags & HT_EVENT_DECRYPTED) != 0,
        .partial      = (flags & HT_EVENT_PARTIAL) != 0,
        .malformed    = (flags & HT_EVENT_MALFORMED) != 0,
        .verified     = ht_event_verified(flags),
        .data         = {event != NULL ? type->data : NULL, event}};
    ht_engine_record(engine, &ht_event_record_type, &record);
}

/* What the details need is kept even where the timeline is full. */
static struct ht_kept *keep(struct ht_engine *engine, const struct ht_event_type *type,
                            const void *event)
{
    struct ht_flow *flow = engine->flow;
    struct ht_kept *kept = NULL;
    if (event == NULL || type->data == NULL) {
        return NULL;
    }
    if (story_bytes(engine) < MAX_STORY_BYTES && (!flow->limit_reached || type->in_details)) {
        engine->keeping.arena = engine->emitter.arena;
        engine->keeping.use   = &flow->pool_use;
        kept                  = ht_keep(&engine->keeping, type->data, event);
    }
    if (kept == NULL) {
        flow->limit_reached = true;
    }
    return kept;
}

_Static_assert(HT_MAX_DISSECTORS <= 64, "a bit for each analyzer");

static uint64_t find_watchers(const struct ht_analyzer *const *analyzers,
                              const struct ht_event_type *type)
{
    uint64_t found = 0;
    for (size_t i = 0; analyzers[i] != NULL; i++) {
        const struct ht_event_type *const *each = analyzers[i]->events;
        while (each != NULL && *each != NULL && *each != type) {
            each++;
        }
        if (analyzers[i]->event != NULL && (each == NULL || *each != NULL)) {
            found |= UINT64_C(1) << i;
        }
    }
    return found;
}

/* Where the type's address says, or soon behind that: which types that says the same of, the linker
 * decides. */
static struct ht_watch *watch_of(struct ht_engine *engine, const struct ht_event_type *type)
{
    enum { APART = 32 /* bytes, or more, are types */, WAYS = 8 };
    _Static_assert(sizeof *type > APART, "types are so far apart");
    size_t at              = (uintptr_t)type / APART;
    struct ht_watch *watch = &engine->watches[at % NUM_WATCHES];
    for (size_t i = 1; watch->type != type && watch->type != NULL && i < WAYS; i++) {
        watch = &engine->watches[(at + i) % NUM_WATCHES];
    }
    if (watch->type != type) {
        *watch = (struct ht_watch){.type      = type,
                                   .analyzers = find_watchers(engine->config.analyzers, type)};
    }
    return watch;
}

/* Shows an event to the analyzers, which may fill it; returns its flags. */
static unsigned analyze(struct ht_engine *engine, const struct ht_event_type *type,
                        enum ht_side from, unsigned flags, void *event, uint64_t watchers)
{
    struct ht_analysis *a = ht_engine_seeing(engine, from == engine->flow->client);
    engine->seen_flags    = flags;
    for (; watchers != 0; watchers &= watchers - 1) {
        unsigned i = ht_first_hook(watchers);
        engine->config.analyzers[i]->event(engine->analyzer_states[i], a, type, event);
    }
    return engine->seen_flags;
}

/* What an event that was seen has in a timeline; NULL: no memory. */
static const struct ht_entry_kind *kind_of(struct ht_engine *engine, struct ht_watch *watch,
                                           unsigned flags)
{
    if (watch->kind == NULL || watch->kind->flags != flags) {
        watch->kind = ht_entry_kind(&engine->kinds, watch->type, flags, NULL);
    }
    return watch->kind;
}

static bool has_details(const struct ht_dissector *found)
{
    return found != NULL && found->details_struct != NULL;
}

static struct ht_kept *emit(struct ht_emitter *emitter, const struct ht_event_type *type,
                            enum ht_side from, unsigned flags, void *event)
{
    struct ht_engine *engine = engine_of(emitter);
    struct ht_watch *watch   = watch_of(engine, type);
    bool sure                = !engine->flow->dispatch.unsure;
    if (watch->analyzers != 0 && sure && event != NULL) {
        flags = analyze(engine, type, from, flags, event, watch->analyzers);
    }
    if (type->unsaid) {
        return NULL;
    }
    if ((flags & HT_EVENT_DECRYPTED) != 0) {
        engine->stats.decrypted++;
    }
    if (engine->config.events && sure) {
        emit_record(engine, type, from, flags, event);
    }
    if (engine->flow->tcp == NULL && !has_details(engine->flow->dispatch.found)) {
        return NULL; /* it has no connection record: nobody would see its timeline */
    }
    struct ht_kept *kept = keep(engine, type, event);
    happened(engine, from, kind_of(engine, watch, flags), kept, MAX_HAPPENINGS);
    return kept;
}

static void absent(struct ht_emitter *emitter, const struct ht_event_type *type, enum ht_side from,
                   const char *reason)
{
    struct ht_engine *engine = engine_of(emitter);
    happened(engine, from, ht_entry_kind(&engine->kinds, type, 0, reason), NULL,
             MAX_HAPPENINGS + MAX_ABSENCES);
}

static void record(struct ht_emitter *emitter, const struct ht_record_type *type, void *data)
{
    ht_engine_record(engine_of(emitter), type, data);
}

static void claim_client(struct ht_emitter *emitter, enum ht_side client, const char *roles_from)
{
    struct ht_flow *flow = engine_of(emitter)->flow;
    bool known           = flow->claimed || (flow->tcp != NULL && flow->tcp->opener != 0);
    bool stronger        = !known || strcmp(roles_from, "client_hello") == 0;
    if (stronger && (!known || flow->client != client)) {
        flow->client     = (uint8_t)client;
        flow->roles_from = roles_from;
        emitter->client  = client;
    }
    flow->claimed |= stronger;
}

const struct ht_emitter_ops ht_engine_emitter_ops = {
    .emit = emit, .absent = absent, .record = record, .claim_client = claim_client};
