#include "dns/transaction.h"

#include "base/time.h"
#include "dns/name.h"
#include "dns/netbios.h"

enum { TYPE_IXFR = 251, TYPE_AXFR = 252 };

/* What most transactions need of their flow's memory, so that it lies side by side; and of that,
 * what most answers do, if another query came between. */
enum { USUAL_SIZE = 1008, USUAL_ANSWER = 768 };

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

/* Of multicast DNS and NetBIOS names, answers have no question of their own: it is the query's. */
static void tell_asked(const struct dns_message *m, const struct dns_question *question)
{
    for (size_t i = 0; i < m->num_records[0] && question != NULL; i++) {
        m->records[0][i].asked = question->name;
    }
}

static struct ht_objects records_of(const struct dns_message *m, enum dns_section section)
{
    return (struct ht_objects){.items = m->records[section], .len = m->num_records[section]};
}

/* What the message says of the transaction as a whole. */
static void describe_message(struct ht_arena *arena, enum dns_kind kind,
                             const struct dns_message *m, struct dns_transaction *out)
{
    bool llmnr = kind == DNS_LLMNR, netbios = kind == DNS_NETBIOS;
    out->id = m->id;
    if (m->header && m->opcode != 0) {
        out->opcode = spell_number(arena, netbios ? &dns_netbios_opcodes : &dns_opcodes, m->opcode);
    }
    if (m->header && m->response) {
        out->rcode = spell_number(arena, netbios ? &dns_netbios_rcodes : &dns_rcodes, m->rcode);
    }
    out->authoritative       = m->authoritative && !llmnr;
    out->conflict            = m->authoritative && llmnr; /* RFC 4795 section 2.1.1 */
    out->truncated           = m->truncated;
    out->recursion_desired   = m->recursion_desired && !llmnr;
    out->tentative           = m->recursion_desired && llmnr;
    out->recursion_available = m->recursion_available;
    out->authentic_data      = m->authentic_data;
    out->checking_disabled   = m->checking_disabled && !netbios;
    out->broadcast           = m->checking_disabled && netbios; /* RFC 1002 section 4.2.1.1 */
    out->edns                = m->edns != NULL ? m->edns : out->edns;
    if (m->num_questions > 0) {
        out->question       = &m->questions[0];
        out->more_questions = (struct ht_objects){
            .items = m->num_questions > 1 ? m->questions + 1 : NULL, .len = m->num_questions - 1};
    }
    if (m->num_questions == 0) {
        tell_asked(m, out->question);
    }
    out->answers    = records_of(m, DNS_ANSWER);
    out->authority  = records_of(m, DNS_AUTHORITY);
    out->additional = records_of(m, DNS_ADDITIONAL);
}

/* Parses into the flow's memory what is an answer and not large, as long as that is one of few.
 * False, and nothing is said of it: it is another one, or there is no room. */
static bool parse_lasting(struct dns_state *state, struct ht_emitter *e,
                          const struct dns_half *half, struct dns_message *out, bool *out_good)
{
    bool answer = half->bytes.len > 2 && (half->bytes.ptr[2] & 0x80) != 0;
    if (!answer || state->stream || state->kind == DNS_MULTICAST ||
        half->bytes.len > DNS_LASTING_SIZE || state->num_lasting == DNS_MAX_LASTING) {
        return false;
    }
    state->num_lasting++;
    ht_arena_reserve(e->arena, USUAL_ANSWER);
    *out_good = dns_message_parse(half->bytes, state->kind, e->arena, out);
    return !out->limit_reached;
}

/* Nobody needs the words of a query before its record, which mostly has those of the answer; but
 * over TCP it may ask again what was answered truncated. */
static bool may_skim(const struct dns_state *state, const struct ht_emitter *e)
{
    return !e->events && !state->stream && (state->kind == DNS_UNICAST || state->kind == DNS_LLMNR);
}

const struct dns_message *dns_read(struct dns_state *state, struct ht_emitter *e,
                                   struct dns_half *half, struct dns_message *room)
{
    bool good = false;
    if (may_skim(state, e) && dns_query_skim(half->bytes, &half->gist)) {
        return NULL;
    }
    half->lasting = parse_lasting(state, e, half, room, &good);
    if (!half->lasting) {
        good = dns_message_parse(half->bytes, state->kind, e->scratch, room);
    }
    half->gist          = dns_gist(room);
    half->malformed     = !good && !half->partial && !room->limit_reached;
    half->limit_reached = room->limit_reached;
    return room;
}

