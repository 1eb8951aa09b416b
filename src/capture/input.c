#include "capture/input.h"

#include "base/clock.h"
#include "base/time.h"
#include "capture/decompress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC_LEN = 4 };

#define TURN_NS (HT_SECOND_NS / 2)

/* read(2), waiting where a descriptor handed to us does not. */
static ssize_t read_waiting(int fd, uint8_t *to, size_t room)
{
    ssize_t len = read(fd, to, room);
    while (len < 0 && errno == EAGAIN) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        len                = poll(&wait, 1, -1) < 0 ? -1 : read(fd, to, room);
    }
    return len;
}

/* Waits for something to read. True: it is the caller's turn, be there any or not. */
static bool is_turn(struct ht_raw *raw)
{
    const int64_t ms   = HT_SECOND_NS / 1000;
    int64_t left_ns    = raw->turn_ns - ht_clock_ns(CLOCK_MONOTONIC);
    struct pollfd wait = {.fd = raw->fd, .events = POLLIN};
    if (left_ns > 0 && poll(&wait, 1, (int)(left_ns / ms + 1)) > 0) {
        return false;
    }
    raw->turn_ns = ht_clock_ns(CLOCK_MONOTONIC) + TURN_NS;
    return true;
}

enum ht_input_state ht_raw_read(struct ht_raw *raw, uint8_t *to, size_t room, size_t *out_len,
                                struct ht_error *error)
{
    ssize_t len = 0;
    if (raw->turn_ns != 0 && is_turn(raw)) {
        return HT_INPUT_AGAIN;
    }
    if (raw->fd >= 0) {
        len = read_waiting(raw->fd, to, room);
    } else if (raw->memory.len > 0) {
        struct ht_bytes next = ht_bytes_head(raw->memory, room);
        memcpy(to, next.ptr, next.len);
        raw->memory = ht_bytes_from(raw->memory, next.len);
        len         = (ssize_t)next.len;
    }
    if (len < 0) {
        if (errno == EINTR) {
            return HT_INPUT_AGAIN;
        }
        ht_fail(error, "%s: cannot be read at byte %" PRIu64 ": %s", raw->name, raw->read_bytes,
                strerror(errno));
        return HT_INPUT_ERROR;
    }
    *out_len = (size_t)len;
    raw->read_bytes += (uint64_t)len;
    return len > 0 ? HT_INPUT_READY : HT_INPUT_END;
}

/* Reads what follows `end`, decompressed. */
static enum ht_input_state read_more(struct ht_input *input, struct ht_error *error)
{
    size_t used = (size_t)(input->end - input->block->bytes);
    size_t room = input->block->capacity - used;
    /* A block that grew for one long record is not filled to its end ever after: that would push
     * everything else out of the cache. */
    room       = room < input->read_len ? room : input->read_len;
    size_t len = 0;
    enum ht_input_state state =
        input->decoder == NULL
            ? ht_raw_read(&input->raw, input->block->bytes + used, room, &len, error)
            : ht_decoder_read(input->decoder, &input->raw, input->block->bytes + used, room, &len,
                              error);
    input->end += len;
    return state;
}

/* A block to read into: the one that was before what is mapped, whose pages are known and in the
 * cache, or else a new one. NULL: no memory. */
static struct ht_shared *take_block(struct ht_input *input, size_t capacity)
{
    struct ht_shared *spare = input->spare;
    input->spare            = NULL;
    if (spare != NULL && spare->capacity == capacity && ht_shared_is_mine(spare)) {
        return spare;
    }
    ht_shared_drop(spare);
    return ht_shared_new(capacity);
}

/* Goes on in a block of `capacity` with what is left, which fits. False: no memory. */
static bool change_block(struct ht_input *input, size_t capacity)
{
    size_t left            = ht_input_left(input);
    struct ht_shared *next = take_block(input, capacity);
    if (next == NULL) {
        return false;
    }
    memcpy(next->bytes, input->cur, left);
    input->block_offset = ht_input_offset(input);
    ht_shared_drop(input->block);
    input->block = next;
    input->cur   = next->bytes;
    input->end   = next->bytes + left;
    return true;
}

