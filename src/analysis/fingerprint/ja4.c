/*
 * JA4: a client by what it offers, in an order that does not depend on the client's, so that a
 * browser that shuffles its extensions keeps its fingerprint.
 * https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md
 */
#include <stdlib.h>

#include "fingerprint.h"
#include "text.h"

enum {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_ALPN        = 16,
    PREFIX_LEN            = 10, /* "t13d1516h2" */
    HASH_LEN              = 12,
    VALUE_LEN             = 5 /* four digits and what separates them from the next */
};

/* Values in host order, without GREASE. */
struct values {
    uint16_t *items;
    size_t len;
};

static struct values values_of(struct ht_arena *arena, struct ht_bytes list)
{
    struct values out = {.items = ht_arena_alloc(arena, list.len)};
    for (size_t i = 0; out.items != NULL && i < list.len / 2; i++) {
        uint16_t value = ht_be16(list, i);
        if (!ht_is_grease(value)) {
            out.items[out.len++] = value;
        }
    }
    return out;
}

static int by_value(const void *a, const void *b)
{
    uint16_t x = *(const uint16_t *)a;
    uint16_t y = *(const uint16_t *)b;
    return (x > y) - (x < y);
}

/* Most lists are short, where insertion is several times faster than the library's sort. */
static void sort(struct values *values)
{
    enum { SHORT = 64 };
    if (values->len > SHORT) {
        qsort(values->items, values->len, sizeof *values->items, by_value);
        return;
    }
    for (size_t i = 1; i < values->len; i++) {
        uint16_t value = values->items[i];
        size_t at      = i;
        for (; at > 0 && values->items[at - 1] > value; at--) {
            values->items[at] = values->items[at - 1];
        }
        values->items[at] = value;
    }
}

/* The extensions that the prefix speaks of stay out of the list, so that a client has the same
 * third part whether it asks for a name or an address. */
static void drop_named_in_prefix(struct values *extensions)
{
    size_t kept = 0;
    for (size_t i = 0; i < extensions->len; i++) {
        uint16_t type = extensions->items[i];
        if (type != EXTENSION_SERVER_NAME && type != EXTENSION_ALPN) {
            extensions->items[kept++] = type;
        }
    }
    extensions->len = kept;
}

static const char *version_code(uint16_t version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    case 0xFEFF:
        return "d1";
    case 0xFEFD:
        return "d2";
    case 0xFEFC:
        return "d3";
    default:
        return "00";
    }
}

/* The newest version offered. DTLS counts its versions down (RFC 6347 section 4.1). */
static uint16_t newest_version(char transport, const struct tls_client_hello *hello)
{
    bool found      = false;
    uint16_t newest = hello->legacy_version.id;
    for (size_t i = 0; i < hello->supported_versions.len / 2; i++) {
        uint16_t version = ht_be16(hello->supported_versions, i);
        bool newer       = transport == HT_JA4_DTLS ? version < newest : version > newest;
        if (!ht_is_grease(version) && (!found || newer)) {
            newest = version;
            found  = true;
        }
    }
    return newest;
}

static bool offers_extension(const struct tls_client_hello *hello, uint16_t type)
{
    for (size_t i = 0; i < hello->extensions.len / 2; i++) {
        if (ht_be16(hello->extensions, i) == type) {
            return true;
        }
    }
    return false;
}

static bool alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Two characters for the first protocol of ALPN: its first and last; where one of them is not
 * alphanumeric, the first and last digit of the whole in hexadecimal; "00" where there is none. */
static void write_alpn(struct text *text, const struct tls_client_hello *hello)
{
    static const char hex[]  = "0123456789abcdef";
    struct ht_bytes protocol = hello->alpn.len > 0 ? hello->alpn.items[0] : ht_bytes("", 0);
    if (protocol.len == 0) {
        text_add(text, ht_text("00"));
        return;
    }
    uint8_t first = protocol.ptr[0];
    uint8_t last  = protocol.ptr[protocol.len - 1];
    bool shown    = alphanumeric(first) && alphanumeric(last);
    text_char(text, (char)(shown ? first : hex[first >> 4]));
    text_char(text, (char)(shown ? last : hex[last & 15]));
}

