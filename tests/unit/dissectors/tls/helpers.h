/* What the tests of TLS messages share: an arena a test, and bodies of messages in hexadecimal. */
#ifndef HT_TEST_TLS_HELPERS_H
#define HT_TEST_TLS_HELPERS_H

#include "support.h"

#include "tls/messages.h"

static inline int set_up(void **state)
{
    static struct ht_arena arena;
    *state = &arena;
    return 0;
}

static inline int tear_down(void **state)
{
    ht_arena_clear(*state);
    return 0;
}

static inline struct ht_bytes body_of(const char *message)
{
    struct tls_handshake handshake;
    assert_true(tls_handshake_frame(hex(message), &handshake));
    return handshake.body;
}

static inline void assert_hex(struct ht_bytes got, const char *expected)
{
    struct ht_bytes want = hex(expected);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.ptr, want.ptr, want.len);
}

static inline void assert_named(struct ht_named got, uint16_t expected)
{
    assert_true(got.set);
    assert_int_equal(got.id, expected);
}

#endif
