#include "stream/reassembly.h"

#include <stdlib.h>

struct ht_waiting_segment {
    struct ht_waiting_segment *next, *previous;
    uint64_t offset;
    uint64_t after;
    uint64_t frame;
    int64_t time_ns;
    uint32_t len;  /* of the stream that it covers */
    uint32_t have; /* of these, how many bytes are kept */
    uint8_t bytes[];
};

/* What of a segment is still to be placed, in stream offsets. */
struct stretch {
    uint64_t offset;
    uint64_t after;
    uint64_t frame;
    int64_t time_ns;
    uint32_t len;
    struct ht_bytes bytes;
};

static void cut_front(struct stretch *s, uint64_t len)
{
    s->offset += len;
    s->len -= (uint32_t)len;
    s->bytes = ht_bytes_from(s->bytes, (size_t)len);
}

static struct stretch head_of(const struct stretch *s, uint64_t len)
{
    struct stretch head = *s;
    head.len            = (uint32_t)len;
    head.bytes          = ht_bytes_head(s->bytes, (size_t)len);
    return head;
}

static void deliver(struct ht_reassembly *r, struct ht_delivery *delivery)
{
    delivery->stepped = r->stepped;
    r->stepped        = 0;
    r->next += delivery->len;
    uint64_t unwanted = r->receiver->deliver(r->receiver->context, r, delivery);
    r->unwanted       = unwanted > UINT64_MAX - r->next ? UINT64_MAX : r->next + unwanted;
}

static void deliver_stretch(struct ht_reassembly *r, const struct stretch *s)
{
    deliver(r, &(struct ht_delivery){
                   .bytes = s->bytes, .len = s->len, .frame = s->frame, .time_ns = s->time_ns});
}

/* Of this direction, from now on; NULL: no room. */
static struct ht_disorder *disorder_of(struct ht_reassembly *r)
{
    if (r->disorder == NULL && ht_budget_take(r->receiver->budget, sizeof *r->disorder)) {
        r->disorder = calloc(1, sizeof *r->disorder);
        if (r->disorder == NULL) {
            ht_budget_give(r->receiver->budget, sizeof *r->disorder);
        }
    }
    r->limit_reached |= r->disorder == NULL;
    return r->disorder;
}

/* The first one that waits; NULL: none. */
static struct ht_waiting_segment *first_waiting(const struct ht_reassembly *r)
{
    return r->disorder != NULL ? r->disorder->head : NULL;
}

static void unlink_segment(struct ht_disorder *d, struct ht_waiting_segment *segment)
{
    *(segment->previous != NULL ? &segment->previous->next : &d->head) = segment->next;
    *(segment->next != NULL ? &segment->next->previous : &d->tail)     = segment->previous;
    d->recent = d->recent == segment ? NULL : d->recent;
    d->waiting_bytes -= segment->have;
    d->waiting_segments--;
}

static void free_segment(struct ht_reassembly *r, struct ht_waiting_segment *segment)
{
    ht_budget_give(r->receiver->budget, sizeof *segment + segment->have);
    free(segment);
}

/* Does what its sender said after so much of the other direction come too early? */
static bool is_early_answer(const struct ht_reassembly *r, uint64_t after)
{
    return after > r->heard && !r->impatient;
}

/* Hands on the waiting segments that are in order now: as of the segment that they waited for, or
 * where that never came (`cause` NULL), as of their own. */
static void deliver_waiting(struct ht_reassembly *r, const struct stretch *cause)
{
    struct ht_waiting_segment *segment;
    r->held = false;
    while ((segment = first_waiting(r)) != NULL && segment->offset == r->next) {
        r->held = is_early_answer(r, segment->after);
        if (r->held) {
            return;
        }
        unlink_segment(r->disorder, segment);
        deliver(
            r, &(struct ht_delivery){.bytes   = ht_bytes(segment->bytes, segment->have),
                                     .len     = segment->len,
                                     .frame   = cause != NULL ? cause->frame : segment->frame,
                                     .time_ns = cause != NULL ? cause->time_ns : segment->time_ns});
        free_segment(r, segment);
    }
}

