/*
 * Connections for tests: datagrams said to a recorder, one in each frame, a millisecond apart.
 */
#ifndef HT_TEST_QUIC_CONNECTION_H
#define HT_TEST_QUIC_CONNECTION_H

#include "recorder.h"
#include "seal.h"
#include "support.h"
#include "vectors.h"

#include "quic/state.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct ht_dissector quic_dissector;

static const char first_id[] = "8394c8f03e515708", server_id[] = "f067a5502a4262b5";

static inline struct recorder *start(void)
{
    struct recorder *r = calloc(1, sizeof *r);
    assert_non_null(r);
    recorder_start(r, &quic_dissector, false, 443);
    r->emitter.audit = true;
    return r;
}

static inline void stop(struct recorder *r)
{
    recorder_free(r);
    free(r);
}

/* Sends a datagram of which the first `stored` bytes were captured, in the next frame. */
static inline void send_cut(struct recorder *r, enum ht_side side, struct ht_bytes bytes,
                            size_t stored)
{
    struct ht_bytes head = ht_bytes_head(bytes, stored);
    uint8_t *exact       = malloc(head.len > 0 ? head.len : 1);
    assert_non_null(exact);
    memcpy(exact, head.ptr, head.len);
    ht_dispatch_datagram(&r->dispatch, &r->emitter, side, ht_bytes(exact, head.len), bytes.len);
    free(exact);
    r->emitter.frame++;
    r->emitter.time_ns += 1000000;
}

static inline void send(struct recorder *r, enum ht_side side, struct ht_bytes bytes)
{
    send_cut(r, side, bytes, bytes.len);
}

static inline void send_sealed(struct recorder *r, enum ht_side side, const struct recipe *recipe)
{
    struct sealed packet = seal(recipe);
    send(r, side, ht_bytes(packet.bytes, packet.len));
}

/* The details, when the flow has ended. */
static const struct quic_state *end(struct recorder *r)
{
    recorder_end(r);
    assert_non_null(r->dispatch.state);
    return r->dispatch.state;
}

static inline void assert_told(const struct recorder *r, const char *text)
{
    if (strstr(r->text, text) == NULL) {
        fail_msg("\"%s\" is not in\n%s", text, r->text);
    }
}

static inline void assert_not_told(const struct recorder *r, const char *text)
{
    if (strstr(r->text, text) != NULL) {
        fail_msg("\"%s\" is in\n%s", text, r->text);
    }
}

static inline void assert_hello_seen(const struct quic_state *s, uint64_t client_frame,
                                     uint64_t server_frame)
{
    assert_non_null(s->tls.details.client_hello);
    assert_int_equal(s->tls.details.client_hello->frame, client_frame);
    assert_text(s->tls.details.client_hello->server_name, "example.com");
    assert_non_null(s->tls.details.server_hello);
    assert_int_equal(s->tls.details.server_hello->frame, server_frame);
    assert_int_equal(s->tls.details.version.id, TLS_13);
    assert_int_equal(s->tls.details.cipher_suite.id, 0x1301);
}

#endif
