/*
 * What Finished says, computed again: pure functions.
 */
#ifndef HT_TLS_FINISHED_H
#define HT_TLS_FINISHED_H

#include "crypto/prf.h"

enum { TLS_VERIFY_DATA_LEN = 12 /* up to TLS 1.2 */ };

/* tls_finished_13 writes verify_data by RFC 8446 section 4.4.4, from the traffic secret of the
 * sender's handshake and all messages before; as long as the digest. `datagrams`: of DTLS. False
 * where libcrypto refuses. */
bool tls_finished_13(uint8_t out[HT_DIGEST_MAX], enum ht_digest digest, bool datagrams,
                     struct ht_bytes secret, struct ht_bytes messages);

/* tls_finished_12 writes verify_data by RFC 5246 section 7.4.9, or RFC 2246 section 7.4.9. */
bool tls_finished_12(uint8_t out[TLS_VERIFY_DATA_LEN], enum ht_prf prf, struct ht_bytes master,
                     bool client, struct ht_bytes messages);

#endif
