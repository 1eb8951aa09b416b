/* Brotli (RFC 7932), or its absence from this build. Not for use outside this folder. */
#ifndef HT_COMPRESS_BROTLI_H
#define HT_COMPRESS_BROTLI_H

#include "base/bytes.h"

/* As ht_decompress. */
bool ht_brotli_decompress(struct ht_bytes in, uint8_t *out, size_t len);

#endif
