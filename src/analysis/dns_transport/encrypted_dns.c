#include "analysis/dns_transport/encrypted_dns.h"

#include "base/hash.h"
#include "tls/tls.h"

enum { DNS_OVER_TLS_PORT = 853, HTTPS_PORT = 443, MAX_NAME = 255, NUM_MARKS = 4096, TAIL = 7 };

/* A bit for how a listed name ends: most names end otherwise. */
struct state {
    uint64_t marks[NUM_MARKS / 64];
};

/* Where the next label to the left of the one at `at` begins; 0: that is the first. */
static size_t label_before(const uint8_t *name, size_t at)
{
    at -= at > 0;
    while (at > 0 && name[at - 1] != '.') {
        at--;
    }
    return at;
}

/* Of the TAIL bytes before `end`, in lower case. */
static unsigned mark_of(const uint8_t *end)
{
    const uint64_t lower = UINT64_C(0x2020202020202020);
    uint64_t word        = 0;
    for (size_t i = 1; i <= TAIL; i++) {
        word = word << 8 | end[-(ptrdiff_t)i];
    }
    return ht_mix(word | lower, 0) % NUM_MARKS;
}

/* Of a name that is shorter by one, what is in that domain ends with a dot before it. */
static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *s = state;
    (void)settings;
    for (size_t i = 0; i < ht_dns_resolvers.len; i++) {
        struct ht_bytes name = ht_text(ht_dns_resolvers.entries[i].name);
        uint8_t tail[TAIL]   = {'.'};
        size_t len           = name.len < TAIL ? name.len : TAIL;
        if (len < TAIL - 1) {
            return ht_fail(error, "a resolver's name is too short");
        }
        memcpy(tail + TAIL - len, name.ptr + name.len - len, len);
        unsigned mark = mark_of(tail + TAIL);
        s->marks[mark / 64] |= UINT64_C(1) << mark % 64;
    }
    return true;
}

/* False only where ht_is_dns_resolver is. */
static bool may_be_resolver(const struct state *s, struct ht_bytes name)
{
    unsigned mark = name.len >= TAIL ? mark_of(name.ptr + name.len) : 0;
    return name.len > 0 && (name.len < TAIL || (s->marks[mark / 64] >> mark % 64 & 1) != 0);
}

/* `name` has no zero octet. Most differ in the first one already. */
static int compare(struct ht_bytes name, const char *known)
{
    int order = name.ptr[0] - (unsigned char)known[0];
    if (order == 0) {
        order = strncmp((const char *)name.ptr, known, name.len);
    }
    return order != 0 ? order : -(known[name.len] != '\0');
}

static bool is_listed(struct ht_bytes name)
{
    size_t low = 0, high = ht_dns_resolvers.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order     = compare(name, ht_dns_resolvers.entries[middle].name);
        if (order == 0) {
            return true;
        }
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return false;
}

/* None that is listed is a top-level domain. */
bool ht_is_dns_resolver(struct ht_bytes name)
{
    uint8_t lower[MAX_NAME];
    if (name.len == 0 || name.len > sizeof lower || memchr(name.ptr, 0, name.len) != NULL) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        lower[i] = ht_lower(name.ptr[i]);
    }
    size_t at  = label_before(lower, name.len);
    bool found = false;
    while (at > 0 && !found) {
        at    = label_before(lower, at);
        found = is_listed(ht_bytes(lower + at, name.len - at));
    }
    return found;
}

static bool is(struct ht_bytes bytes, const char *word)
{
    return ht_bytes_equal(bytes, ht_text(word));
}

/* What the server chose, or where that is encrypted what the client offers. */
static struct ht_texts protocols_of(const struct tls_details *tls)
{
    if (tls->alpn.len > 0) {
        return (struct ht_texts){.items = &tls->alpn, .len = 1};
    }
    return tls->client_hello != NULL ? tls->client_hello->alpn : (struct ht_texts){0};
}

static bool has(struct ht_texts protocols, const char *name)
{
    for (size_t i = 0; i < protocols.len; i++) {
        if (is(protocols.items[i], name)) {
            return true;
        }
    }
    return false;
}

static bool has_http(struct ht_texts protocols)
{
    return has(protocols, "h2") || has(protocols, "h3") || has(protocols, "http/1.1");
}

/* What is named for DNS; else NULL. */
static const struct ht_encrypted_dns *by_alpn(struct ht_texts protocols)
{
    static const struct ht_encrypted_dns dot = {.protocol = "dot", .judged_by = "alpn"},
                                         doq = {.protocol = "doq", .judged_by = "alpn"};
    enum { LEN = 3 };
    const struct ht_encrypted_dns *found = NULL;
    for (size_t i = 0; i < protocols.len; i++) {
        struct ht_bytes name = protocols.items[i];
        if (name.len != LEN || name.ptr[0] != 'd' || name.ptr[1] != 'o') {
            continue;
        }
        if (name.ptr[2] == 't') {
            return &dot;
        }
        found = name.ptr[2] == 'q' ? &doq : found;
    }
    return found;
}

static const struct ht_encrypted_dns *judge(const struct state *s, const struct ht_connection *c,
                                            const struct tls_details *tls)
{
    static const struct ht_encrypted_dns dot_port = {.protocol = "dot", .judged_by = "port"},
                                         doq_port = {.protocol = "doq", .judged_by = "port"},
                                         doh      = {.protocol = "doh", .judged_by = "server_name"};
    const struct ht_texts protocols               = protocols_of(tls);
    const struct ht_encrypted_dns *named          = by_alpn(protocols);
    uint16_t port                                 = c->server != NULL ? c->server->port : 0;
    if (named != NULL) {
        return named;
    }
    if (port == DNS_OVER_TLS_PORT) {
        return is(c->protocol, "quic") ? &doq_port : &dot_port;
    }
    bool web = port == HTTPS_PORT || has_http(protocols);
    return web && may_be_resolver(s, c->server_name) && ht_is_dns_resolver(c->server_name) ? &doh
                                                                                           : NULL;
}

static void see_connection(void *state, struct ht_analysis *a, struct ht_connection *connection)
{
    (void)a;
    if (connection->details.type == &tls_details_struct &&
        (is(connection->protocol, "tls") || is(connection->protocol, "quic"))) {
        connection->encrypted_dns = judge(state, connection, connection->details.object);
    }
}

const struct ht_analyzer ht_encrypted_dns_analyzer = {.name       = "encrypted_dns",
                                                      .state_size = sizeof(struct state),
                                                      .init       = init,
                                                      .connection = see_connection};
