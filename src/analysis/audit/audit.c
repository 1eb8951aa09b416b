#include "analysis/audit/case.h"
#include "analysis/audit/shape.h"

#include "analysis/memo.h"
#include "policy/policy.h"

enum {
    MAX_RULES  = 256,
    SHAPE_SETS = 256 /* times HT_MEMO_WAYS shapes, most of 2 KiB */
};

static const struct audit_table *const tables[] = {
    &audit_version_rules,
    &audit_cipher_rules,
    &audit_offer_rules,
    &audit_kex_rules,
    &audit_value_rules,
    &audit_session_rules,
    &audit_signature_rules,
    &audit_extension_rules,
    &audit_certificate_rules,
    &audit_certificate_name_rules,
    &audit_certificate_key_rules,
    &audit_certificate_status_rules,
    &audit_attack_rules,
    &audit_quic_rules,
    &audit_dns_rules,
    &audit_service_rules,
    &audit_starttls_rules,
    &audit_failure_rules,
    &audit_capture_rules,
    &audit_performance_rules,
    &audit_record_rules,
    &audit_resumption_rules,
    &audit_keylog_rules,
    &audit_policy_rules,
};

/* What came of a rule. */
enum outcome {
    ASIDE, /* it does not apply */
    JUDGED,
    FOUND,
    UNOBSERVABLE,                              /* and so on: plus the reason */
    OPEN = UNOBSERVABLE + HT_NUM_UNOBSERVABLE, /* nothing yet: it is to be asked */
    NUM_OUTCOMES
};

/* Indices of rules, rising. */
struct list {
    uint16_t items[MAX_RULES];
    size_t len;
};

struct found {
    uint16_t index;                                                        /* of the rule */
    enum audit_place places[HT_ARRAY_LEN(((struct ht_proof *)0)->frames)]; /* of its frames */
    struct ht_proof proof;
};

/* What the rules of a list came to, each time that it was met. */
struct tally {
    const struct list *list;
    uint64_t times;              /* that are not in the counts yet */
    uint8_t outcomes[MAX_RULES]; /* enum outcome, in the order of the list */
};

struct verdict {
    struct tally tally;
    size_t num_found;
    struct found found[MAX_RULES]; /* kept no further than it is filled */
};

/* Of rules that are judged each time: what they come to by what the case has, or else that they are
 * open. */
struct sieve {
    struct tally tally;
    struct list open;
};

struct state {
    const struct ht_analysis_settings *settings;
    const struct audit_rule *rules[MAX_RULES]; /* by index */
    struct list lists[AUDIT_NUM_KINDS]; /* rules that the policy asks for, by what they look at */
    struct list without_tls;            /* those of them that are asked there */
    struct ht_memo memos[AUDIT_NUM_KINDS]; /* struct verdict by struct audit_shape; of AUDIT_EACH
                                            * struct sieve */
    struct audit_case at_hand;             /* these four of the connection at hand */
    struct audit_shape shape;
    struct verdict verdicts[AUDIT_NUM_KINDS];
    struct sieve sieve;
    uint64_t counts[MAX_RULES][NUM_OUTCOMES]; /* by index of the rule */
};

static void add(struct list *list, uint16_t index)
{
    list->items[list->len++] = index;
}

const char *ht_unobservable_name(enum ht_unobservable reason)
{
    static const char *const names[] = {
        [HT_UNOBSERVABLE_ENCRYPTED]     = "encrypted",
        [HT_UNOBSERVABLE_NOT_SENT]      = "not_sent",
        [HT_UNOBSERVABLE_LOST]          = "lost_in_capture",
        [HT_UNOBSERVABLE_ONE_SIDED]     = "one_sided",
        [HT_UNOBSERVABLE_NOT_COMPLETED] = "not_completed",
        [HT_UNOBSERVABLE_NO_TRUST]      = "no_trust_store",
        [HT_UNOBSERVABLE_NOT_VERIFIED]  = "not_verified",
        [HT_UNOBSERVABLE_NO_DNS]        = "no_dns",
        [HT_UNOBSERVABLE_NO_KEYS]       = "no_key_log",
    };
    return names[reason];
}

