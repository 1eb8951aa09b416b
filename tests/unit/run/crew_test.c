#include "crews.h"

#include "capture/input.h"
#include "capture/source.h"

/* Several files one after another, with connections, look-ups and certificates that all of them
 * share, so that the workers have much to teach each other; with fragments, and with copies. */
static const char *const files[] = {HT_SOURCE_DIR "/samples/many.pcapng",
                                    HT_SOURCE_DIR "/samples/page-visit.pcapng",
                                    HT_SOURCE_DIR "/samples/fragments.pcap",
                                    HT_SOURCE_DIR "/samples/captured-twice.nano.pcap",
                                    HT_SOURCE_DIR "/samples/many.pcapng",
                                    HT_SOURCE_DIR "/samples/quic-rebinding.pcap",
                                    HT_SOURCE_DIR "/samples/tunnel-aggregate.pcap",
                                    NULL};

static void assert_same_output(struct asked asked, size_t least)
{
    struct written one, several;
    struct ht_stats counted = run_files(&one, 1, asked, files);
    assert_true(one.records > least);
    assert_int_equal(counted.connections + counted.records, one.records);
    for (unsigned workers = 2; workers <= 7; workers += 1 + workers % 2) {
        struct ht_stats stats = run_files(&several, workers, asked, files);
        assert_int_equal(several.records, one.records);
        assert_int_equal(several.lines.len, one.lines.len);
        assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
        assert_int_equal(stats.frames, counted.frames);
        assert_int_equal(stats.records, counted.records);
        assert_int_equal(stats.connections, counted.connections);
        assert_int_equal(stats.start_ns, counted.start_ns);
        assert_int_equal(stats.end_ns, counted.end_ns);
        assert_int_equal(stats.udp_packets, counted.udp_packets);
        assert_int_equal(stats.mirror_duplicates, counted.mirror_duplicates);
        assert_int_equal(stats.decode[HT_DECODE_FRAGMENT], counted.decode[HT_DECODE_FRAGMENT]);
        assert_memory_equal(&stats.fragments, &counted.fragments, sizeof stats.fragments);
        ht_chars_free(&several.lines);
    }
    ht_chars_free(&one.lines);
}

static void the_same_whatever_the_number(void **unused)
{
    (void)unused;
    assert_same_output((struct asked){0}, 100);
}

static void with_events_too(void **unused)
{
    (void)unused;
    assert_same_output((struct asked){.events = true}, 100);
}

/* What several workers see alike is counted once, whether it is wanted or not. */
static void with_conditions_too(void **unused)
{
    (void)unused;
    assert_same_output((struct asked){.only = "tls.established=true"}, 90);
    assert_same_output((struct asked){.only = "type=certificate"}, 3);
    assert_same_output((struct asked){.only = "type!=certificate"}, 100);
}

/* Connections that sleep whenever they are silent for a moment are told as if they never did. */
static void asleep_or_not(void **unused)
{
    struct written one, several;
    (void)unused;
    (void)run_files(&one, 1, (struct asked){.events = true}, files);
    for (unsigned workers = 1; workers <= 2; workers++) {
        (void)run_files(&several, workers, (struct asked){.events = true, .sleep_frames = 1},
                        files);
        assert_int_equal(several.lines.len, one.lines.len);
        assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
        ht_chars_free(&several.lines);
    }
    ht_chars_free(&one.lines);
}

/* A DNS query over UDP from a port of 10.0.0.1: Ethernet, IPv4, UDP, one question. */
static struct ht_frame query(uint8_t room[64], uint64_t number, uint16_t port)
{
    static const uint8_t bytes[] = {
        0,    0, 0, 0,  0, 1,  0, 0, 0,  0,  0, 2, 8,  0,                           /* */
        0x45, 0, 0, 49, 0, 0,  0, 0, 64, 17, 0, 0, 10, 0,   0,   1,   10, 0, 0, 53, /* */
        0,    0, 0, 53, 0, 29, 0, 0,                                                /* */
        0,    7, 1, 0,  0, 1,  0, 0, 0,  0,  0, 0, 3,  'w', 'w', 'w', 0,  0, 1, 0,  1};
    memcpy(room, bytes, sizeof bytes);
    room[34] = (uint8_t)(port >> 8);
    room[35] = (uint8_t)port;
    return (struct ht_frame){.number       = number,
                             .time_ns      = (int64_t)number * 1000,
                             .data         = ht_bytes(room, sizeof bytes),
                             .original_len = sizeof bytes,
                             .link_type    = HT_LINK_ETHERNET};
}

