/*
 * An EncodedClientHelloInner, which no mutation finds behind its seal, and the hello around it;
 * before them the length of the first. No more comes out than both have.
 */
#include "fuzz.h"

#include "tls/ech.h"
#include "tls/messages.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_arena arena   = {0};
    struct ht_reader in     = ht_reader(ht_bytes(data, len));
    size_t encoded_len      = rd_u16(&in);
    struct ht_bytes rest    = rd_rest(&in);
    struct ht_bytes encoded = ht_bytes_head(rest, encoded_len);
    struct ht_bytes outer   = ht_bytes_from(rest, encoded_len);
    struct ht_bytes message = tls_ech_decode(encoded, outer, &arena);
    if (message.len > TLS_HANDSHAKE_HEADER + encoded.len + outer.len) {
        abort();
    }
    if (message.len > 0) {
        struct tls_client_hello hello;
        (void)tls_client_hello_parse(ht_bytes_from(message, TLS_HANDSHAKE_HEADER), &arena, &hello);
    }
    (void)tls_ech_public_name(rest);
    ht_arena_clear(&arena);
    return 0;
}
