#include "dissect/seek.h"

#include "dissect/state.h"

void ht_seek_give_up(struct ht_dispatch *d, enum ht_side side)
{
    d->side[side].given_up = true;
    ht_buffer_free(&d->side[side].pending);
}

void ht_seek_anew(struct ht_dispatch_side *s)
{
    s->excluded = 0;
    s->searched = 0;
    s->watching = false;
}

/* The one that was found before only might have been. */
static bool adopt(struct ht_dispatch *d, struct ht_emitter *e, const struct ht_dissector *found)
{
    ht_free_state(d, d->found, d->state);
    d->found = NULL;
    d->state = ht_new_state(d, e, found);
    if (d->state == NULL) {
        ht_seek_give_up(d, HT_SIDE_A);
        ht_seek_give_up(d, HT_SIDE_B);
        return false;
    }
    memset(d->state, 0, found->state_size);
    d->found   = found;
    d->unsure  = false;
    d->at_head = false;
    for (int i = 0; i < 2; i++) {
        d->side[i].pending.max =
            found->max_need > HT_MAX_MATCH_BYTES ? found->max_need : HT_MAX_MATCH_BYTES;
        d->held[i].max = found->max_held;
    }
    return true;
}

size_t ht_seek_reach(const struct ht_dissector *dissector)
{
    return dissector->resync_reach != 0 ? dissector->resync_reach : HT_FIND_BYTES - 1;
}

/* Where `head`, of which `searched` bytes were in vain, may hold a PDU's beginning; its length:
 * nowhere. */
static size_t search(const struct ht_dissector *dissector, struct ht_bytes head, size_t searched,
                     enum ht_side side)
{
    size_t reach = ht_seek_reach(dissector);
    size_t from  = searched > reach ? searched - reach : 0;
    return from + dissector->resync(ht_bytes_from(head, from), side);
}

/* Asks one dissector about the head of a side, or where in it its PDUs begin. */
static enum ht_match ask(const struct ht_dispatch *d, const struct ht_emitter *e,
                         const struct ht_dissector *candidate, enum ht_side side,
                         struct ht_bytes head, size_t *out_offset)
{
    const struct ht_dispatch_side *s = &d->side[side];
    *out_offset                      = 0;
    enum ht_match match              = candidate->match(head, e->endpoint, side);
    if (match == HT_MATCH_NO && s->searching && candidate->resync != NULL) {
        *out_offset = search(candidate, head, s->searched, side);
        match       = *out_offset < head.len
                          ? candidate->match(ht_bytes_from(head, *out_offset), e->endpoint, side)
                          : HT_MATCH_MORE;
    }
    return match;
}

size_t ht_seek_match(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                     struct ht_bytes head)
{
    struct ht_dispatch_side *s       = &d->side[side];
    const struct ht_dissector *maybe = NULL;
    bool undecided                   = false;
    size_t searched = head.len < HT_MAX_MATCH_BYTES ? head.len : HT_MAX_MATCH_BYTES;
    for (unsigned i = 0; d->dissectors[i] != NULL; i++) {
        size_t offset = 0;
        if ((s->excluded & 1U << i) != 0) {
            continue;
        }
        enum ht_match answer = ask(d, e, d->dissectors[i], side, head, &offset);
        if (answer == HT_MATCH_YES) {
            return adopt(d, e, d->dissectors[i]) ? offset : SIZE_MAX;
        }
        if (answer == HT_MATCH_NO) {
            s->excluded |= 1U << i;
        }
        if (answer == HT_MATCH_MAYBE) {
            maybe = d->dissectors[i];
        }
        if (answer == HT_MATCH_MORE) {
            undecided = true;
            searched  = offset > 0 && offset < searched ? offset : searched;
        }
    }
    s->searched = (uint16_t)searched;
    if (maybe != NULL && d->found == NULL) {
        d->unsure = adopt(d, e, maybe);
    }
    if (d->stream && (!undecided || head.len >= HT_MAX_MATCH_BYTES)) {
        s->watching = true;
    }
    return SIZE_MAX;
}

/* The side that spoke something else before may come to this protocol later. */
static void join_other(struct ht_dispatch *d, enum ht_side side)
{
    struct ht_dispatch_side *other = &d->side[ht_other(side)];
    bool spoke                     = other->given_up || other->watching;
    other->searching |= spoke;
    other->in_turn &= !spoke;
    other->given_up = false;
    if (other->watching) {
        ht_buffer_free(&other->pending);
    }
}

/* The dissector that begins in `bytes`, and where; NULL: none. */
static const struct ht_dissector *find(const struct ht_dispatch *d, enum ht_side side,
                                       struct ht_bytes bytes, size_t *out_offset)
{
    for (unsigned i = 0; d->dissectors[i] != NULL; i++) {
        const struct ht_dissector *candidate = d->dissectors[i];
        *out_offset = candidate->find != NULL ? candidate->find(bytes, side) : bytes.len;
        if (*out_offset < bytes.len) {
            return candidate;
        }
    }
    return NULL;
}

