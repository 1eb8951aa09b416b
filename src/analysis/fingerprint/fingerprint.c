#include "fingerprint.h"

#include "analysis/memo.h"

/* RFC 9001 section 8.2 and its drafts: only a hello in QUIC may carry the extension. */
enum { EXTENSION_QUIC_PARAMETERS = 0x0039, EXTENSION_QUIC_PARAMETERS_DRAFT = 0xFFA5 };

/* Hellos come in few shapes. Entries of some 1 KiB, 4 KiB at most: 2 MiB of a memo at worst. */
enum { LISTS_MAX = 7, SHAPE_MAX = 512, ENTRY_MAX = 4096, SETS = 128 };

struct state {
    struct ht_digester *digester;
    struct ht_memo clients, servers; /* struct client_prints, struct server_prints by shape */
};

/* The texts of both follow them. */
struct client_prints {
    struct tls_ja3 ja3;
    struct ht_ja4 ja4;
    uint8_t text[];
};

struct server_prints {
    struct tls_ja3 ja3s;
    uint8_t text[];
};

/* All that a hello's fingerprints depend on, in one piece. */
struct shape {
    uint16_t version, cipher_suite;
    uint16_t lengths[LISTS_MAX];
    uint8_t lists[SHAPE_MAX];
};

/* A view of `out`, as far as it was filled; empty where the lists are too long. */
static struct ht_bytes gather(struct shape *out, const struct ht_bytes *lists, size_t num_lists)
{
    uint8_t *at = out->lists;
    size_t room = sizeof out->lists;
    memset(out->lengths, 0, sizeof out->lengths);
    for (size_t i = 0; i < num_lists; i++) {
        size_t len = lists[i].len;
        if (len > room) {
            return ht_bytes("", 0);
        }
        if (len > 0) {
            memcpy(at, lists[i].ptr, len);
        }
        out->lengths[i] = (uint16_t)len;
        at += len;
        room -= len;
    }
    return ht_bytes(out, (size_t)(at - (uint8_t *)out));
}

static struct ht_bytes client_shape(struct shape *out, const struct tls_client_hello *hello)
{
    const struct ht_bytes lists[LISTS_MAX] = {
        hello->cipher_suites,
        hello->extensions,
        hello->groups,
        hello->point_formats,
        hello->supported_versions,
        hello->signature_schemes,
        hello->alpn.len > 0 ? hello->alpn.items[0] : ht_bytes("", 0),
    };
    out->version      = hello->legacy_version.id;
    out->cipher_suite = 0;
    return gather(out, lists, LISTS_MAX);
}

static struct ht_bytes server_shape(struct shape *out, const struct tls_server_hello *hello)
{
    out->version      = hello->legacy_version.id;
    out->cipher_suite = hello->cipher_suite.id;
    return gather(out, &hello->extensions, 1);
}

/* An analyzer is not told what carries the hello, but the hello itself tells: DTLS by its version
 * (RFC 6347 section 4.1, and that of the draft that Cisco's AnyConnect kept), QUIC by its transport
 * parameters. */
static char transport_of(const struct tls_client_hello *hello)
{
    enum { DTLS_MAJOR = 0xFE, DTLS_DRAFT = 0x0100 };
    uint16_t version = hello->legacy_version.id;
    if (version >> 8 == DTLS_MAJOR || version == DTLS_DRAFT) {
        return HT_JA4_DTLS;
    }
    for (size_t i = 0; i < hello->extensions.len / 2; i++) {
        uint16_t type = ht_be16(hello->extensions, i);
        if (type == EXTENSION_QUIC_PARAMETERS || type == EXTENSION_QUIC_PARAMETERS_DRAFT) {
            return HT_JA4_QUIC;
        }
    }
    return HT_JA4_TCP;
}

/* Copies `from` to `*to`, which moves on. */
static struct ht_bytes keep(uint8_t **to, struct ht_bytes from)
{
    struct ht_bytes kept = ht_bytes(memcpy(*to, from.ptr, from.len), from.len);
    *to += from.len;
    return kept;
}

