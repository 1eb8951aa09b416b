/*
 * Conditions on records: a field, by its name in the output, and what its value looks like. They
 * walk field tables, so that whatever a record has can be asked for.
 */
#ifndef HT_EVENT_CONDITION_H
#define HT_EVENT_CONDITION_H

#include "event/event.h"

/* Views of what it was read from. */
struct ht_condition {
    struct ht_bytes field;   /* "tls.client_hello.ja4": names, from the outermost in */
    struct ht_bytes pattern; /* `*` stands for any text, `?` for one byte; of letters, the case does
                              * not matter */
    bool any_value;          /* there is no pattern: that the field is there is enough */
    bool negated;
};

/* ht_condition_read reads FIELD=PATTERN, FIELD!=PATTERN or FIELD; false where no field is named. */
bool ht_condition_read(struct ht_condition *out, const char *text);

/* ht_condition_holds: the record has the field, with such a value; of a list, with such a one in
 * it; of an object, `*`. A negated one holds where that is not so. The field `type` is the
 * record's type. */
bool ht_condition_holds(const struct ht_condition *condition, const struct ht_record_type *type,
                        const void *record);

/* ht_condition_fits: records of this type can have the field, which of an object means that `*` is
 * its only value; or are of the type. What fields of kind HT_ANY may hold is in `any`, which ends
 * with NULL. */
bool ht_condition_fits(const struct ht_condition *condition, const struct ht_record_type *type,
                       const struct ht_struct *const *any);

#endif
