/*
 * What was added is found, and what was removed is not, however the hashes collide.
 */
#include "support.h"

#include "flow/index.h"

enum { FLOWS = 1000, STEPS = 20000 };

struct model {
    struct ht_flow flow[FLOWS];
    bool added[FLOWS];
};

/* Some hashes are shared, some have neighbours, some have the tag that means "free". */
static uint64_t hash_of(size_t n)
{
    static const uint64_t kinds[] = {0x9E3779B97F4A7C15, 0x100000000, 0x100000001, 3};
    return kinds[n % 4] * (n / 8);
}

static struct ht_flow_key key_of(size_t n)
{
    return (struct ht_flow_key){.endpoint = {{.port = (uint16_t)n}, {.port = 443}}};
}

static void check(const struct ht_flow_index *index, struct model *model)
{
    size_t len = 0;
    for (size_t n = 0; n < FLOWS; n++) {
        struct ht_flow_key key        = key_of(n);
        const struct ht_flow *correct = model->added[n] ? &model->flow[n] : NULL;
        assert_ptr_equal(ht_flow_index_find(index, &key, hash_of(n)), correct);
        len += model->added[n];
    }
    assert_int_equal(index->len, len);
}

static void toggle(struct ht_flow_index *index, struct model *model, size_t n)
{
    struct ht_flow *flow = &model->flow[n];
    if (model->added[n]) {
        assert_ptr_equal(*ht_flow_index_place(index, flow, hash_of(n)), flow);
        ht_flow_index_remove(index, flow, hash_of(n));
    } else {
        flow->key = key_of(n);
        assert_true(ht_flow_index_make_room(index));
        ht_flow_index_add(index, flow, hash_of(n));
    }
    model->added[n] = !model->added[n];
}

static void it_has_what_was_added(void **state)
{
    (void)state;
    static struct model model;
    struct ht_flow_index index;
    uint32_t random = 1;
    assert_true(ht_flow_index_init(&index));
    for (size_t step = 1; step <= STEPS; step++) {
        random = random * 1664525 + 1013904223; /* Numerical Recipes */
        toggle(&index, &model, (random >> 8) % FLOWS);
        if (step % 500 == 0) {
            check(&index, &model);
        }
        if (step % 7000 == 0) {
            ht_flow_index_clear(&index);
            memset(model.added, 0, sizeof model.added);
            check(&index, &model);
        }
    }
    ht_flow_index_fini(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_has_what_was_added)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
