/*
 * The header of the PROXY protocol. Private to this folder and its tests.
 */
#ifndef HT_PROXY_PROXY_PROTOCOL_H
#define HT_PROXY_PROXY_PROTOCOL_H

#include "proxy/common.h"

/* proxy_v1_parse reads a line with its CR LF; proxy_v2_parse a whole binary header. Both fill what
 * the details say of a PROXY header, with views of `in`. */
bool proxy_v1_parse(struct ht_bytes in, struct proxy_details *out);
bool proxy_v2_parse(struct ht_bytes in, struct proxy_details *out);

#endif
