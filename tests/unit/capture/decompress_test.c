/*
 * Compressed captures, made here by the libraries themselves: what comes out is what the same file
 * tells uncompressed.
 */
#include "captures.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

/* Compresses the parts of `file` that end at its `ends`, each so that it can be decompressed before
 * the next has come. `out->ends` are where they end compressed. */
typedef void compressor(const struct writer *file, struct writer *out);

static struct ht_bytes part(const struct writer *file, size_t i)
{
    size_t from = i == 0 ? 0 : file->ends[i - 1];
    return ht_bytes(file->bytes.ptr + from, file->ends[i] - from);
}

static uint8_t *room_for(size_t len)
{
    uint8_t *room = malloc(len);
    assert_non_null(room);
    return room;
}

static void gzip(const struct writer *file, struct writer *out)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    for (size_t i = 0; i < file->num_ends; i++) {
        struct ht_bytes in = part(file, i);
        size_t size        = in.len + 1000;
        uint8_t *to        = room_for(size);
        z.next_in          = (Bytef *)(uintptr_t)in.ptr;
        z.avail_in         = (uInt)in.len;
        z.next_out         = to;
        z.avail_out        = (uInt)size;
        bool last          = i + 1 == file->num_ends;
        assert_int_equal(deflate(&z, last ? Z_FINISH : Z_FULL_FLUSH), last ? Z_STREAM_END : Z_OK);
        put(out, ht_bytes(to, size - z.avail_out));
        put_end(out);
        free(to);
    }
    (void)deflateEnd(&z);
}

static void zstd(const struct writer *file, struct writer *out)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    for (size_t i = 0; i < file->num_ends; i++) {
        struct ht_bytes in  = part(file, i);
        size_t size         = ZSTD_compressBound(in.len) + 1000;
        uint8_t *to         = room_for(size);
        ZSTD_inBuffer from  = {.src = in.ptr, .size = in.len};
        ZSTD_outBuffer into = {.dst = to, .size = size};
        bool last           = i + 1 == file->num_ends;
        assert_int_equal(
            ZSTD_compressStream2(context, &into, &from, last ? ZSTD_e_end : ZSTD_e_flush), 0);
        put(out, ht_bytes(to, into.pos));
        put_end(out);
        free(to);
    }
    (void)ZSTD_freeCCtx(context);
}

static void lz4(const struct writer *file, struct writer *out)
{
    LZ4F_cctx *context                   = NULL;
    const LZ4F_preferences_t preferences = {
        .frameInfo = {.contentChecksumFlag = LZ4F_contentChecksumEnabled}};
    assert_int_equal(LZ4F_createCompressionContext(&context, LZ4F_VERSION), 0);
    for (size_t i = 0; i < file->num_ends; i++) {
        struct ht_bytes in = part(file, i);
        size_t size        = LZ4F_compressBound(in.len, &preferences) + 1000;
        uint8_t *to        = room_for(size);
        size_t len         = i == 0 ? LZ4F_compressBegin(context, to, size, &preferences) : 0;
        len += LZ4F_compressUpdate(context, to + len, size - len, in.ptr, in.len, NULL);
        len += i + 1 == file->num_ends ? LZ4F_compressEnd(context, to + len, size - len, NULL)
                                       : LZ4F_flush(context, to + len, size - len, NULL);
        assert_true(len <= size);
        put(out, ht_bytes(to, len));
        put_end(out);
        free(to);
    }
    (void)LZ4F_freeCompressionContext(context);
}

static const struct {
    const char *name;
    compressor *compress;
} codecs[] = {{"gzip", gzip}, {"zstd", zstd}, {"lz4", lz4}};

/* Random bytes, so that they take as much room compressed; xorshift by George Marsaglia. */
static void put_random_record(struct writer *w, size_t len)
{
    uint8_t *data = room_for(len);
    uint32_t x    = 2463534242;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        data[i] = (uint8_t)x;
    }
    put_record(w, 1700000000, (uint32_t)w->num_ends, ht_bytes(data, len));
    free(data);
}

static struct writer random_capture(size_t num_records, size_t len)
{
    struct writer w = writer(false);
    put_pcap(&w, 0xA1B23C4D, 262144, 1);
    for (size_t i = 0; i < num_records; i++) {
        put_random_record(&w, len + i);
    }
    return w;
}

static void assert_same(const struct writer *compressed, const struct story *plain)
{
    struct story story = read_memory(ht_buffer_view(&compressed->bytes));
    assert_string_equal(story.error.text, "");
    assert_int_equal(story.end, HT_READ_END);
    assert_frames(&story, plain, plain->num_frames);
    assert_int_equal(story.read_bytes, compressed->bytes.len);
    assert_int_equal(story.size_bytes, compressed->bytes.len);
    forget(&story);
}

