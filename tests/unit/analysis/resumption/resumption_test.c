/*
 * Sessions and where they come from, as RFC 5246 section 7.3 (session id) and RFC 5077 section 3.1
 * (ticket) resume them.
 */
#include "scene.h"

#include "analysis/resumption/resumption.h"
#include "tls/tls.h"

enum { SECOND = 1000000000 };

static int set_up(void **state)
{
    return scene_set_up(state, &ht_resumption_analyzer);
}

static void happens(struct scene *scene, const char *connection, int64_t time_ns,
                    const struct ht_event_type *type, void *event)
{
    scene->connection       = connection;
    scene->analysis.time_ns = time_ns;
    ht_resumption_analyzer.event(scene->state, &scene->analysis, type, event);
}

/* Where the session of a connection that began at `start_ns` comes from, by its record. */
static const struct tls_resumed_from *origin_of(struct scene *scene, const char *id,
                                                int64_t start_ns, const struct tls_details *tls)
{
    const struct ht_timeline_entry hello = {.t_ns = SECOND, .object = tls->client_hello};
    struct ht_connection c               = {.id       = ht_text(id),
                                            .start_ns = start_ns,
                                            .details  = {&tls_details_struct, tls},
                                            .timeline = {.items = &hello, .len = 1}};
    ht_resumption_analyzer.judge(scene->state, &scene->analysis, &c);
    return ((const struct tls_details *)c.details.object)->resumed_from;
}

static void by_session_id(void **state)
{
    struct scene *scene            = *state;
    struct tls_client_hello hello  = {0};
    struct tls_server_hello issued = {.session_id = hex("0102030405060708"), .offer = &hello};
    struct tls_server_hello echo   = {.session_id = hex("0102030405060708")};
    struct tls_server_hello other  = {.session_id = hex("0102030405060709")};
    happens(scene, "c-1", 5 * (int64_t)SECOND, &tls_server_hello_event, &issued);
    happens(scene, "c-2", 8 * (int64_t)SECOND, &tls_server_hello_event, &echo);
    struct tls_details tls = {
        .resumed = true, .resumption = "session_id", .client_hello = &hello, .server_hello = &echo};
    const struct tls_resumed_from *from = origin_of(scene, "c-2", 7 * (int64_t)SECOND, &tls);
    assert_non_null(from);
    assert_text(from->connection, "c-1");
    assert_string_equal(from->by, "session_id");
    assert_int_equal(from->age_ns, 3 * (int64_t)SECOND);
    tls.server_hello = &other; /* nobody issued that one */
    assert_null(origin_of(scene, "c-3", 0, &tls));
    tls.server_hello = &issued; /* nor is it resumed where it was issued */
    assert_null(origin_of(scene, "c-1", 0, &tls));
}

/* A server that gives every session the same id: from which one it comes cannot be told. */
static void same_id_for_all(void **state)
{
    struct scene *scene            = *state;
    struct tls_client_hello hello  = {0};
    struct tls_server_hello issued = {.session_id = hex("0000000000000000"), .offer = &hello};
    const struct tls_details tls   = {.resumed      = true,
                                      .resumption   = "session_id",
                                      .client_hello = &hello,
                                      .server_hello = &issued};
    happens(scene, "c-1", 0, &tls_server_hello_event, &issued);
    happens(scene, "c-1", SECOND, &tls_server_hello_event, &issued); /* renegotiated */
    assert_non_null(origin_of(scene, "c-3", 0, &tls));
    happens(scene, "c-2", SECOND, &tls_server_hello_event, &issued);
    assert_null(origin_of(scene, "c-3", 0, &tls));
}

static void by_ticket(void **state)
{
    struct scene *scene                   = *state;
    struct tls_new_session_ticket issued  = {.lifetime_s = 7200, .ticket = hex("aabbccdd")};
    struct tls_client_hello hello         = {.ticket = hex("aabbccdd")};
    struct tls_client_hello another_hello = {.ticket = hex("aabbccde")};
    const struct tls_server_hello answer  = {0};
    happens(scene, "c-1", SECOND, &tls_new_session_ticket_event, &issued);
    happens(scene, "c-2", 2 * (int64_t)SECOND, &tls_client_hello_event, &hello);
    happens(scene, "c-3", 2 * (int64_t)SECOND, &tls_client_hello_event, &another_hello);
    struct tls_details tls = {
        .resumed = true, .resumption = "ticket", .client_hello = &hello, .server_hello = &answer};
    const struct tls_resumed_from *from = origin_of(scene, "c-2", SECOND, &tls);
    assert_non_null(from);
    assert_text(from->connection, "c-1");
    assert_string_equal(from->by, "ticket");
    assert_int_equal(from->lifetime_s, 7200);
    tls.client_hello = &another_hello;
    assert_null(origin_of(scene, "c-3", SECOND, &tls));
    tls.client_hello = &hello; /* offered, and refused */
    tls.resumed      = false;
    tls.resumption   = "none";
    assert_null(origin_of(scene, "c-2", SECOND, &tls));
}

