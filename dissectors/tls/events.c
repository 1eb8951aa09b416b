/*
 * What TLS's events and details are called and how each field is shown.
 */
#include "tls/tls.h"

static const struct ht_field delegated_credential_fields[] = {
    HT_FIELD(struct tls_delegated_credential, valid_time_s, HT_UINT,
             "Seconds after the leaf's notBefore until which it is valid."),
    HT_FIELD(struct tls_delegated_credential, scheme, HT_NAMED, "How its key signs the handshake.",
             .names = &tls_signature_schemes, .label = ""),
    HT_FIELD(struct tls_delegated_credential, public_key, HT_HEX, "Its public key, in DER."),
    HT_FIELD(struct tls_delegated_credential, signature_scheme, HT_NAMED,
             "How the leaf's key signed it.", .names = &tls_signature_schemes, .label = "signed"),
};

static const struct ht_struct delegated_credential_struct =
    HT_STRUCT(struct tls_delegated_credential, "delegated_credential", delegated_credential_fields,
              "A short-lived key that the leaf stands for (RFC 9345).");

static const struct ht_field certificate_fields[] = {
    HT_FIELD(struct tls_certificate, sha256, HT_LIST_HEX,
             "SHA-256 of each certificate's DER, leaf first.", .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_certificate, subject, HT_TEXT,
             "Subject of the leaf, in the form of RFC 4514.", .label = "",
             .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_certificate, issuer, HT_TEXT,
             "Issuer of the leaf, in the form of RFC 4514.", .label = "by",
             .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_certificate, chain_bytes, HT_UINT, "Size of all certificates.",
             .label = "bytes"),
    HT_FIELD(struct tls_certificate, empty, HT_BOOL,
             "No certificate is in it: who was asked for one has none to show.", .label = "none"),
    HT_FIELD(struct tls_certificate, raw_public_key, HT_HEX,
             "The public key that is shown in place of a chain, in DER (RFC 7250).",
             .label = "raw key", .flags = HT_REPEATS),
    HT_FIELD(struct tls_certificate, compression, HT_NAMED,
             "Algorithm by which it came compressed (RFC 8879).",
             .names = &tls_certificate_compressions),
    HT_FIELD(struct tls_certificate, scts, HT_LIST_OBJECT,
             "What logs of Certificate Transparency promised of the leaf, beside it (TLS 1.3).",
             .of = &tls_sct_struct),
    HT_FIELD(struct tls_certificate, delegated_credential, HT_OBJECT,
             "The delegated credential beside the leaf (TLS 1.3).",
             .of = &delegated_credential_struct, .label = "delegated credential"),
    HT_FIELD(struct tls_certificate, sct_list, HT_HEX, "What scts was read from.",
             .flags = HT_INTERNAL | HT_REPEATS),
};

const struct ht_struct tls_certificate_struct =
    HT_STRUCT(struct tls_certificate, "certificate", certificate_fields,
              "A certificate chain (RFC 5246 section 7.4.2).",
              .shape = offsetof(struct tls_certificate, shape));

