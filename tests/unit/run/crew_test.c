#include "support.h"

#include "analysis/analysis.h"
#include "capture/source.h"
#include "registry.h"
#include "run/crew.h"

/* What a run writes: rendered records, one after another. */
struct written {
    const struct ht_sink_ops *format;
    struct ht_sink *sink;
    struct ht_chars lines;
    size_t records;
};

static bool write_lines(void *context, const struct ht_record_type *type, struct ht_bytes lines)
{
    struct written *written = context;
    (void)type;
    ht_chars_add(&written->lines, lines);
    written->records++;
    return true;
}

static bool write_record(void *context, const struct ht_record_type *type, const void *record)
{
    struct written *written = context;
    written->records++;
    return written->format->record(written->sink, type, record, &written->lines);
}

static struct ht_stats run(struct written *written, unsigned workers, bool events,
                           const char *const *files)
{
    struct ht_error error;
    struct ht_stats stats              = {0};
    const struct ht_crew_config config = {
        .engine  = {.dissectors = ht_dissectors, .analyzers = ht_analyzers, .events = events},
        .format  = &ht_json_sink,
        .workers = workers,
        .lines   = write_lines,
        .record  = write_record,
        .context = written};
    *written             = (struct written){.format = &ht_json_sink};
    written->sink        = ht_json_sink.open(&config.sink);
    struct ht_crew *crew = ht_crew_new(&config, &error);
    assert_non_null(crew);
    assert_true(ht_crew_start(crew, &error));
    for (; *files != NULL; files++) {
        struct ht_source *source = ht_file_open(*files, &error);
        struct ht_frame frame;
        assert_non_null(source);
        ht_crew_source(crew, source);
        while (ht_source_next(source, &frame, &error) == HT_READ_FRAME) {
            assert_true(ht_crew_frame(crew, &frame));
        }
        assert_true(ht_crew_flush(crew));
        ht_source_close(source);
    }
    ht_crew_stats(crew, &stats);
    ht_crew_free(crew);
    written->format->close(written->sink);
    return stats;
}

/* Several files one after another, with connections, look-ups and certificates that all of them
 * share, so that the workers have much to teach each other. */
static const char *const files[] = {HT_SOURCE_DIR "/samples/many.pcapng",
                                    HT_SOURCE_DIR "/samples/page-visit.pcapng",
                                    HT_SOURCE_DIR "/samples/many.pcapng", NULL};

static void assert_same_output(bool events)
{
    struct written one, several;
    struct ht_stats counted = run(&one, 1, events, files);
    assert_true(one.records > 100);
    for (unsigned workers = 2; workers <= 7; workers += 1 + workers % 2) {
        struct ht_stats stats = run(&several, workers, events, files);
        assert_int_equal(several.records, one.records);
        assert_int_equal(several.lines.len, one.lines.len);
        assert_memory_equal(several.lines.ptr, one.lines.ptr, one.lines.len);
        assert_int_equal(stats.frames, counted.frames);
        assert_int_equal(stats.records, counted.records);
        assert_int_equal(stats.connections, counted.connections);
        assert_int_equal(stats.start_ns, counted.start_ns);
        assert_int_equal(stats.end_ns, counted.end_ns);
        ht_chars_free(&several.lines);
    }
    ht_chars_free(&one.lines);
}

static void the_same_whatever_the_number(void **unused)
{
    (void)unused;
    assert_same_output(false);
}

static void with_events_too(void **unused)
{
    (void)unused;
    assert_same_output(true);
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_whatever_the_number), cmocka_unit_test(with_events_too),
        cmocka_unit_test(an_output_that_fails), cmocka_unit_test(one_that_never_started)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
