/*
 * Packet decoding: two bytes of link type, then a frame. Twice: as a frame that was captured whole,
 * and as one of which the wire had more. Whatever comes out, no view leaves the frame, and what was
 * captured is not more than what was sent.
 */
#include "fuzz.h"

#include "packet/packet.h"

#include <stdlib.h>

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void require_inside(struct ht_bytes view, struct ht_bytes frame)
{
    if (view.len > 0) {
        require(view.ptr >= frame.ptr && view.len <= frame.len &&
                (size_t)(view.ptr - frame.ptr) <= frame.len - view.len);
    }
}

static enum ht_decode decode_frame(struct ht_packet *out, const struct ht_frame *frame)
{
    struct ht_bytes data  = frame->data;
    enum ht_decode result = ht_packet_decode(out, frame);
    require(ht_decode_name(result) != NULL);
    require_inside(out->ip, data);
    require_inside(out->payload, data);
    require_inside(out->header, data);
    require(out->num_layers <= HT_MAX_LAYERS);
    require(out->payload.len <= out->payload_len);
    require(out->payload_len <= frame->original_len || out->payload_len <= data.len);
    return result;
}

static void take_parts(struct ht_packet *aggregate, struct ht_frame *frame)
{
    struct ht_packet packet;
    struct ht_bytes data = frame->data;
    while (ht_packet_part(aggregate, frame)) {
        require_inside(frame->data, data);
        require(frame->data.len <= frame->original_len);
        require(decode_frame(&packet, frame) != HT_DECODE_AGGREGATE);
    }
}

static enum ht_decode decode(uint16_t link_type, struct ht_bytes data, size_t original_len)
{
    struct ht_packet packet;
    struct ht_frame frame = {
        .number = 1, .data = data, .original_len = (uint32_t)original_len, .link_type = link_type};
    enum ht_decode result = decode_frame(&packet, &frame);
    if (result == HT_DECODE_AGGREGATE) {
        take_parts(&packet, &frame);
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_reader in  = ht_reader(ht_bytes(data, len));
    uint16_t link_type   = rd_u16(&in);
    struct ht_bytes rest = rd_rest(&in);
    require(decode(link_type, rest, rest.len) != HT_DECODE_TRUNCATED);
    enum ht_decode cut = decode(link_type, rest, rest.len + 100000);
    require(cut < HT_NUM_DECODES);
    (void)decode(link_type, rest, 0);
    return 0;
}
