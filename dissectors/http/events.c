/*
 * What the events and details of HTTP are called and how each field is shown.
 */
#include "http/http.h"

#define ROW(member, kind, doc, ...) HT_FIELD(OWNER, member, kind, doc, __VA_ARGS__)

#define OWNER struct http_request
static const struct ht_field request_fields[] = {
    ROW(method, HT_TEXT, "The method.", .label = ""),
    ROW(host, HT_TEXT, "The server's name, as the client says.", .label = ""),
    ROW(target_bytes, HT_UINT, "Size of what is asked for; the path itself is not kept."),
    ROW(authorization, HT_TEXT,
        "The scheme by which the client authenticates. Credentials are never kept.",
        .label = "authorization"),
    ROW(cookie, HT_BOOL, "It has cookies.", .label = "cookie"),
    ROW(upgrade, HT_TEXT, "The protocols that the client would change to.", .label = "upgrade"),
};
static const struct ht_struct request_struct =
    HT_STRUCT(OWNER, "http_request", request_fields, "The head of a request.");
#undef OWNER

#define OWNER struct http_response
static const struct ht_field response_fields[] = {
    ROW(status, HT_UINT, "The status code.", .label = ""),
    ROW(location_scheme, HT_TEXT, "The scheme of where the client is sent: https.",
        .label = "location"),
    ROW(set_cookie, HT_BOOL, "It sets cookies.", .label = "set-cookie"),
    ROW(strict_transport_security, HT_BOOL,
        "It has Strict-Transport-Security, which counts with TLS only (RFC 6797).",
        .label = "hsts"),
    ROW(upgrade, HT_TEXT, "The protocols that the server changes to, or would.",
        .label = "upgrade"),
};
static const struct ht_struct response_struct =
    HT_STRUCT(OWNER, "http_response", response_fields, "The head of a response.");
#undef OWNER

#define OWNER struct http_details
static const struct ht_field details_fields[] = {
    ROW(method, HT_TEXT, "Method of the first request."),
    ROW(host, HT_TEXT, "The server's name in it."),
    ROW(status, HT_UINT, "Status of the first response."),
    ROW(request_frame, HT_UINT, "Frame of the first request."),
    ROW(authorization, HT_TEXT,
        "The first scheme by which the client authenticates. Credentials are never kept."),
    ROW(authorization_frame, HT_UINT, "Frame in which it does."),
    ROW(cookie, HT_BOOL, "The client sends cookies."),
    ROW(set_cookie, HT_BOOL, "The server sets cookies."),
    ROW(redirects_to_https, HT_BOOL, "The server sends the client to https."),
    ROW(upgrade, HT_TEXT, "The protocols that one of them would change to."),
};
const struct ht_struct http_details_struct = HT_STRUCT(
    OWNER, "http", details_fields, "HTTP without TLS: what the first heads of a connection tell.");
#undef OWNER

const struct ht_event_type http_request_event  = {.name  = "http.request",
                                                  .title = "HTTP request",
                                                  .doc   = "A request without TLS; the first ones.",
                                                  .data  = &request_struct};
const struct ht_event_type http_response_event = {.name  = "http.response",
                                                  .title = "HTTP response",
                                                  .doc   = "The server's answer to it.",
                                                  .data  = &response_struct};
