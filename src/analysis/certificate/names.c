/*
 * Lists of names: of the authorities that a peer trusts. The same hundred come in every handshake.
 */
#include "decode.h"

#include "analysis/memo.h"

#include <openssl/x509.h>

enum { MAX_NAMES = 64 };

struct known_name {
    size_t len;
    uint8_t text[];
};

static struct ht_bytes print(struct ht_arena *arena, struct ht_bytes der)
{
    const unsigned char *at = der.ptr;
    X509_NAME *name         = d2i_X509_NAME(NULL, &at, (long)der.len);
    struct ht_bytes text    = name != NULL ? certificate_name(arena, name) : ht_bytes("", 0);
    X509_NAME_free(name);
    return text;
}

/* Of which `name` was read; NULL: it was not, yet. */
static struct ht_bytes name_of(struct ht_memo *known, struct ht_arena *arena, struct ht_bytes der,
                               const X509_NAME *name)
{
    const struct known_name *found = ht_memo_find(known, der);
    if (found != NULL) {
        return ht_arena_copy(arena, ht_bytes(found->text, found->len));
    }
    struct ht_bytes text    = name != NULL ? certificate_name(arena, name) : print(arena, der);
    struct known_name *kept = ht_memo_add(known, der, sizeof *kept + text.len);
    if (kept != NULL && text.len > 0) {
        kept->len = text.len;
        memcpy(kept->text, text.ptr, text.len);
    }
    return text;
}

struct ht_bytes certificate_known_name(struct ht_memo *known, struct ht_arena *arena,
                                       const X509_NAME *name)
{
    const unsigned char *der;
    size_t len;
    bool has_der = X509_NAME_get0_der(name, &der, &len) == 1;
    return has_der ? name_of(known, arena, ht_bytes(der, len), name)
                   : certificate_name(arena, name);
}

struct ht_texts certificate_names(struct ht_memo *known, struct ht_arena *arena,
                                  struct ht_texts ders)
{
    size_t len             = ders.len < MAX_NAMES ? ders.len : MAX_NAMES;
    struct ht_bytes *names = len > 0 ? ht_arena_alloc(arena, len * sizeof *names) : NULL;
    if (names == NULL) {
        return (struct ht_texts){0};
    }
    for (size_t i = 0; i < len; i++) {
        names[i] = name_of(known, arena, ders.items[i], NULL);
    }
    return (struct ht_texts){.items = names, .len = len};
}

/* X.690 section 8.1: the element at the head of `r`, with its header; `content` is what is in it.
 * Names have no tags of several bytes, and nothing is longer than a message of 2^24 bytes. */
static struct ht_bytes take_element(struct ht_reader *r, struct ht_reader *content)
{
    struct ht_reader whole = *r;
    (void)rd_u8(r);
    uint32_t len = rd_u8(r);
    if (len >= 0x80) {
        unsigned width = len & 0x7F;
        len            = width > 0 && width <= 3 ? (uint32_t)rd_uint(r, width) : UINT32_MAX;
    }
    *content = ht_reader(rd_take(r, len));
    return rd_take(&whole, rd_left(&whole) - rd_left(r));
}

/* RFC 5280 section 4.1: Certificate ::= SEQUENCE { TBSCertificate ::= SEQUENCE {
 *     version [0] OPTIONAL, serialNumber, signature, issuer, validity, subject … */
void certificate_leaf_names(struct ht_memo *known, struct ht_arena *arena, struct ht_bytes der,
                            struct ht_bytes *subject, struct ht_bytes *issuer)
{
    enum { VERSION = 0xA0, NAME = 0x30 };
    struct ht_reader r = ht_reader(der), certificate, tbs, inner;
    (void)take_element(&r, &certificate);
    (void)take_element(&certificate, &tbs);
    struct ht_bytes first = take_element(&tbs, &inner);
    if (first.len > 0 && first.ptr[0] == VERSION) {
        (void)take_element(&tbs, &inner); /* serialNumber */
    }
    (void)take_element(&tbs, &inner); /* signature */
    struct ht_bytes issuer_der = take_element(&tbs, &inner);
    (void)take_element(&tbs, &inner); /* validity */
    struct ht_bytes subject_der = take_element(&tbs, &inner);
    if (!tbs.bad && issuer_der.ptr[0] == NAME && subject_der.ptr[0] == NAME) {
        *issuer  = name_of(known, arena, issuer_der, NULL);
        *subject = name_of(known, arena, subject_der, NULL);
    }
}
