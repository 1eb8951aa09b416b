/*
 * Revocation: what stapled OCSP responses (RFC 6960, RFC 6066 section 8) and lists of revoked
 * certificates (RFC 5280 section 5) say of a chain. Nothing is fetched.
 */
#ifndef HT_ANALYSIS_REVOCATION_REVOCATION_H
#define HT_ANALYSIS_REVOCATION_REVOCATION_H

#include "analysis/analyzer.h"

/* Lists of revoked certificates. Read only once made; shared by engines. */
struct ht_crl_list;

/* ht_crl_list_open reads the lists in the file `path`: any number in PEM, or one in DER. NULL with
 * a message where it cannot be read or holds none. Of a list its issuer's signature, its scope and
 * its time are judged when a certificate is looked up in it. */
struct ht_crl_list *ht_crl_list_open(const char *path, struct ht_error *error);
void ht_crl_list_free(struct ht_crl_list *list);

struct ht_chain_parts;

/* ht_revocation_judge fills in the verdict's `revocation` from the settings' lists: the
 * certificate of the path, nearest to the leaf, that is revoked; else what they say of the leaf.
 * Nothing where they do not say anything. */
void ht_revocation_judge(struct ht_chain_parts *parts);

/* Says what stapled responses say, in their events; and, after the chain's analyzer, completes the
 * verdict of a server's chain by what the handshake brought for it: the staple, and the SCTs in the
 * staple and in the extension of TLS. Costs nothing where there is neither. */
extern const struct ht_analyzer ht_revocation_analyzer;

#endif
