/*
 * Rules about the capture, as all connections show it.
 */
#include "report/across.h"

#include <inttypes.h>
#include <stdio.h>

enum { TIME_TEXT = 32 };

/* The certificates of servers that an authority issued, and how many of them were not valid when
 * they were shown. */
struct validity {
    size_t num, expired, early;
    uint32_t issuer;
    bool issuers; /* there is more than one */
    const struct report_session *first;
    const struct report_certificate *certificate; /* that it showed */
};

static bool read_time(const struct across *a, uint32_t name, int64_t *out_ns)
{
    char text[TIME_TEXT];
    struct ht_bytes said = report_names_text(&a->state->names, name);
    (void)snprintf(text, sizeof text, "%.*s", (int)said.len, (const char *)said.ptr);
    return said.len < sizeof text && ht_time_read(text, out_ns);
}

static void look_at(struct validity *v, const struct across *a,
                    const struct report_certificate *certificate,
                    const struct report_session *shown)
{
    int64_t from_ns, to_ns, now_ns = certificate->sight.time_ns;
    if (!certificate->known || certificate->self_signed || certificate->is_ca ||
        !read_time(a, certificate->not_before, &from_ns) ||
        !read_time(a, certificate->not_after, &to_ns)) {
        return;
    }
    v->num++;
    v->issuers |= v->issuer != 0 && v->issuer != certificate->issuer;
    v->issuer = certificate->issuer;
    v->early += now_ns < from_ns;
    v->expired += now_ns > to_ns;
    bool wrong = now_ns < from_ns || now_ns > to_ns;
    if (wrong &&
        (v->first == NULL || report_sight_before(&certificate->sight, &v->certificate->sight))) {
        v->first       = shown;
        v->certificate = certificate;
    }
}

/* Servers whose certificates ran out are many, but not most. */
static bool invalid_together(struct across *a, struct across_case *found, struct ht_proof *proof)
{
    enum { ENOUGH = 5 };
    const struct report_table *table = &a->state->certificates;
    struct validity v                = {0};
    for (size_t i = 0; i < table->len; i++) {
        if (a->shown[i] != NULL) {
            look_at(&v, a, report_table_at(table, i), a->shown[i]);
        }
    }
    if (v.num < ENOUGH || !v.issuers || (v.early + v.expired) * 2 <= v.num) {
        return false;
    }
    found->sights[0]  = v.certificate->sight;
    found->servers[0] = v.first->key.server;
    found->count      = v.early + v.expired;
    return ht_proof_say(
        proof, 0, 0,
        "of %zu certificates of servers that an authority issued %zu were not valid "
        "yet when they were shown, and %zu not any more",
        v.num, v.early, v.expired);
}

/* Who signs says when: that cannot be after it was sent. */
static bool behind_signatures(struct across *a, struct across_case *found, struct ht_proof *proof)
{
    const struct report_clock *clock = &a->state->clock;
    if (clock->behind == 0 || clock->behind * 2 <= clock->dated) {
        return false;
    }
    found->sights[0]  = clock->sight;
    found->servers[0] = clock->server;
    found->count      = clock->behind;
    return ht_proof_say(proof, 0, 0,
                        "connections whose packets are more than an hour older than a signed "
                        "timestamp, or an OCSP response, in them: %" PRIu64 " of %" PRIu64
                        ", by %" PRIu64 " minutes at most",
                        clock->behind, clock->dated,
                        clock->most_ns / (60 * (uint64_t)HT_SECOND_NS));
}

static void clock_suspect(struct across *a, const struct ht_rule *rule)
{
    static bool (*const signs[])(struct across *, struct across_case *,
                                 struct ht_proof *) = {behind_signatures, invalid_together};
    for (size_t i = 0; i < HT_ARRAY_LEN(signs); i++) {
        struct across_case found = {0};
        struct ht_proof proof    = {.basis = "derived"};
        if (signs[i](a, &found, &proof)) {
            across_find(a, rule, &found, &proof);
        }
    }
}

static const struct across_rule rules[] = {
    {.rule    = {.id          = "capture-clock-suspect",
                 .severity    = "info",
                 .category    = "capture",
                 .title       = "The clock of the capture seems to be wrong",
                 .remediation = "Set the clock of what captures; until then take with care what "
                                   "depends on time, or judge by --as-of.",
                 .references  = {NULL}},
     .subject = REPORT_OF_CERTIFICATES,
     .look    = clock_suspect},
};

const struct across_table across_capture_rules = {rules, HT_ARRAY_LEN(rules)};
