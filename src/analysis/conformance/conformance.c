#include "analysis/conformance/conformance.h"

#include "analysis/conformance/rule.h"
#include "analysis/finding.h"

#include <stdio.h>

bool conformance_show(struct conformance_proof *out, const char *words,
                      const struct ht_registry *names, uint32_t value, uint64_t frame,
                      uint64_t frame_2)
{
    char room[HT_SPELLED_MAX];
    const char *name = names != NULL ? ht_registry_spell(room, names, value) : "";
    (void)snprintf(out->evidence, sizeof out->evidence, "%s%s%s", words, names != NULL ? " " : "",
                   name);
    out->num_frames = 0;
    if (frame != 0) {
        out->frames[out->num_frames++] = frame;
    }
    if (frame_2 != 0 && frame_2 != frame) {
        out->frames[out->num_frames++] = frame_2;
    }
    return true;
}

static void check(const struct conformance_session *s, struct ht_connection *c,
                  struct ht_arena *arena, const struct conformance_rule *rules, size_t num)
{
    struct conformance_proof proof;
    for (size_t i = 0; i < num; i++) {
        if ((rules[i].needs & ~s->has) != 0 || !rules[i].broken(s, &proof)) {
            continue;
        }
        const struct ht_finding finding = {
            .id         = rules[i].id,
            .severity   = rules[i].severity,
            .title      = rules[i].title,
            .evidence   = ht_text(proof.evidence),
            .frames     = {.items = proof.frames, .len = proof.num_frames},
            .references = {.items = rules[i].references, .len = rules[i].num_references}};
        ht_finding_add(c, arena, &finding);
    }
}

/* Nothing is missing that could explain what is found. */
static bool is_whole(const struct ht_connection *c)
{
    const struct ht_capture_quality *q = c->capture;
    bool opened = c->tcp == NULL || (c->tcp->syn_frame != 0 && c->tcp->syn_ack_frame != 0);
    return opened && q->missing_bytes == 0 && q->truncated_frames == 0 &&
           q->conflicting_overlaps == 0 && !q->one_sided && !q->limit_reached;
}

/* The hellos of the details, NULL where one of them was cut or is no hello at all. */
static void find_hellos(struct conformance_session *s)
{
    const struct ht_timeline_entry *entry = s->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + s->connection->timeline.len;
    const struct tls_client_hello *second = s->tls->client_hello_2;
    s->offer                              = second != NULL ? second : s->tls->client_hello;
    s->answer                             = s->tls->server_hello;
    for (; entry < end; entry++) {
        s->has |= entry->type == &tls_alert_event ? CONFORMANCE_ALERT : 0;
        if (!entry->partial && !entry->malformed) {
            continue;
        }
        s->has |= entry->malformed ? CONFORMANCE_MALFORMED : 0;
        if (entry->object != NULL) {
            s->offer  = entry->object == s->offer ? NULL : s->offer;
            s->answer = entry->object == s->answer ? NULL : s->answer;
        }
    }
}

/* Another hello, encrypted in the offer, may be the one that was answered. */
static bool may_hide_another(const struct conformance_session *s)
{
    return s->tls13 && s->offer->encrypted_client_hello != NULL;
}

/* TLS over TCP up to 1.2, agreed on; in TLS 1.3 all of this is encrypted, DTLS repeats itself, and
 * SSL 2.0 has messages of its own. */
static bool is_ordered(const struct conformance_session *s)
{
    return s->connection->tcp != NULL && s->answer != NULL && !s->tls13 && s->answer->version.set &&
           s->answer->version.id >= SSL_30 && s->answer->version.id <= TLS_12;
}

static void look(struct conformance_session *s)
{
    find_hellos(s);
    s->tls13 = s->answer != NULL && s->answer->supported_version.set;
    s->has |= s->tls->hello_retry_request ? CONFORMANCE_RETRY : 0;
    if (s->offer != NULL) {
        s->has |= CONFORMANCE_OFFER;
        conformance_gather(&s->offered, s->offer->extensions);
    }
    if (s->answer != NULL) {
        s->has |= CONFORMANCE_ANSWER;
        conformance_gather(&s->answered, s->answer->extensions);
    }
    if (s->offer != NULL && s->answer != NULL && !may_hide_another(s)) {
        s->has |= CONFORMANCE_CHOICE;
    }
    if (is_ordered(s)) {
        s->has |= CONFORMANCE_ORDER;
        conformance_sort(s);
    }
}

static void judge(void *state, struct ht_analysis *a, struct ht_connection *c)
{
    (void)state;
    if (c->details.type != &tls_details_struct || !is_whole(c)) {
        return;
    }
    struct conformance_session s = {.connection = c, .tls = c->details.object};
    look(&s);
    check(&s, c, a->arena, conformance_hello_rules, conformance_num_hello_rules);
    check(&s, c, a->arena, conformance_order_rules, conformance_num_order_rules);
}

const struct ht_analyzer ht_conformance_analyzer = {
    .name  = "conformance",
    .judge = judge,
};
