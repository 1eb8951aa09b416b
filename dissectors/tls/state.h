/*
 * What is remembered of a TLS connection while it is followed. Private to the flow logic: tls.c
 * (records), handshake.c (messages), ending.c (what is absent, what can be inferred).
 */
#ifndef HT_TLS_STATE_H
#define HT_TLS_STATE_H

#include "dissect/dissector.h"
#include "tls/messages.h"

enum {
    TLS_MAX_MESSAGE  = 256 * 1024, /* a handshake message: room for post-quantum chains */
    TLS_MAX_ALERTS   = 8,          /* kept of a connection */
    TLS_KEPT_RECORDS = 8,          /* first encrypted records of a direction of TLS 1.3 */
    TLS_FEW_RECORDS  = 2           /* the most that many a direction has */
};

/* Where something was seen. */
struct tls_place {
    uint64_t frame;
    int64_t time_ns;
};

/* An encrypted record, by what can be seen of it. */
struct tls_kept_record {
    struct tls_place place;
    uint32_t len;
};

struct tls_direction {
    bool change_cipher_spec;
    bool finished;               /* the encrypted message after ChangeCipherSpec was seen */
    bool key_exchange_done;      /* ServerHelloDone, or ClientKeyExchange */
    bool certificate_told;       /* the message was seen, though perhaps empty or cut */
    struct tls_place held_place; /* of the last bytes of handshake messages */
    uint16_t record_version;     /* of the last record of handshake messages */
    bool certificate, certificate_verify, certificate_status, server_key_exchange;
    size_t skip_message;     /* bytes of a handshake message too long to keep, still to come */
    uint64_t records, bytes; /* of application data, or in TLS 1.3 of all that is encrypted */
    struct tls_place last_data;
    uint32_t last_data_len;
    uint8_t num_kept;
    struct tls_kept_record *kept; /* in the flow's arena; room for TLS_FEW_RECORDS, then for all */
};

struct tls_state {
    struct tls_details details;
    struct ht_bytes server_name;
    struct tls_direction direction[2]; /* by side */
    const struct tls_client_hello *last_hello;
    struct tls_chains *chains;
    struct tls_alert *alerts;
    struct tls_place server_hello_place;
    struct tls_place client_hello_place;
    enum ht_side client;
    bool client_known;
    bool certificate_request;
    uint16_t version; /* 0 until a ServerHello was seen */
};

/* tls_handshake_fragment takes a record's fragment of handshake messages that is not encrypted. */
void tls_handshake_fragment(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                            const struct tls_record *record, bool partial);

/* tls_handshake_cut hands over what is held of an incomplete message, whose rest will not come. */
void tls_handshake_cut(struct tls_state *state, struct ht_emitter *e, enum ht_side from);

/* tls_keep_alert adds an alert to the details; past TLS_MAX_ALERTS it is only in the timeline. */
void tls_keep_alert(struct tls_state *state, struct ht_emitter *e, const struct tls_alert *alert);

/* tls_close_notify_inferred is an encrypted alert of `from`, in the frame at hand, that can only be
 * close_notify. */
struct tls_alert tls_close_notify_inferred(const struct tls_state *state,
                                           const struct ht_emitter *e, enum ht_side from);

/* tls_first_data is where a direction's first encrypted record was seen; its last one where there
 * was no memory for that. */
static inline struct tls_place tls_first_data(const struct tls_direction *d)
{
    return d->num_kept > 0 ? d->kept[0].place : d->last_data;
}

/* tls_hidden is HT_EVENT_ENCRYPTED, or 0 where the suite negotiated encrypts nothing. */
unsigned tls_hidden(const struct tls_state *state);

/* tls_end completes the details and says what is absent. */
void tls_end(struct tls_state *state, struct ht_emitter *e, const struct ht_end *end);

#endif
