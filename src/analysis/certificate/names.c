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

static struct ht_bytes name_of(struct ht_memo *known, struct ht_arena *arena, struct ht_bytes der)
{
    const struct known_name *found = ht_memo_find(known, der);
    if (found != NULL) {
        return ht_arena_copy(arena, ht_bytes(found->text, found->len));
    }
    struct ht_bytes text    = print(arena, der);
    struct known_name *kept = ht_memo_add(known, der, sizeof *kept + text.len);
    if (kept != NULL && text.len > 0) {
        kept->len = text.len;
        memcpy(kept->text, text.ptr, text.len);
    }
    return text;
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
        names[i] = name_of(known, arena, ders.items[i]);
    }
    return (struct ht_texts){.items = names, .len = len};
}
