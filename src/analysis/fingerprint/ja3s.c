/*
 * JA3S: a server by what it answers. The same server answers different clients differently, so it
 * means something beside the client's JA3 only.
 * https://github.com/salesforce/ja3
 */
#include "fingerprint.h"
#include "ja3.h"

const struct tls_ja3 *ht_ja3s(struct ht_digester *digester, struct ht_arena *arena,
                              const struct tls_server_hello *hello)
{
    size_t numbers = 2 + hello->extensions.len / 2;
    enum { COMMAS = 2 };
    struct text text = text_new(arena, numbers * JA3_NUMBER_MAX + COMMAS);
    text_decimal(&text, hello->legacy_version.id);
    text_char(&text, ',');
    text_decimal(&text, hello->cipher_suite.id);
    text_char(&text, ',');
    ja3_list(&text, hello->extensions);
    return ja3_finish(digester, arena, &text);
}
