/*
 * hellotap diff OLD NEW: what changed between two inventories.
 */
#ifndef HT_CLI_DIFF_H
#define HT_CLI_DIFF_H

/* cli_diff runs the command; argv[0] is "diff". Returns the exit status: CLI_OK where nothing
 * changed, CLI_FINDINGS where something did, CLI_USAGE, or CLI_UNREADABLE. */
int cli_diff(int argc, char **argv);

#endif
