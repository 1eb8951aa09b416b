/*
 * Connections that go on from another address, as RFC 9000 section 9 lets them: by the connection
 * id of the side that stays.
 */
#include "scene.h"

#include "analysis/migration/migration.h"
#include "dtls/dtls.h"
#include "quic/quic.h"
#include "tls/tls.h"

static int set_up(void **state)
{
    return scene_set_up(state, &ht_migration_analyzer);
}

static struct ht_endpoint at(uint8_t host, uint16_t port)
{
    return (struct ht_endpoint){.address = ht_address4((const uint8_t[]){10, 0, 0, host}),
                                .port    = port};
}

/* A connection of its own uses an id of `owner`. */
static void uses(struct scene *scene, const char *connection, struct ht_bytes id,
                 struct ht_endpoint owner, struct ht_endpoint peer)
{
    struct quic_connection_id event = {.id = id, .owner = owner, .peer = peer};
    scene->connection               = connection;
    ht_migration_analyzer.event(scene->state, &scene->analysis, &quic_connection_id_event, &event);
}

/* Where a flow comes from whose packets begin like this; NULL: it is not known to be QUIC's. */
static const struct tls_migrated_from *origin_of(struct scene *scene, struct ht_endpoint client,
                                                 struct ht_endpoint server, const char *to_server,
                                                 const char *to_client)
{
    const struct quic_details details = {.to_server = hex(to_server), .to_client = hex(to_client)};
    const struct ht_party c           = {.ip = client.address, .port = client.port},
                          s           = {.ip = server.address, .port = server.port};
    struct ht_connection connection   = {.id      = ht_text("c-9"),
                                         .client  = &c,
                                         .server  = &s,
                                         .details = {&quic_details_struct, &details}};
    bool confirmed = ht_migration_analyzer.confirm(scene->state, &scene->analysis, &connection);
    const struct quic_details *told = connection.details.object;
    assert_int_equal(confirmed, told->migrated_from != NULL);
    return told->migrated_from;
}

#define PACKET "f067a5502a4262b5 aabbccddeeff001122334455"

static void by_the_servers_id(void **state)
{
    struct scene *scene = *state;
    uses(scene, "c-1", hex("f067a5502a4262b5"), at(2, 443), at(1, 5000));
    const struct tls_migrated_from *from = origin_of(scene, at(7, 6000), at(2, 443), PACKET, "");
    assert_non_null(from);
    assert_text(from->connection, "c-1");
    assert_true(ht_bytes_equal(from->connection_id, hex("f067a5502a4262b5")));
    assert_string_equal(from->moved, "client");
    assert_int_equal(from->port, 5000);
    assert_memory_equal(from->ip.bytes, hex("0a000001").ptr, 4);
    assert_non_null(origin_of(scene, at(1, 5001), at(2, 443), PACKET, "")); /* another port only */
}

static void by_the_clients_id(void **state)
{
    struct scene *scene = *state;
    uses(scene, "c-1", hex("f067a5502a4262b5"), at(1, 5000), at(2, 443));
    const struct tls_migrated_from *from = origin_of(scene, at(1, 5000), at(3, 443), "00", PACKET);
    assert_non_null(from);
    assert_string_equal(from->moved, "server");
    assert_memory_equal(from->ip.bytes, hex("0a000002").ptr, 4);
}

/* RFC 9000 section 9.6: the id goes with the address, and says which server it was. */
static void by_the_preferred_address(void **state)
{
    struct scene *scene             = *state;
    struct quic_connection_id event = {
        .id = hex("f067a5502a4262b5"), .owner = at(2, 4433), .peer = at(2, 443), .preferred = true};
    scene->connection = "c-1";
    ht_migration_analyzer.event(scene->state, &scene->analysis, &quic_connection_id_event, &event);
    const struct tls_migrated_from *from = origin_of(scene, at(1, 5000), at(2, 4433), PACKET, "");
    assert_non_null(from);
    assert_text(from->connection, "c-1");
    assert_string_equal(from->moved, "server");
    assert_int_equal(from->port, 443);
    assert_null(origin_of(scene, at(1, 5000), at(2, 443), PACKET, ""));
    assert_null(
        origin_of(scene, at(2, 4433), at(1, 5000), "", PACKET)); /* it is the client there */
}

/* With long headers, in the handshake: QUIC is what carries TLS. Only a client may move then. */
static void in_the_handshake(void **state)
{
    struct scene *scene = *state;
    uses(scene, "c-1", hex("f067a5502a4262b5"), at(2, 443), at(1, 5000));
    uses(scene, "c-1", hex("8394c8f03e515708"), at(1, 5001), at(3, 443));
    static const struct {
        const char *to_server, *from;
    } cases[] = {{"f067a5502a4262b5", "c-1"}, {"f067a5502a4262b6", NULL}, {"", NULL}};
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        const struct quic_details details = {.to_server = hex(cases[i].to_server),
                                             .to_client = hex("8394c8f03e515708")};
        const struct ht_party client      = {.ip = at(1, 0).address, .port = 5001},
                              server      = {.ip = at(2, 0).address, .port = 443};
        struct ht_connection c            = {
                       .client = &client, .server = &server, .carriers = {{&quic_details_struct, &details}}};
        ht_migration_analyzer.connection(scene->state, &scene->analysis, &c);
        const struct quic_details *told = c.carriers[0].object;
        if (cases[i].from == NULL) {
            assert_null(told->migrated_from);
        } else {
            assert_non_null(told->migrated_from);
            assert_text(told->migrated_from->connection, cases[i].from);
            assert_string_equal(told->migrated_from->moved, "client");
            assert_int_equal(told->migrated_from->port, 5000);
        }
    }
}

