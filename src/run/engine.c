#include "run/private.h"

#include "base/time.h"

#include <netinet/in.h>
#include <stdlib.h>

enum {
    DEFAULT_MAX_FLOWS = 1000000,
    TCP_IDLE_S        = 600, /* a connection that is silent for so long is told as it stands */
    UDP_IDLE_S        = 60,
    CLOSED_LINGER_S   = 2 /* stragglers after the last FIN or a RST */
};

#define DEFAULT_MAX_BYTES (UINT64_C(2) << 30)

static bool init_analyzers(struct ht_engine *engine, struct ht_error *error)
{
    for (size_t i = 0; engine->config.analyzers[i] != NULL; i++) {
        const struct ht_analyzer *analyzer = engine->config.analyzers[i];
        engine->analyzer_states[i]         = calloc(1, analyzer->state_size + 1);
        if (engine->analyzer_states[i] == NULL) {
            return ht_fail(error, "out of memory");
        }
        if (analyzer->init != NULL && !analyzer->init(engine->analyzer_states[i], error)) {
            return false;
        }
    }
    return true;
}

struct ht_engine *ht_engine_new(const struct ht_engine_config *config, struct ht_error *error)
{
    struct ht_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        (void)ht_fail(error, "out of memory");
        return NULL;
    }
    engine->config           = *config;
    engine->config.max_flows = config->max_flows != 0 ? config->max_flows : DEFAULT_MAX_FLOWS;
    engine->budget.max       = config->max_bytes != 0 ? config->max_bytes : DEFAULT_MAX_BYTES;
    engine->emitter.ops      = &ht_engine_emitter_ops;
    engine->emitter.scratch  = &engine->scratch;
    engine->now_ns           = INT64_MIN;
    engine->labeler          = config->label ? ht_labeler_new() : NULL;
    if (!ht_flow_table_init(&engine->table, config->hash_seed, &engine->budget) ||
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
    ht_labeler_free(engine->labeler);
    ht_flow_table_fini(&engine->table);
    ht_arena_clear(&engine->scratch);
    ht_arena_clear(&engine->story);
    free(engine);
}

struct ht_stats *ht_engine_stats(struct ht_engine *engine)
{
    engine->stats.peak_bytes          = engine->budget.peak;
    engine->stats.refused_allocations = engine->budget.refused;
    return &engine->stats;
}

void ht_engine_source(struct ht_engine *engine, const char *name)
{
    engine->source = name;
    engine->stats.sources++;
}

/* Bytes of one direction, in order. */
static uint64_t deliver(void *context, const struct ht_reassembly *r,
                        const struct ht_delivery *delivery)
{
    struct ht_engine *engine = context;
    enum ht_side side        = r == &engine->flow->tcp->side[0].bytes ? HT_SIDE_A : HT_SIDE_B;
    engine->emitter.frame    = delivery->frame;
    engine->emitter.time_ns  = delivery->time_ns;
    return ht_dispatch_bytes(&engine->flow->dispatch, &engine->emitter, side, delivery->bytes,
                             delivery->len - delivery->bytes.len);
}

static void emit_tcp(void *context, const struct ht_event_type *type, unsigned side, void *data)
{
    struct ht_engine *engine = context;
    (void)ht_emit(&engine->emitter, type, (enum ht_side)side, 0, data);
}

static bool start_tcp(struct ht_engine *engine, struct ht_flow *flow)
{
    flow->tcp = ht_arena_alloc(&flow->arena, sizeof *flow->tcp);
    for (int i = 0; flow->tcp != NULL && i < 2; i++) {
        struct ht_reassembly *r = &flow->tcp->side[i].bytes;
        r->deliver              = deliver;
        r->context              = engine;
        r->budget               = &engine->budget;
    }
    return flow->tcp != NULL;
}

/* Until a SYN or a hello says otherwise: the lower of a well-known port serves, else the one that
 * was spoken to first. */
static void guess_roles(struct ht_flow *flow, unsigned sender)
{
    uint16_t from = flow->key.endpoint[sender].port, to = flow->key.endpoint[1 - sender].port;
    bool by_port     = (from < 1024) != (to < 1024);
    flow->client     = (uint8_t)(by_port ? (from < 1024 ? 1 - sender : sender) : sender);
    flow->roles_from = by_port ? "port" : "first_packet";
}

