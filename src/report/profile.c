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
                                 const uint32_t servers[REPORT_EXAMPLES])
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
        examples[i]                     = build_example(b, each, servers[i], frames, num);
    }
    return (struct ht_objects){.items = examples, .len = examples != NULL ? len : 0};
}

/*
 * Profiles
 */

/* How a handshake failed, as a number: the outcome, who ended it, the alert. 0: it did not. */
enum { OUTCOME_BITS = 8, BY_SERVER = 1 << OUTCOME_BITS, ALERT_AT = OUTCOME_BITS + 1 };

static uint32_t failure_of(const struct report_session_key *key)
{
    const uint32_t who   = (key->flags & REPORT_BY_SERVER) != 0 ? BY_SERVER : 0;
    const uint32_t alert = key->outcome == REPORT_ALERT ? key->alert : 0;
    if (key->outcome <= REPORT_ESTABLISHED) {
        return 0;
    }
    return key->outcome == REPORT_SILENCE ? REPORT_SILENCE : key->outcome | who | alert << ALERT_AT;
}

/* "handshake_failure from server", "reset by client", "no answer" */
static void name_failure(const void *context, struct ht_tally *tally)
{
    const struct build *b = context;
    char room[HT_SPELLED_MAX], text[80];
    const uint32_t number = tally->number, alert = number >> ALERT_AT;
    const char *who        = (number & BY_SERVER) != 0 ? "server" : "client";
    const uint32_t outcome = number & (BY_SERVER - 1);
    if (outcome == REPORT_SILENCE) {
        tally->name = ht_text("no answer");
        return;
    }
    if (outcome == REPORT_ALERT) {
        (void)snprintf(
            text, sizeof text, "%s from %s",
            alert != 0 ? ht_registry_spell(room, &tls_alerts, alert - 1) : "encrypted alert", who);
    } else {
        (void)snprintf(text, sizeof text, "%s by %s", outcome == REPORT_RESET ? "reset" : "closed",
                       who);
    }
    tally->name = ht_arena_copy(b->arena, ht_text(text));
}

void build_name(const void *build, struct ht_tally *tally)
{
    tally->name = build_text(build, tally->number);
}

static void spell(const struct build *b, struct ht_tally *tally, const struct ht_registry *names,
                  uint16_t id)
{
    char room[HT_SPELLED_MAX];
    const char *name = ht_registry_spell(room, names, id);
    tally->id        = id;
    tally->name      = name == room ? ht_arena_copy(b->arena, ht_text(name)) : ht_text(name);
}

void build_name_version(const void *build, struct ht_tally *tally)
{
    spell(build, tally, &tls_versions, (uint16_t)tally->number);
}

void build_name_group(const void *build, struct ht_tally *tally)
{
    spell(build, tally, &tls_groups, (uint16_t)tally->number);
}

static void name_suite(const void *build, struct ht_tally *tally)
{
    spell(build, tally, &tls_cipher_suites, (uint16_t)(tally->number - 1));
}

static void name_scheme(const void *build, struct ht_tally *tally)
{
    spell(build, tally, &tls_signature_schemes, (uint16_t)tally->number);
}

void build_profile_clear(struct build_profile *profile, struct ht_arena *scratch)
{
    profile->sums = (struct build_sums){.span = {INT64_MAX, INT64_MIN}};
    for (size_t i = 0; i < BUILD_NUM_LISTS; i++) {
        if (profile->lists[i].arena == NULL) {
            profile->lists[i] = report_tallies(scratch);
        }
        report_tallies_clear(&profile->lists[i]);
    }
}

static void add_sums(struct build_sums *to, const struct build_sums *more)
{
    to->connections += more->connections;
    to->established += more->established;
    to->resumed += more->resumed;
    to->failed += more->failed;
    to->exposed_bytes += more->exposed_bytes;
    to->client_bytes += more->client_bytes;
    to->server_bytes += more->server_bytes;
    report_widen(&to->span, more->span.first_ns);
    report_widen(&to->span, more->span.last_ns);
}

