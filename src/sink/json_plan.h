/*
 * Field tables made ready for JSON. A plan has, for each field of a struct type that is written,
 * its key as it stands in the output and the test that tells whether there is a value. It is made
 * when an object of the type is met the first time.
 */
#ifndef HT_SINK_JSON_PLAN_H
#define HT_SINK_JSON_PLAN_H

#include "base/arena.h"
#include "event/event.h"

/* Keys are copied by chunks of this size, more than they have: no call, no loop for most. */
enum { HT_JSON_KEY_CHUNK = 32 };

/* Beside the kinds of fields: members that are rendered together (sink/json_runs.h), of so many
 * bytes. */
enum {
    HT_JSON_RUN       = HT_ANY + 1,
    HT_JSON_RUN_BYTES = 80,
    HT_JSON_RUN_ROOM  = 24 * HT_JSON_KEY_CHUNK /* what it may become */
};

/* ,"name": and zeros up to a whole number of chunks. */
struct ht_json_key {
    const char *text;
    size_t len;
};

struct ht_json_member {
    struct ht_json_key key;
    /* The member has a value where (the eight bytes of the object at `test_at` & `mask`) | `always`
     * is not zero: one load, whatever the kind of field. */
    uint64_t mask, always;
    uint16_t test_at;
    uint16_t offset; /* these four of the field; of a run those of its bytes */
    uint8_t kind, size, flags;
    const struct ht_field *field;  /* of a run its first one */
    const struct ht_json_plan *of; /* of field->of, where it has one; of a run its members */
};

struct ht_json_plan {
    const struct ht_struct *type;
    struct ht_json_plan *next;
    struct ht_json_key key; /* for an object known at run time, whose key is its type's name */
    size_t room; /* for all keys, HT_JSON_VALUE_MAX characters a member, runs, brackets */
    size_t num_members;
    struct ht_json_member members[];
};

/* Owns its plans. Zeroed is empty. */
struct ht_json_plans {
    struct ht_arena arena;
    struct ht_json_plan *buckets[64]; /* by the type's address */
};

/* ht_json_plan is the plan of a type; NULL where there is no memory. It lives as long as `plans`.
 */
const struct ht_json_plan *ht_json_plan(struct ht_json_plans *plans, const struct ht_struct *type);

void ht_json_plans_free(struct ht_json_plans *plans);

/* ht_json_key_room is the room that a key needs, chunks counted whole. */
static inline size_t ht_json_key_room(const struct ht_json_key *key)
{
    return key->len + HT_JSON_KEY_CHUNK;
}

/* ht_json_put_key writes a key and returns where it ends. */
static inline char *ht_json_put_key(char *at, const struct ht_json_key *key)
{
    size_t i = 0;
    do {
        memcpy(at + i, key->text + i, HT_JSON_KEY_CHUNK);
        i += HT_JSON_KEY_CHUNK;
    } while (i < key->len);
    return at + key->len;
}

/* ht_json_written: ht_field_written, of an object of eight bytes or more. */
static inline bool ht_json_written(const struct ht_json_member *member, const void *object)
{
    const char *bytes = object;
    uint64_t word;
    memcpy(&word, bytes + member->test_at, sizeof word);
    if (((word & member->mask) | member->always) == 0) {
        return false;
    }
    return (member->flags & HT_UNLESS) == 0 ||
           *(const char *const *)(const void *)(bytes + member->field->unless) == NULL;
}

#endif
