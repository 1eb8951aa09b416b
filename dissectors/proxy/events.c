/*
 * What the events and details of proxies are called and how each field is shown.
 */
#include "proxy/proxy.h"

#define ROW(member, kind, doc, ...) HT_FIELD(struct proxy_details, member, kind, doc, __VA_ARGS__)

static const struct ht_registry_entry method_entries[] = {
    {0x00, "none", ""},
    {0x01, "gssapi", ""},
    {0x02, "username", ""},
    {0x03, "challenge_handshake", ""},
    {0x05, "challenge_response", ""},
    {0x06, "ssl", ""},
    {0x07, "nds", ""},
    {0x08, "multi", ""},
    {0x09, "json", ""},
    {0xff, "none_acceptable", ""},
};
static const struct ht_registry methods = {.title   = "SOCKS methods",
                                           .width   = 1,
                                           .entries = method_entries,
                                           .len     = HT_ARRAY_LEN(method_entries)};

static const struct ht_field details_fields[] = {
    ROW(protocol, HT_LABEL, "http_connect, socks4 or socks5.", .label = "proxy",
        .flags = HT_HEADLINE),
    ROW(command, HT_LABEL, "What the proxy is asked for: connect, bind, udp_associate."),
    ROW(target_name, HT_TEXT, "Name of the server that the proxy is asked for.", .label = "to",
        .flags = HT_HEADLINE),
    ROW(target_address, HT_ADDRESS, "Address of the server that the proxy is asked for.",
        .label = "to", .flags = HT_HEADLINE),
    ROW(target_port, HT_UINT, "Its port.", .label = "port", .flags = HT_HEADLINE),
    ROW(offered_methods, HT_LIST_NAMED,
        "Methods of authentication that the client offers (SOCKS 5).", .names = &methods),
    ROW(authentication, HT_TEXT,
        "How the client authenticates itself to the proxy. Credentials are never kept."),
    ROW(request_frame, HT_UINT, "Frame of the request."),
    ROW(answer_frame, HT_UINT, "Frame of the answer."),
    ROW(answer_code, HT_UINT, "Code of the answer: HTTP's status, SOCKS's reply.",
        .flags = HT_PLUS_ONE),
    ROW(answer, HT_LABEL, "The answer of SOCKS in words."),
    ROW(reason, HT_TEXT, "HTTP's reason phrase."),
    ROW(accepted, HT_BOOL, "The proxy has connected."),
    ROW(refused, HT_BOOL, "The proxy has not connected."),
};
const struct ht_struct proxy_details_struct =
    HT_STRUCT(struct proxy_details, "proxy", details_fields, "A proxy on the way.");

static const struct ht_field proxied_fields[] = {
    ROW(protocol, HT_LABEL, "proxy_v1 or proxy_v2.", .label = "proxy", .flags = HT_HEADLINE),
    ROW(command, HT_LABEL, "proxy; or local: the proxy's own connection."),
    ROW(request_frame, HT_UINT, "Frame of the header.", .name = "frame"),
    ROW(transport, HT_LABEL, "Of the connection passed on: tcp, udp, unix."),
    ROW(client_address, HT_ADDRESS, "Client of the connection passed on.", .label = "for",
        .flags = HT_HEADLINE),
    ROW(client_port, HT_UINT, "Its port."),
    ROW(server_address, HT_ADDRESS, "Server of the connection passed on."),
    ROW(server_port, HT_UINT, "Its port."),
    ROW(authority, HT_TEXT, "Server name of the connection passed on (PP2_TYPE_AUTHORITY)."),
    ROW(alpn, HT_TEXT, "Its application protocol (PP2_TYPE_ALPN)."),
    ROW(tls_version, HT_TEXT, "Its version of TLS (PP2_SUBTYPE_SSL_VERSION)."),
    ROW(tls_cipher, HT_TEXT, "Its cipher suite (PP2_SUBTYPE_SSL_CIPHER)."),
    ROW(client_common_name, HT_TEXT, "Common name of its client certificate (PP2_SUBTYPE_SSL_CN)."),
};

