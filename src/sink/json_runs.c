#include "sink/json_runs.h"

void ht_json_runs_keep(struct ht_json_runs *runs, const struct ht_json_member *member,
                       const struct ht_json_run_content *content, struct ht_bytes rendered)
{
    if (rendered.len > HT_JSON_RUN_ROOM) {
        return;
    }
    /* The newer one of the two places is the one that the hash tells. */
    struct ht_json_run *run        = &runs->slots[content->slot];
    runs->slots[content->slot ^ 1] = *run;
    *run                           = (struct ht_json_run){.member = member, .len = rendered.len};
    memcpy(run->words, content->words, sizeof run->words);
    if (rendered.len > 0) {
        memcpy(run->rendered, rendered.ptr, rendered.len);
    }
}
