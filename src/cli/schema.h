/*
 * What this program can write, told for programs and for people.
 */
#ifndef HT_CLI_SCHEMA_H
#define HT_CLI_SCHEMA_H

#include "event/condition.h"

#include <stdio.h>

/* cli_schema_fits: records can meet the condition, of this type; of any, where it is NULL. */
bool cli_schema_fits(const struct ht_condition *condition, const struct ht_record_type *type);

/* cli_schema_print writes the JSON Schema of all records, allowing members of later versions. False
 * where `out` fails. */
bool cli_schema_print(FILE *out);

/* cli_schema_print_strict is the same but allows no member that is not described: for tests. */
bool cli_schema_print_strict(FILE *out);

/* cli_reference_print writes the manual page hellotap-json(5). False where `out` fails. */
bool cli_reference_print(FILE *out, const char *version);

#endif
