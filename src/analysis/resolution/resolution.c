#include "analysis/resolution/resolution.h"

#include "analysis/resolution/answers.h"
#include "base/fetch.h"
#include "base/hash.h"
#include "base/time.h"
#include "dns/dns.h"
#include "dns/match.h"

/* The way from the name asked for to an address. */
struct chain {
    struct ht_bytes name;
    struct ht_bytes cnames[HT_RESOLUTION_MAX_CNAMES];
    size_t num_cnames;
    uint64_t ttl_s;
};

/* Lessons: an answer, with its text and the addresses that it gives behind it; or that a connection
 * began. */
enum lesson_kind { LESSON_ANSWER, LESSON_USE };

struct lesson {
    uint8_t kind; /* enum lesson_kind, in each the first byte */
    struct ht_answer_facts facts;
    uint32_t text_len;
    uint32_t num_given;
};

struct given {
    struct ht_address address;
    uint64_t ttl_s;
};

/* Of bytes only: it is read where it lies. */
struct lesson_use {
    uint8_t kind;
    struct ht_address server, client;
};

/* Whose DNS is in the capture: where a client's is not, that no answer led to a connection of it
 * says nothing. Of two clients that share a place the first one of a source stays. */
enum { MAX_ASKERS = 4096 };

struct asker {
    struct ht_address client;
    int64_t since_ns;
    uint32_t source;
};

struct state {
    struct ht_answers answers; /* first: most functions here need no more */
    struct asker askers[MAX_ASKERS];
};

/* The client's place, which is fetched: it is needed only after the answers. */
static struct asker *asker_of(struct state *state, const struct ht_address *client)
{
    uint64_t words[2];
    memcpy(words, client->bytes, sizeof words);
    uint64_t hash       = ht_mix(words[0] ^ client->version, words[1] + 1);
    struct asker *asker = &state->askers[hash % MAX_ASKERS];
    ht_fetch(asker);
    return asker;
}

static void note_asker(struct asker *asker, const struct ht_answer_facts *facts)
{
    bool known = ht_address_equal(&asker->client, &facts->client);
    bool other = asker->client.version == 0 || asker->source != facts->source;
    if (facts->client.version != 0 && other) {
        *asker = (struct asker){
            .client = facts->client, .since_ns = facts->time_ns, .source = facts->source};
    } else if (known && facts->time_ns < asker->since_ns) {
        asker->since_ns = facts->time_ns;
    }
}

/* `asker` is at the client's place; NULL: nobody has asked. */
static bool has_asked(const struct asker *asker, const struct ht_connection *connection,
                      uint32_t source)
{
    const struct ht_address *client = &connection->client->ip;
    return asker != NULL && asker->source == source && ht_address_equal(&asker->client, client) &&
           client->version != 0 && asker->since_ns <= connection->start_ns;
}

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    (void)settings;
    return ht_answers_init(state) || ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    ht_answers_fini(state);
}

static void learn_answer(struct state *state, struct ht_bytes bytes)
{
    struct ht_answers *answers = &state->answers;
    struct lesson lesson;
    struct ht_reader r = ht_reader(bytes);
    memcpy(&lesson, rd_take(&r, sizeof lesson).ptr, sizeof lesson);
    struct ht_bytes text = rd_take(&r, lesson.text_len);
    struct asker *asker  = asker_of(state, &lesson.facts.client);
    for (uint32_t i = 0; i < lesson.num_given && rd_left(&r) >= sizeof(struct given); i++) {
        struct given given;
        memcpy(&given, rd_take(&r, sizeof given).ptr, sizeof given);
        struct ht_answer_facts facts = lesson.facts;
        facts.ttl_s                  = given.ttl_s < facts.ttl_s ? given.ttl_s : facts.ttl_s;
        ht_answers_add(answers, &given.address, &facts, text);
    }
    note_asker(asker, &lesson.facts);
}

static void learn(void *state, struct ht_bytes lesson)
{
    uint8_t kind = lesson.len > 0 ? lesson.ptr[0] : UINT8_MAX;
    if (kind == LESSON_ANSWER && lesson.len >= sizeof(struct lesson)) {
        learn_answer(state, lesson);
    } else if (kind == LESSON_USE && lesson.len == sizeof(struct lesson_use)) {
        const struct lesson_use *use = (const void *)lesson.ptr;
        ht_answers_use(state, &use->server, &use->client);
    }
}

