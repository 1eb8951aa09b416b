#include "flow/table.h"

#include "base/hash.h"

#include <netinet/in.h>

enum {
    FETCHED_STATE = 512 /* bytes of a dissector's state */
};

bool ht_flow_table_init(struct ht_flow_table *table, uint64_t seed, struct ht_budget *budget,
                        struct ht_flow_touches touches)
{
    *table = (struct ht_flow_table){.seed                   = seed,
                                    .half_open.touch_frames = touches.frames,
                                    .tcp.touch_frames       = touches.open_frames,
                                    .udp.touch_frames       = touches.frames,
                                    .settled.touch_frames   = touches.frames,
                                    .closed.touch_frames    = touches.frames};
    ht_flow_sleepers_init(&table->sleepers, budget);
    return ht_flow_index_init(&table->index);
}

void ht_flow_table_remember(struct ht_flow_table *table, struct ht_flow *flow)
{
    uint64_t mixed = ht_flow_recall_mix(&flow->key.endpoint[0], &flow->key.endpoint[1]);
    struct ht_flow_recall *pair = table->recalled[ht_flow_recall_place(mixed)];
    pair[1]                     = pair[0];
    pair[0] = (struct ht_flow_recall){.flow = flow, .check = ht_flow_recall_check(mixed)};
}

/* It is remembered no more. */
static void forget(struct ht_flow_table *table, const struct ht_flow *flow)
{
    uint64_t mixed = ht_flow_recall_mix(&flow->key.endpoint[0], &flow->key.endpoint[1]);
    struct ht_flow_recall *pair = table->recalled[ht_flow_recall_place(mixed)];
    for (int i = 0; i < 2; i++) {
        if (pair[i].flow == flow) {
            pair[i] = (struct ht_flow_recall){0};
        }
    }
}

static void append(struct ht_flow_list *list, struct ht_flow *flow, uint64_t place)
{
    flow->moved                                                    = place;
    flow->list                                                     = list;
    flow->newer                                                    = NULL;
    flow->older                                                    = list->newest;
    *(list->newest != NULL ? &list->newest->newer : &list->oldest) = flow;
    list->newest                                                   = flow;
    list->awake = list->awake != NULL ? list->awake : flow;
    list->len++;
}

static void take_out(struct ht_flow_list *list, struct ht_flow *flow)
{
    *(flow->older != NULL ? &flow->older->newer : &list->oldest) = flow->newer;
    *(flow->newer != NULL ? &flow->newer->older : &list->newest) = flow->older;
    list->awake = list->awake == flow ? flow->newer : list->awake;
    list->len--;
}

struct ht_flow *ht_flow_table_add(struct ht_flow_table *table, const struct ht_flow_key *key,
                                  uint64_t hash, uint64_t place)
{
    struct ht_flow *flow = ht_flow_index_make_room(&table->index)
                               ? ht_flow_new(table->sleepers.budget, key->protocol == IPPROTO_TCP)
                               : NULL;
    if (flow == NULL) {
        return NULL;
    }
    ht_flow_key_copy(&flow->key, key); /* it may be packed: the rest of it is to be zero */
    ht_flow_index_add(&table->index, flow, hash);
    table->len++;
    append(key->protocol == IPPROTO_TCP ? &table->half_open : &table->udp, flow, place);
    return flow;
}

void ht_flow_table_move(struct ht_flow *flow, struct ht_flow_list *list, uint64_t place)
{
    take_out(flow->list, flow);
    append(list, flow, place);
}

void ht_flow_table_touch(struct ht_flow *flow, uint64_t place)
{
    if ((place >> 16) - (flow->moved >> 16) >= flow->list->touch_frames) {
        ht_flow_table_move(flow, flow->list, place);
    }
}

static uint64_t hash_of(const struct ht_flow_table *table, const struct ht_flow *flow)
{
    if (flow->packed_len == 0) {
        return ht_flow_key_hash(&flow->key, table->seed);
    }
    const struct ht_flow_key key = ht_flow_key_asleep(flow, &table->sleepers);
    return ht_flow_key_hash(&key, table->seed);
}

/* What in the table points at a flow that can be found. */
static struct ht_flow **link_to(const struct ht_flow_table *table, const struct ht_flow *flow)
{
    return ht_flow_index_place(&table->index, flow, hash_of(table, flow));
}

static bool can_be_found(const struct ht_flow_table *table, const struct ht_flow *flow)
{
    return !flow->retired && table->index.len > 0;
}

static void hide(struct ht_flow_table *table, struct ht_flow *flow)
{
    if (can_be_found(table, flow)) {
        ht_flow_index_remove(&table->index, flow, hash_of(table, flow));
        if (flow->packed_len == 0) { /* none that sleeps is remembered */
            forget(table, flow);
        }
    }
    flow->retired = true;
}

