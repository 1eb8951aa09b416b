/*
 * Rules about how clients find their way to servers: what they looked up, tried and fell back to.
 */
#include "report/across.h"

#include <inttypes.h>
#include <stdlib.h>

/* Sessions of one client between which rules look; of more, only the first. */
enum { LOOKED_AT = 512 };

static const struct report_server *server_of(const struct across *a,
                                             const struct report_session *session)
{
    return report_table_at(&a->state->servers, session->key.server - 1);
}

/* By client, then by what the rule groups by, then by time. */
struct sorted {
    const struct report_session *session;
    const struct report_server *server;
};

static int order_of(uint32_t a, uint32_t b)
{
    return a != b ? (a < b ? -1 : 1) : 0;
}

static int compare_address(const struct sorted *a, const struct sorted *b)
{
    int order = order_of(a->session->key.host, b->session->key.host);
    return order != 0 ? order
                      : memcmp(a->server->key.address, b->server->key.address,
                               sizeof a->server->key.address);
}

static int compare_name(const struct sorted *a, const struct sorted *b)
{
    int order = order_of(a->session->key.host, b->session->key.host);
    return order != 0 ? order : order_of(a->server->key.name, b->server->key.name);
}

static int compare_time(const struct sorted *a, const struct sorted *b)
{
    return report_sight_before(&a->session->sights.items[0], &b->session->sights.items[0]) ? -1 : 1;
}

static int by_address(const void *left, const void *right)
{
    int order = compare_address(left, right);
    return order != 0 ? order : compare_time(left, right);
}

static int by_name(const void *left, const void *right)
{
    int order = compare_name(left, right);
    return order != 0 ? order : compare_time(left, right);
}

/* The sessions in groups of one client and address, or client and name. */
struct grouping {
    bool (*shows)(const struct sorted *each); /* without it there is nothing to tell of a client */
    int (*sort)(const void *left, const void *right);
    int (*compare)(const struct sorted *a, const struct sorted *b);
    void (*look)(struct across *a, const struct ht_rule *rule, const struct sorted *group,
                 size_t num);
};

/* All sessions of the clients that show something. NULL: no memory. */
static struct sorted *gather(const struct across *a, const struct grouping *grouping, size_t *num)
{
    bool *shows        = ht_arena_alloc(a->arena, a->state->hosts.len + 1); /* clients, by number */
    struct sorted *all = ht_arena_alloc(a->arena, (a->num_sessions + 1) * sizeof *all);
    if (shows == NULL || all == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < a->num_sessions; i++) {
        all[i] = (struct sorted){.session = a->sessions[i], .server = server_of(a, a->sessions[i])};
        shows[a->sessions[i]->key.host] |= grouping->shows(&all[i]);
    }
    shows[0] = false; /* who they are nobody knows */
    *num     = 0;
    for (size_t i = 0; i < a->num_sessions; i++) {
        if (shows[all[i].session->key.host]) {
            all[(*num)++] = all[i];
        }
    }
    return all;
}

static void each_group(struct across *a, const struct ht_rule *rule,
                       const struct grouping *grouping)
{
    size_t num         = 0;
    struct sorted *all = gather(a, grouping, &num);
    if (num > 1) {
        qsort(all, num, sizeof *all, grouping->sort);
    }
    for (size_t i = 0, end = 0; i < num; i = end) {
        while (end < num && grouping->compare(&all[i], &all[end]) == 0) {
            end++;
        }
        grouping->look(a, rule, &all[i], end - i);
    }
}

/*
 * QUIC that is not answered
 */

/* Who goes on was answered, though nobody captured it. */
static bool is_unanswered(const struct sorted *each)
{
    const struct report_session *session = each->session;
    return each->server->key.udp && (session->key.flags & REPORT_HELLO) != 0 &&
           session->key.outcome != REPORT_ESTABLISHED &&
           (session->key.flags & REPORT_ANSWERED) == 0 && session->server_bytes == 0;
}

