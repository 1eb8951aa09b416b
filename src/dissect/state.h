/*
 * Where dissectors' states lie: a stream's are blocks that count in the budget, those of datagrams
 * lie in the flow's arena.
 */
#ifndef HT_DISSECT_STATE_H
#define HT_DISSECT_STATE_H

#include "dissect/dispatch.h"

/* ht_new_state is a state of any content for the dissector `found`; NULL: no room. */
void *ht_new_state(const struct ht_dispatch *d, struct ht_emitter *e,
                   const struct ht_dissector *found);

/* ht_free_state frees one of the dissector `of`; NULL: there is none. */
void ht_free_state(const struct ht_dispatch *d, const struct ht_dissector *of, void *state);

#endif
