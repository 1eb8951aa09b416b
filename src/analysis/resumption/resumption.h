/*
 * Which earlier connection a resumed session comes from: the one whose ServerHello gave the session
 * id (RFC 5246 section 7.4.1.3), or whose NewSessionTicket the ticket (RFC 5077). In TLS 1.3
 * tickets are issued encrypted; that the same one was offered before can be told.
 */
#ifndef HT_ANALYSIS_RESUMPTION_H
#define HT_ANALYSIS_RESUMPTION_H

#include "analysis/analyzer.h"

enum { HT_RESUMPTION_SETS = 4096, HT_RESUMPTION_WAYS = 4, HT_RESUMPTION_NAMES = 1024 };

extern const struct ht_analyzer ht_resumption_analyzer;

#endif
