/*
 * How long the handshake took, and how much of that was the server's own: what the times of the
 * timeline and TCP's round trip add up to.
 */
#ifndef HT_ANALYSIS_TIMING_H
#define HT_ANALYSIS_TIMING_H

#include "analysis/analyzer.h"

extern const struct ht_analyzer ht_timing_analyzer;

#endif
