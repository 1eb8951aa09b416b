#include "analysis/analysis.h"

#include "analysis/certificate/certificate.h"
#include "analysis/conformance/conformance.h"
#include "analysis/dns_transport/encrypted_dns.h"
#include "analysis/dns_transport/truncation.h"
#include "analysis/ech/ech.h"
#include "analysis/failure/failure.h"
#include "analysis/fingerprint/fingerprint.h"
#include "analysis/key_exchange/key_exchange.h"
#include "analysis/migration/migration.h"
#include "analysis/resolution/resolution.h"
#include "analysis/resumption/resumption.h"
#include "analysis/timing/timing.h"

const struct ht_analyzer *const ht_analyzers[] = {
    &ht_fingerprint_analyzer,
    &ht_certificate_analyzer,
    &ht_key_exchange_analyzer, /* after the certificates' digests */
    &ht_resolution_analyzer,
    &ht_failure_analyzer,
    &ht_timing_analyzer,
    &ht_encrypted_dns_analyzer, /* after the server's name */
    &ht_truncation_analyzer,
    &ht_ech_analyzer, /* after the look-up that led here */
    &ht_resumption_analyzer,
    &ht_migration_analyzer, /* confirms flows that have no beginning of their own */
    &ht_conformance_analyzer,
    NULL,
};
