#include "analysis/resumption/resumption.h"

#include "base/fetch.h"
#include "base/hash.h"
#include "tls/tls.h"

#include <stdlib.h>

enum { MAX_ID = 24, MAX_NAME = 58 };

/* By what a session is known; part of its key, so that the kinds are kept apart. */
enum kind { SESSION_ID = 1, TICKET, IDENTITY };

/* Where a session comes from. */
struct origin {
    int64_t time_ns;
    uint64_t lifetime_s;
    uint32_t name;           /* hash of the server_name asked for; 0: none */
    uint8_t extended_master; /* whether it has extended_master_secret, plus one; 0: unknown */
    bool is_id;              /* of a SESSION_ID */
    bool ambiguous;          /* which several connections were given */
    uint8_t id_len;
    char id[MAX_ID];
};

/* A server_name in lower case. */
struct name {
    uint32_t hash; /* of all of it; 0: none is here */
    uint8_t len;
    char text[MAX_NAME]; /* its beginning */
};

struct lesson {
    uint64_t key; /* by which the session is known */
    struct origin origin;
    struct name name;
};

/* Of most lessons the key is sought and not there: so keys lie side by side. Names are kept once,
 * each at the place of its hash, where the next one may take it. */
struct state {
    uint64_t *keys;         /* HT_RESUMPTION_WAYS of a set; 0: none is here */
    struct origin *origins; /* of the key in the same place */
    uint8_t *next;          /* of each set, which way is to be forgotten */
    struct name *names;
};

enum { PLACES = HT_RESUMPTION_SETS * HT_RESUMPTION_WAYS };

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    (void)settings;
    struct state *self = state;
    self->keys         = calloc(PLACES, sizeof *self->keys);
    self->origins      = calloc(PLACES, sizeof *self->origins);
    self->next         = calloc(HT_RESUMPTION_SETS, sizeof *self->next);
    self->names        = calloc(HT_RESUMPTION_NAMES, sizeof *self->names);
    return (self->keys != NULL && self->origins != NULL && self->next != NULL &&
            self->names != NULL) ||
           ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    struct state *self = state;
    free(self->keys);
    free(self->origins);
    free(self->next);
    free(self->names);
}

static struct name name_of(struct ht_bytes server_name)
{
    struct name name = {0};
    uint64_t hash    = server_name.len;
    for (size_t i = 0; i < server_name.len; i++) {
        uint8_t letter = ht_lower(server_name.ptr[i]);
        hash           = ht_mix(hash, letter);
        if (i < MAX_NAME) {
            name.text[name.len++] = (char)letter;
        }
    }
    name.hash = server_name.len == 0 ? 0 : (uint32_t)hash | 1;
    return name;
}

static struct name *place_of(const struct state *state, uint32_t hash)
{
    return &state->names[hash / 2 % HT_RESUMPTION_NAMES];
}

static size_t set_of(uint64_t key)
{
    return key & (HT_RESUMPTION_SETS - 1);
}

static struct origin *find(const struct state *state, uint64_t key)
{
    size_t first = set_of(key) * HT_RESUMPTION_WAYS;
    for (size_t i = first; key != 0 && i < first + HT_RESUMPTION_WAYS; i++) {
        if (state->keys[i] == key) {
            return &state->origins[i];
        }
    }
    return NULL;
}

static struct ht_bytes id_of(const struct origin *origin)
{
    return ht_bytes(origin->id, origin->id_len);
}

/* What is oldest is forgotten, so that what is known depends on the lessons alone. */
static void keep(const struct state *state, const struct lesson *lesson)
{
    size_t set            = set_of(lesson->key);
    size_t place          = set * HT_RESUMPTION_WAYS + state->next[set];
    state->keys[place]    = lesson->key;
    state->origins[place] = lesson->origin;
    state->next[set]      = (uint8_t)((state->next[set] + 1) % HT_RESUMPTION_WAYS);
    if (lesson->name.hash != 0) {
        *place_of(state, lesson->name.hash) = lesson->name;
    }
}

/* The first to tell of a session is where it comes from; but there are servers that give every
 * session the same id. */
static void learn(void *state, struct ht_bytes bytes)
{
    struct lesson lesson;
    if (bytes.len != sizeof lesson) {
        return;
    }
    memcpy(&lesson, bytes.ptr, sizeof lesson);
    struct origin *known = find(state, lesson.key);
    if (known == NULL) {
        keep(state, &lesson);
    } else if (lesson.origin.is_id && !ht_bytes_equal(id_of(known), id_of(&lesson.origin))) {
        known->ambiguous = true;
    }
}

static uint64_t key_of(enum kind kind, struct ht_bytes name)
{
    uint64_t key = ht_hash(name, (uint64_t)kind);
    return name.len == 0 ? 0 : key != 0 ? key : 1;
}

