/*
 * Labels. The names are libndpi's, as its own program ndpiReader prints them. Built without it,
 * every test but the last is skipped.
 */
#include "support.h"

#include "flow/app_label.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct labels {
    struct ht_label_tables *tables;
    struct ht_labeler *labeler; /* NULL: built without libndpi */
    struct ht_budget budget;
};

static int set_up(void **state)
{
    struct labels *labels = calloc(1, sizeof *labels);
    labels->budget.max    = SIZE_MAX;
    labels->tables        = ht_label_tables_new();
    labels->labeler =
        labels->tables != NULL ? ht_labeler_new(labels->tables, 1, &labels->budget) : NULL;
    *state = labels;
    return 0;
}

static int tear_down(void **state)
{
    struct labels *labels = *state;
    ht_labeler_free(labels->labeler);
    ht_label_tables_free(labels->tables);
    assert_int_equal(labels->budget.used, 0);
    ht_budget_free(&labels->budget);
    free(labels);
    return 0;
}

static struct ht_labeler *labeler_or_skip(void **state)
{
    const struct labels *labels = *state;
    if (labels->labeler == NULL) {
        skip();
    }
    return labels->labeler;
}

static void assert_label(const struct ht_app_label *label, const char *name, const char *category)
{
    assert_non_null(label->name);
    assert_string_equal(label->name, name);
    assert_string_equal(label->category, category);
    assert_string_equal(label->source, "ndpi");
}

static void assert_server_name(struct ht_labeler *labeler, const char *server_name,
                               const char *name, const char *category)
{
    struct ht_app_label label = {0};
    ht_labeler_by_server_name(labeler, ht_text(server_name), &label);
    if (name == NULL) {
        assert_null(label.name);
        assert_null(label.source);
    } else {
        assert_label(&label, name, category);
    }
}

static void test_server_name(void **state)
{
    struct ht_labeler *labeler = labeler_or_skip(state);
    assert_server_name(labeler, "www.google.com", "Google", "Web");
    assert_server_name(labeler, "WWW.Facebook.COM", "Facebook", "SocialNetwork");
    assert_server_name(labeler, "www.example.org", NULL, NULL);
    assert_server_name(labeler, "", NULL, NULL);
}

/* What is said of a name is the same each time, however many were asked of meanwhile, and whether
 * it was fetched or not. */
static void test_server_names_again(void **state)
{
    struct ht_labeler *labeler = labeler_or_skip(state);
    for (unsigned i = 0; i < 40000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "host-%u.example.org", i % 20000);
        ht_labeler_fetch(labeler, ht_text(name));
        assert_server_name(labeler, name, NULL, NULL);
        assert_server_name(labeler, "www.google.com", "Google", "Web");
        assert_server_name(labeler, i % 2 == 0 ? "a.facebook.com" : "b.facebook.com", "Facebook",
                           "SocialNetwork");
    }
}

static void test_hostile_server_name(void **state)
{
    struct ht_labeler *labeler = labeler_or_skip(state);
    struct ht_app_label label  = {0};
    char name[70000];
    memset(name, 'a', sizeof name);
    for (size_t len = 0; len < sizeof name; len = len * 2 + 1) {
        ht_labeler_by_server_name(labeler, ht_bytes(name, len), &label);
        assert_null(label.name);
    }
    for (unsigned c = 0; c < 256; c++) {
        memset(name, (int)c, 255);
        ht_labeler_by_server_name(labeler, ht_bytes(name, 255), &label);
        assert_null(label.name);
    }
}

/* IPv4, 192.0.2.1 port 49152 to 198.51.100.2, 20 bytes of TCP. */
static struct ht_bytes tcp_packet(struct ht_buffer *out, uint16_t port, const char *payload)
{
    uint16_t total   = (uint16_t)(40 + strlen(payload));
    uint8_t header[] = {0x45,
                        0,
                        (uint8_t)(total >> 8),
                        (uint8_t)total,
                        0,
                        1,
                        0,
                        0,
                        64,
                        6,
                        0,
                        0,
                        192,
                        0,
                        2,
                        1,
                        198,
                        51,
                        100,
                        2,
                        0xC0,
                        0x00,
                        (uint8_t)(port >> 8),
                        (uint8_t)port,
                        0,
                        0,
                        0,
                        1,
                        0,
                        0,
                        0,
                        1,
                        0x50,
                        0x18,
                        0x10,
                        0,
                        0,
                        0,
                        0,
                        0};
    ht_buffer_drop(out, SIZE_MAX);
    assert_true(ht_buffer_append(out, ht_bytes(header, sizeof header)));
    assert_true(ht_buffer_append(out, ht_text(payload)));
    return ht_buffer_view(out);
}

