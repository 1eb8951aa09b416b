#include "report/build.h"

#include "analysis/audit/suite.h"
#include "base/digits.h"
#include "tls/tls.h"

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

static char *put(char *at, const char *text)
{
    const size_t len = strlen(text);
    memcpy(at, text, len);
    return at + len;
}

/* "10.0.0.1:443 www.example.com" */
static struct ht_bytes label_of(const struct build *b, const struct report_server *server)
{
    char text[HT_ADDRESS_TEXT_MAX + sizeof "[]:65535/udp " + REPORT_MAX_NAME], *at = text;
    const struct ht_address address = server_address(server);
    const struct ht_bytes name      = build_text(b, server->key.name);
    const bool six                  = address.version == 6;
    at                              = put(at, six ? "[" : "");
    at                              = ht_put_address(at, &address);
    at                              = put(at, six ? "]:" : ":");
    at                              = ht_put_uint(at, server->key.port);
    at                              = put(at, server->key.udp ? "/udp" : "");
    if (name.len > 0) {
        *at++ = ' ';
        memcpy(at, name.ptr, name.len);
        at += name.len;
    }
    return ht_arena_copy(b->arena, ht_bytes(text, (size_t)(at - text)));
}

bool build_labels(struct build *b)
{
    b->labels = ht_arena_alloc(b->scratch, b->state->servers.len * sizeof *b->labels + 1);
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

static void begin_server(const struct build *b, struct server_build *server)
{
    build_profile_clear(&server->profile, b->scratch);
    report_tallies_clear(&server->certificates);
    report_tallies_clear(&server->clients);
    server->sights         = (struct report_sights){0};
    server->block_64_bytes = 0;
}

/* What the sessions carried under a cipher of 64-bit blocks. */
static uint64_t block_64_bytes(const struct report_session *session)
{
    enum { SHORT_BLOCK = 64 };
    const struct audit_suite *suite =
        session->key.suite != 0 ? audit_suite_find((uint16_t)(session->key.suite - 1)) : NULL;
    return suite != NULL && suite->block_bits == SHORT_BLOCK ? session->data_bytes : 0;
}

enum { SHA256_LEN = 32 };

static void add_to_server(const struct build *b, struct server_build *to,
                          const struct report_session *session)
{
    const struct ht_bytes sha256 = build_text(b, session->key.certificate);
    build_profile_add(&to->profile, session);
    to->block_64_bytes += block_64_bytes(session);
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        report_sights_add(&to->sights, &session->sights.items[i]);
    }
    (void)report_tally(&to->certificates, sha256.len == SHA256_LEN ? session->key.certificate : 0,
                       session->connections, &session->span);
    (void)report_tally(&to->clients, session->key.ja4, session->connections, &session->span);
}

static void name_certificate(const void *build, struct ht_tally *tally)
{
    const struct build *b = build;
    char hex[2 * SHA256_LEN];
    (void)ht_put_hex(hex, build_text(b, tally->number));
    tally->name = ht_arena_copy(b->arena, ht_bytes(hex, sizeof hex));
}

/* `number`: index plus one */
static void end_server(const struct build *b, struct server_build *from, uint32_t number,
                       struct ht_server_summary *out)
{
    const struct report_naming certificates = {name_certificate, b}, clients = {build_name, b};
    const uint32_t index               = number - 1;
    const uint32_t servers[]           = {number, number};
    const struct report_server *server = report_table_at(&b->state->servers, index);
    const struct report_percentiles times =
        server->latency != 0
            ? report_percentiles(report_table_at(&b->state->latencies, server->latency - 1))
            : (struct report_percentiles){0};
    *out = (struct ht_server_summary){
        .ip        = server_address(server),
        .port      = server->key.port,
        .transport = server->key.udp ? "udp" : "tcp",
        .name      = build_text(b, server->key.name),
        .label     = b->labels[index],
        .starttls  = build_text(b, server->starttls),
        .profile   = build_profile_end(b, &from->profile, "server_unknown"),
        .certificates =
            report_tallies_first(&from->certificates, &certificates, REPORT_MAX_TALLIES, b->arena),
        .clients = report_tallies_most(&from->clients, &clients, REPORT_MAX_TALLIES, b->arena),
        .handshake_p50_ns = times.p50_ns,
        .handshake_p95_ns = times.p95_ns,
        .block_64_bytes   = from->block_64_bytes,
        .findings         = b->server_findings[number],
        .examples         = build_examples(b, &from->sights, servers)};
}

static bool build_servers(struct build *b)
{
    const struct report_session *const *own = b->sessions;
    struct ht_server_summary *out =
        ht_arena_alloc(b->arena, b->state->servers.len * sizeof *out + 1);
    struct server_build server = {.certificates = report_tallies(b->scratch),
                                  .clients      = report_tallies(b->scratch)};
    size_t len                 = 0;
    if (out == NULL) {
        return false;
    }
    for (size_t i = 0; i < b->num_sessions;) {
        const uint32_t number = own[i]->key.server;
        begin_server(b, &server);
        for (; i < b->num_sessions && own[i]->key.server == number; i++) {
            add_to_server(b, &server, own[i]);
        }
        end_server(b, &server, number, &out[len++]);
    }
    b->out->servers = (struct ht_objects){.items = out, .len = len};
    return true;
}

/*
 * Clients
 */

struct client_build {
    struct build_profile profile;
    struct report_tallies addresses;
    struct report_sights sights;
};

static void begin_client(const struct build *b, struct client_build *client)
{
    build_profile_clear(&client->profile, b->scratch);
    report_tallies_clear(&client->addresses);
    client->sights = (struct report_sights){0};
}

