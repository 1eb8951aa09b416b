#include "analysis/resumption/resumption.h"

#include "base/hash.h"
#include "tls/tls.h"

#include <stdlib.h>

enum { MAX_ID = 24 };

/* By what a session is known; part of its key, so that the kinds are kept apart. */
enum kind { SESSION_ID = 1, TICKET, IDENTITY };

/* A lesson, and what is kept of it. */
struct origin {
    uint64_t key; /* 0: none is here */
    int64_t time_ns;
    uint64_t lifetime_s;
    uint8_t id_len;
    char id[MAX_ID];
};

struct origin_set {
    struct origin origin[HT_RESUMPTION_WAYS];
    uint8_t next; /* to be forgotten */
};

struct state {
    struct origin_set *sets;
};

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    (void)settings;
    struct state *self = state;
    self->sets         = calloc(HT_RESUMPTION_SETS, sizeof *self->sets);
    return self->sets != NULL || ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    free(((struct state *)state)->sets);
}

static struct origin_set *set_of(const struct state *state, uint64_t key)
{
    return &state->sets[key & (HT_RESUMPTION_SETS - 1)];
}

static const struct origin *find(const struct state *state, uint64_t key)
{
    struct origin_set *set = set_of(state, key);
    for (size_t i = 0; key != 0 && i < HT_RESUMPTION_WAYS; i++) {
        if (set->origin[i].key == key) {
            return &set->origin[i];
        }
    }
    return NULL;
}

/* The first to tell of a session is where it comes from. What is oldest is forgotten, so that what
 * is known depends on the lessons alone. */
static void learn(void *state, struct ht_bytes lesson)
{
    struct origin origin;
    if (lesson.len != sizeof origin) {
        return;
    }
    memcpy(&origin, lesson.ptr, sizeof origin);
    if (find(state, origin.key) == NULL) {
        struct origin_set *set = set_of(state, origin.key);
        set->origin[set->next] = origin;
        set->next              = (uint8_t)((set->next + 1) % HT_RESUMPTION_WAYS);
    }
}

static uint64_t key_of(enum kind kind, struct ht_bytes name)
{
    uint64_t key = ht_hash(name, (uint64_t)kind);
    return name.len == 0 ? 0 : key != 0 ? key : 1;
}

static void teach(const struct ht_analysis *a, uint64_t key, uint64_t lifetime_s)
{
    struct ht_bytes id = a->connection_id(a->engine);
    if (key == 0 || id.len > MAX_ID) {
        return;
    }
    /* Lessons are compared and copied as bytes: no padding may be left to chance. */
    struct origin origin;
    memset(&origin, 0, sizeof origin);
    origin.key        = key;
    origin.time_ns    = a->time_ns;
    origin.lifetime_s = lifetime_s;
    origin.id_len     = (uint8_t)id.len;
    memcpy(origin.id, id.ptr, id.len);
    a->teach(a->engine, &ht_resumption_analyzer, ht_bytes(&origin, sizeof origin));
}

static void on_client_hello(const struct ht_analysis *a, struct tls_client_hello *hello)
{
    const struct tls_psk_offer *psk = hello->psk.items;
    if (hello->psk.len > 0) {
        hello->resumption_key = key_of(IDENTITY, psk[0].identity);
        teach(a, hello->resumption_key, 0);
    } else {
        hello->resumption_key = key_of(TICKET, hello->ticket);
    }
}

static void on_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                     void *event)
{
    (void)state;
    if (type == &tls_client_hello_event) {
        on_client_hello(a, event);
    } else if (type == &tls_server_hello_event) {
        const struct tls_server_hello *hello = event;
        teach(a, hello->new_session_id ? key_of(SESSION_ID, hello->session_id) : 0, 0);
    } else if (type == &tls_new_session_ticket_event) {
        const struct tls_new_session_ticket *ticket = event;
        teach(a, key_of(TICKET, ticket->ticket), ticket->lifetime_s);
    }
}

static int64_t time_of(const struct ht_connection *c, const struct tls_client_hello *hello)
{
    const struct ht_timeline_entry *entries = c->timeline.items;
    for (size_t i = 0; i < c->timeline.len; i++) {
        if (entries[i].object == hello) {
            return c->start_ns + entries[i].t_ns;
        }
    }
    return c->start_ns;
}

/* How the session of `tls` is known, and by what. */
static uint64_t key_of_session(const struct tls_details *tls, const char **out_by)
{
    const struct tls_client_hello *hello = tls->client_hello;
    if (hello == NULL || (tls->resumption == NULL && hello->psk.len == 0)) {
        return 0;
    }
    if (hello->psk.len > 0) {
        *out_by = "same_identity";
        return hello->resumption_key;
    }
    if (!tls->resumed || tls->server_hello == NULL) {
        return 0;
    }
    bool ticket = strcmp(tls->resumption, "ticket") == 0;
    *out_by     = ticket ? "ticket" : "session_id";
    return ticket ? hello->resumption_key : key_of(SESSION_ID, tls->server_hello->session_id);
}

static void judge(void *state, struct ht_analysis *a, struct ht_connection *c)
{
    if (c->details.type != &tls_details_struct) {
        return;
    }
    const struct tls_details *tls = c->details.object;
    const char *by                = NULL;
    const struct origin *origin   = find(state, key_of_session(tls, &by));
    struct ht_bytes id =
        origin != NULL ? ht_bytes(origin->id, origin->id_len) : (struct ht_bytes){0};
    if (origin == NULL || ht_bytes_equal(id, c->id)) {
        return;
    }
    struct tls_details *more      = ht_arena_alloc(a->arena, sizeof *more);
    struct tls_resumed_from *from = ht_arena_alloc(a->arena, sizeof *from);
    if (more == NULL || from == NULL) {
        return;
    }
    int64_t age        = time_of(c, tls->client_hello) - origin->time_ns;
    *from              = (struct tls_resumed_from){.connection = ht_arena_copy(a->arena, id),
                                                   .by         = by,
                                                   .age_ns     = age > 0 ? (uint64_t)age : 0,
                                                   .lifetime_s = origin->lifetime_s};
    *more              = *tls;
    more->resumed_from = from;
    c->details.object  = more;
}

static const struct ht_event_type *const events[] = {
    &tls_client_hello_event, &tls_server_hello_event, &tls_new_session_ticket_event, NULL};

const struct ht_analyzer ht_resumption_analyzer = {
    .name       = "resumption",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .event      = on_event,
    .events     = events,
    .judge      = judge,
    .learn      = learn,
};
