/*
 * Conditions on records: a field, by its name in the output, and what its value looks like. They
 * walk field tables, so that whatever a record has can be asked for.
 */
#ifndef HT_EVENT_CONDITION_H
#define HT_EVENT_CONDITION_H

#include "event/event.h"

/* How a value is held against that of the condition. */
enum ht_relation {
    HT_IS_THERE, /* there is one */
    HT_IS_LIKE,
    HT_IS_LESS,
    HT_IS_AT_MOST,
    HT_IS_MORE,
    HT_IS_AT_LEAST
};

/* Views of what it was read from. */
struct ht_condition {
    struct ht_bytes field; /* "tls.client_hello.ja4": names, from the outermost in */
    struct ht_bytes value; /* of HT_IS_LIKE a pattern: `*` stands for any text, `?` for one byte; of
                            * letters, the case does not matter */
    enum ht_relation relation;
    bool negated;
    bool or_next;                        /* it is enough that the condition after it holds */
    bool is_number, is_time, is_network; /* what the value can be read as: */
    int64_t number, time_ns;
    struct ht_network network;
};

/* ht_condition_read reads FIELD, or FIELD and a value with =, ==, !=, <, <=, > or >= between them;
 * false where no field is named. */
bool ht_condition_read(struct ht_condition *out, struct ht_bytes text);

/* ht_condition_holds: the record has the field, with such a value; of a list, with such a one in
 * it; of an object, `*`; of an address, one in the network. Numbers and times only are less or
 * more, and texts that are times. A negated one holds where that is not so. The field `type` is the
 * record's type. */
bool ht_condition_holds(const struct ht_condition *condition, const struct ht_record_type *type,
                        const void *record);

/* ht_conditions_hold: all of them do, of those joined by `or_next` one. */
bool ht_conditions_hold(const struct ht_condition *conditions, size_t num,
                        const struct ht_record_type *type, const void *record);

/* ht_condition_asks_for: it holds of a field with this text, or would if it were not negated. */
bool ht_condition_asks_for(const struct ht_condition *condition, const char *text);

/* ht_condition_fits: records of this type can have the field with such a value, which of an object
 * means that `*` is its only one; or are of the type. What fields of kind HT_ANY may hold is in
 * `any`, which ends with NULL. */
bool ht_condition_fits(const struct ht_condition *condition, const struct ht_record_type *type,
                       const struct ht_struct *const *any);

#endif
