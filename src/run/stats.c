#include "run/stats.h"

#define ROW(member, doc, ...) HT_FIELD(struct ht_stats, member, HT_UINT, doc, __VA_ARGS__)
#define DECODE(index, a_name, a_doc)                                                               \
    {                                                                                              \
        .name = (a_name), .kind = HT_UINT, .size = sizeof(uint64_t), .doc = (a_doc),               \
        .offset = offsetof(struct ht_stats, decode) + (index) * sizeof(uint64_t),                  \
        .label  = (a_name)                                                                         \
    }

static const struct ht_field flooded_fields[] = {
    HT_FIELD(struct ht_flooded, ip, HT_ADDRESS, "The server's address.", .label = ""),
    HT_FIELD(struct ht_flooded, port, HT_UINT, "The server's port.", .label = "port"),
    HT_FIELD(struct ht_flooded, handshakes, HT_UINT, "Handshakes that were not completed.",
             .label = "handshakes"),
    HT_FIELD(struct ht_flooded, start_ns, HT_TIME, "Time of the first.", .name = "start"),
    HT_FIELD(struct ht_flooded, end_ns, HT_TIME, "Time of the last.", .name = "end"),
};

static const struct ht_struct flooded_struct =
    HT_STRUCT(struct ht_flooded, "flooded", flooded_fields, "A server under a flood of SYNs.");

static const struct ht_field stats_fields[] = {
    HT_FIELD(struct ht_stats, start_ns, HT_TIME, "Time of the earliest frame.", .name = "start"),
    HT_FIELD(struct ht_stats, end_ns, HT_TIME, "Time of the latest frame.", .name = "end"),
    ROW(sources, "Files or interfaces read.", .flags = HT_ALWAYS, .label = "sources"),
    ROW(failed_sources, "How many could not be opened, or not be read to their end.",
        .label = "failed sources"),
    ROW(frames, "Frames read.", .flags = HT_ALWAYS, .label = "frames"),
    ROW(bytes, "Bytes captured in them.", .flags = HT_ALWAYS, .label = "bytes"),
    ROW(filtered_frames, "Frames that the filter kept out.", .label = "filtered"),
    ROW(tcp_packets, "TCP segments.", .flags = HT_ALWAYS, .label = "tcp"),
    ROW(udp_packets, "UDP datagrams.", .flags = HT_ALWAYS, .label = "udp"),
    DECODE(HT_DECODE_NOT_IP, "not_ip", "Frames that hold no IP packet."),
    DECODE(HT_DECODE_NOT_TCP_UDP, "not_tcp_udp", "IP packets of other protocols."),
    DECODE(HT_DECODE_FRAGMENT, "fragments", "IP fragments."),
    DECODE(HT_DECODE_AGGREGATE, "aggregates", "IEEE 802.11 frames that hold several packets."),
    ROW(fragments.datagrams, "IP datagrams put together from fragments.",
        .name = "reassembled_datagrams", .label = "reassembled"),
    ROW(fragments.duplicates, "IP fragments that came twice.", .name = "duplicate_fragments",
        .label = "duplicate fragments"),
    ROW(fragments.overlaps,
        "Fragmented IP datagrams refused because fragments overlap: any in IPv6 (RFC 5722), with "
        "other content in IPv4.",
        .name = "overlapping_fragments", .label = "overlapping fragments"),
    ROW(fragments.malformed, "IP fragments that can be part of no datagram.",
        .name = "malformed_fragments", .label = "malformed fragments"),
    ROW(fragments.incomplete, "Fragmented IP datagrams of which fragments are missing.",
        .name = "incomplete_datagrams", .label = "incomplete datagrams"),
    ROW(fragments.evicted, "Of these, those given up early, for lack of room.",
        .name = "evicted_datagrams", .label = "evicted datagrams"),
    DECODE(HT_DECODE_TRUNCATED, "truncated_headers", "Frames cut inside their headers."),
    DECODE(HT_DECODE_MALFORMED, "malformed_headers", "Frames whose headers contradict themselves."),
    DECODE(HT_DECODE_LINK_TYPE, "unknown_link_type", "Frames of an unknown link type."),
    DECODE(HT_DECODE_ENCRYPTED, "encrypted_frames", "Frames that the link layer encrypted."),
    ROW(truncated_frames, "Frames cut by the snapshot length.", .label = "cut by snaplen"),
    ROW(connections, "Connection records written.", .flags = HT_ALWAYS, .label = "connections"),
    ROW(records, "Other records written.", .flags = HT_ALWAYS, .label = "other records"),
    ROW(flows,
        "Connections and conversations that are followed now, and have no record yet; at most as "
        "many as --max-flows says.",
        .label = "followed"),
    ROW(decrypted, "Messages that were decrypted, by keys of --keylog or in the capture.",
        .label = "decrypted"),
    ROW(capture_drops, "Frames that the capture lost, by its own count.", .label = "dropped"),
    ROW(interface_drops, "Frames that the interface lost before they could be captured.",
        .label = "dropped by the interface"),
    ROW(evicted_flows, "Flows whose story was told early, for lack of room.", .label = "evicted"),
    ROW(refused_flows, "Flows for which there was no memory at all.", .label = "refused flows"),
    ROW(unfinished_handshakes,
        "TCP handshakes that were begun and not completed, in such numbers that they have no "
        "connection records.",
        .label = "unfinished handshakes"),
    HT_FIELD(struct ht_stats, floods, HT_LIST_OBJECT, "The servers that most of them meant.",
             .of = &flooded_struct),
    ROW(lost_bytes, "TCP bytes that were sent but are not in the capture.", .label = "lost bytes"),
    ROW(out_of_order, "TCP segments that came early.", .label = "out of order"),
    ROW(duplicates, "TCP segments that brought nothing new.", .label = "duplicates"),
    ROW(mirror_duplicates, "Packets captured twice, as from a mirror port, and left out.",
        .label = "captured twice"),
    ROW(refused_allocations, "Requests for memory past the bound.", .label = "refused"),
    ROW(peak_bytes, "The most memory that flows held."),
    ROW(output_drops, "Records for which the output queue had no room.",
        .label = "records dropped"),
    ROW(output_errors, "Attempts to write that failed.", .label = "output errors"),
    ROW(queue_peak_bytes, "The most that waited to be written."),
    HT_FIELD(struct ht_stats, time_ns, HT_TIME,
             "When this was written, where frames are captured live; also while none come.",
             .name = "time"),
    ROW(wall_ns, "Time that the run took."),
    ROW(cpu_ns, "Processor time that the run took."),
};

