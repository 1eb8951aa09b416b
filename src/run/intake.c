/*
 * From a frame to its flow, and on to what the flow's protocol is fed with.
 */
#include "packet/plain.h"
#include "run/private.h"

#include <netinet/in.h>

uint64_t ht_engine_deliver(void *context, const struct ht_reassembly *r,
                           const struct ht_delivery *delivery)
{
    struct ht_engine *engine = context;
    enum ht_side side        = r == &engine->flow->tcp->side[0].bytes ? HT_SIDE_A : HT_SIDE_B;
    engine->emitter.frame    = delivery->frame;
    engine->emitter.time_ns  = delivery->time_ns;
    return ht_dispatch_bytes(&engine->flow->dispatch, &engine->emitter, side, delivery->stepped,
                             delivery->bytes, delivery->len - delivery->bytes.len);
}

static void emit_tcp(void *context, const struct ht_event_type *type, unsigned side, void *data)
{
    struct ht_engine *engine = context;
    (void)ht_emit(&engine->emitter, type, (enum ht_side)side, 0, data);
}

static void start_tcp(struct ht_engine *engine, struct ht_tcp *tcp)
{
    tcp->side[0].bytes.receiver = &engine->receiver;
    tcp->side[1].bytes.receiver = &engine->receiver;
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

static void keep_layers(struct ht_flow *flow, const struct ht_packet *packet)
{
    struct ht_bytes layers = ht_bytes(packet->layers, packet->num_layers * sizeof *packet->layers);
    if (layers.len > 0) {
        flow->layers     = (const void *)ht_arena_copy(&flow->arena, layers).ptr;
        flow->num_layers = flow->layers != NULL ? packet->num_layers : 0;
    }
}

static void show_start(struct ht_engine *engine, const struct ht_flow *flow, unsigned sender)
{
    const struct ht_endpoint *end = flow->key.endpoint;
    struct ht_analysis *a         = ht_engine_seeing(engine, sender == flow->client);
    for (uint64_t left = engine->hooks.connection_start; left != 0; left &= left - 1) {
        unsigned i = ht_first_hook(left);
        engine->config.analyzers[i]->connection_start(engine->analyzer_states[i], a,
                                                      &end[flow->client], &end[1 - flow->client],
                                                      flow->tcp != NULL);
    }
}

static struct ht_flow *start_flow(struct ht_engine *engine, const struct ht_flow_key *key,
                                  uint64_t hash, const struct ht_frame *frame,
                                  const struct ht_packet *packet, unsigned sender)
{
    struct ht_flow *flow = ht_flow_table_add(&engine->table, key, hash, ht_frame_place(frame));
    if (flow == NULL) {
        engine->stats.refused_flows++;
        return NULL;
    }
    bool is_tcp = flow->tcp != NULL;
    if (is_tcp) {
        start_tcp(engine, flow->tcp);
    }
    ht_flow_table_remember(&engine->table, flow);
    flow->first_frame = frame->number;
    flow->first_part  = frame->part;
    flow->first_ns = flow->start_ns = flow->end_ns = frame->time_ns;
    flow->timeline   = (struct ht_timeline){.time_ns = frame->time_ns, .frame = frame->number};
    flow->interface  = (uint16_t)frame->interface;
    flow->label_done = !is_tcp || engine->labeler == NULL;
    keep_layers(flow, packet);
    ht_dispatch_start(&flow->dispatch, engine->dissectors[is_tcp], is_tcp, &engine->budget);
    guess_roles(flow, sender);
    ht_engine_enter(engine, flow, frame->number, frame->time_ns);
    show_start(engine, flow, sender);
    return flow;
}

static inline void count(struct ht_flow *flow, struct ht_flow_side *s, const struct ht_frame *frame,
                         const struct ht_packet *packet)
{
    s->packets++;
    s->payload_bytes += packet->payload_len;
    if (frame->time_ns > flow->end_ns) {
        flow->end_ns = frame->time_ns;
    } else if (frame->time_ns < flow->start_ns) {
        flow->start_ns = frame->time_ns;
    }
    s->bytes += packet->ip_len;
    s->truncated_frames += packet->payload.len < packet->payload_len;
}

static void set_roles_by_tcp(struct ht_flow *flow)
{
    if (flow->tcp->opener != 0 && !flow->claimed) {
        const struct ht_tcp_side *opener = &flow->tcp->side[flow->tcp->opener - 1];
        flow->client                     = (uint8_t)(flow->tcp->opener - 1);
        flow->roles_from                 = opener->syn ? "syn" : "syn_ack";
    }
}

/* Moves a flow to the list where it belongs now, or up in its own. */
static void place_tcp(struct ht_engine *engine, struct ht_flow *flow, uint64_t place)
{
    struct ht_flow_table *table = &engine->table;
    if (flow->list != &table->closed && ht_tcp_closed(flow->tcp)) {
        ht_flow_table_move(flow, &table->closed, place);
    } else if (flow->list == &table->half_open && !ht_tcp_is_half_open(flow->tcp)) {
        ht_flow_table_move(flow, &table->tcp, place);
    } else {
        ht_flow_table_touch(flow, place);
    }
}

static void feed_tcp(struct ht_engine *engine, struct ht_flow *flow, const struct ht_frame *frame,
                     const struct ht_packet *packet, unsigned side)
{
    struct ht_tcp *tcp = ht_flow_tcp(flow);
    if (!tcp->side[side].bytes.started && (packet->tcp.flags & HT_TCP_SYN) == 0 &&
        packet->payload_len > 0) {
        const struct ht_tcp_side *peer = &tcp->side[1 - side];
        ht_dispatch_late(&flow->dispatch, (enum ht_side)side,
                         peer->acked && peer->max_acked == packet->tcp.seq);
    }
    const struct ht_tcp_observer observer = {.emit = emit_tcp, .context = engine};
    ht_tcp_packet(tcp, packet, side, frame->number, frame->time_ns, &observer);
    set_roles_by_tcp(flow);
    place_tcp(engine, flow, ht_frame_place(frame));
}

static void feed_udp(struct ht_engine *engine, struct ht_flow *flow, const struct ht_packet *packet,
                     unsigned side)
{
    if (!ht_dispatch_over(&flow->dispatch)) {
        ht_dispatch_datagram(&flow->dispatch, &engine->emitter, (enum ht_side)side, packet->payload,
                             packet->payload_len);
    }
}

bool ht_engine_is_settled(const struct ht_flow *flow)
{
    const struct ht_dissector *found = flow->dispatch.found;
    return found != NULL && found->settled != NULL && found->settled(flow->dispatch.state);
}

/* Moves a flow to the list where it belongs now, or up in its own. */
static void place_udp(struct ht_engine *engine, struct ht_flow *flow, uint64_t place)
{
    struct ht_flow_table *table = &engine->table;
    if (engine->config.live) {
        ht_flow_table_move(flow, ht_engine_is_settled(flow) ? &table->settled : &table->udp, place);
    } else {
        ht_flow_table_touch(flow, place);
    }
}

/* Labels what no dissector knows, while it is new. */
static void feed_label(struct ht_engine *engine, struct ht_flow *flow, const struct ht_frame *frame,
                       const struct ht_packet *packet, unsigned side)
{
    if (flow->dispatch.found != NULL) {
        flow->label_done = true;
    } else if (packet->payload.len > 0) {
        flow->label_done = ht_labeler_feed(engine->labeler, &flow->label_state, packet->ip,
                                           frame->time_ns, side == flow->client, &flow->label);
    }
    if (flow->label_done) {
        ht_labeler_flow_free(engine->labeler, &flow->label_state);
    }
}

/* What was captured twice is counted and goes no further. Where there will be no connection record
 * that could say so the dissector may: DNS lists the frames that only repeat a message. */
static void feed_copy(struct ht_engine *engine, struct ht_flow *flow, const struct ht_frame *frame,
                      const struct ht_packet *packet, unsigned side)
{
    const struct ht_dissector *found = flow->dispatch.found;
    engine->stats.mirror_duplicates++;
    if (flow->tcp == NULL && found != NULL && found->details_struct == NULL) {
        ht_engine_enter(engine, flow, frame->number, frame->time_ns);
        engine->emitter.copy = true;
        feed_udp(engine, flow, packet, side);
        engine->emitter.copy = false;
    }
}

/* Who reads the payload needs it soon; it is there where the flow is at hand. */
static void fetch_content(const struct ht_engine *engine, const struct ht_flow *flow)
{
    if (engine->flow != flow) {
        ht_flow_fetch_content(flow);
    }
}

static inline bool is_copy(struct ht_flow *flow, const struct ht_frame *frame,
                           const struct ht_packet *packet, unsigned side)
{
    struct ht_recent *recent = &flow->side[side].recent;
    if (flow->tcp != NULL) {
        const struct ht_reassembly *bytes = &ht_flow_tcp(flow)->side[side].bytes;
        ht_flow_forget_recent(flow, ht_frame_place(frame));
        if (ht_reassembly_is_next(bytes, packet->tcp.seq, packet->payload_len)) {
            ht_recent_note(recent, packet, frame->time_ns);
            return false;
        }
    }
    return ht_recent_is_copy(recent, packet, frame->time_ns);
}

/* Not inlined, for the usual packets would pay for it. */
__attribute__((noinline)) static void feed_flow(struct ht_engine *engine, struct ht_flow *flow,
                                                const struct ht_frame *frame,
                                                const struct ht_packet *packet, unsigned side)
{
    if (packet->payload.len > 0) {
        fetch_content(engine, flow);
    }
    if (is_copy(flow, frame, packet, side)) {
        feed_copy(engine, flow, frame, packet, side);
        return;
    }
    ht_engine_enter(engine, flow, frame->number, frame->time_ns);
    count(flow, &flow->side[side], frame, packet);
    if (flow->tcp != NULL) {
        feed_tcp(engine, flow, frame, packet, side);
    } else {
        feed_udp(engine, flow, packet, side);
        place_udp(engine, flow, ht_frame_place(frame));
    }
    if (!flow->label_done) {
        feed_label(engine, flow, frame, packet, side);
    }
}

/* Returns the flow that it begins; NULL: no memory. */
static struct ht_flow *feed_new(struct ht_engine *engine, const struct ht_flow_key *key,
                                uint64_t hash, const struct ht_frame *frame,
                                const struct ht_packet *packet, unsigned side)
{
    struct ht_flow *flow = start_flow(engine, key, hash, frame, packet, side);
    if (flow != NULL) {
        feed_flow(engine, flow, frame, packet, side);
    }
    return flow;
}

static bool begins_another(struct ht_flow *flow, const struct ht_packet *packet, unsigned side)
{
    return (packet->tcp.flags & HT_TCP_SYN) != 0 && flow->tcp != NULL &&
           ht_tcp_is_new(ht_flow_tcp(flow), packet, side);
}

/* The flow, if the packet is not the first of another one. */
static struct ht_flow *unless_over(struct ht_engine *engine, struct ht_flow *flow, uint64_t place,
                                   const struct ht_packet *packet, unsigned side)
{
    if (flow != NULL && begins_another(flow, packet, side)) {
        ht_flow_table_retire(&engine->table, flow, place);
        return NULL;
    }
    return flow;
}

/* A SYN and nothing else, whose flow need not be followed until somebody answers. */
static bool can_wait(const struct ht_packet *packet)
{
    return packet->protocol == IPPROTO_TCP && packet->payload_len == 0 &&
           (packet->tcp.flags & (HT_TCP_SYN | HT_TCP_ACK | HT_TCP_FIN | HT_TCP_RST)) == HT_TCP_SYN;
}

struct ht_flow *ht_engine_open(struct ht_engine *engine, struct ht_opening *opening)
{
    struct ht_opening copy = *opening;
    struct ht_frame frame  = ht_opening_frame(&copy);
    struct ht_packet packet;
    struct ht_flow_key key;
    ht_openings_remove(&engine->openings, opening);
    (void)ht_packet_decode(&packet, &frame);
    unsigned side = ht_flow_key_of(&key, &packet);
    return feed_new(engine, &key, copy.hash, &frame, &packet, side);
}

/* Takes a packet of any flow, or of none yet. Not inlined, for those of flows that are recalled
 * would pay for it. */
__attribute__((noinline)) static void
look_up(struct ht_engine *engine, const struct ht_frame *frame, const struct ht_packet *packet)
{
    struct ht_flow_key key;
    unsigned side = ht_flow_key_of(&key, packet);
    uint64_t hash = ht_flow_key_hash(&key, engine->table.seed);
    ht_flow_index_fetch(&engine->table.index, hash);
    if (packet->protocol == IPPROTO_TCP) {
        ht_openings_fetch(&engine->openings, hash);
    }
    /* A connection of which the SYN waits has no flow, and its place is on its way. */
    struct ht_opening *opening =
        packet->protocol == IPPROTO_TCP ? ht_openings_find(&engine->openings, hash) : NULL;
    struct ht_flow *flow = opening != NULL ? ht_engine_open(engine, opening)
                                           : ht_flow_table_find(&engine->table, &key, hash);
    flow                 = unless_over(engine, flow, ht_frame_place(frame), packet, side);
    if (opening == NULL && flow != NULL) {
        ht_flow_table_remember(&engine->table, flow);
    }
    if (flow != NULL) {
        feed_flow(engine, flow, frame, packet, side);
        if (opening != NULL) {
            flow->moved = ht_frame_place(frame); /* not when its SYN came */
        }
        if (opening != NULL || engine->budget.used > engine->budget.max) { /* it slept */
            ht_engine_make_room(engine);
        }
        return;
    }
    if (can_wait(packet) && frame->rebuilt == 0 && frame->part == 0) {
        ht_engine_make_opening_room(engine);
        if (ht_openings_keep(&engine->openings, hash, frame)) {
            return;
        }
    }
    feed_new(engine, &key, hash, frame, packet, side);
    ht_engine_make_room(engine);
}

/* Is such a packet a copy? If not it is the latest now. */
__attribute__((always_inline)) static inline bool is_usual_copy(struct ht_recent *recent,
                                                                const struct ht_frame *frame,
                                                                const struct ht_packet *packet)
{
    if (packet->payload_len > 0) {
        ht_recent_add(recent, ht_recent_hash(packet), frame->time_ns);
        return false;
    }
    return ht_recent_can_be_known(packet) &&
           ht_recent_is_known(recent, ht_recent_hash(packet), frame->time_ns);
}

/* A flow over TCP, and who sends a packet in it. */
struct talk {
    struct ht_flow *flow;
    struct ht_flow_side *sender;
    struct ht_tcp *tcp;
    struct ht_tcp_side *me, *peer;
};

/* Takes a packet of one of the usual kinds, as feed_flow would; the less of the flow is touched the
 * better. */
__attribute__((always_inline)) static inline void feed_usual(struct ht_engine *engine,
                                                             struct talk t, enum ht_tcp_usual usual,
                                                             const struct ht_frame *frame,
                                                             const struct ht_packet *packet)
{
    struct ht_flow *flow = t.flow;
    uint64_t frames      = frame->number - (flow->moved >> 16); /* since it was moved up */
    if (usual == HT_TCP_WANTED) {
        fetch_content(engine, flow);
    }
    if (frames > HT_RECENT_FRAMES) {
        ht_flow_forget_recent(flow, ht_frame_place(frame));
    }
    if (is_usual_copy(&t.sender->recent, frame, packet)) {
        engine->stats.mirror_duplicates++;
        return;
    }
    count(flow, t.sender, frame, packet);
    if (usual == HT_TCP_WANTED) {
        ht_engine_enter(engine, flow, frame->number, frame->time_ns);
    }
    ht_tcp_take_usual(t.tcp, t.me, t.peer, usual, packet, frame->number, frame->time_ns);
    if (frames >= engine->table.tcp.touch_frames) {
        ht_flow_table_move(flow, flow->list, ht_frame_place(frame));
    }
}

/* Takes a packet that `side` sent in `flow`, one over TCP, if it is of one of the usual kinds: the
 * flow has its roles and is in the list of the open ones since the connection became steady. */
__attribute__((always_inline)) static inline bool
take_steady(struct ht_engine *engine, struct ht_flow *flow, const struct ht_frame *frame,
            const struct ht_packet *packet, unsigned side)
{
    struct ht_tcp *tcp      = ht_flow_tcp(flow);
    struct talk t           = {.flow   = flow,
                               .sender = &flow->side[side],
                               .tcp    = tcp,
                               .me     = &tcp->side[side],
                               .peer   = &tcp->side[1 - side]};
    enum ht_tcp_usual usual = ht_tcp_usual(tcp, t.me, t.peer, packet);
    if (usual == HT_TCP_UNUSUAL) {
        return false;
    }
    feed_usual(engine, t, usual, frame, packet);
    return true;
}

/* The same of any flow, or of none that is recalled (NULL). */
__attribute__((always_inline)) static inline bool
take_usual(struct ht_engine *engine, struct ht_flow *flow, const struct ht_frame *frame,
           const struct ht_packet *packet, unsigned side)
{
    return flow != NULL && packet->protocol == IPPROTO_TCP && flow->label_done &&
           take_steady(engine, flow, frame, packet, side);
}

/* The same of a flow that is not labelled yet. */
static bool take_unlabelled(struct ht_engine *engine, struct ht_flow *flow,
                            const struct ht_frame *frame, const struct ht_packet *packet,
                            unsigned side)
{
    bool taken = take_steady(engine, flow, frame, packet, side);
    if (taken) {
        feed_label(engine, flow, frame, packet, side);
    }
    return taken;
}

/* It has no label yet and is steady, as when the first data come. Flows over UDP count as labelled.
 */
static bool awaits_label(struct ht_flow *flow)
{
    return flow != NULL && !flow->label_done && ht_flow_tcp(flow)->steady;
}

/* Takes any other packet. `flow` is its own, or NULL: it is not recalled. Not inlined, for the
 * usual ones would pay for it. */
__attribute__((noinline)) static void feed_unusual(struct ht_engine *engine, struct ht_flow *flow,
                                                   const struct ht_frame *frame,
                                                   const struct ht_packet *packet, unsigned side)
{
    engine->stats.udp_packets += packet->protocol != IPPROTO_TCP;
    if (awaits_label(flow) && take_unlabelled(engine, flow, frame, packet, side)) {
        return;
    }
    if (flow != NULL && !begins_another(flow, packet, side)) {
        feed_flow(engine, flow, frame, packet, side);
    } else {
        look_up(engine, frame, packet);
    }
}

void ht_engine_packet(struct ht_engine *engine, const struct ht_frame *frame,
                      const struct ht_packet *packet)
{
    unsigned side;
    struct ht_flow *flow = ht_flow_table_recall(&engine->table, packet, &side);
    if (!take_usual(engine, flow, frame, packet, side)) {
        feed_unusual(engine, flow, frame, packet, side);
    }
}

__attribute__((always_inline)) static inline bool
take_segment(struct ht_engine *engine, const struct ht_frame *frame, uint16_t type)
{
    unsigned side;
    struct ht_packet packet;
    if (!ht_plain_segment(&packet, frame, type)) {
        return false;
    }
    struct ht_flow *flow = ht_flow_table_recall(&engine->table, &packet, &side);
    if (!take_usual(engine, flow, frame, &packet, side)) {
        feed_unusual(engine, flow, frame, &packet, side);
    }
    return true;
}

/* Each by itself, so that GCC knows what cannot be in it. */
__attribute__((noinline)) static bool take_ipv4(struct ht_engine *engine,
                                                const struct ht_frame *frame)
{
    return take_segment(engine, frame, HT_PLAIN_TYPE_IPV4);
}

__attribute__((noinline)) static bool take_ipv6(struct ht_engine *engine,
                                                const struct ht_frame *frame)
{
    return take_segment(engine, frame, HT_PLAIN_TYPE_IPV6);
}

bool ht_engine_plain(struct ht_engine *engine, const struct ht_frame *frame)
{
    switch (ht_plain_type(frame)) {
    case HT_PLAIN_TYPE_IPV4:
        return take_ipv4(engine, frame);
    case HT_PLAIN_TYPE_IPV6:
        return take_ipv6(engine, frame);
    default:
        return false;
    }
}
