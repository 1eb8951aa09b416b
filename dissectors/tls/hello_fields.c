/*
 * What the fields of the hellos are called and how each is shown.
 */
#include "tls/tls.h"

static const struct ht_field ja3_fields[] = {
    HT_FIELD(struct tls_ja3, hash, HT_TEXT, "MD5 of the string.", .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_ja3, string, HT_TEXT, "The numbers that were hashed.",
             .flags = HT_DERIVED | HT_REPEATS),
};

const struct ht_struct tls_ja3_struct =
    HT_STRUCT(struct tls_ja3, "ja3", ja3_fields, "A JA3 or JA3S fingerprint.");

static const struct ht_field capabilities_fields[] = {
    HT_FIELD(struct tls_client_capabilities, signature_schemes_cert, HT_LIST_NAMED,
             "Signature schemes for certificates (signature_algorithms_cert).",
             .names = &tls_signature_schemes, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, delegated_credential_schemes, HT_LIST_NAMED,
             "Signature schemes of delegated credentials (RFC 9345).",
             .names = &tls_signature_schemes, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, certificate_compression, HT_LIST_NAMED,
             "Algorithms by which certificates may be compressed (RFC 8879).",
             .names = &tls_certificate_compressions, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, application_settings, HT_LIST_TEXT,
             "Application protocols with settings (application_settings).", .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, client_certificate_types, HT_LIST_NAMED,
             "Forms of certificate that it can show (RFC 7250).", .names = &tls_certificate_formats,
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, server_certificate_types, HT_LIST_NAMED,
             "Forms of certificate that the server may show (RFC 7250).",
             .names = &tls_certificate_formats, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, certificate_types, HT_LIST_NAMED,
             "Forms of certificate that it knows (cert_type, RFC 6091).",
             .names = &tls_certificate_formats, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, srtp_profiles, HT_LIST_NAMED,
             "How media may be protected (use_srtp, RFC 5764).", .names = &tls_srtp_profiles,
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, token_binding_parameters, HT_LIST_NAMED,
             "Keys to which tokens may be bound (RFC 8472).",
             .names = &tls_token_binding_parameters, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, flags, HT_HEX,
             "Flags set (tls_flags), the lowest in the first byte.", .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_capabilities, heartbeat, HT_LABEL,
             "Heartbeat requests (RFC 6520): peer_allowed_to_send, peer_not_allowed_to_send."),
    HT_FIELD(struct tls_client_capabilities, max_fragment_length, HT_UINT,
             "Largest fragment wished for, in bytes (RFC 6066)."),
    HT_FIELD(struct tls_client_capabilities, record_size_limit, HT_UINT,
             "Largest record that it takes, in bytes (RFC 8449)."),
    HT_FIELD(struct tls_client_capabilities, trust_anchors, HT_UINT,
             "Number of trust anchors that it says it has (trust_anchors)."),
    HT_FIELD(struct tls_client_capabilities, tickets_full, HT_UINT,
             "Tickets wished for after a full handshake (RFC 9149).", .flags = HT_PLUS_ONE),
    HT_FIELD(struct tls_client_capabilities, tickets_resumed, HT_UINT,
             "Tickets wished for after a resumption (RFC 9149).", .flags = HT_PLUS_ONE),
};

const struct ht_struct tls_client_capabilities_struct =
    HT_STRUCT(struct tls_client_capabilities, "capabilities", capabilities_fields,
              "What else a client says of what it can do; mostly the same in all its hellos.");

static const struct ht_field value_faults_fields[] = {
    HT_FIELD(struct tls_value_faults, length, HT_TEXT, "Of a share's length."),
    HT_FIELD(struct tls_value_faults, point, HT_TEXT, "Of a point."),
    HT_FIELD(struct tls_value_faults, number, HT_TEXT, "Of a number."),
    HT_FIELD(struct tls_value_faults, prime, HT_LABEL, "Of the modulus."),
};

