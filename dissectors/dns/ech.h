/*
 * Configurations for Encrypted Client Hello (RFC 9849 section 4) in service records. Pure.
 */
#ifndef HT_DNS_ECH_H
#define HT_DNS_ECH_H

#include "base/arena.h"
#include "dns/dns.h"

enum { DNS_ECH_VERSION = 0xFE0D, DNS_ECH_MAX_CONFIGS = 16 };

/* dns_ech_list returns the ECHConfigs in an ECHConfigList, to be read by dns_ech_next until rd_more
 * is false; a failed reader where the length does not fit. */
struct ht_reader dns_ech_list(struct ht_bytes list);

/* dns_ech_next reads the next ECHConfig into `out`, views; of another version than DNS_ECH_VERSION
 * only that. False where it is malformed; the reader goes on behind it, and fails where it is cut.
 */
bool dns_ech_next(struct ht_reader *list, struct dns_ech_config *out);

/* dns_ech_parse reads an ECHConfigList, up to DNS_ECH_MAX_CONFIGS of it, into `arena`; names stay
 * views of `list`. False where it breaks its form; `out` then has the configurations before that.
 */
bool dns_ech_parse(struct ht_bytes list, struct ht_arena *arena, struct ht_objects *out);

/* dns_ech_find returns what the ech parameter of an SVCB or HTTPS record says, in `arena`; NULL
 * where there is none that can be read, or no room. */
const struct dns_ech *dns_ech_find(struct ht_bytes rdata, struct ht_arena *arena);

#endif
