/*
 * Policies: what an organisation or a standard asks of TLS. Each is a JSON file, which names its
 * source and the clause behind each demand; a user's own file may extend another. Read only once
 * made; owns all that it returns.
 */
#ifndef HT_POLICY_POLICY_H
#define HT_POLICY_POLICY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct ht_policy;

/* What a policy makes of a finding. */
enum ht_policy_verdict {
    HT_POLICY_NONE, /* it does not ask for this rule: the finding is left out */
    HT_POLICY_REPORT,
    HT_POLICY_WARN,
    HT_POLICY_FAIL
};

/* ht_policy_verdict_of is what a word means: report, warn, fail; HT_POLICY_NONE: nothing.
 * ht_policy_verdict_name is the word; NULL for HT_POLICY_NONE. */
enum ht_policy_verdict ht_policy_verdict_of(const char *word);
const char *ht_policy_verdict_name(enum ht_policy_verdict verdict);

struct ht_policy_rule {
    enum ht_policy_verdict verdict;
    const char *severity; /* NULL: the rule's own */
    const char *clause;   /* "section 3.1"; NULL: none is cited */
};

/* What may be used. What is not in a list that the policy has is against it. */
enum ht_policy_list {
    HT_POLICY_VERSIONS,               /* "TLS 1.2", "DTLS 1.2", "SSL 3.0" … */
    HT_POLICY_CIPHER_SUITES,          /* IANA's names */
    HT_POLICY_GROUPS,                 /* IANA's names */
    HT_POLICY_SIGNATURE_SCHEMES,      /* of handshakes; IANA's names */
    HT_POLICY_CERTIFICATE_KEYS,       /* "RSA", "EC secp256r1", "Ed25519", "ML-DSA-87" … */
    HT_POLICY_CERTIFICATE_SIGNATURES, /* "sha256WithRSAEncryption" … */
    HT_POLICY_NUM_LISTS
};

enum ht_policy_number {
    HT_POLICY_RSA_BITS,      /* at least */
    HT_POLICY_DH_BITS,       /* at least */
    HT_POLICY_VALIDITY_DAYS, /* of a leaf, at most */
    HT_POLICY_NUM_NUMBERS
};

/* Who knows whether what a policy names exists. A NULL function is not asked. */
struct ht_policy_checks {
    bool (*rule)(const char *id);
    bool (*value)(enum ht_policy_list list, const char *value);
};

/* ht_policy_open reads a policy: one of those that come with the program by its name ("modern"), or
 * a file, where `name` has a '/' or ends in ".json"; hellotap-policy(5) says what is in it. NULL
 * with a message that names the file, the line and the key at fault. `checks` (NULL: none) is asked
 * about what a file names; those that come with the program were checked when it was built. */
struct ht_policy *ht_policy_open(const char *name, const struct ht_policy_checks *checks,
                                 struct ht_error *error);
void ht_policy_free(struct ht_policy *policy);

const char *ht_policy_name(const struct ht_policy *policy);   /* "nist-800-52r2" */
const char *ht_policy_title(const struct ht_policy *policy);  /* in words */
const char *ht_policy_source(const struct ht_policy *policy); /* the document, its version, date */

/* ht_policy_rule is what the policy makes of a rule's findings; a NULL policy: warn, nothing cited.
 */
struct ht_policy_rule ht_policy_rule(const struct ht_policy *policy, const char *rule_id);

/* ht_policy_allows: `value` is in the list, or the policy has no such list. `at_ns` (nanoseconds
 * since 1970) is when: entries may be allowed from or until a date. `clause` (may be NULL) is set
 * to the clause that says so, NULL where none is cited. */
bool ht_policy_allows(const struct ht_policy *policy, enum ht_policy_list list, const char *value,
                      int64_t at_ns, const char **clause);

/* ht_policy_has: the policy has such a list; what is not in it is not allowed. */
bool ht_policy_has(const struct ht_policy *policy, enum ht_policy_list list);

/* ht_policy_number is the bound at that time; 0: the policy has none. `clause` as above. */
uint64_t ht_policy_number(const struct ht_policy *policy, enum ht_policy_number number,
                          int64_t at_ns, const char **clause);

/* The names of the policies that come with the program; NULL-terminated. */
extern const char *const ht_policy_names[];

#endif
