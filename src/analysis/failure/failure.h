/*
 * How a handshake failed, and by whom: what alerts say, else what TCP's end does.
 */
#ifndef HT_ANALYSIS_FAILURE_H
#define HT_ANALYSIS_FAILURE_H

#include "analysis/analyzer.h"

extern const struct ht_analyzer ht_failure_analyzer;

#endif