static void same_identity(void **state)
{
    struct scene *scene                = *state;
    const struct tls_psk_offer offer[] = {{.identity = hex("0badcafe")}};
    struct tls_client_hello first      = {.psk = {.items = offer, .len = 1}};
    struct tls_client_hello second     = first;
    happens(scene, "c-1", SECOND, &tls_client_hello_event, &first);
    happens(scene, "c-2", 2 * (int64_t)SECOND, &tls_client_hello_event, &second);
    const struct tls_details tls_1 = {.client_hello = &first}, tls_2 = {.client_hello = &second};
    assert_null(origin_of(scene, "c-1", 0, &tls_1));
    const struct tls_resumed_from *from = origin_of(scene, "c-2", 2 * (int64_t)SECOND, &tls_2);
    assert_non_null(from);
    assert_text(from->connection, "c-1");
    assert_string_equal(from->by, "same_identity");
}

/* What a connection said beside the id of its session: RFC 6066 section 3 and RFC 7627 section 5.3
 * want it to be the same when the session is resumed. */
static void what_it_said(void **state)
{
    struct scene *scene            = *state;
    struct tls_client_hello first  = {.server_name = ht_text("www.Example.test")};
    struct tls_client_hello other  = {.server_name = ht_text("other.example.test")};
    struct tls_client_hello alike  = {.server_name = ht_text("WWW.example.test")};
    struct tls_client_hello none   = {0};
    struct tls_server_hello issued = {
        .session_id = hex("01020304"), .offer = &first, .extended_master_secret = true};
    struct tls_details tls = {.resumed      = true,
                              .resumption   = "session_id",
                              .client_hello = &other,
                              .server_hello = &issued};
    happens(scene, "c-1", SECOND, &tls_server_hello_event, &issued);
    const struct tls_resumed_from *from = origin_of(scene, "c-2", SECOND, &tls);
    assert_non_null(from);
    assert_true(from->other_name);
    assert_text(from->server_name, "www.example.test");
    assert_int_equal(from->extended_master, 2);
    tls.client_hello = &alike;
    assert_false(origin_of(scene, "c-2", SECOND, &tls)->other_name);
    tls.client_hello = &none;
    assert_false(origin_of(scene, "c-2", SECOND, &tls)->other_name);
}

/* The same of a ticket, whose handshake has both hellos. */
static void what_its_ticket_said(void **state)
{
    struct scene *scene                  = *state;
    const struct tls_client_hello first  = {.server_name = ht_text("www.example.test")};
    struct tls_client_hello other        = {.server_name = ht_text("other.example.test"),
                                            .ticket      = hex("aabbccdd")};
    const struct tls_server_hello answer = {0};
    struct tls_new_session_ticket issued = {
        .ticket = hex("aabbccdd"), .offer = &first, .answer = &answer};
    const struct tls_details tls = {
        .resumed = true, .resumption = "ticket", .client_hello = &other, .server_hello = &answer};
    happens(scene, "c-1", SECOND, &tls_new_session_ticket_event, &issued);
    happens(scene, "c-2", SECOND, &tls_client_hello_event, &other);
    const struct tls_resumed_from *from = origin_of(scene, "c-2", SECOND, &tls);
    assert_non_null(from);
    assert_true(from->other_name);
    assert_text(from->server_name, "www.example.test");
    assert_int_equal(from->extended_master, 1);
}

/* Where the hellos were not seen, nothing is compared. */
static void what_nobody_said(void **state)
{
    struct scene *scene                  = *state;
    struct tls_client_hello hello        = {.server_name = ht_text("www.example.test"),
                                            .ticket      = hex("aabbccdd")};
    struct tls_new_session_ticket issued = {.ticket = hex("aabbccdd")};
    const struct tls_server_hello answer = {0};
    const struct tls_details tls         = {
                .resumed = true, .resumption = "ticket", .client_hello = &hello, .server_hello = &answer};
    happens(scene, "c-1", SECOND, &tls_new_session_ticket_event, &issued);
    happens(scene, "c-2", SECOND, &tls_client_hello_event, &hello);
    const struct tls_resumed_from *from = origin_of(scene, "c-2", SECOND, &tls);
    assert_non_null(from);
    assert_false(from->other_name);
    assert_int_equal(from->extended_master, 0);
}

/* As many sessions as there is room for, and more: no growth, and the last is still known. */
static void many(void **state)
{
    enum { MANY = 3 * HT_RESUMPTION_SETS * HT_RESUMPTION_WAYS };
    struct scene *scene            = *state;
    struct tls_client_hello hello  = {0};
    uint32_t id                    = 0;
    struct tls_server_hello issued = {.session_id = ht_bytes(&id, sizeof id), .offer = &hello};
    for (id = 1; id < MANY; id++) {
        happens(scene, "c-1", 0, &tls_server_hello_event, &issued);
    }
    id                           = MANY - 1;
    const struct tls_details tls = {.resumed      = true,
                                    .resumption   = "session_id",
                                    .client_hello = &hello,
                                    .server_hello = &issued};
    assert_non_null(origin_of(scene, "c-2", 0, &tls));
    id = 1;
    assert_null(origin_of(scene, "c-2", 0, &tls));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(by_session_id, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(same_id_for_all, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(by_ticket, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(same_identity, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(what_it_said, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(what_its_ticket_said, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_said, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(many, set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
