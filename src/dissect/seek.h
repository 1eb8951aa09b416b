/*
 * Which dissector speaks in a flow, and where its first PDU begins: by the first bytes of a side,
 * by what plausibly begins behind a hole or in mid-stream, or by what begins beyond doubt amid
 * another protocol. What a side's bytes cost does not depend on how they are cut into segments. The
 * dispatcher's own; all sides are those of a stream but for ht_seek_match.
 */
#ifndef HT_DISSECT_SEEK_H
#define HT_DISSECT_SEEK_H

#include "dissect/dispatch.h"

/* ht_seek looks for a dissector by what is pending of `side` and `*bytes`, which follow it. Returns
 * whether there is one now (in `d->found`), or it is to be called once more, to watch; what is left
 * of `*bytes` is to be looked at then. Otherwise what may be needed of them is pending now. */
bool ht_seek(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
             struct ht_bytes *bytes);

/* ht_seek_match asks all dissectors that did not say no yet about the `head` of a side, or about a
 * datagram. Returns the offset at which the one begins that is found, or SIZE_MAX where none is;
 * where none can be any more, the side of a stream is watched. */
size_t ht_seek_match(struct ht_dispatch *d, struct ht_emitter *e, enum ht_side side,
                     struct ht_bytes head);

/* ht_seek_anew has all dissectors asked anew about what comes of a side. */
void ht_seek_anew(struct ht_dispatch_side *s);

/* ht_seek_reach is how many bytes of what was searched in vain are searched once more, with what
 * comes behind them. */
size_t ht_seek_reach(const struct ht_dissector *dissector);

/* ht_seek_give_up ends the search: nothing of the side is of interest any more. */
void ht_seek_give_up(struct ht_dispatch *d, enum ht_side side);

#endif