void ht_flow_table_hide_all(struct ht_flow_table *table)
{
    ht_flow_index_clear(&table->index);
    memset(table->recalled, 0, sizeof table->recalled);
}

/* `flow`, an open connection, lies elsewhere now than where `link` points (NULL: nothing does). */
static void moved_to(struct ht_flow_list *list, struct ht_flow **link, struct ht_flow *flow)
{
    *(flow->older != NULL ? &flow->older->newer : &list->oldest) = flow;
    *(flow->newer != NULL ? &flow->newer->older : &list->newest) = flow;
    if (link != NULL) {
        *link = flow;
    }
}

void ht_flow_fetch(const struct ht_flow *flow)
{
    if (flow != NULL) {
        ht_fetch_all(flow, sizeof *flow);
    }
}

/* What hangs in the flow but for its arena; over UDP all is in that. */
static void fetch_states(const struct ht_flow *flow)
{
    if (flow->packed_len == 0 && flow->tcp != NULL) {
        ht_fetch_all(flow->tcp, sizeof *flow->tcp);
        if (flow->dispatch.state != NULL) {
            ht_fetch_all(flow->dispatch.state, FETCHED_STATE);
        }
    }
}

void ht_flow_fetch_content(const struct ht_flow *flow)
{
    fetch_states(flow);
    ht_arena_fetch(&flow->arena);
}

void ht_flow_table_fetch(const struct ht_flow_table *table, const struct ht_flow *flow)
{
    if (flow->packed_len == 0 && can_be_found(table, flow)) {
        ht_flow_index_fetch(&table->index, hash_of(table, flow));
    }
    ht_flow_fetch_content(flow);
}

/* The connections that sleep next have their memory fetched while `flow` is packed. */
static void fetch_next(const struct ht_flow_table *table, const struct ht_flow *flow)
{
    const struct ht_flow *next = flow->newer;
    if (next != NULL) {
        ht_flow_index_fetch(&table->index, hash_of(table, next));
        fetch_states(next); /* its arena stays as it is */
        ht_flow_fetch(next->newer);
    }
}

void ht_flow_table_rest(struct ht_flow_table *table, uint64_t place, uint64_t frames)
{
    struct ht_flow_list *list = &table->tcp;
    while (list->awake != NULL && list->awake->moved + (frames << 16) < place) {
        struct ht_flow *flow  = list->awake;
        struct ht_flow **link = link_to(table, flow);
        list->awake           = flow->newer;
        fetch_next(table, flow);
        forget(table, flow);
        moved_to(list, link, ht_flow_sleep(flow, &table->sleepers, place));
    }
}

/* Wakes a sleeping flow that `link` points at. */
static struct ht_flow *wake(struct ht_flow_table *table, struct ht_flow **link,
                            struct ht_flow *flow)
{
    struct ht_flow *awake = ht_flow_wake(flow, &table->sleepers);
    if (awake != NULL) {
        moved_to(&table->tcp, link, awake);
    } else {
        ht_flow_table_remove(table, flow);
        table->lost++;
    }
    return awake;
}

struct ht_flow *ht_flow_table_wake(struct ht_flow_table *table, struct ht_flow *flow)
{
    if (flow->packed_len == 0) {
        return flow;
    }
    return wake(table, can_be_found(table, flow) ? link_to(table, flow) : NULL, flow);
}

/* What sleeps is woken before its key is looked at: it is hardly ever another's, and then nothing
 * came of it. */
struct ht_flow *ht_flow_table_find(struct ht_flow_table *table, const struct ht_flow_key *key,
                                   uint64_t hash)
{
    struct ht_flow *flow = ht_flow_index_find(&table->index, key, hash);
    while (flow != NULL && flow->packed_len != 0) {
        (void)wake(table, ht_flow_index_place(&table->index, flow, hash), flow);
        flow = ht_flow_index_find(&table->index, key, hash);
    }
    return flow;
}

void ht_flow_table_retire(struct ht_flow_table *table, struct ht_flow *flow, uint64_t place)
{
    if (flow->list != &table->closed) {
        ht_flow_table_move(flow, &table->closed, place);
    }
    hide(table, flow);
}

static void take(struct ht_flow_table *table, struct ht_flow_list *list, struct ht_flow *flow)
{
    hide(table, flow);
    take_out(list, flow);
    table->len--;
}

void ht_flow_table_take(struct ht_flow_table *table, struct ht_flow *flow)
{
    take(table, flow->list, flow);
    flow->list = NULL;
}

void ht_flow_table_remove(struct ht_flow_table *table, struct ht_flow *flow)
{
    struct ht_flow_list *list = flow->packed_len != 0 ? &table->tcp : flow->list;
    if (list != NULL) {
        take(table, list, flow);
    }
    ht_flow_free(flow, &table->sleepers);
}

void ht_flow_table_fini(struct ht_flow_table *table)
{
    ht_flow_sleepers_fini(&table->sleepers);
    ht_flow_index_fini(&table->index);
}
