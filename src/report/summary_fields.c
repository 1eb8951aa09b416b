/* The field tables of a summary. */
#include "report/summary.h"

#define ROW(member, kind, doc, ...) HT_FIELD(OWNER, member, kind, doc, __VA_ARGS__)
#define TALLIES(member, doc) ROW(member, HT_LIST_OBJECT, doc, .of = &ht_tally_struct)

#define OWNER struct ht_tally
static const struct ht_field tally_fields[] = {
    ROW(name, HT_TEXT, "What it is, as the registries spell it."),
    ROW(connections, HT_UINT, "How often: in how many connections.", .name = "count"),
    ROW(first_seen_ns, HT_TIME, "When it was first seen.", .name = "first_seen"),
    ROW(last_seen_ns, HT_TIME, "When it was last seen.", .name = "last_seen"),
};

const struct ht_struct ht_tally_struct =
    HT_STRUCT(OWNER, "tally", tally_fields, "How often something was seen.");
#undef OWNER

#define OWNER struct ht_example
static const struct ht_field example_fields[] = {
    ROW(connection, HT_TEXT, "The connection's id."),
    ROW(source, HT_TEXT, "The file or interface that it was read from."),
    ROW(time_ns, HT_TIME, "When it began.", .name = "time"),
    ROW(client, HT_ADDRESS, "The client."),
    ROW(server, HT_TEXT, "The server: address, port, name."),
    ROW(frames, HT_LIST_UINT, "The frames that show it."),
    ROW(evidence, HT_TEXT, "What was seen in them."),
};

const struct ht_struct ht_example_struct =
    HT_STRUCT(OWNER, "example", example_fields, "A connection that shows it.");
#undef OWNER

#define OWNER struct ht_profile
static const struct ht_field profile_fields[] = {
    ROW(connections, HT_UINT, "Connections.", .flags = HT_ALWAYS),
    ROW(established, HT_UINT, "Handshakes completed.", .flags = HT_ALWAYS),
    ROW(resumed, HT_UINT, "Sessions resumed."),
    ROW(failed, HT_UINT, "Handshakes that were not completed, though the capture lacks nothing."),
    TALLIES(protocols, "Protocols."),
    TALLIES(versions, "Versions negotiated."),
    TALLIES(cipher_suites, "Cipher suites negotiated."),
    TALLIES(key_exchanges, "Kinds of key exchange."),
    TALLIES(groups, "Groups used for the key exchange."),
    TALLIES(signature_schemes, "How servers signed the key exchange."),
    TALLIES(alpn, "Application protocols negotiated."),
    TALLIES(failures, "How handshakes failed, and by whom."),
    TALLIES(post_quantum, "What is thought of sessions: see the connections' tls.post_quantum."),
    ROW(post_quantum_verdict, HT_LABEL,
        "Who stands in the way of a post-quantum key exchange: pq_protected (nobody), "
        "server_declined, client_not_capable, or server_unknown, which nobody offered one to.",
        .flags = HT_DERIVED),
    ROW(exposed_bytes, HT_UINT,
        "Application data that a quantum computer could read one day, from a recording.",
        .flags = HT_DERIVED),
    ROW(client_bytes, HT_UINT, "Bytes of the clients' IP packets."),
    ROW(server_bytes, HT_UINT, "Bytes of the servers' IP packets."),
    ROW(first_seen_ns, HT_TIME, "When the first connection began.", .name = "first_seen"),
    ROW(last_seen_ns, HT_TIME, "When the last one ended.", .name = "last_seen"),
};

const struct ht_struct ht_profile_struct =
    HT_STRUCT(OWNER, "profile", profile_fields, "What was negotiated, over all connections.");
#undef OWNER

#define OWNER struct ht_server_summary
static const struct ht_field server_fields[] = {
    ROW(ip, HT_ADDRESS, "Its address."),
    ROW(port, HT_UINT, "Its port.", .flags = HT_ALWAYS),
    ROW(transport, HT_LABEL, "tcp or udp."),
    ROW(name, HT_TEXT, "The name that it was asked for by: SNI, else DNS."),
    ROW(starttls, HT_TEXT, "The protocol in which TLS was begun: smtp, imap and so on."),
    ROW(profile, HT_OBJECT, "What was negotiated.", .of = &ht_profile_struct),
    TALLIES(certificates, "SHA-256 of the leaves that it showed, in order of time."),
    TALLIES(clients, "JA4 of its clients."),
    ROW(handshake_p50_ns, HT_UINT, "Half of the handshakes took no longer, to an eighth.",
        .flags = HT_DERIVED),
    ROW(handshake_p95_ns, HT_UINT, "95 of 100 handshakes took no longer, to an eighth.",
        .flags = HT_DERIVED),
    ROW(block_64_bytes, HT_UINT, "Application data carried under ciphers of 64-bit blocks."),
    TALLIES(findings, "The rules that are broken, the worst first."),
    ROW(examples, HT_LIST_OBJECT, "Its first connections.", .of = &ht_example_struct),
};