static void fell_back(struct across *a, const struct ht_rule *rule, const struct sorted *earlier,
                      const struct sorted *later)
{
    const int64_t within_ns            = 5 * HT_SECOND_NS;
    const struct report_session *tried = earlier->session, *then = later->session;
    struct across_case found = {
        .server = tried->key.server, .ja4 = tried->key.ja4, .count = tried->connections};
    struct ht_proof proof = {.basis = "inferred"};
    if (later->server->key.udp || later->server->key.port != earlier->server->key.port ||
        (then->key.flags & REPORT_ANSWERED) == 0 ||
        !across_follows(tried, then, within_ns, found.sights)) {
        return;
    }
    char id[ACROSS_ID];
    found.servers[0] = tried->key.server;
    found.servers[1] = then->key.server;
    (void)ht_proof_say(&proof, 0, 0,
                       "the client's QUIC was not answered; %" PRId64
                       " ms later it came by TCP, and was, in %s",
                       (found.sights[1].time_ns - found.sights[0].time_ns) / 1000000,
                       across_connection(id, &found.sights[1]));
    across_find(a, rule, &found, &proof);
}

static void look_for_fallback(struct across *a, const struct ht_rule *rule,
                              const struct sorted *group, size_t num)
{
    num = num < LOOKED_AT ? num : LOOKED_AT;
    for (size_t i = 0; i < num; i++) {
        for (size_t k = 0; is_unanswered(&group[i]) && k < num; k++) {
            fell_back(a, rule, &group[i], &group[k]);
        }
    }
}

static void quic_fallback(struct across *a, const struct ht_rule *rule)
{
    static const struct grouping grouping = {.shows   = is_unanswered,
                                             .sort    = by_address,
                                             .compare = compare_address,
                                             .look    = look_for_fallback};
    each_group(a, rule, &grouping);
}

/*
 * HTTPS records that a client does not go by
 */

static void find_ignored(struct across *a, const struct ht_rule *rule, const struct sorted *group,
                         size_t num, uint16_t flag, const char *said)
{
    struct report_sights sights = {0};
    const struct sorted *first  = NULL;
    uint64_t connections        = 0;
    for (size_t i = 0; i < num; i++) {
        if ((group[i].session->key.flags & flag) == 0) {
            continue;
        }
        first = first != NULL ? first : &group[i];
        connections += group[i].session->connections;
        for (size_t k = 0; k < REPORT_EXAMPLES; k++) {
            report_sights_add(&sights, &group[i].session->sights.items[k]);
        }
    }
    if (first != NULL) {
        struct ht_proof proof = {.basis = "inferred"};
        struct ht_bytes name  = report_names_text(&a->state->names, first->server->key.name);
        const struct across_case found = {.server = first->session->key.server,
                                          .ja4    = first->session->key.ja4,
                                          .count  = connections,
                                          .sights = {sights.items[0], sights.items[1]}};
        (void)ht_proof_say(&proof, 0, 0, "the client got an HTTPS record of %.*s that %s",
                           (int)name.len, (const char *)name.ptr, said);
        across_find(a, rule, &found, &proof);
    }
}

static void look_for_ignored(struct across *a, const struct ht_rule *rule,
                             const struct sorted *group, size_t num)
{
    bool quic = false;
    for (size_t i = 0; i < num; i++) {
        quic |= group[i].server->key.udp != 0;
    }
    if (group[0].server->key.name == 0) {
        return;
    }
    if (!quic) {
        find_ignored(a, rule, group, num, REPORT_TOLD_H3,
                     "lists h3; it came by TCP only, never by QUIC");
    }
    find_ignored(a, rule, group, num, REPORT_TOLD_PORT, "names another port than the one it used");
}

static bool is_told_otherwise(const struct sorted *each)
{
    return (each->session->key.flags & (REPORT_TOLD_H3 | REPORT_TOLD_PORT)) != 0;
}

static void https_ignored(struct across *a, const struct ht_rule *rule)
{
    static const struct grouping grouping = {.shows   = is_told_otherwise,
                                             .sort    = by_name,
                                             .compare = compare_name,
                                             .look    = look_for_ignored};
    each_group(a, rule, &grouping);
}

/*
 * Encrypted ClientHello that the server does not take: the handshake with its cover is completed,
 * and the client comes again at once with another configuration (RFC 9849 section 6.1.6).
 */

