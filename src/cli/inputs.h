/*
 * What the user named, as files: a directory stands for all files below it, in order of their
 * names.
 */
#ifndef HT_CLI_INPUTS_H
#define HT_CLI_INPUTS_H

#include "base/error.h"

#include <stddef.h>

struct cli_input {
    char *path;
    const char *named; /* what the user named, of which it is a part or the whole; the caller's */
};

/* Owns its items; zeroed is empty. */
struct cli_inputs {
    struct cli_input *items;
    size_t num;
};

/* cli_inputs_add adds the files that `named` stands for: itself ("-" too, and what is not there),
 * or if it is a directory, the regular files below it, each once, links followed, and directories
 * that cannot be read. False with a message where there is no memory. */
bool cli_inputs_add(struct cli_inputs *inputs, const char *named, struct ht_error *error);

void cli_inputs_free(struct cli_inputs *inputs);

#endif
