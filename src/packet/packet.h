/*
 * From a captured frame to addresses, ports and payload. Pure: no state, no allocation.
 *
 * The link types of link.c, IPv4 (RFC 791), IPv6 with extension headers (RFC 8200), TCP (RFC 9293)
 * and UDP (RFC 768), in any nesting of the layers below.
 */
#ifndef HT_PACKET_PACKET_H
#define HT_PACKET_PACKET_H

#include "base/address.h"
#include "base/bytes.h"

/* Link types, as pcap files number them (LINKTYPE_, not DLT_). */
enum {
    HT_LINK_NULL            = 0,
    HT_LINK_ETHERNET        = 1,
    HT_LINK_TOKEN_RING      = 6,
    HT_LINK_ARCNET          = 7,
    HT_LINK_SLIP            = 8,
    HT_LINK_PPP             = 9,
    HT_LINK_FDDI            = 10,
    HT_LINK_RAW_BSD         = 12, /* as some systems number "raw" in files */
    HT_LINK_RAW_OPENBSD     = 14,
    HT_LINK_PPP_HDLC        = 50,
    HT_LINK_PPPOE           = 51,
    HT_LINK_ATM_RFC1483     = 100,
    HT_LINK_RAW             = 101,
    HT_LINK_CISCO_HDLC      = 104,
    HT_LINK_WIFI            = 105, /* IEEE 802.11 */
    HT_LINK_ATM_CLIP        = 106,
    HT_LINK_FRAME_RELAY     = 107,
    HT_LINK_LOOP            = 108,
    HT_LINK_ENC             = 109,
    HT_LINK_LINUX_SLL       = 113,
    HT_LINK_PFLOG           = 117,
    HT_LINK_PRISM           = 119,
    HT_LINK_SUNATM          = 123,
    HT_LINK_RADIOTAP        = 127,
    HT_LINK_ARCNET_LINUX    = 129,
    HT_LINK_DOCSIS          = 143,
    HT_LINK_USER2           = 149, /* on Darwin, what became PKTAP */
    HT_LINK_AVS             = 163,
    HT_LINK_PPI             = 192,
    HT_LINK_PPP_DIRECTION   = 204,
    HT_LINK_MPLS            = 219,
    HT_LINK_IPV4            = 228,
    HT_LINK_IPV6            = 229,
    HT_LINK_NFLOG           = 239,
    HT_LINK_IPOIB           = 242,
    HT_LINK_PKTAP           = 258,
    HT_LINK_LINUX_SLL2      = 276,
    HT_LINK_BROADCOM        = 281, /* Ethernet with a switch's own tag before the type, */
    HT_LINK_BROADCOM_BEFORE = 282, /* or before all, */
    HT_LINK_DSA             = 284,
    HT_LINK_EDSA            = 285
};

/* A frame as a source hands it out; `data` is the source's and lives until its next frame, or as
 * long as the source's block is held. */
struct ht_frame {
    uint64_t number; /* from 1 in each source, counted as Wireshark does */
    int64_t time_ns;
    struct ht_bytes data;  /* what was captured */
    uint32_t original_len; /* bytes on the wire */
    uint32_t rebuilt; /* the last so many bytes of `data` are an IP datagram that was put together
                       * from fragments (packet/fragments.h), whatever the headers before it say of
                       * their length; 0: none */
    /* Not between `rebuilt` and `part`, which are looked at together: compilers would read all that
     * in one piece, right after it was written in several, and wait until it is in memory. */
    uint32_t interface; /* from 0 in each source */
    uint16_t link_type;
    uint16_t part; /* of an aggregate, counted from 1; 0: this is a frame as it was captured */
};

/* ht_frame_place orders frames, and the parts of one, as they were captured. */
static inline uint64_t ht_frame_place(const struct ht_frame *frame)
{
    return frame->number << 16 | frame->part;
}

