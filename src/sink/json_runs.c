#include "sink/json_runs.h"

void ht_json_runs_keep(struct ht_json_runs *runs, const struct ht_json_member *member,
                       const char *value, struct ht_bytes rendered)
{
    if (rendered.len > HT_JSON_RUN_ROOM) {
        return;
    }
    struct ht_json_run_set *set = &runs->sets[ht_json_run_set(member, value)];
    struct ht_json_run *run     = &set->runs[set->oldest++ % HT_JSON_RUN_WAYS];
    run->member                 = member;
    run->len                    = rendered.len;
    memcpy(run->value, value, member->size);
    if (rendered.len > 0) {
        memcpy(run->rendered, rendered.ptr, rendered.len);
    }
}
