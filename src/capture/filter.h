/*
 * Capture filters in the language of pcap-filter(7), compiled by libpcap and run here, so that they
 * hold for files of several link types too.
 */
#ifndef HT_CAPTURE_FILTER_H
#define HT_CAPTURE_FILTER_H

#include "base/error.h"
#include "packet/packet.h"

struct ht_filter; /* owned by whoever opened it */

/* ht_filter_open checks `expression` against Ethernet; NULL with libpcap's message where it is
 * wrong. Other link types are compiled when first met. */
struct ht_filter *ht_filter_open(const char *expression, struct ht_error *error);

/* ht_filter_match: does the frame pass? A frame of a link type for which the expression makes no
 * sense (libpcap refuses it) does not pass. */
bool ht_filter_match(struct ht_filter *filter, const struct ht_frame *frame);

void ht_filter_close(struct ht_filter *filter);

#endif
