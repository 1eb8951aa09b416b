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
    tls_compression_methods, tls_point_formats, tls_psk_modes, tls_certificate_types,
    tls_certificate_formats, tls_certificate_compressions, tls_srtp_profiles,
    tls_token_binding_parameters, tls_hpke_kdfs, tls_hpke_aeads;

enum { SSL_30 = 0x0300, TLS_10 = 0x0301, TLS_11 = 0x0302, TLS_12 = 0x0303, TLS_13 = 0x0304 };

struct tls_ja3 {
    struct ht_bytes hash;   /* MD5 in hexadecimal */
    struct ht_bytes string; /* what was hashed */
};

/* What else a client says of what it can do: mostly the same in all hellos of a program. Absent
 * where it says none of it. */
struct tls_client_capabilities {
    struct ht_bytes signature_schemes_cert;       /* uint16 */
    struct ht_bytes delegated_credential_schemes; /* uint16 */
    struct ht_bytes certificate_compression;      /* uint16 */
    struct ht_texts application_settings;
    struct ht_bytes client_certificate_types; /* uint8 */
    struct ht_bytes server_certificate_types; /* uint8 */
    struct ht_bytes certificate_types;        /* uint8; of RFC 6091 */
    struct ht_bytes srtp_profiles;            /* uint16 */
    struct ht_bytes token_binding_parameters; /* uint8 */
    struct ht_bytes flags;                    /* of tls_flags, lowest first */
    const char *heartbeat;                    /* as struct tls_server_choices */
    uint16_t max_fragment_length;             /* bytes */
    uint16_t record_size_limit;               /* bytes */
    uint16_t trust_anchors;                   /* number of them */
    uint16_t tickets_full, tickets_resumed;   /* wished for, each plus one */
};

/* A pre-shared key or ticket of TLS 1.3 that is offered. */
struct tls_psk_offer {
    uint32_t obfuscated_age; /* milliseconds, plus a number that the ticket came with */
    uint16_t identity_bytes;
    uint16_t binder_bytes; /* 0: it has none, against the specification */
    /* Not in the output: */
    struct ht_bytes identity; /* view only */
};

enum { TLS_MAX_PSK_OFFERS = 16 /* told of; psk_identities counts all */ };

/* RFC 9849 section 5, and the drafts of it. */
struct tls_encrypted_client_hello {
    const char *type;   /* outer, inner; of drafts up to 12: outer, esni */
    const char *draft;  /* "draft-08"; absent: RFC 9849, which is draft 13 on the wire */
    uint16_t config_id; /* plus one */
    struct ht_named kdf, aead;
    uint16_t enc_bytes;
    uint16_t payload_bytes;
    /* By analyzers: */
    const char *verdict;         /* config_match, grease_likely, unknown; decrypted: by keys */
    struct ht_bytes public_name; /* of the ECHConfig that matches */
    bool server_name_is_cover;
    /* With keys: */
    const char *outcome;   /* accepted, rejected */
    const char *judged_by; /* confirmation, keys */
};

/* What is of this one hello. Absent where it has none of it. */
struct tls_client_particulars {
    struct ht_texts authorities;     /* names in DER, as sent */
    struct ht_texts authority_names; /* in the form of RFC 4514; by the certificate analyzer */
    struct ht_texts responder_ids;   /* status_request: OCSP responders trusted */
    struct ht_bytes connection_id;
    struct ht_bytes srp_user;
    uint64_t num_authorities;
    uint16_t request_extensions_bytes; /* of status_request */
    uint8_t renegotiated_bytes;        /* of renegotiation_info; 0 in a first handshake */
};

/* What is wrong with the values of a key exchange, in words; not in the output. By an analyzer,
 * where an audit asks for it. */
struct tls_value_faults {
    struct ht_bytes length; /* of a key share; empty: as it must be */
    struct ht_bytes point;  /* of a curve; empty: nothing, or not judged */
    struct ht_bytes number; /* of a finite field; likewise */
    const char *prime;      /* its modulus: safe, unsafe, composite; NULL: not judged */
};

