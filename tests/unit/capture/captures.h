/*
 * Capture files written byte by byte, and all that a source says of one.
 */
#ifndef HT_TEST_CAPTURES_H
#define HT_TEST_CAPTURES_H

#include "support.h"

#include "capture/source.h"

#include <stdlib.h>

enum { MAX_CAPTURE = 32 << 20, MAX_FRAMES = 64, MAX_ENDS = 64 };

/* A file as it is written. `ends` are the offsets where a reader may stop without an error. */
struct writer {
    struct ht_buffer bytes;
    bool big_endian;
    size_t ends[MAX_ENDS];
    size_t num_ends;
    size_t block; /* where the pcapng block begins that is being written */
};

static inline struct writer writer(bool big_endian)
{
    return (struct writer){.bytes.max = MAX_CAPTURE, .big_endian = big_endian};
}

static inline void put(struct writer *w, struct ht_bytes bytes)
{
    assert_true(ht_buffer_append(&w->bytes, bytes));
}

static inline void put_number(struct writer *w, uint64_t value, unsigned width)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < width; i++) {
        bytes[w->big_endian ? width - 1 - i : i] = (uint8_t)(value >> 8 * i);
    }
    put(w, ht_bytes(bytes, width));
}

static inline void put16(struct writer *w, uint16_t value)
{
    put_number(w, value, 2);
}

static inline void put32(struct writer *w, uint32_t value)
{
    put_number(w, value, 4);
}

static inline void put64(struct writer *w, uint64_t value)
{
    put_number(w, value, 8);
}

static inline void put_end(struct writer *w)
{
    assert_true(w->num_ends < MAX_ENDS);
    w->ends[w->num_ends++] = w->bytes.len;
}

/* The file header of pcap, 24 bytes. */
static inline void put_pcap(struct writer *w, uint32_t magic, uint32_t snaplen, uint32_t link_type)
{
    put32(w, magic);
    put16(w, 2);
    put16(w, 4);
    put32(w, 0);
    put32(w, 0);
    put32(w, snaplen);
    put32(w, link_type);
    put_end(w);
}

/* A record of pcap, captured whole. */
static inline void put_record(struct writer *w, uint32_t seconds, uint32_t fraction,
                              struct ht_bytes data)
{
    put32(w, seconds);
    put32(w, fraction);
    put32(w, (uint32_t)data.len);
    put32(w, (uint32_t)data.len);
    put(w, data);
    put_end(w);
}

/* For assert_cuts, of a file of one header and records: how many of these lie whole, at least, in
 * the first `len` bytes. */
static inline size_t records_before(const struct writer *w, size_t len)
{
    size_t num = 0;
    while (num + 1 < w->num_ends && w->ends[num + 1] <= len) {
        num++; /* the first end is the file header's */
    }
    return num;
}

/* A block of pcapng: begin_block, its body, end_block, which fills the lengths in. */
static inline void begin_block(struct writer *w, uint32_t type)
{
    w->block = w->bytes.len;
    put32(w, type);
    put32(w, 0);
}

static inline void pad_block(struct writer *w)
{
    put(w, ht_bytes("\0\0\0", (4 - (w->bytes.len - w->block) % 4) % 4));
}

static inline void end_block(struct writer *w)
{
    pad_block(w);
    struct writer length = writer(w->big_endian);
    put32(&length, (uint32_t)(w->bytes.len - w->block) + 4);
    memcpy(w->bytes.ptr + w->block + 4, length.bytes.ptr, 4);
    put(w, ht_buffer_view(&length.bytes));
    ht_buffer_free(&length.bytes);
    put_end(w);
}

static inline void put_option(struct writer *w, uint16_t code, struct ht_bytes value)
{
    put16(w, code);
    put16(w, (uint16_t)value.len);
    put(w, value);
    pad_block(w);
}

static inline void put_option64(struct writer *w, uint16_t code, uint64_t value)
{
    put16(w, code);
    put16(w, 8);
    put64(w, value);
}

static inline void put_section(struct writer *w)
{
    begin_block(w, 0x0A0D0D0A);
    put32(w, 0x1A2B3C4D);
    put16(w, 1);
    put16(w, 0);
    put64(w, UINT64_MAX); /* length not known */
    end_block(w);
}

static inline void begin_interface(struct writer *w, uint16_t link_type, uint32_t snaplen)
{
    begin_block(w, 1);
    put16(w, link_type);
    put16(w, 0);
    put32(w, snaplen);
}

static inline void put_interface(struct writer *w, uint16_t link_type)
{
    begin_interface(w, link_type, 0);
    end_block(w);
}