static const struct audit_rule *find_rule(size_t index)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        if (index < tables[i]->num) {
            return &tables[i]->rules[index];
        }
        index -= tables[i]->num;
    }
    return NULL;
}

const struct ht_rule *ht_audit_rule(size_t index)
{
    const struct audit_rule *rule = find_rule(index);
    return rule != NULL ? &rule->rule : NULL;
}

bool ht_audit_asks(size_t index, const struct ht_policy *policy)
{
    const struct audit_rule *rule = find_rule(index);
    return rule != NULL && (rule->asked == NULL || rule->asked(policy));
}

size_t ht_audit_num_rules(void)
{
    size_t num = 0;
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        num += tables[i]->num;
    }
    return num;
}

/* The first thing that the rule needs and the case has not; AUDIT_NUM_NEEDS: none. */
static unsigned first_lack(const struct audit_rule *rule, const struct audit_case *c)
{
    uint64_t lacking = rule->needs & ~(uint64_t)c->has;
    return lacking != 0 ? (unsigned)__builtin_ctzll(lacking) : AUDIT_NUM_NEEDS;
}

static bool may_be_broken(const struct audit_rule *rule, const struct audit_case *c)
{
    return rule->signs == 0 || (rule->signs & c->traits) != 0;
}

/* What a rule comes to by what the case has, without a look at it; OPEN: nothing. */
static enum outcome sift_rule(const struct audit_rule *rule, const struct audit_case *c)
{
    unsigned lack = first_lack(rule, c);
    if (lack != AUDIT_NUM_NEEDS) {
        return (enum outcome)(UNOBSERVABLE + c->lacks[lack]);
    }
    if ((rule->where & ~c->traits) != 0) {
        return ASIDE;
    }
    return may_be_broken(rule, c) || rule->applies != NULL ? OPEN : JUDGED;
}

/* What a rule comes to that is open. */
static enum outcome ask_rule(const struct audit_rule *rule, const struct audit_case *c,
                             struct ht_proof *proof)
{
    if (rule->applies != NULL && !rule->applies(c)) {
        return ASIDE;
    }
    return may_be_broken(rule, c) && rule->found(c, proof) ? FOUND : JUDGED;
}

/* Asks rule `index`, and adds to `out` what it found. */
static enum outcome ask(const struct state *state, struct verdict *out, uint16_t index,
                        const struct audit_case *c)
{
    struct found *found = &out->found[out->num_found];
    found->index        = index;
    ht_proof_begin(&found->proof);
    enum outcome outcome = ask_rule(state->rules[index], c, &found->proof);
    out->num_found += outcome == FOUND;
    return outcome;
}

static void judge_list(const struct state *state, struct verdict *out, const struct list *list,
                       const struct audit_case *c)
{
    out->tally     = (struct tally){.list = list};
    out->num_found = 0;
    for (size_t i = 0; i < list->len; i++) {
        uint16_t index         = list->items[i];
        enum outcome outcome   = sift_rule(state->rules[index], c);
        outcome                = outcome == OPEN ? ask(state, out, index, c) : outcome;
        out->tally.outcomes[i] = (uint8_t)outcome;
    }
}

/*
 * What is the same in all sessions of a shape.
 */

/* False: what a rule shows is not where it would be in another session of the shape. */
static bool find_places(struct verdict *verdict, const struct audit_case *c)
{
    for (size_t i = 0; i < verdict->num_found; i++) {
        struct found *found = &verdict->found[i];
        for (size_t k = 0; k < found->proof.num_frames; k++) {
            found->places[k] = audit_place_of(c, found->proof.frames[k]);
            if (found->places[k] == AUDIT_NUM_PLACES) {
                return false;
            }
        }
    }
    return true;
}

