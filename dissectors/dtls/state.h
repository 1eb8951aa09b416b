/*
 * What is remembered of a DTLS association while it is followed. Private to the flow logic: dtls.c
 * (records), messages.c (handshake messages), ciphertext.c (what DTLS 1.3 encrypts), decrypt.c
 * (what of that keys open).
 */
#ifndef HT_DTLS_STATE_H
#define HT_DTLS_STATE_H

#include "dtls/dtls.h"
#include "dtls/handshake.h"
#include "dtls/record.h"
#include "tls/session.h"

enum { DTLS_EPOCH_HANDSHAKE = 2, DTLS_EPOCH_DATA = 3 }; /* of DTLS 1.3, RFC 9147 section 6.1 */

enum {
    DTLS_KEPT_EPOCHS = 4,  /* told apart, a side; later ones count with the last */
    DTLS_MAX_ASIDES  = 16, /* retransmissions and the like in the timeline; more are only counted */
    DTLS_RANDOM      = 32,
    DTLS_MAX_FLIGHT  = 8 /* records of a client's last flight in DTLS 1.3 that are told together */
};

struct dtls_direction {
    struct dtls_reassembly messages;
    struct ht_bytes connection_id; /* that this side wants in records sent to it */
    uint8_t *connection_id_room;   /* where it lies, in the flow's arena */
    struct ht_bytes head; /* of its first record with an id of the other side's that was not
                           * negotiated here: what begins with the id */
    uint64_t retransmissions;
    uint64_t lost_messages;
    uint32_t finished_len; /* of the record that held Finished */
    uint32_t ccs_epochs;   /* in which ChangeCipherSpec was told, by bit */
    uint16_t epoch;        /* the highest */
    bool late;             /* its first messages were before the capture */
    bool id_told;          /* the other side's, that it uses */
    bool hole;             /* some of its messages are not, or not all, in the capture */
    uint8_t num_epochs;
    uint8_t num_flight;               /* encrypted records that wait for the flight's end */
    uint16_t flight[DTLS_MAX_FLIGHT]; /* how long they are */
    struct tls_place flight_place;    /* where the last of them was */
    int64_t last_ns;                  /* time of its last datagram; 0: there was none */
    struct dtls_epoch epochs[DTLS_KEPT_EPOCHS];
    struct dtls_keyed *keyed; /* of decrypt.c, in the flow's arena; NULL: no keys were needed */
};

struct dtls_state {
    struct tls_state tls;
    struct dtls_details details;
    struct dtls_direction direction[2];
    uint8_t random[DTLS_RANDOM]; /* of the last ClientHello */
    bool hello_seen;
    bool clock_set_back; /* so that the order in which datagrams are stored tells more than time */
    bool connection_ids_chosen; /* by the ServerHello */
    uint8_t asides;             /* told */
    bool released;              /* what was held; no more is */
    uint8_t num_held;
    struct dtls_held *held; /* of decrypt.c, in the flow's arena: records that wait for keys */
    uint64_t again;         /* messages of the datagram at hand that were there before */
};

/* dtls_tell_aside: one more event may be told that a hostile sender could repeat without end. */
static inline bool dtls_tell_aside(struct dtls_state *state)
{
    return state->asides < DTLS_MAX_ASIDES && ++state->asides > 0;
}

/* dtls_take_fragments takes the handshake messages of a record in clear, or decrypted, and tells
 * all that are whole and in turn; with `cut` its end is missing. */
void dtls_take_fragments(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                         const struct dtls_record *record, bool cut);

/* dtls_flush tells what waits of a side though what it waits for will not come. */
void dtls_flush(struct dtls_state *state, struct ht_emitter *e, enum ht_side from);

/* dtls_take_as_tls hands a record over as TLS's of a type. */
void dtls_take_as_tls(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                      const struct dtls_record *record, uint8_t type);

/* dtls_whole_epoch is the epoch of which a unified header has the two low `bits`, where `highest`
 * was seen: that, or the nearest one above or below it (RFC 9147 section 4.2.2). */
uint16_t dtls_whole_epoch(uint16_t highest, uint16_t bits);

/* dtls_take_ciphertext takes an encrypted record of DTLS 1.3. */
void dtls_take_ciphertext(struct dtls_state *state, struct ht_emitter *e, enum ht_side from,
                          uint16_t epoch, const struct dtls_record *record);

/* dtls_end_flight hands over what waits of a side's encrypted flight. */
void dtls_end_flight(struct dtls_state *state, struct ht_emitter *e, enum ht_side from);

#endif
