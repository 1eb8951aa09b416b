#include "timing.h"

#include "tls/tls.h"

/* What is looked for. A HelloRetryRequest is a ServerHello (RFC 8446 section 4.1.4): to the one
 * that comes after it the client's second flight counts too. */
enum moment { CLIENT_HELLO, SERVER_HELLO, FINISHED_CLIENT, FINISHED_SERVER, NUM_MOMENTS };

enum { KINDS = 256 /* that are remembered */, UNSEEN = UINT16_MAX };

/* Where in a timeline each moment first is. */
struct moments {
    uint64_t kind;            /* of the timeline; 0: nothing is remembered here */
    uint16_t at[NUM_MOMENTS]; /* UNSEEN: it is not there */
};

struct state {
    struct moments known[KINDS];
};

static enum moment moment_of(const struct ht_timeline_entry *entry)
{
    if (entry->type == &tls_client_hello_event) {
        return CLIENT_HELLO;
    }
    if (entry->type == &tls_server_hello_event || entry->type == &tls_hello_retry_request_event) {
        return SERVER_HELLO;
    }
    if (entry->type == &tls_finished_event) {
        return entry->from[0] == 'c' ? FINISHED_CLIENT : FINISHED_SERVER;
    }
    return NUM_MOMENTS;
}

static void find_moments(struct moments *out, const struct ht_connection *c)
{
    const struct ht_timeline_entry *entries = c->timeline.items;
    out->kind                               = c->timeline_kind;
    memset(out->at, 0xFF, sizeof out->at);
    for (size_t i = 0; i < c->timeline.len && i < UNSEEN; i++) {
        enum moment moment = entries[i].absent == NULL ? moment_of(&entries[i]) : NUM_MOMENTS;
        if (moment != NUM_MOMENTS && out->at[moment] == UNSEEN) {
            out->at[moment] = (uint16_t)i;
        }
    }
}

static struct moments moments_of(struct state *state, const struct ht_connection *c)
{
    struct moments *known = &state->known[c->timeline_kind % KINDS];
    if (c->timeline_kind == 0 || known->kind != c->timeline_kind) {
        find_moments(known, c);
    }
    return *known;
}

/* From one moment to a later one; 0 where one of them was not seen. */
static uint64_t span(const struct ht_connection *c, const struct moments *m, enum moment from,
                     enum moment to)
{
    const struct ht_timeline_entry *entries = c->timeline.items;
    if (m->at[from] == UNSEEN || m->at[to] == UNSEEN) {
        return 0;
    }
    int64_t begin = entries[m->at[from]].t_ns, end = entries[m->at[to]].t_ns;
    return end > begin ? (uint64_t)end - (uint64_t)begin : 0;
}

static void judge(void *state, struct ht_analysis *a, struct ht_connection *c)
{
    const struct moments m   = moments_of(state, c);
    uint64_t server_hello    = span(c, &m, CLIENT_HELLO, SERVER_HELLO);
    uint64_t rtt             = c->tcp != NULL ? c->tcp->rtt_server_ns : 0;
    uint64_t to_client       = span(c, &m, CLIENT_HELLO, FINISHED_CLIENT);
    uint64_t to_server       = span(c, &m, CLIENT_HELLO, FINISHED_SERVER);
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

const struct ht_analyzer ht_timing_analyzer = {
    .name = "timing", .state_size = sizeof(struct state), .judge = judge};