/* Records that span our blocks of 256 KiB, too, and one that is longer than a block. */
static void tells_the_same_frames(void **state)
{
    (void)state;
    static const size_t lens[] = {7, 50000, 262120};
    for (size_t n = 0; n < HT_ARRAY_LEN(lens); n++) {
        struct writer file = random_capture(20, lens[n]);
        struct story plain = read_memory(ht_buffer_view(&file.bytes));
        assert_int_equal(plain.end, HT_READ_END);
        assert_int_equal(plain.num_frames, 20);
        for (size_t i = 0; i < HT_ARRAY_LEN(codecs); i++) {
            struct writer compressed = writer(false);
            codecs[i].compress(&file, &compressed);
            assert_same(&compressed, &plain);
            ht_buffer_free(&compressed.bytes);
        }
        forget(&plain);
        ht_buffer_free(&file.bytes);
    }
}

/* As `cat a.gz b.gz` makes them. The second begins within a record. */
static void reads_on_after_a_member(void **state)
{
    (void)state;
    struct writer file = random_capture(3, 100);
    struct story plain = read_memory(ht_buffer_view(&file.bytes));
    struct writer halves[2];
    size_t middle = file.ends[1] + 5;
    for (int i = 0; i < 2; i++) {
        halves[i] = writer(false);
        put(&halves[i], i == 0 ? ht_bytes_head(ht_buffer_view(&file.bytes), middle)
                               : ht_bytes_from(ht_buffer_view(&file.bytes), middle));
        put_end(&halves[i]);
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(codecs); i++) {
        struct writer compressed = writer(false);
        codecs[i].compress(&halves[0], &compressed);
        codecs[i].compress(&halves[1], &compressed);
        assert_same(&compressed, &plain);
        ht_buffer_free(&compressed.bytes);
    }
    forget(&plain);
    ht_buffer_free(&halves[0].bytes);
    ht_buffer_free(&halves[1].bytes);
    ht_buffer_free(&file.bytes);
}

static void reads_compressed_pcapng(void **state)
{
    (void)state;
    struct writer file = writer(true);
    put_section(&file);
    put_interface(&file, 101);
    put_packet(&file, 0, 1, ht_text("hello, world"));
    struct story plain = read_memory(ht_buffer_view(&file.bytes));
    assert_int_equal(plain.num_frames, 1);
    for (size_t i = 0; i < HT_ARRAY_LEN(codecs); i++) {
        struct writer compressed = writer(false);
        codecs[i].compress(&file, &compressed);
        assert_same(&compressed, &plain);
        ht_buffer_free(&compressed.bytes);
    }
    forget(&plain);
    ht_buffer_free(&file.bytes);
}

/* RFC 8878 section 3.1.2: what pzstd puts before its frames, and other programs anywhere. */
static void steps_over_skippable_frames(void **state)
{
    (void)state;
    static const char skippable[] = "\x5A\x2A\x4D\x18\5\0\0\0notes";
    struct writer file            = random_capture(2, 60);
    struct story plain            = read_memory(ht_buffer_view(&file.bytes));
    struct writer compressed      = writer(false);
    put(&compressed, ht_bytes(skippable, sizeof skippable - 1));
    zstd(&file, &compressed);
    put(&compressed, ht_bytes(skippable, sizeof skippable - 1));
    assert_same(&compressed, &plain);
    forget(&plain);
    ht_buffer_free(&compressed.bytes);
    ht_buffer_free(&file.bytes);
}

/* gzip(1) ignores the zeros that tapes end with, and so do we. */
static void ignores_zeros_behind_gzip(void **state)
{
    (void)state;
    struct writer file       = random_capture(2, 60);
    struct story plain       = read_memory(ht_buffer_view(&file.bytes));
    struct writer compressed = writer(false);
    gzip(&file, &compressed);
    put(&compressed, ht_bytes("\0\0\0\0\0\0\0", 7));
    assert_same(&compressed, &plain);
    forget(&plain);
    ht_buffer_free(&compressed.bytes);
    ht_buffer_free(&file.bytes);
}

/* Any cut is an error, after every frame that lay before it. Of the record at the cut, the marker
 * that ends its part may be all that is missing, so that one more may come. */
static void hands_out_what_lies_before_a_cut(void **state)
{
    (void)state;
    struct writer file = random_capture(4, 60);
    struct story plain = read_memory(ht_buffer_view(&file.bytes));
    for (size_t i = 0; i < HT_ARRAY_LEN(codecs); i++) {
        struct writer compressed = writer(false);
        codecs[i].compress(&file, &compressed);
        for (size_t len = 0; len < compressed.bytes.len; len++) {
            struct story cut = read_memory(ht_bytes(compressed.bytes.ptr, len));
            assert_int_equal(cut.end, HT_READ_ERROR);
            assert_int_not_equal(strlen(cut.error.text), 0);
            assert_in_range(cut.num_frames, records_before(&compressed, len),
                            records_before(&compressed, len) + 1);
            assert_frames(&cut, &plain, cut.num_frames);
            forget(&cut);
        }
        ht_buffer_free(&compressed.bytes);
    }
    forget(&plain);
    ht_buffer_free(&file.bytes);
}