const struct ht_struct tls_value_faults_struct =
    HT_STRUCT(struct tls_value_faults, "value_faults", value_faults_fields,
              "What is wrong with the values of a key exchange.");

static const struct ht_field psk_offer_fields[] = {
    HT_FIELD(struct tls_psk_offer, identity_bytes, HT_UINT, "Size of the identity or ticket."),
    HT_FIELD(struct tls_psk_offer, obfuscated_age, HT_UINT,
             "Age of the ticket in milliseconds, plus a number known to both sides, modulo 2^32."),
    HT_FIELD(struct tls_psk_offer, binder_bytes, HT_UINT,
             "Size of the proof that the client knows the key."),
};

const struct ht_struct tls_psk_offer_struct =
    HT_STRUCT(struct tls_psk_offer, "psk", psk_offer_fields,
              "A pre-shared key or ticket that is offered (RFC 8446 section 4.2.11).");

static const struct ht_field encrypted_client_hello_fields[] = {
    HT_FIELD(struct tls_encrypted_client_hello, type, HT_LABEL,
             "outer; inner, which is never seen in clear; esni: only the name is encrypted."),
    HT_FIELD(struct tls_encrypted_client_hello, draft, HT_LABEL,
             "The draft of RFC 9849, where it is an early one."),
    HT_FIELD(struct tls_encrypted_client_hello, config_id, HT_UINT,
             "Which of the server's ECHConfigs.", .flags = HT_PLUS_ONE),
    HT_FIELD(struct tls_encrypted_client_hello, kdf, HT_NAMED, "Key derivation function.",
             .names = &tls_hpke_kdfs),
    HT_FIELD(struct tls_encrypted_client_hello, aead, HT_NAMED, "Cipher.",
             .names = &tls_hpke_aeads),
    HT_FIELD(struct tls_encrypted_client_hello, enc_bytes, HT_UINT,
             "Size of the client's encapsulated key."),
    HT_FIELD(struct tls_encrypted_client_hello, payload_bytes, HT_UINT,
             "Size of the encrypted hello."),
    HT_FIELD(struct tls_encrypted_client_hello, verdict, HT_LABEL,
             "decrypted, with a key log; config_match: by an ECHConfig seen in DNS; grease_likely: "
             "the client looked up the very name in this hello; unknown.",
             .label = "ech", .flags = HT_INFERRED),
    HT_FIELD(struct tls_encrypted_client_hello, outcome, HT_LABEL,
             "With a key log, what the server made of it: accepted, rejected.", .label = "ech",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_encrypted_client_hello, judged_by, HT_LABEL,
             "How that is known: confirmation: by the end of ServerHello.random (RFC 9849 section "
             "7.2); keys: secrets of another random than this hello's open the server's records.",
             .flags = HT_DERIVED),
    HT_FIELD(struct tls_encrypted_client_hello, public_name, HT_TEXT,
             "Public name of the ECHConfig.", .flags = HT_DERIVED),
    HT_FIELD(struct tls_encrypted_client_hello, server_name_is_cover, HT_BOOL,
             "The server name in this hello is not the one that the client wants.",
             .label = "cover name", .flags = HT_INFERRED),
};

const struct ht_struct tls_encrypted_client_hello_struct =
    HT_STRUCT(struct tls_encrypted_client_hello, "encrypted_client_hello",
              encrypted_client_hello_fields, "Encrypted ClientHello (RFC 9849), or GREASE of it.");

