#include "http/message.h"

static struct ht_bytes cut(struct ht_bytes text)
{
    return ht_bytes_head(text, HTTP_MAX_TEXT);
}

static bool is_version(struct ht_bytes word)
{
    return word.len == strlen("HTTP/1.1") && ht_begins_alike(word, "http/1.");
}

/* method SP request-target SP HTTP-version (RFC 9112 section 3). */
static bool read_request_line(struct ht_bytes line, struct http_request *out)
{
    out->method            = cut(http_word(&line));
    struct ht_bytes target = http_word(&line);
    out->target_bytes      = target.len;
    out->absolute          = target.len > 0 && target.ptr[0] != '/' && target.ptr[0] != '*';
    return target.len > 0 && is_version(http_word(&line));
}

static void read_request_field(struct ht_bytes line, struct http_request *out)
{
    struct ht_bytes value;
    if (http_field(line, "host:", &value)) {
        out->host = cut(value);
    } else if (http_field(line, "authorization:", &value)) {
        out->authorization = http_scheme(value);
    } else if (http_field(line, "cookie:", &value)) {
        out->cookie = value.len > 0;
    } else if (http_field(line, "upgrade:", &value)) {
        out->upgrade = cut(value);
    }
}

bool http_request_parse(struct ht_bytes head, struct http_request *out, struct http_body *out_body)
{
    struct ht_bytes line;
    *out      = (struct http_request){0};
    *out_body = (struct http_body){0};
    if (!http_next_line(&head, &line) || !read_request_line(line, out)) {
        return false;
    }
    while (http_next_line(&head, &line)) {
        if (line.len == 0) {
            return true;
        }
        read_request_field(line, out);
        http_body_field(line, out_body);
    }
    return false;
}

/* HTTP-version SP status-code SP reason-phrase (RFC 9112 section 4). */
static bool read_status_line(struct ht_bytes line, struct http_response *out)
{
    struct ht_bytes version = http_word(&line), status = http_word(&line);
    return is_version(version) && status.len == 3 && http_number(status, &out->status);
}

/* What comes before the colon of an absolute URI (RFC 3986 section 3.1); empty: it is relative. */
static struct ht_bytes uri_scheme(struct ht_bytes uri)
{
    enum { LONGEST = 20 };
    size_t len = 0;
    while (len < uri.len && len < LONGEST && (uri.ptr[len] | 0x20) >= 'a' &&
           (uri.ptr[len] | 0x20) <= 'z') {
        len++;
    }
    return len < uri.len && uri.ptr[len] == ':' ? ht_bytes_head(uri, len) : ht_bytes(NULL, 0);
}

static void read_response_field(struct ht_bytes line, struct http_response *out)
{
    struct ht_bytes value;
    if (http_field(line, "location:", &value)) {
        out->location_scheme = uri_scheme(value);
    } else if (http_field(line, "set-cookie:", &value)) {
        out->set_cookie = true;
    } else if (http_field(line, "strict-transport-security:", &value)) {
        out->strict_transport_security = true;
    } else if (http_field(line, "upgrade:", &value)) {
        out->upgrade = cut(value);
    }
}

bool http_response_parse(struct ht_bytes head, struct http_response *out,
                         struct http_body *out_body)
{
    struct ht_bytes line;
    *out      = (struct http_response){0};
    *out_body = (struct http_body){0};
    if (!http_next_line(&head, &line) || !read_status_line(line, out)) {
        return false;
    }
    while (http_next_line(&head, &line)) {
        if (line.len == 0) {
            return true;
        }
        read_response_field(line, out);
        http_body_field(line, out_body);
    }
    return false;
}
