/*
 * Decompression of whole streams: gzip (RFC 1952, any number of members), Zstandard (RFC 8878, any
 * number of frames) and LZ4 frames. The only user of those libraries.
 */
#ifndef HT_CAPTURE_DECOMPRESS_H
#define HT_CAPTURE_DECOMPRESS_H

#include "capture/input.h"

struct ht_codec;
struct ht_decoder;

/* ht_codec_detect returns the compression whose magic number `head` begins with; NULL: none. */
const struct ht_codec *ht_codec_detect(struct ht_bytes head);

/* ht_decoder_open starts a decoder with the first `len` compressed bytes, which lie in `block` of
 * HT_INPUT_BLOCK bytes. The decoder owns `block` from then on, and reads on into it. NULL where
 * there is no memory, and then `block` is still the caller's. */
struct ht_decoder *ht_decoder_open(const struct ht_codec *codec, struct ht_shared *block,
                                   size_t len);

/* ht_decoder_read writes up to `room` decompressed bytes, at least one where it returns
 * HT_INPUT_READY. All bytes before a damage or a cut come before its HT_INPUT_ERROR. */
enum ht_input_state ht_decoder_read(struct ht_decoder *decoder, struct ht_raw *raw, uint8_t *to,
                                    size_t room, size_t *out_len, struct ht_error *error);

void ht_decoder_close(struct ht_decoder *decoder);

#endif