static const struct ht_field server_key_exchange_fields[] = {
    HT_FIELD(struct tls_server_key_exchange, faults, HT_OBJECT, "What is wrong with its values.",
             .of = &tls_value_faults_struct, .flags = HT_INTERNAL),
    HT_FIELD(struct tls_server_key_exchange, key_exchange, HT_LABEL, "Kind of key exchange.",
             .label = ""),
    HT_FIELD(struct tls_server_key_exchange, group, HT_NAMED, "The named curve.",
             .names = &tls_groups, .label = ""),
    HT_FIELD(struct tls_server_key_exchange, curve_form, HT_LABEL,
             "How the curve is given: named_curve, explicit_prime, explicit_char2."),
    HT_FIELD(struct tls_server_key_exchange, dh_bits, HT_UINT, "Size of the Diffie-Hellman prime.",
             .label = "bits"),
    HT_FIELD(struct tls_server_key_exchange, dh_group, HT_LABEL,
             "Whose Diffie-Hellman prime it is, where it is a known one.", .label = "group",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_server_key_exchange, rsa_bits, HT_UINT,
             "Size of the short-lived RSA key of an export suite.", .label = "bits"),
    HT_FIELD(struct tls_server_key_exchange, public_bytes, HT_UINT,
             "Size of the server's public value."),
    HT_FIELD(struct tls_server_key_exchange, psk_identity_hint, HT_TEXT,
             "Which pre-shared key the server suggests (RFC 4279).", .label = "hint"),
    HT_FIELD(struct tls_server_key_exchange, signature_scheme, HT_NAMED,
             "How the parameters are signed.", .names = &tls_signature_schemes, .label = "signed"),
    HT_FIELD(struct tls_server_key_exchange, signature_bytes, HT_UINT, "Size of the signature."),
    HT_FIELD(struct tls_server_key_exchange, anonymous, HT_BOOL,
             "Nothing authenticates the server.", .label = "anonymous"),
    HT_FIELD(struct tls_server_key_exchange, public_end, HT_HEX,
             "The last bytes of the public value.", .flags = HT_INTERNAL),
};

const struct ht_struct tls_server_key_exchange_struct =
    HT_STRUCT(struct tls_server_key_exchange, "server_key_exchange", server_key_exchange_fields,
              "The server's part of the key exchange (RFC 5246 section 7.4.3).");

static const struct ht_field certificate_request_fields[] = {
    HT_FIELD(struct tls_certificate_request, certificate_types, HT_LIST_NAMED,
             "Certificate types that the server takes.", .names = &tls_certificate_types,
             .label = ""),
    HT_FIELD(struct tls_certificate_request, signature_schemes, HT_LIST_NAMED,
             "Signature schemes that the server takes.", .names = &tls_signature_schemes),
    HT_FIELD(struct tls_certificate_request, num_authorities, HT_UINT,
             "Number of certificate authorities named.", .label = "authorities"),
    HT_FIELD(struct tls_certificate_request, authority_names, HT_LIST_TEXT,
             "Names of the authorities that the server takes, at most 64, in the form of RFC 4514.",
             .name = "authorities", .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_certificate_request, signature_schemes_cert, HT_LIST_NAMED,
             "Signature schemes for certificates (signature_algorithms_cert).",
             .names = &tls_signature_schemes),
    HT_FIELD(struct tls_certificate_request, certificate_compression, HT_LIST_NAMED,
             "Algorithms by which the certificate may be compressed (RFC 8879).",
             .names = &tls_certificate_compressions),
};

const struct ht_struct tls_certificate_request_struct =
    HT_STRUCT(struct tls_certificate_request, "certificate_request", certificate_request_fields,
              "The server asks the client to authenticate (RFC 5246 section 7.4.4).");

static const struct ht_field certificate_status_fields[] = {
    HT_FIELD(struct tls_certificate_status, status_type, HT_UINT, "1: OCSP; 2: OCSP of several."),
    HT_FIELD(struct tls_certificate_status, response_bytes, HT_UINT, "Size of the OCSP responses.",
             .label = "bytes"),
    HT_FIELD(struct tls_certificate_status, response_status, HT_LABEL,
             "Whether the responder answered, as RFC 6960 names it; malformed: it cannot be read."),
    HT_FIELD(struct tls_certificate_status, certificate_status, HT_LABEL,
             "What it says, unverified, of the (first) certificate: good, revoked, unknown.",
             .label = ""),
    HT_FIELD(struct tls_certificate_status, serial, HT_HEX, "Serial number of that certificate."),
    HT_FIELD(struct tls_certificate_status, responder, HT_TEXT,
             "Name of who answered, in the form of RFC 4514."),
    HT_FIELD(struct tls_certificate_status, responder_key, HT_HEX,
             "In place of a name, SHA-1 of the key of who answered."),
    HT_FIELD(struct tls_certificate_status, produced_at_ns, HT_TIME, "When it was signed.",
             .name = "produced_at"),
    HT_FIELD(struct tls_certificate_status, this_update_ns, HT_TIME, "As of when it holds.",
             .name = "this_update"),
    HT_FIELD(struct tls_certificate_status, next_update_ns, HT_TIME, "Until when it holds.",
             .name = "next_update", .label = "until"),
    HT_FIELD(struct tls_certificate_status, revoked_ns, HT_TIME,
             "When the certificate was revoked.", .name = "revoked"),
    HT_FIELD(struct tls_certificate_status, reason, HT_LABEL,
             "Why it was revoked, as RFC 5280 names it.", .label = ""),
    HT_FIELD(struct tls_certificate_status, kept, HT_HEX, "The response.",
             .flags = HT_INTERNAL | HT_REPEATS),
    HT_FIELD(struct tls_certificate_status, digest, HT_HEX, "SHA-256 of the response.",
             .flags = HT_INTERNAL | HT_REPEATS),
    HT_FIELD(struct tls_certificate_status, time_ns, HT_TIME, "When it is judged.",
             .flags = HT_INTERNAL),
};

