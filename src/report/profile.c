#include "report/build.h"

#include "base/digits.h"
#include "tls/tls.h"

#include <stdio.h>

struct ht_bytes build_text(const struct build *b, uint32_t name)
{
    return report_names_text(&b->state->names, name);
}

struct ht_bytes build_label(const struct build *b, uint32_t server)
{
    return server != 0 ? b->labels[server - 1] : ht_bytes(NULL, 0);
}

struct ht_address build_address_of(const struct report_host *host)
{
    struct ht_address address = {.version = (uint8_t)host->version};
    memcpy(address.bytes, host->address, sizeof address.bytes);
    return address;
}

static struct ht_address address_of(const struct build *b, uint32_t host)
{
    const struct ht_address none = {0};
    return host != 0 ? build_address_of(report_table_at(&b->state->hosts, host - 1)) : none;
}

struct ht_example build_example(const struct build *b, const struct report_sight *sight,
                                uint32_t server, const uint64_t *frames, size_t num_frames)
{
    uint8_t number[sizeof sight->id];
    char id[2 + 2 * sizeof number] = "c-";
    for (size_t i = 0; i < sizeof number; i++) {
        number[i] = (uint8_t)(sight->id >> 8 * (sizeof number - 1 - i));
    }
    (void)ht_put_hex(id + 2, ht_bytes(number, sizeof number));
    struct ht_bytes kept = ht_arena_copy(b->arena, ht_bytes(frames, num_frames * sizeof *frames));
    return (struct ht_example){
        .connection = ht_arena_copy(b->arena, ht_bytes(id, sizeof id)),
        .source     = build_text(b, sight->source),
        .time_ns    = sight->time_ns,
        .frames     = {.items = (const void *)kept.ptr, .len = kept.len / sizeof *frames},
        .client     = address_of(b, sight->host),
        .server     = build_label(b, server)};
}

struct ht_objects build_examples(const struct build *b, const struct report_sights *sights,
                                 uint32_t server)
{
    size_t len = 0;
    while (len < REPORT_EXAMPLES && sights->items[len].id != 0) {
        len++;
    }
    struct ht_example *examples = ht_arena_alloc(b->arena, len * sizeof *examples);
    for (size_t i = 0; examples != NULL && i < len; i++) {
        const struct report_sight *each = &sights->items[i];
        const uint64_t frames[]         = {each->frame, each->frame_2};
        size_t num                      = each->frame == 0 ? 0 : each->frame_2 == 0 ? 1 : 2;
        examples[i]                     = build_example(b, each, server, frames, num);
    }
    return (struct ht_objects){.items = examples, .len = examples != NULL ? len : 0};
}

static void tally(struct report_tallies *to, const struct build *b, struct ht_bytes name,
                  const struct report_session *session)
{
    to->list.arena = b->arena;
    report_tally(to, name, 0, session->connections, session->span.first_ns, session->span.last_ns);
}

static void tally_named(struct report_tallies *to, const struct build *b,
                        const struct ht_registry *names, uint16_t id,
                        const struct report_session *session)
{
    to->list.arena = b->arena;
    report_tally_id(to, names, id, session->connections, session->span.first_ns,
                    session->span.last_ns);
}

/* "handshake_failure from server", "reset by client", "no_answer" */
static void tally_failure(struct report_tallies *to, const struct build *b,
                          const struct report_session *session)
{
    char room[HT_SPELLED_MAX], text[80];
    const struct report_session_key *key = &session->key;
    const char *who = (key->flags & REPORT_BY_SERVER) != 0 ? "server" : "client";
    const char *how = key->outcome == REPORT_RESET    ? "reset"
                      : key->outcome == REPORT_CLOSED ? "closed"
                                                      : NULL;
    if (key->outcome == REPORT_SILENCE) {
        tally(to, b, ht_text("no_answer"), session);
        return;
    }
    if (how != NULL) {
        (void)snprintf(text, sizeof text, "%s by %s", how, who);
    } else {
        const char *alert = key->alert != 0 ? ht_registry_spell(room, &tls_alerts, key->alert - 1U)
                                            : "encrypted alert";
        (void)snprintf(text, sizeof text, "%s from %s", alert, who);
    }
    to->list.arena = b->arena;
    report_tally_copy(to, ht_text(text), 0, session->connections, session->span.first_ns,
                      session->span.last_ns);
}

