/*
 * Certificates (RFC 5280) as records, each once. Decoded by OpenSSL's libcrypto, which nobody
 * outside this folder needs to know.
 */
#ifndef HT_ANALYSIS_CERTIFICATE_CERTIFICATE_H
#define HT_ANALYSIS_CERTIFICATE_CERTIFICATE_H

#include "analysis/analyzer.h"

/* The kinds of names that are text; IP addresses are printed. */
struct ht_subject_alternative_names {
    struct ht_texts dns;
    struct ht_texts ip;
    struct ht_texts email;
    struct ht_texts uri;
    struct ht_texts directory; /* in the form of RFC 4514 */
    uint64_t others;           /* how many of other kinds */
};

struct ht_public_key {
    struct ht_bytes
        type;      /* "RSA", "RSA-PSS", "EC", "DSA", "Ed25519", "Ed448", else its algorithm */
    uint64_t bits; /* of the modulus, prime or field; 0: not understood */
    /* As TLS names it: "secp256r1"; "explicit": its parameters are given. Whether the point lies on
     * it is not asked. */
    struct ht_bytes curve;
    struct ht_bytes modulus; /* of RSA, big-endian, where it is plain; not in the output */
};

struct ht_certificate {
    struct ht_bytes sha256;
    struct ht_bytes sha1;
    struct ht_bytes subject; /* RFC 4514, UTF-8 */
    struct ht_bytes issuer;
    struct ht_bytes serial;     /* the content of the DER INTEGER, a leading zero byte included */
    struct ht_bytes not_before; /* RFC 3339 UTC; text, for years that nanoseconds do not reach */
    struct ht_bytes not_after;
    const struct ht_subject_alternative_names *san; /* NULL: no such extension */
    const struct ht_public_key *key;
    struct ht_bytes signature_algorithm;
    bool is_ca;       /* by the basic constraints */
    bool self_signed; /* issued by its subject, and its own key verifies the signature; one by which
                       * that takes long (crypto/effort.h) is not asked */
    bool self_issued; /* issuer and subject are the same name */
    bool malformed;   /* not a certificate in DER, or bytes follow it */
    uint64_t version; /* 1 to 3 */
    struct ht_texts key_usage;
    struct ht_texts extended_key_usage;
    struct ht_bytes subject_key_id;
    struct ht_bytes authority_key_id;
    struct ht_texts ocsp_urls;
    bool ocsp_must_staple; /* RFC 7633 */
    uint64_t scts;         /* embedded signed certificate timestamps (RFC 6962) */
    struct ht_bytes spki_sha256;
    uint64_t bytes; /* of the DER */
    int64_t first_seen_ns;
    uint64_t frame;
    struct ht_bytes source;
    struct ht_bytes connection;
    /* Not in the output: */
    struct ht_bytes fault; /* what is wrong with its bytes, and where; empty: nothing */
};

extern const struct ht_struct ht_certificate_struct;
extern const struct ht_record_type ht_certificate_record;

/* What decoding needs of libcrypto, made once. Not for use by two threads at once. */
struct ht_certificate_decoder;

/* ht_certificate_decoder_new is NULL where there is no memory. */
struct ht_certificate_decoder *ht_certificate_decoder_new(void);
void ht_certificate_decoder_free(struct ht_certificate_decoder *decoder);

/* ht_certificate_decode fills `out` with what `der` says, allocated from `arena`; where and when it
 * was seen is left zero. False, with `out->malformed`, where libcrypto refuses it or bytes follow
 * it; the digests and what could be decoded are there all the same. */
bool ht_certificate_decode(struct ht_certificate_decoder *decoder, struct ht_arena *arena,
                           struct ht_bytes der, struct ht_certificate *out);

/* Records each distinct certificate once, when first seen, and gives each event of a chain the
 * digests of its certificates. It remembers the last 65,536 or so, so that one that comes back
 * after that many others is recorded again. */
extern const struct ht_analyzer ht_certificate_analyzer;

/* Certificates that could not be written to the folder of the settings. */
struct ht_certificates_lost {
    uint64_t num;
    int error; /* errno of the first */
};

/* ht_certificates_lost is asked of a state of ht_certificate_analyzer. */
struct ht_certificates_lost ht_certificates_lost(const void *state);

#endif