const struct ht_struct ht_server_summary_struct =
    HT_STRUCT(OWNER, "server_summary", server_fields, "A server, over all its connections.");
#undef OWNER

#define OWNER struct ht_client_summary
static const struct ht_field client_fields[] = {
    ROW(ja4, HT_TEXT, "JA4 of its hello."),
    ROW(num_addresses, HT_UINT, "Addresses that it was seen at.", .name = "address_count"),
    TALLIES(addresses, "The first 16 of these, by how often."),
    ROW(profile, HT_OBJECT, "What was negotiated.", .of = &ht_profile_struct),
    TALLIES(offered_versions, "Versions that it offers, in its order."),
    TALLIES(offered_groups, "Groups that it offers, in its order."),
    TALLIES(findings, "The rules that are broken, the worst first."),
    ROW(examples, HT_LIST_OBJECT, "Its first connections.", .of = &ht_example_struct),
};

const struct ht_struct ht_client_summary_struct = HT_STRUCT(
    OWNER, "client_summary", client_fields, "A client stack: those who say the same hello.");
#undef OWNER

#define OWNER struct ht_certificate_summary
static const struct ht_field certificate_fields[] = {
    ROW(sha256, HT_HEX, "SHA-256 of the certificate's DER."),
    ROW(subject, HT_TEXT, "Subject, in the form of RFC 4514."),
    ROW(issuer, HT_TEXT, "Issuer, in the form of RFC 4514."),
    ROW(serial, HT_HEX, "Serial number, the bytes of the DER INTEGER."),
    ROW(not_before, HT_TEXT, "Start of the validity period."),
    ROW(not_after, HT_TEXT, "End of the validity period."),
    ROW(names, HT_TEXT, "DNS names and addresses that it is for, with spaces between."),
    ROW(key_type, HT_TEXT, "Algorithm of the public key."),
    ROW(key_bits, HT_UINT, "Size of the public key."),
    ROW(key_curve, HT_TEXT, "Its elliptic curve."),
    ROW(signature_algorithm, HT_TEXT, "Algorithm of the issuer's signature."),
    ROW(spki_sha256, HT_HEX, "SHA-256 of the SubjectPublicKeyInfo."),
    ROW(is_ca, HT_BOOL, "It may issue certificates."),
    ROW(self_signed, HT_BOOL, "Its own key signed it."),
    ROW(servers, HT_UINT, "Servers that it is the leaf of."),
    ROW(connections, HT_UINT, "Connections that it is the leaf of."),
    ROW(first_seen_ns, HT_TIME, "When it was first seen.", .name = "first_seen"),
    ROW(last_seen_ns, HT_TIME, "When it was last seen.", .name = "last_seen"),
    ROW(examples, HT_LIST_OBJECT, "Where it was seen first.", .of = &ht_example_struct),
};

const struct ht_struct ht_certificate_summary_struct = HT_STRUCT(
    OWNER, "certificate_summary", certificate_fields, "A certificate, over all connections.");
#undef OWNER

#define OWNER struct ht_finding_summary
static const struct ht_field finding_fields[] = {
    ROW(id, HT_LABEL, "The rule's name."),
    ROW(severity, HT_LABEL, "Of the worst case: critical, high, medium, low or info."),
    ROW(title, HT_LABEL, "What is wrong, in a few words."),
    ROW(category, HT_LABEL, "What it is about: version, cipher, kex, certificate and so on."),
    ROW(basis, HT_LABEL,
        "How it is known, of the least certain case: observed, derived, inferred."),
    ROW(verdict, HT_LABEL, "What the policy makes of it: fail, warn, report."),
    ROW(clause, HT_LABEL, "The policy's clause."),
    ROW(count, HT_UINT, "In how many connections, or how often."),
    ROW(num_servers, HT_UINT, "How many servers it concerns.", .name = "server_count"),
    TALLIES(servers, "The first 64 of these, by how often."),
    ROW(num_clients, HT_UINT, "How many client stacks it concerns.", .name = "client_count"),
    TALLIES(clients, "The first 64 of these, by how often: JA4."),
    ROW(left_out, HT_UINT,
        "Of the count, how many the servers and clients leave out, for lack of room."),
    ROW(examples, HT_LIST_OBJECT, "Connections that prove it, the first ones.",
        .of = &ht_example_struct),
    ROW(first_seen_ns, HT_TIME, "When it was first seen.", .name = "first_seen"),
    ROW(last_seen_ns, HT_TIME, "When it was last seen.", .name = "last_seen"),
    ROW(references, HT_LIST_LABEL, "Where it says so."),
    ROW(attack, HT_LABEL, "Attacks and CVEs that it opens the way to."),
    ROW(remediation, HT_LABEL, "What to do about it."),
};

