/* What analyzers find wrong with a connection. */
#ifndef HT_ANALYSIS_FINDING_H
#define HT_ANALYSIS_FINDING_H

#include "event/connection.h"

/* ht_finding_add adds a copy of `finding` to the connection's, behind those that are there: in
 * `arena`, its evidence and frames too. Nothing is added where there is no room. */
void ht_finding_add(struct ht_connection *c, struct ht_arena *arena,
                    const struct ht_finding *finding);

#endif
