/*
 * Does what was seen of a TLS session keep to its RFCs? Each rule is a row of a table; what breaks
 * it is a finding, with its frames. A rule is only asked where nothing that the capture lacks could
 * be the reason. They are asked of every connection; a policy, where there is one, says what
 * becomes of what they find.
 */
#ifndef HT_ANALYSIS_CONFORMANCE_H
#define HT_ANALYSIS_CONFORMANCE_H

#include "analysis/analyzer.h"
#include "analysis/rule.h"

/* ht_conformance_rule is a rule; NULL: there is no such index. */
const struct ht_rule *ht_conformance_rule(size_t index);

extern const struct ht_analyzer ht_conformance_analyzer;

#endif
