/* The parts of ht_sandbox_enter. */
#ifndef HT_SANDBOX_PRIVATE_H
#define HT_SANDBOX_PRIVATE_H

#include "sandbox/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define HT_FINDS_LEAKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HT_FINDS_LEAKS 1
#endif
#endif
#ifndef HT_FINDS_LEAKS
#define HT_FINDS_LEAKS 0
#endif

/* ht_alone fails where this process has more than one thread, or /proc does
 * not tell. */
HT_MUST_USE bool ht_alone(struct ht_error *error);

enum { HT_MAX_PACKET_SOCKETS = 256 }; /* that a filter of 4096 instructions has room for */

struct ht_packet_sockets {
    int fds[HT_MAX_PACKET_SOCKETS + 1];
    size_t num;
};

/* ht_landlock_enter limits the paths of this thread, and TCP, abstract sockets and signals where
 * the kernel can; `out_abi` is 0 where it has no Landlock. no_new_privs is set already. */
HT_MUST_USE bool ht_landlock_enter(const struct ht_sandbox_config *config, int *out_abi,
                                   struct ht_error *error);

/* ht_filter_enter filters the system calls of all threads, `sockets` being what must not be written
 * to; last, as it refuses what the others
 * call. */
HT_MUST_USE bool ht_filter_enter(const struct ht_sandbox_config *config,
                                 const struct ht_packet_sockets *sockets, struct ht_error *error);

#endif
