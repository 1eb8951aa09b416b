/* Heads of HTTP/1 messages. Private to this folder and its tests. */
#ifndef HT_HTTP_MESSAGE_H
#define HT_HTTP_MESSAGE_H

#include "http/http.h"
#include "http/lines.h"

/* http_request_parse and http_response_parse read a head, from its first line to the empty one (RFC
 * 9112 section 2.1): views of it, texts cut to HTTP_MAX_TEXT. False where it is none of HTTP/1. */
bool http_request_parse(struct ht_bytes head, struct http_request *out, struct http_body *out_body);
bool http_response_parse(struct ht_bytes head, struct http_response *out,
                         struct http_body *out_body);

#endif
