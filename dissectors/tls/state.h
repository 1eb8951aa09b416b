/*
 * What the files of a session share: tls.c (TLS records), session.c (what any record tells),
 * handshake.c (messages), ending.c (what is absent, what can be inferred).
 */
#ifndef HT_TLS_STATE_H
#define HT_TLS_STATE_H

#include "tls/session.h"

/* tls_handshake_fragment takes a record's fragment of handshake messages that is not encrypted. */
void tls_handshake_fragment(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                            const struct tls_record *record, bool partial);

/* tls_handshake_missed says that a message of `from` was not seen: nothing that is said about all
 * messages can be checked. */
void tls_handshake_missed(struct tls_state *state, enum ht_side from);

/* tls_handshake_anew says that another handshake begins: what was said before is no part of it. */
void tls_handshake_anew(struct tls_state *state);

/* tls_said_before is all that both sides said before `from` speaks now, in scratch, as it is signed
 * and hashed; empty where a message of it is missing. There must be a `state->proof`. */
struct ht_bytes tls_said_before(const struct tls_state *state, const struct ht_emitter *e,
                                enum ht_side from);

/* tls_keep_alert adds an alert to the details; past TLS_MAX_ALERTS, where it returns false, it is
 * only in the timeline. */
bool tls_keep_alert(struct tls_state *state, struct ht_emitter *e, const struct tls_alert *alert);

/* tls_close_notify_inferred is an encrypted alert of `from`, in the frame at hand, that can only be
 * close_notify. */
struct tls_alert tls_close_notify_inferred(const struct tls_state *state,
                                           const struct ht_emitter *e, enum ht_side from);

/* tls_client_random and tls_server_random are those of the last hellos; empty where there are none.
 */
struct ht_bytes tls_client_random(const struct tls_state *state, const struct ht_emitter *e);
struct ht_bytes tls_server_random(const struct tls_state *state, const struct ht_emitter *e);

/* tls_now is the frame at hand, and the order of the record at hand. */
static inline struct tls_place tls_now(const struct tls_state *state, const struct ht_emitter *e)
{
    struct tls_place place = tls_here(e);
    place.order            = state->order;
    return place;
}

/* tls_take_data takes a record of application data, its fragment `len` bytes long. */
static inline void tls_take_data(struct tls_state *state, const struct ht_emitter *e,
                                 enum ht_side from, size_t len)
{
    struct tls_direction *d      = &state->direction[from];
    const struct tls_place place = tls_now(state, e);
    if (d->num_kept < TLS_KEPT_RECORDS) {
        d->kept.place[d->num_kept] = place;
        d->kept.len[d->num_kept++] = (uint16_t)len; /* as the record's header has it */
    }
    d->records++;
    d->bytes += len;
    d->last_data     = place;
    d->last_data_len = (uint32_t)len;
}

/* tls_first_data is where a direction's first encrypted record was seen; all zero where none was.
 */
static inline struct tls_place tls_first_data(const struct tls_direction *d)
{
    return d->kept.place[0];
}

/* tls_saw_certificate: did any side send a Certificate message, though perhaps empty or cut? */
static inline bool tls_saw_certificate(const struct tls_state *state)
{
    return state->direction[0].certificate_told || state->direction[1].certificate_told;
}

/* tls_suite_traits is what is known by the names of what a ServerHello chose; nothing where they
 * are unknown. tls_exchange_name is the session's kind of key exchange, by a ServerKeyExchange's
 * group where there is one though TLS 1.3 has none; NULL: it is not known. */
struct tls_suite_traits tls_suite_traits(const struct tls_server_hello *hello);
const char *tls_exchange_name(const struct tls_state *state);

/* tls_mac_len is how many bytes behind a message in clear are its MAC, by the suite negotiated. */
size_t tls_mac_len(const struct tls_state *state);

/* tls_hidden is HT_EVENT_ENCRYPTED, or 0 where the suite negotiated encrypts nothing. */
static inline unsigned tls_hidden(const struct tls_state *state)
{
    return state->suite.in_clear ? 0 : HT_EVENT_ENCRYPTED;
}

#endif
