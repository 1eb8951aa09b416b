/*
 * The process gives away what it no longer needs, before it reads the first untrusted byte. In this
 * order, on the only thread:
 *
 *   1. Open all sources and sinks, connect the socket of sd_notify, load what libraries load late
 *      (one digest computed: libcrypto reads openssl.cnf; names of users looked up: NSS).
 *   2. ht_privileges_drop: not root any more, no capabilities, none to be had again.
 *   3. ht_sandbox_enter: Landlock says which paths, seccomp which system calls.
 *   4. Start threads, read.
 *
 * Capabilities and Landlock's domain belong to a thread and are inherited by those it starts, so
 * both functions refuse to run beside other threads (both look into /proc). Nothing here can be
 * undone.
 */
#ifndef HT_SANDBOX_SANDBOX_H
#define HT_SANDBOX_SANDBOX_H

#include "base/error.h"

#include <stddef.h>

/* ht_privileges_default_user names whom root should become where the operator named nobody:
 * "hellotap" if there is such a user, else "nobody"; NULL where we are not root, or neither is. */
const char *ht_privileges_default_user(void);

/* ht_privileges_drop becomes `user` with exactly that user's groups; NULL remains who started the
 * program (its real user, where it is set-user-ID). Then, whoever that is, also uid 0: no
 * capabilities (permitted, effective, inheritable, ambient; the bounding set where allowed),
 * no_new_privs, not dumpable. False, with some of that done: where the user is unknown, where we
 * are not root and not that user already, where other threads run, or where a way back was found;
 * the program must end then. */
HT_MUST_USE bool ht_privileges_drop(const char *user, struct ht_error *error);

/* What is still needed. Zeroed, nothing but to read and write what is open already, as it was
 * opened. The packet sockets that are open are found by the way: they may be read and bound to
 * another interface, but nothing can be sent by them. */
struct ht_sandbox_config {
    /* Folders (all beneath is meant) and files that may still be opened for reading; they must be
     * there, and be open to the user that we are now. With none, and none writable, opening
     * anything is refused by seccomp; else, without Landlock, nothing that the user may read is. */
    const char *const *readable;
    size_t num_readable;
    /* Folders, open, O_PATH will do (ht_output_directory; -1 is skipped), in which files may still
     * be created, read, written, truncated, renamed and removed: for rotation and reopening. With
     * none, all but reading is refused by seccomp, Landlock or not. */
    const int *writable;
    size_t num_writable;
    int notify_socket; /* connected; send() on it is allowed. 0 or less: none */
    bool may_start_threads;
};

/* What protects us now. */
struct ht_sandbox_status {
    bool seccomp;     /* system calls are filtered, in all threads */
    int landlock_abi; /* paths are limited by this version of Landlock; 0: the kernel has none */
};

/* ht_sandbox_enter restricts this process and all that it starts to `config`. It sets no_new_privs.
 *
 * What the filter refuses, it refuses in one of two ways, both written to the kernel's audit log:
 * - Calls that nothing in this program makes, so that only an intruder does (execve, socket,
 *   connect, ptrace, mount, bpf, setuid, …): the process is killed, SIGSYS.
 * - All else that is not listed: EPERM, and the program goes on. What is a packet socket now cannot
 *   be written to, nor can a file that gets its number later: close sources last.
 * Not logged is what libraries are known to try: clone3, whose flags cannot be seen, gets ENOSYS,
 * and the C library starts threads by clone; libpcap may not change its ring when it closes.
 *
 * Memory can not be made executable, so nothing can be loaded (dlopen, and what does so in the C
 * library: pthread_exit, pthread_cancel, iconv). Threads end by returning.
 *
 * Where the kernel has no Landlock `out_status` says so and that is no failure; without seccomp it
 * is. False with a message; the program must end then, being restricted in part. `out_status` may
 * be NULL. Under AddressSanitizer what its search for leaks at exit needs is allowed as well. */
HT_MUST_USE bool ht_sandbox_enter(const struct ht_sandbox_config *config,
                                  struct ht_sandbox_status *out_status, struct ht_error *error);

/* ht_sandbox_describe writes what protects us, for a message to the operator: "seccomp, Landlock
 * 4", "seccomp; this kernel has no Landlock". */
void ht_sandbox_describe(const struct ht_sandbox_status *status, char text[static 64]);

#endif
