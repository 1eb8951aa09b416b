/*
 * JA3: a client by what it offers, in the order in which it offers it.
 * https://github.com/salesforce/ja3
 */
#include "ja3.h"

#include "fingerprint.h"

void ja3_list(struct text *text, struct ht_bytes list)
{
    bool first = true;
    for (size_t i = 0; i < list.len / 2; i++) {
        uint16_t value = ht_be16(list, i);
        if (ht_is_grease(value)) {
            continue;
        }
        if (!first) {
            text_char(text, '-');
        }
        first = false;
        text_decimal(text, value);
    }
}

const struct tls_ja3 *ja3_finish(struct ht_digester *digester, struct ht_arena *arena,
                                 const struct text *text)
{
    struct tls_ja3 *ja3 = text->cut ? NULL : ht_arena_alloc(arena, sizeof *ja3);
    if (ja3 != NULL) {
        ja3->string = text_view(text);
        ja3->hash   = ht_digest_hex(digester, HT_MD5, arena, ja3->string);
    }
    return ja3;
}

static void point_formats(struct text *text, struct ht_bytes formats)
{
    for (size_t i = 0; i < formats.len; i++) {
        if (i > 0) {
            text_char(text, '-');
        }
        text_decimal(text, formats.ptr[i]);
    }
}

const struct tls_ja3 *ht_ja3(struct ht_digester *digester, struct ht_arena *arena,
                             const struct tls_client_hello *hello)
{
    size_t numbers = 1 + hello->cipher_suites.len / 2 + hello->extensions.len / 2 +
                     hello->groups.len / 2 + hello->point_formats.len;
    enum { COMMAS = 4 };
    struct text text = text_new(arena, numbers * JA3_NUMBER_MAX + COMMAS);
    text_decimal(&text, hello->legacy_version.id);
    text_char(&text, ',');
    ja3_list(&text, hello->cipher_suites);
    text_char(&text, ',');
    ja3_list(&text, hello->extensions);
    text_char(&text, ',');
    ja3_list(&text, hello->groups);
    text_char(&text, ',');
    point_formats(&text, hello->point_formats);
    return ja3_finish(digester, arena, &text);
}
