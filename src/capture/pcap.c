/*
 * pcap files: https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/draft-ietf-opsawg-pcap.html
 * and its relatives that differ by a magic number and a few bytes.
 */
#include "base/fetch.h"
#include "base/time.h"
#include "capture/file.h"
#include "capture/order.h"

#include <stdlib.h>

enum {
    FILE_HEADER_LEN   = 24,
    RECORD_HEADER_LEN = 16,
    USUAL_LONGEST_RECORD =
        256 * 1024 /* what capture programs write at most, whatever snaplen says */
};

/* One format of the family. */
struct variant {
    uint32_t magic;
    uint32_t tick_ns;         /* what the second half of a time stamp counts */
    uint8_t more_file_header; /* bytes after the ordinary header of the file */
    uint8_t more_header;      /* bytes after the ordinary header of a record */
};

static const struct variant variants[] = {
    {0xA1B2C3D4, 1000, 0, 0}, {0xA1B23C4D, 1, 0, 0},
    {0xA1B2CD34, 1000, 0, 8}, /* Kuznetsov's: interface index, protocol, packet type */
    {0x1C0001AC, 1000, 4, 0}, /* IXIA, by hardware and by software: */
    {0x1C0001AB, 1000, 4, 0}, /* the length of all records follows the file header */
};

struct pcap {
    struct ht_file file;
    enum ht_order order;
    uint32_t tick_ns;
    uint32_t record_header_len;
    uint32_t longest_record; /* more data in a record than this are no record */
    uint32_t longest_usual;  /* the same; 0 where the order of bytes is not that of most files */
    uint16_t link_type;
    bool old_lengths; /* the two lengths of a record may be the other way round */
};

/* The variant of a file that begins with `head`, and its byte order; NULL: none. */
static const struct variant *find_variant(struct ht_bytes head, enum ht_order *out_order)
{
    if (head.len < 4) {
        return NULL;
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(variants); i++) {
        for (*out_order = HT_LITTLE_ENDIAN; *out_order <= HT_BIG_ENDIAN; ++*out_order) {
            if (ht_load32(head.ptr, *out_order) == variants[i].magic) {
                return &variants[i];
            }
        }
    }
    return NULL;
}

bool ht_pcap_magic(struct ht_bytes head)
{
    enum ht_order order;
    return find_variant(head, &order) != NULL;
}

static uint32_t longest_record(uint32_t snaplen)
{
    if (snaplen > HT_INPUT_LONGEST / 2) {
        return HT_INPUT_LONGEST / 2;
    }
    return snaplen > USUAL_LONGEST_RECORD ? snaplen : USUAL_LONGEST_RECORD;
}

static void read_file_header(struct pcap *pcap, const struct variant *variant, const uint8_t *at)
{
    struct ht_reader r = ht_reader(ht_bytes(at, FILE_HEADER_LEN));
    rd_skip(&r, 4); /* the magic number */
    uint16_t major = rd_order16(&r, pcap->order);
    uint16_t minor = rd_order16(&r, pcap->order);
    rd_skip(&r, 8); /* time zone and accuracy, never used */
    pcap->longest_record    = longest_record(rd_order32(&r, pcap->order));
    pcap->longest_usual     = pcap->order == HT_LITTLE_ENDIAN ? pcap->longest_record : 0;
    pcap->link_type         = (uint16_t)rd_order32(&r, pcap->order); /* the rest: about checksums */
    pcap->tick_ns           = variant->tick_ns;
    pcap->old_lengths       = major == 2 && minor <= 3;
    pcap->record_header_len = RECORD_HEADER_LEN + variant->more_header;
}

/* The next frame's headers are fetched while this one is looked at, and about as much as this one
 * takes, of what comes soon: a mapped file is not in the cache, and what fetches by itself stops
 * where pages end. */
static inline void step_over(struct ht_input *input, size_t len)
{
    enum { HEADERS = 128, SOON = 2048, MANY = 256 };
    input->cur += len;
    ht_fetch_all(input->cur, HEADERS);
    ht_fetch_all(input->cur + SOON, MANY);
    if (len > MANY) {
        ht_fetch_all(input->cur + SOON + MANY, MANY);
    }
}

/* Files that were joined by cat(1) have file headers among their records, each of which would be
 * one without data, of a second in the year of its magic number. */
static const struct variant *begins_file(const struct pcap *pcap, enum ht_order *out_order)
{
    enum { MAJOR = 2, MAX_MINOR = 4 };
    const uint8_t *at             = pcap->file.input.cur;
    const struct variant *variant = find_variant(ht_bytes(at, RECORD_HEADER_LEN), out_order);
    struct ht_reader r            = ht_reader(ht_bytes(at + 4, 4));
    uint16_t major = rd_order16(&r, *out_order), minor = rd_order16(&r, *out_order);
    return major == MAJOR && minor <= MAX_MINOR ? variant : NULL;
}

static enum ht_read pcap_next(struct ht_source *source, struct ht_frame *out,
                              struct ht_error *error);

/* The lengths of a record's header: of the frame as captured, and on the wire. */
struct lengths {
    uint32_t captured, original;
};

