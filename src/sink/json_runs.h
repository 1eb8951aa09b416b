/*
 * Members that come together and repeat are rendered together, once: who sent what in a timeline's
 * entries, the options of a SYN. The plan makes one member, a run, of those whose rows have
 * HT_REPEATS, lie side by side in the struct and point at nothing but words of the program's own;
 * here runs are kept as they were rendered, found and compared by the bytes of the struct. Of those
 * that share a set the oldest gives way.
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
    size_t len;
    char value[HT_JSON_RUN_BYTES];
    char rendered[HT_JSON_RUN_ROOM];
};

struct ht_json_run_set {
    unsigned oldest;
    struct ht_json_run runs[HT_JSON_RUN_WAYS];
};

struct ht_json_runs {
    struct ht_json_run_set sets[HT_JSON_RUN_SETS];
};

/* ht_json_run_last is where the last word of a run begins, which may overlap the one before it. */
static inline size_t ht_json_run_last(const struct ht_json_member *member)
{
    return member->size - sizeof(uint64_t);
}

/* ht_json_run_set is where the run that begins at `value` is kept. */
static inline size_t ht_json_run_set(const struct ht_json_member *member, const char *value)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    size_t last           = ht_json_run_last(member);
    uint64_t hash         = (uintptr_t)member ^ ht_json_word(value, last);
    for (size_t at = 0; at < last; at += sizeof hash) {
        hash = (hash * factor) ^ ht_json_word(value, at);
    }
    return hash * factor >> 40 & (HT_JSON_RUN_SETS - 1);
}

static inline bool ht_json_run_is(const struct ht_json_run *run,
                                  const struct ht_json_member *member, const char *value)
{
    size_t last     = ht_json_run_last(member);
    uint64_t differ = ht_json_word(run->value, last) ^ ht_json_word(value, last);
    for (size_t at = 0; at < last; at += sizeof differ) {
        differ |= ht_json_word(run->value, at) ^ ht_json_word(value, at);
    }
    return run->member == member && differ == 0;
}

/* ht_json_runs_put writes the run into HT_JSON_RUN_ROOM characters of room and returns where it
 * ends; NULL, and what is in the room does not matter, where it is not kept. */
static inline char *ht_json_runs_put(const struct ht_json_runs *runs, char *at,
                                     const struct ht_json_member *member, const char *value)
{
    const struct ht_json_run *run = runs->sets[ht_json_run_set(member, value)].runs;
    const struct ht_json_run *end = run + HT_JSON_RUN_WAYS;
    while (run != end && !ht_json_run_is(run, member, value)) {
        run++;
    }
    if (run == end) {
        return NULL;
    }
    size_t i = 0;
    do {
        memcpy(at + i, run->rendered + i, HT_JSON_RUN_CHUNK);
        i += HT_JSON_RUN_CHUNK;
    } while (i < run->len);
    return at + run->len;
}

/* ht_json_runs_keep keeps a run as it was rendered, if it has room, in the place of another.
 */
void ht_json_runs_keep(struct ht_json_runs *runs, const struct ht_json_member *member,
                       const char *value, struct ht_bytes rendered);

#endif
