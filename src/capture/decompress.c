#include "capture/decompress.h"

#include <inttypes.h>
#include <stdlib.h>

#include <lz4frame.h>
#define ZLIB_CONST /* what is read from is const */
#include <zlib.h>
#include <zstd.h>

enum step {
    STEP_MORE,  /* the member goes on */
    STEP_WHOLE, /* a member (gzip) or frame (zstd, lz4) is complete; another may follow */
    STEP_BAD
};

struct ht_decoder {
    const struct ht_codec *codec;
    struct ht_shared *block; /* held */
    struct ht_bytes in;      /* read and not yet consumed, in `block` */
    bool whole;              /* the last step ended a member: the input may end here */
    size_t wanted;           /* what the library asks for next: the rest of one compressed block */
    bool flushing;           /* the library may have more to give, or say, without more input */
    z_stream gzip;
    ZSTD_DCtx *zstd;
    LZ4F_dctx *lz4;
};

/* A format of compression. `step` consumes from decoder->in, writes to `to` and says why it
 * stopped; `reason` is set where that is STEP_BAD. */
struct ht_codec {
    const char *name;
    bool (*start)(struct ht_decoder *decoder);
    enum step (*step)(struct ht_decoder *decoder, uint8_t *to, size_t room, size_t *out_len,
                      const char **reason);
    void (*stop)(struct ht_decoder *decoder);
};

static bool gzip_start(struct ht_decoder *decoder)
{
    const int gzip_only = 16; /* zlib.h: added to the window bits */
    return inflateInit2(&decoder->gzip, MAX_WBITS + gzip_only) == Z_OK;
}

static enum step gzip_step(struct ht_decoder *decoder, uint8_t *to, size_t room, size_t *out_len,
                           const char **reason)
{
    z_stream *z = &decoder->gzip;
    /* As gzip does: what follows the last member and is none, such as a tape's zeros, is no data.
     */
    if (decoder->whole && decoder->in.len > 0 && decoder->in.ptr[0] != 0x1F) {
        decoder->in = ht_bytes_from(decoder->in, decoder->in.len);
        return STEP_WHOLE;
    }
    z->next_in   = decoder->in.ptr;
    z->avail_in  = (uInt)decoder->in.len;
    z->next_out  = to;
    z->avail_out = (uInt)room;
    int result   = inflate(z, Z_SYNC_FLUSH);
    decoder->in  = ht_bytes_from(decoder->in, decoder->in.len - z->avail_in);
    *out_len     = room - z->avail_out;
    if (result == Z_STREAM_END) {
        (void)inflateReset(z);
        return STEP_WHOLE;
    }
    *reason = z->msg != NULL ? z->msg : zError(result);
    return result == Z_OK || result == Z_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

static void gzip_stop(struct ht_decoder *decoder)
{
    (void)inflateEnd(&decoder->gzip);
}

/* Compressed blocks are decoded one at a time: where one is damaged, zstd and lz4 give nothing of
 * what the same call decoded before it. A frame starts with a part of its header, for the library
 * to say how much more it wants. */
static struct ht_bytes next_block(const struct ht_decoder *decoder)
{
    const size_t shortest_header = 5; /* of zstd; lz4's is longer */
    return ht_bytes_head(decoder->in, decoder->wanted > 0 ? decoder->wanted : shortest_header);
}

static bool zstd_start(struct ht_decoder *decoder)
{
    /* The library's own bound on a frame's window, 128 MiB, holds. */
    decoder->zstd = ZSTD_createDCtx();
    return decoder->zstd != NULL;
}

static enum step zstd_step(struct ht_decoder *decoder, uint8_t *to, size_t room, size_t *out_len,
                           const char **reason)
{
    struct ht_bytes one = next_block(decoder);
    ZSTD_inBuffer in    = {.src = one.ptr, .size = one.len};
    ZSTD_outBuffer out  = {.dst = to, .size = room};
    size_t result       = ZSTD_decompressStream(decoder->zstd, &out, &in);
    decoder->in         = ht_bytes_from(decoder->in, in.pos);
    *out_len            = out.pos;
    if (ZSTD_isError(result)) {
        *reason = ZSTD_getErrorName(result);
        return STEP_BAD;
    }
    decoder->wanted = result;
    return result == 0 ? STEP_WHOLE : STEP_MORE;
}

static void zstd_stop(struct ht_decoder *decoder)
{
    (void)ZSTD_freeDCtx(decoder->zstd);
}

static bool lz4_start(struct ht_decoder *decoder)
{
    return !LZ4F_isError(LZ4F_createDecompressionContext(&decoder->lz4, LZ4F_VERSION));
}

static enum step lz4_step(struct ht_decoder *decoder, uint8_t *to, size_t room, size_t *out_len,
                          const char **reason)
{
    struct ht_bytes one = next_block(decoder);
    size_t in_len       = one.len;
    *out_len            = room;
    size_t result       = LZ4F_decompress(decoder->lz4, to, out_len, one.ptr, &in_len, NULL);
    if (LZ4F_isError(result)) {
        *out_len = 0;
        *reason  = LZ4F_getErrorName(result);
        return STEP_BAD;
    }
    decoder->in     = ht_bytes_from(decoder->in, in_len);
    decoder->wanted = result;
    return result == 0 ? STEP_WHOLE : STEP_MORE;
}

static void lz4_stop(struct ht_decoder *decoder)
{
    (void)LZ4F_freeDecompressionContext(decoder->lz4);
}

static const struct ht_codec gzip = {"gzip", gzip_start, gzip_step, gzip_stop};
static const struct ht_codec zstd = {"zstd", zstd_start, zstd_step, zstd_stop};
static const struct ht_codec lz4  = {"lz4", lz4_start, lz4_step, lz4_stop};

const struct ht_codec *ht_codec_detect(struct ht_bytes head)
{
    struct ht_reader r = ht_reader(ht_bytes_head(head, 4));
    uint32_t magic     = rd_u32(&r);
    if (r.bad) {
        return NULL;
    }
    if (magic >> 16 == 0x1F8B) {
        return &gzip;
    }
    /* Files by pzstd begin with a skippable frame (RFC 8878 section 3.1.2): 5?2A4D18. */
    if (magic == 0x28B52FFD || (magic & 0xF0FFFFFF) == 0x502A4D18) {
        return &zstd;
    }
    return magic == 0x04224D18 ? &lz4 : NULL;
}

struct ht_decoder *ht_decoder_open(const struct ht_codec *codec, struct ht_shared *block,
                                   size_t len)
{
    struct ht_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) {
        return NULL;
    }
    decoder->codec = codec;
    if (!codec->start(decoder)) {
        free(decoder);
        return NULL;
    }
    decoder->block = block;
    decoder->in    = ht_bytes(block->bytes, len);
    return decoder;
}

