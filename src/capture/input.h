/*
 * The bytes of a file, of standard input or of memory, read in large blocks and decompressed where
 * they are compressed, or a file's mapped as they are. What spans two blocks is moved, or mapped
 * again, so that it lies in one piece: a record is handed out as a view into the block and never
 * copied by itself. Whoever needs a view for longer holds the block.
 */
#ifndef HT_CAPTURE_INPUT_H
#define HT_CAPTURE_INPUT_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/shared.h"
#include "capture/ways.h"

enum {
    HT_INPUT_BLOCK   = 256 * 1024,      /* bytes read at once; a block that stays in the L2 cache */
    HT_INPUT_LARGE   = 1024 * 1024,     /* the same of a file as it is, of which fewer cost more */
    HT_INPUT_WINDOW  = 2 * 1024 * 1024, /* bytes mapped at once */
    HT_INPUT_LONGEST = 16 * 1024 * 1024 /* bytes that may be asked for in one piece */
};

enum ht_input_state {
    HT_INPUT_READY,
    HT_INPUT_AGAIN, /* a signal came before the bytes did, or of a pipe it is time for a turn */
    HT_INPUT_END,
    HT_INPUT_ERROR
};

/* The bytes as they are stored. */
struct ht_raw {
    const char *name;       /* for messages; somebody else's */
    int fd;                 /* -1: `memory` is read */
    struct ht_bytes memory; /* what is left of it */
    uint64_t size_bytes;    /* 0 where unknown: of a pipe, a socket, a terminal */
    uint64_t read_bytes;    /* so far */
    int64_t turn_ns;        /* monotonic: the caller gets a turn then; 0: never */
};

struct ht_decoder;

struct ht_input {
    struct ht_raw raw;
    struct ht_decoder *decoder; /* NULL: stored as it is */
    bool maps;                  /* what is not read yet may be mapped, if it can be */
    struct ht_ways *ways;       /* says whether it is; NULL: always. Somebody else's */
    size_t read_len;            /* bytes that are read at once */
    uint64_t mapped_bytes;      /* of the file, to the end of what was mapped last; 0: none */
    struct ht_shared *block;    /* held; whoever else does keeps it, and another is filled */
    struct ht_shared *spare;    /* held while `block` is mapped, to be read into again; or NULL */
    const uint8_t *cur;         /* what was read and not yet taken: cur to end */
    const uint8_t *end;
    uint64_t block_offset; /* where the block begins in the (decompressed) stream */
};

/* ht_raw_read reads up to `room` bytes, at least one where it returns HT_INPUT_READY. */
enum ht_input_state ht_raw_read(struct ht_raw *raw, uint8_t *to, size_t room, size_t *out_len,
                                struct ht_error *error);

/* ht_input_open opens the file at `path` ("-": standard input), ht_input_open_memory reads
 * `memory`; both look at the first bytes for a compression. `path`, `name` and `memory` outlive
 * the input. On failure there is nothing to close. */
bool ht_input_open(struct ht_input *out, const char *path, struct ht_error *error);
bool ht_input_open_memory(struct ht_input *out, struct ht_bytes memory, const char *name,
                          struct ht_error *error);

/* ht_input_give_turns: from now on what has no known size returns HT_INPUT_AGAIN every half a
 * second, whether there is something to read or not. */
void ht_input_give_turns(struct ht_input *input);

/* ht_input_map: from now on the bytes of a regular file that is not compressed, and that nobody
 * but root and the user may write, are mapped where they can be and `ways` (NULL: always), which
 * outlives the input, says so. For whoever handles SIGBUS so that reading goes on: a file that is
 * made shorter while it is mapped raises it; what was read instead is followed by HT_INPUT_ERROR.
 */
void ht_input_map(struct ht_input *input, struct ht_ways *ways);

/* ht_input_check: false, with a message, the first time that a file proves to have become shorter
 * than what was mapped of it, so that what was read there may be none of it; `lost`: that is known
 * already, and it may have grown since. */
bool ht_input_check(struct ht_input *input, bool lost, struct ht_error *error);

void ht_input_close(struct ht_input *input);

static inline size_t ht_input_left(const struct ht_input *input)
{
    return (size_t)(input->end - input->cur);
}

/* ht_input_has: the next `len` bytes lie in one piece at `cur`. */
static inline bool ht_input_has(const struct ht_input *input, size_t len)
{
    return ht_input_left(input) >= len;
}

/* ht_input_fill reads on until ht_input_has(len); `len` is at most HT_INPUT_LONGEST. Views taken
 * before are no longer valid, but for those into a block that is held. HT_INPUT_END: fewer are
 * left, and lie at `cur`. */
enum ht_input_state ht_input_fill(struct ht_input *input, size_t len, struct ht_error *error);

/* ht_input_offset is the offset of `cur` in the stream, decompressed. */
static inline uint64_t ht_input_offset(const struct ht_input *input)
{
    return input->block_offset + (uint64_t)(input->cur - input->block->bytes);
}

/* ht_input_unit says what offsets count, for messages: "byte", or "decompressed byte". */
static inline const char *ht_input_unit(const struct ht_input *input)
{
    return input->decoder == NULL ? "byte" : "decompressed byte";
}

#endif