const struct ht_struct tls_certificate_status_struct =
    HT_STRUCT(struct tls_certificate_status, "certificate_status", certificate_status_fields,
              "A stapled OCSP response (RFC 6066 section 8).");

static const struct ht_field client_key_exchange_fields[] = {
    HT_FIELD(struct tls_client_key_exchange, length, HT_UINT, "Size of the message.",
             .label = "bytes"),
    HT_FIELD(struct tls_client_key_exchange, faults, HT_OBJECT, "What is wrong with its values.",
             .of = &tls_value_faults_struct, .flags = HT_INTERNAL),
};

const struct ht_struct tls_client_key_exchange_struct =
    HT_STRUCT(struct tls_client_key_exchange, "client_key_exchange", client_key_exchange_fields,
              "The client's part of the key exchange (RFC 5246 section 7.4.7).");

static const struct ht_field certificate_verify_fields[] = {
    HT_FIELD(struct tls_certificate_verify, signature_scheme, HT_NAMED,
             "How the handshake is signed.", .names = &tls_signature_schemes, .label = ""),
    HT_FIELD(struct tls_certificate_verify, signature_bytes, HT_UINT, "Size of the signature."),
};

const struct ht_struct tls_certificate_verify_struct =
    HT_STRUCT(struct tls_certificate_verify, "certificate_verify", certificate_verify_fields,
              "Proof of the certificate's key (RFC 5246 section 7.4.8).");

static const struct ht_field new_session_ticket_fields[] = {
    HT_FIELD(struct tls_new_session_ticket, lifetime_s, HT_UINT,
             "How long the ticket may be used, in seconds.", .label = "lifetime"),
    HT_FIELD(struct tls_new_session_ticket, ticket_bytes, HT_UINT, "Size of the ticket.",
             .label = "bytes"),
    HT_FIELD(struct tls_new_session_ticket, key_name, HT_HEX, "Its first bytes.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_new_session_ticket, nonce, HT_HEX,
             "What makes its key another than that of other tickets (TLS 1.3)."),
    HT_FIELD(struct tls_new_session_ticket, early_data_bytes, HT_UINT,
             "How much early data may be sent with it (TLS 1.3).", .label = "early data"),
};

const struct ht_struct tls_new_session_ticket_struct =
    HT_STRUCT(struct tls_new_session_ticket, "new_session_ticket", new_session_ticket_fields,
              "A ticket to resume the session with (RFC 5077 section 3.3).");

static const struct ht_field alert_fields[] = {
    HT_FIELD(struct tls_alert, frame, HT_UINT, "Frame that completed the alert."),
    HT_FIELD(struct tls_alert, from, HT_LABEL, "Who sent it: client, server."),
    HT_FIELD(struct tls_alert, level, HT_LABEL, "warning, fatal.", .label = ""),
    HT_FIELD(struct tls_alert, description, HT_TEXT, "What it says.", .label = ""),
    HT_FIELD(struct tls_alert, encrypted, HT_BOOL, "Level and description could not be read."),
    HT_FIELD(struct tls_alert, inferred, HT_BOOL,
             "Level and description are judged from its place and size.", .flags = HT_INFERRED),
    HT_FIELD(struct tls_alert, code, HT_UINT, "Number of the description.", .flags = HT_INTERNAL),
};

