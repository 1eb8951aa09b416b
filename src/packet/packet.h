/*
 * From a captured frame to addresses, ports and payload. Pure: no state, no allocation.
 *
 * Ethernet (IEEE 802.3), 802.1Q and 802.1ad tags, IPv4 (RFC 791), IPv6 with extension headers
 * (RFC 8200), raw IP, BSD null and loop, Linux cooked v1 and v2, PPP (RFC 1661, 1662), TCP
 * (RFC 9293) and UDP (RFC 768).
 */
#ifndef HT_PACKET_PACKET_H
#define HT_PACKET_PACKET_H

#include "base/address.h"

/* Link types, as pcap files number them (LINKTYPE_, not DLT_). */
enum {
    HT_LINK_NULL        = 0,
    HT_LINK_ETHERNET    = 1,
    HT_LINK_PPP         = 9,
    HT_LINK_RAW_BSD     = 12, /* as some systems number "raw" in files */
    HT_LINK_RAW_OPENBSD = 14,
    HT_LINK_PPP_HDLC    = 50,
    HT_LINK_RAW         = 101,
    HT_LINK_CISCO_HDLC  = 104,
    HT_LINK_LOOP        = 108,
    HT_LINK_LINUX_SLL   = 113,
    HT_LINK_IPV4        = 228,
    HT_LINK_IPV6        = 229,
    HT_LINK_LINUX_SLL2  = 276
};

/* A frame as a source hands it out; `data` is the source's and lives until its next frame. */
struct ht_frame {
    uint64_t number; /* from 1 in each source, counted as Wireshark does */
    int64_t time_ns;
    struct ht_bytes data;  /* what was captured */
    uint32_t original_len; /* bytes on the wire */
    uint32_t interface;    /* from 0 in each source */
    uint16_t link_type;
};

enum { HT_MAX_TAGS = 4 };

enum { HT_TCP_FIN = 1, HT_TCP_SYN = 2, HT_TCP_RST = 4, HT_TCP_PSH = 8, HT_TCP_ACK = 16 };

struct ht_tcp_header {
    uint32_t seq, ack;
    uint16_t window;
    uint8_t flags;
    struct ht_bytes options;
};

/* A decoded packet. Views into the frame. */
struct ht_packet {
    struct ht_endpoint source, destination;
    uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP where decoded, else 0 or what it is */
    uint8_t num_tags;
    uint16_t tags[HT_MAX_TAGS]; /* VLAN ids, outermost first */
    uint32_t ip_len;            /* of the IP packet by its own length field */
    struct ht_bytes ip;         /* the IP packet, as far as captured; no padding, no trailer */
    struct ht_bytes payload;    /* of TCP or UDP, as far as captured */
    uint32_t payload_len; /* on the wire, by the lengths of the headers and of the frame there; more
                           * than payload.len where the snapshot length cut the frame */
    struct ht_tcp_header tcp;
};

/* Why a frame yields no TCP or UDP packet. */
enum ht_decode {
    HT_DECODED,
    HT_DECODE_NOT_IP,      /* ARP, LLDP, … */
    HT_DECODE_NOT_TCP_UDP, /* ICMP, … */
    HT_DECODE_FRAGMENT,    /* an IP fragment */
    HT_DECODE_TRUNCATED,   /* cut by the snapshot length inside the headers */
    HT_DECODE_MALFORMED,   /* a header contradicts itself */
    HT_DECODE_LINK_TYPE,   /* a link type that is not known here */
    HT_NUM_DECODES
};

/* ht_packet_decode fills `out` from `frame`. IP length, not frame length, bounds the payload.
 * Where it returns anything but HT_DECODED, `out` holds what was read until then. */
enum ht_decode ht_packet_decode(struct ht_packet *out, const struct ht_frame *frame);

/* ht_decode_name is the outcome's key in the stats record: "not_ip", "fragment", … */
const char *ht_decode_name(enum ht_decode decode);

#endif
