/*
 * What is remembered of a QUIC connection while it is followed. Private to the flow logic: quic.c
 * (datagrams and packets), initial.c (what Initial packets hold), checks.c (what is held against
 * RFC 9000), ending.c (what can be inferred).
 */
#ifndef HT_QUIC_STATE_H
#define HT_QUIC_STATE_H

#include "quic/crypto_stream.h"
#include "quic/packet.h"
#include "quic/protection.h"
#include "quic/quic.h"
#include "tls/session.h"

enum {
    QUIC_MAX_CLOSES    = 4,    /* kept of a connection */
    QUIC_MAX_PENDING   = 8192, /* bytes of a side's Initial packets that wait for their keys */
    QUIC_MAX_KEY_TRIES = 16,   /* Initials of a side that may turn out not to begin a connection */
    QUIC_MAX_VERSIONS  = 4,    /* changes of the version that are heeded */
    QUIC_MAX_CHANGES   = 8,    /* of connection ids, told as events */
    QUIC_MAX_DATA      = 64,   /* 1-RTT packets of a side that are opened */
    QUIC_MAX_IDS       = 32    /* connection ids of a flow that analyzers hear of */
};

struct quic_id {
    uint8_t len;
    uint8_t bytes[QUIC_MAX_CONNECTION_ID];
};

/* Packets that are only counted. */
struct quic_counted {
    struct tls_place first;
    uint64_t bytes;
};

/* A side's Handshake packets, or its 1-RTT packets, with the keys of a key log. */
struct quic_sealed {
    struct quic_keys keys;
    uint64_t next_number;
    bool usable; /* there are keys */
    bool opened; /* one was: its CRYPTO frames have taken the place of the Initial packets' */
};

struct quic_side {
    struct quic_packet_counts packets;
    struct quic_counted zero_rtt, handshake, one_rtt;
    struct tls_place finished;              /* of the packet that can hold it; frame 0: none */
    struct tls_place crypto_place;          /* of the last bytes of handshake messages */
    struct quic_crypto_stream crypto;       /* its buffer: ht_hold's */
    struct quic_keys keys;                  /* of its Initial packets */
    const struct quic_protection *keys_for; /* what they were derived for; NULL: none yet */
    uint64_t next_number;                   /* of its Initial packets */
    struct quic_sealed *sealed;  /* in the flow's arena: its Handshake packets; NULL: no keys */
    struct quic_sealed *data;    /* the same of its 1-RTT packets */
    struct quic_id id;           /* that it chose */
    struct quic_id addressed_by; /* that the other side uses */
    struct quic_id left;         /* that it used before */
    struct quic_id first_to;     /* that its own first packet goes to */
    bool id_known;
    uint32_t waiting;  /* packets that the buffer holds instead */
    uint32_t opened;   /* of its Initial packets */
    uint8_t key_tries; /* its packets that did not begin a connection */
};

/* The server's way to the client, until it knows that the client's address is its own. */
struct quic_path {
    uint64_t bytes[2]; /* of UDP payload, by side */
    int64_t last_ns;
    bool done; /* nothing more is to be found */
};

struct quic_state {
    struct tls_state tls;
    struct quic_details details;
    struct quic_side side[2];
    struct quic_close *closes;
    struct quic_id key_id;                    /* the keys' destination connection id */
    struct quic_id first_id;                  /* that of the client's first Initial */
    struct quic_id retry_id;                  /* that a Retry told the client to use */
    const struct quic_protection *protection; /* of versions of which none is known */
    struct quic_path path;
    uint32_t datagram_len; /* of that at hand; 0: not known */
    uint32_t version;      /* in use; the client's, until the server answers */
    enum ht_side client;
    uint8_t version_changes;
    uint8_t num_ids; /* that analyzers heard of */
    bool client_known;
    bool client_claimed; /* and told */
    bool keyed;          /* `key_id` is */
    bool retried, negotiated;
    bool restarted;   /* by a ClientHello with other connection ids, and no Retry that says so */
    bool google;      /* a version whose handshake is not TLS */
    bool google_wire; /* and whose packets are not those of RFC 8999 */
};

static inline struct ht_bytes quic_id_view(const struct quic_id *id)
{
    return ht_bytes(id->bytes, id->len);
}

/* quic_id_set keeps a connection id; a longer one than there may be is cut. */
static inline void quic_id_set(struct quic_id *id, struct ht_bytes from)
{
    id->len = (uint8_t)(from.len < sizeof id->bytes ? from.len : sizeof id->bytes);
    if (id->len > 0) {
        memcpy(id->bytes, from.ptr, id->len);
    }
}

/* quic_know_client says, once, that `client` is the client, known by `how`. */
void quic_know_client(struct quic_state *state, struct ht_emitter *e, enum ht_side client,
                      const char *how);

/* quic_named is a number and its name in the flow's arena; NULL where there is no room. */
const struct quic_named *quic_named(struct ht_arena *arena, struct ht_bytes id,
                                    struct ht_bytes name);

/* quic_tell_version notes the version in use. */
void quic_tell_version(struct quic_state *state, struct ht_emitter *e, uint32_t version);

/* quic_take_initial opens an Initial packet and tells what is in it, or keeps it until its keys can
 * be derived. */
void quic_take_initial(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                       const struct quic_packet *packet);

/* quic_take_handshake opens a Handshake packet, where a key log has the keys, and tells what is in
 * it. */
void quic_take_handshake(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                         const struct quic_packet *packet);

/* quic_take_data opens a 1-RTT packet, where a key log has the keys, and heeds the connection ids
 * that are issued in it. Up to QUIC_MAX_DATA of a side: they are issued early. */
void quic_take_data(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct quic_packet *packet);

/* quic_tell_google tells a message of Google's handshake. */
void quic_tell_google(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                      struct ht_bytes message);

/* quic_cut_messages tells what is there of handshake messages that are not whole. */
void quic_cut_messages(struct quic_state *state, struct ht_emitter *e);

/* quic_check_datagram is told of a packet that elicits an acknowledgement. */
void quic_check_datagram(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                         const struct quic_packet *packet);

/* quic_shows_address: who sends this packet to the server has got what the server sent (RFC 9000
 * section 8.1), or a token before. */
bool quic_shows_address(const struct quic_state *state, const struct quic_packet *packet);

/* quic_check_amplification is told of each datagram, after its packets: its length, and whether one
 * of these shows the address. */
void quic_check_amplification(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                              size_t len, bool shown);

/* quic_check_ids is told of transport parameters that are well formed, and the packet with their
 * last bytes. */
void quic_check_ids(struct quic_state *state, struct ht_emitter *e, enum ht_side from,
                    const struct quic_packet *packet,
                    const struct quic_transport_parameters *parameters);

/* quic_tell_id tells analyzers of a connection id by which `owner` is addressed, and
 * quic_tell_preferred of that by which the server is to be at another address. */
void quic_tell_id(struct quic_state *state, struct ht_emitter *e, enum ht_side owner,
                  struct ht_bytes id);
void quic_tell_preferred(struct quic_state *state, struct ht_emitter *e, enum ht_side server,
                         const struct quic_preferred_address *preferred);

/* quic_tell_data says, when the flow has ended, that 1-RTT packets came: they carry the
 * application's data, and some housekeeping. */
void quic_tell_data(struct ht_emitter *e, enum ht_side from, uint64_t packets,
                    const struct quic_counted *counted);

/* quic_end completes the details and says what can be inferred. */
void quic_end(struct quic_state *state, struct ht_emitter *e, const struct ht_end *end);

#endif
