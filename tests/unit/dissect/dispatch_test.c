/*
 * The dispatcher, driven by a protocol made for it: "~", a type, a two-byte length, a body. Of type
 * 'b' (bulk) only the header is wanted; 'q' ends all interest; after a 'u' (upgrade) of side A
 * another protocol begins, for which side B has waited since its own 'u'.
 */
#include "recorder.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_NEED = 64 };

struct toy_pdu {
    struct ht_bytes body;
    uint64_t len;
};

struct toy_state {
    bool waits; /* side B */
    bool upgraded;
};

static unsigned times_framed;

static const struct ht_field toy_fields[] = {
    HT_FIELD(struct toy_pdu, body, HT_TEXT, "What came of the body."),
    HT_FIELD(struct toy_pdu, len, HT_UINT, "Its length."),
};
static const struct ht_struct toy_struct = HT_STRUCT(struct toy_pdu, "toy", toy_fields, "A PDU.");
static const struct ht_event_type toy_event  = {.name = "pdu", .title = "PDU", .data = &toy_struct};
static const struct ht_event_type gap_event  = {.name = "gap", .title = "gap"};
static const struct ht_event_type done_event = {.name = "end", .title = "end"};

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    if (head.len == 0 || head.ptr[0] != '~') {
        return HT_MATCH_NO;
    }
    return head.len < 4 ? HT_MATCH_MORE : HT_MATCH_YES;
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    struct ht_reader r = ht_reader(avail);
    uint8_t mark = rd_u8(&r), type = rd_u8(&r);
    size_t len                  = 4 + (size_t)rd_u16(&r);
    const struct toy_state *toy = state;
    times_framed++;
    if (toy->upgraded) {
        return (struct ht_frame_size){.other = true};
    }
    if (toy->waits && side == HT_SIDE_B) {
        return (struct ht_frame_size){0};
    }
    if (mark != '~' && avail.len > 0) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    return r.bad ? (struct ht_frame_size){0}
                 : (struct ht_frame_size){.len = len, .need = type == 'b' ? 4 : len};
}

static size_t resync(struct ht_bytes avail, enum ht_side side)
{
    const uint8_t *mark = avail.len > 0 ? memchr(avail.ptr, '~', avail.len) : NULL;
    (void)side;
    return mark != NULL ? (size_t)(mark - avail.ptr) : avail.len;
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct toy_state *toy = state;
    bool bulk             = pdu->bytes.ptr[1] == 'b';
    struct toy_pdu event  = {.body = bulk ? ht_text("-") : ht_bytes_from(pdu->bytes, 4),
                             .len  = pdu->len};
    bool upgrade          = pdu->bytes.ptr[1] == 'u';
    toy->waits |= upgrade && pdu->side == HT_SIDE_B;
    toy->upgraded |= upgrade && pdu->side == HT_SIDE_A;
    (void)ht_emit(e, &toy_event, pdu->side, pdu->partial ? HT_EVENT_PARTIAL : 0, &event);
    return pdu->bytes.ptr[1] == 'q' ? HT_DONE : HT_CONTINUE;
}

static void gap(void *state, struct ht_emitter *e, enum ht_side side, uint64_t missing)
{
    (void)state, (void)missing;
    (void)ht_emit(e, &gap_event, side, 0, NULL);
}

static void finish(void *state, struct ht_emitter *e, const struct ht_end *end)
{
    (void)state, (void)end;
    (void)ht_emit(e, &done_event, HT_SIDE_A, 0, NULL);
}

static const struct ht_event_type *const toy_events[] = {&toy_event, &gap_event, &done_event, NULL};

static const struct ht_dissector toy = {.name       = "toy",
                                        .tcp        = true,
                                        .udp        = true,
                                        .state_size = sizeof(struct toy_state),
                                        .max_need   = MAX_NEED,
                                        .match      = match,
                                        .frame      = frame,
                                        .resync     = resync,
                                        .pdu        = pdu,
                                        .gap        = gap,
                                        .finish     = finish,
                                        .events     = toy_events};

static struct ht_bytes bytes(const char *text, size_t len)
{
    return ht_bytes(text, len);
}

#define TEXT(literal) bytes(literal, sizeof(literal) - 1)

