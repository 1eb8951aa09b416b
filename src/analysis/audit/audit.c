#include "analysis/audit/case.h"
#include "analysis/audit/shape.h"

#include "analysis/memo.h"
#include "policy/policy.h"

enum {
    MAX_RULES  = 256,
    SHAPE_SETS = 256, /* times HT_MEMO_WAYS shapes, most of 2 KiB */
    MAX_FOUND  = 24   /* of a shape; the rest is judged anew */
};

static const struct audit_table *const tables[] = {
    &audit_version_rules,
    &audit_cipher_rules,
    &audit_offer_rules,
    &audit_kex_rules,
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
    &audit_starttls_rules,
    &audit_failure_rules,
    &audit_keylog_rules,
    &audit_policy_rules,
};

/* What came of a rule. */
enum outcome {
    ASIDE, /* it is not asked, or does not apply */
    JUDGED,
    FOUND,
    ANEW,        /* of what is kept: to be judged each time */
    UNOBSERVABLE /* and so on: plus the reason */
};

/* A proof without the frames, which differ. */
struct kept_proof {
    const char *basis, *severity, *clause;
    enum audit_place places[HT_ARRAY_LEN(((struct ht_proof *)0)->frames)];
    size_t num_places;
    char evidence[sizeof(((struct ht_proof *)0)->evidence)];
};

/* What a shape comes to. */
struct kept {
    uint8_t outcomes[MAX_RULES]; /* enum outcome, by index of the rule */
    size_t num_found;
    struct kept_proof found[MAX_FOUND]; /* in order of their rules */
};

struct state {
    const struct ht_analysis_settings *settings;
    struct ht_memo shapes;                   /* struct kept by struct audit_shape */
    struct ht_audit_count counts[MAX_RULES]; /* by index of the rule */
};

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

size_t ht_audit_num_rules(void)
{
    size_t num = 0;
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        num += tables[i]->num;
    }
    return num;
}

const struct ht_audit_count *ht_audit_counts(const void *state, size_t index)
{
    return &((const struct state *)state)->counts[index];
}

/* The first thing that the rule needs and the case has not; AUDIT_NUM_NEEDS: none. */
static unsigned first_lack(const struct audit_rule *rule, const struct audit_case *c)
{
    uint64_t lacking = rule->needs & ~(uint64_t)c->has;
    return lacking != 0 ? (unsigned)__builtin_ctzll(lacking) : AUDIT_NUM_NEEDS;
}

static uint8_t judge_rule(const struct audit_rule *rule, const struct audit_case *c,
                          struct ht_proof *proof)
{
    if ((c->tls == NULL && !rule->any) ||
        (rule->asked != NULL && !rule->asked(c->settings->policy))) {
        return ASIDE;
    }
    unsigned lack = first_lack(rule, c);
    if (lack != AUDIT_NUM_NEEDS) {
        return (uint8_t)(UNOBSERVABLE + c->lacks[lack]);
    }
    if (rule->applies != NULL && !rule->applies(c)) {
        return ASIDE;
    }
    return rule->found(c, proof) ? FOUND : JUDGED;
}

static void count(struct ht_audit_count *into, uint8_t outcome)
{
    if (outcome >= UNOBSERVABLE) {
        into->unobservable[outcome - UNOBSERVABLE]++;
    } else {
        into->judged += outcome == JUDGED || outcome == FOUND;
        into->found += outcome == FOUND;
    }
}

/* Keeps a proof, if all that it shows lies where it does in every session of the shape. */
static bool keep_proof(struct kept *kept, const struct audit_case *c, const struct ht_proof *proof)
{
    if (kept->num_found == MAX_FOUND) {
        return false;
    }
    struct kept_proof *to = &kept->found[kept->num_found];
    *to                   = (struct kept_proof){.basis      = proof->basis,
                                                .severity   = proof->severity,
                                                .clause     = proof->clause,
                                                .num_places = proof->num_frames};
    memcpy(to->evidence, proof->evidence, sizeof to->evidence);
    for (size_t i = 0; i < proof->num_frames; i++) {
        to->places[i] = audit_place_of(c, proof->frames[i]);
        if (to->places[i] == AUDIT_NUM_PLACES) {
            return false;
        }
    }
    kept->num_found++;
    return true;
}

