/*
 * What both sides said of a handshake, for the signature over it (RFC 5246 section 7.4.8, RFC 8446
 * section 4.4.3) and for Finished. Kept only where signatures are checked, and only until the
 * client has signed or will not; or where the session's keys are known.
 */
#ifndef HT_TLS_TRANSCRIPT_H
#define HT_TLS_TRANSCRIPT_H

#include "base/arena.h"
#include "crypto/digest.h"

enum {
    TLS_MAX_SPOKEN       = 12,        /* messages of a side up to Finished; usual are up to 8 */
    TLS_MAX_SPOKEN_BYTES = 64 * 1024, /* of a message */
    TLS_MAX_BEGUN_ANEW   = 32,        /* handshakes after the first one, of a connection */
    TLS_MAX_CHECKED      = 4          /* signatures, of a connection: both sides', twice */
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
    bool open;                 /* the transcript grows */
    uint8_t begun_anew;        /* how often it was thrown away for another handshake */
    uint8_t checked;           /* signatures that were given to be checked */
    struct ht_bytes leaf[2];   /* by side, the first certificate that it showed, or the key in its
                                * place: DER, in the arena */
    struct ht_bytes signer[2]; /* its SHA-256, where it showed that one in this handshake */
};

/* tls_transcript_add keeps a copy of a message of `side`. */
void tls_transcript_add(struct tls_transcript *transcript, struct ht_arena *arena, unsigned side,
                        struct ht_bytes message);

/* tls_transcript_break says that a message of `side` is missing. */
void tls_transcript_break(struct tls_transcript *transcript, unsigned side);

/* tls_transcript_has: `side` said a message of this type. */
bool tls_transcript_has(const struct tls_transcript *transcript, unsigned side, uint8_t type);

/* Whose words a transcript is wanted for. */
struct tls_speaker {
    unsigned client; /* which side is */
    unsigned side;   /* who speaks now */
    bool retry;      /* there was a HelloRetryRequest: the first ClientHello counts by its digest */
    enum ht_digest digest;
    uint8_t left_out; /* bytes of each message behind its type and length that do not count */
};

/* tls_transcript_join is all that was said before `speaker` speaks now, in `scratch`, whatever the
 * order in the capture: the client's first message, the server's up to where it waits, the rest of
 * the client's, the rest of the server's. Empty where a message is missing or there is no room. */
struct ht_bytes tls_transcript_join(const struct tls_transcript *transcript,
                                    struct ht_arena *scratch, const struct tls_speaker *speaker);

#endif
