/*
 * The end of a flow: from what was kept of it to the connection record.
 */
#include "run/private.h"

#include "base/hash.h"

#include <stdlib.h>

static uint64_t lost_bytes(const struct ht_tcp_side *side)
{
    return ht_reassembly_disorder(&side->bytes).lost_bytes;
}

/* Fills what is zeroed. */
static void fill_quality(struct ht_side_quality *q, const struct ht_flow *flow, unsigned side)
{
    q->seen      = flow->side[side].packets > 0;
    q->truncated = flow->side[side].truncated_frames > 0;
    q->limit     = flow->dispatch.side[side].limit_reached;
    if (flow->tcp != NULL) {
        const struct ht_tcp_side *tcp = &flow->tcp->side[side];
        q->started_late               = !tcp->syn;
        q->lost_bytes                 = lost_bytes(tcp);
        q->hole                       = q->lost_bytes > 0;
        q->ran_ahead                  = tcp->bytes.ran_ahead;
        q->limit |= tcp->bytes.limit_reached;
        q->fin          = tcp->fin;
        q->reset        = tcp->reset;
        q->closed_first = flow->tcp->closer == (int8_t)(1 + side);
    }
}

/* Fills what is zeroed. Not inlined, for compilers would make it bit by bit in registers. */
__attribute__((noinline)) static void fill_end(struct ht_end *end, const struct ht_flow *flow)
{
    end->close_ns = flow->tcp != NULL ? flow->tcp->close_ns : 0;
    fill_quality(&end->side[0], flow, 0);
    fill_quality(&end->side[1], flow, 1);
}

/* Happenings in order of time; those of one moment in order of frames; those of one frame as they
 * were told, which is how they lie in memory, but for a FIN, which is behind the segment's bytes:
 * so does what was told `later` come before this one?
 */
static inline bool comes_before(const struct ht_happening *later, const struct ht_happening *h)
{
    if (later->time_ns != h->time_ns) {
        return later->time_ns < h->time_ns;
    }
    if (later->frame != h->frame) {
        return later->frame < h->frame;
    }
    return h->kind->type == &ht_tcp_fin_event && later->kind->type != &ht_tcp_fin_event;
}

static int by_time(const void *a, const void *b)
{
    const struct ht_happening *first  = *(const struct ht_happening *const *)a;
    const struct ht_happening *second = *(const struct ht_happening *const *)b;
    bool swapped                      = first > second;
    bool before = swapped ? comes_before(first, second) : !comes_before(second, first);
    return before ? -1 : 1;
}

/* Puts what was told last into its place in the list of the `len` before it. */
static inline void insert(const struct ht_happening *last, size_t len,
                          const struct ht_happening **list)
{
    for (; len > 0 && comes_before(last, list[len - 1]); len--) {
        list[len] = list[len - 1];
    }
    list[len] = last;
}

/* Lists what was told in order. Most timelines are short, and were told nearly so. */
static void sort(const struct ht_happening *told, size_t len, const struct ht_happening **list)
{
    enum { SHORT = 64 };
    if (len <= SHORT) {
        for (size_t i = 0; i < len; i++) {
            insert(&told[i], i, list);
        }
        return;
    }
    for (size_t i = 0; i < len; i++) {
        list[i] = &told[i];
    }
    qsort(list, len, sizeof *list, by_time);
}

/* The entry that tells what happened; `client` is the side that is the client's. */
static inline void fill_entry(struct ht_timeline_entry *entry, const struct ht_happening *h,
                              unsigned client, int64_t start_ns, struct ht_arena *arena)
{
    const struct ht_event_type *type = h->kind->type;
    *entry                           = h->kind->from[h->side != client];
    if (entry->absent == NULL) {
        entry->t_ns  = h->time_ns - start_ns;
        entry->frame = h->frame;
    }
    if (h->kept != NULL) {
        const void *object = ht_kept_recall(h->kept, type->data, arena);
        entry->object      = object;
        if (object != NULL && !type->in_details) {
            entry->data = (struct ht_any){.type = type->data, .object = object};
        }
    }
}

/* An entry of the DNS transaction before the connection, where `frame` was seen. */
static size_t add_resolution(struct ht_engine *engine, const struct ht_connection *c,
                             const struct ht_event_type *type, uint64_t frame, int64_t time_ns,
                             struct ht_timeline_entry *out)
{
    bool asks = type == &ht_dns_query_event;
    const struct ht_entry_kind *kind =
        frame != 0 ? ht_entry_kind(&engine->kinds, type, 0, NULL) : NULL;
    if (kind == NULL) {
        return 0;
    }
    *out        = kind->from[asks ? 0 : 1];
    out->t_ns   = time_ns - c->start_ns;
    out->frame  = frame;
    out->object = c->dns;
    return 1;
}

