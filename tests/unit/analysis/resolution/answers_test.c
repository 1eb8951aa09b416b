/*
 * Answers against a plain array of them that is searched from end to end: in order and out of it,
 * told twice, sought as of now and as of long ago, and more of them than are kept.
 */
#include "support.h"

#include "analysis/resolution/answers.h"
#include "base/hash.h"

enum { MANY = 4000, NAMES = 3, CLIENTS = 4 };

struct model {
    struct ht_address address[MANY];
    struct ht_answer_facts facts[MANY];
    struct ht_bytes name[MANY];
    size_t len;
    uint64_t num_addresses;
};

static const char *const names[NAMES] = {"a.test", "b.test", "long.name.of.a.host.test"};

static uint64_t next_random(uint64_t *seed)
{
    *seed = ht_mix(*seed, 1) + 1;
    return *seed >> 16;
}

static struct ht_address address(uint8_t net, uint64_t host)
{
    return (struct ht_address){
        .bytes = {net, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host}, .version = 4};
}

/* Client 0 is everybody. */
static struct ht_address client(uint64_t number)
{
    return number == 0 ? (struct ht_address){0} : address(10, number);
}

static void add(struct ht_answers *answers, struct model *model, uint64_t *seed, int64_t time_ns)
{
    size_t at            = model->len++;
    struct ht_bytes name = ht_text(names[next_random(seed) % NAMES]);
    model->name[at]      = name;
    model->address[at]   = address(192, next_random(seed) % model->num_addresses);
    model->facts[at]     = (struct ht_answer_facts){.client   = client(next_random(seed) % CLIENTS),
                                                    .time_ns  = time_ns,
                                                    .frame    = at + 1,
                                                    .name_len = (uint16_t)name.len};
    struct ht_answer_facts again = model->facts[at];
    ht_answers_add(answers, &model->address[at], &model->facts[at], name);
    again.rtt_ns = at;
    ht_answers_add(answers, &model->address[at], &again, name);
}

/* 2: to the client, or to everybody; 1: to another client; 0: it does not explain the connection.
 */
static int rank(const struct model *model, size_t at, const struct ht_answer_search *search)
{
    const struct ht_address *given = &model->facts[at].client;
    if (!ht_address_equal(&model->address[at], &search->server) ||
        (search->name.len > 0 && !ht_bytes_equal(model->name[at], search->name)) ||
        model->facts[at].time_ns > search->until_ns) {
        return 0;
    }
    return given->version == 0 || ht_address_equal(given, &search->client) ? 2 : 1;
}

/* Of those that explain it equally well the one of the latest time, then of the latest frame. */
static size_t best_of(const struct model *model, const struct ht_answer_search *search, int least)
{
    size_t best = MANY;
    int highest = least;
    for (size_t i = 0; i < model->len; i++) {
        int each   = rank(model, i, search);
        bool later = best == MANY || model->facts[i].time_ns >= model->facts[best].time_ns;
        if (each > highest || (each == highest && later)) {
            best    = i;
            highest = each;
        }
    }
    return best;
}

static void expect(const struct model *model, size_t at, const struct ht_answer *found)
{
    if (at == MANY) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_int_equal(found->facts.frame, model->facts[at].frame);
    assert_int_equal(found->facts.rtt_ns, at); /* it was told twice */
    assert_true(ht_bytes_equal(ht_answer_name(found), model->name[at]));
}

static void seek(struct ht_answers *answers, const struct model *model, uint64_t *seed,
                 int64_t until_ns)
{
    uint64_t name                  = next_random(seed) % (NAMES + 1);
    struct ht_answer_search search = {
        .server   = address(192, next_random(seed) % model->num_addresses),
        .client   = client(1 + next_random(seed) % CLIENTS), /* the last of them asks nothing */
        .name     = name < NAMES ? ht_text(names[name]) : ht_text(""),
        .until_ns = until_ns};
    expect(model, best_of(model, &search, 1), ht_answers_find(answers, &search));
    const struct ht_answer *to_client = ht_answers_to_client(answers, &search);
    search.name                       = ht_text("");
    expect(model, best_of(model, &search, 2), to_client);
}

/* `disorder`: one of so many answers is older than the one before it. `past`: one of so many
 * searches is for what was known long ago. */
static void compare_among(uint64_t num_addresses, uint64_t seed, uint64_t disorder, uint64_t past)
{
    static struct model model;
    struct ht_answers answers;
    assert_true(ht_answers_init(&answers));
    model.len           = 0;
    model.num_addresses = num_addresses;
    for (int64_t now = 1; model.len < MANY / 4; now++) {
        bool late = next_random(&seed) % disorder == 0;
        add(&answers, &model, &seed, late ? (int64_t)(next_random(&seed) % (uint64_t)now) : now);
        bool back = next_random(&seed) % past == 0;
        seek(&answers, &model, &seed, back ? (int64_t)(next_random(&seed) % (uint64_t)now) : now);
    }
    ht_answers_fini(&answers);
}

/* Of an address there are few answers, some, or many. */
static void compare(uint64_t seed, uint64_t disorder, uint64_t past)
{
    compare_among(300, seed, disorder, past);
    compare_among(50, seed, disorder, past);
    compare_among(3, seed, disorder, past);
}

static void finds_what_a_search_of_all_finds(void **state)
{
    (void)state;
    compare(1, UINT64_MAX, UINT64_MAX); /* lists stay lists */
    compare(2, UINT64_MAX, 50);
    compare(3, 50, UINT64_MAX);
    compare(4, 2, 2);
    compare(5, 1, 1);
}

/* The oldest go, whether they lie in a list or in a tree; those that are left are all found. */
static void keeps_as_many_as_it_may(void **state)
{
    enum { ADDED = HT_RESOLUTION_MAX_ANSWERS + 5000, HOSTS = 1000, OFTEN = 7 };
    struct ht_answers answers;
    const struct ht_bytes name = ht_text("host.test");
    (void)state;
    assert_true(ht_answers_init(&answers));
    for (uint64_t i = 0; i < ADDED; i++) {
        const struct ht_address server     = address(192, i % HOSTS);
        const struct ht_answer_facts facts = {.client   = client(1 + i),
                                              .time_ns  = (int64_t)i,
                                              .frame    = i + 1,
                                              .name_len = (uint16_t)name.len};
        ht_answers_add(&answers, &server, &facts, name);
        if (i % OFTEN == 0) { /* as of before the latest: a tree is made */
            struct ht_answer_search search = {
                .server = server, .client = client(0), .until_ns = (int64_t)i - 1};
            const struct ht_answer *found = ht_answers_find(&answers, &search);
            assert_true(i < HOSTS ? found == NULL : found->facts.frame == i + 1 - HOSTS);
        }
    }
    const size_t kept = answers.now.num_answers + answers.before.num_answers;
    assert_in_range(kept, HT_RESOLUTION_MAX_ANSWERS / 2, HT_RESOLUTION_MAX_ANSWERS);
    for (uint64_t i = 0; i < ADDED; i++) {
        const struct ht_answer_search search = {
            .server = address(192, i % HOSTS), .client = client(1 + i), .until_ns = INT64_MAX};
        const struct ht_answer *found = ht_answers_to_client(&answers, &search);
        assert_int_equal(found != NULL, i >= ADDED - kept);
        assert_int_equal(found != NULL ? found->facts.frame : i + 1, i + 1);
    }
    ht_answers_fini(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_search_of_all_finds),
        cmocka_unit_test(keeps_as_many_as_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
