#include "flow/flow.h"

#include <stdlib.h>

/* One over TCP lies with its connection. */
struct tcp_flow {
    struct ht_flow flow;
    struct ht_tcp tcp;
};

_Static_assert(offsetof(struct tcp_flow, tcp) == sizeof(struct ht_flow), "ht_flow_tcp");

enum {
    ALWAYS = offsetof(struct ht_flow, arena.size), /* bytes that are there when it sleeps, too */
    WORD   = sizeof(uint64_t),
    WORDS  = (sizeof(struct tcp_flow) - ALWAYS) / WORD, /* of a flow, those that are packed */
    STATE_WORDS = HT_FLOW_MAX_STATE / WORD,
    LEARNT_PART = 8 /* of the budget: the most that what is learnt may take */
};

_Static_assert((int)WORDS <= HT_PACK_WORDS && (int)STATE_WORDS <= HT_PACK_WORDS, "a record");

/* What follows the bytes that are always there. */
struct packed {
    uint8_t protocol, kind; /* what it is packed by */
    uint8_t bytes[HT_PACKED_MAX(WORDS) + HT_PACKED_MAX(STATE_WORDS)];
};

_Static_assert(sizeof(struct packed) <= UINT16_MAX, "packed_len");

/* Of one over TCP. */
static size_t size_of(const struct ht_flow *flow)
{
    return flow->packed_len != 0 ? (size_t)ALWAYS + flow->packed_len : sizeof(struct tcp_flow);
}

static struct ht_flow *new_tcp(struct ht_budget *budget)
{
    struct tcp_flow *both = NULL;
    if (!ht_budget_take(budget, sizeof *both)) {
        return NULL;
    }
    both = ht_block_take(budget, sizeof *both);
    if (both == NULL) {
        ht_budget_give(budget, sizeof *both);
        return NULL;
    }
    memset(both, 0, sizeof *both);
    both->flow.arena.budget    = budget;
    both->flow.tcp             = &both->tcp;
    both->flow.dispatch.stream = true; /* its states lie apart */
    return &both->flow;
}

/* One over UDP lies in its arena: with all that hangs in it, where that is little, in one block. */
static struct ht_flow *new_udp(struct ht_budget *budget)
{
    struct ht_arena arena = {.budget = budget};
    ht_arena_reserve(&arena, sizeof(struct ht_flow) + HT_FLOW_BESIDE);
    struct ht_flow *flow = ht_arena_alloc(&arena, sizeof *flow);
    if (flow != NULL) {
        flow->arena = arena;
    }
    return flow;
}

struct ht_flow *ht_flow_new(struct ht_budget *budget, bool tcp)
{
    return tcp ? new_tcp(budget) : new_udp(budget);
}

size_t ht_flow_bytes(const struct ht_flow *flow)
{
    size_t apart = flow->tcp != NULL ? size_of(flow) + ht_dispatch_state_size(&flow->dispatch) : 0;
    return apart + flow->arena.size;
}

/* Frees a flow over TCP, but not what it owns. */
static void free_itself(struct ht_budget *budget, struct ht_flow *flow)
{
    size_t size = size_of(flow);
    ht_budget_give(budget, size);
    ht_block_give(budget, flow, size);
}

/* Which flows it is like: those to which as much happened in as many packets, with the client on
 * the same side, who said about as much: a hello is about as long as others of the same program. */
static uint8_t kind_of(const struct ht_flow *flow)
{
    enum { ABOUT = 128 };
    uint64_t packets = flow->side[0].packets + flow->side[1].packets;
    uint64_t said    = flow->side[flow->client].payload_bytes / ABOUT;
    uint64_t mixed   = ((said << 16 ^ packets) << 16 ^ flow->timeline.len) << 1 | flow->client;
    return (uint8_t)(mixed * UINT64_C(0x9E3779B97F4A7C15) >> 32) % HT_FLOW_KINDS;
}

void ht_flow_sleepers_init(struct ht_flow_sleepers *sleepers, struct ht_budget *budget)
{
    *sleepers =
        (struct ht_flow_sleepers){.budget = budget, .learnt.max = budget->max / LEARNT_PART};
}

static struct ht_flow_protocol *new_protocol(struct ht_budget *budget,
                                             const struct ht_dissector *found)
{
    struct ht_flow_protocol *protocol = NULL;
    if (!ht_budget_take(budget, sizeof *protocol)) {
        return NULL;
    }
    protocol = calloc(1, sizeof *protocol);
    if (protocol == NULL) {
        ht_budget_give(budget, sizeof *protocol);
        return NULL;
    }
    protocol->found = found;
    for (size_t kind = 0; kind < HT_FLOW_KINDS; kind++) {
        protocol->flow[kind].budget  = budget;
        protocol->state[kind].budget = budget;
    }
    return protocol;
}