/* Fills in the timeline and its kind. */
static void add_timeline(struct ht_engine *engine, const struct ht_flow *flow,
                         struct ht_connection *connection)
{
    const struct ht_resolution *dns = connection->dns;
    size_t num = flow->timeline.len, n = 0;
    struct ht_happening *told         = ht_arena_take(&engine->story, num * sizeof *told);
    const struct ht_happening **order = ht_arena_take(&engine->story, num * sizeof *order);
    struct ht_timeline_entry *entries = ht_arena_take(&engine->story, (num + 2) * sizeof *entries);
    if (told == NULL || order == NULL || entries == NULL) {
        return;
    }
    ht_timeline_read(&flow->timeline, flow->first_ns, flow->first_frame, &engine->kinds, told);
    sort(told, num, order);
    if (dns != NULL) {
        n += add_resolution(engine, connection, &ht_dns_query_event, dns->query_frame,
                            dns->query_time_ns, &entries[n]);
        n += add_resolution(engine, connection, &ht_dns_answer_event, dns->answer_frame,
                            dns->answer_time_ns, &entries[n]);
    }
    /* By a seed that strangers do not know: what has the same number is taken for the same. */
    uint64_t kind = engine->config.hash_seed + n + 1;
    for (size_t i = 0; i < num; i++, n++) {
        fill_entry(&entries[n], order[i], flow->client, flow->start_ns, &engine->story);
        kind = ht_mix(kind, entries[n].kind);
    }
    connection->timeline      = (struct ht_objects){.items = entries, .len = n};
    connection->timeline_kind = kind;
}

static struct ht_party party_of(const struct ht_flow *flow, unsigned side)
{
    return (struct ht_party){.ip            = flow->key.endpoint[side].address,
                             .port          = flow->key.endpoint[side].port,
                             .packets       = flow->side[side].packets,
                             .bytes         = flow->side[side].bytes,
                             .payload_bytes = flow->side[side].payload_bytes};
}

/* Of a SYN that was never answered nothing says that answers were not captured. */
static bool is_one_sided(const struct ht_flow *flow)
{
    if (flow->side[0].packets != 0 && flow->side[1].packets != 0) {
        return false;
    }
    const struct ht_tcp_side *seen =
        flow->tcp != NULL ? &flow->tcp->side[flow->side[0].packets == 0] : NULL;
    return seen == NULL || !seen->syn || seen->acked || seen->bytes.next > 0;
}

static struct ht_capture_quality capture_of(const struct ht_flow *flow)
{
    struct ht_capture_quality q = {.one_sided        = is_one_sided(flow),
                                   .truncated_frames = flow->side[0].truncated_frames +
                                                       flow->side[1].truncated_frames,
                                   .limit_reached = flow->limit_reached};
    for (unsigned i = 0; i < 2; i++) {
        q.mirror_duplicates += flow->side[i].recent.copies;
        q.limit_reached |= flow->dispatch.side[i].limit_reached;
        if (flow->tcp != NULL) {
            const struct ht_reassembly *r = &flow->tcp->side[i].bytes;
            const struct ht_disorder d    = ht_reassembly_disorder(r);
            q.missing_bytes += d.lost_bytes;
            q.duplicates += d.duplicates;
            q.out_of_order += d.out_of_order;
            q.conflicting_overlaps += d.conflicts;
            q.limit_reached |= r->limit_reached;
            *(i == flow->client ? &q.client_repeats : &q.server_repeats) =
                (struct ht_repetition){d.first_duplicate_frame, d.first_duplicate_ns};
        }
    }
    return q;
}

/* One end of a tunnel, or NULL where the layer has no addresses. */
static const struct ht_tunnel_end *tunnel_end_of(const struct ht_endpoint *end,
                                                 struct ht_arena *arena)
{
    struct ht_tunnel_end *copy =
        end->address.version != 0 ? ht_arena_alloc(arena, sizeof *copy) : NULL;
    if (copy != NULL) {
        *copy = (struct ht_tunnel_end){.ip = end->address, .port = end->port};
    }
    return copy;
}

static struct ht_objects encapsulation_of(const struct ht_flow *flow, struct ht_arena *arena)
{
    struct ht_encapsulation *out = ht_arena_alloc(arena, flow->num_layers * sizeof *out);
    for (size_t i = 0; out != NULL && i < flow->num_layers; i++) {
        const struct ht_layer *layer = &flow->layers[i];
        out[i] =
            (struct ht_encapsulation){.type        = ht_layer_name(layer->type),
                                      .id          = layer->has_id ? (uint64_t)layer->id + 1 : 0,
                                      .source      = tunnel_end_of(&layer->source, arena),
                                      .destination = tunnel_end_of(&layer->destination, arena)};
    }
    return (struct ht_objects){.items = out, .len = out != NULL ? flow->num_layers : 0};
}

