/*
 * The readers of capture files alone: all frames of the input. They are counted from 1, lie in
 * memory that can be read, and every way to the end has its message.
 */
#include "fuzz.h"

#include "capture/source.h"

#include <stdlib.h>

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Reads every byte, so that the address sanitizer looks at each. */
static unsigned touch(struct ht_bytes bytes)
{
    unsigned sum = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        sum += bytes.ptr[i];
    }
    return sum;
}

static void touch_secrets(const struct ht_source *source)
{
    uint32_t type = 0;
    for (size_t i = 0; i < source->num_secrets; i++) {
        (void)touch(ht_source_secrets(source, i, &type));
    }
    require(ht_source_secrets(source, source->num_secrets, &type).len == 0);
}

static void read_all(struct ht_source *source)
{
    struct ht_error error = {0};
    struct ht_frame frame;
    volatile unsigned sum = 0;
    uint64_t num_frames   = 0;
    enum ht_read read;
    while ((read = ht_source_next(source, &frame, &error)) == HT_READ_FRAME) {
        require(frame.number == ++num_frames);
        require(frame.original_len >= frame.data.len);
        sum += touch(frame.data);
    }
    require(read == HT_READ_END || (read == HT_READ_ERROR && error.text[0] != '\0'));
    require(source->read_bytes <= source->size_bytes);
    touch_secrets(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_error error    = {0};
    struct ht_source *source = ht_memory_open(ht_bytes(data, len), "input", &error);
    require(source != NULL || error.text[0] != '\0');
    if (source != NULL) {
        read_all(source);
    }
    ht_source_close(source);
    return 0;
}
