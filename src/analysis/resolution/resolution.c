#include "analysis/resolution/resolution.h"

#include "base/time.h"
#include "dns/dns.h"

#include <stdlib.h>

/* One address that was answered. Owns its text. */
struct answer {
    struct answer *next;          /* in its set, newest first */
    struct answer *newer, *older; /* of all */
    struct ht_address address;
    struct ht_address client; /* absent: everybody */
    int64_t query_time_ns, answer_time_ns;
    uint64_t query_frame, answer_frame;
    uint64_t rtt_ns;
    uint64_t ttl_s;
    size_t size;
    bool used; /* a connection to it began */
    uint8_t num_cnames;
    uint16_t name_len;
    uint16_t cname_len[HT_RESOLUTION_MAX_CNAMES];
    uint8_t text[]; /* the name, then the aliases */
};

struct set {
    struct answer *newest;
    uint32_t len;
};

struct cache {
    struct set *sets;
    struct answer *newest, *oldest;
    size_t len, bytes;
};

/* The way from the name asked for to an address. */
struct chain {
    struct ht_bytes name;
    struct ht_bytes cnames[HT_RESOLUTION_MAX_CNAMES];
    size_t num_cnames;
    uint64_t ttl_s;
};

static bool init(void *state, struct ht_error *error)
{
    struct cache *cache = state;
    cache->sets         = calloc(HT_RESOLUTION_SETS, sizeof *cache->sets);
    return cache->sets != NULL || ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    struct cache *cache = state;
    while (cache->oldest != NULL) {
        struct answer *next = cache->oldest->newer;
        free(cache->oldest);
        cache->oldest = next;
    }
    free(cache->sets);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

/* Names are compared without regard to ASCII case (RFC 4343). */
static bool same_name(struct ht_bytes a, struct ht_bytes b)
{
    bool same = a.len == b.len;
    for (size_t i = 0; same && i < a.len; i++) {
        same = lower(a.ptr[i]) == lower(b.ptr[i]);
    }
    return same;
}

static struct ht_bytes name_of(const struct answer *answer)
{
    return ht_bytes(answer->text, answer->name_len);
}

static struct set *set_of(const struct cache *cache, const struct ht_address *address)
{
    uint32_t hash = address->version;
    for (size_t i = 0; i < sizeof address->bytes; i++) {
        hash = (hash ^ address->bytes[i]) * UINT32_C(16777619);
    }
    return &cache->sets[(hash ^ hash >> 16) % HT_RESOLUTION_SETS];
}

static void unlink_answer(struct cache *cache, struct answer *answer)
{
    *(answer->newer != NULL ? &answer->newer->older : &cache->newest) = answer->older;
    *(answer->older != NULL ? &answer->older->newer : &cache->oldest) = answer->newer;
}

static void link_newest(struct cache *cache, struct answer *answer)
{
    answer->newer                                                     = NULL;
    answer->older                                                     = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = answer;
    cache->newest                                                     = answer;
}

/* One that led to a connection stays once more, as if it were new. */
static void second_turn(struct cache *cache, struct answer *answer)
{
    unlink_answer(cache, answer);
    link_newest(cache, answer);
    answer->used = false;
}

static void forget(struct cache *cache, struct answer *answer)
{
    struct set *set     = set_of(cache, &answer->address);
    struct answer **ref = &set->newest;
    while (*ref != answer) {
        ref = &(*ref)->next;
    }
    *ref = answer->next;
    set->len--;
    unlink_answer(cache, answer);
    cache->len--;
    cache->bytes -= answer->size;
    free(answer);
}

/* The set's oldest that led to no connection, else its oldest. */
static struct answer *least_useful(const struct set *set)
{
    struct answer *unused = NULL, *last = NULL;
    for (struct answer *a = set->newest; a != NULL; a = a->next) {
        unused = a->used ? unused : a;
        last   = a;
    }
    return unused != NULL ? unused : last;
}

static void make_room(struct cache *cache, const struct set *set, size_t size)
{
    if (set->len >= HT_RESOLUTION_PER_SET) {
        forget(cache, least_useful(set));
    }
    struct answer *oldest = cache->oldest;
    while (oldest != NULL && (cache->len >= HT_RESOLUTION_MAX_ANSWERS ||
                              cache->bytes + size > HT_RESOLUTION_MAX_BYTES)) {
        struct answer *next = oldest->newer;
        if (oldest->used) {
            second_turn(cache, oldest);
        } else {
            forget(cache, oldest);
        }
        oldest = next;
    }
}

/* The same answer again: a repetition, or its record after its event, which may know more. */
static bool update(const struct set *set, const struct ht_address *address, struct ht_bytes name,
                   const struct dns_transaction *t)
{
    for (struct answer *a = set->newest; a != NULL; a = a->next) {
        if (a->answer_frame == t->answer_frame && a->answer_time_ns == t->answer_time_ns &&
            ht_address_equal(&a->address, address) && same_name(name_of(a), name)) {
            a->query_frame   = t->query_frame;
            a->query_time_ns = t->query_time_ns;
            a->rtt_ns        = t->rtt_ns;
            return true;
        }
    }
    return false;
}

static void put_text(struct answer *answer, const struct chain *chain)
{
    uint8_t *at = answer->text;
    memcpy(at, chain->name.ptr, chain->name.len);
    at += chain->name.len;
    answer->name_len = (uint16_t)chain->name.len;
    for (size_t i = 0; i < chain->num_cnames; i++) {
        memcpy(at, chain->cnames[i].ptr, chain->cnames[i].len);
        at += chain->cnames[i].len;
        answer->cname_len[i] = (uint16_t)chain->cnames[i].len;
    }
    answer->num_cnames = (uint8_t)chain->num_cnames;
}

static size_t size_of(const struct chain *chain)
{
    size_t size = sizeof(struct answer) + chain->name.len;
    for (size_t i = 0; i < chain->num_cnames; i++) {
        size += chain->cnames[i].len;
    }
    return size;
}

static void remember(struct cache *cache, const struct dns_transaction *t,
                     const struct chain *chain, const struct dns_answer *record)
{
    struct set *set = set_of(cache, &record->address);
    size_t size     = size_of(chain);
    if (chain->name.len == 0 || update(set, &record->address, chain->name, t)) {
        return;
    }
    make_room(cache, set, size);
    struct answer *answer = calloc(1, size);
    if (answer == NULL) {
        return;
    }
    bool multicast         = t->protocol != NULL && strcmp(t->protocol, "mdns") == 0;
    bool everybody         = multicast || t->client == NULL;
    answer->address        = record->address;
    answer->client         = everybody ? (struct ht_address){0} : t->client->ip;
    answer->query_time_ns  = t->query_time_ns;
    answer->answer_time_ns = t->answer_time_ns;
    answer->query_frame    = t->query_frame;
    answer->answer_frame   = t->answer_frame;
    answer->rtt_ns         = t->rtt_ns;
    answer->ttl_s          = chain->ttl_s < record->ttl_s ? chain->ttl_s : record->ttl_s;
    answer->size           = size;
    put_text(answer, chain);
    answer->next = set->newest;
    set->newest  = answer;
    set->len++;
    link_newest(cache, answer);
    cache->len++;
    cache->bytes += size;
}

/* Follows the aliases from the name asked for, in whatever order they stand. */
static void follow(struct chain *chain, const struct ht_objects *answers)
{
    const struct dns_answer *records = answers->items;
    struct ht_bytes at               = chain->name;
    for (size_t i = 0; i < answers->len && chain->num_cnames < HT_RESOLUTION_MAX_CNAMES;) {
        const struct dns_answer *r = &records[i++];
        if (r->alias && same_name(r->name, at) && !same_name(r->data, at)) {
            at                                 = r->data;
            chain->cnames[chain->num_cnames++] = at;
            chain->ttl_s                       = r->ttl_s < chain->ttl_s ? r->ttl_s : chain->ttl_s;
            i                                  = 0;
        }
    }
}

static void learn_records(struct cache *cache, const struct dns_transaction *t,
                          const struct ht_objects *list)
{
    const struct dns_answer *records = list->items;
    for (size_t i = 0; i < list->len; i++) {
        const struct chain own = {.name = records[i].name, .ttl_s = UINT64_MAX};
        if (records[i].address.version != 0) {
            remember(cache, t, &own, &records[i]);
        }
    }
}

static void learn(struct cache *cache, const struct dns_transaction *t)
{
    if (t->answer_frame == 0 || !ht_bytes_equal(t->rcode, ht_text("NOERROR"))) {
        return;
    }
    if (t->protocol != NULL || t->question == NULL) {
        /* Multicast: each record speaks for itself. */
        learn_records(cache, t, &t->answers);
        learn_records(cache, t, &t->additional);
        return;
    }
    struct chain chain = {.name = t->question->name, .ttl_s = UINT64_MAX};
    follow(&chain, &t->answers);
    struct ht_bytes last = chain.num_cnames > 0 ? chain.cnames[chain.num_cnames - 1] : chain.name;
    const struct dns_answer *records = t->answers.items;
    for (size_t i = 0; i < t->answers.len; i++) {
        if (records[i].address.version != 0 && same_name(records[i].name, last)) {
            remember(cache, t, &chain, &records[i]);
        }
    }
}

static void see_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                      void *event)
{
    (void)a;
    if (type == &dns_answer_event && event != NULL) {
        learn(state, event);
    }
}

