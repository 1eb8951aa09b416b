/*
 * What the end of a flow is judged with: shared by ending.c and inference.c.
 */
#ifndef HT_TLS_ENDING_H
#define HT_TLS_ENDING_H

#include "tls/state.h"

struct tls_ending {
    struct tls_state *state;
    struct ht_emitter *e;
    const struct ht_end *end;
    enum ht_side client, server;
};

/* tls_before is whether `a` came before `b`: of a stream in the order of being handed over, for
 * what answers something is handed over after it even where the capture's clock says otherwise. */
static inline bool tls_before(struct tls_place a, struct tls_place b)
{
    if (a.order != b.order) {
        return a.order < b.order;
    }
    return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.frame < b.frame;
}

/* tls_absent_at says at `place` in the timeline that a message of `from` was not seen, and why. */
void tls_absent_at(const struct tls_ending *x, const struct ht_event_type *type, enum ht_side from,
                   const char *reason, struct tls_place place);

/* tls_emit_at says that `from` did this at `place`. */
void tls_emit_at(const struct tls_ending *x, const struct ht_event_type *type, enum ht_side from,
                 unsigned flags, void *event, struct tls_place place);

/* tls_standstill is where a handshake that the server did not finish got to: what is absent of its
 * rest stands there, behind all that came. Of any other it is ServerHello's place. */
struct tls_place tls_standstill(const struct tls_ending *x);

/* tls_is_unasked: is what `from` said at `place` no answer to how the other side closed the
 * connection? */
bool tls_is_unasked(const struct tls_ending *x, enum ht_side from, struct tls_place place);

/* tls13_infer tells what can be known of the encrypted part of a TLS 1.3 handshake from the places
 * and sizes of its records, all of it marked inferred. */
void tls13_infer(const struct tls_ending *x);

/* tls13_data_was_answered is whether the server went on after data of the client, those behind the
 * first `flight` records kept, with more than an alert. A client says them when it has the server's
 * Finished, and a server reads them when it has the client's (RFC 8446 sections 2 and 4.4.4): the
 * handshake was completed, though of one of them nothing may have been captured. */
bool tls13_data_was_answered(const struct tls_ending *x, size_t flight);

/* tls13_end_decrypted completes a handshake that was decrypted, all or a side of it. */
void tls13_end_decrypted(const struct tls_ending *x);

/* tls13_end_quic says that what follows ServerHello is encrypted; there are no records to judge. */
void tls13_end_quic(const struct tls_ending *x);

#endif