static void look_for_rejection(struct across *a, const struct ht_rule *rule,
                               const struct report_session *earlier,
                               const struct report_session *later)
{
    const int64_t within_ns  = 5 * HT_SECOND_NS;
    struct across_case found = {
        .server = later->key.server, .ja4 = earlier->key.ja4, .count = earlier->connections};
    struct ht_proof proof = {.basis = "inferred"};
    bool rejected         = earlier->key.ech != 0 && earlier->key.ech != REPORT_ECH_OTHER &&
                    earlier->key.outcome == REPORT_ESTABLISHED && later->key.ech != 0 &&
                    later->key.ech != earlier->key.ech;
    if (earlier->key.host != 0 && earlier->key.host == later->key.host && rejected &&
        across_follows(earlier, later, within_ns, found.sights)) {
        (void)ht_proof_say(&proof, 0, 0,
                           "the handshake with ECH of config_id %u was completed and nothing came "
                           "of it; the same client came again with another config_id",
                           (unsigned)(earlier->key.ech - 1));
        across_find(a, rule, &found, &proof);
    }
}

static void ech_rejected(struct across *a, const struct ht_rule *rule)
{
    const struct report_session **sessions;
    size_t at = 0, num;
    while ((sessions = across_sessions_of(a, &at, &num)) != NULL) {
        num = num < LOOKED_AT ? num : LOOKED_AT;
        for (size_t i = 0; i < num; i++) {
            for (size_t k = 0; sessions[i]->key.ech != 0 && k < num; k++) {
                look_for_rejection(a, rule, sessions[i], sessions[k]);
            }
        }
    }
}

/*
 * DNS in clear
 */

static void dns_plaintext(struct across *a, const struct ht_rule *rule)
{
    const struct report_table *lookups = &a->state->lookups;
    for (size_t i = 0; i < lookups->len; i++) {
        const struct report_lookup *each = report_table_at(lookups, i);
        struct ht_bytes resolver         = report_names_text(&a->state->names, each->key.resolver);
        struct ht_proof proof            = {.basis = "observed"};
        const struct across_case found = {.count = each->count, .sights = {each->sights.items[0]}};
        (void)ht_proof_say(&proof, 0, 0, "%" PRIu64 " quer%s of one client to %.*s in clear",
                           each->count, each->count == 1 ? "y" : "ies", (int)resolver.len,
                           (const char *)resolver.ptr);
        across_find(a, rule, &found, &proof);
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "quic-fallback-to-tcp",
                 .severity    = "info",
                 .category    = "quic",
                 .title       = "The client falls back to TCP, QUIC is not answered",
                 .remediation = "Find out who blocks UDP to that port.",
                 .references  = {"RFC 9308 section 2"}},
     .subject = REPORT_OF_OFFERS,
     .look    = quic_fallback},
    {.rule    = {.id          = "https-rr-not-honoured",
                 .severity    = "info",
                 .category    = "dns",
                 .title       = "The client does not go by the HTTPS record",
                 .remediation = "Nothing, where the client is to be as it is.",
                 .references  = {"RFC 9460"},
                 .scope       = "client"},
     .subject = REPORT_OF_SERVICES,
     .look    = https_ignored},
    {.rule    = {.id          = "ech-rejected",
                 .severity    = "low",
                 .category    = "extension",
                 .title       = "The server does not take the client's ECH",
                 .remediation = "Repair what DNS says (HTTPS record), or the server's change of keys.",
                 .references  = {"RFC 9849 section 6.1.6", "RFC 9849 section 11.2"},
                 .scope       = "server"},
     .subject = REPORT_OF_OFFERS,
     .look    = ech_rejected},
    {.rule    = {.id          = "dns-plaintext",
                 .severity    = "info",
                 .category    = "dns",
                 .title       = "DNS in clear, to a resolver outside",
                 .remediation = "Use DNS over TLS, HTTPS or QUIC.",
                 .attack      = "Surveillance",
                 .references  = {"RFC 7858", "RFC 8484", "RFC 9250"},
                 .scope       = "client"},
     .subject = REPORT_OF_LOOKUPS,
     .look    = dns_plaintext},
};

const struct across_table across_service_rules = {rules, HT_ARRAY_LEN(rules)};
