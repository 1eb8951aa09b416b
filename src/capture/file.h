/*
 * What the readers of the file formats share.
 */
#ifndef HT_CAPTURE_FILE_H
#define HT_CAPTURE_FILE_H

#include "capture/input.h"
#include "capture/source.h"

/* What the sources of all formats begin with. */
struct ht_file {
    struct ht_source source;
    struct ht_input input; /* owned */
    uint64_t frames;       /* handed out so far */
};

/* ht_pcap_magic, ht_pcapng_magic, ht_snoop_magic: do the first bytes of a file say that it is one?
 */
bool ht_pcap_magic(struct ht_bytes head);
bool ht_pcapng_magic(struct ht_bytes head);
bool ht_snoop_magic(struct ht_bytes head);

/* ht_pcap_open, ht_pcapng_open, ht_snoop_open read the file from its first byte. They take the
 * input over; where they fail (NULL) it is the caller's to close still. */
struct ht_source *ht_pcap_open(struct ht_input *input, struct ht_error *error);
struct ht_source *ht_pcapng_open(struct ht_input *input, struct ht_error *error);
struct ht_source *ht_snoop_open(struct ht_input *input, struct ht_error *error);

/* ht_file_header reads on until the file's header of `len` bytes lies at the cursor; false, with a
 * message, where it does not. */
bool ht_file_header(struct ht_input *input, size_t len, struct ht_error *error);

/* ht_file_fill is ht_input_fill in terms of a source: HT_READ_FRAME where the next `len` bytes lie
 * at the input's cursor, HT_READ_END where the input ends before, be anything left or not. */
enum ht_read ht_file_fill(struct ht_file *file, size_t len, struct ht_error *error);

/* ht_file_fill_record is ht_file_fill for a part of the next frame's record, `part` in messages: an
 * input that ends within it is cut short, which is an error. */
enum ht_read ht_file_fill_record(struct ht_file *file, size_t len, const char *part,
                                 struct ht_error *error);

/* ht_file_check is ht_source_check for files. */
bool ht_file_check(struct ht_source *source, bool lost, struct ht_error *error);

/* ht_file_fail_length says that the next frame's record cannot be as long as it claims to be. */
enum ht_read ht_file_fail_length(const struct ht_file *file, uint32_t len, struct ht_error *error);

#endif