const struct ht_struct tls_alert_struct =
    HT_STRUCT(struct tls_alert, "alert", alert_fields, "An alert (RFC 8446 section 6).");

static const struct ht_field failure_fields[] = {
    HT_FIELD(
        struct tls_failure, how, HT_LABEL,
        "alert: a fatal one; encrypted_alert; reset: by a RST; closed: by a FIN; no_answer: the "
        "server said nothing.",
        .label = ""),
    HT_FIELD(struct tls_failure, alert, HT_TEXT, "What the alert says.", .label = ""),
    HT_FIELD(struct tls_failure, by, HT_LABEL, "Who did so: client, server.", .label = "by"),
    HT_FIELD(struct tls_failure, inferred, HT_BOOL,
             "It is judged from the place and size of what could not be read.", .label = "inferred",
             .flags = HT_INFERRED),
};

static const struct ht_struct tls_failure_struct =
    HT_STRUCT(struct tls_failure, "tls_failure", failure_fields, "How a handshake failed.");

static const struct ht_field malformed_fields[] = {
    HT_FIELD(struct tls_malformed, content_type, HT_NAMED, "Type of the record.",
             .names = &tls_content_types, .label = ""),
    HT_FIELD(struct tls_malformed, message, HT_NAMED, "Type of the handshake message.",
             .names = &tls_handshake_types, .label = ""),
    HT_FIELD(struct tls_malformed, offset, HT_UINT, "Byte of the message where reading failed.",
             .label = "at byte"),
    HT_FIELD(struct tls_malformed, length, HT_UINT, "Size of the message.", .label = "of"),
};

const struct ht_struct tls_malformed_struct =
    HT_STRUCT(struct tls_malformed, "malformed_message", malformed_fields,
              "Bytes that break the specification.");

static const struct ht_field heartbeat_fields[] = {
    HT_FIELD(struct tls_heartbeat, type, HT_LABEL, "request, response.", .label = ""),
    HT_FIELD(struct tls_heartbeat, payload_length, HT_UINT,
             "Size of its payload, as it says itself.", .label = "payload"),
    HT_FIELD(struct tls_heartbeat, bytes, HT_UINT,
             "Size of the whole message, as it was sent; encrypted, with what encryption adds.",
             .label = "of"),
};

const struct ht_struct tls_heartbeat_struct =
    HT_STRUCT(struct tls_heartbeat, "heartbeat", heartbeat_fields, "A heartbeat (RFC 6520).");

static const struct ht_field other_handshake_fields[] = {
    HT_FIELD(struct tls_other_handshake, message, HT_NAMED, "Type of the handshake message.",
             .names = &tls_handshake_types, .label = ""),
    HT_FIELD(struct tls_other_handshake, length, HT_UINT, "Size of the message.", .label = "bytes"),
};

const struct ht_struct tls_other_handshake_struct =
    HT_STRUCT(struct tls_other_handshake, "other_handshake", other_handshake_fields,
              "A handshake message that is not read further.");

static const struct ht_field application_data_fields[] = {
    HT_FIELD(struct tls_application_data, records, HT_UINT, "Number of records.",
             .label = "records"),
    HT_FIELD(struct tls_application_data, bytes, HT_UINT, "Size of the records' fragments.",
             .label = "bytes"),
};

const struct ht_struct tls_application_data_struct =
    HT_STRUCT(struct tls_application_data, "application_data", application_data_fields,
              "Application data of one side; the content is never kept.");

