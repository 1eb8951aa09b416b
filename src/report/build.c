#include "report/build.h"

#include "analysis/audit/suite.h"
#include "base/digits.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

void build_sort(struct ht_objects list, size_t size, int (*order)(const void *, const void *))
{
    void *items = (void *)(uintptr_t)list.items; /* made here, and no one else's yet */
    if (items != NULL && list.len > 1) {
        qsort(items, list.len, size, order);
    }
}

static struct ht_address server_address(const struct report_server *server)
{
    struct ht_address address = {.version = server->key.version};
    memcpy(address.bytes, server->key.address, sizeof address.bytes);
    return address;
}

/* "10.0.0.1:443 www.example.com" */
static struct ht_bytes label_of(const struct build *b, const struct report_server *server)
{
    char ip[HT_ADDRESS_TEXT_MAX], text[HT_ADDRESS_TEXT_MAX + 300];
    struct ht_address address = server_address(server);
    struct ht_bytes name      = build_text(b, server->key.name);
    bool six                  = address.version == 6;
    (void)snprintf(text, sizeof text, "%s%s%s:%u%s%s%.*s", six ? "[" : "",
                   ht_address_print(ip, &address), six ? "]" : "", server->key.port,
                   server->key.udp ? "/udp" : "", name.len > 0 ? " " : "", (int)name.len,
                   name.len > 0 ? (const char *)name.ptr : "");
    return ht_arena_copy(b->arena, ht_text(text));
}

bool build_labels(struct build *b)
{
    b->labels = ht_arena_alloc(b->arena, b->state->servers.len * sizeof *b->labels + 1);
    for (size_t i = 0; b->labels != NULL && i < b->state->servers.len; i++) {
        b->labels[i] = label_of(b, report_table_at(&b->state->servers, i));
    }
    return b->labels != NULL;
}

/*
 * Servers
 */

struct server_build {
    struct build_profile profile;
    struct report_tallies certificates, clients;
    struct report_sights sights;
    uint64_t block_64_bytes;
};

/* What the sessions carried under a cipher of 64-bit blocks. */
static uint64_t block_64_bytes(const struct report_session *session)
{
    enum { SHORT_BLOCK = 64 };
    const struct audit_suite *suite =
        session->key.suite != 0 ? audit_suite_find((uint16_t)(session->key.suite - 1)) : NULL;
    return suite != NULL && suite->block_bits == SHORT_BLOCK ? session->data_bytes : 0;
}

static void add_to_server(const struct build *b, struct server_build *to,
                          const struct report_session *session)
{
    struct ht_bytes sha256 = build_text(b, session->key.certificate);
    char hex[64];
    build_profile_add(b, &to->profile, session);
    to->block_64_bytes += block_64_bytes(session);
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        report_sights_add(&to->sights, &session->sights.items[i]);
    }
    if (sha256.len == sizeof hex / 2) {
        (void)ht_put_hex(hex, sha256);
    }
    to->certificates.list.arena = to->clients.list.arena = b->arena;
    report_tally_copy(&to->certificates,
                      ht_bytes(hex, sha256.len == sizeof hex / 2 ? sizeof hex : 0), 0,
                      session->connections, session->span.first_ns, session->span.last_ns);
    report_tally(&to->clients, build_text(b, session->key.ja4), 0, session->connections,
                 session->span.first_ns, session->span.last_ns);
}

/* `number`: index plus one */
static void end_server(const struct build *b, struct server_build *from, uint32_t number,
                       struct ht_server_summary *out)
{
    const uint32_t index               = number - 1;
    const struct report_server *server = report_table_at(&b->state->servers, index);
    const struct report_latency *latency =
        server->latency != 0 ? report_table_at(&b->state->latencies, server->latency - 1) : NULL;
    *out = (struct ht_server_summary){
        .ip               = server_address(server),
        .port             = server->key.port,
        .transport        = server->key.udp ? "udp" : "tcp",
        .name             = build_text(b, server->key.name),
        .label            = b->labels[index],
        .starttls         = build_text(b, server->starttls),
        .profile          = build_profile_end(b, &from->profile, "server_unknown"),
        .certificates     = report_tallies_in_time(&from->certificates),
        .clients          = report_tallies_sorted(&from->clients),
        .handshake_p50_ns = latency != NULL ? report_percentile(latency, 50) : 0,
        .handshake_p95_ns = latency != NULL ? report_percentile(latency, 95) : 0,
        .block_64_bytes   = from->block_64_bytes,
        .findings         = b->server_findings[index],
        .examples         = build_examples(b, &from->sights, number)};
}

