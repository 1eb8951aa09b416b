/*
 * What both sides said of a handshake, for the signature over it (RFC 5246 section 7.4.8). Kept
 * only where signatures are checked, and only until the client has signed or will not.
 */
#ifndef HT_TLS_TRANSCRIPT_H
#define HT_TLS_TRANSCRIPT_H

#include "base/arena.h"

enum {
    TLS_MAX_SPOKEN       = 8, /* messages of a side up to CertificateVerify; usual are 3 and 6 */
    TLS_MAX_SPOKEN_BYTES = 64 * 1024 /* of a message */
};

struct tls_spoken {
    struct ht_bytes message[TLS_MAX_SPOKEN]; /* header and body; in the arena */
    uint8_t len;
    bool broken; /* one is missing: nothing can be checked */
};

/* Zeroed it is that of a new connection. By side. */
struct tls_transcript {
    struct tls_spoken spoken[2];
};

/* Who signs, and under what. Of several handshakes with several certificates the first one is kept,
 * lest a connection take much. */
struct tls_proof {
    struct tls_transcript transcript;
    bool open;               /* the transcript grows */
    struct ht_bytes leaf[2]; /* by side, the first certificate that it showed: DER, in the arena */
    struct ht_bytes signer[2]; /* its SHA-256, where it showed that one in this handshake */
};

/* tls_transcript_add keeps a copy of a message of `side`. */
void tls_transcript_add(struct tls_transcript *transcript, struct ht_arena *arena, unsigned side,
                        struct ht_bytes message);

/* tls_transcript_break says that a message of `side` is missing. */
void tls_transcript_break(struct tls_transcript *transcript, unsigned side);

/* tls_transcript_join is all that was said, in `scratch`: the client's first message, all of the
 * server's, and the rest of the client's, whatever their order in the capture. Empty where a
 * message is missing or there is no room. */
struct ht_bytes tls_transcript_join(const struct tls_transcript *transcript,
                                    struct ht_arena *scratch, unsigned client);

#endif
