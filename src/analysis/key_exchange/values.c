#include "analysis/key_exchange/values.h"

#include "analysis/memo.h"
#include "base/digits.h"
#include "crypto/public_value.h"
#include "tls/tls.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    PRIME_SETS = 16, /* times HT_MEMO_WAYS */
    MAX_WORDS  = 160,
    SECP256R1  = 23,
    SECP384R1  = 24,
    X25519     = 29
};

struct state {
    struct ht_curves *curves;
    struct ht_memo primes; /* enum ht_prime by prime */
    uint64_t work;         /* that primes have taken */
};

/* What a share of a group consists of (RFC 8446 section 4.2.8; draft-ietf-tls-ecdhe-mlkem). */
static const struct form {
    uint16_t group;
    uint16_t client, server; /* bytes */
    uint16_t curve;          /* that a part of it is of; 0: none */
    uint8_t point;           /* bytes of that part */
    bool last;               /* it stands behind the other part */
} forms[] = {
    {23, 65, 65, 23, 65, false},
    {24, 97, 97, 24, 97, false},
    {25, 133, 133, 25, 133, false},
    {29, 32, 32, 29, 32, false},
    {30, 56, 56, 30, 56, false},
    {31, 65, 65, 31, 65, false},
    {32, 97, 97, 32, 97, false},
    {33, 129, 129, 33, 129, false},
    {41, 65, 65, 0, 0, false}, /* curveSM2 */
    {0x0100, 256, 256, 0, 0, false},
    {0x0101, 384, 384, 0, 0, false},
    {0x0102, 512, 512, 0, 0, false},
    {0x0103, 768, 768, 0, 0, false},
    {0x0104, 1024, 1024, 0, 0, false},
    {0x0200, 800, 768, 0, 0, false}, /* MLKEM512 … */
    {0x0201, 1184, 1088, 0, 0, false},
    {0x0202, 1568, 1568, 0, 0, false},
    {0x11EB, 1249, 1153, SECP256R1, 65, false}, /* SecP256r1MLKEM768 */
    {0x11EC, 1216, 1120, X25519, 32, true},     /* X25519MLKEM768 */
    {0x11ED, 1665, 1665, SECP384R1, 97, false}, /* SecP384r1MLKEM1024 */
    {0x6399, 1216, 1120, X25519, 32, false},    /* X25519Kyber768Draft00 */
    {0x639A, 1249, 1153, SECP256R1, 65, false}, /* SecP256r1Kyber768Draft00 */
};

static const struct form *find_form(uint16_t group)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(forms); i++) {
        if (forms[i].group == group) {
            return &forms[i];
        }
    }
    return NULL;
}

bool ht_values_has_point(uint16_t group)
{
    const struct form *form = find_form(group);
    return ht_point_is_judged(group) || (form != NULL && form->curve != 0);
}

__attribute__((format(printf, 2, 3))) static struct ht_bytes words(struct ht_arena *arena,
                                                                   const char *format, ...)
{
    char room[MAX_WORDS];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(room, sizeof room, format, values);
    va_end(values);
    return ht_arena_copy(arena, ht_text(room));
}

/* The first bytes of a value, as evidence. */
static const char *head_of(char room[20], struct ht_bytes value)
{
    enum { HEAD = 8 };
    char *end = ht_put_hex(room, ht_bytes_head(value, HEAD));
    (void)snprintf(end, (size_t)(room + 20 - end), "%s", value.len > HEAD ? "…" : "");
    return room;
}

/* One value, or several of a message. */
struct looking {
    struct state *state;
    struct ht_arena *arena;
    struct tls_value_faults faults; /* the first of each kind */
};

static void look_at_point(struct looking *l, const char *what, uint16_t group,
                          struct ht_bytes point)
{
    char room[HT_SPELLED_MAX], digits[20];
    const char *fault = ht_point_fault(l->state->curves, group, point);
    if (fault != NULL && l->faults.point.len == 0) {
        l->faults.point = words(l->arena, "%s of %s, %s (%zu bytes), %s", what,
                                ht_registry_spell(room, &tls_groups, group), head_of(digits, point),
                                point.len, fault);
    }
}

