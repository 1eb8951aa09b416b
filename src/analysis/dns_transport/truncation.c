#include "analysis/dns_transport/truncation.h"

#include "base/hash.h"
#include "base/time.h"
#include "dns/dns.h"

/* A lesson: an answer that was truncated, or a question over TCP. */
struct lesson {
    struct ht_address client, server;
    int64_t time_ns;
    uint64_t frame;
    uint64_t question; /* a hash of it */
    uint16_t client_port, server_port;
    uint16_t tcp;
};

/* A question over TCP for which there was a truncated answer, in `frame`. */
struct again {
    struct lesson asked;
    uint64_t frame;
};

struct state {
    struct lesson truncated[HT_TRUNCATION_KEPT];
    struct again again[HT_TRUNCATION_KEPT];
    uint64_t num_truncated, num_again; /* ever learnt */
};

static uint64_t hash_question(const struct dns_question *question)
{
    uint64_t hash = question->type_id;
    for (size_t i = 0; i < question->name.len; i++) {
        hash = ht_mix(hash + 1, ht_lower(question->name.ptr[i]));
    }
    return hash;
}

static void teach(struct ht_analysis *a, const struct dns_transaction *t, bool tcp)
{
    struct lesson lesson;
    memset(&lesson, 0, sizeof lesson); /* its padding is compared nowhere, but copied */
    lesson.client      = t->client->ip;
    lesson.server      = t->server->ip;
    lesson.client_port = t->client->port;
    lesson.server_port = t->server->port;
    lesson.time_ns     = a->time_ns;
    lesson.frame       = a->frame;
    lesson.question    = hash_question(t->question);
    lesson.tcp         = tcp;
    a->teach(a->engine, &ht_truncation_analyzer, ht_bytes(&lesson, sizeof lesson));
}

static void see_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                      void *event)
{
    const struct dns_transaction *t = event;
    bool answer                     = type == &dns_answer_event;
    (void)state;
    if ((!answer && type != &dns_query_event) || (answer && !t->truncated) || t->client == NULL ||
        t->server == NULL || t->question == NULL || t->protocol != NULL) {
        return;
    }
    bool tcp = ht_bytes_equal(ht_text(t->transport), ht_text("tcp"));
    if (tcp != answer) {
        teach(a, t, tcp);
    }
}

static bool leads_to(const struct lesson *answer, const struct lesson *asked)
{
    int64_t age = asked->time_ns - answer->time_ns;
    return answer->question == asked->question && answer->server_port == asked->server_port &&
           age >= 0 && age <= HT_TRUNCATION_MAX_AGE_S * HT_SECOND_NS &&
           ht_address_equal(&answer->client, &asked->client) &&
           ht_address_equal(&answer->server, &asked->server);
}

static void learn_asked(struct state *s, const struct lesson *asked)
{
    const struct lesson *best = NULL;
    for (size_t i = 0; i < s->num_truncated && i < HT_TRUNCATION_KEPT; i++) {
        const struct lesson *each = &s->truncated[i];
        if (leads_to(each, asked) && (best == NULL || each->frame > best->frame)) {
            best = each;
        }
    }
    if (best != NULL) {
        s->again[s->num_again++ % HT_TRUNCATION_KEPT] =
            (struct again){.asked = *asked, .frame = best->frame};
    }
}

static void learn(void *state, struct ht_bytes bytes)
{
    struct state *s = state;
    struct lesson lesson;
    if (bytes.len != sizeof lesson) {
        return;
    }
    memcpy(&lesson, bytes.ptr, sizeof lesson);
    if (lesson.tcp) {
        learn_asked(s, &lesson);
    } else {
        s->truncated[s->num_truncated++ % HT_TRUNCATION_KEPT] = lesson;
    }
}

static bool is_of(const struct lesson *asked, const struct ht_connection *c)
{
    return asked->client_port == c->client->port && asked->server_port == c->server->port &&
           asked->time_ns >= c->start_ns && asked->time_ns <= c->end_ns &&
           ht_address_equal(&asked->client, &c->client->ip) &&
           ht_address_equal(&asked->server, &c->server->ip);
}

static void see_connection(void *state, struct ht_analysis *a, struct ht_connection *connection)
{
    const struct state *s = state;
    uint64_t frame        = 0;
    (void)a;
    if (s->num_again == 0 || connection->tcp == NULL ||
        !ht_bytes_equal(connection->protocol, ht_text("dns"))) {
        return;
    }
    for (size_t i = 0; i < s->num_again && i < HT_TRUNCATION_KEPT; i++) {
        const struct again *each = &s->again[i];
        if (is_of(&each->asked, connection) && (frame == 0 || each->frame < frame)) {
            frame = each->frame;
        }
    }
    connection->truncated_answer_frame = frame;
}

static const struct ht_event_type *const events[] = {&dns_query_event, &dns_answer_event, NULL};

const struct ht_analyzer ht_truncation_analyzer = {.name       = "truncation",
                                                   .state_size = sizeof(struct state),
                                                   .event      = see_event,
                                                   .events     = events,
                                                   .connection = see_connection,
                                                   .learn      = learn};