static int by_server(const void *left, const void *right)
{
    const struct ht_server_summary *a = left, *b = right;
    int order = a->ip.version - b->ip.version;
    order     = order != 0 ? order : memcmp(a->ip.bytes, b->ip.bytes, sizeof a->ip.bytes);
    order     = order != 0 ? order : a->port - b->port;
    order     = order != 0 ? order : strcmp(a->transport, b->transport);
    return order != 0 ? order : report_compare_bytes(a->name, b->name);
}

static bool build_servers(struct build *b)
{
    const struct report_session *const *own = b->by_server;
    struct ht_server_summary *out =
        ht_arena_alloc(b->arena, b->state->servers.len * sizeof *out + 1);
    size_t len = 0;
    if (out == NULL) {
        return false;
    }
    for (size_t i = 0; i < b->num_sessions;) {
        struct server_build server = {0};
        const uint32_t number      = own[i]->key.server;
        for (; i < b->num_sessions && own[i]->key.server == number; i++) {
            add_to_server(b, &server, own[i]);
        }
        end_server(b, &server, number, &out[len++]);
    }
    b->out->servers = (struct ht_objects){.items = out, .len = len};
    build_sort(b->out->servers, sizeof *out, by_server);
    return true;
}

/*
 * Clients
 */

struct client_build {
    struct build_profile profile;
    struct report_tallies addresses;
    struct report_sights sights;
    uint32_t server; /* of the first sight, index plus one */
};

/* What goes to profiles of many sessions goes there by kinds of sessions, as these are few: those
 * that were not told of yet, and to whom. */
struct kinds {
    struct report_table table; /* of struct report_session, by what matters to a profile */
    struct client_build **clients;
};

static struct report_session_key kind_of(const struct report_session_key *key)
{
    struct report_session_key kind = *key;
    kind.server = kind.host = kind.certificate = kind.offered = 0;
    kind.flags &= REPORT_RESUMED | REPORT_BY_SERVER;
    return kind;
}

static void tell_kinds(const struct build *b, struct kinds *kinds)
{
    for (size_t i = 0; i < kinds->table.len; i++) {
        const struct report_session *each = report_table_at(&kinds->table, i);
        build_profile_add(b, &kinds->clients[each->key.ja4]->profile, each);
        build_profile_add(b, b->all, each);
    }
    report_table_clear(&kinds->table);
}

static bool add_to_kinds(const struct build *b, struct kinds *kinds,
                         const struct report_session *session)
{
    const struct report_session_key key = kind_of(&session->key);
    struct report_session *kind         = report_table_add(&kinds->table, &key);
    if (kind == NULL) {
        tell_kinds(b, kinds);
        kind = report_table_add(&kinds->table, &key);
    }
    if (kind == NULL) {
        return false;
    }
    if (kind->connections == 0) {
        kind->span = session->span;
    }
    kind->connections += session->connections;
    kind->client_bytes += session->client_bytes;
    kind->server_bytes += session->server_bytes;
    kind->exposed_bytes += session->exposed_bytes;
    report_widen(&kind->span, session->span.first_ns);
    report_widen(&kind->span, session->span.last_ns);
    return true;
}

