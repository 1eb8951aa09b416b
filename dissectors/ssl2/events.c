/* The field tables and events of SSL 2.0. */
#include "ssl2/ssl2.h"

static const struct ht_field details_fields[] = {
    HT_FIELD(struct ssl2_details, cipher_kinds, HT_LIST_TEXT,
             "Cipher kinds that the client offers; those of two bytes are suites of TLS."),
    HT_FIELD(struct ssl2_details, server_cipher_kinds, HT_LIST_TEXT,
             "Those of them that the server has too."),
    HT_FIELD(struct ssl2_details, cipher_kind, HT_TEXT, "Cipher kind that the client chose.",
             .label = "", .flags = HT_HEADLINE),
    HT_FIELD(struct ssl2_details, export_strength, HT_BOOL,
             "Of the key 40 bits are secret, the rest is sent in clear.", .label = "export",
             .flags = HT_HEADLINE),
    HT_FIELD(struct ssl2_details, session_id_hit, HT_BOOL, "The server resumes a session."),
    HT_FIELD(struct ssl2_details, connection_id, HT_HEX, "The server's connection identifier."),
    HT_FIELD(struct ssl2_details, challenge_bytes, HT_UINT, "Size of the client's challenge."),
    HT_FIELD(struct ssl2_details, clear_key_bytes, HT_UINT,
             "Bytes of the master key that are sent in clear."),
};

const struct ht_struct ssl2_details_struct =
    HT_STRUCT(struct ssl2_details, "ssl2", details_fields,
              "What is SSL 2.0's own, also where its hello led to TLS (RFC 5246 appendix E.2).");

static const struct ht_field client_master_key_fields[] = {
    HT_FIELD(struct ssl2_client_master_key, cipher_kind, HT_TEXT, "Cipher kind chosen.",
             .label = ""),
    HT_FIELD(struct ssl2_client_master_key, export_strength, HT_BOOL,
             "Of the key 40 bits are secret.", .label = "export"),
    HT_FIELD(struct ssl2_client_master_key, clear_key_bytes, HT_UINT,
             "Bytes of the master key that are sent in clear.", .label = "clear_key_bytes"),
    HT_FIELD(struct ssl2_client_master_key, encrypted_key_bytes, HT_UINT,
             "Size of the part that is encrypted by the certificate's key."),
    HT_FIELD(struct ssl2_client_master_key, key_argument_bytes, HT_UINT,
             "Size of the initialisation vector."),
};

const struct ht_struct ssl2_client_master_key_struct =
    HT_STRUCT(struct ssl2_client_master_key, "ssl2_client_master_key", client_master_key_fields,
              "The client's choice and key of SSL 2.0.");

static const struct ht_field error_fields[] = {
    HT_FIELD(struct ssl2_error, error, HT_TEXT, "What it says.", .label = ""),
};

const struct ht_struct ssl2_error_struct =
    HT_STRUCT(struct ssl2_error, "ssl2_error", error_fields, "An error of SSL 2.0.");

const struct ht_event_type ssl2_client_master_key_event = {
    .name  = "ssl2.client_master_key",
    .title = "CLIENT-MASTER-KEY",
    .doc   = "The client chooses a cipher and sends the master key.",
    .data  = &ssl2_client_master_key_struct,
};

const struct ht_event_type ssl2_error_event = {
    .name  = "ssl2.error",
    .title = "ERROR",
    .doc   = "SSL 2.0 fails.",
    .data  = &ssl2_error_struct,
};
