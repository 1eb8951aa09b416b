/*
 * Crews that are started, and what they write.
 */
#ifndef HT_TEST_CREWS_H
#define HT_TEST_CREWS_H

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
    struct ht_bytes waiting[256]; /* that lie elsewhere and come after `lines` */
    size_t num_waiting;
    struct ht_condition condition;
};

static inline bool keep_lines(void *context)
{
    struct written *written = context;
    for (size_t i = 0; i < written->num_waiting; i++) {
        ht_chars_add(&written->lines, written->waiting[i]);
    }
    written->num_waiting = 0;
    return true;
}

/* Copies as late as it may. */
static inline bool write_lines(void *context, const struct ht_record_type *type,
                               struct ht_bytes lines)
{
    struct written *written = context;
    (void)type;
    if (written->num_waiting == HT_ARRAY_LEN(written->waiting)) {
        (void)keep_lines(written);
    }
    written->waiting[written->num_waiting++] = lines;
    written->records++;
    return true;
}

static inline bool write_record(void *context, const struct ht_record_type *type,
                                const void *record)
{
    struct written *written = context;
    written->records++;
    return written->format->record(written->sink, type, record, &written->lines);
}

/* What is asked for beside the stories. */
struct asked {
    bool events, live;
    const char *only;      /* a condition; NULL: all records */
    uint64_t sleep_frames; /* 0: nothing in these files is silent for long enough to sleep */
    size_t max_bytes, max_flows;
};

static inline struct ht_crew *start(struct written *written, unsigned workers, struct asked asked)
{
    struct ht_error error;
    *written  = (struct written){.format = &ht_json_sink};
    bool only = asked.only != NULL && ht_condition_read(&written->condition, ht_text(asked.only));
    const struct ht_crew_config config = {.engine  = {.dissectors     = ht_dissectors,
                                                      .analyzers      = ht_analyzers,
                                                      .conditions     = &written->condition,
                                                      .num_conditions = only,
                                                      .events         = asked.events,
                                                      .live           = asked.live,
                                                      .sleep_frames   = asked.sleep_frames,
                                                      .max_bytes      = asked.max_bytes,
                                                      .max_flows      = asked.max_flows},
                                          .format  = &ht_json_sink,
                                          .workers = workers,
                                          .lines   = write_lines,
                                          .keep    = keep_lines,
                                          .record  = write_record,
                                          .context = written};
    written->sink                      = ht_json_sink.open(&config.sink);
    struct ht_crew *crew               = ht_crew_new(&config, &error);
    assert_non_null(crew);
    assert_true(ht_crew_start(crew, &error));
    return crew;
}

/* Reads the files, of which the last is NULL. */
static inline struct ht_stats run_files(struct written *written, unsigned workers,
                                        struct asked asked, const char *const *files)
{
    struct ht_error error;
    struct ht_stats stats = {0};
    struct ht_crew *crew  = start(written, workers, asked);
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

#endif
