#include "dissect/state.h"

static void *take_room(struct ht_budget *budget, const struct ht_dissector *of)
{
    return ht_block_take(budget, of->state_size + 1); /* some have none */
}

void ht_free_state(const struct ht_dispatch *d, const struct ht_dissector *of, void *state)
{
    if (of != NULL && state != NULL && d->stream) {
        ht_budget_give(d->budget, of->state_size);
        ht_block_give(d->budget, state, of->state_size + 1);
    }
}

void ht_dispatch_put_state_away(struct ht_dispatch *d)
{
    ht_free_state(d, d->found, d->state);
    d->state = NULL;
}

bool ht_dispatch_make_state(struct ht_dispatch *d)
{
    d->state = d->found != NULL ? take_room(d->budget, d->found) : NULL;
    ht_budget_claim(d->budget, d->state != NULL ? d->found->state_size : 0);
    return d->found == NULL || d->state != NULL;
}

void *ht_new_state(const struct ht_dispatch *d, struct ht_emitter *e,
                   const struct ht_dissector *found)
{
    if (!d->stream) {
        return ht_arena_take(e->arena, found->state_size + 1);
    }
    bool room   = ht_budget_take(d->budget, found->state_size);
    void *state = room ? take_room(d->budget, found) : NULL;
    if (state == NULL && room) {
        ht_budget_give(d->budget, found->state_size);
    }
    return state;
}
