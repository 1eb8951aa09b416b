/* What waits in a flow, for how long and in how much memory. */
#include "support.h"

#include "messages.h"

#include "base/time.h"
#include "dns/dns.h"
#include "dns/transaction.h"

#include <stdlib.h>

extern const struct ht_dissector dns_dissector, dns_stream_dissector;

#define MS INT64_C(1000000)

enum { MAX_RECORDS = 256 };

/* An emitter that keeps the records and counts the events. */
struct scene {
    struct ht_emitter emitter; /* first */
    struct ht_endpoint endpoint[2];
    struct ht_arena arena, scratch, kept;
    void *state;
    const struct ht_dissector *dissector;
    const struct dns_transaction *records[MAX_RECORDS];
    size_t num_records;
    unsigned queries, answers;
    uint64_t answered_query; /* as the last answer's event says */
};

static struct ht_kept *emit(struct ht_emitter *e, const struct ht_event_type *type,
                            enum ht_side from, unsigned flags, void *event)
{
    struct scene *scene             = (struct scene *)e;
    const struct dns_transaction *t = event;
    (void)from, (void)flags;
    scene->queries += type == &dns_query_event;
    scene->answers += type == &dns_answer_event;
    scene->answered_query = t->query_frame;
    return NULL;
}

static void record(struct ht_emitter *e, const struct ht_record_type *type, void *data)
{
    struct scene *scene = (struct scene *)e;
    assert_ptr_equal(type, &dns_transaction_record);
    assert_true(scene->num_records < MAX_RECORDS);
    scene->records[scene->num_records++] = ht_object_copy(&scene->kept, type->data, data);
}

static void claim_client(struct ht_emitter *e, enum ht_side client, const char *roles_from)
{
    (void)e, (void)roles_from;
    assert_int_equal(client, HT_SIDE_A);
}

static const struct ht_emitter_ops ops = {
    .emit = emit, .record = record, .claim_client = claim_client};

static struct scene *start(const struct ht_dissector *dissector)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->dissector = dissector;
    scene->emitter   = (struct ht_emitter){.ops       = &ops,
                                           .scratch   = &scene->scratch,
                                           .arena     = &scene->arena,
                                           .endpoint  = scene->endpoint,
                                           .transport = dissector->tcp ? "tcp" : "udp",
                                           .events    = true};
    scene->endpoint[0] =
        (struct ht_endpoint){.address = ht_address4((uint8_t[]){10, 0, 0, 1}), .port = 40000};
    scene->endpoint[1] =
        (struct ht_endpoint){.address = ht_address4((uint8_t[]){10, 0, 0, 2}), .port = 53};
    scene->state = calloc(1, dissector->state_size);
    assert_non_null(scene->state);
    return scene;
}

static void say_bytes(struct scene *scene, uint64_t frame, int64_t time_ns, enum ht_side side,
                      struct ht_bytes bytes)
{
    const struct ht_pdu pdu = {.bytes = bytes, .len = bytes.len, .side = side};
    scene->emitter.frame    = frame;
    scene->emitter.time_ns  = time_ns;
    assert_int_equal(scene->dissector->pdu(scene->state, &scene->emitter, &pdu), HT_CONTINUE);
    ht_arena_rewind(&scene->scratch);
}

static void say(struct scene *scene, uint64_t frame, int64_t time_ns, enum ht_side side,
                const char *digits)
{
    say_bytes(scene, frame, time_ns, side, hex(digits));
}

static void end(struct scene *scene)
{
    const struct ht_end how = {0};
    scene->dissector->finish(scene->state, &scene->emitter, &how);
    ht_arena_rewind(&scene->scratch);
}

static void drop(struct scene *scene)
{
    ht_arena_clear(&scene->arena);
    ht_arena_clear(&scene->scratch);
    ht_arena_clear(&scene->kept);
    free(scene->state);
    free(scene);
}

static void assert_frames(const struct dns_transaction *t, uint64_t query, uint64_t answer)
{
    assert_int_equal(t->query_frame, query);
    assert_int_equal(t->answer_frame, answer);
}