static void pdus_are_the_same_however_cut(void **unused)
{
    const struct utterance said[] = {{HT_SIDE_A, TEXT("~a\0\3one~a\0\0~b\0\12"
                                                      "0123456789~a\0\5three")},
                                     {HT_SIDE_B, TEXT("~a\0\4four~b\0\1x~a\0\3six")}};
    (void)unused;
    char *text = every_split(&toy, said, 2, 7);
    assert_string_equal(text, "A pdu { body=one len=7 }\nA pdu { len=4 }\nA pdu { body=- len=14 }\n"
                              "A pdu { body=three len=9 }\nB pdu { body=four len=8 }\n"
                              "B pdu { body=- len=5 }\nB pdu { body=six len=7 }\nA end\n");
    free(text);
}

/* What is whole of types 'a' and 'b', and of 'b' what is only begun. */
static size_t take(void *state, struct ht_emitter *e, struct ht_bytes avail, enum ht_side side)
{
    size_t taken = 0;
    for (struct ht_bytes left = avail; left.len >= 4 && left.ptr[0] == '~';
         left                 = ht_bytes_from(avail, taken)) {
        size_t len = 4 + (size_t)ht_be16_at(left, 2);
        if (left.ptr[1] != 'b' && (left.ptr[1] != 'a' || left.len < len)) {
            break;
        }
        struct ht_bytes bytes = ht_bytes_head(left, len);
        (void)pdu(state, e, &(struct ht_pdu){.bytes = bytes, .len = len, .side = side});
        taken += len;
    }
    return taken;
}

/* Whoever takes several PDUs at once tells the same as who is handed each: also of what the stream
 * ends in, what is behind a hole and what is none of its PDUs. */
