/* Resource records, read as service.h tells them. Pure. */
#ifndef HT_ANALYSIS_SERVICE_RECORDS_H
#define HT_ANALYSIS_SERVICE_RECORDS_H

#include "analysis/service/service.h"
#include "dns/dns.h"

enum { TYPE_TLSA = 52, TYPE_HTTPS = 65, TYPE_CAA = 257 };

/* Each reads those records of its type that an answer holds; false where there are none, or where
 * they cannot be taken at their word. All bytes of `out` are set. */
bool service_read_https(const struct ht_objects *answers, struct ht_https_records *out);
bool service_read_tlsa(const struct ht_objects *answers, struct ht_tlsa_records *out);
bool service_read_caa(const struct ht_objects *answers, struct ht_caa_records *out);

#endif
