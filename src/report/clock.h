/*
 * How the capture's clock compares with those of who signs: logs of certificates, OCSP responders.
 * Not for use outside this folder.
 */
#ifndef HT_REPORT_CLOCK_H
#define HT_REPORT_CLOCK_H

#include "analysis/audit/case.h"
#include "report/state.h"

/* report_clock_observe adds what a connection with `server` says of it, if anything. */
void report_clock_observe(struct report_state *state, const struct audit_case *c,
                          const struct report_sight *sight, uint32_t server);

/* report_clock_add adds what others said. */
void report_clock_add(struct report_state *state, const struct report_clock *more);

#endif
