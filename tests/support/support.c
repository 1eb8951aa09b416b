#include "support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* Kept reachable, so that the leak checker knows them as held. */
static void **kept;
static size_t num_kept;

static uint8_t *keep(size_t len)
{
    void *memory = malloc(len > 0 ? len : 1);
    kept         = realloc(kept, (num_kept + 1) * sizeof *kept);
    if (memory == NULL || kept == NULL) {
        abort();
    }
    kept[num_kept++] = memory;
    return memory;
}

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

struct ht_bytes hex(const char *digits)
{
    uint8_t *out = keep(strlen(digits) / 2);
    size_t n     = 0;
    for (const char *c = digits; *c != '\0'; c++) {
        if (isxdigit((unsigned char)*c)) {
            if (n % 2 == 0) {
                out[n / 2] = (uint8_t)(digit(*c) << 4);
            } else {
                out[n / 2] = (uint8_t)(out[n / 2] | digit(*c));
            }
            n++;
        }
    }
    return ht_bytes(out, n / 2);
}

struct ht_bytes file_bytes(const char *path)
{
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    fseek(in, 0, SEEK_END);
    long size = ftell(in);
    rewind(in);
    uint8_t *out = keep((size_t)size);
    size_t n     = fread(out, 1, (size_t)size, in);
    fclose(in);
    return ht_bytes(out, n);
}

void every_prefix(struct ht_bytes message, bool (*parse)(struct ht_bytes message, void *arg),
                  void *arg)
{
    for (size_t len = 0; len <= message.len; len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);
        if (exact == NULL) {
            abort();
        }
        memcpy(exact, message.ptr, len);
        bool passed = parse(ht_bytes(exact, len), arg);
        free(exact);
        if (passed != (len == message.len)) {
            fail_msg("%zu of %zu bytes %s", len, message.len, passed ? "passed" : "failed");
        }
    }
}