static const struct ht_field chains_fields[] = {
    HT_FIELD(struct tls_chains, server, HT_LIST_HEX,
             "SHA-256 of each of the server's certificates, leaf first.",
             .flags = HT_ALWAYS | HT_DERIVED),
    HT_FIELD(struct tls_chains, client, HT_LIST_HEX,
             "SHA-256 of each of the client's certificates, leaf first.",
             .flags = HT_ALWAYS | HT_DERIVED),
    HT_FIELD(struct tls_chains, server_subject, HT_TEXT,
             "Subject of the server's leaf, in the form of RFC 4514; the certificate's record says "
             "more.",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_chains, server_issuer, HT_TEXT, "Its issuer.", .flags = HT_DERIVED),
    HT_FIELD(struct tls_chains, client_subject, HT_TEXT, "Subject of the client's leaf.",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_chains, client_issuer, HT_TEXT, "Its issuer.", .flags = HT_DERIVED),
    HT_FIELD(struct tls_chains, server_raw_key, HT_HEX,
             "The public key that the server shows in place of certificates, in DER (RFC 7250)."),
    HT_FIELD(struct tls_chains, client_raw_key, HT_HEX, "The client's likewise."),
    HT_FIELD(struct tls_chains, server_verdict, HT_OBJECT, "What is thought of the server's chain.",
             .of = &tls_chain_verdict_struct, .flags = HT_DERIVED),
    HT_FIELD(struct tls_chains, client_verdict, HT_OBJECT, "What is thought of the client's chain.",
             .of = &tls_chain_verdict_struct, .flags = HT_DERIVED),
};

const struct ht_struct tls_chains_struct =
    HT_STRUCT(struct tls_chains, "certificates", chains_fields, "The certificates that were sent.");

static const struct ht_field inferred_fields[] = {
    HT_FIELD(struct tls_inferred, server_flight_bytes, HT_UINT,
             "Size of the server's encrypted records up to its Finished.", .flags = HT_INFERRED),
    HT_FIELD(struct tls_inferred, client_flight_bytes, HT_UINT,
             "Size of the client's encrypted records up to its Finished, without early data.",
             .flags = HT_INFERRED),
    HT_FIELD(struct tls_inferred, retry_cost_ns, HT_UINT,
             "What a HelloRetryRequest took: from there to ServerHello.", .flags = HT_DERIVED),
    HT_FIELD(struct tls_inferred, tickets, HT_UINT, "Records that are most likely tickets.",
             .flags = HT_INFERRED),
    HT_FIELD(struct tls_inferred, early_data, HT_LABEL,
             "What became of early data: accepted, rejected.", .flags = HT_INFERRED),
    HT_FIELD(struct tls_inferred, client_certificate, HT_LABEL,
             "Where the client was most likely asked for one: sent, refused.",
             .flags = HT_INFERRED),
    HT_FIELD(
        struct tls_inferred, established, HT_BOOL,
        "Nothing of the server's Finished was captured, but the server answered data, which it "
        "reads only after the client's.",
        .flags = HT_INFERRED),
};

static const struct ht_struct tls_inferred_struct =
    HT_STRUCT(struct tls_inferred, "tls_inferred", inferred_fields,
              "What is judged of the encrypted part of TLS 1.3.");

static const struct ht_field resumed_from_fields[] = {
    HT_FIELD(struct tls_resumed_from, connection, HT_TEXT, "Id of the connection.",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_resumed_from, by, HT_LABEL,
             "session_id or ticket: that it issued; same_identity: that it offered before.",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_resumed_from, age_ns, HT_UINT, "From there to the ClientHello.",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_resumed_from, lifetime_s, HT_UINT,
             "Lifetime that came with the ticket, in seconds."),
};

static const struct ht_struct tls_resumed_from_struct =
    HT_STRUCT(struct tls_resumed_from, "tls_resumed_from", resumed_from_fields,
              "The earlier connection that a session comes from.");

