/* Built without libbrotlidec: nothing is decompressed. */
#include "compress/brotli.h"

bool ht_brotli_decompress(struct ht_bytes in, uint8_t *out, size_t len)
{
    (void)in, (void)out, (void)len;
    return false;
}
