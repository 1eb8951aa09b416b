#include "sink/json_runs.h"

static struct ht_json_run_set *set_of(struct ht_json_runs *runs,
                                      const struct ht_json_member *member, const char *value)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    size_t last           = ht_json_run_last(member);
    uint64_t hash         = (uintptr_t)member ^ ht_json_word(value, last);
    for (size_t at = 0; at < last; at += sizeof hash) {
        hash = (hash * factor) ^ ht_json_word(value, at);
    }
    return &runs->sets[hash * factor >> 40 & (HT_JSON_RUN_SETS - 1)];
}

static void follow(struct ht_json_runs *runs, struct ht_json_run *run)
{
    if (runs->last != NULL) {
        runs->last->next = run;
    }
}

struct ht_json_run *ht_json_runs_find(struct ht_json_runs *runs,
                                      const struct ht_json_member *member, const char *value)
{
    struct ht_json_run_set *set = set_of(runs, member, value);
    for (unsigned i = 0; i < HT_JSON_RUN_WAYS; i++) {
        if (ht_json_run_is(&set->runs[i], member, value)) {
            follow(runs, &set->runs[i]);
            return &set->runs[i];
        }
    }
    return NULL;
}

void ht_json_runs_keep(struct ht_json_runs *runs, const struct ht_json_member *member,
                       const char *value, struct ht_bytes rendered)
{
    if (rendered.len > HT_JSON_RUN_ROOM) {
        return;
    }
    struct ht_json_run_set *set = set_of(runs, member, value);
    struct ht_json_run *run     = &set->runs[set->oldest++ % HT_JSON_RUN_WAYS];
    follow(runs, run);
    runs->last  = run;
    run->member = member;
    run->len    = rendered.len;
    memcpy(run->bytes, value, member->size);
    if (rendered.len > 0) {
        memcpy(run->bytes + member->size, rendered.ptr, rendered.len);
    }
}