static const struct ht_field key_use_fields[] = {
    HT_FIELD(struct tls_key_use, source, HT_LABEL,
             "Where the keys are from: file (--keylog), capture (with the packets, in pcapng)."),
    HT_FIELD(
        struct tls_key_use, verdict, HT_LABEL,
        "decrypted; not_encrypted: by the suite; failed: they are not the ones; incomplete: the "
        "records were not captured whole; missing: there are none of this session."),
    HT_FIELD(struct tls_key_use, finished, HT_LABEL,
             "Finished, computed again: verified, of both sides; one_side; refuted.",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_key_use, found_by, HT_LABEL,
             "With Encrypted ClientHello: client_hello_inner: by its random; trial: among the "
             "secrets of the key log they open the server's first record. Absent: by the "
             "ClientHello's random.",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_key_use, records, HT_UINT, "Records that were decrypted."),
};

static const struct ht_struct tls_key_use_struct =
    HT_STRUCT(struct tls_key_use, "tls_keys", key_use_fields,
              "Whether the session's keys were at hand, and what came of it (RFC 9850).");

static const struct ht_field details_fields[] = {
    HT_FIELD(struct tls_details, established, HT_BOOL, "The handshake was completed.",
             .unset = "handshake incomplete", .flags = HT_ALWAYS | HT_HEADLINE | HT_DERIVED),
    HT_FIELD(struct tls_details, failure, HT_OBJECT,
             "How the handshake failed. Absent where it was completed, and where the capture does "
             "not show how it ended.",
             .of = &tls_failure_struct, .label = "", .flags = HT_HEADLINE | HT_DERIVED),
    HT_FIELD(struct tls_details, version, HT_NAMED, "Version really negotiated.",
             .names = &tls_versions, .label = "", .flags = HT_HEADLINE | HT_REPEATS),
    HT_FIELD(struct tls_details, cipher_suite, HT_NAMED, "Cipher suite negotiated.",
             .names = &tls_cipher_suites, .label = "", .flags = HT_HEADLINE | HT_REPEATS),
    HT_FIELD(struct tls_details, key_exchange, HT_LABEL, "Kind of key exchange.",
             .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_details, group, HT_NAMED, "Group that the key exchange really used.",
             .names = &tls_groups, .label = "", .flags = HT_HEADLINE | HT_REPEATS),
    HT_FIELD(struct tls_details, dh_bits, HT_UINT, "Size of the Diffie-Hellman prime.",
             .label = "dh bits", .flags = HT_HEADLINE | HT_REPEATS),
    HT_FIELD(struct tls_details, dh_group, HT_LABEL,
             "Whose Diffie-Hellman prime it is, where it is a known one.",
             .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_details, signature_scheme, HT_NAMED,
             "How the server signed the key exchange.", .names = &tls_signature_schemes,
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_details, alpn, HT_TEXT, "Application protocol negotiated.", .label = "alpn",
             .flags = HT_HEADLINE),
    HT_FIELD(struct tls_details, resumed, HT_BOOL, "An earlier session was resumed.",
             .label = "resumed", .flags = HT_ALWAYS | HT_HEADLINE | HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_details, resumption, HT_LABEL,
             "How it was resumed: none, session_id, ticket, psk.",
             .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_details, hello_retry_request, HT_BOOL,
             "The server asked for another ClientHello.", .flags = HT_ALWAYS | HT_REPEATS),
    HT_FIELD(struct tls_details, client_authentication, HT_BOOL,
             "The server asked for the client's certificate.", .flags = HT_ALWAYS | HT_REPEATS),
    HT_FIELD(struct tls_details, renegotiations, HT_UINT,
             "Handshakes after the first; those that are encrypted are counted by what is not.",
             .label = "renegotiations", .flags = HT_HEADLINE | HT_REPEATS),
    HT_FIELD(struct tls_details, client_records, HT_UINT,
             "Records of application data from the client."),
    HT_FIELD(struct tls_details, server_records, HT_UINT,
             "Records of application data from the server."),
    HT_FIELD(struct tls_details, client_data_bytes, HT_UINT, "Size of these of the client."),
    HT_FIELD(struct tls_details, server_data_bytes, HT_UINT, "Size of these of the server."),
    HT_FIELD(struct tls_details, client_hello, HT_OBJECT, "The (first) ClientHello.",
             .of = &tls_client_hello_struct),
    HT_FIELD(struct tls_details, client_hello_2, HT_OBJECT,
             "The ClientHello after a HelloRetryRequest.", .of = &tls_client_hello_struct),
    HT_FIELD(struct tls_details, client_hello_inner, HT_OBJECT,
             "The (first) hello within the ClientHello (RFC 9849), where it was decrypted.",
             .of = &tls_client_hello_struct),
    HT_FIELD(struct tls_details, server_hello, HT_OBJECT, "The ServerHello.",
             .of = &tls_server_hello_struct),
    HT_FIELD(struct tls_details, certificates, HT_OBJECT, "The certificates that were sent.",
             .of = &tls_chains_struct),
    HT_FIELD(struct tls_details, alerts, HT_LIST_OBJECT, "The alerts that were sent.",
             .of = &tls_alert_struct),
    HT_FIELD(struct tls_details, early_data, HT_LABEL,
             "What the server said to early data, where that was decrypted: accepted, rejected."),
    HT_FIELD(struct tls_details, keys, HT_OBJECT,
             "With a key log: whether it has the session's keys, and what they showed.",
             .of = &tls_key_use_struct),
    HT_FIELD(struct tls_details, inferred, HT_OBJECT,
             "What the sizes and the order of encrypted records suggest.",
             .of = &tls_inferred_struct),
    HT_FIELD(struct tls_details, resumed_from, HT_OBJECT,
             "Where in the capture the session resumed comes from.",
             .of = &tls_resumed_from_struct),
    HT_FIELD(struct tls_details, post_quantum, HT_LABEL,
             "With --audit: whether the key exchange withstands quantum computers: pq_protected; "
             "version_too_old (before TLS 1.3); client_not_capable (it offers no such group); "
             "server_declined (offered, not taken); server_unknown (offered, no ServerHello seen).",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_details, harvestable_bytes, HT_UINT,
             "With --audit: bytes of application data that may be recorded now and read by a "
             "quantum computer later; of QUIC all that its datagrams carry.",
             .flags = HT_DERIVED),
};