static inline struct lengths read_lengths(const uint8_t *at, enum ht_order order)
{
    return (struct lengths){ht_load32(at + 8, order), ht_load32(at + 12, order)};
}

/* Hands out the record at the cursor, which is there. */
static inline enum ht_read take_record(struct pcap *pcap, enum ht_order order,
                                       struct lengths lengths, struct ht_frame *out)
{
    struct ht_input *input = &pcap->file.input;
    uint32_t header_len    = pcap->record_header_len;
    *out                   = (struct ht_frame){
                          .number = ++pcap->file.frames,
                          /* Both halves are 32 bits without sign, so that the sum cannot overflow (the year 2106). */
                          .time_ns = (int64_t)ht_load32(input->cur, order) * HT_SECOND_NS +
                                     (int64_t)ht_load32(input->cur + 4, order) * pcap->tick_ns,
                          .data         = ht_bytes(input->cur + header_len, lengths.captured),
                          .original_len = lengths.original > lengths.captured ? lengths.original : lengths.captured,
                          .link_type    = pcap->link_type};
    step_over(input, header_len + lengths.captured);
    return HT_READ_FRAME;
}

/* The first frame of the file that begins at the cursor, or of one behind it. */
static enum ht_read next_file(struct pcap *pcap, struct ht_frame *out, struct ht_error *error)
{
    enum ht_order order;
    struct ht_input *input = &pcap->file.input;
    for (const struct variant *variant; (variant = begins_file(pcap, &order)) != NULL;) {
        size_t header_len = FILE_HEADER_LEN + variant->more_file_header;
        enum ht_read state =
            ht_file_fill_record(&pcap->file, header_len, "file header before that", error);
        if (state != HT_READ_FRAME) {
            return state;
        }
        pcap->order = order;
        read_file_header(pcap, variant, input->cur);
        input->cur += header_len;
        state = ht_file_fill_record(&pcap->file, pcap->record_header_len, "header", error);
        if (state != HT_READ_FRAME) {
            return state;
        }
    }
    return pcap_next(&pcap->file.source, out, error);
}

/* Where not all of the record was read, or it is none, or the order of bytes is another than in
 * most files. Not inlined, for the usual ones would pay for it. */
__attribute__((noinline)) static enum ht_read next_slowly(struct pcap *pcap, struct ht_frame *out,
                                                          struct ht_error *error)
{
    uint32_t header_len = pcap->record_header_len;
    enum ht_read state  = ht_file_fill_record(&pcap->file, header_len, "header", error);
    if (state != HT_READ_FRAME) {
        return state;
    }
    struct lengths lengths = read_lengths(pcap->file.input.cur, pcap->order);
    if (lengths.captured == 0 && lengths.original == 0) {
        enum ht_order order;
        if (!ht_input_check(&pcap->file.input, false, error)) {
            return HT_READ_ERROR;
        }
        if (begins_file(pcap, &order) != NULL) {
            return next_file(pcap, out, error);
        }
    }
    if (lengths.captured > lengths.original && pcap->old_lengths) {
        lengths = (struct lengths){.captured = lengths.original, .original = lengths.captured};
    }
    if (lengths.captured > pcap->longest_record) {
        return ht_file_fail_length(&pcap->file, lengths.captured, error);
    }
    state = ht_file_fill_record(&pcap->file, header_len + lengths.captured, "data", error);
    return state == HT_READ_FRAME ? take_record(pcap, pcap->order, lengths, out) : state;
}

static enum ht_read pcap_next(struct ht_source *source, struct ht_frame *out,
                              struct ht_error *error)
{
    struct pcap *pcap      = (struct pcap *)source;
    struct ht_input *input = &pcap->file.input;
    if (ht_input_has(input, pcap->record_header_len)) {
        struct lengths lengths = read_lengths(input->cur, HT_LITTLE_ENDIAN);
        if (lengths.captured > 0 && lengths.captured <= lengths.original &&
            lengths.captured <= pcap->longest_usual &&
            ht_input_has(input, (size_t)pcap->record_header_len + lengths.captured)) {
            return take_record(pcap, HT_LITTLE_ENDIAN, lengths, out);
        }
    }
    return next_slowly(pcap, out, error);
}

static void pcap_close(struct ht_source *source)
{
    struct pcap *pcap = (struct pcap *)source;
    ht_input_close(&pcap->file.input);
    free(pcap);
}

static const struct ht_source_ops pcap_ops = {
    .next = pcap_next, .close = pcap_close, .check = ht_file_check};

struct ht_source *ht_pcap_open(struct ht_input *input, struct ht_error *error)
{
    enum ht_order order;
    const struct variant *variant =
        find_variant(ht_bytes(input->cur, ht_input_left(input)), &order);
    size_t header_len = FILE_HEADER_LEN + variant->more_file_header;
    if (!ht_file_header(input, header_len, error)) {
        return NULL;
    }
    struct pcap *pcap = calloc(1, sizeof *pcap);
    if (pcap == NULL) {
        ht_fail(error, "%s: no memory", input->raw.name);
        return NULL;
    }
    pcap->order = order;
    read_file_header(pcap, variant, input->cur);
    input->cur += header_len;
    pcap->file.source.ops = &pcap_ops;
    pcap->file.input      = *input;
    return &pcap->file.source;
}