/* Queries that nobody answers, whose conversations end by the number of frames since. A worker sees
 * only some of the frames, and of them, as where a filter keeps some out, not every number. */
static void run_queries(struct written *written, unsigned workers)
{
    enum { QUERIES = 30000, STRIDE = 37 };
    uint8_t room[64];
    const struct ht_source source = {.name = "made"};
    struct ht_crew *crew          = start(written, workers, (struct asked){0});
    ht_crew_source(crew, &source);
    for (unsigned i = 0; i < QUERIES; i++) {
        uint64_t number       = 1 + (uint64_t)i * STRIDE + i % 11;
        struct ht_frame frame = query(room, number, (uint16_t)(1024 + i * 7 % 9973));
        assert_true(ht_crew_frame(crew, &frame));
    }
    assert_true(ht_crew_flush(crew));
    ht_crew_free(crew);
    written->format->close(written->sink);
}

static void what_ends_by_number_ends_in_order(void **unused)
{
    struct written one, several;
    (void)unused;
    run_queries(&one, 1);
    assert_true(one.records > 9973); /* conversations ended, and began again on the same port */
    for (unsigned workers = 2; workers <= 4; workers++) {
        run_queries(&several, workers);
        assert_int_equal(several.lines.len, one.lines.len);
        assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
        ht_chars_free(&several.lines);
    }
    ht_chars_free(&one.lines);
}

/* A SYN to 10.0.0.53: Ethernet, IPv4, TCP. */
static struct ht_frame syn(uint8_t room[64], uint64_t number, uint16_t port)
{
    static const uint8_t bytes[] = {
        0,    0, 0, 0,   0, 1, 0, 0, 0,  0, 0, 2, 8,    0,                           /* */
        0x45, 0, 0, 40,  0, 0, 0, 0, 64, 6, 0, 0, 10,   0, 0,    1,    10, 0, 0, 53, /* */
        0,    0, 1, 187, 0, 0, 0, 7, 0,  0, 0, 0, 0x50, 2, 0xFF, 0xFF, 0,  0, 0, 0};
    struct ht_frame frame = query(room, number, port);
    memcpy(room, bytes, sizeof bytes);
    room[34]           = (uint8_t)(port >> 8);
    room[35]           = (uint8_t)port;
    frame.data.len     = sizeof bytes;
    frame.original_len = sizeof bytes;
    return frame;
}

/* SYNs that nobody answers, some of which come again, soon or much later. */
static struct ht_stats run_flood(struct written *written, unsigned workers)
{
    enum { SYNS = 18000, AGAIN = 500, SOON = 100 };
    uint8_t room[64];
    struct ht_stats stats         = {0};
    const struct ht_source source = {.name = "made"};
    struct ht_crew *crew          = start(written, workers, (struct asked){0});
    ht_crew_source(crew, &source);
    for (unsigned i = 0; i < SYNS + AGAIN; i++) {
        const uint16_t port   = (uint16_t)(1024 + (i < SYNS ? i : 7 * (i - SYNS)));
        struct ht_frame frame = syn(room, 1 + 2 * i, port);
        assert_true(ht_crew_frame(crew, &frame));
        if (i % 3 == 0 && i >= SOON && i < SYNS) {
            frame = syn(room, 2 + 2 * i, (uint16_t)(port - i * 7919 / 64 % SOON));
            assert_true(ht_crew_frame(crew, &frame));
        }
    }
    assert_true(ht_crew_flush(crew));
    ht_crew_stats(crew, &stats);
    ht_crew_free(crew);
    written->format->close(written->sink);
    assert_int_equal(stats.unfinished_handshakes + written->records, SYNS);
    return stats;
}

static void of_a_flood_as_many_are_told(void **unused)
{
    struct written one, several;
    const struct ht_stats alone = run_flood(&one, 1);
    (void)unused;
    assert_int_equal(one.records, HT_MAX_UNFINISHED_TOLD);
    for (unsigned workers = 2; workers <= 4; workers++) {
        const struct ht_stats stats = run_flood(&several, workers);
        assert_int_equal(several.lines.len, one.lines.len);
        assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
        assert_int_equal(stats.floods.len, 1);
        assert_int_equal(stats.flooded[0].handshakes, alone.flooded[0].handshakes);
        assert_int_equal(stats.flooded[0].end_ns, alone.flooded[0].end_ns);
        ht_chars_free(&several.lines);
    }
    ht_chars_free(&one.lines);
}

enum { NAME = 16000, HELLO = 5 + 4 + 2 + 32 + 1 + 4 + 2 + 2 + 9 + NAME };

