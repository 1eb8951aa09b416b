/*
 * Compressed messages, decompressed within a bound (RFC 8879 section 4).
 */
#ifndef HT_COMPRESS_COMPRESS_H
#define HT_COMPRESS_COMPRESS_H

#include "base/bytes.h"

/* As numbered by the registry of RFC 8879 section 7.3. */
enum ht_compression { HT_COMPRESSION_ZLIB = 1, HT_COMPRESSION_BROTLI = 2, HT_COMPRESSION_ZSTD = 3 };

/* ht_decompresses: is it one of the algorithms above? To be asked before room is made for what it
 * gives. */
bool ht_decompresses(uint16_t algorithm);

/* ht_decompress writes what `in` becomes to `out`, which has room for `len` bytes. False where `in`
 * is not one whole stream of the algorithm, or becomes more or fewer than `len` bytes, or where the
 * algorithm is not known to this build; `out` then holds anything. The library may take up to 16 MB
 * while it works, whatever `len` is. */
bool ht_decompress(uint16_t algorithm, struct ht_bytes in, uint8_t *out, size_t len);

#endif