/* Makes room behind what is left: in the same block if it is nobody else's. */
static bool make_room(struct ht_input *input)
{
    size_t left = ht_input_left(input);
    if (!ht_shared_is_mine(input->block) || input->block->capacity < input->read_len) {
        return change_block(input, left < input->read_len ? input->read_len : 2 * left);
    }
    input->block_offset = ht_input_offset(input);
    memmove(input->block->bytes, input->cur, left);
    input->cur = input->block->bytes;
    input->end = input->block->bytes + left;
    return true;
}

/* Doubles the full block. It grows as bytes come, not as a length field promises. */
static bool grow(struct ht_input *input)
{
    return change_block(input, 2 * input->block->capacity);
}

/* What a file has from `offset` on, as far as is known now: it may grow while it is read. */
static uint64_t size_from(const struct ht_input *input, uint64_t offset)
{
    struct stat status;
    uint64_t size = fstat(input->raw.fd, &status) == 0 ? (uint64_t)status.st_size : 0;
    return size > offset ? size - offset : 0;
}

/* Maps `len` bytes from `cur` on, or more. False: they cannot be mapped, or the file ends before.
 */
static bool change_window(struct ht_input *input, size_t len)
{
    uint64_t offset = ht_input_offset(input);
    uint64_t before = offset % (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t left   = size_from(input, offset - before);
    uint64_t window = before + len > HT_INPUT_WINDOW ? before + len : HT_INPUT_WINDOW;
    window          = window < left ? window : left;
    if (window < before + len) {
        return false;
    }
    struct ht_shared *next = ht_shared_map(input->raw.fd, offset - before, (size_t)window);
    if (next == NULL) {
        return false;
    }
    if (input->block->is_map) {
        ht_shared_drop(input->block);
    } else {
        input->spare = input->block;
    }
    input->block          = next;
    input->block_offset   = offset - before;
    input->cur            = next->bytes + before;
    input->end            = next->bytes + window;
    input->mapped_bytes   = input->block_offset + window;
    input->raw.read_bytes = input->mapped_bytes;
    return true;
}

bool ht_input_check(struct ht_input *input, bool lost, struct ht_error *error)
{
    uint64_t last = input->mapped_bytes - 1;
    if (input->mapped_bytes == 0 || (!lost && size_from(input, last) > 0)) {
        return true;
    }
    input->mapped_bytes = 0;
    return ht_fail(error, "%s: became shorter while it was read", input->raw.name);
}

static bool is_turn_to_map(struct ht_input *input)
{
    return input->ways == NULL || ht_ways_next(input->ways, input->raw.read_bytes,
                                               ht_clock_ns(CLOCK_PROCESS_CPUTIME_ID)) == HT_WAY_MAP;
}

/* HT_INPUT_READY: the next `len` bytes are there. HT_INPUT_AGAIN: they are to be read instead, and
 * if they could not be mapped so is all that follows. */
static enum ht_input_state map_more(struct ht_input *input, size_t len, struct ht_error *error)
{
    if (!ht_input_check(input, false, error)) {
        return HT_INPUT_ERROR;
    }
    if (is_turn_to_map(input)) {
        input->maps = change_window(input, len);
        if (input->maps) {
            return HT_INPUT_READY;
        }
    }
    if (input->block->is_map && lseek(input->raw.fd, (off_t)input->raw.read_bytes, SEEK_SET) < 0) {
        ht_fail(error, "%s: %s", input->raw.name, strerror(errno));
        return HT_INPUT_ERROR;
    }
    return HT_INPUT_AGAIN;
}

enum ht_input_state ht_input_fill(struct ht_input *input, size_t len, struct ht_error *error)
{
    if (ht_input_has(input, len)) {
        return HT_INPUT_READY;
    }
    enum ht_input_state mapped = input->maps ? map_more(input, len, error) : HT_INPUT_AGAIN;
    if (mapped != HT_INPUT_AGAIN) {
        return mapped;
    }
    bool room = make_room(input);
    while (!ht_input_has(input, len)) {
        if (room && ht_input_left(input) == input->block->capacity) {
            room = len <= HT_INPUT_LONGEST && grow(input);
        }
        if (!room) {
            ht_fail(error, "%s: no memory for %zu bytes", input->raw.name, len);
            return HT_INPUT_ERROR;
        }
        enum ht_input_state state = read_more(input, error);
        if (state == HT_INPUT_END && !ht_input_check(input, false, error)) {
            return HT_INPUT_ERROR;
        }
        if (state != HT_INPUT_READY) {
            return state;
        }
    }
    return HT_INPUT_READY;
}

static bool new_block(struct ht_input *input, struct ht_error *error)
{
    input->read_len = HT_INPUT_BLOCK;
    input->block    = ht_shared_new(HT_INPUT_BLOCK);
    if (input->block == NULL) {
        return ht_fail(error, "%s: no memory", input->raw.name);
    }
    input->cur = input->block->bytes;
    input->end = input->block->bytes;
    return true;
}

/* Puts a decoder between the file and the block where the first bytes call for one. What was read
 * until now are compressed bytes: their block becomes the decoder's. */
static bool detect_compression(struct ht_input *input, struct ht_error *error)
{
    enum ht_input_state state = ht_input_fill(input, MAGIC_LEN, error);
    if (state == HT_INPUT_AGAIN) {
        return ht_fail(error, "%s: interrupted", input->raw.name);
    }
    if (state == HT_INPUT_ERROR) {
        return false;
    }
    struct ht_bytes head               = ht_bytes(input->cur, ht_input_left(input));
    const struct ht_codec *const codec = ht_codec_detect(head);
    if (codec == NULL) {
        return true;
    }
    input->decoder = ht_decoder_open(codec, input->block, head.len);
    if (input->decoder == NULL) {
        return ht_fail(error, "%s: no memory", input->raw.name);
    }
    return new_block(input, error);
}

static bool start(struct ht_input *input, struct ht_error *error)
{
    if (new_block(input, error) && detect_compression(input, error)) {
        return true;
    }
    ht_input_close(input);
    return false;
}

static bool open_raw(struct ht_raw *raw, const char *path, struct ht_error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    raw->name     = is_stdin ? "standard input" : path;
    raw->fd       = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    if (raw->fd < 0 || fstat(raw->fd, &status) != 0) {
        return ht_fail(error, "%s: %s", raw->name, strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        return ht_fail(error, "%s: %s", raw->name, strerror(EISDIR));
    }
    if (S_ISREG(status.st_mode)) {
        raw->size_bytes = (uint64_t)status.st_size;
        (void)posix_fadvise(raw->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return true;
}

bool ht_input_open(struct ht_input *out, const char *path, struct ht_error *error)
{
    *out = (struct ht_input){.raw.fd = -1};
    if (!open_raw(&out->raw, path, error)) {
        ht_input_close(out);
        return false;
    }
    return start(out, error);
}

bool ht_input_open_memory(struct ht_input *out, struct ht_bytes memory, const char *name,
                          struct ht_error *error)
{
    *out = (struct ht_input){
        .raw = {.fd = -1, .memory = memory, .name = name, .size_bytes = memory.len}};
    return start(out, error);
}

void ht_input_give_turns(struct ht_input *input)
{
    if (input->raw.size_bytes == 0 && input->raw.fd >= 0) {
        input->raw.turn_ns = ht_clock_ns(CLOCK_MONOTONIC) + TURN_NS;
    }
}

/* Of a regular file that is the user's own or root's. What others could write would change between
 * a look at a length and its use. */
static bool is_ours(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_uid == 0 || status.st_uid == geteuid()) &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

void ht_input_map(struct ht_input *input, struct ht_ways *ways)
{
    input->maps = input->decoder == NULL && input->raw.fd > STDIN_FILENO && is_ours(input->raw.fd);
    input->ways = ways;
    if (ways != NULL) {
        ht_ways_pause(ways);
    }
    if (input->decoder == NULL && input->raw.size_bytes > HT_INPUT_LARGE) {
        input->read_len = HT_INPUT_LARGE;
    }
}

void ht_input_close(struct ht_input *input)
{
    ht_decoder_close(input->decoder);
    ht_shared_drop(input->block);
    ht_shared_drop(input->spare);
    if (input->raw.fd > STDIN_FILENO) {
        (void)close(input->raw.fd);
    }
}
