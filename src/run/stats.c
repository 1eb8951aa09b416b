#include "run/stats.h"

#define ROW(member, doc, ...) HT_FIELD(struct ht_stats, member, HT_UINT, doc, __VA_ARGS__)
#define DECODE(index, a_name, a_doc)                                                               \
    {                                                                                              \
        .name = (a_name), .kind = HT_UINT, .size = sizeof(uint64_t), .doc = (a_doc),               \
        .offset = offsetof(struct ht_stats, decode) + (index) * sizeof(uint64_t),                  \
        .label  = (a_name)                                                                         \
    }

static const struct ht_field stats_fields[] = {
    HT_FIELD(struct ht_stats, start_ns, HT_TIME, "Time of the earliest frame.", .name = "start"),
    HT_FIELD(struct ht_stats, end_ns, HT_TIME, "Time of the latest frame.", .name = "end"),
    ROW(sources, "Files or interfaces read.", .flags = HT_ALWAYS, .label = "sources"),
    ROW(failed_sources, "Of these, how many could not be read to their end.",
        .label = "failed sources"),
    ROW(frames, "Frames read.", .flags = HT_ALWAYS, .label = "frames"),
    ROW(bytes, "Bytes captured in them.", .flags = HT_ALWAYS, .label = "bytes"),
    ROW(filtered_frames, "Frames that the filter kept out.", .label = "filtered"),
    ROW(tcp_packets, "TCP segments.", .flags = HT_ALWAYS, .label = "tcp"),
    ROW(udp_packets, "UDP datagrams.", .flags = HT_ALWAYS, .label = "udp"),
    DECODE(HT_DECODE_NOT_IP, "not_ip", "Frames that hold no IP packet."),
    DECODE(HT_DECODE_NOT_TCP_UDP, "not_tcp_udp", "IP packets of other protocols."),
    DECODE(HT_DECODE_FRAGMENT, "fragments", "IP fragments, not looked into."),
    DECODE(HT_DECODE_TRUNCATED, "truncated_headers", "Frames cut inside their headers."),
    DECODE(HT_DECODE_MALFORMED, "malformed_headers", "Frames whose headers contradict themselves."),
    DECODE(HT_DECODE_LINK_TYPE, "unknown_link_type", "Frames of an unknown link type."),
    ROW(truncated_frames, "Frames cut by the snapshot length.", .label = "cut by snaplen"),
    ROW(connections, "Connection records written.", .flags = HT_ALWAYS, .label = "connections"),
    ROW(records, "Other records written.", .flags = HT_ALWAYS, .label = "other records"),
    ROW(capture_drops, "Frames that the capture lost, by its own count.", .label = "dropped"),
    ROW(evicted_flows, "Flows whose story was told early, for lack of room.", .label = "evicted"),
    ROW(refused_flows, "Flows for which there was no memory at all.", .label = "refused flows"),
    ROW(lost_bytes, "TCP bytes that were sent but are not in the capture.", .label = "lost bytes"),
    ROW(out_of_order, "TCP segments that came early.", .label = "out of order"),
    ROW(duplicates, "TCP segments that brought nothing new.", .label = "duplicates"),
    ROW(refused_allocations, "Requests for memory past the bound.", .label = "refused"),
    ROW(peak_bytes, "The most memory that flows held."),
    ROW(wall_ns, "Time that the run took."),
    ROW(cpu_ns, "Processor time that the run took."),
};

static const struct ht_struct stats_struct = HT_STRUCT(
    struct ht_stats, "stats", stats_fields, "What a run read, dropped and met; one, at its end.");

const struct ht_record_type ht_stats_record = {.name = "stats", .data = &stats_struct};
