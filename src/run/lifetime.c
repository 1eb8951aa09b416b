/*
 * When flows end: by time in what is captured live, by the number of frames since in a file (and by
 * time where it is a pipe from who captures), at the end of the source, and early where there are
 * too many.
 */
#include "run/private.h"

#include "base/time.h"

#include <stdlib.h>

enum {
    TCP_IDLE_S       = 600, /* a connection that is silent for so long is told as it stands */
    HALF_OPEN_IDLE_S = 60,
    UDP_IDLE_S       = 60,
    SETTLED_IDLE_S   = 5, /* for repetitions of what was said */
    /* A FIN or SYN that gets lost is sent again after 0.2, 0.4 … 3.2 seconds. */
    CLOSED_LINGER_S = 5,
    /* Frames, of several interfaces too, are in order but for less than this; what is further back
     * is by a clock that was set. */
    SET_BACK_S = 3,

    /* In a file, by frames: a direction may have been stored late. Not by the number of other
     * flows, so that a flow ends at the same frame wherever the others are followed. */
    CLOSED_LINGER_FRAMES = 1 << 18,
    UDP_IDLE_FRAMES      = 1 << 17,
    EXPIRE_STEP          = 64, /* frames from one look at the lists to the next */

    FEW = 12, /* flows that are sorted one by one */

    MAX_HALF_OPEN = 1 << 17
};

void ht_engine_set_now(struct ht_engine *engine, int64_t time_ns)
{
    if (time_ns > engine->now_ns || engine->now_ns - time_ns > SET_BACK_S * HT_SECOND_NS) {
        engine->now_ns = time_ns;
    }
}

/* Was it so long ago? Also where it is yet to come: what was there before the clock was set back
 * would be waited for until then, with all that stands behind it. */
static bool is_past(const struct ht_engine *engine, int64_t time_ns, int64_t seconds)
{
    int64_t age_ns = engine->now_ns - time_ns;
    return age_ns > seconds * HT_SECOND_NS || -age_ns > SET_BACK_S * HT_SECOND_NS;
}

static bool idle(const struct ht_engine *engine, const struct ht_flow_list *list, int64_t seconds)
{
    return list->oldest != NULL && is_past(engine, list->oldest->end_ns, seconds);
}

static void count_half_open(struct ht_engine *engine)
{
    struct ht_flow *flow = engine->table.half_open.oldest;
    ht_stats_count_unfinished(&engine->stats, &flow->key.endpoint[1 - flow->client],
                              flow->start_ns);
    ht_engine_drop(engine, flow);
}

static void count_opening(struct ht_engine *engine, struct ht_opening *opening)
{
    struct ht_packet packet;
    struct ht_frame frame = ht_opening_frame(opening);
    (void)ht_packet_decode(&packet, &frame);
    ht_stats_count_unfinished(&engine->stats, &packet.destination, frame.time_ns);
    ht_openings_remove(&engine->openings, opening);
}

/* Among too many handshakes that do not complete one is counted, and has no record of its own. */
static void end_half_open(struct ht_engine *engine)
{
    if (engine->table.half_open.len <= HT_MAX_UNFINISHED_TOLD) {
        ht_engine_tell(engine, engine->table.half_open.oldest);
    } else {
        count_half_open(engine);
    }
}

static void end_opening(struct ht_engine *engine, struct ht_opening *opening)
{
    if (engine->openings.len <= HT_MAX_UNFINISHED_TOLD) {
        (void)ht_engine_open(engine, opening);
    } else {
        count_opening(engine, opening);
    }
}

struct ht_unfinished ht_engine_unfinished(struct ht_engine *engine, enum ht_unfinished_kind kind)
{
    const struct ht_opening *opening = ht_openings_oldest(&engine->openings);
    const struct ht_flow_list *flows = &engine->table.half_open;
    if (kind == HT_UNFINISHED_SYN) {
        return (struct ht_unfinished){engine->openings.len,
                                      opening != NULL ? opening->number : UINT64_MAX};
    }
    return (struct ht_unfinished){engine->openings.len + flows->len,
                                  flows->oldest != NULL ? flows->oldest->moved : UINT64_MAX};
}

