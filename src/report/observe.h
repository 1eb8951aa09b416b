/* What a connection adds to a state. Not for use outside this folder. */
#ifndef HT_REPORT_OBSERVE_H
#define HT_REPORT_OBSERVE_H

#include "analysis/audit/case.h"
#include "report/state.h"
#include "starttls/starttls.h"

struct dns_transaction;

/* report_observe adds a connection, judged already. */
void report_observe(struct report_state *state, const struct ht_connection *connection);

/* report_observe_lookup adds a DNS transaction of the flow at hand. */
void report_observe_lookup(struct report_state *state, const struct ht_analysis *a,
                           const struct dns_transaction *transaction);

/* report_connection_number is the number in "c-5f0e1c9a7b3d2468". */
uint64_t report_connection_number(struct ht_bytes id);

/* report_host_of is the number of an address. */
uint32_t report_host_of(struct report_state *state, const struct ht_address *address);

/* report_flags_of_service is what HTTPS records told the client, and it did not do: REPORT_TOLD_H3,
 * REPORT_TOLD_PORT. report_ech_of is a session's `ech`. */
unsigned report_flags_of_service(const struct ht_connection *c, const struct tls_details *tls);
uint32_t report_ech_of(const struct tls_details *tls);

/* The connection at hand. */
struct observer {
    struct report_state *state;
    const struct ht_connection *connection;
    const struct audit_case *c; /* the audit's, or else */
    struct audit_case own_case;
    const struct starttls_details *starttls; /* NULL: none */
    struct report_sight sight;
    uint32_t server; /* index plus one */
    uint32_t ja4;
    uint64_t session; /* hash of both randoms; 0: one was not seen */
    uint8_t outcome;
};

/* observe_values tells of what must not come twice, in `values`. */
void observe_values(const struct observer *o, struct report_values *values);

#endif
