/*
 * Joins a connection to the DNS answer that led to it.
 *
 * Each address in an answer is remembered with the name that was asked for, the aliases on the way,
 * the lowest TTL on the way, and who asked. Of the answers with a server's address given at or
 * before the connection's start, the one that led to it is, in this order: under the name that the
 * client's hello gives (SNI), to the same client, the latest. Its verdict:
 *
 *   fresh            not older than 1 s, whatever its TTL
 *   within_ttl       not older than its TTL
 *   beyond_ttl       older
 *   other_client     only another host was given the address
 *   none_seen        no such answer was seen
 *   literal_address  the hello gives no name, and no answer explains that: the client was not given
 *                    the address within its TTL
 *
 * One of several files that are read in a run may be of another time or network. What it holds is
 * told all the same, without the numbers of its frames, and accuses nobody (`elsewhere`).
 *
 * An answer under another name than the hello's led elsewhere, and is not taken; but where the
 * hello offers Encrypted ClientHello its name may be a front, and a fresh answer to the same client
 * is taken. What was multicast was given to everybody.
 */
#ifndef HT_ANALYSIS_RESOLUTION_RESOLUTION_H
#define HT_ANALYSIS_RESOLUTION_RESOLUTION_H

#include "analysis/analyzer.h"

#define HT_RESOLUTION_FRESH_NS HT_SECOND_NS

/* Bounds. Of what led to no connection the older half is forgotten, at once, to make room. */
enum {
    HT_RESOLUTION_MAX_ANSWERS = 131072,
    HT_RESOLUTION_MAX_BYTES   = 48 << 20, /* of the answers, with their names */
    HT_RESOLUTION_MAX_CNAMES  = 16
};

extern const struct ht_analyzer ht_resolution_analyzer;

#endif
