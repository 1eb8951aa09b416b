/*
 * The file behind an output: writes whole records or takes back what it wrote of one, rotates,
 * opens anew. Knows no thread. All after the opening is relative to a directory descriptor.
 */
#ifndef HT_OUTPUT_FILE_H
#define HT_OUTPUT_FILE_H

#include "output/output.h"

/* The lines of one ht_output_write, which stay together. Never empty. */
struct output_batch {
    size_t len;
    uint64_t num_records;
};

/* Batches that follow one another in `parts`, and how much of them went out. */
struct output_load {
    const struct ht_bytes *parts;
    size_t num_parts;
    const struct output_batch *batches;
    size_t num;
    size_t next;    /* the first batch that did not go out whole */
    size_t offset;  /* of it in all parts */
    size_t partial; /* bytes of it that went out and could not be taken back */
    uint64_t written_records, written_bytes;
};

/* output_parts_len is the length of all together. */
static inline size_t output_parts_len(const struct ht_bytes *parts, size_t num)
{
    size_t len = 0;
    for (size_t i = 0; i < num; i++) {
        len += parts[i].len;
    }
    return len;
}

struct output_file {
    char *path;         /* NULL: standard output */
    const char *name;   /* the last part of `path` */
    int directory;      /* O_PATH; -1 for standard output */
    int descriptor;     /* -1: was closed, and could not be opened anew */
    bool regular, fifo; /* what it is */
    bool held;          /* it is a FIFO that could not be opened anew, and must not be closed */
    bool anew;          /* open the path before the next write */
    mode_t mode;        /* of files created */
    const char *record_start;
    uint64_t rotate_bytes;
    int64_t rotate_ns;
    int64_t period;          /* wall time / rotate_ns when it was begun */
    int64_t rotated_s;       /* wall time in the last name given, */
    unsigned rotated_num;    /* and the number behind it */
    int rotate_error;        /* errno of a rotation that is due and failed; 0: none */
    int64_t rotate_again_ns; /* monotonic time at which it is tried again */
    int anew_error;          /* errno of an opening anew that is due and failed while another */
    int64_t anew_again_ns;   /* file was open, which is written on; and when it is tried again */
    int64_t retry_ns;
    uint64_t rotations;
    uint64_t errors; /* of rotation, of opening anew and of closing, which hold up nothing */
};

/* output_file_open opens as ht_output_open says. On false nothing is to be closed. */
HT_MUST_USE bool output_file_open(struct output_file *file, const struct ht_output_config *config,
                                  struct ht_error *error);

/* output_file_put writes the next batches of a load that has some left, as many as go into one
 * write, after opening anew and rotating where that is due. False with errno: what is left of the
 * load is to be tried again. */
HT_MUST_USE bool output_file_put(struct output_file *file, struct output_load *load);

/* output_file_trouble is the errno of what failed and holds up nothing, as the file is written on:
 * of opening anew (`anew_error`) or rotation; 0: nothing did. */
int output_file_trouble(const struct output_file *file);

/* output_file_tend opens anew and rotates where that is due and nothing is to be written. */
HT_MUST_USE bool output_file_tend(struct output_file *file);

/* output_file_close closes and frees; false with errno where the system says only now that it
 * failed to write. Standard output stays open. */
bool output_file_close(struct output_file *file);

/* output_rotate gives the file its final name, and asks for a new one, where that is due: by time,
 * or because `more` bytes would make it too large. Where it fails, `rotate_error` says so, the
 * file is written on, and it is tried again after `retry_ns`. */
void output_rotate(struct output_file *file, size_t more);

/* output_rotate_room is how many bytes the file may take on; SIZE_MAX without a limit. */
size_t output_rotate_room(const struct output_file *file);

/* output_rotate_wait_ns is how long it is until rotation by time; -1: for ever. */
int64_t output_rotate_wait_ns(const struct output_file *file);

/* output_rotates: it is a file that can be rotated, and is to be. */
bool output_rotates(const struct output_file *file);

#endif
