/*
 * A tap: one interface that is listened to. What the source in live.c is made of.
 *
 * libpcap gives a block of its ring back to the kernel as soon as the last frame in it was handed
 * out, so frames are copied, a batch at a time: they then hold still while they are looked at, and
 * the ring is free again early.
 */
#ifndef HT_CAPTURE_TAP_H
#define HT_CAPTURE_TAP_H

#include "capture/source.h"

struct pcap;
struct ht_tap_frame; /* of a batch */

enum ht_tap_state {
    HT_TAP_OPEN,
    HT_TAP_GONE, /* the interface was removed; waited for */
    HT_TAP_ENDED /* it cannot be listened to any more */
};

struct ht_tap {
    const char *name; /* the caller's */
    struct pcap *handle;
    enum ht_tap_state state;
    bool promiscuous;
    bool down; /* or without a carrier: there are no frames, and nothing else says why */
    uint16_t link_type;
    unsigned short hardware; /* ARPHRD_, as it was at the start */
    int64_t tick_ns;         /* what the second half of a time stamp counts */
    size_t snaplen;

    struct ht_tap_frame *frames; /* the batch */
    size_t num_frames, next_frame;
    uint8_t *bytes; /* of its frames, one after the other */
    size_t num_bytes;

    uint32_t seen_dropped, seen_interface_dropped; /* libpcap's counters when last looked at */
    uint64_t dropped, interface_dropped;
};

/* ht_tap_open opens interface `name`. False with a message where it cannot; ht_tap_close is to be
 * called all the same. */
bool ht_tap_open(struct ht_tap *tap, const char *name, const struct ht_live_options *options,
                 struct ht_error *error);

void ht_tap_close(struct ht_tap *tap);

/* ht_tap_fill reads what frames there are, up to a batch of them, without waiting. What befell the
 * interface is told to `options`' notice. */
void ht_tap_fill(struct ht_tap *tap, const struct ht_live_options *options);

/* ht_tap_is_empty: was the batch handed out whole? */
static inline bool ht_tap_is_empty(const struct ht_tap *tap)
{
    return tap->next_frame == tap->num_frames;
}

/* ht_tap_time is the time of the batch's next frame; there must be one. */
int64_t ht_tap_time(const struct ht_tap *tap);

/* ht_tap_take hands out the batch's next frame, valid until ht_tap_fill; there must be one. Its
 * number and interface are left to the caller. */
void ht_tap_take(struct ht_tap *tap, struct ht_frame *out);

/* ht_tap_descriptor becomes readable when there are frames; -1 where there is nothing to wait for.
 */
int ht_tap_descriptor(const struct ht_tap *tap);

/* ht_tap_count brings `dropped` and `interface_dropped` up to date. */
void ht_tap_count(struct ht_tap *tap);

#endif
