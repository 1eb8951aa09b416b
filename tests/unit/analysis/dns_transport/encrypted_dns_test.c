/* Which connections carry DNS: by the protocol names of RFC 7858 and RFC 9250 (IANA's ALPN registry
 * has "dot" and "doq"), port 853, and the names of resolvers. */
#include "support.h"

#include "analysis/dns_transport/encrypted_dns.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

struct scene {
    struct tls_details tls;
    struct tls_client_hello hello;
    struct ht_bytes offered[2];
    struct ht_party server;
    struct ht_connection connection;
};

static struct scene *start(const char *protocol, uint16_t port, const char *offered)
{
    static struct scene scene;
    scene             = (struct scene){.offered = {ht_text("h9"), ht_text(offered)}};
    scene.server.port = port;
    scene.hello.alpn  = (struct ht_texts){.items = scene.offered, .len = 2};
    scene.tls         = (struct tls_details){.client_hello = &scene.hello};
    scene.connection =
        (struct ht_connection){.protocol = ht_text(protocol),
                               .server   = &scene.server,
                               .details  = {.type = &tls_details_struct, .object = &scene.tls}};
    return &scene;
}

static void judged(struct scene *scene, const char *protocol, const char *by)
{
    void *state = calloc(1, ht_encrypted_dns_analyzer.state_size);
    assert_non_null(state);
    assert_true(ht_encrypted_dns_analyzer.init(state, NULL, NULL));
    ht_encrypted_dns_analyzer.connection(state, NULL, &scene->connection);
    free(state);
    const struct ht_encrypted_dns *found = scene->connection.encrypted_dns;
    if (protocol == NULL) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found->protocol, protocol);
    assert_string_equal(found->judged_by, by);
}

static void by_alpn(void **unused)
{
    (void)unused;
    judged(start("tls", 443, "dot"), "dot", "alpn");
    judged(start("quic", 8853, "doq"), "doq", "alpn");
    struct scene *scene = start("tls", 443, "dot");
    scene->tls.alpn     = ht_text("h2"); /* the server chose another */
    judged(scene, NULL, NULL);
    scene->tls.alpn = ht_text("dot");
    judged(scene, "dot", "alpn");
}

static void by_port(void **unused)
{
    (void)unused;
    judged(start("tls", 853, "h2"), "dot", "port");
    judged(start("quic", 853, "h3"), "doq", "port");
    judged(start("tls", 443, "h2"), NULL, NULL);
    struct scene *scene            = start("tls", 853, "");
    scene->connection.details.type = NULL; /* no TLS was seen */
    judged(scene, NULL, NULL);
}

static void by_name(void **unused)
{
    struct scene *scene           = start("tls", 443, "h2");
    scene->connection.server_name = ht_text("DNS.google");
    (void)unused;
    judged(scene, "doh", "server_name");
    scene                         = start("quic", 443, "h3");
    scene->connection.server_name = ht_text("cloudflare-dns.com");
    judged(scene, "doh", "server_name");
    scene                         = start("tls", 993, "imap");
    scene->connection.server_name = ht_text("dns.google");
    judged(scene, NULL, NULL);
    scene                         = start("tls", 443, "h2");
    scene->connection.server_name = ht_text("www.google.com");
    judged(scene, NULL, NULL);
}

static void names(void **unused)
{
    (void)unused;
    assert_true(ht_is_dns_resolver(ht_text("dns.quad9.net")));
    assert_true(ht_is_dns_resolver(ht_text("abc123.dns.nextdns.io"))); /* a customer's own */
    assert_false(ht_is_dns_resolver(ht_text("quad9.net")));
    assert_false(ht_is_dns_resolver(ht_text("xdns.quad9.net")));
    assert_false(ht_is_dns_resolver(ht_text("dns.quad9.net.example")));
    assert_false(ht_is_dns_resolver(ht_text("")));
    assert_false(ht_is_dns_resolver(ht_text(".")));
}

/* The search needs them in order; each is found. */
static void the_list(void **unused)
{
    (void)unused;
    assert_true(ht_dns_resolvers.len > 50);
    for (size_t i = 0; i < ht_dns_resolvers.len; i++) {
        const char *name = ht_dns_resolvers.entries[i].name;
        assert_true(i == 0 || strcmp(ht_dns_resolvers.entries[i - 1].name, name) < 0);
        assert_true(ht_is_dns_resolver(ht_text(name)));
        char below[256];
        (void)snprintf(below, sizeof below, "My.%s", name);
        struct scene *scene           = start("tls", 443, "h2");
        scene->connection.server_name = ht_text(name);
        judged(scene, "doh", "server_name");
        scene                         = start("tls", 443, "h2");
        scene->connection.server_name = ht_text(below);
        judged(scene, "doh", "server_name");
        below[strlen(below) - 1]      = 'X';
        scene                         = start("tls", 443, "h2");
        scene->connection.server_name = ht_text(below);
        judged(scene, NULL, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_alpn), cmocka_unit_test(by_port),  cmocka_unit_test(by_name),
        cmocka_unit_test(names),   cmocka_unit_test(the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
