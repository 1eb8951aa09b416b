#include "compress/brotli.h"

#include <brotli/decode.h>

/* Not by BrotliDecoderDecompress, which does not tell of bytes behind the stream. */
bool ht_brotli_decompress(struct ht_bytes in, uint8_t *out, size_t len)
{
    BrotliDecoderState *decoder = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    size_t in_left = in.len, out_left = len;
    if (decoder == NULL) {
        return false;
    }
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(decoder, &in_left, &in.ptr, &out_left, &out, NULL);
    BrotliDecoderDestroyInstance(decoder);
    return result == BROTLI_DECODER_RESULT_SUCCESS && in_left == 0 && out_left == 0;
}
