#include "dns/transaction.h"

#include "base/time.h"
#include "dns/name.h"

enum { SMALLEST_ROOM = 64, TYPE_IXFR = 251, TYPE_AXFR = 252 };

/* For how long a frame that says the same again counts as a repetition: resolvers send a query
 * again after some seconds, unanswered; a mirror port doubles what was answered at once. */
#define UNANSWERED_WAITS (30 * HT_SECOND_NS)
#define ANSWERED_WAITS (5 * HT_SECOND_NS)

/* Two queues of one network card may stamp an answer a little before its query. */
#define SLACK (HT_SECOND_NS / 100)

static const struct dns_half *first_half(const struct dns_pair *pair)
{
    return pair->query.frame != 0 ? &pair->query : &pair->answer;
}

static struct ht_bytes spell_number(struct ht_arena *arena, const struct ht_registry *registry,
                                    uint16_t value)
{
    const struct ht_registry_entry *known = ht_registry_find(registry, value);
    struct dns_text text;
    if (known != NULL) {
        return ht_text(known->name);
    }
    dns_text_start(&text, arena);
    dns_text_uint(&text, value);
    return dns_text_done(&text);
}

static const struct dns_party *party(struct ht_arena *arena, const struct ht_endpoint *endpoint)
{
    struct dns_party *out = ht_arena_alloc(arena, sizeof *out);
    if (out != NULL) {
        *out = (struct dns_party){.ip = endpoint->address, .port = endpoint->port};
    }
    return out;
}

/* What the message says of the transaction as a whole. */
static void describe_message(struct ht_arena *arena, const struct dns_message *m,
                             struct dns_transaction *out)
{
    out->id = m->id;
    if (m->header && m->opcode != 0) {
        out->opcode = spell_number(arena, &dns_opcodes, m->opcode);
    }
    if (m->header && m->response) {
        out->rcode = spell_number(arena, &dns_rcodes, m->rcode);
    }
    out->authoritative       = m->authoritative;
    out->truncated           = m->truncated;
    out->recursion_desired   = m->recursion_desired;
    out->recursion_available = m->recursion_available;
    out->authentic_data      = m->authentic_data;
    out->checking_disabled   = m->checking_disabled;
    out->edns                = m->edns != NULL ? m->edns : out->edns;
    if (m->num_questions > 0) {
        out->question       = &m->questions[0];
        out->more_questions = (struct ht_objects){
            .items = m->num_questions > 1 ? m->questions + 1 : NULL, .len = m->num_questions - 1};
    }
    struct ht_objects *lists[] = {&out->answers, &out->authority, &out->additional};
    for (size_t i = 0; i < HT_ARRAY_LEN(lists); i++) {
        *lists[i] = (struct ht_objects){.items = m->records[i], .len = m->num_records[i]};
    }
}

/* Adds one of the messages, the answer after the query, so that it has the last word. */
static void describe_half(const struct dns_state *state, struct ht_arena *arena,
                          const struct dns_half *half, struct dns_transaction *out)
{
    struct dns_message m;
    if (half->frame == 0) {
        return;
    }
    bool good = dns_message_parse(half->bytes, state->kind == DNS_MULTICAST, arena, &m);
    describe_message(arena, &m, out);
    out->malformed |= !good && !half->partial && !m.limit_reached;
    out->partial |= half->partial;
    out->limit_reached |= m.limit_reached;
}

void dns_describe(const struct dns_state *state, struct ht_emitter *e, const struct dns_pair *pair,
                  struct dns_transaction *out)
{
    static const char *const protocols[] = {NULL, "llmnr", "mdns"};
    const struct dns_half *query = &pair->query, *answer = &pair->answer;

    *out = (struct dns_transaction){
        .start_ns       = first_half(pair)->time_ns,
        .protocol       = protocols[state->kind],
        .transport      = e->transport,
        .client         = party(e->scratch, &e->endpoint[pair->client]),
        .server         = party(e->scratch, &e->endpoint[1 - pair->client]),
        .query_frame    = query->frame,
        .answer_frame   = answer->frame,
        .repeat_frames  = {.items = pair->repeats, .len = pair->num_repeats},
        .limit_reached  = pair->evicted,
        .query_time_ns  = query->time_ns,
        .answer_time_ns = answer->time_ns};
    if (query->frame != 0 && answer->frame != 0 && answer->time_ns > query->time_ns) {
        out->rtt_ns = (uint64_t)answer->time_ns - (uint64_t)query->time_ns;
    }
    describe_half(state, e->scratch, query, out);
    describe_half(state, e->scratch, answer, out);
}

void dns_tell(const struct dns_state *state, struct ht_emitter *e, const struct dns_pair *pair)
{
    struct dns_transaction transaction;
    dns_describe(state, e, pair, &transaction);
    ht_record(e, &dns_transaction_record, &transaction);
}

