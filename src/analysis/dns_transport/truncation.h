/*
 * A DNS answer over UDP that had to be shortened is asked for again over TCP (RFC 7766 section 5).
 * Fills `truncated_answer_frame` of that TCP connection.
 */
#ifndef HT_ANALYSIS_TRUNCATION_H
#define HT_ANALYSIS_TRUNCATION_H

#include "analysis/analyzer.h"

enum { HT_TRUNCATION_KEPT = 1024, HT_TRUNCATION_MAX_AGE_S = 10 };

/* Keeps the latest HT_TRUNCATION_KEPT truncated answers. The client asks the same server the same
 * over TCP up to HT_TRUNCATION_MAX_AGE_S later; of a connection with several such questions the
 * first answer is told. */
extern const struct ht_analyzer ht_truncation_analyzer;

#endif
