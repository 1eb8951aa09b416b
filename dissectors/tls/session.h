/*
 * A TLS session as it passes: for all that carry one. tls.c feeds it from TLS records; DTLS and
 * QUIC frame handshake messages in their own ways and hand them over whole.
 *
 * A carrier embeds `struct tls_state` in its own, hands over what it sees, and calls tls_end at the
 * end of the flow; its details are `state.details`, its server name `state.server_name`. What the
 * state points at lies in the flow's arena.
 */
#ifndef HT_TLS_SESSION_H
#define HT_TLS_SESSION_H

#include "dissect/dissector.h"
#include "tls/messages.h"

enum tls_carrier { TLS_OVER_TCP, TLS_OVER_DTLS, TLS_OVER_QUIC };

enum {
    TLS_MAX_MESSAGE      = 256 * 1024, /* a handshake message: room for post-quantum chains */
    TLS_MAX_ALERTS       = 8,          /* kept of a connection */
    TLS_MAX_DECOMPRESSED = 2           /* certificate messages of a side: it says one */
};

struct tls_direction {
    bool change_cipher_spec : 1;
    bool missed : 1;            /* of its handshake not all was captured */
    bool finished : 1;          /* the encrypted message after ChangeCipherSpec was seen */
    bool key_exchange_done : 1; /* ServerHelloDone, or ClientKeyExchange */
    bool certificate_told : 1;  /* the message was seen, though perhaps empty or cut */
    bool certificate : 1, certificate_verify : 1, certificate_status : 1, server_key_exchange : 1;
    bool decrypted : 1;          /* its last record of handshake messages, with keys known */
    bool renegotiating : 1;      /* an encrypted handshake began after Finished */
    uint16_t record_version;     /* of the last record of handshake messages */
    uint32_t skip_message;       /* bytes of one too long to keep, still to come */
    struct tls_place held_place; /* of the last bytes of handshake messages */
    uint64_t records, bytes;     /* of application data, or in TLS 1.3 of all that is encrypted */
    struct tls_place last_data;
    uint32_t last_data_len;
    uint8_t num_kept;
    uint8_t num_changes;  /* ChangeCipherSpecs that a handshake had of its own */
    uint8_t heartbeats;   /* told of */
    uint8_t decompressed; /* certificate messages, to TLS_MAX_DECOMPRESSED */
    struct tls_kept_records kept;
};

/* How long records may be, as both hellos say (RFC 6066 section 4, RFC 8449); 0: as ever. */
struct tls_record_limits {
    uint16_t max_fragment_length;
    uint16_t by_client, by_server; /* who takes none that are longer */
};

/* Zeroed but for `carrier` it is that of a new connection. */
struct tls_state {
    struct tls_details details;
    struct ht_bytes server_name;
    /* What each record asks for, side by side: */
    struct tls_keys *keys;     /* in the flow's arena; NULL where there is no key log */
    struct tls_nonces *nonces; /* likewise; NULL where no audit asks, or records bring none */
    uint16_t order;   /* which one of both sides' records is at hand, counted to UINT16_MAX; 0: it
                       * is no stream's */
    uint16_t version; /* tls_comparable; 0 until a ServerHello was seen */
    enum ht_side client;
    struct tls_direction direction[2]; /* by side */
    /* Those of the details, where they are only at the end; and the last ones. NULL: none yet. */
    struct ht_kept *client_hello, *client_hello_2, *server_hello;
    struct ht_kept *last_hello;
    struct ht_kept *last_server_hello;    /* that answered it */
    struct ht_kept *encrypted_extensions; /* NULL: not seen, or not decrypted */
    struct tls_proof *proof;        /* in the flow's arena; NULL where signatures are not checked */
    struct ht_kept *certificate[2]; /* the server's and the client's; NULL: not seen */
    struct ht_kept *certificate_status; /* the server's first */
    struct ht_bytes dh_prime;           /* the server's, where an audit asks */
    struct tls_alert *alerts;
    struct tls_place server_hello_place;
    struct tls_place client_hello_place;
    enum tls_carrier carrier;
    bool client_known;
    bool certificate_request;
    bool hello_answered; /* since the client's last hello the server answered, in any way */
    bool hello_missed;   /* its ServerHello answers a hello that was not seen */
    bool joined;         /* of DTLS: a side's first message that was seen is not its first */
    bool client_raw_key, server_raw_key; /* is shown in place of certificates (RFC 7250) */
    struct tls_suite_traits suite;       /* negotiated */
    struct tls_record_limits limits;
};

/* tls_place_at is where something was seen whose order of being handed over tells nothing; tls_here
 * is the frame at hand. */
static inline struct tls_place tls_place_at(uint64_t frame, int64_t time_ns)
{
    return (struct tls_place){.frame = frame & ((UINT64_C(1) << 48) - 1), .time_ns = time_ns};
}

static inline struct tls_place tls_here(const struct ht_emitter *e)
{
    return tls_place_at(e->frame, e->time_ns);
}

/* tls_comparable is the version of TLS whose messages have the form of those of `version`, a
 * version of DTLS perhaps. */