static const struct ht_field particulars_fields[] = {
    HT_FIELD(struct tls_client_particulars, num_authorities, HT_UINT,
             "Number of certificate authorities named (certificate_authorities)."),
    HT_FIELD(struct tls_client_particulars, authority_names, HT_LIST_TEXT,
             "Certificate authorities that it trusts (certificate_authorities), at most 64, in the "
             "form of RFC 4514.",
             .name = "authorities", .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_client_particulars, responder_ids, HT_LIST_HEX,
             "OCSP responders that it trusts (status_request), in DER."),
    HT_FIELD(struct tls_client_particulars, request_extensions_bytes, HT_UINT,
             "Size of the OCSP request's extensions (status_request)."),
    HT_FIELD(struct tls_client_particulars, connection_id, HT_HEX,
             "Connection identifier that the server is to write (RFC 9146)."),
    HT_FIELD(struct tls_client_particulars, srp_user, HT_TEXT, "Name of the user (RFC 5054)."),
    HT_FIELD(struct tls_client_particulars, renegotiated_bytes, HT_UINT,
             "Size of what binds this handshake to the one before it (renegotiation_info)."),
};

const struct ht_struct tls_client_particulars_struct = HT_STRUCT(
    struct tls_client_particulars, "particulars", particulars_fields, "What is of this one hello.");

static const struct ht_field client_hello_fields[] = {
    HT_FIELD(struct tls_client_hello, frame, HT_UINT, "Frame that completed the message."),
    HT_FIELD(struct tls_client_hello, record_version, HT_NAMED, "Version in the record's header.",
             .names = &tls_versions),
    HT_FIELD(struct tls_client_hello, legacy_version, HT_NAMED,
             "Version in the message; the highest offered before TLS 1.3.", .names = &tls_versions,
             .label  = "offers up to",
             .unless = offsetof(struct tls_client_hello, supported_versions)),
    HT_FIELD(struct tls_client_hello, random, HT_HEX, "The client's random."),
    HT_FIELD(struct tls_client_hello, session_id, HT_HEX, "Session identifier."),
    HT_FIELD(struct tls_client_hello, cipher_suites, HT_LIST_NAMED, "Cipher suites offered.",
             .names = &tls_cipher_suites, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, compression_methods, HT_LIST_NAMED,
             "Compression methods offered.", .names = &tls_compression_methods,
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, extensions, HT_LIST_NAMED, "Extensions, in order.",
             .names = &tls_extensions, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, server_name, HT_TEXT,
             "Name of the server asked for (server_name, RFC 6066).", .label = ""),
    HT_FIELD(struct tls_client_hello, alpn, HT_LIST_TEXT,
             "Application protocols offered (RFC 7301).", .label = "alpn", .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, supported_versions, HT_LIST_NAMED,
             "Versions offered (supported_versions).", .names = &tls_versions, .label = "offers",
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, groups, HT_LIST_NAMED,
             "Groups for key exchange (supported_groups).", .names = &tls_groups,
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, point_formats, HT_LIST_NAMED,
             "Point formats (ec_point_formats).", .names = &tls_point_formats, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, signature_schemes, HT_LIST_NAMED,
             "Signature schemes (signature_algorithms).", .names = &tls_signature_schemes,
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, key_share_groups, HT_LIST_NAMED,
             "Groups for which a key share was sent.", .names = &tls_groups, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, psk_modes, HT_LIST_NAMED,
             "How a pre-shared key may be used (psk_key_exchange_modes).", .names = &tls_psk_modes,
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, psk_identities, HT_UINT, "Number of pre-shared keys offered.",
             .label = "psk"),
    HT_FIELD(struct tls_client_hello, session_ticket_bytes, HT_UINT,
             "Size of the session ticket offered (RFC 5077).", .label = "ticket"),
    HT_FIELD(struct tls_client_hello, cookie_bytes, HT_UINT,
             "Size of the cookie that goes back to the server: DTLS's, or the extension's.",
             .label = "cookie"),
    HT_FIELD(struct tls_client_hello, padding_bytes, HT_UINT, "Size of the padding (RFC 7685)."),
    HT_FIELD(struct tls_client_hello, early_data, HT_BOOL, "Data precede the handshake's end.",
             .label = "early_data"),
    HT_FIELD(struct tls_client_hello, grease, HT_BOOL, "GREASE values (RFC 8701) are offered."),
    HT_FIELD(struct tls_client_hello, session_ticket, HT_BOOL,
             "The extension session_ticket is there.", .flags = HT_INTERNAL),
    HT_FIELD(struct tls_client_hello, resumption_key, HT_UINT, "Of the session resumed.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_client_hello, key_share_ends, HT_HEX, "The last bytes of each key share.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_client_hello, faults, HT_OBJECT, "What is wrong with its values.",
             .of = &tls_value_faults_struct, .flags = HT_INTERNAL),
    HT_FIELD(struct tls_client_hello, body_bytes, HT_UINT, "Size of the message.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_client_hello, psk, HT_LIST_OBJECT,
             "The pre-shared keys offered, at most the first 16.", .of = &tls_psk_offer_struct),
    HT_FIELD(struct tls_client_hello, encrypted_client_hello, HT_OBJECT,
             "Encrypted ClientHello, or GREASE of it.", .of = &tls_encrypted_client_hello_struct,
             .label = ""),
    HT_FIELD(struct tls_client_hello, capabilities, HT_OBJECT,
             "What else the client can do, where it says any of it.",
             .of = &tls_client_capabilities_struct, .flags = HT_REPEATS),
    HT_FIELD(struct tls_client_hello, particulars, HT_OBJECT,
             "What is of this one hello, where there is any.",
             .of = &tls_client_particulars_struct),
    HT_FIELD(struct tls_client_hello, ja3, HT_OBJECT, "JA3 fingerprint.", .of = &tls_ja3_struct,
             .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_client_hello, ja4, HT_TEXT, "JA4 fingerprint.", .label = "ja4",
             .flags = HT_DERIVED | HT_REPEATS),
    HT_FIELD(struct tls_client_hello, ja4_r, HT_TEXT, "JA4 fingerprint before hashing.",
             .flags = HT_DERIVED | HT_REPEATS),
};

