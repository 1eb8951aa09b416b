/*
 * snoop files, as Solaris and its heirs write them: RFC 1761. All numbers are big-endian.
 */
#include "base/time.h"
#include "capture/file.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    MAGIC_LEN         = 8,
    FILE_HEADER_LEN   = 16,
    RECORD_HEADER_LEN = 24,
    LONGEST_RECORD    = HT_INPUT_LONGEST / 2,
    VERSION           = 2
};

struct snoop {
    struct ht_file file;
    uint16_t link_type;
};

/* RFC 1761 section 4; IPATM came later, with Solaris. */
static const struct {
    uint32_t data_link;
    uint16_t link_type;
} data_links[] = {
    {0, HT_LINK_ETHERNET}, /* IEEE 802.3 */
    {2, HT_LINK_TOKEN_RING}, {4, HT_LINK_ETHERNET}, {8, HT_LINK_FDDI}, {18, HT_LINK_SUNATM},
};

bool ht_snoop_magic(struct ht_bytes head)
{
    static const char magic[MAGIC_LEN] = "snoop\0\0";
    size_t len                         = head.len < MAGIC_LEN ? head.len : MAGIC_LEN;
    return len > 4 && memcmp(head.ptr, magic, len) == 0;
}

/* The next record begins where its length says, behind bytes that only fill it up. */
static enum ht_read snoop_next(struct ht_source *source, struct ht_frame *out,
                               struct ht_error *error)
{
    struct snoop *snoop    = (struct snoop *)source;
    struct ht_input *input = &snoop->file.input;
    enum ht_read state     = ht_file_fill_record(&snoop->file, RECORD_HEADER_LEN, "header", error);
    if (state != HT_READ_FRAME) {
        return state;
    }
    struct ht_reader r = ht_reader(ht_bytes(input->cur, RECORD_HEADER_LEN));
    uint32_t original  = rd_u32(&r);
    uint32_t captured  = rd_u32(&r);
    uint32_t record    = rd_u32(&r);
    uint32_t dropped   = rd_u32(&r); /* since the capture began */
    int64_t seconds    = rd_u32(&r);
    int64_t micros     = rd_u32(&r);
    if (record > LONGEST_RECORD || record < RECORD_HEADER_LEN ||
        captured > record - RECORD_HEADER_LEN) {
        return ht_file_fail_length(&snoop->file, captured, error);
    }
    state = ht_file_fill_record(&snoop->file, record, "data", error);
    if (state != HT_READ_FRAME) {
        return state;
    }
    source->dropped = dropped;
    *out            = (struct ht_frame){.number       = ++snoop->file.frames,
                                        .time_ns      = seconds * HT_SECOND_NS + micros * 1000,
                                        .data         = ht_bytes(input->cur + RECORD_HEADER_LEN, captured),
                                        .original_len = original > captured ? original : captured,
                                        .link_type    = snoop->link_type};
    input->cur += record;
    return HT_READ_FRAME;
}

static void snoop_close(struct ht_source *source)
{
    struct snoop *snoop = (struct snoop *)source;
    ht_input_close(&snoop->file.input);
    free(snoop);
}

static const struct ht_source_ops snoop_ops = {
    .next = snoop_next, .close = snoop_close, .check = ht_file_check};

static bool find_link(uint32_t data_link, uint16_t *out)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(data_links); i++) {
        if (data_links[i].data_link == data_link) {
            *out = data_links[i].link_type;
            return true;
        }
    }
    return false;
}

static bool read_file_header(struct ht_input *input, uint16_t *out_link, struct ht_error *error)
{
    if (!ht_file_header(input, FILE_HEADER_LEN, error)) {
        return false;
    }
    struct ht_reader r = ht_reader(ht_bytes(input->cur, FILE_HEADER_LEN));
    rd_skip(&r, MAGIC_LEN);
    uint32_t version   = rd_u32(&r);
    uint32_t data_link = rd_u32(&r);
    if (version != VERSION) {
        return ht_fail(error, "%s: a snoop capture of version %" PRIu32 "; version 2 is read here",
                       input->raw.name, version);
    }
    if (!find_link(data_link, out_link)) {
        return ht_fail(error,
                       "%s: a snoop capture of data link type %" PRIu32 ", which is not read",
                       input->raw.name, data_link);
    }
    return true;
}

struct ht_source *ht_snoop_open(struct ht_input *input, struct ht_error *error)
{
    uint16_t link_type = 0;
    if (!read_file_header(input, &link_type, error)) {
        return NULL;
    }
    struct snoop *snoop = calloc(1, sizeof *snoop);
    if (snoop == NULL) {
        ht_fail(error, "%s: no memory", input->raw.name);
        return NULL;
    }
    input->cur += FILE_HEADER_LEN;
    snoop->link_type       = link_type;
    snoop->file.source.ops = &snoop_ops;
    snoop->file.input      = *input;
    return &snoop->file.source;
}
