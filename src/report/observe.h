/* What a connection adds to a state. Not for use outside this folder. */
#ifndef HT_REPORT_OBSERVE_H
#define HT_REPORT_OBSERVE_H

#include "report/state.h"

/* report_observe adds a connection, judged already. */
void report_observe(struct report_state *state, const struct ht_connection *connection);

#endif
