/*
 * Sources: where frames come from. Files (pcap, pcapng, snoop; plain, gzip, zstd or lz4), standard
 * input, interfaces.
 */
#ifndef HT_CAPTURE_SOURCE_H
#define HT_CAPTURE_SOURCE_H

#include "base/error.h"
#include "base/shared.h"
#include "capture/ways.h"
#include "packet/packet.h"

#include <stdio.h>

enum ht_read {
    HT_READ_FRAME, /* `out` is a frame */
    HT_READ_AGAIN, /* an interface had nothing for a moment; of a pipe, every half a second */
    HT_READ_END,   /* all was read */
    HT_READ_ERROR  /* the rest cannot be read; what was handed out stands */
};

struct ht_source;

/* A kind of source. */
struct ht_source_ops {
    enum ht_read (*next)(struct ht_source *source, struct ht_frame *out, struct ht_error *error);
    void (*close)(struct ht_source *source); /* frees it */
    /* ht_source_secrets; NULL where the kind has none. */
    struct ht_bytes (*secrets)(const struct ht_source *source, size_t num, uint32_t *out_type);
    void (*count)(struct ht_source *source); /* ht_source_count; NULL: counts are always true */
    /* ht_source_check; NULL: what was handed out always stands. */
    bool (*check)(struct ht_source *source, bool lost, struct ht_error *error);
};

/* What all kinds begin with. Owned by whoever opened it. */
struct ht_source {
    const struct ht_source_ops *ops;
    const char *name;           /* as the user gave it; the caller's, outlives the source */
    uint64_t size_bytes;        /* of the file on disk; 0 where unknown, as of a pipe */
    uint64_t read_bytes;        /* read of the file on disk so far, for a progress display */
    uint64_t dropped;           /* frames that the capture lost, as far as the source says; of an
                                 * interface, those for which our buffer had no room */
    uint64_t interface_dropped; /* frames that the interface lost before we could see them */
    struct ht_shared *const *block; /* what the data of the last frame may lie in; NULL: nothing
                                     * that could be held */
    const char *const *interfaces;  /* names, by a frame's `interface`; NULL for a file */
    size_t num_interfaces;
    int64_t late_ns;          /* so long after its time a frame may be handed out at the latest */
    uint64_t num_comments;    /* comments in the file (pcapng) so far */
    size_t num_secrets;       /* decryption secrets blocks (pcapng) kept so far */
    uint64_t refused_secrets; /* and those not kept, being more than 16 MiB together */
};

/* ht_file_open opens a capture file, "-" for standard input. The format and the compression are
 * told by content, not by name. NULL with a message where it cannot be opened or is no capture:
 * one line that names the file and says why. */
struct ht_source *ht_file_open(const char *path, struct ht_error *error);

/* ht_file_map: from now on the file's bytes are mapped where they can be, nobody but root and the
 * user may write them, and `ways` (NULL: always), which outlives the source, finds that it costs
 * less than to copy them. For whoever handles SIGBUS so that reading goes on: a file that is made
 * shorter while it is read raises it, and is an error soon after. */
void ht_file_map(struct ht_source *file, struct ht_ways *ways);

/* ht_memory_open reads a capture that lies in memory, as ht_file_open does; `memory` and `name`
 * outlive the source. */
struct ht_source *ht_memory_open(struct ht_bytes memory, const char *name, struct ht_error *error);

/* How an interface is captured on. */
struct ht_live_options {
    uint32_t snaplen;    /* 0: 262144 */
    size_t buffer_bytes; /* of the ring that the kernel fills, for each interface; 0: 64 MiB */
    bool no_promiscuous;
    bool immediate;     /* frames come one by one as they arrive, not block by block */
    const char *filter; /* pcap-filter(7), compiled into the kernel; NULL: none */

    /* Told what befalls an interface while the capture goes on; NULL: nobody. */
    void (*notice)(void *context, const char *text);
    void *notice_context;
};

/* ht_live_check: false, with a message, where `interfaces` names something else that libpcap
 * captures from, such as nfqueue, which would hold the host's packets up. Opens nothing. */
bool ht_live_check(const char *interfaces, struct ht_error *error);

/* ht_live_open captures by libpcap on an interface, on several ("eth0,eth1"), or on all ("any").
 * Nothing is read before the first ht_source_next. An interface that goes down is waited for, as is
 * one that is removed, until one of its name and kind is there again. `interfaces` outlives the
 * source. */
struct ht_source *ht_live_open(const char *interfaces, const struct ht_live_options *options,
                               struct ht_error *error);

/* A key log that grows. */
struct ht_growing_keys {
    int descriptor;   /* does not block; of a file or a FIFO, and read from where it is */
    const char *path; /* where it was opened; outlives the source */
    /* Told once when another file, or none, is there; NULL: nobody. */
    void (*notice)(void *context, const char *text);
    void *notice_context;
};

/* ht_keyed_open makes of `live` one whose frames wait for `late_ns`, or less where more than 64 MiB
 * of them wait; the lines that are appended to `keys` meanwhile come before them, as
 * ht_source_secrets has them: up to 64 MiB. Takes `live` and the descriptor over, also where it
 * fails. */
struct ht_source *ht_keyed_open(struct ht_source *live, const struct ht_growing_keys *keys,
                                int64_t late_ns, struct ht_error *error);

/* ht_source_next reads the next frame into `out`; its data live until the next call. On
 * HT_READ_ERROR `error` names the source, the byte offset and what is wrong there. */
static inline enum ht_read ht_source_next(struct ht_source *source, struct ht_frame *out,
                                          struct ht_error *error)
{
    return source->ops->next(source, out, error);
}

/* ht_source_count brings the counts of lost frames up to date; costs system calls. */
static inline void ht_source_count(struct ht_source *source)
{
    if (source->ops->count != NULL) {
        source->ops->count(source);
    }
}

/* ht_source_check, for when nothing that was handed out is looked at any more: false, with a
 * message, where it may not have been what the source held, and that was not told yet. `lost`:
 * there was a SIGBUS, so that it was not, even if what is there by now is long enough again. */
static inline bool ht_source_check(struct ht_source *source, bool lost, struct ht_error *error)
{
    return source->ops->check == NULL || source->ops->check(source, lost, error);
}

static inline void ht_source_close(struct ht_source *source)
{
    if (source != NULL) {
        source->ops->close(source);
    }
}

/* ht_source_secrets views the num'th decryption secrets block (pcapng, from 0) kept so far, and its
 * type (0x544c534b: TLS key log); empty past the last. Lives as long as the source. */
struct ht_bytes ht_source_secrets(const struct ht_source *source, size_t num, uint32_t *out_type);

/* ht_interfaces_has: is `name` a network interface, or "any"? True where that cannot be told. */
bool ht_interfaces_has(const char *name);

/* ht_interfaces_print lists the interfaces that can be captured on, a line each: name, addresses,
 * description. */
bool ht_interfaces_print(FILE *out, struct ht_error *error);

#endif
