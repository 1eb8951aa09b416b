#include "tls/known_hello.h"

#include "tls/messages.h"

enum { RANDOM_LEN = 32, MAX_SESSION_ID = 32 };

/* Of which the content is another in each hello: all whose readers fill what is not in a shape. */
static bool is_own(uint16_t extension)
{
    switch (extension) {
    case 0x00:   /* server_name */
    case 0x15:   /* padding */
    case 0x23:   /* session_ticket */
    case 0x28:   /* key_share, its number up to draft 22 */
    case 0x29:   /* pre_shared_key */
    case 0x2c:   /* cookie */
    case 0x33:   /* key_share */
    case 0xfe08: /* encrypted_client_hello, its numbers in drafts */
    case 0xfe09:
    case 0xfe0a:
    case 0xfe0d: /* encrypted_client_hello */
    case 0xffce: /* encrypted_server_name */
        return true;
    default:
        return false;
    }
}

static bool put(struct tls_hello_source *out, struct ht_bytes bytes)
{
    bool fits = bytes.len <= sizeof out->bytes - out->len;
    if (fits && bytes.len > 0) {
        memcpy(out->bytes + out->len, bytes.ptr, bytes.len);
        out->len += bytes.len;
    }
    return fits;
}

/* The bytes from where `begin` is to where `end` is, farther in the same ones. */
static struct ht_bytes between(struct ht_reader begin, const struct ht_reader *end)
{
    return rd_take(&begin, rd_left(&begin) - rd_left(end));
}

static bool add_own(struct tls_hello_source *out, uint16_t type, struct ht_bytes content)
{
    for (size_t i = 0; i < out->num_own; i++) {
        if (out->own[i].type == type) {
            return false;
        }
    }
    if (out->num_own == TLS_OWN_EXTENSIONS) {
        return false;
    }
    out->own[out->num_own++] = (struct tls_extension){.content = ht_reader(content), .type = type};
    return true;
}

/* Of one of its own the type alone is in each hello. */
static bool add_extensions(struct tls_hello_source *out)
{
    struct ht_reader r = ht_reader(out->raw_extensions), begin = r;
    bool good = true;
    while (rd_more(&r) && good) {
        uint16_t type = rd_u16(&r);
        if (is_own(type)) {
            good                    = put(out, between(begin, &r));
            struct ht_bytes content = rd_vec(&r, 2);
            good                    = good && add_own(out, type, content);
            begin                   = r;
        } else {
            (void)rd_vec(&r, 2);
        }
    }
    return good && rd_done(&r) && put(out, between(begin, &r));
}

bool tls_hello_source(struct tls_hello_source *out, struct ht_bytes body)
{
    struct ht_reader r = ht_reader(body);
    out->len = out->num_own      = 0;
    struct ht_bytes version      = rd_take(&r, 2);
    out->random                  = rd_take(&r, RANDOM_LEN);
    out->session_id              = rd_vec(&r, 1);
    const struct ht_reader lists = r;
    (void)rd_vec(&r, 2); /* cipher_suites */
    (void)rd_vec(&r, 1); /* legacy_compression_methods */
    struct ht_bytes same = between(lists, &r);
    out->raw_extensions  = rd_vec(&r, 2);
    bool good =
        rd_done(&r) && version.ptr[0] == TLS_12 >> 8 && out->session_id.len <= MAX_SESSION_ID;
    return good && put(out, version) && put(out, same) && add_extensions(out);
}

bool tls_known_hello(struct tls_hello_source *source, struct ht_pool *pool,
                     struct ht_arena *scratch, struct tls_client_hello *out)
{
    const struct tls_client_hello *shape =
        pool != NULL ? ht_pool_recognise(pool, &tls_client_hello_struct,
                                         ht_bytes(source->bytes, source->len))
                     : NULL;
    if (shape == NULL) {
        return false;
    }
    *out                = *shape;
    out->shape          = shape;
    out->shape_number   = 0;
    out->random         = source->random;
    out->session_id     = source->session_id;
    out->raw_extensions = source->raw_extensions;
    bool good           = tls_client_extensions_reread(source->own, source->num_own, scratch, out);
    /* Whether any value is GREASE was judged by these, too. */
    return good && ht_bytes_equal(out->key_share_groups, shape->key_share_groups);
}

/* What has particulars says more of its own. */
void tls_know_hello(const struct tls_hello_source *source, struct ht_pool *pool,
                    const struct tls_client_hello *hello, const struct ht_kept *kept)
{
    if (pool != NULL && kept != NULL && hello->particulars == NULL) {
        ht_kept_remember(pool, &tls_client_hello_struct, kept,
                         ht_bytes(source->bytes, source->len));
    }
}
