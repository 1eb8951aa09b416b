/*
 * ECHConfigs: by which keys a server takes Encrypted ClientHellos (RFC 9849 section 4). They come
 * in DNS, in HTTPS and SVCB records.
 */
#ifndef HT_TLS_ECH_H
#define HT_TLS_ECH_H

#include "tls/tls.h"

enum { TLS_ECH_VERSION = 0xfe0d };

struct tls_ech_config {
    uint16_t version;
    uint8_t config_id;
    uint16_t kem;
    size_t public_key_bytes;
    struct ht_bytes suites; /* pairs of uint16: HPKE's KDF and AEAD */
    uint8_t maximum_name_length;
    struct ht_bytes public_name; /* the cover name, that outer hellos carry */
};

/* tls_ech_config_list returns the ECHConfigs in an ECHConfigList, to be read by tls_ech_config_next
 * until rd_more is false; a failed reader where the length does not fit. */
struct ht_reader tls_ech_config_list(struct ht_bytes list);

/* tls_ech_config_next reads the next ECHConfig into `out`, views. False where it is malformed, or
 * of another version than TLS_ECH_VERSION, of which only that is read; the reader goes on behind
 * it, and fails where it is cut. */
bool tls_ech_config_next(struct ht_reader *list, struct tls_ech_config *out);

/* tls_ech_config_fits: a client that has this config would write such a hello. */
bool tls_ech_config_fits(const struct tls_ech_config *config,
                         const struct tls_encrypted_client_hello *hello);

#endif