/* Takes the pair out of those that wait; its memory can be used again. */
static void release(struct dns_state *state, struct dns_pair *pair)
{
    struct dns_pair *before = NULL;
    for (struct dns_pair *p = state->oldest; p != NULL && p != pair; p = p->next) {
        before = p;
    }
    if (before == NULL) {
        state->oldest = pair->next;
    } else {
        before->next = pair->next;
    }
    if (state->newest == pair) {
        state->newest = before;
    }
    state->num_waiting--;
    *pair =
        (struct dns_pair){.next    = state->unused,
                          .query   = {.room = pair->query.room, .capacity = pair->query.capacity},
                          .answer  = {.room = pair->answer.room, .capacity = pair->answer.capacity},
                          .repeats = pair->repeats};
    state->unused = pair;
}

static void retire(struct dns_state *state, struct ht_emitter *e, struct dns_pair *pair)
{
    if (!pair->told) {
        dns_tell(state, e, pair);
    }
    release(state, pair);
}

/* The oldest complete one goes first; else the oldest, before its time. */
static void evict(struct dns_state *state, struct ht_emitter *e)
{
    struct dns_pair *pair = state->oldest;
    while (pair != NULL && (pair->query.frame == 0 || pair->answer.frame == 0)) {
        pair = pair->next;
    }
    if (pair == NULL) {
        pair          = state->oldest;
        pair->evicted = true;
    }
    retire(state, e, pair);
}

/* Copies the message into the pair's memory; false where there is no room. */
static bool keep(struct ht_arena *arena, struct dns_half *to, const struct dns_half *from)
{
    size_t need = SMALLEST_ROOM;
    while (need < from->bytes.len) {
        need *= 2;
    }
    if (to->capacity < need) {
        uint8_t *room = ht_arena_alloc(arena, need);
        if (room == NULL) {
            return false;
        }
        to->room     = room;
        to->capacity = (uint32_t)need;
    }
    if (from->bytes.len > 0) {
        memcpy(to->room, from->bytes.ptr, from->bytes.len);
    }
    to->time_ns = from->time_ns;
    to->frame   = from->frame;
    to->partial = from->partial;
    to->bytes   = ht_bytes(to->room, from->bytes.len);
    return true;
}

/* A pair among those that wait, newest; NULL where there is no room. */
static struct dns_pair *add(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                            uint16_t id)
{
    if (state->num_waiting == DNS_MAX_WAITING) {
        evict(state, e);
    }
    struct dns_pair *pair = state->unused;
    if (pair != NULL) {
        state->unused = pair->next;
    } else {
        pair = ht_arena_alloc(e->arena, sizeof *pair);
    }
    if (pair == NULL) {
        return NULL;
    }
    pair->next   = NULL;
    pair->client = (uint8_t)client;
    pair->id     = id;
    if (state->newest != NULL) {
        state->newest->next = pair;
    } else {
        state->oldest = pair;
    }
    state->newest = pair;
    state->num_waiting++;
    return pair;
}

static bool same_question(const struct dns_state *state, struct ht_emitter *e,
                          const struct dns_pair *pair, const struct dns_half *half,
                          const struct dns_message *m)
{
    struct dns_message kept;
    const struct dns_half *first = first_half(pair);
    if (ht_bytes_equal(first->bytes, half->bytes)) {
        return true;
    }
    (void)dns_question_parse(first->bytes, state->kind == DNS_MULTICAST, e->scratch, &kept);
    if (kept.num_questions == 0 || m->num_questions == 0) {
        /* An error may come without the question. */
        return kept.response != m->response;
    }
    const struct dns_question *a = &kept.questions[0], *b = &m->questions[0];
    return a->type_id == b->type_id && ht_bytes_equal(a->class, b->class) &&
           dns_names_equal(a->name, b->name);
}

/* What must be true of a pair, beside id and question, for a message to belong to it. */
typedef bool fits(const struct dns_pair *pair, const struct dns_half *half);

static struct dns_pair *find(const struct dns_state *state, struct ht_emitter *e,
                             enum ht_side client, const struct dns_half *half,
                             const struct dns_message *m, fits *test)
{
    for (struct dns_pair *p = state->oldest; p != NULL; p = p->next) {
        if (p->id == m->id && p->client == client && test(p, half) &&
            same_question(state, e, p, half, m)) {
            return p;
        }
    }
    return NULL;
}

static bool awaits_query(const struct dns_pair *pair, const struct dns_half *query)
{
    return pair->query.frame == 0 && query->time_ns - SLACK <= pair->answer.time_ns;
}

static bool awaits_answer(const struct dns_pair *pair, const struct dns_half *answer)
{
    return pair->answer.frame == 0 && pair->query.time_ns - SLACK <= answer->time_ns;
}

static bool repeats_query(const struct dns_pair *pair, const struct dns_half *query)
{
    int64_t since = query->time_ns - pair->query.time_ns;
    bool answered = pair->answer.frame != 0;
    return pair->query.frame != 0 && since <= (answered ? ANSWERED_WAITS : UNANSWERED_WAITS);
}