static void add_carrier(struct ht_connection *c, const struct ht_struct *type, const void *object)
{
    for (size_t i = 0; type != NULL && i < HT_MAX_CARRIERS && c->carriers[i].type != type; i++) {
        if (c->carriers[i].type == NULL) {
            c->carriers[i] = (struct ht_any){type, object};
            break;
        }
    }
}

static const char *protocol_of(const struct ht_dissector *found, const char *state)
{
    const char *spoken = NULL;
    if (found->protocol_offset != 0) {
        memcpy(&spoken, state + found->protocol_offset, sizeof spoken);
    }
    return spoken != NULL ? spoken : found->name;
}

/* What `found` says. What another said that comes later in the flow, and so came before, is kept as
 * a carrier of it. */
static void add_found(struct ht_connection *c, const struct ht_dissector *found, const char *state)
{
    c->protocol = ht_text(protocol_of(found, state));
    add_carrier(c, found->carrier_struct, state + found->carrier_offset);
    if (found->details_struct != NULL && c->details.type != found->details_struct) {
        add_carrier(c, c->details.type, c->details.object);
        c->details = (struct ht_any){found->details_struct, state + found->details_offset};
    }
    struct ht_bytes name = {0};
    if (found->server_name_offset != 0) {
        memcpy(&name, state + found->server_name_offset, sizeof name);
    }
    c->server_name = name.len > 0 ? name : c->server_name;
}

static void add_past(struct ht_connection *c, const struct ht_dispatch_past *past)
{
    if (past != NULL) {
        add_past(c, past->next); /* at most HT_MAX_PAST deep */
        add_found(c, past->found, past->state);
    }
}

static void add_details(const struct ht_flow *flow, struct ht_connection *c)
{
    add_past(c, flow->dispatch.past);
    if (flow->dispatch.found != NULL) {
        add_found(c, flow->dispatch.found, flow->dispatch.state);
    }
}

static struct ht_bytes lower_case(struct ht_arena *arena, const char *name)
{
    struct ht_bytes copy = ht_arena_copy(arena, ht_text(name));
    char *at             = ht_arena_alloc(arena, copy.len);
    for (size_t i = 0; at != NULL && i < copy.len; i++) {
        at[i] = (char)ht_lower(copy.ptr[i]);
    }
    return ht_bytes(at, at != NULL ? copy.len : 0);
}

static void fetch_label(struct ht_engine *engine, const struct ht_connection *c)
{
    if (engine->labeler != NULL && c->server_name.len > 0) {
        ht_labeler_fetch(engine->labeler, c->server_name);
    }
}

/* A label is for what no dissector knows: one that was given while bytes waited for those before
 * them says less than what they turned out to be. */
static void add_label(struct ht_engine *engine, struct ht_flow *flow, struct ht_connection *c)
{
    if (flow->dispatch.found != NULL) {
        flow->label = (struct ht_app_label){0};
    }
    if (engine->labeler != NULL && c->server_name.len > 0 && flow->label.name == NULL) {
        ht_labeler_by_server_name(engine->labeler, c->server_name, &flow->label);
    }
    if (flow->label.name == NULL) {
        return;
    }
    c->app = &flow->label;
    if (c->protocol.len == 0) {
        c->protocol = lower_case(&engine->story, flow->label.name);
    }
}

static void analyze(struct ht_engine *engine, struct ht_connection *c)
{
    struct ht_analysis *a = ht_engine_telling(engine);
    for (uint64_t left = engine->hooks.connection; left != 0; left &= left - 1) {
        unsigned i = ht_first_hook(left);
        engine->config.analyzers[i]->connection(engine->analyzer_states[i], a, c);
    }
}

static void judge(struct ht_engine *engine, struct ht_connection *c)
{
    struct ht_analysis *a = ht_engine_telling(engine);
    for (uint64_t left = engine->hooks.judge; left != 0; left &= left - 1) {
        unsigned i = ht_first_hook(left);
        engine->config.analyzers[i]->judge(engine->analyzer_states[i], a, c);
    }
}

