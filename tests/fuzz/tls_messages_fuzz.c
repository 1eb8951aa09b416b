/*
 * Every parser of TLS messages over the same bytes, and a copy of what it read, which touches all
 * that its views point at.
 */
#include "fuzz.h"
#include "tls/messages.h"
#include "tls/sct.h"

static void copy(struct ht_arena *arena, const struct ht_struct *type, const void *object)
{
    (void)ht_object_copy(arena, type, object);
}

static void parse_hellos(struct ht_bytes body, struct ht_arena *arena)
{
    struct tls_client_hello client;
    struct tls_server_hello server;
    (void)tls_client_hello_parse(body, arena, &client);
    copy(arena, &tls_client_hello_struct, &client);
    (void)tls_server_hello_parse(body, arena, &server);
    copy(arena, &tls_server_hello_struct, &server);
    (void)tls_draft_retry_request_parse(body, arena, &server);
    copy(arena, &tls_server_hello_struct, &server);
}

static void parse_key_exchange(struct ht_bytes body, struct ht_arena *arena)
{
    static const char *const notes[] = {"",        "ECDHE/RSA",     "DHE/RSA", "RSA/RSA",
                                        "PSK/PSK", "ECDHE_PSK/PSK", "SRP/SRP", "any/any"};
    for (size_t i = 0; i < HT_ARRAY_LEN(notes); i++) {
        struct tls_server_key_exchange message;
        struct tls_material material;
        uint16_t version = i % 2 == 0 ? TLS_12 : TLS_10;
        (void)tls_server_key_exchange_parse(body, version, notes[i], &message, &material);
        copy(arena, &tls_server_key_exchange_struct, &message);
        (void)ht_arena_copy(arena, tls_client_public_value(body, notes[i]));
    }
}

static void parse_others(struct ht_bytes body, struct ht_arena *arena, uint16_t version)
{
    struct tls_certificate certificate;
    struct tls_certificate_request request;
    struct tls_certificate_verify verify;
    struct tls_material material;
    (void)tls_certificate_parse(body, version == TLS_13, arena, &certificate);
    for (size_t i = 0; i < certificate.chain.len; i++) {
        (void)ht_arena_copy(arena, certificate.chain.items[i]);
    }
    (void)tls_certificate_request_parse(body, version, arena, &request);
    copy(arena, &tls_certificate_request_struct, &request);
    (void)tls_certificate_verify_parse(body, version, &verify, &material);
    copy(arena, &tls_certificate_verify_struct, &verify);
}

static void parse_lists(struct ht_bytes body, struct ht_arena *arena)
{
    struct ht_objects scts;
    (void)tls_sct_list_parse(body, arena, &scts);
    for (size_t i = 0; i < scts.len; i++) {
        copy(arena, &tls_sct_struct, (const struct tls_sct *)scts.items + i);
    }
}

static void parse_encrypted(struct ht_bytes body, struct ht_arena *arena)
{
    struct tls_server_hello server;
    struct tls_certificate_request request;
    struct tls_certificate certificate;
    struct tls_compressed_certificate compressed;
    struct ht_bytes decompressed;
    (void)tls_encrypted_extensions_parse(body, arena, &server);
    copy(arena, &tls_server_hello_struct, &server);
    (void)tls_certificate_request13_parse(body, arena, &request);
    copy(arena, &tls_certificate_request_struct, &request);
    (void)tls_raw_public_key_parse(body, &certificate);
    copy(arena, &tls_certificate_struct, &certificate);
    if (tls_compressed_certificate_parse(body, &compressed) &&
        tls_certificate_decompress(&compressed, arena, &decompressed)) {
        (void)ht_arena_copy(arena, decompressed);
    }
}

static void parse_small(struct ht_bytes body, struct ht_arena *arena)
{
    struct tls_certificate_status status;
    struct tls_new_session_ticket ticket;
    struct tls_alert alert;
    (void)tls_certificate_status_parse(body, &status);
    (void)ht_arena_copy(arena, status.response);
    (void)tls_new_session_ticket_parse(body, &ticket);
    (void)tls_alert_parse(body, arena, &alert);
    copy(arena, &tls_alert_struct, &alert);
}

static void frame(struct ht_bytes bytes, struct ht_arena *arena)
{
    struct tls_record record;
    if (tls_record_header(bytes, &record)) {
        (void)ht_arena_copy(arena, record.fragment);
    }
    (void)tls_record_resync(bytes);
}

/* The bytes are a handshake message with its header. A body that ends early is parsed too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_budget budget = {.max = (size_t)64 << 20};
    struct ht_arena arena   = {.budget = &budget};
    struct ht_bytes bytes   = ht_bytes(data, len);
    struct ht_bytes body    = ht_bytes_from(bytes, TLS_HANDSHAKE_HEADER);
    struct tls_handshake handshake;
    (void)tls_handshake_frame(bytes, &handshake);
    frame(bytes, &arena);
    parse_hellos(body, &arena);
    parse_key_exchange(body, &arena);
    parse_others(body, &arena, TLS_10);
    parse_others(body, &arena, TLS_12);
    parse_others(body, &arena, TLS_13);
    parse_small(body, &arena);
    parse_lists(body, &arena);
    parse_encrypted(body, &arena);
    ht_arena_clear(&arena);
    return 0;
}
