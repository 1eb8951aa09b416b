/*
 * The record layer of DTLS (RFC 6347 section 4.1, RFC 9147 section 4, RFC 9146 section 4), and what
 * may lie around a datagram of DTLS where it shares a port (RFC 7983).
 */
#ifndef HT_DTLS_RECORD_H
#define HT_DTLS_RECORD_H

#include "base/bytes.h"

enum {
    DTLS_RECORD_HEADER = 13,
    DTLS_MAX_FRAGMENT  = 16384 + 2048, /* RFC 6347 section 4.1, the larger of the versions' */
    DTLS_TLS12_CID     = 25,           /* content type, RFC 9146 section 4 */
    DTLS_ACK           = 26            /* content type, RFC 9147 section 7 */
};

enum {
    DTLS_BAD = 0x0100, /* OpenSSL's before the standard, still Cisco AnyConnect's */
    DTLS_10  = 0xFEFF,
    DTLS_12  = 0xFEFD,
    DTLS_13  = 0xFEFC
};

struct dtls_record {
    bool unified;         /* a header of DTLS 1.3's ciphertext: no type, no version */
    uint8_t type;         /* content type; TLS's application_data where unified */
    uint16_t version;     /* 0 where unified */
    uint16_t epoch;       /* where unified, its two low bits */
    bool numbered;        /* its sequence number is known: not that of a unified header */
    uint64_t sequence;    /* of 48 bits */
    uint8_t number_width; /* where unified, bytes of the number; 0: it is not known where */
    bool decrypted;       /* with keys that are known */
    struct ht_bytes connection_id; /* empty: none, or one of unknown length */
    struct ht_bytes header;        /* all before the fragment */
    size_t length;                 /* of the fragment, by the header */
    struct ht_bytes fragment;      /* shorter where the datagram was cut */
};

/* dtls_record_read takes the next record of a datagram. `id_length` is how long the connection ids
 * are that its receiver asked for; 0: none, or not known. A record that has one of unknown length
 * goes to the datagram's end. `cut`: the end of the datagram was not captured, and the last
 * fragment may be short. False where there is none (the reader is at its end, or bad). */
bool dtls_record_read(struct ht_reader *datagram, size_t id_length, bool cut,
                      struct dtls_record *out);

/* dtls_begins says whether these are the first bytes of a datagram of DTLS with a header that tells
 * so: a content type, a version of DTLS, and a length that fits or, for a handshake message in
 * clear, plausible fragment bounds. */
bool dtls_begins(struct ht_bytes datagram);

/* dtls_unwrap steps over what a datagram of DTLS may be wrapped in: a TURN ChannelData header or a
 * STUN Send or Data indication (RFC 8656 sections 11 and 12), CAPWAP's preamble (RFC 5415 section
 * 4.2). `*out_within` is its name; NULL, and all of the datagram returned, where there is none. */
struct ht_bytes dtls_unwrap(struct ht_bytes datagram, const char **out_within);

#endif
