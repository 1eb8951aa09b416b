#include "analysis/conformance/conformance.h"

#include "analysis/conformance/rule.h"
#include "base/hash.h"

/* What rules with CONFORMANCE_NEWS look at: the shapes of the hellos, what was agreed on, and which
 * messages came in which order. Where it says the same of two sessions they break the same rules.
 */
struct course {
    uint64_t offer, answer; /* the numbers of their shapes; 0: nothing is known */
    uint64_t version_suite, group_scheme;
    uint64_t timeline; /* its kind */
    uint64_t facts;
};

/* One by which no such rule was broken. */
struct known_course {
    struct course course;
    uint64_t rules; /* that are to be asked all the same */
};

enum { COURSES = 512 /* that are remembered */, MAX_RULES = 64 };

struct state {
    const struct ht_analysis_settings *settings;
    struct conformance_index index;
    uint64_t rules;                      /* a bit each, by find_rule's number */
    uint64_t needing[CONFORMANCE_NEEDS]; /* those that need CONFORMANCE_OFFER, … */
    struct known_course known[COURSES];  /* all zero: none */
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

static const struct tls_client_hello *offer_of(const struct tls_details *tls)
{
    return tls->client_hello_2 != NULL ? tls->client_hello_2 : tls->client_hello;
}

static bool is_tls13(const struct tls_server_hello *answer)
{
    return answer != NULL && answer->supported_version.set;
}

/* Takes away the hellos that were cut or are no hello at all. */
static void look_at_timeline(struct conformance_session *s)
{
    const struct ht_timeline_entry *entry = s->connection->timeline.items;
    const struct ht_timeline_entry *end   = entry + s->connection->timeline.len;
    for (; entry < end; entry++) {
        s->has |= entry->type == &tls_alert_event ? CONFORMANCE_ALERT : 0;
        if (!entry->partial && !entry->malformed) {
            continue;
        }
        s->cut = true;
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

static void look_closely(struct conformance_session *s)
{
    s->offered = s->answered = (struct conformance_extensions){0};
    s->order                 = (struct conformance_order){0};
    look_at_timeline(s);
    s->tls13 = is_tls13(s->answer);
    s->has |= CONFORMANCE_NEWS;
    s->has |= s->tls->hello_retry_request ? CONFORMANCE_RETRY : 0;
    s->has |= s->offer != NULL ? CONFORMANCE_OFFER : 0;
    s->has |= s->answer != NULL ? CONFORMANCE_ANSWER : 0;
    if (s->offer != NULL && s->answer != NULL && !may_hide_another(s)) {
        s->has |= CONFORMANCE_CHOICE;
    }
    if (s->offer != NULL) {
        conformance_gather(&s->offered, s->offer->extensions);
    }
    if (s->answer != NULL) {
        conformance_gather(&s->answered, s->answer->extensions);
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

/* What rules look at beside hellos and timeline. */
static uint64_t facts_of(const struct ht_connection *c, const struct tls_details *tls,
                         const struct tls_client_hello *offer)
{
    return (uint64_t)tls->renegotiations << 8 | (uint64_t)(c->tcp != NULL) << 4 |
           (uint64_t)(offer->encrypted_client_hello != NULL) << 3 |
           (uint64_t)tls->hello_retry_request << 2 | (uint64_t)tls->resumed << 1 | tls->established;
}

/* All zero where the shapes, or the timeline's kind, are not known. */
static struct course course_of(const struct conformance_session *s)
{
    const struct ht_connection *c = s->connection;
    const struct tls_details *tls = s->tls;
    bool known = c->timeline_kind != 0 && s->offer != NULL && s->offer->shape_number != 0 &&
                 s->answer != NULL && s->answer->shape_number != 0;
    if (!known) {
        return (struct course){0};
    }
    return (struct course){.offer         = s->offer->shape_number,
                           .answer        = s->answer->shape_number,
                           .version_suite = pair(tls->version, tls->cipher_suite),
                           .group_scheme  = pair(tls->group, tls->signature_scheme),
                           .timeline      = c->timeline_kind,
                           .facts         = facts_of(c, tls, s->offer)};
}

/* Where it is remembered, if it is not at the other place of the pair. */
static struct known_course *place_of(struct state *state, const struct course *course)
{
    uint64_t hash = ht_mix(course->offer ^ course->version_suite << 24 ^ course->timeline,
                           course->answer ^ course->group_scheme << 24 ^ course->facts << 48);
    return &state->known[hash % COURSES];
}

static struct known_course *other_of(struct state *state, const struct known_course *place)
{
    return &state->known[(size_t)(place - state->known) ^ 1];
}

static bool is_known(const struct known_course *known, const struct course *course)
{
    return course->offer != 0 && memcmp(&known->course, course, sizeof *course) == 0;
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
static unsigned ask(const struct state *state, struct ht_analysis *a, struct ht_connection *c,
                    const struct conformance_session *s, uint64_t rules)
{
    unsigned broken = 0;
    struct ht_proof proof;
    for (uint64_t left = rules; left != 0; left &= left - 1) {
        const struct conformance_rule *rule = find_rule((size_t)__builtin_ctzll(left));
        ht_proof_begin(&proof);
        if (rule->broken(s, &proof)) {
            ht_rule_find(c, a->arena, state->settings->policy, &rule->rule, &proof);
            broken |= rule->needs;
        }
    }
    return broken;
}

/* Where times and frames contradict each other, or do not tell what came first, some rules are
 * silent that another session of the same course may break. */
static void judge_closely(struct state *state, struct ht_analysis *a, struct ht_connection *c,
                          struct conformance_session *s, const struct course *course,
                          struct known_course *place)
{
    look_closely(s);
    unsigned broken = ask(state, a, c, s, rules_for(state, s->has));
    bool follows    = !s->cut && !s->order.jumbled;
    if (course->offer != 0 && follows && (broken & CONFORMANCE_NEWS) == 0) {
        *other_of(state, place) = *place;
        *place                  = (struct known_course){
                             .course = *course, .rules = rules_for(state, s->has & ~(unsigned)CONFORMANCE_NEWS)};
    }
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
    const struct tls_details *tls = c->details.object;
    struct conformance_session s; /* of which most is only filled in when it is looked at closely */
    s.index                          = &state->index;
    s.connection                     = c;
    s.tls                            = tls;
    s.offer                          = offer_of(tls);
    s.answer                         = tls->server_hello;
    s.tls13                          = is_tls13(tls->server_hello);
    s.has                            = 0;
    s.cut                            = false;
    const struct course course       = course_of(&s);
    struct known_course *place       = place_of(state, &course);
    const struct known_course *known = is_known(place, &course) ? place : other_of(state, place);
    if (known == place || is_known(known, &course)) {
        ask(state, a, c, &s, known->rules);
    } else {
        judge_closely(state, a, c, &s, &course, place);
    }
}

const struct ht_analyzer ht_conformance_analyzer = {
    .name       = "conformance",
    .state_size = sizeof(struct state),
    .init       = init,
    .judge      = judge,
};