void ht_engine_count_unfinished(struct ht_engine *engine, enum ht_unfinished_kind kind)
{
    if (kind == HT_UNFINISHED_SYN) {
        count_opening(engine, ht_openings_oldest(&engine->openings));
    } else {
        count_half_open(engine);
    }
}

void ht_engine_make_opening_room(struct ht_engine *engine)
{
    while (ht_openings_full(&engine->openings)) {
        end_opening(engine, ht_openings_oldest(&engine->openings));
    }
}

static void expire_handshakes(struct ht_engine *engine)
{
    struct ht_opening *opening = ht_openings_oldest(&engine->openings);
    while (opening != NULL && is_past(engine, opening->time_ns, HALF_OPEN_IDLE_S)) {
        end_opening(engine, opening);
        opening = ht_openings_oldest(&engine->openings);
    }
    ht_engine_make_room(engine);
    while (idle(engine, &engine->table.half_open, HALF_OPEN_IDLE_S)) {
        end_half_open(engine);
    }
}

static void expire_by_time(struct ht_engine *engine)
{
    struct ht_flow_table *table = &engine->table;
    expire_handshakes(engine);
    while (idle(engine, &table->closed, CLOSED_LINGER_S)) {
        ht_engine_tell(engine, table->closed.oldest);
    }
    while (idle(engine, &table->settled, SETTLED_IDLE_S)) {
        ht_engine_tell(engine, table->settled.oldest);
    }
    while (idle(engine, &table->udp, UDP_IDLE_S)) {
        ht_engine_tell(engine, table->udp.oldest);
    }
    while (idle(engine, &table->tcp, TCP_IDLE_S)) {
        ht_engine_tell(engine, table->tcp.oldest);
    }
}

/* Of what is read from a file, lists are in order but for as many flows as there are frames in
 * which one is not moved up. None is over before `least_s`. */
static void expire_list(struct ht_engine *engine, const struct ht_flow_list *list, int64_t least_s)
{
    unsigned passed = 0;
    for (struct ht_flow *flow = list->oldest, *next; flow != NULL; flow = next) {
        bool is_long = list == &engine->table.udp && !ht_engine_is_settled(flow);
        next         = flow->newer;
        passed += !is_past(engine, flow->end_ns, least_s);
        if (passed > list->touch_frames) {
            break;
        }
        if (is_past(engine, flow->end_ns, is_long ? UDP_IDLE_S : least_s)) {
            ht_engine_tell(engine, flow);
        }
    }
}

void ht_engine_expire_once(struct ht_engine *engine)
{
    expire_handshakes(engine);
    expire_list(engine, &engine->table.closed, CLOSED_LINGER_S);
    expire_list(engine, &engine->table.udp, SETTLED_IDLE_S);
    expire_list(engine, &engine->table.tcp, TCP_IDLE_S);
}

/* The place before which the oldest of a list ends. */
static uint64_t end_of(const struct ht_flow_list *list, uint64_t frames)
{
    return list->oldest != NULL ? list->oldest->moved + (frames << 16) : UINT64_MAX;
}

/* The flows that end next have their memory fetched while `flow` is told, of which this is last. */
static void fetch_next(const struct ht_flow_table *table, const struct ht_flow *flow)
{
    const struct ht_flow *next = flow->newer;
    ht_arena_fetch_more(&flow->arena);
    ht_timeline_fetch(&flow->timeline);
    if (next != NULL) {
        ht_flow_table_fetch(table, next);
        ht_flow_fetch(next->newer);
    }
}

