#include "analysis/analysis.h"

#include "analysis/certificate/certificate.h"
#include "analysis/fingerprint/fingerprint.h"
#include "analysis/resolution/resolution.h"

const struct ht_analyzer *const ht_analyzers[] = {
    &ht_fingerprint_analyzer,
    &ht_certificate_analyzer,
    &ht_resolution_analyzer,
    NULL,
};
