#include "timing.h"

#include "tls/tls.h"

/* When each thing first happened; NEVER: it was not seen. A HelloRetryRequest is a ServerHello (RFC
 * 8446 section 4.1.4): to the one that comes after it the client's second flight counts too. */
struct moments {
    int64_t client_hello, server_hello, finished_client, finished_server;
};

static const int64_t NEVER = INT64_MIN;

static int64_t *moment_of(struct moments *m, const struct ht_timeline_entry *entry)
{
    if (entry->type == &tls_client_hello_event) {
        return &m->client_hello;
    }
    if (entry->type == &tls_server_hello_event || entry->type == &tls_hello_retry_request_event) {
        return &m->server_hello;
    }
    if (entry->type == &tls_finished_event) {
        return entry->from[0] == 'c' ? &m->finished_client : &m->finished_server;
    }
    return NULL;
}

static struct moments moments_of(const struct ht_connection *c)
{
    struct moments m                        = {NEVER, NEVER, NEVER, NEVER};
    const struct ht_timeline_entry *entries = c->timeline.items;
    for (size_t i = 0; i < c->timeline.len; i++) {
        int64_t *moment = entries[i].absent == NULL ? moment_of(&m, &entries[i]) : NULL;
        if (moment != NULL && *moment == NEVER) {
            *moment = entries[i].t_ns;
        }
    }
    return m;
}

/* From one moment to a later one; 0 where one of them was not seen. */
static uint64_t span(int64_t from, int64_t to)
{
    return from != NEVER && to != NEVER && to > from ? (uint64_t)to - (uint64_t)from : 0;
}

static void judge(void *state, struct ht_analysis *a, struct ht_connection *c)
{
    (void)state;
    struct moments m         = moments_of(c);
    uint64_t server_hello    = span(m.client_hello, m.server_hello);
    uint64_t rtt             = c->tcp != NULL ? c->tcp->rtt_server_ns : 0;
    uint64_t to_client       = span(m.client_hello, m.finished_client);
    uint64_t to_server       = span(m.client_hello, m.finished_server);
    struct ht_timing *timing = server_hello > 0 ? ht_arena_alloc(a->arena, sizeof *timing) : NULL;
    if (timing == NULL) {
        return;
    }
    timing->server_hello_ns = server_hello;
    if (rtt > 0 && server_hello > rtt) {
        timing->server_think_ns = server_hello - rtt;
    }
    if (to_client > 0 && to_server > 0) {
        timing->handshake_ns = to_client > to_server ? to_client : to_server;
    }
    c->timing = timing;
}

const struct ht_analyzer ht_timing_analyzer = {.name = "timing", .judge = judge};