static void test_http(void **state)
{
    struct ht_labeler *labeler = labeler_or_skip(state);
    struct ht_buffer room      = {.max = 4096};
    struct ht_app_label label  = {0};
    void *flow                 = NULL;
    struct ht_bytes request =
        tcp_packet(&room, 8080, "GET / HTTP/1.1\r\nHost: www.example.org\r\nAccept: */*\r\n\r\n");
    bool done = false;
    for (int i = 0; i < 12 && !done; i++) {
        done = ht_labeler_feed(labeler, &flow, request, 1, true, &label);
    }
    assert_true(done);
    assert_label(&label, "HTTP", "Web");
    ht_labeler_flow_free(labeler, &flow);
    assert_null(flow);
    ht_buffer_free(&room);
}

/* RFC 1035 in a UDP datagram: a query for example.org. */
static void test_dns(void **state)
{
    struct ht_labeler *labeler = labeler_or_skip(state);
    struct ht_app_label label  = {0};
    void *flow                 = NULL;
    struct ht_bytes query = hex("45000039 00010000 40110000 c0000201 c6336402 c0000035 00250000"
                                "1234 0100 0001 0000 0000 0000 07 6578616d706c65 03 6f7267 00"
                                "0001 0001");
    (void)ht_labeler_feed(labeler, &flow, query, 1, true, &label);
    assert_label(&label, "DNS", "Network");
    ht_labeler_flow_free(labeler, &flow);
}

/* What nobody knows gets no name, not even by its port, and costs a bounded number of packets. */
static void test_unknown_gives_up(void **state)
{
    struct ht_labeler *labeler = labeler_or_skip(state);
    struct ht_buffer room      = {.max = 4096};
    struct ht_app_label label  = {0};
    void *flow                 = NULL;
    struct ht_bytes packet     = tcp_packet(&room, 443, "~~~~~~~~~~~~~~~~~~~~~~~~~~~~");
    int packets                = 1;
    while (!ht_labeler_feed(labeler, &flow, packet, packets, packets % 2 == 0, &label)) {
        packets++;
        assert_true(packets <= 12);
    }
    assert_null(label.name);
    ht_labeler_flow_free(labeler, &flow);
    ht_buffer_free(&room);
}

/* Of a flow that does not begin as TLS nothing is kept but its state; of one that does, what counts
 * in the budget. */
static void test_memory_of_a_flow(void **state)
{
    struct labels *labels      = *state;
    struct ht_labeler *labeler = labeler_or_skip(state);
    struct ht_buffer room      = {.max = 4096};
    struct ht_app_label label  = {0};
    void *flow                 = NULL;
    (void)ht_labeler_feed(labeler, &flow, tcp_packet(&room, 443, "~~~~~~~~"), 1, true, &label);
    assert_in_range(labels->budget.used, 500, 1000);
    ht_labeler_flow_free(labeler, &flow);
    assert_int_equal(labels->budget.used, 0);
    (void)ht_labeler_feed(labeler, &flow, tcp_packet(&room, 443, "\x16\x03\x01\x7f\x7f\x01"), 1,
                          true, &label);
    assert_in_range(labels->budget.used, 2048 + 500, 4096);
    ht_labeler_flow_free(labeler, &flow);
    assert_int_equal(labels->budget.used, 0);
    ht_buffer_free(&room);
}

static void feed_all(struct ht_labeler *labeler, struct ht_bytes packet, struct ht_app_label *out)
{
    void *flow = NULL;
    for (int i = 1; !ht_labeler_feed(labeler, &flow, packet, i, true, out); i++) {
        assert_true(i <= 12);
    }
    ht_labeler_flow_free(labeler, &flow);
}

/* libndpi remembers who mined: but of other connections nothing follows for this one, for who saw
 * those is a matter of how many workers there are. */
