/*
 * Key logs: the secrets of sessions, as programs write them for debugging (SSLKEYLOGFILE, RFC
 * 9850), a line each: label, the ClientHello's random, secret.
 */
#ifndef HT_CRYPTO_KEY_LOG_H
#define HT_CRYPTO_KEY_LOG_H

#include "base/bytes.h"
#include "base/error.h"

enum ht_key_label {
    HT_KEY_MASTER, /* CLIENT_RANDOM: the master secret, up to TLS 1.2 */
    HT_KEY_CLIENT_EARLY,
    HT_KEY_CLIENT_HANDSHAKE,
    HT_KEY_SERVER_HANDSHAKE,
    HT_KEY_CLIENT_TRAFFIC,
    HT_KEY_SERVER_TRAFFIC,
    HT_KEY_ECH_SECRET, /* by the random of the outer ClientHello: what HPKE's key schedule begins
                        * with, */
    HT_KEY_ECH_CONFIG  /* and the ECHConfig that the client took (RFC 9849 section 4) */
};

enum {
    HT_RANDOM_LEN     = 32,
    HT_KEY_SECRET_MAX = 48,
    HT_ECH_SECRET_MAX = 64,
    HT_ECH_CONFIG_MAX = 4000,    /* a line with a longer one is malformed */
    HT_KEY_LOG_MAX    = 1 << 20, /* secrets in one */
    HT_KEY_LATEST_MAX = 256
};

/* What became of the lines of a key log; blank ones are not counted. */
struct ht_key_log_counts {
    uint64_t secrets;
    uint64_t repeated; /* secrets that were there before */
    uint64_t comments;
    uint64_t other;     /* lines with labels that are not of use here */
    uint64_t malformed; /* that are no line of a key log */
    uint64_t refused;   /* secrets past a bound, or for which there was no memory */
};

struct ht_key_log;

/* ht_key_log_new is an empty one; NULL: no memory. */
struct ht_key_log *ht_key_log_new(void);

/* ht_key_log_free wipes the secrets. */
void ht_key_log_free(struct ht_key_log *log);

/* ht_key_log_add takes the lines of `text`, ended by LF, CR or both. Lines that make no sense are
 * counted, never fatal. Where two lines are for one random and label, the first counts. */
void ht_key_log_add(struct ht_key_log *log, struct ht_bytes text);

/* ht_key_log_open is the key log that a file holds, read up to HT_KEY_LOG_MAX secrets, or to where
 * it is seen to be no key log; NULL with a message where it cannot be read. */
struct ht_key_log *ht_key_log_open(const char *path, struct ht_error *error);

/* ht_key_log_find is the secret of the session whose (first) ClientHello has this random; empty:
 * there is none. Lives as long as the log, until the next ht_key_log_add. */
struct ht_bytes ht_key_log_find(const struct ht_key_log *log, enum ht_key_label label,
                                struct ht_bytes client_random);

/* ht_key_log_latest is the random of a session of TLS 1.3: of those that came last `i` is 0. Empty
 * past them, and past HT_KEY_LATEST_MAX. Lives as ht_key_log_find's. */
struct ht_bytes ht_key_log_latest(const struct ht_key_log *log, size_t i);

const struct ht_key_log_counts *ht_key_log_count(const struct ht_key_log *log);

/* What is at hand to decrypt with, of one engine. */
struct ht_keyring {
    const struct ht_key_log *file;    /* that the user gave; NULL: none */
    const struct ht_key_log *capture; /* that came with the packets; NULL: none */
    bool live;                        /* these are what was appended to the file since */
    struct ht_opener *opener;
};

#endif