struct tls_client_hello {
    uint64_t frame;
    /* What is of this hello alone: */
    struct ht_bytes random;
    struct ht_bytes session_id;
    struct ht_bytes server_name; /* of the host_name entry; may be empty */
    struct ht_objects psk;       /* of struct tls_psk_offer, the first of them */
    struct tls_encrypted_client_hello *encrypted_client_hello;
    struct tls_client_particulars *particulars;
    /* Not in the output: */
    uint64_t resumption_key;        /* by which the session resumed is known; by an analyzer */
    struct ht_bytes ticket;         /* the session_ticket extension's content; view only */
    struct ht_bytes raw_extensions; /* the extensions block, without its length; view only */
    struct ht_bytes key_shares;     /* as sent; view only */
    struct ht_bytes key_share_ends; /* the last 16 bytes of each, by an analyzer */
    const struct tls_value_faults *faults; /* of its key shares; NULL: none */
    const void *shape; /* by which it was known: all of it but what is its own; NULL: it was not */
    uint64_t shape_number; /* once it was kept: of those that have the same shape; 0: not known */
    uint32_t body_bytes;   /* of the message, by an analyzer */
    /* What many hellos have in common, side by side: */
    bool early_data;
    bool grease;         /* any GREASE value is in it */
    bool session_ticket; /* the extension is there, empty or not; internal */
    struct ht_named record_version;
    struct ht_named legacy_version;
    uint16_t psk_identities;             /* number offered */
    uint16_t session_ticket_bytes;       /* of the session_ticket extension's content */
    uint16_t padding_bytes;              /* of the padding extension's content */
    uint16_t cookie_bytes;               /* of DTLS, and of the cookie extension */
    struct ht_bytes cipher_suites;       /* uint16 */
    struct ht_bytes compression_methods; /* uint8 */
    struct ht_bytes extensions;          /* uint16, the types in wire order */
    struct ht_texts alpn;
    struct ht_bytes supported_versions; /* uint16 */
    struct ht_bytes groups;             /* uint16 */
    struct ht_bytes point_formats;      /* uint8 */
    struct ht_bytes signature_schemes;  /* uint16 */
    struct ht_bytes key_share_groups;   /* uint16 */
    struct ht_bytes psk_modes;          /* uint8 */
    const struct tls_client_capabilities *capabilities;
    /* By analyzers: */
    const struct tls_ja3 *ja3;
    struct ht_bytes ja4;
    struct ht_bytes ja4_r;
};

/* A certificate's entry in a log of Certificate Transparency (RFC 6962 section 3.2). */
struct tls_sct {
    uint16_t version; /* as on the wire, plus one: 0 is v1 */
    struct ht_bytes log_id;
    int64_t time_ns;
    struct ht_named signature_scheme;
    uint16_t extensions_bytes;
    uint16_t signature_bytes;
    /* Not in the output: */
    struct ht_bytes extensions, signature; /* views only */
};

/* What else a server says; absent where it says none of it. */
struct tls_server_choices {
    struct ht_bytes groups;         /* uint16; that it prefers */
    struct ht_texts next_protocols; /* next_protocol_negotiation */
    struct ht_objects scts;         /* of struct tls_sct */
    struct ht_bytes connection_id;  /* of DTLS, that the client is to write */
    const char *heartbeat;          /* peer_allowed_to_send, peer_not_allowed_to_send */
    struct ht_named client_certificate_type;
    struct ht_named server_certificate_type;
    struct ht_named certificate_type; /* RFC 6091 */
    struct ht_named srtp_profile;
    uint16_t max_fragment_length;          /* bytes */
    uint16_t record_size_limit;            /* bytes */
    uint16_t cookie_bytes;                 /* of a HelloRetryRequest */
    uint16_t encrypted_client_hello_bytes; /* of a HelloRetryRequest: taken, if the client agrees */
    uint16_t tickets;                      /* that it will send, plus one */
    uint8_t renegotiated_bytes;            /* of renegotiation_info; 0 in a first handshake */
    /* Not in the output: */
    struct ht_bytes sct_list; /* what `scts` was read from */
};

/* What the name of a suite says of the records it protects. */
struct tls_suite_traits {
    bool in_clear;    /* encrypts nothing */
    bool short_tag;   /* of 8 bytes (RFC 6655 section 4) */
    bool sha384;      /* is its hash */
    uint8_t exchange; /* the kind of key exchange, for tls_exchange_name; 0: not known */
};

