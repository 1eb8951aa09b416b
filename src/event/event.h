/*
 * Events: what a dissector saw. One typed struct each, described by a field table.
 */
#ifndef HT_EVENT_EVENT_H
#define HT_EVENT_EVENT_H

#include "base/arena.h"
#include "event/field.h"
#include "event/pool.h"

/* What may be said of an event beside its data. */
enum {
    HT_EVENT_ENCRYPTED = 1,  /* its content could not be read */
    HT_EVENT_INFERRED  = 2,  /* judged from place, size or order */
    HT_EVENT_PARTIAL   = 4,  /* its end is missing */
    HT_EVENT_MALFORMED = 8,  /* its content breaks the specification */
    HT_EVENT_VERIFIED  = 16, /* its signature was checked, and holds; or what Finished says */
    HT_EVENT_REFUTED   = 32, /* its signature was checked, and does not hold */
    HT_EVENT_DECRYPTED = 64  /* it was encrypted, with keys that are known */
};

struct ht_event_type {
    const char *name;             /* "tls.client_hello" */
    const char *title;            /* "ClientHello", as the RFC spells it */
    const char *doc;              /* one line for the man page */
    const struct ht_struct *data; /* NULL: an event without fields */
    bool in_details; /* the connection's details hold the data; the timeline repeats none */
    bool unsaid;     /* for analyzers alone: no output tells it */
};

/* Records: the lines of output. */
struct ht_record_type {
    const char *name; /* "connection", "dns", "certificate", "stats", "event" */
    const struct ht_struct *data;
    const struct ht_field *identity; /* HT_HEX: records in which it is the same tell the same, and
                                      * one is enough; NULL: each tells something else */
    const struct ht_field *identity_time; /* HT_TIME: by which the same is told anew after a time */
};

/* Where copies go: what repeats to the pool, all else to the arena. */
struct ht_keeper {
    struct ht_arena *arena;
    struct ht_pool *pool; /* NULL: none */
    ht_pool_use *use;     /* of the pool, by who owns the arena */
    bool *alone;          /* set where something went to the arena; may be NULL */
};

/* ht_object_keep is ht_object_copy by a keeper: views of fields with HT_REPEATS are the pool's. */
void *ht_object_keep(const struct ht_keeper *keeper, const struct ht_struct *type,
                     const void *object);

/* ht_object_keep_once is ht_object_keep for one that is the same in many flows: it is the pool's.
 */
const void *ht_object_keep_once(const struct ht_keeper *keeper, const struct ht_struct *type,
                                const void *object);

/* ht_field_keep copies one member of the field from `from` to `to`, and what it points at. */
void ht_field_keep(const struct ht_keeper *keeper, const struct ht_field *field, void *to,
                   const void *from);

/* ht_object_copy returns a deep copy of `object` in the arena: every field of its table, and what
 * those point at; members without a field are zero in the copy. NULL where there is no room, and a
 * field of the copy is absent where there was none for it. */
void *ht_object_copy(struct ht_arena *arena, const struct ht_struct *type, const void *object);

/* ht_field_at is the address of the field's member in `object`. */
static inline const void *ht_field_at(const struct ht_field *field, const void *object)
{
    return (const char *)object + field->offset;
}

/* ht_list_at and ht_pointer_at are the list, or the pointer, at `at`, whatever it points at: it is
 * copied, for to a compiler no pointer to one type is an object of another (C17 6.5 paragraph 7).
 */
static inline struct ht_list ht_list_at(const void *at)
{
    struct ht_list list;
    memcpy(&list, at, sizeof list);
    return list;
}

static inline const void *ht_pointer_at(const void *at)
{
    const void *pointer;
    memcpy(&pointer, at, sizeof pointer);
    return pointer;
}

/* ht_field_uint is the value of a field of kind HT_UINT. */
uint64_t ht_field_uint(const struct ht_field *field, const void *object);

/* ht_field_present: the field's value is neither zero nor unset nor empty. */
bool ht_field_present(const struct ht_field *field, const void *object);

/* ht_field_has_empty: values of this kind can be written when empty: false, 0, "" and []. */
bool ht_field_has_empty(enum ht_kind kind);

/* ht_field_written: an output writes the field: it has a value, or is one that is written without.
 */
bool ht_field_written(const struct ht_field *field, const void *object);

#endif
