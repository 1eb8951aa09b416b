/* Any bytes as a certificate. */
#include "analysis/certificate/certificate.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct ht_certificate_decoder *decoder;
    if (decoder == NULL) {
        decoder = ht_certificate_decoder_new();
    }
    struct ht_arena arena = {0};
    struct ht_certificate certificate;
    (void)ht_certificate_decode(decoder, &arena, ht_bytes(data, len), &certificate);
    ht_arena_clear(&arena);
    return 0;
}