/* Adds what is not in the counts yet. */
static void settle(struct state *state, struct tally *tally)
{
    for (size_t i = 0; tally->times > 0 && i < tally->list->len; i++) {
        state->counts[tally->list->items[i]][tally->outcomes[i]] += tally->times;
    }
    tally->times = 0;
}

/* What is kept of the case's shape begins with its tally; NULL: nothing is. */
static void *find_kept(struct state *state, enum audit_kind kind, const struct audit_case *c)
{
    struct audit_shape *shape = &state->shape;
    audit_shape_of(shape, kind, c);
    return shape->too_long ? NULL
                           : ht_memo_find(&state->memos[kind], ht_bytes(shape->bytes, shape->len));
}

/* Keeps what begins with `tally` by the shape that was looked for last. */
static void keep(struct state *state, enum audit_kind kind, const struct tally *tally, size_t len)
{
    struct ht_memo *memo    = &state->memos[kind];
    struct ht_bytes key     = ht_bytes(state->shape.bytes, state->shape.len);
    struct tally *displaced = ht_memo_displaced(memo, key);
    if (displaced != NULL) {
        settle(state, displaced);
    }
    void *value = ht_memo_add(memo, key, len);
    if (value != NULL) {
        memcpy(value, tally, len);
    }
}

/* A list of rules and what they come to; of one that was kept, the frames are this session's. */
struct part {
    const struct verdict *verdict;
    bool kept;
    size_t told; /* of what was found */
};

static struct part part_of(struct state *state, enum audit_kind kind, const struct audit_case *c)
{
    struct verdict *verdict = &state->verdicts[kind];
    struct verdict *known   = find_kept(state, kind, c);
    if (known != NULL) {
        known->tally.times++;
        return (struct part){.verdict = known, .kept = true};
    }
    judge_list(state, verdict, &state->lists[kind], c);
    if (!state->shape.too_long && find_places(verdict, c)) {
        keep(state, kind, &verdict->tally,
             offsetof(struct verdict, found) + verdict->num_found * sizeof verdict->found[0]);
    }
    verdict->tally.times = 1;
    settle(state, &verdict->tally);
    return (struct part){.verdict = verdict};
}

/*
 * What is judged each time.
 */

static void sift(struct state *state, struct sieve *out, const struct audit_case *c)
{
    const struct list *list = c->tls != NULL ? &state->lists[AUDIT_EACH] : &state->without_tls;
    *out                    = (struct sieve){.tally = {.list = list}};
    for (size_t i = 0; i < list->len; i++) {
        enum outcome outcome   = sift_rule(state->rules[list->items[i]], c);
        out->tally.outcomes[i] = (uint8_t)outcome;
        if (outcome == OPEN) {
            add(&out->open, list->items[i]);
        }
    }
}

static struct part judge_each(struct state *state, const struct audit_case *c)
{
    struct verdict *verdict = &state->verdicts[AUDIT_EACH];
    struct sieve *sieve     = find_kept(state, AUDIT_EACH, c);
    if (sieve == NULL) {
        sieve = &state->sieve;
        sift(state, sieve, c);
        keep(state, AUDIT_EACH, &sieve->tally, sizeof *sieve);
    }
    sieve->tally.times++;
    if (sieve == &state->sieve) {
        settle(state, &sieve->tally);
    }
    verdict->num_found = 0;
    for (size_t i = 0; i < sieve->open.len; i++) {
        uint16_t index = sieve->open.items[i];
        state->counts[index][ask(state, verdict, index, c)]++;
    }
    return (struct part){.verdict = verdict};
}