/* The number of the flow's protocol; as many as there are: it is a new one, and there is no memory.
 */
static uint8_t protocol_of(const struct ht_flow *flow, struct ht_flow_sleepers *sleepers)
{
    const struct ht_dissector *found = flow->dispatch.found;
    struct ht_flow_protocol **all    = sleepers->protocols;
    uint8_t number                   = 0;
    while (number < sleepers->num_protocols && all[number]->found != found) {
        number++;
    }
    if (number == sleepers->num_protocols && number < HT_ARRAY_LEN(sleepers->protocols)) {
        all[number] = new_protocol(&sleepers->learnt, found);
        if (all[number] != NULL) {
            sleepers->num_protocols++;
        }
    }
    return number;
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

/* Before it is packed, what can be known without is left out, and what is like something else is
 * written as what is between them, or as that is: of a place the frame first. */
static void fold(struct tcp_flow *f, uint64_t place)
{
    f->flow.tcp            = NULL;
    f->flow.dispatch.state = NULL;
    ht_flow_forget_recent(&f->flow, place);
    f->flow.moved = rotate(f->flow.moved, 48);
    ht_tcp_fold(&f->tcp);
}

static void unfold(struct tcp_flow *f, void *state)
{
    f->flow.tcp            = &f->tcp;
    f->flow.dispatch.state = state;
    f->flow.moved          = rotate(f->flow.moved, 16);
    ht_tcp_unfold(&f->tcp);
}

/* What a sleeping flow is packed by: words of it that are always there. */
static void set_anchors(uint64_t anchors[HT_PACK_ANCHORS], const struct ht_flow *flow)
{
    memset(anchors, 0, HT_PACK_ANCHORS * sizeof *anchors);
    anchors[1] = flow->first_frame;
    anchors[2] = (uint64_t)flow->end_ns;
    anchors[3] = (uintptr_t)flow->arena.blocks;
}

/* A dissector's state is packed by more of the flow: what it notes is of the same frames. */
static void add_anchors(uint64_t anchors[HT_PACK_ANCHORS], const struct ht_flow *flow)
{
    anchors[4] = flow->timeline.frame;
    anchors[5] = (uint64_t)flow->start_ns;
    for (int i = 0; i < 2; i++) {
        anchors[6 + i]  = flow->dispatch.side[i].frame;
        anchors[8 + i]  = (uint64_t)flow->dispatch.side[i].time_ns;
        anchors[10 + i] = flow->side[i].payload_bytes;
    }
}

/* Packs a flow that is folded, and its dissector's state, as one of `out->kind`; returns how many
 * bytes that took; 0: it cannot be done. */
static size_t pack_as(struct packed *out, const struct ht_flow *flow, const void *state,
                      struct ht_flow_protocol *protocol)
{
    uint64_t anchors[HT_PACK_ANCHORS];
    set_anchors(anchors, flow);
    uint8_t *end = ht_pack(&protocol->flow[out->kind], out->bytes, anchors,
                           (const char *)flow + ALWAYS, WORDS);
    if (end != NULL && state != NULL) {
        add_anchors(anchors, flow);
        end = ht_pack(&protocol->state[out->kind], end, anchors, state,
                      ht_dispatch_state_size(&flow->dispatch) / WORD);
    }
    return end != NULL ? (size_t)(end - (uint8_t *)out) : 0;
}

/* The same as one of its kind, or of the next one that can be packed by. */
static size_t pack(struct packed *out, const struct ht_flow *flow, const void *state,
                   struct ht_flow_sleepers *sleepers)
{
    out->protocol = protocol_of(flow, sleepers);
    if (out->protocol == sleepers->num_protocols) {
        return 0;
    }
    size_t len = 0;
    for (unsigned i = 0; i < HT_FLOW_KINDS && len == 0; i++) {
        out->kind = (uint8_t)((kind_of(flow) + i) % HT_FLOW_KINDS);
        len       = pack_as(out, flow, state, sleepers->protocols[out->protocol]);
    }
    return len;
}

/* The sleeping one of a flow that is folded; NULL: there is none. */
static struct ht_flow *asleep_of(const struct ht_flow *flow, const void *state,
                                 struct ht_flow_sleepers *sleepers)
{
    struct packed packed;
    size_t len             = pack(&packed, flow, state, sleepers);
    struct ht_flow *asleep = len > 0 ? ht_block_take(sleepers->budget, ALWAYS + len) : NULL;
    if (asleep != NULL) {
        memcpy(asleep, flow, ALWAYS);
        memcpy((char *)asleep + ALWAYS, &packed, len);
        asleep->packed_len = (uint16_t)len;
    }
    return asleep;
}

struct ht_flow *ht_flow_sleep(struct ht_flow *flow, struct ht_flow_sleepers *sleepers,
                              uint64_t place)
{
    struct tcp_flow *whole = (struct tcp_flow *)flow;
    void *state            = flow->dispatch.state;
    size_t state_size      = ht_dispatch_state_size(&flow->dispatch);
    if (state_size > HT_FLOW_MAX_STATE || state_size % WORD != 0) {
        return flow;
    }
    fold(whole, place);
    size_t learnt          = sleepers->learnt.used;
    struct ht_flow *asleep = asleep_of(flow, state, sleepers);
    ht_budget_claim(sleepers->budget, sleepers->learnt.used - learnt);
    unfold(whole, state);
    if (asleep == NULL) {
        return flow;
    }
    ht_dispatch_put_state_away(&flow->dispatch);
    free_itself(sleepers->budget, flow);
    ht_budget_claim(sleepers->budget, size_of(asleep)); /* less than it was */
    return asleep;
}

static const struct packed *packed_of(const struct ht_flow *asleep)
{
    return (const void *)((const char *)asleep + ALWAYS);
}

static const struct ht_flow_protocol *protocol_packed(const struct ht_flow_sleepers *sleepers,
                                                      const struct ht_flow *asleep)
{
    return sleepers->protocols[packed_of(asleep)->protocol];
}

/* All but the dissector's state, folded; returns where that is packed. */
static const uint8_t *unpack(const struct ht_flow *asleep, const struct ht_flow_sleepers *sleepers,
                             uint64_t anchors[HT_PACK_ANCHORS], struct tcp_flow *out)
{
    const struct packed *packed = packed_of(asleep);
    memcpy(&out->flow, asleep, ALWAYS);
    out->flow.packed_len = 0;
    set_anchors(anchors, asleep);
    return ht_unpack(&protocol_packed(sleepers, asleep)->flow[packed->kind], packed->bytes, anchors,
                     (char *)out + ALWAYS);
}

struct ht_flow_key ht_flow_key_asleep(const struct ht_flow *flow,
                                      const struct ht_flow_sleepers *sleepers)
{
    uint64_t anchors[HT_PACK_ANCHORS];
    struct tcp_flow content;
    (void)unpack(flow, sleepers, anchors, &content);
    return content.flow.key;
}

struct ht_flow *ht_flow_wake(struct ht_flow *flow, const struct ht_flow_sleepers *sleepers)
{
    uint64_t anchors[HT_PACK_ANCHORS];
    struct tcp_flow *awake = ht_block_take(sleepers->budget, sizeof *awake);
    if (awake == NULL) {
        return NULL;
    }
    const uint8_t *state      = unpack(flow, sleepers, anchors, awake);
    struct ht_dispatch *found = &awake->flow.dispatch;
    bool is_made              = ht_dispatch_make_state(found);
    unfold(awake, found->state);
    if (!is_made) {
        ht_block_give(sleepers->budget, awake, sizeof *awake);
        return NULL;
    }
    if (found->state != NULL) {
        add_anchors(anchors, &awake->flow);
        (void)ht_unpack(&protocol_packed(sleepers, flow)->state[packed_of(flow)->kind], state,
                        anchors, found->state);
    }
    ht_budget_claim(sleepers->budget, sizeof *awake);
    free_itself(sleepers->budget, flow);
    return &awake->flow;
}

void ht_flow_sleepers_fini(struct ht_flow_sleepers *sleepers)
{
    ht_budget_give(sleepers->budget, sleepers->learnt.used);
    for (size_t i = 0; i < sleepers->num_protocols; i++) {
        struct ht_flow_protocol *protocol = sleepers->protocols[i];
        for (size_t kind = 0; kind < HT_FLOW_KINDS; kind++) {
            ht_pack_forget(&protocol->flow[kind]);
            ht_pack_forget(&protocol->state[kind]);
        }
        free(protocol);
    }
}

/* Frees what the flow owns, of which one over UDP is a part. */
static void free_content(struct ht_flow *flow)
{
    if (flow->tcp != NULL) {
        ht_tcp_free(flow->tcp);
    }
    ht_dispatch_free(&flow->dispatch);
    struct ht_arena arena = flow->arena;
    ht_arena_clear(&arena);
}

void ht_flow_free(struct ht_flow *flow, const struct ht_flow_sleepers *sleepers)
{
    if (flow->packed_len != 0) {
        uint64_t anchors[HT_PACK_ANCHORS];
        struct tcp_flow content;
        (void)unpack(flow, sleepers, anchors, &content);
        unfold(&content, NULL);
        free_content(&content.flow);
        free_itself(sleepers->budget, flow);
    } else {
        bool is_apart = flow->tcp != NULL;
        free_content(flow);
        if (is_apart) {
            free_itself(sleepers->budget, flow);
        }
    }
}