const struct ht_struct ht_finding_summary_struct =
    HT_STRUCT(OWNER, "finding_summary", finding_fields, "A rule that is broken, once.");
#undef OWNER

#define OWNER struct ht_rule_coverage
static const struct ht_field rule_fields[] = {
    ROW(id, HT_LABEL, "The rule's name."),
    ROW(judged, HT_UINT, "Connections in which it could be judged.", .flags = HT_ALWAYS),
    ROW(found, HT_UINT, "Of these, in which it was broken.", .flags = HT_ALWAYS),
    TALLIES(not_observable, "Connections in which it could not be judged, by reason."),
};

static const struct ht_struct rule_struct =
    HT_STRUCT(OWNER, "rule_coverage", rule_fields, "What came of a rule.");
#undef OWNER

#define OWNER struct ht_coverage
static const struct ht_field coverage_fields[] = {
    ROW(first_seen_ns, HT_TIME, "When the first connection began.", .name = "first_seen"),
    ROW(last_seen_ns, HT_TIME, "When the last one ended.", .name = "last_seen"),
    ROW(connections, HT_UINT, "Connections.", .flags = HT_ALWAYS),
    ROW(tls_connections, HT_UINT, "Of these, with TLS, DTLS or QUIC.", .flags = HT_ALWAYS),
    ROW(established, HT_UINT, "Handshakes completed.", .flags = HT_ALWAYS),
    ROW(resumed, HT_UINT, "Sessions resumed.", .flags = HT_ALWAYS),
    ROW(failed, HT_UINT, "Handshakes that failed.", .flags = HT_ALWAYS),
    TALLIES(protocols, "Protocols."),
    TALLIES(versions, "Versions negotiated."),
    TALLIES(failures, "How handshakes failed, and by whom."),
    TALLIES(post_quantum, "What is thought of sessions: see the connections' tls.post_quantum."),
    ROW(exposed_bytes, HT_UINT,
        "Application data that a quantum computer could read one day, from a recording.",
        .flags = HT_DERIVED),
    ROW(incomplete, HT_UINT, "Connections of which bytes are missing."),
    ROW(one_sided, HT_UINT, "Connections of which one direction only was captured."),
    ROW(midstream, HT_UINT, "Connections that began before the capture."),
    ROW(truncated, HT_UINT, "Connections with frames cut by the snapshot length."),
    ROW(limited, HT_UINT, "Connections at which a bound of hellotap's hit."),
    ROW(certificates_seen, HT_UINT, "Full handshakes whose certificates were seen."),
    ROW(certificates_hidden, HT_UINT, "Full handshakes whose certificates are encrypted."),
    ROW(servers, HT_UINT, "Servers."),
    ROW(clients, HT_UINT, "Client stacks."),
    ROW(left_out, HT_UINT, "Connections that the lists leave out, for lack of room."),
    ROW(findings_left_out, HT_UINT,
        "Findings counted without their servers and clients, for lack of room."),
    ROW(forgotten, HT_UINT,
        "Randoms, key shares and the like that could not be kept until the end, so that their "
        "coming again would not be found.",
        .name = "forgotten_values"),
    ROW(moduli, HT_UINT, "RSA keys that were compared for common factors.", .name = "rsa_keys"),
    ROW(moduli_left_out, HT_UINT, "RSA keys that were not, for that would take too long.",
        .name = "rsa_keys_left_out"),
    ROW(rules, HT_LIST_OBJECT, "What came of each rule.", .of = &rule_struct),
};

const struct ht_struct ht_coverage_struct = HT_STRUCT(
    OWNER, "audit_coverage", coverage_fields, "What was seen, and what could not be judged.");
#undef OWNER
