#include "analysis/conformance/conformance.h"

#include "analysis/conformance/rule.h"
#include "base/hash.h"

/* What rules with CONFORMANCE_NEWS look at: the shapes of the hellos, and what was agreed on. */
struct agreement {
    uint64_t offer, answer; /* the numbers of their shapes */
    uint64_t version_suite, group_scheme;
};

enum { AGREEMENTS = 256 /* that are remembered */, MAX_RULES = 64 };

struct state {
    const struct ht_analysis_settings *settings;
    struct conformance_index index;
    uint64_t rules;                      /* a bit each, by find_rule's number */
    uint64_t needing[CONFORMANCE_NEEDS]; /* those that need CONFORMANCE_OFFER, … */
    struct agreement kept[AGREEMENTS];   /* by which no such rule was broken; all zero: none */
};

static const struct conformance_rule *find_rule(size_t index)
{
    if (index < conformance_num_hello_rules) {
        return &conformance_hello_rules[index];
    }
    index -= conformance_num_hello_rules;
    return index < conformance_num_order_rules ? &conformance_order_rules[index] : NULL;
}

const struct ht_rule *ht_conformance_rule(size_t index)
{
    const struct conformance_rule *rule = find_rule(index);
    return rule != NULL ? &rule->rule : NULL;
}

bool conformance_show(struct ht_proof *out, const char *words, const struct ht_registry *names,
                      uint32_t value, uint64_t frame, uint64_t frame_2)
{
    char room[HT_SPELLED_MAX];
    const char *name = names != NULL ? ht_registry_spell(room, names, value) : "";
    return ht_proof_say(out, frame, frame_2, "%s%s%s", words, names != NULL ? " " : "", name);
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
    s->has |= s->offer != NULL ? CONFORMANCE_OFFER : 0;
    s->has |= s->answer != NULL ? CONFORMANCE_ANSWER : 0;
    if (s->offer != NULL && s->answer != NULL && !may_hide_another(s)) {
        s->has |= CONFORMANCE_CHOICE;
    }
    if (is_ordered(s)) {
        s->has |= CONFORMANCE_ORDER;
        conformance_sort(s);
    }
}

static uint64_t pair(struct ht_named a, struct ht_named b)
{
    return ((uint64_t)a.set << 16 | a.id) << 32 | (uint64_t)b.set << 16 | b.id;
}

/* All zero where the shapes are not known. */
static struct agreement agreement_of(const struct conformance_session *s)
{
    bool known = (s->has & CONFORMANCE_CHOICE) != 0 && s->offer->shape_number != 0 &&
                 s->answer->shape_number != 0;
    return known ? (struct agreement){.offer         = s->offer->shape_number,
                                      .answer        = s->answer->shape_number,
                                      .version_suite = pair(s->tls->version, s->tls->cipher_suite),
                                      .group_scheme = pair(s->tls->group, s->tls->signature_scheme)}
                 : (struct agreement){0};
}

/* Where it is remembered. */
static struct agreement *place_of(struct state *state, const struct agreement *agreed)
{
    uint64_t hash = ht_mix(agreed->offer ^ agreed->version_suite << 24,
                           agreed->answer ^ agreed->group_scheme << 24);
    return &state->kept[hash % AGREEMENTS];
}

static bool is_kept(const struct agreement *kept, const struct agreement *agreed)
{
    return agreed->offer != 0 && memcmp(kept, agreed, sizeof *kept) == 0;
}

static void look_closer(struct conformance_session *s)
{
    s->has |= CONFORMANCE_NEWS;
    if (s->offer != NULL) {
        conformance_gather(&s->offered, s->offer->extensions);
    }
    if (s->answer != NULL) {
        conformance_gather(&s->answered, s->answer->extensions);
    }
}

/* The rules that need nothing that `has` lacks. */
static uint64_t rules_for(const struct state *state, unsigned has)
{
    uint64_t rules = state->rules;
    for (unsigned i = 0; i < CONFORMANCE_NEEDS; i++) {
        rules &= (has >> i & 1) != 0 ? rules : ~state->needing[i];
    }
    return rules;
}

/* Returns what those need that are broken. */
static unsigned ask_all(const struct state *state, struct ht_analysis *a, struct ht_connection *c,
                        const struct conformance_session *s)
{
    unsigned broken = 0;
    struct ht_proof proof;
    for (uint64_t left = rules_for(state, s->has); left != 0; left &= left - 1) {
        const struct conformance_rule *rule = find_rule((size_t)__builtin_ctzll(left));
        ht_proof_begin(&proof);
        if (rule->broken(s, &proof)) {
            ht_rule_find(c, a->arena, state->settings->policy, &rule->rule, &proof);
            broken |= rule->needs;
        }
    }
    return broken;
}

static bool init(void *opaque, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *state = opaque;
    const struct conformance_rule *rule;
    for (size_t i = 0; (rule = find_rule(i)) != NULL; i++) {
        if (i == MAX_RULES) {
            return ht_fail(error, "too many rules of conformance");
        }
        state->rules |= UINT64_C(1) << i;
        for (unsigned need = 0; need < CONFORMANCE_NEEDS; need++) {
            state->needing[need] |= (uint64_t)(rule->needs >> need & 1) << i;
        }
    }
    state->settings = settings;
    conformance_index_places(&state->index);
    return true;
}

static void judge(void *opaque, struct ht_analysis *a, struct ht_connection *c)
{
    struct state *state = opaque;
    if (c->details.type != &tls_details_struct || !ht_captured_whole(c)) {
        return;
    }
    struct conformance_session s = {
        .index = &state->index, .connection = c, .tls = c->details.object};
    look(&s);
    const struct agreement agreed = agreement_of(&s);
    struct agreement *place       = place_of(state, &agreed);
    bool is_news                  = !is_kept(place, &agreed);
    if (is_news) {
        look_closer(&s);
    }
    unsigned broken = ask_all(state, a, c, &s);
    if (agreed.offer != 0 && is_news && (broken & CONFORMANCE_NEWS) == 0) {
        *place = agreed;
    }
}

const struct ht_analyzer ht_conformance_analyzer = {
    .name       = "conformance",
    .state_size = sizeof(struct state),
    .init       = init,
    .judge      = judge,
};
