/*
 * Where rendered lines go: standard output, a file that is rotated by size or time, a FIFO.
 * Offline it writes at once and blocks; live a bounded queue and a writer thread stand between, so
 * that neither a full disk nor a slow reader ever holds up the caller.
 *
 * All functions are for one thread, the caller's; `complain` is called on it only, from inside
 * them. The writer thread blocks all signals; blocking mode wants SIGPIPE ignored by the program.
 *
 * For a sandbox entered after ht_output_open (and, as Landlock and capabilities belong to threads
 * and are inherited, before ht_output_start), what is still used:
 * - to write: writev, poll or ppoll, fstat or newfstatat, ftruncate, lseek, close, futex,
 *   clock_gettime;
 * - to rotate or reopen: also openat, pread64, renameat2 (linkat and unlinkat where the file
 *   system does not know RENAME_NOREPLACE), all of names right in ht_output_directory;
 * - ht_output_start: what pthread_create uses (clone3 or clone, mmap, mprotect, munmap, madvise,
 *   rt_sigprocmask, set_robust_list, rseq, exit).
 * Rights on that directory (Landlock): WRITE_FILE, READ_FILE (to find a file's last whole line),
 * TRUNCATE, MAKE_REG, REMOVE_FILE; by file mode: to write and search it, for rotation.
 */
#ifndef HT_OUTPUT_OUTPUT_H
#define HT_OUTPUT_OUTPUT_H

#include "base/bytes.h"
#include "base/error.h"

#include <sys/types.h>

struct ht_output;

/* Zeroed, it is standard output, written at once. */
struct ht_output_config {
    const char *path; /* NULL: standard output; read in ht_output_open only */
    bool append;      /* keep what the file holds, but for half a record of ours at its end; false:
                       * empty it at first. Reopening and rotation never empty a file. */
    const char *record_start; /* what every record of ours begins with, at most 64 bytes, to know
                               * half of one by: any other last line that is incomplete is kept and
                               * ended. NULL: all are. Stays the caller's, and as it is. */
    mode_t mode;              /* of files created, less the umask; 0: 0640 */
    uid_t owner;              /* given, at open, a file that is root's; 0: not changed */
    gid_t group;
    uint64_t
        rotate_bytes;   /* a file grows no larger, but for one write that alone is; 0: any size */
    int64_t rotate_ns;  /* a new file when wall time (UTC) passes a multiple of it; 0: never */
    size_t queue_bytes; /* 0: write at once and block; else at most this much waits (twice as
                         * much address space is reserved) */
    int64_t retry_ns;   /* pause before what failed is tried again; 0: one second */
    int64_t drain_ns;   /* that flush and close wait at most for the queue; 0: five seconds */
    /* One line for people, without newline. May be NULL. */
    void (*complain)(void *context, const char *text);
    void *context;
};

struct ht_output_counts {
    uint64_t written_records, written_bytes;
    uint64_t dropped_records, dropped_bytes; /* did not fit in the queue, or were left at close */
    uint64_t errors;                         /* tries to write, open or rotate that failed */
    uint64_t rotations;
    size_t queue_peak_bytes; /* the most that ever waited */
    bool reader_gone;        /* of standard output; nobody will ever read what follows */
};

/* ht_output_open opens the file and its directory, as the user who may; NULL with a message that
 * names the path. Rotation is of regular files; of other things (a FIFO, /dev/null) it is left
 * out. A FIFO that nobody reads yet is waited for, which is told, where it is written at once; with
 * a queue lines wait instead. */
struct ht_output *ht_output_open(const struct ht_output_config *config, struct ht_error *error);

/* ht_output_start starts the writer thread; until then lines wait in the queue. Without a queue
 * nothing is to be done. Not to be followed by fork. */
HT_MUST_USE bool ht_output_start(struct ht_output *out, struct ht_error *error);

/* ht_output_directory is the descriptor (O_PATH) of the directory that rotation and reopening work
 * in, for a sandbox's rules; -1 for what is no regular file, which neither means anything to. It
 * stays the output's. */
int ht_output_directory(const struct ht_output *out);

/* ht_output_write writes whole lines that make up `num_records` whole records; they stay together
 * in one file. With a queue: copies, never blocks, and what does not fit is dropped whole and
 * counted; always true. Without: false with errno, then and ever after, when it failed; the file
 * then ends with the last write that went out whole. */
HT_MUST_USE bool ht_output_write(struct ht_output *out, struct ht_bytes lines,
                                 uint64_t num_records);

/* ht_output_write_parts is the same for lines that lie in `num` parts, to be written one after
 * another. */
HT_MUST_USE bool ht_output_write_parts(struct ht_output *out, const struct ht_bytes *parts,
                                       size_t num, uint64_t num_records);

/* ht_output_reopen ends the file and opens the path anew, for SIGHUP after somebody renamed or
 * removed it; what waits goes to the new one. Where that cannot be opened, which is told, the old
 * one is written on, unless it was removed, and it is tried again every now and then. With a queue
 * it returns at once; without: false with errno, as ht_output_write. Of what is no regular file
 * nothing. */
HT_MUST_USE bool ht_output_reopen(struct ht_output *out);

/* ht_output_tell complains of what began or ended to go wrong since it was told last; all others
 * here do so too. For the moments in which nothing is written. */
void ht_output_tell(struct ht_output *out);

/* ht_output_be_patient has lines wait for room in the queue from now on, as long as some is made
 * within `drain_ns`: for the end of a capture, when nothing is held up by that. */
void ht_output_be_patient(struct ht_output *out);

/* ht_output_flush waits until the queue is written, at most `drain_ns`; false where it is not. */
bool ht_output_flush(struct ht_output *out);

struct ht_output_counts ht_output_counts(struct ht_output *out);

/* ht_output_close writes what waits, for at most `drain_ns`, and frees. False where lines were
 * lost, at the end or before (told and counted), or closing failed. `counts` is filled if not NULL.
 * A writer thread that is held by the system in a write is left behind, and ends when it comes
 * back. */
bool ht_output_close(struct ht_output *out, struct ht_output_counts *counts);

#endif