static void give_up_hole(struct ht_reassembly *r, const struct ht_waiting_segment *behind)
{
    uint64_t missing = behind->offset - r->next;
    r->disorder->lost_bytes += missing;
    deliver(r, &(struct ht_delivery){
                   .len = missing, .frame = behind->frame, .time_ns = behind->time_ns});
    deliver_waiting(r, NULL);
}

/* Keeps a copy behind `after` (NULL: first); false where there is no room for it. */
static bool keep(struct ht_reassembly *r, struct ht_waiting_segment *after, const struct stretch *s)
{
    struct ht_disorder *d = r->disorder;
    bool wanted           = s->offset + s->len > r->unwanted;
    size_t have           = wanted ? s->bytes.len : 0;
    if (!ht_budget_take(r->receiver->budget, sizeof(struct ht_waiting_segment) + have)) {
        return false;
    }
    struct ht_waiting_segment *segment = malloc(sizeof *segment + have);
    if (segment == NULL) {
        ht_budget_give(r->receiver->budget, sizeof *segment + have);
        return false;
    }
    *segment = (struct ht_waiting_segment){.next     = after != NULL ? after->next : d->head,
                                           .previous = after,
                                           .offset   = s->offset,
                                           .after    = s->after,
                                           .frame    = s->frame,
                                           .time_ns  = s->time_ns,
                                           .len      = s->len,
                                           .have     = (uint32_t)have};
    if (have > 0) {
        memcpy(segment->bytes, s->bytes.ptr, have);
    }
    *(segment->next != NULL ? &segment->next->previous : &d->tail) = segment;
    *(after != NULL ? &after->next : &d->head)                     = segment;
    d->waiting_bytes += (uint32_t)have;
    d->waiting_segments++;
    return true;
}

static bool same_content(const struct ht_waiting_segment *kept, const struct stretch *s,
                         uint64_t offset, uint64_t len)
{
    struct ht_bytes a = ht_bytes_from(ht_bytes(kept->bytes, kept->have), offset - kept->offset);
    struct ht_bytes b = ht_bytes_from(s->bytes, offset - s->offset);
    size_t both       = a.len < b.len ? a.len : b.len;
    both              = both < len ? both : (size_t)len;
    return both == 0 || memcmp(a.ptr, b.ptr, both) == 0;
}

/* Steps over the part of `s` that `kept` already covers. Returns false where that is not its
 * front. */
static bool trim_by(struct ht_reassembly *r, const struct ht_waiting_segment *kept,
                    struct stretch *s)
{
    uint64_t end = kept->offset + kept->len;
    if (kept->offset > s->offset || end <= s->offset) {
        return false;
    }
    uint64_t covered = end - s->offset < s->len ? end - s->offset : s->len;
    r->disorder->conflicts += !same_content(kept, s, s->offset, covered);
    cut_front(s, covered);
    return true;
}

static uint64_t distance(const struct ht_waiting_segment *segment, uint64_t offset)
{
    return segment->offset > offset ? segment->offset - offset : offset - segment->offset;
}

/* The last of those that wait that begins no later than `offset`; NULL: none. It is looked for from
 * the nearest of both ends and of where the one before was placed: thousands may wait. */
static struct ht_waiting_segment *last_until(struct ht_disorder *d, uint64_t offset)
{
    struct ht_waiting_segment *at = d->tail;
    if (at == NULL) {
        return NULL;
    }
    if (distance(d->head, offset) < distance(at, offset)) {
        at = d->head;
    }
    if (d->recent != NULL && distance(d->recent, offset) < distance(at, offset)) {
        at = d->recent;
    }
    while (at != NULL && at->offset > offset) {
        at = at->previous;
    }
    while (at != NULL && at->next != NULL && at->next->offset <= offset) {
        at = at->next;
    }
    d->recent = at;
    return at;
}

/* Keeps what of an early segment is new, around what is kept already. */
static bool keep_early(struct ht_reassembly *r, struct stretch s)
{
    struct ht_disorder *d             = r->disorder;
    struct ht_waiting_segment *before = last_until(d, s.offset);
    bool news                         = false;
    while (s.len > 0) {
        if (before != NULL && trim_by(r, before, &s) && s.len == 0) {
            break;
        }
        struct ht_waiting_segment *after = before != NULL ? before->next : d->head;
        uint64_t room                    = after != NULL ? after->offset - s.offset : s.len;
        struct stretch part              = head_of(&s, room < s.len ? room : s.len);
        if (part.len > 0 && !keep(r, before, &part)) {
            r->limit_reached = true;
            break;
        }
        news |= part.len > 0;
        cut_front(&s, part.len);
        before = after;
    }
    return news;
}

