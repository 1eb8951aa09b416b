/*
 * Records opened with the keys of a key log (RFC 9850). Each says the epoch that it is of, and so
 * the keys: it is opened whatever came before it, late ones too.
 */
#ifndef HT_DTLS_DECRYPT_H
#define HT_DTLS_DECRYPT_H

#include "dtls/state.h"

/* dtls_open decrypts a record of an epoch with keys, into scratch: `out` is the record of what was
 * in it. False where it holds application data for all that can be told from outside, or cannot be
 * opened. Of DTLS 1.3 `record` gets its number where that is known. There are `state->tls.keys`. */
bool dtls_open(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
               uint16_t epoch, struct dtls_record *record, struct dtls_record *out);

/* A record that waits for the hellos by which it can be opened. */
struct dtls_held {
    struct dtls_record record; /* a copy, in the flow's arena */
    struct tls_place place;
    enum ht_side from;
};

/* dtls_hold keeps an encrypted record that came before the ServerHello; false where that is there,
 * or there are no keys, or enough is kept. */
bool dtls_hold(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
               const struct dtls_record *record);

/* dtls_note_data notes that an encrypted record was application data. There are `state->tls.keys`.
 */
void dtls_note_data(struct dtls_state *state, const struct ht_emitter *e, enum ht_side from,
                    uint16_t epoch, const struct dtls_record *record);

/* dtls_forget_keys: epochs begin anew, under other keys. */
void dtls_forget_keys(struct dtls_direction *d);

#endif
