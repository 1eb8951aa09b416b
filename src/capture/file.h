/*
 * What the readers of both file formats share.
 */
#ifndef HT_CAPTURE_FILE_H
#define HT_CAPTURE_FILE_H

#include "capture/input.h"
#include "capture/source.h"

/* What the sources of both formats begin with. */
struct ht_file {
    struct ht_source source;
    struct ht_input input; /* owned */
    uint64_t frames;       /* handed out so far */
};

/* ht_pcap_magic, ht_pcapng_magic: do the first bytes of a file say that it is one? */
bool ht_pcap_magic(struct ht_bytes head);
bool ht_pcapng_magic(struct ht_bytes head);

/* ht_pcap_open, ht_pcapng_open read the file from its first byte. They take the input over; where
 * they fail (NULL) it is the caller's to close still. */
struct ht_source *ht_pcap_open(struct ht_input *input, struct ht_error *error);
struct ht_source *ht_pcapng_open(struct ht_input *input, struct ht_error *error);

/* ht_file_fill is ht_input_fill in terms of a source: HT_READ_FRAME where the next `len` bytes lie
 * at the input's cursor, HT_READ_END where the input ends before, be anything left or not. */
enum ht_read ht_file_fill(struct ht_file *file, size_t len, struct ht_error *error);

#endif