struct tls_server_hello {
    uint64_t frame;
    /* What is of this hello alone: */
    struct ht_bytes random;
    struct ht_bytes session_id;
    const struct tls_server_choices *choices;
    /* Not in the output: */
    const struct tls_client_hello *offer;  /* where the session id is another than the client's, so
                                            * that the session can be resumed by it; view only */
    struct ht_bytes key_share;             /* view only */
    struct ht_bytes key_share_end;         /* its last 16 bytes, by an analyzer */
    const struct tls_value_faults *faults; /* of its key share; NULL: none */
    const void *shape;                     /* as struct tls_client_hello */
    uint64_t shape_number;                 /* likewise */
    /* What many hellos have in common, side by side: */
    bool retry_request;  /* its random says HelloRetryRequest (RFC 8446 section 4.1.3) */
    bool session_ticket; /* the extension is there: a ticket will follow */
    bool extended_master_secret;
    bool encrypt_then_mac;
    bool renegotiation_info;
    bool pre_shared_key; /* a PSK was selected */
    bool status_request;
    uint16_t psk_index;
    struct ht_named record_version;
    struct ht_named legacy_version;
    struct ht_named cipher_suite;
    struct ht_named compression_method;
    struct ht_named supported_version;
    struct ht_named version; /* really negotiated: supported_version, else legacy_version */
    struct ht_named key_share_group;
    struct tls_suite_traits suite; /* of a ServerHello that was met; internal */
    struct ht_bytes extensions;    /* uint16 */
    struct ht_bytes alpn;
    struct ht_bytes point_formats; /* uint8 */
    const char *downgrade;      /* the sentinel in random: "TLS 1.2", "TLS 1.1 or below"; RFC 8446
                                 * section 4.1.3 */
    const struct tls_ja3 *ja3s; /* by an analyzer */
};

/* A delegated credential (RFC 9345): with its key the handshake is signed, in place of the leaf's.
 */
struct tls_delegated_credential {
    uint64_t valid_time_s; /* from the leaf's notBefore on */
    struct ht_named scheme;
    struct ht_bytes public_key; /* SubjectPublicKeyInfo */
    struct ht_named signature_scheme;
};

struct tls_certificate {
    uint64_t chain_bytes;
    struct ht_objects scts; /* of struct tls_sct; of the leaf, in TLS 1.3 */
    const struct tls_delegated_credential *delegated_credential;
    /* Not in the output: */
    struct ht_texts chain;  /* each DER; views only, not copied */
    struct ht_bytes staple; /* the leaf's CertificateStatus, in TLS 1.3; view only */
    const void *shape;      /* as struct tls_client_hello */
    /* What many connections have in common, side by side: */
    bool empty;                      /* its list was read, and nothing is in it */
    struct ht_named compression;     /* RFC 8879 */
    struct ht_texts sha256;          /* of each DER, leaf first; by the certificate analyzer */
    struct ht_bytes subject, issuer; /* of the leaf, likewise */
    struct ht_bytes raw_public_key;  /* SubjectPublicKeyInfo, in place of a chain (RFC 7250) */
    struct ht_bytes sct_list;        /* what `scts` was read from; internal */
};

/* What an analyzer judges a key exchange or its signature by. Views; not kept. */
struct tls_material {
    struct ht_bytes dh_prime;
    struct ht_bytes dh_generator; /* empty: a client's value */
    struct ht_bytes public_value; /* Diffie-Hellman's, or a point */
    struct ht_named group;        /* of a client's point */
    struct ht_bytes part[3];      /* what was signed; empty where signatures are not checked */
    bool doubtful;                /* more than that may have been: only a match proves anything */
    struct ht_bytes signature;
    struct ht_bytes signer;      /* SHA-256 of the certificate whose key it is; empty: none known */
    struct ht_bytes certificate; /* the same, DER */
    uint16_t scheme;             /* 0 before TLS 1.2 */
};

struct tls_server_key_exchange {
    const char *key_exchange; /* "ECDHE", "DHE", "RSA" (export) … */
    struct ht_named group;
    const char *curve_form; /* "named_curve", "explicit_prime", "explicit_char2" */
    uint64_t dh_bits;       /* of the prime modulus */
    const char *dh_group;   /* whose prime it is, where that is known; by analyzers */
    uint64_t rsa_bits;      /* of the modulus of an export suite's short-lived key */
    uint64_t public_bytes;  /* of the server's public value or point */
    struct ht_bytes psk_identity_hint;
    struct ht_named signature_scheme;
    uint64_t signature_bytes;
    bool anonymous; /* of an anonymous suite: nothing authenticates the server */
    const struct tls_material *material; /* internal, not kept */
    struct ht_bytes
        public_end; /* the last 16 bytes of its public value, by an analyzer; internal */
    const struct tls_value_faults *faults; /* internal; NULL: not judged */
};