/* What failed for want of memory is not kept: it may not fail the next time. */
static void remember_client(struct ht_memo *memo, struct ht_bytes shape, const struct tls_ja3 *ja3,
                            const struct ht_ja4 *ja4)
{
    if (shape.len == 0 || ja3 == NULL || ja3->hash.len == 0 || ja4->hashed.len == 0) {
        return;
    }
    size_t len                   = ja3->hash.len + ja3->string.len + ja4->hashed.len + ja4->raw.len;
    struct client_prints *prints = ht_memo_add(memo, shape, sizeof *prints + len);
    if (prints != NULL) {
        uint8_t *text      = prints->text;
        prints->ja3.hash   = keep(&text, ja3->hash);
        prints->ja3.string = keep(&text, ja3->string);
        prints->ja4.hashed = keep(&text, ja4->hashed);
        prints->ja4.raw    = keep(&text, ja4->raw);
    }
}

static void fingerprint_client(struct state *state, struct ht_arena *arena,
                               struct tls_client_hello *hello)
{
    struct shape memory;
    struct ht_bytes shape             = client_shape(&memory, hello);
    const struct client_prints *known = ht_memo_find(&state->clients, shape);
    struct ht_ja4 ja4;
    if (known != NULL) {
        hello->ja3 = &known->ja3;
        ja4        = known->ja4;
    } else {
        hello->ja3 = ht_ja3(state->digester, arena, hello);
        ja4        = ht_ja4(state->digester, arena, transport_of(hello), hello);
        remember_client(&state->clients, shape, hello->ja3, &ja4);
    }
    hello->ja4   = ja4.hashed;
    hello->ja4_r = ja4.raw;
}

static void remember_server(struct ht_memo *memo, struct ht_bytes shape, const struct tls_ja3 *ja3s)
{
    if (shape.len == 0 || ja3s == NULL || ja3s->hash.len == 0) {
        return;
    }
    size_t len                   = ja3s->hash.len + ja3s->string.len;
    struct server_prints *prints = ht_memo_add(memo, shape, sizeof *prints + len);
    if (prints != NULL) {
        uint8_t *text       = prints->text;
        prints->ja3s.hash   = keep(&text, ja3s->hash);
        prints->ja3s.string = keep(&text, ja3s->string);
    }
}

static void fingerprint_server(struct state *state, struct ht_arena *arena,
                               struct tls_server_hello *hello)
{
    struct shape memory;
    struct ht_bytes shape             = server_shape(&memory, hello);
    const struct server_prints *known = ht_memo_find(&state->servers, shape);
    if (known != NULL) {
        hello->ja3s = &known->ja3s;
    } else {
        hello->ja3s = ht_ja3s(state->digester, arena, hello);
        remember_server(&state->servers, shape, hello->ja3s);
    }
}

/* JA3 and JA4 are of TLS's own hellos, not of those in the form of SSL 2.0. A hello that is known
 * has them. */
static bool is_ssl2(struct ht_named record_version)
{
    enum { SSL_20 = 0x0002 };
    return record_version.set && record_version.id == SSL_20;
}

static void on_client_hello(struct state *state, struct ht_arena *arena,
                            struct tls_client_hello *hello)
{
    if (!is_ssl2(hello->record_version) && hello->ja3 == NULL) {
        fingerprint_client(state, arena, hello);
    }
}

static void on_server_hello(struct state *state, struct ht_arena *arena,
                            struct tls_server_hello *hello)
{
    if (!is_ssl2(hello->record_version) && hello->ja3s == NULL) {
        fingerprint_server(state, arena, hello);
    }
}

/* What is left of a hello that was cut would be the fingerprint of nobody. */
static void on_event(void *state, struct ht_analysis *a, const struct ht_event_type *type,
                     void *event)
{
    if ((*a->flags & HT_EVENT_PARTIAL) != 0) {
        return;
    }
    if (type == &tls_client_hello_event) {
        on_client_hello(state, a->arena, event);
    } else if (type == &tls_server_hello_event) {
        on_server_hello(state, a->arena, event);
    }
}

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    (void)settings;
    struct state *self = state;
    self->digester     = ht_digester_new();
    bool made          = self->digester != NULL && ht_memo_init(&self->clients, SETS, ENTRY_MAX) &&
                ht_memo_init(&self->servers, SETS, ENTRY_MAX);
    return made || ht_fail(error, "out of memory");
}

static void fini(void *state)
{
    struct state *self = state;
    ht_memo_fini(&self->clients);
    ht_memo_fini(&self->servers);
    ht_digester_free(self->digester);
}

static const struct ht_event_type *const events[] = {&tls_client_hello_event,
                                                     &tls_server_hello_event, NULL};

const struct ht_analyzer ht_fingerprint_analyzer = {
    .name       = "fingerprint",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .event      = on_event,
    .events     = events,
};
