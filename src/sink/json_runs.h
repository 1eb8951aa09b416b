/*
 * Members that come together and repeat are rendered together, once: who sent what in a timeline's
 * entries, the options of a SYN. The plan makes one member, a run, of those whose rows have
 * HT_REPEATS, lie side by side in the struct and point at nothing but words of the program's own;
 * here runs are kept as they were rendered, found and compared by the bytes of the struct. Of those
 * that share a set the oldest gives way.
 */
#ifndef HT_SINK_JSON_RUNS_H
#define HT_SINK_JSON_RUNS_H

#include "base/hash.h"
#include "sink/json_plan.h"

enum {
    HT_JSON_RUN_SETS  = 64, /* a power of two */
    HT_JSON_RUN_WAYS  = 4,
    HT_JSON_RUN_WORDS = HT_JSON_RUN_BYTES / sizeof(uint64_t)
};

/* The bytes of a run, and where it is kept. */
struct ht_json_run_content {
    uint64_t words[HT_JSON_RUN_WORDS];
    size_t set;
};

/* Zeroed is empty. */
struct ht_json_run {
    const struct ht_json_member *member;
    size_t len;
    uint64_t words[HT_JSON_RUN_WORDS];
    char rendered[HT_JSON_RUN_ROOM];
};

struct ht_json_run_set {
    unsigned oldest;
    struct ht_json_run runs[HT_JSON_RUN_WAYS];
};

struct ht_json_runs {
    struct ht_json_run_set sets[HT_JSON_RUN_SETS];
};

/* ht_json_run_read reads the bytes of the run `member`, which begin at `value`, by words; the last
 * one overlaps the one before it. */
static inline void ht_json_run_read(struct ht_json_run_content *content,
                                    const struct ht_json_member *member, const char *value)
{
    uint64_t hash = (uintptr_t)member;
    size_t last = member->size - sizeof hash, i = 0;
    for (size_t at = 0; at < last; at += sizeof hash) {
        memcpy(&content->words[i], value + at, sizeof hash);
        hash = (hash ^ content->words[i++]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    memcpy(&content->words[i], value + last, sizeof hash);
    content->set = ht_mix(hash, content->words[i]) >> 40 & (HT_JSON_RUN_SETS - 1);
}

static inline bool ht_json_run_is(const struct ht_json_run *run,
                                  const struct ht_json_member *member,
                                  const struct ht_json_run_content *content)
{
    bool same = run->member == member;
    for (size_t at = 0, i = 0; same && at < member->size; at += sizeof(uint64_t), i++) {
        same = run->words[i] == content->words[i];
    }
    return same;
}

/* ht_json_runs_put writes the run into HT_JSON_RUN_ROOM characters of room and returns where it
 * ends; NULL, and what is in the room does not matter, where it is not kept. */
static inline char *ht_json_runs_put(const struct ht_json_runs *runs, char *at,
                                     const struct ht_json_member *member,
                                     const struct ht_json_run_content *content)
{
    const struct ht_json_run *run = runs->sets[content->set].runs, *end = run + HT_JSON_RUN_WAYS;
    while (run != end && !ht_json_run_is(run, member, content)) {
        run++;
    }
    if (run == end) {
        return NULL;
    }
    for (size_t i = 0; i < run->len; i += HT_JSON_KEY_CHUNK) {
        memcpy(at + i, run->rendered + i, HT_JSON_KEY_CHUNK);
    }
    return at + run->len;
}

/* ht_json_runs_keep keeps a run as it was rendered, if it has room, in the place of another.
 */
void ht_json_runs_keep(struct ht_json_runs *runs, const struct ht_json_member *member,
                       const struct ht_json_run_content *content, struct ht_bytes rendered);

#endif
