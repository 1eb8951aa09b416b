/*
 * What the files of the decoder share, and others that read what names certificates. Not for use
 * outside of src/analysis.
 */
#ifndef HT_ANALYSIS_CERTIFICATE_DECODE_H
#define HT_ANALYSIS_CERTIFICATE_DECODE_H

#include "certificate.h"

/* OpenSSL's X509, X509_PUBKEY, X509_NAME, ASN1_OBJECT and ASN1_INTEGER, by the names that need no
 * header of its. */
struct x509_st;
struct X509_pubkey_st;
struct X509_name_st;
struct asn1_object_st;
struct asn1_string_st;
struct ht_memo;

/* certificate_decode_der is ht_certificate_decode of a certificate whose SHA-256 is known: a view
 * that lives as long as `out`. */
bool certificate_decode_der(struct ht_certificate_decoder *decoder, struct ht_arena *arena,
                            struct ht_bytes der, struct ht_bytes sha256,
                            struct ht_certificate *out);

/* certificate_may_be_asked: false of a certificate in which so many distribution points (RFC 5280
 * section 4.2.1.13) have names relative to its issuer's that libcrypto, which completes all of them
 * when it is first asked for anything of the extensions, would take seconds and gigabytes. Such a
 * one counts as malformed. */
bool certificate_may_be_asked(struct x509_st *x509);

/* certificate_decode_x509 is ht_certificate_decode of a certificate that libcrypto read before,
 * with its key, out of all of `der`; whose SHA-256 is known. */
void certificate_decode_x509(struct ht_certificate_decoder *decoder, struct ht_arena *arena,
                             struct x509_st *x509, struct ht_bytes der, struct ht_bytes sha256,
                             struct ht_certificate *out);

/* certificate_object is an object identifier's name by libcrypto, its long or short one, or where
 * it has none the dotted numbers. */
struct ht_bytes certificate_object(struct ht_arena *arena, const struct asn1_object_st *object,
                                   bool short_name);

/* certificate_name is a name in the form of RFC 4514, in UTF-8. */
struct ht_bytes certificate_name(struct ht_arena *arena, const struct X509_name_st *name);

/* certificate_decoder_names are the names that it printed: their text by their DER. */
struct ht_memo *certificate_decoder_names(struct ht_certificate_decoder *decoder);

/* certificate_known_name is certificate_name of a name that was read from DER; what was asked for
 * before is in `known`. */
struct ht_bytes certificate_known_name(struct ht_memo *known, struct ht_arena *arena,
                                       const struct X509_name_st *name);

/* certificate_serial is a serial number: the content of the DER INTEGER, as it was sent. */
struct ht_bytes certificate_serial(struct ht_arena *arena, const struct asn1_string_st *serial);

/* certificate_names are the first 64 of `ders` in that form, likewise; an empty one where it is no
 * name. */
struct ht_texts certificate_names(struct ht_memo *known, struct ht_arena *arena,
                                  struct ht_texts ders);

/* certificate_leaf_names are subject and issuer of a certificate in DER, likewise; what it does not
 * have is left empty. */
void certificate_leaf_names(struct ht_memo *known, struct ht_arena *arena, struct ht_bytes der,
                            struct ht_bytes *subject, struct ht_bytes *issuer);

/* certificate_key says what kind of key `info` is, whose DER is `spki`. NULL where there is no
 * room.
 */
const struct ht_public_key *
certificate_key(struct ht_arena *arena, const struct X509_pubkey_st *info, struct ht_bytes spki);

/* certificate_extensions fills in what the extensions say (RFC 5280 section 4.2). One that
 * libcrypto cannot decode, or that is there twice, counts as absent. */
void certificate_extensions(struct ht_arena *arena, struct x509_st *x509,
                            struct ht_certificate *out);

#endif
