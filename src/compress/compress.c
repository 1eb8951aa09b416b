#include "compress/compress.h"

#include "compress/brotli.h"

#define ZLIB_CONST /* what is read from is const */
#include <zlib.h>
#include <zstd.h>

static bool zlib_decompress(struct ht_bytes in, uint8_t *out, size_t len)
{
    uLongf written = (uLongf)len;
    uLong taken    = (uLong)in.len;
    return uncompress2(out, &written, in.ptr, &taken) == Z_OK && written == len && taken == in.len;
}

/* More frames than one would be taken, too: the specification does not say. */
static bool zstd_decompress(struct ht_bytes in, uint8_t *out, size_t len)
{
    return ZSTD_decompress(out, len, in.ptr, in.len) == len;
}

bool ht_decompresses(uint16_t algorithm)
{
    return algorithm >= HT_COMPRESSION_ZLIB && algorithm <= HT_COMPRESSION_ZSTD;
}

bool ht_decompress(uint16_t algorithm, struct ht_bytes in, uint8_t *out, size_t len)
{
    if (in.len == 0) {
        return false;
    }
    switch (algorithm) {
    case HT_COMPRESSION_ZLIB:
        return zlib_decompress(in, out, len);
    case HT_COMPRESSION_BROTLI:
        return ht_brotli_decompress(in, out, len);
    case HT_COMPRESSION_ZSTD:
        return zstd_decompress(in, out, len);
    default:
        return false;
    }
}
