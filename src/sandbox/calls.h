/*
 * The system calls that the filter decides on, by name. A name that this architecture or this
 * libseccomp does not have is passed over.
 */
#ifndef HT_SANDBOX_CALLS_H
#define HT_SANDBOX_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When a call is needed; of several, any. */
enum ht_need {
    HT_ALWAYS  = 1,
    HT_READING = 2,  /* files are still to be opened for reading */
    HT_WRITING = 4,  /* files are still to be created, looked at, renamed, removed */
    HT_THREADS = 8,  /* threads are still to be started */
    HT_PACKETS = 16, /* there are packet sockets */
    HT_LEAKS   = 32  /* AddressSanitizer looks for leaks at exit */
};

/* A call that is allowed, whatever its arguments. */
struct ht_call {
    const char *name;
    unsigned needs;
};

/* A call that is allowed when the bits `mask` of argument `argument` (from 0) are `value`. Several
 * rows for one call: any. */
struct ht_call_if {
    const char *name;
    unsigned needs;
    unsigned argument;
    uint64_t mask, value;
};

extern const struct ht_call ht_calls[];
extern const size_t ht_num_calls;

extern const struct ht_call_if ht_calls_if[];
extern const size_t ht_num_calls_if;

/* Calls that only an intruder makes. */
extern const char *const ht_calls_fatal[];
extern const size_t ht_num_calls_fatal;

#endif
