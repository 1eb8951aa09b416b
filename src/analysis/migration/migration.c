#include "analysis/migration/migration.h"

#include "base/hash.h"
#include "dtls/dtls.h"
#include "quic/packet.h"
#include "quic/quic.h"
#include "tls/tls.h"

#include <stdlib.h>

enum { MAX_RECORD_ID = 24 };

/* A connection id, and whose it is. The lesson, too. */
struct origin {
    uint64_t key; /* of the id and the endpoint of its owner; 0: none is here */
    struct ht_address peer;
    uint16_t peer_port;
    bool preferred; /* the id is for the server's preferred address, and `peer` is where it was */
    uint8_t len;    /* of the connection id */
    uint8_t record_len;
    char record[MAX_RECORD_ID]; /* the id of the connection's record */
};

struct origin_set {
    struct origin origin[HT_MIGRATION_WAYS];
    uint32_t next; /* to be forgotten */
};

struct state {
    struct origin_set *sets;
    uint32_t lengths; /* of the ids that were learnt, a bit each */
};

static bool init(void *opaque, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *state = opaque;
    (void)settings;
    state->sets = calloc(HT_MIGRATION_SETS, sizeof *state->sets);
    return state->sets != NULL || ht_fail(error, "out of memory");
}

static void fini(void *opaque)
{
    free(((struct state *)opaque)->sets);
}

static uint64_t key_of(struct ht_bytes id, const struct ht_address *address, uint16_t port)
{
    return ht_hash(id, ht_hash(ht_address_bytes(address), port)) | 1;
}

static struct origin_set *set_of(const struct state *state, uint64_t key)
{
    return &state->sets[key >> 1 & (HT_MIGRATION_SETS - 1)];
}

static const struct origin *find(const struct state *state, uint64_t key)
{
    const struct origin_set *set = set_of(state, key);
    for (size_t i = 0; i < HT_MIGRATION_WAYS; i++) {
        if (set->origin[i].key == key) {
            return &set->origin[i];
        }
    }
    return NULL;
}

static void see_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                      void *event)
{
    struct quic_connection_id of_dtls;
    const struct quic_connection_id *seen = event;
    struct ht_bytes record                = a->connection_id(a->engine);
    (void)state;
    if (type == &dtls_connection_id_event) {
        const struct dtls_connection_id *id = event;
        of_dtls = (struct quic_connection_id){.id = id->id, .owner = id->owner, .peer = id->peer};
        seen    = &of_dtls;
    } else if (type != &quic_connection_id_event) {
        return;
    }
    if (seen->id.len < HT_MIGRATION_LEAST_ID || seen->id.len > QUIC_MAX_CONNECTION_ID ||
        record.len > MAX_RECORD_ID) {
        return;
    }
    struct origin lesson;
    memset(&lesson, 0, sizeof lesson); /* its padding is copied too */
    lesson.key        = key_of(seen->id, &seen->owner.address, seen->owner.port);
    lesson.peer       = seen->peer.address;
    lesson.peer_port  = seen->peer.port;
    lesson.preferred  = seen->preferred;
    lesson.len        = (uint8_t)seen->id.len;
    lesson.record_len = (uint8_t)record.len;
    memcpy(lesson.record, record.ptr, record.len);
    a->teach(a->engine, &ht_migration_analyzer, ht_bytes(&lesson, sizeof lesson));
}

/* The first to use an id is the one that others go on from. */
static void learn(void *opaque, struct ht_bytes bytes)
{
    struct state *state = opaque;
    struct origin lesson;
    if (bytes.len != sizeof lesson) {
        return;
    }
    memcpy(&lesson, bytes.ptr, sizeof lesson);
    if (find(state, lesson.key) == NULL) {
        struct origin_set *set = set_of(state, lesson.key);
        set->origin[set->next] = lesson;
        set->next              = (set->next + 1) % HT_MIGRATION_WAYS;
        state->lengths |= UINT32_C(1) << lesson.len;
    }
}

/* Whose id `head` begins with, at the endpoint of `owner`. A long id is not met by chance. */
static const struct origin *find_owner(const struct state *state, struct ht_bytes head,
                                       const struct ht_party *owner)
{
    for (size_t len = head.len; len >= HT_MIGRATION_LEAST_ID; len--) {
        const struct origin *found =
            (state->lengths & UINT32_C(1) << len) != 0
                ? find(state, key_of(ht_bytes_head(head, len), &owner->ip, owner->port))
                : NULL;
        if (found != NULL && found->len == len) {
            return found;
        }
    }
    return NULL;
}

