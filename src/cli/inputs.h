/*
 * What the user named, as files: a directory stands for all files below it, in order of their
 * names.
 */
#ifndef HT_CLI_INPUTS_H
#define HT_CLI_INPUTS_H

#include "base/error.h"

/* cli_inputs_each calls `each` with every file that `path` stands for: itself ("-" too; `named` is
 * true), or if it is a directory, the regular files below it. False with a message where a
 * directory cannot be read. */
bool cli_inputs_each(const char *path, void (*each)(void *context, const char *path, bool named),
                     void *context, struct ht_error *error);

#endif
