#include "analysis/service/service.h"

#include "analysis/memo.h"
#include "analysis/service/records.h"
#include "base/time.h"

#include <stdio.h>

enum { MAX_NAME = 255 };

/* Of which question an answer is, by whom, in which source; a name in lower case. */
struct key {
    uint8_t bytes[2 + 4 + 17 + MAX_NAME];
    size_t len;
};

union records {
    struct ht_https_records https;
    struct ht_tlsa_records tlsa;
    struct ht_caa_records caa;
};

/* A lesson, and what is kept of those that say the same one after the other. */
struct told {
    int64_t first_ns, until_ns;
    uint64_t frame; /* of the first */
    uint16_t type;
    union records records;
};

struct lesson {
    struct key key;
    struct told told;
};

struct state {
    struct ht_memo answers; /* struct told by struct key */
    bool https, tlsa, caa;  /* some were told of: most captures have none */
};

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    (void)settings;
    struct state *self = state;
    return ht_memo_init(&self->answers, HT_SERVICE_SETS,
                        sizeof(struct key) + sizeof(struct told)) ||
           ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    ht_memo_fini(&((struct state *)state)->answers);
}

static void put(struct key *key, const void *bytes, size_t len)
{
    memcpy(key->bytes + key->len, bytes, len);
    key->len += len;
}

/* False where the name is longer than names are. CAA records are asked for by who issues, not by
 * who connects: they are everybody's, as is `client` then, NULL. */
static bool make_key(struct key *key, uint16_t type, uint32_t source,
                     const struct ht_address *client, struct ht_bytes name)
{
    static const struct ht_address everybody;
    const struct ht_address *whose = client != NULL ? client : &everybody;
    key->len                       = 0;
    put(key, &type, sizeof type);
    put(key, &source, sizeof source);
    put(key, whose->bytes, sizeof whose->bytes);
    put(key, &whose->version, 1);
    for (size_t i = 0; i < name.len && i < MAX_NAME; i++) {
        key->bytes[key->len++] = ht_lower(name.ptr[i]);
    }
    return name.len > 0 && name.len <= MAX_NAME;
}

/*
 * Lessons
 */

static bool read_records(const struct dns_transaction *t, struct told *out)
{
    switch (out->type) {
    case TYPE_HTTPS:
        return service_read_https(&t->answers, &out->records.https);
    case TYPE_TLSA:
        return service_read_tlsa(&t->answers, &out->records.tlsa);
    case TYPE_CAA:
        return service_read_caa(&t->answers, &out->records.caa);
    default:
        return false;
    }
}

static int64_t lifetime_ns(const struct ht_objects *list)
{
    const struct dns_answer *answers = list->items;
    uint64_t ttl_s                   = INT32_MAX; /* RFC 2181 section 8 */
    for (size_t i = 0; i < list->len; i++) {
        ttl_s = answers[i].ttl_s < ttl_s ? answers[i].ttl_s : ttl_s;
    }
    return (int64_t)ttl_s * HT_SECOND_NS;
}

static void see_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                      void *event)
{
    const struct dns_transaction *t = event;
    (void)state;
    if (type != &dns_answer_event || t == NULL || t->question == NULL || t->client == NULL ||
        t->protocol != NULL || t->answers.len == 0 || t->truncated || t->partial) {
        return;
    }
    struct lesson *lesson = NULL;
    uint16_t asked        = t->question->type_id;
    if (asked == TYPE_HTTPS || asked == TYPE_TLSA || asked == TYPE_CAA) {
        lesson = ht_arena_alloc(a->arena, sizeof *lesson);
    }
    if (lesson == NULL) {
        return;
    }
    memset(lesson, 0, sizeof *lesson);
    lesson->told.type               = asked;
    lesson->told.frame              = a->frame;
    lesson->told.first_ns           = a->time_ns;
    lesson->told.until_ns           = a->time_ns + lifetime_ns(&t->answers);
    const struct ht_address *client = asked != TYPE_CAA ? &t->client->ip : NULL;
    if (make_key(&lesson->key, asked, a->source, client, t->question->name) &&
        read_records(t, &lesson->told)) {
        a->teach(a->engine, &ht_service_analyzer, ht_bytes(lesson, sizeof *lesson));
    }
}

