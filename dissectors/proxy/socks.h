/*
 * The messages of SOCKS 4, 4a and 5. Private to this folder and its tests.
 */
#ifndef HT_PROXY_SOCKS_H
#define HT_PROXY_SOCKS_H

#include "proxy/common.h"

enum { SOCKS4 = 4, SOCKS5 = 5, SOCKS_AUTH_VERSION = 1 };

/* A request or reply. */
struct socks_message {
    uint8_t code; /* of the command, or of the reply */
    struct ht_bytes name;
    struct ht_address address;
    uint16_t port;
};

/* socks4_request_parse reads a whole request of SOCKS 4 or 4a, which ends with a NUL. */
bool socks4_request_parse(struct ht_bytes in, struct socks_message *out);

/* socks4_reply_parse reads a whole reply, 8 bytes. */
bool socks4_reply_parse(struct ht_bytes in, struct socks_message *out);

/* socks5_message_parse reads a whole request or reply of SOCKS 5 (RFC 1928 sections 4 and 6). */
bool socks5_message_parse(struct ht_bytes in, struct socks_message *out);

#endif
