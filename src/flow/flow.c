#include "flow/flow.h"

#include "base/pack.h"

/* One over TCP lies with its connection. */
struct tcp_flow {
    struct ht_flow flow;
    struct ht_tcp tcp;
};

_Static_assert(offsetof(struct tcp_flow, tcp) == sizeof(struct ht_flow), "ht_flow_tcp");

enum {
    ALWAYS  = offsetof(struct ht_flow, arena.size), /* bytes that are there when it sleeps, too */
    PACKED  = sizeof(struct tcp_flow) - ALWAYS,
    LARGEST = 1 + HT_PACKED_MAX(PACKED) + HT_PACKED_MAX(HT_FLOW_MAX_STATE)
};

_Static_assert(LARGEST <= UINT16_MAX, "packed_len");
_Static_assert((int)PACKED <= HT_PACK_MOST && (int)HT_FLOW_MAX_STATE <= HT_PACK_MOST, "at once");
_Static_assert(PACKED + HT_FLOW_MAX_STATE <= sizeof(((struct ht_flow_like *)0)->words), "like");

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

/* Which flows it is like: those to which as much happened, with the client on the same side. */
static uint8_t kind_of(const struct ht_flow *flow)
{
    return (flow->timeline.len * 2 + flow->client) % HT_FLOW_KINDS;
}

/* What the state is like. */
static const void *like_state(const struct ht_flow_like *like)
{
    return (const char *)like->words + PACKED;
}

static void be_like(struct ht_flow_like *like, const struct ht_flow *flow, const void *state,
                    size_t state_size)
{
    like->any = true;
    memcpy(like->words, (const char *)flow + ALWAYS, PACKED);
    if (state_size > 0) {
        memcpy((char *)like->words + PACKED, state, state_size);
    }
}

/* Before it is packed, what can be known without is left out, and what is like something else is
 * written as what is between them. */
static void fold(struct tcp_flow *f, uint64_t place)
{
    f->flow.tcp            = NULL;
    f->flow.dispatch.state = NULL;
    ht_flow_forget_recent(&f->flow, place);
    ht_tcp_fold(&f->tcp);
}

static void unfold(struct tcp_flow *f, void *state)
{
    f->flow.tcp            = &f->tcp;
    f->flow.dispatch.state = state;
    ht_tcp_unfold(&f->tcp);
}

/* What the words of a sleeping flow are like, by what is there of it. */
static struct ht_pack_past past_of(const struct ht_flow *flow)
{
    struct ht_pack_past past = {{0}};
    ht_pack_after(&past, flow->first_frame);
    ht_pack_after(&past, (uint64_t)flow->end_ns);
    ht_pack_after(&past, (uintptr_t)flow->arena.blocks);
    return past;
}

/* The sleeping one of a flow that is folded, its kind before the rest; NULL: no memory. */
static struct ht_flow *pack(const struct ht_flow *flow, const void *state, size_t state_size,
                            struct ht_flow_sleepers *sleepers)
{
    uint8_t packed[LARGEST];
    struct ht_pack_past past  = past_of(flow);
    uint8_t kind              = kind_of(flow);
    struct ht_flow_like *like = &sleepers->like[kind];
    if (!like->any) {
        be_like(like, flow, state, state_size);
    }
    packed[0]    = kind;
    uint8_t *end = ht_pack(&past, packed + 1, (const char *)flow + ALWAYS, like->words, PACKED);
    end          = ht_pack(&past, end, state, like_state(like), state_size);
    size_t len   = (size_t)(end - packed);
    struct ht_flow *asleep = ht_block_take(sleepers->budget, ALWAYS + len);
    if (asleep != NULL) {
        memcpy(asleep, flow, ALWAYS);
        memcpy((char *)asleep + ALWAYS, packed, len);
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
    if (state_size > HT_FLOW_MAX_STATE || state_size % sizeof(uint64_t) != 0) {
        return flow;
    }
    fold(whole, place);
    struct ht_flow *asleep = pack(flow, state, state_size, sleepers);
    unfold(whole, state);
    if (asleep == NULL) {
        return flow;
    }
    ht_dispatch_put_state_away(&flow->dispatch);
    free_itself(sleepers->budget, flow);
    ht_budget_claim(sleepers->budget, size_of(asleep)); /* less than it was */
    return asleep;
}

/* All but the dissector's state, folded; returns where, in `packed`, that is. */
static const uint8_t *unpack(const struct ht_flow *asleep, const struct ht_flow_sleepers *sleepers,
                             struct ht_pack_past *past, uint8_t packed[LARGEST],
                             struct tcp_flow *out)
{
    memcpy(&out->flow, asleep, ALWAYS);
    memcpy(packed, (const char *)asleep + ALWAYS, asleep->packed_len);
    memset(packed + asleep->packed_len, 0, HT_PACK_SLACK);
    *past                = past_of(asleep);
    out->flow.packed_len = 0;
    return ht_unpack(past, packed + 1, (char *)out + ALWAYS, sleepers->like[packed[0]].words,
                     PACKED);
}

struct ht_flow *ht_flow_wake(struct ht_flow *flow, const struct ht_flow_sleepers *sleepers)
{
    uint8_t packed[LARGEST];
    struct ht_pack_past past;
    struct tcp_flow *awake = ht_block_take(sleepers->budget, sizeof *awake);
    if (awake == NULL) {
        return NULL;
    }
    const uint8_t *state      = unpack(flow, sleepers, &past, packed, awake);
    struct ht_dispatch *found = &awake->flow.dispatch;
    bool is_made              = ht_dispatch_make_state(found);
    unfold(awake, found->state);
    if (!is_made) {
        ht_block_give(sleepers->budget, awake, sizeof *awake);
        return NULL;
    }
    (void)ht_unpack(&past, state, found->state, like_state(&sleepers->like[packed[0]]),
                    ht_dispatch_state_size(found));
    ht_budget_claim(sleepers->budget, sizeof *awake);
    free_itself(sleepers->budget, flow);
    return &awake->flow;
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
        uint8_t packed[LARGEST];
        struct ht_pack_past past;
        struct tcp_flow content;
        (void)unpack(flow, sleepers, &past, packed, &content);
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