static void recall_proof(struct ht_proof *out, const struct audit_case *c,
                         const struct kept_proof *kept)
{
    out->basis      = kept->basis;
    out->severity   = kept->severity;
    out->clause     = kept->clause;
    out->num_frames = 0;
    memcpy(out->evidence, kept->evidence, sizeof out->evidence);
    for (size_t i = 0; i < kept->num_places; i++) {
        out->frames[out->num_frames++] = audit_frame_at(c, kept->places[i]);
    }
}

/* One connection on its way past the rules. */
struct round {
    struct state *state;
    const struct audit_case *c;
    struct ht_connection *into;
    struct ht_arena *arena;
    const struct kept *known; /* what its shape comes to; NULL: that is to be learnt: */
    struct kept *learnt;
    size_t recalled; /* of what is known to be found */
};

static void take_rule(struct round *r, const struct audit_rule *rule, size_t index, bool by_shape)
{
    struct ht_proof proof;
    bool known = by_shape && r->known != NULL && r->known->outcomes[index] != ANEW;
    ht_proof_begin(&proof);
    uint8_t outcome = known ? r->known->outcomes[index] : judge_rule(rule, r->c, &proof);
    if (known && outcome == FOUND) {
        recall_proof(&proof, r->c, &r->known->found[r->recalled++]);
    }
    if (by_shape && r->known == NULL) {
        bool kept                  = outcome != FOUND || keep_proof(r->learnt, r->c, &proof);
        r->learnt->outcomes[index] = kept ? outcome : ANEW;
    }
    count(&r->state->counts[index], outcome);
    if (outcome == FOUND) {
        ht_rule_find(r->into, r->arena, r->state->settings->policy, &rule->rule, &proof);
    }
}

static void take_rules(struct round *r)
{
    size_t index = 0;
    for (size_t i = 0; i < HT_ARRAY_LEN(tables); i++) {
        const struct audit_table *table = tables[i];
        for (size_t k = 0; k < table->num; k++, index++) {
            bool by_shape = table->by_shape && !table->rules[k].each && r->c->tls != NULL;
            take_rule(r, &table->rules[k], index, by_shape);
        }
    }
}

static void keep(struct state *state, const struct audit_shape *shape, const struct kept *learnt)
{
    size_t len  = offsetof(struct kept, found) + learnt->num_found * sizeof learnt->found[0];
    void *value = ht_memo_add(&state->shapes, ht_bytes(shape->bytes, shape->len), len);
    if (value != NULL) {
        memcpy(value, learnt, len);
    }
}

static void judge(void *opaque, struct ht_analysis *a, struct ht_connection *connection)
{
    struct state *state = opaque;
    struct audit_case c;
    struct audit_shape shape;
    struct kept learnt; /* not set where it is not asked for */
    struct round r = {
        .state = state, .c = &c, .into = connection, .arena = a->arena, .learnt = &learnt};
    audit_look(&c, state->settings, connection);
    shape.too_long = c.tls == NULL;
    if (c.tls != NULL) {
        audit_shape_of(&shape, &c);
    }
    if (!shape.too_long) {
        r.known = ht_memo_find(&state->shapes, ht_bytes(shape.bytes, shape.len));
    }
    learnt.num_found = 0;
    take_rules(&r);
    if (r.known == NULL && !shape.too_long) {
        keep(state, &shape, &learnt);
    }
}

static bool init(void *opaque, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *state = opaque;
    state->settings     = settings;
    if (ht_audit_num_rules() > MAX_RULES) {
        return ht_fail(error, "more audit rules than there is room for");
    }
    return ht_memo_init(&state->shapes, SHAPE_SETS, AUDIT_SHAPE_MAX + sizeof(struct kept)) ||
           ht_fail(error, "out of memory");
}

static void fini(void *opaque)
{
    ht_memo_fini(&((struct state *)opaque)->shapes);
}

const struct ht_analyzer ht_audit_analyzer = {
    .name       = "audit",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .judge      = judge,
};