const struct ht_struct tls_client_hello_struct =
    HT_STRUCT(struct tls_client_hello, "client_hello", client_hello_fields,
              "What the client offers (RFC 8446 section 4.1.2).",
              .shape        = offsetof(struct tls_client_hello, shape),
              .shape_number = offsetof(struct tls_client_hello, shape_number));

static const struct ht_field sct_fields[] = {
    HT_FIELD(struct tls_sct, version, HT_UINT, "0: v1.", .flags = HT_PLUS_ONE),
    HT_FIELD(struct tls_sct, log_id, HT_HEX, "SHA-256 of the log's public key.",
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_sct, time_ns, HT_TIME, "When the log took the certificate.",
             .name = "timestamp"),
    HT_FIELD(struct tls_sct, signature_scheme, HT_NAMED, "How the log signed it.",
             .names = &tls_signature_schemes),
    HT_FIELD(struct tls_sct, extensions_bytes, HT_UINT, "Size of the extensions."),
    HT_FIELD(struct tls_sct, signature_bytes, HT_UINT, "Size of the signature."),
};

const struct ht_struct tls_sct_struct =
    HT_STRUCT(struct tls_sct, "sct", sct_fields,
              "A signed certificate timestamp of Certificate Transparency (RFC 6962).");

static const struct ht_field choices_fields[] = {
    HT_FIELD(struct tls_server_choices, groups, HT_LIST_NAMED,
             "Groups that the server prefers (supported_groups).", .names = &tls_groups,
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_server_choices, next_protocols, HT_LIST_TEXT,
             "Application protocols that the server knows (next_protocol_negotiation).",
             .flags = HT_REPEATS),
    HT_FIELD(struct tls_server_choices, scts, HT_LIST_OBJECT,
             "What logs of Certificate Transparency promised (signed_certificate_timestamp).",
             .of = &tls_sct_struct),
    HT_FIELD(struct tls_server_choices, connection_id, HT_HEX,
             "Connection identifier that the client is to write (RFC 9146)."),
    HT_FIELD(struct tls_server_choices, heartbeat, HT_LABEL,
             "Heartbeat requests (RFC 6520): peer_allowed_to_send, peer_not_allowed_to_send."),
    HT_FIELD(struct tls_server_choices, client_certificate_type, HT_NAMED,
             "Form of the client's certificate (RFC 7250).", .names = &tls_certificate_formats),
    HT_FIELD(struct tls_server_choices, server_certificate_type, HT_NAMED,
             "Form of the server's certificate (RFC 7250).", .names = &tls_certificate_formats),
    HT_FIELD(struct tls_server_choices, certificate_type, HT_NAMED,
             "Form of the certificates (cert_type, RFC 6091).", .names = &tls_certificate_formats),
    HT_FIELD(struct tls_server_choices, srtp_profile, HT_NAMED,
             "How media are protected (use_srtp, RFC 5764).", .names = &tls_srtp_profiles),
    HT_FIELD(struct tls_server_choices, max_fragment_length, HT_UINT,
             "Largest fragment, in bytes (RFC 6066)."),
    HT_FIELD(struct tls_server_choices, record_size_limit, HT_UINT,
             "Largest record that the server takes, in bytes (RFC 8449)."),
    HT_FIELD(struct tls_server_choices, cookie_bytes, HT_UINT,
             "Size of the cookie that the client is to send back."),
    HT_FIELD(struct tls_server_choices, encrypted_client_hello_bytes, HT_UINT,
             "Size of what a HelloRetryRequest says to an Encrypted ClientHello."),
    HT_FIELD(struct tls_server_choices, tickets, HT_UINT,
             "Tickets that the server will send (RFC 9149).", .flags = HT_PLUS_ONE),
    HT_FIELD(struct tls_server_choices, renegotiated_bytes, HT_UINT,
             "Size of what binds this handshake to the one before it (renegotiation_info)."),
    HT_FIELD(struct tls_server_choices, sct_list, HT_HEX, "What scts was read from.",
             .flags = HT_INTERNAL | HT_REPEATS),
};