/* The record knows the query of an answer that was stored before it. */
static void see_record(void *state, struct ht_analysis *a, const struct ht_record_type *type,
                       void *record)
{
    (void)a;
    if (type == &dns_transaction_record) {
        learn(state, record);
    }
}

static bool is_client(const struct answer *answer, const struct ht_address *client)
{
    return answer->client.version == 0 || ht_address_equal(&answer->client, client);
}

/* What is sought: the answer that led to a connection. */
struct search {
    struct ht_address server, client;
    struct ht_bytes server_name; /* in the hello; empty: none */
    bool front;                  /* which may stand for another */
    int64_t start_ns;
};

static uint64_t age_of(const struct answer *answer, const struct search *search)
{
    return (uint64_t)search->start_ns - (uint64_t)answer->answer_time_ns;
}

static bool is_named(const struct answer *answer, const struct search *search)
{
    return search->server_name.len > 0 && same_name(name_of(answer), search->server_name);
}

static bool fits(const struct answer *answer, const struct search *search)
{
    if (answer->answer_time_ns > search->start_ns ||
        !ht_address_equal(&answer->address, &search->server)) {
        return false;
    }
    return search->server_name.len == 0 || is_named(answer, search) ||
           (search->front && is_client(answer, &search->client) &&
            age_of(answer, search) <= (uint64_t)HT_RESOLUTION_FRESH_NS);
}

