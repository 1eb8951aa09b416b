#include "dissect/dispatch.h"

#include "dissect/seek.h"
#include "dissect/state.h"

enum { HEADER_STEP = 64 /* bytes gathered at least while a header is incomplete */ };

void ht_dispatch_start(struct ht_dispatch *d, const struct ht_dissector *const *dissectors,
                       bool stream, struct ht_budget *budget)
{
    d->dissectors = dissectors;
    d->stream     = stream;
    d->budget     = budget;
    for (int i = 0; i < 2; i++) {
        d->side[i].pending.max    = HT_MAX_MATCH_BYTES;
        d->side[i].pending.budget = budget;
        d->held[i].budget         = budget;
    }
}

void ht_dispatch_late(struct ht_dispatch *d, enum ht_side side, bool in_turn)
{
    d->side[side].searching = true;
    d->side[side].in_turn   = in_turn;
}

bool ht_dispatch_over(const struct ht_dispatch *d)
{
    return d->side[0].given_up && d->side[1].given_up;
}

/* Ends one call into the dissector: its scratch memory is done with. */
static inline void hand_over(struct ht_dispatch *d, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    if (d->found->pdu(d->state, e, pdu) == HT_DONE) {
        ht_seek_give_up(d, HT_SIDE_A);
        ht_seek_give_up(d, HT_SIDE_B);
    }
    ht_arena_rewind(e->scratch);
}

/* Another protocol speaks from here on: the dissector's part is over, and all are asked anew. */
static void move_on(struct ht_dispatch *d, struct ht_emitter *e)
{
    struct ht_dispatch_past *past = ht_arena_alloc(e->arena, sizeof *past);
    if (past == NULL || d->num_past == HT_MAX_PAST) {
        ht_seek_give_up(d, HT_SIDE_A);
        ht_seek_give_up(d, HT_SIDE_B);
        return;
    }
    *past    = (struct ht_dispatch_past){.next = d->past, .found = d->found, .state = d->state};
    d->past  = past;
    d->found = NULL;
    d->state = NULL;
    d->num_past++;
    for (int i = 0; i < 2; i++) {
        ht_seek_anew(&d->side[i]);
        d->side[i].searching = false;
        d->side[i].given_up  = false;
        ht_buffer_free(&d->held[i]);
    }
}

/* How many bytes must be there before what is no PDU yet is looked at again. So many more as there
 * are, since a head without an end is searched from its beginning each time. */
static size_t need_after(size_t have)
{
    size_t step = have > HEADER_STEP ? have : HEADER_STEP;
    if (have >= HT_MAX_MATCH_BYTES) {
        return have + HEADER_STEP;
    }
    return have + step < HT_MAX_MATCH_BYTES ? have + step : HT_MAX_MATCH_BYTES;
}

/* Frames the head of `avail`. Returns the bytes done with; 0: more are needed. `*out_need` is how
 * many bytes must be there for progress. */
static size_t take_pdu(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                       struct ht_bytes avail, size_t *out_need)
{
    struct ht_dispatch_side *s = &d->side[side];
    struct ht_frame_size size  = d->found->frame(d->state, avail, side);
    *out_need                  = need_after(avail.len);
    if (size.other) {
        move_on(d, e);
        return 0;
    }
    if (size.len == 0) {
        return 0;
    }
    if (size.len == SIZE_MAX) {
        s->searching = true;
        return 0;
    }
    bool cut    = size.need > d->found->max_need;
    size_t need = cut ? d->found->max_need : size.need;
    if (avail.len < need) {
        *out_need = need;
        return 0;
    }
    size_t have = avail.len < size.len ? avail.len : size.len;
    s->skip     = size.len - have;
    hand_over(d, e,
              &(struct ht_pdu){.bytes   = ht_bytes_head(avail, cut ? need : have),
                               .len     = size.len,
                               .side    = side,
                               .partial = cut});
    return have;
}

/* Where PDUs begin here and nothing waits, lets the dissector take what is whole; returns what is
 * left. */
static struct ht_bytes take_whole(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                                  struct ht_bytes avail)
{
    struct ht_dispatch_side *s = &d->side[side];
    bool in_step = d->found != NULL && s->pending.len == 0 && !s->searching && !s->given_up;
    size_t taken = in_step && d->found->take != NULL && avail.len > 0
                       ? d->found->take(d->state, e, avail, side)
                       : 0;
    if (taken > 0) {
        s->skip = taken > avail.len ? taken - avail.len : 0;
        ht_arena_rewind(e->scratch);
    }
    return ht_bytes_from(avail, taken);
}

/* After a hole: steps to where a PDU plausibly begins. Returns false where none does yet; what
 * cannot begin one is dropped from `avail`, but for a tail that may hold half a header. Where the
 * capture begins with a PDU of one side, so does the answer to it. */