/* An enhanced packet block up to its options. */
static inline void begin_packet(struct writer *w, uint32_t interface, uint64_t ticks,
                                struct ht_bytes data)
{
    begin_block(w, 6);
    put32(w, interface);
    put32(w, (uint32_t)(ticks >> 32));
    put32(w, (uint32_t)ticks);
    put32(w, (uint32_t)data.len);
    put32(w, (uint32_t)data.len);
    put(w, data);
    pad_block(w);
}

static inline void put_packet(struct writer *w, uint32_t interface, uint64_t ticks,
                              struct ht_bytes data)
{
    begin_packet(w, interface, ticks, data);
    end_block(w);
}

/* What a source handed out, and how it ended. */
struct story {
    struct ht_frame frames[MAX_FRAMES]; /* `data` are copies */
    size_t num_frames;
    bool opened;
    enum ht_read end;
    struct ht_error error;
    uint64_t dropped, num_comments, read_bytes, size_bytes;
};

static inline void keep_frame(struct story *story, const struct ht_frame *frame)
{
    assert_true(story->num_frames < MAX_FRAMES);
    assert_int_equal(frame->rebuilt, 0);
    assert_int_equal(frame->part, 0);
    struct ht_frame *kept = &story->frames[story->num_frames++];
    uint8_t *copy         = malloc(frame->data.len + 1);
    assert_non_null(copy);
    memcpy(copy, frame->data.ptr, frame->data.len);
    *kept          = *frame;
    kept->data.ptr = copy;
}

static inline struct story read_source(struct ht_source *source, struct ht_error error)
{
    struct story story = {.opened = source != NULL, .end = HT_READ_ERROR, .error = error};
    if (source == NULL) {
        return story;
    }
    struct ht_frame frame;
    memset(&frame, 0xEE, sizeof frame); /* what a source leaves out is not zero by chance */
    while ((story.end = ht_source_next(source, &frame, &story.error)) == HT_READ_FRAME) {
        keep_frame(&story, &frame);
        memset(&frame, 0xEE, sizeof frame);
    }
    story.dropped      = source->dropped;
    story.num_comments = source->num_comments;
    story.read_bytes   = source->read_bytes;
    story.size_bytes   = source->size_bytes;
    ht_source_close(source);
    return story;
}

static inline struct story read_memory(struct ht_bytes file)
{
    struct ht_error error = {0};
    return read_source(ht_memory_open(file, "test", &error), error);
}

static inline struct story read_path(const char *path)
{
    struct ht_error error = {0};
    return read_source(ht_file_open(path, &error), error);
}

static inline void forget(struct story *story)
{
    for (size_t i = 0; i < story->num_frames; i++) {
        free((void *)(uintptr_t)story->frames[i].data.ptr);
    }
    story->num_frames = 0;
}

/* The same frames: the first `num` of both. */
static inline void assert_frames(const struct story *got, const struct story *expected, size_t num)
{
    assert_int_equal(got->num_frames, num);
    for (size_t i = 0; i < num; i++) {
        const struct ht_frame *a = &got->frames[i], *b = &expected->frames[i];
        assert_int_equal(a->number, i + 1);
        assert_true(a->time_ns == b->time_ns);
        assert_int_equal(a->data.len, b->data.len);
        assert_memory_equal(a->data.ptr, b->data.ptr, a->data.len);
        assert_int_equal(a->original_len, b->original_len);
        assert_int_equal(a->interface, b->interface);
        assert_int_equal(a->link_type, b->link_type);
    }
}

/* assert_cuts cuts the file at every length: whole frames come out, and then an error says so
 * unless the cut is where a record or block ends. `frames_before` tells how many frames lie whole
 * in the first `len` bytes. */
static inline void assert_cuts(const struct writer *w,
                               size_t (*frames_before)(const struct writer *w, size_t len))
{
    struct story whole = read_memory(ht_buffer_view(&w->bytes));
    assert_int_equal(whole.end, HT_READ_END);
    assert_int_equal(whole.num_frames, frames_before(w, w->bytes.len));
    for (size_t len = 0, end = 0; len < w->bytes.len; len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);
        assert_non_null(exact);
        memcpy(exact, w->bytes.ptr, len);
        struct story cut = read_memory(ht_bytes(exact, len));
        end += end < w->num_ends && w->ends[end] < len;
        bool may_end = end < w->num_ends && w->ends[end] == len;
        assert_int_equal(cut.end, may_end ? HT_READ_END : HT_READ_ERROR);
        assert_frames(&cut, &whole, frames_before(w, len));
        if (!may_end && len > 4) {
            char place[64];
            (void)snprintf(place, sizeof place, "test: cut short at byte %zu, in the ", len);
            assert_memory_equal(cut.error.text, place, strlen(place));
        }
        forget(&cut);
        free(exact);
    }
    forget(&whole);
}

#endif