static void add_names(const struct build *b, struct build_profile *to,
                      const struct report_session *session)
{
    const struct report_session_key *key = &session->key;
    tally(&to->protocols, b, build_text(b, key->protocol), session);
    tally(&to->alpn, b, build_text(b, key->alpn), session);
    tally(&to->key_exchanges, b, build_text(b, key->key_exchange), session);
    tally(&to->post_quantum, b, build_text(b, key->post_quantum), session);
    if (key->version != 0) {
        tally_named(&to->versions, b, &tls_versions, key->version, session);
    }
    if (key->suite != 0) {
        tally_named(&to->cipher_suites, b, &tls_cipher_suites, (uint16_t)(key->suite - 1), session);
    }
    if (key->group != 0) {
        tally_named(&to->groups, b, &tls_groups, key->group, session);
    }
    if (key->scheme != 0) {
        tally_named(&to->signature_schemes, b, &tls_signature_schemes, key->scheme, session);
    }
}

void build_profile_add(const struct build *b, struct build_profile *to,
                       const struct report_session *session)
{
    struct ht_profile *p = &to->profile;
    bool first           = p->connections == 0;
    int64_t first_ns = session->span.first_ns, last_ns = session->span.last_ns;
    p->connections += session->connections;
    p->client_bytes += session->client_bytes;
    p->server_bytes += session->server_bytes;
    p->exposed_bytes += session->exposed_bytes;
    p->established += session->key.outcome == REPORT_ESTABLISHED ? session->connections : 0;
    p->resumed += (session->key.flags & REPORT_RESUMED) != 0 ? session->connections : 0;
    p->first_seen_ns = first || first_ns < p->first_seen_ns ? first_ns : p->first_seen_ns;
    p->last_seen_ns  = first || last_ns > p->last_seen_ns ? last_ns : p->last_seen_ns;
    if (session->key.outcome > REPORT_ESTABLISHED) {
        p->failed += session->connections;
        tally_failure(&to->failures, b, session);
    }
    add_names(b, to, session);
}

static bool has(const struct ht_profile *p, const char *verdict)
{
    const struct ht_tally *tallies = p->post_quantum.items;
    for (size_t i = 0; i < p->post_quantum.len; i++) {
        if (ht_bytes_equal(tallies[i].name, ht_text(verdict))) {
            return true;
        }
    }
    return false;
}

/* Who does not stand in the way is told by one session that is protected. */
static const char *verdict_on(const struct ht_profile *p, const char *if_never_tried)
{
    static const char *const words[] = {"pq_protected", "server_declined", "server_unknown"};
    for (size_t i = 0; i < HT_ARRAY_LEN(words); i++) {
        if (has(p, words[i])) {
            return words[i];
        }
    }
    return p->post_quantum.len > 0 ? if_never_tried : NULL;
}

const struct ht_profile *build_profile_end(const struct build *b, struct build_profile *profile,
                                           const char *if_never_tried)
{
    struct ht_profile *p = ht_arena_alloc(b->arena, sizeof *p);
    if (p != NULL) {
        *p                      = profile->profile;
        p->protocols            = report_tallies_sorted(&profile->protocols);
        p->versions             = report_tallies_sorted(&profile->versions);
        p->cipher_suites        = report_tallies_sorted(&profile->cipher_suites);
        p->groups               = report_tallies_sorted(&profile->groups);
        p->signature_schemes    = report_tallies_sorted(&profile->signature_schemes);
        p->alpn                 = report_tallies_sorted(&profile->alpn);
        p->key_exchanges        = report_tallies_sorted(&profile->key_exchanges);
        p->failures             = report_tallies_sorted(&profile->failures);
        p->post_quantum         = report_tallies_sorted(&profile->post_quantum);
        p->post_quantum_verdict = verdict_on(p, if_never_tried);
    }
    return p;
}
