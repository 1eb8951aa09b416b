#include "tls/nonces.h"

#include "tls/tls.h"

bool tls_nonces_are_explicit(uint16_t version, struct ht_named suite)
{
    const struct ht_registry_entry *entry =
        suite.set && version == TLS_12 ? ht_registry_find(&tls_cipher_suites, suite.id) : NULL;
    return entry != NULL &&
           (strstr(entry->name, "_GCM") != NULL || strstr(entry->name, "_CCM") != NULL);
}

void tls_nonces_begin(struct tls_nonce_side *side, uint16_t epoch)
{
    side->begun    = true;
    side->epoch    = epoch;
    side->records  = 0;
    side->num_runs = 0;
}

void tls_nonces_gap(struct tls_nonces *nonces, enum ht_side side)
{
    if (nonces != NULL) {
        nonces->side[side].num_runs = 0;
    }
}

static size_t runs_kept(const struct tls_nonce_side *side)
{
    return side->num_runs < TLS_NONCE_RUNS ? side->num_runs : TLS_NONCE_RUNS;
}

static struct tls_nonce_run *current(struct tls_nonce_side *side)
{
    return &side->runs[(side->num_runs - 1) % TLS_NONCE_RUNS];
}

/* The run that has the nonce already; NULL: none. */
static const struct tls_nonce_run *run_with(const struct tls_nonce_side *side, uint64_t nonce)
{
    for (size_t i = 0; i < runs_kept(side); i++) {
        if (side->runs[i].first <= nonce && nonce <= side->runs[i].last) {
            return &side->runs[i];
        }
    }
    return NULL;
}

static void repeated(struct tls_nonce_side *side, const struct tls_nonce_run *run, uint64_t nonce,
                     uint64_t frame)
{
    uint64_t first_frame = nonce == run->first  ? run->first_frame
                           : nonce == run->last ? run->last_frame
                                                : 0;
    if (side->repeat.num++ == 0) {
        side->repeat.nonce      = nonce;
        side->repeat.records[0] = run->record + (nonce - run->first);
        side->repeat.records[1] = side->records;
        side->repeat.frames[0]  = first_frame;
        side->repeat.frames[1]  = frame;
    }
}

static void begin_run(struct tls_nonce_side *side, uint64_t nonce, uint64_t frame)
{
    side->num_runs++;
    *current(side)   = (struct tls_nonce_run){.first       = nonce,
                                              .last        = nonce,
                                              .record      = side->records,
                                              .first_frame = frame,
                                              .last_frame  = frame};
    side->free_up_to = UINT64_MAX;
    for (size_t i = 0; i < runs_kept(side); i++) {
        uint64_t first = side->runs[i].first;
        if (first > nonce && first - 1 < side->free_up_to) {
            side->free_up_to = first - 1;
        }
    }
}

/* Counted from either end. */
static bool is_far(uint64_t nonce, uint64_t last)
{
    uint64_t changed = nonce ^ last;
    return changed > UINT32_MAX && (uint32_t)changed != 0;
}

/* The nonce is not the next one of the run at hand, or that would run into another. */
static void leave_run(struct tls_nonce_side *side, uint64_t nonce, uint64_t frame)
{
    const struct tls_nonce_run *known = run_with(side, nonce);
    side->leaps += side->seen > 0 && is_far(nonce, side->last);
    if (known != NULL) {
        repeated(side, known, nonce, frame);
    } else {
        begin_run(side, nonce, frame);
    }
}

void tls_nonces_note(struct tls_nonce_side *side, uint64_t frame, struct ht_bytes fragment,
                     size_t length)
{
    enum { SHORTEST_TAG = 8 };
    struct ht_reader r = ht_reader(fragment);
    uint64_t nonce     = rd_u64(&r);
    if (!side->begun || length < TLS_EXPLICIT_NONCE + SHORTEST_TAG) {
        return;
    }
    side->records++;
    if (r.bad) {
        return;
    }
    if (side->num_runs > 0 && current(side)->last != UINT64_MAX &&
        nonce == current(side)->last + 1 && nonce <= side->free_up_to) {
        current(side)->last       = nonce;
        current(side)->last_frame = frame;
    } else {
        leave_run(side, nonce, frame);
    }
    side->seen++;
    side->last = nonce;
}
