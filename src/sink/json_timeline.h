/*
 * Entries of a timeline. From who sent it to how it is known, an entry says what its kind says, and
 * there are a few dozen of these: each is rendered once and found by its number. What differs are
 * time and frame, before that, and the event's own members behind it.
 */
#ifndef HT_SINK_JSON_TIMELINE_H
#define HT_SINK_JSON_TIMELINE_H

#include "base/digits.h"
#include "event/connection.h"
#include "sink/json_plan.h"
#include "sink/json_writer.h"

enum { HT_JSON_KIND_CHUNK = 64 /* most are one of these */ };

/* The members that follow from the kind, a comma before each, the brace behind them, and what a
 * chunk has more. */
struct ht_json_kind {
    const struct ht_json_plan *data; /* of the event's members; NULL: it has none */
    size_t len;
    char text[];
};

/* Owns what was rendered. Zeroed is empty. */
struct ht_json_timeline {
    struct ht_arena arena;
    const struct ht_json_kind **kinds; /* by number; NULL: none was met that has it */
    size_t num;
};

/* ht_json_timeline_fits: a plan of struct ht_timeline_entry has the members that
 * ht_json_put_entry writes, in this order: t_ns, frame, a run of what follows from the kind, data.
 */
bool ht_json_timeline_fits(const struct ht_json_plan *plan);

/* The members of such a plan. */
enum { HT_JSON_ENTRY_TIME, HT_JSON_ENTRY_FRAME, HT_JSON_ENTRY_KIND, HT_JSON_ENTRY_DATA };

/* ht_json_timeline_keep keeps what the kind of this number was rendered to, and the plan of its
 * events' members; nothing where there is no memory. */
void ht_json_timeline_keep(struct ht_json_timeline *timeline, unsigned kind,
                           struct ht_bytes rendered, const struct ht_json_plan *data);

/* ht_json_timeline_free forgets all that was kept. */
void ht_json_timeline_free(struct ht_json_timeline *timeline);

/* ht_json_timeline_kind is what the entry's kind was rendered to; NULL: it was not. */
static inline const struct ht_json_kind *
ht_json_timeline_kind(const struct ht_json_timeline *timeline,
                      const struct ht_timeline_entry *entry)
{
    return entry->kind < timeline->num ? timeline->kinds[entry->kind] : NULL;
}

/* ht_json_put_entry writes an entry of this kind without its data, a comma before it, into the room
 * of its plan, and returns where it stopped. */
static inline char *ht_json_put_entry(char *at, const struct ht_timeline_entry *entry,
                                      const struct ht_json_kind *kind)
{
    static const char time[] = ",\"t_ns\":", frame[] = ",\"frame\":";
    char *start = at++;
    if (entry->absent == NULL) {
        memcpy(at, time, sizeof time - 1);
        at = ht_json_put_int(at + sizeof time - 1, entry->t_ns);
    }
    if (entry->frame != 0) {
        memcpy(at, frame, sizeof frame - 1);
        at = ht_put_uint(at + sizeof frame - 1, entry->frame);
    }
    memcpy(at, kind->text, HT_JSON_KIND_CHUNK);
    for (size_t i = HT_JSON_KIND_CHUNK; i < kind->len; i += HT_JSON_KIND_CHUNK) {
        memcpy(at + i, kind->text + i, HT_JSON_KIND_CHUNK);
    }
    memcpy(start, ",{", 2); /* it says from whom, at least */
    return at + kind->len;
}

#endif
