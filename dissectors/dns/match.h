/*
 * Which bytes are DNS, and where in a stream its messages begin. Pure.
 */
#ifndef HT_DNS_MATCH_H
#define HT_DNS_MATCH_H

#include "dissect/dissector.h"

enum { DNS_PORT = 53, MDNS_PORT = 5353, LLMNR_PORT = 5355, NETBIOS_PORT = 137 };

/* dns_match_datagram: on port 53 every datagram is DNS, well-formed or not; on the ports of
 * multicast DNS and LLMNR what has their header; elsewhere only an ordinary, well-formed message.
 */
enum ht_match dns_match_datagram(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                 enum ht_side side);

/* dns_match_stream: on port 53 a length and a header that fit, elsewhere an ordinary, well-formed
 * message, which must be there whole. */
enum ht_match dns_match_stream(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                               enum ht_side side);

/* dns_frame: each message has a length of two bytes before it (RFC 7766 section 8). */
struct ht_frame_size dns_frame(const void *state, struct ht_bytes avail, enum ht_side side);

/* dns_resync looks for a length, an ordinary header and the beginning of a question. */
size_t dns_resync(struct ht_bytes avail, enum ht_side side);

#endif