static struct ht_flow *start_flow(struct ht_engine *engine, const struct ht_flow_key *key,
                                  uint64_t hash, const struct ht_frame *frame,
                                  const struct ht_packet *packet, unsigned sender)
{
    struct ht_flow *flow = ht_flow_table_add(&engine->table, key, hash);
    bool is_tcp          = key->protocol == IPPROTO_TCP;
    if (flow == NULL || (is_tcp && !start_tcp(engine, flow))) {
        if (flow != NULL) {
            ht_flow_table_remove(&engine->table, flow);
        }
        engine->stats.refused_flows++;
        return NULL;
    }
    flow->first_frame = frame->number;
    flow->first_ns = flow->start_ns = flow->end_ns = frame->time_ns;
    flow->num_tags                                 = packet->num_tags;
    memcpy(flow->tags, packet->tags, sizeof flow->tags);
    ht_dispatch_start(&flow->dispatch, engine->config.dissectors, is_tcp, &engine->budget);
    guess_roles(flow, sender);
    for (size_t i = 0; engine->config.analyzers[i] != NULL; i++) {
        if (engine->config.analyzers[i]->connection_start != NULL) {
            engine->config.analyzers[i]->connection_start(engine->analyzer_states[i],
                                                          &key->endpoint[flow->client],
                                                          &key->endpoint[1 - flow->client]);
        }
    }
    return flow;
}

static struct ht_flow *find_flow(struct ht_engine *engine, const struct ht_frame *frame,
                                 const struct ht_packet *packet, unsigned *out_side)
{
    struct ht_flow_key key;
    *out_side            = ht_flow_key_of(&key, packet);
    uint64_t hash        = ht_flow_key_hash(&key, engine->table.seed);
    struct ht_flow *flow = ht_flow_table_find(&engine->table, &key, hash);
    if (flow != NULL && flow->tcp != NULL && ht_tcp_is_new(flow->tcp, packet, *out_side)) {
        ht_flow_table_retire(&engine->table, flow);
        flow = NULL;
    }
    return flow != NULL ? flow : start_flow(engine, &key, hash, frame, packet, *out_side);
}

static void count(struct ht_flow *flow, const struct ht_frame *frame,
                  const struct ht_packet *packet, unsigned side)
{
    struct ht_flow_side *s = &flow->side[side];
    s->packets++;
    s->bytes += packet->ip_len;
    s->payload_bytes += packet->payload_len;
    s->truncated_frames += packet->payload.len < packet->payload_len;
    flow->start_ns = frame->time_ns < flow->start_ns ? frame->time_ns : flow->start_ns;
    flow->end_ns   = frame->time_ns > flow->end_ns ? frame->time_ns : flow->end_ns;
}

static void set_roles_by_tcp(struct ht_flow *flow)
{
    if (flow->tcp->opener != 0 && !flow->claimed) {
        const struct ht_tcp_side *opener = &flow->tcp->side[flow->tcp->opener - 1];
        flow->client                     = (uint8_t)(flow->tcp->opener - 1);
        flow->roles_from                 = opener->syn ? "syn" : "syn_ack";
    }
}

static void feed_tcp(struct ht_engine *engine, struct ht_flow *flow, const struct ht_frame *frame,
                     const struct ht_packet *packet, unsigned side)
{
    struct ht_tcp *tcp = flow->tcp;
    if (!tcp->side[side].bytes.started && (packet->tcp.flags & HT_TCP_SYN) == 0 &&
        packet->payload_len > 0) {
        ht_dispatch_late(&flow->dispatch, (enum ht_side)side);
    }
    const struct ht_tcp_observer observer = {.emit = emit_tcp, .context = engine};
    ht_tcp_packet(tcp, packet, side, frame->number, frame->time_ns, &observer);
    set_roles_by_tcp(flow);
    if (ht_tcp_closed(tcp)) {
        ht_flow_table_close(&engine->table, flow);
    }
}

static void feed_udp(struct ht_engine *engine, struct ht_flow *flow, const struct ht_packet *packet,
                     unsigned side)
{
    if (!ht_dispatch_over(&flow->dispatch)) {
        ht_dispatch_datagram(&flow->dispatch, &engine->emitter, (enum ht_side)side, packet->payload,
                             packet->payload_len);
    }
}

/* Labels what no dissector knows, while it is new. */
static void feed_label(struct ht_engine *engine, struct ht_flow *flow, const struct ht_frame *frame,
                       const struct ht_packet *packet, unsigned side)
{
    if (flow->tcp == NULL || flow->dispatch.found != NULL) {
        flow->label_done = true;
    } else if (packet->payload.len > 0) {
        flow->label_done = ht_labeler_feed(engine->labeler, &flow->label_state, packet->ip,
                                           frame->time_ns, side == flow->client, &flow->label);
    }
    if (flow->label_done) {
        ht_labeler_flow_free(engine->labeler, &flow->label_state);
    }
}

static void tell_oldest(struct ht_engine *engine, const struct ht_flow_list *list, bool early)
{
    engine->stats.evicted_flows += early;
    list->oldest->limit_reached |= early;
    ht_engine_tell(engine, list->oldest);
}

static bool idle(const struct ht_engine *engine, const struct ht_flow_list *list, int64_t seconds)
{
    return list->oldest != NULL && engine->now_ns - list->oldest->end_ns > seconds * HT_SECOND_NS;
}