static bool resync(struct ht_dispatch *d, enum ht_side side, struct ht_bytes *avail)
{
    struct ht_dispatch_side *s = &d->side[side];
    bool begins                = s->in_turn && d->at_head;
    s->in_turn                 = false;
    if (begins) {
        s->searching = false;
        return true;
    }
    s->lost_sync = true;
    if (d->found == NULL || d->found->resync == NULL) {
        ht_seek_give_up(d, side);
        return false;
    }
    size_t offset = d->found->resync(*avail, side);
    s->searching  = offset >= avail->len;
    if (s->searching) {
        offset = avail->len < ht_seek_reach(d->found) ? 0 : avail->len - ht_seek_reach(d->found);
    }
    *avail = ht_bytes_from(*avail, offset);
    return !s->searching;
}

/* Hands over all whole PDUs in `avail`; returns what is left. None is found any more where it is
 * another protocol's. */
static struct ht_bytes take_all(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                                struct ht_bytes avail, size_t *out_need)
{
    struct ht_dispatch_side *s = &d->side[side];
    *out_need                  = HEADER_STEP;
    while (avail.len > 0 && !s->given_up) {
        if (s->searching && !resync(d, side, &avail)) {
            *out_need = s->pending.max;
            return s->given_up ? ht_bytes(NULL, 0) : avail;
        }
        size_t done = take_pdu(d, e, side, avail, out_need);
        if (d->found == NULL) {
            return avail;
        }
        if (done == 0 && s->searching) {
            /* These are no PDU's bytes: look for one behind them. */
            avail = ht_bytes_from(avail, 1);
            continue;
        }
        if (done == 0) {
            return avail;
        }
        avail = ht_bytes_from(avail, done);
    }
    return ht_bytes(NULL, 0);
}

static bool hold_back(struct ht_dispatch_side *s, struct ht_bytes rest)
{
    if (rest.len > 0 && !ht_buffer_append(&s->pending, rest)) {
        s->limit_reached = true;
        s->searching     = true;
        s->pending.len   = 0;
        return false;
    }
    return true;
}

/* Matches, then frames, what is pending followed by `more`, taking from `more` only what the PDU at
 * hand needs. Returns what of `more` is left. */
static struct ht_bytes feed_pending(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                                    struct ht_bytes more)
{
    struct ht_dispatch_side *s = &d->side[side];
    size_t need                = 0;
    struct ht_bytes left       = take_all(d, e, side, ht_buffer_view(&s->pending), &need);
    ht_buffer_drop(&s->pending, s->pending.len - left.len);
    while (d->found != NULL && s->pending.len > 0 && more.len > 0 && !s->given_up) {
        struct ht_bytes step = ht_bytes_head(more, need - s->pending.len);
        if (!hold_back(s, step)) {
            break;
        }
        more = ht_bytes_from(more, step.len);
        left = take_all(d, e, side, ht_buffer_view(&s->pending), &need);
        ht_buffer_drop(&s->pending, s->pending.len - left.len);
    }
    if (s->pending.len == 0) {
        ht_buffer_free(&s->pending);
    }
    return more;
}

static struct ht_bytes step_over(struct ht_dispatch_side *s, struct ht_bytes bytes)
{
    size_t step = s->skip < bytes.len ? (size_t)s->skip : bytes.len;
    s->skip -= step;
    return ht_bytes_from(bytes, step);
}

/* Returns the bytes that are another protocol's, where none is found any more. */
static struct ht_bytes feed_found(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                                  struct ht_bytes bytes)
{
    struct ht_dispatch_side *s = &d->side[side];
    size_t need                = 0;
    if (s->pending.len > 0) {
        bytes = step_over(s, feed_pending(d, e, side, bytes));
        bytes = take_whole(d, e, side, bytes);
    }
    if (d->found == NULL || bytes.len == 0 || s->given_up) {
        return bytes;
    }
    bytes = take_all(d, e, side, bytes, &need);
    if (d->found != NULL) {
        (void)hold_back(s, bytes);
    }
    return bytes;
}

static void feed_waiting(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side);

/* Where the side comes to another protocol, what waits of the other side goes first, so that
 * nothing depends on how much of this side there is. */
static void feed(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                 struct ht_bytes bytes)
{
    const struct ht_dispatch_side *s = &d->side[side];
    bool more                        = true;
    while (more && !s->given_up) {
        if (d->found == NULL) {
            more  = ht_seek(d, e, side, &bytes);
            bytes = take_whole(d, e, side, bytes);
            continue;
        }
        bytes = feed_found(d, e, side, bytes);
        more  = d->found == NULL;
        if (more) {
            feed_waiting(d, e, ht_other(side));
        }
    }
}

/* What a side said before the other came to another protocol may be of that one too. There are at
 * most HT_MAX_PAST of these, and so as many calls within each other. */
static void feed_waiting(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side)
{
    const struct ht_dispatch_side *s = &d->side[side];
    uint64_t frame_now               = e->frame;
    int64_t time_now                 = e->time_ns;
    if (s->pending.len > 0 && !s->given_up) {
        e->frame   = s->frame;
        e->time_ns = s->time_ns;
        feed(d, e, side, ht_bytes(NULL, 0));
        e->frame   = frame_now;
        e->time_ns = time_now;
    }
}

