/*
 * Members that come together and repeat are rendered together, once: who sent what in a timeline's
 * entries, the options of a SYN. The plan makes one member, a run, of those whose rows have
 * HT_REPEATS, lie side by side in the struct and point at nothing but words of the program's own;
 * here runs are kept as they were rendered, compared by the bytes of the struct. Connections are
 * alike, so the next one is most often that which came after this one before; else it is found by a
 * hash. Of those that share a set the oldest gives way.
 */
#ifndef HT_SINK_JSON_RUNS_H
#define HT_SINK_JSON_RUNS_H

#include "sink/json_plan.h"

enum {
    HT_JSON_RUN_SETS  = 64, /* a power of two */
    HT_JSON_RUN_WAYS  = 4,
    HT_JSON_RUN_CHUNK = 64 /* most are one of these */
};

/* Zeroed is empty. */
struct ht_json_run {
    const struct ht_json_member *member;
    struct ht_json_run *next; /* the one that came after it last; NULL: none did */
    size_t len;               /* as it was rendered */
    char bytes[HT_JSON_RUN_BYTES + HT_JSON_RUN_ROOM]; /* its value, then what that became */
};

struct ht_json_run_set {
    unsigned oldest;
    struct ht_json_run runs[HT_JSON_RUN_WAYS];
};

struct ht_json_runs {
    struct ht_json_run *last; /* that was written; NULL: none was */
    struct ht_json_run_set sets[HT_JSON_RUN_SETS];
};

/* ht_json_run_last is where the last word of a run begins, which may overlap the one before it. */
static inline size_t ht_json_run_last(const struct ht_json_member *member)
{
    return member->size - sizeof(uint64_t);
}

static inline bool ht_json_run_is(const struct ht_json_run *run,
                                  const struct ht_json_member *member, const char *value)
{
    size_t last     = ht_json_run_last(member);
    uint64_t differ = ht_json_word(run->bytes, last) ^ ht_json_word(value, last);
    for (size_t at = 0; at < last; at += sizeof differ) {
        differ |= ht_json_word(run->bytes, at) ^ ht_json_word(value, at);
    }
    return run->member == member && differ == 0;
}

/* ht_json_runs_find is the run with this value, from now on the one that comes after
 * the last one; NULL: it is not kept. */
struct ht_json_run *ht_json_runs_find(struct ht_json_runs *runs,
                                      const struct ht_json_member *member, const char *value);

/* ht_json_runs_put writes the run into HT_JSON_RUN_ROOM characters of room and returns where it
 * ends; NULL, and what is in the room does not matter, where it is not kept. Called from two places
 * it would be a call, a fifth more. */
static inline __attribute__((always_inline)) char *
ht_json_runs_put(struct ht_json_runs *runs, char *at, const struct ht_json_member *member,
                 const char *value)
{
    struct ht_json_run *run = runs->last != NULL ? runs->last->next : NULL;
    if (run == NULL || !ht_json_run_is(run, member, value)) {
        run = ht_json_runs_find(runs, member, value);
        if (run == NULL) {
            return NULL;
        }
    }
    runs->last           = run;
    const char *rendered = run->bytes + member->size;
    size_t i             = 0;
    do {
        memcpy(at + i, rendered + i, HT_JSON_RUN_CHUNK);
        i += HT_JSON_RUN_CHUNK;
    } while (i < run->len);
    return at + run->len;
}

/* ht_json_runs_keep keeps a run as it was rendered, if it has room, in the place of another. */
void ht_json_runs_keep(struct ht_json_runs *runs, const struct ht_json_member *member,
                       const char *value, struct ht_bytes rendered);

#endif
