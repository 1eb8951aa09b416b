/*
 * What is told of a proxy on the way: HTTP CONNECT, SOCKS, and the PROXY protocol's header.
 */
#ifndef HT_PROXY_PROXY_H
#define HT_PROXY_PROXY_H

#include "base/address.h"
#include "event/event.h"

/* Of names and reasons at most so much is kept. */
enum { PROXY_MAX_TEXT = 255 };

struct proxy_details {
    const char *protocol; /* "http_connect", "socks4", "socks5", "proxy_v1", "proxy_v2" */
    const char *command;  /* of SOCKS; "local" of the PROXY protocol */
    struct ht_bytes target_name;
    struct ht_address target_address;
    uint16_t target_port;
    struct ht_bytes offered_methods; /* of SOCKS 5, a byte each */
    struct ht_bytes authentication;  /* how the client authenticates itself to the proxy */
    uint64_t request_frame, answer_frame;
    uint64_t answer_code; /* plus one */
    const char *answer;   /* of SOCKS, in words */
    struct ht_bytes reason;
    bool accepted, refused;
    /* Of the PROXY protocol: the ends of the connection that the proxy passes on. */
    const char *transport;
    struct ht_address client_address, server_address;
    uint16_t client_port, server_port;
    struct ht_bytes authority, alpn, tls_version, tls_cipher, client_common_name;
};

/* Of a proxy that the client asks for a connection, and of one that says whose it passes on. */
extern const struct ht_struct proxy_details_struct;
extern const struct ht_struct proxy_protocol_details_struct;
extern const struct ht_event_type proxy_connect_event;
extern const struct ht_event_type proxy_methods_event;
extern const struct ht_event_type proxy_authentication_event;
extern const struct ht_event_type proxy_answer_event;
extern const struct ht_event_type proxy_header_event;

#endif
