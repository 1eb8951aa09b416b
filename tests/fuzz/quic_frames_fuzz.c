/*
 * The frames of a QUIC packet, by both readers. What is read lies within the payload, and each step
 * goes on.
 */
#include "fuzz.h"

#include "quic/frames.h"

#include <stdlib.h>

static void walk(struct ht_bytes payload, bool (*next)(struct ht_reader *, struct quic_frame *))
{
    struct ht_reader r = ht_reader(payload);
    bool good          = true;
    while (good && rd_more(&r)) {
        struct quic_frame frame;
        size_t left = rd_left(&r);
        good        = next(&r, &frame);
        if (rd_left(&r) >= left || frame.data.len > left || (good && (r.bad || frame.cut))) {
            abort();
        }
        for (size_t i = 0; i < frame.data.len; i++) {
            volatile uint8_t byte = frame.data.ptr[i];
            (void)byte;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    walk(ht_bytes(data, len), quic_frame_next);
    walk(ht_bytes(data, len), quic_google_frame_next);
    return 0;
}
