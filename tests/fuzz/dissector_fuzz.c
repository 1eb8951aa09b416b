/*
 * One dissector behind the dispatcher. Compiled once for each, with HT_DISSECTOR its name.
 * Where HT_KEYED is defined the dissector has the keys of the seeds.
 * The first byte says TCP or UDP; then come chunks: a byte of side, cut and hole, a length, bytes.
 * Besides the sanitizers' checks: over TCP, what is said must not depend on how it was cut, as long
 * as no side had to be searched for its next PDU (where one plausibly begins depends on how much of
 * it is there to look at).
 */
#include "fuzz.h"
#include "recorder.h"

#include <stdlib.h>

extern const struct ht_dissector HT_DISSECTOR;

#ifdef HT_KEYED
const struct ht_keyring *fuzz_keyring(void); /* keyring.c: the keys of the seeds */
#else
static const struct ht_keyring *fuzz_keyring(void)
{
    return NULL;
}
#endif

enum { SIDE = 1, HOLE = 2, MAX_CHUNK = 4096 };

static void feed(struct recorder *r, enum ht_side side, struct ht_bytes bytes, uint64_t missing,
                 size_t step)
{
    while (bytes.len > step) {
        recorder_bytes(r, side, ht_bytes_head(bytes, step), 0);
        bytes = ht_bytes_from(bytes, step);
    }
    recorder_bytes(r, side, bytes, missing);
}

static void datagram(struct recorder *r, enum ht_side side, struct ht_bytes bytes)
{
    uint8_t *exact = malloc(bytes.len > 0 ? bytes.len : 1);
    if (exact == NULL) {
        abort();
    }
    memcpy(exact, bytes.ptr, bytes.len);
    ht_dispatch_datagram(&r->dispatch, &r->emitter, side, ht_bytes(exact, bytes.len), bytes.len);
    free(exact);
}

/* Runs the conversation with its chunks cut into steps; returns what was said. */
static char *run(struct ht_bytes input, bool stream, size_t step, bool *out_in_sync)
{
    struct recorder r;
    struct ht_reader in = ht_reader(input);
    recorder_start(&r, &HT_DISSECTOR, stream, HT_DISSECTOR.ports[0]);
    r.emitter.keyring = fuzz_keyring();
    r.emitter.audit   = true;
    while (rd_more(&in)) {
        uint8_t kind       = rd_u8(&in);
        size_t len         = rd_u16(&in) % MAX_CHUNK;
        enum ht_side side  = (kind & SIDE) != 0 ? HT_SIDE_B : HT_SIDE_A;
        struct ht_bytes it = rd_take(&in, len < rd_left(&in) ? len : rd_left(&in));
        if (stream) {
            feed(&r, side, it, (kind & HOLE) != 0 ? (size_t)(kind >> 2) * 7 : 0, step);
        } else if (it.len > 0) {
            datagram(&r, side, it);
        }
    }
    recorder_end(&r);
    char *text   = r.text;
    *out_in_sync = !r.dispatch.side[0].lost_sync && !r.dispatch.side[1].lost_sync;
    r.text       = NULL;
    recorder_free(&r);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    bool stream = HT_DISSECTOR.tcp && (!HT_DISSECTOR.udp || (data[0] & 1) == 0);
    bool whole_in_sync, cut_in_sync = false;
    char *whole = run(ht_bytes(data + 1, len - 1), stream, SIZE_MAX, &whole_in_sync);
    char *cut =
        stream ? run(ht_bytes(data + 1, len - 1), stream, 1 + data[0] % 13, &cut_in_sync) : NULL;
    if (whole_in_sync && cut_in_sync && strcmp(whole, cut) != 0) {
        abort();
    }
    free(whole);
    free(cut);
    return 0;
}