/* A keep-alive may have one byte, of any content (RFC 9293 section 3.8.4): nothing was sent again.
 */
static bool is_keep_alive(const struct ht_reassembly *r, const struct stretch *s)
{
    return s->len == 1 && s->offset + 1 == r->next;
}

static void count_duplicate(struct ht_reassembly *r, const struct stretch *s)
{
    struct ht_disorder *d = disorder_of(r);
    if (d == NULL) {
        return;
    }
    d->duplicates++;
    if (d->first_duplicate_frame == 0 && !is_keep_alive(r, s)) {
        d->first_duplicate_frame = s->frame;
        d->first_duplicate_ns    = s->time_ns;
    }
}

void ht_reassembly_repeated(struct ht_reassembly *r)
{
    struct ht_disorder *d = disorder_of(r);
    if (d != NULL) {
        d->duplicates++;
    }
}

/* Does it leave a hole behind what was handed on and what is held? */
static bool leaves_hole(const struct ht_reassembly *r, const struct stretch *s)
{
    uint64_t end                             = r->next;
    const struct ht_waiting_segment *waiting = r->held ? first_waiting(r) : NULL;
    for (; waiting != NULL && waiting->offset == end; waiting = waiting->next) {
        end += waiting->len;
    }
    return s->offset > end;
}

static bool is_too_much(const struct ht_reassembly *r, bool acked)
{
    const struct ht_disorder *d = r->disorder;
    if (d->head == NULL) {
        return false;
    }
    if (r->held) {
        return d->waiting_bytes > HT_MAX_HELD_BYTES || d->waiting_segments > HT_MAX_HELD_SEGMENTS;
    }
    return d->waiting_bytes > HT_MAX_WAITING_BYTES ||
           d->waiting_segments > HT_MAX_WAITING_SEGMENTS ||
           (acked && d->waiting_bytes > HT_MAX_WAITING_ACKED_BYTES);
}

/* It waited too long for the other direction. */
static void lose_patience(struct ht_reassembly *r)
{
    r->impatient = r->ran_ahead = true;
    deliver_waiting(r, NULL);
}

static void place_early(struct ht_reassembly *r, const struct stretch *s)
{
    struct ht_disorder *d = disorder_of(r);
    if (d == NULL) {
        return;
    }
    bool out_of_order = leaves_hole(r, s);
    if (keep_early(r, *s)) {
        d->out_of_order += out_of_order;
    } else {
        count_duplicate(r, s);
    }
    r->held    = d->head != NULL && d->head->offset == r->next;
    bool acked = r->acked > r->next;
    while (is_too_much(r, acked)) {
        if (r->held) {
            lose_patience(r);
        } else {
            r->limit_reached |= !acked;
            give_up_hole(r, first_waiting(r));
        }
    }
}

/* Hands on a segment that begins at the next byte, up to what waits already. */
static void place_in_order(struct ht_reassembly *r, struct stretch s)
{
    while (s.len > 0) {
        const struct ht_waiting_segment *first = first_waiting(r);
        if (first != NULL && trim_by(r, first, &s)) {
            deliver_waiting(r, &s);
            uint64_t told = r->next > s.offset ? r->next - s.offset : 0;
            cut_front(&s, told < s.len ? told : s.len);
            if (r->held) {
                break;
            }
            continue;
        }
        uint64_t room       = first != NULL ? first->offset - s.offset : s.len;
        struct stretch part = head_of(&s, room < s.len ? room : s.len);
        deliver_stretch(r, &part);
        cut_front(&s, part.len);
    }
    deliver_waiting(r, &s);
    if (s.len > 0) {
        place_early(r, &s);
    }
}

void ht_reassembly_start(struct ht_reassembly *r, uint32_t seq)
{
    if (!r->started) {
        r->started = true;
        r->base    = seq;
    }
}