/* Follows the aliases from the name asked for, in whatever order they stand. */
static void follow(struct chain *chain, struct ht_bytes name, const struct ht_objects *answers)
{
    const struct dns_answer *records = answers->items;
    struct ht_bytes at               = name;
    chain->name                      = name;
    chain->num_cnames                = 0;
    chain->ttl_s                     = UINT64_MAX;
    for (size_t i = 0; i < answers->len && chain->num_cnames < HT_RESOLUTION_MAX_CNAMES;) {
        const struct dns_answer *r = &records[i++];
        if (r->alias && ht_names_equal(r->name, at) && !ht_names_equal(r->data, at)) {
            at                                 = r->data;
            chain->cnames[chain->num_cnames++] = at;
            chain->ttl_s                       = r->ttl_s < chain->ttl_s ? r->ttl_s : chain->ttl_s;
            i                                  = 0;
        }
    }
}

static struct ht_answer_facts facts_of(const struct ht_analysis *a, const struct dns_transaction *t,
                                       const struct chain *chain)
{
    bool multicast               = t->protocol != NULL && strcmp(t->protocol, "mdns") == 0;
    struct ht_answer_facts facts = {.query_time_ns = t->query_time_ns,
                                    .time_ns       = t->answer_time_ns,
                                    .query_frame   = t->query_frame,
                                    .frame         = t->answer_frame,
                                    .rtt_ns        = t->rtt_ns,
                                    .ttl_s         = chain->ttl_s,
                                    .source        = a->source,
                                    .name_len      = (uint16_t)chain->name.len,
                                    .num_cnames    = (uint8_t)chain->num_cnames};
    if (t->client != NULL && !multicast) {
        facts.client = t->client->ip;
    }
    return facts;
}

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

/* Teaches that the chain leads to those of `num` records that hold an address and are named as its
 * end is. */
static void teach_chain(struct ht_analysis *a, const struct dns_transaction *t,
                        const struct chain *chain, const struct dns_answer *records, size_t num)
{
    struct ht_bytes end =
        chain->num_cnames > 0 ? chain->cnames[chain->num_cnames - 1] : chain->name;
    struct lesson lesson = {.kind     = LESSON_ANSWER,
                            .facts    = facts_of(a, t, chain),
                            .text_len = (uint32_t)chain->name.len};
    for (size_t i = 0; i < chain->num_cnames; i++) {
        lesson.text_len += (uint32_t)(sizeof(uint16_t) + chain->cnames[i].len);
    }
    uint8_t *bytes = NULL;
    if (chain->name.len > 0) {
        bytes =
            ht_arena_alloc(a->arena, sizeof lesson + lesson.text_len + num * sizeof(struct given));
    }
    if (bytes == NULL) {
        return;
    }
    uint8_t *at = put(bytes + sizeof lesson, chain->name.ptr, chain->name.len);
    for (size_t i = 0; i < chain->num_cnames; i++) {
        const uint16_t len = (uint16_t)chain->cnames[i].len;
        at                 = put(put(at, &len, sizeof len), chain->cnames[i].ptr, len);
    }
    for (size_t i = 0; i < num; i++) {
        const struct given given = {.address = records[i].address, .ttl_s = records[i].ttl_s};
        if (given.address.version != 0 && ht_names_equal(records[i].name, end)) {
            at = put(at, &given, sizeof given);
            lesson.num_given++;
        }
    }
    memcpy(bytes, &lesson, sizeof lesson);
    if (lesson.num_given > 0) {
        a->teach(a->engine, &ht_resolution_analyzer, ht_bytes(bytes, (size_t)(at - bytes)));
    }
}

/* Each record speaks for itself. */
static void teach_records(struct ht_analysis *a, const struct dns_transaction *t,
                          const struct ht_objects *list)
{
    const struct dns_answer *records = list->items;
    for (size_t i = 0; i < list->len; i++) {
        if (records[i].address.version != 0) {
            const struct chain own = {.name = records[i].name, .ttl_s = UINT64_MAX};
            teach_chain(a, t, &own, &records[i], 1);
        }
    }
}

static bool gives_address(const struct ht_objects *list)
{
    const struct dns_answer *records = list->items;
    bool gives                       = false;
    for (size_t i = 0; i < list->len && !gives; i++) {
        gives = records[i].address.version != 0;
    }
    return gives;
}