/* Adds one of the messages; `parsed` may be NULL. */
static void describe_half(const struct dns_state *state, struct ht_emitter *e,
                          const struct dns_half *half, const struct dns_message *parsed,
                          struct dns_transaction *out)
{
    struct dns_message m;
    struct ht_arena *arena = half->lasting ? e->arena : e->scratch;
    if (parsed == NULL) {
        (void)dns_message_parse(half->bytes, state->kind, e->scratch, &m);
        parsed = &m;
    }
    describe_message(arena, state->kind, parsed, out);
}

/* The answer says all that the query does. */
static bool says_all(const struct dns_said *said)
{
    const struct dns_half *query = said->query, *answer = said->answer;
    return query != NULL && answer != NULL && answer->gist.asked_len != 0 &&
           query->gist.opcode == 0 && (answer->gist.edns || !query->gist.edns);
}

/* The answer after the query, so that it has the last word. */
static void describe_halves(const struct dns_state *state, struct ht_emitter *e,
                            const struct dns_said *said, const struct dns_message *last,
                            struct dns_transaction *out)
{
    if (said->query != NULL && !says_all(said)) {
        describe_half(state, e, said->query, said->answer == NULL ? last : NULL, out);
    }
    if (said->answer != NULL) {
        describe_half(state, e, said->answer, last, out);
    }
}

/* Where a description lies: in the flow's memory if all that it views does, which is so of an
 * answer that was parsed there and tells of its query too. */
static struct dns_description *place_for(struct ht_emitter *e, const struct dns_said *said,
                                         const struct dns_message *last,
                                         struct dns_description *room)
{
    bool lasts = said->answer != NULL && said->answer->lasting && last != NULL &&
                 (said->query == NULL || says_all(said));
    struct dns_description *lasting = lasts ? ht_arena_take(e->arena, sizeof *lasting) : NULL;
    return lasting != NULL ? lasting : room;
}

static struct dns_party party_of(const struct ht_endpoint *end)
{
    return (struct dns_party){.ip = end->address, .port = end->port};
}

struct dns_description *dns_describe(const struct dns_state *state, struct ht_emitter *e,
                                     const struct dns_said *said, const struct dns_message *last,
                                     struct dns_description *room)
{
    static const char *const protocols[] = {NULL, "llmnr", "mdns", "nbns"};
    static const struct dns_half unseen;
    const struct dns_half *query  = said->query != NULL ? said->query : &unseen;
    const struct dns_half *answer = said->answer != NULL ? said->answer : &unseen;
    struct dns_description *out   = place_for(e, said, last, room);
    out->client                   = party_of(&e->endpoint[said->client]);
    out->server                   = party_of(&e->endpoint[ht_other(said->client)]);
    out->transaction =
        (struct dns_transaction){.start_ns = said->query != NULL ? query->time_ns : answer->time_ns,
                                 .protocol = protocols[state->kind],
                                 .transport      = e->transport,
                                 .client         = &out->client,
                                 .server         = &out->server,
                                 .query_frame    = query->frame,
                                 .answer_frame   = answer->frame,
                                 .malformed      = query->malformed || answer->malformed,
                                 .partial        = query->partial || answer->partial,
                                 .limit_reached  = query->limit_reached || answer->limit_reached,
                                 .query_time_ns  = query->time_ns,
                                 .answer_time_ns = answer->time_ns};
    if (query->frame != 0 && answer->frame != 0 && answer->time_ns > query->time_ns) {
        out->transaction.rtt_ns = (uint64_t)answer->time_ns - (uint64_t)query->time_ns;
    }
    describe_halves(state, e, said, last, &out->transaction);
    return out;
}

