#include "story.h"

#include "support.h"

static const struct ht_registry_entry version_entries[] = {
    {0x0303, "TLS 1.2", ""},
    {0x0304, "TLS 1.3", ""},
};
static const struct ht_registry versions = {
    .title = "versions", .width = 2, .grease = true, .entries = version_entries, .len = 2};

static const struct ht_registry_entry suite_entries[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256", ""},
    {0x1302, "TLS_AES_256_GCM_SHA384", ""},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", ""},
    {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ""},
};
static const struct ht_registry suites = {
    .title = "suites", .width = 2, .grease = true, .entries = suite_entries, .len = 4};

static const struct ht_field hello_fields[] = {
    HT_FIELD(struct demo_hello, name, HT_TEXT, "The name asked for.", .label = ""),
    HT_FIELD(struct demo_hello, versions, HT_LIST_NAMED, "Offered.", .names = &versions,
             .label = ""),
    HT_FIELD(struct demo_hello, suites, HT_LIST_NAMED, "Offered.", .names = &suites,
             .label = "suites"),
    HT_FIELD(struct demo_hello, early_data, HT_BOOL, "It sends early.", .label = "early data"),
};
const struct ht_struct demo_hello_struct =
    HT_STRUCT(struct demo_hello, "demo_hello", hello_fields, "A hello.");

static const struct ht_field details_fields[] = {
    HT_FIELD(struct demo_details, established, HT_BOOL, "Done.", .flags = HT_ALWAYS),
    HT_FIELD(struct demo_details, version, HT_NAMED, "Negotiated.", .names = &versions, .label = "",
             .flags = HT_HEADLINE),
    HT_FIELD(struct demo_details, suite, HT_NAMED, "Negotiated.", .names = &suites, .label = "",
             .flags = HT_HEADLINE),
    HT_FIELD(struct demo_details, alpn, HT_TEXT, "Negotiated.", .label = "", .flags = HT_HEADLINE),
    HT_FIELD(struct demo_details, hello, HT_OBJECT, "The hello.", .of = &demo_hello_struct),
};
const struct ht_struct demo_details_struct =
    HT_STRUCT(struct demo_details, "demo", details_fields, "Details.");

struct demo_syn {
    uint16_t mss;
};
static const struct ht_field syn_fields[] = {
    HT_FIELD(struct demo_syn, mss, HT_UINT, "Offered.", .label = "mss"),
};
static const struct ht_struct syn_struct =
    HT_STRUCT(struct demo_syn, "demo_syn", syn_fields, "A SYN.");

const struct ht_event_type demo_syn = {.name = "tcp.syn", .title = "SYN", .data = &syn_struct};
const struct ht_event_type demo_hello_event = {
    .name = "demo.hello", .title = "ClientHello", .data = &demo_hello_struct, .in_details = true};
const struct ht_event_type demo_certificate = {.name = "demo.certificate", .title = "Certificate"};

static const struct ht_tunnel_end tunnel_ends[] = {
    {.ip = {.version = 4, .bytes = {192, 0, 2, 1}}, .port = 50000},
    {.ip = {.version = 4, .bytes = {192, 0, 2, 2}}, .port = 4789}};
static const struct ht_encapsulation layers[] = {
    {.type = "vlan", .id = 12 + 1},
    {.type = "vxlan", .id = 0 + 1, .source = &tunnel_ends[0], .destination = &tunnel_ends[1]},
    {.type = "teredo"}};
static const struct ht_tcp_options options = {.mss = 1460, .window_scale = 1, .window = 64240};
static const uint64_t finding_frames[]     = {8, 9};