void build_profile_add(struct build_profile *to, const struct report_session *session)
{
    const struct report_session_key *key    = &session->key;
    const uint64_t num                      = session->connections;
    const uint32_t numbers[BUILD_NUM_LISTS] = {
        [BUILD_PROTOCOLS] = key->protocol,         [BUILD_VERSIONS] = key->version,
        [BUILD_CIPHER_SUITES] = key->suite,        [BUILD_GROUPS] = key->group,
        [BUILD_SIGNATURE_SCHEMES] = key->scheme,   [BUILD_ALPN] = key->alpn,
        [BUILD_KEY_EXCHANGES] = key->key_exchange, [BUILD_FAILURES] = failure_of(key),
        [BUILD_POST_QUANTUM] = key->post_quantum};
    const struct build_sums sums = {.connections   = num,
                                    .established   = key->outcome == REPORT_ESTABLISHED ? num : 0,
                                    .resumed       = (key->flags & REPORT_RESUMED) != 0 ? num : 0,
                                    .failed        = key->outcome > REPORT_ESTABLISHED ? num : 0,
                                    .exposed_bytes = session->exposed_bytes,
                                    .client_bytes  = session->client_bytes,
                                    .server_bytes  = session->server_bytes,
                                    .span          = session->span};
    add_sums(&to->sums, &sums);
    for (size_t i = 0; i < BUILD_NUM_LISTS; i++) {
        if (numbers[i] != 0) {
            (void)report_tally(&to->lists[i], numbers[i], num, &session->span);
        }
    }
}

void build_profile_merge(struct build_profile *to, const struct build_profile *more)
{
    add_sums(&to->sums, &more->sums);
    for (size_t i = 0; i < BUILD_NUM_LISTS; i++) {
        const struct ht_tally *each = more->lists[i].items;
        for (size_t k = 0; k < more->lists[i].len; k++) {
            const struct report_span span = {each[k].first_seen_ns, each[k].last_seen_ns};
            report_tally(&to->lists[i], each[k].number, each[k].connections, &span);
        }
    }
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

static struct ht_objects list_of(const struct build *b, struct build_profile *from,
                                 enum build_list list)
{
    static void (*const names[BUILD_NUM_LISTS])(const void *, struct ht_tally *) = {
        [BUILD_PROTOCOLS] = build_name,          [BUILD_VERSIONS] = build_name_version,
        [BUILD_CIPHER_SUITES] = name_suite,      [BUILD_GROUPS] = build_name_group,
        [BUILD_SIGNATURE_SCHEMES] = name_scheme, [BUILD_ALPN] = build_name,
        [BUILD_KEY_EXCHANGES] = build_name,      [BUILD_FAILURES] = name_failure,
        [BUILD_POST_QUANTUM] = build_name};
    const struct report_naming naming = {names[list], b};
    return report_tallies_most(&from->lists[list], &naming, REPORT_MAX_TALLIES, b->arena);
}

const struct ht_profile *build_profile_end(const struct build *b, struct build_profile *profile,
                                           const char *if_never_tried)
{
    const struct build_sums *sums = &profile->sums;
    struct ht_profile *p          = ht_arena_alloc(b->arena, sizeof *p);
    if (p != NULL) {
        p->connections          = sums->connections;
        p->established          = sums->established;
        p->resumed              = sums->resumed;
        p->failed               = sums->failed;
        p->exposed_bytes        = sums->exposed_bytes;
        p->client_bytes         = sums->client_bytes;
        p->server_bytes         = sums->server_bytes;
        p->first_seen_ns        = sums->connections > 0 ? sums->span.first_ns : 0;
        p->last_seen_ns         = sums->connections > 0 ? sums->span.last_ns : 0;
        p->protocols            = list_of(b, profile, BUILD_PROTOCOLS);
        p->versions             = list_of(b, profile, BUILD_VERSIONS);
        p->cipher_suites        = list_of(b, profile, BUILD_CIPHER_SUITES);
        p->groups               = list_of(b, profile, BUILD_GROUPS);
        p->signature_schemes    = list_of(b, profile, BUILD_SIGNATURE_SCHEMES);
        p->alpn                 = list_of(b, profile, BUILD_ALPN);
        p->key_exchanges        = list_of(b, profile, BUILD_KEY_EXCHANGES);
        p->failures             = list_of(b, profile, BUILD_FAILURES);
        p->post_quantum         = list_of(b, profile, BUILD_POST_QUANTUM);
        p->post_quantum_verdict = verdict_on(p, if_never_tried);
    }
    return p;
}