/* Gives the record of a transaction: what its messages say together. */
static void tell(const struct dns_state *state, struct ht_emitter *e, const struct dns_pair *pair,
                 const struct dns_message *last)
{
    struct dns_description room;
    struct dns_description *description = pair->description;
    if (description == NULL) {
        const struct dns_said said = {.client = (enum ht_side)pair->client,
                                      .query  = pair->query.frame != 0 ? &pair->query : NULL,
                                      .answer = pair->answer.frame != 0 ? &pair->answer : NULL};
        description                = dns_describe(state, e, &said, last, &room);
    }
    struct dns_transaction *t = &description->transaction;
    t->repeat_frames          = (struct ht_uints){.items = pair->repeats, .len = pair->num_repeats};
    t->late_query             = pair->late_query;
    t->limit_reached |= pair->evicted;
    ht_record(e, &dns_transaction_record, t);
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
        tell(state, e, pair, NULL);
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
    if (pair == NULL && state->oldest != NULL) {
        pair          = state->oldest;
        pair->evicted = true;
    }
    if (pair != NULL) {
        retire(state, e, pair);
    }
}

/* Copies the message into the pair's memory, which doubles at least when it grows; false where
 * there is no room. */
static bool keep(struct ht_arena *arena, struct dns_half *to, const struct dns_half *from)
{
    size_t need = from->bytes.len, twice = 2 * (size_t)to->capacity;
    if (to->capacity < need) {
        need          = need > twice ? need : twice;
        uint8_t *room = ht_arena_take(arena, need);
        if (room == NULL) {
            return false;
        }
        to->room     = room;
        to->capacity = (uint32_t)need;
    }
    if (from->bytes.len > 0) {
        memcpy(to->room, from->bytes.ptr, from->bytes.len);
    }
    uint8_t *room     = to->room;
    uint32_t capacity = to->capacity;
    *to               = *from;
    to->room          = room;
    to->capacity      = capacity;
    to->bytes         = ht_bytes(room, from->bytes.len);
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
        if (state->num_waiting == 0 && state->num_lasting == 0) {
            ht_arena_reserve(e->arena, USUAL_SIZE);
        }
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

/* The octets of a half's first question, which follows the header. */
static struct ht_bytes asked(const struct dns_half *half)
{
    return ht_bytes_head(ht_bytes_from(half->bytes, DNS_HEADER_SIZE), half->gist.asked_len);
}

/* Nothing of a first question is compressed: it would point at what follows it. Its name may differ
 * in case (RFC 4343), but for letters that are half an octet (RFC 1001 section 14.1). */
static bool same_question(const struct dns_state *state, const struct dns_half *a,
                          const struct dns_half *b)
{
    enum { TYPE_AND_CLASS = 4 };
    if (a->gist.asked_len == 0 || b->gist.asked_len == 0) {
        /* An error may come without the question. */
        return a->gist.response != b->gist.response || ht_bytes_equal(a->bytes, b->bytes);
    }
    if (ht_bytes_equal(asked(a), asked(b))) {
        return true;
    }
    if (a->gist.asked_len != b->gist.asked_len || state->kind == DNS_NETBIOS) {
        return false;
    }
    size_t name_len = a->gist.asked_len - TYPE_AND_CLASS;
    return ht_bytes_equal(ht_bytes_from(asked(a), name_len), ht_bytes_from(asked(b), name_len)) &&
           ht_bytes_alike(ht_bytes_head(asked(a), name_len), ht_bytes_head(asked(b), name_len));
}

/* What the answer is to a pair of the same id and question. */
static enum dns_relation relate_answer(const struct dns_pair *pair, const struct dns_half *answer,
                                       bool repeats)
{
    const struct dns_half *known = &pair->answer;
    if (known->frame == 0) {
        return pair->query.time_ns - SLACK <= answer->time_ns ? DNS_AWAITED : DNS_UNRELATED;
    }
    if (repeats && ht_bytes_equal(known->bytes, answer->bytes) &&
        answer->time_ns - known->time_ns <= ANSWERED_WAITS) {
        return DNS_REPEATED;
    }
    return pair->query.frame != 0 ? DNS_FURTHER : DNS_UNRELATED;
}

static enum dns_relation relate_query(const struct dns_pair *pair, const struct dns_half *query,
                                      bool repeats)
{
    bool answered = pair->answer.frame != 0;
    int64_t since = query->time_ns - pair->query.time_ns;
    if (pair->query.frame == 0) {
        return query->time_ns - SLACK <= pair->answer.time_ns ? DNS_AWAITED : DNS_UNRELATED;
    }
    return repeats && since <= (answered ? ANSWERED_WAITS : UNANSWERED_WAITS) ? DNS_REPEATED
                                                                              : DNS_UNRELATED;
}

/* Over UDP the same may be said again. */
static struct dns_match find(const struct dns_state *state, enum ht_side client,
                             const struct dns_half *half)
{
    struct dns_match best = {0};
    bool repeats          = !state->stream && half->gist.header;
    for (struct dns_pair *p = state->oldest; p != NULL; p = p->next) {
        if (p->id != half->gist.id || p->client != client) {
            continue;
        }
        enum dns_relation relation =
            half->gist.response ? relate_answer(p, half, repeats) : relate_query(p, half, repeats);
        if (relation > best.relation && same_question(state, first_half(p), half)) {
            best = (struct dns_match){.pair = p, .relation = relation};
        }
    }
    return best;
}

struct dns_match dns_find(const struct dns_state *state, enum ht_side client,
                          const struct dns_half *half)
{
    return state->oldest != NULL ? find(state, client, half) : (struct dns_match){0};
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
                     const struct dns_half *half, struct dns_match *match)
{
    while (match->relation == DNS_REPEATED) {
        if (add_repeat(match->pair, e)) {
            return true;
        }
        retire(state, e, match->pair);
        *match = dns_find(state, client, half);
    }
    return false;
}

static bool is_transfer(const struct dns_pair *pair)
{
    return pair->query.gist.asked_type == TYPE_AXFR || pair->query.gist.asked_type == TYPE_IXFR;
}

/* Both halves are there. Of a zone transfer, more answers follow. */
static void complete(struct dns_state *state, struct ht_emitter *e, struct dns_pair *pair,
                     const struct dns_message *answer)
{
    if (!state->stream) {
        return;
    }
    tell(state, e, pair, answer);
    pair->told = true;
    if (!is_transfer(pair)) {
        release(state, pair);
    }
}

/* Adds the other half to a pair that waits for it. Without room it is told as it stands. */
static void join(struct dns_state *state, struct ht_emitter *e, struct dns_pair *pair,
                 struct dns_half *to, const struct dns_half *half, const struct dns_message *m)
{
    const struct dns_message *answer = half->gist.response ? m : NULL;
    if (keep(e->arena, to, half)) {
        complete(state, e, pair, answer);
        return;
    }
    struct dns_half was = *to;
    *to                 = *half;
    tell(state, e, pair, answer);
    *to        = was;
    pair->told = true;
    release(state, pair);
}

/* Begins a transaction with the message. Without room it is told at once. */
static void begin(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                  const struct dns_half *half, const struct dns_message *m,
                  struct dns_description *description)
{
    bool response         = half->gist.response;
    struct dns_pair *pair = add(state, e, client, half->gist.id);
    if (pair != NULL && keep(e->arena, response ? &pair->answer : &pair->query, half)) {
        pair->description = description;
        return;
    }
    if (pair != NULL) {
        release(state, pair);
    }
    struct dns_pair alone = {
        .description = description, .id = half->gist.id, .client = (uint8_t)client};
    *(response ? &alone.answer : &alone.query) = *half;
    tell(state, e, &alone, m);
}

void dns_take_query(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                    const struct dns_half *half, const struct dns_message *m,
                    struct dns_pair *asked)
{
    if (asked != NULL) {
        asked->late_query  = true;
        asked->description = NULL;
        join(state, e, asked, &asked->query, half, m);
    } else {
        begin(state, e, client, half, m, NULL);
    }
}

void dns_take_answer(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                     const struct dns_half *half, const struct dns_message *m,
                     struct dns_pair *asked, struct dns_description *description)
{
    if (asked == NULL) {
        begin(state, e, client, half, m, description);
        return;
    }
    if (asked->answer.frame == 0) {
        asked->description = description;
        join(state, e, asked, &asked->answer, half, m);
        return;
    }
    struct dns_pair another = {.description = description,
                               .query       = asked->query,
                               .answer      = *half,
                               .id          = asked->id,
                               .client      = asked->client};
    tell(state, e, &another, m);
}

bool dns_settled(const struct dns_state *state)
{
    for (const struct dns_pair *p = state->oldest; p != NULL; p = p->next) {
        if (p->query.frame == 0 || p->answer.frame == 0) {
            return false;
        }
    }
    return true;
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
    for (const struct dns_pair *pair = state->oldest; pair != NULL; pair = pair->next) {
        if (!pair->told) {
            tell(state, e, pair, NULL);
        }
    }
    state->oldest = state->newest = NULL;
    state->num_waiting            = 0;
}
