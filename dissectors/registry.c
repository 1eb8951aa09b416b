#include "registry.h"

extern const struct ht_dissector dns_dissector, dns_stream_dissector;
extern const struct ht_dissector tls_dissector;

const struct ht_dissector *const ht_dissectors[] = {
    &tls_dissector,
    &dns_dissector,
    &dns_stream_dissector,
    NULL,
};