/* A mirror port doubles every frame. The events are said once. */
static void doubled_frames(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    say(scene, 1, 0, HT_SIDE_A, FRAME_5);
    say(scene, 2, 1, HT_SIDE_A, FRAME_5);
    say(scene, 3, 10 * MS, HT_SIDE_B, FRAME_6);
    assert_int_equal(scene->answered_query, 1);
    say(scene, 4, 10 * MS + 1, HT_SIDE_B, FRAME_6);
    end(scene);
    assert_int_equal(scene->queries, 1);
    assert_int_equal(scene->answers, 1);
    assert_int_equal(scene->num_records, 1);
    assert_frames(scene->records[0], 1, 3);
    assert_int_equal(scene->records[0]->repeat_frames.len, 2);
    assert_int_equal(scene->records[0]->repeat_frames.items[0], 2);
    assert_int_equal(scene->records[0]->repeat_frames.items[1], 4);
    assert_int_equal(scene->records[0]->rtt_ns, 10 * MS);
    drop(scene);
}

/* Captured live, a flow need not wait where every query has its answer. */
static void is_settled_once_answered(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    say(scene, 1, 0, HT_SIDE_A, FRAME_5);
    assert_false(dns_dissector.settled(scene->state));
    say(scene, 2, 10 * MS, HT_SIDE_B, FRAME_6);
    assert_true(dns_dissector.settled(scene->state));
    say(scene, 3, 20 * MS, HT_SIDE_A, "0001 0100 0001 0000 0000 0000 0161 00 0001 0001");
    assert_false(dns_dissector.settled(scene->state));
    end(scene);
    drop(scene);
}

/* Not the answer to a query that was asked after it. */
static void an_earlier_answer_to_a_later_query(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    say(scene, 1, 0, HT_SIDE_B, FRAME_6);
    say(scene, 2, HT_SECOND_NS, HT_SIDE_A, FRAME_5);
    end(scene);
    assert_int_equal(scene->num_records, 2);
    assert_frames(scene->records[0], 0, 1);
    assert_frames(scene->records[1], 2, 0);
    drop(scene);
}

/* Case may change on the way; another id, name or type is another question. */
static void what_makes_a_pair(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    say(scene, 1, 0, HT_SIDE_A, "000101000001000000000000 0161 00 0001 0001");
    say(scene, 2, 0, HT_SIDE_A, "000101000001000000000000 0162 00 0001 0001");
    say(scene, 3, 0, HT_SIDE_A, "000101000001000000000000 0162 00 001c 0001");
    say(scene, 4, 0, HT_SIDE_A, "000201000001000000000000 0162 00 0001 0001");
    say(scene, 5, MS, HT_SIDE_B, "000281830001000000000000 0142 00 0001 0001");
    say(scene, 6, MS, HT_SIDE_B, "000181830001000000000000 0142 00 001c 0001");
    say(scene, 7, MS, HT_SIDE_B, "000381830001000000000000 0142 00 001c 0001");
    end(scene);
    assert_int_equal(scene->num_records, 5);
    assert_frames(scene->records[0], 1, 0);
    assert_frames(scene->records[1], 2, 0);
    assert_frames(scene->records[2], 3, 6);
    assert_text(scene->records[2]->rcode, "NXDOMAIN");
    assert_frames(scene->records[3], 4, 5);
    assert_frames(scene->records[4], 0, 7);
    drop(scene);
}

/* Letters that are half an octet each (RFC 1001 section 14.1) are others in another case. */
#define MOST_OF_WORKGROUP                                                                          \
    "000101100001000000000000 20"                                                                  \
    "464845504643454c4548464345504646464143414341434143414341434141"

static void case_of_netbios_names(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    scene->endpoint[1].port = 137;
    say(scene, 1, 0, HT_SIDE_A, MOST_OF_WORKGROUP "41 00 0020 0001");
    say(scene, 2, MS, HT_SIDE_A, MOST_OF_WORKGROUP "61 00 0020 0001");
    say(scene, 3, MS, HT_SIDE_A, MOST_OF_WORKGROUP "41 00 0020 0001");
    end(scene);
    assert_int_equal(scene->num_records, 2);
    assert_text(scene->records[0]->question->name, "WORKGROUP<00>");
    assert_int_equal(scene->records[0]->repeat_frames.len, 1);
    assert_frames(scene->records[1], 2, 0);
    drop(scene);
}

