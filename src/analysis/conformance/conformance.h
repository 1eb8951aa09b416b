/*
 * Does what was seen of a TLS session keep to its RFCs? Each rule is a row of a table; what breaks
 * it is a finding, with its frames. A rule is only asked where nothing that the capture lacks could
 * be the reason.
 */
#ifndef HT_ANALYSIS_CONFORMANCE_H
#define HT_ANALYSIS_CONFORMANCE_H

#include "analysis/analyzer.h"

extern const struct ht_analyzer ht_conformance_analyzer;

#endif