static void what_is_taken_at_once_is_the_same(void **unused)
{
    struct ht_dissector taking             = toy;
    const struct utterance said[]          = {{HT_SIDE_A, TEXT("~a\0\3one~b\0\12"
                                                                        "0123456789~c\0\1x~a\0\5three")},
                                              {HT_SIDE_B, TEXT("~b\0\1x~a\0\3sixjunk~a\0\1y~b\0\7z")}};
    const struct ht_dissector *const who[] = {&toy, &taking};
    char *text[2];
    (void)unused;
    taking.take = take;
    for (int i = 0; i < 2; i++) {
        text[i] = every_split(who[i], said, 2, 7);
        struct recorder r;
        recorder_start(&r, who[i], true, 7);
        recorder_bytes(&r, HT_SIDE_A, TEXT("~b\0\5x"), 6);
        recorder_bytes(&r, HT_SIDE_A, TEXT("~a\0\1y~a\0\1"), 9);
        recorder_bytes(&r, HT_SIDE_A, TEXT("k~b\0\2xx~a\0\1z"), 0);
        recorder_end(&r);
        assert_non_null(strstr(r.text, "body=z"));
        char *both = NULL;
        assert_true(asprintf(&both, "%s%s", text[i], r.text) > 0);
        free(text[i]);
        text[i] = both;
        recorder_free(&r);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

static void assert_said(const struct ht_bytes *parts, const uint64_t *missing, size_t num,
                        const char *expected)
{
    struct recorder r;
    recorder_start(&r, &toy, true, 7);
    for (size_t i = 0; i < num; i++) {
        recorder_bytes(&r, HT_SIDE_A, parts[i], missing[i]);
    }
    recorder_end(&r);
    assert_string_equal(r.text, expected);
    recorder_free(&r);
}

static void a_hole_in_what_is_stepped_over_costs_nothing(void **unused)
{
    (void)unused;
    assert_said((struct ht_bytes[]){TEXT("~b\0\12"
                                         "01"),
                                    TEXT("789~a\0\1x")},
                (uint64_t[]){5, 0}, 2, "A pdu { body=- len=14 }\nA pdu { body=x len=5 }\nA end\n");
}

/* The rest of a head that does not end is looked at a few times, not with every few bytes. */
static void a_head_without_end_is_looked_at_rarely(void **unused)
{
    enum { LEN = 15000, RARELY = 16 };
    struct recorder r;
    uint8_t *rest = calloc(1, LEN);
    (void)unused;
    assert_non_null(rest);
    recorder_start(&r, &toy, true, 7);
    recorder_bytes(&r, HT_SIDE_B, TEXT("~u\0\0~a\0"), 0);
    times_framed = 0;
    recorder_bytes(&r, HT_SIDE_B, ht_bytes(rest, LEN), 0);
    assert_in_range(times_framed, 1, RARELY);
    assert_string_equal(r.text, "B pdu { len=4 }\n");
    recorder_free(&r);
    free(rest);
}

static void a_hole_in_a_pdu_costs_that_pdu(void **unused)
{
    (void)unused;
    /* Its end is known, so that the next is found without a search: the '~' in it is no PDU. */
    assert_said((struct ht_bytes[]){TEXT("~a\0\6ab"), TEXT("~f~a\0\1x")}, (uint64_t[]){2, 0}, 2,
                "A pdu partial { body=ab len=10 }\nA gap\nA pdu { body=x len=5 }\nA end\n");
}

static void a_hole_over_a_header_is_searched_past(void **unused)
{
    (void)unused;
    assert_said((struct ht_bytes[]){TEXT("~a\0\1x"), TEXT("junk~a\0\1y")}, (uint64_t[]){9, 0}, 2,
                "A pdu { body=x len=5 }\nA gap\nA pdu { body=y len=5 }\nA end\n");
}

static void the_beginning_lost(void **unused)
{
    struct recorder r;
    (void)unused;
    assert_said((struct ht_bytes[]){TEXT(""), TEXT("junk"), TEXT("more~a\0\1y")},
                (uint64_t[]){100, 0, 0}, 3, "A pdu { body=y len=5 }\nA end\n");
    recorder_start(&r, &toy, true, 7);
    ht_dispatch_late(&r.dispatch, HT_SIDE_A, false);
    recorder_bytes(&r, HT_SIDE_A, TEXT("tail~a\0\1y"), 0);
    assert_string_equal(r.text, "A pdu { body=y len=5 }\n");
    recorder_free(&r);
}

/* A capture that begins between a question and its answer, or without the SYNs. */
static void who_answers_begins_with_a_pdu(void **unused)
{
    struct ht_dissector cannot_search = toy;
    struct recorder r;
    (void)unused;
    cannot_search.resync = NULL;
    recorder_start(&r, &cannot_search, true, 7);
    ht_dispatch_late(&r.dispatch, HT_SIDE_A, false);
    ht_dispatch_late(&r.dispatch, HT_SIDE_B, true);
    recorder_bytes(&r, HT_SIDE_A, TEXT("~a\0\1x"), 0);
    recorder_bytes(&r, HT_SIDE_B, TEXT("~a\0\1y"), 5);
    recorder_bytes(&r, HT_SIDE_B, TEXT("~a\0\1z"), 0);
    assert_string_equal(r.text, "A pdu { body=x len=5 }\nB pdu { body=y len=5 }\nB gap\n");
    recorder_free(&r);
}

static void the_end_is_handed_over_as_it_is(void **unused)
{
    (void)unused;
    assert_said((struct ht_bytes[]){TEXT("~a\0\6ab")}, (uint64_t[]){0}, 1,
                "A pdu partial { body=ab len=10 }\nA end\n");
}

static void what_is_too_long_is_cut(void **unused)
{
    char said[4 + 100 + 5];
    char expected[200];
    (void)unused;
    memset(said, 'x', sizeof said);
    memcpy(said, "~a\0\144", 4);
    memcpy(said + 104, "~a\0\1y", 5);
    (void)snprintf(expected, sizeof expected,
                   "A pdu partial { body=%.*s len=104 }\nA pdu { body=y len=5 }\nA end\n",
                   MAX_NEED - 4, said + 10);
    const struct utterance whole = {HT_SIDE_A, bytes(said, sizeof said)};
    char *text                   = every_split(&toy, &whole, 1, 7);
    assert_string_equal(text, expected);
    free(text);
}

static void what_is_not_it_is_not_kept(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &toy, true, 7);
    recorder_bytes(&r, HT_SIDE_A, TEXT("GET /"), 0);
    recorder_bytes(&r, HT_SIDE_B, TEXT("200"), 0);
    assert_false(ht_dispatch_over(&r.dispatch));
    for (int i = 0; i <= HT_MAX_WATCH_BYTES / 10; i++) {
        recorder_bytes(&r, HT_SIDE_A, TEXT("0123456789"), 0);
        recorder_bytes(&r, HT_SIDE_B, TEXT("0123456789"), 0);
        assert_true(r.dispatch.side[HT_SIDE_A].pending.len < 64);
    }
    assert_true(ht_dispatch_over(&r.dispatch));
    assert_int_equal(r.dispatch.side[HT_SIDE_A].pending.capacity, 0);
    recorder_end(&r);
    assert_string_equal(r.text, "");
    recorder_free(&r);
}

static void the_side_that_spoke_before_is_joined(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &toy, true, 7);
    recorder_bytes(&r, HT_SIDE_A, TEXT("STARTTOY\n"), 0);
    recorder_bytes(&r, HT_SIDE_B, TEXT("~a\0\1y"), 0);
    recorder_bytes(&r, HT_SIDE_A, TEXT("~a\0\1x"), 0);
    assert_string_equal(r.text, "B pdu { body=y len=5 }\nA pdu { body=x len=5 }\n");
    recorder_free(&r);
}

