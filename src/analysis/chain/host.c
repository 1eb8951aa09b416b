#include "analysis/chain/host.h"

#include "analysis/certificate/list.h"

#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

/*
 * What is in the certificate.
 */

/* What is empty names nobody. */
static void add_copy(struct certificate_list *list, struct ht_arena *arena, const uint8_t *bytes,
                     int len)
{
    if (len > 0) {
        certificate_list_add(list, ht_arena_copy(arena, ht_bytes(bytes, (size_t)len)));
    }
}

static void add_string(struct certificate_list *list, struct ht_arena *arena,
                       const ASN1_STRING *string)
{
    add_copy(list, arena, ASN1_STRING_get0_data(string), ASN1_STRING_length(string));
}

static void read_alternative_names(struct chain_host_names *out, X509 *x509, struct ht_arena *arena)
{
    GENERAL_NAMES *names              = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    int num                           = sk_GENERAL_NAME_num(names);
    struct certificate_list dns       = certificate_list_new(arena, num);
    struct certificate_list addresses = certificate_list_new(arena, num);
    for (int i = 0; i < num; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS) {
            add_string(&dns, arena, name->d.dNSName);
        } else if (name->type == GEN_IPADD) {
            add_string(&addresses, arena, name->d.iPAddress);
        }
    }
    GENERAL_NAMES_free(names);
    out->dns       = certificate_list_view(&dns);
    out->addresses = certificate_list_view(&addresses);
}

static void read_common_names(struct chain_host_names *out, const X509 *x509,
                              struct ht_arena *arena)
{
    const X509_NAME *subject       = X509_get_subject_name(x509);
    struct certificate_list common = certificate_list_new(arena, X509_NAME_entry_count(subject));
    int at                         = -1;
    while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, at);
        unsigned char *text          = NULL;
        int len                      = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
        if (len < 0) {
            break; /* libcrypto looks no further */
        }
        add_copy(&common, arena, text, len);
        OPENSSL_free(text);
    }
    out->common = certificate_list_view(&common);
}

void chain_host_names_read(struct chain_host_names *out, X509 *x509, struct ht_arena *arena)
{
    (void)ERR_set_mark();
    read_alternative_names(out, x509, arena);
    read_common_names(out, x509, arena);
    (void)ERR_pop_to_mark();
}

/*
 * Names.
 */

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (ht_lower(c) >= 'a' && ht_lower(c) <= 'z');
}

/* Labels of letters, digits and hyphens inside; two of them at least. */
static bool is_domain(struct ht_bytes name)
{
    unsigned dots = 0;
    uint8_t last  = '.';
    for (size_t i = 0; i < name.len; last = name.ptr[i++]) {
        uint8_t c = name.ptr[i];
        bool edge = last == '.';
        bool fits = c == '.' ? !edge && last != '-' : is_letter_or_digit(c) || (c == '-' && !edge);
        dots += c == '.';
        if (!fits) {
            return false;
        }
    }
    return dots > 0 && last != '.' && last != '-';
}

/* What a wildcard stands for: a label, also one of IDNA, or itself. */
static bool is_label(struct ht_bytes label)
{
    for (size_t i = 0; i < label.len; i++) {
        if (!is_letter_or_digit(label.ptr[i]) && label.ptr[i] != '-') {
            return label.len == 1 && label.ptr[0] == '*';
        }
    }
    return label.len > 0;
}

/* "*.example.com" is for "www.example.com". */
static bool is_covered(struct ht_bytes pattern, struct ht_bytes name)
{
    if (pattern.len < 2 || pattern.ptr[0] != '*' || pattern.ptr[1] != '.' ||
        name.len < pattern.len) {
        return false;
    }
    size_t label           = name.len - (pattern.len - 1);
    struct ht_bytes domain = ht_bytes_from(pattern, 2);
    return ht_bytes_alike(domain, ht_bytes_from(name, label + 1)) && name.ptr[label] == '.' &&
           is_label(ht_bytes_head(name, label)) && is_domain(domain);
}

/* Of the names the first that is, or covers, this one; NULL: none. */
static const struct ht_bytes *find_name(struct ht_texts names, struct ht_bytes name)
{
    for (size_t i = 0; i < names.len; i++) {
        if (ht_bytes_alike(names.items[i], name) || is_covered(names.items[i], name)) {
            return &names.items[i];
        }
    }
    return NULL;
}

/*
 * Addresses.
 */

/* An address in network order, in `raw`; empty: it is none. */
static struct ht_bytes parse_address(uint8_t raw[16], struct ht_bytes name)
{
    char text[CHAIN_MAX_NAME + 1];
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (inet_pton(AF_INET, text, raw) == 1) {
        return ht_bytes(raw, 4);
    }
    return ht_bytes(raw, inet_pton(AF_INET6, text, raw) == 1 ? 16 : 0);
}

static bool has_address(struct ht_texts addresses, struct ht_bytes address)
{
    for (size_t i = 0; i < addresses.len; i++) {
        if (ht_bytes_equal(addresses.items[i], address)) {
            return true;
        }
    }
    return false;
}

/* Nobody asks for the dot that ends an absolute name. */
static struct ht_bytes without_last_dot(struct ht_bytes name)
{
    bool dot = name.len > 1 && name.ptr[name.len - 1] == '.';
    return ht_bytes_head(name, name.len - (dot ? 1 : 0));
}

void chain_host_check(struct chain_host_match *out, const struct chain_host_names *names,
                      struct ht_bytes name)
{
    uint8_t raw[16];
    *out = (struct chain_host_match){.verdict = "mismatch"};
    name = without_last_dot(ht_bytes_head(name, CHAIN_MAX_NAME));
    /* To libcrypto a dot at the front means every host of that domain. */
    if (name.len == 0 || name.ptr[0] == '.' || memchr(name.ptr, '\0', name.len) != NULL) {
        return;
    }
    /* An address as if it were a host's name does not count, but hides the common name. */
    const struct ht_bytes *alternative = find_name(names->dns, name);
    const struct ht_bytes *common      = NULL;
    struct ht_bytes address            = parse_address(raw, name);
    if (address.len > 0 ? has_address(names->addresses, address) : alternative != NULL) {
        *out = (struct chain_host_match){"match", address.len > 0 ? name : *alternative};
    } else if (alternative == NULL && (common = find_name(names->common, name)) != NULL) {
        *out = (struct chain_host_match){"common_name_only", *common};
    }
}