const struct ht_struct tls_details_struct =
    HT_STRUCT(struct tls_details, "tls", details_fields, "What was negotiated by TLS.");

const struct ht_event_type tls_client_hello_event = {
    .name       = "tls.client_hello",
    .title      = "ClientHello",
    .doc        = "The client offers.",
    .data       = &tls_client_hello_struct,
    .in_details = true,
};

const struct ht_event_type tls_client_hello_inner_event = {
    .name       = "tls.client_hello_inner",
    .title      = "ClientHelloInner",
    .doc        = "What the client really offers, within its ClientHello (RFC 9849); decrypted.",
    .data       = &tls_client_hello_struct,
    .in_details = true,
};

const struct ht_event_type tls_server_hello_event = {
    .name       = "tls.server_hello",
    .title      = "ServerHello",
    .doc        = "The server chooses.",
    .data       = &tls_server_hello_struct,
    .in_details = true,
};

const struct ht_event_type tls_hello_retry_request_event = {
    .name  = "tls.hello_retry_request",
    .title = "HelloRetryRequest",
    .doc   = "The server asks for another ClientHello (RFC 8446 section 4.1.4).",
    .data  = &tls_server_hello_struct,
};

const struct ht_event_type tls_encrypted_extensions_event = {
    .name  = "tls.encrypted_extensions",
    .title = "EncryptedExtensions",
    .doc   = "The server's other choices, encrypted (RFC 8446 section 4.3.1).",
    .data  = &tls_encrypted_extensions_struct,
};

const struct ht_event_type tls_certificate_event = {
    .name       = "tls.certificate",
    .title      = "Certificate",
    .doc        = "A certificate chain.",
    .data       = &tls_certificate_struct,
    .in_details = true,
};

