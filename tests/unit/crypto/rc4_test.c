/*
 * RC4: RFC 6229 section 2, keys of 40 and 128 bits.
 */
#include "support.h"

#include "crypto/rc4.h"

static void expect(const char *key, size_t offset, const char *stream)
{
    uint8_t out[16];
    static const uint8_t zeros[16];
    ht_rc4(out, hex(key), offset, ht_bytes(zeros, sizeof zeros));
    assert_memory_equal(out, hex(stream).ptr, sizeof out);
}

static void test_stream(void **state)
{
    (void)state;
    expect("0102030405", 0, "b2396305f03dc027ccc3524a0a1118a8");
    expect("0102030405", 16, "6982944f18fc82d589c403a47a0d0919");
    expect("0102030405", 240, "28cb1132c96ce286421dcaadb8b69eae");
    expect("0102030405060708090a0b0c0d0e0f10", 0, "9ac7cc9a609d1ef7b2932899cde41b97");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stream)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