static uint8_t *put16(uint8_t *at, size_t number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
    return at + 2;
}

/* A ClientHello with a long name, the `n`th of a connection, or all but the end of it. */
static struct ht_frame hello(uint8_t room[static 54 + HELLO], uint32_t n, bool cut)
{
    uint8_t small[64], *at = room + 54;
    struct ht_frame frame = syn(small, n + 1, 40000);
    memset(room, 'a', 54 + HELLO);
    memcpy(room, small, 54);
    (void)put16(room + 16, 40 + HELLO);
    (void)put16(put16(room + 38, (8 + n * HELLO) >> 16), (8 + n * HELLO) & UINT16_MAX);
    room[47] = 0x18; /* ACK, PSH */
    memcpy(at, (const uint8_t[]){0x16, 3, 1}, 3);
    at = put16(at + 3, HELLO - 5);
    memcpy(at, (const uint8_t[]){1, 0}, 2);
    at = put16(at + 2, HELLO - 9 + (cut ? 9 : 0));
    (void)put16(at, 0x0303);
    (void)put16(at + 2, n); /* of the random */
    at[34] = 0;
    at     = put16(put16(at + 35, 2), 0x1301);
    at     = put16(put16(put16(at, 0x0100), NAME + 9), 0);
    at     = put16(put16(at, NAME + 5), NAME + 3);
    at[0]  = 0;
    at     = put16(at + 1, NAME);
    (void)put16(at, n); /* of the name, which so is another one each time */
    at[0] |= 0x40;
    frame.data         = ht_bytes(room, 54 + HELLO);
    frame.original_len = 54 + HELLO;
    return frame;
}

/* A connection of so many hellos, of which the last is cut: that is said at its end. */
static void run_hellos(struct written *written, unsigned workers, uint32_t hellos)
{
    static uint8_t room[54 + HELLO];
    const struct ht_source source = {.name = "made"};
    struct ht_crew *crew          = start(written, workers, (struct asked){0});
    ht_crew_source(crew, &source);
    for (uint32_t n = 0; n <= hellos; n++) {
        struct ht_frame frame = n == 0 ? syn(room, 1, 40000) : hello(room, n - 1, n == hellos);
        assert_true(ht_crew_frame(crew, &frame));
    }
    assert_true(ht_crew_flush(crew));
    ht_crew_free(crew);
    written->format->close(written->sink);
    assert_int_equal(written->records, 1);
}

/* What its end brings lies elsewhere with several workers: how much of a story there may be is
 * reached at the same hello nevertheless. */
static void a_story_too_long_ends_at_the_same_place(void **unused)
{
    static const char limit[] = "\"limit_reached\":true";
    unsigned reached          = 0;
    (void)unused;
    for (uint32_t hellos = 250; hellos < 264; hellos++) {
        struct written one, several;
        run_hellos(&one, 1, hellos);
        run_hellos(&several, 2, hellos);
        assert_int_equal(several.lines.len, one.lines.len);
        assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
        reached += memmem(one.lines.ptr, one.lines.len, limit, strlen(limit)) != NULL;
        ht_chars_free(&one.lines);
        ht_chars_free(&several.lines);
    }
    assert_in_range(reached, 1, 13);
}

/* Of a file of which a filter lets little through, each frame lies in a block of its own; not many
 * blocks wait for workers nevertheless. */
static void few_blocks_are_held(void **unused)
{
    enum { BLOCKS = 2000, MOST = 256 };
    static struct ht_shared *blocks[BLOCKS];
    struct ht_shared *block = NULL;
    struct written written;
    const struct ht_source source = {.name = "made", .block = &block};
    struct ht_crew *crew          = start(&written, 2, (struct asked){0});
    unsigned held                 = 0;
    (void)unused;
    ht_crew_source(crew, &source);
    for (unsigned i = 0; i < BLOCKS; i++) {
        block = blocks[i]     = ht_shared_new(HT_INPUT_BLOCK);
        struct ht_frame frame = query(blocks[i]->bytes, i + 1, (uint16_t)(1024 + i));
        assert_true(ht_crew_frame(crew, &frame));
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        held += !ht_shared_is_mine(blocks[i]);
    }
    assert_true(ht_crew_flush(crew));
    assert_true(held <= MOST);
    for (unsigned i = 0; i < BLOCKS; i++) {
        assert_true(ht_shared_is_mine(blocks[i]));
        ht_shared_drop(blocks[i]);
    }
    ht_crew_free(crew);
    written.format->close(written.sink);
    ht_chars_free(&written.lines);
}

