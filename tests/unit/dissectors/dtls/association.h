/*
 * Associations for tests: the vector's datagrams and others, said to a recorder.
 */
#ifndef HT_TEST_DTLS_ASSOCIATION_H
#define HT_TEST_DTLS_ASSOCIATION_H

#include "recorder.h"
#include "support.h"
#include "vectors.h"

#include "dtls/dtls.h"
#include "dtls/handshake.h"
#include "dtls/record.h"
#include "tls/messages.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct ht_dissector dtls_dissector;

enum { MAX_DATAGRAMS = 256, MAX_LEN = 2048 };

/* The server's first flight, in the vector. */
enum { SERVER_FLIGHT = 3 };

static inline void start(struct recorder *r)
{
    recorder_start(r, &dtls_dissector, false, 4433);
}

static inline void say(struct recorder *r, int from, struct ht_bytes datagram)
{
    uint8_t *exact = malloc(datagram.len);
    assert_non_null(exact);
    memcpy(exact, datagram.ptr, datagram.len);
    ht_dispatch_datagram(&r->dispatch, &r->emitter, from == 0 ? HT_SIDE_A : HT_SIDE_B,
                         ht_bytes(exact, datagram.len), datagram.len);
    free(exact);
    r->emitter.frame++;
    r->emitter.time_ns += 1000000;
}

static inline void say_hex(struct recorder *r, int from, const char *digits)
{
    say(r, from, hex(digits));
}

/* The datagrams of the vector from `first` on, before `last`. */
static inline void say_vector(struct recorder *r, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        say_hex(r, dtls12_datagrams[i].from, dtls12_datagrams[i].hex);
    }
}

static inline void say_all(struct recorder *r)
{
    say_vector(r, 0, HT_ARRAY_LEN(dtls12_datagrams));
}

static inline const struct dtls_details *end(struct recorder *r)
{
    recorder_end(r);
    assert_non_null(r->dispatch.state);
    return (const void *)((const char *)r->dispatch.state + dtls_dissector.carrier_offset);
}

/* The lines of what was told that do not begin with `but`, without their fields. */
static inline char *outline(const char *text, const char *but)
{
    char *out  = calloc(1, strlen(text) + 1);
    size_t len = 0;
    assert_non_null(out);
    for (const char *line = text; *line != '\0';) {
        size_t all = strcspn(line, "\n"), fields = strcspn(line, "{");
        if (strncmp(line + 2, but, strlen(but)) != 0) {
            fields = fields < all ? fields - 1 : all;
            memcpy(out + len, line, fields);
            len += fields;
            out[len++] = '\n';
        }
        line += all + 1;
    }
    return out;
}

static inline void assert_told(const struct recorder *r, const char *expected)
{
    char *told = outline(r->text, "-");
    assert_string_equal(told, expected);
    free(told);
}

static inline const struct dtls_epoch *epoch_of(const struct dtls_details *details, size_t i)
{
    assert_true(i < details->epochs.len);
    return (const struct dtls_epoch *)details->epochs.items + i;
}

/* A datagram of one record of one fragment. */
struct built {
    uint8_t bytes[MAX_LEN];
    size_t len;
};

static inline void put(struct built *to, const void *bytes, size_t len)
{
    assert_true(to->len + len <= MAX_LEN);
    memcpy(to->bytes + to->len, bytes, len);
    to->len += len;
}

static inline void put_number(struct built *to, uint64_t number, size_t width)
{
    for (size_t i = width; i-- > 0;) {
        to->bytes[to->len++] = (uint8_t)(number >> (8 * i));
    }
}

static inline void build(struct built *to, uint64_t sequence, const struct dtls_fragment *message,
                         uint32_t from, uint32_t until)
{
    to->len = 0;
    put_number(to, TLS_HANDSHAKE, 1);
    put_number(to, DTLS_12, 2);
    put_number(to, sequence, 8);
    put_number(to, DTLS_HANDSHAKE_HEADER + until - from, 2);
    put_number(to, message->type, 1);
    put_number(to, message->length, 3);
    put_number(to, message->message_seq, 2);
    put_number(to, from, 3);
    put_number(to, until - from, 3);
    put(to, message->bytes.ptr + from, until - from);
}

/* A record of the client's in epoch 1, as long as its Finished in the vector. */
static inline void say_finished(struct recorder *r, uint64_t sequence)
{
    struct built datagram = {.len = 0};
    put_number(&datagram, TLS_HANDSHAKE, 1);
    put_number(&datagram, DTLS_12, 2);
    put_number(&datagram, (uint64_t)1 << 48 | sequence, 8);
    put_number(&datagram, 0x30, 2);
    for (size_t i = 0; i < 0x30; i++) {
        put_number(&datagram, i, 1);
    }
    say(r, 0, ht_bytes(datagram.bytes, datagram.len));
}

#define HELLOS                                                                                     \
    "client is A by client_hello\n"                                                                \
    "A tls.client_hello\n"                                                                         \
    "B dtls.hello_verify_request\n"                                                                \
    "A tls.client_hello\n"
#define SERVER_FIRST                                                                               \
    "B tls.server_hello\n"                                                                         \
    "B tls.certificate\n"                                                                          \
    "B tls.server_key_exchange\n"                                                                  \
    "B tls.server_hello_done\n"
#define CLIENT_SECOND                                                                              \
    "A tls.client_key_exchange\n"                                                                  \
    "A tls.change_cipher_spec\n"                                                                   \
    "A tls.finished encrypted\n"
#define SERVER_SECOND                                                                              \
    "B tls.new_session_ticket\n"                                                                   \
    "B tls.change_cipher_spec\n"                                                                   \
    "B tls.finished encrypted\n"
#define CLOSE                                                                                      \
    "A tls.close_notify encrypted inferred\n"                                                      \
    "B tls.close_notify encrypted inferred\n"                                                      \
    "A tls.application_data encrypted\n"

#endif