static size_t find(struct ht_bytes bytes, enum ht_side side)
{
    (void)side;
    for (size_t i = 0; i + 4 <= bytes.len; i++) {
        if (memcmp(bytes.ptr + i, "~a\0\2", 4) == 0) {
            return i;
        }
    }
    return bytes.len;
}

/* Whatever the cut, the PDU amid other bytes is found. */
static void it_may_begin_amid_another_protocol(void **unused)
{
    struct ht_dissector findable  = toy;
    const struct utterance said[] = {{HT_SIDE_A, TEXT("please now: ~a\0\2xy~a\0\1z")}};
    (void)unused;
    findable.find = find;
    char *text    = every_split(&findable, said, 1, 7);
    assert_string_equal(text, "A pdu { body=xy len=6 }\nA pdu { body=z len=5 }\nA end\n");
    free(text);
}

static enum ht_match match_a(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                             enum ht_side side)
{
    bool other = head.len >= 4 && head.ptr[1] != 'a';
    return other ? HT_MATCH_NO : match(head, endpoint, side);
}

/* What was held back until it was clear that it does not begin a PDU may hold the begin of one. */
static void it_may_begin_in_what_was_held_back(void **unused)
{
    struct ht_dissector findable  = toy;
    const struct utterance said[] = {{HT_SIDE_A, TEXT("~~a\0\2xy~a\0\1z")}};
    (void)unused;
    findable.match = match_a;
    findable.find  = find;
    char *text     = every_split(&findable, said, 1, 7);
    assert_string_equal(text, "A pdu { body=xy len=6 }\nA pdu { body=z len=5 }\nA end\n");
    free(text);
}

static void done_means_done(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &toy, true, 7);
    recorder_bytes(&r, HT_SIDE_A, TEXT("~q\0\1x~a\0\1y"), 0);
    assert_true(ht_dispatch_over(&r.dispatch));
    assert_int_equal(ht_dispatch_bytes(&r.dispatch, &r.emitter, HT_SIDE_B, 0, TEXT("~a\0\1z"), 0),
                     UINT64_MAX);
    assert_string_equal(r.text, "A pdu { body=x len=5 }\n");
    recorder_free(&r);
}

/* A's and B's PDUs after the upgrade are those of a dissector found anew, wherever they are cut;
 * both end. */
static void another_protocol_begins_after_an_upgrade(void **unused)
{
    const struct utterance said[] = {{HT_SIDE_B, TEXT("~u\0\1b")},
                                     {HT_SIDE_A, TEXT("~u\0\1a~a\0\3new")},
                                     {HT_SIDE_B, TEXT("~a\0\3new")}};
    (void)unused;
    char *text = every_split(&toy, said, 3, 7);
    assert_string_equal(text, "B pdu { body=b len=5 }\nA pdu { body=a len=5 }\n"
                              "A pdu { body=new len=7 }\nB pdu { body=new len=7 }\n"
                              "A end\nA end\n");
    free(text);
}

/* A capture may hold one side's packets later than they were sent. */
static void what_was_said_before_the_upgrade_was_seen_is_not_lost(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &toy, true, 7);
    recorder_bytes(&r, HT_SIDE_B, TEXT("~u\0\1b~a\0\5early"), 0);
    recorder_bytes(&r, HT_SIDE_A, TEXT("~u\0\1a"), 0);
    assert_null(r.dispatch.past);
    recorder_bytes(&r, HT_SIDE_A, TEXT("~a\0\4late"), 0);
    assert_ptr_equal(r.dispatch.past->found, &toy);
    assert_string_equal(r.text, "B pdu { body=b len=5 }\nA pdu { body=a len=5 }\n"
                                "B pdu { body=early len=9 }\nA pdu { body=late len=8 }\n");
    recorder_free(&r);
}

static void upgrades_are_bounded(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &toy, true, 7);
    for (int i = 0; i <= HT_MAX_PAST; i++) {
        assert_false(ht_dispatch_over(&r.dispatch));
        recorder_bytes(&r, HT_SIDE_A, TEXT("~u\0\0"), 0);
    }
    recorder_bytes(&r, HT_SIDE_A, TEXT("~u\0\0"), 0);
    assert_true(ht_dispatch_over(&r.dispatch));
    recorder_free(&r);
}