void ht_audit_add_counts(void *opaque, struct ht_audit_count *totals)
{
    struct state *state = opaque;
    for (unsigned kind = 0; kind < AUDIT_NUM_KINDS; kind++) {
        for (size_t i = 0; i < (size_t)SHAPE_SETS * HT_MEMO_WAYS; i++) {
            struct tally *kept = ht_memo_at(&state->memos[kind], i);
            if (kept != NULL) {
                settle(state, kept);
            }
        }
    }
    for (size_t i = 0; i < ht_audit_num_rules(); i++) {
        const uint64_t *counts = state->counts[i];
        totals[i].judged += counts[JUDGED] + counts[FOUND];
        totals[i].found += counts[FOUND];
        for (size_t k = 0; k < HT_NUM_UNOBSERVABLE; k++) {
            totals[i].unobservable[k] += counts[UNOBSERVABLE + k];
        }
    }
}

/*
 * A connection.
 */

static const struct found *next_of(const struct part *part)
{
    const struct verdict *verdict = part->verdict;
    return part->told < verdict->num_found ? &verdict->found[part->told] : NULL;
}

/* The part whose next finding comes first in the catalogue; NULL: all are told. */
static struct part *next_part(struct part *parts, size_t num)
{
    struct part *first = NULL;
    for (size_t i = 0; i < num; i++) {
        const struct found *found = next_of(&parts[i]);
        if (found != NULL && (first == NULL || found->index < next_of(first)->index)) {
            first = &parts[i];
        }
    }
    return first;
}

static void tell(const struct state *state, struct ht_analysis *a, struct ht_connection *connection,
                 const struct audit_case *c, const struct part *part)
{
    const struct found *found = next_of(part);
    struct ht_proof proof     = found->proof;
    for (size_t i = 0; part->kept && i < proof.num_frames; i++) {
        proof.frames[i] = audit_frame_at(c, found->places[i]);
    }
    ht_rule_find(connection, a->arena, state->settings->policy, &state->rules[found->index]->rule,
                 &proof);
}

static void judge(void *opaque, struct ht_analysis *a, struct ht_connection *connection)
{
    struct state *state  = opaque;
    struct audit_case *c = &state->at_hand;
    struct part parts[AUDIT_NUM_KINDS];
    size_t num = 0;
    audit_look(c, state->settings, connection);
    connection->audit_case = c;
    parts[num++]           = judge_each(state, c);
    if (c->tls != NULL) {
        parts[num++] = part_of(state, AUDIT_BY_SESSION, c);
        parts[num++] = part_of(state, AUDIT_BY_CHAIN, c);
    }
    for (struct part *part; (part = next_part(parts, num)) != NULL; part->told++) {
        tell(state, a, connection, c, part);
    }
}

static void list_rules(struct state *state)
{
    const struct ht_policy *policy = state->settings->policy;
    uint16_t index                 = 0;
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        for (size_t k = 0; k < tables[i]->num; k++, index++) {
            const struct audit_rule *rule = &tables[i]->rules[k];
            state->rules[index]           = rule;
            if (rule->asked != NULL && !rule->asked(policy)) {
                continue;
            }
            add(&state->lists[rule->each ? AUDIT_EACH : tables[i]->kind], index);
            if (rule->any) {
                add(&state->without_tls, index);
            }
        }
    }
}

static bool init(void *opaque, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *state = opaque;
    state->settings     = settings;
    if (ht_audit_num_rules() > MAX_RULES) {
        return ht_fail(error, "more audit rules than there is room for");
    }
    list_rules(state);
    bool made = true;
    for (size_t kind = 0; kind < AUDIT_NUM_KINDS; kind++) {
        made &=
            ht_memo_init(&state->memos[kind], SHAPE_SETS, AUDIT_SHAPE_MAX + sizeof(struct verdict));
    }
    return made || ht_fail(error, "out of memory");
}

static void fini(void *opaque)
{
    struct state *state = opaque;
    for (size_t kind = 0; kind < AUDIT_NUM_KINDS; kind++) {
        ht_memo_fini(&state->memos[kind]);
    }
}

const struct ht_analyzer ht_audit_analyzer = {
    .name       = "audit",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .judge      = judge,
};
