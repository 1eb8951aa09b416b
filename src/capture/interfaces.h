/*
 * The interfaces of a pcapng section: what their description blocks say, time stamps in their
 * units, and the frames they lost.
 * https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/draft-ietf-opsawg-pcapng.html, 4.2
 */
#ifndef HT_CAPTURE_INTERFACES_H
#define HT_CAPTURE_INTERFACES_H

#include "base/bytes.h"

/* Time stamps are clamped to this distance from 1970 (146 years), so that the difference of two of
 * them is a number too. */
#define HT_TIME_FARTHEST_NS ((INT64_C(1) << 62) - 1)

/* ns = ticks * multiply / divide >> shift, by if_tsresol. */
struct ht_resolution {
    uint64_t multiply;
    uint64_t divide;
    unsigned shift;
};

struct ht_interface {
    uint16_t link_type;
    uint32_t snaplen; /* 0: none */
    struct ht_resolution resolution;
    int64_t offset_s;       /* if_tsoffset */
    uint64_t lost_counted;  /* by its packets' drop counts */
    uint64_t lost_reported; /* by its latest statistics */
};

/* Owns its items. Zeroed is a valid, empty list. */
struct ht_interfaces {
    struct ht_interface *items;
    size_t len, capacity;
};

enum { HT_MAX_INTERFACES = 65536 }; /* in a section; packet blocks of old number them by 16 bits */

/* ht_resolution is what the value of an if_tsresol option means: with the upper bit a negative
 * power of 2, else of 10. Microseconds (6) where there is no option. */
struct ht_resolution ht_resolution(uint8_t tsresol);

/* ht_interface_time is the packet time that `ticks` stand for, clamped. */
int64_t ht_interface_time(const struct ht_interface *interface, uint64_t ticks);

/* ht_interfaces_add copies `interface` to the end of the list; false where it is full, or memory
 * is. */
bool ht_interfaces_add(struct ht_interfaces *list, const struct ht_interface *interface);

void ht_interfaces_free(struct ht_interfaces *list);

#endif
