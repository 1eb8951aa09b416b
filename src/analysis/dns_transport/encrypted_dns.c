#include "analysis/dns_transport/encrypted_dns.h"

#include "base/hash.h"
#include "tls/tls.h"

enum { DNS_OVER_TLS_PORT = 853, HTTPS_PORT = 443, MAX_NAME = 255, NUM_MARKS = 4096 };

/* A bit for what a listed name shows at a glance: most names are in no domain that has one. */
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

/* Of the last two labels; none that is listed has fewer. There is one at least. */
static unsigned mark_of(struct ht_bytes name)
{
    struct ht_bytes end =
        ht_bytes_from(name, label_before(name.ptr, label_before(name.ptr, name.len)));
    uint64_t ends = (uint64_t)ht_lower(end.ptr[0]) << 8 | ht_lower(end.ptr[end.len - 1]);
    return ht_mix(ends, end.len) % NUM_MARKS;
}

static bool init(void *state, const struct ht_analysis_settings *settings, struct ht_error *error)
{
    struct state *s = state;
    (void)settings, (void)error;
    for (size_t i = 0; i < ht_dns_resolvers.len; i++) {
        unsigned mark = mark_of(ht_text(ht_dns_resolvers.entries[i].name));
        s->marks[mark / 64] |= UINT64_C(1) << mark % 64;
    }
    return true;
}

/* False only where ht_is_dns_resolver is. */
static bool may_be_resolver(const struct state *s, struct ht_bytes name)
{
    unsigned mark = name.len > 0 ? mark_of(name) : 0;
    return name.len > 0 && (s->marks[mark / 64] >> mark % 64 & 1) != 0;
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

static const struct ht_encrypted_dns *judge(const struct state *s, const struct ht_connection *c,
                                            const struct tls_details *tls)
{
    static const struct ht_encrypted_dns dot      = {.protocol = "dot", .judged_by = "alpn"},
                                         doq      = {.protocol = "doq", .judged_by = "alpn"},
                                         dot_port = {.protocol = "dot", .judged_by = "port"},
                                         doq_port = {.protocol = "doq", .judged_by = "port"},
                                         doh      = {.protocol = "doh", .judged_by = "server_name"};
    const struct ht_texts protocols               = protocols_of(tls);
    uint16_t port                                 = c->server != NULL ? c->server->port : 0;
    if (has(protocols, "dot")) {
        return &dot;
    }
    if (has(protocols, "doq")) {
        return &doq;
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
    bool known = is(connection->protocol, "tls") || is(connection->protocol, "quic");
    if (known && connection->details.type == &tls_details_struct) {
        connection->encrypted_dns = judge(state, connection, connection->details.object);
    }
}

const struct ht_analyzer ht_encrypted_dns_analyzer = {.name       = "encrypted_dns",
                                                      .state_size = sizeof(struct state),
                                                      .init       = init,
                                                      .connection = see_connection};
