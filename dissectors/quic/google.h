/*
 * Google's QUIC before IETF's, as far as it can be read: packets of versions Q024 to Q049, whose
 * first are not encrypted, and the messages of its own handshake, QUIC crypto, which Q050 still
 * has. Pure. (Documents "QUIC Wire Layout Specification" and "QUIC Crypto" of the Chromium
 * project.)
 */
#ifndef HT_QUIC_GOOGLE_H
#define HT_QUIC_GOOGLE_H

#include "base/arena.h"

struct quic_google_packet {
    uint32_t version; /* "Q043"; 0: it has none, as a server's */
    struct ht_bytes connection_id;
    struct ht_bytes crypto; /* what it has of the handshake's stream from its beginning on */
};

/* quic_google_packet_parse reads a datagram's one packet; false where it is cut or none. `version`
 * is that of the connection, for packets that have none. */
bool quic_google_packet_parse(struct ht_bytes datagram, uint32_t version,
                              struct quic_google_packet *out);

/* quic_google_begins: is this a client's datagram of such a version? */
bool quic_google_begins(struct ht_bytes datagram);

struct quic_google_message {
    struct ht_bytes message; /* its tag: "CHLO", "REJ", "SHLO" */
    struct ht_texts tags;    /* of its values, in order */
    struct ht_bytes server_name, user_agent, version;
};

/* quic_google_message_parse reads a message; the list lies in `scratch`. False where its end is
 * missing or it is none; then `out` has what is there. */
bool quic_google_message_parse(struct ht_bytes bytes, struct ht_arena *scratch,
                               struct quic_google_message *out);

#endif
