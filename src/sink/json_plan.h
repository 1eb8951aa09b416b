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

/* How a member is written: what its row says of it, asked once. */
enum ht_json_form {
    HT_JSON_TRUE, /* a bool that is written only where it is true; its key has the value, too */
    HT_JSON_BOOL,
    HT_JSON_WORD, /* a number of eight bytes, as it is */
    HT_JSON_UINT, /* any other */
    HT_JSON_INT,
    HT_JSON_TIME,
    HT_JSON_ADDRESS,
    HT_JSON_TEXT,
    HT_JSON_HEX,
    HT_JSON_LABEL,
    HT_JSON_NAMED,
    HT_JSON_OBJECT,     /* not small, and there is room for it in that of the object around it */
    HT_JSON_RUN,        /* members that are rendered together (sink/json_runs.h) */
    HT_JSON_RUN_OBJECT, /* like HT_JSON_OBJECT, all of it a run */
    HT_JSON_SHARED,     /* members that objects of one shape have in common (sink/json_shapes.h) */
    HT_JSON_UNLESS,     /* a member that is written where another one is absent */
    HT_JSON_ANY,
    HT_JSON_OBJECTS,
    HT_JSON_TIMELINE,   /* objects that are entries of one (sink/json_timeline.h) */
    HT_JSON_FAR_OBJECT, /* any other object */
    HT_JSON_REPEATED,   /* a text or list of names of any length that is likely to come again */
    HT_JSON_LARGE,      /* any other */
    HT_JSON_END         /* none: the object's end, behind the last member of each plan */
};

enum {
    HT_JSON_RUN_BYTES = 80,                    /* of a run in its struct */
    HT_JSON_RUN_ROOM  = 24 * HT_JSON_KEY_CHUNK /* what it may become */
};

/* ,"name": or ,"name":true and zeros up to a whole number of chunks. */
struct ht_json_key {
    const char *text;
    size_t len;
};

struct ht_json_member {
    struct ht_json_key key;
    /* The member is absent where the eight bytes of the object at `test_at`, & `mask`, are
     * `absent`: one load, whatever the kind of field. A number's mask is all of it: its value is
     * what is found so, shifted to the right, without what is added to be told from an absent one.
     */
    uint64_t mask, absent;
    uint16_t test_at;
    uint16_t
        offset; /* of the field; of a run of its bytes; of shared ones of the shape's number; of
                 * HT_JSON_UNLESS of the other member's word that is zero where it is absent */
    uint8_t shift, added;
    uint8_t form;                  /* enum ht_json_form */
    uint8_t size;                  /* of a run */
    uint8_t part;                  /* of shared ones: how many such members are before it */
    const struct ht_field *field;  /* of several the first one */
    const struct ht_json_plan *of; /* of field->of, where it has one; of several their members; of
                                    * HT_JSON_UNLESS the member, always written */
};

struct ht_json_plan {
    const struct ht_struct *type;
    struct ht_json_plan *next;
    struct ht_json_key key; /* for an object known at run time, whose key is its type's name */
    size_t room; /* for its key, all keys and values but those of any length, and for brackets */
    size_t size; /* of the type */
    bool small;  /* it is smaller than a word */
    bool made;   /* all of it */
    size_t num_members;
    struct ht_json_member members[]; /* then one of the form HT_JSON_END */
};

/* How a line begins that is a record of a type, and the plan of what it says. */
struct ht_json_record {
    const struct ht_record_type *type;
    const struct ht_json_plan *plan;
    struct ht_json_key head; /* ,"schema":"…","type":"…" */
    const struct ht_json_record *next;
};

/* Owns its plans. Zeroed is empty. */
struct ht_json_plans {
    struct ht_arena arena;
    struct ht_json_plan *buckets[256];    /* by the type's address */
    const struct ht_json_record *records; /* they are few */
    size_t room;                          /* enough for an object of each */
};

/* ht_json_plan is the plan of a type; NULL where there is no memory. It lives as long as `plans`.
 */
const struct ht_json_plan *ht_json_plan(struct ht_json_plans *plans, const struct ht_struct *type);

/* ht_json_record is the same for a type of records. */
const struct ht_json_record *ht_json_record(struct ht_json_plans *plans,
                                            const struct ht_record_type *type);

void ht_json_plans_free(struct ht_json_plans *plans);

/* ht_json_key_room is the room that a key needs, chunks counted whole. */
static inline size_t ht_json_key_room(const struct ht_json_key *key)
{
    return key->len + HT_JSON_KEY_CHUNK;
}

/* ht_json_put_key writes a key and returns where it ends. */
static inline char *ht_json_put_key(char *at, const struct ht_json_key *key)
{
    memcpy(at, key->text, HT_JSON_KEY_CHUNK);
    for (size_t i = HT_JSON_KEY_CHUNK; i < key->len; i += HT_JSON_KEY_CHUNK) {
        memcpy(at + i, key->text + i, HT_JSON_KEY_CHUNK);
    }
    return at + key->len;
}

/* ht_json_word is the eight bytes of the object that begin at `at`. */
static inline uint64_t ht_json_word(const void *object, size_t at)
{
    uint64_t word;
    memcpy(&word, (const char *)object + at, sizeof word);
    return word;
}

/* ht_json_written: ht_field_written, of an object of eight bytes or more; so the next one. Of
 * HT_JSON_UNLESS it is true, and who writes it looks at the other member. */
static inline bool ht_json_written(const struct ht_json_member *member, const void *object)
{
    return (ht_json_word(object, member->test_at) & member->mask) != member->absent;
}

/* ht_json_next_written is the first member that is written, from this one on: the end is. */
static inline const struct ht_json_member *ht_json_next_written(const struct ht_json_member *member,
                                                                const void *object)
{
    while (!ht_json_written(member, object)) {
        member++;
    }
    return member;
}

/* ht_json_number is the value of a bool or an unsigned number. */
static inline uint64_t ht_json_number(const struct ht_json_member *member, const void *object)
{
    uint64_t word = ht_json_word(object, member->test_at);
    return ((word & member->mask) >> member->shift) - member->added;
}

#endif