static void a_datagram_is_a_pdu(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &toy, false, 7);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_A, TEXT("~a\0\1x"), 5);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_B, TEXT("~a\0\5x"), 9);
    assert_string_equal(r.text, "A pdu { body=x len=5 }\nB pdu partial { body=x len=9 }\n");
    recorder_free(&r);
}

static void other_datagrams_may_come_first(void **unused)
{
    struct recorder r;
    (void)unused;
    recorder_start(&r, &toy, false, 7);
    for (int i = 1; i < HT_MAX_MATCH_DATAGRAMS; i++) {
        ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_A, TEXT("stun"), 4);
        ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_B, TEXT("stun"), 4);
    }
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_B, TEXT("stun"), 4);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_B, TEXT("~a\0\1n"), 5);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_A, TEXT("~a\0\1y"), 5);
    assert_string_equal(r.text, "A pdu { body=y len=5 }\n");
    recorder_free(&r);
}

static enum ht_match match_maybe(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                 enum ht_side side)
{
    (void)endpoint, (void)side;
    return head.len >= 4 && head.ptr[0] == 'm' ? HT_MATCH_MAYBE : HT_MATCH_NO;
}

static void start_unsure(struct recorder *r, struct ht_dissector *unsure,
                         const struct ht_dissector **list)
{
    *unsure       = toy;
    unsure->match = match_maybe;
    recorder_start(r, &toy, false, 7);
    list[0] = unsure;
    list[1] = &toy;
    list[2] = NULL;
    ht_dispatch_start(&r->dispatch, list, false, NULL);
}

/* It is handed the flow from there on, however many datagrams come, and stays in doubt. */
static void what_may_be_it_stays_in_doubt(void **unused)
{
    struct recorder r;
    struct ht_dissector unsure;
    const struct ht_dissector *list[3];
    (void)unused;
    start_unsure(&r, &unsure, list);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_A, TEXT("stun"), 4);
    for (int i = 0; i < 2 * HT_MAX_MATCH_DATAGRAMS; i++) {
        ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_B, TEXT("maybe"), 5);
        ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_A, TEXT("other"), 5);
    }
    size_t lines = 0;
    for (const char *at = r.text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, 4 * HT_MAX_MATCH_DATAGRAMS);
    assert_ptr_equal(r.dispatch.found, &unsure);
    assert_true(r.dispatch.unsure);
    recorder_end(&r);
    recorder_free(&r);
}

static void who_is_sure_takes_it(void **unused)
{
    struct recorder r;
    struct ht_dissector unsure;
    const struct ht_dissector *list[3];
    (void)unused;
    start_unsure(&r, &unsure, list);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_A, TEXT("maybe"), 5);
    assert_true(r.dispatch.unsure);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_B, TEXT("~a\0\1x"), 5);
    assert_ptr_equal(r.dispatch.found, &toy);
    assert_false(r.dispatch.unsure);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_A, TEXT("maybe"), 5);
    assert_ptr_equal(r.dispatch.found, &toy);
    recorder_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pdus_are_the_same_however_cut),
        cmocka_unit_test(what_is_taken_at_once_is_the_same),
        cmocka_unit_test(a_hole_in_what_is_stepped_over_costs_nothing),
        cmocka_unit_test(a_head_without_end_is_looked_at_rarely),
        cmocka_unit_test(a_hole_in_a_pdu_costs_that_pdu),
        cmocka_unit_test(a_hole_over_a_header_is_searched_past),
        cmocka_unit_test(the_beginning_lost),
        cmocka_unit_test(who_answers_begins_with_a_pdu),
        cmocka_unit_test(the_end_is_handed_over_as_it_is),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(what_is_not_it_is_not_kept),
        cmocka_unit_test(the_side_that_spoke_before_is_joined),
        cmocka_unit_test(it_may_begin_amid_another_protocol),
        cmocka_unit_test(it_may_begin_in_what_was_held_back),
        cmocka_unit_test(done_means_done),
        cmocka_unit_test(another_protocol_begins_after_an_upgrade),
        cmocka_unit_test(what_was_said_before_the_upgrade_was_seen_is_not_lost),
        cmocka_unit_test(upgrades_are_bounded),
        cmocka_unit_test(a_datagram_is_a_pdu),
        cmocka_unit_test(other_datagrams_may_come_first),
        cmocka_unit_test(what_may_be_it_stays_in_doubt),
        cmocka_unit_test(who_is_sure_takes_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
