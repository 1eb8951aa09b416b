/* The field tables of the TCP events. */
#include "stream/tcp.h"

static const struct ht_field open_fields[] = {
    HT_FIELD(struct ht_tcp_open, mss, HT_UINT, "Maximum segment size offered (RFC 9293).",
             .label = "mss", .flags = HT_REPEATS),
    HT_FIELD(struct ht_tcp_open, window, HT_UINT, "Window, not scaled.", .label = "win",
             .flags = HT_REPEATS),
    HT_FIELD(struct ht_tcp_open, window_scaling, HT_BOOL,
             "The window scale option is there (RFC 7323).", .flags = HT_REPEATS),
    HT_FIELD(struct ht_tcp_open, window_scale, HT_UINT, "Window scale: a shift count.",
             .label = "wscale", .flags = HT_REPEATS),
    HT_FIELD(struct ht_tcp_open, sack_permitted, HT_BOOL,
             "Selective acknowledgement is permitted (RFC 2018).", .label = "sack",
             .flags = HT_REPEATS),
    HT_FIELD(struct ht_tcp_open, timestamps, HT_BOOL, "The timestamps option is there (RFC 7323).",
             .label = "ts", .flags = HT_REPEATS),
    HT_FIELD(struct ht_tcp_open, fast_open, HT_BOOL, "The Fast Open option is there (RFC 7413).",
             .label = "fast-open", .flags = HT_REPEATS),
    HT_FIELD(struct ht_tcp_open, retransmission, HT_BOOL, "The same was sent before.",
             .label = "retransmitted", .flags = HT_REPEATS),
};

static const struct ht_struct open_struct =
    HT_STRUCT(struct ht_tcp_open, "tcp_open", open_fields, "What a SYN or SYN-ACK offers.");

const struct ht_event_type ht_tcp_syn_event = {.name       = "tcp.syn",
                                               .title      = "SYN",
                                               .doc        = "The connection was asked for.",
                                               .data       = &open_struct,
                                               .in_details = true};

const struct ht_event_type ht_tcp_syn_ack_event = {.name       = "tcp.syn_ack",
                                                   .title      = "SYN-ACK",
                                                   .doc        = "The connection was accepted.",
                                                   .data       = &open_struct,
                                                   .in_details = true};

const struct ht_event_type ht_tcp_syn_again_event = {
    .name = "tcp.syn", .title = "SYN", .doc = "The same, sent again.", .data = &open_struct};

const struct ht_event_type ht_tcp_syn_ack_again_event = {.name  = "tcp.syn_ack",
                                                         .title = "SYN-ACK",
                                                         .doc   = "The same, sent again.",
                                                         .data  = &open_struct};

const struct ht_event_type ht_tcp_ack_event = {
    .name = "tcp.ack", .title = "ACK", .doc = "The three-way handshake ended."};

const struct ht_event_type ht_tcp_fin_event = {
    .name = "tcp.fin", .title = "FIN", .doc = "This side has no more to send."};

const struct ht_event_type ht_tcp_rst_event = {
    .name = "tcp.rst", .title = "RST", .doc = "This side refused or aborted the connection."};

const struct ht_event_type *const ht_tcp_events[] = {
    &ht_tcp_syn_event, &ht_tcp_syn_again_event, &ht_tcp_syn_ack_event, &ht_tcp_syn_ack_again_event,
    &ht_tcp_ack_event, &ht_tcp_fin_event,       &ht_tcp_rst_event,     NULL};
