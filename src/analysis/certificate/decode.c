/*
 * RFC 5280 certificates by libcrypto. What libcrypto allocates is freed here; what is returned
 * lies in the arena.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "analysis/memo.h"
#include "base/digits.h"
#include "crypto/digest.h"
#include "crypto/effort.h"
#include "decode.h"
#include "repeated.h"

enum {
    OBJECT_TEXT_MAX = 128,
    /* Hardly a certificate has more of them. */
    FEW_EXTENSIONS = 32,
    /* A signature by a larger key costs milliseconds to verify; nobody uses them. */
    MAX_BITS_TO_VERIFY = 8192,
    /* Names by their DER: most are of 100 bytes; 1 MiB at worst. */
    NAME_SETS    = 128,
    NAME_LONGEST = 2048
};

/*
 * Reading an X.509 structure, libcrypto also decodes its key, which costs several times what all
 * the rest costs, and cannot be told not to. Where it finds no provider it lets that be. So
 * certificates are read in a library context that has none.
 */
struct ht_certificate_decoder {
    struct ht_digester *digester;
    struct ht_memo names; /* the text by DER */
    OSSL_LIB_CTX *without_providers;
    OSSL_PROVIDER *null; /* that there be no default one */
};

struct ht_certificate_decoder *ht_certificate_decoder_new(void)
{
    struct ht_certificate_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) {
        return NULL;
    }
    decoder->digester          = ht_digester_new();
    decoder->without_providers = OSSL_LIB_CTX_new();
    if (decoder->without_providers != NULL) {
        decoder->null = OSSL_PROVIDER_load(decoder->without_providers, "null");
    }
    if (decoder->digester == NULL || decoder->null == NULL ||
        !ht_memo_init(&decoder->names, NAME_SETS, NAME_LONGEST)) {
        ht_certificate_decoder_free(decoder);
        return NULL;
    }
    return decoder;
}

void ht_certificate_decoder_free(struct ht_certificate_decoder *decoder)
{
    if (decoder == NULL) {
        return;
    }
    if (decoder->null != NULL) {
        (void)OSSL_PROVIDER_unload(decoder->null);
    }
    OSSL_LIB_CTX_free(decoder->without_providers);
    ht_digester_free(decoder->digester);
    ht_memo_fini(&decoder->names);
    free(decoder);
}

struct ht_memo *certificate_decoder_names(struct ht_certificate_decoder *decoder)
{
    return &decoder->names;
}

struct ht_bytes certificate_object(struct ht_arena *arena, const ASN1_OBJECT *object,
                                   bool short_name)
{
    int nid = OBJ_obj2nid(object);
    if (nid != NID_undef) {
        const char *name = short_name ? OBJ_nid2sn(nid) : OBJ_nid2ln(nid);
        return ht_arena_copy(arena, ht_text(name));
    }
    char dotted[OBJECT_TEXT_MAX] = "";
    (void)OBJ_obj2txt(dotted, sizeof dotted, object, 1);
    return ht_arena_copy(arena, ht_text(dotted));
}

struct ht_bytes certificate_name(struct ht_arena *arena, const X509_NAME *name)
{
    /* Characters of UTF-8 stay as they are; a value that is not text at all is shown as RFC 4514
     * shows unknown types, in hexadecimal. */
    const unsigned long readable = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    struct ht_bytes text         = ht_bytes("", 0);
    BIO *out                     = BIO_new(BIO_s_mem());
    if (out == NULL) {
        return text;
    }
    bool printed = X509_NAME_print_ex(out, name, 0, readable) >= 0;
    if (!printed) {
        (void)BIO_reset(out);
        printed = X509_NAME_print_ex(out, name, 0, readable | ASN1_STRFLGS_DUMP_ALL) >= 0;
    }
    char *data;
    long len = BIO_get_mem_data(out, &data);
    if (printed && len > 0) {
        text = ht_arena_copy(arena, ht_bytes(data, (size_t)len));
    }
    (void)BIO_free(out);
    return text;
}

static struct ht_bytes digest_copy(struct ht_digester *digester, struct ht_arena *arena,
                                   enum ht_digest digest, struct ht_bytes in)
{
    uint8_t raw[HT_DIGEST_MAX];
    size_t len = ht_digest(digester, digest, raw, in);
    return ht_arena_copy(arena, ht_bytes(raw, len));
}

