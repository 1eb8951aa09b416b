/*
 * Rules: what is looked for in connections and on servers, and what a finding of one says.
 */
#ifndef HT_ANALYSIS_RULE_H
#define HT_ANALYSIS_RULE_H

#include "event/connection.h"

enum { HT_RULE_REFERENCES = 5 };

/* The words of a rule; static. */
struct ht_rule {
    const char *id;       /* "tls10-negotiated" */
    const char *severity; /* critical, high, medium, low, info */
    const char *category; /* version, cipher, kex, certificate … */
    const char *title;    /* what is wrong, in a few words */
    const char *remediation;
    const char *attack;                             /* and CVEs; NULL: none by name */
    const char *references[HT_RULE_REFERENCES + 1]; /* "RFC 8996"; NULL: no more */
    const char *scope; /* whose fault it is: client, server; NULL: of both, or of either */
};

/* By rising severity. */
enum ht_severity { HT_INFO, HT_LOW, HT_MEDIUM, HT_HIGH, HT_CRITICAL, HT_NUM_SEVERITIES };

/* ht_severity_of is what a word means; HT_NUM_SEVERITIES: nothing. */
enum ht_severity ht_severity_of(const char *word);
const char *ht_severity_name(enum ht_severity severity);

/* What shows that a rule is broken. */
struct ht_proof {
    char evidence[240];
    uint64_t frames[4];
    size_t num_frames;
    const char *basis;    /* observed, derived, inferred; NULL: observed */
    const char *severity; /* where this case is worse or better than the rule; NULL: the rule's */
    const char *clause;   /* of the policy, against just this; NULL: what it cites for the rule */
};

/* ht_proof_begin makes it empty, without going over all of it: it is asked for hundreds of rules a
 * connection. */
static inline void ht_proof_begin(struct ht_proof *out)
{
    out->evidence[0] = '\0';
    out->num_frames  = 0;
    out->basis = out->severity = out->clause = NULL;
}

/* ht_proof_say writes the evidence, as by printf, and which frames show it, those that are not 0;
 * true, so that a rule can end with it. */
__attribute__((format(printf, 4, 5))) bool ht_proof_say(struct ht_proof *out, uint64_t frame,
                                                        uint64_t frame_2, const char *format, ...);

/* ht_captured_whole: nothing that the capture lacks can be the reason of what was, or was not, seen
 * of the connection. */
bool ht_captured_whole(const struct ht_connection *c);

struct ht_policy;

/* ht_rule_find adds to the connection what `proof` shows, as `policy` (NULL: none) sees it, in
 * `arena`; nothing where the policy does not ask for the rule. */
void ht_rule_find(struct ht_connection *c, struct ht_arena *arena, const struct ht_policy *policy,
                  const struct ht_rule *rule, const struct ht_proof *proof);

#endif
