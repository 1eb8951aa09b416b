#include "seen.h"

#define TEXT(text)                                                                                 \
    {                                                                                              \
        .ptr = (const uint8_t *)(text), .len = sizeof(text) - 1                                    \
    }
#define LIST(items_array)                                                                          \
    {                                                                                              \
        .items = (items_array), .len = HT_ARRAY_LEN(items_array)                                   \
    }

/* 2023-03-06T04:01:06Z and a minute later. */
#define FIRST_NS INT64_C(1678075266000000000)
#define LAST_NS INT64_C(1678075326000000000)

#define DIGEST                                                                                     \
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"                             \
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
#define DIGEST_HEX "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct ht_tally protocols[] = {{.name = TEXT("tls"), .connections = 3}};
static const struct ht_tally versions[]  = {
     {.name = TEXT("TLS 1.3"), .connections = 2, .first_seen_ns = FIRST_NS, .id = 0x0304},
     {.name = TEXT("TLS 1.2"), .connections = 1, .first_seen_ns = LAST_NS, .id = 0x0303}};
static const struct ht_tally suites[] = {{.name          = TEXT("TLS_AES_128_GCM_SHA256"),
                                          .connections   = 2,
                                          .first_seen_ns = FIRST_NS,
                                          .id            = 0x1301},
                                         {.name = TEXT("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
                                          .connections   = 1,
                                          .first_seen_ns = LAST_NS,
                                          .id            = 0xc02f}};
static const struct ht_tally groups[] = {
    {.name = TEXT("X25519MLKEM768"), .connections = 2, .first_seen_ns = FIRST_NS},
    {.name = TEXT("x25519"), .connections = 1, .first_seen_ns = LAST_NS}};
static const struct ht_tally schemes[] = {
    {.name = TEXT("rsa_pss_rsae_sha256"), .connections = 1, .first_seen_ns = LAST_NS}};
static const struct ht_tally alpn[]   = {{.name = TEXT("h2"), .connections = 3}};
static const struct ht_tally leaves[] = {{.name = TEXT(DIGEST_HEX), .connections = 1}};
static const struct ht_tally ja4[]    = {{.name = TEXT("t13d1516h2_8daaf6152771_e5627efa2ab1")}};

static const struct ht_profile profile = {.connections       = 3,
                                          .established       = 3,
                                          .protocols         = LIST(protocols),
                                          .versions          = LIST(versions),
                                          .cipher_suites     = LIST(suites),
                                          .groups            = LIST(groups),
                                          .signature_schemes = LIST(schemes),
                                          .alpn              = LIST(alpn),
                                          .first_seen_ns     = FIRST_NS,
                                          .last_seen_ns      = LAST_NS};
static const struct ht_profile silent  = {
     .connections = 1, .first_seen_ns = FIRST_NS, .last_seen_ns = FIRST_NS};

static const uint64_t frames[]            = {6, 8};
static const struct ht_example examples[] = {{.connection = TEXT("c-0000000000000001"),
                                              .source     = TEXT("a.pcap"),
                                              .time_ns    = FIRST_NS,
                                              .frames     = LIST(frames)}};

static const struct ht_server_summary servers[] = {
    {.ip           = {.bytes = {10, 0, 0, 1}, .version = 4},
     .port         = 443,
     .transport    = "tcp",
     .name         = TEXT("www.example.com"),
     .profile      = &profile,
     .certificates = LIST(leaves),
     .clients      = LIST(ja4),
     .examples     = LIST(examples)},
    {.ip        = {.bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, .version = 6},
     .port      = 25,
     .transport = "tcp",
     .name      = TEXT(HOSTILE_NAME),
     .starttls  = TEXT("smtp"),
     .profile   = &silent},
};

static const struct ht_client_summary clients[] = {
    {.ja4           = TEXT("t13d1516h2_8daaf6152771_e5627efa2ab1"),
     .num_addresses = 1,
     .profile       = &profile,
     .examples      = LIST(examples)},
};

static const struct ht_certificate_summary certificates[] = {
    {.sha256              = TEXT(DIGEST),
     .subject             = TEXT("CN=www.example.com"),
     .issuer              = TEXT("CN=Example CA,O=\"Example\""),
     .serial              = TEXT("\x59\xc3"),
     .not_before          = TEXT("2026-01-01T00:00:00Z"),
     .not_after           = TEXT("2026-04-01T00:00:00Z"),
     .names               = TEXT("www.example.com"),
     .key_type            = TEXT("RSA"),
     .key_bits            = 2048,
     .signature_algorithm = TEXT("sha256WithRSAEncryption"),
     .spki_sha256         = TEXT(DIGEST),
     .servers             = 1,
     .connections         = 1,
     .first_seen_ns       = FIRST_NS,
     .last_seen_ns        = LAST_NS,
     .examples            = LIST(examples)},
};

static const struct ht_coverage coverage = {
    .connections = 4, .first_seen_ns = FIRST_NS, .last_seen_ns = LAST_NS};

const struct ht_summary_data seen = {.servers      = LIST(servers),
                                     .clients      = LIST(clients),
                                     .certificates = LIST(certificates),
                                     .coverage     = &coverage};