static void teach(struct ht_analysis *a, const struct dns_transaction *t)
{
    if (t->answer_frame == 0 || !ht_bytes_equal(t->rcode, ht_bytes("NOERROR", 7))) {
        return;
    }
    if (t->protocol != NULL || t->question == NULL) {
        teach_records(a, t, &t->answers);
        teach_records(a, t, &t->additional);
    } else if (gives_address(&t->answers)) {
        struct chain chain;
        follow(&chain, t->question->name, &t->answers);
        teach_chain(a, t, &chain, t->answers.items, t->answers.len);
    }
}

static void see_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                      void *event)
{
    (void)state;
    if (type == &dns_answer_event && event != NULL) {
        teach(a, event);
    }
}

/* Of an answer that was stored before its query only the record knows the query. */
static void see_transaction(struct ht_analysis *a, struct dns_transaction *transaction)
{
    transaction->source = a->source_name(a->engine);
    if (transaction->late_query) {
        teach(a, transaction);
    }
}

static void see_record(void *state, struct ht_analysis *a, const struct ht_record_type *type,
                       void *record)
{
    (void)state;
    if (type == &dns_transaction_record) {
        see_transaction(a, record);
    }
}

/* A query by UDP is no use of an answer that matters: of it nobody asks what led to it. */
static void connection_start(void *state, struct ht_analysis *a, const struct ht_endpoint *client,
                             const struct ht_endpoint *server, bool is_tcp)
{
    const struct lesson_use use = {
        .kind = LESSON_USE, .server = server->address, .client = client->address};
    (void)state;
    if (is_tcp || server->port != DNS_PORT) {
        a->teach(a->engine, &ht_resolution_analyzer, ht_bytes(&use, sizeof use));
    }
}

static bool is_client(const struct ht_answer *answer, const struct ht_address *client)
{
    const struct ht_address *given = &answer->facts.client;
    return given->version == 0 || ht_address_equal(given, client);
}

static const char *verdict_of(const struct ht_answer *answer, const struct ht_address *client,
                              uint64_t age_ns)
{
    uint64_t ttl_ns =
        answer->facts.ttl_s * (uint64_t)HT_SECOND_NS; /* a TTL has 32 bits: no overflow */
    if (!is_client(answer, client)) {
        return "other_client";
    }
    if (age_ns <= (uint64_t)HT_RESOLUTION_FRESH_NS) {
        return "fresh";
    }
    return age_ns <= ttl_ns ? "within_ttl" : "beyond_ttl";
}

static const struct ht_field *field_named(const struct ht_struct *type, const char *name)
{
    for (size_t i = 0; i < type->num_fields; i++) {
        if (strcmp(type->fields[i].name, name) == 0) {
            return &type->fields[i];
        }
    }
    return NULL;
}

/* A client hello's place in the details, of whatever protocol; NULL where none was seen. */
static const struct ht_field *hello_of(const struct ht_any *details)
{
    const struct ht_field *hello =
        details->type != NULL ? field_named(details->type, "client_hello") : NULL;
    bool seen =
        hello != NULL && hello->kind == HT_OBJECT && ht_field_present(hello, details->object);
    return seen ? hello : NULL;
}

/* Encrypted ClientHello is offered, or pretended to be. */
static bool may_be_front(const struct ht_any *details)
{
    const struct ht_field *hello = hello_of(details);
    const struct ht_field *offered =
        hello != NULL ? field_named(hello->of, "encrypted_client_hello") : NULL;
    return offered != NULL &&
           ht_field_present(offered, ht_pointer_at(ht_field_at(hello, details->object)));
}

static struct ht_texts copy_cnames(struct ht_arena *arena, const struct ht_answer *answer)
{
    size_t len            = answer->facts.num_cnames;
    struct ht_bytes *list = len > 0 ? ht_arena_alloc(arena, len * sizeof *list) : NULL;
    const uint8_t *at     = answer->text + answer->facts.name_len;
    if (list == NULL) {
        return (struct ht_texts){0};
    }
    for (size_t i = 0; i < len; i++) {
        uint16_t cname_len;
        memcpy(&cname_len, at, sizeof cname_len);
        list[i] = ht_arena_copy(arena, ht_bytes(at + sizeof cname_len, cname_len));
        at += sizeof cname_len + cname_len;
    }
    return (struct ht_texts){.items = list, .len = len};
}

