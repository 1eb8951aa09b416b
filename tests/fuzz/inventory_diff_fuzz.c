/* Any bytes as the newer inventory; the older one has a server and a client. */
#include "fuzz.h"
#include "report/diff.h"

static const char older[] =
    "{\"schema\":\"hellotap/"
    "1\",\"type\":\"inventory\",\"servers\":[{\"ip\":\"10.0.0.1\",\"port\":443,"
    "\"transport\":\"tcp\",\"name\":\"a\",\"profile\":{\"versions\":[{\"name\":\"TLS 1.2\"}]},"
    "\"certificates\":[{\"name\":\"aa\"}]}],\"clients\":[{\"ja4\":\"x\"}],\"certificates\":[]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct ht_diff_input a = {"old", ht_text(older)}, b = {"new", ht_bytes(data, len)};
    struct ht_chars out = {0};
    struct ht_error error;
    struct ht_diff_result *result = ht_diff_new(&a, &b, &error);
    if (result != NULL) {
        (void)ht_diff_text(ht_diff_record(result), &out, &(struct ht_sink_config){.width = 40});
        struct ht_sink *sink = ht_json_sink.open(&(struct ht_sink_config){0});
        if (sink != NULL) {
            (void)ht_json_sink.record(sink, &ht_diff_record_type, ht_diff_record(result), &out);
            ht_json_sink.close(sink);
        }
    }
    ht_chars_free(&out);
    ht_diff_free(result);
    return 0;
}