static void test_other_connections(void **state)
{
    struct ht_labeler *labeler   = labeler_or_skip(state);
    struct ht_buffer room        = {.max = 4096};
    struct ht_app_label labels[] = {{0}, {0}};
    feed_all(labeler,
             tcp_packet(&room, 4444,
                        "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"miner/1\"]}\n"),
             &labels[0]);
    assert_label(&labels[0], "Mining", "Mining");
    feed_all(labeler, tcp_packet(&room, 4445, "~~~~~~~~~~~~~~~~~~~~~~~~~~~~"), &labels[1]);
    assert_null(labels[1].name);
    ht_buffer_free(&room);
}

static void test_hostile_packets(void **state)
{
    struct ht_labeler *labeler = labeler_or_skip(state);
    struct ht_buffer room      = {.max = 4096};
    struct ht_app_label label  = {0};
    struct ht_bytes packet = tcp_packet(&room, 80, "GET / HTTP/1.1\r\nHost: www.google.com\r\n");
    for (size_t len = 0; len <= packet.len; len++) {
        void *flow = NULL;
        (void)ht_labeler_feed(labeler, &flow, ht_bytes_head(packet, len), -1, true, &label);
        ht_labeler_flow_free(labeler, &flow);
    }
    ht_buffer_free(&room);
}

/* As a worker does, in a thread of its own. cmocka counts in one thread only. */
static void *ask_and_feed(void *context)
{
    struct ht_labeler *labeler = context;
    struct ht_buffer room      = {.max = 4096};
    bool all_good              = true;
    struct ht_bytes request    = tcp_packet(&room, 8080, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    for (int i = 0; i < 500; i++) {
        struct ht_app_label by_name = {0}, by_packets = {0};
        void *flow = NULL;
        char name[32];
        (void)snprintf(name, sizeof name, "%d.facebook.com", i);
        ht_labeler_by_server_name(labeler, ht_text(name), &by_name);
        (void)ht_labeler_feed(labeler, &flow, request, i, true, &by_packets);
        ht_labeler_flow_free(labeler, &flow);
        all_good = all_good && by_name.name != NULL && strcmp(by_name.name, "Facebook") == 0 &&
                   by_packets.name != NULL && strcmp(by_packets.name, "HTTP") == 0;
    }
    ht_buffer_free(&room);
    return all_good ? labeler : NULL;
}

static void test_several_in_threads(void **state)
{
    (void)labeler_or_skip(state);
    struct ht_label_tables *tables = ht_label_tables_new();
    struct ht_labeler *labelers[3];
    pthread_t threads[3];
    for (uint64_t i = 0; i < 3; i++) {
        labelers[i] = ht_labeler_new(tables, i, NULL);
        assert_int_equal(pthread_create(&threads[i], NULL, ask_and_feed, labelers[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        void *good = NULL;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
        ht_labeler_free(labelers[i]);
    }
    ht_label_tables_free(tables);
}

static size_t num_taken; /* libndpi hands no context to these */

static void *take(size_t len)
{
    num_taken++;
    return malloc(len);
}

static void test_memory_of_its_own(void **state)
{
    (void)labeler_or_skip(state);
    ht_labeler_use_memory(take, free);
    struct ht_label_tables *tables = ht_label_tables_new();
    struct ht_labeler *labeler     = ht_labeler_new(tables, 1, NULL);
    assert_server_name(labeler, "www.google.com", "Google", "Web");
    assert_true(num_taken > 0);
    ht_labeler_free(labeler);
    ht_label_tables_free(tables);
    ht_labeler_use_memory(malloc, free);
}

static void test_nothing_to_free(void **state)
{
    (void)state;
    void *flow = NULL;
    ht_labeler_flow_free(NULL, &flow);
    ht_labeler_flow_free(NULL, NULL);
    ht_labeler_free(NULL);
    ht_label_tables_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_name),
        cmocka_unit_test(test_server_names_again),
        cmocka_unit_test(test_hostile_server_name),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_dns),
        cmocka_unit_test(test_unknown_gives_up),
        cmocka_unit_test(test_memory_of_a_flow),
        cmocka_unit_test(test_other_connections),
        cmocka_unit_test(test_hostile_packets),
        cmocka_unit_test(test_several_in_threads),
        cmocka_unit_test(test_memory_of_its_own),
        cmocka_unit_test(test_nothing_to_free),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