struct ht_bytes certificate_serial(struct ht_arena *arena, const ASN1_INTEGER *serial)
{
    uint8_t *der = NULL;
    int len      = i2d_ASN1_INTEGER(serial, &der);
    if (len <= 0) {
        return ht_bytes("", 0);
    }
    struct ht_reader r = ht_reader(ht_bytes(der, (size_t)len));
    rd_skip(&r, 1);
    uint8_t first = rd_u8(&r);
    if (first & 0x80) {
        rd_skip(&r, first & 0x7F);
    }
    struct ht_bytes content = ht_arena_copy(arena, rd_rest(&r));
    OPENSSL_free(der);
    return content;
}

static char *put_part(char *at, int value, char behind)
{
    at    = ht_put_digits(at, (uint64_t)value, 2);
    *at++ = behind;
    return at;
}

static struct ht_bytes rfc3339(struct ht_arena *arena, const ASN1_TIME *time)
{
    enum { LENGTH = sizeof "2026-11-21T13:49:13Z" - 1 };
    struct tm tm;
    char text[LENGTH];
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        return ht_bytes("", 0);
    }
    char *at = ht_put_digits(text, (uint64_t)tm.tm_year + 1900, 4);
    *at++    = '-';
    at       = put_part(at, tm.tm_mon + 1, '-');
    at       = put_part(at, tm.tm_mday, 'T');
    at       = put_part(at, tm.tm_hour, ':');
    at       = put_part(at, tm.tm_min, ':');
    (void)put_part(at, tm.tm_sec, 'Z');
    return ht_arena_copy(arena, ht_bytes(text, sizeof text));
}

/* The key, and the digest of the SubjectPublicKeyInfo that holds it. */
static void decode_key(struct ht_certificate_decoder *decoder, struct ht_arena *arena,
                       const X509_PUBKEY *info, struct ht_certificate *out)
{
    uint8_t *der = NULL;
    int len      = i2d_X509_PUBKEY(info, &der);
    if (len <= 0) {
        return;
    }
    struct ht_bytes spki = ht_bytes(der, (size_t)len);
    out->key             = certificate_key(arena, info, spki);
    out->spki_sha256     = digest_copy(decoder->digester, arena, HT_SHA256, spki);
    OPENSSL_free(der);
}

/* Whether it is worth to ask if its own key verifies the signature. */
static bool may_verify_itself(const struct ht_certificate *certificate)
{
    return certificate->self_issued && certificate->key != NULL &&
           certificate->key->bits <= MAX_BITS_TO_VERIFY;
}

/* Not asked of a key by which it would take long: anybody may send many. */
static bool verifies_itself(X509 *x509)
{
    EVP_PKEY *key = X509_get0_pubkey(x509);
    return key != NULL && ht_key_is_cheap(key) && X509_verify(x509, key) == 1;
}

/* Done where there are providers, so the certificate is read once more. */
static bool der_verifies_itself(struct ht_bytes der)
{
    const uint8_t *end = der.ptr;
    X509 *x509         = d2i_X509(NULL, &end, (long)der.len);
    bool verified      = x509 != NULL && verifies_itself(x509);
    X509_free(x509);
    return verified;
}

/*
 * What is wrong with one
 */

enum { TAG_LONG = 0x1F, CONSTRUCTED = 0x20, LENGTH_LONG = 0x80, DEEPEST = 16, FAULT_MAX = 160 };
enum { RELATIVE_NAME = 1 /* nameRelativeToCRLIssuer: RFC 5280 section 4.2.1.13 */ };

/* The content's length of the element at hand; SIZE_MAX: it is not whole, or not in DER. No
 * certificate has tags of several bytes. */
static size_t read_head(struct ht_reader *r, bool *constructed)
{
    uint8_t tag  = rd_u8(r);
    uint8_t len  = rd_u8(r);
    *constructed = (tag & CONSTRUCTED) != 0;
    if (r->bad || (tag & TAG_LONG) == TAG_LONG) {
        return SIZE_MAX;
    }
    if (len < LENGTH_LONG) {
        return len;
    }
    unsigned width = len - LENGTH_LONG;
    uint64_t whole = width >= 1 && width <= 4 ? rd_uint(r, width) : UINT32_MAX;
    return !r->bad && whole >= LENGTH_LONG ? (size_t)whole : SIZE_MAX;
}

/* Where the first element lies that is broken, or longer than what it is in; der.len: all are
 * sound. */