static bool is_elsewhere(const struct origin *origin, const struct ht_party *peer)
{
    return origin->peer_port != peer->port || !ht_address_equal(&origin->peer, &peer->ip);
}

/* What is known of where the flow comes from; NULL where there is no room. */
static const struct tls_migrated_from *from_origin(struct ht_analysis *a,
                                                   const struct origin *origin,
                                                   struct ht_bytes head, const char *moved)
{
    struct tls_migrated_from *from = ht_arena_alloc(a->arena, sizeof *from);
    if (from != NULL) {
        *from = (struct tls_migrated_from){
            .connection    = ht_arena_copy(a->arena, ht_bytes(origin->record, origin->record_len)),
            .connection_id = ht_bytes_head(head, origin->len),
            .moved         = moved,
            .ip            = origin->peer,
            .port          = origin->peer_port};
    }
    return from;
}

/* `details` with that; NULL where there is no room. */
static const struct quic_details *told(struct ht_analysis *a, const struct quic_details *details,
                                       const struct origin *origin, struct ht_bytes head,
                                       const char *moved)
{
    struct quic_details *out             = ht_arena_alloc(a->arena, sizeof *out);
    const struct tls_migrated_from *from = from_origin(a, origin, head, moved);
    if (out == NULL || from == NULL) {
        return NULL;
    }
    *out               = *details;
    out->migrated_from = from;
    return out;
}

/* By the server's id: the client is somewhere else than before, or the server at the address that
 * it prefers. NULL: nothing is known. */
static const struct quic_details *by_server_id(const struct state *state, struct ht_analysis *a,
                                               const struct ht_connection *c,
                                               const struct quic_details *quic)
{
    const struct origin *origin = find_owner(state, quic->to_server, c->server);
    if (origin == NULL) {
        return NULL;
    }
    const struct ht_party *mover = origin->preferred ? c->server : c->client;
    return is_elsewhere(origin, mover)
               ? told(a, quic, origin, quic->to_server, origin->preferred ? "server" : "client")
               : NULL;
}

static bool confirm(void *opaque, struct ht_analysis *a, struct ht_connection *c)
{
    const struct state *state = opaque;
    if (c->details.type != &quic_details_struct) {
        return false;
    }
    const struct quic_details *quic  = c->details.object;
    const struct quic_details *moved = by_server_id(state, a, c, quic);
    if (moved == NULL) {
        const struct origin *origin = find_owner(state, quic->to_client, c->client);
        moved = origin != NULL && !origin->preferred && is_elsewhere(origin, c->server)
                    ? told(a, quic, origin, quic->to_client, "server")
                    : NULL;
    }
    if (moved != NULL) {
        c->details.object = moved;
    }
    return moved != NULL;
}

/* Only the client of DTLS may change its address (RFC 9146 section 6). NULL: nothing is known. */
static const struct dtls_details *dtls_moved(const struct state *state, struct ht_analysis *a,
                                             const struct ht_connection *c,
                                             const struct dtls_details *dtls)
{
    const struct origin *origin = find_owner(state, dtls->to_server, c->server);
    if (origin == NULL || !is_elsewhere(origin, c->client)) {
        return NULL;
    }
    struct dtls_details *out             = ht_arena_alloc(a->arena, sizeof *out);
    const struct tls_migrated_from *from = from_origin(a, origin, dtls->to_server, "client");
    if (out == NULL || from == NULL) {
        return NULL;
    }
    *out               = *dtls;
    out->migrated_from = from;
    return out;
}

/* A flow in which the handshake goes on: its packets have long headers, so that it is QUIC's beyond
 * doubt. Only the client's address may change so early (RFC 9000 section 9). */
static void complete(void *opaque, struct ht_analysis *a, struct ht_connection *c)
{
    const struct state *state = opaque;
    for (size_t i = 0; i < HT_MAX_CARRIERS && c->carriers[i].type != NULL; i++) {
        if (c->carriers[i].type == &quic_details_struct) {
            const struct quic_details *moved = by_server_id(state, a, c, c->carriers[i].object);
            c->carriers[i].object            = moved != NULL ? moved : c->carriers[i].object;
        } else if (c->carriers[i].type == &dtls_details_struct) {
            const struct dtls_details *moved = dtls_moved(state, a, c, c->carriers[i].object);
            c->carriers[i].object            = moved != NULL ? moved : c->carriers[i].object;
        }
    }
}

static const struct ht_event_type *const events[] = {&quic_connection_id_event,
                                                     &dtls_connection_id_event, NULL};

const struct ht_analyzer ht_migration_analyzer = {
    .name       = "migration",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .event      = see_event,
    .events     = events,
    .confirm    = confirm,
    .connection = complete,
    .learn      = learn,
};