/* Whom a hello asks for; nobody where that is encrypted. */
static struct name asked_for(const struct tls_client_hello *hello)
{
    bool hidden = hello == NULL || hello->encrypted_client_hello != NULL;
    return name_of(hidden ? ht_bytes(NULL, 0) : hello->server_name);
}

/* Where a lesson is looked for, and goes, while it is written. */
static void fetch(const struct state *state, uint64_t key)
{
    size_t set = set_of(key);
    ht_fetch(&state->keys[set * HT_RESUMPTION_WAYS]);
    ht_fetch(&state->origins[set * HT_RESUMPTION_WAYS + state->next[set]]);
}

/* `from` of the hellos of its handshake, or NULL. */
static void teach(const struct state *state, const struct ht_analysis *a, uint64_t key,
                  struct origin from, const struct tls_client_hello *offer,
                  const struct tls_server_hello *answer)
{
    struct ht_bytes id = key != 0 ? a->connection_id(a->engine) : ht_bytes(NULL, 0);
    if (key == 0 || id.len > MAX_ID) {
        return;
    }
    fetch(state, key);
    /* Lessons are compared and copied as bytes: no padding may be left to chance. */
    struct lesson lesson;
    memset(&lesson, 0, sizeof lesson);
    const struct name name  = asked_for(offer);
    struct origin *origin   = &lesson.origin;
    lesson.key              = key;
    origin->time_ns         = a->time_ns;
    origin->lifetime_s      = from.lifetime_s;
    origin->is_id           = from.is_id;
    origin->name            = name.hash;
    origin->extended_master = answer == NULL ? 0 : answer->extended_master_secret ? 2 : 1;
    origin->id_len          = (uint8_t)id.len;
    memcpy(origin->id, id.ptr, id.len);
    lesson.name.hash = name.hash;
    lesson.name.len  = name.len;
    memcpy(lesson.name.text, name.text, sizeof lesson.name.text);
    a->teach(a->engine, &ht_resumption_analyzer, ht_bytes(&lesson, sizeof lesson));
}

static void on_client_hello(const struct state *state, const struct ht_analysis *a,
                            struct tls_client_hello *hello)
{
    const struct tls_psk_offer *psk = hello->psk.items;
    if (hello->psk.len > 0) {
        hello->resumption_key = key_of(IDENTITY, psk[0].identity);
        teach(state, a, hello->resumption_key, (struct origin){0}, hello, NULL);
    } else {
        hello->resumption_key = key_of(TICKET, hello->ticket);
    }
}

static void on_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                     void *event)
{
    if (type == &tls_client_hello_event) {
        on_client_hello(state, a, event);
    } else if (type == &tls_server_hello_event) {
        const struct tls_server_hello *hello = event;
        uint64_t key = hello->offer != NULL ? key_of(SESSION_ID, hello->session_id) : 0;
        teach(state, a, key, (struct origin){.is_id = true}, hello->offer, hello);
    } else if (type == &tls_new_session_ticket_event) {
        const struct tls_new_session_ticket *ticket = event;
        teach(state, a, key_of(TICKET, ticket->ticket),
              (struct origin){.lifetime_s = ticket->lifetime_s}, ticket->offer, ticket->answer);
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

/* Fills in what rules compare: both ends of the same session should say the same. */
static void compare(struct tls_resumed_from *out, const struct state *state, struct ht_arena *arena,
                    const struct origin *origin, const struct tls_client_hello *hello)
{
    const struct name now     = asked_for(hello);
    const struct name *before = place_of(state, origin->name);
    out->extended_master      = origin->extended_master;
    out->other_name           = now.hash != 0 && origin->name != 0 && now.hash != origin->name;
    if (out->other_name && before->hash == origin->name) {
        out->server_name = ht_arena_copy(arena, ht_bytes(before->text, before->len));
    }
}

static void judge(void *state, struct ht_analysis *a, struct ht_connection *c)
{
    if (c->details.type != &tls_details_struct) {
        return;
    }
    const struct tls_details *tls = c->details.object;
    const char *by                = NULL;
    const struct origin *origin   = find(state, key_of_session(tls, &by));
    if (origin == NULL || origin->ambiguous || ht_bytes_equal(id_of(origin), c->id)) {
        return;
    }
    struct tls_details *more      = ht_arena_alloc(a->arena, sizeof *more);
    struct tls_resumed_from *from = ht_arena_alloc(a->arena, sizeof *from);
    if (more == NULL || from == NULL) {
        return;
    }
    int64_t age = time_of(c, tls->client_hello) - origin->time_ns;
    *from       = (struct tls_resumed_from){.connection = ht_arena_copy(a->arena, id_of(origin)),
                                            .by         = by,
                                            .age_ns     = age > 0 ? (uint64_t)age : 0,
                                            .lifetime_s = origin->lifetime_s};
    compare(from, state, a->arena, origin, tls->client_hello);
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
