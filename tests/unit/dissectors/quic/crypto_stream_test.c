/*
 * The stream of CRYPTO frames, against a plain model of it: an array of bytes and whether each
 * came.
 */
#include "support.h"

#include "quic/crypto_stream.h"

struct fixture {
    struct quic_crypto_stream stream;
    struct ht_buffer buffer;
};

static struct fixture fresh(void)
{
    return (struct fixture){.buffer = {.max = QUIC_MAX_CRYPTO}};
}

static bool add(struct fixture *f, uint64_t offset, const char *text)
{
    return quic_crypto_add(&f->stream, &f->buffer, offset, ht_text(text));
}

static void assert_ready(const struct fixture *f, const char *text)
{
    assert_text(quic_crypto_ready(&f->stream, &f->buffer), text);
}

static void test_in_order(void **state)
{
    struct fixture f = fresh();
    (void)state;
    assert_ready(&f, "");
    assert_true(add(&f, 0, "abc"));
    assert_true(add(&f, 3, "def"));
    assert_ready(&f, "abcdef");
    quic_crypto_take(&f.stream, &f.buffer, 4);
    assert_ready(&f, "ef");
    quic_crypto_take(&f.stream, &f.buffer, 2);
    assert_ready(&f, "");
    assert_null(f.buffer.ptr);
    assert_true(add(&f, 6, "gh"));
    assert_ready(&f, "gh");
    ht_buffer_free(&f.buffer);
}

static void test_any_order(void **state)
{
    struct fixture f = fresh();
    (void)state;
    assert_true(add(&f, 6, "ghi"));
    assert_true(add(&f, 3, "def"));
    assert_ready(&f, "");
    assert_true(add(&f, 12, "m"));
    assert_true(add(&f, 0, "abc"));
    assert_ready(&f, "abcdefghi");
    quic_crypto_take(&f.stream, &f.buffer, 9);
    assert_ready(&f, "");
    assert_true(add(&f, 9, "jkl"));
    assert_ready(&f, "jklm");
    ht_buffer_free(&f.buffer);
}

/* The first copy of a byte counts; bytes that were taken do not come back. */
static void test_repeated(void **state)
{
    struct fixture f = fresh();
    (void)state;
    assert_true(add(&f, 2, "cd"));
    assert_true(add(&f, 0, "ABXXEF"));
    assert_ready(&f, "ABcdEF");
    quic_crypto_take(&f.stream, &f.buffer, 6);
    assert_true(add(&f, 0, "ABCDEF"));
    assert_ready(&f, "");
    assert_true(add(&f, 4, "xxGH"));
    assert_ready(&f, "GH");
    ht_buffer_free(&f.buffer);
}

static void test_bounds(void **state)
{
    static const uint8_t much[QUIC_MAX_CRYPTO + 1];
    struct fixture f = fresh();
    (void)state;
    assert_false(quic_crypto_add(&f.stream, &f.buffer, 0, ht_bytes(much, sizeof much)));
    assert_false(add(&f, QUIC_MAX_CRYPTO, "x"));
    assert_false(add(&f, UINT64_MAX, "x"));
    assert_true(add(&f, QUIC_MAX_CRYPTO - 1, "x"));
    for (uint64_t i = 1; i < QUIC_MAX_CRYPTO_PIECES; i++) {
        assert_true(add(&f, 2 * i, "y"));
    }
    assert_false(add(&f, UINT64_C(2) * QUIC_MAX_CRYPTO_PIECES, "y"));
    assert_true(add(&f, 3, "z")); /* joins two */
    assert_true(add(&f, UINT64_C(2) * QUIC_MAX_CRYPTO_PIECES, "y"));
    assert_true(quic_crypto_add(&f.stream, &f.buffer, 0, ht_bytes(much, QUIC_MAX_CRYPTO)));
    assert_int_equal(quic_crypto_ready(&f.stream, &f.buffer).len, QUIC_MAX_CRYPTO);
    quic_crypto_take(&f.stream, &f.buffer, QUIC_MAX_CRYPTO);
    assert_null(f.buffer.ptr);
}

/* Pieces of a text at random, some of them wrong: each byte is that which came first. */
static void test_random(void **state)
{
    enum { LEN = 200, ROUNDS = 300 };
    uint64_t random = 1;
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct fixture f = fresh();
        uint8_t model[LEN], piece[LEN];
        bool came[LEN] = {false};
        size_t ready   = 0;
        while (ready < LEN) {
            random      = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size_t from = (size_t)(random >> 33) % LEN;
            size_t len  = 1 + (size_t)(random >> 45) % (LEN - from < 40 ? LEN - from : 40);
            memset(piece, (int)(random >> 56), len);
            for (size_t i = from; i < from + len; i++) {
                model[i] = came[i] ? model[i] : piece[0];
                came[i]  = true;
            }
            assert_true(quic_crypto_add(&f.stream, &f.buffer, from, ht_bytes(piece, len)));
            while (ready < LEN && came[ready]) {
                ready++;
            }
        }
        assert_true(ht_bytes_equal(quic_crypto_ready(&f.stream, &f.buffer), ht_bytes(model, LEN)));
        ht_buffer_free(&f.buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order), cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_repeated), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
