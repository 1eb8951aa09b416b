#include "tls/known_hello.h"

#include "base/hash.h"
#include "tls/messages.h"

enum {
    RANDOM_LEN     = 32,
    MAX_SESSION_ID = 32,
    MAX_FORM       = 1024, /* bytes; programs need some 300 */
    MAX_OWN        = 8     /* extensions */
};

/* What a hello consists of; views. */
struct parts {
    struct ht_bytes version, random, session_id;
    struct ht_bytes lists; /* cipher suites and compression methods; of a server the one chosen */
    struct ht_bytes extensions;
};

/* What is in each hello of a program: its version, then pieces of it, behind a length of two bytes
 * each. The first is its lists. The others are of the block of extensions: between two of them is
 * the content of one of its own, with its length. */
struct form {
    size_t len;
    uint8_t bytes[MAX_FORM];
};

/* Extensions of its own, in wire order. */
struct own {
    struct tls_extension extension[MAX_OWN];
    size_t num;
};

/* An extension of which the content is another in each hello. */
typedef bool own_extension(uint16_t type);

/* All whose readers fill what is not in a shape. */
static bool is_clients_own(uint16_t extension)
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

static bool is_servers_own(uint16_t extension)
{
    return extension == 0x33 || extension == 0x28; /* key_share, its number up to draft 22 */
}

/* The bytes from where `begin` is to where `end` is, farther in the same ones. */
static struct ht_bytes between(struct ht_reader begin, const struct ht_reader *end)
{
    return rd_take(&begin, rd_left(&begin) - rd_left(end));
}

static void take_head(struct ht_reader *r, struct parts *out)
{
    out->version    = rd_take(r, 2);
    out->random     = rd_take(r, RANDOM_LEN);
    out->session_id = rd_vec(r, 1);
}

static bool take_extensions(struct ht_reader *r, struct parts *out)
{
    out->extensions = rd_vec(r, 2);
    return rd_done(r) && out->version.ptr[0] == TLS_12 >> 8 &&
           out->session_id.len <= MAX_SESSION_ID;
}

/* False where it is malformed, or has no extensions. */
static bool take_client_apart(struct ht_bytes body, struct parts *out)
{
    struct ht_reader r = ht_reader(body);
    take_head(&r, out);
    const struct ht_reader lists = r;
    (void)rd_vec(&r, 2); /* cipher_suites */
    (void)rd_vec(&r, 1); /* legacy_compression_methods */
    out->lists = between(lists, &r);
    return take_extensions(&r, out);
}

static bool take_server_apart(struct ht_bytes body, struct parts *out)
{
    enum { CIPHER_SUITE = 2, COMPRESSION_METHOD = 1 };
    struct ht_reader r = ht_reader(body);
    take_head(&r, out);
    out->lists = rd_take(&r, CIPHER_SUITE + COMPRESSION_METHOD);
    return take_extensions(&r, out);
}

/* Does the hello begin with the next piece of the form? Steps over it. */
static inline bool take_piece(struct ht_reader *form, struct ht_reader *hello,
                              struct ht_bytes *out_piece)
{
    *out_piece = rd_vec(form, 2);
    return ht_bytes_equal(rd_take(hello, out_piece->len), *out_piece);
}

/* Has the hello this form? Finds what is its own. */
static bool matches(struct ht_bytes form, const struct parts *hello, struct own *out)
{
    struct ht_reader f = ht_reader(form), lists = ht_reader(hello->lists);
    struct ht_reader r = ht_reader(hello->extensions);
    struct ht_bytes piece;
    bool alike = rd_u16(&f) == ht_be16_at(hello->version, 0) && take_piece(&f, &lists, &piece) &&
                 rd_done(&lists) && take_piece(&f, &r, &piece);
    out->num = 0;
    while (alike && rd_more(&f)) {
        uint16_t type              = ht_be16(ht_bytes_from(piece, piece.len - 2), 0);
        out->extension[out->num++] = (struct tls_extension){ht_reader(rd_vec(&r, 2)), NULL, type};
        alike                      = !r.bad && take_piece(&f, &r, &piece);
    }
    return alike && rd_done(&r);
}

static bool add_piece(struct form *form, struct ht_bytes piece)
{
    bool fits = piece.len + 2 <= sizeof form->bytes - form->len;
    if (fits) {
        form->bytes[form->len++] = (uint8_t)(piece.len >> 8);
        form->bytes[form->len++] = (uint8_t)piece.len;
        if (piece.len > 0) {
            memcpy(form->bytes + form->len, piece.ptr, piece.len);
        }
        form->len += piece.len;
    }
    return fits;
}

/* False where it is there twice, or there are too many. */
static bool note_own(uint16_t *own, size_t *num, uint16_t type)
{
    for (size_t i = 0; i < *num; i++) {
        if (own[i] == type) {
            return false;
        }
    }
    bool room = *num < MAX_OWN;
    if (room) {
        own[(*num)++] = type;
    }
    return room;
}

