/*
 * The analyzers, in the order in which each event, record and connection passes them.
 */
#ifndef HT_ANALYSIS_ANALYSIS_H
#define HT_ANALYSIS_ANALYSIS_H

#include "analysis/analyzer.h"

/* NULL-terminated. */
extern const struct ht_analyzer *const ht_analyzers[];

#endif
