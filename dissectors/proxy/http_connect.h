/*
 * Heads of HTTP/1 messages, as far as CONNECT needs them. Private to this folder and its tests.
 */
#ifndef HT_PROXY_HTTP_CONNECT_H
#define HT_PROXY_HTTP_CONNECT_H

#include "http/lines.h"
#include "proxy/common.h"

struct http_head {
    bool request;         /* CONNECT; else a response */
    struct ht_bytes host; /* of the target, without brackets */
    uint16_t port;        /* of the target */
    unsigned status;      /* of a response */
    struct ht_bytes reason;
    struct ht_bytes scheme; /* of Proxy-Authorization */
    struct http_body body;
};

/* http_head_parse reads a head, from the first line to the empty one (RFC 9112 section 2.1); false
 * where it is neither a CONNECT request (RFC 9110 section 9.3.6) nor a response. */
bool http_head_parse(struct ht_bytes head, struct http_head *out);

#endif