static void expire_by_number(struct ht_engine *engine, uint64_t number)
{
    const struct ht_flow_table *table = &engine->table;
    for (;;) {
        uint64_t closed = end_of(&table->closed, CLOSED_LINGER_FRAMES);
        uint64_t udp    = end_of(&table->udp, UDP_IDLE_FRAMES);
        bool is_udp     = udp < closed;
        uint64_t first  = is_udp ? udp : closed;
        if (first >> 16 >= number) {
            break;
        }
        /* The look at which one engine that sees all frames would have found it. */
        uint64_t look = (first >> 16) / EXPIRE_STEP * EXPIRE_STEP + EXPIRE_STEP;
        engine->order = (struct ht_order){.at = 2 * look, .then = 2 * first + is_udp};
        fetch_next(table, is_udp ? table->udp.oldest : table->closed.oldest);
        ht_engine_tell(engine, is_udp ? table->udp.oldest : table->closed.oldest);
    }
}

/* None of them is the flow at hand any more. */
static void put_to_sleep(struct ht_engine *engine, uint64_t number)
{
    if (number > engine->config.sleep_frames) {
        engine->flow = NULL;
        ht_flow_table_rest(&engine->table, number << 16, engine->config.sleep_frames);
    }
}

void ht_engine_expire(struct ht_engine *engine, uint64_t number)
{
    if (engine->config.live) {
        expire_by_time(engine);
        put_to_sleep(engine, number);
    } else if (number >= engine->next_expiry) {
        expire_by_number(engine, number - number % EXPIRE_STEP);
        put_to_sleep(engine, number);
        engine->next_expiry = number - number % EXPIRE_STEP + EXPIRE_STEP;
    }
}

/* Closed ones first, then those that may never open, then the longest silent. */
static const struct ht_flow_list *least_useful(const struct ht_flow_table *table)
{
    const struct ht_flow_list *const lists[] = {&table->closed, &table->settled, &table->half_open,
                                                &table->udp};
    for (size_t i = 0; i < HT_ARRAY_LEN(lists); i++) {
        if (lists[i]->len > 0) {
            return lists[i];
        }
    }
    return &table->tcp;
}

/* An eighth of the memory stays free, so that new flows are never refused for the sake of old ones.
 */
static bool is_tight(const struct ht_engine *engine)
{
    return engine->budget.used - engine->leaving_bytes >
               engine->budget.max - engine->budget.max / 8 &&
           engine->table.len > 0;
}

void ht_engine_make_room(struct ht_engine *engine)
{
    struct ht_flow_table *table = &engine->table;
    while (table->half_open.len > MAX_HALF_OPEN) {
        end_half_open(engine);
    }
    while (table->len > engine->config.max_flows || is_tight(engine)) {
        const struct ht_flow_list *list = least_useful(table);
        bool early                      = list != &table->closed && list != &table->settled;
        engine->stats.evicted_flows += early;
        list->oldest->limit_reached |= early;
        ht_engine_tell(engine, list->oldest);
    }
}

/* For a few. */
static void insert_each(struct ht_flush_flow *begin, struct ht_flush_flow *end)
{
    for (struct ht_flush_flow *each = begin; each < end; each++) {
        struct ht_flush_flow flow   = *each;
        struct ht_flush_flow *place = each;
        for (; place > begin && place[-1].first > flow.first; place--) {
            *place = place[-1];
        }
        *place = flow;
    }
}

/* Sorts by `bit` of `first` and those below it. In place: qsort may take as much memory again, when
 * there is the least of it. As deep as there are bits. Most stay where they are, for they come in
 * an order that is nearly that. */
static void sort_from(struct ht_flush_flow *begin, struct ht_flush_flow *end, uint64_t bit)
{
    struct ht_flush_flow *low = begin, *high = end;
    if (end - begin <= FEW || bit == 0) {
        insert_each(begin, end);
        return;
    }
    for (;;) {
        for (; low < high && (low->first & bit) == 0; low++) {
        }
        for (; low < high && (high[-1].first & bit) != 0; high--) {
        }
        if (low == high) {
            break;
        }
        struct ht_flush_flow with = *--high;
        *high                     = *low;
        *low++                    = with;
    }
    sort_from(begin, low, bit >> 1);
    sort_from(low, end, bit >> 1);
}

