#include "packet/layers.h"
#include "packet/plain.h"

enum ht_decode ht_packet_decode(struct ht_packet *out, const struct ht_frame *frame)
{
    return ht_plain_decode(out, frame) ? HT_DECODED : ht_layers_decode(out, frame);
}

/* Not inlined, for plain frames would pay for it. */
__attribute__((noinline)) enum ht_decode ht_layers_decode(struct ht_packet *out,
                                                          const struct ht_frame *frame)
{
    struct ht_bytes data = frame->data;
    size_t cut           = frame->original_len > data.len ? frame->original_len - data.len : 0;
    struct ht_decoder d  = {
         .in          = ht_reader(data),
         .cut         = cut,
         .rebuilt     = ht_bytes_from(data, data.len - frame->rebuilt),
         .rebuilt_cut = cut,
         .out         = out,
    };
    memset(out, 0, offsetof(struct ht_packet, layers));
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
        [HT_DECODE_ENCRYPTED]   = "encrypted",
        [HT_DECODE_AGGREGATE]   = "aggregate",
    };
    return names[decode];
}

const char *ht_layer_name(enum ht_layer_type type)
{
    static const char *const names[HT_NUM_LAYER_TYPES] = {
        [HT_LAYER_VLAN]       = "vlan",
        [HT_LAYER_ISL]        = "isl",
        [HT_LAYER_VNTAG]      = "vntag",
        [HT_LAYER_ETAG]       = "etag",
        [HT_LAYER_PBB]        = "pbb",
        [HT_LAYER_FABRICPATH] = "fabricpath",
        [HT_LAYER_TRILL]      = "trill",
        [HT_LAYER_PPPOE]      = "pppoe",
        [HT_LAYER_MPLS]       = "mpls",
        [HT_LAYER_NSH]        = "nsh",
        [HT_LAYER_AH]         = "ah",
        [HT_LAYER_ESP]        = "esp",
        [HT_LAYER_IP_IN_IP]   = "ip_in_ip",
        [HT_LAYER_GRE]        = "gre",
        [HT_LAYER_PPTP]       = "pptp",
        [HT_LAYER_EOIP]       = "eoip",
        [HT_LAYER_ERSPAN]     = "erspan",
        [HT_LAYER_ETHERIP]    = "etherip",
        [HT_LAYER_L2TP]       = "l2tp",
        [HT_LAYER_MPLS_IN_IP] = "mpls_in_ip",
        [HT_LAYER_VXLAN]      = "vxlan",
        [HT_LAYER_GENEVE]     = "geneve",
        [HT_LAYER_GTP_U]      = "gtpu",
        [HT_LAYER_TEREDO]     = "teredo",
        [HT_LAYER_LISP]       = "lisp",
        [HT_LAYER_CAPWAP]     = "capwap",
        [HT_LAYER_AYIYA]      = "ayiya",
        [HT_LAYER_TZSP]       = "tzsp",
    };
    return names[type];
}