/* Reads compressed bytes where all were consumed. */
static enum ht_input_state refill(struct ht_decoder *decoder, struct ht_raw *raw,
                                  struct ht_error *error)
{
    size_t len = 0;
    enum ht_input_state state =
        ht_raw_read(raw, decoder->block->bytes, HT_INPUT_BLOCK, &len, error);
    decoder->in = ht_bytes(decoder->block->bytes, len);
    if (state == HT_INPUT_END && !decoder->whole) {
        ht_fail(error, "%s: cut short at byte %" PRIu64 ", within %s data", raw->name,
                raw->read_bytes, decoder->codec->name);
        return HT_INPUT_ERROR;
    }
    return state;
}

enum ht_input_state ht_decoder_read(struct ht_decoder *decoder, struct ht_raw *raw, uint8_t *to,
                                    size_t room, size_t *out_len, struct ht_error *error)
{
    *out_len = 0;
    while (*out_len == 0) {
        if (decoder->in.len == 0 && !decoder->flushing) {
            enum ht_input_state state = refill(decoder, raw, error);
            if (state != HT_INPUT_READY) {
                return state;
            }
        }
        const char *reason = "no progress";
        size_t in_len      = decoder->in.len;
        enum step step     = decoder->codec->step(decoder, to, room, out_len, &reason);
        bool stuck         = in_len > 0 && decoder->in.len == in_len && !decoder->flushing;
        if (*out_len == 0 && (step == STEP_BAD || stuck)) {
            ht_fail(error, "%s: damaged %s data before byte %" PRIu64 ": %s", raw->name,
                    decoder->codec->name, raw->read_bytes - decoder->in.len, reason);
            return HT_INPUT_ERROR;
        }
        decoder->whole = step == STEP_WHOLE;
        /* After what came before a damage, the library says again what the damage is. */
        decoder->flushing = step == STEP_BAD || (step == STEP_MORE && *out_len == room);
    }
    return HT_INPUT_READY;
}

void ht_decoder_close(struct ht_decoder *decoder)
{
    if (decoder != NULL) {
        decoder->codec->stop(decoder);
        ht_shared_drop(decoder->block);
        free(decoder);
    }
}
