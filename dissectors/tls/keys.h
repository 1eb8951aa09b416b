/*
 * How the records of a cipher suite are protected, and the keys for that from the secrets of a key
 * log: pure functions (RFC 8446 sections 5.2, 7.3; RFC 5246 section 6.3 and what builds on it).
 * DTLS differs in how records are numbered, in what is proven with them, and in its labels: what
 * it has of its own is in `datagrams` and in struct tls_position.
 */
#ifndef HT_TLS_KEYS_H
#define HT_TLS_KEYS_H

#include "crypto/opener.h"
#include "crypto/prf.h"
#include "tls/messages.h"

enum tls_mode {
    TLS_MODE_UNKNOWN,
    TLS_MODE_13,            /* AEAD, content type within (RFC 8446 section 5.2) */
    TLS_MODE_AEAD_EXPLICIT, /* part of the nonce in the record: GCM, CCM (RFC 5288, 6655) */
    TLS_MODE_AEAD_IMPLICIT, /* the nonce from the sequence number (RFC 7905) */
    TLS_MODE_CBC_CHAINED,   /* the IV is the last block of the record before (RFC 2246) */
    TLS_MODE_CBC_EXPLICIT,  /* the IV is in the record (RFC 4346) */
    TLS_MODE_RC4
};

struct tls_protection {
    enum tls_mode mode;
    enum ht_cipher cipher;
    enum ht_digest hash; /* of TLS 1.3's key schedule; before it of the MAC */
    enum ht_prf prf;     /* up to TLS 1.2 */
    uint8_t key_len, iv_len, mac_len, tag_len;
    bool encrypt_then_mac; /* RFC 7366 */
    bool datagrams;        /* DTLS */
};

/* tls_protection_of is how `suite` protects records in `version`; false where it does not, or that
 * is not known here. */
bool tls_protection_of(struct tls_protection *out, uint16_t version, struct ht_named suite,
                       bool encrypt_then_mac);

/* tls_prf_of is the PRF of a suite up to TLS 1.2. */
enum ht_prf tls_prf_of(uint16_t version, struct ht_named suite);

/* What one side writes with. */
struct tls_write_keys {
    uint8_t key[HT_CIPHER_KEY_MAX];
    uint8_t iv[HT_CIPHER_BLOCK_MAX];
    uint8_t mac[HT_DIGEST_MAX];
    uint8_t number[HT_CIPHER_KEY_MAX]; /* hides record numbers, in DTLS 1.3 */
};

/* tls_expand_label is HKDF-Expand-Label as TLS 1.3, or DTLS 1.3, has it (RFC 8446 section 7.1, RFC
 * 9147 section 5.9), without a context. */
bool tls_expand_label(bool datagrams, enum ht_digest digest, uint8_t *out, size_t len,
                      struct ht_bytes secret, const char *label);

/* tls_keys_of_traffic_secret: RFC 8446 section 7.3, RFC 9147 section 4.2.3. */
bool tls_keys_of_traffic_secret(struct tls_write_keys *out, const struct tls_protection *protection,
                                struct ht_bytes secret);

/* tls_keys_of_master are the keys of the client, or of the server (RFC 5246 section 6.3). */
bool tls_keys_of_master(struct tls_write_keys *out, const struct tls_protection *protection,
                        struct ht_bytes master, struct ht_bytes client_random,
                        struct ht_bytes server_random, bool client);

/* Where a record stands among those of its side under one set of keys. */
struct tls_position {
    uint64_t sequence;     /* up to DTLS 1.2 with the epoch in its upper 16 bits (RFC 6347 4.1) */
    uint64_t stream_bytes; /* of the key stream that were used before; RC4 only */
    /* What is proven with the content, where the record does not say it: all of it in DTLS 1.3 (RFC
     * 9147 section 4); with connection ids in DTLS 1.2, up to the length at its end (RFC 9146
     * section 5). Empty: as in TLS. Where it is not, the content type is within. */
    struct ht_bytes header;
};

enum { TLS_HEADER_MAX = 8 + 1 + 1 + 1 + 2 + 8 + 255 };

/* tls_record_open decrypts a whole record into `scratch`: its content and, where it is in there,
 * its type. False where it is not what these keys sealed at this position. `position->header` is up
 * to TLS_HEADER_MAX long. */
bool tls_record_open(struct ht_opener *opener, const struct tls_protection *protection,
                     const struct tls_write_keys *keys, const struct tls_position *position,
                     const struct tls_record *record, struct ht_arena *scratch,
                     struct tls_record *out);

#endif
