#include "queued.h"

#include <unistd.h>

struct told told;

struct ht_output *open_queued(struct ht_output_config config)
{
    struct ht_error error = {0};
    told                  = (struct told){0};
    config.path           = config.path != NULL ? config.path : "out.jsonl";
    config.record_start   = "{\"n\":";
    config.queue_bytes    = config.queue_bytes != 0 ? config.queue_bytes : (size_t)64 * 1024;
    config.retry_ns       = config.retry_ns != 0 ? config.retry_ns : HOUR;
    config.drain_ns       = config.drain_ns != 0 ? config.drain_ns : HOUR;
    config.complain       = scratch_tell;
    config.context        = &told;
    struct ht_output *out = ht_output_open(&config, &error);
    assert_string_equal(error.text, "");
    assert_non_null(out);
    return out;
}

struct ht_output *start_queued(struct ht_output_config config)
{
    struct ht_output *out = open_queued(config);
    assert_true(ht_output_start(out, NULL));
    return out;
}

uint64_t count_lines(struct ht_bytes got)
{
    unsigned last = 0;
    assert_int_equal(got.len % LINE_LEN, 0);
    for (size_t at = 0; at < got.len; at += LINE_LEN) {
        unsigned number = scratch_number(ht_bytes_from(got, at));
        assert_true(number > last);
        last = number;
    }
    return got.len / LINE_LEN;
}

void wait_for_error(struct ht_output *out, uint64_t more_than)
{
    while (ht_output_counts(out).errors <= more_than) {
        usleep(1000);
    }
}

void wait_for_word(struct ht_output *out, const char *word)
{
    while (strstr(told.last, word) == NULL) {
        ht_output_tell(out);
        usleep(1000);
    }
}