/* A dissector held it for possible; somebody has to know more. */
static bool is_confirmed(struct ht_engine *engine, struct ht_connection *c)
{
    struct ht_analysis *a = ht_engine_telling(engine);
    for (uint64_t left = engine->hooks.confirm; left != 0; left &= left - 1) {
        unsigned i = ht_first_hook(left);
        if (engine->config.analyzers[i]->confirm(engine->analyzer_states[i], a, c)) {
            return true;
        }
    }
    return false;
}

static void tell(struct ht_engine *engine, struct ht_flow *flow)
{
    char community_id[HT_COMMUNITY_ID_MAX];
    struct ht_party client            = party_of(flow, flow->client);
    struct ht_party server            = party_of(flow, 1U - flow->client);
    struct ht_capture_quality quality = capture_of(flow);
    struct ht_tcp_summary tcp;
    struct ht_connection c = {.id            = ht_engine_connection_id(engine),
                              .source        = ht_engine_source_name(engine, flow),
                              .start_ns      = flow->start_ns,
                              .end_ns        = flow->end_ns,
                              .duration_ns   = (uint64_t)(flow->end_ns - flow->start_ns),
                              .transport     = flow->tcp != NULL ? "tcp" : "udp",
                              .client        = &client,
                              .server        = &server,
                              .roles_from    = flow->roles_from,
                              .encapsulation = encapsulation_of(flow, &engine->story),
                              .capture       = &quality};
    if (flow->tcp != NULL) {
        ht_tcp_summarise(flow->tcp, flow->client, &tcp);
        c.tcp = &tcp;
    }
    add_details(flow, &c);
    if (flow->dispatch.unsure && !is_confirmed(engine, &c)) {
        return;
    }
    fetch_label(engine, &c);
    c.community_id = ht_text(ht_community_id(engine->digester, community_id, &flow->key));
    add_label(engine, flow, &c);
    analyze(engine, &c);
    add_timeline(engine, flow, &c);
    judge(engine, &c);
    engine->stats.lost_bytes += quality.missing_bytes;
    engine->stats.out_of_order += quality.out_of_order;
    engine->stats.duplicates += quality.duplicates;
    ht_engine_output(engine, &ht_connection_record, &c);
}

/* It has a connection record: TCP does, and what a dissector has details of. */
static bool is_told(const struct ht_flow *flow)
{
    const struct ht_dissector *found = flow->dispatch.found;
    return flow->tcp != NULL || (found != NULL && found->details_struct != NULL);
}

void ht_engine_tell(struct ht_engine *engine, struct ht_flow *flow)
{
    flow = ht_flow_table_wake(&engine->table, flow);
    if (flow == NULL) {
        return;
    }
    ht_engine_enter(engine, flow, 0, flow->end_ns);
    if (flow->tcp != NULL) {
        ht_tcp_finish(flow->tcp);
    }
    struct ht_end end = {0};
    fill_end(&end, flow);
    if (engine->config.ended == NULL) { /* it is told at once: no more is to be kept of it */
        engine->emitter.arena = &engine->story;
    }
    engine->bytes_at_end = flow->arena.size;
    ht_dispatch_finish(&flow->dispatch, &engine->emitter, &end);
    engine->bytes_at_end = 0;
    if (!is_told(flow)) {
        ht_engine_drop(engine, flow);
        ht_arena_rewind(&engine->story); /* of records that its end brought */
        return;
    }
    ht_flow_table_take(&engine->table, flow);
    if (engine->config.ended != NULL) {
        engine->flow = NULL;
        engine->leaving_bytes += ht_flow_bytes(flow);
        engine->config.ended(engine->config.context, flow);
    } else {
        (void)ht_engine_tell_ended(engine, flow);
    }
}

void ht_engine_fetch_ended(const struct ht_flow *flow, const struct ht_flow *next,
                           const struct ht_flow *after)
{
    ht_arena_fetch_more(&flow->arena);
    ht_timeline_fetch(&flow->timeline);
    ht_flow_fetch_content(next);
    ht_flow_fetch(after);
}

bool ht_engine_tell_ended(struct ht_engine *engine, struct ht_flow *flow)
{
    if (engine->config.ended != NULL) {
        engine->leaving_bytes -= ht_flow_bytes(flow);
    }
    ht_engine_enter(engine, flow, 0, flow->end_ns);
    tell(engine, flow);
    ht_engine_drop(engine, flow);
    ht_arena_rewind(&engine->story); /* where some of what the flow owned may lie */
    return !engine->failed;
}

void ht_engine_drop(struct ht_engine *engine, struct ht_flow *flow)
{
    ht_labeler_flow_free(engine->labeler, &flow->label_state);
    ht_pool_release(&engine->pool, flow->pool_use);
    ht_flow_table_remove(&engine->table, flow);
    engine->flow = NULL;
}