static void learn(void *state, struct ht_bytes bytes)
{
    struct state *self = state;
    struct lesson lesson;
    if (bytes.len != sizeof lesson) {
        return;
    }
    memcpy(&lesson, bytes.ptr, sizeof lesson);
    self->https |= lesson.told.type == TYPE_HTTPS;
    self->tlsa |= lesson.told.type == TYPE_TLSA;
    self->caa |= lesson.told.type == TYPE_CAA;
    struct ht_bytes key = ht_bytes(lesson.key.bytes, lesson.key.len);
    struct told *told   = ht_memo_find(&self->answers, key);
    bool same           = told != NULL && lesson.told.first_ns <= told->until_ns &&
                ht_bytes_equal(ht_bytes(&told->records, sizeof told->records),
                               ht_bytes(&lesson.told.records, sizeof lesson.told.records));
    if (told == NULL) {
        told = ht_memo_add(&self->answers, key, sizeof *told);
    }
    if (told != NULL && same) {
        told->until_ns =
            lesson.told.until_ns > told->until_ns ? lesson.told.until_ns : told->until_ns;
    } else if (told != NULL) {
        *told = lesson.told;
    }
}

/*
 * Connections
 */

/* A copy of what holds when the connection begins; NULL: nothing does. */
static const union records *find(const struct state *state, struct ht_analysis *a,
                                 const struct key *key, int64_t time_ns, uint64_t *frame)
{
    const struct told *told = ht_memo_look(&state->answers, ht_bytes(key->bytes, key->len));
    union records *out      = NULL;
    if (told != NULL && told->first_ns <= time_ns && time_ns <= told->until_ns) {
        out = ht_arena_alloc(a->arena, sizeof *out);
    }
    if (out != NULL) {
        *out   = told->records;
        *frame = told->frame;
    }
    return out;
}

/* RFC 6698 section 3 */
static struct ht_bytes tlsa_name(char room[MAX_NAME + 1], const struct ht_connection *c)
{
    struct ht_bytes name = c->server_name;
    int len = snprintf(room, MAX_NAME + 1, "_%u._%s.%.*s", (unsigned)c->server->port, c->transport,
                       (int)name.len, (const char *)name.ptr);
    return ht_bytes(room, len > 0 && len <= MAX_NAME ? (size_t)len : 0);
}

static void see_connection(void *opaque, struct ht_analysis *a, struct ht_connection *c)
{
    struct state *state = opaque;
    char room[MAX_NAME + 1];
    struct key key;
    struct ht_service service       = {0};
    const struct ht_address *client = &c->client->ip;
    const union records *found      = NULL;
    if (c->server_name.len == 0 || c->server_name.len > MAX_NAME) {
        return;
    }
    if (state->https && make_key(&key, TYPE_HTTPS, a->source, client, c->server_name)) {
        found         = find(state, a, &key, c->start_ns, &service.https_frame);
        service.https = found != NULL ? &found->https : NULL;
    }
    if (state->tlsa && make_key(&key, TYPE_TLSA, a->source, client, tlsa_name(room, c))) {
        found        = find(state, a, &key, c->start_ns, &service.tlsa_frame);
        service.tlsa = found != NULL ? &found->tlsa : NULL;
    }
    if (state->caa && make_key(&key, TYPE_CAA, a->source, NULL, c->server_name)) {
        found       = find(state, a, &key, c->start_ns, &service.caa_frame);
        service.caa = found != NULL ? &found->caa : NULL;
    }
    if (service.https != NULL || service.tlsa != NULL || service.caa != NULL) {
        struct ht_service *kept = ht_arena_alloc(a->arena, sizeof *kept);
        if (kept != NULL) {
            *kept = service;
        }
        c->service = kept;
    }
}

static const struct ht_event_type *const events[] = {&dns_answer_event, NULL};

const struct ht_analyzer ht_service_analyzer = {.name       = "service",
                                                .state_size = sizeof(struct state),
                                                .init       = init,
                                                .fini       = fini,
                                                .event      = see_event,
                                                .events     = events,
                                                .connection = see_connection,
                                                .learn      = learn};
