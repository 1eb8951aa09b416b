#include "capture/file.h"

#include <inttypes.h>
#include <stdlib.h>

enum { HEAD_LEN = 12 }; /* a pcapng block type, length and byte-order magic */

/* Files that somebody might take for a capture that we read, by their first bytes. */
static const struct {
    uint32_t magic;
    const char *what;
} unsupported[] = {
    {0x52545353, "a Network Monitor capture; editcap makes a pcapng file of it"},
    {0x474D4255, "a Network Monitor capture; editcap makes a pcapng file of it"},
    {0x5452534E, "a Sniffer capture; editcap makes a pcapng file of it"},
    {0xFD377A58, "xz-compressed data; gzip, zstd and lz4 are known here"},
    {0x425A6839, "bzip2-compressed data; gzip, zstd and lz4 are known here"},
    {0x504B0304, "a zip archive; gzip, zstd and lz4 are known here"},
};

enum ht_read ht_file_fill(struct ht_file *file, size_t len, struct ht_error *error)
{
    enum ht_input_state state = ht_input_fill(&file->input, len, error);
    file->source.read_bytes   = file->input.raw.read_bytes;
    switch (state) {
    case HT_INPUT_READY:
        return HT_READ_FRAME;
    case HT_INPUT_AGAIN:
        return HT_READ_AGAIN;
    case HT_INPUT_END:
        return HT_READ_END;
    case HT_INPUT_ERROR:
        break;
    }
    return HT_READ_ERROR;
}

bool ht_file_header(struct ht_input *input, size_t len, struct ht_error *error)
{
    enum ht_input_state state = ht_input_fill(input, len, error);
    if (state == HT_INPUT_END) {
        ht_fail(error, "%s: cut short at %s %zu, in the file header", input->raw.name,
                ht_input_unit(input), ht_input_left(input));
    } else if (state == HT_INPUT_AGAIN) {
        ht_fail(error, "%s: interrupted", input->raw.name);
    }
    return state == HT_INPUT_READY;
}

enum ht_read ht_file_fill_record(struct ht_file *file, size_t len, const char *part,
                                 struct ht_error *error)
{
    const struct ht_input *input = &file->input;
    enum ht_read state           = ht_file_fill(file, len, error);
    if (state != HT_READ_END || ht_input_left(input) == 0) {
        return state;
    }
    ht_fail(error, "%s: cut short at %s %" PRIu64 ", in the %s of frame %" PRIu64, input->raw.name,
            ht_input_unit(input), ht_input_offset(input) + ht_input_left(input), part,
            file->frames + 1);
    return HT_READ_ERROR;
}

enum ht_read ht_file_fail_length(const struct ht_file *file, uint32_t len, struct ht_error *error)
{
    const struct ht_input *input = &file->input;
    ht_fail(error, "%s: damaged at %s %" PRIu64 ": frame %" PRIu64 " claims %" PRIu32 " bytes",
            input->raw.name, ht_input_unit(input), ht_input_offset(input), file->frames + 1, len);
    return HT_READ_ERROR;
}

static bool describe_unknown(const char *name, struct ht_bytes head, struct ht_error *error)
{
    if (head.len == 0) {
        return ht_fail(error, "%s: empty file", name);
    }
    struct ht_reader r = ht_reader(head);
    uint32_t magic     = rd_u32(&r);
    for (size_t i = 0; i < HT_ARRAY_LEN(unsupported); i++) {
        if (unsupported[i].magic == magic) {
            return ht_fail(error, "%s: not a pcap, pcapng or snoop file but %s", name,
                           unsupported[i].what);
        }
    }
    return ht_fail(error, "%s: not a capture file (pcap, pcapng or snoop)", name);
}

static void fail_unknown(const char *name, struct ht_bytes head, struct ht_error *error)
{
    error->unknown_format = !describe_unknown(name, head, error);
}

/* Opens the format that the first bytes tell; closes the input where it fails. */
static struct ht_source *open_format(struct ht_input *input, const char *name,
                                     struct ht_error *error)
{
    enum ht_input_state state = ht_input_fill(input, HEAD_LEN, error);
    struct ht_bytes head      = ht_bytes(input->cur, ht_input_left(input));
    struct ht_source *source  = NULL;
    if (state == HT_INPUT_AGAIN) {
        ht_fail(error, "%s: interrupted", input->raw.name);
    } else if (ht_pcapng_magic(head)) {
        source = ht_pcapng_open(input, error);
    } else if (ht_pcap_magic(head)) {
        source = ht_pcap_open(input, error);
    } else if (ht_snoop_magic(head)) {
        source = ht_snoop_open(input, error);
    } else if (state != HT_INPUT_ERROR) {
        fail_unknown(input->raw.name, head, error);
    }
    if (source == NULL) {
        ht_input_close(input);
        return NULL;
    }
    ht_input_give_turns(&((struct ht_file *)source)->input);
    source->name       = name;
    source->block      = &((struct ht_file *)source)->input.block;
    source->size_bytes = ((struct ht_file *)source)->input.raw.size_bytes;
    source->read_bytes = ((struct ht_file *)source)->input.raw.read_bytes;
    return source;
}

struct ht_source *ht_file_open(const char *path, struct ht_error *error)
{
    struct ht_input input;
    return ht_input_open(&input, path, error) ? open_format(&input, path, error) : NULL;
}

void ht_file_map(struct ht_source *file, struct ht_ways *ways)
{
    ht_input_map(&((struct ht_file *)file)->input, ways);
}

bool ht_file_check(struct ht_source *source, bool lost, struct ht_error *error)
{
    return ht_input_check(&((struct ht_file *)source)->input, lost, error);
}

struct ht_source *ht_memory_open(struct ht_bytes memory, const char *name, struct ht_error *error)
{
    struct ht_input input;
    return ht_input_open_memory(&input, memory, name, error) ? open_format(&input, name, error)
                                                             : NULL;
}
