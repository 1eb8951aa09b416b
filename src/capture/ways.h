/*
 * The two ways to a file's bytes: read, that is copied by the kernel, or mapped. Which costs less
 * depends on the machine, up to twofold either way: on how fast the kernel copies, on what a page
 * that becomes known costs, and on how long whoever looks at a page waits for what is not in the
 * cache. So each has turns, with all that is done with the bytes, and then it is known.
 */
#ifndef HT_CAPTURE_WAYS_H
#define HT_CAPTURE_WAYS_H

#include <stdint.h>

enum ht_way { HT_WAY_MAP, HT_WAY_READ };

enum {
    HT_WAYS_TURN  = 8 * 1024 * 1024, /* bytes of a turn, or as many more as come at once */
    HT_WAYS_PAIRS = 9                /* of turns at most: one mapped, one read */
};

/* All zero at first. It may be kept from file to file. */
struct ht_ways {
    unsigned turns;       /* that are over, until one way has most pairs */
    unsigned reads_won;   /* pairs in which reading cost less */
    uint64_t mapped_cost; /* of the last turn that was mapped: ns a MiB */
    uint64_t from_bytes;  /* where this turn began in its file */
    int64_t from_cpu_ns;  /* and at what time; 0: none has begun */
};

/* ht_ways_next says how to get at what follows the first `bytes` of a file, when the process has
 * taken `cpu_ns` of all processors, which has in it what those pay who look at the bytes; 0, and
 * HT_WAY_MAP, where there is no such clock. */
enum ht_way ht_ways_next(struct ht_ways *ways, uint64_t bytes, int64_t cpu_ns);

/* ht_ways_pause: what is done from now on is no part of a turn, until ht_ways_next is asked again,
 * of any file. The turn that had begun is begun anew. */
void ht_ways_pause(struct ht_ways *ways);

#endif