struct tls_certificate_request {
    struct ht_bytes certificate_types; /* uint8 */
    struct ht_bytes signature_schemes; /* uint16 */
    struct ht_texts authorities;       /* DER names, as sent */
    uint64_t num_authorities;
    /* By the certificate analyzer: */
    struct ht_texts authority_names; /* in the form of RFC 4514 */
    /* Of TLS 1.3: */
    struct ht_bytes signature_schemes_cert;  /* uint16 */
    struct ht_bytes certificate_compression; /* uint16 */
};

/* A Certificate message, compressed (RFC 8879). */
struct tls_compressed_certificate {
    struct ht_named algorithm;
    uint32_t uncompressed_length;
    struct ht_bytes compressed;
};

struct tls_certificate_status {
    uint64_t status_type;
    uint64_t response_bytes;
    /* What the (first) OCSP response says, as yet unverified; by an analyzer: */
    const char *response_status;    /* successful, …: RFC 6960 section 4.2.1; malformed */
    const char *certificate_status; /* good, revoked, unknown: of the first certificate in it */
    struct ht_bytes serial;         /* of that certificate: the content of the DER INTEGER */
    struct ht_bytes responder;      /* its name in the form of RFC 4514 */
    struct ht_bytes responder_key;  /* in place of its name: SHA-1 of its key */
    int64_t produced_at_ns, this_update_ns, next_update_ns, revoked_ns;
    const char *reason; /* of RFC 5280 section 5.3.1 */
    /* Not in the output: */
    struct ht_bytes response; /* the (first) OCSP response's DER; view only */
    struct ht_bytes kept;     /* the same, where an analyzer wants it at the connection's end */
    struct ht_bytes digest;   /* SHA-256 of it, likewise */
    int64_t time_ns;          /* when it is judged: when it came, or --as-of; likewise */
};

struct tls_client_key_exchange {
    uint64_t length;
    const struct tls_material *material;   /* internal, not kept; NULL: nobody asks */
    const struct tls_value_faults *faults; /* internal; NULL: none */
};

struct tls_certificate_verify {
    struct ht_named signature_scheme;
    uint64_t signature_bytes;
    const struct tls_material *material; /* internal, not kept */
};

