/*
 * The audit of a connection: each rule is a row of a table with a predicate; what it finds goes
 * into the record with its evidence, and what could not be judged is counted with its reason: there
 * is no pass by silence.
 */
#ifndef HT_ANALYSIS_AUDIT_AUDIT_H
#define HT_ANALYSIS_AUDIT_AUDIT_H

#include "analysis/analyzer.h"
#include "analysis/rule.h"
#include "policy/policy.h"

/* Why a rule could not be judged of a connection. */
enum ht_unobservable {
    HT_UNOBSERVABLE_ENCRYPTED,     /* of TLS 1.3, without its keys */
    HT_UNOBSERVABLE_NOT_SENT,      /* resumed, or not part of this key exchange */
    HT_UNOBSERVABLE_LOST,          /* the capture has holes, began late or is cut */
    HT_UNOBSERVABLE_ONE_SIDED,     /* one direction only was captured */
    HT_UNOBSERVABLE_NOT_COMPLETED, /* the handshake ended before it */
    HT_UNOBSERVABLE_NO_TRUST,      /* no trust anchors were given */
    HT_UNOBSERVABLE_NOT_VERIFIED,  /* signatures are checked with --verify only */
    HT_UNOBSERVABLE_NO_DNS,        /* no DNS of this client was captured */
    HT_UNOBSERVABLE_NO_KEYS,       /* no key log */
    HT_NUM_UNOBSERVABLE
};

/* ht_unobservable_name is its word in the records: "encrypted" … */
const char *ht_unobservable_name(enum ht_unobservable reason);

/* What came of a rule, over connections. */
struct ht_audit_count {
    uint64_t judged; /* connections in which it could be judged */
    uint64_t found;  /* of these, in which it was broken */
    uint64_t unobservable[HT_NUM_UNOBSERVABLE];
};

/* The rules for one connection, in the order of the catalogue; ht_num_audit_rules of them. */
const struct ht_rule *ht_audit_rule(size_t index); /* NULL: there is no such index */
size_t ht_audit_num_rules(void);

/* ht_audit_asks: rule number `index` is one that can be broken under the policy: those about lists
 * and numbers of policies are not, where it has no such list or number. */
bool ht_audit_asks(size_t index, const struct ht_policy *policy);

/* ht_audit_knows_value: something that rules compare with this list of a policy may be called so.
 */
bool ht_audit_knows_value(enum ht_policy_list list, const char *value);

extern const struct ht_analyzer ht_audit_analyzer;

/* ht_audit_add_counts adds to `totals`, of each rule, what came of it in one engine: `state` is the
 * analyzer's. */
void ht_audit_add_counts(void *state, struct ht_audit_count *totals);

#endif