/* A block that grew for one long record, of 16 MB it may be, is not kept for a few frames in it. */
static void a_large_block_is_not_held(void **unused)
{
    struct written written;
    struct ht_shared *block       = ht_shared_new(HT_INPUT_LARGE + 1);
    const struct ht_source source = {.name = "made", .block = &block};
    struct ht_crew *crew          = start(&written, 2, (struct asked){0});
    struct ht_frame frame         = query(block->bytes, 1, 1024);
    (void)unused;
    ht_crew_source(crew, &source);
    assert_true(ht_crew_frame(crew, &frame));
    bool held = !ht_shared_is_mine(block);
    memset(block->bytes, 0, HT_INPUT_LARGE); /* as the next frames are read into it */
    assert_true(ht_crew_flush(crew));
    ht_shared_drop(block);
    ht_crew_free(crew);
    written.format->close(written.sink);
    ht_chars_free(&written.lines);
    assert_false(held);
    assert_int_equal(written.records, 1);
}

enum { PARTS = 24, PART_LEN = 12 + 2 + 8 + 49 };

/* IEEE 802.11-2020 section 9.3.2.2: a QoS data frame whose body is an A-MSDU, of queries from as
 * many ports: { destination, source, length, LLC and SNAP, packet, padding }. */
static struct ht_frame aggregate(uint8_t room[static 26 + PARTS * 72], uint64_t number)
{
    enum { HEADER = 26, ETHERNET = 14, ALIGNED = (PART_LEN + 3) / 4 * 4 };
    static const uint8_t header[HEADER] = {[0] = 0x88, [1] = 1 /* to DS */, [24] = 0x80};
    static const uint8_t part[22]       = {[13] = 8 + 49, 0xAA, 0xAA, 3, 0, 0, 0, 8, 0};
    uint8_t one[64];
    memcpy(room, header, sizeof header);
    for (unsigned i = 0; i < PARTS; i++) {
        uint8_t *at = room + HEADER + (size_t)i * ALIGNED;
        (void)query(one, number, (uint16_t)(2000 + i));
        memcpy(at, part, sizeof part);
        memcpy(at + sizeof part, one + ETHERNET, 49);
    }
    return (struct ht_frame){.number       = number,
                             .time_ns      = (int64_t)number * 1000,
                             .data         = ht_bytes(room, HEADER + PARTS * ALIGNED),
                             .original_len = HEADER + PARTS * ALIGNED,
                             .link_type    = HT_LINK_WIFI};
}

static struct ht_stats run_aggregate(struct written *written, unsigned workers)
{
    enum { LATER = 1 << 18 };
    static uint8_t room[26 + PARTS * 72];
    struct ht_stats stats         = {0};
    const struct ht_source source = {.name = "made"};
    struct ht_crew *crew          = start(written, workers, (struct asked){0});
    struct ht_frame frame         = aggregate(room, 1);
    ht_crew_source(crew, &source);
    assert_true(ht_crew_frame(crew, &frame));
    frame = query(room, LATER, 1024);
    assert_true(ht_crew_frame(crew, &frame));
    assert_true(ht_crew_flush(crew));
    ht_crew_stats(crew, &stats);
    ht_crew_free(crew);
    written->format->close(written->sink);
    return stats;
}

/* Conversations that were heard of last in one and the same frame. */
static void what_ends_with_one_frame_ends_in_order(void **unused)
{
    struct written one, several;
    struct ht_stats counted = run_aggregate(&one, 1);
    (void)unused;
    assert_int_equal(one.records, PARTS + 1);
    assert_int_equal(counted.udp_packets, PARTS + 1);
    for (unsigned workers = 2; workers <= 4; workers++) {
        (void)run_aggregate(&several, workers);
        assert_int_equal(several.lines.len, one.lines.len);
        assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
        ht_chars_free(&several.lines);
    }
    ht_chars_free(&one.lines);
}

/* One of the two fragments of a query: its first 16 bytes after the IP header, or the rest. */
static struct ht_frame query_fragment(uint8_t room[64], uint64_t number, uint16_t port, bool last)
{
    enum { ETHERNET = 14, HEADERS = 34, CUT = 16 };
    struct ht_frame frame = query(room, number, port);
    size_t len            = frame.data.len;
    room[ETHERNET + 4]    = (uint8_t)(port >> 8);
    room[ETHERNET + 5]    = (uint8_t)port;
    room[ETHERNET + 6]    = last ? 0 : 0x20; /* more fragments */
    room[ETHERNET + 7]    = last ? CUT / 8 : 0;
    if (last) {
        memmove(room + HEADERS, room + HEADERS + CUT, len - HEADERS - CUT);
        len -= CUT;
    } else {
        len = HEADERS + CUT;
    }
    room[ETHERNET + 3] = (uint8_t)(len - ETHERNET);
    frame.data.len     = len;
    frame.original_len = (uint32_t)len;
    return frame;
}

