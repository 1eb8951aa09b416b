/*
 * The explicit nonces of AEAD suites in TLS 1.2 (RFC 5288 section 3, RFC 6655 section 3): one that
 * comes twice under a key gives the messages away, and the key that authenticates them. Looked at
 * only where an audit asks.
 */
#ifndef HT_TLS_NONCES_H
#define HT_TLS_NONCES_H

#include "dissect/dissector.h"
#include "tls/messages.h"

enum {
    TLS_EXPLICIT_NONCE = 8, /* bytes, at the head of each record's fragment */
    TLS_NONCE_RUNS     = 8  /* kept of a side */
};

/* Nonces that were counted up by one from record to record, as nearly all do: so what was seen in
 * millions of records is known by two numbers. */
struct tls_nonce_run {
    uint64_t first, last;
    uint64_t record; /* of the first, from 1 */
    uint64_t first_frame, last_frame;
};

/* A nonce that came twice. */
struct tls_nonce_repeat {
    uint64_t nonce;
    uint64_t records[2]; /* of the side under these keys, from 1 */
    uint64_t frames[2];  /* 0: that of the first is not kept */
    uint64_t num;        /* of all that came again, in the session; 0: none did */
};

/* Of one side. */
struct tls_nonce_side {
    bool begun;       /* it encrypts by the suite agreed on */
    uint16_t epoch;   /* of DTLS */
    uint64_t records; /* under the keys at hand */
    uint64_t last;
    uint64_t seen, leaps;                      /* in the session; those far from the one before */
    struct tls_nonce_repeat repeat;            /* the first one */
    struct tls_nonce_run runs[TLS_NONCE_RUNS]; /* the last one was extended last */
    size_t num_runs;                           /* all that there were: the oldest went */
    uint64_t free_up_to; /* the run at hand may go on so far: then there is another one's first */
};

struct tls_nonces {
    struct tls_nonce_side side[2];
};

/* tls_nonces_are_explicit: each record of `suite` in this version of TLS brings its nonce. */
bool tls_nonces_are_explicit(uint16_t version, struct ht_named suite);

/* tls_nonces_begin: what the side sends from now on is under new keys, in this epoch (DTLS). */
void tls_nonces_begin(struct tls_nonce_side *side, uint16_t epoch);

/* tls_nonces_gap: bytes of `side` are missing. What was seen before is forgotten: what follows may
 * be taken for records by mistake. `nonces` may be NULL. */
void tls_nonces_gap(struct tls_nonces *nonces, enum ht_side side);

/* tls_nonces_note takes the nonce of an encrypted record: `fragment` is what was captured of it,
 * `length` its size. */
void tls_nonces_note(struct tls_nonce_side *side, uint64_t frame, struct ht_bytes fragment,
                     size_t length);

#endif