/* What is pending will not be completed: hands it over as it is. */
static void hand_over_partial(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side)
{
    struct ht_dispatch_side *s = &d->side[side];
    struct ht_frame_size size  = {0};
    uint64_t frame_now         = e->frame;
    int64_t time_now           = e->time_ns;
    if (s->pending.len > 0 && !s->searching) {
        size = d->found->frame(d->state, ht_buffer_view(&s->pending), side);
    }
    if (size.len != 0 && size.len != SIZE_MAX && !size.other) {
        s->skip    = size.len > s->pending.len ? size.len - s->pending.len : 0;
        e->frame   = s->frame;
        e->time_ns = s->time_ns;
        hand_over(d, e,
                  &(struct ht_pdu){.bytes   = ht_buffer_view(&s->pending),
                                   .len     = size.len,
                                   .side    = side,
                                   .partial = true});
    } else {
        s->skip      = 0;
        s->searching = true;
    }
    e->frame   = frame_now;
    e->time_ns = time_now;
    ht_buffer_free(&s->pending);
}

static void feed_hole(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                      uint64_t missing)
{
    struct ht_dispatch_side *s = &d->side[side];
    s->in_turn                 = false;
    if (d->found == NULL) {
        ht_buffer_free(&s->pending);
        ht_seek_anew(s);
        s->searching = true;
        return;
    }
    if (s->skip >= missing) {
        s->skip -= missing;
        return;
    }
    if (s->pending.len > 0) {
        hand_over_partial(d, e, side);
    }
    bool known = s->skip >= missing && !s->given_up;
    s->skip -= known ? missing : s->skip;
    s->searching |= !known;
    if (!s->given_up && d->found->gap != NULL) {
        d->found->gap(d->state, e, side, missing);
        ht_arena_rewind(e->scratch);
    }
}

uint64_t ht_dispatch_bytes(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                           uint64_t stepped, struct ht_bytes bytes, uint64_t missing)
{
    struct ht_dispatch_side *s = &d->side[side];
    s->skip -= stepped < s->skip ? stepped : s->skip;
    if (bytes.len > 0) {
        s->frame   = e->frame;
        s->time_ns = e->time_ns;
    }
    bytes = take_whole(d, e, side, step_over(s, bytes));
    if (bytes.len > 0) {
        feed(d, e, side, bytes);
    }
    if (missing > 0 && !s->given_up) {
        feed_hole(d, e, side, missing);
    }
    bool idle = s->given_up && (d->found != NULL || ht_dispatch_over(d));
    return idle ? UINT64_MAX : s->skip;
}

void ht_dispatch_datagram(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                          struct ht_bytes bytes, size_t len)
{
    struct ht_dispatch_side *s = &d->side[side];
    bool open                  = (d->found == NULL || d->unsure) && !s->given_up;
    if (open && s->watched < HT_MAX_MATCH_DATAGRAMS &&
        ht_seek_match(d, e, side, bytes) == SIZE_MAX) {
        s->excluded = 0;
        s->watched++;
        s->given_up |= d->found == NULL && s->watched == HT_MAX_MATCH_DATAGRAMS;
    }
    if (d->found != NULL && !ht_dispatch_over(d)) {
        hand_over(
            d, e,
            &(struct ht_pdu){.bytes = bytes, .len = len, .side = side, .partial = bytes.len < len});
    }
}

/* The first dissector's flow ended first. */
static void finish_past(const struct ht_dispatch_past *past, struct ht_emitter *e,
                        const struct ht_end *end)
{
    const struct ht_dispatch_past *in_order[HT_MAX_PAST];
    size_t n = 0;
    for (; past != NULL; past = past->next) {
        in_order[n++] = past;
    }
    while (n-- > 0) {
        if (in_order[n]->found->finish != NULL) {
            in_order[n]->found->finish(in_order[n]->state, e, end);
            ht_arena_rewind(e->scratch);
        }
    }
}

void ht_dispatch_finish(struct ht_dispatch *d, struct ht_emitter *e, struct ht_end *end)
{
    bool cut[2] = {false, false};
    for (int side = 0; d->found != NULL && side < 2; side++) {
        if (d->side[side].pending.len > 0 && !d->side[side].given_up) {
            cut[side] = true;
            hand_over_partial(d, e, (enum ht_side)side);
        }
    }
    finish_past(d->past, e, end);
    if (d->found != NULL && d->found->finish != NULL) {
        end->side[0].cut = cut[0];
        end->side[1].cut = cut[1];
        d->found->finish(d->state, e, end);
        ht_arena_rewind(e->scratch);
    }
}

void ht_dispatch_free(struct ht_dispatch *d)
{
    for (int i = 0; i < 2; i++) {
        ht_buffer_free(&d->side[i].pending);
        ht_buffer_free(&d->held[i]);
    }
    ht_free_state(d, d->found, d->state);
    for (const struct ht_dispatch_past *past = d->past; past != NULL; past = past->next) {
        ht_free_state(d, past->found, past->state);
    }
}
