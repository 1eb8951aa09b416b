/*
 * What of the machine this process may use.
 */
#ifndef HT_CLI_MACHINE_H
#define HT_CLI_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* cli_machine_memory is how many bytes of memory there are for this process: the machine's, or what
 * its control groups allow, as of a service or a container; 0: not known. */
uint64_t cli_machine_memory(void);

/* cli_cgroup_memory is the least bound, in bytes, of the control groups that the file `groups`
 * lists (as /proc/self/cgroup does, versions 1 and 2), and of those they are in, below `root`
 * (/sys/fs/cgroup). UINT64_MAX: there is none, or it cannot be read. */
uint64_t cli_cgroup_memory(const char *groups, const char *root);

/* cli_machine_processors is on how many processors this process may run, at least one. */
unsigned cli_machine_processors(void);

#endif
