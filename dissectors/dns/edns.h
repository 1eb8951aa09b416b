/*
 * EDNS (RFC 6891): what an OPT record and its options say. Pure.
 */
#ifndef HT_DNS_EDNS_H
#define HT_DNS_EDNS_H

#include "dns/dns.h"
#include "dns/text.h"

/* An OPT record as it came, but for its owner. */
struct dns_opt {
    uint16_t class;
    uint32_t ttl;
    struct ht_bytes rdata;
};

/* dns_edns_parse fills `out`, whose content lies in `arena` and `text`, which must be done. False
 * where the option list or the form of an option that is known is broken; `out` then holds what
 * could be read. What there is no room for is left out. */
bool dns_edns_parse(const struct dns_opt *opt, struct ht_arena *arena, struct dns_text *text,
                    struct dns_edns *out);

#endif
