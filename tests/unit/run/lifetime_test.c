/*
 * When flows end, and what is kept of them until then.
 */
#include "crews.h"

#include "capture/source.h"
#include "flow/copies.h"

enum { SYN = 0x02, SYN_ACK = 0x12, ACK = 0x10 };

/* A segment of the connection of client `from` to port 443, on IPv4 with nothing around it. An ACK
 * of the client's carries its hello if `hello`. */
static struct ht_frame segment(uint8_t room[128], uint64_t number, uint16_t from, uint8_t flags,
                               bool hello)
{
    enum { HEADERS = 40, PORTS = 20, SEQ = 24, ACKED = 28, FLAGS = 33 };
    static const uint8_t headers[HEADERS] = {0x45, 0, 0,    0,    0, 1, 0, 0, 64, 6, 0, 0, 10,
                                             0,    0, 1,    10,   0, 0, 2, /* */
                                             0,    0, 0x01, 0xBB, 0, 0, 0, 0, 0,  0, 0, 0, 0x50};
    static const uint8_t first[]          = {22, 3,        1, 0, 47,   1,    0, 0, 43, 3,
                                             3,  [43] = 0, 0, 2, 0xC0, 0x2F, 1, 0, 0,  0};
    bool from_server                      = flags == SYN_ACK;
    size_t len                            = HEADERS + (hello ? sizeof first : 0);
    memcpy(room, headers, HEADERS);
    memcpy(room + HEADERS, first, len - HEADERS);
    room[3] = (uint8_t)len;
    memcpy(room + PORTS + (from_server ? 2 : 0), &from, sizeof from);
    if (from_server) {
        memcpy(room + PORTS, headers + PORTS + 2, 2);
        room[15] = 2;
        room[19] = 1;
    }
    room[SEQ + 3]   = flags == ACK;
    room[ACKED + 3] = flags != SYN;
    room[FLAGS]     = flags;
    return (struct ht_frame){.number       = number,
                             .time_ns      = (int64_t)number * 1000,
                             .data         = ht_bytes(room, len),
                             .original_len = (uint32_t)len,
                             .link_type    = HT_LINK_RAW};
}

/* Ends a run of which only the counts are wanted. */
static struct ht_stats end(struct ht_crew *crew, struct written *written)
{
    struct ht_stats stats = {0};
    assert_true(ht_crew_flush(crew));
    ht_crew_stats(crew, &stats);
    ht_crew_free(crew);
    written->format->close(written->sink);
    ht_chars_free(&written->lines);
    return stats;
}

enum { CONNECTIONS = 4000 };

/* Connections that open; later, in the order in which they did, all say what the first said last,
 * or, if `silent`, what they did not say yet. */
static struct ht_stats run_connections(struct asked asked, bool silent)
{
    uint8_t room[128];
    uint64_t number               = 0;
    struct written written        = {0};
    const struct ht_source source = {.name = "made"};
    struct ht_crew *crew          = start(&written, 1, asked);
    ht_crew_source(crew, &source);
    for (int i = 0; i < 2 * CONNECTIONS; i++) {
        const uint8_t flags[] = {SYN, SYN_ACK, ACK, ACK};
        for (size_t j = i < CONNECTIONS ? 0 : 3; j < (silent && i < CONNECTIONS ? 3 : 4); j++) {
            struct ht_frame frame =
                segment(room, ++number, (uint16_t)(1024 + i % CONNECTIONS), flags[j], j == 3);
            assert_true(ht_crew_frame(crew, &frame));
        }
    }
    return end(crew, &written);
}

/* Connections that are there already take more when they begin to speak, and when they wake: one
 * may, before others make room for it. */
static void memory_has_its_bound(void **unused)
{
    enum { ONE = 4096 };
    struct asked asked = {.max_bytes = (size_t)CONNECTIONS * 1800};
    (void)unused;
    struct ht_stats stats = run_connections(asked, true);
    assert_true(stats.connections >= CONNECTIONS);
    assert_in_range(stats.peak_bytes, asked.max_bytes / 2, asked.max_bytes);

    asked.sleep_frames = 1;
    stats              = run_connections(asked, false);
    assert_int_equal(stats.connections, CONNECTIONS);
    assert_int_equal(stats.mirror_duplicates, CONNECTIONS);
    assert_in_range(stats.peak_bytes, asked.max_bytes / 2, asked.max_bytes + ONE);
}

/* A connection opens, and so many frames later what it said last comes again, a moment after; of
 * what came between, all is an hour late, as in files that were joined. Returns how many copies
 * were found. */
static uint64_t copies_after(uint64_t frames, uint64_t sleep_frames)
{
    const struct ht_source source = {.name = "made"};
    const uint8_t flags[]         = {SYN, SYN_ACK, ACK, SYN, SYN, ACK};
    uint8_t room[128];
    struct written written = {0};
    struct ht_crew *crew   = start(&written, 1, (struct asked){.sleep_frames = sleep_frames});
    ht_crew_source(crew, &source);
    for (unsigned i = 0; i < sizeof flags; i++) {
        bool between    = i == 3 || i == 4;
        uint64_t number = i < 3 ? 1 + i : frames + i - 2; /* 3 and, at last, 3 + frames */
        struct ht_frame frame =
            segment(room, number, (uint16_t)(between ? 2000 + i : 1000), flags[i], flags[i] == ACK);
        frame.time_ns = (int64_t)i * 1000 + (between ? INT64_C(3600000000000) : 0);
        assert_true(ht_crew_frame(crew, &frame));
    }
    return end(crew, &written).mirror_duplicates;
}