static void fill_timeline(struct ht_connection *out, const struct demo_hello *hello)
{
    static const struct demo_syn syn = {.mss = 1460};
    static struct ht_timeline_entry entries[4];
    entries[0] = (struct ht_timeline_entry){
        .t_ns = -13500000, .frame = 1, .from = "client", .event = "dns.query"};
    entries[1]    = (struct ht_timeline_entry){.frame  = 3,
                                               .from   = "client",
                                               .event  = demo_syn.name,
                                               .data   = {&syn_struct, &syn},
                                               .type   = &demo_syn,
                                               .object = &syn};
    entries[2]    = (struct ht_timeline_entry){.t_ns   = 18200000,
                                               .frame  = 6,
                                               .from   = "client",
                                               .event  = demo_hello_event.name,
                                               .type   = &demo_hello_event,
                                               .object = hello};
    entries[3]    = (struct ht_timeline_entry){.from   = "server",
                                               .event  = demo_certificate.name,
                                               .absent = "lost_in_capture",
                                               .type   = &demo_certificate};
    out->timeline = (struct ht_objects){.items = entries, .len = 4};
}

static void fill_finding(struct ht_connection *out)
{
    static struct ht_finding finding;
    static const char *const references[] = {"RFC 8996", NULL};
    finding                               = (struct ht_finding){.id         = "old-version",
                                                                .severity   = "high",
                                                                .title      = "Old version negotiated",
                                                                .evidence   = ht_text("version 0x0303"),
                                                                .frames     = {finding_frames, 2},
                                                                .references = references};
    out->findings                         = (struct ht_objects){.items = &finding, .len = 1};
}

static void fill_parts(struct ht_connection *out)
{
    static struct ht_party client, server;
    static struct ht_resolution dns;
    static const struct ht_app_label app   = {.name = "TLS", .category = "Web", .source = "ndpi"};
    static const struct ht_tcp_summary tcp = {.state          = "closed",
                                              .syn_frame      = 3,
                                              .rtt_ns         = 18100000,
                                              .closed_by      = "client",
                                              .close          = "fin",
                                              .client_options = &options};
    static const struct ht_capture_quality capture = {.missing_bytes = 1460};
    client       = (struct ht_party){.ip            = ht_address4(hex("0a000005").ptr),
                                     .port          = 51514,
                                     .packets       = 12,
                                     .bytes         = 993,
                                     .payload_bytes = 373};
    server       = (struct ht_party){.ip      = ht_address6(hex("20010db8000000000000000000000001").ptr),
                                     .port    = 443,
                                     .packets = 10,
                                     .bytes   = 1799};
    dns          = (struct ht_resolution){.name         = ht_text("www.example.com"),
                                          .address      = server.ip,
                                          .type         = "AAAA",
                                          .query_frame  = 1,
                                          .answer_frame = 2,
                                          .rtt_ns       = 12300000,
                                          .ttl_s        = 300,
                                          .age_ns       = 1200000,
                                          .verdict      = "fresh"};
    out->client  = &client;
    out->server  = &server;
    out->app     = &app;
    out->dns     = &dns;
    out->tcp     = &tcp;
    out->capture = &capture;
    out->encapsulation = (struct ht_objects){.items = layers, .len = HT_ARRAY_LEN(layers)};
}

void story(struct ht_connection *out)
{
    static struct demo_hello hello;
    static struct demo_details details;
    hello   = (struct demo_hello){.name       = ht_text("www.example.com"),
                                  .versions   = hex("1a1a 0304 0303"),
                                  .suites     = hex("2a2a 1301 1302 1303 c02f 1234"),
                                  .early_data = true};
    details = (struct demo_details){.version = ht_named(0x0303),
                                    .suite   = ht_named(0xc02f),
                                    .alpn    = ht_text("h2"),
                                    .hello   = &hello};
    *out    = (struct ht_connection){.id           = ht_text("c-5f0e1c9a7b3d2468"),
                                     .community_id = ht_text("1:7zp/kAD2P2cfOcLxy8Vb96zGrDE="),
                                     .source       = ht_text("dir/capture.pcapng"),
                                     .start_ns     = INT64_C(1678075266770821000),
                                     .end_ns       = INT64_C(1678075280560373000),
                                     .duration_ns  = 13789552000,
                                     .transport    = "tcp",
                                     .protocol     = ht_text("demo"),
                                     .roles_from   = "syn",
                                     .server_name  = ht_text("www.example.com"),
                                     .details      = {&demo_details_struct, &details}};
    fill_parts(out);
    fill_timeline(out, &hello);
    fill_finding(out);
}
