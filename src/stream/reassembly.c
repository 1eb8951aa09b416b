#include "stream/reassembly.h"

#include <stdlib.h>

struct ht_waiting_segment {
    struct ht_waiting_segment *next, *previous;
    uint64_t offset;
    uint64_t frame;
    int64_t time_ns;
    uint32_t len;  /* of the stream that it covers */
    uint32_t have; /* of these, how many bytes are kept */
    uint8_t bytes[];
};

/* What of a segment is still to be placed, in stream offsets. */
struct stretch {
    uint64_t offset;
    uint64_t frame;
    int64_t time_ns;
    uint32_t len;
    struct ht_bytes bytes;
};

static uint64_t offset_of(const struct ht_reassembly *r, uint32_t seq)
{
    int32_t ahead = (int32_t)(seq - (r->base + (uint32_t)r->next));
    return r->next + (uint64_t)(int64_t)ahead;
}

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

static void unlink_segment(struct ht_reassembly *r, struct ht_waiting_segment *segment)
{
    *(segment->previous != NULL ? &segment->previous->next : &r->head) = segment->next;
    *(segment->next != NULL ? &segment->next->previous : &r->tail)     = segment->previous;
    r->waiting_bytes -= segment->have;
    r->waiting_segments--;
}

static void free_segment(struct ht_reassembly *r, struct ht_waiting_segment *segment)
{
    ht_budget_give(r->receiver->budget, sizeof *segment + segment->have);
    free(segment);
}

/* Hands on the waiting segments that are in order now: as of the segment that they waited for, or
 * where that never came (`cause` NULL), as of their own. */
static void deliver_waiting(struct ht_reassembly *r, const struct stretch *cause)
{
    while (r->head != NULL && r->head->offset == r->next) {
        struct ht_waiting_segment *segment = r->head;
        unlink_segment(r, segment);
        deliver(
            r, &(struct ht_delivery){.bytes   = ht_bytes(segment->bytes, segment->have),
                                     .len     = segment->len,
                                     .frame   = cause != NULL ? cause->frame : segment->frame,
                                     .time_ns = cause != NULL ? cause->time_ns : segment->time_ns});
        free_segment(r, segment);
    }
}

static void give_up_hole(struct ht_reassembly *r)
{
    uint64_t missing = r->head->offset - r->next;
    r->lost_bytes += missing;
    deliver(r, &(struct ht_delivery){
                   .len = missing, .frame = r->head->frame, .time_ns = r->head->time_ns});
    deliver_waiting(r, NULL);
}

/* Keeps a copy behind `after` (NULL: first); false where there is no room for it. */
static bool keep(struct ht_reassembly *r, struct ht_waiting_segment *after, const struct stretch *s)
{
    bool wanted = s->offset + s->len > r->unwanted;
    size_t have = wanted ? s->bytes.len : 0;
    if (!ht_budget_take(r->receiver->budget, sizeof(struct ht_waiting_segment) + have)) {
        return false;
    }
    struct ht_waiting_segment *segment = malloc(sizeof *segment + have);
    if (segment == NULL) {
        ht_budget_give(r->receiver->budget, sizeof *segment + have);
        return false;
    }
    *segment = (struct ht_waiting_segment){.next     = after != NULL ? after->next : r->head,
                                           .previous = after,
                                           .offset   = s->offset,
                                           .frame    = s->frame,
                                           .time_ns  = s->time_ns,
                                           .len      = s->len,
                                           .have     = (uint32_t)have};
    if (have > 0) {
        memcpy(segment->bytes, s->bytes.ptr, have);
    }
    *(segment->next != NULL ? &segment->next->previous : &r->tail) = segment;
    *(after != NULL ? &after->next : &r->head)                     = segment;
    r->waiting_bytes += (uint32_t)have;
    r->waiting_segments++;
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
    r->conflicts += !same_content(kept, s, s->offset, covered);
    cut_front(s, covered);
    return true;
}

/* Keeps what of an early segment is new, around what is kept already. */
static bool keep_early(struct ht_reassembly *r, struct stretch s)
{
    struct ht_waiting_segment *before = r->tail;
    bool news                         = false;
    while (before != NULL && before->offset > s.offset) {
        before = before->previous;
    }
    while (s.len > 0) {
        if (before != NULL && trim_by(r, before, &s) && s.len == 0) {
            break;
        }
        struct ht_waiting_segment *after = before != NULL ? before->next : r->head;
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
    r->duplicates++;
    if (r->first_duplicate_frame == 0 && !is_keep_alive(r, s)) {
        r->first_duplicate_frame = s->frame;
        r->first_duplicate_ns    = s->time_ns;
    }
}

static void place_early(struct ht_reassembly *r, const struct stretch *s)
{
    if (keep_early(r, *s)) {
        r->out_of_order++;
    } else {
        count_duplicate(r, s);
    }
    bool acked = r->acked > r->next;
    while (r->head != NULL && (r->waiting_bytes > HT_MAX_WAITING_BYTES ||
                               r->waiting_segments > HT_MAX_WAITING_SEGMENTS ||
                               (acked && r->waiting_bytes > HT_MAX_WAITING_ACKED_BYTES))) {
        r->limit_reached |= !acked;
        give_up_hole(r);
    }
}

/* Hands on a segment that begins at the next byte, up to what waits already. */
static void place_in_order(struct ht_reassembly *r, struct stretch s)
{
    while (s.len > 0) {
        if (r->head != NULL && trim_by(r, r->head, &s)) {
            deliver_waiting(r, &s);
            cut_front(&s, r->next - s.offset < s.len ? r->next - s.offset : s.len);
            continue;
        }
        uint64_t room       = r->head != NULL ? r->head->offset - s.offset : s.len;
        struct stretch part = head_of(&s, room < s.len ? room : s.len);
        deliver_stretch(r, &part);
        cut_front(&s, part.len);
    }
    deliver_waiting(r, &s);
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

void ht_reassembly_push(struct ht_reassembly *r, const struct ht_segment *segment)
{
    if (segment->len == 0) {
        return;
    }
    ht_reassembly_start(r, segment->seq);
    if (ht_reassembly_is_bulk(r, segment->seq, segment->len)) {
        ht_reassembly_step(r, segment->len);
        return;
    }
    struct stretch s = {.offset  = offset_of(r, segment->seq),
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
    if (old >= 0) {
        place_in_order(r, s);
    } else {
        place_early(r, &s);
    }
}

void ht_reassembly_acked(struct ht_reassembly *r, uint32_t seq)
{
    if (r->started) {
        uint64_t offset = offset_of(r, seq);
        if ((int64_t)(offset - r->acked) > 0) {
            r->acked = offset;
        }
    }
}

void ht_reassembly_finish(struct ht_reassembly *r)
{
    while (r->head != NULL) {
        give_up_hole(r);
    }
}

void ht_reassembly_free(struct ht_reassembly *r)
{
    for (struct ht_waiting_segment *segment = r->head, *next; segment != NULL; segment = next) {
        next = segment->next;
        free_segment(r, segment);
    }
    r->head = r->tail = NULL;
    r->waiting_bytes = r->waiting_segments = 0;
}