/* Adopts the one that begins in what is pending, or in `bytes`; what is before that goes. */
static bool find_pending(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side)
{
    struct ht_buffer *pending        = &d->side[side].pending;
    size_t offset                    = 0;
    const struct ht_dissector *found = find(d, side, ht_buffer_view(pending), &offset);
    if (found == NULL) {
        return false;
    }
    ht_buffer_drop(pending, offset);
    return adopt(d, e, found);
}

static bool find_next(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                      struct ht_bytes *bytes)
{
    size_t offset                    = 0;
    const struct ht_dissector *found = find(d, side, *bytes, &offset);
    if (found == NULL) {
        return false;
    }
    ht_buffer_free(&d->side[side].pending);
    *bytes = ht_bytes_from(*bytes, offset);
    return adopt(d, e, found);
}

/* Of what was watched only the end stays pending, which may hold a part of a beginning. */
static void keep_end(struct ht_dispatch *d, enum ht_side side, struct ht_bytes watched)
{
    struct ht_buffer *pending = &d->side[side].pending;
    uint8_t end[HT_FIND_BYTES - 1];
    size_t len = watched.len < sizeof end ? watched.len : sizeof end;
    if (len > 0) {
        memcpy(end, watched.ptr + (watched.len - len), len);
    }
    if (pending->capacity > 2 * HT_FIND_BYTES) {
        ht_buffer_free(pending);
    }
    pending->len = 0;
    if (!ht_buffer_append(pending, ht_bytes(end, len))) {
        ht_seek_give_up(d, side);
    }
}

/* Watches for a dissector's protocol amid another one's bytes: in what is pending, where that meets
 * `bytes`, and in these. Returns whether it was found; what is left of `bytes` is that one's. */
static bool watch(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                  struct ht_bytes *bytes)
{
    struct ht_dispatch_side *s = &d->side[side];
    bool found                 = find_pending(d, e, side);
    if (!found && !s->given_up) {
        struct ht_bytes next = ht_bytes_head(*bytes, HT_FIND_BYTES - 1);
        keep_end(d, side, ht_buffer_view(&s->pending));
        bool met = ht_buffer_append(&s->pending, next) && find_pending(d, e, side);
        found    = met || find_next(d, e, side, bytes);
        *bytes   = met ? ht_bytes_from(*bytes, next.len) : *bytes;
    }
    if (found) {
        join_other(d, side);
        return true;
    }
    s->watched += (uint32_t)bytes->len;
    if (s->watched > HT_MAX_WATCH_BYTES) {
        ht_seek_give_up(d, side);
    } else if (!s->given_up) {
        keep_end(d, side, bytes->len < HT_FIND_BYTES ? ht_buffer_view(&s->pending) : *bytes);
    }
    return false;
}

/* There is no room for more of what is looked at. */
static bool refuse(struct ht_dispatch *d, enum ht_side side)
{
    d->side[side].limit_reached = true;
    ht_seek_give_up(d, side);
    return false;
}

/* Looks for a dissector by what is pending and `bytes`. Returns whether there is one to go on with,
 * or to watch for; what is left of `bytes` is its own. */
static bool match_stream(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                         struct ht_bytes *bytes)
{
    struct ht_dispatch_side *s = &d->side[side];
    bool copied                = s->pending.len > 0;
    struct ht_bytes rest       = *bytes;
    if (copied) {
        struct ht_bytes room = ht_bytes_head(rest, s->pending.max - s->pending.len);
        if (!ht_buffer_append(&s->pending, room)) {
            return refuse(d, side);
        }
        rest = ht_bytes_from(rest, room.len);
    }
    struct ht_bytes head = copied ? ht_buffer_view(&s->pending) : rest;
    size_t offset        = head.len > 0 ? ht_seek_match(d, e, side, head) : SIZE_MAX;
    if (d->found != NULL) {
        s->lost_sync |= s->searching;
        d->at_head   = offset == 0;
        s->in_turn   = false;
        s->searching = false;
        join_other(d, side);
        if (copied) {
            ht_buffer_drop(&s->pending, offset);
        }
        *bytes = copied ? rest : ht_bytes_from(rest, offset);
        return true;
    }
    if (s->watching) {
        *bytes = rest;
        s->watched += (uint32_t)s->pending.len;
    } else if (!copied && !s->given_up &&
               !ht_buffer_append(&s->pending, ht_bytes_head(rest, s->pending.max))) {
        return refuse(d, side);
    }
    return s->watching;
}

bool ht_seek(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side, struct ht_bytes *bytes)
{
    return d->side[side].watching ? watch(d, e, side, bytes) : match_stream(d, e, side, bytes);
}