/* Addresses are known by their bytes, until all are there. */
static void add_to_client(const struct build *b, struct client_build *to,
                          const struct report_session *session)
{
    to->server = to->server != 0 ? to->server : session->key.server;
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        report_sights_add(&to->sights, &session->sights.items[i]);
    }
    if (session->key.host != 0) {
        const struct report_host *host = report_table_at(&b->state->hosts, session->key.host - 1);
        to->addresses.list.arena       = b->arena;
        report_tally(&to->addresses, ht_bytes(host, sizeof *host), 0, session->connections,
                     session->span.first_ns, session->span.last_ns);
    }
}

static struct ht_objects addresses_of(const struct build *b, struct report_tallies *hosts)
{
    struct report_tallies texts = {.list = {.arena = b->arena}};
    const struct ht_tally *each = (const struct ht_tally *)(const void *)hosts->list.items;
    for (size_t i = 0; i < hosts->list.len; i++) {
        char text[HT_ADDRESS_TEXT_MAX];
        const struct ht_address address =
            build_address_of((const struct report_host *)(const void *)each[i].name.ptr);
        report_tally_copy(&texts, ht_text(ht_address_print(text, &address)), 0, each[i].connections,
                          each[i].first_seen_ns, each[i].last_seen_ns);
    }
    return report_tallies_sorted(&texts);
}

/* What of a registry is in a packed list, in its order, GREASE left out. */
static struct ht_objects offered(const struct build *b, const struct ht_registry *names,
                                 uint32_t list, uint64_t connections)
{
    struct ht_bytes values        = build_text(b, list);
    struct report_tallies tallies = {.list = {.arena = b->arena}};
    for (size_t i = 0; i < values.len / 2; i++) {
        uint16_t id = ht_be16(values, i);
        if (!ht_is_grease(id)) {
            report_tally_id(&tallies, names, id, connections, 0, 0);
        }
    }
    return report_list_objects(&tallies.list);
}

static void end_client(const struct build *b, struct client_build *from, uint32_t ja4,
                       struct ht_client_summary *out)
{
    static const struct report_offer nothing;
    const struct report_offer *offer  = report_table_find(&b->state->offers, &ja4);
    uint64_t connections              = from->profile.profile.connections;
    offer                             = offer != NULL ? offer : &nothing;
    const struct ht_objects addresses = addresses_of(b, &from->addresses);
    *out                              = (struct ht_client_summary){
                                     .ja4              = build_text(b, ja4),
                                     .num_addresses    = addresses.len,
                                     .addresses        = addresses,
                                     .profile          = build_profile_end(b, &from->profile, "client_not_capable"),
                                     .offered_versions = offered(b, &tls_versions, offer->versions, connections),
                                     .offered_groups   = offered(b, &tls_groups, offer->groups, connections),
                                     .findings         = b->client_findings[ja4],
                                     .examples         = build_examples(b, &from->sights, from->server)};
    out->addresses.len =
        out->addresses.len < HT_SHOWN_ADDRESSES ? out->addresses.len : HT_SHOWN_ADDRESSES;
}

static int by_ja4(const void *left, const void *right)
{
    const struct ht_client_summary *a = left, *b = right;
    return report_compare_bytes(a->ja4, b->ja4);
}

/* Clients by name of a JA4; also what all sessions are like. False: no memory. */
static bool add_sessions(struct build *b, struct kinds *kinds)
{
    enum { AHEAD = 8 };
    for (size_t i = 0; i < b->num_sessions; i++) {
        const struct report_session *session = b->sessions[i];
        struct client_build **each           = &kinds->clients[session->key.ja4];
        __builtin_prefetch(b->sessions[i + AHEAD < b->num_sessions ? i + AHEAD : i]);
        *each = *each != NULL ? *each : ht_arena_alloc(b->arena, sizeof **each);
        if (*each == NULL || !add_to_kinds(b, kinds, session)) {
            return false;
        }
        add_to_client(b, *each, session);
    }
    tell_kinds(b, kinds);
    return true;
}

