/*
 * Extensions of certificates: RFC 5280 section 4.2, RFC 6962 section 3.3, RFC 7633.
 */
#include <openssl/ct.h>
#include <openssl/x509v3.h>

#include "base/address.h"
#include "decode.h"
#include "list.h"
#include "repeated.h"

static struct ht_bytes string_copy(struct ht_arena *arena, const ASN1_STRING *string)
{
    if (string == NULL) {
        return ht_bytes("", 0);
    }
    size_t len = (size_t)ASN1_STRING_length(string);
    return ht_arena_copy(arena, ht_bytes(ASN1_STRING_get0_data(string), len));
}

/* An address printed; in hexadecimal where it has not the length of one. */
static struct ht_bytes ip_text(struct ht_arena *arena, const ASN1_OCTET_STRING *ip)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *bytes    = ASN1_STRING_get0_data(ip);
    size_t len              = (size_t)ASN1_STRING_length(ip);
    if (len == 4 || len == 16) {
        char text[HT_ADDRESS_TEXT_MAX];
        struct ht_address address = len == 4 ? ht_address4(bytes) : ht_address6(bytes);
        return ht_arena_copy(arena, ht_text(ht_address_print(text, &address)));
    }
    char *digits = ht_arena_alloc(arena, 2 * len);
    for (size_t i = 0; digits != NULL && i < len; i++) {
        digits[2 * i]     = hex[bytes[i] >> 4];
        digits[2 * i + 1] = hex[bytes[i] & 15];
    }
    return ht_bytes(digits, digits != NULL ? 2 * len : 0);
}

static struct ht_bytes general_name_text(struct ht_arena *arena, const GENERAL_NAME *name)
{
    int type          = GEN_OTHERNAME;
    const void *value = GENERAL_NAME_get0_value(name, &type);
    switch (type) {
    case GEN_IPADD:
        return ip_text(arena, value);
    case GEN_DIRNAME:
        return certificate_name(arena, value);
    default:
        return string_copy(arena, value);
    }
}

static struct ht_texts names_of_type(struct ht_arena *arena, const GENERAL_NAMES *names, int type)
{
    int count = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        count += sk_GENERAL_NAME_value(names, i)->type == type;
    }
    struct certificate_list list = certificate_list_new(arena, count);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == type) {
            certificate_list_add(&list, general_name_text(arena, name));
        }
    }
    return certificate_list_view(&list);
}

static const struct ht_subject_alternative_names *alternative_names(struct ht_arena *arena,
                                                                    const X509 *x509)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    if (names == NULL) {
        return NULL;
    }
    struct ht_subject_alternative_names *out = ht_arena_alloc(arena, sizeof *out);
    if (out != NULL) {
        out->dns       = names_of_type(arena, names, GEN_DNS);
        out->ip        = names_of_type(arena, names, GEN_IPADD);
        out->email     = names_of_type(arena, names, GEN_EMAIL);
        out->uri       = names_of_type(arena, names, GEN_URI);
        out->directory = names_of_type(arena, names, GEN_DIRNAME);
        out->others    = (uint64_t)sk_GENERAL_NAME_num(names) - out->dns.len - out->ip.len -
                      out->email.len - out->uri.len - out->directory.len;
    }
    GENERAL_NAMES_free(names);
    return out;
}

static struct ht_texts key_usage(struct ht_arena *arena, X509 *x509)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } usages[] = {
        {KU_DIGITAL_SIGNATURE, "digitalSignature"},
        {KU_NON_REPUDIATION, "nonRepudiation"},
        {KU_KEY_ENCIPHERMENT, "keyEncipherment"},
        {KU_DATA_ENCIPHERMENT, "dataEncipherment"},
        {KU_KEY_AGREEMENT, "keyAgreement"},
        {KU_KEY_CERT_SIGN, "keyCertSign"},
        {KU_CRL_SIGN, "cRLSign"},
        {KU_ENCIPHER_ONLY, "encipherOnly"},
        {KU_DECIPHER_ONLY, "decipherOnly"},
    };
    if ((X509_get_extension_flags(x509) & EXFLAG_KUSAGE) == 0) {
        return (struct ht_texts){0};
    }
    uint32_t bits                = X509_get_key_usage(x509);
    struct certificate_list list = certificate_list_new(arena, HT_ARRAY_LEN(usages));
    for (size_t i = 0; i < HT_ARRAY_LEN(usages); i++) {
        if (bits & usages[i].bit) {
            certificate_list_add(&list, ht_text(usages[i].name));
        }
    }
    return certificate_list_view(&list);
}