/* A bound on what waits: the oldest is told early and says so; nothing is lost. */
static void more_queries_than_can_wait(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    for (unsigned i = 0; i < DNS_MAX_WAITING + 10; i++) {
        uint8_t query[] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
        query[1]        = (uint8_t)i;
        say_bytes(scene, 1 + i, i, HT_SIDE_A, ht_bytes(query, sizeof query));
    }
    assert_int_equal(scene->num_records, 10);
    end(scene);
    assert_int_equal(scene->num_records, DNS_MAX_WAITING + 10);
    for (unsigned i = 0; i < DNS_MAX_WAITING + 10; i++) {
        assert_frames(scene->records[i], 1 + i, 0);
        assert_true(scene->records[i]->limit_reached == (i < 10));
    }
    drop(scene);
}

/* More repetitions than one record lists: a second record lists the rest. */
static void many_repetitions(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    for (unsigned i = 0; i < DNS_MAX_REPEATS + 3; i++) {
        say(scene, 1 + i, i, HT_SIDE_A, FRAME_5);
    }
    end(scene);
    assert_int_equal(scene->num_records, 2);
    assert_int_equal(scene->records[0]->repeat_frames.len, DNS_MAX_REPEATS);
    assert_frames(scene->records[1], DNS_MAX_REPEATS + 2, 0);
    assert_int_equal(scene->records[1]->repeat_frames.len, 1);
    drop(scene);
}

/* A flow that never ends uses its memory again. */
static void memory_does_not_grow(void **unused)
{
    struct ht_budget budget = {.max = SIZE_MAX};
    struct scene *scene     = start(&dns_dissector);
    size_t after_some       = 0;
    (void)unused;
    scene->arena.budget = &budget;
    for (unsigned i = 0; i < 20000; i++) {
        int64_t time_ns = i * HT_SECOND_NS;
        say(scene, 2 * i + 1, time_ns, HT_SIDE_A, FRAME_5);
        say(scene, 2 * i + 2, time_ns + MS, HT_SIDE_B, i % 2 == 0 ? FRAME_6 : FRAME_6 "00");
        scene->num_records = 0;
        ht_arena_rewind(&scene->kept);
        after_some = i == 1000 ? budget.used : after_some;
    }
    assert_int_equal(budget.used, after_some);
    drop(scene);
}

/* Without memory everything is told at once, unpaired. */
static void without_memory(void **unused)
{
    struct ht_budget budget = {.max = 0};
    struct scene *scene     = start(&dns_dissector);
    (void)unused;
    scene->arena.budget = &budget;
    say(scene, 1, 0, HT_SIDE_A, FRAME_5);
    say(scene, 2, MS, HT_SIDE_B, FRAME_6);
    end(scene);
    assert_int_equal(scene->num_records, 2);
    assert_frames(scene->records[0], 1, 0);
    assert_frames(scene->records[1], 0, 2);
    drop(scene);
}

/* What is told from an answer that was parsed once is what a parse at the end would tell; and after
 * the first few transactions of a flow it is parsed then. */
static void early_and_late_parses(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    for (unsigned i = 0; i < DNS_MAX_LASTING + 2; i++) {
        int64_t time_ns = (int64_t)i * 60 * HT_SECOND_NS;
        say(scene, 2 * i + 1, time_ns, HT_SIDE_A, FRAME_5);
        say(scene, 2 * i + 2, time_ns + MS, HT_SIDE_B, FRAME_6);
    }
    end(scene);
    assert_int_equal(scene->num_records, DNS_MAX_LASTING + 2);
    for (unsigned i = 0; i < DNS_MAX_LASTING + 2; i++) {
        const struct dns_transaction *t = scene->records[i];
        const struct dns_answer *last   = (const struct dns_answer *)t->answers.items + 2;
        assert_frames(t, 2 * i + 1, 2 * i + 2);
        assert_text(t->question->name, "shop.example.test");
        assert_int_equal(t->answers.len, 3);
        assert_text(last->name, "edge7.cdn.example.test");
        assert_text(last->data, "10.9.0.2");
        assert_non_null(t->edns);
    }
    drop(scene);
}