/* Live, flows end by time. */
static void expire(struct ht_engine *engine)
{
    struct ht_flow_table *table = &engine->table;
    while (idle(engine, &table->closed, CLOSED_LINGER_S)) {
        tell_oldest(engine, &table->closed, false);
    }
    while (idle(engine, &table->udp, UDP_IDLE_S)) {
        tell_oldest(engine, &table->udp, false);
    }
    while (idle(engine, &table->tcp, TCP_IDLE_S)) {
        tell_oldest(engine, &table->tcp, false);
    }
}

static const struct ht_flow_list *least_useful(const struct ht_flow_table *table)
{
    return table->closed.len > 0 ? &table->closed : table->udp.len > 0 ? &table->udp : &table->tcp;
}

/* An eighth of the memory stays free, so that new flows are never refused for the sake of old ones.
 */
static bool is_tight(const struct ht_engine *engine)
{
    return engine->budget.used > engine->budget.max - engine->budget.max / 8 &&
           engine->table.len > 0;
}

/* What is kept is bounded by number: closed ones go first, then the longest silent. */
static void make_room(struct ht_engine *engine)
{
    struct ht_flow_table *table = &engine->table;
    while (table->closed.len > MAX_CLOSED) {
        tell_oldest(engine, &table->closed, false);
    }
    while (table->udp.len > MAX_UDP) {
        tell_oldest(engine, &table->udp, false);
    }
    while (table->len > engine->config.max_flows || is_tight(engine)) {
        const struct ht_flow_list *list = least_useful(table);
        tell_oldest(engine, list, list != &table->closed);
    }
}

static void feed_packet(struct ht_engine *engine, const struct ht_frame *frame,
                        const struct ht_packet *packet)
{
    unsigned side        = 0;
    struct ht_flow *flow = find_flow(engine, frame, packet, &side);
    if (flow == NULL) {
        return;
    }
    ht_engine_enter(engine, flow, frame->number, frame->time_ns);
    count(flow, frame, packet, side);
    if (flow->tcp != NULL) {
        feed_tcp(engine, flow, frame, packet, side);
    } else {
        feed_udp(engine, flow, packet, side);
    }
    if (engine->labeler != NULL && !flow->label_done) {
        feed_label(engine, flow, frame, packet, side);
    }
    ht_flow_table_touch(flow);
    make_room(engine);
}

static void count_frame(struct ht_stats *stats, const struct ht_frame *frame)
{
    if (stats->frames++ == 0) {
        stats->start_ns = stats->end_ns = frame->time_ns;
    }
    stats->bytes += frame->data.len;
    stats->truncated_frames += frame->data.len < frame->original_len;
    stats->start_ns = frame->time_ns < stats->start_ns ? frame->time_ns : stats->start_ns;
    stats->end_ns   = frame->time_ns > stats->end_ns ? frame->time_ns : stats->end_ns;
}

bool ht_engine_frame(struct ht_engine *engine, const struct ht_frame *frame)
{
    struct ht_packet packet;
    enum ht_decode decoded = ht_packet_decode(&packet, frame);
    count_frame(&engine->stats, frame);
    engine->stats.decode[decoded]++;
    if (decoded != HT_DECODED) {
        return true;
    }
    engine->stats.tcp_packets += packet.protocol == IPPROTO_TCP;
    engine->stats.udp_packets += packet.protocol == IPPROTO_UDP;
    feed_packet(engine, frame, &packet);
    return engine->config.live ? ht_engine_tick(engine, frame->time_ns) : !engine->failed;
}

bool ht_engine_tick(struct ht_engine *engine, int64_t now_ns)
{
    engine->now_ns = now_ns > engine->now_ns ? now_ns : engine->now_ns;
    expire(engine);
    return !engine->failed;
}

static int by_first_frame(const void *a, const void *b)
{
    const struct ht_flow *x = *(struct ht_flow *const *)a, *y = *(struct ht_flow *const *)b;
    return (x->first_frame > y->first_frame) - (x->first_frame < y->first_frame);
}

static size_t gather(struct ht_flow **out, const struct ht_flow_list *list)
{
    size_t n = 0;
    for (struct ht_flow *flow = list->oldest; flow != NULL; flow = flow->newer) {
        out[n++] = flow;
    }
    return n;
}

bool ht_engine_flush(struct ht_engine *engine)
{
    struct ht_flow_table *table = &engine->table;
    struct ht_flow **flows      = calloc(table->len + 1, sizeof *flows);
    if (flows == NULL) {
        /* Without room to sort them they are told as they lie. */
        while (table->len > 0) {
            tell_oldest(engine, least_useful(table), false);
        }
        return !engine->failed;
    }
    size_t n = gather(flows, &table->tcp);
    n += gather(flows + n, &table->udp);
    n += gather(flows + n, &table->closed);
    qsort(flows, n, sizeof *flows, by_first_frame);
    for (size_t i = 0; i < n; i++) {
        ht_engine_tell(engine, flows[i]);
    }
    free(flows);
    return !engine->failed;
}
