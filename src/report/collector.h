/*
 * What is kept of all connections together: a summary of each server and client, and what can only
 * be found across connections. An analyzer in each engine, in bounded memory, whose states are
 * merged at the end; the result does not depend on how many there were.
 */
#ifndef HT_REPORT_COLLECTOR_H
#define HT_REPORT_COLLECTOR_H

#include "analysis/analyzer.h"

extern const struct ht_analyzer ht_collector_analyzer;

#endif