static struct ht_texts extended_key_usage(struct ht_arena *arena, const X509 *x509)
{
    EXTENDED_KEY_USAGE *usages   = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
    struct certificate_list list = certificate_list_new(arena, sk_ASN1_OBJECT_num(usages));
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
        certificate_list_add(&list,
                             certificate_object(arena, sk_ASN1_OBJECT_value(usages, i), true));
    }
    EXTENDED_KEY_USAGE_free(usages);
    return certificate_list_view(&list);
}

/* Empty: it has none of this method. Text with a NUL in it is no URL. */
static struct ht_bytes ocsp_url(const ACCESS_DESCRIPTION *description)
{
    const GENERAL_NAME *location = description->location;
    if (OBJ_obj2nid(description->method) != NID_ad_OCSP || location->type != GEN_URI) {
        return ht_bytes(NULL, 0);
    }
    const ASN1_STRING *uri = location->d.uniformResourceIdentifier;
    struct ht_bytes text   = ht_bytes(ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri));
    bool has_nul           = text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL;
    return has_nul ? ht_bytes(NULL, 0) : text;
}

/* Each once, in the certificate's order. libcrypto's X509_get1_ocsp sorts all of them again for
 * each. */
static struct ht_texts ocsp_urls(struct ht_arena *arena, const X509 *x509)
{
    AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(x509, NID_info_access, NULL, NULL);
    struct certificate_list list  = certificate_list_new(arena, sk_ACCESS_DESCRIPTION_num(access));
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
        struct ht_bytes url = ocsp_url(sk_ACCESS_DESCRIPTION_value(access, i));
        if (url.len > 0) {
            certificate_list_add(&list, url);
        }
    }
    list.len = certificate_drop_repeated(list.items, list.len);
    for (size_t i = 0; list.items != NULL && i < list.len; i++) {
        list.items[i] = ht_arena_copy(arena, list.items[i]);
    }
    AUTHORITY_INFO_ACCESS_free(access);
    return certificate_list_view(&list);
}

static bool must_staple(const X509 *x509)
{
    enum { STATUS_REQUEST = 5 };
    bool found            = false;
    TLS_FEATURE *features = X509_get_ext_d2i(x509, NID_tlsfeature, NULL, NULL);
    for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++) {
        found = found || ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
    }
    TLS_FEATURE_free(features);
    return found;
}

static uint64_t num_scts(const X509 *x509)
{
    STACK_OF(SCT) *scts = X509_get_ext_d2i(x509, NID_ct_precert_scts, NULL, NULL);
    int num             = sk_SCT_num(scts);
    SCT_LIST_free(scts);
    return num > 0 ? (uint64_t)num : 0;
}

void certificate_extensions(struct ht_arena *arena, X509 *x509, struct ht_certificate *out)
{
    out->san                = alternative_names(arena, x509);
    out->key_usage          = key_usage(arena, x509);
    out->extended_key_usage = extended_key_usage(arena, x509);
    out->subject_key_id     = string_copy(arena, X509_get0_subject_key_id(x509));
    out->authority_key_id   = string_copy(arena, X509_get0_authority_key_id(x509));
    out->ocsp_urls          = ocsp_urls(arena, x509);
    out->ocsp_must_staple   = must_staple(x509);
    out->scts               = num_scts(x509);
}