static bool repeats_answer(const struct dns_pair *pair, const struct dns_half *answer)
{
    return pair->answer.frame != 0 && ht_bytes_equal(pair->answer.bytes, answer->bytes) &&
           answer->time_ns - pair->answer.time_ns <= ANSWERED_WAITS;
}

static bool had_answer(const struct dns_pair *pair, const struct dns_half *answer)
{
    (void)answer;
    return pair->query.frame != 0 && pair->answer.frame != 0;
}

static bool add_repeat(struct dns_pair *pair, struct ht_emitter *e)
{
    if (pair->repeats == NULL) {
        pair->repeats = ht_arena_alloc(e->arena, DNS_MAX_REPEATS * sizeof *pair->repeats);
    }
    if (pair->repeats == NULL || pair->num_repeats == DNS_MAX_REPEATS) {
        return false;
    }
    pair->repeats[pair->num_repeats++] = e->frame;
    return true;
}

bool dns_note_repeat(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                     const struct dns_half *half, const struct dns_message *m)
{
    fits *test            = m->response ? repeats_answer : repeats_query;
    struct dns_pair *pair = state->stream ? NULL : find(state, e, client, half, m, test);
    if (pair == NULL) {
        return false;
    }
    if (add_repeat(pair, e)) {
        return true;
    }
    retire(state, e, pair);
    return false;
}

static bool is_transfer(struct ht_emitter *e, const struct dns_pair *pair)
{
    struct dns_message m;
    (void)dns_question_parse(pair->query.bytes, false, e->scratch, &m);
    return m.num_questions > 0 &&
           (m.questions[0].type_id == TYPE_AXFR || m.questions[0].type_id == TYPE_IXFR);
}

/* Both halves are there. Of a zone transfer, more answers follow. */
static void complete(struct dns_state *state, struct ht_emitter *e, struct dns_pair *pair)
{
    if (!state->stream) {
        return;
    }
    dns_tell(state, e, pair);
    pair->told = true;
    if (!is_transfer(e, pair)) {
        release(state, pair);
    }
}

/* Adds the other half to a pair that waits for it. Without room it is told as it stands. */
static void join(struct dns_state *state, struct ht_emitter *e, struct dns_pair *pair,
                 struct dns_half *to, const struct dns_half *half)
{
    if (keep(e->arena, to, half)) {
        complete(state, e, pair);
        return;
    }
    struct dns_half was = *to;
    *to                 = *half;
    dns_tell(state, e, pair);
    *to        = was;
    pair->told = true;
    release(state, pair);
}

/* Begins a transaction with the message. Without room it is told at once. */
static void begin(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                  const struct dns_half *half, const struct dns_message *m)
{
    struct dns_pair *pair = add(state, e, client, m->id);
    if (pair != NULL && keep(e->arena, m->response ? &pair->answer : &pair->query, half)) {
        return;
    }
    if (pair != NULL) {
        release(state, pair);
    }
    struct dns_pair alone                         = {.id = m->id, .client = (uint8_t)client};
    *(m->response ? &alone.answer : &alone.query) = *half;
    dns_tell(state, e, &alone);
}

struct dns_pair *dns_find_query(const struct dns_state *state, struct ht_emitter *e,
                                enum ht_side client, const struct dns_half *half,
                                const struct dns_message *m)
{
    struct dns_pair *pair = find(state, e, client, half, m, awaits_answer);
    return pair != NULL ? pair : find(state, e, client, half, m, had_answer);
}

void dns_take_query(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                    const struct dns_half *half, const struct dns_message *m)
{
    struct dns_pair *pair = find(state, e, client, half, m, awaits_query);
    if (pair != NULL) {
        join(state, e, pair, &pair->query, half);
    } else {
        begin(state, e, client, half, m);
    }
}

void dns_take_answer(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                     const struct dns_half *half, const struct dns_message *m)
{
    struct dns_pair *pair = find(state, e, client, half, m, awaits_answer);
    if (pair != NULL) {
        join(state, e, pair, &pair->answer, half);
        return;
    }
    pair = find(state, e, client, half, m, had_answer);
    if (pair == NULL) {
        begin(state, e, client, half, m);
        return;
    }
    struct dns_pair another = {
        .query = pair->query, .answer = *half, .id = pair->id, .client = pair->client};
    dns_tell(state, e, &another);
}

static bool waited_enough(const struct dns_pair *pair, int64_t now_ns)
{
    bool answered = pair->answer.frame != 0 && pair->query.frame != 0;
    return now_ns - first_half(pair)->time_ns > (answered ? ANSWERED_WAITS : UNANSWERED_WAITS);
}

void dns_expire(struct dns_state *state, struct ht_emitter *e)
{
    while (state->oldest != NULL && waited_enough(state->oldest, e->time_ns)) {
        retire(state, e, state->oldest);
    }
}

void dns_tell_all(struct dns_state *state, struct ht_emitter *e)
{
    while (state->oldest != NULL) {
        retire(state, e, state->oldest);
    }
}