struct tls_new_session_ticket {
    uint64_t lifetime_s;
    uint64_t ticket_bytes;
    struct ht_bytes nonce;     /* TLS 1.3 */
    uint32_t early_data_bytes; /* that may be sent with it; TLS 1.3 */
    /* Not in the output: */
    struct ht_bytes ticket;                /* these three are views only */
    const struct tls_client_hello *offer;  /* of its handshake, as far as */
    const struct tls_server_hello *answer; /* they were seen */
    struct ht_bytes key_name; /* its first 16 bytes, by an analyzer (RFC 5077 section 4) */
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
    bool untold;  /* what it is called is judged at the end */
    int64_t time_ns;
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

/* A HeartbeatMessage (RFC 6520 section 4). */
struct tls_heartbeat {
    const char *type;        /* request, response; NULL: encrypted, or neither */
    uint16_t payload_length; /* as it says */
    uint64_t bytes;          /* of the record's fragment, all that was sent */
};

struct tls_application_data {
    uint64_t records;
    uint64_t bytes;
};

/* Whether a chain leads to a trust anchor (RFC 5280 section 6); by an analyzer. */
struct tls_path {
    bool trusted;
    const char *error;      /* as libcrypto calls it: "certificate_has_expired"; absent: none */
    uint8_t error_depth;    /* of the certificate at fault, leaf 0; plus one */
    struct ht_texts sha256; /* of each certificate of the path, leaf first, as far as it goes */
    struct ht_bytes anchor; /* subject of the trust anchor */
};

/* Whether the leaf is for the server that was asked for (RFC 9525). */
struct tls_name_check {
    const char *verdict;     /* match, mismatch, common_name_only */
    struct ht_bytes name;    /* that was asked for */
    const char *from;        /* sni, dns, address */
    struct ht_bytes matched; /* the certificate's name */
};

struct tls_revocation {
    const char *status; /* good, revoked, unknown, not_judged */
    const char *source; /* staple, crl */
    const char *fault; /* why it does not count: expired, not_yet_valid, signature, malformed … */
    uint8_t certificate; /* which of the path it is about, leaf 0; plus one */
    int64_t produced_at_ns, this_update_ns, next_update_ns, revoked_ns;
    const char *reason;        /* of RFC 5280 section 5.3.1 */
    struct ht_bytes responder; /* who says so, RFC 4514; empty: named by its key, or unknown */
};

struct tls_sct_verdict {
    struct ht_bytes log_id;
    struct ht_bytes log;          /* its name, where it is known */
    struct ht_bytes log_operator; /* likewise */
    const char *log_state;        /* usable, retired … as the list of logs says */
    const char *source;           /* certificate, extension, ocsp */
    const char *verdict;          /* valid, invalid, unknown_log; NULL: not checked */
    int64_t time_ns;
};

struct ht_chain_facts;

/* Whether the session's keys were at hand (RFC 9850), and what came of it. */
struct tls_key_use {
    const char *source;   /* file, capture */
    const char *verdict;  /* decrypted, not_encrypted, failed, incomplete, missing */
    const char *finished; /* verified, one_side, refuted */
    const char *found_by; /* client_hello_inner, trial; NULL: by the ClientHello's random */
    uint64_t records;     /* decrypted */
};

/* What is thought of a server's (or client's) chain; by an analyzer. */
struct tls_chain_verdict {
    const struct tls_path *as_sent;
    const struct tls_path *repaired; /* with intermediates seen elsewhere; absent: no other */
    const struct tls_name_check *name;
    const char *order;      /* in_order, misordered, incomplete; superfluous: others are in it */
    struct ht_texts faults; /* of the certificates: words of analysis/chain/chain.h */
    const struct tls_revocation *revocation; /* what counts for most */
    const struct tls_revocation *staple;     /* what the staple alone says */
    struct ht_objects scts;                  /* of struct tls_sct_verdict */
    /* Not in the output: */
    const struct ht_chain_facts *facts; /* the analyzer's, until the record was written */
};

struct tls_chains {
    struct ht_texts server; /* SHA-256 of each, leaf first */
    struct ht_texts client;
    struct ht_bytes server_subject, server_issuer; /* of the leaf */
    struct ht_bytes client_subject, client_issuer;
    struct ht_bytes server_raw_key, client_raw_key; /* SubjectPublicKeyInfo (RFC 7250) */
    const struct tls_certificate_status *staple;    /* of the server; NULL: none was seen */
    struct ht_bytes sct_list; /* beside the server's leaf, in TLS 1.3; not in the output */
    /* By analyzers: */
    const struct tls_chain_verdict *server_verdict, *client_verdict;
};

/* Where a session that is resumed comes from. */
struct tls_resumed_from {
    struct ht_bytes connection; /* its id */
    const char *by;             /* session_id, ticket, same_identity */
    uint64_t age_ns;            /* from there to the ClientHello */
    uint64_t lifetime_s;        /* of the ticket */
    /* Not in the output: */
    bool other_name;             /* it asked for another server_name */
    struct ht_bytes server_name; /* that one, in lower case; empty: not known any more */
    uint8_t extended_master;     /* whether it has extended_master_secret, plus one; 0: unknown */
};

/* What the sizes, places and order of TLS 1.3's encrypted records suggest. */
struct tls_inferred {
    uint64_t server_flight_bytes; /* fragments up to the server's Finished */
    uint64_t client_flight_bytes; /* up to the client's */
    uint64_t retry_cost_ns;       /* from HelloRetryRequest to ServerHello */
    uint8_t tickets;
    const char *early_data;         /* accepted, rejected */
    const char *client_certificate; /* sent, refused */
    bool established;               /* by data that were answered, not by Finished */
};

/* Records that no implementation may send (RFC 5246 section 6.2.1, RFC 8446 section 5). Looked at
 * only where an audit asks. */
struct tls_odd_records {
    uint64_t oversize, oversize_frame; /* how many, and the first */
    uint32_t oversize_length, oversize_limit;
    const char *oversize_from;
    uint64_t empty, empty_frame; /* of handshake messages, alerts, ChangeCipherSpec */
    const char *empty_from;
    uint64_t run[2], longest_run; /* of application data, one after another, by side */
    uint64_t run_frame;           /* where the longest ends */
    const char *run_from;
    uint8_t oversize_side, empty_side, run_side;
};

/* Where something was seen. */
struct tls_place {
    uint64_t frame : 48;
    uint64_t order : 16; /* of being handed over, where that tells more than time; 0: it does not */
    int64_t time_ns;
};

enum { TLS_KEPT_RECORDS = 8 };

/* The first encrypted records of a direction, by what can be seen of them. */
struct tls_kept_records {
    uint16_t len[TLS_KEPT_RECORDS];
    struct tls_place place[TLS_KEPT_RECORDS];
};

/* The connection that goes on in this flow, since a side changed its address or port: of QUIC, or
 * of DTLS with connection ids. */
struct tls_migrated_from {
    struct ht_bytes connection;    /* the id of its record */
    struct ht_bytes connection_id; /* by which it is known to be the same */
    const char *moved;             /* client, server */
    struct ht_address ip;          /* of that side, before */
    uint64_t port;
};

struct tls_nonce_side;

/* How a handshake failed. */
struct tls_failure {
    const char *how;       /* alert, encrypted_alert, reset, closed, no_answer */
    struct ht_bytes alert; /* what it says */
    const char *by;        /* client, server; NULL: nobody did anything */
    bool inferred;         /* from the place and size of what could not be read */
    uint8_t code;          /* of the alert; not in the output */
};

/* The connection record's details. */
struct tls_details {
    /* What is rendered together (HT_REPEATS) lies side by side: how the key is exchanged, */
    struct ht_named version;
    struct ht_named cipher_suite;
    struct ht_named group;
    struct ht_named signature_scheme;
    const char *key_exchange; /* "ECDHE", "DHE", "RSA", "PSK", "ECDHE_PSK" … */
    uint64_t dh_bits;
    const char *dh_group;
    /* and how else the session came about. */
    const char *resumption; /* none, session_id, ticket, psk */
    bool resumed;
    bool hello_retry_request;
    bool client_authentication;
    uint8_t renegotiations; /* handshakes after the first */
    bool established;
    uint8_t num_client_first; /* of client_first; not in the output */
    struct ht_bytes alpn;
    uint64_t client_records, server_records; /* of application data */
    uint64_t client_data_bytes, server_data_bytes;
    const struct tls_client_hello *client_hello;
    const struct tls_client_hello *client_hello_2;
    const struct tls_client_hello *client_hello_inner; /* NULL: none was decrypted */
    const struct tls_server_hello *server_hello;
    const struct tls_chains *certificates;
    struct ht_objects alerts; /* of struct tls_alert */
    const struct tls_inferred *inferred;
    const char *early_data; /* accepted, rejected: as the server said, decrypted */
    const struct tls_key_use *keys;
    /* By analyzers: */
    const struct tls_failure *failure; /* NULL: it did not fail, or nobody knows how */
    const struct tls_resumed_from *resumed_from;
    const char *post_quantum; /* pq_protected, client_not_capable, server_declined, server_unknown,
                               * version_too_old */
    uint64_t harvestable_bytes;
    /* Not in the output: */
    struct tls_odd_records *odd_records;                        /* NULL: there are none */
    const struct tls_nonce_side *client_nonces, *server_nonces; /* NULL: not looked at */
    const struct tls_kept_records *client_first;                /* the client's */
};

extern const struct ht_struct tls_value_faults_struct, tls_client_hello_struct,
    tls_server_hello_struct, tls_certificate_struct, tls_server_key_exchange_struct,
    tls_certificate_request_struct, tls_certificate_status_struct, tls_client_key_exchange_struct,
    tls_certificate_verify_struct, tls_new_session_ticket_struct, tls_alert_struct,
    tls_malformed_struct, tls_application_data_struct, tls_heartbeat_struct,
    tls_other_handshake_struct, tls_migrated_from_struct, tls_chains_struct, tls_ja3_struct,
    tls_details_struct, tls_client_capabilities_struct, tls_client_particulars_struct,
    tls_psk_offer_struct, tls_encrypted_client_hello_struct, tls_server_choices_struct,
    tls_sct_struct, tls_chain_verdict_struct, tls_encrypted_extensions_struct;

extern const struct ht_event_type tls_client_hello_event, tls_client_hello_inner_event,
    tls_server_hello_event, tls_hello_retry_request_event, tls_encrypted_extensions_event,
    tls_certificate_event, tls_certificate_status_event, tls_server_key_exchange_event,
    tls_certificate_request_event, tls_server_hello_done_event, tls_client_key_exchange_event,
    tls_certificate_verify_event, tls_change_cipher_spec_event, tls_finished_event,
    tls_new_session_ticket_event, tls_key_update_event, tls_end_of_early_data_event,
    tls_hello_request_event, tls_application_data_event, tls_alert_event, tls_close_notify_event,
    tls_malformed_event, tls_other_handshake_event, tls_heartbeat_event;

#endif
