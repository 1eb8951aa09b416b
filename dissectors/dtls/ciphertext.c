/*
 * What DTLS 1.3 encrypts: its unified header (RFC 9147 section 4) hides the content type but tells
 * the epoch, so that the handshake and data can be told apart.
 */
#include "dtls/decrypt.h"

uint16_t dtls_whole_epoch(uint16_t highest, uint16_t bits)
{
    if (highest <= DTLS_EPOCH_DATA) {
        return bits > 0 ? bits : DTLS_EPOCH_DATA + 1;
    }
    uint16_t ahead = (uint16_t)((bits - highest) & 3);
    return (uint16_t)(ahead <= 1 ? highest + ahead : highest + ahead - 4);
}

void dtls_take_as_tls(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct dtls_record *record, uint8_t type)
{
    struct tls_record plain = {.type      = type,
                               .version   = record->version,
                               .length    = (uint16_t)record->length,
                               .decrypted = record->decrypted,
                               .fragment  = record->fragment};
    (void)tls_take_record(&state->tls, e, from, &plain, record->length,
                          record->fragment.len < record->length);
}

/* An encrypted record that has the size of an ACK of a few records. */
static bool looks_like_ack(const struct dtls_state *state, const struct dtls_record *record)
{
    enum { CCM_8 = 0x1305, RECORD_NUMBER = 16, FEW = 8 };
    size_t tag      = state->tls.details.cipher_suite.id == CCM_8 ? 8 : 16;
    size_t overhead = 2 + 1 + tag; /* the list's length, the content type */
    return record->length >= overhead + RECORD_NUMBER &&
           record->length <= overhead + (size_t)FEW * RECORD_NUMBER &&
           (record->length - overhead) % RECORD_NUMBER == 0;
}

/* DTLS 1.3 has an ACK where TLS has nothing: of a part of the server's flight, before the client's
 * own; and of the client's Finished, the first that the server says after it. */
static bool is_ack_by_place(const struct dtls_state *state, enum ht_side from, uint16_t epoch,
                            const struct dtls_record *record)
{
    const struct dtls_direction *d = &state->direction[from];
    bool client                    = from == state->tls.client;
    bool first                     = d->epochs[d->num_epochs - 1].records == 1;
    return (client ? epoch == DTLS_EPOCH_HANDSHAKE : epoch == DTLS_EPOCH_DATA && first) &&
           looks_like_ack(state, record);
}

void dtls_end_flight(struct dtls_state *state, struct ht_emitter *e, enum ht_side from)
{
    struct dtls_direction *d   = &state->direction[from];
    const struct tls_place now = tls_here(e);
    const uint16_t order       = state->tls.order;
    state->tls.order           = d->flight_place.order;
    e->frame                   = d->flight_place.frame;
    e->time_ns                 = d->flight_place.time_ns;
    for (size_t i = 0; i < d->num_flight; i++) {
        const struct dtls_record record = {.length = d->flight[i]};
        dtls_take_as_tls(state, e, from, &record, TLS_APPLICATION_DATA);
    }
    d->num_flight    = 0;
    state->tls.order = order;
    e->frame         = now.frame;
    e->time_ns       = now.time_ns;
}

/* Finished is the last message of the client's flight: all of that is told where its last record
 * is. */
static void add_to_flight(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                          const struct dtls_record *record)
{
    struct dtls_direction *d = &state->direction[from];
    if (d->num_flight == DTLS_MAX_FLIGHT) {
        dtls_end_flight(state, e, from);
    }
    d->flight[d->num_flight++] = (uint16_t)record->length;
    d->flight_place            = tls_here(e);
    d->flight_place.order      = state->tls.order;
}

void dtls_take_ciphertext(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                          uint16_t epoch, const struct dtls_record *record)
{
    struct dtls_direction *d = &state->direction[from];
    if (is_ack_by_place(state, from, epoch, record)) {
        struct dtls_ack data = {0};
        if (dtls_tell_aside(state)) {
            (void)ht_emit(e, &dtls_ack_event, from, HT_EVENT_ENCRYPTED | HT_EVENT_INFERRED, &data);
        }
    } else if (epoch < d->epoch) {
        /* late, or sent again: not a part of what goes on now */
        state->details.late_records++;
    } else if (epoch == DTLS_EPOCH_HANDSHAKE && from == state->tls.client) {
        add_to_flight(state, e, from, record);
    } else {
        if (state->tls.keys != NULL) {
            dtls_note_data(state, e, from, epoch, record);
        }
        dtls_end_flight(state, e, from);
        dtls_take_as_tls(state, e, from, record, TLS_APPLICATION_DATA);
    }
}
