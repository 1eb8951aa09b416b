/* The field tables of what analyzers think: of a chain of certificates, of where a flow comes from.
 */
#include "tls/tls.h"

#define ROW(member, kind, doc, ...) HT_FIELD(OWNER, member, kind, doc, __VA_ARGS__)

#define OWNER struct tls_path
static const struct ht_field path_fields[] = {
    ROW(trusted, HT_BOOL, "It leads to a trust anchor, and nothing on the way is wrong.",
        .flags = HT_ALWAYS | HT_DERIVED),
    ROW(error, HT_LABEL, "Why not, as libcrypto calls it."),
    ROW(error_depth, HT_UINT, "Which certificate is at fault; the leaf is 0.",
        .flags = HT_PLUS_ONE),
    ROW(sha256, HT_LIST_HEX, "SHA-256 of each certificate on the way, leaf first."),
    ROW(anchor, HT_TEXT, "Subject of the trust anchor."),
};

static const struct ht_struct path_struct =
    HT_STRUCT(OWNER, "path", path_fields, "Whether a chain leads to a trust anchor (RFC 5280).");
#undef OWNER

#define OWNER struct tls_name_check
static const struct ht_field name_fields[] = {
    ROW(verdict, HT_LABEL,
        "match, mismatch; common_name_only: only the subject's common name would match."),
    ROW(name, HT_TEXT, "The name or address that was asked for."),
    ROW(from, HT_LABEL, "How that is known: sni, dns, address."),
    ROW(matched, HT_TEXT, "The certificate's name that matches."),
};

static const struct ht_struct name_struct = HT_STRUCT(
    OWNER, "name_check", name_fields, "Whether the leaf is for the server asked for (RFC 9525).");
#undef OWNER

#define OWNER struct tls_revocation
static const struct ht_field revocation_fields[] = {
    ROW(status, HT_LABEL, "good, revoked, unknown; not_judged: what tells of it does not count."),
    ROW(source, HT_LABEL, "What tells of it: staple, crl."),
    ROW(fault, HT_LABEL,
        "Why that does not count: expired, not_yet_valid, signature, responder_expired, "
        "responder_not_yet_valid, "
        "other_certificate, issuer_unknown, unsuccessful, malformed, unsupported; a revocation "
        "counts, though it has expired."),
    ROW(certificate, HT_UINT, "Which certificate of the path it is about; the leaf is 0.",
        .flags = HT_PLUS_ONE),
    ROW(produced_at_ns, HT_TIME, "When the staple was signed.", .name = "produced_at"),
    ROW(this_update_ns, HT_TIME, "When it was said.", .name = "this_update"),
    ROW(next_update_ns, HT_TIME, "Until when it holds.", .name = "next_update"),
    ROW(revoked_ns, HT_TIME, "When the certificate was revoked.", .name = "revoked"),
    ROW(reason, HT_LABEL, "Why, as RFC 5280 names it."),
    ROW(responder, HT_TEXT, "Who says so, in the form of RFC 4514."),
};

static const struct ht_struct revocation_struct =
    HT_STRUCT(OWNER, "revocation", revocation_fields,
              "Whether a certificate was revoked, as far as was seen.");
#undef OWNER

#define OWNER struct tls_sct_verdict
static const struct ht_field sct_fields[] = {
    ROW(log_id, HT_HEX, "The log's id."),
    ROW(log, HT_TEXT, "The log's name."),
    ROW(log_operator, HT_TEXT, "Who runs the log."),
    ROW(log_state, HT_LABEL,
        "What the list of logs says of it: pending, qualified, usable, readonly, retired, "
        "rejected."),
    ROW(source, HT_LABEL, "Where it was: certificate, extension, ocsp."),
    ROW(verdict, HT_LABEL,
        "Whether the log signed it: valid, invalid, unknown_log; absent: not checked."),
    ROW(time_ns, HT_TIME, "Its timestamp.", .name = "time"),
};

static const struct ht_struct sct_struct =
    HT_STRUCT(OWNER, "sct_verdict", sct_fields,
              "A signed certificate timestamp (RFC 6962), and whether it is the log's.");
#undef OWNER

#define OWNER struct tls_chain_verdict
static const struct ht_field verdict_fields[] = {
    ROW(as_sent, HT_OBJECT, "Judged as it was sent.", .of = &path_struct),
    ROW(repaired, HT_OBJECT,
        "Judged with intermediates that were seen elsewhere, where that makes a difference.",
        .of = &path_struct),
    ROW(name, HT_OBJECT, "Whether it is for the server asked for.", .of = &name_struct),
    ROW(order, HT_LABEL,
        "in_order, misordered, incomplete; superfluous: certificates are in it that it does not "
        "need."),
    ROW(faults, HT_LIST_TEXT, "What else is wrong with its certificates."),
    ROW(revocation, HT_OBJECT, "Whether the leaf, or a certificate above it, was revoked.",
        .of = &revocation_struct),
    ROW(staple, HT_OBJECT, "What the stapled response alone says.", .of = &revocation_struct),
    ROW(scts, HT_LIST_OBJECT, "Its entries in logs of Certificate Transparency.",
        .of = &sct_struct),
};

const struct ht_struct tls_chain_verdict_struct =
    HT_STRUCT(OWNER, "chain_verdict", verdict_fields, "What is thought of a chain.");
#undef OWNER

static const struct ht_field migrated_from_fields[] = {
    HT_FIELD(struct tls_migrated_from, connection, HT_TEXT, "Id of the connection.", .label = ""),
    HT_FIELD(struct tls_migrated_from, moved, HT_LABEL, "Who moved: client, server."),
    HT_FIELD(struct tls_migrated_from, ip, HT_ADDRESS, "Its address before.", .label = ""),
    HT_FIELD(struct tls_migrated_from, port, HT_UINT, "Its port before.", .label = "port"),
    HT_FIELD(struct tls_migrated_from, connection_id, HT_HEX,
             "Connection id by which it is known to be the same connection."),
};

const struct ht_struct tls_migrated_from_struct =
    HT_STRUCT(struct tls_migrated_from, "migrated_from", migrated_from_fields,
              "The connection that goes on from another address or port (RFC 9000 section 9, "
              "RFC 9146 section 6).");