/* Two digits; more than 99 counts as 99. */
static void write_count(struct text *text, size_t count)
{
    uint16_t shown = (uint16_t)(count < 99 ? count : 99);
    if (shown < 10) {
        text_char(text, '0');
    }
    text_decimal(text, shown);
}

/* Returns a view of what it wrote. */
static struct ht_bytes write_values(struct text *text, struct values values)
{
    size_t start = text->len;
    for (size_t i = 0; i < values.len; i++) {
        if (i > 0) {
            text_char(text, ',');
        }
        text_hex16(text, values.items[i]);
    }
    return ht_bytes_from(text_view(text), start);
}

/* The hash of an empty list is zero. */
static void write_hash(struct text *text, struct ht_digester *digester, struct ht_bytes list,
                       bool any)
{
    uint8_t hash[HT_DIGEST_MAX] = {0};
    bool hashed                 = !any || ht_digest(digester, HT_SHA256, hash, list) > 0;
    text_char(text, '_');
    for (size_t i = 0; hashed && i < HASH_LEN / 4; i++) {
        text_hex16(text, (uint16_t)(hash[2 * i] << 8 | hash[2 * i + 1]));
    }
}

/* The readable first part. */
static struct ht_bytes write_prefix(struct text *text, char transport,
                                    const struct tls_client_hello *hello, size_t num_ciphers,
                                    size_t num_extensions)
{
    text_char(text, transport);
    text_add(text, ht_text(version_code(newest_version(transport, hello))));
    text_char(text, offers_extension(hello, EXTENSION_SERVER_NAME) ? 'd' : 'i');
    write_count(text, num_ciphers);
    write_count(text, num_extensions);
    write_alpn(text, hello);
    return text_view(text);
}

/* The third part: the sorted extensions, then the signature schemes in the client's order. */
static struct ht_bytes write_extensions(struct text *text, struct values extensions,
                                        struct values signatures)
{
    size_t start = text->len;
    (void)write_values(text, extensions);
    if (signatures.len > 0) {
        text_char(text, '_');
        (void)write_values(text, signatures);
    }
    return ht_bytes_from(text_view(text), start);
}

struct ht_ja4 ht_ja4(struct ht_digester *digester, struct ht_arena *arena, char transport,
                     const struct tls_client_hello *hello)
{
    struct values ciphers    = values_of(arena, hello->cipher_suites);
    struct values extensions = values_of(arena, hello->extensions);
    struct values signatures = values_of(arena, hello->signature_schemes);
    size_t listed            = ciphers.len + extensions.len + signatures.len;
    struct text raw          = text_new(arena, PREFIX_LEN + 3 + listed * VALUE_LEN);
    struct text hashed       = text_new(arena, PREFIX_LEN + 2 * (1 + HASH_LEN));

    text_add(&hashed, write_prefix(&raw, transport, hello, ciphers.len, extensions.len));
    sort(&ciphers);
    drop_named_in_prefix(&extensions);
    sort(&extensions);
    text_char(&raw, '_');
    write_hash(&hashed, digester, write_values(&raw, ciphers), ciphers.len > 0);
    text_char(&raw, '_');
    struct ht_bytes offered = write_extensions(&raw, extensions, signatures);
    write_hash(&hashed, digester, offered, extensions.len > 0);

    bool whole = ciphers.items != NULL && extensions.items != NULL && signatures.items != NULL &&
                 !raw.cut && hashed.len == hashed.size;
    return whole ? (struct ht_ja4){.hashed = text_view(&hashed), .raw = text_view(&raw)}
                 : (struct ht_ja4){0};
}
