/*
 * Where TLS begins amid another protocol. For this folder, and for ../proxy.
 */
#ifndef HT_STARTTLS_BEGINS_H
#define HT_STARTTLS_BEGINS_H

#include "dissect/dissector.h"

/* starttls_is_tls: a TLS record begins here, as nothing of the plain protocols does (RFC 8446
 * section 5.1). MORE: too few bytes to tell. Pure. */
enum ht_match starttls_is_tls(struct ht_bytes at);

/* starttls_resync is for struct ht_dissector: after a hole, in which the upgrade may have been, the
 * header of a TLS record is looked for. */
size_t starttls_resync(struct ht_bytes avail, enum ht_side side);

#endif
