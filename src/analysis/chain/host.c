#include "analysis/chain/host.h"

#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

static bool is_address(const char *text)
{
    uint8_t raw[16];
    return inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1;
}

/* A host name, or the same characters, in the names that `flags` allow. */
static bool has_name(X509 *x509, struct ht_bytes name, unsigned flags, struct chain_host_match *out)
{
    char *found = NULL;
    bool match  = X509_check_host(x509, (const char *)name.ptr, name.len,
                                  flags | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, &found) == 1;
    if (match && found != NULL) {
        struct ht_bytes kept = ht_bytes_head(ht_text(found), CHAIN_MAX_NAME);
        memcpy(out->matched, kept.ptr, kept.len);
        out->matched_len = (uint8_t)kept.len;
    }
    OPENSSL_free(found);
    return match;
}

static bool has_address(X509 *x509, struct ht_bytes name, const char *text,
                        struct chain_host_match *out)
{
    bool match = X509_check_ip_asc(x509, text, 0) == 1;
    if (match) {
        memcpy(out->matched, name.ptr, name.len);
        out->matched_len = (uint8_t)name.len;
    }
    return match;
}

/* Nobody asks for the dot that ends an absolute name. */
static struct ht_bytes without_last_dot(struct ht_bytes name)
{
    bool dot = name.len > 1 && name.ptr[name.len - 1] == '.';
    return ht_bytes_head(name, name.len - (dot ? 1 : 0));
}

void chain_host_check(struct chain_host_match *out, X509 *x509, struct ht_bytes name)
{
    char text[CHAIN_MAX_NAME + 1];
    *out = (struct chain_host_match){.verdict = "mismatch"};
    name = without_last_dot(ht_bytes_head(name, CHAIN_MAX_NAME));
    /* To libcrypto a dot at the front means every host of that domain. */
    if (name.len == 0 || name.ptr[0] == '.' || memchr(name.ptr, '\0', name.len) != NULL) {
        return;
    }
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    (void)ERR_set_mark();
    bool as_name = has_name(x509, name, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, out);
    bool match   = is_address(text) ? has_address(x509, name, text, out) : as_name;
    if (match) {
        out->verdict = "match";
    } else if (!as_name && has_name(x509, name, X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT, out)) {
        out->verdict = "common_name_only";
    } else {
        out->matched_len = 0; /* an address as if it were a host's name, which does not count */
    }
    (void)ERR_pop_to_mark();
}
