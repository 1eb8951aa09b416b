/*
 * TLS 1.0 (RFC 2246), 1.1 (RFC 4346), 1.2 (RFC 5246) and 1.3 (RFC 8446, 9846): what of it can be
 * seen. The structs here are the events' data; their field tables are in events.c.
 * Lists are views of packed big-endian values, in wire order.
 */
#ifndef HT_TLS_TLS_H
#define HT_TLS_TLS_H

#include "event/event.h"

extern const struct ht_registry tls_versions, tls_content_types, tls_handshake_types,
    tls_cipher_suites, tls_extensions, tls_groups, tls_signature_schemes, tls_alerts,
    tls_compression_methods, tls_point_formats, tls_psk_modes, tls_certificate_types;

enum { TLS_10 = 0x0301, TLS_11 = 0x0302, TLS_12 = 0x0303, TLS_13 = 0x0304 };

struct tls_ja3 {
    struct ht_bytes hash;   /* MD5 in hexadecimal */
    struct ht_bytes string; /* what was hashed */
};

struct tls_client_hello {
    uint64_t frame;
    struct ht_named record_version;
    struct ht_named legacy_version;
    struct ht_bytes random;
    struct ht_bytes session_id;
    struct ht_bytes cipher_suites;       /* uint16 */
    struct ht_bytes compression_methods; /* uint8 */
    struct ht_bytes extensions;          /* uint16, the types in wire order */
    struct ht_bytes server_name;         /* of the host_name entry; may be empty */
    struct ht_texts alpn;
    struct ht_bytes supported_versions; /* uint16 */
    struct ht_bytes groups;             /* uint16 */
    struct ht_bytes point_formats;      /* uint8 */
    struct ht_bytes signature_schemes;  /* uint16 */
    struct ht_bytes key_share_groups;   /* uint16 */
    struct ht_bytes psk_modes;          /* uint8 */
    uint64_t psk_identities;            /* number offered */
    uint64_t session_ticket_bytes;      /* of the session_ticket extension's content */
    bool early_data;
    bool encrypted_client_hello;
    bool grease;         /* any GREASE value is in it */
    bool session_ticket; /* the extension is there, empty or not; internal */
    /* By analyzers: */
    const struct tls_ja3 *ja3;
    struct ht_bytes ja4;
    struct ht_bytes ja4_r;
    /* Not in the output: */
    struct ht_bytes raw_extensions; /* the extensions block, without its length; view only */
};

struct tls_server_hello {
    uint64_t frame;
    struct ht_named record_version;
    struct ht_named legacy_version;
    struct ht_bytes random;
    struct ht_bytes session_id;
    struct ht_named cipher_suite;
    struct ht_named compression_method;
    struct ht_bytes extensions; /* uint16 */
    struct ht_named supported_version;
    struct ht_named version; /* really negotiated: supported_version, else legacy_version */
    struct ht_named key_share_group;
    struct ht_bytes alpn;
    bool session_ticket; /* the extension is there: a ticket will follow */
    bool extended_master_secret;
    bool encrypt_then_mac;
    bool renegotiation_info;
    bool pre_shared_key; /* a PSK was selected */
    uint64_t psk_index;
    bool status_request;
    bool retry_request;    /* its random says HelloRetryRequest (RFC 8446 section 4.1.3) */
    const char *downgrade; /* the sentinel in random: "TLS 1.2", "TLS 1.1 or below"; RFC 8446
                            * section 4.1.3 */
    /* By analyzers: */
    const struct tls_ja3 *ja3s;
};

struct tls_certificate {
    struct ht_texts sha256; /* of each DER, leaf first; by the certificate analyzer */
    struct ht_texts chain;  /* each DER; views only, not copied */
    uint64_t chain_bytes;
};

