#include "analysis/finding.h"

void ht_finding_add(struct ht_connection *c, struct ht_arena *arena,
                    const struct ht_finding *finding)
{
    size_t num              = c->findings.len;
    struct ht_finding *list = ht_arena_alloc(arena, (num + 1) * sizeof *list);
    uint64_t *frames        = ht_arena_alloc(arena, finding->frames.len * sizeof *frames);
    if (list == NULL || (frames == NULL && finding->frames.len > 0)) {
        return;
    }
    if (num > 0) {
        memcpy(list, c->findings.items, num * sizeof *list);
    }
    if (finding->frames.len > 0) {
        memcpy(frames, finding->frames.items, finding->frames.len * sizeof *frames);
    }
    list[num]          = *finding;
    list[num].evidence = ht_arena_copy(arena, finding->evidence);
    list[num].frames   = (struct ht_uints){.items = frames, .len = finding->frames.len};
    c->findings        = (struct ht_objects){.items = list, .len = num + 1};
}