/* At the end of the second record's part exactly two records are there. */
static void says_where_compressed_data_are_cut(void **state)
{
    (void)state;
    struct writer file = random_capture(4, 60);
    for (size_t i = 0; i < HT_ARRAY_LEN(codecs); i++) {
        struct writer compressed = writer(false);
        codecs[i].compress(&file, &compressed);
        struct story cut = read_memory(ht_bytes(compressed.bytes.ptr, compressed.ends[2]));
        char expected[128];
        (void)snprintf(expected, sizeof expected, "test: cut short at byte %zu, within %s data",
                       compressed.ends[2], codecs[i].name);
        assert_int_equal(cut.num_frames, 2);
        assert_string_equal(cut.error.text, expected);
        forget(&cut);
        ht_buffer_free(&compressed.bytes);
    }
    ht_buffer_free(&file.bytes);
}

/* The capture itself is cut, and its compression whole. */
static void says_where_the_capture_within_is_cut(void **state)
{
    (void)state;
    struct writer file = random_capture(2, 60); /* records end at 24, 100 and 177 */
    file.bytes.len -= 1;
    file.ends[file.num_ends - 1] -= 1;
    for (size_t i = 0; i < HT_ARRAY_LEN(codecs); i++) {
        struct writer compressed = writer(false);
        codecs[i].compress(&file, &compressed);
        struct story cut = read_memory(ht_buffer_view(&compressed.bytes));
        assert_int_equal(cut.num_frames, 1);
        assert_string_equal(cut.error.text,
                            "test: cut short at decompressed byte 176, in the data of frame 2");
        forget(&cut);
        ht_buffer_free(&compressed.bytes);
    }
    ht_buffer_free(&file.bytes);
}

/* The last four bytes: gzip's count of bytes, and a checksum of the others. */
static void tells_damage_by_the_checksum(void **state)
{
    (void)state;
    struct writer file = random_capture(3, 60);
    for (size_t i = 0; i < HT_ARRAY_LEN(codecs); i++) {
        struct writer compressed = writer(false);
        codecs[i].compress(&file, &compressed);
        compressed.bytes.ptr[compressed.bytes.len - 1] ^= 1;
        struct story story = read_memory(ht_buffer_view(&compressed.bytes));
        assert_int_equal(story.end, HT_READ_ERROR);
        assert_int_equal(story.num_frames, 3);
        char expected[64];
        (void)snprintf(expected, sizeof expected, "test: damaged %s data before byte ",
                       codecs[i].name);
        assert_memory_equal(story.error.text, expected, strlen(expected));
        forget(&story);
        ht_buffer_free(&compressed.bytes);
    }
    ht_buffer_free(&file.bytes);
}

/* A file compressed of nothing, and of what is no capture. */
static void says_what_is_no_capture(void **state)
{
    (void)state;
    for (size_t i = 0; i < HT_ARRAY_LEN(codecs); i++) {
        struct writer none = writer(false), text = writer(false);
        struct writer empty = writer(false), compressed = writer(false);
        put_end(&none);
        put(&text, ht_text("some other text"));
        put_end(&text);
        codecs[i].compress(&none, &empty);
        codecs[i].compress(&text, &compressed);
        struct story of_none = read_memory(ht_buffer_view(&empty.bytes));
        assert_false(of_none.opened);
        assert_string_equal(of_none.error.text, "test: empty file");
        struct story of_text = read_memory(ht_buffer_view(&compressed.bytes));
        assert_false(of_text.opened);
        assert_string_equal(of_text.error.text, "test: not a capture file (pcap, pcapng or snoop)");
        ht_buffer_free(&empty.bytes);
        ht_buffer_free(&compressed.bytes);
        ht_buffer_free(&text.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_same_frames),
        cmocka_unit_test(reads_on_after_a_member),
        cmocka_unit_test(reads_compressed_pcapng),
        cmocka_unit_test(steps_over_skippable_frames),
        cmocka_unit_test(ignores_zeros_behind_gzip),
        cmocka_unit_test(hands_out_what_lies_before_a_cut),
        cmocka_unit_test(says_where_compressed_data_are_cut),
        cmocka_unit_test(says_where_the_capture_within_is_cut),
        cmocka_unit_test(tells_damage_by_the_checksum),
        cmocka_unit_test(says_what_is_no_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