static void not_by_what_differs(void **state)
{
    struct scene *scene = *state;
    assert_null(origin_of(scene, at(7, 6000), at(2, 443), PACKET, PACKET)); /* nothing is known */
    uses(scene, "c-1", hex("f067a5502a4262b5"), at(2, 443), at(1, 5000));
    uses(scene, "c-2", hex("f067a5"), at(4, 443), at(1, 5000)); /* too short to prove anything */
    assert_null(origin_of(scene, at(7, 6000), at(2, 444), PACKET, PACKET));
    assert_null(origin_of(scene, at(7, 6000), at(3, 443), PACKET, PACKET));
    assert_null(origin_of(scene, at(7, 6000), at(4, 443), PACKET, PACKET));
    assert_null(origin_of(scene, at(7, 6000), at(2, 443), "f167a5502a4262b5 aabbccddeeff", ""));
    assert_null(origin_of(scene, at(7, 6000), at(2, 443), "f067a5502a4262", "")); /* cut */
    assert_null(origin_of(scene, at(1, 5000), at(2, 443), PACKET, ""));           /* nobody moved */
    struct ht_connection other = {.details = {NULL, NULL}};
    assert_false(ht_migration_analyzer.confirm(scene->state, &scene->analysis, &other));
}

/* Ids of several lengths: the longest that fits, and the first connection that used it. */
static void the_longest_and_the_first(void **state)
{
    struct scene *scene = *state;
    uses(scene, "c-1", hex("f067a550"), at(2, 443), at(1, 5000));
    uses(scene, "c-2", hex("f067a5502a4262b5aabbccddeeff001122334455"), at(2, 443), at(1, 5001));
    uses(scene, "c-3", hex("f067a5502a4262b5aabbccddeeff001122334455"), at(2, 443), at(1, 5002));
    assert_text(origin_of(scene, at(1, 6000), at(2, 443), PACKET, "")->connection, "c-2");
    assert_text(origin_of(scene, at(1, 6000), at(2, 443), "f067a550 00", "")->connection, "c-1");
}

/* As many ids as there is room for, and more: no growth, and the last is still known. */
static void many(void **state)
{
    enum { MANY = 3 * HT_MIGRATION_SETS * HT_MIGRATION_WAYS };
    struct scene *scene = *state;
    uint32_t id         = 0;
    for (id = 1; id <= MANY; id++) {
        uses(scene, "c-1", ht_bytes(&id, sizeof id), at(2, 443), at(1, 5000));
    }
    assert_non_null(origin_of(scene, at(7, 6000), at(2, 443), "00c00000", ""));
    assert_null(origin_of(scene, at(7, 6000), at(2, 443), "01000000", ""));
}

/* RFC 9146 section 6: an association of DTLS, whose client alone may move. */
static void of_dtls(void **state)
{
    struct scene *scene             = *state;
    struct dtls_connection_id event = {
        .id = hex("f067a5502a4262b5"), .owner = at(2, 4433), .peer = at(1, 5000)};
    scene->connection = "c-1";
    ht_migration_analyzer.event(scene->state, &scene->analysis, &dtls_connection_id_event, &event);
    static const struct {
        const char *to_server;
        uint8_t client;
        uint16_t server_port;
        bool known;
    } cases[] = {{PACKET, 7, 4433, true},
                 {PACKET, 1, 4433, false}, /* where it was */
                 {PACKET, 7, 4434, false},
                 {"f067a5502a4262b6", 7, 4433, false},
                 {"", 7, 4433, false}};
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        const struct dtls_details details = {.to_server = hex(cases[i].to_server)};
        const struct ht_party client      = {.ip = at(cases[i].client, 0).address, .port = 5000},
                              server      = {.ip = at(2, 0).address, .port = cases[i].server_port};
        struct ht_connection c            = {
                       .client = &client, .server = &server, .carriers = {{&dtls_details_struct, &details}}};
        ht_migration_analyzer.connection(scene->state, &scene->analysis, &c);
        const struct tls_migrated_from *from =
            ((const struct dtls_details *)c.carriers[0].object)->migrated_from;
        assert_int_equal(from != NULL, cases[i].known);
        if (from != NULL) {
            assert_text(from->connection, "c-1");
            assert_string_equal(from->moved, "client");
            assert_int_equal(from->port, 5000);
            assert_memory_equal(from->ip.bytes, hex("0a000001").ptr, 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(by_the_servers_id, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(by_the_clients_id, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(by_the_preferred_address, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(in_the_handshake, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(not_by_what_differs, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(the_longest_and_the_first, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(many, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(of_dtls, set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