const struct ht_struct tls_server_choices_struct =
    HT_STRUCT(struct tls_server_choices, "choices", choices_fields,
              "What else a server says, where it says any of it.");

static const struct ht_field server_hello_fields[] = {
    HT_FIELD(struct tls_server_hello, frame, HT_UINT, "Frame that completed the message."),
    HT_FIELD(struct tls_server_hello, record_version, HT_NAMED, "Version in the record's header.",
             .names = &tls_versions),
    HT_FIELD(struct tls_server_hello, legacy_version, HT_NAMED, "Version in the message.",
             .names = &tls_versions),
    HT_FIELD(struct tls_server_hello, supported_version, HT_NAMED,
             "Version in the extension supported_versions.", .names = &tls_versions),
    HT_FIELD(struct tls_server_hello, version, HT_NAMED, "Version really negotiated.",
             .names = &tls_versions, .label = "", .flags = HT_DERIVED),
    HT_FIELD(struct tls_server_hello, random, HT_HEX, "The server's random."),
    HT_FIELD(struct tls_server_hello, session_id, HT_HEX, "Session identifier."),
    HT_FIELD(struct tls_server_hello, cipher_suite, HT_NAMED, "Cipher suite chosen.",
             .names = &tls_cipher_suites, .label = ""),
    HT_FIELD(struct tls_server_hello, compression_method, HT_NAMED, "Compression method chosen.",
             .names = &tls_compression_methods),
    HT_FIELD(struct tls_server_hello, extensions, HT_LIST_NAMED, "Extensions, in order.",
             .names = &tls_extensions, .flags = HT_REPEATS),
    HT_FIELD(struct tls_server_hello, key_share_end, HT_HEX, "The last bytes of the key share.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_server_hello, faults, HT_OBJECT, "What is wrong with its values.",
             .of = &tls_value_faults_struct, .flags = HT_INTERNAL),
    HT_FIELD(struct tls_server_hello, key_share_group, HT_NAMED,
             "Group of the server's key share, or the one it asks for.", .names = &tls_groups,
             .label = ""),
    HT_FIELD(struct tls_server_hello, alpn, HT_TEXT, "Application protocol chosen.",
             .label = "alpn", .flags = HT_REPEATS),
    HT_FIELD(struct tls_server_hello, point_formats, HT_LIST_NAMED,
             "Point formats (ec_point_formats).", .names = &tls_point_formats, .flags = HT_REPEATS),
    HT_FIELD(struct tls_server_hello, session_ticket, HT_BOOL, "A session ticket will follow."),
    HT_FIELD(struct tls_server_hello, extended_master_secret, HT_BOOL,
             "The master secret is bound to the handshake (RFC 7627)."),
    HT_FIELD(struct tls_server_hello, encrypt_then_mac, HT_BOOL,
             "Records are encrypted, then authenticated (RFC 7366)."),
    HT_FIELD(struct tls_server_hello, renegotiation_info, HT_BOOL,
             "Renegotiation is secure (RFC 5746)."),
    HT_FIELD(struct tls_server_hello, pre_shared_key, HT_BOOL, "A pre-shared key was chosen.",
             .label = "psk"),
    HT_FIELD(struct tls_server_hello, psk_index, HT_UINT,
             "Which of the client's pre-shared keys, from 0."),
    HT_FIELD(struct tls_server_hello, status_request, HT_BOOL,
             "A certificate status will follow (RFC 6066)."),
    HT_FIELD(struct tls_server_hello, retry_request, HT_BOOL, "It is a HelloRetryRequest.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_server_hello, suite.in_clear, HT_BOOL, "The suite encrypts nothing.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_server_hello, suite.short_tag, HT_BOOL, "The suite's tags have 8 bytes.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_server_hello, suite.sha384, HT_BOOL, "The suite's hash is SHA-384.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_server_hello, suite.exchange, HT_UINT, "Kind of key exchange.",
             .flags = HT_INTERNAL),
    HT_FIELD(struct tls_server_hello, downgrade, HT_LABEL,
             "The random says that a server of a higher version was made to choose this.",
             .label = "downgrade sentinel"),
    HT_FIELD(struct tls_server_hello, choices, HT_OBJECT,
             "What else the server says, where it says any of it.",
             .of = &tls_server_choices_struct),
    HT_FIELD(struct tls_server_hello, ja3s, HT_OBJECT, "JA3S fingerprint.", .of = &tls_ja3_struct,
             .flags = HT_DERIVED | HT_REPEATS),
};

static const struct ht_field encrypted_extensions_fields[] = {
    HT_FIELD(struct tls_server_hello, extensions, HT_LIST_NAMED, "Extensions, in order.",
             .names = &tls_extensions, .flags = HT_REPEATS),
    HT_FIELD(struct tls_server_hello, alpn, HT_TEXT, "Application protocol chosen.",
             .label = "alpn", .flags = HT_REPEATS),
    HT_FIELD(struct tls_server_hello, choices, HT_OBJECT,
             "What else the server says, where it says any of it.",
             .of = &tls_server_choices_struct),
};

const struct ht_struct tls_encrypted_extensions_struct =
    HT_STRUCT(struct tls_server_hello, "encrypted_extensions", encrypted_extensions_fields,
              "What else the server chooses, encrypted (RFC 8446 section 4.3.1).");

const struct ht_struct tls_server_hello_struct =
    HT_STRUCT(struct tls_server_hello, "server_hello", server_hello_fields,
              "What the server chooses (RFC 8446 section 4.1.3).",
              .shape        = offsetof(struct tls_server_hello, shape),
              .shape_number = offsetof(struct tls_server_hello, shape_number));
