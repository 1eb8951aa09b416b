/*
 * Transport parameters: any bytes, and a copy of what was read by its table is within bounds.
 */
#include "fuzz.h"

#include "quic/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_arena scratch = {0}, kept = {0};
    struct quic_transport_parameters parameters;
    (void)quic_transport_parameters_parse(ht_bytes(data, len), &scratch, &parameters);
    (void)ht_object_copy(&kept, quic_transport_parameters_event.data, &parameters);
    ht_arena_clear(&scratch);
    ht_arena_clear(&kept);
    return 0;
}
