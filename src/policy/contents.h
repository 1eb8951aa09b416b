/* What is in a policy. Not for use outside this folder. */
#ifndef HT_POLICY_CONTENTS_H
#define HT_POLICY_CONTENTS_H

#include "base/arena.h"
#include "policy/policy.h"

/* What may be used, and when. */
struct policy_entry {
    const char *name;
    const char *clause;        /* NULL: the list's */
    int64_t from_ns, until_ns; /* 0: since ever, and for ever */
};

struct policy_list {
    struct policy_entry *entries; /* by rising name */
    size_t num;
    const char *clause;
    bool given;
};

/* A number, and since when it holds: the last one that holds does. */
struct policy_bound {
    int64_t from_ns; /* 0: since ever */
    uint64_t value;
    const char *clause;
};

struct policy_number {
    struct policy_bound *bounds; /* by rising time */
    size_t num;
};

struct policy_rule {
    const char *id;
    struct ht_policy_rule asked;
};

/* All that it points to is in its arena. */
struct ht_policy {
    struct ht_arena arena;
    const char *name, *title, *source;
    struct policy_list lists[HT_POLICY_NUM_LISTS];
    struct policy_number numbers[HT_POLICY_NUM_NUMBERS];
    struct policy_rule *rules; /* by rising id */
    size_t num_rules;
    enum ht_policy_verdict unnamed; /* what becomes of rules that it does not name */
    bool unnamed_given;
    const char *extends; /* what it does not say, this policy or file does; NULL: none */
};

/* A policy that comes with the program; made at build time from policies/NAME.json. */
struct policy_text {
    const char *name, *text;
};
extern const struct policy_text policy_texts[]; /* the last has no name */

/* A JSON text that is read, and into what. */
struct policy_reader {
    struct ht_policy *out;
    struct ht_arena *arena;
    const char *file; /* as messages call it */
    const char *text;
    const struct ht_policy_checks *checks; /* NULL: none */
    struct ht_error *error;
    unsigned depth; /* how many policies extend this one */
};

enum { POLICY_MAX_EXTENDS = 8 };

struct json_object;

/* policy_read_object puts what a text says into `out`, all but what it extends. */
bool policy_read_object(struct policy_reader *r, struct json_object *root);

/* policy_is_file: the name is a file's, not of a policy that comes with the program. */
bool policy_is_file(const char *name);

/* policy_find_text is the policy of that name that comes with the program; NULL: there is none. */
const char *policy_find_text(const char *name);

/* policy_read puts the policy `name`, and what it extends, into `out`. */
bool policy_read(struct ht_policy *out, const char *name, const struct ht_policy_checks *checks,
                 struct ht_error *error);

#endif