/* No window is so large (RFC 7323 section 2.3): it is not of this stream, unless the receiver
 * acknowledged as much. */
static bool is_far_ahead(const struct ht_reassembly *r, const struct stretch *s)
{
    return (int64_t)(s->offset - r->next) > HT_MAX_AHEAD_BYTES &&
           (int64_t)(s->offset - r->acked) > 0;
}

static bool is_memory_short(const struct ht_reassembly *r)
{
    const struct ht_budget *budget = r->receiver->budget;
    return budget != NULL && budget->used >= budget->max / 2;
}

/* Must the segment wait, though it begins at the next byte? Not where memory is short. */
static bool must_wait(struct ht_reassembly *r, uint64_t after)
{
    r->impatient &= after > r->heard;
    bool early  = is_early_answer(r, after);
    bool cannot = early && is_memory_short(r);
    r->ran_ahead |= cannot;
    return r->held || (early && !cannot);
}

void ht_reassembly_push(struct ht_reassembly *r, const struct ht_segment *segment)
{
    if (segment->len == 0) {
        return;
    }
    ht_reassembly_start(r, segment->seq);
    if (r->held &&
        is_memory_short(r)) { /* else there may be no room for this one, and it is lost */
        lose_patience(r);
    }
    if (ht_reassembly_is_head(r, segment->seq) && ht_reassembly_is_unwanted(r, segment->len)) {
        ht_reassembly_step(r, segment->len);
        return;
    }
    struct stretch s = {.offset  = ht_reassembly_offset(r, segment->seq),
                        .after   = segment->after,
                        .frame   = segment->frame,
                        .time_ns = segment->time_ns,
                        .len     = segment->len,
                        .bytes   = segment->payload};
    int64_t old      = (int64_t)(r->next - s.offset);
    if (old >= (int64_t)s.len || is_far_ahead(r, &s)) {
        count_duplicate(r, &s);
        return;
    }
    if (old > 0) {
        cut_front(&s, (uint64_t)old);
    }
    if (old < 0 || must_wait(r, s.after)) {
        place_early(r, &s);
    } else {
        place_in_order(r, s);
    }
}

void ht_reassembly_take_head(struct ht_reassembly *r, struct ht_bytes bytes, uint32_t len,
                             uint64_t frame, int64_t time_ns)
{
    r->impatient = false;
    deliver(r,
            &(struct ht_delivery){.bytes = bytes, .len = len, .frame = frame, .time_ns = time_ns});
}

bool ht_reassembly_heard(struct ht_reassembly *r, uint64_t heard)
{
    uint64_t next = r->next;
    r->heard      = heard;
    if (r->held) {
        deliver_waiting(r, NULL);
    }
    return r->next > next;
}

bool ht_reassembly_let_go(struct ht_reassembly *r)
{
    struct ht_waiting_segment *first = first_waiting(r);
    if (first == NULL) {
        return false;
    }
    first->after = 0;
    if (first->offset > r->next) {
        give_up_hole(r, first);
    } else {
        deliver_waiting(r, NULL);
    }
    return true;
}

bool ht_reassembly_is_before(const struct ht_reassembly *a, const struct ht_reassembly *b)
{
    const struct ht_waiting_segment *x = first_waiting(a), *y = first_waiting(b);
    if (x == NULL || y == NULL) {
        return x != NULL;
    }
    return x->time_ns != y->time_ns ? x->time_ns < y->time_ns : x->frame < y->frame;
}

void ht_reassembly_end(struct ht_reassembly *r, uint32_t seq)
{
    int64_t missing = (int64_t)(ht_reassembly_offset(r, seq) - r->next);
    if (missing > 0 && missing <= HT_MAX_AHEAD_BYTES && disorder_of(r) != NULL) {
        r->disorder->lost_bytes += (uint64_t)missing;
    }
}

void ht_reassembly_free(struct ht_reassembly *r)
{
    for (struct ht_waiting_segment *segment = first_waiting(r), *next; segment != NULL;
         segment                            = next) {
        next = segment->next;
        free_segment(r, segment);
    }
    if (r->disorder != NULL) {
        ht_budget_give(r->receiver->budget, sizeof *r->disorder);
        free(r->disorder);
        r->disorder = NULL;
    }
}
