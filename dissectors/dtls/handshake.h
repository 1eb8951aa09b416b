/*
 * Handshake messages over datagrams (RFC 6347 section 4.2.2 and 4.2.3, RFC 9147 section 5): each
 * fragment says where in which message it belongs; they come in any order, twice, or overlapping.
 */
#ifndef HT_DTLS_HANDSHAKE_H
#define HT_DTLS_HANDSHAKE_H

#include "base/arena.h"

enum {
    DTLS_HANDSHAKE_HEADER     = 12,
    DTLS_HELLO_VERIFY_REQUEST = 3,   /* message type, RFC 6347 section 4.2.1 */
    DTLS_MAX_PIECES           = 256, /* of messages that wait, a side: 50 KB at an MTU of 256 */
    DTLS_MAX_WAITING          = 24   /* messages begun or held for those before them, a side */
};

struct dtls_fragment {
    uint8_t type;
    uint32_t length; /* of the whole message */
    uint16_t message_seq;
    uint32_t offset; /* of these bytes in it */
    struct ht_bytes bytes;
    bool short_of; /* its record was cut: there were to be more */
};

/* dtls_fragment_read takes the next fragment of a record; with `cut` its bytes may end early.
 * False, and the reader bad, where it contradicts itself: it would end past its message or its
 * record. */
bool dtls_fragment_read(struct ht_reader *record, bool cut, struct dtls_fragment *out);

/* dtls_hello_connection_id is the content of the extension connection_id (RFC 9146 section 3) of a
 * whole ClientHello or ServerHello: what its sender wants to find in records that it receives.
 * False: it has none. */
bool dtls_hello_connection_id(uint8_t type, struct ht_bytes body, struct ht_bytes *out);

struct dtls_piece;

/* A message that waits. */
struct dtls_waiting {
    uint16_t message_seq;
    uint16_t record_version;
    uint8_t type;
    bool decrypted; /* with keys that are known */
    uint32_t length;
    uint32_t have; /* bytes of it that are there */
    uint32_t fragments;
    uint64_t frame; /* where the last of them came, */
    int64_t time_ns;
};

/* One side's messages on their way to be told in order. Zeroed is the state of a new side. */
struct dtls_reassembly {
    uint32_t next;                /* the message_seq to be told next */
    struct dtls_waiting *waiting; /* sorted by message_seq; in the flow's arena */
    struct dtls_piece *pieces;    /* sorted by message_seq and offset, none overlaps another */
    uint16_t num_waiting, num_pieces;
};

enum dtls_fate {
    DTLS_TAKEN,    /* it brought bytes that are new */
    DTLS_REPEATED, /* all of it was there before */
    DTLS_CONFLICTING /* its message has another type or length than was said before; ignored */,
    DTLS_NO_ROOM /* a bound hit: tell what waits, then try again */
};

/* dtls_reassembly_take keeps what is new of a fragment whose message was not told yet: bytes in
 * `held`, the lists in `arena`. */
enum dtls_fate dtls_reassembly_take(struct dtls_reassembly *r, const struct dtls_fragment *fragment,
                                    struct ht_buffer *held, struct ht_arena *arena,
                                    struct dtls_waiting **out);

/* dtls_reassembly_first is the waiting message with the lowest message_seq; NULL: none waits. */
const struct dtls_waiting *dtls_reassembly_first(const struct dtls_reassembly *r);

/* dtls_reassembly_body is what is there of the first waiting message from its beginning on: all,
 * or up to the first hole. It lies in `held` or `scratch`. */
struct ht_bytes dtls_reassembly_body(const struct dtls_reassembly *r, const struct ht_buffer *held,
                                     struct ht_arena *scratch);

/* dtls_reassembly_drop forgets the first waiting message; the last of them gives `held` back. */
void dtls_reassembly_drop(struct dtls_reassembly *r, struct ht_buffer *held);

#endif