static void sort(struct ht_flush_flow *begin, struct ht_flush_flow *end)
{
    uint64_t bits = 1;
    for (const struct ht_flush_flow *each = begin; each < end; each++) {
        bits |= each->first;
    }
    sort_from(begin, end, UINT64_C(1) << (63 - __builtin_clzll(bits)));
}

static struct ht_flush_flow flush_of(struct ht_flow *flow)
{
    return (struct ht_flush_flow){.first = flow->first_frame << 16 | flow->first_part,
                                  .flow  = flow};
}

/* From both ends: of two flows that are waited for at once, neither's memory leads to the other. */
static struct ht_flush_flow *gather(struct ht_flush_flow *out, const struct ht_flow_list *list)
{
    struct ht_flow *older = list->oldest, *newer = list->newest;
    struct ht_flush_flow *low = out, *high = out + list->len;
    for (; high - low > 1; older = older->newer, newer = newer->older) {
        *low++  = flush_of(older);
        *--high = flush_of(newer);
    }
    if (low < high) {
        *low = flush_of(older);
    }
    return out + list->len;
}

/* Puts all flows in order; without memory for that there is none to tell until the end. */
static void gather_all(struct ht_engine *engine)
{
    const struct ht_flow_table *table = &engine->table;
    struct ht_flush *flush            = &engine->flush;
    struct ht_flush_flow *end = flush->flows = calloc(table->len + 1, sizeof *flush->flows);
    if (end == NULL) {
        return;
    }
    end        = gather(end, &table->half_open);
    end        = gather(end, &table->tcp);
    end        = gather(end, &table->udp);
    end        = gather(end, &table->settled);
    end        = gather(end, &table->closed);
    flush->len = (size_t)(end - flush->flows);
    sort(flush->flows, end);
}

static void begin_flush(struct ht_engine *engine)
{
    ht_fragments_flush(&engine->fragments);
    for (struct ht_opening *o; (o = ht_openings_oldest(&engine->openings)) != NULL;) {
        engine->order = (struct ht_order){.at = UINT64_MAX - 1, .then = o->number};
        end_opening(engine, o);
    }
    while (engine->table.half_open.len > HT_MAX_UNFINISHED_TOLD) {
        end_half_open(engine);
    }
    ht_flow_table_hide_all(&engine->table);
    gather_all(engine);
    engine->flush.begun = true;
}

bool ht_engine_flush_until(struct ht_engine *engine, uint64_t number)
{
    struct ht_flush *flush = &engine->flush;
    if (!flush->begun) {
        begin_flush(engine);
    }
    for (; flush->at < flush->len && flush->flows[flush->at].first >> 16 < number; flush->at++) {
        const struct ht_flush_flow *each = &flush->flows[flush->at];
        engine->order                    = (struct ht_order){.at = UINT64_MAX, .then = each->first};
        if (flush->len - flush->at > 2) { /* the next ones have their memory fetched meanwhile */
            ht_flow_table_fetch(&engine->table, each[1].flow);
            ht_flow_fetch(each[2].flow);
        }
        ht_engine_tell(engine, each->flow);
    }
    return !engine->failed;
}

bool ht_engine_flush(struct ht_engine *engine)
{
    (void)ht_engine_flush_until(engine, UINT64_MAX);
    while (engine->table.len > 0) { /* without room to sort them they are told as they lie */
        ht_engine_tell(engine, least_useful(&engine->table)->oldest);
    }
    free(engine->flush.flows);
    engine->flush       = (struct ht_flush){0};
    engine->next_expiry = 0;
    return !engine->failed;
}