/* What a packet may be wrapped in. */
enum ht_layer_type {
    HT_LAYER_VLAN,       /* IEEE 802.1Q, 802.1ad: VLAN id */
    HT_LAYER_ISL,        /* Cisco inter-switch link: VLAN id */
    HT_LAYER_VNTAG,      /* Cisco VN-Tag */
    HT_LAYER_ETAG,       /* IEEE 802.1BR: E-CID */
    HT_LAYER_PBB,        /* IEEE 802.1ah: I-SID */
    HT_LAYER_FABRICPATH, /* Cisco: forwarding tag */
    HT_LAYER_TRILL,      /* RFC 6325 */
    HT_LAYER_PPPOE,      /* RFC 2516: session id */
    HT_LAYER_MPLS,       /* RFC 3032: label */
    HT_LAYER_NSH,        /* RFC 8300: service path identifier */
    HT_LAYER_AH,         /* RFC 4302: security parameters index */
    HT_LAYER_ESP,        /* RFC 4303, not encrypted: security parameters index */
    HT_LAYER_IP_IN_IP,   /* RFC 2003, 2473, 4213 */
    HT_LAYER_GRE,        /* RFC 2784, 2890: key, whose upper 24 bits NVGRE (RFC 7637) calls VSID */
    HT_LAYER_PPTP,       /* RFC 2637: call id */
    HT_LAYER_EOIP,       /* MikroTik: tunnel id */
    HT_LAYER_ERSPAN,     /* session id, in GRE */
    HT_LAYER_ETHERIP,    /* RFC 3378 */
    HT_LAYER_L2TP,       /* RFC 2661, 3931: session id */
    HT_LAYER_MPLS_IN_IP, /* RFC 4023, 7510; its labels are layers of their own */
    HT_LAYER_VXLAN,      /* RFC 7348: VXLAN network identifier */
    HT_LAYER_GENEVE,     /* RFC 8926: virtual network identifier */
    HT_LAYER_GTP_U,      /* 3GPP TS 29.281: tunnel endpoint identifier */
    HT_LAYER_TEREDO,     /* RFC 4380 */
    HT_LAYER_LISP,       /* RFC 9300: instance id */
    HT_LAYER_CAPWAP,     /* RFC 5415 */
    HT_LAYER_AYIYA,      /* draft-massar-v6ops-ayiya */
    HT_LAYER_TZSP,       /* TaZmen Sniffer Protocol */
    HT_NUM_LAYER_TYPES
};

/* One of them. A tunnel over IP has addresses, and ports where it is one over UDP. */
struct ht_layer {
    uint32_t id;
    uint8_t type; /* enum ht_layer_type */
    bool has_id;
    struct ht_endpoint source, destination;
};

enum { HT_MAX_LAYERS = 8 };

enum { HT_TCP_FIN = 1, HT_TCP_SYN = 2, HT_TCP_RST = 4, HT_TCP_PSH = 8, HT_TCP_ACK = 16 };

struct ht_tcp_header {
    uint32_t seq, ack;
    uint16_t window;
    uint8_t flags;
};

/* A decoded packet. Views into the frame. */
struct ht_packet {
    struct ht_endpoint source, destination;
    uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP where decoded, else 0 or what it is */
    uint8_t num_layers;
    uint32_t ip_len;         /* of the IP packet by its own length field */
    struct ht_bytes ip;      /* the IP packet, as far as captured; no padding, no trailer */
    struct ht_bytes header;  /* of TCP, with its options, or UDP */
    struct ht_bytes payload; /* of TCP or UDP, as far as captured */
    uint32_t payload_len; /* on the wire, by the lengths of the headers and of the frame there; more
                           * than payload.len where the snapshot length cut the frame */
    uint16_t id;          /* of the IPv4 packet; 0 in IPv6, which numbers fragments only */
    struct ht_tcp_header tcp;
    /* The outermost first; further ones than these are stepped over. The last member: beyond
     * `num_layers` it is not set. */
    struct ht_layer layers[HT_MAX_LAYERS];
};

/* Why a frame yields no TCP or UDP packet. */
enum ht_decode {
    HT_DECODED,
    HT_DECODE_NOT_IP,      /* ARP, LLDP, … */
    HT_DECODE_NOT_TCP_UDP, /* ICMP, … */
    HT_DECODE_FRAGMENT,  /* an IP fragment; `payload` is its data, and what `ip` has before them its
                          * headers, in IPv6 with the fragment header as the last */
    HT_DECODE_TRUNCATED, /* cut by the snapshot length inside the headers */
    HT_DECODE_MALFORMED, /* a header contradicts itself */
    HT_DECODE_LINK_TYPE, /* a link type that is not known here */
    HT_DECODE_ENCRYPTED, /* a protected IEEE 802.11 frame */
    HT_DECODE_AGGREGATE, /* several packets in one IEEE 802.11 frame: ht_packet_part */
    HT_NUM_DECODES
};

/* ht_packet_decode fills `out` from `frame`. IP length, not frame length, bounds the payload.
 * Where it returns anything but HT_DECODED, `out` holds what was read until then. */
enum ht_decode ht_packet_decode(struct ht_packet *out, const struct ht_frame *frame);

/* ht_packet_part takes the next packet out of one that was decoded with HT_DECODE_AGGREGATE:
 * `frame`, which at first is the aggregate's, becomes a frame of its own, a view into it. False,
 * and `frame` undefined, where there is none left. */
bool ht_packet_part(struct ht_packet *aggregate, struct ht_frame *frame);

/* ht_decode_name is the outcome's key in the stats record: "not_ip", "fragment", … */
const char *ht_decode_name(enum ht_decode decode);

/* ht_layer_name is what the record calls a layer: "vlan", "vxlan", … */
const char *ht_layer_name(enum ht_layer_type type);

#endif