static void what_is_a_copy_does_not_depend_on_sleep(void **unused)
{
    enum { LONG = 1 << 20 };
    (void)unused;
    for (uint64_t sleep_frames = 1; sleep_frames <= LONG; sleep_frames *= LONG) {
        assert_int_equal(copies_after(HT_RECENT_FRAMES, sleep_frames), 1);
        assert_int_equal(copies_after(HT_RECENT_FRAMES + 1, sleep_frames), 0);
    }
}

/* SYNs that nobody answered become flows only at the end, and are told there, in several rounds,
 * though they are more than may be followed: nobody ends others whose turn is yet to come. */
static void all_end_once_at_the_end(void **unused)
{
    enum { SYNS = 12000 };
    const struct ht_source source = {.name = "made"};
    uint8_t room[128];
    (void)unused;
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct written written = {0};
        struct ht_crew *crew =
            start(&written, workers, (struct asked){.live = true, .max_flows = SYNS / 8});
        ht_crew_source(crew, &source);
        for (unsigned i = 0; i < SYNS; i++) {
            struct ht_frame frame = segment(room, 1 + i, (uint16_t)(1024 + i), SYN, false);
            assert_true(ht_crew_frame(crew, &frame));
        }
        struct ht_stats stats = end(crew, &written);
        assert_int_equal(stats.connections, SYNS);
        assert_int_equal(stats.evicted_flows, 0);
    }
}

/* Live, a closed connection waits for what is sent again. A SYN whose RST got lost comes again
 * after 1, 2, 4 seconds (RFC 6298 section 5): after four it is of the same connection, after six it
 * is not, as nobody keeps all that ended. Returns how many connections were told. */
static size_t told_with_a_straggler(int64_t seconds)
{
    struct ht_error error;
    struct ht_frame frame;
    struct written written             = {.format = &ht_json_sink};
    const struct ht_crew_config config = {
        .engine  = {.dissectors = ht_dissectors, .analyzers = ht_analyzers, .live = true},
        .format  = &ht_json_sink,
        .workers = 1,
        .record  = write_record,
        .context = &written};
    struct ht_source *source =
        ht_file_open(HT_SOURCE_DIR "/samples/tcp-refused.pcap", &error); /* SYN, RST */
    struct ht_crew *crew = ht_crew_new(&config, &error);
    written.sink         = ht_json_sink.open(&config.sink);
    assert_true(ht_crew_start(crew, &error));
    ht_crew_source(crew, source);
    assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
    assert_true(ht_crew_frame(crew, &frame));
    uint8_t syn[128];
    assert_in_range(frame.data.len, 1, sizeof syn);
    memcpy(syn, frame.data.ptr, frame.data.len);
    frame.data.ptr = syn;
    struct ht_frame reset;
    assert_int_equal(ht_source_next(source, &reset, &error), HT_READ_FRAME);
    assert_true(ht_crew_frame(crew, &reset));
    frame.number  = reset.number + 1;
    frame.time_ns = reset.time_ns + seconds * 1000000000;
    assert_true(ht_crew_frame(crew, &frame));
    assert_true(ht_crew_flush(crew));
    ht_crew_free(crew);
    ht_source_close(source);
    written.format->close(written.sink);
    ht_chars_free(&written.lines);
    return written.records;
}

static void stragglers_of_what_is_closed(void **unused)
{
    (void)unused;
    assert_int_equal(told_with_a_straggler(4), 1);
    assert_int_equal(told_with_a_straggler(6), 2);
}

/* Live, the clock is set back by an hour: what comes then is followed as ever, and told when it is
 * over. */
static void a_clock_that_is_set_back(void **unused)
{
    const int64_t hour_ns = INT64_C(3600000000000);
    (void)unused;
    for (unsigned workers = 1; workers <= 2; workers++) {
        struct ht_error error;
        struct ht_frame frame;
        struct written written;
        struct ht_crew *crew = start(&written, workers, (struct asked){.live = true});
        struct ht_source *source =
            ht_file_open(HT_SOURCE_DIR "/samples/close-without-notify.pcap", &error);
        assert_int_equal(ht_source_next(source, &frame, &error), HT_READ_FRAME);
        int64_t now_ns = frame.time_ns;
        ht_crew_source(crew, source);
        assert_true(ht_crew_tick(crew, now_ns + hour_ns));
        do {
            now_ns = frame.time_ns;
            assert_true(ht_crew_frame(crew, &frame));
        } while (ht_source_next(source, &frame, &error) == HT_READ_FRAME);
        assert_true(ht_crew_tick(crew, now_ns + 1));
        size_t at_once = written.records;
        assert_true(ht_crew_tick(crew, now_ns + 6000000000));
        assert_int_equal(written.records, at_once + 1); /* what came before are certificates */
        assert_true(ht_crew_flush(crew));
        assert_int_equal(written.records, at_once + 1);
        ht_crew_free(crew);
        ht_source_close(source);
        written.format->close(written.sink);
        ht_chars_free(&written.lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_copy_does_not_depend_on_sleep),
        cmocka_unit_test(memory_has_its_bound), cmocka_unit_test(all_end_once_at_the_end),
        cmocka_unit_test(stragglers_of_what_is_closed), cmocka_unit_test(a_clock_that_is_set_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
