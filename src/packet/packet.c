#include "packet/layers.h"

enum ht_decode ht_packet_decode(struct ht_packet *out, const struct ht_frame *frame)
{
    struct ht_bytes data = frame->data;
    struct ht_decoder d  = {
         .in  = ht_reader(data),
         .cut = frame->original_len > data.len ? frame->original_len - data.len : 0,
         .out = out,
    };
    *out = (struct ht_packet){0};
    return ht_link_decode(&d, frame->link_type);
}

const char *ht_decode_name(enum ht_decode decode)
{
    static const char *const names[HT_NUM_DECODES] = {
        [HT_DECODED]            = "decoded",
        [HT_DECODE_NOT_IP]      = "not_ip",
        [HT_DECODE_NOT_TCP_UDP] = "not_tcp_udp",
        [HT_DECODE_FRAGMENT]    = "fragment",
        [HT_DECODE_TRUNCATED]   = "truncated",
        [HT_DECODE_MALFORMED]   = "malformed",
        [HT_DECODE_LINK_TYPE]   = "unknown_link_type",
    };
    return names[decode];
}