const struct ht_event_type tls_certificate_status_event = {
    .name  = "tls.certificate_status",
    .title = "CertificateStatus",
    .doc   = "A stapled OCSP response.",
    .data  = &tls_certificate_status_struct,
};

const struct ht_event_type tls_server_key_exchange_event = {
    .name  = "tls.server_key_exchange",
    .title = "ServerKeyExchange",
    .doc   = "The server's part of the key exchange.",
    .data  = &tls_server_key_exchange_struct,
};

const struct ht_event_type tls_certificate_request_event = {
    .name  = "tls.certificate_request",
    .title = "CertificateRequest",
    .doc   = "The server asks the client to authenticate.",
    .data  = &tls_certificate_request_struct,
};

const struct ht_event_type tls_server_hello_done_event = {
    .name  = "tls.server_hello_done",
    .title = "ServerHelloDone",
    .doc   = "The server waits for the client.",
};

const struct ht_event_type tls_client_key_exchange_event = {
    .name  = "tls.client_key_exchange",
    .title = "ClientKeyExchange",
    .doc   = "The client's part of the key exchange.",
    .data  = &tls_client_key_exchange_struct,
};

const struct ht_event_type tls_certificate_verify_event = {
    .name  = "tls.certificate_verify",
    .title = "CertificateVerify",
    .doc   = "Proof that the sender has the certificate's key.",
    .data  = &tls_certificate_verify_struct,
};

const struct ht_event_type tls_change_cipher_spec_event = {
    .name  = "tls.change_cipher_spec",
    .title = "ChangeCipherSpec",
    .doc   = "What the sender sends next is encrypted; in TLS 1.3 without meaning.",
};

const struct ht_event_type tls_finished_event = {
    .name  = "tls.finished",
    .title = "Finished",
    .doc   = "The sender's handshake is complete.",
};

const struct ht_event_type tls_new_session_ticket_event = {
    .name  = "tls.new_session_ticket",
    .title = "NewSessionTicket",
    .doc   = "A ticket to resume the session with.",
    .data  = &tls_new_session_ticket_struct,
};

const struct ht_event_type tls_key_update_event = {
    .name  = "tls.key_update",
    .title = "KeyUpdate",
    .doc   = "The sender changes its keys (RFC 8446 section 4.6.3).",
};

const struct ht_event_type tls_end_of_early_data_event = {
    .name  = "tls.end_of_early_data",
    .title = "EndOfEarlyData",
    .doc   = "The client's early data end (RFC 8446 section 4.5).",
};

const struct ht_event_type tls_hello_request_event = {
    .name  = "tls.hello_request",
    .title = "HelloRequest",
    .doc   = "The server asks to negotiate again (RFC 5246 section 7.4.1.1).",
};

const struct ht_event_type tls_application_data_event = {
    .name  = "tls.application_data",
    .title = "Application Data",
    .doc   = "The first application data of a side, and how much came in all.",
    .data  = &tls_application_data_struct,
};

const struct ht_event_type tls_alert_event = {
    .name       = "tls.alert",
    .title      = "Alert",
    .doc        = "A warning or an error.",
    .data       = &tls_alert_struct,
    .in_details = true,
};

const struct ht_event_type tls_close_notify_event = {
    .name  = "tls.close_notify",
    .title = "close_notify",
    .doc   = "The sender will send no more (RFC 8446 section 6.1).",
};

const struct ht_event_type tls_malformed_event = {
    .name  = "tls.malformed",
    .title = "Malformed message",
    .doc   = "Bytes that break the specification.",
    .data  = &tls_malformed_struct,
};

const struct ht_event_type tls_heartbeat_event = {
    .name  = "tls.heartbeat",
    .title = "Heartbeat",
    .doc   = "A heartbeat (RFC 6520); of each side the first ones.",
    .data  = &tls_heartbeat_struct,
};

const struct ht_event_type tls_other_handshake_event = {
    .name  = "tls.other_handshake",
    .title = "Handshake message",
    .doc   = "A handshake message that is not read further.",
    .data  = &tls_other_handshake_struct,
};