struct tls_server_key_exchange {
    const char *key_exchange; /* "ECDHE", "DHE", "RSA" (export) … */
    struct ht_named group;
    const char *curve_form; /* "named_curve", "explicit_prime", "explicit_char2" */
    uint64_t dh_bits;       /* of the prime modulus */
    uint64_t rsa_bits;      /* of the modulus of an export suite's short-lived key */
    uint64_t public_bytes;  /* of the server's public value or point */
    struct ht_bytes psk_identity_hint;
    struct ht_named signature_scheme;
    uint64_t signature_bytes;
    bool anonymous; /* of an anonymous suite: nothing authenticates the server */
};

struct tls_certificate_request {
    struct ht_bytes certificate_types; /* uint8 */
    struct ht_bytes signature_schemes; /* uint16 */
    struct ht_texts authorities;       /* DER names, as sent */
    uint64_t num_authorities;
};

struct tls_certificate_status {
    uint64_t status_type;
    uint64_t response_bytes;
    /* Not in the output: */
    struct ht_bytes response; /* the (first) OCSP response's DER; view only */
};

struct tls_client_key_exchange {
    uint64_t length;
};

struct tls_certificate_verify {
    struct ht_named signature_scheme;
    uint64_t signature_bytes;
};

struct tls_new_session_ticket {
    uint64_t lifetime_s;
    uint64_t ticket_bytes;
};

struct tls_alert {
    uint64_t frame;
    const char *from; /* client, server */
    const char *level;
    struct ht_bytes description; /* its name, or its number as "0x2f" */
    bool encrypted;              /* level and description could not be read */
    bool inferred;               /* they are judged from its place and size */
    /* Not in the output: */
    uint8_t code;
    uint8_t side; /* who sent it */
};

struct tls_malformed {
    struct ht_named content_type;
    struct ht_named message; /* handshake type */
    uint64_t offset;         /* in the message, where reading failed */
    uint64_t length;
};

/* A handshake message that has no event of its own. */
struct tls_other_handshake {
    struct ht_named message; /* handshake type */
    uint64_t length;
};

struct tls_application_data {
    uint64_t records;
    uint64_t bytes;
};

struct tls_chains {
    struct ht_texts server; /* SHA-256 of each, leaf first */
    struct ht_texts client;
};

/* The connection record's details. */
struct tls_details {
    bool established;
    struct ht_named version;
    struct ht_named cipher_suite;
    const char *key_exchange; /* "ECDHE", "DHE", "RSA", "PSK", "ECDHE_PSK" … */
    struct ht_named group;
    uint64_t dh_bits;
    struct ht_named signature_scheme;
    struct ht_bytes alpn;
    bool resumed;
    const char *resumption; /* none, session_id, ticket, psk */
    bool hello_retry_request;
    bool client_authentication;
    uint64_t client_records, server_records; /* of application data */
    uint64_t client_data_bytes, server_data_bytes;
    const struct tls_client_hello *client_hello;
    const struct tls_client_hello *client_hello_2;
    const struct tls_server_hello *server_hello;
    const struct tls_chains *certificates;
    struct ht_objects alerts; /* of struct tls_alert */
};

extern const struct ht_struct tls_client_hello_struct, tls_server_hello_struct,
    tls_certificate_struct, tls_server_key_exchange_struct, tls_certificate_request_struct,
    tls_certificate_status_struct, tls_client_key_exchange_struct, tls_certificate_verify_struct,
    tls_new_session_ticket_struct, tls_alert_struct, tls_malformed_struct,
    tls_application_data_struct, tls_other_handshake_struct, tls_chains_struct, tls_ja3_struct,
    tls_details_struct;

extern const struct ht_event_type tls_client_hello_event, tls_server_hello_event,
    tls_hello_retry_request_event, tls_encrypted_extensions_event, tls_certificate_event,
    tls_certificate_status_event, tls_server_key_exchange_event, tls_certificate_request_event,
    tls_server_hello_done_event, tls_client_key_exchange_event, tls_certificate_verify_event,
    tls_change_cipher_spec_event, tls_finished_event, tls_new_session_ticket_event,
    tls_key_update_event, tls_end_of_early_data_event, tls_hello_request_event,
    tls_application_data_event, tls_alert_event, tls_close_notify_event, tls_malformed_event,
    tls_other_handshake_event;

#endif
