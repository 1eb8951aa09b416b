/* Whether a certificate is for a server (RFC 9525, RFC 6125). Not for use outside this folder. */
#ifndef HT_ANALYSIS_CHAIN_HOST_H
#define HT_ANALYSIS_CHAIN_HOST_H

#include "base/address.h"
#include "base/arena.h"
#include "base/bytes.h"

struct x509_st;

enum { CHAIN_MAX_NAME = 255 };

/* For what a certificate is. Names may hold any byte. */
struct chain_host_names {
    struct ht_texts dns;       /* of the SubjectAlternativeName, which may have wildcards */
    struct ht_texts addresses; /* as well, in network order */
    struct ht_texts common;    /* common names of the subject, UTF-8, up to one that is no text */
};

struct chain_host_match {
    const char *verdict;     /* static: match, mismatch, common_name_only */
    struct ht_bytes matched; /* the certificate's name, as it is there, of `names`; of an address
                              * the text that was asked for */
};

/* chain_host_names_read takes the names out of the certificate, into `arena`. */
void chain_host_names_read(struct chain_host_names *out, struct x509_st *x509,
                           struct ht_arena *arena);

/* chain_host_check looks for `name`, a host name of up to CHAIN_MAX_NAME bytes, or an IP address in
 * text, in the names. A wildcard counts as the whole first label only. It says what libcrypto's
 * X509_check_host and X509_check_ip say, which read the certificate's extension every time. */
void chain_host_check(struct chain_host_match *out, const struct chain_host_names *names,
                      struct ht_bytes name);

#endif
