/* What rules ask of certificates, and how they name them. Not for use
 * outside this folder, but that the report asks audit_is_private. */
#ifndef HT_ANALYSIS_AUDIT_CERTIFICATES_H
#define HT_ANALYSIS_AUDIT_CERTIFICATES_H

#include "analysis/audit/case.h"

enum { AUDIT_NAME_MAX = 72, AUDIT_DAY_S = 86400 };

/* The server's own certificate; where the case has AUDIT_CERTIFICATE. */
static inline const struct ht_certificate *audit_leaf(const struct audit_case *c)
{
    return &c->facts->certificates[0];
}

/* What rules are asked of: a leaf that could be decoded; that has both times; that leads to an
 * anchor of the public web. */
static inline bool audit_is_decoded(const struct audit_case *c)
{
    return !audit_leaf(c)->malformed;
}

static inline bool audit_has_times(const struct audit_case *c)
{
    return audit_is_decoded(c) && c->facts->not_before_ns != INT64_MIN &&
           c->facts->not_after_ns != INT64_MAX;
}

static inline bool audit_has_public_anchor(const struct audit_case *c)
{
    return audit_is_decoded(c) && c->facts->public_anchor;
}

/* audit_name writes a name into `room`, "…" where it is cut, its control characters as '?';
 * returns `room`. */
const char *audit_name(char room[AUDIT_NAME_MAX], struct ht_bytes name);

/* audit_has_word: `word` is one of `list`. */
bool audit_has_word(struct ht_texts list, const char *word);

/* audit_is_private: an address that the Internet does not route, or not to one host (RFC 1122,
 * 1918, 3927, 4193, 4291, 5771, 6598). */
bool audit_is_private(const struct ht_address *address);

/* audit_is_media: the session is to carry media, of which a certificate is known by its digest,
 * that came another way (RFC 5763, RFC 8827). */
bool audit_is_media(const struct audit_case *c);

/* audit_is_trusted: the chain leads to a trust anchor, as sent or with what was seen elsewhere. */
bool audit_is_trusted(const struct audit_case *c);

/* audit_knows_time: the clock by which the connection is judged is not one that was never set: TLS
 * of that version existed. */
bool audit_knows_time(const struct audit_case *c);

/* audit_valid_days is how many days the leaf is valid, begun ones counted. */
uint64_t audit_valid_days(const struct ht_chain_facts *facts);

#endif