static void fill(struct ht_resolution *out, const struct ht_analysis *a,
                 const struct ht_answer *answer, const struct ht_connection *connection)
{
    out->elsewhere      = answer->facts.source != a->source;
    out->name           = ht_arena_copy(a->arena, ht_answer_name(answer));
    out->cnames         = copy_cnames(a->arena, answer);
    out->type           = answer->address.version == 4 ? "A" : "AAAA";
    out->query_frame    = out->elsewhere ? 0 : answer->facts.query_frame;
    out->answer_frame   = out->elsewhere ? 0 : answer->facts.frame;
    out->rtt_ns         = answer->facts.rtt_ns;
    out->ttl_s          = answer->facts.ttl_s;
    out->age_ns         = (uint64_t)connection->start_ns - (uint64_t)answer->facts.time_ns;
    out->verdict        = verdict_of(answer, &connection->client->ip, out->age_ns);
    out->query_time_ns  = answer->facts.query_time_ns;
    out->answer_time_ns = answer->facts.time_ns;
}

static bool explains(const struct ht_resolution *resolution)
{
    return strcmp(resolution->verdict, "fresh") == 0 ||
           strcmp(resolution->verdict, "within_ttl") == 0;
}

/* Where the hello's name may be a front, what the same client was just given stands for it. */
static const struct ht_answer *find_behind_front(struct ht_answers *answers,
                                                 const struct ht_answer_search *search,
                                                 const struct ht_any *details)
{
    const struct ht_answer *answer =
        search->name.len > 0 ? ht_answers_to_client(answers, search) : NULL;
    bool fresh = answer != NULL && (uint64_t)search->until_ns - (uint64_t)answer->facts.time_ns <=
                                       (uint64_t)HT_RESOLUTION_FRESH_NS;
    return fresh && may_be_front(details) ? answer : NULL;
}

/* That no answer under the hello's name led to the server, but one under another name did. */
static void fill_other_name(struct ht_resolution *out, const struct ht_analysis *a,
                            struct ht_answers *answers, const struct ht_answer_search *search)
{
    const struct ht_answer *answer = ht_answers_to_client(answers, search);
    if (answer != NULL) {
        out->led_there = ht_arena_copy(a->arena, ht_answer_name(answer));
        out->elsewhere = answer->facts.source != a->source;
    }
}

static void see_connection(void *state, struct ht_analysis *a, struct ht_connection *connection)
{
    struct ht_answers *answers = state;
    struct ht_resolution *out  = ht_arena_alloc(a->arena, sizeof *out);
    if (out == NULL || connection->client == NULL || connection->server == NULL) {
        return;
    }
    const struct asker *asker =
        ht_answers_none(answers) ? NULL : asker_of(state, &connection->client->ip);
    const struct ht_answer_search search = {.server   = connection->server->ip,
                                            .client   = connection->client->ip,
                                            .name     = connection->server_name,
                                            .until_ns = connection->start_ns};
    const struct ht_answer *answer       = ht_answers_find(answers, &search);
    if (answer == NULL) {
        answer = find_behind_front(answers, &search, &connection->details);
    }
    bool nameless   = search.name.len == 0 && hello_of(&connection->details) != NULL;
    *out            = (struct ht_resolution){.verdict = "none_seen"};
    connection->dns = out;
    if (answer != NULL) {
        fill(out, a, answer, connection);
    }
    if (nameless && !explains(out)) {
        *out = (struct ht_resolution){.verdict = "literal_address"};
    }
    if (answer == NULL && !nameless) {
        fill_other_name(out, a, answers, &search);
    }
    out->address     = search.server;
    out->client_asks = has_asked(asker, connection, a->source);
    if (search.name.len == 0) {
        connection->server_name = out->name;
    }
}

static const struct ht_event_type *const events[] = {&dns_answer_event, NULL};

const struct ht_analyzer ht_resolution_analyzer = {.name             = "resolution",
                                                   .state_size       = sizeof(struct state),
                                                   .init             = init,
                                                   .fini             = fini,
                                                   .event            = see_event,
                                                   .events           = events,
                                                   .record           = see_record,
                                                   .connection_start = connection_start,
                                                   .connection       = see_connection,
                                                   .learn            = learn};