static const struct ht_struct stats_struct = HT_STRUCT(
    struct ht_stats, "stats", stats_fields,
    "What a run read, dropped and met until then: one at its end, live one every minute.");

const struct ht_record_type ht_stats_record = {.name = "stats", .data = &stats_struct};

/* Where all places are taken the least flooded server yields its place, and its count with it, so
 * that whoever has more than a 32nd of all is there (Metwally's space-saving). */
static struct ht_flooded *place_of(struct ht_stats *stats, const struct ht_endpoint *server)
{
    struct ht_flooded *least = &stats->flooded[0];
    for (size_t i = 0; i < stats->floods.len; i++) {
        struct ht_flooded *each = &stats->flooded[i];
        if (each->port == server->port && ht_address_equal(&each->ip, &server->address)) {
            return each;
        }
        least = each->handshakes < least->handshakes ? each : least;
    }
    if (stats->floods.len < HT_MAX_FLOODED) {
        stats->floods.items = stats->flooded;
        least               = &stats->flooded[stats->floods.len++];
    }
    least->ip       = server->address;
    least->port     = server->port;
    least->start_ns = INT64_MAX;
    least->end_ns   = INT64_MIN;
    return least;
}

static void widen(int64_t *start_ns, int64_t *end_ns, int64_t from_ns, int64_t to_ns)
{
    *start_ns = from_ns < *start_ns ? from_ns : *start_ns;
    *end_ns   = to_ns > *end_ns ? to_ns : *end_ns;
}

void ht_stats_count_unfinished(struct ht_stats *stats, const struct ht_endpoint *server,
                               int64_t time_ns)
{
    struct ht_flooded *flooded = place_of(stats, server);
    stats->unfinished_handshakes++;
    flooded->handshakes++;
    widen(&flooded->start_ns, &flooded->end_ns, time_ns, time_ns);
}

static void add_floods(struct ht_stats *stats, const struct ht_stats *more)
{
    for (size_t i = 0; i < more->floods.len; i++) {
        const struct ht_flooded *from   = &more->flooded[i];
        const struct ht_endpoint server = {.address = from->ip, .port = from->port};
        struct ht_flooded *to           = place_of(stats, &server);
        to->handshakes += from->handshakes;
        widen(&to->start_ns, &to->end_ns, from->start_ns, from->end_ns);
    }
}

void ht_stats_add(struct ht_stats *stats, const struct ht_stats *more)
{
    if (stats->frames == 0) {
        stats->start_ns = more->start_ns;
        stats->end_ns   = more->end_ns;
    } else if (more->frames > 0) {
        widen(&stats->start_ns, &stats->end_ns, more->start_ns, more->end_ns);
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(stats_fields); i++) {
        const struct ht_field *field = &stats_fields[i];
        if (field->kind == HT_UINT) {
            *(uint64_t *)((char *)stats + field->offset) += ht_field_uint(field, more);
        }
    }
    add_floods(stats, more);
}
