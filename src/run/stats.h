/*
 * What a run read, dropped and met: the record at its end.
 */
#ifndef HT_RUN_STATS_H
#define HT_RUN_STATS_H

#include "event/event.h"
#include "packet/fragments.h"

enum { HT_MAX_FLOODED = 32 };

/* A server that too many handshakes were begun with and not completed. */
struct ht_flooded {
    struct ht_address ip;
    uint16_t port;
    uint64_t handshakes;
    int64_t start_ns, end_ns;
};

struct ht_stats {
    int64_t start_ns, end_ns; /* of packet time */
    uint64_t sources, failed_sources;
    uint64_t frames, bytes;
    uint64_t filtered_frames; /* that --filter kept out */
    uint64_t decode[HT_NUM_DECODES];
    uint64_t truncated_frames;
    struct ht_fragment_counts fragments;
    uint64_t tcp_packets, udp_packets;
    uint64_t connections, records;
    uint64_t flows;                 /* that are followed now */
    uint64_t decrypted;             /* events that took keys to be told */
    uint64_t capture_drops;         /* that the capturing program or kernel counted */
    uint64_t evicted_flows;         /* whose story was told early, for lack of room */
    uint64_t refused_flows;         /* for which there was no memory at all */
    uint64_t unfinished_handshakes; /* too many to be told one by one */
    struct ht_objects floods; /* of struct ht_flooded: those servers that most of them meant */
    struct ht_flooded flooded[HT_MAX_FLOODED];
    uint64_t lost_bytes, out_of_order, duplicates, mirror_duplicates;
    uint64_t refused_allocations, peak_bytes;
    uint64_t interface_drops; /* that the interface counted */
    uint64_t output_drops;    /* records for which the output queue had no room */
    uint64_t output_errors, queue_peak_bytes;
    uint64_t wall_ns, cpu_ns;
    int64_t time_ns; /* when they were asked for; 0: of files, where that is of no interest */
};

extern const struct ht_record_type ht_stats_record;

/* ht_stats_add adds the counters of `more`, as of one run. */
void ht_stats_add(struct ht_stats *stats, const struct ht_stats *more);

/* ht_stats_count_unfinished counts a handshake with `server` that is not told singly. */
void ht_stats_count_unfinished(struct ht_stats *stats, const struct ht_endpoint *server,
                               int64_t time_ns);

#endif
