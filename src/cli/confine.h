/*
 * Giving up what is not needed to read, before the first untrusted byte is read: root,
 * capabilities, system calls, paths.
 */
#ifndef HT_CLI_CONFINE_H
#define HT_CLI_CONFINE_H

#include "capture/source.h"
#include "cli/inputs.h"
#include "cli/options.h"

/* cli_confine_owner is who is to own the output: whom we shall become, unless that is nobody in
 * particular; NULL: who we are. */
const char *cli_confine_owner(const struct cli_options *options);

/* cli_confine_give makes an open file or folder of root's that of this owner, if there is one.
 * False with errno. */
bool cli_confine_give(const struct cli_options *options, int file);

struct cli_confinement {
    const struct ht_source *source; /* what is listened to; NULL: files, not opened yet: */
    const struct cli_inputs *inputs;
    int folder;             /* of the output; -1: it is no regular file */
    int certificate_folder; /* or -1 */
    int notify_socket;      /* or -1 */

    /* What came of it. */
    bool may_reopen;      /* files may be made in the folder */
    const char *user;     /* whom we have become; NULL: nobody else */
    char description[64]; /* what protects us now, for the operator */
};

/* cli_confine does so, as far as the options do not forbid it. False with a message; the program
 * must end then. */
bool cli_confine(const struct cli_options *options, struct cli_confinement *confinement,
                 struct ht_error *error);

#endif