static void add_to_client(struct client_build *to, const struct report_session *session)
{
    build_profile_add(&to->profile, session);
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        report_sights_add(&to->sights, &session->sights.items[i]);
    }
    (void)report_tally(&to->addresses, session->key.host, session->connections, &session->span);
}

static void name_host(const void *build, struct ht_tally *tally)
{
    const struct build *b = build;
    char text[HT_ADDRESS_TEXT_MAX];
    const struct ht_address address =
        build_address_of(report_table_at(&b->state->hosts, tally->number - 1));
    const char *end = ht_put_address(text, &address);
    tally->name     = ht_arena_copy(b->scratch, ht_bytes(text, (size_t)(end - text)));
}

/* Only those that are shown stay. */
static struct ht_objects addresses_of(const struct build *b, struct report_tallies *hosts)
{
    const struct report_naming naming = {name_host, b};
    struct ht_objects shown = report_tallies_most(hosts, &naming, HT_SHOWN_ADDRESSES, b->arena);
    struct ht_tally *each   = (void *)(uintptr_t)shown.items; /* made here, and no one else's yet */
    for (size_t i = 0; i < shown.len; i++) {
        each[i].name = ht_arena_copy(b->arena, each[i].name);
    }
    return shown;
}

/* What of a registry is in a packed list, in its order, GREASE left out. */
static struct ht_objects offered(const struct build *b,
                                 void (*name)(const void *build, struct ht_tally *tally),
                                 uint32_t list, uint64_t connections)
{
    struct ht_bytes values         = build_text(b, list);
    struct report_tallies tallies  = report_tallies(b->scratch);
    const struct report_span never = {0};
    for (size_t i = 0; i < values.len / 2; i++) {
        const uint16_t id = ht_be16(values, i);
        struct ht_tally *tally =
            report_tally(&tallies, ht_is_grease(id) ? 0 : id, connections, &never);
        if (tally != NULL && tally->name.len == 0) {
            name(b, tally);
        }
    }
    return report_tallies_list(&tallies, b->arena);
}

/* The server of the connection that was seen, of one of these sessions; index plus one. */
static uint32_t server_of_sight(const struct report_session *const *own, size_t num,
                                const struct report_sight *sight)
{
    for (size_t i = 0; i < num; i++) {
        for (size_t k = 0; k < REPORT_EXAMPLES; k++) {
            const struct report_sight *each = &own[i]->sights.items[k];
            if (each->id == sight->id && each->time_ns == sight->time_ns &&
                each->source == sight->source) {
                return own[i]->key.server;
            }
        }
    }
    return 0;
}

/* `own`: all its sessions */
static void end_client(const struct build *b, struct client_build *from,
                       const struct report_session *const *own, size_t num,
                       struct ht_client_summary *out)
{
    static const struct report_offer nothing;
    const uint32_t ja4               = own[0]->key.ja4;
    const struct report_offer *offer = report_table_find(&b->state->offers, &ja4);
    const uint64_t connections       = from->profile.sums.connections;
    uint32_t servers[REPORT_EXAMPLES];
    for (size_t i = 0; i < REPORT_EXAMPLES; i++) {
        servers[i] = server_of_sight(own, num, &from->sights.items[i]);
    }
    offer = offer != NULL ? offer : &nothing;

    *out = (struct ht_client_summary){
        .ja4              = build_text(b, ja4),
        .num_addresses    = from->addresses.len,
        .addresses        = addresses_of(b, &from->addresses),
        .profile          = build_profile_end(b, &from->profile, "client_not_capable"),
        .offered_versions = offered(b, build_name_version, offer->versions, connections),
        .offered_groups   = offered(b, build_name_group, offer->groups, connections),
        .findings         = b->client_findings[ja4],
        .examples         = build_examples(b, &from->sights, servers)};
}

static int by_ja4(const void *left, const void *right)
{
    const struct ht_client_summary *a = left, *b = right;
    return report_compare_bytes(a->ja4, b->ja4);
}

/* Also what all sessions are like, those too whose client has no JA4 or is not known any more. */
static bool build_clients(struct build *b)
{
    const struct report_session *const *own = b->by_client;
    struct report_list list    = {.arena = b->arena, .size = sizeof(struct ht_client_summary)};
    struct client_build client = {.addresses = report_tallies(b->scratch)};
    b->all                     = ht_arena_alloc(b->scratch, sizeof *b->all);
    if (b->all == NULL) {
        return false;
    }
    build_profile_clear(b->all, b->scratch);
    for (size_t i = 0; i < b->state->rest_sessions.len; i++) {
        build_profile_add(b->all, report_table_at(&b->state->rest_sessions, i));
    }
    for (size_t i = 0; i < b->num_sessions;) {
        const uint32_t ja4 = own[i]->key.ja4;
        const size_t first = i;
        begin_client(b, &client);
        for (; i < b->num_sessions && own[i]->key.ja4 == ja4; i++) {
            add_to_client(&client, own[i]);
        }
        build_profile_merge(b->all, &client.profile);
        struct ht_client_summary *out = ja4 != 0 ? report_list_add(&list) : NULL;
        if (out != NULL) {
            end_client(b, &client, own + first, i - first, out);
        }
    }
    b->out->clients = report_list_objects(&list);
    build_sort(b->out->clients, list.size, by_ja4);
    return true;
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
    static const uint32_t nobody[REPORT_EXAMPLES];
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
                                           .examples      = build_examples(b, &sights, nobody)};
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
    struct leaf_use *use                    = ht_arena_alloc(b->scratch, len * sizeof *use + 1);
    const struct report_session *const *own = b->sessions;
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