static size_t broken_at(struct ht_bytes der)
{
    size_t ends[DEEPEST] = {der.len}, depth = 0, at = 0;
    while (at < der.len) {
        bool constructed   = false;
        struct ht_reader r = ht_reader(ht_bytes(der.ptr + at, ends[depth] - at));
        size_t len         = read_head(&r, &constructed);
        if (len > rd_left(&r)) {
            return at;
        }
        at = ends[depth] - rd_left(&r);
        if (constructed && depth + 1 < DEEPEST) {
            ends[++depth] = at + len;
        } else {
            at += len;
        }
        while (depth > 0 && at == ends[depth]) {
            depth--;
        }
    }
    return der.len;
}

/* Why libcrypto refused it; the first error is the most particular. */
static struct ht_bytes why_refused(struct ht_arena *arena, struct ht_bytes der)
{
    char text[FAULT_MAX];
    size_t at       = broken_at(der);
    const char *why = ERR_reason_error_string(ERR_peek_error());
    if (at < der.len) {
        (void)snprintf(text, sizeof text,
                       "the element at byte %zu of %zu is not whole, or not in DER", at, der.len);
    } else {
        (void)snprintf(text, sizeof text, "its %zu bytes are no certificate: %s", der.len,
                       why != NULL ? why : "there is nothing");
    }
    return ht_arena_copy(arena, ht_text(text));
}

static struct ht_bytes what_follows(struct ht_arena *arena, size_t at, size_t len)
{
    char text[FAULT_MAX];
    (void)snprintf(text, sizeof text, "bytes follow it, from byte %zu of %zu", at, len);
    return ht_arena_copy(arena, ht_text(text));
}

/* Of the extension that is the first to be there again later; `count`: there is none. Where there
 * is no memory nothing is known of it. */
static int repeated_extension(const X509 *x509, int count)
{
    struct certificate_place few[FEW_EXTENSIONS], *places = few;
    size_t len = (size_t)count, first = len;
    if (len > FEW_EXTENSIONS) {
        places = malloc(len * sizeof *places);
    }
    for (size_t i = 0; places != NULL && i < len; i++) {
        const ASN1_OBJECT *object = X509_EXTENSION_get_object(X509_get_ext(x509, (int)i));
        places[i] =
            (struct certificate_place){ht_bytes(OBJ_get0_data(object), OBJ_length(object)), i};
    }
    certificate_sort(places, places != NULL ? len : 0);
    for (size_t i = 1; places != NULL && i < len; i++) {
        if (places[i - 1].index < first && ht_bytes_equal(places[i - 1].bytes, places[i].bytes)) {
            first = places[i - 1].index;
        }
    }
    if (places != few) {
        free(places);
    }
    return (int)first;
}

/* RFC 5280 section 4.2: each extension once, and no critical one that is not known. Empty: so it
 * is. */
static struct ht_bytes extension_fault(struct ht_arena *arena, const X509 *x509)
{
    int count    = X509_get_ext_count(x509);
    int repeated = repeated_extension(x509, count);
    for (int i = 0; i < count; i++) {
        X509_EXTENSION *extension = X509_get_ext(x509, i);
        char oid[64], text[FAULT_MAX];
        if (i == repeated || (X509_EXTENSION_get_critical(extension) == 1 &&
                              X509_supported_extension(extension) == 0)) {
            (void)OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(extension), 1);
            (void)snprintf(text, sizeof text, "extension %s is %s", oid,
                           i == repeated ? "there twice" : "critical, and nobody knows it");
            return ht_arena_copy(arena, ht_text(text));
        }
    }
    return ht_bytes(NULL, 0);
}

bool certificate_may_be_asked(X509 *x509)
{
    enum { NAME_BYTES_MAX = 4096, SHORTEST_POINT = 6 };
    int at = X509_get_ext_by_NID(x509, NID_crl_distribution_points, -1);
    if (at < 0) {
        return true;
    }
    int name = i2d_X509_NAME(X509_get_issuer_name(x509), NULL);
    int most = ASN1_STRING_length(X509_EXTENSION_get_data(X509_get_ext(x509, at))) / SHORTEST_POINT;
    if (name <= 0 || most <= NAME_BYTES_MAX / name) {
        return true;
    }
    CRL_DIST_POINTS *points = X509_get_ext_d2i(x509, NID_crl_distribution_points, NULL, NULL);
    int relative            = 0;
    for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT_NAME *where = sk_DIST_POINT_value(points, i)->distpoint;
        relative += where != NULL && where->type == RELATIVE_NAME;
    }
    CRL_DIST_POINTS_free(points);
    return relative <= NAME_BYTES_MAX / name;
}