uint16_t tls_comparable(uint16_t version);

/* tls_message tells one handshake message that is not encrypted: its body, by its type, in the
 * frame at hand; `flags` has HT_EVENT_PARTIAL where its end is missing. `record_version`: of the
 * record, or 0. */
void tls_message(struct tls_state *state, struct ht_emitter *e, enum ht_side from, uint8_t type,
                 struct ht_bytes body, uint16_t record_version, unsigned flags);

/* tls_whole_message is tls_message for a message with its header as TLS writes it (RFC 8446 section
 * 4), which counts for what is signed and hashed; `flags` may have HT_EVENT_DECRYPTED. */
void tls_whole_message(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct tls_handshake *message, struct ht_bytes bytes, unsigned flags);

/* tls_message_said counts a message that tls_message told for what is signed and hashed, for DTLS:
 * its body behind the header of a message in one fragment (RFC 6347 section 4.2.2). */
void tls_message_said(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                      uint8_t type, struct ht_bytes bytes);

/* The hellos and a certificate chain that came in another form than that of handshake messages
 * (SSL 2.0's; RFC 5246 appendix E.2), read already; `frame` is filled in here. They return what is
 * kept. */
struct ht_kept *tls_take_client_hello(struct tls_state *state, struct ht_emitter *e,
                                      enum ht_side from, unsigned flags,
                                      struct tls_client_hello *hello);
struct ht_kept *tls_take_server_hello(struct tls_state *state, struct ht_emitter *e,
                                      enum ht_side from, unsigned flags,
                                      struct tls_server_hello *hello);
struct ht_kept *tls_take_certificate(struct tls_state *state, struct ht_emitter *e,
                                     enum ht_side from, unsigned flags,
                                     struct tls_certificate *certificate);

/* tls_take_record takes a record of any type but handshake, its fragment `len` bytes long; with
 * `partial` not all of them are there. False where the type is none of these. */
bool tls_take_record(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                     const struct tls_record *record, size_t len, bool partial);

/* tls_take_wire_record takes a record of any type as it is on the wire, its header first, for those
 * who carry TLS as a stream of bytes; handshake messages are joined across records in ht_hold's
 * buffer. `len` is that of all of it; with `partial` its end is missing. */
void tls_take_wire_record(struct tls_state *state, struct ht_emitter *e, enum ht_side from,
                          struct ht_bytes bytes, size_t len, bool partial);

/* tls_tell_held hands over what is held of an incomplete message, whose rest will not come;
 * tls_handshake_cut does where anything is. */
void tls_tell_held(struct tls_state *state, struct ht_emitter *e, enum ht_side from);

static inline void tls_handshake_cut(struct tls_state *state, struct ht_emitter *e,
                                     enum ht_side from)
{
    if (ht_hold(e, from)->len > 0) {
        tls_tell_held(state, e, from);
    }
    state->direction[from].skip_message = 0;
}

/* tls_encrypted_handshake tells of a handshake record that cannot be read: the first after
 * ChangeCipherSpec is Finished (RFC 5246 section 7.4.9). */
void tls_encrypted_handshake(struct tls_state *state, struct ht_emitter *e, enum ht_side from);

/* tls_hello_answer says that the server answered a ClientHello: by ServerHello, or by what makes
 * the client say hello `again`. tls_hello_missed: what was said before may be more than what was
 * seen, so that what does not match it proves nothing. */
void tls_hello_answer(struct tls_state *state, bool again);
bool tls_hello_missed(const struct tls_state *state, const struct ht_emitter *e);

/* tls_recall puts the hellos and the chains into the details, at the end. */
void tls_recall(struct tls_state *state, const struct ht_emitter *e);

/* tls_end completes the details and says what is absent. Over QUIC whose Finished was seen, and
 * with it `established`, is the carrier's to say, after it. */
void tls_end(struct tls_state *state, struct ht_emitter *e, const struct ht_end *end);

/* The events of a session, for the list of a dissector that carries one. */
#define TLS_SESSION_EVENTS                                                                         \
    &tls_client_hello_event, &tls_client_hello_inner_event, &tls_server_hello_event,               \
        &tls_hello_retry_request_event, &tls_encrypted_extensions_event, &tls_certificate_event,   \
        &tls_certificate_status_event, &tls_server_key_exchange_event,                             \
        &tls_certificate_request_event, &tls_server_hello_done_event,                              \
        &tls_client_key_exchange_event, &tls_certificate_verify_event,                             \
        &tls_change_cipher_spec_event, &tls_finished_event, &tls_new_session_ticket_event,         \
        &tls_hello_request_event, &tls_key_update_event, &tls_end_of_early_data_event,             \
        &tls_application_data_event, &tls_alert_event, &tls_close_notify_event,                    \
        &tls_malformed_event, &tls_other_handshake_event, &tls_heartbeat_event

/* TLS over TCP, whose state is a struct tls_state: for a dissector whose flows may turn to it. */
extern const struct ht_dissector tls_dissector;

#endif