static void look_at_number(struct looking *l, const char *what, struct ht_bytes number,
                           struct ht_bytes prime)
{
    const char *fault = ht_dh_value_fault(number, prime);
    if (fault != NULL && l->faults.number.len == 0) {
        l->faults.number = words(l->arena, "%s is %s", what, fault);
    }
}

/* The primes of RFC 7919 have 64 bits set at both ends, so p-1 shows without the rest. */
static bool is_before_prime(struct ht_bytes number)
{
    static const uint8_t ones[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    size_t end                  = number.len - 1;
    return number.len > 2 * sizeof ones && memcmp(number.ptr, ones, sizeof ones) == 0 &&
           memcmp(number.ptr + end - (sizeof ones - 1), ones, sizeof ones - 1) == 0 &&
           number.ptr[end] >= 0xFE;
}

static void look_at_share(struct looking *l, uint16_t group, struct ht_bytes share, bool server)
{
    char room[HT_SPELLED_MAX];
    const struct form *form = find_form(group);
    size_t expected         = form == NULL ? share.len : server ? form->server : form->client;
    if (share.len != expected) {
        if (l->faults.length.len == 0) {
            l->faults.length =
                words(l->arena, "the key share of %s has %zu bytes, not %zu",
                      ht_registry_spell(room, &tls_groups, group), share.len, expected);
        }
    } else if (form != NULL && form->curve != 0) {
        size_t at = form->last ? share.len - form->point : 0;
        look_at_point(l, "the key share", form->curve,
                      ht_bytes_head(ht_bytes_from(share, at), form->point));
    } else if (ht_values_is_finite_field(group)) {
        look_at_number(l, "the key share", share, ht_bytes(NULL, 0));
        if (is_before_prime(share) && l->faults.number.len == 0) {
            l->faults.number = words(l->arena, "the key share is p-1 or p");
        }
    }
}

/* What was found, to be kept with the event; NULL: nothing. */
static const struct tls_value_faults *found(const struct looking *l)
{
    const struct tls_value_faults *f = &l->faults;
    bool any = f->length.len > 0 || f->point.len > 0 || f->number.len > 0 || f->prime != NULL;
    struct tls_value_faults *kept = any ? ht_arena_alloc(l->arena, sizeof *kept) : NULL;
    if (kept != NULL) {
        *kept = *f;
    }
    return kept;
}

static void look_at_offer(struct looking *l, struct tls_client_hello *hello)
{
    struct ht_reader shares = ht_reader(hello->key_shares);
    while (rd_more(&shares)) {
        uint16_t group        = rd_u16(&shares);
        struct ht_bytes share = rd_vec(&shares, 2);
        if (!shares.bad) {
            look_at_share(l, group, share, false);
        }
    }
    hello->faults = found(l);
}

static void look_at_answer(struct looking *l, struct tls_server_hello *hello)
{
    if (hello->key_share_group.set && hello->key_share.len > 0) {
        look_at_share(l, hello->key_share_group.id, hello->key_share, true);
    }
    hello->faults = found(l);
}

/* Who sends many primes, or long ones, shall hold nothing up: a proof takes time by the fourth
 * power of their length, and as many are looked at as 32 of 4096 bits, or 512 of 2048, take. */
static bool may_work(struct state *state, struct ht_bytes prime)
{
    enum { UNIT = 64 /* bytes */, LONGEST = HT_PRIME_MAX_BITS / 8 / UNIT };
    const uint64_t most = 32 * (uint64_t)LONGEST * LONGEST * LONGEST * LONGEST;
    uint64_t units      = (prime.len + UNIT - 1) / UNIT;
    state->work += units * units * units * units;
    return state->work <= most;
}

static enum ht_prime judge(struct state *state, struct ht_bytes prime)
{
    while (prime.len > 0 && prime.ptr[0] == 0) {
        prime = ht_bytes_from(prime, 1);
    }
    if (prime.len > HT_PRIME_MAX_BITS / 8) {
        return HT_PRIME_UNKNOWN;
    }
    enum ht_prime *known = ht_memo_find(&state->primes, prime);
    if (known != NULL) {
        return *known;
    }
    if (!may_work(state, prime)) {
        return HT_PRIME_UNKNOWN;
    }
    enum ht_prime kind = ht_prime_judge(prime);
    known              = ht_memo_add(&state->primes, prime, sizeof *known);
    if (known != NULL) {
        *known = kind;
    }
    return kind;
}

static bool starts_with(const char *text, const char *prefix)
{
    return text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The long ones that many share are known to be safe (RFC 7919 section 3, RFC 3526). */
static const char *prime_kind(struct state *state, const struct tls_server_key_exchange *exchange,
                              struct ht_bytes prime)
{
    static const char *const kinds[] = {[HT_PRIME_UNKNOWN]   = NULL,
                                        [HT_PRIME_SAFE]      = "safe",
                                        [HT_PRIME_UNSAFE]    = "unsafe",
                                        [HT_PRIME_COMPOSITE] = "composite"};
    bool shared =
        starts_with(exchange->dh_group, "ffdhe") || starts_with(exchange->dh_group, "MODP group");
    return shared ? kinds[HT_PRIME_SAFE] : kinds[judge(state, prime)];
}

static void look_at_exchange(struct looking *l, struct tls_server_key_exchange *exchange)
{
    const struct tls_material *material = exchange->material;
    if (material == NULL || material->public_value.len == 0) {
        return;
    }
    if (material->dh_prime.len > 0) {
        l->faults.prime = prime_kind(l->state, exchange, material->dh_prime);
        look_at_number(l, "dh_Ys of ServerKeyExchange", material->public_value, material->dh_prime);
        look_at_number(l, "dh_g of ServerKeyExchange", material->dh_generator, material->dh_prime);
    } else if (exchange->group.set) {
        look_at_point(l, "the point in ServerKeyExchange", exchange->group.id,
                      material->public_value);
    }
    exchange->faults = found(l);
}

static void look_at_client(struct looking *l, struct tls_client_key_exchange *exchange)
{
    const struct tls_material *material = exchange->material;
    if (material == NULL || material->public_value.len == 0) {
        return;
    }
    if (material->dh_prime.len > 0) {
        look_at_number(l, "dh_Yc of ClientKeyExchange", material->public_value, material->dh_prime);
    } else if (material->group.set) {
        look_at_point(l, "the point in ClientKeyExchange", material->group.id,
                      material->public_value);
    }
    exchange->faults = found(l);
}

static void on_event(void *opaque, struct ht_analysis *a, const struct ht_event_type *type,
                     void *event)
{
    struct looking l = {.state = opaque, .arena = a->arena};
    if (type == &tls_client_hello_event) {
        look_at_offer(&l, event);
    } else if (type == &tls_server_hello_event) {
        look_at_answer(&l, event);
    } else if (type == &tls_server_key_exchange_event) {
        look_at_exchange(&l, event);
    } else if (type == &tls_client_key_exchange_event) {
        look_at_client(&l, event);
    }
}

static bool init(void *opaque, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *state = opaque;
    (void)settings;
    state->curves = ht_curves_new();
    bool made =
        state->curves != NULL &&
        ht_memo_init(&state->primes, PRIME_SETS, HT_PRIME_MAX_BITS / 8 + sizeof(enum ht_prime));
    return made || ht_fail(error, "out of memory");
}

static void fini(void *opaque)
{
    struct state *state = opaque;
    ht_curves_free(state->curves);
    ht_memo_fini(&state->primes);
}

static const struct ht_event_type *const events[] = {
    &tls_client_hello_event, &tls_server_hello_event, &tls_server_key_exchange_event,
    &tls_client_key_exchange_event, NULL};

const struct ht_analyzer ht_values_analyzer = {
    .name       = "values",
    .state_size = sizeof(struct state),
    .init       = init,
    .fini       = fini,
    .event      = on_event,
    .events     = events,
};
