/*
 * The whole way: any bytes as a capture file, through the engine, to both formats of output.
 */
#include "fuzz.h"

#include "analysis/analysis.h"
#include "capture/source.h"
#include "registry.h"
#include "run/engine.h"
#include "sink/sink.h"

#include <stdlib.h>

static const struct ht_sink_ops *const formats[] = {&ht_json_sink, &ht_text_sink};

enum { NUM_FORMATS = sizeof formats / sizeof formats[0] };

struct output {
    struct ht_chars lines;
    struct ht_sink *sinks[NUM_FORMATS];
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool record(void *context, const struct ht_record_type *type, const void *data)
{
    struct output *output = context;
    for (int i = 0; i < NUM_FORMATS; i++) {
        require(formats[i]->record(output->sinks[i], type, data, &output->lines));
    }
    output->lines.len = 0; /* what was written is of no interest, only that it could be */
    return true;
}

static void open_output(struct output *out)
{
    out->lines = (struct ht_chars){0};
    for (int i = 0; i < NUM_FORMATS; i++) {
        out->sinks[i] = formats[i]->open(&(struct ht_sink_config){.width = 80});
        require(out->sinks[i] != NULL);
    }
}

static void close_output(struct output *output)
{
    for (int i = 0; i < NUM_FORMATS; i++) {
        formats[i]->close(output->sinks[i]);
    }
    ht_chars_free(&output->lines);
}

static void read_all(struct ht_engine *engine, struct ht_source *source)
{
    struct ht_error error;
    struct ht_frame frame;
    ht_engine_source(engine, source);
    while (ht_source_next(source, &frame, &error) == HT_READ_FRAME) {
        require(ht_engine_frame(engine, &frame));
    }
    require(ht_engine_flush(engine));
}

/* Bounds small enough to be hit, and no labels: libndpi is not what is tested here. */
static struct ht_engine *new_engine(struct output *output)
{
    struct ht_error error;
    const struct ht_engine_config config = {.dissectors = ht_dissectors,
                                            .analyzers  = ht_analyzers,
                                            .record     = record,
                                            .context    = output,
                                            .events     = true,
                                            .hash_seed  = 1,
                                            .max_flows  = 64,
                                            .max_bytes  = 1 << 20};
    struct ht_engine *engine             = ht_engine_new(&config, &error);
    require(engine != NULL);
    return engine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_error error;
    struct ht_source *source = ht_memory_open(ht_bytes(data, len), "fuzz", &error);
    if (source == NULL) {
        return 0;
    }
    struct output output;
    open_output(&output);
    struct ht_engine *engine = new_engine(&output);
    read_all(engine, source);
    require(record(&output, &ht_stats_record, ht_engine_stats(engine)));
    ht_engine_free(engine);
    close_output(&output);
    ht_source_close(source);
    return 0;
}