/* How well the answer explains the connection. */
static unsigned rank(const struct answer *answer, const struct search *search)
{
    return (is_named(answer, search) ? 2U : 0U) + (is_client(answer, &search->client) ? 1U : 0U);
}

static bool is_better(const struct answer *a, const struct answer *b, const struct search *search)
{
    unsigned x = rank(a, search), y = rank(b, search);
    return x > y || (x == y && a->answer_time_ns > b->answer_time_ns);
}

static struct answer *find(const struct cache *cache, const struct search *search)
{
    struct answer *best = NULL;
    for (struct answer *a = set_of(cache, &search->server)->newest; a != NULL; a = a->next) {
        if (fits(a, search) && (best == NULL || is_better(a, best, search))) {
            best = a;
        }
    }
    return best;
}

static void connection_start(void *state, const struct ht_endpoint *client,
                             const struct ht_endpoint *server)
{
    const struct search search = {
        .server = server->address, .client = client->address, .start_ns = INT64_MAX};
    struct answer *answer = find(state, &search);
    if (answer != NULL) {
        answer->used = true;
    }
}

static const char *verdict_of(const struct answer *answer, const struct ht_address *client,
                              uint64_t age_ns)
{
    uint64_t ttl_ns = answer->ttl_s * (uint64_t)HT_SECOND_NS; /* a TTL has 32 bits: no overflow */
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
           ht_field_present(offered, *(const void *const *)ht_field_at(hello, details->object));
}

static struct ht_texts copy_cnames(struct ht_arena *arena, const struct answer *answer)
{
    size_t len            = answer->num_cnames;
    struct ht_bytes *list = len > 0 ? ht_arena_alloc(arena, len * sizeof *list) : NULL;
    const uint8_t *at     = answer->text + answer->name_len;
    if (list == NULL) {
        return (struct ht_texts){0};
    }
    for (size_t i = 0; i < len; i++) {
        list[i] = ht_arena_copy(arena, ht_bytes(at, answer->cname_len[i]));
        at += answer->cname_len[i];
    }
    return (struct ht_texts){.items = list, .len = len};
}

static void fill(struct ht_resolution *out, struct ht_arena *arena, const struct answer *answer,
                 const struct ht_connection *connection)
{
    out->name           = ht_arena_copy(arena, name_of(answer));
    out->cnames         = copy_cnames(arena, answer);
    out->type           = answer->address.version == 4 ? "A" : "AAAA";
    out->query_frame    = answer->query_frame;
    out->answer_frame   = answer->answer_frame;
    out->rtt_ns         = answer->rtt_ns;
    out->ttl_s          = answer->ttl_s;
    out->age_ns         = (uint64_t)connection->start_ns - (uint64_t)answer->answer_time_ns;
    out->verdict        = verdict_of(answer, &connection->client->ip, out->age_ns);
    out->query_time_ns  = answer->query_time_ns;
    out->answer_time_ns = answer->answer_time_ns;
}

static bool explains(const struct ht_resolution *resolution)
{
    return strcmp(resolution->verdict, "fresh") == 0 ||
           strcmp(resolution->verdict, "within_ttl") == 0;
}

static void see_connection(void *state, struct ht_analysis *a, struct ht_connection *connection)
{
    struct ht_resolution *out = ht_arena_alloc(a->arena, sizeof *out);
    if (out == NULL || connection->client == NULL || connection->server == NULL) {
        return;
    }
    const struct search search  = {.server      = connection->server->ip,
                                   .client      = connection->client->ip,
                                   .server_name = connection->server_name,
                                   .front       = may_be_front(&connection->details),
                                   .start_ns    = connection->start_ns};
    const struct answer *answer = find(state, &search);
    bool nameless   = search.server_name.len == 0 && hello_of(&connection->details) != NULL;
    *out            = (struct ht_resolution){.verdict = "none_seen"};
    connection->dns = out;
    if (answer != NULL) {
        fill(out, a->arena, answer, connection);
    }
    if (nameless && !explains(out)) {
        *out = (struct ht_resolution){.verdict = "literal_address"};
    }
    out->address = search.server;
    if (search.server_name.len == 0) {
        connection->server_name = out->name;
    }
}

const struct ht_analyzer ht_resolution_analyzer = {.name             = "resolution",
                                                   .state_size       = sizeof(struct cache),
                                                   .init             = init,
                                                   .fini             = fini,
                                                   .event            = see_event,
                                                   .record           = see_record,
                                                   .connection_start = connection_start,
                                                   .connection       = see_connection};