static bool build_clients(struct build *b)
{
    size_t num                    = b->state->names.table.len + 1;
    struct client_build **clients = ht_arena_alloc(b->arena, num * sizeof(struct client_build *));
    struct report_list list       = {.arena = b->arena, .size = sizeof(struct ht_client_summary)};
    struct kinds kinds            = {.table   = {.key_size   = sizeof(struct report_session_key),
                                                 .entry_size = sizeof(struct report_session),
                                                 .seed       = b->state->sessions.seed,
                                                 .max_bytes  = 1 << 20},
                                     .clients = clients};
    b->all                        = ht_arena_alloc(b->arena, sizeof *b->all);
    bool added                    = clients != NULL && b->all != NULL && add_sessions(b, &kinds);
    for (uint32_t i = 1; added && i < num; i++) {
        struct ht_client_summary *out = clients[i] != NULL ? report_list_add(&list) : NULL;
        if (out != NULL) {
            end_client(b, clients[i], i, out);
        }
    }
    b->out->clients = report_list_objects(&list);
    build_sort(b->out->clients, list.size, by_ja4);
    report_table_free(&kinds.table);
    return added;
}

/*
 * Certificates
 */

struct leaf_use {
    uint64_t connections, servers;
    uint32_t last_server;
};

static void end_certificate(const struct build *b, const struct report_certificate *from,
                            const struct leaf_use *use, struct ht_certificate_summary *out)
{
    struct report_sights sights = {.items = {from->sight}};
    *out = (struct ht_certificate_summary){.sha256  = ht_bytes(from->sha256, sizeof from->sha256),
                                           .subject = build_text(b, from->subject),
                                           .issuer  = build_text(b, from->issuer),
                                           .serial  = build_text(b, from->serial),
                                           .not_before = build_text(b, from->not_before),
                                           .not_after  = build_text(b, from->not_after),
                                           .names      = build_text(b, from->names),
                                           .key_type   = build_text(b, from->key_type),
                                           .key_curve  = build_text(b, from->key_curve),
                                           .key_bits   = from->key_bits,
                                           .signature_algorithm =
                                               build_text(b, from->signature_algorithm),
                                           .spki_sha256   = build_text(b, from->spki),
                                           .is_ca         = from->is_ca,
                                           .self_signed   = from->self_signed,
                                           .servers       = use->servers,
                                           .connections   = use->connections,
                                           .first_seen_ns = from->span.first_ns,
                                           .last_seen_ns  = from->span.last_ns,
                                           .examples      = build_examples(b, &sights, 0)};
}

static int by_sha256(const void *left, const void *right)
{
    const struct ht_certificate_summary *a = left, *b = right;
    return report_compare_bytes(a->sha256, b->sha256);
}

/* How many connections, and servers, each certificate was the leaf of. */
static struct leaf_use *leaf_uses(const struct build *b)
{
    size_t len                              = b->state->certificates.len;
    struct leaf_use *use                    = ht_arena_alloc(b->arena, len * sizeof *use + 1);
    const struct report_session *const *own = b->by_server;
    for (size_t i = 0; use != NULL && i < b->num_sessions; i++) {
        const struct report_certificate *leaf = report_leaf_of(b->state, own[i]);
        if (leaf != NULL) {
            struct leaf_use *each = &use[report_table_index(&b->state->certificates, leaf)];
            each->servers += each->last_server != own[i]->key.server ? 1 : 0;
            each->last_server = own[i]->key.server;
            each->connections += own[i]->connections;
        }
    }
    return use;
}

static bool build_certificates(struct build *b)
{
    size_t num                         = b->state->certificates.len;
    struct leaf_use *use               = leaf_uses(b);
    struct ht_certificate_summary *out = ht_arena_alloc(b->arena, num * sizeof *out + 1);
    for (size_t i = 0; use != NULL && out != NULL && i < num; i++) {
        end_certificate(b, report_table_at(&b->state->certificates, i), &use[i], &out[i]);
    }
    b->out->certificates = (struct ht_objects){.items = out, .len = num};
    build_sort(b->out->certificates, sizeof *out, by_sha256);
    return use != NULL && out != NULL;
}

bool build_lists(struct build *b)
{
    return build_servers(b) && build_clients(b) && build_certificates(b);
}