static void decode(struct ht_certificate_decoder *decoder, struct ht_arena *arena, X509 *x509,
                   struct ht_certificate *out)
{
    const X509_ALGOR *signature = X509_get0_tbs_sigalg(x509);
    const ASN1_OBJECT *algorithm;
    X509_ALGOR_get0(&algorithm, NULL, NULL, signature);
    out->version    = (uint64_t)X509_get_version(x509) + 1;
    out->subject    = certificate_known_name(&decoder->names, arena, X509_get_subject_name(x509));
    out->issuer     = certificate_known_name(&decoder->names, arena, X509_get_issuer_name(x509));
    out->serial     = certificate_serial(arena, X509_get0_serialNumber(x509));
    out->not_before = rfc3339(arena, X509_get0_notBefore(x509));
    out->not_after  = rfc3339(arena, X509_get0_notAfter(x509));
    out->signature_algorithm = certificate_object(arena, algorithm, false);
    /* Asked before the extensions are: this is where libcrypto reads them and would take the
     * certificate's SHA-1, for which it lacks a provider; it does not try again. */
    uint32_t flags   = X509_get_extension_flags(x509);
    out->is_ca       = (flags & EXFLAG_CA) != 0;
    out->self_issued = (flags & EXFLAG_SI) != 0;
    decode_key(decoder, arena, X509_get_X509_PUBKEY(x509), out);
    certificate_extensions(arena, x509, out);
    out->fault = extension_fault(arena, x509);
}

/* Of errors of others, or of one's own that nobody asks for; mostly there are none. */
static void forget_errors(void)
{
    if (ERR_peek_error() != 0) {
        ERR_clear_error();
    }
}

bool ht_certificate_decode(struct ht_certificate_decoder *decoder, struct ht_arena *arena,
                           struct ht_bytes der, struct ht_certificate *out)
{
    struct ht_bytes sha256 = digest_copy(decoder->digester, arena, HT_SHA256, der);
    return certificate_decode_der(decoder, arena, der, sha256, out);
}

bool certificate_decode_der(struct ht_certificate_decoder *decoder, struct ht_arena *arena,
                            struct ht_bytes der, struct ht_bytes sha256, struct ht_certificate *out)
{
    *out      = (struct ht_certificate){.bytes = der.len, .sha256 = sha256};
    out->sha1 = digest_copy(decoder->digester, arena, HT_SHA1, der);
    if (der.len > LONG_MAX) {
        out->malformed = true;
        return false;
    }
    forget_errors(); /* what others left is no fault of this one: why_refused tells the first */
    const uint8_t *end = der.ptr;
    X509 *x509         = X509_new_ex(decoder->without_providers, NULL);
    bool read          = x509 != NULL && d2i_X509(&x509, &end, (long)der.len) != NULL;
    if (read && !certificate_may_be_asked(x509)) {
        out->malformed = true;
        out->fault = ht_arena_copy(arena, ht_text("too many names are relative to its issuer's"));
    } else if (read) {
        decode(decoder, arena, x509, out);
        out->self_signed = may_verify_itself(out) && der_verifies_itself(der);
        out->malformed   = end != der.ptr + der.len;
        out->fault =
            out->malformed ? what_follows(arena, (size_t)(end - der.ptr), der.len) : out->fault;
    } else {
        out->malformed = true;
        out->fault     = why_refused(arena, der);
    }
    X509_free(x509);
    forget_errors();
    return !out->malformed;
}

void certificate_decode_x509(struct ht_certificate_decoder *decoder, struct ht_arena *arena,
                             X509 *x509, struct ht_bytes der, struct ht_bytes sha256,
                             struct ht_certificate *out)
{
    (void)ERR_set_mark();
    *out      = (struct ht_certificate){.bytes = der.len, .sha256 = sha256};
    out->sha1 = digest_copy(decoder->digester, arena, HT_SHA1, der);
    decode(decoder, arena, x509, out);
    out->self_signed = may_verify_itself(out) && verifies_itself(x509);
    (void)ERR_pop_to_mark();
}