/* What only the query says is in the record too: its EDNS, its being malformed. */
static void what_only_the_query_says(void **unused)
{
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    say(scene, 1, 0, HT_SIDE_A,
        "000101000001000000000001 0161 00 0001 0001 00 0029 04d0 00000000 0000");
    say(scene, 2, MS, HT_SIDE_B, "000181800001000000000000 0161 00 0001 0001");
    say(scene, 3, 0, HT_SIDE_A, "000201000001000000000000 0161 00 0001 0001 ff");
    say(scene, 4, MS, HT_SIDE_B, "000281800001000000000000 0161 00 0001 0001");
    end(scene);
    assert_int_equal(scene->num_records, 2);
    assert_non_null(scene->records[0]->edns);
    assert_int_equal(scene->records[0]->edns->udp_size, 1232);
    assert_false(scene->records[0]->malformed);
    assert_null(scene->records[1]->edns);
    assert_true(scene->records[1]->malformed);
    drop(scene);
}

/* Where nobody is told of events as they happen a usual query is only parsed for a record of its
 * own, which is the same; an unusual one is parsed as ever. */
static void queries_without_events(void **unused)
{
    static const char *const said[] = {
        "000101000001000000000000 0161 00 0001 0001",
        "000101000001000000000000 0161 00 0001 0001",
        "000201100001000000000001 0142 00 001c 0001 00 0029 04d0 00008000 0000",
        "000301000001000000000000 0163 00 0041 0001 ff",
    };
    struct scene *scene = start(&dns_dissector);
    (void)unused;
    scene->emitter.events = false;
    for (unsigned i = 0; i < HT_ARRAY_LEN(said); i++) {
        say(scene, 1 + i, i, HT_SIDE_A, said[i]);
    }
    say(scene, 5, MS, HT_SIDE_B, "000281800001000000000000 0162 00 001c 0001");
    assert_int_equal(scene->queries, 1);
    assert_int_equal(scene->answers, 1);
    assert_int_equal(scene->answered_query, 3);
    end(scene);
    assert_int_equal(scene->num_records, 3);
    assert_frames(scene->records[0], 1, 0);
    assert_int_equal(scene->records[0]->repeat_frames.len, 1);
    assert_int_equal(scene->records[0]->id, 1);
    assert_text(scene->records[0]->question->name, "a");
    assert_text(scene->records[0]->question->type, "A");
    assert_true(scene->records[0]->recursion_desired);
    assert_frames(scene->records[1], 3, 5);
    assert_text(scene->records[1]->question->name, "b");
    assert_true(scene->records[1]->edns->dnssec_ok);
    assert_frames(scene->records[2], 4, 0);
    assert_true(scene->records[2]->malformed);
    drop(scene);
}

/* Over TCP no message comes twice: what is complete is told at once, in the order of the answers.
 */
static void over_tcp(void **unused)
{
    struct scene *scene = start(&dns_stream_dissector);
    (void)unused;
    say(scene, 54, 0, HT_SIDE_A, FRAME_54);
    say(scene, 58, MS, HT_SIDE_A, FRAME_58);
    say(scene, 59, 11 * MS, HT_SIDE_B, FRAME_59);
    assert_int_equal(scene->num_records, 1);
    say(scene, 56, 12 * MS, HT_SIDE_B, FRAME_56);
    assert_int_equal(scene->num_records, 2);
    assert_frames(scene->records[0], 58, 59);
    assert_text(scene->records[0]->question->name, "shop.example.test");
    assert_frames(scene->records[1], 54, 56);
    end(scene);
    assert_int_equal(scene->num_records, 2);
    drop(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubled_frames),
        cmocka_unit_test(is_settled_once_answered),
        cmocka_unit_test(an_earlier_answer_to_a_later_query),
        cmocka_unit_test(what_makes_a_pair),
        cmocka_unit_test(case_of_netbios_names),
        cmocka_unit_test(more_queries_than_can_wait),
        cmocka_unit_test(many_repetitions),
        cmocka_unit_test(memory_does_not_grow),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(over_tcp),
        cmocka_unit_test(early_and_late_parses),
        cmocka_unit_test(what_only_the_query_says),
        cmocka_unit_test(queries_without_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
