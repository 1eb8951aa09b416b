/*
 * HTTP/1 without TLS (RFC 9112): of the first messages of a connection their heads, as far as they
 * tell what passes in clear that should not. Paths, secrets and content are never kept.
 */
#ifndef HT_HTTP_HTTP_H
#define HT_HTTP_HTTP_H

#include "event/event.h"

enum {
    HTTP_MAX_TEXT      = 255, /* of a name, so much is kept */
    HTTP_MAX_EXCHANGES = 4    /* of a connection so many are read */
};

struct http_request {
    struct ht_bytes method;
    struct ht_bytes host;
    uint64_t target_bytes; /* what is asked for, path and query */
    struct ht_bytes authorization;
    bool cookie;
    struct ht_bytes upgrade; /* the protocols that the client would change to */
    bool absolute;           /* the target names its server: asked of a proxy; not in the output */
};

struct http_response {
    uint64_t status;
    struct ht_bytes location_scheme; /* "https" */
    bool set_cookie;
    bool strict_transport_security; /* RFC 6797; it does not count without TLS */
    struct ht_bytes upgrade;
};

/* Of the first exchanges. */
struct http_details {
    struct ht_bytes method; /* of the first request, as are host and status */
    struct ht_bytes host;
    uint64_t status;
    uint64_t request_frame;
    struct ht_bytes authorization; /* the first scheme by which a client authenticates */
    uint64_t authorization_frame;
    bool cookie, set_cookie;
    bool redirects_to_https;
    struct ht_bytes upgrade;
};

extern const struct ht_struct http_details_struct;
extern const struct ht_event_type http_request_event, http_response_event;

#endif