const struct ht_struct proxy_protocol_details_struct =
    HT_STRUCT(struct proxy_details, "proxy_protocol", proxied_fields,
              "Whose connection a proxy passes on, by the PROXY protocol's header.");

static const struct ht_field connect_fields[] = {
    ROW(protocol, HT_LABEL, "Protocol of the proxy.", .label = ""),
    ROW(command, HT_LABEL, "What it is asked for.", .label = ""),
    ROW(target_name, HT_TEXT, "Name of the server.", .label = ""),
    ROW(target_address, HT_ADDRESS, "Address of the server.", .label = ""),
    ROW(target_port, HT_UINT, "Its port.", .label = "port"),
    ROW(authentication, HT_TEXT, "How the client authenticates itself.", .label = "authentication"),
};
static const struct ht_field methods_fields[] = {
    ROW(offered_methods, HT_LIST_NAMED, "Methods that the client offers.", .names = &methods,
        .label = "offers"),
    ROW(authentication, HT_TEXT, "The method that the proxy has chosen.", .label = "chosen"),
};
static const struct ht_field authentication_fields[] = {
    ROW(authentication, HT_TEXT, "The method.", .label = ""),
    ROW(accepted, HT_BOOL, "The proxy accepts the credentials.", .label = "accepted"),
    ROW(refused, HT_BOOL, "The proxy refuses the credentials.", .label = "refused"),
};
static const struct ht_field answer_fields[] = {
    ROW(answer_code, HT_UINT, "Its code.", .label = "", .flags = HT_PLUS_ONE),
    ROW(answer, HT_LABEL, "In words.", .label = ""),
    ROW(reason, HT_TEXT, "HTTP's reason phrase.", .label = ""),
    ROW(accepted, HT_BOOL, "The proxy has connected.", .flags = HT_ALWAYS),
};
static const struct ht_field header_fields[] = {
    ROW(protocol, HT_LABEL, "proxy_v1, proxy_v2.", .label = ""),
    ROW(command, HT_LABEL, "proxy, or local: the proxy's own connection.", .label = ""),
    ROW(transport, HT_LABEL, "tcp, udp, unix.", .label = ""),
    ROW(client_address, HT_ADDRESS, "Client of the connection passed on.", .label = "client"),
    ROW(client_port, HT_UINT, "Its port.", .label = "port"),
    ROW(server_address, HT_ADDRESS, "Server of the connection passed on.", .label = "server"),
    ROW(server_port, HT_UINT, "Its port.", .label = "port"),
};

#define EVENT_DATA(name, doc)                                                                      \
    static const struct ht_struct name##_struct =                                                  \
        HT_STRUCT(struct proxy_details, "proxy_" #name, name##_fields, doc)

EVENT_DATA(connect, "What a proxy is asked for.");
EVENT_DATA(methods, "Methods of authentication (RFC 1928 section 3).");
EVENT_DATA(authentication, "Authentication to a proxy (RFC 1929).");
EVENT_DATA(answer, "A proxy's answer.");
EVENT_DATA(header, "The PROXY protocol's header.");

const struct ht_event_type proxy_connect_event = {.name  = "proxy.connect",
                                                  .title = "Proxy request",
                                                  .doc =
                                                      "The client asks a proxy for a connection.",
                                                  .data = &connect_struct};
const struct ht_event_type proxy_methods_event = {
    .name  = "proxy.methods",
    .title = "Proxy methods",
    .doc   = "The client offers methods of authentication, or the proxy chooses one.",
    .data  = &methods_struct};
const struct ht_event_type proxy_authentication_event = {
    .name  = "proxy.authentication",
    .title = "Proxy authentication",
    .doc   = "The client authenticates itself to the proxy, or the proxy judges that.",
    .data  = &authentication_struct};
const struct ht_event_type proxy_answer_event = {.name  = "proxy.answer",
                                                 .title = "Proxy answer",
                                                 .doc   = "The proxy has connected, or has not.",
                                                 .data  = &answer_struct};
const struct ht_event_type proxy_header_event = {.name  = "proxy.header",
                                                 .title = "PROXY header",
                                                 .doc =
                                                     "A proxy says whose connection it passes on.",
                                                 .data = &header_struct};