static bool add_extensions(struct form *form, struct ht_bytes extensions, own_extension *is_own)
{
    struct ht_reader r = ht_reader(extensions), begin = r;
    uint16_t own[MAX_OWN];
    size_t num_own = 0;
    bool good      = true;
    while (rd_more(&r) && good) {
        uint16_t type   = rd_u16(&r);
        bool begins_own = is_own(type);
        if (begins_own) {
            good = note_own(own, &num_own, type) && add_piece(form, between(begin, &r));
        }
        (void)rd_vec(&r, 2);
        begin = begins_own ? r : begin;
    }
    return good && rd_done(&r) && add_piece(form, between(begin, &r));
}

/* False where it cannot be known. */
static bool make_form(const struct parts *hello, own_extension *is_own, struct form *out)
{
    memcpy(out->bytes, hello->version.ptr, hello->version.len);
    out->len = hello->version.len;
    return add_piece(out, hello->lists) && add_extensions(out, hello->extensions, is_own);
}

/* By what is found without a look at each extension. */
static uint64_t hash_of_client(const struct ht_pool *pool, const struct parts *hello)
{
    return ht_pool_hash(pool, hello->lists);
}

/* What servers choose is the same in many of their forms. */
static uint64_t hash_of_server(const struct ht_pool *pool, const struct parts *hello)
{
    return ht_mix(ht_pool_hash(pool, hello->lists), hello->extensions.len);
}

/* The shape of the hello; NULL: it is not known. */
static const void *find_shape(struct ht_pool *pool, const struct ht_struct *type, uint64_t hash,
                              const struct parts *hello, struct own *out)
{
    const struct ht_pool_source *known = ht_pool_sources(pool, hash);
    for (size_t i = 0; known != NULL && i < HT_POOL_SOURCES; i++) {
        if (known[i].hash == hash && known[i].type == type && matches(known[i].bytes, hello, out)) {
            return known[i].shape;
        }
    }
    return NULL;
}

bool tls_known_hello(struct ht_bytes body, struct ht_pool *pool, struct ht_arena *scratch,
                     struct tls_client_hello *out)
{
    struct parts hello;
    struct own own;
    const struct tls_client_hello *shape =
        take_client_apart(body, &hello)
            ? find_shape(pool, &tls_client_hello_struct, hash_of_client(pool, &hello), &hello, &own)
            : NULL;
    if (shape == NULL) {
        return false;
    }
    *out                = *shape;
    out->shape          = shape;
    out->shape_number   = 0;
    out->random         = hello.random;
    out->session_id     = hello.session_id;
    out->raw_extensions = hello.extensions;
    bool good           = tls_client_extensions_reread(own.extension, own.num, scratch, out);
    /* Whether any value is GREASE was judged by these, too. */
    good                  = good && ht_bytes_equal(out->key_share_groups, shape->key_share_groups);
    out->key_share_groups = shape->key_share_groups;
    return good;
}

/* What has particulars says more of its own. */
void tls_know_hello(struct ht_bytes body, struct ht_pool *pool,
                    const struct tls_client_hello *hello, const struct ht_kept *kept)
{
    struct parts parts;
    struct form form;
    if (kept != NULL && hello->particulars == NULL && take_client_apart(body, &parts) &&
        make_form(&parts, is_clients_own, &form)) {
        ht_kept_remember(pool, &tls_client_hello_struct, kept, hash_of_client(pool, &parts),
                         ht_bytes(form.bytes, form.len));
    }
}

bool tls_known_server_hello(struct ht_bytes body, struct ht_pool *pool, struct ht_arena *scratch,
                            struct tls_server_hello *out)
{
    struct parts hello;
    struct own own;
    const struct tls_server_hello *shape =
        take_server_apart(body, &hello)
            ? find_shape(pool, &tls_server_hello_struct, hash_of_server(pool, &hello), &hello, &own)
            : NULL;
    if (shape == NULL || tls_is_retry_random(hello.random)) {
        return false;
    }
    *out              = *shape;
    out->shape        = shape;
    out->shape_number = 0;
    out->random       = hello.random;
    out->session_id   = hello.session_id;
    bool good         = tls_server_extensions_reread(own.extension, own.num, scratch, out);
    return good && out->key_share_group.id == shape->key_share_group.id &&
           tls_find_downgrade(out) == shape->downgrade;
}

/* What has choices says more of its own; a HelloRetryRequest is rare. */
void tls_know_server_hello(struct ht_bytes body, struct ht_pool *pool,
                           const struct tls_server_hello *hello, const struct ht_kept *kept)
{
    struct parts parts;
    struct form form;
    if (kept != NULL && hello->choices == NULL && !hello->retry_request &&
        take_server_apart(body, &parts) && make_form(&parts, is_servers_own, &form)) {
        ht_kept_remember(pool, &tls_server_hello_struct, kept, hash_of_server(pool, &parts),
                         ht_bytes(form.bytes, form.len));
    }
}