/* The fragments of one come among those of others, the last before the first; some never. */
static struct ht_stats run_fragments(struct written *written, unsigned workers)
{
    enum { QUERIES = 9000, BEHIND = 7 };
    uint8_t room[64];
    struct ht_stats stats         = {0};
    const struct ht_source source = {.name = "made"};
    struct ht_crew *crew          = start(written, workers, (struct asked){0});
    ht_crew_source(crew, &source);
    for (unsigned i = 0; i < QUERIES + BEHIND; i++) {
        uint64_t number       = 1 + 2 * (uint64_t)i;
        struct ht_frame frame = query_fragment(room, number, (uint16_t)(1024 + i), true);
        assert_true(i >= QUERIES || ht_crew_frame(crew, &frame));
        frame = query_fragment(room, number + 1, (uint16_t)(1024 + i - BEHIND), false);
        assert_true(i < BEHIND || i % 10 == 0 || ht_crew_frame(crew, &frame));
    }
    assert_true(ht_crew_flush(crew));
    ht_crew_stats(crew, &stats);
    ht_crew_free(crew);
    written->format->close(written->sink);
    return stats;
}

static void fragments_are_put_together_before(void **unused)
{
    struct written one, several;
    struct ht_stats counted = run_fragments(&one, 1);
    (void)unused;
    assert_int_equal(one.records, 8100);
    assert_int_equal(counted.fragments.datagrams, 8100);
    assert_int_equal(counted.fragments.incomplete, 900);
    assert_int_equal(counted.frames, 9000 + 8100);
    for (unsigned workers = 2; workers <= 4; workers++) {
        struct ht_stats stats = run_fragments(&several, workers);
        assert_int_equal(several.lines.len, one.lines.len);
        assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
        assert_int_equal(stats.frames, counted.frames);
        assert_int_equal(stats.bytes, counted.bytes);
        assert_int_equal(stats.udp_packets, counted.udp_packets);
        assert_memory_equal(&stats.fragments, &counted.fragments, sizeof stats.fragments);
        ht_chars_free(&several.lines);
    }
    ht_chars_free(&one.lines);
}

/* Where the output fails the run ends, and nothing hangs. */
static bool refuse(void *context, const struct ht_record_type *type, struct ht_bytes lines)
{
    (void)context, (void)type, (void)lines;
    return false;
}

static void an_output_that_fails(void **unused)
{
    struct ht_error error;
    struct ht_frame frame;
    const struct ht_crew_config config = {
        .engine  = {.dissectors = ht_dissectors, .analyzers = ht_analyzers},
        .format  = &ht_json_sink,
        .workers = 3,
        .lines   = refuse};
    struct ht_crew *crew     = ht_crew_new(&config, &error);
    struct ht_source *source = ht_file_open(files[0], &error);
    (void)unused;
    assert_true(ht_crew_start(crew, &error));
    ht_crew_source(crew, source);
    while (ht_source_next(source, &frame, &error) == HT_READ_FRAME && ht_crew_frame(crew, &frame)) {
    }
    assert_false(ht_crew_flush(crew));
    ht_source_close(source);
    ht_crew_free(crew);
}

static void one_that_never_started(void **unused)
{
    struct ht_error error;
    const struct ht_crew_config config = {
        .engine  = {.dissectors = ht_dissectors, .analyzers = ht_analyzers},
        .format  = &ht_json_sink,
        .workers = 2};
    (void)unused;
    ht_crew_free(ht_crew_new(&config, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_whatever_the_number),
                                       cmocka_unit_test(with_events_too),
                                       cmocka_unit_test(with_conditions_too),
                                       cmocka_unit_test(asleep_or_not),
                                       cmocka_unit_test(what_ends_by_number_ends_in_order),
                                       cmocka_unit_test(of_a_flood_as_many_are_told),
                                       cmocka_unit_test(a_story_too_long_ends_at_the_same_place),
                                       cmocka_unit_test(few_blocks_are_held),
                                       cmocka_unit_test(a_large_block_is_not_held),
                                       cmocka_unit_test(what_ends_with_one_frame_ends_in_order),
                                       cmocka_unit_test(fragments_are_put_together_before),
                                       cmocka_unit_test(an_output_that_fails),
                                       cmocka_unit_test(one_that_never_started)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
