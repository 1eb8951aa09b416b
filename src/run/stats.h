/*
 * What a run read, dropped and met: the record at its end.
 */
#ifndef HT_RUN_STATS_H
#define HT_RUN_STATS_H

#include "event/event.h"
#include "packet/packet.h"

struct ht_stats {
    int64_t start_ns, end_ns; /* of packet time */
    uint64_t sources, failed_sources;
    uint64_t frames, bytes;
    uint64_t filtered_frames; /* that --filter kept out */
    uint64_t decode[HT_NUM_DECODES];
    uint64_t truncated_frames;
    uint64_t tcp_packets, udp_packets;
    uint64_t connections, records;
    uint64_t capture_drops; /* that the capturing program or kernel counted */
    uint64_t evicted_flows; /* whose story was told early, for lack of room */
    uint64_t refused_flows; /* for which there was no memory at all */
    uint64_t lost_bytes, out_of_order, duplicates;
    uint64_t refused_allocations, peak_bytes;
    uint64_t wall_ns, cpu_ns;
};

extern const struct ht_record_type ht_stats_record;

#endif
