#include "sink/json_timeline.h"

#include <stdlib.h>

enum { FIRST_NUM = 128 };

bool ht_json_timeline_fits(const struct ht_json_plan *plan)
{
    static const enum ht_json_form forms[] = {[HT_JSON_ENTRY_TIME]  = HT_JSON_UNLESS,
                                              [HT_JSON_ENTRY_FRAME] = HT_JSON_WORD,
                                              [HT_JSON_ENTRY_KIND]  = HT_JSON_RUN,
                                              [HT_JSON_ENTRY_DATA]  = HT_JSON_ANY};
    bool fits                              = plan->num_members == HT_ARRAY_LEN(forms);
    for (size_t i = 0; fits && i < HT_ARRAY_LEN(forms); i++) {
        fits = plan->members[i].form == forms[i];
    }
    return fits && strcmp(plan->members[HT_JSON_ENTRY_TIME].field->name, "t_ns") == 0 &&
           strcmp(plan->members[HT_JSON_ENTRY_FRAME].field->name, "frame") == 0;
}

static bool make_room(struct ht_json_timeline *timeline, unsigned kind)
{
    size_t num = timeline->num > 0 ? timeline->num : FIRST_NUM;
    while (num <= kind) {
        num *= 2;
    }
    const struct ht_json_kind **more = realloc(timeline->kinds, num * sizeof *more);
    if (more == NULL) {
        return false;
    }
    for (size_t i = timeline->num; i < num; i++) {
        more[i] = NULL;
    }
    timeline->kinds = more;
    timeline->num   = num;
    return true;
}

void ht_json_timeline_keep(struct ht_json_timeline *timeline, unsigned kind,
                           struct ht_bytes rendered, const struct ht_json_plan *data)
{
    size_t chunks = rendered.len / HT_JSON_KIND_CHUNK + 1;
    struct ht_json_kind *kept =
        kind < timeline->num || make_room(timeline, kind)
            ? ht_arena_alloc(&timeline->arena, sizeof *kept + chunks * HT_JSON_KIND_CHUNK)
            : NULL;
    if (kept != NULL) {
        kept->data = data;
        kept->len  = rendered.len + 1;
        memcpy(kept->text, rendered.ptr, rendered.len);
        kept->text[rendered.len] = '}';
        timeline->kinds[kind]    = kept;
    }
}

void ht_json_timeline_free(struct ht_json_timeline *timeline)
{
    ht_arena_clear(&timeline->arena);
    free(timeline->kinds);
    *timeline = (struct ht_json_timeline){0};
}
